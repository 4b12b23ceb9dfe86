"""A cut in the model: the loss law is data, and its reference posterior a hypothesis of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bayesdensing.assembly import Assembled, assemble, reference_alone
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

CUT: dict[str, Any] = {"information": {"flow": "cut"}}
LAW = {"pivot_loss", "d_share", "irreducible_share", "n_exponent", "d_exponent"}


@pytest.mark.parametrize("law", ["chinchilla", "power"])
def test_the_loss_law_is_data_and_the_runs_are_not_seen(
    make: Callable[..., Assembled], law: str
) -> None:
    model = make(loss={"law": law}, **CUT).model
    expected = LAW if law == "chinchilla" else LAW - {"irreducible_share"}
    assert {v.name for v in model.data_vars} >= expected
    assert "irreducible_share" in expected or "irreducible_share" not in model.named_vars
    assert not LAW & {v.name for v in model.free_RVs}
    assert "log_loss" not in {v.name for v in model.observed_RVs}
    assert {"loss_noise", "loss_df"}.isdisjoint(v.name for v in model.free_RVs)


def test_everything_but_the_loss_law_is_as_in_the_joint_model(
    make: Callable[..., Assembled],
) -> None:
    joint, cut = make().model, make(**CUT).model
    gone = {v.name for v in joint.free_RVs} - {v.name for v in cut.free_RVs}
    assert {v.name for v in cut.free_RVs} < {v.name for v in joint.free_RVs}
    assert {"growth_rate", "link_sd", "dispersion"}.isdisjoint(gone)
    law = {v.name for v in make(blocks=("loss",)).model.free_RVs}
    assert gone == law


def test_the_density_of_scores_follows_the_law_that_is_set(make: Callable[..., Assembled]) -> None:
    model = make(**CUT).model
    logp, point = model.compile_logp(), model.initial_point()
    before = float(logp(point))
    with model:
        model.set_data("n_exponent", model["n_exponent"].get_value() * 1.3)
    assert np.isfinite(before)
    assert abs(float(logp(point)) - before) > 0.1


def test_the_reference_posterior_has_the_hypothesis_law_priors_and_benchmarks(
    tiny: Callable[..., DataBundle],
) -> None:
    raw = {
        "name": "x",
        "blocks": ("loss", "link", "growth"),
        "loss": {"size_effects": False},
        "data": {"benchmarks": ("BBH",)},
        "sampler": {"draws": 7},
    }
    default = Spec(**raw)
    wide = default.priors["n_exponent"].__class__("LogNormal", {"median": 0.5, "sigma": 1.0})
    spec = Spec(**raw, priors={"n_exponent": wide}, **CUT)
    alone = reference_alone(spec, tiny())
    assert alone.blocks == ("loss",)
    assert alone.loss == spec.loss
    assert alone.priors["n_exponent"] == wide
    assert set(alone.priors) == {n for n in alone.priors if n in spec.priors}
    assert alone.data.benchmarks == ("BBH",)
    assert alone.sampler == spec.sampler
    model = assemble(alone, tiny()).model
    assert [v.name for v in model.observed_RVs] == ["log_loss"]


def test_the_reference_posterior_gives_all_that_the_model_waits_for(
    tiny: Callable[..., DataBundle], make: Callable[..., Assembled]
) -> None:
    spec = Spec(name="x", blocks=("loss", "link", "growth"), **CUT)
    reference = assemble(reference_alone(spec, tiny()), tiny()).model
    names = {v.name for v in make(**CUT).model.data_vars}
    asked = {name for name in names if not name.endswith(("_measured", "_at_end"))}
    assert asked <= {v.name for v in reference.unobserved_RVs}
