"""How large an LLM is, and how its density goes with that.

The parameter count lies between the total and the active one on the log scale:
N = N_total (N_active / N_total)^weight. At weight 0 all experts count, at weight 1 those that a
token meets.
Density may rise or fall with the count by a power: a hypothesis without that term has to explain
such a change by the reference curve.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bayesdensing.laws._array import Array
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "log_count", "size_effect"]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "active_weight": Prior("Beta", {"alpha": 1.0, "beta": 1.0}),
        "size_exponent": Prior("Normal", {"mu": 0.0, "sigma": 0.3}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "active_weight": "structural: no value from total to active count before another",
        "size_exponent": (
            "order of magnitude: ten times the size changes density by a factor of four at most"
        ),
    }
)


def log_count(*, log_total: Array, log_active_share: Array, weight: Array) -> Array:
    """Return the log parameter count at a weight of the active parameters.

    Parameters
    ----------
    log_total : array
        Natural log of the total count.
    log_active_share : array
        Natural log of active over total count, 0 or below.
    weight : array
        Weight of the active count, 0 to 1.

    Returns
    -------
    array
        (1 - weight) log total + weight log active.

    Examples
    --------
    >>> log_count(log_total=3.0, log_active_share=-2.0, weight=0.5)
    2.0
    """
    return log_total + weight * log_active_share


def size_effect(*, log_n: Array, mean_log_n: Array, size_exponent: Array) -> Array:
    """Return how much an LLM's log density differs by its size.

    Parameters
    ----------
    log_n : array
        Natural log of the parameter count.
    mean_log_n : array
        Natural log of the count at which there is no difference.
    size_exponent : array
        Exponent of density in size; 0: density does not go with size.

    Returns
    -------
    array
        Natural-log units.

    Examples
    --------
    >>> size_effect(log_n=3.0, mean_log_n=1.0, size_exponent=0.25)
    0.5
    """
    return size_exponent * (log_n - mean_log_n)
