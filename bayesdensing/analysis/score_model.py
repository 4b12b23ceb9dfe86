"""Draws of what says how an LLM scores: trend, scatter, ruler, measurement."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from bayesdensing.analysis.covariates import Covariates
from bayesdensing.analysis.readings import flat_draws, require
from bayesdensing.analysis.ruler import Ruler
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.laws.frontier import FRONTIERS, Frontier, frontier_of

if TYPE_CHECKING:
    from bayesdensing.spec import Spec

__all__ = ["ScoreModel", "taken"]


@dataclass(frozen=True, kw_only=True)
class ScoreModel:
    """Draws of everything that LLMs share, as their scores' likelihood needs it.

    Attributes
    ----------
    ruler : Ruler
        Effective parameters to scores.
    evaluators : tuple of str
        Names, in the order of `evaluator_effect`.
    n_items : ndarray, shape (benchmark,)
        Items of each benchmark (count).
    overdispersion, evaluator_sd : ndarray, shape (draw, benchmark)
        Scale of each measurement's own scatter (score), sd of evaluators' effects (logits).
    evaluator_effect : ndarray, shape (draw, evaluator, benchmark)
        Evaluators' effects (logits).
    trend : TrendDraws
        The trend of log density.
    score_df, dispersion, inefficiency_sd : ndarray, shape (draw,)
        Degrees of freedom; scales about the trend (natural log); an inefficiency that the
        hypothesis does not have is 0.
    covariates : Covariates
        What parts LLMs beside the trend.
    dispersion_growth : ndarray, shape (draw,)
        Growth rate of both scales about the trend (1/yr); 0 where they are constant.
    frontier : Frontier
        How LLMs lie about the trend.
    """

    ruler: Ruler
    evaluators: tuple[str, ...]
    n_items: np.ndarray
    overdispersion: np.ndarray
    evaluator_sd: np.ndarray
    evaluator_effect: np.ndarray
    score_df: np.ndarray
    trend: TrendDraws
    dispersion: np.ndarray
    inefficiency_sd: np.ndarray
    dispersion_growth: np.ndarray
    covariates: Covariates
    frontier: Frontier = FRONTIERS["half-normal"]

    @classmethod
    def from_posterior(cls, posterior: xr.Dataset, spec: "Spec", n_items: np.ndarray) -> Self:
        """Take the model of scores out of draws.

        Parameters
        ----------
        posterior : xarray.Dataset
            Dims (chain, draw, ...), of a hypothesis with growth.
        spec : Spec
            The hypothesis.
        n_items : ndarray, shape (benchmark,)
            Items of each benchmark of the posterior (count).

        Returns
        -------
        ScoreModel
            Draws of all chains, one chain after the other.

        Raises
        ------
        DataNeedError
            For a hypothesis without scores.
        """
        dims = {
            "overdispersion": ("benchmark",),
            "evaluator_sd": ("benchmark",),
            "evaluator_effect": ("evaluator", "benchmark"),
            **dict.fromkeys(("score_df", "dispersion"), ()),
            **dict.fromkeys(("inefficiency_sd", "dispersion_growth"), ()),
        }
        absent = {"inefficiency_sd", "dispersion_growth"} - set(posterior.data_vars)
        require(posterior, *(name for name in dims if name not in absent), reading="scores")
        size = posterior.sizes["chain"] * posterior.sizes["draw"]

        def flat(name: str, own: tuple[str, ...]) -> np.ndarray:
            if name in absent:
                return np.zeros(size)
            return flat_draws(posterior[name], *own)

        return cls(
            ruler=Ruler.from_posterior(posterior, spec),
            trend=TrendDraws.from_posterior(posterior, spec),
            evaluators=tuple(posterior["evaluator"].to_numpy().astype(str).tolist()),
            n_items=np.asarray(n_items, dtype=float),
            covariates=Covariates.from_posterior(posterior),
            frontier=frontier_of(spec.growth.frontier),
            **{name: flat(name, own) for name, own in dims.items()},
        )

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.score_df)

    def take(self, draws: slice | np.ndarray) -> Self:
        """Return the model of some of the draws.

        Parameters
        ----------
        draws : slice or ndarray of int
            Which.

        Returns
        -------
        ScoreModel
            Its draws in the order asked for.
        """
        ruler = replace(self.ruler, **taken(self.ruler, draws))
        return replace(
            self,
            ruler=ruler,
            trend=self.trend.take(draws),
            covariates=self.covariates.take(draws),
            **taken(self, draws, but=("n_items",)),
        )


def taken(value: object, draws: slice | np.ndarray, *, but: tuple[str, ...] = ()) -> Any:
    """Return the arrays of a dataclass for some draws.

    Parameters
    ----------
    value : object
        A dataclass of arrays (draw, ...).
    draws : slice or ndarray
        Which draws.
    but : tuple of str
        Fields that are left out.

    Returns
    -------
    dict of str to ndarray
        By name of the field.
    """
    named = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in but}  # type: ignore[arg-type]
    return {name: v[draws] for name, v in named.items() if isinstance(v, np.ndarray)}
