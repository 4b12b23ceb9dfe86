"""How well hypotheses predict what they have not seen, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.comparable import group_of, refuse_different_outcomes
from bayesdensing.analysis.headline import Headline
from bayesdensing.analysis.leave_out import DISAGREE, FEW_DRAWS, PSIS, LeftOut
from bayesdensing.analysis.stacking import difference, mixture_estimate, stacking_weights
from bayesdensing.analysis.summary import plain, to_json
from bayesdensing.files import write_text

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = [
    "BEST",
    "EQUAL",
    "WORSE",
    "Candidate",
    "Comparison",
    "compared",
]

#: What the table says of a hypothesis beside the best of its group.
BEST, EQUAL, WORSE = "best", "cannot be told apart from the best", "predicts worse"

#: Standard errors of a difference below which hypotheses cannot be told apart.
_TOLD_APART = 2.0
#: Share of an elpd that is rounding.
_ROUNDING = 1e-9

#: Effects of which a hypothesis has as many as there are families, benchmarks or quarters.
_EFFECTS = ("family_effect", "benchmark_slope", "walk_step")


_UNITS = {
    "elpd": "nats", "se": "nats", "elpd_diff": "nats", "diff_se": "nats", "p_eff": "parameters",
    "doubling_time_days": "days", "eti95_lb": "days", "eti95_ub": "days",
    "growth_rate": "1/yr", "growth_rate_eti95_lb": "1/yr", "growth_rate_eti95_ub": "1/yr",
}  # fmt: skip

_NOTE = (
    "weights are for mixing predictions, not probabilities of hypotheses: of two that predict "
    "alike one may get none, since it adds nothing to the other; doubling times: median and "
    "equal-tailed 95 % interval; rungs: how so many LLMs were left out, by smoothed weights "
    "(psis), where those fail by moment matching, then by an exact refit"
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidate:
    """A hypothesis with its predictions of what it has not seen.

    Attributes
    ----------
    name : str
        Unique among those compared.
    fit : Fit
        Its fit.
    left_out : tuple of LeftOut
        Predictions, one per kind.
    """

    name: str
    fit: "Fit"
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Hypotheses side by side, in groups that share data and ruler.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per hypothesis and kind of what is left out, the best of each group first. Columns:
        ``group``, ``hypothesis``, ``left_out``, ``n_units``; ``elpd`` with standard error ``se``
        (nats, on the outcomes' own scale); ``p_eff``, what having seen the outcomes adds;
        ``elpd_diff`` from the best of the group with ``diff_se``; ``verdict``; ``n_parameters``,
        priors and effects, what the hypotheses of a group share among them; ``simplest``, of those
        that cannot be told apart from the best the one with the fewest; ``weight``, of stacking,
        NaN where a hypothesis gets none; ``max_k``; numbers of units by rung: ``psis``,
        ``moment_matching``, ``exact_refit`` and ``not_reliable``; ``reliable``; ``converged``;
        ``doubling_time_days``, ``eti95_lb``, ``eti95_ub``; ``growth_rate``,
        ``growth_rate_eti95_lb``, ``growth_rate_eti95_ub``. Units in ``attrs``.
    pointwise : pandas.DataFrame
        One row per hypothesis and unit: ``hypothesis``, ``left_out``, ``unit``, ``elpd``,
        ``pareto_k``, ``rung``, ``reliable``.
    stacked : mapping of str to Headline
        Headline of each group of several hypotheses, their draws mixed by weight.
    groups : mapping of str to str
        What the hypotheses of each group share, in words.
    notes : tuple of str
        What a reader needs to know.
    """

    table: pd.DataFrame
    pointwise: pd.DataFrame
    stacked: Mapping[str, Headline]
    groups: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether the draws of every hypothesis passed their checks."""
        return bool(self.table["converged"].all())

    @property
    def reliable(self) -> bool:
        """Whether every unit stands on a rung that can be relied on."""
        return bool(self.table["reliable"].all())

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``comparison.json``: plain types, null for what is not defined."""
        found: dict[str, Any] = plain(
            {
                "schema_version": 1,
                "converged": self.converged,
                "reliable": self.reliable,
                "groups": dict(self.groups),
                "hypotheses": self.table.to_dict("records"),
                "stacked": {name: found.to_dict() for name, found in self.stacked.items()},
                "units": dict(_UNITS),
                "notes": list(self.notes),
            }
        )
        return found

    def save(self, folder: str | Path) -> Path:
        """Write ``comparison.csv``, ``pointwise.csv`` and ``comparison.json``.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made where it is not there.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for name, table in (("comparison", self.table), ("pointwise", self.pointwise)):
            text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
            write_text(place / f"{name}.csv", text)
        write_text(place / "comparison.json", to_json(self.to_dict()))
        return place


def compared(candidates: Sequence[Candidate], *, unconverged: bool = False) -> Comparison:
    """Lay hypotheses side by side.

    Parameters
    ----------
    candidates : sequence of Candidate
        Hypotheses of one outcome.
    unconverged : bool
        Whether hypotheses whose draws did not pass their checks get weights too.

    Returns
    -------
    Comparison
        In groups that share data and ruler; no weight and no difference reaches across groups.

    Raises
    ------
    DataNeedError
        Where hypotheses predict different things.
    """
    refuse_different_outcomes({c.name: c.fit for c in candidates})
    keys = [group_of(c.fit) for c in candidates]
    distinct = list(dict.fromkeys(keys))
    labels = {key: chr(ord("A") + i) if i < 26 else str(i) for i, key in enumerate(distinct)}
    rows, stacked, notes = [], {}, [_NOTE]
    for key in distinct:
        members = [c for c, k in zip(candidates, keys, strict=True) if k == key]
        weights = _weights(members, unconverged=unconverged)
        for kind in dict.fromkeys(out.kind for c in members for out in c.left_out):
            rows += _rows(members, kind, group=labels[key], weights=weights.get(kind, {}))
        mixed = weights.get("LLM", {})
        if len(mixed) > 1:
            stacked[labels[key]] = _stacked(members, mixed)
    rulers = {labels[key]: key[0] for key in distinct}
    notes += _said(candidates, rulers, keys)
    table = pd.DataFrame(rows)
    table.attrs = {"units": dict(_UNITS), "interval_kind": "ETI"}
    parts = [out.table().assign(hypothesis=c.name) for c in candidates for out in c.left_out]
    pointwise = pd.concat(parts, ignore_index=True)
    pointwise = pointwise[["hypothesis", *pointwise.columns.drop("hypothesis")]]
    pointwise.attrs = {"units": {"elpd": "nats"}}
    return Comparison(
        table=table, pointwise=pointwise, stacked=stacked, groups=rulers, notes=tuple(notes)
    )


def _weights(members: Sequence[Candidate], *, unconverged: bool) -> dict[str, dict[str, float]]:
    """Return stacking weights by kind and name."""
    fit_to_weigh = [c for c in members if unconverged or c.fit.diagnostics.usable]
    found = {}
    for kind in dict.fromkeys(out.kind for c in members for out in c.left_out):
        have = [(c.name, out.elpd) for c in fit_to_weigh for out in c.left_out if out.kind == kind]
        if have:
            weights = stacking_weights(np.stack([elpd for _, elpd in have], axis=1))
            names = [name for name, _ in have]
            found[kind] = dict(zip(names, weights.tolist(), strict=True))
    return found


def _rows(
    members: Sequence[Candidate], kind: str, *, group: str, weights: Mapping[str, float]
) -> list[dict[str, Any]]:
    have = [(c, out) for c in members for out in c.left_out if out.kind == kind]
    have.sort(key=lambda pair: -float(pair[1].elpd.sum()))
    # what did not converge is shown, but nothing is measured against it
    sound = [out for c, out in have if c.fit.diagnostics.usable]
    best = (sound or [out for _, out in have])[0]
    rows: list[dict[str, Any]] = []
    for candidate, out in have:
        apart, apart_se = difference(out.elpd, best.elpd)
        # twins differ by nothing, or by rounding: what is no difference has no error either
        same = abs(apart) <= max(_TOLD_APART * apart_se, _ROUNDING * abs(float(best.elpd.sum())))
        verdict = BEST if out is best else EQUAL if same else WORSE
        if apart > 0 and verdict == WORSE:
            verdict = "predicts better, but did not converge"
        rungs = pd.Series(out.rung)[out.reliable].value_counts()
        n = len(out.elpd)
        doubling = candidate.fit.headline().doubling_time_days
        low, high = (np.nan, np.nan) if doubling is None else doubling.eti95
        rate = candidate.fit.headline().growth_rate_per_year
        slow, fast = (np.nan, np.nan) if rate is None else rate.eti95
        rows.append(
            {
                "group": group,
                "hypothesis": candidate.name,
                "left_out": kind,
                "n_units": n,
                "elpd": float(out.elpd.sum()),
                "se": float(np.sqrt(n * out.elpd.var(ddof=1))) if n > 1 else np.nan,
                "p_eff": out.effective_parameters,
                "elpd_diff": apart,
                "diff_se": 0.0 if out is best else apart_se,
                "verdict": verdict,
                "n_parameters": _n_parameters(candidate.fit),
                "simplest": False,
                "weight": weights.get(candidate.name, np.nan),
                "max_k": float(np.max(out.pareto_k)),
                "psis": int(rungs.get("psis", 0)),
                "moment_matching": int(rungs.get("moment matching", 0)),
                "exact_refit": int(rungs.get("exact refit", 0)),
                "not_reliable": int((~out.reliable).sum()),
                "reliable": bool(out.reliable.all()),
                "converged": bool(candidate.fit.diagnostics.usable),
                "doubling_time_days": np.nan if doubling is None else doubling.median,
                "eti95_lb": low,
                "eti95_ub": high,
                "growth_rate": np.nan if rate is None else rate.median,
                "growth_rate_eti95_lb": slow,
                "growth_rate_eti95_ub": fast,
            }
        )
    alike = [row for row in rows if row["verdict"] in (BEST, EQUAL) and row["converged"]]
    if alike:  # of equally many parameters, what predicts better: rows are in that order
        min(alike, key=lambda row: row["n_parameters"])["simplest"] = True
    return rows


def _n_parameters(fit: "Fit") -> int:
    """Return how many parameters a hypothesis has beside what belongs to single LLMs."""
    effects = [fit.posterior[name] for name in _EFFECTS if name in fit.posterior]
    each = [values.size // (values.sizes["chain"] * values.sizes["draw"]) for values in effects]
    return len(fit.spec.priors) + sum(each)


def _stacked(members: Sequence[Candidate], weights: Mapping[str, float]) -> Headline:
    """Return the headline of a mixture: intervals on the rate, mapped to the doubling time."""
    chosen = [c for c in members if c.name in weights]
    share = np.array([weights[c.name] for c in chosen])
    draws = [c.fit.growth_rate().to_numpy().ravel() for c in chosen]
    rate = mixture_estimate(draws, share)
    labels = dict.fromkeys(c.fit.headline_label for c in chosen)
    none = sum(w * float((d <= 0).mean()) for w, d in zip(share, draws, strict=True))
    return Headline(
        doubling_time_days=rate.to_doubling_days(),
        growth_rate_per_year=rate,
        prob_rate_not_positive=float(none),
        label="mixed by stacking weight: " + "; ".join(labels),
    )


def _said(
    candidates: Sequence[Candidate],
    rulers: Mapping[str, str],
    keys: Sequence[tuple[str, str]],
) -> list[str]:
    """Return what is to be known of this comparison."""
    notes = []
    if len(rulers) > 1:
        why = "ruler" if len({key[1] for key in keys}) == 1 else "data or ruler"
        notes.append(
            f"groups differ in {why}: no weight and no difference reaches across them, and their "
            "rates are rates of different quantities"
        )
    bad = [c.name for c in candidates if not c.fit.diagnostics.usable]
    if bad:
        notes.append(f"NOT CONVERGED: {', '.join(bad)}")
    loose: dict[str, list[str]] = {}
    for candidate in candidates:
        for what in _failures_of(candidate):
            loose.setdefault(what, []).append(candidate.name)
    notes += [f"UNRELIABLE: {what.format(', '.join(names))}" for what, names in loose.items()]
    return notes


def _failures_of(candidate: Candidate) -> list[str]:
    """Return what fails for some units of a hypothesis and what helps, its name left out."""
    failed = {
        rung.partition(",")[0] if rung.startswith(PSIS) else rung
        for out in candidate.left_out
        for rung, sound in zip(out.rung, out.reliable, strict=True)
        if not sound
    }
    cut = candidate.fit.spec.information.flow == "cut"
    ways = {
        PSIS: (
            "weights fail for some units of {}: a cut has no exact refits to put in their place"
            if cut
            else "weights fail for some units of {}; allow more exact refits (--max-refits)"
        ),
        FEW_DRAWS: (
            "exact refits of some units of {} rest on too few draws; more chains give them more "
            "(--chains)"
        ),
        DISAGREE: (
            "chains of exact refits of some units of {} disagree: the data left do not hold the "
            "parameters, and no option helps"
        ),
    }
    return [text for rung, text in ways.items() if rung in failed]
