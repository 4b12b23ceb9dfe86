"""The paper's point estimates, against what its figures are known to give."""

import numpy as np
import pytest

from bayesdensing.analysis.replicate import replicate
from bayesdensing.analysis.replicate.curves import PowerLaw, fit_power_law
from bayesdensing.analysis.replicate.regression import (
    half_units,
    line_through,
    running_records,
    shifted_lines,
)


@pytest.fixture(scope="module")
def found():
    return replicate()


@pytest.mark.parametrize(
    ("quantity", "value", "tolerance"),
    [
        ("nmi_5bench, records: A", 0.00653, 5e-6),
        ("nmi_5bench, records: B", -2.611, 1e-3),
        ("nmi_5bench, records: R2", 0.934, 5e-4),
        ("nmi_5bench, records: doubling time", 106.2, 0.05),
        ("nmi_5bench, all models: doubling time", 148.9, 0.05),
        ("nmi_mmlu_cf, records: doubling time", 104.3, 0.05),
        ("nmi_mmlu, before ChatGPT, records: doubling time", 144, 1),
        ("nmi_mmlu, after ChatGPT, records: doubling time", 95, 0.5),
        ("MMLU, optimum 1: rmse", 0.0041, 5e-5),
        ("MMLU, optimum 2: rmse", 0.0055, 5e-5),
    ],
)
def test_the_published_figures_give_the_known_values(found, quantity, value, tolerance):
    assert found.value(quantity) == pytest.approx(value, abs=tolerance)


def test_the_papers_constants_are_in_the_worse_optimum_where_they_are_known_to_be(found):
    drawn = found.table[found.table["printed"].notna() & (found.table["part"] == "eq. 2")]
    place = {q.split(",")[0]: q.split("optimum ")[1][0] for q in drawn["quantity"]}
    worse = {benchmark for benchmark, which in place.items() if which == "2"}
    assert worse == {"MMLU", "MATH", "AVERAGE"}


def test_the_anchored_score_curves_are_those_that_the_paper_drew(found):
    table = found.table
    rows = table[(table["part"] == "eq. 3") & table["quantity"].str.contains("with")]
    slopes = rows[rows["quantity"].str.endswith("gamma")]
    assert len(slopes) == 6
    np.testing.assert_allclose(slopes["ours"], slopes["printed"], rtol=2e-3)


def test_a_law_without_noise_is_recovered():
    law = PowerLaw(3.0, 0.15, 150.0, 0.32)
    n, ratio = (g.ravel() for g in np.meshgrid(np.geomspace(5e6, 1e9, 6), [10.0, 20.0, 60.0]))
    best = fit_power_law(n, n * ratio, law.loss(n, n * ratio))[0]
    assert best.rmse < 1e-8
    assert best.n_exponent == pytest.approx(0.15, rel=1e-4)
    assert best.d_coefficient == pytest.approx(150.0, rel=1e-3)


def test_a_line_without_noise_is_recovered_and_records_rise():
    days = np.arange(0.0, 500.0, 50.0)
    line = line_through(days, np.exp(0.007 * days - 2))
    assert (line.slope, line.intercept) == pytest.approx((0.007, -2))
    values = np.random.default_rng(0).normal(size=10)
    assert (np.diff(values[running_records(days, values)]) > 0).all()


def note_of(found, quantity):
    (note,) = found.table.loc[found.table["quantity"] == quantity, "note"]
    return note


def test_the_whole_of_a_series_stands_beside_its_parts(found):
    table = found.table.set_index("quantity")
    # Llama-65B is on record since ChatGPT alone: Chinchilla-70B lies above it
    for which, count in (("all models", 37), ("records", 3 + 6 - 1)):
        row = table.loc[f"nmi_mmlu, {which}: doubling time"]
        assert f"{count} points" in row["note"]
        assert np.isnan(row["printed"])
    parts = [table.loc[f"nmi_mmlu, {era} ChatGPT, all models: A", "note"] for era in ERAS]
    assert [part.split("; ")[1] for part in parts] == ["8 points", "29 points"]
    # at other reference tokens too, those since ChatGPT are called so
    whole, late = (
        table.loc[f"nmi_mmlu{era}, all models, D0 = 5T: doubling time"]
        for era in ("", ", after ChatGPT")
    )
    assert "37 points" in whole["note"]
    assert "29 points" in late["note"]
    assert whole["ours"] == pytest.approx(found.value("nmi_mmlu, all models: doubling time"))


ERAS = ("before", "after")


def test_what_the_digits_of_the_figures_leave_open_is_told(found):
    r2 = "nmi_mmlu_cf, records: R2"
    note = note_of(found, r2)
    low, high = _range(note, "densities within half a unit of their last digit")
    assert 0.9535 < low < found.value(r2) < high  # all of them round to 0.954, not to 0.953
    low, high = _range(note, "dates within a day")
    assert low < 0.9535 < found.value(r2) < high
    note = note_of(found, "nmi_mmlu_cf, records: doubling time")
    low, high = _range(note, "densities within half a unit of their last digit")
    assert low < found.value("nmi_mmlu_cf, records: doubling time") < high


def _range(note, what):
    (told,) = [part for part in note.replace(", ", "; ").split("; ") if part.endswith(what)]
    low, _, high = told.removesuffix(f" for {what}").partition(" to ")
    return float(low), float(high)


def test_the_digits_of_scores_leave_the_effective_parameters_open(found):
    quantity = "effective parameters of Mistral-Small-24B"
    row = found.table.set_index("quantity").loc[quantity]
    told = row["note"].split("; ")
    low, _, high = told[2].removesuffix(" for a score within 0.05").partition(" to ")
    assert float(low) < row["ours"] < row["printed"] < float(high)


def test_a_half_unit_is_that_of_the_last_digit():
    np.testing.assert_allclose(half_units(np.array([0.02, 1.234, 5.0])), [0.005, 0.0005, 0.5])


def test_lines_are_shifted_in_every_combination():
    days, values = np.array([0.0, 10.0, 20.0]), np.array([1.0, 2.0, 3.0])
    still = list(shifted_lines(days, values))
    assert len(still) == 8
    assert {line.r2 for line in still} == {line_through(days, values).r2}
    moved = [line.r2 for line in shifted_lines(days, values, by_days=1.0)]
    assert min(moved) < still[0].r2 < max(moved)
