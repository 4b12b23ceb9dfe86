"""Latents walked from their population: the model's own posterior, and easier the less is told."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest

from bayesdensing.inference import Sampler, diagnose
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations, conditional
from bayesdensing.inference.walk import DENSE, LATENT, Walk, build_walk

MODE = "FAST_COMPILE"
N = 4


def crowd() -> pm.Model:
    """Return a model with latents that have a population and others that have none."""
    with pm.Model(coords={"llm": list("abcd"), "family": ["u", "v"]}) as model:
        level = pm.Normal("level", 1, 2)
        sd = pm.LogNormal("sd", 0, 0.5)
        bare = pm.Normal("bare", 0, 1, dims="family")
        pm.Normal("x", level + bare[0], sd, dims="llm")
        pm.Normal("obs", model["x"], 0.5, observed=np.arange(4.0), dims="llm")
    return model


def walk_of(model: pm.Model) -> Walk:
    populations = {"x": (model["level"] + model["bare"][0], model["sd"])}
    return build_walk(model, shifts={}, latents=["bare", "x"], populations=populations)


def told(walk: Walk, rng: np.random.Generator) -> Preconditioner:
    """Return a walk whose pseudo-observations are not those that it began with."""
    size = len(walk.pseudo.centre)
    pseudo = PseudoObservations(
        rng.normal(size=size), rng.uniform(0, 5, size) * walk.populations.populated
    )
    coupling = rng.normal(size=(walk.n_latent, walk.n_dense)) / 3
    return replace(walk.identity(), pseudo=pseudo, coupling=coupling)


def test_the_log_density_is_the_models_at_the_point_it_means() -> None:
    model = crowd()
    walk = walk_of(model)
    ours, plain = walk.model.compile_logp(mode=MODE), model.compile_logp(mode=MODE)
    assert (walk.n_dense, walk.n_latent) == (2, 6)
    np.testing.assert_array_equal(walk.populations.populated, [False] * 2 + [True] * 4)
    rng = np.random.default_rng(1)
    for _ in range(5):
        matrices, z = told(walk, rng), rng.normal(size=8)
        with walk.model:
            pm.set_data(matrices.data())
        latents = matrices.coupling @ z[:2] + z[2:]
        mean, sd = z[0] + latents[0], np.exp(z[1])
        weight = 1 / (1 + matrices.pseudo.precision[2:] * sd**2)
        spread = sd * np.sqrt(weight)
        x = weight * mean + (1 - weight) * matrices.pseudo.centre[2:] + spread * latents[2:]
        point = {"level": z[0], "sd_log__": z[1], "bare": latents[:2], "x": x}
        by_hand = float(plain({name: np.array(v) for name, v in point.items()}))
        assert ours({DENSE: z[:2], LATENT: z[2:]}) == pytest.approx(
            by_hand + np.log(spread).sum(), rel=1e-9
        )


def test_values_are_the_same_point_whatever_is_told() -> None:
    walk, rng = walk_of(crowd()), np.random.default_rng(2)
    one, other = told(walk, rng), told(walk, rng)
    values = walk.starts(3, 5).reshape(5, 1, 8)
    for matrices in (one, other, walk.identity()):
        z = walk.to_walk(matrices, values)
        np.testing.assert_allclose(walk.to_values(matrices, z), values, rtol=1e-9)
    assert not np.allclose(walk.to_walk(one, values), walk.to_walk(other, values))
    np.testing.assert_array_equal(walk.to_walk(walk.identity(), values), values)
    density = walk.model.compile_logp(mode=MODE)

    def at(matrices: Preconditioner) -> np.ndarray:
        with walk.model:
            pm.set_data(matrices.data())
        rows = walk.to_walk(matrices, values)[:, 0]
        found = np.array([float(density({DENSE: r[:2], LATENT: r[2:]})) for r in rows])
        _, sd = walk.populations.at(values[:, 0])
        weight = 1 / (1 + matrices.pseudo.precision * sd**2)
        return np.asarray(found - np.log(sd * weight**0.5).sum(axis=-1))

    np.testing.assert_allclose(at(one), at(other), rtol=1e-9)


def test_what_is_no_latent_has_no_population() -> None:
    model = crowd()
    with pytest.raises(ValueError, match="no latents"):
        build_walk(model, shifts={}, latents=["bare"], populations={"x": (0.0, 1.0)})
    loose = {"x": np.arange(4) == 1}
    with pytest.raises(ValueError, match="no latents"):
        build_walk(model, shifts={}, latents=["x"], loose=loose, populations={"x": (0.0, 1.0)})


def test_draws_and_curvature_tell_what_a_normal_likelihood_does() -> None:
    # the sd of the population is as uncertain as that of few units is
    rng = np.random.default_rng(4)
    centre, precision = rng.normal(size=N), np.array([0.5, 1.0, 4.0, 50.0])
    draws = 100_000
    mean = np.repeat(rng.normal(0.7, 0.2, (draws, 1)), N, axis=1)
    sd = np.repeat(rng.lognormal(-0.3, 0.7, (draws, 1)), N, axis=1)
    middle, spread = conditional(mean, sd, centre=centre, precision=precision)
    values = middle + spread * rng.normal(size=mean.shape)
    found = PseudoObservations.of_draws(values, precision, mean=mean, sd=sd)
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.centre, centre, atol=0.05)


def test_latents_that_bend_the_wrong_way_are_left_to_their_population() -> None:
    values = np.zeros((10, 1))
    found = PseudoObservations.of_draws(
        values, np.array([-7.0]), mean=values - 1, sd=np.full((10, 1), 0.5)
    )
    weight = 1 / (1 + found.precision * 0.25)
    assert 0.8 < float(weight[0]) < 1
    assert np.isfinite(found.centre).all()


def test_what_is_no_number_is_not_learned() -> None:
    one = PseudoObservations(np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, np.inf]))
    sound = one.where_finite(PseudoObservations(np.zeros(3), np.ones(3)))
    np.testing.assert_array_equal(sound.centre, [1, 0, 0])
    np.testing.assert_array_equal(sound.precision, [1, 1, 1])


def test_a_population_that_is_known_has_a_row_for_each_draw() -> None:
    with pm.Model(coords={"llm": list("abcd")}) as model:
        level = pm.Normal("level", 0, 1)
        pm.Normal("x", level, 2.0, dims="llm")
    walk = build_walk(model, shifts={}, latents=["x"], populations={"x": (level, 2.0)})
    mean, sd = walk.populations.at(walk.starts(1, 5).reshape(5, 1, 5))
    assert mean.shape == sd.shape == (5, 1, 4)
    assert (sd == 2).all()


def test_threads_that_share_a_walk_get_their_own_numbers() -> None:
    populations = walk_of(crowd()).populations
    rng = np.random.default_rng(7)
    points = [rng.normal(size=(count, 8)) for count in (3, 50)]
    wanted = [populations.at(values)[0] for values in points]

    def again(which: int) -> bool:
        return all(
            np.array_equal(populations.at(points[which])[0], wanted[which]) for _ in range(300)
        )

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(again, [0, 1, 0, 1]))
    finally:
        sys.setswitchinterval(before)


def test_what_would_go_in_a_circle_is_refused() -> None:
    model = crowd()
    moments = (model["level"], model["sd"])
    with pytest.raises(ValueError, match="neither shifted nor stretched"):
        build_walk(model, shifts={"x": model["level"]}, latents=["x"], populations={"x": moments})
    with pytest.raises(ValueError, match="level is walked by depends on"):
        build_walk(
            model,
            shifts={"level": model["x"].sum()},
            latents=["x"],
            populations={"x": (0.0, model["sd"])},
        )
    with pytest.raises(ValueError, match="bare is walked by depends on"):
        build_walk(
            model,
            shifts={},
            latents=["x", "bare"],
            populations={"x": moments, "bare": (model["x"][:2], 1.0)},
        )


def eight_schools(**hints: Any) -> Sampler:
    """Return a sampler of few units whose errors are wider than their population."""
    rng = np.random.default_rng(5)
    seen = rng.normal(0, 1, 30)
    with pm.Model(coords={"llm": range(30)}) as model:
        mu = pm.Normal("mu", 0, 1)
        sd = pm.LogNormal("sd", 0, 1)
        x = pm.Normal("x", mu, sd, dims="llm")
        pm.Normal("obs", x, 1, observed=seen, dims="llm")
    if hints.pop("populated"):
        hints["populations"] = {"x": (mu, sd)}
    return Sampler(model, latents=["x"], **hints)


def test_a_narrow_population_is_explored_and_the_posterior_is_the_same() -> None:
    drawn = {
        populated: eight_schools(populated=populated).sample(seed=1, draws=1000, tune=600)
        for populated in (False, True)
    }
    record = {p: diagnose(d.posterior, d.stats) for p, d in drawn.items()}
    assert record[True].converged, record[True].reasons
    assert record[True].min_ess_bulk > 4 * record[False].min_ess_bulk
    one, other = (np.log(drawn[p].posterior["sd"].to_numpy()) for p in (False, True))
    error = one.std() * np.sqrt(1 / record[False].min_ess_bulk + 1 / record[True].min_ess_bulk)
    assert abs(one.mean() - other.mean()) < 4 * error
