"""How far scores pull the reference curve: medians, intervals, shifts, and what is comparable."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis import Fit
from bayesdensing.analysis.pull import reference_pull
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.loss import loss
from tests.analysis.synthetic import make_fit

LAW = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")


@pytest.fixture
def alone() -> Fit:
    return make_fit(spec="loss_law", seed=5, leave_out=("growth_rate", "level", "log_density"))


def pulled(by: float, *, spec: str = "joint") -> Fit:
    """Return a fit whose irreducible losses are so many times as large."""
    fit = make_fit(spec=spec)
    posterior = fit.posterior.assign(irreducible_loss=fit.posterior["irreducible_loss"] * by)
    tree = xr.DataTree.from_dict(
        {"posterior": posterior, "constant_data": fit.idata["constant_data"].to_dataset()}
    )
    return dataclasses.replace(fit, idata=tree)


def test_the_shift_is_in_sds_of_the_posterior_alone(alone: Fit) -> None:
    table = pulled(0.5).reference_pull(alone)
    own = alone.posterior["irreducible_loss"].sel(benchmark="BBH")
    row = table.loc["irreducible_loss[BBH]"]
    assert row["alone_median"] == pytest.approx(float(own.median()))
    assert row["alone_eti95_ub"] == pytest.approx(float(own.quantile(0.975)))
    assert row["joint_median"] == pytest.approx(0.025, rel=0.01)
    distance = row["joint_median"] - row["alone_median"]
    assert row["shift"] == pytest.approx(distance / float(own.std(ddof=1)))
    assert row["shift"] < -20
    assert table["shift"].abs().idxmax().startswith("irreducible_loss")
    assert abs(table.loc["n_exponent[BBH]", "shift"]) < 0.5


def test_the_loss_on_the_ruler_is_that_of_the_fits_own_tokens(alone: Fit) -> None:
    for spec, tokens in (("joint", 60e10), ("joint_5T", 5e12)):
        found = pulled(1.0, spec=spec).reference_pull(alone).loc["loss_at_1e10[MMLU]"]
        law = {name: alone.posterior[name].sel(benchmark="MMLU") for name in LAW}
        expected = loss(n_params=1e10, n_tokens=tokens, **law)
        assert found["alone_median"] == pytest.approx(float(np.median(expected)))


def test_every_benchmark_has_its_rows(alone: Fit) -> None:
    table = pulled(1.0).reference_pull(alone)
    # loss_noise and size_effect_sd are not among the draws of this fit
    names = ("irreducible_loss", "n_exponent", "d_exponent")
    sizes = ("loss_at_1e9", "loss_at_1e10", "loss_at_1e11")
    expected = {f"{name}[{b}]" for name in (*names, *sizes) for b in ("MMLU", "BBH")}
    assert set(table.index) == expected


def test_a_cut_is_compared_with_its_own_reference_posterior(alone: Fit) -> None:
    joint = pulled(1.0)
    law = alone.posterior[list(LAW)]
    tree = xr.DataTree.from_dict({"posterior": joint.posterior, "reference": law})
    cut = dataclasses.replace(joint, idata=tree)
    assert (cut.reference_pull() == joint.reference_pull(alone)).all(axis=None)
    with pytest.raises(DataNeedError, match="no reference posterior"):
        joint.reference_pull()


def test_what_is_held_fixed_is_not_pulled(alone: Fit) -> None:
    def without(fit: Fit) -> Fit:
        none = fit.posterior.assign(irreducible_loss=fit.posterior["irreducible_loss"] * 0)
        return dataclasses.replace(fit, idata=xr.DataTree.from_dict({"posterior": none}))

    table = reference_pull(without(pulled(1.0)), without(alone))
    assert table.loc["irreducible_loss[MMLU]", "shift"] == 0


def test_another_law_other_data_or_other_benchmarks_are_refused(alone: Fit) -> None:
    with pytest.raises(DataNeedError, match="other loss"):
        make_fit(spec="joint_power").reference_pull(alone)
    with pytest.raises(DataNeedError, match="other data"):
        make_fit(n_llms=9).reference_pull(alone)
    with pytest.raises(DataNeedError, match="other benchmarks"):
        make_fit(benchmarks=("MMLU",)).reference_pull(alone)
    prior = type(alone.spec.priors["n_exponent"])("LogNormal", {"median": 0.5, "sigma": 2.0})
    priors = {**alone.spec.priors, "n_exponent": prior}
    changed = alone.spec.model_copy(update={"priors": priors})
    with pytest.raises(DataNeedError, match="other priors"):
        make_fit().reference_pull(dataclasses.replace(alone, spec=changed))
