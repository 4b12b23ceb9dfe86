"""What each LLM adds to a model's log density: taken away from the target, or read at draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from pymc.pytensorf import compile as compile_graph
from pytensor.graph.replace import vectorize_graph

from bayesdensing.assembly import design as designs
from bayesdensing.assembly.build import Assembled, assemble
from bayesdensing.assembly.grouped import group_log_density
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = ["LLM_WEIGHT", "PublishedDensity", "assemble_weighted", "laid_out", "outcome_terms"]

#: Data of the model: 1 for an LLM whose scores count, 0 for one that is left out.
LLM_WEIGHT = "llm_weight"


def assemble_weighted(spec: Spec, bundle: DataBundle) -> Assembled:
    """Build the model of a hypothesis so that LLMs can be left out without compiling anew.

    Parameters
    ----------
    spec : Spec
        A hypothesis with growth, or of published values; its information is not cut.
    bundle : DataBundle
        The data.

    Returns
    -------
    Assembled
        The model, its data `LLM_WEIGHT` (llm) all 1. With a weight of 0 the target is the
        posterior without the LLM's scores: what is its own, such as its density or the effect of
        an evaluator who measured nothing else, is then drawn from its prior. The design stays: the
        reference date of the trend is that of all LLMs.
    """
    assembled = assemble(spec, bundle)
    with assembled.model as model:
        terms, llm = outcome_terms(spec, bundle, model)
        ones = np.ones(len(model.coords["llm"] or ()))
        weight = pm.Data(LLM_WEIGHT, ones, dims="llm", shape=ones.shape)
        pm.Potential("left_out", ((weight[llm] - 1) * terms).sum())
    return assembled


def outcome_terms(spec: Spec, bundle: DataBundle, model: pm.Model) -> tuple[Any, np.ndarray]:
    """Return the log densities of independent parts of the outcome, and the LLM of each.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    model : pymc.Model
        Of both.

    Returns
    -------
    tuple of TensorVariable and ndarray
        Log densities of published values, or of all scores of an LLM on a benchmark, (part,); the
        LLM of each.
    """
    if spec.is_series_alone:
        variable = model["log_value"]
        return pm.logp(variable, model.rvs_to_values[variable]), np.arange(
            len(model.coords["llm"] or ())
        )
    variable = model["score"]
    design = designs.score_design(spec, bundle, designs.benchmarks_of(spec, bundle))
    density = group_log_density(design.obs_pair, design.pair_benchmark, model["score_at_end"])
    parameters = variable.owner.op.dist_params(variable.owner)
    return density(model.rvs_to_values[variable], *parameters), design.pair_llm


def laid_out(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, slice]:
    """Return where arrays lie in one flat row, one after the other.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape by name.

    Returns
    -------
    dict of str to slice
        By name, in the same order.

    Examples
    --------
    >>> laid_out({"a": (), "b": (2, 3)})
    {'a': slice(0, 1, None), 'b': slice(1, 7, None)}
    """
    ends = np.cumsum([0, *(np.prod(shape, dtype=int) for shape in shapes.values())]).tolist()
    return {name: slice(*ends[i : i + 2]) for i, name in enumerate(shapes)}


@dataclass(frozen=True)
class PublishedDensity:
    """The log density of a hypothesis of published values, at many draws at once.

    Attributes
    ----------
    places : mapping of str to tuple
        Free variable to where its unconstrained values lie in a row, and their shape.
    unconstrain, evaluate : callable
        Compiled functions behind `values_of` and `at`.
    """

    places: Mapping[str, tuple[slice, tuple[int, ...]]]
    unconstrain: Any
    evaluate: Any

    @classmethod
    def of(cls, spec: Spec, bundle: DataBundle) -> "PublishedDensity":
        """Compile the density of a hypothesis on a bundle.

        Parameters
        ----------
        spec : Spec
            A hypothesis of published values.
        bundle : DataBundle
            The data.

        Returns
        -------
        PublishedDensity
            The density.
        """
        model = assemble(spec, bundle).model
        terms, _ = outcome_terms(spec, bundle, model)
        (terms,) = model.replace_rvs_by_values([terms])
        values = [model.rvs_to_values[rv] for rv in model.free_RVs]
        batches = [_batch(value) for value in values]
        outputs = vectorize_graph(
            [model.logp(), terms], replace=dict(zip(values, batches, strict=True))
        )
        natural = [_batch(rv) for rv in model.free_RVs]
        swap = dict(zip(model.free_RVs, natural, strict=True))
        free = []
        for rv, batch in swap.items():
            transform = model.rvs_to_transforms[rv]
            value = rv if transform is None else transform.forward(rv, *rv.owner.inputs)
            free.append(batch if transform is None else vectorize_graph(value, replace=swap))
        point = model.initial_point()
        shapes = {
            str(rv.name): np.shape(point[model.rvs_to_values[rv].name]) for rv in model.free_RVs
        }
        places = {name: (place, shapes[name]) for name, place in laid_out(shapes).items()}
        # evaluated a few times on whole arrays: compiled code would not pay
        plain: Any = {"mode": "FAST_COMPILE", "on_unused_input": "ignore"}
        return cls(
            places,
            compile_graph(natural, free, **plain),
            compile_graph(batches, outputs, **plain),
        )

    def values_of(self, posterior: xr.Dataset) -> np.ndarray:
        """Return draws as unconstrained values.

        Parameters
        ----------
        posterior : xarray.Dataset
            Dims (chain, draw, ...).

        Returns
        -------
        ndarray, shape (draw, value)
            Chains one after the other.
        """
        size = posterior.sizes["chain"] * posterior.sizes["draw"]
        given = [
            posterior[name].transpose("chain", "draw", ...).to_numpy().reshape(size, *shape)
            for name, (_, shape) in self.places.items()
        ]
        return np.concatenate([part.reshape(size, -1) for part in self.unconstrain(*given)], axis=1)

    def at(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log density, and what each value's likelihood adds to it.

        Parameters
        ----------
        values : ndarray, shape (draw, value)
            Unconstrained values.

        Returns
        -------
        tuple of ndarray
            Log posterior density up to a constant, of the unconstrained values (draw,); log
            likelihood of each published log value, its true value integrated out (draw, llm).
        """
        size = len(values)
        parts = [
            np.ascontiguousarray(values[:, at]).reshape(size, *shape)
            for at, shape in self.places.values()
        ]
        total, terms = self.evaluate(*parts)
        return np.asarray(total), np.asarray(terms)


def _batch(variable: Any) -> Any:
    """Return an input like a variable with a dim of draws before its own."""
    import pytensor.tensor as pt

    return pt.tensor(f"{variable.name}_draws", shape=(None, *variable.type.shape), dtype="float64")
