"""The curves of the trend: level at the mean date, their rates, their limits, graphs as arrays."""

import itertools
from datetime import date
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from bayesdensing.laws.trend import TRENDS, Calendar, trend_of

CALENDAR = Calendar(
    reference=date(2024, 1, 1),
    start=date(2022, 1, 1),
    end=date(2025, 7, 1),
    change=date(2022, 11, 30),
)
UNKNOWN = "changepoint, unknown date"
SHAPES = {**TRENDS, UNKNOWN: trend_of("changepoint", known_change=False)}
VALUES: dict[str, Any] = {
    "level": 0.7,
    "growth_rate": 1.3,
    "growth_rate_before": 0.4,
    "growth_rate_after": 2.1,
    "change_share": 0.3,
    "growth_rate_middle": 1.2,
    "acceleration": -0.6,
    "saturation": 0.4,
    "drift": 1.1,
    "walk_sd": 0.8,
    "walk_step": np.random.default_rng(1).normal(size=len(CALENDAR.quarters)),
}
YEARS = np.linspace(-2, 1.5, 29)


@pytest.mark.parametrize("name", SHAPES)
def test_the_level_is_the_value_at_the_mean_date(name: str) -> None:
    found = SHAPES[name].path(np.zeros(1), VALUES, CALENDAR)
    np.testing.assert_allclose(found, 0.7, atol=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_graphs_and_arrays_agree(name: str) -> None:
    shape = SHAPES[name]
    symbols: dict[str, Any] = {
        n: pt.vector(n) if n == shape.steps else pt.scalar(n) for n in shape.needs
    }
    graph = shape.path(YEARS, symbols, CALENDAR) + np.zeros(len(YEARS))
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    compiled = pytensor.function(list(symbols.values()), graph, mode=mode)
    found = compiled(*(VALUES[n] for n in shape.needs))
    expected = shape.path(YEARS, VALUES, CALENDAR) + np.zeros(len(YEARS))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("name", SHAPES)
def test_draws_are_evaluated_each_by_itself(name: str) -> None:
    shape = SHAPES[name]
    rows = {n: np.stack([np.atleast_1d(VALUES[n])] * 3) for n in shape.needs}
    rows["level"] = np.array([[0.7], [1.7], [2.7]])
    found = shape.path(YEARS, rows, CALENDAR) + np.zeros(len(YEARS))
    alone = shape.path(YEARS, VALUES, CALENDAR)
    np.testing.assert_allclose(found, alone + np.arange(3)[:, None], rtol=1e-10, atol=1e-12)


def test_a_known_change_has_two_rates_and_no_jump() -> None:
    shape, at = SHAPES["changepoint"], CALENDAR.years(date(2022, 11, 30))
    path = shape.path(np.array([at - 0.5, at, at + 0.5]), VALUES, CALENDAR)
    np.testing.assert_allclose(np.diff(path), [0.4 / 2, 2.1 / 2])
    first, last = CALENDAR.window
    rate = shape.mean_rate(VALUES, CALENDAR, start=first, end=last)
    assert float(rate) == pytest.approx(2.1)


def test_an_unknown_change_is_a_known_one_with_a_rounded_corner() -> None:
    first, last = CALENDAR.span
    at = first + 0.3 * (last - first)
    far = np.array([at - 8, at - 7, at + 7, at + 8])
    path = SHAPES[UNKNOWN].path(far, VALUES, CALENDAR)
    assert path[1] - path[0] == pytest.approx(0.4, abs=1e-4)
    assert path[3] - path[2] == pytest.approx(2.1, abs=1e-4)
    near = at + np.array([-1e-4, 1e-4])
    slope = np.diff(SHAPES[UNKNOWN].path(near, VALUES, CALENDAR))[0] / 2e-4
    assert slope == pytest.approx((0.4 + 2.1) / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("accelerating", {"acceleration": 0.0}),
        ("saturating", {"saturation": 1e-9}),
        ("random_walk", {"walk_sd": 0.0, "drift": 1.2}),
        ("changepoint", {"growth_rate_before": 1.2, "growth_rate_after": 1.2}),
        (UNKNOWN, {"growth_rate_before": 1.2, "growth_rate_after": 1.2}),
    ],
)
def test_the_straight_line_is_a_limit_of_each(name: str, changes: dict[str, float]) -> None:
    path = SHAPES[name].path(YEARS, {**VALUES, **changes}, CALENDAR)
    np.testing.assert_allclose(path, 0.7 + 1.2 * YEARS, atol=1e-6)


def test_saturation_levels_off_at_a_ceiling() -> None:
    far = SHAPES["saturating"].path(np.array([50.0, 60.0]), VALUES, CALENDAR)
    # at the mean date 40 % of the ceiling are reached
    np.testing.assert_allclose(far, 0.7 - np.log(0.4), rtol=1e-9)
    at = np.array([-1e-4, 1e-4])
    slope = np.diff(SHAPES["saturating"].path(at, VALUES, CALENDAR))[0] / 2e-4
    assert slope == pytest.approx(1.2, rel=1e-4)


def test_acceleration_is_the_second_derivative() -> None:
    path = SHAPES["accelerating"].path(YEARS, VALUES, CALENDAR)
    second = np.diff(path, 2) / np.diff(YEARS)[0] ** 2
    np.testing.assert_allclose(second, -0.6, rtol=1e-8)


def test_a_walk_is_straight_between_its_knots() -> None:
    knots = CALENDAR.knots
    middle = (knots[1:] + knots[:-1]) / 2
    shape = SHAPES["random_walk"]
    at_knots, at_middle = (shape.path(at, VALUES, CALENDAR) for at in (knots, middle))
    np.testing.assert_allclose(at_middle, (at_knots[1:] + at_knots[:-1]) / 2, rtol=1e-9)
    width = np.diff(knots)[0]
    steps = np.diff(at_knots) - 1.1 * width
    np.testing.assert_allclose(steps, 0.8 * np.sqrt(width) * VALUES["walk_step"], rtol=1e-8)


def test_pieces_cover_the_dates() -> None:
    for name in ("changepoint", "accelerating", "saturating", "random_walk"):
        pieces = SHAPES[name].pieces(CALENDAR)
        assert pieces[0].start == CALENDAR.span[0]
        assert pieces[-1].end == CALENDAR.span[1]
        assert all(a.end == b.start for a, b in itertools.pairwise(pieces))
    assert SHAPES["exponential"].pieces(CALENDAR) == ()


def test_a_bending_trend_needs_dates() -> None:
    with pytest.raises(ValueError, match="refers to the dates"):
        SHAPES["random_walk"].path(YEARS, VALUES)
    with pytest.raises(ValueError, match="not known"):
        SHAPES["changepoint"].path(
            YEARS,
            VALUES,
            Calendar(reference=CALENDAR.reference, start=CALENDAR.start, end=CALENDAR.end),
        )


def test_dates_without_time_between_them_are_refused() -> None:
    with pytest.raises(ValueError, match="not after"):
        Calendar(reference=date(2024, 1, 1), start=date(2024, 1, 1), end=date(2024, 1, 1))
