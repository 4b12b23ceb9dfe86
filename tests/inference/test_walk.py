"""The walk is an exact change of variables: the model's own log density, whatever the matrices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import special

from bayesdensing.inference.bend import Bend
from bayesdensing.inference.precondition import from_covariance, from_curvature
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations
from bayesdensing.inference.walk import DENSE, LATENT, Walk, build_walk

MODE = "FAST_COMPILE"
LOOSE = np.arange(5) == 2


def make_model() -> pm.Model:
    """Return a model with every kind of variable: transformed, vector, latent, shifted."""
    with pm.Model(coords={"benchmark": ["a", "b"], "llm": list("uvwxy")}) as model:
        scale = pm.LogNormal("scale", 0.1, 0.5)
        share = pm.Beta("share", 2, 3, dims="benchmark")
        level = pm.Normal("level", 1, 2)
        latent = pm.Normal("latent", level, scale, dims="llm")
        pm.Deterministic("double", 2 * latent, dims="llm")
        mean = latent * share[0] + share[1]
        pm.StudentT("obs", nu=4, mu=mean, sigma=0.3, observed=np.arange(5) / 3, dims="llm")
    return model


@dataclass
class Built:
    model: pm.Model
    walk: Walk
    logp: Callable[[dict[str, Any]], float]
    original: Callable[[dict[str, Any]], float]


@pytest.fixture(scope="module")
def built() -> Built:
    model = make_model()
    # the level is walked as a distance from an expression of two others
    shifts = {"level": model["share"][0] * 2 + pm.math.log(model["scale"])}
    walk = build_walk(model, shifts=shifts, latents=["latent"], loose={"latent": LOOSE})
    return Built(
        model,
        walk,
        walk.model.compile_logp(mode=MODE),
        model.compile_logp(mode=MODE),
    )


def random_matrices(rng: np.random.Generator) -> Preconditioner:
    return Preconditioner(
        dense_mean=rng.normal(size=4) / 3,
        factor=np.linalg.qr(rng.normal(size=(4, 4)))[0] * rng.uniform(0.2, 1.5, 4),
        other_mean=rng.normal(size=5),
        coupling=rng.normal(size=(4, 4)) / 3,
        scale=rng.uniform(0.1, 2, 5),
        bend=random_bend(rng, 9),
        pseudo=PseudoObservations(np.linspace(-1, 1, 4), np.linspace(0, 3, 4)),
    )


def random_bend(rng: np.random.Generator, size: int) -> Bend:
    return Bend(rng.normal(size=size), rng.uniform(0.3, 3, size), rng.uniform(-0.8, 0.8, size))


def point_of(m: Preconditioner, z: np.ndarray) -> dict[str, np.ndarray]:
    """Return the unconstrained point that coordinates mean, worked out by hand."""
    latent = m.other_mean[:4] + m.coupling @ z[:4] + m.scale[:4] * z[4:8]
    loose = m.other_mean[4:] + m.scale[4:] * z[8:]
    straight = np.concatenate([m.dense_mean + m.factor @ z[:4], latent, loose])
    u = (straight - m.bend.centre) / m.bend.spread
    bent = m.bend.centre + m.bend.spread * (u + m.bend.skew * (np.sqrt(1 + u**2) - 1))
    dense, latent = bent[:4], bent[[4, 5, 8, 6, 7]]  # the third latent is the loose one
    log_scale, logit_share, level = dense[0], dense[1:3], dense[3]
    shift = 2 * special.expit(logit_share[0]) + log_scale
    return {
        "scale_log__": np.array(log_scale),
        "share_logodds__": logit_share,
        "level": np.array(level + shift),
        "latent": latent,
    }


def log_slopes(m: Preconditioner, z: np.ndarray) -> float:
    """Return the log Jacobian of the bend, by differences."""
    straight = replace(m, bend=Bend.identity(9)).to_values(z)
    slopes = (m.bend.bent(straight + 1e-6) - m.bend.bent(straight - 1e-6)) / 2e-6
    return float(np.log(slopes).sum())


def target(built: Built, m: Preconditioner, z: np.ndarray) -> float:
    """Return the log density that the walk is to have, up to a constant."""
    return float(built.original(point_of(m, z))) + log_slopes(m, z)


def laid(built: Built, matrices: Preconditioner) -> None:
    with built.walk.model:
        pm.set_data(matrices.data())


def at(built: Built, z: np.ndarray) -> float:
    return float(built.logp({DENSE: z[:4], LATENT: z[4:]}))


def test_the_walks_log_density_is_the_models_at_the_point_it_means(built: Built) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        matrices, z = random_matrices(rng), rng.normal(size=9)
        laid(built, matrices)
        assert at(built, z) == pytest.approx(target(built, matrices, z), rel=1e-7)


def test_so_is_its_gradient(built: Built) -> None:
    rng = np.random.default_rng(2)
    gradient = built.walk.model.compile_dlogp(mode=MODE)
    for _ in range(5):
        matrices, z = random_matrices(rng), rng.normal(size=9)
        laid(built, matrices)
        numeric = [
            (target(built, matrices, z + h) - target(built, matrices, z - h)) / 2e-3
            for h in 1e-3 * np.eye(9)
        ]
        ours = gradient({DENSE: z[:4], LATENT: z[4:]})
        np.testing.assert_allclose(ours, numeric, rtol=1e-4, atol=1e-4)


def test_the_models_own_variables_come_out(built: Built) -> None:
    rng = np.random.default_rng(3)
    matrices, z = random_matrices(rng), rng.normal(size=9)
    laid(built, matrices)
    point = point_of(matrices, z)
    names = ("scale", "share", "level", "latent", "double")
    outputs = built.walk.model.replace_rvs_by_values([built.walk.model[name] for name in names])
    values = built.walk.model.compile_fn(outputs, inputs=built.walk.model.value_vars, mode=MODE)
    scale, share, level, latent, double = values({DENSE: z[:4], LATENT: z[4:]})
    assert float(scale) == pytest.approx(float(np.exp(point["scale_log__"])))
    np.testing.assert_allclose(share, special.expit(point["share_logodds__"]))
    assert float(level) == pytest.approx(float(point["level"]))
    np.testing.assert_allclose(latent, point["latent"])
    np.testing.assert_allclose(double, 2 * point["latent"])
    dims = built.walk.model.named_vars_to_dims
    assert (dims["share"], dims["latent"], dims["double"]) == (("benchmark",), ("llm",), ("llm",))


def test_coordinates_go_there_and_back() -> None:
    rng = np.random.default_rng(4)
    matrices, z = random_matrices(rng), rng.normal(size=(3, 7, 9))
    values = matrices.to_values(z)
    np.testing.assert_allclose(matrices.to_walk(values), z, atol=1e-9)
    np.testing.assert_array_equal(Preconditioner.identity(4, 4, 1).to_walk(values), values)


def test_starts_are_dispersed_in_every_direction_and_of_the_seed(built: Built) -> None:
    starts = built.walk.starts(7, 4)
    assert starts.shape == (4, 9)
    assert (np.ptp(starts, axis=0) > 0.1).all()
    np.testing.assert_array_equal(starts, built.walk.starts(7, 4))
    assert not np.isin(starts, built.walk.starts(8, 4)).any()
    laid(built, built.walk.identity())
    assert np.isfinite([at(built, z) for z in starts]).all()


def test_a_start_is_the_models_own_point_less_the_shift(built: Built) -> None:
    point = built.model.initial_point()
    flat = built.walk._flat(point)
    back = point_of(built.walk.identity(), flat)
    for name, value in point.items():
        np.testing.assert_allclose(back[name], value, atol=1e-12)


def test_a_model_without_hints_or_latents_walks_too() -> None:
    model = make_model()
    walk = build_walk(model, shifts={}, latents=[])
    assert (walk.n_dense, walk.n_latent, walk.n_loose, walk.single_groups) == (9, 0, 0, ())
    z = np.random.default_rng(5).normal(size=9)
    start = model.initial_point()
    names = {n: model.rvs_to_values[model[n]].name for n in walk.places}
    point = {name: z[walk.places[n]].reshape(start[name].shape) for n, name in names.items()}
    ours = walk.model.compile_logp(mode=MODE)({DENSE: z})
    assert float(ours) == pytest.approx(float(model.compile_logp(mode=MODE)(point)))


# --- better coordinates ---------------------------------------------------------------------------


def arrow(rng: np.random.Generator, dense: int, latent: int) -> np.ndarray:
    """Return a precision matrix whose latents are independent given the dense values."""
    cross = rng.normal(size=(dense, latent))
    own = rng.uniform(1, 20, latent)
    root = rng.normal(size=(dense, dense))
    top = root @ root.T + np.eye(dense) + (cross / own) @ cross.T
    return np.block([[top, cross], [cross.T, np.diag(own)]])


def test_curvature_whitens_a_gaussian_with_latents() -> None:
    rng = np.random.default_rng(6)
    precision = arrow(rng, 3, 5)
    mean = rng.normal(size=8)
    matrices = from_curvature(
        lambda x: -precision @ (x - mean),
        mean + rng.normal(size=(2, 8)),
        start=Preconditioner.identity(3, 5),
        single_groups=[slice(0, 2), slice(2, 5)],
    )
    linear = np.block(
        [
            [matrices.factor, np.zeros((3, 5))],
            [matrices.coupling, np.diag(matrices.scale)],
        ]
    )
    np.testing.assert_allclose(linear.T @ precision @ linear, np.eye(8), atol=1e-5)


def test_curvature_leaves_loose_values_to_themselves() -> None:
    rng = np.random.default_rng(12)
    precision = arrow(rng, 2, 3)
    matrices = from_curvature(
        lambda x: np.concatenate([-precision @ x[:5], -9 * x[5:]]),
        rng.normal(size=(1, 7)),
        start=Preconditioner.identity(2, 3, 2),
        single_groups=[slice(0, 3), slice(3, 5)],
    )
    assert matrices.coupling.shape == (3, 2)
    np.testing.assert_allclose(matrices.scale[3:], 1 / 3, rtol=1e-5)


def test_curvature_that_is_flat_or_bent_the_wrong_way_still_gives_coordinates() -> None:
    matrices = from_curvature(
        lambda x: np.array([0.0, x[1], np.nan]),
        np.zeros((1, 3)),
        start=Preconditioner.identity(2, 1),
        single_groups=[slice(0, 1)],
    )
    for part in matrices.data().values():
        assert np.isfinite(part).all()
    assert abs(np.linalg.det(matrices.factor)) > 0


def test_one_unit_between_two_peaks_does_not_outweigh_all_others() -> None:
    # each unit sees a dense combination through its latent, with information `seen` beside a unit
    # prior; of the first the curvature is negative, as between the peaks of contradicting values
    rng = np.random.default_rng(9)
    n_units, n_dense = 60, 4
    seen = rng.uniform(1, 10, n_units)
    seen[0] = -1.04
    towards = rng.normal(size=(n_units, n_dense))
    towards[0] *= 2
    dense = np.eye(n_dense) + (towards.T * seen) @ towards
    cross = towards.T * seen
    precision = np.block([[dense, cross], [cross.T, np.diag(seen + 1)]])
    matrices = from_curvature(
        lambda x: -precision @ x,
        rng.normal(size=(2, n_dense + n_units)),
        start=Preconditioner.identity(n_dense, n_units),
        single_groups=[slice(0, n_units)],
    )
    kept = (towards[1:].T * (seen / (seen + 1))[1:]) @ towards[1:] + np.eye(n_dense)
    whitened = np.linalg.eigvalsh(matrices.factor.T @ kept @ matrices.factor)
    assert whitened.min() > 1 / 3
    assert whitened.max() < 3


def test_units_of_which_little_is_known_keep_their_own_scale() -> None:
    own = np.full(100, 1000.0)
    own[:3] = 1.0
    matrices = from_curvature(
        lambda x: -np.concatenate([[1.0], own]) * x,
        np.zeros((1, 101)),
        start=Preconditioner.identity(1, 100),
        single_groups=[slice(0, 100)],
    )
    np.testing.assert_allclose(matrices.scale, own**-0.5, rtol=1e-5)


def test_covariance_whitens_the_draws_it_is_of() -> None:
    rng = np.random.default_rng(7)
    first = random_matrices(rng)
    root = rng.normal(size=(4, 4))
    z = rng.normal(size=(5000, 4)) @ root.T + 3
    better = from_covariance(first, z)
    moved = better.to_walk(first.to_values(np.pad(z, [(0, 0), (0, 5)])))
    np.testing.assert_allclose(np.cov(moved[:, :4].T), np.eye(4), atol=0.05)
    np.testing.assert_allclose(moved[:, :4].mean(axis=0), 0, atol=1e-9)
    # latents stay where the dense values put them
    np.testing.assert_allclose(moved[:, 4:], 0, atol=1e-9)


def test_few_draws_of_many_values_are_shrunk() -> None:
    rng = np.random.default_rng(8)
    first = Preconditioner.identity(20, 0)
    better = from_covariance(first, rng.normal(size=(15, 20)))
    assert np.isfinite(better.factor).all()
    assert np.linalg.cond(better.factor) < 10


def test_draws_that_stood_still_change_nothing() -> None:
    first = Preconditioner.identity(3, 0)
    assert from_covariance(first, np.ones((8, 3))) is first


def test_a_stretched_variable_brings_its_jacobian_and_its_start() -> None:
    with pm.Model(coords={"evaluator": ["a", "b"]}) as model:
        sd = pm.LogNormal("sd", 0, 1)
        effect = pm.Normal("effect", 0, sd, dims="evaluator")
        pm.Normal("obs", effect, 0.1, observed=[0.3, -0.2], dims="evaluator")
    power = np.array([0.0, 0.7])
    stretches = {"effect": power * pm.math.log(sd)}
    walk = build_walk(model, shifts={}, latents=[], log_stretches=stretches)
    ours, plain = walk.model.compile_logp(mode=MODE), model.compile_logp(mode=MODE)
    z = np.array([0.4, 1.2, -0.8])
    stretch = power * z[0]
    point = {"sd_log__": np.array(z[0]), "effect": z[1:] * np.exp(stretch)}
    assert ours({DENSE: z}) == pytest.approx(plain(point) + stretch.sum(), rel=1e-9)
    flat = walk.starts(seed=3, count=2)
    assert np.isfinite([ours({DENSE: start}) for start in flat]).all()
    assert not np.allclose(flat[0], flat[1])


def test_curvature_is_the_same_on_any_number_of_cores() -> None:
    rng = np.random.default_rng(8)
    points = rng.normal(size=(7, 9))
    start = Preconditioner.identity(3, 5, 1)

    def gradient(at: np.ndarray) -> np.ndarray:
        return -np.tanh(at) - at.sum() * np.cos(at)

    one, four = (
        from_curvature(gradient, points, start=start, single_groups=(slice(0, 5),), cores=cores)
        for cores in (1, 4)
    )
    np.testing.assert_array_equal(one.factor, four.factor)
    np.testing.assert_array_equal(one.coupling, four.coupling)


def test_a_model_without_dense_values_has_coordinates() -> None:
    points = np.random.default_rng(9).normal(size=(4, 3))
    start = Preconditioner.identity(0, 3)
    found = from_curvature(lambda at: -4 * at, points, start=start, single_groups=(slice(0, 3),))
    np.testing.assert_allclose(found.scale, 0.5)
