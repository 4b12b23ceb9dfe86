"""The result of a check: what was looked at, what was seen, whether it passed."""

from dataclasses import dataclass, field

import pandas as pd

__all__ = ["CheckResult"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckResult:
    """One check of a hypothesis or of a fit.

    Parameters
    ----------
    name : str
        What was checked, such as ``posterior predictive``.
    passed : bool
        Whether what was seen lies within what the hypothesis allows.
    text : str
        What was seen, in one sentence with its numbers.
    table : pandas.DataFrame
        The numbers behind the sentence; units and interval kinds in ``attrs``.
    """

    name: str
    passed: bool
    text: str
    table: pd.DataFrame = field(repr=False)
