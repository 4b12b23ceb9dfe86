"""`sensitivity`: a hypothesis fitted again with one choice at a time made otherwise."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr
from pymc.pytensorf import compile as compile_graph

from bayesdensing import __version__
from bayesdensing.analysis import Fit
from bayesdensing.analysis.dependence import Sensitivity, table_of
from bayesdensing.analysis.drivers import budget_table, influence_table, prior_terms, scaling_table
from bayesdensing.analysis.intervals import estimate
from bayesdensing.analysis.leave_out import llm_log_likelihood
from bayesdensing.analysis.readings import thin
from bayesdensing.analysis.summary import plain
from bayesdensing.assembly import design as designs
from bayesdensing.assembly.open_priors import open_priors, prior_data
from bayesdensing.assembly.pointwise import LLM_WEIGHT, PublishedDensity, assemble_weighted
from bayesdensing.campaign import Done, Job, Row, carry_out
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import DEFAULT_SEED, fit, prepare_compiler, resolved
from bayesdensing.inference import Diagnostics, Sampler, diagnose
from bayesdensing.inference.progress import SilentReporter
from bayesdensing.multiverse import AS_IS, Variant, variants, without_llm
from bayesdensing.sampling import sample_joint, sampler_of
from bayesdensing.spec import Spec

if TYPE_CHECKING:
    from bayesdensing.inference.engine import Warmth

__all__ = ["sensitivity"]

#: The job that reads what drives the rate out of a fit as it is, and the LLMs it looks at.
_DRIVERS = "drivers"
_MOST_DRAWS, _INFLUENTIAL = 2000, 10

#: Draws and warm-up per chain of a fit that starts from the coordinates of the first.
_DRAWS, _TUNE = 750, 400
_ERRORS = (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError)


def sensitivity(
    spec: str | Path | Spec = "joint",
    data: str | Path | DataBundle | None = None,
    *,
    axes: Sequence[str] | None = None,
    draws: int | None = None,
    tune: int | None = None,
    seed: int = DEFAULT_SEED,
    out: str | Path = "sensitivity",
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Fit a hypothesis with one choice at a time made otherwise, and say what moves the headline.

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
        For a hypothesis without a rate, and an axis that there is not.

    Examples
    --------
    >>> found = sensitivity("joint", axes=["prior"], workers=2)  # doctest: +SKIP
    >>> print(found.sentences[0])  # doctest: +SKIP
    """
    hypothesis = resolved(spec, draws=draws, tune=tune)
    bundle = data if isinstance(data, DataBundle) else load_data(data)
    chosen = variants(hypothesis, bundle, axes=axes)
    lengths = (draws or _DRAWS, tune or _TUNE)
    recipe = _Fits(spec=hypothesis, data=bundle, lengths=lengths, seed=seed)
    jobs = [Job(variant.key, seed, {"variant": variant}) for variant in chosen]
    tell(f"{hypothesis.name}: {len(jobs) + 1} fits over {len({v.axis for v in chosen}) - 1} axes")
    # what is compiled each takes longest: it comes first, so that no worker is left with it alone
    order = sorted(jobs, key=lambda job: job.given["variant"].same_graph)
    order.append(Job(_DRIVERS, seed))

    def carried(jobs: Sequence[Job]) -> Mapping[str, Done]:
        made = carry_out(recipe, jobs, out, workers=workers, scheduler=scheduler, tell=tell)
        return made.done

    done = dict(carried(order))
    drivers = done[_DRIVERS].row
    if axes is None and "influence" in drivers:
        known = {variant.key for variant in chosen}
        found = [without_llm(hypothesis, name) for name in drivers["influence"]["index"]]
        exact = [variant for variant in found if variant.key not in known]
        if exact:
            tell(f"{len(exact)} LLMs that move the rate most are left out one by one")
            done |= carried([Job(v.key, seed, {"variant": v}) for v in exact])
            chosen = (*chosen, *exact)
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
        scaling=_table(drivers, "scaling"),
        influence=_with_exact(_table(drivers, "influence"), table),
        budget=_table(drivers, "budget"),
        notes=_notes(chosen),
    )


def _table(row: Row, name: str) -> pd.DataFrame | None:
    """Rebuild a table from what was stored of it."""
    if name not in row:
        return None
    stored = row[name]
    index = pd.Index(stored["index"], name=stored["name"])
    return pd.DataFrame(stored["columns"], index=index)


def _with_exact(influence: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame | None:
    """Add how far the median rate moves in a fit without the LLM, NaN where none was made."""
    if influence is None:
        return None
    fits = table[table["axis"] == "without_llm"].set_index("choice")["shift_sd"]
    return influence.assign(exact_shift_sd=fits.reindex(influence.index).to_numpy(dtype=float))


def _stored(table: pd.DataFrame) -> Row:
    columns = {str(name): table[name].tolist() for name in table.columns}
    return {"index": table.index.tolist(), "name": table.index.name, "columns": columns}


def _notes(chosen: Sequence[Variant]) -> tuple[str, ...]:
    rulers = {"reference_tokens", "loss_law", "deviation", "parameter_count"}
    if rulers & {variant.axis for variant in chosen}:
        return (
            "reference tokens, loss law, deviation and parameter count define what density is: "
            "rates under others are other quantities, shown side by side and not to be averaged",
        )
    return ()


@dataclass(frozen=True)
class _Fits:
    """How a variant is fitted."""

    spec: Spec
    data: DataBundle
    lengths: tuple[int, int]
    seed: int
    warmth: "Warmth | None" = None
    sampler: Sampler | None = field(default=None, compare=False, repr=False)
    ready: "list[_Fits]" = field(default_factory=list, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        parts = {
            "version": __version__,
            "spec": self.spec.sha256,
            "sampler": self.spec.sampler.model_dump(mode="json"),
            "data": self.data.sha256,
            "lengths": self.lengths,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: compiled code stays."""
        return {**self.__dict__, "sampler": None, "ready": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild from `__getstate__`."""
        self.__dict__.update(state)

    def warmed(self, tell: Callable[[str], None]) -> "_Fits":
        """Compile the model that most variants share, and find its coordinates."""
        if self.ready:  # by jobs that came before
            return self.ready[0]
        prepare_compiler()
        tell("compiling the model, and fitting it as it is ...")
        sampler = self._compiled()
        settings = self.spec.sampler
        first = sampler.sample(
            seed=self.seed,
            draws=50,
            tune=settings.tune,
            chains=settings.chains,
            target_accept=settings.target_accept,
        )
        self.ready.append(replace(self, sampler=sampler, warmth=first.warmth, ready=[]))
        return self.ready[0]

    def _compiled(self) -> Sampler:
        return sampler_of(assemble_weighted(open_priors(self.spec), self.data))

    def prepared(self) -> Callable[[Job], Row]:
        """Return what fits a variant."""
        prepare_compiler()
        kept: list[Sampler] = [] if self.sampler is None else [self.sampler]

        def shared() -> Sampler:
            if not kept:  # a worker may never meet one that needs it
                kept.append(self._compiled())
            return kept[0]

        def work(job: Job) -> Row:
            if job.key == _DRIVERS:
                return self._drivers(job.seed)
            variant: Variant = job.given["variant"]
            try:
                if variant.same_graph:
                    return self._same(shared(), variant, job.seed)
                return self._other(variant, job.seed)
            except _ERRORS as error:
                return {"failure": f"{type(error).__name__}: {error}"}

        return work

    def _same(self, sampler: Sampler, variant: Variant, seed: int) -> Row:
        llms = np.array(_names(self.spec, self.data))
        weight = (~np.isin(llms, variant.without)).astype(float)
        draws, tune = self.lengths
        made = sampler.sample(
            seed=seed,
            draws=draws,
            tune=tune,
            chains=self.spec.sampler.chains,
            cores=1,
            target_accept=self.spec.sampler.target_accept,
            data={LLM_WEIGHT: weight, **prior_data(variant.spec)},
            warmth=self.warmth,
        )
        record = diagnose(made.posterior, made.stats)
        return _row(made.posterior, record, n_llms=int(weight.sum()))

    def _other(self, variant: Variant, seed: int) -> Row:
        data = variant.data_of(self.data)
        found = sample_joint(variant.spec, data, seed=seed, report=SilentReporter(), cores=1)
        count = len(_names(variant.spec, data))
        return _row(found.posterior, found.diagnostics, n_llms=count)

    def _drivers(self, seed: int) -> Row:
        """Fit as it is, and read out of the draws what drives the rate."""
        try:
            run = fit(self.spec, self.data, seed=seed, progress=False)
        except _ERRORS as error:
            return {"failure": f"{type(error).__name__}: {error}"}
        rate = run.posterior["growth_rate"]
        kept = thin(run.posterior, max_draws=_MOST_DRAWS)
        names, per_llm = kept["llm"].to_numpy(), _per_llm(run)
        scaling = scaling_table(rate, priors=prior_terms(run), blocks={})
        blocks = scaling_table(kept["growth_rate"], priors={}, blocks=_block_terms(run, kept))
        parts = pd.concat([scaling, blocks])
        influence = influence_table(
            np.ravel(kept["growth_rate"]), per_llm, names, most=_INFLUENTIAL
        )
        row: Row = plain(
            {
                "scaling": _stored(parts.sort_values("psense", ascending=False, kind="stable")),
                "influence": _stored(influence),
                "budget": _stored(budget_table(run.posterior)),
                "converged": run.diagnostics.converged,
            }
        )
        return row


def _per_llm(run: Fit) -> np.ndarray:
    """Return the log likelihood of each LLM at some of the draws, (draw, llm)."""
    if run.spec.blocks == ("published",):
        density = PublishedDensity.of(run.spec, run.data)
        kept = thin(run.posterior, max_draws=_MOST_DRAWS)
        return density.at(density.values_of(kept))[1]
    return llm_log_likelihood(run, max_draws=_MOST_DRAWS)


def _block_terms(run: Fit, kept: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the log likelihood of each block of data at draws, (chain, draw)."""
    model: Any = run.model
    free = model.free_RVs
    seen = model.observed_RVs
    out = [pm.logp(rv, model.rvs_to_values[rv]).sum() for rv in seen]
    evaluate = compile_graph(free, out, mode="FAST_COMPILE", on_unused_input="ignore")
    arrays = [kept[rv.name].transpose("chain", "draw", ...).to_numpy() for rv in free]
    shape = arrays[0].shape[:2]
    values = [evaluate(*(a[at] for a in arrays)) for at in np.ndindex(*shape)]
    terms = np.array(values, dtype=float).reshape(*shape, len(out))
    return {str(rv.name): terms[..., i] for i, rv in enumerate(seen)}


def _names(spec: Spec, data: DataBundle) -> tuple[str, ...]:
    if spec.blocks == ("published",):
        return designs.published_design(spec, data).llms
    return designs.score_design(spec, data, designs.benchmarks_of(spec, data)).llms


def _row(posterior: xr.Dataset, record: Diagnostics, *, n_llms: int) -> Row:
    rate = posterior["growth_rate"]
    row: Row = plain(
        {
            "rate": estimate(rate).to_dict(),
            "growth_rate_sd": float(rate.std()),
            "prob_rate_not_positive": float((rate <= 0).mean()),
            "n_llms": n_llms,
            "converged": record.converged,
            "max_rhat": record.max_rhat,
            "min_ess_bulk": record.min_ess_bulk,
            "min_ess_tail": record.min_ess_tail,
            "divergences": record.divergences,
        }
    )
    return row
