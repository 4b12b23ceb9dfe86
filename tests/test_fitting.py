"""From hypothesis and data to a fit, a run on disk, and back."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import optimize

from bayesdensing import fitting, plots
from bayesdensing.analysis import Fit, published
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, RunError, SpecError
from bayesdensing.fitting import fit, load_fit
from bayesdensing.laws import loss
from bayesdensing.spec import Spec, load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]

QUICK: dict[str, Any] = {"draws": 1000, "tune": 500, "progress": False}


@pytest.fixture(scope="session")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames())


@pytest.fixture(scope="session")
def trend_fit(bundle: DataBundle, tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """Return the trend through published values with intervals; `run` lies beside it."""
    return fit("trend", bundle, seed=1, out=tmp_path_factory.mktemp("runs") / "trend", **QUICK)


@pytest.fixture(scope="session")
def run(trend_fit: Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "runs0" / "trend"


@pytest.fixture(scope="session")
def exact_fit(tiny_frames: Frames) -> Fit:
    """Return the trend through the same values without intervals."""
    densities = tiny_frames()["densities"].drop(columns=["value_lo95", "value_hi95"])
    bare = DataBundle.from_frames(name="bare", densities=densities)
    return fit("trend", bare, seed=2, **QUICK)


# --- published values -----------------------------------------------------------------------------


def test_a_trend_is_fitted_end_to_end(trend_fit: Fit, bundle: DataBundle) -> None:
    assert trend_fit.diagnostics.converged, trend_fit.diagnostics.reasons
    assert dict(trend_fit.posterior.sizes) == {"chain": 4, "draw": 1000, "llm": 20}
    rate = trend_fit.growth_rate()
    # the truth of the bundle is 1.5 a year
    assert float(rate.mean()) == pytest.approx(1.5, abs=4 * float(rate.std()))
    assert 0.1 < float(rate.std()) < 0.5
    assert trend_fit.prob_rate_not_positive() < 0.01
    assert trend_fit.data is bundle
    assert trend_fit.seed == 1
    assert set(trend_fit.timing) == {"compile", "sample", "total"}
    assert {"bayesdensing", "pymc", "nutpie"} <= set(trend_fit.versions)
    groups = {"posterior", "sample_stats", "observed_data", "constant_data"}
    assert groups <= set(trend_fit.idata.children)


def test_the_observed_values_are_kept(trend_fit: Fit, bundle: DataBundle) -> None:
    assert bundle.densities is not None
    frame = bundle.densities.set_index("model")
    observed = trend_fit.idata["observed_data"]["log_value"]
    assert observed.dims == ("llm",)
    expected = np.log(frame.loc[list(observed["llm"].to_numpy()), "value"])
    np.testing.assert_allclose(observed, expected)


def test_the_trends_posterior_is_that_of_generalised_least_squares(exact_fit: Fit) -> None:
    constants = exact_fit.constants
    design = np.stack([np.ones(20), constants["years"].to_numpy()], axis=1)
    best, residual, *_ = np.linalg.lstsq(design, constants["log_value"].to_numpy(), rcond=None)
    sd = np.sqrt(residual[0] / 18 * np.diag(np.linalg.inv(design.T @ design)))
    for name, mean, spread in zip(("level", "growth_rate"), best, sd, strict=True):
        draws = exact_fit.posterior[name]
        assert float(draws.mean()) == pytest.approx(mean, abs=0.15 * spread)
        assert float(draws.std()) == pytest.approx(spread, rel=0.2)


def test_values_without_error_are_themselves(exact_fit: Fit) -> None:
    spread = exact_fit.posterior["log_density"].std(("chain", "draw"))
    np.testing.assert_allclose(spread, 0, atol=1e-12)
    mean = exact_fit.posterior["log_density"].mean(("chain", "draw"))
    np.testing.assert_allclose(mean, exact_fit.constants["log_value"])


def test_values_with_error_shrink_towards_the_trend_by_the_closed_form(trend_fit: Fit) -> None:
    posterior, constants = trend_fit.posterior, trend_fit.constants
    trend = posterior["level"] + posterior["growth_rate"] * constants["years"]
    variance = posterior["dispersion"] ** 2
    precision = 1 / variance + 1 / constants["log_error"] ** 2
    centre = (trend / variance + constants["log_value"] / constants["log_error"] ** 2) / precision
    draws = posterior["log_density"]
    n = draws.sizes["chain"] * draws.sizes["draw"]
    z = (draws - centre) * precision**0.5
    assert float(np.abs(z.mean(("chain", "draw"))).max()) < 4.5 / np.sqrt(n)
    np.testing.assert_allclose(z.std(("chain", "draw")), 1, atol=0.06)
    # so each lies between its trend and its value
    share = (draws.mean() - trend.mean()) / (constants["log_value"].mean() - trend.mean())
    assert np.isfinite(float(share))
    residual = constants["log_value"] - trend.mean(("chain", "draw"))
    shrunk = draws.mean(("chain", "draw")) - trend.mean(("chain", "draw"))
    far = np.abs(residual) > 0.3
    ratio = (shrunk / residual).to_numpy()[far.to_numpy()]
    assert far.sum() > 3
    assert ((ratio > 0.2) & (ratio < 0.95)).all()


def test_latent_values_are_normal_about_the_precision_weighted_mean() -> None:
    dims = ("chain", "draw", "llm")
    mean = xr.DataArray(np.tile([0.0, 1.0, 2.0], (2, 20_000, 1)), dims=dims)
    dispersion = xr.DataArray(np.full((2, 20_000), 0.5), dims=dims[:2])
    value = xr.DataArray([1.0, 1.0, -1.0], dims="llm")
    error = xr.DataArray([0.5, 0.0, 2.0], dims="llm")
    args = {"mean": mean, "dispersion": dispersion, "log_value": value, "log_error": error}
    draws = published.latent_log_values(**args, seed=1)
    assert draws.dims == dims
    assert draws.name == "log_density"
    np.testing.assert_allclose(draws.mean(("chain", "draw")), [0.5, 1.0, 2 - 3 / 17], atol=0.02)
    sd = [np.sqrt(1 / 8), 0, np.sqrt(1 / 4.25)]
    np.testing.assert_allclose(draws.std(("chain", "draw")), sd, atol=0.01)
    xr.testing.assert_equal(draws, published.latent_log_values(**args, seed=1))
    assert not draws.equals(published.latent_log_values(**args, seed=2))


def test_without_growth_nothing_doubles(bundle: DataBundle) -> None:
    flat = Spec(name="flat", blocks=("published",), growth={"trend": "constant"})
    found = fit(flat, bundle, seed=3, draws=500, tune=300, progress=False)
    assert "growth_rate" not in found.spec.priors
    assert (found.growth_rate() == 0).all()
    assert np.isposinf(found.doubling_time()).all()
    assert found.prob_rate_not_positive() == 1.0
    # what is held fixed does not spoil the checks
    assert "growth_rate" not in found.diagnostics.worst_parameter
    assert np.isfinite(found.diagnostics.max_rhat)


# --- loss law -------------------------------------------------------------------------------------

TRUTH = {
    "irreducible_loss": 1.69,
    "n_coefficient": 406.4,
    "n_exponent": 0.34,
    "d_coefficient": 410.7,
    "d_exponent": 0.28,
}


def simulated_runs(*, seed: int = 5, count: int = 300) -> DataBundle:
    rng = np.random.default_rng(seed)
    n = np.exp(rng.uniform(np.log(1e7), np.log(1e10), count)).round()
    d = np.exp(rng.uniform(np.log(1e9), np.log(1e12), count)).round()
    exact = loss.loss(n_params=n, n_tokens=d, **TRUTH)
    runs = pd.DataFrame(
        {
            "suite": "made",
            "run": [f"run-{i}" for i in range(count)],
            "benchmark": "text",
            "n_params": n,
            "n_tokens": d,
            "loss": exact * np.exp(0.01 * rng.normal(size=count)),
            "loss_unit": "nats",
            "source": "made up",
        }
    )
    return DataBundle.from_frames(name="runs", reference_runs=runs)


def least_squares_of_logs(bundle: DataBundle) -> tuple[np.ndarray, np.ndarray]:
    """Return estimates and standard errors of the constants, coefficients by their logs."""
    assert bundle.reference_runs is not None
    log_n, log_d, observed = np.log(
        bundle.reference_runs[["n_params", "n_tokens", "loss"]].T.values
    )

    def residual(p: np.ndarray) -> np.ndarray:
        terms = np.exp(p[0]) + np.exp(p[1] - p[2] * log_n) + np.exp(p[3] - p[4] * log_d)
        return np.log(terms) - observed

    start = [np.log(v) if "exponent" not in k else v for k, v in TRUTH.items()]
    found = optimize.least_squares(residual, start)
    covariance = np.linalg.inv(found.jac.T @ found.jac) * 2 * found.cost / (len(observed) - 5)
    return found.x, np.sqrt(np.diag(covariance))


@pytest.mark.slow
def test_a_loss_law_finds_known_constants() -> None:
    bundle = simulated_runs()
    found = fit("loss_law", bundle, seed=5, draws=1000, tune=900, progress=False)
    assert found.diagnostics.converged, found.diagnostics.reasons
    posterior = found.posterior
    for name, truth in TRUTH.items():
        low, high = np.quantile(posterior[name].sel(benchmark="text"), [0.025, 0.975])
        assert low < truth < high, name
        # and not by saying nothing
        assert high / low < (3 if "coefficient" in name else 1.35), name
    # with so many runs the priors are hardly felt: it is least squares with its own errors
    draws = [posterior[k] if "exponent" in k else np.log(posterior[k]) for k in TRUTH]
    best, error = least_squares_of_logs(bundle)
    np.testing.assert_array_less(np.abs([float(d.mean()) for d in draws] - best), 0.35 * error)
    np.testing.assert_allclose([float(d.std()) for d in draws], error, rtol=0.2)
    noise = float(posterior["loss_noise"].median())
    assert noise == pytest.approx(0.01, rel=0.15)
    assert "growth_rate" not in posterior
    assert found.headline().growth_rate_per_year is None


# --- all blocks -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def joint_fit(bundle: DataBundle) -> Fit:
    return fit("joint", bundle, seed=6, draws=300, tune=400, chains=2, progress=False)


@pytest.mark.slow
def test_all_blocks_are_fitted_end_to_end(joint_fit: Fit) -> None:
    posterior = joint_fit.posterior
    assert dict(posterior.sizes) == {
        "chain": 2, "draw": 300, "benchmark": 2, "llm": 20, "evaluator": 2
    }  # fmt: skip
    assert all(np.isfinite(v).all() for v in posterior.data_vars.values())
    assert not joint_fit.diagnostics.max_rhat > 1.2
    rate = joint_fit.growth_rate()
    # the truth of the bundle is 1.5 a year; its densities are known to about 0.4
    assert abs(float(rate.mean()) - 1.5) < 4 * float(rate.std())
    assert float(rate.std()) < 0.6
    assert posterior.attrs["reference_date"].startswith("2024-")
    assert posterior.attrs["quantity"] == "capability density"
    assert int(posterior.attrs["n_scores"]) == 60


@pytest.mark.slow
def test_effective_parameters_follow_the_truth_of_the_bundle(
    joint_fit: Fit, bundle: DataBundle
) -> None:
    assert bundle.densities is not None
    truth = np.log(bundle.densities.set_index("model")["value"])
    estimate = joint_fit.posterior["log_density"].median(("chain", "draw")).to_series()
    assert np.corrcoef(truth.loc[estimate.index], estimate)[0, 1] > 0.8


# --- settings and faults --------------------------------------------------------------------------


def test_settings_asked_for_lie_over_the_hypothesis() -> None:
    asked = fitting.resolved("joint", draws=7, chains=2)
    own = load_spec("joint").sampler
    assert (asked.sampler.draws, asked.sampler.chains, asked.sampler.tune) == (7, 2, own.tune)
    assert asked.sha256 == load_spec("joint").sha256
    assert fitting.resolved("joint") == load_spec("joint")


@pytest.mark.parametrize("asked", [{"draws": 0}, {"tune": 0}, {"chains": 0}, {"draws": -3}])
def test_settings_that_cannot_be_are_refused(asked: dict[str, int]) -> None:
    (name,) = asked
    with pytest.raises(SpecError, match=f"sampler.{name}: "):
        fitting.resolved("joint", **asked)


@pytest.mark.parametrize("seed", ["x", "1", 1.0, -1, None, True])
def test_a_seed_that_cannot_be_is_refused_at_once(bundle: DataBundle, seed: Any) -> None:
    with pytest.raises(SpecError, match=f"seed = {seed!r} is not a whole number"):
        fit("trend", bundle, seed=seed, progress=False)


def test_data_that_do_not_serve_are_refused_before_anything_is_written(
    bundle: DataBundle, tmp_path: Path
) -> None:
    only = DataBundle.from_frames(name="only", densities=bundle.densities)
    with pytest.raises(DataNeedError, match=r"reference_runs\.csv is missing"):
        fit("joint", only, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


# --- a run on disk --------------------------------------------------------------------------------


def test_a_run_holds_what_the_contract_says(run: Path, trend_fit: Fit) -> None:
    names = {p.name for p in run.iterdir()}
    assert {"posterior.nc", "summary.json", "spec.toml", "manifest.json"} <= names
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert manifest["seed"] == 1
    assert manifest["data"]["sha256"] == trend_fit.data.sha256
    summary = json.loads((run / "summary.json").read_text())
    assert summary["diagnostics"]["converged"] is True
    assert load_spec(run / "spec.toml") == trend_fit.spec


def test_a_loaded_fit_is_the_fit(run: Path, trend_fit: Fit, bundle: DataBundle) -> None:
    back = load_fit(run, data=bundle)
    assert back.spec == trend_fit.spec
    assert back.spec.sha256 == trend_fit.spec.sha256
    assert back.data == trend_fit.data
    assert back.seed == trend_fit.seed
    assert back.diagnostics == trend_fit.diagnostics
    assert dict(back.versions) == dict(trend_fit.versions)
    assert dict(back.timing) == pytest.approx(dict(trend_fit.timing))
    for group in trend_fit.idata.children:
        ours, theirs = (f.idata[group].to_dataset() for f in (trend_fit, back))
        xr.testing.assert_equal(ours, theirs)
        assert dict(theirs.attrs) == dict(ours.attrs)
    assert back.headline() == trend_fit.headline()
    pd.testing.assert_frame_equal(back.summary(), trend_fit.summary())
    assert {rv.name for rv in back.model.free_RVs} == {"level", "growth_rate", "dispersion"}


def test_a_loaded_fit_finds_its_data_where_they_lie(
    trend_fit: Fit, bundle: DataBundle, tmp_path: Path
) -> None:
    from bayesdensing.data import load_data

    folder = bundle.to_directory(tmp_path / "data")
    stored = dataclasses.replace(trend_fit, data=load_data(folder))
    stored.save(tmp_path / "run")
    assert load_fit(tmp_path / "run").data.sha256 == bundle.sha256


def test_a_run_of_data_in_memory_does_not_take_other_data_for_its_own(run: Path) -> None:
    with pytest.raises(RunError, match="made from data in memory"):
        load_fit(run)


@pytest.mark.parametrize("name", ["posterior.nc", "summary.json", "manifest.json", "spec.toml"])
@pytest.mark.parametrize("damage", ["gone", "empty", "junk", "half"])
def test_a_damaged_run_is_an_error_of_one_line(
    trend_fit: Fit, bundle: DataBundle, tmp_path: Path, name: str, damage: str
) -> None:
    trend_fit.save(tmp_path / "run")
    file = tmp_path / "run" / name
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        half = whole[: len(whole) // 2]
        file.write_bytes({"empty": b"", "junk": b"\x00\xff junk", "half": half}[damage])
    with pytest.raises(RunError) as caught:
        load_fit(tmp_path / "run", data=bundle)
    assert "\n" not in str(caught.value)


def test_what_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        load_fit(tmp_path)
    with pytest.raises(RunError, match="is no run"):
        load_fit(tmp_path / "nothing")


# --- again or not ---------------------------------------------------------------------------------


@pytest.fixture
def sampled(trend_fit: Fit, monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """Stand in for sampling; what would have been sampled is listed."""
    made: list[Fit] = []

    def stand_in(spec: Spec, data: DataBundle, *, seed: int, **_: Any) -> Fit:
        made.append(dataclasses.replace(trend_fit, spec=spec, data=data, seed=seed))
        return made[-1]

    monkeypatch.setattr(fitting, "_sample", stand_in)
    monkeypatch.setattr(plots, "figures", lambda _fit: {})
    return made


def refit(bundle: DataBundle, out: Path, how: fitting.Refit, **changes: Any) -> Fit:
    asked: dict[str, Any] = {"spec": "trend", "seed": 1, "draws": 1000, "tune": 500, **changes}
    return fit(asked.pop("spec"), asked.pop("data", bundle), out=out, refit=how, **asked)


def test_a_run_that_serves_is_reused(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    refit(bundle, out, "on-change")
    assert f"fitting: there is no run in {out}" in capsys.readouterr().err
    again = refit(bundle, out, "on-change")
    assert len(sampled) == 1
    assert f"reusing {out}" in capsys.readouterr().err
    assert again.posterior.equals(sampled[0].posterior)
    refit(bundle, out, "always")
    assert len(sampled) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seed": 2}, "the seed is 2, was 1"),
        ({"draws": 999}, "draws is 999, was 1000"),
        ({"tune": 600}, "tune is 600, was 500"),
        ({"chains": 2}, "chains is 2, was 4"),
        (
            {"spec": Spec(name="trend", blocks=("published",), growth={"trend": "constant"})},
            "the hypothesis has changed",
        ),
    ],
    ids=str,
)
def test_a_change_makes_a_refit_and_is_named(
    bundle: DataBundle,
    tmp_path: Path,
    sampled: list[Fit],
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    reason: str,
) -> None:
    out = tmp_path / "run"
    refit(bundle, out, "always")
    capsys.readouterr()
    refit(bundle, out, "on-change", **changes)
    assert len(sampled) == 2
    assert f"fitting: {reason}" in capsys.readouterr().err
    # never means never, and says what would have been done
    refit(bundle, out, "never", seed=77)
    assert len(sampled) == 2
    assert "although the " in capsys.readouterr().err


def test_other_data_make_a_refit(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit], capsys: pytest.CaptureFixture[str]
) -> None:
    refit(bundle, tmp_path, "always")
    assert bundle.densities is not None
    other = DataBundle.from_frames(name="tiny", densities=bundle.densities.head(19))
    refit(bundle, tmp_path, "on-change", data=other)
    assert len(sampled) == 2
    assert "the data have changed" in capsys.readouterr().err


def test_another_version_makes_a_refit(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    refit(bundle, tmp_path, "always")
    before = fitting._versions()
    monkeypatch.setattr(fitting, "_versions", lambda: before | {"bayesdensing": "99.0"})
    refit(bundle, tmp_path, "on-change")
    assert len(sampled) == 2


def test_never_fits_where_there_is_nothing(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit]
) -> None:
    refit(bundle, tmp_path / "run", "never")
    assert len(sampled) == 1


def test_a_damaged_run_is_fitted_again(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit]
) -> None:
    refit(bundle, tmp_path, "always")
    (tmp_path / "manifest.json").write_text("{")
    refit(bundle, tmp_path, "on-change")
    (tmp_path / "summary.json").unlink()
    refit(bundle, tmp_path, "on-change")
    assert len(sampled) == 3


def test_an_interrupt_while_sampling_leaves_the_old_run(
    bundle: DataBundle, tmp_path: Path, sampled: list[Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    refit(bundle, tmp_path, "always")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def interrupted(*_: Any, **__: Any) -> Fit:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "_sample", interrupted)
    with pytest.raises(KeyboardInterrupt):
        refit(bundle, tmp_path, "always")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_folder_with_other_things_is_refused_before_sampling(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text("# mine\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"holds spec\.toml and is no run"):
        fit("loss_law", out=tmp_path, progress=False)
    assert (tmp_path / "spec.toml").read_text(encoding="utf-8") == "# mine\n"
