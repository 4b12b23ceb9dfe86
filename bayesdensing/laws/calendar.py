"""The dates that a trend refers to, in years from the mean release date."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

__all__ = ["DAYS_PER_YEAR", "HEADLINE_MONTHS", "Calendar"]

DAYS_PER_YEAR = 365.25

#: The headline of a trend that bends is its mean rate over this many months, up to the last date.
HEADLINE_MONTHS = 24
_KNOTS_PER_YEAR = 4


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Dates of a design, and the date of a change where it is known.

    Attributes
    ----------
    reference : datetime.date
        Mean release date, at which years are 0.
    start, end : datetime.date
        First and last release date.
    change : datetime.date or None
        When the rate changes; None: not known, or it does not.

    Examples
    --------
    >>> days = Calendar(reference=date(2024, 1, 1), start=date(2023, 1, 1), end=date(2025, 6, 30))
    >>> round(days.years(days.end), 2), [round(year, 2) for year in days.window]
    (1.49, [-0.51, 1.49])
    """

    reference: date
    start: date
    end: date
    change: date | None = None

    def __post_init__(self) -> None:
        """Check that there is time between first and last date."""
        if self.end <= self.start:
            raise ValueError(f"the dates end on {self.end}, not after {self.start}")

    def years(self, day: date) -> float:
        """Return a date in years since the reference date.

        Parameters
        ----------
        day : datetime.date
            Any date.

        Returns
        -------
        float
            Years of 365.25 days.
        """
        return (day - self.reference).days / DAYS_PER_YEAR

    def day(self, years: float) -> date:
        """Return the date of a time, to the nearest day: the inverse of `years`.

        Parameters
        ----------
        years : float
            Years since the reference date.

        Returns
        -------
        datetime.date
            The date.
        """
        return self.reference + timedelta(days=round(years * DAYS_PER_YEAR))

    @property
    def span(self) -> tuple[float, float]:
        """First and last date (years)."""
        return self.years(self.start), self.years(self.end)

    @property
    def window(self) -> tuple[float, float]:
        """The last 24 months of the data, all of them where they are fewer (years)."""
        first, last = self.span
        return max(first, last - HEADLINE_MONTHS / 12), last

    @property
    def knots(self) -> np.ndarray:
        """Evenly spaced times from first to last date, about a quarter apart (years)."""
        first, last = self.span
        count = max(1, round((last - first) * _KNOTS_PER_YEAR))
        return np.linspace(first, last, count + 1)

    @property
    def quarters(self) -> tuple[str, ...]:
        """What lies between two `knots`, as ``2023-01-01/2023-04-02``."""
        days = [self.day(float(knot)).isoformat() for knot in self.knots]
        return tuple(f"{a}/{b}" for a, b in pairwise(days))
