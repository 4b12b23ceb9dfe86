"""A model in coordinates that a sampler walks easily: an exact change of variables.

The posterior of a hierarchical model has two kinds of unknowns: a few dozen *dense* parameters,
correlated with one another, and *latents*, one per unit, which given the dense ones are nearly
independent. With unconstrained dense values g and latents x the walk is

    g = (mean + factor z_g) * stretch(other values) + shift(other values),
    x = mean + coupling z_g + scale * z_x,

an affine map whose matrices are data of the compiled graph, so that they can be improved between
runs without compiling anew. Shifts have unit Jacobian, that of the stretches is added to the log
density, and the map's own is constant. The posterior is therefore the model's, whatever the
matrices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile as compile_graph
from pytensor.graph.replace import graph_replace

__all__ = ["Preconditioner", "Walk", "build_walk"]

#: Names of the walk's own variables; no model variable may bear them.
DENSE, LATENT = "walk_dense", "walk_latent"


@dataclass(frozen=True)
class Preconditioner:
    """The matrices of a walk.

    Attributes
    ----------
    dense_mean : ndarray, shape (dense,)
        Where z_g = 0 lies.
    factor : ndarray, shape (dense, dense)
        Dense values per unit of z_g.
    latent_mean, scale : ndarray, shape (latent,)
        Where z_x = 0 lies, and the latent values per unit of z_x.
    coupling : ndarray, shape (latent, dense)
        Latent values per unit of z_g.
    """

    dense_mean: np.ndarray
    factor: np.ndarray
    latent_mean: np.ndarray
    coupling: np.ndarray
    scale: np.ndarray

    @classmethod
    def identity(cls, dense: int, latent: int) -> "Preconditioner":
        """Return the walk in the values themselves.

        Parameters
        ----------
        dense, latent : int
            Numbers of dense values and of latents.

        Returns
        -------
        Preconditioner
            Unit matrices.
        """
        return cls(
            np.zeros(dense),
            np.eye(dense),
            np.zeros(latent),
            np.zeros((latent, dense)),
            np.ones(latent),
        )

    def data(self) -> dict[str, np.ndarray]:
        """Return the matrices by the names of the graph's data."""
        return {f"walk_{name}": getattr(self, name) for name in self.__dataclass_fields__}

    def to_walk(self, values: np.ndarray) -> np.ndarray:
        """Return the walk's coordinates of (shifted) values.

        Parameters
        ----------
        values : ndarray, shape (..., dense + latent)
            Values, dense ones first.

        Returns
        -------
        ndarray, the shape of `values`
            Coordinates.
        """
        dense = len(self.dense_mean)
        centred = values[..., :dense] - self.dense_mean
        z = np.linalg.solve(self.factor, centred[..., None])[..., 0]
        rest = values[..., dense:] - self.latent_mean - z @ self.coupling.T
        return np.concatenate([z, rest / self.scale], axis=-1)


@dataclass(frozen=True)
class Walk:
    """A model rewritten in walk coordinates.

    Attributes
    ----------
    model : pymc.Model
        Two flat variables, one potential; the original's variables as deterministics.
    original : pymc.Model
        The model itself.
    hinted : tuple of two tuples of str
        Shifted and stretched variables.
    order : tuple of str
        Random variables in the order of the coordinates, dense ones first.
    sizes : tuple of int
        Values of each.
    n_dense, n_latent : int
        Numbers of dense values and of latents.
    latent_groups : tuple of slice
        Where the latents of each variable lie among the latents.
    hints : callable
        Unconstrained values to the shifts, then the log stretches, in the order of `hinted`.
    """

    model: pm.Model
    original: pm.Model
    hinted: tuple[tuple[str, ...], tuple[str, ...]]
    order: tuple[str, ...]
    sizes: tuple[int, ...]
    n_dense: int
    n_latent: int
    latent_groups: tuple[slice, ...]
    hints: Any

    def starts(self, seed: int, count: int) -> np.ndarray:
        """Return dispersed starting values: the model's own, jittered in every direction.

        Parameters
        ----------
        seed : int
            Seed.
        count : int
            Number of starts.

        Returns
        -------
        ndarray, shape (count, dense + latent)
            Unconstrained values less shift and stretch, dense ones first.
        """
        jitter = set(self.original.free_RVs)
        point_of = make_initial_point_fn(
            model=self.original, jitter_rvs=jitter, return_transformed=True
        )
        seeds = np.random.SeedSequence(seed).generate_state(count)
        return np.array([self._flat(point_of(int(s))) for s in seeds])

    def _flat(self, point: Mapping[str, np.ndarray]) -> np.ndarray:
        value_of = {rv.name: self.original.rvs_to_values[rv].name for rv in self.original.free_RVs}
        values = [point[value_of[rv.name]] for rv in self.original.free_RVs]
        shifted, stretched = self.hinted
        found = self.hints(*values)
        shift = dict(zip(shifted, found[: len(shifted)], strict=True))
        stretch = dict(zip(stretched, found[len(shifted) :], strict=True))
        return np.concatenate(
            [
                np.ravel((point[value_of[n]] - shift.get(n, 0.0)) / np.exp(stretch.get(n, 0.0)))
                for n in self.order
            ]
        )


def build_walk(
    model: pm.Model,
    *,
    shifts: Mapping[str, Any],
    latents: Sequence[str],
    log_stretches: Mapping[str, Any] | None = None,
) -> Walk:
    """Rewrite a model in walk coordinates.

    Parameters
    ----------
    model : pymc.Model
        Any model of continuous free variables.
    shifts : mapping of str to TensorVariable
        Name of a dense variable to an expression of other variables of the model.
    latents : sequence of str
        Names of the variables with one entry per unit.
    log_stretches : mapping of str to TensorVariable, optional
        Name of a dense variable to the log of what its coordinate is multiplied by, of the
        variable's shape, an expression of other variables that are neither shifted nor stretched.

    Returns
    -------
    Walk
        The rewritten model.
    """
    free = {rv.name: rv for rv in model.free_RVs}
    order = [n for n in free if n not in latents] + [n for n in free if n in latents]
    point = model.initial_point()
    shapes = {n: np.shape(point[model.rvs_to_values[free[n]].name]) for n in order}
    sizes = {n: int(np.prod(shapes[n], dtype=int)) for n in order}
    n_dense = sum(sizes[n] for n in order if n not in latents)
    n_latent = sum(sizes[n] for n in order if n in latents)
    stretches = log_stretches or {}
    expressions = [*shifts.values(), *stretches.values()]
    expressions = model.replace_rvs_by_values(expressions) if expressions else []
    coords = {name: values for name, values in model.coords.items() if values is not None}
    with pm.Model(coords=coords) as walk:
        values = _values(model, order, shapes, n_dense=n_dense, n_latent=n_latent)
        jacobian = _apply_hints(model, values, expressions, shifts=shifts, stretches=stretches)
        named = [*model.free_RVs, *model.deterministics]
        outputs = model.replace_rvs_by_values(named)
        logp, *rewritten = graph_replace([model.logp(), *outputs], values, strict=False)
        pm.Potential("walk_logp", logp + jacobian)
        for original, graph in zip(named, rewritten, strict=True):
            dims = model.named_vars_to_dims.get(original.name)
            pm.Deterministic(original.name, graph, dims=dims)
    inputs = [model.rvs_to_values[rv] for rv in model.free_RVs]
    hints = compile_graph(inputs, expressions, on_unused_input="ignore", mode="FAST_COMPILE")
    groups, at = [], 0
    for name in (n for n in order if n in latents):
        groups.append(slice(at, at + sizes[name]))
        at += sizes[name]
    return Walk(
        model=walk,
        original=model,
        hinted=(tuple(shifts), tuple(stretches)),
        order=tuple(order),
        sizes=tuple(sizes[n] for n in order),
        n_dense=n_dense,
        n_latent=n_latent,
        latent_groups=tuple(groups),
        hints=hints,
    )


def _apply_hints(
    model: pm.Model,
    values: dict[Any, Any],
    expressions: Sequence[Any],
    *,
    shifts: Mapping[str, Any],
    stretches: Mapping[str, Any],
) -> Any:
    """Stretch and shift the values in place; return the log Jacobian of the stretches."""
    jacobian: Any = 0.0
    for name, expression in zip(stretches, expressions[len(shifts) :], strict=True):
        value = model.rvs_to_values[model[name]]
        (log_stretch,) = graph_replace([expression], values, strict=False)
        values[value] = values[value] * pm.math.exp(log_stretch)
        jacobian = jacobian + pm.math.sum(log_stretch)
    for name, expression in zip(shifts, expressions[: len(shifts)], strict=True):
        value = model.rvs_to_values[model[name]]
        (moved,) = graph_replace([expression], values, strict=False)
        values[value] = values[value] + moved
    return jacobian


def _values(
    model: pm.Model,
    order: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    n_dense: int,
    n_latent: int,
) -> dict[Any, Any]:
    """Lay out the coordinates and return each value variable as a graph of them."""
    data = {
        name: pm.Data(name, array)
        for name, array in Preconditioner.identity(n_dense, n_latent).data().items()
    }
    z_dense = pm.Flat(DENSE, shape=n_dense)
    flat = data["walk_dense_mean"] + data["walk_factor"] @ z_dense
    pieces = [flat]
    if n_latent:
        z_latent = pm.Flat(LATENT, shape=n_latent)
        coupled = data["walk_coupling"] @ z_dense
        pieces.append(data["walk_latent_mean"] + coupled + data["walk_scale"] * z_latent)
    values, at, piece = {}, 0, 0
    for name in order:
        size = int(np.prod(shapes[name], dtype=int))
        if piece == 0 and at == n_dense:
            piece, at = 1, 0
        part = pieces[piece][at : at + size].reshape(shapes[name])
        values[model.rvs_to_values[model[name]]] = part
        at += size
    return values
