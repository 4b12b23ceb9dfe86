"""Many bundles of one design, fitted with one compiled model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import Exchange
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import fit, resolved
from bayesdensing.refitting import Refit, Refitter, Task
from bayesdensing.simulation import simulate
from bayesdensing.spec import Spec, load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]

LENGTH: dict[str, Any] = {"draws": 500, "tune": 200}


@pytest.fixture(scope="session")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames())


@pytest.fixture(scope="session")
def spec() -> Spec:
    return resolved("trend", draws=500, tune=500)


@pytest.fixture(scope="session")
def refitter(spec: Spec, bundle: DataBundle) -> Refitter:
    return Refitter(spec, bundle, seed=1)


@pytest.fixture(scope="session")
def tasks(spec: Spec, bundle: DataBundle) -> list[Task]:
    rates = (0.5, 3.0, -1.0, 8.0)
    given = [{"growth_rate": rate, "level": 0.0, "dispersion": 0.3} for rate in rates]
    worlds = [simulate(spec, bundle, seed=i, given=g) for i, g in enumerate(given)]
    return [
        Task(f"rate {r}", w.data, i) for i, (r, w) in enumerate(zip(rates, worlds, strict=True))
    ]


@pytest.fixture(scope="session")
def fits(refitter: Refitter, tasks: list[Task]) -> dict[str, Refit]:
    return {f.task.key: f for f in refitter.fits(tasks, workers=2, **LENGTH)}


def test_each_fit_is_of_its_own_data(fits: dict[str, Refit], tasks: list[Task]) -> None:
    assert set(fits) == {task.key for task in tasks}
    for key, found in fits.items():
        rate = found.posterior["growth_rate"]
        truth = float(key.removeprefix("rate "))
        assert abs(float(rate.mean()) - truth) < 5 * float(rate.std())
        assert found.diagnostics.max_rhat < 1.03


def test_the_posterior_is_that_of_a_fit_from_scratch(
    fits: dict[str, Refit], tasks: list[Task], spec: Spec
) -> None:
    alone = fit(spec, tasks[1].data, seed=5, progress=False)
    again = fits[tasks[1].key].posterior
    for name in ("growth_rate", "level", "dispersion"):
        sd = float(alone.posterior[name].std())
        assert abs(float(again[name].mean() - alone.posterior[name].mean())) < 0.25 * sd
        assert float(again[name].std()) == pytest.approx(sd, rel=0.2)


def test_the_number_of_workers_and_the_order_change_nothing(
    refitter: Refitter, fits: dict[str, Refit], tasks: list[Task]
) -> None:
    for found in refitter.fits(tasks[::-1], workers=1, **LENGTH):
        xr.testing.assert_equal(found.posterior, fits[found.task.key].posterior)


def test_another_design_is_refused(
    refitter: Refitter, tiny_frames: Frames, spec: Spec, bundle: DataBundle
) -> None:
    frames = tiny_frames()
    fewer = DataBundle.from_frames(name="fewer", **{**frames, "densities": frames["densities"][1:]})
    with pytest.raises(DataNeedError, match=r"fewer has another design than tiny: years"):
        list(refitter.fits([Task("x", fewer, 1)], **LENGTH))
    with pytest.raises(DataNeedError, match="differs"):
        Exchange(spec, bundle).outcomes_of(fewer)


def test_another_score_of_guessing_is_another_design(
    tiny_frames: Frames, bundle: DataBundle
) -> None:
    frames = tiny_frames()
    frames["benchmarks"] = frames["benchmarks"].assign(chance=0.123)
    other = DataBundle.from_frames(name="other", **frames)
    with pytest.raises(DataNeedError, match="scores of guessing differ"):
        Exchange(load_spec("joint"), bundle).outcomes_of(other)


@pytest.mark.parametrize("name", ["trend", "loss_law", "joint"])
def test_outcomes_are_the_models_data(name: str, bundle: DataBundle) -> None:
    spec = load_spec(name)
    model = assemble(spec, bundle).model
    found = Exchange(spec, bundle).outcomes_of(bundle)
    assert set(found) == {v.name for v in model.data_vars}
    for key, values in found.items():
        np.testing.assert_array_equal(model[key].get_value(), values)


def test_a_simulated_world_has_the_design_of_its_template(bundle: DataBundle) -> None:
    spec = load_spec("joint")
    world = simulate(spec, bundle, seed=1, given={"doubling_time_days": 100.0})
    exchange = Exchange(spec, bundle)
    swapped, own = exchange.outcomes_of(world.data), exchange.outcomes_of(bundle)
    assert not np.allclose(swapped["score_measured"], own["score_measured"])
