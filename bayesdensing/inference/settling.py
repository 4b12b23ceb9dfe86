"""Where chains that stayed apart should start again: where the posterior has mass."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdensing.inference.diagnostics import scalars
from bayesdensing.inference.modes import difference
from bayesdensing.inference.regions import Region, find_regions, segmented

if TYPE_CHECKING:
    from bayesdensing.inference.engine import Draws, Sampler, Warmth

__all__ = ["NEGLIGIBLE_MASS", "Settled", "settle"]

#: Share of the posterior mass below which a region is no mode of it.
NEGLIGIBLE_MASS = 1e-3
#: Half the distance of two estimates of a log mass, above which they say nothing.
_LARGEST_ERROR = 0.5


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Starts in every region that holds mass, two chains or more in each.

    Attributes
    ----------
    warmth : Warmth
        The starts.
    negligible : tuple of dict
        Regions that are left: their chains, what differs, and their share of the mass.
    regions : int
        How many regions are kept.
    masses : tuple of dict
        Of each region that is kept: the chains that start in it, its share of the posterior mass,
        and the error of that share.
    """

    warmth: "Warmth"
    negligible: tuple[dict[str, Any], ...]
    regions: int
    masses: tuple[dict[str, Any], ...] = ()


def settle(sampler: "Sampler", draws: "Draws", *, seed: int) -> Settled | None:
    """Say where to start again after chains from dispersed starts stayed in several regions.

    Parameters
    ----------
    sampler : Sampler
        What drew.
    draws : Draws
        Its draws.
    seed : int
        Seed of the estimates of mass.

    Returns
    -------
    Settled or None
        None where all chains stayed together, where masses cannot be estimated (that is bad mixing
        rather than modes), or where there are fewer than two chains for each region with mass.
    """
    values = draws.values()
    found = find_regions(values, lambda at: sampler.logp_and_gradient(at)[0], seed=seed)
    errors = np.array([region.log_mass_error for region in found])
    if len(found) < 2 or not (errors <= _LARGEST_ERROR).all():
        return None
    logs = np.array([region.log_mass for region in found])
    mass = np.exp(logs - logs.max())
    mass /= mass.sum()
    error = _share_errors(mass, errors)
    places = np.flatnonzero(mass >= NEGLIGIBLE_MASS)
    kept = [found[place] for place in places]
    chains = len(values)
    if 2 * len(kept) > chains:
        return None
    table, names = scalars(draws.posterior)
    parts = segmented(table.to_numpy())
    left = tuple(
        {
            "chains": list(region.chains),
            "differs": difference(parts, names, region.segments),
            "mass": float(share),
        }
        for region, share in zip(found, mass, strict=True)
        if share < NEGLIGIBLE_MASS
    )
    starts = _starts(kept, chains)
    masses = tuple(
        {
            "chains": list(range(number, chains, len(kept))),
            "mass": float(mass[place]),
            "mass_error": float(error[place]),
        }
        for number, place in enumerate(places)
    )
    return Settled(warmth=sampler.cold(starts), negligible=left, regions=len(kept), masses=masses)


def _share_errors(shares: np.ndarray, log_errors: np.ndarray) -> np.ndarray:
    """Return the errors of shares of masses whose logs have independent errors, (region,)."""
    # d share_i / d log mass_j = share_i (1 if i is j else 0) - share_i share_j
    slopes = np.diag(shares) - np.outer(shares, shares)
    return np.asarray(np.sqrt(slopes**2 @ log_errors**2))


def _starts(kept: list[Region], chains: int) -> np.ndarray:
    """Return spaced draws of the regions in turn, (chain, value)."""
    count = -(-chains // len(kept))
    spaced = [
        region.values[np.linspace(0, len(region.values) - 1, count).astype(int)] for region in kept
    ]
    return np.array([spaced[chain % len(kept)][chain // len(kept)] for chain in range(chains)])
