"""The record process: its likelihood against brute force, its draws against theory."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from bayesdensing.laws import records

YEARS = np.array([0.0, 0.3, 0.9, 1.0, 2.2])
STANDING = np.array([-0.5, 0.4, 0.4, 1.1, 1.1])
LEVEL, GROWTH, SD, ARRIVALS = 0.1, 0.8, 0.9, 12.0


def _at(years):
    return LEVEL + GROWTH * np.asarray(years)


def _nodes(years):
    at, weight, before = records.time_nodes(years)
    return {"node_mean": _at(at), "node_weight": weight, "node_before": before}


def test_the_likelihood_is_that_of_the_record_process():
    found = records.log_likelihood(
        STANDING,
        mean=_at(YEARS),
        sd=np.full(5, SD),
        node_sd=SD,
        arrival_rate=ARRIVALS,
        **_nodes(YEARS),
    )
    exact = norm.logpdf(STANDING[[0, 1, 3]], _at(YEARS[[0, 1, 3]]), SD).sum() + 2 * np.log(ARRIVALS)
    for start, end, record in zip(YEARS[:-1], YEARS[1:], STANDING, strict=False):
        above = quad(lambda t, m=record: norm.sf(m, _at(t), SD), start, end)[0]
        exact -= ARRIVALS * above
    assert found == pytest.approx(exact, abs=1e-8)


def test_records_without_growth_come_as_often_as_theory_says():
    rng = np.random.default_rng(3)
    years = np.linspace(0, 2, 201)
    nodes = _nodes(years) | {"node_mean": np.zeros(600)}
    drawn = records.sample(
        rng,
        mean=np.zeros((4000, 201)),
        sd=np.ones(201),
        node_sd=np.ones(1),
        arrival_rate=np.full((4000, 1), 25.0),
        **nodes,
    )
    count = 1 + (np.diff(drawn, axis=1) > 0).sum(axis=1)
    # of 1 + n values 1/1 + ... + 1/(1 + n) are records; n is Poisson with mean 50
    n = rng.poisson(50.0, size=200_000)
    harmonic = np.cumsum(1 / np.arange(1, n.max() + 2))
    error = count.std() / np.sqrt(len(count))
    assert count.mean() == pytest.approx(harmonic[n].mean(), abs=4 * error)
