"""Latents walked about where their population and a pseudo-observation of each put them.

A latent x of a population N(m, s²), of which an observation of centre c and precision p tells, is
normal with mean w m + (1 - w) c and sd s sqrt(w), where w = 1 / (1 + p s²). Its coordinate is the
distance from that mean in that sd: a standard normal whatever m and s are, as far as data tell of x
what the pseudo-observation does. Where they tell much, x is walked about as it is (centred); where
they tell little, or the population is narrow, as a deviation from the population (not centred).

Source: Papaspiliopoulos, Roberts and Sköld (2007), "A general framework for the parametrization of
hierarchical models", partial non-centring; here of mean and sd both.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

__all__ = ["PseudoObservations", "conditional"]

#: An observation tells at least this share of what the population does. Without any, no centre
#: could make up for a population that is not normal.
_LEAST = 0.1


@dataclass(frozen=True)
class PseudoObservations:
    """What data are taken to tell of each latent, apart from its population.

    Attributes
    ----------
    centre, precision : ndarray, shape (latent,)
        Mean, and inverse of the variance; precision is 0 where nothing is told.
    """

    centre: np.ndarray
    precision: np.ndarray

    @classmethod
    def none(cls, size: int) -> "PseudoObservations":
        """Return what tells nothing.

        Parameters
        ----------
        size : int
            Number of latents.

        Returns
        -------
        PseudoObservations
            Of precision 0.
        """
        return cls(np.zeros(size), np.zeros(size))

    @classmethod
    def even(cls, mean: np.ndarray, sd: np.ndarray) -> "PseudoObservations":
        """Return what tells as much as a population does, and the same.

        Parameters
        ----------
        mean, sd : ndarray, shape (latent,)
            Of the population.

        Returns
        -------
        PseudoObservations
            To begin with.
        """
        return cls(mean, sd**-2.0)

    @classmethod
    def of_draws(
        cls, values: np.ndarray, precision: np.ndarray, *, mean: np.ndarray, sd: np.ndarray
    ) -> "PseudoObservations":
        """Return what data tell, by draws of a pilot and the precision of the likelihood there.

        Parameters
        ----------
        values : ndarray, shape (draw, latent)
            Draws.
        precision : ndarray, shape (latent,)
            Mean negative second derivative of the log likelihood by each latent, of either sign.
        mean, sd : ndarray, shape (draw, latent)
            Mean and sd of the population at each draw.

        Returns
        -------
        PseudoObservations
            Of that precision, and no less than a tenth of the population's median one; with their
            centre the mean of the latents is that of the draws.
        """
        least = _LEAST * np.median(sd, axis=0) ** -2.0
        precision = np.maximum(precision, least)
        weight = 1 / (1 + precision * sd**2)
        # the mean over draws of weight * mean + (1 - weight) * centre is that of the values
        left = values.mean(axis=0) - (weight * mean).mean(axis=0)
        return cls(left / (1 - weight.mean(axis=0)), precision)

    def only(self, which: np.ndarray) -> "PseudoObservations":
        """Return these observations of some latents, and none of others.

        Parameters
        ----------
        which : ndarray of bool, shape (latent,)
            Of which.

        Returns
        -------
        PseudoObservations
            Centre and precision 0 elsewhere.
        """
        return PseudoObservations(self.centre * which, self.precision * which)

    def given(self, mean: Any, sd: Any) -> tuple[Any, Any]:
        """Return mean and sd of latents given these observations and their population.

        Parameters
        ----------
        mean, sd : ndarray, shape (..., latent)
            Of the population.

        Returns
        -------
        tuple of ndarray, shape (..., latent)
            Mean and sd.
        """
        return conditional(mean, sd, centre=self.centre, precision=self.precision)

    def where_finite(self, other: "PseudoObservations") -> "PseudoObservations":
        """Return these observations, those of another where they are no numbers.

        Parameters
        ----------
        other : PseudoObservations
            Of the same latents.

        Returns
        -------
        PseudoObservations
            Finite where the other is.
        """
        sound = np.isfinite(self.centre) & np.isfinite(self.precision)
        return PseudoObservations(
            np.where(sound, self.centre, other.centre),
            np.where(sound, self.precision, other.precision),
        )

    def data(self) -> dict[str, np.ndarray]:
        """Return the arrays by the names of the graph's data."""
        return {f"walk_pseudo_{f.name}": getattr(self, f.name) for f in fields(self)}


def conditional(mean: Any, sd: Any, *, centre: Any, precision: Any) -> tuple[Any, Any]:
    """Return mean and sd of latents given their population and an observation of each.

    Parameters
    ----------
    mean, sd : array
        Of the population.
    centre, precision : array
        Of the observation.

    Returns
    -------
    tuple of array
        Mean and sd, NumPy's or PyTensor's as the arguments are.
    """
    weight = 1 / (1 + precision * sd**2)
    return centre + weight * (mean - centre), sd * weight**0.5
