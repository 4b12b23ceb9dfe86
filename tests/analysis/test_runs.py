"""The files of a run, and whether an old run still serves."""

import io
import json

import pandas as pd
import pytest

from bayesdensing.analysis import runs
from bayesdensing.inference import store
from tests.analysis.synthetic import make_data, make_fit


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture
def run(fit, tmp_path):
    return fit.save(tmp_path / "run", files={"figure.png": b"png"})


def reason(run, fit, **changes):
    asked = {"spec": fit.spec, "data": fit.data, "seed": fit.seed, "version": "0.1.0"}
    return runs.refit_reason(run, **(asked | changes))


def test_a_run_holds_every_file(run, fit):
    names = {path.name for path in run.iterdir()}
    assert names == {
        "posterior.nc", "summary.json", "spec.toml", "manifest.json", "density.csv", "figure.png",
    }  # fmt: skip
    assert json.loads((run / "manifest.json").read_text())["spec"]["sha256"] == fit.spec.sha256
    draws = store.read_idata(run)
    assert draws["posterior"]["growth_rate"].equals(fit.idata["posterior"]["growth_rate"])


def test_density_csv_reads_back(fit):
    table = pd.read_csv(io.StringIO(runs.run_files(fit)["density.csv"]), index_col="llm")
    assert len(table) == 12
    assert table.loc["llm-00", "release_date"] == "2023-01-01"
    expected = fit.density_table()["density_eti95_ub"]
    pd.testing.assert_series_equal(table["density_eti95_ub"], expected, rtol=1e-5)


def test_a_loss_law_alone_has_no_densities():
    fit = make_fit(spec="loss_law", leave_out=("growth_rate", "level", "log_density"))
    assert set(runs.run_files(fit)) == {"summary.json", "spec.toml", "manifest.json"}


def test_the_same_fit_gives_the_same_files(fit):
    assert runs.run_files(fit) == runs.run_files(make_fit())


def test_an_unchanged_run_serves(run, fit):
    assert reason(run, fit) is None


def test_names_and_titles_change_nothing(run, fit):
    assert reason(run, fit, spec=fit.spec.model_copy(update={"title": "another"})) is None


def test_each_change_is_named(run, fit):
    growth = fit.spec.growth.model_copy(update={"deviation": "size"})
    spec = fit.spec.model_copy(update={"growth": growth})
    spec.__dict__.pop("sha256", None)
    assert reason(run, fit, spec=spec) == "the hypothesis has changed"
    assert reason(run, fit, data=make_data(seed=2)) == "the data have changed"
    assert reason(run, fit, seed=7) == "the seed is 7, was 20241206"
    assert reason(run, fit, version="9") == "bayesdensing is 9, was 0.1.0"
    sampler = fit.spec.sampler.model_copy(update={"chains": 9})
    longer = fit.spec.model_copy(update={"sampler": sampler})
    assert reason(run, fit, spec=longer) == "chains is 9, was 4"


def test_what_is_no_run_does_not_serve(run, fit, tmp_path):
    assert "there is no run" in reason(tmp_path / "nowhere", fit)
    (run / "posterior.nc").unlink()
    assert reason(run, fit) == "posterior.nc is missing"
    bare = '{"schema_version": 1, '
    parts = '"seed":1,"spec":1,"data":1,"sampler":1,"versions":1}'
    for text in ("", "[]", "null", bare + '"seed": 1}', bare + parts, "[" * 100_000):
        (run / "manifest.json").write_text(text)
        assert reason(run, fit) == "manifest.json cannot be read"
