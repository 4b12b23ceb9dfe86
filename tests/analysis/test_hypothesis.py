"""Claims as text, their probability, and ratios that are known in closed form."""

import contextlib
import string

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bayesdensing.analysis.expression import parse_claim
from bayesdensing.analysis.hypothesis import (
    Share,
    density_ratio,
    odds_ratio,
    share_of,
    values_of,
)
from bayesdensing.errors import SpecError
from bayesdensing.laws import Prior

VALUES = {"a": np.array([[1.0, 2.0, 3.0]]), "b[x-y, z]": np.array([[3.0, 2.0, 1.0]])}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < 2", [1, 0, 0]),
        ("a<=2", [1, 1, 0]),
        ("1 < a < 3", [0, 1, 0]),
        ("a > b[x-y, z]", [0, 0, 1]),
        ("a >= b[ x-y,z ] and not a > 2", [0, 1, 0]),
        ("a < 2 or a > 2", [1, 0, 1]),
        ("log(exp(a)) ** 2 / 2 + 1 > 2.5", [0, 1, 1]),
        ("abs(-a) - 2 * a < -1.5", [0, 1, 1]),
        ("1 / (a - 1) > 1e9", [1, 0, 0]),
    ],
)
def test_claims_mean_what_they_say(text: str, expected: list[int]) -> None:
    assert parse_claim(text).holds(VALUES).astype(int).tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a < 1 / 0", "1 / 0 is not defined"),
        ("a + 1 / 0 > 2", "1 / 0 is not defined"),
        ("-1 / 0 < a", "-1 / 0 is not defined"),
        ("0 / 0 < a", "0 / 0 is not defined"),
        ("a > log(0)", "log(0) is infinite"),
        ("a > log(-1)", "log(-1) is not defined"),
        ("a < 1e400", "1e309 is infinite"),
        ("a == 10 ** 999", "10 ** 999 is infinite"),
        ("a < 2 and not a > exp(999)", "exp(999) is infinite"),
    ],
)
def test_a_constant_that_is_not_finite_is_refused(text: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_claim(text)
    assert f"{what}: a constant must be a finite number" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "1 < 2", "a <", "a == 1 and a < 2", "a == 1 == a", "a != 1", "a in (1, 2)",
        "a.real < 1", "__import__('os').system('true') < 1", "(lambda: 1)() < a", "a if a else a",
        "a < 'x'", "a < True", "a < 1j", "a[0][1] < 1", "log(a, 2) < 1", "log(x=a) < 1",
        "sum(a) < 1", "a // 2 < 1", "a % 2 < 1", "a & 1 < 2", "~a < 1", "not a", "a and a < 1",
        "f'{a}' < 1", "[a] < 1", "a < 1; a", "a := 1", "1" * 400 + " < a", "(" * 300 + "a", "a\0<1",
    ],
)  # fmt: skip
def test_all_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_claim(text).holds(VALUES)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet=string.printable + "é\0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(SpecError):
        parse_claim(text)


def test_what_is_undefined_is_refused() -> None:
    with pytest.raises(SpecError, match="not defined for 33 % of draws"):
        parse_claim("log(a - 1.5) > 0").holds(VALUES)
    with pytest.raises(SpecError, match="not defined for 100 % of draws"):
        parse_claim("a / (a - a) > 1").holds(VALUES)


@pytest.mark.parametrize("text", ["a = 0", "b[x=y] = 1", "0 = a"])
def test_a_single_sign_of_equality_is_told_the_double(text: str) -> None:
    with pytest.raises(SpecError, match="an equality is written =="):
        parse_claim(text)


@pytest.mark.parametrize("text", ["a <", "b[x=y] <", "a := 1"])
def test_other_mistakes_are_not_told_of_equality(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_claim(text)
    assert "==" not in str(caught.value)


def test_points() -> None:
    assert parse_claim("a == 0").point == ("a", 0.0)
    assert parse_claim("-2 ** 2 == b[x]").point == ("b[x]", -4.0)
    assert parse_claim("a == b[x]").point is None
    assert parse_claim("a + 1 == 0").single
    assert not parse_claim("a > 0").single


def posterior(seed: int = 1) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "growth_rate": (("chain", "draw"), rng.normal(0.5, 1, (4, 1000))),
            "n_exponent": (("chain", "draw", "benchmark"), rng.normal(0.3, 0.1, (4, 1000, 2))),
            "log_density": (("chain", "draw", "llm"), rng.normal(size=(4, 1000, 3))),
        },
        coords={"benchmark": ["MMLU", "MMLU-Pro"]},
    )


def test_share_and_its_error() -> None:
    draws = posterior()
    found = share_of(parse_claim("doubling_time_days < 365.25"), draws)
    truth = float(stats.norm(0.5, 1).sf(np.log(2)))
    assert abs(found.probability - truth) < 5 * found.mcse
    assert found.mcse == pytest.approx(np.sqrt(truth * (1 - truth) / 4000), rel=0.2)
    # no growth is a doubling time without end
    late = share_of(parse_claim("doubling_time_days > 1e12"), draws).probability
    assert late == float((draws["growth_rate"] <= 0).mean())


def test_autocorrelated_draws_have_a_larger_error() -> None:
    rate = np.repeat(posterior()["growth_rate"].to_numpy()[:, :100], 10, axis=1)
    found = share_of(
        parse_claim("growth_rate > 0.5"), xr.Dataset({"growth_rate": (("chain", "draw"), rate)})
    )
    assert found.ess < 800


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("growth_rat", "did you mean growth_rate?"),
        ("n_exponent", r"name one entry, such as n_exponent\[MMLU\]"),
        ("n_exponent[BBH]", "no benchmark 'BBH'"),
        ("growth_rate[x]", "it has one value"),
        ("log_density[0]", "no parameter log_density"),
    ],
)
def test_unknown_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        values_of((name,), posterior())


def test_odds_ratio_with_its_error() -> None:
    ratio, mcse, refusal = odds_ratio(
        Share(probability=0.8, mcse=0.008, draws=4000, ess=2500),
        Share(probability=0.5, mcse=0.008, draws=4000, ess=4000),
    )
    assert ratio == pytest.approx(4)
    assert mcse == pytest.approx(4 * np.hypot(0.008 / 0.16, 0.008 / 0.25))
    assert refusal is None


@pytest.mark.parametrize(("after", "before"), [(1.0, 0.5), (0.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_odds_of_what_is_certain_are_refused(after: float, before: float) -> None:
    shares = [Share(probability=p, mcse=np.nan, draws=100, ess=np.nan) for p in (after, before)]
    ratio, _, refusal = odds_ratio(*shares)
    assert np.isnan(ratio)
    assert refusal


def test_savage_dickey_of_a_normal_mean() -> None:
    # one value y of sd 1, prior Normal(0, 2): the Bayes factor of mean 0 is known
    prior = Prior("Normal", {"mu": 0, "sigma": 2})
    y = 1.0
    draws = np.random.default_rng(3).normal(y * 4 / 5, np.sqrt(4 / 5), (4, 5000))
    truth = stats.norm(0, 1).pdf(y) / stats.norm(0, np.sqrt(5)).pdf(y)
    ratio, mcse, refusal = density_ratio(draws, prior, 0.0)
    assert refusal is None
    # beside the Monte-Carlo error the kernel's width biases by about one percent
    assert abs(ratio - truth) < 5 * mcse + 0.015 * truth


def test_savage_dickey_of_a_scale() -> None:
    prior = Prior("LogNormal", {"median": 1, "sigma": 1})
    draws = np.exp(np.random.default_rng(4).normal(0.2, 0.5, (4, 5000)))
    truth = stats.norm(0.2, 0.5).pdf(0.0) / stats.norm(0, 1).pdf(0.0)
    ratio, mcse, _ = density_ratio(draws, prior, 1.0)
    assert abs(ratio - truth) < 5 * mcse + 0.03 * truth


@pytest.mark.parametrize(
    ("value", "message"),
    [(-1.0, "support"), (50.0, "draws lie near"), (np.inf, "support")],
)
def test_savage_dickey_is_refused(value: float, message: str) -> None:
    prior = Prior("LogNormal", {"median": 1, "sigma": 1})
    draws = np.exp(np.random.default_rng(4).normal(0, 0.3, (4, 500)))
    ratio, _, refusal = density_ratio(draws, prior, value)
    assert np.isnan(ratio)
    assert refusal is not None
    assert message in refusal


def test_no_density_is_told_at_the_end_of_what_a_scale_can_be(
    recwarn: pytest.WarningsRecorder,
) -> None:
    draws = np.abs(np.random.default_rng(4).normal(0, 0.3, (4, 500)))
    _, _, refusal = density_ratio(draws, Prior("HalfNormal", {"sigma": 1.0}), 0.0)
    assert refusal is not None
    assert "the end of what the parameter can be" in refusal
    assert not recwarn.list
