"""`calibrate`: worlds drawn from prior or posterior, fitted, their ranks counted."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import Exchange
from bayesdensing.calibrating import calibrate, fits
from bayesdensing.cli.app import main
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, RunError, SpecError
from bayesdensing.fitting import fit, resolved
from bayesdensing.refitting import Refitter
from bayesdensing.simulation.doubled import doubled, with_new
from bayesdensing.simulation.teller import Teller
from bayesdensing.spec import load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("calibration")


@pytest.fixture(scope="module")
def found(bundle, folder):
    return calibrate("trend", bundle, sims=60, seed=1, out=folder)


# --- from the prior -------------------------------------------------------------------------------


def test_a_trend_is_calibrated(found):
    assert found.fits.sizes == {"sim": 60, "parameter": 3}
    assert found.passed, found.faults
    assert found.about["truths"] == "the prior"
    assert found.about["design"] == "20 published values"


def test_more_worlds_are_added_to_those_that_are_there(found, bundle, folder):
    told = []
    more = calibrate("trend", bundle, sims=62, seed=1, out=folder, tell=told.append)
    assert "60 of 62 fits are there already: 2 to make" in told
    np.testing.assert_array_equal(more.fits["rank"][:60], found.fits["rank"])


def test_another_seed_is_another_calibration(found, bundle, folder):
    other = calibrate("trend", bundle, sims=2, seed=2, out=folder)
    assert not np.allclose(other.fits["truth"], found.fits["truth"][:2])


def test_fits_that_look_at_the_wrong_data_are_found(bundle, tmp_path, monkeypatch):
    """The negative control: were data not swapped in, ranks could not be uniform."""
    own = Exchange(resolved("trend"), bundle).outcomes_of(bundle)
    monkeypatch.setattr(Refitter, "_outcomes", lambda self, task: own)
    wrong = calibrate("trend", bundle, sims=40, seed=1, out=tmp_path)
    assert not wrong.passed
    assert not wrong.table.loc["level", "uniform"]


def test_a_fit_that_cannot_be_is_kept_as_a_failure(bundle, tmp_path, monkeypatch):
    whole = Refitter.fit

    def sometimes(self, task, **lengths):
        if task.key == "sim-00001":
            raise RuntimeError("all starts failed")
        return whole(self, task, **lengths)

    monkeypatch.setattr(Refitter, "fit", sometimes)
    some = calibrate("trend", bundle, sims=3, seed=1, out=tmp_path)
    assert some.failures == {"sim-00001": "RuntimeError: all starts failed"}
    assert not some.passed


def test_worlds_that_cannot_be_are_drawn_anew_and_counted(bundle, tmp_path, monkeypatch):
    possible, calls = fits._possible, []

    def second(told):
        calls.append(told)
        return len(calls) % 2 == 0 and possible(told)

    monkeypatch.setattr(fits, "_possible", second)
    some = calibrate("trend", bundle, sims=2, seed=1, out=tmp_path)
    assert some.fits["redrawn"].to_numpy().tolist() == [1, 1]
    monkeypatch.setattr(fits, "_possible", lambda told: False)
    with pytest.raises(SpecError, match="none of them can be"):
        calibrate("trend", bundle, sims=1, seed=9, out=tmp_path)


@pytest.mark.slow
def test_a_loss_law_is_calibrated_without_a_headline(bundle, tmp_path):
    law = calibrate("loss_law", bundle, sims=20, seed=1, out=tmp_path)
    assert law.headline == {}
    assert law.passed, law.faults
    assert "n_exponent[MMLU]" in law.table.index
    assert not law.table.index.str.contains("logit").any()


@pytest.mark.slow
@pytest.mark.parametrize("exact", [False, True])
def test_all_blocks_on_a_reduced_design(bundle, tmp_path, exact):
    some = calibrate(
        "joint", bundle, sims=2, llms=8, evaluators=2, seed=1, out=tmp_path, draws=30, tune=80,
        exact=exact,
    )  # fmt: skip
    assert some.fits.sizes["sim"] + len(some.failures) == 2
    assert "growth_rate" in some.fits["parameter"]
    assert "8 LLMs of the bundle, 2 evaluators" in some.about["design"]
    assert ("as it is fitted" in some.about["outcomes"]) == exact


@pytest.mark.parametrize("name", ["joint_cut"])
def test_a_cut_is_refused(name, bundle, tmp_path):
    with pytest.raises(DataNeedError, match="no posterior but a way"):
        calibrate(name, bundle, out=tmp_path)


def test_no_worlds_are_refused(bundle, tmp_path):
    with pytest.raises(SpecError, match="one world or more"):
        calibrate("trend", bundle, sims=0, out=tmp_path)


# --- worlds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["trend", "loss_law", "joint"])
def test_a_world_is_the_same_for_the_same_seed(name, bundle):
    spec = load_spec(name)
    teller = Teller(spec, bundle)
    first, again, other = teller.tell(3), teller.tell(3), teller.tell(4)
    assert set(first.outcomes) == set(Exchange(spec, bundle).outcomes_of(bundle))
    for key, values in first.outcomes.items():
        np.testing.assert_array_equal(values, again.outcomes[key])
        assert not np.array_equal(values, other.outcomes[key])
    fresh = Teller(spec, bundle).tell(3)
    for key, values in first.outcomes.items():
        np.testing.assert_array_equal(values, fresh.outcomes[key])


def test_what_is_held_is_true_of_the_world(bundle):
    spec = load_spec("joint")
    teller = Teller(spec, bundle, held=True)
    free = {v.name for v in assemble(spec, bundle).model.free_RVs}
    assert set(teller.held) == free - {"log_density"}
    drawn = Teller(spec, bundle).tell(1).truth
    values = {name: drawn[name].to_numpy() for name in teller.held}
    told = teller.tell(2, values)
    for name in (*teller.held, "n_coefficient", "d_share"):
        np.testing.assert_allclose(told.truth[name], drawn[name])
    assert not np.allclose(told.truth["log_density"], drawn["log_density"])


# --- about a posterior ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "outcome"), [("trend", "log_value"), ("joint", "score")])
def test_twice_the_data_are_those_measured_and_those_drawn(name, outcome, bundle):
    spec = load_spec(name)
    twice = doubled(spec, bundle)
    once, both = (Exchange(spec, b).outcomes_of(b) for b in (bundle, twice))
    assert len(both[f"{outcome}_measured"]) == 2 * len(once[f"{outcome}_measured"])
    drawn = {key: values + 100 for key, values in both.items()}
    mixed = with_new(spec, twice, measured=both, drawn=drawn)
    values = mixed[f"{outcome}_measured"]
    np.testing.assert_allclose(np.sort(values[values < 50]), np.sort(once[f"{outcome}_measured"]))
    assert (values > 50).sum() == len(once[f"{outcome}_measured"])
    for key in set(both) - {f"{outcome}_measured", f"{outcome}_at_end"}:
        # runs and points are measured once
        np.testing.assert_array_equal(mixed[key], once[key])


@pytest.mark.parametrize("name", ["loss_law", "records"])
def test_what_has_no_llms_to_draw_anew_is_refused(name, bundle):
    with pytest.raises(DataNeedError, match="leave out the run"):
        doubled(load_spec(name), bundle)


@pytest.mark.slow
def test_truths_from_a_posterior_rank_among_posteriors_given_twice_the_data(bundle, tmp_path):
    run = fit("trend", bundle, seed=1, progress=False)
    assert run.diagnostics.converged
    about = calibrate(about=run, sims=60, seed=1, out=tmp_path)
    assert about.passed, about.faults
    assert about.about["truths"] == "the posterior of trend given tiny (seed 1)"
    sd = float(run.posterior["growth_rate"].std())
    truth = about.fits["truth"].sel(parameter="growth_rate")
    assert float(truth.std()) == pytest.approx(sd, rel=0.35)


def test_coordinates_come_from_a_world_and_not_from_the_same_values_twice(
    bundle, tmp_path, monkeypatch
):
    seen = []

    class Watched(Refitter):
        def __init__(self, spec, template, **how):
            seen.append((template, how.get("outcomes")))
            super().__init__(spec, template, **how)

    monkeypatch.setattr(fits, "Refitter", Watched)
    run = fit("trend", bundle, seed=1, progress=False)
    calibrate(about=run, sims=1, seed=1, out=tmp_path)
    template, outcomes = seen[0]
    measured = Exchange(run.spec, template).outcomes_of(template)
    moved = outcomes["log_value_measured"] != measured["log_value_measured"]
    assert moved.sum() == len(moved) / 2


def test_a_run_that_did_not_converge_has_no_truths(bundle, tmp_path):
    run = fit("trend", bundle, seed=1, draws=20, tune=80, chains=2, progress=False)
    with pytest.raises(DataNeedError, match="did not pass its checks"):
        calibrate(about=run, sims=2, out=tmp_path)


# --- the command ----------------------------------------------------------------------------------


def test_the_command_writes_its_files(bundle, tmp_path, capsys):
    bundle.to_directory(tmp_path / "data")
    place = tmp_path / "out"
    argv = ["calibrate", "trend", "--data", str(tmp_path / "data"), "--out", str(place)]
    assert main([*argv, "--sims", "8"]) == 0
    shown = capsys.readouterr()
    assert "growth rate's interval" in shown.out
    assert "8 of 8 fits" in shown.err
    assert {"sbc.nc", "coverage.json", "calibration.png"} <= {p.name for p in place.iterdir()}
    assert main([*argv, "--sims", "8", "--json", "--quiet"]) == 0
    import json

    shown = capsys.readouterr()
    assert json.loads(shown.out)["sims"] == 8
    assert shown.err == ""


def test_two_places_to_fit_in_are_refused(capsys):
    argv = ["calibrate", "trend", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"]
    assert main(argv) == 2
    assert "give one" in capsys.readouterr().err


def test_a_run_that_is_none_is_refused(tmp_path, capsys):
    assert main(["calibrate", "--about", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "is no run" in capsys.readouterr().err
    with pytest.raises(RunError):
        calibrate(about=tmp_path, out=tmp_path)
