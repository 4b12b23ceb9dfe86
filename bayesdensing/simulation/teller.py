"""Many worlds of one design: the hypothesis is put together once, each world has its own seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from pymc.pytensorf import compile as compile_graph
from pymc.pytensorf import find_rng_nodes, reseed_rngs

from bayesdensing.analysis.tables import TOP_LEVEL_DIMS
from bayesdensing.assembly import assemble
from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.simulation.prior import generative, labelled, variable_names
from bayesdensing.simulation.world import outcomes
from bayesdensing.spec import Spec

__all__ = ["Teller", "Told"]


@dataclass(frozen=True)
class Told:
    """A world: what is true of it, and what is measured in it.

    Attributes
    ----------
    truth : xarray.Dataset
        Every variable's true value, dims as in the model.
    outcomes : mapping of str to ndarray
        What is measured, by the names that it has among the model's data.
    """

    truth: xr.Dataset
    outcomes: Mapping[str, np.ndarray]


class Teller:
    """Draw worlds from a hypothesis on one design.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The design; its losses and scores are not used.
    held : bool
        Whether each world is told the values of the top level, in place of drawing them from the
        prior.
    exact : bool
        Whether scores are drawn from the likelihood as it is fitted, in place of the story that it
        stands for: what the likelihood approximates is then exact in the world.

    Attributes
    ----------
    held : tuple of str
        Names of the variables whose values `tell` has to be given.
    """

    def __init__(
        self, spec: Spec, template: DataBundle, *, held: bool = False, exact: bool = False
    ) -> None:
        self._spec, self._exact = generative(spec), exact
        assembled = assemble(self._spec, template)
        self._model: Any = assembled.model
        self._attrs = assembled.attrs
        benchmarks: tuple[str, ...] = ()
        if not spec.is_series_alone:
            benchmarks = designs.benchmarks_of(self._spec, template)
        self._designs = designs.designs_of(self._spec, template, benchmarks)
        self.held: tuple[str, ...] = tuple(self._top()) if held else ()
        self._names = [name for name in variable_names(self._model) if name not in self.held]
        out = [self._model[name] for name in self._names]
        plain: Any = {"mode": "FAST_COMPILE", "on_unused_input": "ignore"}
        self._run = compile_graph([self._model[name] for name in self.held], out, **plain)
        self._rngs = find_rng_nodes(self._run.maker.fgraph.outputs)

    def _top(self) -> Sequence[str]:
        dims = self._model.named_vars_to_dims
        return [
            str(rv.name)
            for rv in self._model.free_RVs
            if set(map(str, dims.get(rv.name, ()))) <= TOP_LEVEL_DIMS
        ]

    def tell(self, seed: int, values: Mapping[str, np.ndarray] | None = None) -> Told:
        """Draw a world.

        Parameters
        ----------
        seed : int
            Seed; the same one draws the same world.
        values : mapping of str to ndarray, optional
            Of each of `held`.

        Returns
        -------
        Told
            The world.
        """
        for_model, for_noise = np.random.SeedSequence(seed).spawn(2)
        reseed_rngs(self._rngs, int(for_model.generate_state(1)[0]))
        given = [np.asarray((values or {})[name], dtype=float) for name in self.held]
        found = dict(zip(self._names, self._run(*given), strict=True))
        found |= dict(zip(self.held, given, strict=True))
        arrays = {name: np.asarray(value)[None] for name, value in found.items()}
        drawn = labelled(self._model, arrays, self._attrs)
        measured = outcomes(self._spec, self._designs, drawn, np.random.default_rng(for_noise))
        if self._exact:
            measured |= {n: drawn[n].to_numpy().ravel() for n in measured}
        truth = drawn.isel(chain=0, draw=0, drop=True)
        return Told(truth, designs.as_data(measured))
