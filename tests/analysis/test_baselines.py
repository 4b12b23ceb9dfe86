"""Baselines of a forecast, and the score by which forecasts are judged."""

import numpy as np
import pytest
from scipy.special import expit

from bayesdensing.analysis.baselines import BASELINES, Past, baseline_draws, crps


def past_of(rng, n=400, slope=0.8, sd=0.5):
    years = np.sort(rng.uniform(0, 3, n))
    log_n = rng.uniform(20, 25, n)
    y = slope * years + 0.4 * (log_n - 23) + sd * rng.normal(size=n)
    return Past(years=years, log_n=log_n, score=expit(y))


def test_least_squares_on_all_finds_the_line_and_its_scatter():
    rng = np.random.default_rng(1)
    past = past_of(rng)
    later = {"years": np.array([4.0]), "log_n": np.array([22.0])}
    drawn = baseline_draws("least squares on all", past, rng=rng, draws=4000, **later)
    y = np.log(drawn / (1 - drawn))
    assert y.mean() == pytest.approx(0.8 * 4 - 0.4, abs=0.15)
    assert y.std() == pytest.approx(0.5, rel=0.1)


def test_records_lie_above_all_and_the_last_value_does_not_grow():
    rng = np.random.default_rng(2)
    past = past_of(rng, sd=1.0)
    later = {"years": np.array([3.0, 10.0]), "log_n": np.array([23.0, 23.0])}
    median = {
        method: np.median(baseline_draws(method, past, rng=rng, **later), axis=0)
        for method in BASELINES
    }
    assert (median["least squares on records"] > median["least squares on all"]).all()
    assert median["last value"][0] == pytest.approx(median["last value"][1], abs=0.02)


@pytest.mark.parametrize("method", BASELINES)
def test_too_few_llms_give_no_forecast(method):
    past = Past(years=np.arange(3.0), log_n=np.full(3, 23.0), score=np.array([0.3, 0.4, 0.5]))
    drawn = baseline_draws(
        method, past, years=np.ones(1), log_n=np.ones(1), rng=np.random.default_rng(1)
    )
    assert np.isnan(drawn).all()


def test_the_crps_is_that_of_a_normal_and_punishes_overconfidence():
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(20_000, 1))
    # Gneiting and Raftery (2007), the closed form of a standard normal at 0
    assert crps(draws, np.zeros(1))[0] == pytest.approx(
        2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi), abs=0.01
    )
    value = rng.normal(size=500)
    honest, sure = (np.tile(s * rng.normal(size=(2000, 1)), 500) for s in (1.0, 0.2))
    assert crps(honest, value).mean() < crps(sure, value).mean()
