"""The numbers of a walk: an affine map, a bend and pseudo-observations, improved between runs."""

from dataclasses import dataclass

import numpy as np

from bayesdensing.inference.bend import Bend
from bayesdensing.inference.transport import PseudoObservations

__all__ = ["Preconditioner"]


@dataclass(frozen=True)
class Preconditioner:
    """The matrices of a walk.

    Attributes
    ----------
    dense_mean : ndarray, shape (dense,)
        Where z_g = 0 lies.
    factor : ndarray, shape (dense, dense)
        Dense values per unit of z_g.
    other_mean, scale : ndarray, shape (latent + loose,)
        Where z = 0 lies, and the values per unit of z, latents first.
    coupling : ndarray, shape (latent, dense)
        Latent values per unit of z_g.
    bend : Bend
        What is done to each of the values next.
    pseudo : PseudoObservations
        By which latents of a population are placed last; of no account for others.
    """

    dense_mean: np.ndarray
    factor: np.ndarray
    other_mean: np.ndarray
    coupling: np.ndarray
    scale: np.ndarray
    bend: Bend
    pseudo: PseudoObservations

    @classmethod
    def identity(cls, dense: int, latent: int = 0, loose: int = 0) -> "Preconditioner":
        """Return the walk in the values themselves.

        Parameters
        ----------
        dense, latent, loose : int
            Numbers of values.

        Returns
        -------
        Preconditioner
            Unit matrices, no bend.
        """
        return cls(
            np.zeros(dense),
            np.eye(dense),
            np.zeros(latent + loose),
            np.zeros((latent, dense)),
            np.ones(latent + loose),
            Bend.identity(dense + latent + loose),
            PseudoObservations.none(latent),
        )

    def data(self) -> dict[str, np.ndarray]:
        """Return the matrices by the names of the graph's data."""
        own = ("dense_mean", "factor", "other_mean", "coupling", "scale")
        matrices = {f"walk_{name}": getattr(self, name) for name in own}
        return matrices | self.bend.data() | self.pseudo.data()

    def to_walk(self, values: np.ndarray) -> np.ndarray:
        """Return the walk's coordinates of (shifted and stretched) values.

        Parameters
        ----------
        values : ndarray, shape (..., dense + latent + loose)
            Values, dense ones first, latents as `pseudo` places them.

        Returns
        -------
        ndarray, the shape of `values`
            Coordinates.
        """
        dense, latent = len(self.dense_mean), len(self.coupling)
        straight = self.bend.straightened(values)
        centred = straight[..., :dense] - self.dense_mean
        z = np.linalg.solve(self.factor, centred[..., None])[..., 0]
        rest = straight[..., dense:] - self.other_mean
        rest[..., :latent] -= z @ self.coupling.T
        return np.concatenate([z, rest / self.scale], axis=-1)

    def to_values(self, walk: np.ndarray) -> np.ndarray:
        """Return the (shifted and stretched) values of coordinates, the inverse of `to_walk`.

        Parameters
        ----------
        walk : ndarray, shape (..., dense + latent + loose)
            Coordinates, dense ones first.

        Returns
        -------
        ndarray, the shape of `walk`
            Values, latents as `pseudo` places them.
        """
        dense, latent = len(self.dense_mean), len(self.coupling)
        z = walk[..., :dense]
        rest = self.other_mean + self.scale * walk[..., dense:]
        rest[..., :latent] += z @ self.coupling.T
        straight = np.concatenate([self.dense_mean + z @ self.factor.T, rest], axis=-1)
        return self.bend.bent(straight)
