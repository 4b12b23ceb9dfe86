"""Which figures a run gets."""

import pytest

from bayesdensing.plots import figures
from tests.analysis.synthetic import make_fit

TREND = ("growth_rate", "level", "log_density")
LINK = ("floor", "ceiling", "midpoint_loss", "link_slope")


def names(fit):
    return {name.removesuffix(".png") for name in figures(fit)}


def test_a_joint_fit_gets_all_figures_as_images():
    files = figures(make_fit())
    assert set(files) == {
        "density_trend.png", "doubling_time.png", "loss_curves.png", "score_links.png",
        "prior_posterior.png", "residuals.png",
    }  # fmt: skip
    assert all(content.startswith(b"\x89PNG") for content in files.values())


@pytest.mark.parametrize(
    ("spec", "leave_out", "wanted"),
    [
        ("loss_law", (*TREND, *LINK, "dispersion"), {"loss_curves", "prior_posterior"}),
        (
            "trend",
            (*LINK, "n_exponent"),
            {"density_trend", "doubling_time", "prior_posterior", "residuals"},
        ),
    ],
)
def test_a_part_of_the_model_gets_the_figures_that_it_has(spec, leave_out, wanted):
    assert names(make_fit(spec=spec, leave_out=leave_out)) == wanted
