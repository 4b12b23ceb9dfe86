"""`sensitivity`: a hypothesis fitted again with other choices made."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bayesdensing import __version__
from bayesdensing.analysis.dependence import Sensitivity, table_of
from bayesdensing.campaign import Done, Job, Row, carry_out
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError, SpecError
from bayesdensing.fitting import DEFAULT_SEED, resolved
from bayesdensing.multiverse import AS_IS, Grid, Variant, load_grid, variants, without_unit
from bayesdensing.spec import Spec
from bayesdensing.varying.drivers import table_from
from bayesdensing.varying.recipe import DRIVERS, Fits

__all__ = ["sensitivity"]

#: Draws and warm-up per chain of a fit that starts from the coordinates of the first.
_DRAWS, _TUNE = 750, 400
#: Units that are left out one by one, of all kinds together.
_EXACT = 10

_BUDGETS = (None, "regression", "refit")


def sensitivity(
    spec: str | Path | Spec = "joint",
    data: str | Path | DataBundle | None = None,
    *,
    axes: Sequence[str] | None = None,
    grid: str | Path | Grid | None = None,
    budget: str | None = None,
    elpd: bool = True,
    draws: int | None = None,
    tune: int | None = None,
    seed: int = DEFAULT_SEED,
    out: str | Path = "sensitivity",
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Fit a hypothesis with other choices made, and say what moves the headline.

    Priors of half and twice the scale, and data without an LLM, a family, an organization or a
    year, are the same compiled model with other data; other definitions are compiled each.

    Parameters
    ----------
    spec : str, Path or Spec
        The hypothesis.
    data : str, Path, DataBundle or None
        The data; None: the packaged bundle.
    axes : sequence of str, optional
        Which choices, of `bayesdensing.multiverse.AXES`; all that the hypothesis has where not
        given.
    grid : str, Path or Grid, optional
        A file of choices, in place of `axes`: see `bayesdensing.multiverse.load_grid`.
    budget : {"regression", "refit"}, optional
        How the error budget is worked out: by regression over the draws of one fit, or by a fit
        for each source with its parameters held at their posterior means, beside that. Where not
        given: ``refit`` where all axes are varied.
    elpd : bool
        Work out how well each fit predicts LLMs left out, where it can be compared.
    draws, tune : int, optional
        Draws kept and warm-up per chain of each fit.
    seed : int
        Seed of all fits.
    out : str or Path
        Folder of the fits; those that are there already are not made again.
    workers : int, optional
        Processes of one thread each to fit in; none: this process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers fit.
    tell : callable
        Called with lines of progress.

    Returns
    -------
    Sensitivity
        One row per fit, and what each axis moves.

    Raises
    ------
    DataNeedError, SpecError
        For a hypothesis without a rate, an axis that there is not, and a grid that does not serve.

    Examples
    --------
    >>> found = sensitivity("joint", axes=["prior"], workers=2)  # doctest: +SKIP
    >>> print(found.sentences[0])  # doctest: +SKIP
    """
    if axes is not None and grid is not None:
        raise SpecError("give axes or a grid: a grid names its own axes")
    if budget not in _BUDGETS:
        raise SpecError(f"budget = {budget!r}: known are 'regression' and 'refit'")
    whole = axes is None and grid is None
    plan = load_grid(grid) if isinstance(grid, str | Path) else grid
    hypothesis = resolved(spec, draws=draws, tune=tune)
    bundle = data if isinstance(data, DataBundle) else load_data(data)
    if plan is not None:
        chosen = plan.variants(hypothesis, bundle)
    else:
        chosen = variants(hypothesis, bundle, axes=axes)
    lengths = (draws or _DRAWS, tune or _TUNE)
    recipe = Fits(spec=hypothesis, data=bundle, lengths=lengths, seed=seed, elpd=elpd)
    jobs = [Job(variant.key, seed, {"variant": variant}) for variant in chosen]
    axes_varied = {part for v in chosen for part in _axes_of(v)}
    tell(f"{hypothesis.name}: {len(jobs) + 1} fits over {len(axes_varied)} axes")
    # what is compiled each takes longest: it comes first, so that no worker is left with it alone
    order = sorted(jobs, key=lambda job: job.given["variant"].same_graph)
    order.append(Job(DRIVERS, seed))

    def carried(jobs: Sequence[Job]) -> Mapping[str, Done]:
        made = carry_out(recipe, jobs, out, workers=workers, scheduler=scheduler, tell=tell)
        return made.done

    done = dict(carried(order))
    drivers = done[DRIVERS].row
    if whole and "influence" in drivers:
        exact = _most_influential(hypothesis, drivers, known={v.key for v in chosen})
        if exact:
            tell(f"{len(exact)} units that move the rate most are left out one by one")
            done |= carried([Job(v.key, seed, {"variant": v}) for v in exact])
            chosen = (*chosen, *exact)
    by_source: dict[str, Row] = {}
    if (budget or ("refit" if whole else "regression")) == "refit" and "held" in drivers:
        tell(f"{len(drivers['held'])} sources of error are held at their means one by one")
        held = [Job(f"held={name}", seed, {"held": at}) for name, at in drivers["held"].items()]
        found = carried(held)
        by_source = {job.key.removeprefix("held="): found[job.key].row for job in held}
    rows = [
        {
            "axis": variant.axis,
            "choice": variant.choice,
            "seed": seed,
            "spec_sha256": variant.spec.sha256,
            "seconds": done[variant.key].seconds,
            **done[variant.key].row,
        }
        for variant in chosen
    ]
    table = table_of(rows, as_it_is=AS_IS)
    if not np.isfinite(table["growth_rate"].iloc[0]):
        raise DataNeedError(f"{hypothesis.name} cannot be fitted as it is: {table['failure'][0]}")
    return Sensitivity(
        table=table,
        about={
            "spec": hypothesis.name,
            "spec_sha256": hypothesis.sha256,
            "label": hypothesis.headline_label,
            "data": bundle.name,
            "data_sha256": bundle.sha256,
            "seed": seed,
            "version": __version__,
        },
        as_it_is=AS_IS,
        scaling=table_from(drivers, "scaling"),
        influence=_with_exact(table_from(drivers, "influence"), table),
        budget=_with_refits(
            table_from(drivers, "budget"), by_source, sd=float(table["growth_rate_sd"].iloc[0])
        ),
        cells=_cells(chosen),
        notes=_notes(chosen),
    )


def _axes_of(variant: Variant) -> tuple[str, ...]:
    if variant.cell:
        return tuple(axis for axis, _ in variant.cell)
    return () if variant.axis == AS_IS else (variant.axis,)


def _most_influential(spec: Spec, drivers: Row, *, known: set[str]) -> list[Variant]:
    """Return the units that move the rate most, of whatever kind, that are no choices already."""
    influence = drivers["influence"]
    units = zip(influence["columns"]["kind"], influence["index"], strict=True)
    found = [without_unit(spec, kind=kind, name=name) for kind, name in units]
    return [variant for variant in found[:_EXACT] if variant.key not in known]


def _cells(chosen: Sequence[Variant]) -> pd.DataFrame | None:
    if not any(variant.cell for variant in chosen):
        return None
    return pd.DataFrame([dict(variant.cell) for variant in chosen]).fillna(AS_IS)


def _with_refits(
    budget: pd.DataFrame | None, by_source: Mapping[str, Row], *, sd: float
) -> pd.DataFrame | None:
    """Lay what fits with a source held say beside the regression."""
    if budget is None or not by_source:
        return budget
    made = pd.DataFrame.from_dict(
        {
            name: {
                "n_held": row.get("n", np.nan),
                "variance_share_refit": 1 - row.get("variance", np.nan) / sd**2,
                "sd_left_refit": float(np.sqrt(row.get("variance", np.nan))),
                "refit_converged": bool(row.get("converged", False)),
            }
            for name, row in by_source.items()
        },
        orient="index",
    )
    order = [*by_source, *(name for name in budget.index if name not in by_source)]
    joined = budget.join(made, how="outer").reindex(order)
    joined.index.name = budget.index.name
    return joined


def _with_exact(influence: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    """Add how far the median rate moves in a fit without the unit, NaN where none was made."""
    if influence is None:
        return None
    fits = {(r["axis"], r["choice"]): r["shift_sd"] for r in table.to_dict("records")}
    keys = zip("without_" + influence["kind"], influence.index, strict=True)
    return influence.assign(exact_shift_sd=[fits.get(key, np.nan) for key in keys])


def _notes(chosen: Sequence[Variant]) -> tuple[str, ...]:
    rulers = {"reference_tokens", "loss_law", "deviation", "parameter_count"}
    if rulers & {axis for variant in chosen for axis in _axes_of(variant)}:
        return (
            "reference tokens, loss law, deviation and parameter count define what density is: "
            "rates under others are other quantities, shown side by side and not to be averaged",
        )
    return ()
