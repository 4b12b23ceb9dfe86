"""A simulated world, fitted: what follows from the law is that of the truth, within intervals."""

import datetime as dt

import numpy as np
import pytest

from bayesdensing import fitting
from bayesdensing.analysis.ruler import Ruler
from bayesdensing.corollaries import edge, engines, payback
from bayesdensing.corollaries.result import day_of
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec, load_spec
from tests.hypotheses.worlds import make_world

DAYS, N_LLMS, SCORE = 150.0, 30, 0.7
CHIP_DAYS = 2.1 * 365.25

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tiny_frames):
    data = DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=N_LLMS))
    return make_world(load_spec("joint"), data, days=DAYS, seed=5)


@pytest.fixture(scope="module")
def fit(world):
    settings = dict(load_spec("joint")) | {"sampler": {"draws": 300, "tune": 500, "chains": 2}}
    return fitting.fit(Spec(**settings), world.data, seed=3, progress=False)


def holds(row, truth, name="eti95"):
    low, high = getattr(row.estimate, name)
    return low <= truth <= high


def test_paces_of_the_truth_are_recovered(fit):
    both = 1 / (1 / DAYS + 1 / CHIP_DAYS)
    assert holds(edge(fit, chip_log_sd=0.0).row("combined_doubling"), both)
    three = 1 / (1 / DAYS + 1 / (1.5 * 365.25) + 1 / 3652.5)
    assert holds(engines(fit, spread=0.0).row("compound_doubling"), three)
    # a pace of twice that is not
    assert not holds(edge(fit, chip_log_sd=0.0).row("combined_doubling"), both / 2)


def test_the_date_of_a_score_is_that_of_the_truth(fit, world):
    start = dt.date(2024, 1, 1)
    found = edge(
        fit, benchmark="MMLU", score=SCORE, memory_gb=0.5, device_date=start, chip_log_sd=0.0
    )
    truth = world.truth.expand_dims(chain=1, draw=1)
    ruler = Ruler.from_posterior(truth, fit.spec)
    sizes = np.linspace(np.log(1e6), np.log(1e15), 40_000)
    scores = ruler.score(sizes[None, :, None], np.array([0]))[0, :, 0]
    needed = sizes[np.argmax(scores >= SCORE)]
    reference = dt.date.fromisoformat(str(fit.posterior.attrs["reference_date"]))
    ahead = (start - reference).days / 365.25
    rate = np.log(2) * 365.25 / DAYS
    runs = np.log(0.5e9) + float(world.truth["level"]) + rate * ahead
    years = (needed - runs) / (rate + np.log(2) / 2.1)
    assert years > 0
    assert holds(found.row("date_reached"), day_of(start) + 365.25 * years)
    assert holds(found.row("needed_effective_parameters"), np.exp(needed))


def test_windows_are_those_of_the_truth(fit, world):
    assert holds(payback(fit, n_params=1e9).row("window"), DAYS)
    name = str(fit.posterior["llm"].values[np.argsort(fit.constants["years"].values)[10]])
    found = payback(fit, llm=name)
    i = fit.posterior["llm"].values.tolist().index(name)
    rate = np.log(2) * 365.25 / DAYS
    own = float(world.truth["log_density"].sel(llm=name))
    on_trend = float(world.truth["level"]) + rate * float(fit.constants["years"][i])
    assert holds(found.row("own_window"), max(0.0, 365.25 * (own - on_trend + np.log(2)) / rate))
