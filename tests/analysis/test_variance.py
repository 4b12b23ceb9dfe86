"""The variance over a grid of choices, by axis and by what two axes do together."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from bayesdensing.analysis.variance import variance_table

LEVELS = {"law": ("a", "b"), "year": ("x", "y", "z"), "prior": ("p", "q")}
CELLS = pd.DataFrame(list(product(*LEVELS.values())), columns=list(LEVELS))


def found(values: np.ndarray, cells: pd.DataFrame = CELLS) -> pd.DataFrame:
    table = variance_table(cells, pd.Series(values), cross=" × ")
    assert table is not None
    return table


def test_effects_that_add_up_have_no_interaction() -> None:
    law = CELLS["law"].map({"a": 0.0, "b": 2.0})
    year = CELLS["year"].map({"x": 0.0, "y": 3.0, "z": 6.0})
    table = found((law + year).to_numpy())
    assert table.loc["law", "variance"] == pytest.approx(1.0)
    assert table.loc["year", "variance"] == pytest.approx(6.0)
    assert table.loc["prior", "variance"] == pytest.approx(0.0)
    assert table[table["order"] > 1]["variance"].max() == pytest.approx(0, abs=1e-12)
    assert table.index[0] == "year"  # the largest of its order comes first
    assert table["share"].sum() == pytest.approx(1)


def test_what_two_axes_do_only_together_is_theirs() -> None:
    together = ((CELLS["law"] == "b") ^ (CELLS["prior"] == "q")).map({True: 1.0, False: -1.0})
    table = found(together.to_numpy())
    assert table.loc["law × prior", "share"] == pytest.approx(1)
    assert table.loc[["law", "year", "prior"], "share"].max() == pytest.approx(0)


def test_any_values_are_shared_out_whole_in_any_order_of_rows() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=len(CELLS))
    table = found(values)
    assert table["variance"].sum() == pytest.approx(values.var())
    assert (table["variance"] >= 0).all()
    order = rng.permutation(len(CELLS))
    again = found(values[order], CELLS.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(table, again.loc[table.index])


def test_main_effects_are_those_of_a_least_squares_fit() -> None:
    """Of a balanced design the variance of fitted one-way means is that of the regression."""
    values = np.random.default_rng(2).normal(size=len(CELLS))
    table = found(values)
    for axis in LEVELS:
        dummies = pd.get_dummies(CELLS[axis]).to_numpy(dtype=float)
        fitted = dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]
        assert table.loc[axis, "variance"] == pytest.approx(fitted.var())


def test_a_grid_with_a_gap_is_not_shared_out() -> None:
    values = np.arange(len(CELLS), dtype=float)
    assert variance_table(CELLS.iloc[1:], pd.Series(values[1:]), cross=" × ") is None
    values[3] = np.nan
    assert variance_table(CELLS, pd.Series(values), cross=" × ") is None


def test_a_grid_on_which_nothing_moves_has_no_shares() -> None:
    assert found(np.ones(len(CELLS)))["share"].eq(0).all()
