"""Before and after a change: rates of known worlds, and a plain answer to a run that has none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bayesdensing import fitting
from bayesdensing.corollaries import acceleration
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec, load_spec
from tests.analysis.synthetic import make_fit
from tests.corollaries.changing import changed

CHATGPT = pd.Timestamp("2022-11-30")


def test_a_straight_trend_is_told_which_command_to_run():
    with pytest.raises(DataNeedError, match="bayesdensing fit changepoint_chatgpt"):
        acceleration(make_fit())


def test_ratio_and_probability_are_those_of_the_draws():
    rng = np.random.default_rng(1)
    before, after = rng.normal(1.5, 0.3, 200), rng.normal(2.2, 0.3, 200)
    found = acceleration(changed(before, after))
    assert found.row("rate_ratio").middle == pytest.approx(np.median(after / before), rel=0.02)
    assert found.row("prob_acceleration").middle == (after > before).mean()
    assert found.row("doubling_before").article.value == pytest.approx(4.8 * 365.25 / 12)


def test_rates_of_no_growth_keep_their_draws():
    before = np.array([-1.0, -1.0, 0.5, 0.5] * 50)
    after = np.array([0.5, -2.0, 1.0, -1.0] * 50)
    found = acceleration(changed(before, after))
    ratio = found.draws["rate_ratio"].to_numpy().ravel()[:4]
    assert ratio.tolist() == [np.inf, 0.0, 2.0, -2.0]
    assert (ratio > 1).mean() == found.row("prob_acceleration").middle == 0.5
    assert found.row("prob_no_growth_before").middle == 0.5
    assert np.isinf(found.row("rate_ratio").estimate.eti95[1])


def test_llms_before_are_counted():
    fit = changed(np.ones(200), np.ones(200))
    assert acceleration(fit).row("llms_before").value == 0  # all of 2023 and later
    dated = fit.posterior.assign_attrs(reference_date="2023-06-01")
    tree = fit.idata.copy()
    tree["posterior"] = dated
    years = (CHATGPT - pd.Timestamp("2023-06-01")).days / 365.25
    found = acceleration(replace(fit, idata=tree))
    expected = int((fit.constants["years"] < years).sum())
    assert found.row("llms_before").value == expected > 0
    assert found.row("llms_after").value == 12 - expected


def test_an_unknown_date_has_a_posterior_and_so_has_the_count():
    share = np.linspace(0.2, 0.6, 200)
    found = acceleration(
        changed(np.ones(200), np.ones(200), spec="changepoint_unknown", change_share=share)
    )
    span = pd.Timestamp("2024-12-31") - pd.Timestamp("2023-01-01")
    first = (pd.Timestamp("2023-01-01") - pd.Timestamp("1970-01-01")).days
    expected = first + 0.4 * span.days
    assert found.row("change_date").middle == pytest.approx(expected, abs=3)
    low, high = found.row("llms_before").estimate.eti95
    assert low < high
    assert "later in 100.0%" in " ".join(found.notes)


def series(*, before, after, seed):
    """60 published values about a trend whose rate changes at ChatGPT's release."""
    rng = np.random.default_rng(seed)
    days = np.linspace(-700, 700, 60).round()
    years = days / 365.25
    log_value = np.where(years < 0, before, after) * years + 0.4 * rng.normal(size=60)
    frame = pd.DataFrame(
        {
            "series": "made up",
            "model": [f"llm-{i}" for i in range(60)],
            "release_date": CHATGPT + pd.to_timedelta(days, unit="D"),
            "value": np.exp(log_value),
            "on_record": False,
            "source": "made up",
        }
    )
    return DataBundle.from_frames(name="made", densities=frame)


@pytest.mark.slow
@pytest.mark.parametrize(("after", "sure"), [(3.0, True), (1.5, False)])
def test_a_known_acceleration_is_recovered_and_none_is_not_made_up(after, sure):
    given = dict(load_spec("trend"))
    spec = Spec(
        **{
            **given,
            "growth": {"trend": "changepoint", "change_date": "2022-11-30"},
            "priors": {"level": given["priors"]["level"]},
        }
    )
    fit = fitting.fit(spec, series(before=1.5, after=after, seed=2), seed=1, progress=False)
    found = acceleration(fit)
    low, high = found.row("rate_ratio").estimate.eti95
    assert low < after / 1.5 < high
    probability = found.row("prob_acceleration").middle
    assert (probability > 0.975) == sure
    assert found.row("llms_before").value == 30
