"""Compressed LLMs with their parents, both with scores that a fit can read."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["FULL_BITS", "find_pairs", "published_ratio", "published_without_scores"]

#: Bits per parameter of a model that is not quantised.
FULL_BITS = 16.0

#: How the paper's figure names the LLMs of the bundle of which it has a density.
_IN_PAPER = {
    "gemma-2-2b": "Gemma2-2B",
    "gemma-2-9b": "Gemma2-9B",
    "gemma-2-27b": "Gemma2-27B",
    "Llama-3.1-8B": "Llama3.1-8B",
    "Llama-3.1-Minitron-4B-Depth-Base": "Llama-3.1-Minitron-4B-Depth",
    "Llama-3.1-Minitron-4B-Width-Base": "Llama-3.1-Minitron-4B-Width",
    "Llama-3.2-1B": "Llama3.2-1B",
    "Llama-3.2-3B": "Llama3.2-3B",
    "Mistral-NeMo-Minitron-8B-Base": "Mistral-NeMo-Minitron-8B",
    "Mistral-Nemo-Base-2407": "Mistral-Nemo",
}
_SERIES = "nmi_5bench"


def find_pairs(fit: "Fit") -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the pairs of a fit's bundle, the scores of all their LLMs, and what has no pair.

    Parameters
    ----------
    fit : Fit
        A fit with scores, whose bundle names parents.

    Returns
    -------
    pairs : pandas.DataFrame
        Columns llm, parent, method, weight_bits (`FULL_BITS` where not quantised), n_params,
        parent_n_params (counts), is_base, benchmarks (those that both have scores on).
    scores : pandas.DataFrame
        Rows of ``scores.csv`` of these LLMs on the fit's benchmarks.
    left_out : list of str
        Names of compressed LLMs without a parent or a benchmark in common.

    Raises
    ------
    DataNeedError
        Where the bundle has no such pair.
    """
    models, scores = fit.data.models, fit.data.scores
    if models is None or scores is None or "benchmark" not in fit.posterior:
        raise DataNeedError("compression needs a run with scores of LLMs")
    benchmarks = fit.posterior["benchmark"].to_numpy().astype(str).tolist()
    scores = scores[scores["benchmark"].isin(benchmarks)]
    measured = scores.groupby("model")["benchmark"].agg(set).to_dict()
    listed = models.set_index("model", drop=False)
    compressed = models[models["compression"] != "none"].sort_values(["release_date", "model"])
    rows, left_out = [], []
    for child in compressed.to_dict("records"):
        parent = child["parent"]
        known = isinstance(parent, str) and parent in listed.index
        shared = measured.get(child["model"], set()) & measured.get(parent, set()) if known else ()
        if not shared:
            left_out.append(str(child["model"]))
            continue
        bits = child["weight_bits"]
        rows.append(
            {
                "llm": child["model"],
                "parent": parent,
                "method": _method(child["compression"], bits),
                "weight_bits": FULL_BITS if np.isnan(bits) else float(bits),
                "n_params": child["n_params"],
                "parent_n_params": listed.loc[parent, "n_params"],
                "is_base": child["is_base"],
                "benchmarks": ", ".join(b for b in benchmarks if b in shared),
            }
        )
    if not rows:
        raise DataNeedError(
            "no compressed LLM of the bundle has a parent with scores on the same benchmark: "
            "models.csv names them in the columns compression and parent"
        )
    pairs = pd.DataFrame(rows)
    named = set(pairs["llm"]) | set(pairs["parent"])
    return pairs, scores[scores["model"].isin(named)], left_out


def _method(compression: str, bits: float) -> str:
    if compression != "quantized":
        return compression
    if np.isnan(bits):
        return "quantized"
    return f"quantized, {8 if bits >= 6 else 4 if bits >= 3 else 2} bits" + (
        " or fewer" if bits < 3 else ""
    )


def published_ratio(fit: "Fit", pairs: pd.DataFrame) -> pd.Series:
    """Return the ratio of the densities that the paper plots of a pair.

    Parameters
    ----------
    fit : Fit
        Whose bundle may hold them.
    pairs : pandas.DataFrame
        Of `find_pairs`.

    Returns
    -------
    pandas.Series
        Compressed over parent, over the paper's five benchmarks; NaN where it plots no such pair.
    """
    densities = fit.data.densities
    if densities is None:
        return pd.Series(np.nan, index=pairs.index)
    value = densities[densities["series"] == _SERIES].set_index("model")["value"]

    def of(name: str) -> float:
        return float(value.get(_IN_PAPER.get(name, ""), np.nan))

    return pairs["llm"].map(of) / pairs["parent"].map(of)


def published_without_scores(fit: "Fit") -> pd.DataFrame:
    """Return pairs that the paper plots and of which the bundle has no scores.

    Parameters
    ----------
    fit : Fit
        Whose bundle may hold published densities with parents.

    Returns
    -------
    pandas.DataFrame
        Columns llm, parent, ratio (compressed over parent, over the paper's five benchmarks).
    """
    densities = fit.data.densities
    if densities is None or "x_parent" not in densities:
        return pd.DataFrame({"llm": [], "parent": [], "ratio": []})
    rows = densities[densities["series"] == _SERIES]
    value = rows.set_index("model")["value"]
    apart = rows[rows["x_parent"].isin(value.index) & ~rows["model"].isin(_IN_PAPER.values())]
    ratio = apart["value"].to_numpy() / value[apart["x_parent"]].to_numpy()
    return pd.DataFrame(
        {"llm": apart["model"].to_numpy(), "parent": apart["x_parent"].to_numpy(), "ratio": ratio}
    )
