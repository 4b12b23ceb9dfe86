"""The sampler: posteriors known in closed form, the same draws for the same seed, interrupts."""

import _thread
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from bayesdensing.inference import Diagnostics, Draws, Sampler, diagnose, with_modes
from bayesdensing.inference.chains import in_turn
from bayesdensing.inference.engine import _split

Y = np.array([1.2, 0.3, 2.1, -0.4, 1.7, 0.9])


def hierarchy() -> pm.Model:
    """Return mu ~ N(0, 1), x_i ~ N(mu, 1), y_i ~ N(x_i, 0.5); a ~ N(0, 2), 3 ~ N(mu + a, 0.1)."""
    with pm.Model(coords={"llm": list("abcdef")}) as model:
        mu = pm.Normal("mu", 0, 1)
        a = pm.Normal("a", 0, 2)
        x = pm.Normal("x", mu, 1, dims="llm")
        pm.Deterministic("total", x.sum())
        pm.Normal("y", x, 0.5, observed=Y, dims="llm")
        pm.Normal("z", mu + a, 0.1, observed=3.0)
    return model


def exact() -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of (mu, a, x) given the data, from the joint precision."""
    n = len(Y)
    rows = [(np.eye(n + 2)[0], 0, 1), (np.eye(n + 2)[1], 0, 2)]
    rows += [(np.eye(n + 2)[i + 2] - np.eye(n + 2)[0], 0, 1) for i in range(n)]
    rows += [(np.eye(n + 2)[i + 2], Y[i], 0.5) for i in range(n)]
    rows += [(np.eye(n + 2)[0] + np.eye(n + 2)[1], 3.0, 0.1)]
    design = np.array([row / sd for row, _, sd in rows])
    target = np.array([value / sd for _, value, sd in rows])
    covariance = np.linalg.inv(design.T @ design)
    return covariance @ design.T @ target, covariance


def make_sampler() -> Sampler:
    model = hierarchy()
    return Sampler(model, shifts={"a": -model["mu"]}, latents=["x"])


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return make_sampler()


SHORT = {"draws": 60, "tune": 90, "chains": 2}


@pytest.fixture(scope="module")
def long_run(sampler: Sampler) -> Draws:
    return sampler.sample(seed=1, draws=1500, tune=600)


def test_the_posterior_of_a_small_hierarchy_is_the_exact_one(long_run: Draws) -> None:
    mean, covariance = exact()
    posterior = long_run.posterior
    flat = np.concatenate([posterior[n].to_numpy().reshape(6000, -1) for n in ("mu", "a", "x")], 1)
    record = diagnose(posterior, long_run.stats)
    assert record.converged, record.reasons
    sd = np.sqrt(np.diag(covariance))
    mcse = sd / np.sqrt(record.min_ess_bulk)
    np.testing.assert_array_less(np.abs(flat.mean(axis=0) - mean), 5 * mcse)
    np.testing.assert_allclose(flat.std(axis=0), sd, rtol=0.1)
    correlation = np.corrcoef(flat[:, 0], flat[:, 1])[0, 1]
    assert correlation == pytest.approx(covariance[0, 1] / sd[0] / sd[1], abs=0.05)


def test_what_comes_out_is_the_models_own(long_run: Draws) -> None:
    posterior = long_run.posterior
    assert set(posterior.data_vars) == {"mu", "a", "x", "total"}
    assert posterior["x"].dims == ("chain", "draw", "llm")
    assert dict(posterior.sizes) == {"chain": 4, "draw": 1500, "llm": 6}
    assert list(posterior["llm"].to_numpy()) == list("abcdef")
    np.testing.assert_allclose(posterior["x"].sum("llm"), posterior["total"])
    assert {"diverging", "maxdepth_reached", "energy"} <= set(long_run.stats.data_vars)
    assert dict(long_run.stats.sizes) == {"chain": 4, "draw": 1500}
    assert long_run.seconds > 0


def test_chains_differ(long_run: Draws) -> None:
    draws = long_run.posterior["mu"].to_numpy()
    for one in range(4):
        for other in range(one):
            assert not np.isin(draws[one], draws[other]).any()


def same(one: Draws, other: Draws) -> bool:
    return one.posterior.equals(other.posterior) and one.stats.equals(other.stats)


def test_the_same_seed_gives_the_same_draws_whatever_the_cores(sampler: Sampler) -> None:
    first = sampler.sample(seed=3, cores=1, **SHORT)
    assert same(first, sampler.sample(seed=3, cores=2, **SHORT))
    assert not same(first, sampler.sample(seed=4, cores=2, **SHORT))


def test_another_sampler_of_the_same_model_gives_the_same_draws(sampler: Sampler) -> None:
    assert same(sampler.sample(seed=5, **SHORT), make_sampler().sample(seed=5, **SHORT))


def test_a_chains_draws_do_not_hang_on_how_many_run_beside_it_at_a_time(sampler: Sampler) -> None:
    args: dict[str, Any] = {"seed": 6, "draws": 40, "tune": 60, "chains": 3}
    assert same(sampler.sample(cores=1, **args), sampler.sample(cores=3, **args))


Told = list[tuple[str, int, int, int | None]]


def test_progress_is_told_by_stage(sampler: Sampler) -> None:
    told: Told = []
    sampler.sample(seed=7, draws=3000, tune=900, chains=2, progress=lambda *a: told.append(a))
    assert told[:2] == [("tuning", 0, 1800, None), ("sampling", 0, 6000, None)]
    assert told[-2:] == [("tuning", 1800, 1800, None), ("sampling", 6000, 6000, 0)]
    assert {stage for stage, *_ in told} == {"tuning", "sampling"}
    assert all(0 <= done <= total for _, done, total, _ in told)


def test_short_chains_tell_their_progress_too(sampler: Sampler) -> None:
    told: Told = []
    at = sampler.starts(seed=1, chains=2)
    sampler.sample_short(at, seed=7, draws=20, tune=40, progress=lambda *a: told.append(a))
    for stage in ("tuning", "sampling"):
        first, *_, last = [(done, total) for name, done, total, _ in told if name == stage]
        assert first == (0, last[1])
        assert last[0] == last[1] > 0


def test_divergences_are_counted_as_they_happen_and_none_of_tuning() -> None:
    with pm.Model() as model:
        v = pm.Normal("v", 0, 3)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=9)
    told: Told = []
    drawn = Sampler(model).sample(
        seed=11, draws=20_000, tune=500, chains=2, progress=lambda *a: told.append(a)
    )
    counts = [found for stage, done, _, found in told if stage == "sampling" and done]
    true = int(drawn.stats["diverging"].sum())
    assert true > 0
    assert counts[-1] == true
    # the last word but one is the sampler's own, of some time before the end
    assert counts == sorted(counts)
    assert max(counts[:-1]) <= true
    assert any(0 < count for count in counts[:-1])


@pytest.mark.parametrize("tune", [1, 2, 10, 17, 18, 36, 90])
def test_the_warm_up_may_be_short(sampler: Sampler, tune: int) -> None:
    drawn = sampler.sample(seed=8, draws=5, tune=tune, chains=2)
    assert dict(drawn.posterior["mu"].sizes) == {"chain": 2, "draw": 5}
    assert np.isfinite(drawn.posterior["mu"]).all()


@pytest.mark.parametrize("tune", [0, 1, 17, 18, 100, 1800])
def test_the_warm_up_is_split_without_remainder(tune: int) -> None:
    first, second, last = _split(tune)
    parts = [*first, *second, last]
    assert sum(parts) == tune
    assert min(parts) >= 0


# --- shapes that are hard, and one that is too hard -----------------------------------------------


def record_of(model: pm.Model, **settings: Any) -> tuple[Diagnostics, xr.Dataset]:
    drawn = Sampler(model).sample(seed=11, **settings)
    return diagnose(drawn.posterior, drawn.stats), drawn.posterior


def test_a_narrow_ridge_passes() -> None:
    with pm.Model() as model:
        one = pm.Normal("one", 0, 1)
        pm.Normal("other", 0.9995 * one, np.sqrt(1 - 0.9995**2))
    record, posterior = record_of(model, draws=1000, tune=900)
    assert record.converged, record.reasons
    assert float(posterior["other"].std()) == pytest.approx(1, abs=0.1)
    assert float(xr.corr(posterior["one"], posterior["other"])) == pytest.approx(0.9995, abs=3e-4)


def test_a_funnel_does_not_pass() -> None:
    with pm.Model() as model:
        v = pm.Normal("v", 0, 3)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=9)
    record, _ = record_of(model, draws=500, tune=500)
    assert not record.converged
    assert record.divergences > 0 or record.max_rhat > 1.01


# --- interrupts -----------------------------------------------------------------------------------


def busy(seconds: float) -> float:
    """Return the share of some time that this process computed."""
    before = time.process_time()
    time.sleep(seconds)
    return (time.process_time() - before) / seconds


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let interrupts raise: the worker processes of a parallel test run ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stage", ["tuning", "sampling"])
def test_an_interrupt_raises_and_stops_every_chain(sampler: Sampler, stage: str) -> None:
    told: list[str] = []

    def interrupt(now: str, done: int, *_: Any) -> None:
        if now == stage and done:
            if not told:
                _thread.interrupt_main()
            told.append(now)

    long = 200_000
    with pytest.raises(KeyboardInterrupt):
        sampler.sample(
            seed=9,
            draws=long if stage == "sampling" else 10,
            tune=90 if stage == "sampling" else 2 * long,
            cores=2,
            progress=interrupt,
        )
    assert busy(0.5) < 0.3
    count = len(told)
    time.sleep(0.6)
    assert len(told) == count
    # and the sampler can be used again
    assert same(sampler.sample(seed=3, **SHORT), sampler.sample(seed=3, **SHORT))


def test_an_error_while_starting_is_not_swallowed(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Callable[..., Any]:
        raise RuntimeError("no start")

    monkeypatch.setattr("nutpie.sample", broken)
    with pytest.raises(RuntimeError, match="no start"):
        sampler.sample(seed=1, **SHORT)


# --- other data, and starts from a similar run ----------------------------------------------------


@pytest.fixture(scope="module")
def given() -> Sampler:
    """Return mu ~ N(0, 1), three values ~ N(mu, 0.5), the values being data of the model."""
    with pm.Model() as model:
        values = pm.Data("values", np.zeros(3))
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("seen", pm.logp(pm.Normal.dist(mu, 0.5), values).sum())
    return Sampler(model)


def assert_conjugate(drawn: Draws, values: np.ndarray) -> None:
    precision = 1 + len(values) / 0.25
    draws = drawn.posterior["mu"]
    assert float(draws.mean()) == pytest.approx(values.sum() / 0.25 / precision, abs=0.05)
    assert float(draws.std()) == pytest.approx(precision**-0.5, rel=0.1)
    assert diagnose(drawn.posterior, drawn.stats).converged


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [-4.0, -4.0, -1.0]])
def test_the_posterior_follows_the_data_that_are_given(given: Sampler, values: list[float]) -> None:
    assert given.data_names == ("values",)
    data = np.array(values)
    drawn = given.sample(seed=1, draws=1000, tune=400, data={"values": data})
    assert_conjugate(drawn, data)
    # and they stay
    assert_conjugate(given.sample(seed=2, draws=1000, tune=400), data)


def test_a_warm_start_gives_the_posterior_of_its_own_data_without_pilots(
    given: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[tuple[int, int]] = []
    real = given._run

    def counted(tally: Any, matrices: Any, at: Any, length: tuple[int, int], *rest: Any) -> Any:
        runs.append(length)
        return real(tally, matrices, at, length, *rest)

    monkeypatch.setattr(given, "_run", counted)
    first = given.sample(seed=3, draws=1000, tune=400, data={"values": np.array([1.0, 2.0, 3.0])})
    assert len(runs) == 3
    runs.clear()
    data = np.array([-1.0, 0.0, 1.0])
    warm = given.sample(seed=4, draws=1000, tune=200, data={"values": data}, warmth=first.warmth)
    assert_conjugate(warm, data)
    assert runs == [(200, 1000)]


def test_warmth_is_where_a_run_ended(given: Sampler) -> None:
    drawn = given.sample(seed=5, draws=20, tune=90, chains=3)
    np.testing.assert_allclose(drawn.warmth.values[:, 0], drawn.posterior["mu"][:, -1])


def test_a_model_without_data_of_its_own_has_none(sampler: Sampler) -> None:
    assert sampler.data_names == ()


def test_an_interrupt_inside_the_library_is_an_interrupt() -> None:
    stopped: list[int] = []

    class Running:
        def wait(self, timeout: float) -> None:
            raise TimeoutError

        def cancel(self) -> None:
            stopped.append(1)
            raise ValueError("already gone")

    def launch(chain: int) -> Any:
        if chain == 1:
            raise RuntimeError("unsupported type\n\nCaused by:\n    KeyboardInterrupt: ")
        return Running()

    with pytest.raises(KeyboardInterrupt):
        in_turn(launch, chains=3, cores=2)
    assert stopped == [1]


def test_chains_from_draws_of_the_prior_find_both_modes() -> None:
    with pm.Model() as model:
        x = pm.Normal("x", 0, 10)
        near = -0.5 * ((x - 8) / 0.3) ** 2
        pm.Potential("two", pm.math.logaddexp(near, -0.5 * ((x + 8) / 0.3) ** 2))
    drawn = Sampler(model).sample(seed=3, draws=200, tune=200, chains=8, dispersed=True)
    record = with_modes(diagnose(drawn.posterior, drawn.stats), drawn.posterior, drawn.stats)
    middles = np.median(drawn.posterior["x"].to_numpy(), axis=1)
    assert set(np.sign(middles)) == {-1.0, 1.0}
    np.testing.assert_allclose(np.abs(middles), 8, atol=0.3)
    assert not record.converged
