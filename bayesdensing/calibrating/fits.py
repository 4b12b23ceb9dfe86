"""How a world of a calibration is drawn and fitted, here or in another process."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bayesdensing import __version__
from bayesdensing.analysis.calibration import row_of
from bayesdensing.analysis.ranks import ranked
from bayesdensing.assembly.design import Exchange
from bayesdensing.campaign import Job, Row
from bayesdensing.data import DataBundle
from bayesdensing.errors import SpecError
from bayesdensing.fitting import prepare_compiler
from bayesdensing.refitting import Refitter, Task
from bayesdensing.simulation.doubled import with_new
from bayesdensing.simulation.teller import Teller, Told
from bayesdensing.spec import Spec

if TYPE_CHECKING:
    import xarray as xr

    from bayesdensing.inference.engine import Warmth

__all__ = ["Fits", "Lengths", "seed_of"]

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


def seed_of(seed: int, i: int) -> int:
    """Return the seed of the i-th world, or of the i-th try, of those that start from a seed.

    Parameters
    ----------
    seed : int
        Seed of all.
    i : int
        Which.

    Returns
    -------
    int
        The same whoever asks, and unrelated to that of another.
    """
    return int(np.random.SeedSequence((seed, i)).generate_state(1)[0])


@dataclass(frozen=True)
class Fits:
    """How a world is drawn and fitted.

    Attributes
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The design of each world.
    lengths : Lengths
        How long each fit is.
    seed : int
        Seed of the fit that finds the coordinates.
    truths : str
        Hash of the draws that truths are taken from; empty: the prior.
    exact : bool
        Whether scores are drawn from the likelihood as it is fitted.
    first : mapping, optional
        Truth of the world whose fit finds the coordinates.
    warmth : Warmth, optional
        What that fit ended with.
    refitter : Refitter, optional
        The compiled model, which stays in its process.
    """

    spec: Spec
    template: DataBundle
    lengths: Lengths
    seed: int
    truths: str
    exact: bool
    first: Mapping[str, np.ndarray] | None = field(default=None, compare=False, repr=False)
    warmth: "Warmth | None" = None
    refitter: Refitter | None = field(default=None, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        """Hash of all that a row depends on; rows of another are not its own."""
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
        """Compile; about a posterior, find the coordinates of all fits by one world's.

        Parameters
        ----------
        tell : callable
            Called with lines of progress.

        Returns
        -------
        Fits
            Ready to be sent to other processes, which then have no first fit to make.
        """
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
        """Return what draws and fits a world.

        Returns
        -------
        callable
            From a job to its row.
        """
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
        told = teller.tell(seed_of(job.seed, tries), job.given)
        if _possible(told):
            return told, tries
    raise SpecError(f"{_TRIES} worlds were drawn and none of them can be: the priors are too wide")


def _possible(told: Told) -> bool:
    """Tell a world that can be from one whose floor lies above its ceiling, or beyond numbers."""
    truth = told.truth
    if "floor" in truth and bool((truth["floor"] >= truth["ceiling"]).any()):
        return False
    return all(bool(np.isfinite(values).all()) for values in told.outcomes.values())
