"""The doubling-time plot: every draw is shown somewhere."""

import numpy as np
import pytest

from bayesdensing.errors import DataNeedError
from bayesdensing.plots import doubling_time
from tests.analysis.synthetic import make_fit


def total(data):
    width = data["bin_end"] - data["bin_start"]
    inside = float((data["share_per_day"] * width).sum())
    return inside + float(data["beyond"]) + float(data["no_growth"])


RATES = {
    "clear growth": np.random.default_rng(1).normal(1.7, 0.1, (4, 250)),
    "perhaps growth": np.random.default_rng(1).normal(0.3, 0.4, (4, 250)),
    "perhaps decline": np.random.default_rng(1).normal(-0.3, 0.2, (4, 250)),
    "no growth": np.zeros((4, 250)),
    "all the same": np.full((4, 250), 1.7),
    "one draw grows": np.concatenate([[2.0], -np.ones(999)]).reshape(4, 250),
    "hardly any growth": np.full((4, 250), 1e-9),
}


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_no_draw_is_dropped(rate):
    fit = make_fit(rate=rate)
    plot = doubling_time(fit)
    assert total(plot.data) == pytest.approx(1)
    assert float(plot.data["no_growth"]) == pytest.approx(fit.prob_rate_not_positive())
    assert plot.to_png()


@pytest.mark.parametrize("cap", [50.0, 150.0, 1e5])
def test_the_axis_ends_where_it_is_told_to(cap):
    plot = doubling_time(make_fit(), max_days=cap)
    assert total(plot.data) == pytest.approx(1)
    assert plot.figure.axes[0].get_xlim()[1] == cap


def test_intervals_are_those_of_the_headline():
    fit = make_fit()
    data = doubling_time(fit).data
    found = fit.headline().doubling_time_days
    assert float(data["median"]) == found.median
    assert data["eti"].sel(probability=0.89).values.tolist() == list(found.eti89)
    assert data["eti"].attrs == {"units": "days", "interval_kind": "ETI"}


def test_intervals_and_shares_are_written_out():
    plot = doubling_time(make_fit(rate=RATES["perhaps growth"]))
    strip, rest = plot.figure.axes[1], plot.figure.axes[2]
    labels = [label.get_text() for label in strip.get_yticklabels()]
    assert labels[1].startswith("89 % ETI: ")
    assert labels[1].endswith("to ∞")
    assert strip.get_xlabel() == "doubling time (days)"
    shares = [text.get_text() for text in rest.texts]
    assert shares[1] == f"{100 * float(plot.data['no_growth']):.1f} %"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("no growth", "no growth"),
        ("perhaps decline", "most likely none"),
        ("clear growth", "days (89 % ETI"),
    ],
)
def test_the_title_says_what_was_found(name, title):
    assert title in doubling_time(make_fit(rate=RATES[name])).figure.get_suptitle()


def test_a_fit_without_a_rate_has_none():
    fit = make_fit(spec="loss_law", leave_out=("growth_rate", "level", "log_density"))
    with pytest.raises(DataNeedError, match="no growth rate"):
        doubling_time(fit)
