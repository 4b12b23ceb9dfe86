"""Recovery of one parameter: what is counted, what is refused, what is not fitted again."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing import parameter_recovery
from bayesdensing.errors import DataNeedError
from bayesdensing.parameter_recovery import COLUMNS, bias_table, recover_parameter
from tests.analysis.synthetic import make_data


@pytest.fixture
def fitted(monkeypatch):
    """Replace worlds and fits: draws lie 0.1 above the truth; seeds that were fitted are kept."""
    seeds = []

    class Refitter:
        def __init__(self, spec, template, *, seed):
            self.first = seed

        def fit(self, task, *, draws, tune):
            seeds.append(task.seed)
            noise = np.random.default_rng(task.seed).normal(0.1, 0.5, (4, 250))
            values = xr.DataArray(task.data + noise, dims=("chain", "draw"))
            return SimpleNamespace(
                task=task,
                posterior=xr.Dataset({"size_exponent": values}),
                diagnostics=SimpleNamespace(max_rhat=1.0, divergences=0),
                seconds=1.0,
            )

    def world(spec, design, *, seed, given):
        return SimpleNamespace(data=given["size_exponent"])

    monkeypatch.setattr(parameter_recovery, "Refitter", Refitter)
    monkeypatch.setattr(parameter_recovery, "simulate", world)
    monkeypatch.setattr(parameter_recovery, "typical_values", lambda *_, **__: {})
    return seeds


def run(**given):
    settings = {"n_worlds": 2, "template": make_data(), **given}
    return recover_parameter("size_term", "size_exponent", (-0.3, 0.3), **settings)


def test_each_world_has_a_seed_of_its_own_and_bias_is_that_of_the_medians(fitted):
    rows = run()
    assert fitted == [1, 2, 3, 4]
    assert tuple(rows.columns) == COLUMNS
    assert rows["truth"].tolist() == [-0.3, -0.3, 0.3, 0.3]
    table = bias_table(rows)
    assert table["worlds"].tolist() == [2, 2, 4]
    assert table["in95"].tolist() == [2, 2, 4]
    error = rows["median"] - rows["truth"]
    assert table["bias"].iloc[-1] == pytest.approx(error.mean())
    assert table["bias"].iloc[-1] == pytest.approx(0.1, abs=0.06)
    assert table["bias_se"].iloc[-1] == pytest.approx(error.std() / 2)


def test_worlds_in_the_table_are_not_fitted_again(fitted, tmp_path):
    out = tmp_path / "table.csv"
    first = run(out=out)
    again = run(out=out)
    assert fitted == [1, 2, 3, 4]
    pd.testing.assert_frame_equal(first, again, rtol=1e-5)


def test_what_cannot_be_recovered_is_refused(fitted):
    with pytest.raises(DataNeedError, match="has no parameter family_sd"):
        recover_parameter("size_term", "family_sd", (0.1,), template=make_data())
    with pytest.raises(DataNeedError, match="no growth block"):
        recover_parameter("trend", "level", (0.1,), template=make_data())
    with pytest.raises(DataNeedError, match="cut"):
        recover_parameter("joint_cut", "level", (0.1,), template=make_data())
    assert fitted == []
