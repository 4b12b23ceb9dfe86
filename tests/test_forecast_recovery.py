"""Forecasts of a world of known truth: the truth lies where the fit says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.analysis.answering import answer
from bayesdensing.analysis.forecast import Question
from bayesdensing.data import DataBundle
from tests.hypotheses.worlds import fitted, make_world, short

pytestmark = pytest.mark.slow
DAYS = ("2024-06-30", "2027-01-01")


@pytest.fixture(
    scope="module",
    params=["joint", pytest.param("accelerating", marks=pytest.mark.exhaustive)],
)
def pair(request, tiny_frames):
    """Return a fit to a world, and the same fit with the world's truth for its one draw."""
    design = DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=40))
    spec = short(request.param)
    world = make_world(spec, design)
    found = fitted(spec, world)
    truth = world.truth.expand_dims(chain=1, draw=1).assign_attrs(found.posterior.attrs)
    names = [n for n in found.posterior.data_vars if n in truth]
    groups = {n: found.idata[n].to_dataset() for n in ("constant_data", "observed_data")}
    posterior = xr.Dataset({n: truth[n] for n in names}, attrs=truth.attrs)
    return found, replace(found, idata=xr.DataTree.from_dict({"posterior": posterior, **groups}))


def questions(benchmark):
    for day in map(pd.Timestamp, DAYS):
        yield Question(benchmark=benchmark, date=day, n_params=8e9)
        yield Question(benchmark=benchmark, date=day, score=0.6)
    yield Question(benchmark=benchmark, n_params=8e9, score=0.6)


@pytest.mark.parametrize("benchmark", ["MMLU", "BBH"])
def test_the_true_answers_lie_in_the_intervals(pair, benchmark):
    found, known = pair
    for question in questions(benchmark):
        truth = answer(known, question).draws["typical"].item()
        draws = answer(found, question).draws["typical"].ravel()
        low, high = np.quantile(draws, [0.0005, 0.9995], method="inverted_cdf")
        assert low <= truth <= high, question.text


@pytest.mark.parametrize("benchmark", ["MMLU", "BBH"])
def test_new_llms_of_the_true_population_are_covered_about_as_often_as_is_said(pair, benchmark):
    found, known = pair
    question = Question(benchmark=benchmark, date=pd.Timestamp(DAYS[0]), n_params=8e9)
    real = answer(known, question, seed=5).draws["new"].ravel()
    draws = answer(found, question).draws["new"].ravel()
    for probability, slack in ((0.5, 0.2), (0.95, 0.07)):
        tail = (1 - probability) / 2
        low, high = np.quantile(draws, [tail, 1 - tail])
        assert np.mean((low <= real) & (real <= high)) == pytest.approx(probability, abs=slack)
