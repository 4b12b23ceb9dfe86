"""Size, count, family and benchmark terms: who shares what, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest

from bayesdensing.assembly import Assembled
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError

Tiny = Callable[..., DataBundle]
Make = Callable[..., Assembled]

FAMILIES = ["a"] * 6 + ["b"] * 4 + ["c"] * 2 + [f"own-{i}" for i in range(8)]


def in_families(llms: pd.DataFrame) -> pd.DataFrame:
    return llms.assign(family=FAMILIES)


def experts(llms: pd.DataFrame) -> pd.DataFrame:
    share = np.where(np.arange(len(llms)) % 2, 0.125, 1.0)
    return llms.assign(n_params_active=(llms["n_params"] * share).round())


def drawn(made: Assembled, names: list[str], **fixed: Any) -> list[np.ndarray]:
    model = pm.do(made.model, fixed)
    return pm.draw([model[name] for name in names], draws=2000, random_seed=1, mode="FAST_COMPILE")


def by_llm(made: Assembled, values: np.ndarray) -> dict[str, np.ndarray]:
    return {str(n): values[:, i] for i, n in enumerate(made.model.coords["llm"] or ())}


@pytest.mark.parametrize("frontier", ["none", "half-normal"])
def test_llms_of_one_family_share_an_effect(make: Make, tiny: Tiny, frontier: str) -> None:
    made = make(tiny(models=in_families), growth={"family": "intercept", "frontier": frontier})
    assert list(made.model.coords["family"] or ()) == ["a", "b", "c"]
    fixed = {"level": 0.0, "growth_rate": 0.0, "dispersion": 0.6, "family_sd": 0.8}
    behind = {"inefficiency_sd": 0.5} if frontier == "half-normal" else {}
    (values,) = drawn(made, ["log_density"], **fixed, **behind)
    llm = by_llm(made, values)
    inefficiency = (1 - 2 / np.pi) * 0.25 if behind else 0.0
    total = 0.64 + 0.36 + inefficiency
    # sd of a variance of 2,000 draws is 3.2 %, that of a correlation at most 2.3 %
    for name in ("llm-00", "llm-12"):  # of a family of six, and of one
        assert llm[name].var() == pytest.approx(total, rel=0.15)
    same, other = (np.corrcoef(llm["llm-00"], llm[n])[0, 1] for n in ("llm-05", "llm-06"))
    assert same == pytest.approx(0.64 / total, abs=0.1)
    assert other == pytest.approx(0, abs=0.1)
    assert np.corrcoef(llm["llm-18"], llm["llm-19"])[0, 1] == pytest.approx(0, abs=0.1)


def test_density_goes_with_size_by_its_exponent(make: Make, tiny: Tiny) -> None:
    made = make(
        tiny(models=experts), growth={"size_term": "linear", "parameter_count": "estimated"}
    )
    fixed = {"level": 0.3, "growth_rate": 0.0, "dispersion": 1e-6}
    (values,) = drawn(made, ["log_density"], **fixed, size_exponent=0.4, active_weight=0.5)
    log_total = np.log(made.constants["n_params"][1])
    log_n = log_total + 0.5 * made.constants["log_active_share"][1]
    expected = 0.3 + 0.4 * (log_n - log_total.mean())
    np.testing.assert_allclose(values.mean(axis=0), expected, atol=1e-4)
    assert float(made.attrs["mean_log_n"]) == pytest.approx(log_total.mean())


def test_benchmarks_rates_have_the_shared_one_as_their_mean(make: Make) -> None:
    made = make(growth={"benchmark_growth": "pooled"})
    names = ["growth_rate", "growth_rate_by_benchmark"]
    rate, each = drawn(made, names, benchmark_growth_sd=0.4)
    np.testing.assert_allclose(each.mean(axis=1), rate, atol=1e-12)
    # of two that sum to zero each has a variance of half the scale's square
    assert (each[:, 0] - rate).std() == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    ("growth", "change", "reason"),
    [
        (
            {"parameter_count": "estimated"},
            lambda llms: llms.assign(n_params_active=llms["n_params"]),
            "no LLM of the data has fewer active than total",
        ),
        (
            {"size_term": "linear"},
            lambda llms: llms.assign(n_params=7e9, n_params_active=7e9),
            "of one size",
        ),
        (
            {"family": "intercept"},
            lambda llms: llms.assign(family=llms["model"]),
            "no family of the data has two LLMs",
        ),
    ],
)
def test_what_the_data_cannot_tell_is_refused_in_one_line(
    make: Make, tiny: Tiny, growth: dict[str, str], change: Any, reason: str
) -> None:
    with pytest.raises(DataNeedError, match=reason) as refused:
        make(tiny(models=change), growth=growth)
    assert "\n" not in str(refused.value)


def test_one_benchmark_has_no_growth_of_its_own(make: Make, tiny: Tiny) -> None:
    only = tiny(scores=lambda rows: rows[rows["benchmark"] == "BBH"])
    with pytest.raises(DataNeedError, match="one benchmark"):
        make(only, growth={"benchmark_growth": "pooled"})
