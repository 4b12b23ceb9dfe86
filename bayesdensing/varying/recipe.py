"""How the fits of a sensitivity analysis are made: one compiled model for most of them."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayesdensing import __version__
from bayesdensing.analysis import Fit
from bayesdensing.analysis.comparable import group_of
from bayesdensing.analysis.intervals import estimate
from bayesdensing.analysis.summary import plain
from bayesdensing.assembly import Assembled
from bayesdensing.assembly import design as designs
from bayesdensing.assembly.open_priors import open_priors, prior_data
from bayesdensing.assembly.pointwise import LLM_WEIGHT
from bayesdensing.assembly.weighing import (
    assemble_weighing,
    held_places,
    hold,
    neutral,
    parts_of,
    weight_name,
)
from bayesdensing.campaign import Job, Row
from bayesdensing.data import DataBundle
from bayesdensing.errors import BayesdensingError
from bayesdensing.fitting import fit, fit_of, prepare_compiler
from bayesdensing.inference import Sampler, diagnose
from bayesdensing.inference.progress import SilentReporter
from bayesdensing.ladder import CrossValidation
from bayesdensing.multiverse import Variant
from bayesdensing.sampling import Sampled, sample_joint, sampler_of
from bayesdensing.spec import Spec
from bayesdensing.varying.drivers import driving

if TYPE_CHECKING:
    from bayesdensing.inference import Draws
    from bayesdensing.inference.engine import Warmth

__all__ = ["DRIVERS", "Fits"]

#: The job that reads what drives the rate out of a fit as it is.
DRIVERS = "drivers"
#: Draws over which predictions of scores are averaged for the log predictive density.
_ELPD_DRAWS = 400
_ERRORS = (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError, BayesdensingError)


@dataclass(frozen=True)
class Fits:
    """How a variant is fitted.

    Attributes
    ----------
    spec : Spec
        The hypothesis as it is.
    data : DataBundle
        All data.
    lengths : tuple of int
        Draws and warm-up per chain of the shared model's fits.
    seed : int
        Seed of all fits.
    elpd : bool
        Whether log predictive densities are worked out.
    warmth : Warmth or None
        Where fits of the shared model start.
    """

    spec: Spec
    data: DataBundle
    lengths: tuple[int, int]
    seed: int
    elpd: bool = True
    warmth: "Warmth | None" = None
    shared: "_Shared | None" = field(default=None, compare=False, repr=False)
    ready: "list[Fits]" = field(default_factory=list, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        """Hash of all that a row depends on beside its job."""
        parts = {
            "version": __version__,
            "spec": self.spec.sha256,
            "sampler": self.spec.sampler.model_dump(mode="json"),
            "data": self.data.sha256,
            "lengths": self.lengths,
            "elpd": self.elpd,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: compiled code stays."""
        return {**self.__dict__, "shared": None, "ready": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild from `__getstate__`."""
        self.__dict__.update(state)

    def warmed(self, tell: Callable[[str], None]) -> "Fits":
        """Compile the model that most variants share, and find its coordinates.

        Parameters
        ----------
        tell : callable
            Called with lines of progress.

        Returns
        -------
        Fits
            With both.
        """
        if self.ready:  # by jobs that came before
            return self.ready[0]
        prepare_compiler()
        tell("compiling the model, and fitting it as it is ...")
        shared = _Shared.of(self.spec, self.data)
        settings = self.spec.sampler
        first = shared.sampler.sample(
            seed=self.seed,
            draws=50,
            tune=settings.tune,
            chains=settings.chains,
            target_accept=settings.target_accept,
        )
        self.ready.append(replace(self, shared=shared, warmth=first.warmth, ready=[]))
        return self.ready[0]

    def prepared(self) -> Callable[[Job], Row]:
        """Return what fits a variant, or reads what drives the rate."""
        prepare_compiler()
        kept: list[_Shared] = [] if self.shared is None else [self.shared]

        def shared() -> _Shared:
            if not kept:  # a worker may never meet one that needs it
                kept.append(_Shared.of(self.spec, self.data))
            return kept[0]

        def work(job: Job) -> Row:
            try:
                if job.key == DRIVERS:
                    return driving(fit(self.spec, self.data, seed=job.seed, progress=False))
                if "held" in job.given:
                    return self._with_held(shared(), job.given["held"], job.seed)
                variant: Variant = job.given["variant"]
                if variant.same_graph:
                    return self._same(shared(), variant, job.seed)
                return self._other(variant, job.seed)
            except _ERRORS as error:
                return {"failure": f"{type(error).__name__}: {error}"}

        return work

    def _sampled(self, shared: "_Shared", data: Mapping[str, np.ndarray], seed: int) -> "Draws":
        draws, tune = self.lengths
        return shared.sampler.sample(
            seed=seed,
            draws=draws,
            tune=tune,
            chains=self.spec.sampler.chains,
            cores=1,
            target_accept=self.spec.sampler.target_accept,
            # what an earlier fit left out or held is put back
            data={**shared.neutral, **prior_data(self.spec), **data},
            warmth=self.warmth,
        )

    def _same(self, shared: "_Shared", variant: Variant, seed: int) -> Row:
        weight = (~np.isin(np.array(_names(self.spec, self.data)), variant.without)).astype(float)
        data = {**prior_data(variant.spec), LLM_WEIGHT: weight}
        if variant.left_out is not None:
            kind, name = variant.left_out
            data[weight_name(kind)] = shared.all_but(kind, name)
        began = time.perf_counter()
        made = self._sampled(shared, data, seed)
        record = diagnose(made.posterior, made.stats)
        drawn = Sampled(
            assembled=shared.assembled,
            posterior=made.posterior,
            stats=made.stats,
            diagnostics=record,
            compile_seconds=0.0,
            sample_seconds=made.seconds,
        )
        seconds = time.perf_counter() - began
        run = fit_of(drawn, variant.spec, self.data, seed=seed, seconds=seconds)
        whole = variant.left_out is None and not variant.without
        return self._row(run, n_llms=int(weight.sum()), comparable=whole)

    def _with_held(
        self, shared: "_Shared", held: Mapping[str, Mapping[str, Any]], seed: int
    ) -> Row:
        """Fit with the parameters of a source held at their posterior means."""
        near = {name: (np.array(to["at"]), np.array(to["sd"])) for name, to in held.items()}
        data = hold(held_places(shared.assembled), near)
        made = self._sampled(shared, data, seed)
        record = diagnose(made.posterior, made.stats)
        return {
            "n": int(sum(np.size(values) for values, _ in near.values())),
            "variance": float(made.posterior["growth_rate"].var()),
            "converged": record.converged,
            "max_rhat": record.max_rhat,
            "divergences": record.divergences,
        }

    def _other(self, variant: Variant, seed: int) -> Row:
        data = variant.data_of(self.data)
        if variant.spec.information.flow == "cut":
            run = fit(variant.spec, data, seed=seed, progress=False)
        else:
            drawn = sample_joint(variant.spec, data, seed=seed, report=SilentReporter(), cores=1)
            run = fit_of(drawn, variant.spec, data, seed=seed, seconds=drawn.sample_seconds)
        count = len(_names(variant.spec, data))
        return self._row(run, n_llms=count, comparable=data is self.data)

    def _row(self, run: Fit, *, n_llms: int, comparable: bool) -> Row:
        rate: xr.DataArray = run.posterior["growth_rate"]
        record = run.diagnostics
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
        if self.elpd and comparable and "log_density" in run.posterior:
            if _common(run.spec) == _common(self.spec):
                row["elpd"] = _predicted(run)
        return row


@dataclass(frozen=True)
class _Shared:
    """The compiled model that most variants share."""

    assembled: Assembled
    sampler: Sampler
    neutral: Mapping[str, np.ndarray]
    labels: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, spec: Spec, data: DataBundle) -> "_Shared":
        opened = open_priors(spec)
        assembled = assemble_weighing(opened, data)
        with assembled.model as model:
            labels = {part.kind: part.labels for part in parts_of(opened, data, model)}
        sampler = sampler_of(assembled)
        known = set(sampler.data_names)
        values = {n: v for n, v in neutral(assembled.model).items() if n in known}
        return cls(assembled, sampler, values, labels)

    def all_but(self, kind: str, name: str) -> np.ndarray:
        """Return weights that leave one unit out."""
        return np.array([label != name for label in self.labels[kind]], dtype=float)


def _common(spec: Spec) -> tuple[Any, ...]:
    """Return what is known of data and ruler before data are looked at."""
    counted = spec.growth.parameter_count
    return (spec.data, spec.loss.law, spec.reference_tokens, counted, spec.information)


def _predicted(run: Fit) -> Row:
    """Return log predictive densities of LLMs left out one by one, with what they may be held to.

    Weights alone: where they fail the value stays, and is counted.
    """
    group = "\n".join(group_of(run))
    found = CrossValidation(run, max_draws=_ELPD_DRAWS, max_refits=0).by_llm()
    order = np.argsort(found.units)
    row: Row = plain(
        {
            "group": hashlib.sha256(group.encode()).hexdigest()[:16],
            "by_llm": np.asarray(found.elpd)[order].tolist(),
            "n_high_pareto_k": int((~found.reliable).sum()),
        }
    )
    return row


def _names(spec: Spec, data: DataBundle) -> tuple[str, ...]:
    if spec.is_series_alone:
        if spec.data.records == "only":
            return designs.record_design(spec, data).llms
        return designs.published_design(spec, data).llms
    return designs.score_design(spec, data, designs.benchmarks_of(spec, data)).llms
