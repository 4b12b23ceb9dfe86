"""Figures of names of 75 characters: nothing leaves the figure, panels keep their room."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing import plots
from bayesdensing.analysis import Estimate
from bayesdensing.analysis.coverage import Ranks
from bayesdensing.analysis.dependence import Sensitivity, table_of
from bayesdensing.corollaries import (
    Corollary,
    Row,
    acceleration,
    compression,
    edge,
    engines,
    payback,
)
from bayesdensing.plots._style import short
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit
from tests.corollaries.changing import changed
from tests.corollaries.compressed import with_children

_NAMED = ("model", "parent", "family", "organization", "benchmark", "evaluator")


def long(name):
    """Return a name of 75 characters that begins and ends as the short one does."""
    text = str(name)
    middle = 10 * "-Instruct-v2.1-preview"
    return f"{text}{middle[: 74 - 2 * len(text)]}-{text}"


def renamed(fit, *, spec=True):
    """Return a fit whose LLMs, families, benchmarks, evaluators and hypothesis have long names."""
    frames = {
        name: table.assign(
            **{c: table[c].map(long, na_action="ignore") for c in _NAMED if c in table}
        )
        for name, table in fit.data.frames.items()
    }
    tree = {}
    for group, node in fit.idata.children.items():
        data = node.to_dataset()
        coords = {
            dim: [long(x) for x in data[dim].to_numpy()]
            for dim in ("llm", "benchmark", "evaluator", "family")
            if dim in data.coords
        }
        if "score_obs" in data.coords:
            coords["score_obs"] = [
                " | ".join(map(long, label.split(" | "))) for label in data["score_obs"].to_numpy()
            ]
        tree[group] = data.assign_coords(coords)
    if "loss_unit" in tree["posterior"].attrs:
        tree["posterior"].attrs["quantity"] = long("capability density")
    hypothesis = fit.spec.model_copy(update={"name": long(fit.spec.name)}) if spec else fit.spec
    return replace(
        fit,
        spec=hypothesis,
        data=replace(fit.data, _frames=frames),
        idata=xr.DataTree.from_dict(tree),
    )


@pytest.fixture(scope="module")
def fit():
    return renamed(make_fit())


@pytest.fixture(scope="module")
def scored():
    return renamed(make_scored_fit(n_llms=20, draws=60))


def choices(_):
    rows = [
        {
            "axis": axis, "choice": choice, "growth_rate_sd": 0.2, "converged": True,
            "rate": {"median": r, "eti50": [r, r], "eti89": [r, r], "eti95": [r - 0.4, r + 0.4]},
        }
        for axis, choice, r in (
            ("as it is", "as it is", 2.0), (long("law"), long("power"), 3.0),
            (long("prior"), long("a halved"), 2.1),
        )
    ]  # fmt: skip
    about = {"spec": long("made"), "data": long("none")}
    return plots.sensitivity(Sensitivity(table_of(rows, as_it_is="as it is"), about, "as it is"))


def ranks(_):
    rng = np.random.default_rng(1)
    about = json.dumps({"spec": long("made"), "truths": f"the run {long('run')}", "seed": 1})
    table = pd.DataFrame({"fit": range(30)})
    for name in ("growth_rate", long("level"), long("other")):
        table[f"{name} rank"] = rng.integers(0, 100, 30)
        table[f"{name} n_draws"] = 99
        table[f"{name} inside"] = 95
    return plots.calibration(Ranks.from_csv(f"# {about}\n{table.to_csv(index=False)}"))


def side_by_side(_):
    table = pd.DataFrame(
        {
            "left_out": "LLM", "group": ["A", "A", "B"], "converged": [True, False, True],
            "hypothesis": [long(name) for name in ("one", "two", "three")],
            "reliable": [True, False, True],
            "elpd_diff": [0.0, -3.0, 0.0], "diff_se": [0.0, 2.0, 0.0], "growth_rate": 2.0,
            "growth_rate_eti95_lb": 1.8, "growth_rate_eti95_ub": 2.2, "doubling_time_days": 127.0,
            "eti95_lb": 115.0, "eti95_ub": 141.0, "verdict": ["best", "worse", "best"],
        }
    )  # fmt: skip
    groups = {"A": f"data {long('d')}, ruler {long('r')}", "B": long("other")}
    return plots.comparison(SimpleNamespace(table=table, stacked={}, groups=groups))


def prior(_):
    rng = np.random.default_rng(1)
    sizes = np.geomspace(1e8, 1e11, 20)
    found = xr.Dataset(
        {
            "loss_curve": (("draw", "benchmark", "n_params"), rng.random((30, 1, 20)) + 0.1),
            "score_curve": (("draw", "benchmark", "n_params"), rng.random((30, 1, 20))),
            "doubling_time": ("draw", rng.uniform(50, 400, 30)),
        },
        coords={"benchmark": [long("MMLU")], "n_params": sizes},
        attrs={"spec": long("joint"), "quantity": long("density"), "loss_unit": long("nats")},
    )
    return plots.prior_predictive(found)


def priced(_):
    dates = pd.DatetimeIndex(["2023-03-14", "2023-11-06", "2024-08-01"])
    prices = pd.DataFrame(
        {
            "model": [long(f"m{i}") for i in range(3)], "date": dates,
            "usd_per_mtok": [36.0, 14.0, 0.4], "on_record": True,
        }
    )  # fmt: skip
    path = pd.DataFrame({"date": dates})
    for name in ("trend", "density"):
        for end, factor in (("median", 1.0), ("lower", 0.8), ("upper", 1.2)):
            path[f"{name}_{end}"] = prices["usd_per_mtok"] * factor
    names = ("ends", "cheapest", "all", "price_halving", "density_halving")
    days = Estimate(median=100.0, eti50=(90.0, 110.0), eti89=(80.0, 120.0), eti95=(70.0, 130.0))
    rows = tuple(Row(quantity=n, label=n, unit="days", estimate=days) for n in names)
    found = Corollary(
        name="price", title="prices", run=long("joint"), converged=True, usable=True, warning="",
        rows=rows, draws=xr.Dataset(), assumptions=(), inputs={"capability": long("GPT")},
        tables={"path": path, "prices": prices},
    )  # fmt: skip
    return plots.corollary(found)


def compressed(_):
    changes = {"pruned": [-0.5, -0.1], "quantized, 4 bits": [-0.2, 0.0]}
    found = compression(with_children(make_scored_fit(draws=60), changes))
    pairs = found.tables["pairs"].assign(llm=lambda t: t["llm"].map(long))
    return plots.corollary(replace(found, tables={**found.tables, "pairs": pairs}))


def sped_up(_):
    rng = np.random.default_rng(1)
    return plots.corollary(
        acceleration(renamed(changed(rng.normal(1, 0.5, 200), rng.normal(2, 0.5, 200))))
    )


#: Plots by their names: of a fit, of a fit with scores, or of what they make themselves.
OF_FIT = {
    "density_trend": plots.density_trend,
    "doubling_time": plots.doubling_time,
    "doubling_times": lambda fit: plots.doubling_times(
        [fit, replace(fit, spec=fit.spec.model_copy(update={"name": long("other")}))]
    ),
    "loss_curves": plots.loss_curves,
    "score_links": lambda fit: plots.score_links(fit),
    "prior_posterior": plots.prior_posterior,
    "residuals": plots.residuals,
    "engines": lambda fit: plots.corollary(engines(fit)),
    "edge": lambda fit: plots.corollary(edge(fit, benchmark=long("MMLU"), score=0.7)),
    "payback": lambda fit: plots.corollary(payback(fit, llm=long("llm-02"))),
    "sensitivity": choices,
    "calibration": ranks,
    "comparison": side_by_side,
    "prior_predictive": prior,
    "compression": compressed,
    "acceleration": sped_up,
    "price": priced,
}
OF_SCORES = {
    "posterior_predictive": plots.posterior_predictive,
    "loo_pit": plots.loo_pit,
    "score_links": plots.score_links,
}
EVERY = {**OF_FIT, **OF_SCORES}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_nothing_leaves_the_figure_and_panels_keep_their_room(name, request):
    given = request.getfixturevalue("scored" if name in OF_SCORES else "fit")
    figure = EVERY[name](given).figure
    figure.draw_without_rendering()
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert drawn.x0 > -0.02
    assert drawn.x1 < width + 0.02
    assert drawn.y0 > -0.02
    assert drawn.y1 < height + 0.02
    panels = [axes for axes in figure.axes if axes.axison and axes.has_data()]
    sizes = [axes.get_position() for axes in panels]
    assert sum(box.width * box.height for box in sizes) > 0.25


def test_every_public_plot_is_tried():
    corollaries = {"price", "acceleration", "edge", "compression", "payback", "engines"}
    public = set(plots.__all__) - {"PlotResult", "figures", "corollary"}
    assert public | corollaries <= set(EVERY)


def test_full_names_are_in_the_data(fit, scored):
    assert long("llm-00") in plots.density_trend(fit).data["llm"].to_numpy()
    assert long("MMLU") in plots.loss_curves(fit).data["benchmark"].to_numpy()
    assert long("family-0") in plots.residuals(fit).data["family"].to_numpy()
    found = plots.posterior_predictive(scored).data
    assert set(found["evaluator"].to_numpy()) == {long("harness"), long("self-reported")}
    both = OF_FIT["doubling_times"](fit).data["hypothesis"].to_numpy().tolist()
    assert both == [long("joint"), long("other")]
    assert long("law") in choices(None).data["axis"].to_numpy()
    assert side_by_side(None).data["hypothesis"].to_numpy()[0] == long("one")


def test_names_are_told_apart_by_both_ends():
    one, two = short(long("seven-7B")), short(long("seven-8B"))
    assert len(one) == 28
    assert one != two
    assert (one[:8], one[-8:]) == ("seven-7B", "seven-7B")
    assert short("Llama-3-8B") == "Llama-3-8B"
    assert short(long("x"), 11) == "x-Ins…str-x"


def test_a_dollar_sign_starts_no_formula(fit):
    strange = replace(fit, spec=fit.spec.model_copy(update={"name": r"$\nothing$"}))
    drawn = plots.doubling_times([strange, fit])
    assert drawn.to_png()
    assert drawn.data["hypothesis"].to_numpy()[0] == r"$\nothing$"
