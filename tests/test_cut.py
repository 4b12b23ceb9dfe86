"""A cut from hypothesis to run: the loss law from the reference runs alone, the rest given it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing import fitting
from bayesdensing.analysis import Fit
from bayesdensing.analysis.readings import LOSS_LAW, loss_curve
from bayesdensing.cli import main
from bayesdensing.cut import _spread
from bayesdensing.data import DataBundle
from bayesdensing.inference.progress import SilentReporter
from bayesdensing.plots import figures
from bayesdensing.sampling import sample_joint
from bayesdensing.spec import Spec, load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]
COUNT = 3


class Listener(SilentReporter):
    """Remember what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> DataBundle:
    from bayesdensing.data import load_data

    folder = tmp_path_factory.mktemp("data") / "tiny"
    return load_data(DataBundle.from_frames(name="tiny", **tiny_frames()).to_directory(folder))


@pytest.fixture(scope="module")
def spec() -> Spec:
    raw = dict(load_spec("joint_cut"))
    raw["information"] = {"flow": "cut", "reference_draws": COUNT}
    return Spec(**(raw | {"sampler": {"draws": 300, "tune": 400, "chains": 2}}))


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def cut(spec: Spec, bundle: DataBundle, listener: Listener) -> Fit:
    return fitting._sample(
        spec, bundle, quick=False, seed=4, report=listener, started=time.perf_counter()
    )


@pytest.mark.slow
def test_every_reference_draw_has_a_fit_and_all_weigh_the_same(
    cut: Fit, listener: Listener
) -> None:
    labels, counts = np.unique(cut.posterior["reference_draw"], return_counts=True)
    assert list(labels) == [0, 1, 2]
    assert len(set(counts)) == 1
    assert cut.idata["sample_stats"].sizes["draw"] == cut.posterior.sizes["draw"]
    told = [line for line in listener.said if line.startswith("reference draw")]
    assert told == [f"reference draw {k} of 3" for k in (1, 2, 3)]


@pytest.mark.slow
def test_the_loss_law_is_that_of_the_reference_draws_and_of_no_score(cut: Fit) -> None:
    assert cut.reference is not None
    given = _spread(cut.reference, COUNT)
    for name in LOSS_LAW:
        under = cut.posterior[name].groupby("reference_draw")
        assert float(under.std(("chain", "draw")).max()) < 1e-12
        expected = xr.concat([law[name] for law in given], dim="reference_draw")
        found = under.mean(("chain", "draw")).transpose("reference_draw", "benchmark")
        np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-10)


@pytest.mark.slow
def test_the_reference_posterior_is_that_of_the_loss_law_alone(
    cut: Fit, bundle: DataBundle
) -> None:
    alone = Spec(
        name="alone",
        blocks=("loss",),
        data={"benchmarks": tuple(cut.posterior["benchmark"].to_numpy())},
        sampler=cut.spec.sampler,
    )
    other = sample_joint(alone, bundle, seed=99, report=SilentReporter()).posterior
    tokens, sizes = cut.reference_tokens, [1e8, 1e9]
    assert cut.reference is not None
    ours, theirs = (
        np.log(loss_curve(draws, n_params=np.array(sizes), tokens=tokens))
        for draws in (cut.reference, other)
    )
    over = ("chain", "draw")
    apart = (ours.mean(over).to_numpy() - theirs.mean(over).to_numpy()) / theirs.std(over)
    assert float(np.abs(apart).max()) < 0.4


@pytest.mark.slow
def test_scores_and_rate_come_out_as_from_a_joint_fit(cut: Fit) -> None:
    rate = cut.growth_rate()
    # the truth of the bundle is 1.5 a year
    assert abs(float(rate.mean()) - 1.5) < 4 * float(rate.std())
    assert float(rate.std()) < 0.6
    assert cut.posterior["log_density"].dims == ("chain", "draw", "llm")
    assert {"log_loss"}.isdisjoint(rv.name for rv in cut.model.observed_RVs)


@pytest.mark.slow
def test_a_cut_survives_its_way_to_disk_with_all_readings_and_figures(
    cut: Fit, bundle: DataBundle, tmp_path: Path
) -> None:
    drawn = figures(cut)
    assert {"density_trend.png", "loss_curves.png", "score_links.png"} <= set(drawn)
    cut.save(tmp_path / "run", files=drawn)
    back = fitting.load_fit(tmp_path / "run", data=bundle)
    for group in ("posterior", "sample_stats", "reference", "constant_data", "observed_data"):
        ours, theirs = (f.idata[group].to_dataset() for f in (cut, back))
        xr.testing.assert_equal(ours, theirs)
    pd.testing.assert_frame_equal(back.density_table(), cut.density_table())
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    exponent = summary["parameters"]["n_exponent[MMLU]"]
    assert exponent["ess_bulk"] == pytest.approx(COUNT)
    assert 0.9 < exponent["rhat"] < 1.5
    assert summary["diagnostics"]["converged"] is cut.diagnostics.converged


@pytest.mark.slow
def test_the_command_prints_how_far_the_reference_draws_lie_apart(
    cut: Fit, bundle: DataBundle, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cut.save("runs/joint_cut")
    (tmp_path / "tiny_cut.toml").write_text(cut.spec.to_toml())
    code = main(["fit", "tiny_cut.toml", "--data", str(bundle.path), "--out", "runs/joint_cut",
                 "--refit", "never"])  # fmt: skip
    out = " ".join(capsys.readouterr().out.split())
    assert code == (0 if cut.diagnostics.converged else 3)
    assert "reference draws 3; medians of the doubling time" in out
    assert "loss law from the reference runs alone" in out
