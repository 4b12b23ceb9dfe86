"""The study of records: its series, its rows, its counts."""

import numpy as np
import pandas as pd
import pytest

from bayesdensing.record_study import METHODS, coverage_table, make_series, record_study


def test_records_of_a_series_are_its_running_maxima():
    frame = make_series(doubling_days=180.0, seed=3).densities
    best = frame["value"].cummax()
    assert (frame["on_record"] == (frame["value"] == best)).all()
    assert frame["on_record"].iloc[0]
    one, other = (make_series(doubling_days=d, seed=3).densities["value"] for d in (180.0, np.inf))
    years = (frame["release_date"] - frame["release_date"].iloc[0]).dt.days / 365.25
    np.testing.assert_allclose(np.log(one / other), np.log(2) * 365.25 / 180 * years)


def test_a_row_per_series_and_method():
    rows = record_study(n_series=2, doubling_days=(180.0,), workers=1)
    assert rows["method"].value_counts().to_dict() == dict.fromkeys(METHODS, 2)
    fits = rows[rows["method"] != METHODS[2]]
    assert ((fits["eti95_lb"] < fits["rate"]) & (fits["rate"] < fits["eti95_ub"])).all()
    # all values tell more than their records
    widths = (fits["eti95_ub"] - fits["eti95_lb"]).groupby(fits["method"]).mean()
    assert widths["all values"] < widths["records"]


def test_coverage_counts_intervals_that_hold_the_truth():
    rows = pd.DataFrame(
        {
            "true_doubling_days": np.inf,
            "method": "m",
            "true_rate": 0.0,
            "rate": [0.1, -0.2, 3.0, np.nan],
            "eti95_lb": [-1.0, -1.0, 2.0, np.nan],
            "eti95_ub": [1.0, 0.5, 4.0, np.nan],
            "claimed": [False, False, True, False],
            "max_rhat": [1.0, 1.02, 1.0, np.nan],
            "divergences": [0, 0, 3, np.nan],
        }
    )
    (row,) = coverage_table(rows).to_dict("records")
    assert row["series"] == 3
    assert row["coverage"] == pytest.approx(2 / 3)
    assert row["claimed"] == pytest.approx(1 / 3)
    assert row["failed_checks"] == 2
