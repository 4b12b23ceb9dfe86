"""The variance of a number over a grid of choices, shared out between axes and pairs of them."""

from itertools import combinations

import numpy as np
import pandas as pd

__all__ = ["variance_table"]

_HIGHER = "three axes or more together"


def variance_table(cells: pd.DataFrame, values: pd.Series, *, cross: str) -> pd.DataFrame | None:
    """Share the variance over a full grid out between axes, pairs of axes and the rest.

    Parameters
    ----------
    cells : pandas.DataFrame
        A row per fit, a column per axis, entries the choices.
    values : pandas.Series
        Of each row, such as the median growth rate (1/yr).
    cross : str
        Stands between the two axes of a pair.

    Returns
    -------
    pandas.DataFrame or None
        Index ``term``; columns order (1: an axis by itself; 2: what two axes do beyond the sum of
        both; 3: what is left), variance (of the value over the grid, every choice as likely as
        another) and share. Shares add up to 1; within an order the largest comes first. None where
        the grid is not full: not every combination has a value.

    Notes
    -----
    The functional analysis of variance (Hoeffding 1948; Sobol' 1993) with equal weights, exact for
    a full grid: first order ``E[y | a] - E[y]``, second order ``E[y | a, b]`` less what is of lower
    order.
    """
    levels = [sorted(cells[axis].unique()) for axis in cells.columns]
    shape = tuple(len(own) for own in levels)
    y = np.full(shape, np.nan)
    places = tuple(
        pd.Categorical(cells[axis], categories=own).codes
        for axis, own in zip(cells.columns, levels, strict=True)
    )
    y[places] = values.to_numpy(dtype=float)
    if not shape or np.isnan(y).any():
        return None
    y = y - y.mean()
    every = range(len(shape))

    def given(*axes: int) -> np.ndarray:
        # the mean over all other axes, which stay with one entry each
        return np.asarray(y.mean(axis=tuple(a for a in every if a not in axes), keepdims=True))

    names = [str(axis) for axis in cells.columns]
    rows = [(names[a], 1, float(np.mean(given(a) ** 2))) for a in every]
    for a, b in combinations(every, 2):
        both = given(a, b) - given(a) - given(b)
        rows.append((f"{names[a]}{cross}{names[b]}", 2, float(np.mean(both**2))))
    total = float(np.mean(y**2))
    if len(shape) > 2:
        rest = total - sum(variance for _, _, variance in rows)
        rows.append((_HIGHER, 3, max(rest, 0.0)))
    table = pd.DataFrame(rows, columns=["term", "order", "variance"]).set_index("term")
    table["share"] = table["variance"] / total if total > 0 else 0.0
    return table.sort_values(["order", "variance"], ascending=[True, False], kind="stable")
