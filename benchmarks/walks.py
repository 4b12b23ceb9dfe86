"""The walk that a peer is given: our coordinates, with the matrices that our pilots learnt."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesdensing.assembly import Assembled, assemble
from bayesdensing.assembly.geometry import Geometry
from bayesdensing.data import DataBundle, load_data
from bayesdensing.inference.bend import Bend
from bayesdensing.inference.engine import Warmth
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations
from bayesdensing.inference.walk import Walk, build_walk
from bayesdensing.spec import Spec, load_spec

__all__ = [
    "given_walk",
    "load_posterior",
    "load_warmth",
    "save_warmth",
    "variables",
    "walk_of",
]


def load_posterior(options: dict[str, Any]) -> tuple[Spec, DataBundle, Assembled]:
    """Return hypothesis, data and model of a task.

    Parameters
    ----------
    options : dict
        ``data``: a bundle's folder, or None for the packaged one.

    Returns
    -------
    tuple of Spec, DataBundle and Assembled
        The default hypothesis on those data.
    """
    spec, bundle = load_spec("joint"), load_data(options.get("data"))
    return spec, bundle, assemble(spec, bundle)


def walk_of(assembled: Assembled, matrices: Mapping[str, np.ndarray] | None = None) -> Walk:
    """Return a model in walk coordinates, with matrices in its graph where they are given.

    Parameters
    ----------
    assembled : Assembled
        The model with its hints.
    matrices : mapping of str to ndarray, optional
        The data of the walk.

    Returns
    -------
    Walk
        The rewritten model.
    """
    hints = {field.name: getattr(assembled.geometry, field.name) for field in fields(Geometry)}
    walk = build_walk(assembled.model, **hints)
    for name, value in (matrices or {}).items():
        if name in walk.model.named_vars:
            walk.model[name].set_value(value)
    return walk


def given_walk(assembled: Assembled, given: Warmth) -> tuple[Walk, np.ndarray]:
    """Return the walk that a peer is given, and where its chains start.

    Parameters
    ----------
    assembled : Assembled
        The model with its hints.
    given : Warmth
        Where our chains ended, and the coordinates that they learnt.

    Returns
    -------
    tuple of Walk and ndarray, shape (chain, value)
        The rewritten model with these coordinates in its graph, and points in them.
    """
    walk = walk_of(assembled, given.matrices.data())
    return walk, walk.to_walk(given.matrices, given.values)


def save_warmth(path: Path, warmth: Warmth) -> None:
    """Write what a peer is given.

    Parameters
    ----------
    path : pathlib.Path
        An ``.npz`` file.
    warmth : Warmth
        Where our chains ended, and the coordinates that they learnt.
    """
    stored: dict[str, Any] = {"values": warmth.values, **warmth.matrices.data()}
    np.savez(path, **stored)


def load_warmth(path: str | Path) -> Warmth:
    """Read what `save_warmth` wrote.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    Warmth
        The same.
    """
    with np.load(path) as stored:
        arrays = {name.removeprefix("walk_"): array for name, array in stored.items()}
    values = arrays.pop("values")
    bend = Bend(**{f.name: arrays.pop(f"bend_{f.name}") for f in fields(Bend)})
    told = {f.name: arrays.pop(f"pseudo_{f.name}") for f in fields(PseudoObservations)}
    return Warmth(values, Preconditioner(**arrays, bend=bend, pseudo=PseudoObservations(**told)))


def variables(walk: Walk, coordinates: np.ndarray) -> xr.Dataset:
    """Return the model's variables at a peer's draws.

    Parameters
    ----------
    walk : Walk
        The walk, with the peer's matrices in its graph.
    coordinates : ndarray, shape (chain, draw, value)
        Draws in walk coordinates.

    Returns
    -------
    xarray.Dataset
        Variables of the original model, dims (chain, draw, ...).
    """
    model = walk.model
    compute = model.compile_fn(
        model.replace_rvs_by_values(model.deterministics),
        inputs=model.value_vars,
        point_fn=False,
        on_unused_input="ignore",
    )
    flat = coordinates.reshape(-1, coordinates.shape[-1])
    dense = walk.n_dense
    rows = [compute(*(part for part in (row[:dense], row[dense:]) if part.size)) for row in flat]
    found = {}
    for variable, values in zip(model.deterministics, zip(*rows, strict=True), strict=True):
        array = np.stack(values).reshape(*coordinates.shape[:2], *np.shape(values[0]))
        dims = model.named_vars_to_dims.get(variable.name) or tuple(
            f"{variable.name}_dim_{i}" for i in range(array.ndim - 2)
        )
        found[variable.name] = (("chain", "draw", *dims), array)
    coords = {dim: list(labels or ()) for dim, labels in model.coords.items()}
    used = {dim for dims, _ in found.values() for dim in dims}
    return xr.Dataset(found, coords={dim: coords[dim] for dim in coords if dim in used})
