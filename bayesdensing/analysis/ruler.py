"""The ruler: from effective parameters to the score a benchmark would show, for many draws."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from bayesdensing.analysis.readings import require
from bayesdensing.laws import loss as loss_law
from bayesdensing.laws import score as score_law

if TYPE_CHECKING:
    from bayesdensing.spec import Spec

__all__ = ["Ruler"]

#: Natural logs of effective sizes between which a score is looked for: below 1e-21, above 1e52
#: parameters nothing is told from never.
_LEAST, _MOST, _HALVINGS = -50.0, 120.0, 60

_LOSS = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """Loss law, score link and reference tokens of one or many draws.

    Attributes
    ----------
    benchmarks : tuple of str
        Names, in the order of the arrays.
    spec : Spec
        Whose reference tokens and departures are used.
    irreducible_loss, n_coefficient, n_exponent, d_coefficient, d_exponent : ndarray
        The loss law in natural units, shape (draw, benchmark).
    floor, ceiling, midpoint_loss, link_slope : ndarray
        The score link, shape (draw, benchmark).
    deviation_sd : ndarray, shape (draw, benchmark)
        Sd of an LLM's departures, on the scale of the hypothesis.
    """

    benchmarks: tuple[str, ...]
    spec: "Spec"
    irreducible_loss: np.ndarray
    n_coefficient: np.ndarray
    n_exponent: np.ndarray
    d_coefficient: np.ndarray
    d_exponent: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray
    midpoint_loss: np.ndarray
    link_slope: np.ndarray
    deviation_sd: np.ndarray

    @classmethod
    def from_posterior(cls, posterior: xr.Dataset, spec: "Spec") -> Self:
        """Take the ruler out of draws.

        Parameters
        ----------
        posterior : xarray.Dataset
            Dims (chain, draw, benchmark) of the variables named above.
        spec : Spec
            The hypothesis.

        Returns
        -------
        Ruler
            Draws of all chains, one chain after the other.
        """
        names = [f.name for f in fields(cls) if f.name not in ("benchmarks", "spec")]
        require(posterior, *names, reading="loss law with score link, such as joint has")
        flat = {
            name: posterior[name]
            .transpose("chain", "draw", "benchmark")
            .to_numpy()
            .reshape(-1, posterior.sizes["benchmark"])
            for name in names
        }
        benchmarks = tuple(posterior["benchmark"].to_numpy().astype(str).tolist())
        return cls(benchmarks=benchmarks, spec=spec, **flat)

    def strength(self, log_size: Any, benchmark: Any, *, departure: Any = 0.0) -> np.ndarray:
        """Return the link's argument at effective sizes.

        Parameters
        ----------
        log_size : ndarray, shape (draw, ..., pair)
            Natural log of effective parameters.
        benchmark : ndarray of int, shape (pair,)
            Benchmark of each entry of the last axis.
        departure : ndarray, broadcast against `log_size`
            The LLM's departure on the benchmark, on the hypothesis's scale.

        Returns
        -------
        ndarray, the shape of `log_size`
            Logits.
        """
        log_size = np.asarray(log_size, dtype=float)
        on_size = self.spec.growth.deviation == "size"
        size = log_size + (departure if on_size else 0.0)
        law = {name: self._at(name, benchmark, size.ndim) for name in _LOSS}
        tokens = self.spec.reference_tokens.log_tokens(size)
        loss = loss_law.loss(n_params=np.exp(size), n_tokens=np.exp(tokens), **law)
        w = score_law.logit_strength(
            loss=loss,
            midpoint_loss=self._at("midpoint_loss", benchmark, size.ndim),
            slope=self._at("link_slope", benchmark, size.ndim),
        )
        return np.asarray(w if on_size else w + departure)

    def score(self, log_size: Any, benchmark: Any, *, departure: Any = 0.0) -> np.ndarray:
        """Return the score at effective sizes, before evaluators and noise.

        Parameters
        ----------
        log_size : ndarray, shape (draw, ..., pair)
            Natural log of effective parameters.
        benchmark : ndarray of int, shape (pair,)
            Benchmark of each entry of the last axis.
        departure : ndarray, broadcast against `log_size`
            As in `strength`.

        Returns
        -------
        ndarray, the shape of `log_size`
            Score, 0 to 1.
        """
        return self._linked(self.strength(log_size, benchmark, departure=departure), benchmark)

    def log_size_for(self, score: float, benchmark: int, *, departure: Any = 0.0) -> np.ndarray:
        """Return the effective size at which a benchmark would show a score.

        Parameters
        ----------
        score : float
            Score before evaluators and noise, 0 to 1.
        benchmark : int
            Which.
        departure : ndarray, broadcast against (draw, llm)
            LLMs' departures on the benchmark, on the hypothesis's scale.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log of effective parameters; infinite where no size is enough, the score lying
            at the ceiling or above or beyond what tokens allow; minus infinity where every size
            is, the score lying at the floor or below.

        Notes
        -----
        Bisection: the score rises with size, whatever the law and the rule of tokens.
        """
        floor, ceiling = self.floor[:, [benchmark]], self.ceiling[:, [benchmark]]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip((score - floor) / (ceiling - floor), 0.0, 1.0)
            wanted = np.log(share) - np.log1p(-share)
        on_size = self.spec.growth.deviation == "size"
        wanted = np.broadcast_arrays(wanted if on_size else wanted - departure, floor * departure)[
            0
        ]
        low, high = np.full(wanted.shape, _LEAST), np.full(wanted.shape, _MOST)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = self.strength(middle[..., None], [benchmark])[..., 0] >= wanted
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        found = np.where(high >= _MOST, np.inf, np.where(low <= _LEAST, -np.inf, (low + high) / 2))
        return np.asarray(found - departure if on_size else found)

    def moments(
        self, log_size: Any, benchmark: Any, *, centre: Any = 0.0, width: Any = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and variance of the score over an LLM's departures, as the model has them.

        Parameters
        ----------
        log_size : ndarray, shape (draw, ..., pair)
            Natural log of effective parameters.
        benchmark : ndarray of int, shape (pair,)
            Benchmark of each entry of the last axis.
        centre : ndarray, broadcast against `log_size`
            What of the departures is known, on the hypothesis's scale.
        width : float
            Sd of what is not, in `deviation_sd`.

        Returns
        -------
        tuple of ndarray
            Mean and variance, each the shape of `log_size`.
        """
        reach = width * np.sqrt(3.0) * self._at("deviation_sd", benchmark, np.ndim(log_size))
        if self.spec.growth.deviation == "size":
            nodes = (
                self.score(log_size, benchmark, departure=centre + k * reach) for k in (-1, 0, 1)
            )
            return score_law.smeared_moments(*nodes)
        # the departure is added to the strength, so the costly loss is needed once
        middle = self.strength(log_size, benchmark, departure=centre)
        return score_law.smeared_moments(
            *(self._linked(middle + k * reach, benchmark) for k in (-1, 0, 1))
        )

    def _linked(self, w: np.ndarray, benchmark: Any) -> np.ndarray:
        floor, ceiling = (self._at(name, benchmark, w.ndim) for name in ("floor", "ceiling"))
        return np.asarray(score_law.link(w, floor=floor, ceiling=ceiling))

    def _at(self, name: str, benchmark: Any, ndim: int) -> np.ndarray:
        """Return a parameter at the benchmarks of the last axis, draws along the first."""
        values = getattr(self, name)[:, benchmark]
        return np.asarray(values.reshape(values.shape[0], *[1] * (ndim - 2), values.shape[1]))
