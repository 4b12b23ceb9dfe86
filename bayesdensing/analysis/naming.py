"""What fits are called beside one another, and how much data one saw."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayesdensing.analysis.tables import data_counts
from bayesdensing.data.uncalibrated import left_out_line

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["data_line", "left_out_scores", "names_of"]


def names_of(fits: Sequence["Fit"], *, folders: Sequence[str | None] | None = None) -> list[str]:
    """Return names of fits: their hypotheses, and what tells those of one hypothesis apart.

    Parameters
    ----------
    fits : sequence of Fit
        Any fits.
    folders : sequence of str or None, optional
        Where each lies; one without a folder is told by its seed.

    Returns
    -------
    list of str
        In their order; of two that are one and the same the names are the same.
    """
    own = Counter(fit.spec.name for fit in fits)
    places = folders if folders is not None else [None] * len(fits)
    return [
        fit.spec.name
        if own[fit.spec.name] == 1
        else f"{fit.spec.name} ({place or f'seed {fit.seed}'})"
        for fit, place in zip(fits, places, strict=True)
    ]


def data_line(fit: "Fit") -> str:
    """Say how much data a fit saw, and which.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    str
        Numbers of LLMs or published values, scores and reference runs; name and version.
    """
    found = data_counts(fit.posterior)
    what = "published values" if fit.spec.is_series_alone else "LLMs"
    parts = [
        f"{found['n_models']:,} {what}" if found["n_models"] else "",
        f"{found['n_scores']:,} scores" if found["n_scores"] else "",
        f"{found['n_reference_runs']:,} reference runs" if found["n_reference_runs"] else "",
    ]
    return ", ".join(filter(None, parts)) + f" ({fit.data.name} {fit.data.version})"


def left_out_scores(fit: "Fit") -> str:
    """Say how many scores of the data are on benchmarks that a fit leaves out, and why.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    str
        Empty where there are none, and for a fit without LLMs' scores.
    """
    if "growth" not in fit.spec.blocks or "benchmark" not in fit.posterior.coords:
        return ""
    return left_out_line(fit.data, fit.posterior["benchmark"].to_numpy().astype(str).tolist())
