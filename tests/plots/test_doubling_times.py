"""Doubling times of several hypotheses: the numbers that the figure shows."""

import numpy as np
import pytest

from bayesdensing.errors import DataNeedError
from bayesdensing.plots import doubling_times
from tests.analysis.synthetic import make_fit


def test_each_hypothesis_has_its_own_posterior():
    slow = np.random.default_rng(1).normal(0.2, 0.2, (4, 250))
    fits = [make_fit(), make_fit(spec="joint_5T", rate=slow)]
    data = doubling_times(fits).data
    assert data["hypothesis"].values.tolist() == ["joint", "joint_5T"]
    found = fits[0].headline().doubling_time_days
    assert float(data["median"][0]) == pytest.approx(found.median)
    assert data["eti"][0].values.tolist() == pytest.approx(list(found.eti95))
    assert np.isinf(data["eti"][1, 1])
    assert float(data["no_growth"][1]) == pytest.approx(np.mean(slow <= 0))
    # a posterior's share over the axis, where nearly all of it lies on the axis
    days = np.log(data["days"].values)
    assert np.trapezoid(data["density"].values[0], days) == pytest.approx(1, abs=0.03)
    peak = float(data["days"][int(data["density"].values[0].argmax())])
    assert peak == pytest.approx(found.median, rel=0.05)


def test_bad_draws_are_marked_where_they_are(monkeypatch):
    bad = make_fit(spec="joint_5T", diagnostics={"converged": False, "reasons": ("x",)})
    labels = [
        t.get_text() for t in doubling_times([make_fit(), bad]).figure.axes[0].get_yticklabels()
    ]
    assert "NOT CONVERGED" not in labels[0]
    assert "NOT CONVERGED" in labels[1]


def test_what_never_doubles_has_no_interval_from_never_to_never():
    none = make_fit(spec="no_growth", rate=np.zeros((4, 250)))
    labels = [
        t.get_text() for t in doubling_times([make_fit(), none]).figure.axes[0].get_yticklabels()
    ]
    assert labels[1] == "no_growth\nno growth\nby assumption"


def test_a_fit_without_a_rate_is_refused():
    with pytest.raises(DataNeedError, match="growth rate"):
        doubling_times([make_fit(leave_out=("growth_rate",))])


def test_two_fits_of_one_hypothesis_stand_side_by_side():
    slow = np.random.default_rng(1).normal(0.5, 0.02, (4, 250))
    fits = [make_fit(), make_fit(rate=slow)]
    named = doubling_times(fits, names=["first", "second"])
    assert named.data["hypothesis"].values.tolist() == ["first", "second"]
    labels = [label.get_text() for label in named.figure.axes[0].get_yticklabels()]
    assert labels[0] != labels[1].replace("second", "first")
    assert all("seed" in name for name in doubling_times(fits).data["hypothesis"].values)


@pytest.mark.parametrize("rate", [2.5, 0.6])
def test_the_axis_tells_days_however_narrow_it_is(rate):
    rates = np.random.default_rng(1).normal(rate, 0.02 * rate, (4, 250))
    axes = doubling_times([make_fit(rate=rates)]).figure.axes[0]
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert len(ticks) >= 3
    assert axes.get_xlabel() == "doubling time (days)"
