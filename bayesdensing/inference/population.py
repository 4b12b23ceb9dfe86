"""The populations of a model's latents: as graphs to walk by, and at values, as numbers."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.pytensorf import compile as compile_graph
from pytensor.graph.replace import graph_replace, vectorize_graph
from pytensor.graph.traversal import ancestors

from bayesdensing.inference.transport import PseudoObservations, conditional

__all__ = ["Crowd", "Populations", "one_at_a_time", "taken"]


@dataclass(frozen=True)
class Populations:
    """What can be said of latents at values of all parameters.

    Values are as `bayesdensing.inference.walk.Walk` lays them out, dense ones first, latents placed
    by pseudo-observations.

    Attributes
    ----------
    moments : callable
        Values, (draw, value), to mean and sd of each latent's population, (draw, latent) each.
    populated : ndarray of bool, shape (latent,)
        Which latents have a population; mean and sd of others are 0 and 1.
    latents : slice
        Where the latents lie among the values.
    """

    moments: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    populated: np.ndarray
    latents: slice

    def at(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and sd of the populations.

        Parameters
        ----------
        values : ndarray, shape (..., value)
            Values.

        Returns
        -------
        tuple of ndarray, shape (..., latent)
            Mean and sd.
        """
        flat = values.reshape(-1, values.shape[-1])
        mean, sd = self.moments(flat)
        shape, rows = (*values.shape[:-1], len(self.populated)), (len(flat), len(self.populated))
        # what is the same at all values comes without a row for each
        return np.broadcast_to(mean, rows).reshape(shape), np.broadcast_to(sd, rows).reshape(shape)

    def placed(
        self, values: np.ndarray, old: PseudoObservations, new: PseudoObservations
    ) -> np.ndarray:
        """Return values whose latents are placed by other pseudo-observations.

        Parameters
        ----------
        values : ndarray, shape (..., value)
            Values.
        old, new : PseudoObservations
            By which latents are placed and are to be.

        Returns
        -------
        ndarray, the shape of `values`
            The same points.
        """
        if old is new or not self.populated.any():
            return values
        moments = self.at(values)
        (was, by), (middle, spread) = old.given(*moments), new.given(*moments)
        moved = values.copy()
        moved[..., self.latents] = (was + by * values[..., self.latents] - middle) / spread
        return moved


@dataclass(frozen=True)
class Crowd:
    """The populations of a model's latents, as graphs.

    Attributes
    ----------
    moments : mapping
        Value variable to where its entries lie among the latents, and to mean and sd as graphs of
        the model's value variables.
    populated : ndarray of bool, shape (latent,)
        Which latents have a population.
    first : int
        Where latents begin among all values.
    """

    moments: Mapping[Any, tuple[np.ndarray, Any, Any]]
    populated: np.ndarray
    first: int

    @classmethod
    def of(
        cls,
        model: pm.Model,
        populations: Mapping[str, tuple[Any, Any]],
        places: Mapping[str, np.ndarray],
        *,
        counts: tuple[int, int, int],
        hints: Mapping[str, Any],
    ) -> "Crowd":
        """Return the populations of some variables.

        Parameters
        ----------
        model : pymc.Model
            The model.
        populations : mapping of str to tuple of TensorVariable
            Name of a variable to mean and sd, expressions of other variables.
        places : mapping of str to ndarray of int
            Variables to the places of their entries among all values.
        counts : tuple of int
            Numbers of dense values, of latents and of loose values, which lie in this order.
        hints : mapping of str to TensorVariable
            Shifts and stretches of other variables.

        Returns
        -------
        Crowd
            The populations.

        Raises
        ------
        ValueError
            For a variable with entries that are no latents or with a hint of its own, and for
            populations and hints that depend on latents with a population.
        """
        _refuse_cycles(model, populations, hints)
        dense, latent, _ = counts
        populated = np.zeros(latent, dtype=bool)
        moments = {}
        for name, pair in populations.items():
            where = places[name] - dense
            if (where < 0).any() or (where >= latent).any():
                raise ValueError(f"{name} has a population, but entries that are no latents")
            populated[where] = True
            # one entry per latent, also of what all latents share
            every = np.zeros(len(where))
            mean, sd = model.replace_rvs_by_values([pt.as_tensor(part) + every for part in pair])
            moments[model.rvs_to_values[model[name]]] = (where, mean, sd)
        return cls(moments, populated, dense)

    def whole(self) -> list[Any]:
        """Return mean and sd of all latents as graphs of the model's value variables.

        Returns
        -------
        list of two TensorVariable, shape (latent,)
            0 and 1 for latents without a population.
        """
        size = len(self.populated)
        every = [pt.zeros(size), pt.ones(size)]
        for where, *moments in self.moments.values():
            every = [e[where].set(m) for e, m in zip(every, moments, strict=True)]
        return every

    def place(self, values: dict[Any, Any], walk: pm.Model) -> Any:
        """Turn placed latents into the latents themselves.

        Parameters
        ----------
        values : dict
            Value variables of the model to their graphs, those of latents changed in place.
        walk : pymc.Model
            The model whose data say by which pseudo-observations they are placed.

        Returns
        -------
        TensorVariable, shape ()
            Log Jacobian.
        """
        jacobian: Any = 0.0
        for value, (where, *moments) in self.moments.items():
            mean, sd = graph_replace(moments, values, strict=False)
            told = {
                f.name: taken(walk[f"walk_pseudo_{f.name}"], where)
                for f in fields(PseudoObservations)
            }
            middle, spread = conditional(mean, sd, **told)
            values[value] = middle + spread * values[value]
            jacobian = jacobian + pt.log(spread).sum()
        return jacobian

    def compiled(self, laid_out: Callable[[Any], dict[Any, Any]], *, size: int) -> Populations:
        """Return what gives numbers.

        Parameters
        ----------
        laid_out : callable
            A vector of values to value variables and their graphs.
        size : int
            Number of values.

        Returns
        -------
        Populations
            Those of many values at a time.
        """
        vector, many = pt.vector("values", shape=(size,)), pt.matrix("values", shape=(None, size))
        whole = graph_replace(self.whole(), laid_out(vector), strict=False)
        moments = compile_graph(
            [many],
            vectorize_graph(whole, {vector: many}),
            on_unused_input="ignore",
            mode="FAST_COMPILE",
        )
        latents = slice(self.first, self.first + len(self.populated))
        return Populations(one_at_a_time(moments), self.populated, latents)


def _refuse_cycles(
    model: pm.Model, populations: Mapping[str, tuple[Any, Any]], hints: Mapping[str, Any]
) -> None:
    """Refuse what would have to be known before the latents are."""
    for name in set(populations) & set(hints):
        raise ValueError(f"{name} has a population: it is neither shifted nor stretched")
    latents = {model[name] for name in populations}
    expressions = [*hints.items(), *((n, part) for n, pair in populations.items() for part in pair)]
    for name, expression in expressions:
        if not latents.isdisjoint(ancestors([pt.as_tensor(expression)])):
            raise ValueError(f"what {name} is walked by depends on latents with a population")


def one_at_a_time(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled function that threads wait for.

    Compiled functions keep what they work on, and samplers in other threads share them.

    Parameters
    ----------
    compiled : callable
        The function.

    Returns
    -------
    callable
        The same, one call at a time.
    """
    lock = threading.Lock()

    def call(*values: Any) -> Any:
        with lock:
            return compiled(*values)

    return call


def taken(vector: Any, where: np.ndarray) -> Any:
    """Return entries of a vector, as a slice where they lie together.

    Parameters
    ----------
    vector : TensorVariable
        A vector.
    where : ndarray of int
        Which entries.

    Returns
    -------
    TensorVariable
        Those.
    """
    if len(where) and np.array_equal(where, where[0] + np.arange(len(where))):
        return vector[int(where[0]) : int(where[0]) + len(where)]
    return vector[where]
