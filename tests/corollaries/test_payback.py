"""The window of a model: closed forms where there are any, and what the data themselves show."""

import numpy as np
import pytest

from bayesdensing.corollaries import payback
from bayesdensing.corollaries.estimates import first_crossing
from bayesdensing.errors import InputError


def test_the_window_of_a_model_on_the_trend_is_recovered(scored):
    found = payback(scored, n_params=7e9, release_date="2024-06-01")
    rate = scored.posterior["growth_rate"]
    np.testing.assert_allclose(found.draws["window"], np.log(2) / rate * 365.25, rtol=1e-6)
    low, high = found.row("window").estimate.eti95
    assert low < np.log(2) / 1.7 * 365.25 < high
    tenth = payback(scored, n_params=7e9, release_date="2024-06-01", fraction=0.1)
    ratio = tenth.row("window").middle / found.row("window").middle
    assert ratio == pytest.approx(np.log2(10), rel=1e-6)
    assert "own_window" not in found.table.index


def test_the_window_of_an_llm_follows_its_own_density(scored):
    found = payback(scored, llm="llm-05")
    posterior = scored.posterior
    i = 5
    years = float(scored.constants["years"][i])
    own = posterior["log_density"][..., i]
    ahead = (own + np.log(2) - posterior["level"]) / posterior["growth_rate"] - years
    np.testing.assert_allclose(
        found.draws["own_window"], 365.25 * np.maximum(ahead, 0), rtol=1e-6, atol=1e-6
    )
    better = payback(scored, llm="llm-05", percentile=90)
    assert better.row("own_window").middle <= found.row("own_window").middle


def test_matches_seen_in_the_data_are_those_of_the_draws(scored):
    names = scored.posterior["llm"].to_numpy().tolist()
    sizes = scored.constants["n_params"].to_numpy()
    i = int(np.argmax(sizes[:7]))  # a large one, with time left after it
    found = payback(scored, llm=names[i], fraction=0.5)
    years = scored.constants["years"].to_numpy()
    density = scored.posterior["log_density"].to_numpy().reshape(-1, len(names))
    seen = []
    for draw in density:
        later = [
            (years[j] - years[i]) * 365.25
            for j in range(len(names))
            if years[j] >= years[i]
            and sizes[j] <= sizes[i] / 2
            and draw[j] + np.log(sizes[j]) >= draw[i] + np.log(sizes[i])
        ]
        seen.append(min(later, default=np.inf))
    np.testing.assert_allclose(found.draws["seen_window"].to_numpy().ravel(), seen, atol=1)
    assert found.row("prob_seen").middle == pytest.approx(np.isfinite(seen).mean())
    table = found.tables["matched"]
    assert table["prob_first"].sum() <= found.row("prob_seen").middle + 1e-9


def test_money_is_cost_over_margin_within_the_window(scored):
    found = payback(scored, n_params=7e9, training_cost=1000, margin_per_visit=0.5, currency="USD")
    assert found.row("visits").middle == 2000
    per_day = found.draws["visits_per_day"] * found.draws["window"]
    np.testing.assert_allclose(per_day, 2000)
    default = payback(scored, n_params=7e9)
    assert default.row("visits").middle == pytest.approx(1.7e9)
    assert "imply" in " ".join(default.assumptions)


def test_what_is_not_given_is_taken_and_said(scored):
    assert payback(scored, n_params=7e9, release_date="2024-06-01").notes == ()
    (note,) = payback(scored, n_params=7e9).notes
    assert "release_date is not given" in note
    size, time = payback(scored, release_date="2018-01-01").notes
    assert "9.24e+09" in size
    assert "extrapolates in time: the first LLM" in time


def test_a_window_that_never_closes_asks_for_no_visits():
    from tests.analysis.synthetic import make_fit

    fit = make_fit(rate=np.full((2, 50), -0.1), chains=2, draws=50)
    found = payback(fit, n_params=7e9)
    assert np.isinf(found.row("window").middle)
    assert found.row("visits_per_day").middle == 0


@pytest.mark.parametrize(
    ("inputs", "part"),
    [
        ({"llm": "llm-5"}, "did you mean 'llm-05'"),
        ({"llm": "llm-05", "n_params": 1e9}, "not both"),
        ({"fraction": 1.0}, "not below 1"),
        ({"margin_per_visit": 0}, "not above 0"),
        ({"release_date": "2024-13-01"}, "no date"),
        ({"release_date": "1900-01-01"}, "not between 2017-01-01"),
        ({"currency": "USD", "training_cost": 1e6}, "give training_cost and margin_per_visit"),
        ({"currency": "USD", "margin_per_visit": 0.1}, "the article's own are in RMB"),
    ],
)
def test_bad_inputs_are_named(scored, inputs, part):
    with pytest.raises(InputError, match=part):
        payback(scored, **inputs)


def test_crossings_are_exact_for_lines_and_infinite_where_there_is_none():
    t = np.linspace(0, 4, 9)
    curves = np.array([2 * t, -t, t + 5, np.minimum(t, 2.0)])
    found = first_crossing(t, curves, np.array([3.3, 1.0, 2.0, 2.5]))
    assert found.tolist() == pytest.approx([1.65, np.inf, 0.0, np.inf])
