"""The loss law: its pivot, its limits, and the constants that others have published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdensing.data import DataBundle, load_data
from bayesdensing.laws import loss
from bayesdensing.laws.priors import Prior

HOFFMANN = {
    "irreducible_loss": 1.69,
    "n_coefficient": 406.4,
    "n_exponent": 0.34,
    "d_coefficient": 410.7,
    "d_exponent": 0.28,
}
BESIROGLU = {
    "irreducible_loss": 1.8172,
    "n_coefficient": 482.01,
    "n_exponent": 0.3478,
    "d_coefficient": 2085.43,
    "d_exponent": 0.3658,
}

share = st.floats(0.001, 0.999)
exponent = st.floats(0.01, 1.5)


@given(
    pivot_loss=st.floats(0.01, 20),
    d_share=share,
    irreducible_share=share,
    n_exponent=exponent,
    d_exponent=exponent,
    pivot=st.tuples(st.floats(10, 30), st.floats(15, 35)),
)
def test_coefficients_give_back_the_loss_at_the_pivot_and_its_shares(
    pivot_loss: float,
    d_share: float,
    irreducible_share: float,
    n_exponent: float,
    d_exponent: float,
    pivot: tuple[float, float],
) -> None:
    law = loss.coefficients(
        pivot_loss=pivot_loss,
        d_share=d_share,
        irreducible_share=irreducible_share,
        n_exponent=n_exponent,
        d_exponent=d_exponent,
        log_pivot_n=pivot[0],
        log_pivot_d=pivot[1],
    )
    n, d = np.exp(pivot)
    at_pivot = loss.loss(n_params=n, n_tokens=d, **law._asdict())
    d_term = law.d_coefficient * d**-law.d_exponent
    n_term = law.n_coefficient * n**-law.n_exponent
    assert at_pivot == pytest.approx(pivot_loss, rel=1e-10)
    assert d_term / at_pivot == pytest.approx(d_share, rel=1e-8)
    assert law.irreducible_loss / (at_pivot - d_term) == pytest.approx(irreducible_share, rel=1e-8)
    assert n_term == pytest.approx(at_pivot - d_term - law.irreducible_loss, rel=1e-6)
    assert (law.n_exponent, law.d_exponent) == (n_exponent, d_exponent)


def test_published_chinchilla_constants_give_the_published_losses() -> None:
    # Hoffmann et al. (2022), section D.3: Gopher's loss under their equation 10
    gopher = loss.loss(n_params=280e9, n_tokens=300e9, **HOFFMANN)
    chinchilla = loss.loss(n_params=70e9, n_tokens=1.4e12, **HOFFMANN)
    assert float(gopher) == pytest.approx(1.993, abs=0.001)
    assert float(chinchilla) == pytest.approx(1.936, abs=0.001)


def test_the_corrected_constants_put_the_optimum_near_twenty_tokens_per_parameter() -> None:
    # Besiroglu et al. (2024), figure 5: at Chinchilla's compute, about 20 tokens per parameter
    compute = 6 * 70e9 * 1.4e12
    sizes = np.geomspace(1e9, 1e12, 4001)
    losses = loss.loss(n_params=sizes, n_tokens=compute / (6 * sizes), **BESIROGLU)
    best = sizes[np.argmin(losses)]
    assert 15 < compute / (6 * best) / best < 30
    hoffmann = loss.loss(n_params=sizes, n_tokens=compute / (6 * sizes), **HOFFMANN)
    assert compute / (6 * sizes[np.argmin(hoffmann)] ** 2) > 60


@pytest.mark.parametrize("law", [HOFFMANN, BESIROGLU])
def test_loss_falls_with_size_and_tokens_towards_the_irreducible_loss(
    law: dict[str, float],
) -> None:
    sizes = np.geomspace(1e6, 1e13, 50)
    for losses in (
        loss.loss(n_params=sizes, n_tokens=1e12, **law),
        loss.loss(n_params=1e10, n_tokens=sizes, **law),
    ):
        assert (np.diff(losses) < 0).all()
    limit = loss.loss(n_params=1e60, n_tokens=1e60, **law)
    assert float(limit) == pytest.approx(law["irreducible_loss"], abs=1e-6)


@pytest.fixture(scope="module")
def packaged() -> DataBundle:
    return load_data()


def printed(bundle: DataBundle, benchmark: str, *names: str) -> list[float]:
    assert bundle.constants is not None
    values = bundle.constants.set_index("name")["value"]
    return [float(values[f"paper_curve.{benchmark}.{name}"]) for name in names]


@pytest.mark.parametrize("benchmark", ["MMLU", "BBH", "MATH", "MBPP", "HumanEval"])
@pytest.mark.parametrize("suffix", ["", "_global_lsq"])
def test_the_papers_own_curve_reproduces_the_reference_losses(
    packaged: DataBundle, benchmark: str, suffix: str
) -> None:
    a, alpha, b, beta = printed(
        packaged, benchmark, *(f"{n}{suffix}" for n in ("a", "alpha", "b", "beta"))
    )
    (rmse,) = printed(packaged, benchmark, f"loss_rmse{suffix or '_authors_curve'}")
    assert packaged.reference_runs is not None
    runs = packaged.reference_runs.query("suite == 'densing' and benchmark == @benchmark")
    predicted = loss.loss(
        n_params=runs["n_params"].to_numpy(),
        n_tokens=runs["n_tokens"].to_numpy(),
        irreducible_loss=0.0,
        n_coefficient=a,
        n_exponent=alpha,
        d_coefficient=b,
        d_exponent=beta,
    )
    error = predicted - runs["loss"].to_numpy()
    assert len(runs) == 33
    assert np.sqrt(np.mean(error**2)) == pytest.approx(rmse, abs=2e-5)
    assert np.abs(error).max() < 0.05


@pytest.mark.parametrize("law", loss.LAWS)
def test_prior_curves_are_positive_and_fall_with_size(law: str) -> None:
    sizes = np.geomspace(1e6, 1e12, 25)
    curves = loss.prior_curve(sizes, law=law, draws=300)
    assert curves.shape == (300, 25)
    assert (curves > 0).all()
    assert (np.diff(curves, axis=1) < 0).all()
    # an irreducible loss flattens curves; without one they fall by half every few decades
    flattest = (curves[:, -1] / curves[:, 0]).max()
    assert flattest < 1
    assert (flattest > 0.8) == (law == "chinchilla")


def test_prior_curves_follow_the_seed_and_the_priors_given() -> None:
    sizes = np.geomspace(1e6, 1e12, 5)
    one, again, other = (loss.prior_curve(sizes, draws=4, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    narrow = {**loss.PRIORS, "pivot_loss": Prior("LogNormal", {"median": 7.0, "sigma": 1e-9})}
    middle = loss.prior_curve(sizes, priors=narrow, draws=50)[:, 2]
    np.testing.assert_allclose(middle, 7.0, rtol=1e-6)
