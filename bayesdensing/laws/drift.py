"""Growth by benchmark: effective size grows faster on some benchmarks than on others.

The differences sum to zero over the benchmarks of a fit, so that the shared rate is the mean of the
benchmarks' rates.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bayesdensing.laws._array import Array
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "drift"]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {"benchmark_growth_sd": Prior("HalfNormal", {"sigma": 0.5})}
)

REASONS: Mapping[str, str] = MappingProxyType(
    {"benchmark_growth_sd": "order of magnitude: benchmarks' rates differ by up to 1 per year"}
)


def drift(*, years: Array, slope: Array) -> Array:
    """Return how much larger an LLM's effective size is on a benchmark than on the mean one.

    Parameters
    ----------
    years : array
        Time since the reference date (years).
    slope : array
        Benchmark's growth rate less the shared one (1/yr, natural log).

    Returns
    -------
    array
        Natural-log units.

    Examples
    --------
    >>> drift(years=2.0, slope=0.25)
    0.5
    """
    return slope * years
