"""The paper's point estimates, against what its figures are known to give."""

import numpy as np
import pytest

from bayesdensing.analysis.replicate import replicate
from bayesdensing.analysis.replicate.curves import PowerLaw, fit_power_law
from bayesdensing.analysis.replicate.regression import line_through, running_records


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
