"""The curves that log density can follow in time, as frozen values.

Each is a departure from `level`, the log density at the mean release date, so that all of them
agree on what the level is; what they do elsewhere is up to their own parameters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from bayesdensing.laws._array import Array, log, log1p, softplus
from bayesdensing.laws.calendar import Calendar
from bayesdensing.laws.priors import Prior

__all__ = ["JOIN_YEARS", "PRIORS", "REASONS", "TRENDS", "Piece", "Trend", "trend_of"]

#: Width over which the rate goes over from before to after a change of unknown date: half a year. A
#: corner at an unknown place has no gradient to follow: with a month chains did not mix.
JOIN_YEARS = 1 / 2
#: Yearly pieces of a curved trend, the first of which holds all that is older.
_MOST_PIECES = 6

_RATE = Prior("Normal", {"mu": 0.0, "sigma": 2.5})
_ANY_RATE = "structural: growth and decline alike; doubling from weeks to never"

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "growth_rate": _RATE,
        "growth_rate_before": _RATE,
        "growth_rate_after": _RATE,
        "change_share": Prior("Beta", {"alpha": 2.0, "beta": 2.0}),
        "growth_rate_middle": _RATE,
        "acceleration": Prior("Normal", {"mu": 0.0, "sigma": 1.0}),
        "saturation": Prior("LogitNormal", {"median": 0.05, "sigma": 2.0}),
        "drift": _RATE,
        "walk_sd": Prior("HalfNormal", {"sigma": 1.0}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "growth_rate": _ANY_RATE,
        "growth_rate_before": _ANY_RATE,
        "growth_rate_after": _ANY_RATE,
        "change_share": "structural: any date of the data, the very ends less, where no rate shows",
        "growth_rate_middle": _ANY_RATE,
        "acceleration": "order of magnitude: in a year a rate changes by about itself at most",
        "saturation": "order of magnitude: from no ceiling in sight to more than half of it",
        "drift": _ANY_RATE,
        "walk_sd": "order of magnitude: in a year the path strays from its drift by up to e^2",
    }
)

#: Years (time,), parameters by name and dates to the departure from the level (..., time).
Curve = Callable[[np.ndarray, Mapping[str, Array], Calendar | None], Array]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a trend that has a rate of its own.

    Attributes
    ----------
    name : str
        What it is, in words.
    start, end : float
        Years since the reference date.
    parameter : str or None
        Parameter that is its rate; None: the mean rate between its ends.
    """

    name: str
    start: float
    end: float
    parameter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trend:
    """One way for log density to go with time.

    Attributes
    ----------
    name : str
        As the growth axis names it.
    parameters : tuple of str
        Its parameters besides ``level``, each with a prior in `PRIORS`.
    departure : callable
        The departure from the level: years (time,), parameters by name and `Calendar` to
        (..., time). Parameters are numbers, PyTensor scalars or arrays (..., 1).
    equations : tuple of str
        The curve in words.
    pieces : callable
        `Calendar` to the stretches that have rates of their own; none for a straight line.
    steps : str or None
        Parameter with a standard normal entry per quarter, not in `parameters`.
    bends : bool
        Whether the rate may differ between dates: the dates of the design are then part of it.
    """

    name: str
    parameters: tuple[str, ...]
    departure: Curve
    equations: tuple[str, ...]
    pieces: Callable[[Calendar], tuple[Piece, ...]] = lambda _: ()
    steps: str | None = None
    bends: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """Everything that `path` reads: level, parameters and steps."""
        return ("level", *self.parameters, *((self.steps,) if self.steps else ()))

    def path(
        self, years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None = None
    ) -> Array:
        """Return the log of the quantity.

        Parameters
        ----------
        years : ndarray, shape (time,)
            Years since the reference date.
        values : mapping of str to array
            ``level`` and `parameters`: numbers, PyTensor scalars or arrays (..., 1); `steps`
            (..., quarter).
        calendar : Calendar, optional
            Dates of the design, for a trend that `bends`.

        Returns
        -------
        array, shape (..., time)
            Natural log of the quantity.

        Examples
        --------
        >>> straight = trend_of("exponential")
        >>> straight.path(np.array([0.0, 2.0]), {"level": 1.0, "growth_rate": 0.5}).tolist()
        [1.0, 2.0]
        """
        return values["level"] + self.departure(np.asarray(years, dtype=float), values, calendar)

    def mean_rate(
        self, values: Mapping[str, Array], calendar: Calendar, *, start: float, end: float
    ) -> Array:
        """Return the mean growth rate between two dates.

        Parameters
        ----------
        values : mapping of str to array
            As `path` takes them; the level is not needed.
        calendar : Calendar
            Dates of the design.
        start, end : float
            Years since the reference date, the end after the start.

        Returns
        -------
        array, shape (...)
            Natural-log growth per year.

        Examples
        --------
        >>> from datetime import date
        >>> days = Calendar(reference=date(2024, 1, 1), start=date(2023, 1, 1), end=date(2025, 1, 1))
        >>> faster = {"growth_rate_middle": 1.0, "acceleration": 0.5}
        >>> float(trend_of("accelerating").mean_rate(faster, days, start=0.0, end=1.0))
        1.25
        """  # noqa: E501
        ends = self.departure(np.array([start, end]), values, calendar)
        return (ends[..., 1] - ends[..., 0]) / (end - start)


def _dated(calendar: Calendar | None) -> Calendar:
    if calendar is None:
        raise ValueError("a trend that bends refers to the dates of its data")
    return calendar


def _constant(years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None) -> Array:
    return np.zeros(years.shape)


def _straight(years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None) -> Array:
    return values["growth_rate"] * years


def _known_change(
    years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None
) -> Array:
    days = _dated(calendar)
    if days.change is None:
        raise ValueError("the date of the change is not known")
    at = days.years(days.change)
    after = np.maximum(years - at, 0.0) - max(-at, 0.0)
    return _turned(years, values, after)


def _unknown_change(
    years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None
) -> Array:
    first, last = _dated(calendar).span
    at = first + values["change_share"] * (last - first)
    after = JOIN_YEARS * (softplus((years - at) / JOIN_YEARS) - softplus(-at / JOIN_YEARS))
    return _turned(years, values, after)


def _turned(years: np.ndarray, values: Mapping[str, Array], after: Array) -> Array:
    before = values["growth_rate_before"]
    return before * years + (values["growth_rate_after"] - before) * after


def _accelerating(
    years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None
) -> Array:
    return values["growth_rate_middle"] * years + values["acceleration"] * (years**2 / 2)


def _saturating(years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None) -> Array:
    reached = values["saturation"]
    odds = log(reached) - log1p(-reached)
    early = values["growth_rate_middle"] / (1 - reached)
    return softplus(-odds) - softplus(-odds - early * years)


def _walk(years: np.ndarray, values: Mapping[str, Array], calendar: Calendar | None) -> Array:
    knots = _dated(calendar).knots
    width = knots[1] - knots[0]

    def passed(at: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip((at - knots[:-1, None]) / width, 0.0, 1.0))

    basis = np.sqrt(width) * (passed(years) - passed(np.zeros(1)))
    return values["drift"] * years + values["walk_sd"] * (values["walk_step"] @ basis)


def _two_pieces(calendar: Calendar) -> tuple[Piece, ...]:
    if calendar.change is None:
        return ()
    first, last = calendar.span
    at = calendar.years(calendar.change)
    return (
        Piece(name="before the change", start=first, end=at, parameter="growth_rate_before"),
        Piece(name="after the change", start=at, end=last, parameter="growth_rate_after"),
    )


def _yearly(calendar: Calendar) -> tuple[Piece, ...]:
    """Return years counted back from the last date; a rest below half a year joins the oldest."""
    first, last = calendar.span
    count = min(max(1, round(last - first)), _MOST_PIECES)
    ends = [first, *(last - year for year in range(count - 1, -1, -1))]
    return tuple(
        Piece(name=f"year to {calendar.day(end)}" if i else f"until {calendar.day(end)}",
              start=start, end=end)
        for i, (start, end) in enumerate(pairwise(ends))
    )  # fmt: skip


_LEVEL = "level + growth_rate (t - mean t)"
_TURN = "trend(t) = level + growth_rate_before (t - mean t)"
_MORE = "+ (growth_rate_after - growth_rate_before)"
_HEADLINE = "growth_rate = mean rate of trend(t) over the last 24 months of the data"

#: Name of each trend that a hypothesis can choose to the trend; a change at a known date.
TRENDS: Mapping[str, Trend] = MappingProxyType(
    {
        "exponential": Trend(
            name="exponential",
            parameters=("growth_rate",),
            departure=_straight,
            equations=(f"trend(t) = {_LEVEL}",),
            bends=False,
        ),
        "constant": Trend(
            name="constant",
            parameters=(),
            departure=_constant,
            equations=("trend(t) = level",),
            bends=False,
        ),
        "changepoint": Trend(
            name="changepoint",
            parameters=("growth_rate_before", "growth_rate_after"),
            departure=_known_change,
            equations=(
                f"{_TURN} {_MORE} (max(t - change, 0) - max(mean t - change, 0))",
                _HEADLINE,
            ),
            pieces=_two_pieces,
        ),
        "accelerating": Trend(
            name="accelerating",
            parameters=("growth_rate_middle", "acceleration"),
            departure=_accelerating,
            equations=(
                "trend(t) = level + growth_rate_middle (t - mean t) "
                "+ acceleration (t - mean t)^2 / 2",
                _HEADLINE,
            ),
            pieces=_yearly,
        ),
        "saturating": Trend(
            name="saturating",
            parameters=("growth_rate_middle", "saturation"),
            departure=_saturating,
            equations=(
                "trend(t) = level - log(saturation + (1 - saturation) exp(-r (t - mean t))), "
                "r = growth_rate_middle / (1 - saturation)",
                _HEADLINE,
            ),
            pieces=_yearly,
        ),
        "random_walk": Trend(
            name="random_walk",
            parameters=("drift", "walk_sd"),
            departure=_walk,
            equations=(
                "trend(t) = level + path(t) - path(mean t), straight between knots q a quarter "
                "apart",
                "path_q+1 - path_q = drift dt + walk_sd sqrt(dt) walk_step_q, "
                "walk_step_q ~ Normal(0, 1)",
                _HEADLINE,
            ),
            pieces=_yearly,
            steps="walk_step",
        ),
    }
)

_UNKNOWN_CHANGE = Trend(
    name="changepoint",
    parameters=("growth_rate_before", "growth_rate_after", "change_share"),
    departure=_unknown_change,
    equations=(
        f"{_TURN} {_MORE} (bend(t - change) - bend(mean t - change))",
        "bend(x) = w log(1 + exp(x / w)), w half a year: max(x, 0) with its corner rounded",
        "change = first t + change_share (last t - first t)",
        _HEADLINE,
    ),
    pieces=_two_pieces,
)


def trend_of(name: str, *, known_change: bool = True) -> Trend:
    """Return a trend by its name.

    Parameters
    ----------
    name : str
        A key of `TRENDS`.
    known_change : bool
        Whether the date of a change is known; else a share of the time span is estimated.

    Returns
    -------
    Trend
        The trend.

    Examples
    --------
    >>> trend_of("changepoint", known_change=False).parameters
    ('growth_rate_before', 'growth_rate_after', 'change_share')
    """
    return _UNKNOWN_CHANGE if name == "changepoint" and not known_change else TRENDS[name]
