"""`compare`: hypotheses fitted or reused, cross-validated, laid side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from bayesdensing import __version__
from bayesdensing.analysis import Fit, runs
from bayesdensing.analysis.comparable import refuse_different_outcomes, refuse_no_llms
from bayesdensing.analysis.comparison import Candidate, Comparison, compared
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import DEFAULT_SEED, fit, load_fit, resolved
from bayesdensing.ladder import CrossValidation, cut_offs
from bayesdensing.spec import Spec

__all__ = ["compare"]

Item = str | Path | Spec | Fit


def compare(
    hypotheses: Sequence[Item],
    data: str | Path | DataBundle | None = None,
    *,
    families: bool = False,
    future: int | Sequence[str | pd.Timestamp] = 0,
    max_refits: int = 10,
    max_draws: int = 1500,
    unconverged: bool = False,
    seed: int = DEFAULT_SEED,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    out: str | Path | None = None,
    progress: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compare hypotheses by how well they predict LLMs that they have not seen.

    Parameters
    ----------
    hypotheses : sequence of str, Path, Spec or Fit
        Names, files, hypotheses or fits, two or more.
    data : str, Path, DataBundle or None
        Data of those that are fitted here; None: the packaged bundle.
    families : bool
        Leave out whole families too.
    future : int or sequence of dates
        Predict the future too: from so many cut-off dates, or from these.
    max_refits : int
        Exact refits per hypothesis and kind of unit, where Pareto-smoothed weights fail.
    max_draws : int
        Draws over which predictions of scores are averaged.
    unconverged : bool
        Give weights to hypotheses whose draws did not pass their checks too.
    seed : int
        Seed of fits and refits.
    draws, tune, chains : int, optional
        As for `fit`.
    out : str or Path, optional
        Folder: runs are kept in its ``runs``, and made anew only on change; a fresh run in
        ``runs`` of the working folder is used in place of a new one.
    progress : bool
        Show the progress of fits.
    tell : callable
        Called with a line per step.

    Returns
    -------
    Comparison
        Tables, weights within groups that share data and ruler, headlines.

    Raises
    ------
    DataNeedError
        For fewer than two hypotheses, and where they predict different things.

    Examples
    --------
    >>> found = compare(["joint", "no_growth"], out="comparison")  # doctest: +SKIP
    >>> found.table[["hypothesis", "elpd_diff", "diff_se", "verdict"]]  # doctest: +SKIP
    """
    if len(hypotheses) < 2:
        raise DataNeedError("a comparison needs two hypotheses or more")
    chosen = [
        item if isinstance(item, Fit) else resolved(item, draws=draws, tune=tune, chains=chains)
        for item in hypotheses
    ]
    specs = [item.spec if isinstance(item, Fit) else item for item in chosen]
    for i, spec in enumerate(specs):
        if spec.name in [other.name for other in specs[:i]]:
            raise DataNeedError(f"two hypotheses are named {spec.name}: rename one")
    refuse_no_llms(specs)  # before time is spent on fits
    bundle = data if isinstance(data, DataBundle) else None
    fits: dict[str, Fit] = {}
    for item in chosen:
        if isinstance(item, Fit):
            fits[item.spec.name] = item
            continue
        bundle = load_data(data) if bundle is None else bundle  # type: ignore[arg-type]
        fits[item.name] = _fitted(item, bundle, seed=seed, out=out, progress=progress)
    refuse_different_outcomes(fits)
    candidates = []
    for name, found in fits.items():
        tell(f"{name}: leaving LLMs out")
        valid = CrossValidation(
            found, seed=seed, max_draws=max_draws, max_refits=max_refits, tell=tell
        )
        kinds = [valid.by_llm()]
        if families:
            kinds.append(valid.by_family())
        if future:
            kinds.append(valid.future(_dates(found, future)))
        candidates.append(Candidate(name=name, fit=found, left_out=tuple(kinds)))
    return compared(candidates, unconverged=unconverged)


def _dates(found: Fit, future: int | Sequence[str | pd.Timestamp]) -> list[pd.Timestamp]:
    if isinstance(future, int):
        return cut_offs(found, future)
    return sorted(pd.Timestamp(date) for date in future)


def _fitted(
    spec: Spec, bundle: DataBundle, *, seed: int, out: str | Path | None, progress: bool
) -> Fit:
    """Reuse a run, or fit: into the comparison's folder where there is one."""
    usual = Path("runs") / spec.name
    reason = runs.refit_reason(usual, spec=spec, data=bundle, seed=seed, version=__version__)
    if reason is None:
        return load_fit(usual, data=bundle)
    place = None if out is None else Path(out) / "runs" / spec.name
    if place is None:
        return fit(spec, bundle, seed=seed, progress=progress)
    return fit(spec, bundle, seed=seed, out=place, refit="on-change", progress=progress)
