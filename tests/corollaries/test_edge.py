"""Moore times densing: the date is that of the closed form, and inputs move it as they must."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bayesdensing.analysis.ruler import Ruler
from bayesdensing.corollaries import edge
from bayesdensing.corollaries.edge import needed_log_size
from bayesdensing.corollaries.result import day_of
from bayesdensing.corollaries.timing import standing
from bayesdensing.errors import InputError
from bayesdensing.laws.frontier import frontier_of

DEVICE = {"memory_gb": 8, "memory_share": 0.5, "weight_bits": 4, "device_date": "2024-01-01"}


def test_sizes_for_a_score_have_that_score(scored):
    which, sizes = needed_log_size(scored, benchmark="BBH", score=0.7)
    assert which == 1
    ruler = Ruler.from_posterior(scored.posterior, scored.spec)
    back = ruler.score(sizes[:, None], np.array([1]))[:, 0]
    np.testing.assert_allclose(back, 0.7, atol=2e-4)
    assert np.isposinf(needed_log_size(scored, benchmark="BBH", score=0.999)[1]).all()


def test_the_date_is_recovered_from_draws_of_known_rates(scored):
    found = edge(scored, **DEVICE, benchmark="MMLU", score=0.8, chip_log_sd=0.0)
    posterior, chip = scored.posterior, np.log(2) / 2.1
    needed = needed_log_size(scored, benchmark="MMLU", score=0.8)[1].reshape(2, 150)
    years = (needed - np.log(8e9) - posterior["level"]) / (posterior["growth_rate"] + chip)
    days = day_of(dt.date(2024, 1, 1)) + 365.25 * np.maximum(years, 0)
    np.testing.assert_allclose(found.draws["date_reached"], days, atol=0.5)
    low, high = found.row("date_reached").estimate.eti95
    assert low <= float(days[0, 0]) <= high


def test_rates_combine_and_stand_beside_the_papers(scored):
    found = edge(scored, chip_log_sd=0.0)
    rate = float(scored.posterior["growth_rate"].median())
    truth = np.log(2) / (rate + np.log(2) / 2.1) * 365.25
    assert found.row("combined_doubling").middle == pytest.approx(truth, rel=1e-3)
    assert found.row("combined_doubling").article.value == 88
    article = found.row("combined_doubling_article")
    assert article.middle == pytest.approx(88.8, abs=0.1)
    assert article.article.value == 88
    wide = edge(scored).row("chip_doubling").estimate.eti95
    assert wide[0] < 2.1 * 365.25 < wide[1]


def test_a_device_before_the_data_extrapolates_and_one_before_all_is_refused(scored):
    notes = edge(scored, **(DEVICE | {"device_date": "2018-01-01"})).notes
    assert any("the first LLM of the data" in note for note in notes)
    with pytest.raises(InputError, match="device_date = 1500-01-01 is not between"):
        edge(scored, **(DEVICE | {"device_date": "1500-01-01"}))


def test_money_memory_and_better_llms_bring_it_forward(scored):
    def date(**inputs):
        given = {**DEVICE, "benchmark": "MMLU", "score": 0.84, "memory_gb": 1} | inputs
        return edge(scored, **given).row("date_reached").middle

    middle = date()
    assert date(memory_gb=2) < middle
    assert date(percentile=90) < middle
    assert date(weight_bits=16) > middle
    assert date(device_price=500, budget=1000) == pytest.approx(date(memory_gb=2))
    assert date(score=0.85) > middle


def test_what_never_comes_is_said(scored):
    found = edge(scored, **DEVICE, benchmark="MMLU", score=0.999)
    assert np.isinf(found.row("date_reached").middle)
    assert pd.isna(found.table.loc["date_reached", "median"])
    assert found.to_dict()["rows"][-1]["median"] is None
    assert any("is not reached" in note for note in found.notes)


def test_extrapolation_is_said(scored):
    notes = " ".join(edge(scored, **DEVICE, benchmark="MMLU", score=0.86).notes)
    assert "extrapolates in time" in notes
    assert "extrapolates in size" in notes


@pytest.mark.parametrize(
    ("inputs", "part"),
    [
        ({"benchmark": "Chess"}, "it has MMLU, BBH"),
        ({"score": 1.2}, "more than 1"),
        ({"memory_share": 1.5}, "more than 1"),
        ({"percentile": 100}, "not below 100"),
        ({"device_date": "soon"}, "no date like"),
        ({"memory_gb": 0}, "not above 0"),
    ],
)
def test_bad_inputs_are_named(scored, inputs, part):
    with pytest.raises(InputError, match=part):
        edge(scored, **inputs)


@pytest.mark.parametrize("kind", ["half-normal", "exponential"])
def test_a_percentile_is_that_of_llms_drawn_about_the_trend(scored, kind):
    now = np.zeros(1)
    assert (standing(scored, 50, years=now) == 0).all()
    behind = scored.posterior.assign(inefficiency_sd=1.5 * scored.posterior["dispersion"])
    tree = scored.idata.copy()
    tree["posterior"] = behind
    growth = scored.spec.growth.model_copy(update={"frontier": kind})
    fit = replace(scored, idata=tree, spec=scored.spec.model_copy(update={"growth": growth}))
    own = behind["dispersion"].values.ravel()[:1]
    drawn = frontier_of(kind).sample(
        np.random.default_rng(1), dispersion=own, inefficiency_sd=1.5 * own, size=(400_000,)
    )
    for percentile in (50, 90):
        found = standing(fit, percentile, years=now)[0, 0]
        assert found == pytest.approx(np.percentile(drawn, percentile), abs=0.01)
    assert (standing(fit, 50, years=now) < 0).all()


def test_a_scatter_that_grows_parts_percentiles_further(scored):
    growing = scored.posterior.assign(dispersion_growth=0.1 + 0 * scored.posterior["level"])
    tree = scored.idata.copy()
    tree["posterior"] = growing
    now, later = standing(replace(scored, idata=tree), 90, years=np.array([0.0, 2.0])).T
    assert (later > 1.15 * now).all()


def test_density_that_goes_with_size_goes_with_the_devices(scored):
    posterior = scored.posterior.assign(size_exponent=0.2 + 0 * scored.posterior["level"])
    tree = scored.idata.copy()
    tree["posterior"] = posterior.assign_attrs(mean_log_n=np.log(8e9))
    fit = replace(scored, idata=tree)
    plain, found = (edge(f, **DEVICE, score=0.8, chip_log_sd=0.0) for f in (scored, fit))
    # of the mean size at first, it grows faster than the trend as chips let it grow
    name = "log_device_effective_parameters"
    np.testing.assert_allclose(found.draws[name], plain.draws[name])
    extra = found.draws["combined_rate"] - plain.draws["combined_rate"]
    np.testing.assert_allclose(extra, 0.2 * np.log(2) / 2.1)
    assert found.row("date_reached").middle <= plain.row("date_reached").middle
    assert "goes with its size" in " ".join(found.assumptions)
