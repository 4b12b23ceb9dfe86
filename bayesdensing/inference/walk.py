"""A model in coordinates that a sampler walks easily: an exact change of variables.

The posterior of a hierarchical model has three kinds of unknowns: *dense* parameters, correlated
with one another; *latents*, one per unit, which given the dense ones are nearly independent; and
*loose* ones, of which data say so little that nearly nothing depends on them. With unconstrained
dense values g, latents x and loose values y the walk is

    g = bend(mean + factor z_g) * stretch(other values) + shift(other values),
    x = bend(mean + coupling z_g + scale * z_x) * sd(g) + mean(g),
    y = bend(mean + scale * z_y) * stretch(other values),

an affine map and a bend of each value by itself, whose matrices are data of the compiled graph, so
that they can be improved between runs without compiling anew; so is what is taken to be known of
each latent besides its population (`bayesdensing.inference.transport`), by which sd(g) and mean(g)
are worked out. Shifts have unit Jacobian, those of bends, stretches and sds are added to the log
density, and the affine map's is constant. The posterior is therefore the model's, whatever the
matrices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile as compile_graph
from pytensor.graph.replace import graph_replace

from bayesdensing.inference.population import Crowd, Populations, one_at_a_time, taken
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations

__all__ = ["Walk", "build_walk"]

#: Names of the walk's own variables; no model variable may bear them.
DENSE, LATENT = "walk_dense", "walk_latent"
#: How far chains start from the model's own point: as PyMC's "jitter" does.
JITTER = 1.0


@dataclass(frozen=True)
class Walk:
    """A model rewritten in walk coordinates.

    Its *values* are the unconstrained ones of the model, dense ones first, less shift and stretch;
    latents with a population are distances from where `pseudo` puts them, in units of its sd.

    Attributes
    ----------
    model : pymc.Model
        Two flat variables, one potential; the original's variables as deterministics.
    original : pymc.Model
        The model itself.
    point : mapping of str to ndarray
        The model's initial point, unconstrained values by the names of its value variables.
    hinted : tuple of two tuples of str
        Shifted and stretched variables.
    places : mapping of str to ndarray of int
        Random variables to the places of their entries among the values.
    n_dense, n_latent, n_loose : int
        Numbers of values of each kind, in this order.
    single_groups : tuple of slice
        Where, counted after the dense values, the latents of each variable and the loose values
        lie: groups whose members are nearly independent of one another.
    hints : callable
        Unconstrained values to the shifts, then the log stretches, in the order of `hinted`, then
        mean and sd of all latents' populations.
    populations : Populations
        Those of the latents.
    pseudo : PseudoObservations
        Those by which values have latents placed.
    """

    model: pm.Model
    original: pm.Model
    point: Mapping[str, np.ndarray]
    hinted: tuple[tuple[str, ...], tuple[str, ...]]
    places: Mapping[str, np.ndarray]
    n_dense: int
    n_latent: int
    n_loose: int
    single_groups: tuple[slice, ...]
    hints: Any
    populations: Populations
    pseudo: PseudoObservations

    @property
    def size(self) -> int:
        """Number of values."""
        return self.n_dense + self.n_latent + self.n_loose

    def identity(self) -> Preconditioner:
        """Return the walk in the values themselves."""
        plain = Preconditioner.identity(self.n_dense, self.n_latent, self.n_loose)
        return replace(plain, pseudo=self.pseudo)

    def to_walk(self, matrices: Preconditioner, values: np.ndarray) -> np.ndarray:
        """Return the coordinates of values.

        Parameters
        ----------
        matrices : Preconditioner
            The coordinates' matrices.
        values : ndarray, shape (..., value)
            Values.

        Returns
        -------
        ndarray, the shape of `values`
            Coordinates.
        """
        return matrices.to_walk(self.populations.placed(values, self.pseudo, matrices.pseudo))

    def to_values(self, matrices: Preconditioner, walk: np.ndarray) -> np.ndarray:
        """Return the values of coordinates, the inverse of `to_walk`.

        Parameters
        ----------
        matrices : Preconditioner
            The coordinates' matrices.
        walk : ndarray, shape (..., value)
            Coordinates.

        Returns
        -------
        ndarray, the shape of `walk`
            Values.
        """
        return self.populations.placed(matrices.to_values(walk), matrices.pseudo, self.pseudo)

    def starts(self, seed: int, count: int) -> np.ndarray:
        """Return dispersed starting values: about the model's own, in every direction.

        Parameters
        ----------
        seed : int
            Seed.
        count : int
            Number of starts.

        Returns
        -------
        ndarray, shape (count, value)
            Values, each up to `JITTER` from that of the model's initial point, as the model was
            when the walk was built.
        """
        middle = self._flat(self.point)
        streams = np.random.SeedSequence(seed).spawn(count)
        far = [np.random.default_rng(s).uniform(-JITTER, JITTER, self.size) for s in streams]
        return middle + np.array(far)

    def prior_starts(self, seed: int, count: int) -> np.ndarray:
        """Return draws of the prior as starting values.

        Parameters
        ----------
        seed : int
            Seed.
        count : int
            Number of starts.

        Returns
        -------
        ndarray, shape (count, value)
            Values.
        """
        point_of = make_initial_point_fn(
            model=self.original, default_strategy="prior", return_transformed=True
        )
        seeds = np.random.SeedSequence(seed).generate_state(count)
        return np.array([self._flat(point_of(int(s))) for s in seeds])

    def _flat(self, point: Mapping[str, np.ndarray]) -> np.ndarray:
        value_of = {rv.name: self.original.rvs_to_values[rv].name for rv in self.original.free_RVs}
        values = [point[value_of[rv.name]] for rv in self.original.free_RVs]
        shifted, stretched = self.hinted
        found = self.hints(*values)
        shift = dict(zip(shifted, found[: len(shifted)], strict=True))
        stretch = dict(zip(stretched, found[len(shifted) : -2], strict=True))
        flat = np.empty(self.size)
        for n, places in self.places.items():
            value = (point[value_of[n]] - shift.get(n, 0.0)) / np.exp(stretch.get(n, 0.0))
            flat[places] = np.ravel(value)
        latents = self.populations.latents
        middle, spread = self.pseudo.given(*found[-2:])
        flat[latents] = (flat[latents] - middle) / spread
        return flat


def build_walk(
    model: pm.Model,
    *,
    shifts: Mapping[str, Any],
    latents: Sequence[str],
    log_stretches: Mapping[str, Any] | None = None,
    loose: Mapping[str, np.ndarray] | None = None,
    populations: Mapping[str, tuple[Any, Any]] | None = None,
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
    loose : mapping of str to ndarray of bool, optional
        Name of a variable to which of its entries are loose, of the variable's shape.
    populations : mapping of str to tuple of TensorVariable, optional
        Name of a variable of latents, without loose entries, to mean and sd of the normal
        distribution that its unconstrained values (nearly) have given other variables, expressions
        of these.

    Returns
    -------
    Walk
        The rewritten model.
    """
    point = model.initial_point()
    shapes = {rv.name: np.shape(point[model.rvs_to_values[rv].name]) for rv in model.free_RVs}
    places, counts, groups = _places(shapes, latents=latents, loose=loose or {})
    stretches = log_stretches or {}
    expressions = [*shifts.values(), *stretches.values()]
    expressions = model.replace_rvs_by_values(expressions) if expressions else []
    crowd = Crowd.of(model, populations or {}, places, counts=counts, hints={**shifts, **stretches})
    coords = {name: values for name, values in model.coords.items() if values is not None}

    def laid_out(vector: Any) -> tuple[dict[Any, Any], Any]:
        values = {
            model.rvs_to_values[model[name]]: taken(vector, where).reshape(shapes[name])
            for name, where in places.items()
        }
        return values, _apply_hints(model, values, expressions, shifts=shifts, stretches=stretches)

    inputs = [model.rvs_to_values[rv] for rv in model.free_RVs]
    known = [*expressions, *crowd.whole()]
    hints = one_at_a_time(
        compile_graph(inputs, known, on_unused_input="ignore", mode="FAST_COMPILE")
    )
    mean, sd = hints(*(point[v.name] for v in inputs))[-2:]
    pseudo = PseudoObservations.even(mean, sd).only(crowd.populated)
    with pm.Model(coords=coords) as walk:
        start = replace(Preconditioner.identity(*counts), pseudo=pseudo)
        vector, jacobian = _vector(start)
        values, stretched = laid_out(vector)
        jacobian += stretched + crowd.place(values, walk)
        named = [*model.free_RVs, *model.deterministics]
        outputs = model.replace_rvs_by_values(named)
        logp, *rewritten = graph_replace([model.logp(), *outputs], values, strict=False)
        pm.Potential("walk_logp", logp + jacobian)
        for original, graph in zip(named, rewritten, strict=True):
            dims = model.named_vars_to_dims.get(original.name)
            pm.Deterministic(original.name, graph, dims=dims)
    return Walk(
        model=walk,
        original=model,
        point=point,
        hinted=(tuple(shifts), tuple(stretches)),
        places=places,
        n_dense=counts[0],
        n_latent=counts[1],
        n_loose=counts[2],
        single_groups=groups,
        hints=hints,
        populations=crowd.compiled(lambda vector: laid_out(vector)[0], size=sum(counts)),
        pseudo=pseudo,
    )


def _places(
    shapes: Mapping[str, tuple[int, ...]],
    *,
    latents: Sequence[str],
    loose: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], tuple[int, int, int], tuple[slice, ...]]:
    """Return where each variable's entries lie, how many of each kind there are, and groups."""
    kinds = {name: np.full(int(np.prod(shape, dtype=int)), 0) for name, shape in shapes.items()}
    for name in latents:
        kinds[name][:] = 1
    for name, which in loose.items():
        kinds[name][np.ravel(which)] = 2
    places = {name: np.empty_like(kind) for name, kind in kinds.items()}
    at, counts, groups = 0, [0, 0, 0], []
    for kind in range(3):
        for name, entries in kinds.items():
            chosen = entries == kind
            count = int(chosen.sum())
            places[name][chosen] = at + np.arange(count)
            if kind > 0 and count:
                groups.append(slice(at - counts[0], at - counts[0] + count))
            at += count
            counts[kind] += count
    return places, (counts[0], counts[1], counts[2]), tuple(groups)


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


def _vector(start: Preconditioner) -> tuple[Any, Any]:
    """Lay out the coordinates; return all values as one graph of them, and the log Jacobian."""
    data = {
        # with their shapes, whose checks would be compiled too
        name.removeprefix("walk_"): pm.Data(name, array, shape=array.shape)
        for name, array in start.data().items()
    }
    n_latent, n_dense = start.coupling.shape
    z_dense = pm.Flat(DENSE, shape=n_dense)
    pieces = [data["dense_mean"] + data["factor"] @ z_dense]
    if len(start.scale):
        rest = data["other_mean"] + data["scale"] * pm.Flat(LATENT, shape=len(start.scale))
        if n_latent:
            coupled = rest[:n_latent] + data["coupling"] @ z_dense
            pieces += [coupled, rest[n_latent:]] if n_latent < len(start.scale) else [coupled]
        else:
            pieces.append(rest)
    straight = pt.concatenate(pieces)  # type: ignore[no-untyped-call]
    u = (straight - data["bend_centre"]) / data["bend_spread"]
    root = pt.sqrt(1 + u**2)
    bent = straight + data["bend_spread"] * data["bend_skew"] * (root - 1)
    return bent, pt.log(1 + data["bend_skew"] * u / root).sum()
