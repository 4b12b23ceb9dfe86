"""What drives the rate of one fit, by its draws alone."""

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.drivers import (
    budget_table,
    influence_table,
    prior_terms,
    scaling_table,
)
from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_fit


def chains(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values.reshape(4, -1), dims=("chain", "draw"))


def test_a_prior_that_pulls_drives_the_rate_and_a_wide_one_does_not():
    rng = np.random.default_rng(1)
    rate = rng.normal(2, 0.2, size=4000)
    pulls = (-0.5 * ((rate - 1.0) / 0.2) ** 2).reshape(4, -1)
    wide = (-0.5 * (rate / 20) ** 2).reshape(4, -1)
    table = scaling_table(
        chains(rate),
        priors={"near": pulls, "wide": wide, "same": np.zeros((4, 1000))},
        blocks={"score": pulls},
    )
    assert table.loc["prior of near", "drives"]
    assert not table.loc["prior of wide", "drives"]
    assert table.loc["prior of same", "psense"] == 0
    # a likelihood is there to drive
    assert table.loc["likelihood of score", "psense"] > 0.05
    assert not table.loc["likelihood of score", "drives"]


def test_an_llm_that_pulls_the_rate_up_is_found_and_without_it_the_rate_is_lower():
    """Normal mean of ten values with known sd, one of them far away: all is known exactly."""
    rng = np.random.default_rng(2)
    values = np.append(rng.normal(0, 1, 9), 4.0)
    posterior = values.mean() + rng.normal(size=20_000) / np.sqrt(10)
    log_likelihood = -0.5 * (values[None, :] - posterior[:, None]) ** 2
    names = np.array([f"llm-{i}" for i in range(10)])
    table = influence_table(posterior, log_likelihood, names, most=3)
    assert table.index[0] == "llm-9"
    assert len(table) == 3
    assert table.loc["llm-9", "growth_rate"] == pytest.approx(values[:9].mean(), abs=0.02)
    assert table.loc["llm-9", "shift_sd"] < -1
    assert table["reliable"].all()


def test_the_budget_says_whose_error_it_is():
    rng = np.random.default_rng(3)
    level, slope, own = rng.normal(size=(3, 4000))
    rate = 2 + 0.3 * level + 0.1 * slope + 0.05 * own
    posterior = xr.Dataset(
        {
            "growth_rate": chains(rate),
            "n_exponent": chains(level),
            "link_slope": chains(slope),
            "evaluator_sd": chains(rng.normal(size=4000)),
            "score_df": chains(np.ones(4000)),
        }
    )
    table = budget_table(posterior)
    total = 0.3**2 + 0.1**2 + 0.05**2
    assert table.loc["reference runs", "variance_share"] == pytest.approx(0.09 / total, abs=0.02)
    assert table.loc["score link", "variance_share"] == pytest.approx(0.01 / total, abs=0.02)
    assert table.loc["evaluators", "variance_share"] == pytest.approx(0, abs=0.01)
    assert table.loc["LLMs themselves", "variance_share"] == pytest.approx(0.0025 / total, abs=0.01)
    left = np.sqrt(0.1**2 + 0.05**2)
    assert table.loc["reference runs", "sd_left"] == pytest.approx(left, rel=0.05)
    assert "scatter of scores" not in table.index  # it stood still


def test_log_densities_of_priors_are_those_of_the_hypothesis():
    fit = make_fit(spec=load_spec("joint"))
    terms = prior_terms(fit)
    prior = fit.spec.priors["growth_rate"]
    rate = fit.posterior["growth_rate"].to_numpy()
    np.testing.assert_allclose(terms["growth_rate"], np.log(prior.pdf(rate)))
