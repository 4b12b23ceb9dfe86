"""Evenly spread deviates: of the distributions that they stand for, with a smaller error."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from bayesdensing.analysis.even import Even
from bayesdensing.analysis.population import Population
from tests.analysis.scored import make_scored_fit


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda rng: rng.normal(size=(64, 16)), stats.norm),
        (lambda rng: rng.exponential(size=(64, 16)), stats.expon),
        (lambda rng: rng.chisquare(np.full((64, 16), 5.0)), stats.chi2(5)),
    ],
)
def test_deviates_are_of_their_distribution_and_nearer_to_it_than_random_ones(draw, law):
    even, random = (draw(rng) for rng in (Even(3), np.random.default_rng(3)))
    assert even.shape == random.shape == (64, 16)
    far = [stats.kstest(found.ravel(), law.cdf).statistic for found in (even, random)]
    assert far[0] < 0.002
    assert far[0] < far[1] / 4
    assert np.array_equal(even, draw(Even(3)))


def test_the_sequence_is_built_once_and_fewer_points_are_the_first_of_more(monkeypatch):
    built = []
    sobol = qmc.Sobol
    monkeypatch.setattr(qmc, "Sobol", lambda **given: built.append(given) or sobol(**given))
    rng = Even(5)
    few, many, again = rng.normal(size=64), rng.normal(size=(64, 4)), rng.normal(size=100)
    assert len(built) == 2
    fresh = Even(5)
    assert np.array_equal(few, fresh.normal(size=256)[:64])
    assert np.array_equal(many, fresh.normal(size=(64, 4)))
    assert np.array_equal(again, fresh.normal(size=256)[:100])
    assert len(built) == 3


def test_calls_are_spread_over_dimensions_of_their_own():
    rng = Even(1)
    one, other = rng.normal(size=4096), rng.normal(size=4096)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
    for _ in range(6):
        rng.normal(size=4)
    with pytest.raises(ValueError, match="8 dimensions"):
        rng.normal(size=4)


def test_few_new_llms_that_are_spread_evenly_stand_for_many():
    fit = make_scored_fit(draws=128)

    def upper_end(seed, *, per_draw, evenly):
        population = Population.of(fit, seed=seed)
        found = population.new(0, per_draw=per_draw, evenly=evenly)
        need = population.log_params(found, score=0.6, years=1.0, benchmark=0)
        return np.quantile(need, 0.9)

    truth = upper_end(0, per_draw=400, evenly=True)
    errors = {
        evenly: [upper_end(seed, per_draw=8, evenly=evenly) - truth for seed in range(1, 9)]
        for evenly in (True, False)
    }
    assert np.std(errors[True]) < 0.6 * np.std(errors[False])
