"""Exact refits without some LLMs: one model compiled once, LLMs' weights set to 0."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.analysis.leave_out import llm_log_likelihood
from bayesdensing.assembly.pointwise import LLM_WEIGHT, PublishedDensity, assemble_weighted
from bayesdensing.inference import diagnose
from bayesdensing.inference.diagnostics import ROUGH_DIVERGENCES_MAX
from bayesdensing.sampling import sampler_of

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit
    from bayesdensing.inference import Sampler
    from bayesdensing.inference.engine import Warmth

__all__ = ["Excluder", "Without"]

#: Draws and warm-up of a refit, per chain, and R-hat up to which its predictions are used: a mean
#: of likelihoods needs less than the quantiles of a headline.
_DRAWS, _TUNE, _WARM_TUNE, _RHAT = 500, 600, 300, 1.05
#: Draws per chain that predictions are averaged over.
_AVERAGED = 250
#: A refit whose chains disagree is made once more, so many times as long.
_LONGER = (1, 4)


@dataclass(frozen=True)
class Without:
    """What a fit without some LLMs says of them.

    Attributes
    ----------
    log_likelihood : ndarray, shape (draw, llm)
        Log likelihood of each left-out LLM's outcomes, its latents integrated out.
    usable : bool
        Whether the refit's chains agree well enough.
    """

    log_likelihood: np.ndarray
    usable: bool


class Excluder:
    """A hypothesis compiled so that LLMs can be left out of its posterior.

    Parameters
    ----------
    fit : Fit
        A fit with growth, or of published values, without a cut.
    seed : int
        Seed of the refits.
    max_draws : int, optional
        Draws of a refit that predictions are averaged over; 250 per chain where not given.
    """

    def __init__(self, fit: "Fit", *, seed: int, max_draws: int | None = None) -> None:
        self._fit, self._seed = fit, seed
        self._max_draws = max_draws or _AVERAGED * fit.spec.sampler.chains
        self._sampler: Sampler = sampler_of(assemble_weighted(fit.spec, fit.data))
        self._published = fit.spec.is_series_alone

    @cached_property
    def density(self) -> PublishedDensity:
        """The density of published values at many draws."""
        return PublishedDensity.of(self._fit.spec, self._fit.data)

    @cached_property
    def _warmth(self) -> "Warmth | None":
        """Where refits start: published values need no help, all blocks together need pilots."""
        if self._published:
            return None
        settings = self._fit.spec.sampler
        found = self._sampler.sample(
            seed=self._seed,
            draws=50,
            tune=settings.tune,
            chains=settings.chains,
            target_accept=settings.target_accept,
            data={LLM_WEIGHT: np.ones(self._fit.posterior.sizes["llm"])},
        )
        return found.warmth

    def without(self, llms: np.ndarray) -> Without:
        """Fit without some LLMs and predict them.

        Parameters
        ----------
        llms : ndarray of int
            Which, in the order of the posterior.

        Returns
        -------
        Without
            The prediction. An evaluator who measured none but them has effects drawn from their
            prior.
        """
        weight = np.ones(self._fit.posterior.sizes["llm"])
        weight[llms] = 0
        warmth, settings = self._warmth, self._fit.spec.sampler
        seed = int(np.random.SeedSequence([self._seed, *map(int, llms)]).generate_state(1)[0])
        for longer in _LONGER:
            made = self._sampler.sample(
                seed=seed,
                draws=_DRAWS * longer,
                tune=longer * (_TUNE if warmth is None else _WARM_TUNE),
                chains=settings.chains,
                target_accept=settings.target_accept,
                data={LLM_WEIGHT: weight},
                warmth=warmth,
            )
            record = diagnose(made.posterior, made.stats)
            few = record.divergences <= ROUGH_DIVERGENCES_MAX * _DRAWS * longer * settings.chains
            usable = bool(record.max_rhat < _RHAT and few)
            if usable:
                break
        return Without(self._predict(made.posterior, llms), usable)

    def _predict(self, posterior: xr.Dataset, llms: np.ndarray) -> np.ndarray:
        if self._published:
            return self.density.at(self.density.values_of(posterior))[1][:, llms]
        names = {d: self._fit.posterior[d].to_numpy() for d in ("llm", "benchmark", "evaluator")}
        groups = {
            "posterior": posterior.assign_coords(names),
            "constant_data": self._fit.constants,
            "observed_data": self._fit.idata["observed_data"].to_dataset(),
        }
        refit = replace(self._fit, idata=xr.DataTree.from_dict(groups))
        return llm_log_likelihood(refit, max_draws=self._max_draws, llms=llms)
