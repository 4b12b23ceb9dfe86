"""Modes across chains: several posteriors in one, told from bad mixing.

Chains that agree with one another belong together. Several groups count as modes only when each
has at least two chains and passes every check within itself; anything else is bad mixing.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bayesdensing.inference.diagnostics import Diagnostics, diagnose, scalars

__all__ = ["MASS_KIND", "chain_groups", "difference", "with_masses", "with_modes"]

#: What the masses of modes are, in words.
MASS_KIND = "share of the posterior mass, bridge sampling"

#: Two chains whose medians differ by more than this many of their own spreads do not agree.
_APART = 3.0


def with_modes(record: Diagnostics, posterior: xr.Dataset, stats: xr.Dataset) -> Diagnostics:
    """Return the record with the modes that the chains found.

    Parameters
    ----------
    record : Diagnostics
        Record of all chains together.
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).
    stats : xarray.Dataset
        Sampler statistics, dims (chain, draw).

    Returns
    -------
    Diagnostics
        The record itself where the chains agree or fail within themselves.
    """
    if record.converged:
        return record
    values, names = scalars(posterior)
    draws = values.to_numpy()
    groups = chain_groups(draws)
    if len(groups) < 2 or any(len(g) < 2 for g in groups):
        return record
    for group in groups:
        inside = diagnose(posterior.isel(chain=group), stats.isel(chain=group))
        if not inside.converged:
            return record
    modes = tuple(
        {"name": f"mode {i + 1}", "chains": group, "differs": difference(draws, names, group)}
        for i, group in enumerate(groups)
    )
    reason = f"the chains found {len(modes)} modes"
    return dataclasses.replace(
        record, converged=False, modes=modes, reasons=(reason, *record.reasons)
    )


def with_masses(record: Diagnostics, masses: Sequence[Mapping[str, Any]]) -> Diagnostics:
    """Return the record with the posterior mass of each mode, where it is known.

    Parameters
    ----------
    record : Diagnostics
        Record with its modes.
    masses : sequence of mapping
        Of regions in which chains started: ``chains``, ``mass``, ``mass_error``.

    Returns
    -------
    Diagnostics
        The record itself unless its modes are the regions: chains that went elsewhere leave no
        mode that a mass belongs to.
    """
    known = {frozenset(region["chains"]): region for region in masses}
    groups = [frozenset(mode["chains"]) for mode in record.modes]
    if not groups or set(groups) != set(known):
        return record
    modes = tuple(
        {
            **mode,
            **{key: known[group][key] for key in ("mass", "mass_error")},
            "mass_kind": MASS_KIND,
        }
        for mode, group in zip(record.modes, groups, strict=True)
    )
    return dataclasses.replace(record, modes=modes)


def chain_groups(draws: np.ndarray) -> list[list[int]]:
    """Group the chains whose scalars all overlap, transitively.

    Parameters
    ----------
    draws : ndarray, shape (chain, draw, scalar)
        Draws.

    Returns
    -------
    list of list of int
        Chains of each group, in the order of their first.
    """
    middle = np.median(draws, axis=1)
    spread = _spread(draws)
    left = list(range(len(draws)))
    groups: list[list[int]] = []
    while left:
        group, edge = [], [left.pop(0)]
        while edge:
            chain = edge.pop()
            group.append(chain)
            close = [c for c in left if not _apart(middle, spread, chain, c)]
            edge += close
            left = [c for c in left if c not in close]
        groups.append(sorted(group))
    return groups


def _spread(draws: np.ndarray) -> np.ndarray:
    # half the central 68 %, which a few stray draws do not move
    lower, upper = np.quantile(draws, [0.16, 0.84], axis=1)
    return np.asarray((upper - lower) / 2 + 1e-300)


def _apart(middle: np.ndarray, spread: np.ndarray, one: int, other: int) -> bool:
    wide = np.maximum(spread[one], spread[other])
    return bool(np.any(np.abs(middle[one] - middle[other]) > _APART * wide))


def difference(draws: np.ndarray, names: Sequence[str], group: Sequence[int]) -> str:
    """Say in which scalar a group of chains lies farthest from the rest, and how far.

    Parameters
    ----------
    draws : ndarray, shape (chain, draw, scalar)
        Draws.
    names : sequence of str
        Names of the scalars.
    group : sequence of int
        Its chains, not all of them.

    Returns
    -------
    str
        The scalar and its two medians.
    """
    group = list(group)
    rest = [c for c in range(len(draws)) if c not in group]
    mine, theirs = np.median(draws[group], axis=(0, 1)), np.median(draws[rest], axis=(0, 1))
    wide = np.maximum(_spread(draws[group]).max(axis=0), _spread(draws[rest]).max(axis=0))
    worst = int(np.argmax(np.abs(mine - theirs) / wide))
    return f"{names[worst]} is {mine[worst]:.3g} here, {theirs[worst]:.3g} elsewhere"
