"""The object of summary.json, key by key."""

import json

import numpy as np
import pytest

from bayesdensing.analysis.summary import plain, summarise, to_json
from tests.analysis.synthetic import make_fit

KEYS = [
    "schema_version", "spec", "seed", "approximate", "versions", "data", "headline", "parameters",
    "diagnostics", "timing_s",
]  # fmt: skip


def test_the_keys_are_those_of_the_contract():
    summary = summarise(make_fit())
    assert list(summary) == KEYS
    assert summary["schema_version"] == 1
    assert summary["spec"] == "joint"
    assert list(summary["data"]) == [
        "name", "sha256", "n_models", "n_scores", "n_reference_runs",
    ]  # fmt: skip
    assert (summary["data"]["n_models"], summary["data"]["n_scores"]) == (12, 24)
    assert list(summary["headline"]) == [
        "doubling_time_days", "growth_rate_per_year", "prob_rate_not_positive", "label", "segments",
    ]  # fmt: skip
    estimate = ["median", "eti50", "eti89", "eti95"]
    assert list(summary["headline"]["doubling_time_days"]) == estimate
    assert list(summary["headline"]["growth_rate_per_year"]) == estimate
    for row in summary["parameters"].values():
        assert list(row) == [
            "median", "mean", "sd", "eti89", "eti95", "rhat", "ess_bulk", "ess_tail",
        ]  # fmt: skip
    assert list(summary["diagnostics"]) == [
        "converged", "max_rhat", "min_ess_bulk", "min_ess_tail", "divergences",
        "max_depth_share", "min_ebfmi", "modes", "worst_parameter", "reasons",
    ]  # fmt: skip
    assert summary["timing_s"] == {"compile": 1.0, "sample": 2.0, "total": 3.5}


def test_infinity_is_null():
    rate = np.random.default_rng(1).normal(0.1, 1.0, (4, 250))
    doubling = summarise(make_fit(rate=rate))["headline"]["doubling_time_days"]
    assert doubling["eti50"][1] is None
    assert doubling["eti50"][0] > 0


@pytest.mark.parametrize(
    "rate", [np.zeros((4, 250)), -np.ones((4, 250)), np.full((4, 250), np.nan)]
)
def test_every_parser_reads_it(rate):
    text = to_json(summarise(make_fit(rate=rate)))
    json.loads(text, parse_constant=pytest.fail)


def test_without_growth_the_headline_is_null_and_says_why():
    fit = make_fit(spec="loss_law", leave_out=("growth_rate", "level", "log_density"))
    found = summarise(fit)["headline"]
    assert found["doubling_time_days"] is None
    assert "no growth block" in found["label"]


def test_each_mode_has_its_own_headline():
    rate = np.repeat([[1.0], [1.0], [2.0], [2.0]], 250, axis=1)
    modes = (
        {"name": "mode 1", "chains": [0, 1], "differs": "level"},
        {"name": "mode 2", "chains": [2, 3], "differs": "level"},
    )
    summary = summarise(make_fit(rate=rate, diagnostics={"converged": False, "modes": modes}))
    found = summary["diagnostics"]["modes"]
    assert [mode["headline"]["growth_rate_per_year"]["median"] for mode in found] == [1.0, 2.0]
    assert [mode["chains"] for mode in found] == [[0, 1], [2, 3]]


def test_plain_goes_all_the_way_down():
    value = {"a": [np.float32(1.5), {"b": (np.nan, -np.inf, np.bool_(True))}], "c": np.arange(2)}
    assert plain(value) == {"a": [1.5, {"b": [None, None, True]}], "c": [0, 1]}
