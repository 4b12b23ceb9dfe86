"""The object that ``summary.json`` holds, and JSON without NaN or infinity."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdensing.analysis.headline import Headline, headline
from bayesdensing.analysis.mode_weights import WEIGHT_KIND, weighted_headline
from bayesdensing.analysis.tables import data_counts, parameter_table
from bayesdensing.analysis.trends import segment_rates

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["SCHEMA_VERSION", "mode_headlines", "plain", "summarise", "to_json"]

SCHEMA_VERSION = 1


def summarise(fit: "Fit") -> dict[str, Any]:
    """Return everything that is to be known about a fit without its draws.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict
        The object of ``summary.json``: plain JSON types, None for what is infinite or undefined.
    """
    summary: dict[str, Any] = plain(
        {
            "schema_version": SCHEMA_VERSION,
            "spec": fit.spec.name,
            "seed": fit.seed,
            "approximate": fit.diagnostics.approximate,
            "versions": dict(fit.versions),
            "data": {"name": fit.data.name, "sha256": fit.data.sha256} | data_counts(fit.posterior),
            "headline": fit.headline().to_dict(),
            "parameters": _parameters(fit),
            "diagnostics": fit.diagnostics.to_dict() | _modes(fit),
            "timing_s": dict(fit.timing),
        }
    )
    return summary


def _parameters(fit: "Fit") -> dict[str, dict[str, Any]]:
    table = parameter_table(
        fit.posterior, reference=fit.reference, statistics=fit.diagnostics.statistics
    )
    return {
        str(label): {
            "median": row["median"],
            "mean": row["mean"],
            "sd": row["sd"],
            "eti89": [row["eti89_lb"], row["eti89_ub"]],
            "eti95": [row["eti95_lb"], row["eti95_ub"]],
            "rhat": row["rhat"],
            "ess_bulk": row["ess_bulk"],
            "ess_tail": row["ess_tail"],
        }
        for label, row in table.to_dict("index").items()
    }


def _modes(fit: "Fit") -> dict[str, Any]:
    """Give each mode its own headline, what its chains alone would say, and its weight."""
    found = fit.mode_weights
    modes = [
        dict(mode) | {"headline": own.to_dict()}
        for mode, own in zip(fit.diagnostics.modes, mode_headlines(fit), strict=True)
    ]
    if found is None:
        return {"modes": modes}
    for mode, weight in zip(modes, found.weights, strict=True):
        mode |= {
            "weight": weight,
            "weight_kind": WEIGHT_KIND,
            "weight_reliable": found.reliable,
        }
    mixed = weighted_headline(fit, found.weights)
    return {"modes": modes} | ({} if mixed is None else {"weighted_headline": mixed.to_dict()})


def mode_headlines(fit: "Fit") -> list[Headline]:
    """Return the headline of each mode of a fit.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    list of Headline
        One per mode; empty for a fit with one mode.
    """
    parts = [fit.posterior.isel(chain=list(mode["chains"])) for mode in fit.diagnostics.modes]
    return [
        headline(part, label=fit.headline_label, segments=segment_rates(part, fit.spec))
        for part in parts
    ]


def plain(value: Any) -> Any:
    """Turn a value into plain JSON types.

    Parameters
    ----------
    value : object
        Mappings, sequences, numbers, text.

    Returns
    -------
    object
        Dicts, lists, numbers, text, truth values; None for NaN and infinity.

    Examples
    --------
    >>> plain({"a": (np.float64("inf"), np.int64(2))})
    {'a': [None, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def to_json(value: Any) -> str:
    """Return a value as JSON text that every parser reads.

    Parameters
    ----------
    value : object
        As `plain` takes it.

    Returns
    -------
    str
        Indented, ending in a line break, with null for NaN and infinity.

    Examples
    --------
    >>> print(to_json({"upper": float("inf")}), end="")
    {
      "upper": null
    }
    """
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
