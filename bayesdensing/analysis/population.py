"""LLMs that might be: the typical one on the trend, and new ones drawn from the population."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from bayesdensing.analysis.even import Even
from bayesdensing.analysis.observed import score_model
from bayesdensing.analysis.readings import require
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.laws.deviation import sample_tails
from bayesdensing.laws.spread import spread_factor
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["EARLIEST", "LATEST", "Llms", "Population"]

#: Dates between which it is looked for when an LLM will do: there were none before, and what has
#: not come by the end counts as never.
EARLIEST, LATEST = pd.Timestamp("2017-01-01"), pd.Timestamp("2100-01-01")

#: Points a year at which the trend is evaluated for that; between them it is taken as straight.
_PER_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Llms:
    """What parts LLMs from the trend, a few of them for each posterior draw.

    Attributes
    ----------
    own : ndarray, shape (draw, llm)
        Log density less trend, size term and effect of the family (natural log), with the scales
        that hold at the reference date.
    family : ndarray, shape (draw, llm)
        Effect of an unknown family (natural log).
    departure : ndarray, shape (draw, llm)
        Departure on the benchmark, on the scale of the hypothesis.
    """

    own: np.ndarray
    family: np.ndarray
    departure: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Population:
    """LLMs that a fit has not seen and of which no score is known.

    A hypothetical LLM is dense: where a hypothesis weighs active against total parameters, the two
    are the same. Its family is one that no other LLM tells of.

    Attributes
    ----------
    model : ScoreModel
        Draws of all that LLMs share.
    reference : pandas.Timestamp
        Date from which the trend counts its years.
    seed : int
        Seed of new LLMs, and of what a random walk does after the data.
    """

    model: ScoreModel
    reference: pd.Timestamp
    seed: int

    @classmethod
    def of(cls, fit: "Fit", *, max_draws: int | None = None, seed: int = 0) -> Self:
        """Take the population out of a fit.

        Parameters
        ----------
        fit : Fit
            A fit with scores and a trend.
        max_draws : int, optional
            Keep every k-th draw, this many in all.
        seed : int
            Seed of new LLMs.

        Returns
        -------
        Population
            Draws of all chains, one chain after the other.

        Raises
        ------
        DataNeedError
            For a fit without scores.
        """
        require(
            fit.posterior,
            "evaluator_effect",
            "log_density",
            reading="scores to forecast, such as joint has",
        )
        reference = pd.Timestamp(str(fit.posterior.attrs["reference_date"]))
        return cls(model=score_model(fit, max_draws=max_draws), reference=reference, seed=seed)

    def years(self, date: pd.Timestamp) -> float:
        """Return a date in years since the reference date.

        Parameters
        ----------
        date : pandas.Timestamp
            Any date.

        Returns
        -------
        float
            Years of 365.25 days.
        """
        return (date - self.reference).days / DAYS_PER_YEAR

    def typical(self) -> Llms:
        """Return one LLM a draw that lies where the mean LLM lies and departs on no benchmark.

        Returns
        -------
        Llms
            Behind a frontier by the mean inefficiency, where there is a frontier.
        """
        behind = -self.model.frontier.mean_inefficiency(self.model.inefficiency_sd)[:, None]
        nothing = np.zeros_like(behind)
        return Llms(own=behind, family=nothing, departure=nothing)

    def new(self, benchmark: int, *, per_draw: int = 1, evenly: bool = False) -> Llms:
        """Draw LLMs from the population.

        Parameters
        ----------
        benchmark : int
            The benchmark on which they depart.
        per_draw : int
            LLMs for each posterior draw.
        evenly : bool
            Spread them evenly instead of at random, the same LLMs for every benchmark: so few
            stand for many.

        Returns
        -------
        Llms
            Scatter about the trend, that of families and of inefficiency included, and departures
            with their heavy tails.
        """
        size = (self.model.n_draws, per_draw)
        rng = Even(self.seed) if evenly else np.random.default_rng([self.seed, benchmark])
        own, family = self.scatter(rng, size=size)
        tails = sample_tails(rng, df=self.model.score_df[:, None], size=size)
        sd = self.model.ruler.deviation_sd[:, [benchmark]]
        return Llms(own=own, family=family, departure=sd * tails * rng.normal(size=size))

    def scatter(
        self, rng: np.random.Generator, *, size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw how far new LLMs lie off the trend and the size term.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : tuple of int
            Posterior draws, and LLMs for each.

        Returns
        -------
        tuple of ndarray
            Natural log, each of shape `size`: even scatter less inefficiency, with the scales that
            hold at the reference date, and the effect of an unknown family.
        """
        own = self.model.frontier.sample(
            rng,
            dispersion=self.model.dispersion[:, None],
            inefficiency_sd=self.model.inefficiency_sd[:, None],
            size=size,
        )
        return own, self.model.covariates.family_sd[:, None] * rng.normal(size=size)

    def spread(self, years: float | np.ndarray) -> np.ndarray:
        """Return how many times their scale at the reference date the scales of LLMs' own are.

        Parameters
        ----------
        years : float or ndarray, shape (time,)
            Years since the reference date.

        Returns
        -------
        ndarray, shape (draw, time)
            1 where the scales do not change.
        """
        times = np.atleast_1d(np.asarray(years, dtype=float))
        growth = self.model.dispersion_growth[:, None]
        return np.asarray(spread_factor(years=times, dispersion_growth=growth))

    def score(self, llms: Llms, *, log_n: float, years: float, benchmark: int) -> np.ndarray:
        """Return the scores of LLMs, before evaluators and the noise of a measurement.

        Parameters
        ----------
        llms : Llms
            Which.
        log_n : float
            Natural log of their parameters.
        years : float
            Release date in years since the reference date.
        benchmark : int
            The benchmark.

        Returns
        -------
        ndarray, shape (draw, llm)
            Scores, 0 to 1.
        """
        size = self.log_size(llms, log_n=log_n, years=years, benchmark=benchmark)
        found = self.model.ruler.score(
            size[..., None], [benchmark], departure=llms.departure[..., None]
        )
        return np.asarray(found[..., 0])

    def log_size(self, llms: Llms, *, log_n: float, years: float, benchmark: int) -> np.ndarray:
        """Return the effective sizes of LLMs, before their departures.

        Parameters
        ----------
        llms : Llms
            Which.
        log_n : float
            Natural log of their parameters.
        years : float
            Release date in years since the reference date.
        benchmark : int
            The benchmark.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log of effective parameters.
        """
        trend = self.model.trend.ahead(years, seed=self.seed) + self._drift(years, benchmark)
        residual = self.spread(years) * llms.own + llms.family
        return np.asarray(log_n + self._size_term(log_n) + trend + residual)

    def log_params(self, llms: Llms, *, score: float, years: float, benchmark: int) -> np.ndarray:
        """Return how many parameters LLMs need for a score.

        Parameters
        ----------
        llms : Llms
            Which.
        score : float
            Score, 0 to 1.
        years : float
            Release date in years since the reference date.
        benchmark : int
            The benchmark.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log of parameters; infinite where no number is enough, minus infinity where
            every number is.
        """
        trend = self.model.trend.ahead(years, seed=self.seed) + self._drift(years, benchmark)
        wanted = self.model.ruler.log_size_for(score, benchmark, departure=llms.departure)
        kappa = self.model.covariates.size_exponent[:, None]
        residual = self.spread(years) * llms.own + llms.family
        rest = wanted - trend - residual + kappa * self.model.covariates.mean_log_n
        # a size term of -1 or less: larger LLMs are no better, so that no number is enough
        grows = 1 + kappa > 0
        found = np.where(grows, rest / np.where(grows, 1 + kappa, 1.0), np.inf)
        return np.asarray(np.where(np.isneginf(wanted), -np.inf, found))

    def when(self, llms: Llms, *, score: float, log_n: float, benchmark: int) -> np.ndarray:
        """Return the first date at which LLMs of a size reach a score.

        Parameters
        ----------
        llms : Llms
            Which.
        score : float
            Score, 0 to 1.
        log_n : float
            Natural log of their parameters.
        benchmark : int
            The benchmark.

        Returns
        -------
        ndarray, shape (draw, llm)
            Years since the reference date; infinite where it does not happen before `LATEST`, minus
            infinity where it did before `EARLIEST`.
        """
        ruler = self.model.ruler
        wanted = ruler.log_size_for(score, benchmark, departure=llms.departure)
        target = wanted - log_n - self._size_term(log_n) - llms.family
        first, last = self.years(EARLIEST), self.years(LATEST)
        times = np.linspace(first, last, round((last - first) * _PER_YEAR) + 1)
        path = self.model.trend.ahead(times, seed=self.seed) + self._drift(times, benchmark)
        if not self.model.dispersion_growth.any():
            target = target - llms.own
            return np.stack(
                [_crossing(p, wanted, times) for p, wanted in zip(path, target, strict=True)]
            )
        # scales that change: each LLM has a path of its own
        spread, out = self.spread(times), np.empty(target.shape)
        for draw, llm in np.ndindex(target.shape):
            own = path[draw] + spread[draw] * llms.own[draw, llm]
            out[draw, llm] = _crossing(own, target[draw, [llm]], times)[0]
        return out

    def _size_term(self, log_n: float) -> np.ndarray:
        """Return the size term of a dense LLM, (draw, 1)."""
        terms = self.model.covariates
        return np.asarray(terms.size_exponent[:, None] * (log_n - terms.mean_log_n))

    def _drift(self, years: float | np.ndarray, benchmark: int) -> np.ndarray:
        """Return what the benchmark's own growth adds at dates, (draw, time)."""
        times = np.atleast_1d(np.asarray(years, dtype=float))
        return self.model.covariates.drift(times, np.full(len(times), benchmark))


def _crossing(path: np.ndarray, wanted: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return when a path first reaches values, straight between its points, (llm,)."""
    best = np.maximum.accumulate(path)
    place = np.searchsorted(best, wanted)
    after = np.clip(place, 1, len(times) - 1)
    low, high = path[after - 1], path[after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((wanted - low) / (high - low), 0.0, 1.0)
    found = times[after - 1] + np.nan_to_num(share) * (times[after] - times[after - 1])
    return np.asarray(np.where(place == 0, -np.inf, np.where(place == len(times), np.inf, found)))
