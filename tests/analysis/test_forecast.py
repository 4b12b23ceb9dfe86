"""Forecasts: the three questions agree, never is told from later, and flags say what is beyond."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.optimize import brentq
from scipy.special import expit

from bayesdensing.analysis.answering import answer
from bayesdensing.analysis.forecast import HEADLINE, Answer, Question, joined
from bayesdensing.analysis.population import Population
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec, load_spec
from tests.analysis.scored import make_scored_fit

DATE = pd.Timestamp("2024-07-01")


@pytest.fixture(scope="module")
def fit():
    return make_scored_fit()


def by_hand(fit, draw, *, log_n, years):
    """The score of the typical LLM in one draw, written out."""
    chain, place = divmod(draw, fit.posterior.sizes["draw"])
    values = fit.posterior.isel(chain=chain, draw=place, benchmark=0)
    v = {name: float(values[name]) for name in (
        "level", "growth_rate", "irreducible_loss", "n_coefficient", "n_exponent",
        "d_coefficient", "d_exponent", "floor", "ceiling", "midpoint_loss", "link_slope",
    )}  # fmt: skip
    size = np.exp(log_n + v["level"] + v["growth_rate"] * years)
    loss = v["irreducible_loss"] + v["n_coefficient"] * size ** -v["n_exponent"]
    loss += v["d_coefficient"] * (60 * size) ** -v["d_exponent"]
    return v["floor"] + (v["ceiling"] - v["floor"]) * expit(
        -v["link_slope"] * (loss - v["midpoint_loss"])
    )


def test_the_typical_answers_are_those_of_the_model_solved_by_hand(fit):
    years = Population.of(fit).years(DATE)
    asked = {
        "score": Question(benchmark="MMLU", date=DATE, n_params=8e9),
        "parameters": Question(benchmark="MMLU", date=DATE, score=0.6),
        "date": Question(benchmark="MMLU", n_params=8e9, score=0.6),
    }
    draws = {name: answer(fit, q).draws["typical"][:, 0] for name, q in asked.items()}
    for draw in (0, 57, 199):
        expected = by_hand(fit, draw, log_n=np.log(8e9), years=years)
        assert draws["score"][draw] == pytest.approx(expected, abs=1e-9)
        log_n = brentq(lambda x, d=draw: by_hand(fit, d, log_n=x, years=years) - 0.6, 10, 60)
        assert np.log(draws["parameters"][draw]) == pytest.approx(log_n, abs=1e-6)
        when = brentq(lambda t, d=draw: by_hand(fit, d, log_n=np.log(8e9), years=t) - 0.6, -20, 40)
        days = (pd.Timestamp("2024-01-01") - pd.Timestamp("1970-01-01")).days + 365.25 * when
        assert draws["date"][draw] == pytest.approx(days, abs=0.01)


def test_new_llms_asked_the_three_ways_are_the_same_llms(fit):
    needed = answer(fit, Question(benchmark="BBH", date=DATE, score=0.6)).draws["new"]
    for n_params in (1e9, 3e10):
        score = answer(fit, Question(benchmark="BBH", date=DATE, n_params=n_params)).draws["new"]
        np.testing.assert_array_equal(score >= 0.6, needed <= n_params)
        day = answer(fit, Question(benchmark="BBH", score=0.6, n_params=n_params)).draws["new"]
        by_then = day <= (DATE - pd.Timestamp("1970-01-01")).days
        assert np.mean(by_then != (needed <= n_params)) < 1e-3  # one within a grid's step


def test_a_new_llm_is_less_certain_than_the_typical_one_and_is_the_headline(fit):
    table = joined(q := Question(benchmark="MMLU", date=DATE, score=0.6), [answer(fit, q)]).table
    new, typical = (table[table["llm"] == kind].iloc[0] for kind in ("new", "typical"))
    assert np.log(new["eti89_ub"] / new["eti89_lb"]) > 3 * np.log(
        typical["eti89_ub"] / typical["eti89_lb"]
    )
    assert table.loc[table["headline"], "llm"].tolist() == [HEADLINE]
    assert new["median"] == pytest.approx(typical["median"], rel=0.1)


def test_scores_at_the_ceiling_never_come_and_scores_below_chance_always(fit):
    never = answer(fit, q := Question(benchmark="MMLU", date=DATE, score=0.999))
    row = joined(q, [never]).table.iloc[0]
    above = {flag.kind: flag.probability for flag in never.flags}["above ceiling"]
    ceiling = fit.posterior["ceiling"].isel(benchmark=0)
    assert above == pytest.approx(float((ceiling <= 0.999).mean()))
    assert row["prob_never"] >= above > 0
    assert (row["median"], row["prob_any"]) == (np.inf, 0)
    always = answer(fit, q := Question(benchmark="MMLU", n_params=1e9, score=0.2))
    found = joined(q, [always])
    assert found.table["prob_any"].tolist() == [1.0, 1.0]
    assert "below chance" in {flag.kind for flag in always.flags}
    assert found.to_dict()["answers"][0]["eti89"] == ["any", "any"]


def test_without_growth_what_is_not_reached_yet_never_comes():
    fit = make_scored_fit(rate=np.zeros((2, 100)))
    late = answer(fit, Question(benchmark="MMLU", n_params=1e8, score=0.9)).draws["typical"]
    early = answer(fit, Question(benchmark="MMLU", n_params=1e13, score=0.6)).draws["typical"]
    assert np.isposinf(late).all()
    assert np.isneginf(early).all()


def test_flags_name_what_lies_beyond_the_data_and_nothing_else(fit):
    def kinds(**asked):
        found = answer(fit, Question(benchmark="MMLU", **asked)).flags
        return {flag.kind for flag in found if flag.probability is None}

    assert kinds(date=DATE, n_params=8e9) == set()
    assert kinds(date=pd.Timestamp("2030-01-01"), n_params=8e9) == {"date"}
    assert kinds(date=pd.Timestamp("2018-01-01"), n_params=8e9) == {"date"}
    assert kinds(date=DATE, n_params=8e14) == {"size"}
    assert kinds(date=DATE, score=0.95) == {"score"}


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"n_params": 1e16, "score": 0.4}, "before the first LLM"),
        ({"n_params": 1e8, "score": 0.8}, "after the last LLM"),
        ({"n_params": 1e15, "date": pd.Timestamp("2030-01-01")}, "above the highest score"),
        ({"n_params": 1e6, "date": pd.Timestamp("2019-01-01")}, "below the lowest score"),
        ({"score": 0.8, "date": pd.Timestamp("2017-06-01")}, "above the largest LLM"),
        ({"score": 0.5, "date": pd.Timestamp("2040-06-01")}, "below the smallest LLM"),
    ],
)
def test_an_answer_outside_of_what_was_seen_is_flagged_on_either_side(fit, asked, where):
    flags = answer(fit, Question(benchmark="MMLU", **asked)).flags
    (flag,) = [flag for flag in flags if flag.kind == "answer" and where in flag.text]
    assert 0.2 < flag.probability <= 1


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"score": 0.5}, "give two of"),
        ({"score": 0.5, "n_params": 1e9, "date": DATE}, "give two of"),
        ({"score": 80.0, "n_params": 1e9}, "is 0.8 meant"),
        ({"score": 0.5, "n_params": 8.0}, "not between 1e5"),
        ({"score": 0.5, "date": pd.Timestamp("1999-01-01")}, "not between 2017"),
        ({"score": float("nan"), "n_params": 1e9}, "not between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, complaint):
    with pytest.raises(DataNeedError, match=complaint):
        Question(benchmark="MMLU", **asked)


def test_an_unknown_benchmark_is_named_with_those_there_are(fit):
    with pytest.raises(DataNeedError, match="no benchmark 'GPQA'; it has MMLU, BBH"):
        answer(fit, Question(benchmark="GPQA", date=DATE, score=0.5))


def test_a_size_term_is_part_of_both_ways_to_ask(fit):
    kappa = xr.full_like(fit.posterior["growth_rate"], 0.2)
    posterior = fit.posterior.assign(size_exponent=kappa).assign_attrs(
        fit.posterior.attrs, mean_log_n=np.log(1e10)
    )
    sized = replace(fit, idata=xr.DataTree.from_dict({**_groups(fit), "posterior": posterior}))
    q = Question(benchmark="MMLU", date=DATE, score=0.6)
    plain, bent = (np.log(answer(f, q).draws["typical"]) for f in (fit, sized))
    np.testing.assert_allclose(bent * 1.2, plain + 0.2 * np.log(1e10))
    shrinking = posterior.assign(size_exponent=xr.full_like(kappa, -1.5))
    never = replace(fit, idata=xr.DataTree.from_dict({**_groups(fit), "posterior": shrinking}))
    assert np.isposinf(answer(never, q).draws["typical"]).all()


def _groups(fit):
    return {name: fit.idata[name].to_dataset() for name in ("constant_data", "observed_data")}


def test_a_frontier_leaves_the_typical_llm_behind(fit):
    sd = xr.full_like(fit.posterior["growth_rate"], 1.0)
    behind = replace(
        fit,
        spec=load_spec("joint_frontier"),
        idata=xr.DataTree.from_dict(
            {**_groups(fit), "posterior": fit.posterior.assign(inefficiency_sd=sd)}
        ),
    )
    population = Population.of(behind)
    np.testing.assert_allclose(population.typical().own, -np.sqrt(2 / np.pi))
    mean = population.new(0, per_draw=200).own.mean()
    assert mean == pytest.approx(-np.sqrt(2 / np.pi), abs=0.03)


def test_a_random_walk_goes_on_walking_after_the_data():
    spec = Spec(name="x", blocks=("published",), growth={"trend": "random_walk"})
    cd, rng = ("chain", "draw"), np.random.default_rng(1)
    shape = (1, 4000)
    posterior = xr.Dataset(
        {
            "level": (cd, np.zeros(shape)),
            "drift": (cd, np.ones(shape)),
            "walk_sd": (cd, np.full(shape, 0.5)),
            "walk_step": ((*cd, "segment"), rng.normal(size=(*shape, 8))),
        },
        attrs={
            "reference_date": "2024-01-01",
            "data_start": "2023-01-01",
            "data_end": "2025-01-01",
        },
    )
    trend = TrendDraws.from_posterior(posterior, spec)
    end = trend.calendar.span[1]
    times = np.array([0.0, end, end + 1, end + 2])
    found, still = trend.ahead(times, seed=3), trend.at(times)
    np.testing.assert_array_equal(found[:, :2], still[:, :2])
    added = found - still
    np.testing.assert_allclose(added[:, 2:].std(axis=0), 0.5 * np.sqrt([1, 2]), rtol=0.05)
    # one path, whichever dates are asked about
    np.testing.assert_allclose(trend.ahead(end + 1, seed=3)[:, 0], found[:, 2])


def made(name, value, *, weight=None, data="d", ruler="r"):
    draws = {kind: np.full((10, 1), value) for kind in ("new", "typical")}
    return Answer(
        hypothesis=name, draws=draws, flags=(), ruler=ruler, data_sha256=data, weight=weight
    )


def test_weights_mix_draws_and_without_them_runs_stand_side_by_side():
    q = Question(benchmark="MMLU", date=DATE, score=0.6)
    found = joined(q, [made("a", 1e9, weight=0.9), made("b", np.inf, weight=0.1)])
    stacked = found.table[found.table["hypothesis"] == "stacked"].iloc[0]
    assert stacked["median"] == 1e9
    assert (stacked["eti50_ub"], stacked["eti89_ub"]) == (1e9, np.inf)
    assert stacked["prob_never"] == pytest.approx(0.1)
    assert found.table["headline"].sum() == 1
    side = joined(q, [made("a", 1e9), made("b", 2e9)])
    assert side.table["hypothesis"].tolist() == ["a", "a", "b", "b"]
    assert side.table["headline"].sum() == 2
    with pytest.raises(DataNeedError, match="different data"):
        joined(q, [made("a", 1.0, weight=0.5), made("b", 1.0, weight=0.5, data="e")])
    with pytest.raises(DataNeedError, match="one hypothesis"):
        joined(q, [made("a", 1.0), made("a", 2.0)])
    note = joined(q, [made("a", 1.0, weight=0.5), made("b", 1.0, weight=0.5, ruler="s")]).notes
    assert "ruler" in note[0]


def test_scales_that_change_widen_what_is_forecast_for_later(fit):
    growth = xr.full_like(fit.posterior["growth_rate"], 0.5)
    posterior = fit.posterior.assign(dispersion_growth=growth)
    wider = replace(fit, idata=xr.DataTree.from_dict({**_groups(fit), "posterior": posterior}))
    later = pd.Timestamp("2026-01-01")
    q = Question(benchmark="MMLU", date=later, score=0.6)
    plain, wide = (np.log(answer(f, q).draws["new"]) for f in (fit, wider))
    years = Population.of(fit).years(later)
    apart = np.log(answer(fit, q).draws["typical"])
    np.testing.assert_allclose(np.median(wide), np.median(plain), atol=0.1)
    ends = [np.diff(np.quantile(x - apart, [0.25, 0.75]))[0] for x in (plain, wide)]
    assert 1.2 < ends[1] / ends[0] < np.exp(0.5 * years) + 0.1
    # asked the other way round, an LLM is the same LLM
    day = answer(wider, Question(benchmark="MMLU", n_params=3e9, score=0.6)).draws["new"]
    by_then = day <= (later - pd.Timestamp("1970-01-01")).days
    needed = np.exp(wide) <= 3e9
    assert np.mean(needed & ~by_then) < 1e-3
