"""An elementwise change of coordinates that takes the skewness out of a posterior's margins.

A positive quantity that data hardly tell from zero, on the log scale, has a long tail on one side
and a steep wall on the other: no step size suits both. Bent coordinates have other slopes on the
two sides, so that both look alike.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import special

__all__ = ["Bend"]

_TAIL = 0.1  # quantile by which skewness is measured: a pilot's few draws still tell it
_STRONGEST = 0.85  # below 1, where one side would be flat


@dataclass(frozen=True)
class Bend:
    """The map v = centre + spread (u + skew (sqrt(1 + u²) - 1)) of standardised coordinates u.

    It is smooth and increasing, near `centre` almost the identity, and far from it linear with
    slopes 1 - skew below and 1 + skew above. Coordinates are kept on the scale of the values,
    centre + spread u.

    Attributes
    ----------
    centre : ndarray, shape (value,)
        Fixed points.
    spread : ndarray, shape (value,)
        Distance from the centre at which the bend is half done, above 0.
    skew : ndarray, shape (value,)
        Strength and direction, between -1 and 1; 0 is the identity.
    """

    centre: np.ndarray
    spread: np.ndarray
    skew: np.ndarray

    @classmethod
    def identity(cls, size: int) -> "Bend":
        """Return the map that changes nothing.

        Parameters
        ----------
        size : int
            Number of values.

        Returns
        -------
        Bend
            Without skew.
        """
        return cls(np.zeros(size), np.ones(size), np.zeros(size))

    @classmethod
    def of_draws(cls, draws: np.ndarray) -> "Bend":
        """Return the map in whose coordinates draws are about as far above their median as below.

        Parameters
        ----------
        draws : ndarray, shape (draw, value)
            Draws.

        Returns
        -------
        Bend
            By the 10, 50 and 90 % quantiles of each value.
        """
        low, centre, high = np.quantile(draws, (_TAIL, 0.5, 1 - _TAIL), axis=0)
        z = -special.ndtri(_TAIL)
        width = np.maximum(high - low, np.finfo(float).tiny)
        skew = (high - 2 * centre + low) / width * z / (np.sqrt(1 + z**2) - 1)
        moved = high > low  # a value that stood still shows no shape
        return cls(
            centre,
            np.where(moved, width / (2 * z), 1.0),
            np.where(moved, np.clip(skew, -_STRONGEST, _STRONGEST), 0.0),
        )

    def data(self) -> dict[str, np.ndarray]:
        """Return the arrays by the names of the graph's data."""
        return {f"walk_bend_{f.name}": getattr(self, f.name) for f in fields(self)}

    def bent(self, straight: np.ndarray) -> np.ndarray:
        """Return the values of coordinates.

        Parameters
        ----------
        straight : ndarray, shape (..., value)
            Coordinates.

        Returns
        -------
        ndarray, the shape of `straight`
            Values.
        """
        u = (straight - self.centre) / self.spread
        return np.asarray(straight + self.spread * self.skew * (np.sqrt(1 + u**2) - 1))

    def straightened(self, values: np.ndarray) -> np.ndarray:
        """Return the coordinates of values, the inverse of `bent`.

        Parameters
        ----------
        values : ndarray, shape (..., value)
            Values.

        Returns
        -------
        ndarray, the shape of `values`
            Coordinates.
        """
        # the root of a quadratic equation in u
        skew = self.skew
        v = (values - self.centre) / self.spread + skew
        u = (v - skew * np.sqrt(1 - skew**2 + v**2)) / (1 - skew**2)
        return np.asarray(self.centre + self.spread * u)
