"""`sensitivity`: one choice at a time made otherwise, a row per fit."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bayesdensing import plots
from bayesdensing.analysis.dependence import COLUMNS, Sensitivity, table_of
from bayesdensing.assembly import assemble
from bayesdensing.assembly.open_priors import open_priors, prior_data
from bayesdensing.cli.app import main
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, SpecError
from bayesdensing.fitting import fit
from bayesdensing.ladder import CrossValidation
from bayesdensing.multiverse import AS_IS, variants
from bayesdensing.spec import Spec, load_spec
from bayesdensing.varying import recipe, sensitivity

Frames = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    frames = tiny_frames()
    llms = frames["models"]
    frames["models"] = llms.assign(family=["a", "b"] * (len(llms) // 2), organization="lab")
    return DataBundle.from_frames(name="tiny", **frames)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("sensitivity")


@pytest.fixture(scope="module")
def found(bundle, folder) -> Sensitivity:
    return sensitivity("trend", bundle, seed=1, out=folder)


# --- rows -----------------------------------------------------------------------------------------


def test_every_choice_has_its_row(found, bundle):
    assert tuple(found.table.columns) == COLUMNS
    wanted = variants(load_spec("trend"), bundle)
    assert found.table["axis"].tolist() == [v.axis for v in wanted]
    assert found.table["choice"].iloc[0] == AS_IS
    assert (found.table["axis"] == "without_llm").sum() == 20
    assert found.converged
    assert (found.table["eti95_lb"] < found.table["doubling_time_days"]).all()
    assert found.base["shift_sd"] == 0


def test_a_row_is_what_a_fit_of_its_own_says(found, bundle):
    """Priors set as data, LLMs taken away by weights: the posterior is that of a new model."""
    spec = load_spec("trend")
    for key in ("prior=growth_rate halved", "without_llm=llm-00"):
        variant = next(v for v in variants(spec, bundle) if v.key == key)
        assert variant.same_graph
        alone = fit(variant.spec, variant.data_of(bundle), seed=7, progress=False)
        row = found.table[(found.table["axis"] + "=" + found.table["choice"]) == key].iloc[0]
        sd = float(alone.posterior["growth_rate"].std())
        assert abs(row["growth_rate"] - float(alone.posterior["growth_rate"].median())) < 0.2 * sd
        assert row["growth_rate_sd"] == pytest.approx(sd, rel=0.15)


def test_a_narrow_prior_far_away_moves_the_rate(bundle, tmp_path):
    far = load_spec("trend")
    prior = type(far.priors["growth_rate"])("Normal", {"mu": 6.0, "sigma": 0.6})
    spec = Spec(**{**dict(far), "priors": {**far.priors, "growth_rate": prior}})
    moved = sensitivity(spec, bundle, axes=["prior"], seed=1, out=tmp_path)
    assert moved.axes.loc["prior", "furthest"].startswith("growth_rate")
    assert abs(moved.axes.loc["prior", "shift_sd"]) > 0.5
    assert "prior moves the doubling time most at growth_rate" in moved.sentences[0]


def test_it_is_taken_up_where_it_ended(found, bundle, folder):
    victim = sorted((folder / "fits").rglob("*.json"))[3]
    victim.write_text(victim.read_text()[:50])
    told = []
    again = sensitivity("trend", bundle, seed=1, out=folder, tell=told.append)
    assert "1 stored fits are damaged: they are made again" in told
    left_out = ["seconds"]
    pd.testing.assert_frame_equal(
        again.table.drop(columns=left_out), found.table.drop(columns=left_out)
    )


def test_a_choice_that_cannot_be_fitted_is_a_row_all_the_same(bundle, tmp_path, monkeypatch):
    whole = recipe.Fits._same

    def sometimes(self, sampler, variant, seed):
        if variant.choice == "llm-03":
            raise RuntimeError("all starts failed")
        return whole(self, sampler, variant, seed)

    monkeypatch.setattr(recipe.Fits, "_same", sometimes)
    some = sensitivity("trend", bundle, axes=["without_llm"], seed=1, out=tmp_path)
    row = some.table[some.table["choice"] == "llm-03"].iloc[0]
    assert row["failure"] == "RuntimeError: all starts failed"
    assert not some.converged
    assert some.axes.loc["without_llm", "n"] == 19


def test_log_predictive_densities_are_those_of_a_comparison(found, bundle):
    rows = found.table.set_index(["axis", "choice"])
    run = fit(load_spec("trend"), bundle, seed=7, progress=False)
    left_out = CrossValidation(run, max_refits=0).by_llm()
    # from one seed to the next it moves by 0.05
    assert rows.loc[(AS_IS, AS_IS), "elpd"] == pytest.approx(left_out.elpd.sum(), abs=0.2)
    halved = rows.loc[("prior", "level halved")]
    assert abs(halved["elpd_difference"]) < 1
    assert halved["elpd"] - rows.loc[(AS_IS, AS_IS), "elpd"] == pytest.approx(
        halved["elpd_difference"]
    )
    without = found.table["axis"].isin(["without_llm", "without_year"])
    assert found.table.loc[without, "elpd"].isna().all()  # they have seen other data
    assert found.table.loc[~without, "elpd"].notna().all()


def test_the_budget_by_fits_stands_beside_the_regression(found):
    budget = found.budget
    held = budget.loc["level and dispersion"]
    assert held["n_held"] == 2
    # of a line through centred dates level and scatter say nothing of the slope
    assert held["variance_share_refit"] == pytest.approx(held["variance_share"], abs=0.15)
    assert held["sd_left_refit"] == pytest.approx(found.base["growth_rate_sd"], rel=0.1)
    assert held["refit_converged"]
    assert "LLMs themselves" in budget.index


def test_a_factorial_grid_shows_what_two_choices_do_together(bundle, tmp_path):
    grid = tmp_path / "grid.toml"
    grid.write_text(
        'design = "factorial"\n[axes]\nwithout_year = ["2023"]\n'
        "[priors.growth_rate]\nscale = [0.05]\n"
    )
    some = sensitivity("trend", bundle, grid=grid, elpd=False, seed=1, out=tmp_path / "out")
    assert len(some.table) == 4
    assert some.cells.columns.tolist() == ["without_year", "growth_rate.scale"]
    assert set(some.axes.index) == {"without_year", "growth_rate.scale"}
    variance = some.variance
    assert variance["share"].sum() == pytest.approx(1)
    assert "without_year × growth_rate.scale" in variance.index
    rates = some.table["growth_rate"].to_numpy().reshape(2, 2)
    twice = rates[1, 1] - rates[1, 0] - rates[0, 1] + rates[0, 0]
    assert variance["variance"].iloc[-1] == pytest.approx(twice**2 / 16)
    assert some.table["elpd"].isna().all()
    some.save(tmp_path / "saved")
    table = pd.read_csv(tmp_path / "saved" / "sensitivity.csv")
    assert table["choice.without_year"].tolist() == [AS_IS, AS_IS, "2023", "2023"]
    shown = plots.sensitivity(some)
    assert shown.data.sizes["fit"] == 4
    with pytest.raises(SpecError, match="axes or a grid"):
        sensitivity("trend", bundle, grid=grid, axes=["prior"], out=tmp_path)
    with pytest.raises(SpecError, match="known are 'regression' and 'refit'"):
        sensitivity("trend", bundle, grid=grid, budget="exact", out=tmp_path)


def test_another_family_of_prior_is_fitted_and_compared(bundle, tmp_path):
    some = sensitivity("trend", bundle, axes=["prior_family"], seed=1, out=tmp_path)
    rows = some.table[some.table["axis"] == "prior_family"]
    assert {"level Normal", "growth_rate Normal"} <= set(rows["choice"])
    assert rows["converged"].all()
    assert rows["elpd_difference"].notna().all()  # the data are the same
    assert rows["shift_sd"].abs().max() < 1


@pytest.mark.slow
def test_all_blocks(bundle, tmp_path):
    chosen = ["without_family", "loss_law"]
    few = {"draws": 40, "tune": 80}
    some = sensitivity("joint", bundle, axes=chosen, seed=1, out=tmp_path, **few)
    assert some.table["failure"].eq("").all(), some.table["failure"].unique()
    assert some.table["axis"].tolist() == [AS_IS, "without_family", "without_family", "loss_law"]
    assert some.table.set_index("axis").loc["without_family", "n_llms"].tolist() == [10, 10]
    assert {"prior of growth_rate", "likelihood of score"} <= set(some.scaling.index)
    assert {"reference runs", "score link", "evaluators"} <= set(some.budget.index)
    assert some.influence["exact_shift_sd"].isna().all()  # asked for by name: none is refitted


# --- choices --------------------------------------------------------------------------------------


def test_choices_that_are_made_already_are_no_variants(bundle):
    spec = load_spec("joint")
    keys = [v.key for v in variants(spec, bundle)]
    assert len(keys) == len(set(keys))
    assert "loss_law=power" in keys
    assert "loss_law=chinchilla" not in keys
    assert "reference_tokens=ratio 60" not in keys
    assert {"reference_tokens=fixed 1e+12", "frontier=half-normal", "without_family=a"} <= set(keys)
    assert "without_organization=lab" not in keys  # nothing would be left
    power = [v.key for v in variants(load_spec("joint_power"), bundle)]
    assert "loss_law=chinchilla" in power


def test_choices_that_a_hypothesis_cannot_have_are_left_out(bundle):
    spec = load_spec("joint")
    one = Spec(**{**dict(spec), "data": {"benchmarks": ("MMLU",)}})
    axes = {v.axis for v in variants(one, bundle)}
    assert "benchmark_growth" not in axes
    assert "without_benchmark" not in axes
    assert "loss_law" in axes


def test_priors_of_the_packaged_hypothesis_are_halved_and_doubled(bundle):
    spec = load_spec("joint")
    own = [v for v in variants(spec, bundle, axes=["prior"]) if v.axis == "prior"]
    changed = {v.choice.split()[0] for v in own}
    assert changed == set(spec.priors)
    assert len(own) >= 2 * len(spec.priors) - 2
    assert len({v.spec.sha256 for v in own} | {spec.sha256}) == len(own) + 1


def test_data_without_llms_have_neither_them_nor_their_scores(bundle):
    variant = next(v for v in variants(load_spec("joint"), bundle) if v.axis == "without_family")
    rest = variant.data_of(bundle)
    assert set(rest.frames["scores"]["model"]) == set(rest.frames["models"]["model"])
    assert len(rest.frames["models"]) == 10


@pytest.mark.parametrize(
    ("name", "match"),
    [("loss_law", "no rate to watch"), ("no_growth", "nothing moves it"), ("joint_cut", "cut")],
)
def test_without_a_rate_there_is_nothing_to_vary(name, match, bundle):
    with pytest.raises(DataNeedError, match=match):
        variants(load_spec(name), bundle)


def test_an_unknown_axis_lists_those_that_there_are(bundle):
    with pytest.raises(SpecError, match=r"no axis 'priors' of trend; there are: prior, without"):
        variants(load_spec("trend"), bundle, axes=["priors"])


# --- priors as data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["trend", pytest.param("joint", marks=pytest.mark.exhaustive), "loss_law"]
)
def test_a_model_with_open_priors_has_the_same_density(name, bundle):
    spec = load_spec(name)
    plain, opened = assemble(spec, bundle).model, assemble(open_priors(spec), bundle).model
    point = plain.initial_point()
    rng = np.random.default_rng(1)
    point = {k: v + 0.1 * rng.normal(size=np.shape(v)) for k, v in point.items()}
    one, two = plain.compile_logp(), opened.compile_logp()
    assert two(point) == pytest.approx(one(point), rel=1e-8)
    # every prior of the spec that the model uses is there, and moves the density
    data = {v.name for v in opened.data_vars} - {v.name for v in plain.data_vars}
    assert data <= set(prior_data(spec))
    first = next(iter(spec.priors))
    other = spec.model_copy(
        update={"priors": {**spec.priors, first: spec.priors[first].widened(2)}}
    )
    for key, value in prior_data(other).items():
        if key in data:
            opened[key].set_value(value)
    assert two(point) == pytest.approx(assemble(other, bundle).model.compile_logp()(point))
    assert abs(two(point) - one(point)) > 1e-6


# --- what is made of the rows ---------------------------------------------------------------------


def as_rows(rates: dict[tuple[str, str], float]) -> list[dict]:
    return [
        {
            "axis": axis,
            "choice": choice,
            "rate": {
                "median": rate, "eti50": [rate - 0.1, rate + 0.1],
                "eti89": [rate - 0.3, rate + 0.3], "eti95": [rate - 0.4, rate + 0.4],
            },
            "growth_rate_sd": 0.2, "converged": True, "seconds": 1.0, "seed": 1, "max_rhat": 1.0,
            "divergences": 0,
        }
        for (axis, choice), rate in rates.items()
    ]  # fmt: skip


def made(rates: dict[tuple[str, str], float]) -> Sensitivity:
    rows = as_rows(rates)
    about = {"spec": "made", "label": "a trend", "data": "none"}
    return Sensitivity(table_of(rows, as_it_is=AS_IS), about, AS_IS)


RATES = {
    (AS_IS, AS_IS): 2.0, ("law", "power"): 3.0, ("prior", "a halved"): 2.1,
    ("prior", "a doubled"): 1.9, ("year", "2024"): 0.2,
}  # fmt: skip


def test_variance_is_shared_out_between_axes():
    axes = made(RATES).axes
    assert axes.index.tolist() == ["year", "law", "prior"]
    assert axes["share"].sum() == pytest.approx(1)
    assert axes.loc["law", "variance"] == pytest.approx(0.25)
    assert axes.loc["law", "shift_sd"] == pytest.approx(5.0)
    assert axes.loc["prior", "variance"] == pytest.approx(0.02 / 3)


def test_a_choice_whose_fit_did_not_pass_is_said_where_it_moves_the_answer_most():
    found = made(RATES)
    table = found.table.copy()
    table["converged"] = table["choice"] != "2024"
    doubted = dataclasses.replace(found, table=table)
    assert not doubted.axes.loc["year", "furthest_converged"]
    assert doubted.axes.loc["law", "furthest_converged"]
    assert [line.endswith("did not pass its checks") for line in doubted.sentences] == [
        True, False, False,
    ]  # fmt: skip
    drawn, without = (plots.sensitivity(s).figure for s in (doubted, found))
    assert "(not converged)" in drawn.get_suptitle()
    assert "(not converged)" not in without.get_suptitle()


def test_a_rate_interval_that_meets_nought_is_an_infinite_time():
    table = made(RATES).table.set_index("choice")
    assert table.loc["2024", "eti95_ub"] == np.inf
    assert table.loc["2024", "eti89_ub"] == np.inf
    assert table.loc["power", "eti95_ub"] == pytest.approx(np.log(2) / 2.6 * 365.25)


def test_predictions_are_compared_on_the_same_data_and_ruler_alone():
    rates = {(AS_IS, AS_IS): 2.0, ("prior", "a halved"): 2.1, ("law", "power"): 3.0}
    rows = as_rows(rates)
    for row, group, shift in zip(rows, "aab", (0.0, 0.1, 5.0), strict=True):
        own = (np.arange(4.0) + shift * np.array([1, 2, 1, 2])).tolist()
        row["elpd"] = {"group": group, "by_llm": own, "n_high_pareto_k": 1}
    table = table_of(rows, as_it_is=AS_IS).set_index("choice")
    assert table.loc[AS_IS, ["elpd", "elpd_difference"]].tolist() == [6.0, 0.0]
    assert table.loc["a halved", "elpd_difference"] == pytest.approx(0.6)
    gaps = np.array([0.1, 0.2, 0.1, 0.2])
    assert table.loc["a halved", "elpd_difference_se"] == pytest.approx(2 * gaps.std(ddof=1))
    assert table.loc["a halved", "n_high_pareto_k"] == 1
    assert table.loc["power", ["elpd", "elpd_difference", "n_high_pareto_k"]].isna().all()


def test_a_row_that_is_a_prediction_less_has_none():
    assert made(RATES).table["elpd"].isna().all()


def test_the_curve_goes_from_slow_to_fast():
    shown = plots.sensitivity(made(RATES))
    assert (np.diff(shown.data["rate"]) >= 0).all()
    assert shown.data["choice"].to_numpy().tolist()[0] == "2024"
    assert "year 2024" in shown.figure.get_suptitle()


def test_files_hold_every_row(found, tmp_path):
    found.save(tmp_path / "new")
    table = pd.read_csv(tmp_path / "new" / "sensitivity.csv")
    assert len(table) == len(found.table)
    content = json.loads((tmp_path / "new" / "sensitivity.json").read_text())
    assert content["in_words"]
    assert len(content["fits"]) == len(found.table)


# --- the command ----------------------------------------------------------------------------------


def test_the_command_writes_its_files(bundle, tmp_path, capsys):
    bundle.to_directory(tmp_path / "data")
    place = tmp_path / "out"
    argv = ["sensitivity", "trend", "--data", str(tmp_path / "data"), "--out", str(place)]
    assert main([*argv, "--axes", "prior, without_year"]) == 0
    shown = capsys.readouterr()
    assert "as it is:" in shown.out
    assert "posterior sd" in shown.out
    names = {"sensitivity.csv", "sensitivity.json", "sensitivity.png"}
    assert names <= {p.name for p in place.iterdir()}
    assert main([*argv, "--axes", "prior,without_year", "--json", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["axes"]["prior"]["n"] == 6
    assert shown.err == ""
    assert main([*argv, "--axes", "nothing"]) == 2
    assert "there are: prior" in capsys.readouterr().err
