"""Compression does not raise density, mostly: compressed LLMs beside their parents."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.corollaries.article import Figure, constant
from bayesdensing.corollaries.compression_likelihood import likelihood_of_changes
from bayesdensing.corollaries.compression_model import MEAN_SD, SPREAD_SD, Changes, changes_given
from bayesdensing.corollaries.compression_pairs import (
    FULL_BITS,
    find_pairs,
    published_ratio,
    published_without_scores,
)
from bayesdensing.corollaries.estimates import positive, row
from bayesdensing.corollaries.inference_cost import PAPER_RATIO, cost_factor
from bayesdensing.corollaries.result import Corollary, Row, trust

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["SHARED", "SHARED_QUANTIZED", "compression"]

#: Correlation of the departures of a compressed LLM and its parent on one benchmark: of one with
#: fewer parameters, and of one with the same, rounded.
SHARED, SHARED_QUANTIZED = 0.7, 0.95
#: Probability from which on a pair counts as a counter-example.
_SURE = 0.95


def compression(
    fit: "Fit",
    *,
    shared: float = SHARED,
    shared_quantized: float = SHARED_QUANTIZED,
    cost_ratio: float = PAPER_RATIO,
    seed: int = 0,
) -> Corollary:
    """Return how compression changes density, by method, by pair and for a pair not yet seen.

    Parameters
    ----------
    fit : Fit
        A fit with scores, whose bundle names compressed LLMs and their parents.
    shared, shared_quantized : float
        Correlation of the departures of a compressed LLM and its parent on a benchmark, 0 to 1:
        what the parent is good at beyond its size, its offspring is too; the second is for
        LLMs with the parent's own weights in fewer bits.
    cost_ratio : float
        k1 over k2 for the density by cost of quantised LLMs, as `inference_cost.cost_ratio`.
    seed : int
        Seed of what is drawn given the posterior.

    Returns
    -------
    Corollary
        Rows ``ratio[METHOD]`` and ``new_pair[METHOD]`` (density over the parent's),
        ``prob_lower[METHOD]``, ``spread[METHOD]`` (natural log), ``pairs`` and ``pairs_denser``
        (counts); table ``pairs``, one row per pair.

    Raises
    ------
    DataNeedError
        Where there are no scores or no pairs.
    InputError
        For a correlation outside 0 to 1.
    """
    r = positive("shared", shared, most=1.0, zero=True)
    rounded = positive("shared_quantized", shared_quantized, most=1.0, zero=True)
    k = positive("cost_ratio", cost_ratio)
    pairs, scores, left_out = find_pairs(fit)
    pairs["shared"] = np.where(pairs["weight_bits"] < FULL_BITS, rounded, r)
    methods, code = np.unique(pairs["method"].to_numpy().astype(str), return_inverse=True)
    likelihood = likelihood_of_changes(fit, pairs, scores, seed=seed)
    found = changes_given(likelihood, code, seed=seed + 1)
    draws = _draws(found, methods, pairs, fit)
    pairs["bound"] = likelihood.bounds()
    table = _table(fit, pairs, found, k=k)
    apart = published_without_scores(fit)
    return Corollary(
        name="compression",
        title="What pruning, distillation and quantisation do to density",
        run=fit.spec.name,
        rows=_rows(draws, methods, code, table),
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}; compressed and instruction-tuned LLMs are put on the "
            "same ruler",
            f"changes of log density are normal within a method, with a mean of its own, normal "
            f"(0, {MEAN_SD:g}), and a spread of its own, half-normal ({SPREAD_SD:g})",
            "parents keep the density that the fit gives them, and what LLMs share keeps the "
            "posterior of the fit: scores of compressed LLMs do not change it",
            f"departures of a compressed LLM and its parent on a benchmark correlate by {r:g}, "
            f"of a quantised one by {rounded:g}",
            "the trend at the date of a compressed LLM plays no part in its change: only its "
            "parent does",
            "parameters are those of the bundle, embeddings among them; a distilled LLM is "
            "compared with a larger one of its family, whether or not that was its teacher",
            f"density by cost: equation 7 of the paper with k1 / k2 = {k:g}",
        ),
        notes=_notes(table, apart, left_out),
        inputs={
            "shared": r,
            "shared_quantized": rounded,
            "cost_ratio": k,
            "seed": seed,
        },
        tables={"pairs": table, "published_without_scores": apart},
        **trust(fit),
    )


def _draws(found: Changes, methods: np.ndarray, pairs: pd.DataFrame, fit: "Fit") -> xr.Dataset:
    sizes = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]

    def shaped(values: np.ndarray) -> np.ndarray:
        return values.reshape(*sizes, *values.shape[1:])

    over = ("chain", "draw")
    values: dict[str, Any] = {
        "change": ((*over, "pair"), shaped(found.change), {"units": "natural log"}),
        "mean_change": ((*over, "method"), shaped(found.mean), {"units": "natural log"}),
        "new_change": ((*over, "method"), shaped(found.new), {"units": "natural log"}),
        "spread": ((*over, "method"), shaped(found.spread), {"units": "natural log"}),
    }
    return xr.Dataset(
        values, coords={"pair": pairs["llm"].to_numpy().astype(str), "method": methods}
    )


def _table(fit: "Fit", pairs: pd.DataFrame, found: Changes, *, k: float) -> pd.DataFrame:
    ratio = {
        name: np.exp(np.quantile(found.change, q, axis=0))
        for name, q in {
            "ratio_median": 0.5, "ratio_eti89_lb": 0.055, "ratio_eti89_ub": 0.945,
            "ratio_eti95_lb": 0.025, "ratio_eti95_ub": 0.975,
        }.items()
    }  # fmt: skip
    table = pairs.assign(**ratio, prob_denser=(found.change > 0).mean(axis=0))
    per_bit = FULL_BITS / table["weight_bits"]
    by_cost = cost_factor(
        n_params=1.0, n_params_active=1.0, weight_bits=table["weight_bits"], ratio=k
    )
    quantised = (table["weight_bits"] < FULL_BITS).to_numpy()
    for name, factor in (("per_bit", per_bit), ("by_cost", by_cost)):
        table[f"ratio_{name}_median"] = np.where(quantised, table["ratio_median"] * factor, np.nan)
    table["published_ratio"] = published_ratio(fit, pairs)
    return table.sort_values(["method", "ratio_median"], ascending=[True, False]).reset_index(
        drop=True
    )


def _rows(
    draws: xr.Dataset, methods: np.ndarray, code: np.ndarray, table: pd.DataFrame
) -> tuple[Row, ...]:
    rows = []
    for i, method in enumerate(methods):
        mean, new = draws["mean_change"][..., i], draws["new_change"][..., i]
        count = int((code == i).sum())
        rows += [
            row(f"ratio[{method}]", f"density over the parent's: {method} ({count} pairs)",
                "ratio", np.exp(mean)),
            row(f"new_pair[{method}]", f"the same for a new pair: {method}", "ratio", np.exp(new)),
            Row(quantity=f"prob_lower[{method}]", label=f"probability that {method} lowers it",
                unit="1", value=float((mean < 0).mean())),
            row(f"spread[{method}]", f"sd of pairs about their mean: {method}", "natural log",
                draws["spread"][..., i]),
        ]  # fmt: skip
    published = table["published_ratio"].dropna()
    denser = (draws["change"] > 0).sum("pair")
    rows += [
        Row(quantity="pairs", label="pairs", unit="count", value=float(len(table))),
        row(
            "pairs_denser",
            "pairs that are denser than their parents",
            "count",
            denser,
            Figure(
                value=float((published > 1).sum()),
                says=f"{(published > 1).sum()} of {len(published)} plotted pairs of the bundle",
                source=constant("minicpm_1_24b_vs_mistral_7b").source,
            )
            if len(published)
            else None,
        ),
    ]
    return tuple(rows)


def _notes(table: pd.DataFrame, apart: pd.DataFrame, left_out: list[str]) -> tuple[str, ...]:
    notes = []
    shrunk = ~table["method"].str.startswith("quantized")
    for name, part in (("smaller", table[shrunk]), ("quantised", table[~shrunk])):
        if len(part):
            sure = part.loc[part["prob_denser"] >= _SURE, "llm"]
            notes.append(
                f"counter-examples among {len(part)} {name} LLMs, denser than their parents with "
                f"probability {_SURE:g} or more: {', '.join(sure) or 'none'}"
            )
        likely = part[(part["prob_denser"] >= 0.5) & (part["prob_denser"] < _SURE)]
        if len(likely):
            told = ", ".join(
                f"{row['llm']} ({row['ratio_median']:.2f} of {row['parent']}, probability "
                f"{row['prob_denser']:.2f})"
                for row in likely.to_dict("records")
            )
            notes.append(f"more probably denser than not: {told}")
    published = table[table["published_ratio"] > 1]
    if len(published):
        told = ", ".join(
            f"{row['llm']} ({row['published_ratio']:.2f} of {row['parent']})"
            for row in published.to_dict("records")
        )
        notes.append(f"the paper's own counter-examples: {told}")
    if len(apart):
        told = ", ".join(
            f"{row['llm']} ({row['ratio']:.2f} of {row['parent']})"
            for row in apart.to_dict("records")
        )
        notes.append(
            "the paper also plots pairs of which the bundle has no scores, quantised and measured "
            f"by its authors: {told}"
        )
    if not shrunk.all():
        notes.append(
            "what is found of quantised LLMs rests on how far they are taken to depart from the "
            "curve as their parents do, an input (shared_quantized): the less, the wider the "
            "intervals; pairs of one method are drawn to their common mean"
        )
    floor = table.loc[table["bound"] == "at most", "llm"]
    if len(floor):
        notes.append(
            "scores at the floor say only that density is at most so high, and how low rests on "
            f"the prior: {', '.join(floor)}"
        )
    if left_out:
        notes.append(f"left out, without a parent or a benchmark in common: {', '.join(left_out)}")
    return tuple(notes)
