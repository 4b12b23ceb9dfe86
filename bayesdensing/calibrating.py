"""`calibrate`: worlds of known truth fitted in their hundreds, ranks and coverage counted."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bayesdensing import __version__
from bayesdensing.analysis import Fit
from bayesdensing.analysis.calibration import Calibration, collected, row_of
from bayesdensing.analysis.ranks import ranked
from bayesdensing.assembly.design import Exchange
from bayesdensing.campaign import Job, Row, carry_out
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError, SpecError
from bayesdensing.fitting import DEFAULT_SEED, load_fit, prepare_compiler
from bayesdensing.refitting import Refitter, Task
from bayesdensing.simulation import layout
from bayesdensing.simulation.doubled import doubled, with_new
from bayesdensing.simulation.teller import Teller, Told
from bayesdensing.spec import Spec, load_spec

if TYPE_CHECKING:
    import xarray as xr

    from bayesdensing.inference.engine import Warmth

__all__ = ["Lengths", "calibrate"]

#: LLMs and evaluators of the reduced design.
N_LLMS, N_EVALUATORS = 30, 2
#: Draws of the fit that finds the coordinates of the others.
_FIRST_DRAWS = 50
#: Worlds that are drawn for one fit before it is given up.
_TRIES = 50
#: What a sampler that cannot go on raises.
_ERRORS = (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class Lengths:
    """How long each fit is: enough for about a hundred independent draws of the headline.

    Attributes
    ----------
    draws, tune : int
        Draws kept and iterations of warm-up per chain.
    target_accept : float
        Acceptance rate that step sizes are adapted to.
    """

    draws: int
    tune: int
    target_accept: float


#: From the prior each world is somewhere else: its fit needs pilots and small steps.
_FROM_PRIOR = Lengths(draws=200, tune=500, target_accept=0.9)
#: About a posterior all fits are alike: each starts from the coordinates of the first.
_FROM_POSTERIOR = Lengths(draws=250, tune=350, target_accept=0.85)


def calibrate(
    spec: str | Path | Spec = "joint",
    data: str | Path | DataBundle | None = None,
    *,
    sims: int = 200,
    about: str | Path | Fit | None = None,
    llms: int = N_LLMS,
    evaluators: int = N_EVALUATORS,
    real: bool = False,
    exact: bool = False,
    draws: int | None = None,
    tune: int | None = None,
    seed: int = DEFAULT_SEED,
    out: str | Path = "calibration",
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Fit worlds of known truth, and count how often they are found as the posterior says.

    Truths come from the prior, or from the posterior of a run. In the first case a world has the
    reduced design, that of `llms` of the bundle's LLMs measured by `evaluators`, or the real one.
    In the second it has the run's own: each fit sees what the run saw, and as much again that was
    drawn from the truth.

    Parameters
    ----------
    spec : str, Path or Spec
        The hypothesis that worlds are drawn from and fitted by; that of the run where there is one.
    data : str, Path, DataBundle or None
        The design; None: the packaged bundle, or the run's data.
    sims : int
        Worlds.
    about : str, Path or Fit, optional
        A run whose posterior truths are drawn from.
    llms, evaluators : int
        Of the reduced design.
    real : bool
        Take the whole design of the data in place of the reduced one.
    exact : bool
        Draw scores from the likelihood as it is fitted, in place of the story that it stands for:
        the sampler alone is then put to the test, not what the likelihood approximates.
    draws, tune : int, optional
        Draws kept and warm-up per chain of each fit.
    seed : int
        Seed of designs, worlds and fits.
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
    Calibration
        Ranks, coverage and what does not hold. It depends on seed and design, not on who fitted.

    Raises
    ------
    DataNeedError
        For a hypothesis that is no posterior, and a run that did not pass its checks.

    Notes
    -----
    From the prior: Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788. About a
    posterior: Säilynoja, Schmitt, Bürkner and Vehtari (2025), arXiv:2502.03279.

    Examples
    --------
    >>> found = calibrate("trend", sims=200, workers=2)  # doctest: +SKIP
    >>> found.passed, found.table["p_corrected"].min()  # doctest: +SKIP
    """
    if sims < 1:
        raise SpecError(f"sims = {sims}: a calibration needs one world or more")
    if about is None:
        plan = _from_prior(
            load_spec(spec),
            data if isinstance(data, DataBundle) else load_data(data),
            llms=llms,
            evaluators=evaluators,
            real=real,
            seed=seed,
        )
        lengths = _FROM_PRIOR
    else:
        plan = _from_posterior(about, data, sims=sims, seed=seed)
        lengths = _FROM_POSTERIOR
    lengths = replace(lengths, draws=draws or lengths.draws, tune=tune or lengths.tune)
    recipe = _Fits(
        spec=plan.spec,
        template=plan.template,
        lengths=lengths,
        seed=seed,
        truths=plan.truths_sha256,
        exact=exact,
        first=plan.first,
    )
    jobs = [
        Job(f"sim-{i:05d}", _seed(seed, i), plan.values[i] if plan.values else {})
        for i in range(sims)
    ]
    tell(f"{plan.spec.name}: {sims} worlds, truths from {plan.truths}; {plan.design}")
    outcome = carry_out(recipe, jobs, out, workers=workers, scheduler=scheduler, tell=tell)
    return collected(
        {key: done.row for key, done in outcome.done.items()},
        {key: done.seconds for key, done in outcome.done.items()},
        about={
            "spec": plan.spec.name,
            "spec_sha256": plan.spec.sha256,
            "seed": seed,
            "sims": sims,
            "truths": plan.truths,
            "outcomes": "the likelihood as it is fitted" if exact else "the model as it is stated",
            "design": plan.design,
            "data_sha256": plan.template.sha256,
            "chains": plan.spec.sampler.chains,
            **asdict(lengths),
            "version": __version__,
        },
    )


def _seed(seed: int, i: int) -> int:
    return int(np.random.SeedSequence((seed, i)).generate_state(1)[0])


@dataclass(frozen=True)
class _Plan:
    """Which worlds there are."""

    spec: Spec
    template: DataBundle
    design: str  # in words
    truths: str  # in words
    truths_sha256: str = ""
    values: tuple[Mapping[str, np.ndarray], ...] = ()  # of each world, where not from the prior
    first: Mapping[str, np.ndarray] | None = None  # of the world whose fit finds the coordinates


def _from_prior(
    spec: Spec, data: DataBundle, *, llms: int, evaluators: int, real: bool, seed: int
) -> _Plan:
    _refuse_cut(spec)
    spec, note = _one_series(spec, data)
    truths = "the prior"
    if "growth" not in spec.blocks:
        return _Plan(spec, data, f"{_words(spec, data)}{note}", truths)
    if real:
        return _Plan(spec, data, f"the real design: {_words(spec, data)}{note}", truths)
    template = layout(spec, data, n_llms=llms, n_evaluators=evaluators, seed=seed)
    words = f"reduced design: {llms} LLMs of the bundle, {evaluators} evaluators"
    return _Plan(spec, template, f"{words}, {_words(spec, template)}{note}", truths)


def _from_posterior(
    about: str | Path | Fit,
    data: str | Path | DataBundle | None,
    *,
    sims: int,
    seed: int,
) -> _Plan:
    run = about if isinstance(about, Fit) else load_fit(about, data=data)
    _refuse_cut(run.spec)
    if not run.diagnostics.converged:
        raise DataNeedError(
            "the run did not pass its checks: draws of another distribution are no truths to "
            "calibrate about"
        )
    template = doubled(run.spec, run.data)
    names = Teller(run.spec, template, held=True).held
    flat = {
        name: run.posterior[name]
        .transpose("chain", "draw", ...)
        .to_numpy()
        .reshape(-1, *run.posterior[name].shape[2:])
        for name in names
    }
    count = len(next(iter(flat.values())))
    at = np.random.default_rng(seed).permutation(count)
    values = tuple({n: v[at[i % count]] for n, v in flat.items()} for i in range(sims))
    digest = hashlib.sha256()
    for name, array in flat.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    words = f"the real design: {_words(run.spec, run.data)}, with as many outcomes drawn anew"
    truths = f"the posterior of {run.spec.name} given {run.data.name} (seed {run.seed})"
    first = {n: v[at[-1]] for n, v in flat.items()}
    return _Plan(run.spec, template, words, truths, digest.hexdigest(), values, first)


def _refuse_cut(spec: Spec) -> None:
    if spec.information.flow == "cut":
        raise DataNeedError(
            f"{spec.name} is no posterior but a way to read many of them: what a cut leaves out "
            "it does not have to get right; calibrate the joint hypothesis"
        )


def _one_series(spec: Spec, data: DataBundle) -> tuple[Spec, str]:
    """Name the first of several series or suites: a design is needed, whichever."""
    frames, chosen = data.frames, {}
    table, column = "reference_runs", "suite"
    if spec.is_series_alone:
        table, column = "densities", "series"
    if table in frames and getattr(spec.data, column) is None:
        names = sorted(frames[table][column].unique())
        if len(names) > 1:
            chosen = {column: str(names[0])}
    if not chosen:
        return spec, ""
    axis = type(spec.data)(**{**spec.data.model_dump(), **chosen})
    return spec.model_copy(update={"data": axis}), f" (the first {column}, {chosen[column]})"


def _words(spec: Spec, data: DataBundle) -> str:
    """Say how much is measured in a design."""
    sizes = {name: len(v) for name, v in Exchange(spec, data).outcomes_of(data).items()}
    names = {
        "log_loss_measured": "losses of reference runs",
        "link_score_measured": "loss-score points",
        "score_measured": "scores",
        "log_value_measured": "published values",
        "log_record_measured": "dates of records",
    }
    return ", ".join(f"{size} {names[name]}" for name, size in sizes.items() if name in names)


@dataclass(frozen=True)
class _Fits:
    """How a world is drawn and fitted."""

    spec: Spec
    template: DataBundle
    lengths: Lengths
    seed: int
    truths: str  # hash of where truths come from; empty: the prior
    exact: bool
    first: Mapping[str, np.ndarray] | None = field(default=None, compare=False, repr=False)
    warmth: "Warmth | None" = None
    refitter: Refitter | None = field(default=None, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        parts = {
            "version": __version__,
            "spec": self.spec.sha256,
            "chains": self.spec.sampler.chains,
            "template": self.template.sha256,
            "lengths": asdict(self.lengths),
            "seed": self.seed,
            "truths": self.truths,
            "exact": self.exact,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: compiled code stays."""
        return {**self.__dict__, "refitter": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild from `__getstate__`."""
        self.__dict__.update(state)

    def warmed(self, tell: Callable[[str], None]) -> Self:
        """Compile; about a posterior, find the coordinates of all fits by one world's."""
        prepare_compiler()
        tell("compiling the model ...")
        if not self.truths:
            return replace(self, refitter=Refitter(self.spec, self.template))
        # where it ends is all that is used of it
        few = self.spec.sampler.model_copy(update={"draws": _FIRST_DRAWS})
        spec = self.spec.model_copy(update={"sampler": few})
        # not by the template's: whatever was measured twice over, digit by digit, has a posterior
        # that no world has
        first = self._drawn()(Job("first", self.seed, self.first or {}))
        refitter = Refitter(spec, self.template, seed=self.seed, outcomes=first.outcomes)
        return replace(self, refitter=refitter, warmth=refitter.warmth)

    def prepared(self) -> Callable[[Job], Row]:
        """Return what draws and fits a world."""
        prepare_compiler()
        refitter = self.refitter or Refitter(self.spec, self.template, warmth=self.warmth)
        drawn = self._drawn()

        def work(job: Job) -> Row:
            world = drawn(job)
            task = Task(job.key, world.outcomes, job.seed)
            try:
                found = refitter.fit(task, **asdict(self.lengths))
            except _ERRORS as error:
                return {"failure": f"{type(error).__name__}: {error}", "redrawn": world.redrawn}
            return row_of(
                ranked(found.posterior, world.truth),
                seed=job.seed,
                divergences=found.diagnostics.divergences,
                redrawn=world.redrawn,
            )

        return work

    def _drawn(self) -> "Callable[[Job], _World]":
        """Return what draws the world of a job."""
        teller = Teller(self.spec, self.template, held=bool(self.truths), exact=self.exact)
        measured = Exchange(self.spec, self.template).outcomes_of(self.template)

        def world(job: Job) -> _World:
            told, redrawn = _told(teller, job)
            outcomes = told.outcomes
            if self.truths:
                outcomes = with_new(self.spec, self.template, measured=measured, drawn=outcomes)
            return _World(told.truth, outcomes, redrawn)

        return world


@dataclass(frozen=True)
class _World:
    """True values, the outcomes that a fit of them sees, and how many worlds could not be."""

    truth: "xr.Dataset"
    outcomes: Mapping[str, np.ndarray]
    redrawn: int


def _told(teller: Teller, job: Job) -> tuple[Told, int]:
    """Draw worlds until one can be; return it and how many could not."""
    for tries in range(_TRIES):
        told = teller.tell(_seed(job.seed, tries), job.given)
        if _possible(told):
            return told, tries
    raise SpecError(f"{_TRIES} worlds were drawn and none of them can be: the priors are too wide")


def _possible(told: Told) -> bool:
    """Tell a world that can be from one whose floor lies above its ceiling, or beyond numbers."""
    truth = told.truth
    if "floor" in truth and bool((truth["floor"] >= truth["ceiling"]).any()):
        return False
    return all(bool(np.isfinite(values).all()) for values in told.outcomes.values())
