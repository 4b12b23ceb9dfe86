"""The shared deviation: a multivariate Student-t without its matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from bayesdensing.laws.deviation import ends_met, log_probability_beyond, shared_student_t


def by_closed_form(residual: np.ndarray, own: float, shared: float, df: float) -> float:
    count = len(residual)
    constant = (
        special.gammaln((df + count) / 2) - special.gammaln(df / 2) - count / 2 * np.log(df * np.pi)
    )
    value = shared_student_t(
        total=residual.sum(),
        total_square=(residual**2).sum(),
        count=float(count),
        own_variance=own,
        shared_variance=shared,
        df=df,
        log_constant=constant,
    )
    return float(value)


@given(
    residual=st.lists(st.floats(-2, 2), min_size=1, max_size=7).map(np.array),
    own=st.floats(1e-4, 2),
    shared=st.floats(0, 2),
    df=st.floats(0.5, 200),
)
def test_it_is_the_multivariate_t_of_the_full_matrix(
    residual: np.ndarray, own: float, shared: float, df: float
) -> None:
    matrix = own * np.eye(len(residual)) + shared
    # the eigenvalue that SciPy's solver may flush to zero is not what is tested here
    full = stats.multivariate_t(shape=matrix, df=df, allow_singular=True).logpdf(residual)
    assert by_closed_form(residual, own, shared, df) == pytest.approx(float(full), rel=1e-6)


def test_one_residual_is_a_plain_student_t_of_the_summed_variances() -> None:
    value = by_closed_form(np.array([0.7]), 0.3, 0.5, 4.0)
    assert value == pytest.approx(stats.t(4.0, scale=np.sqrt(0.8)).logpdf(0.7))


def test_many_degrees_of_freedom_make_it_normal() -> None:
    residual = np.array([0.1, -0.4, 0.3])
    normal = stats.multivariate_normal(cov=0.2 * np.eye(3) + 0.1).logpdf(residual)
    assert by_closed_form(residual, 0.2, 0.1, 1e8) == pytest.approx(normal, abs=1e-6)


def test_groups_are_independent_entries() -> None:
    one = by_closed_form(np.array([0.1, 0.2]), 0.2, 0.1, 5.0)
    other = by_closed_form(np.array([-0.3, 0.0]), 0.4, 0.2, 5.0)
    constant = special.gammaln(3.5) - special.gammaln(2.5) - np.log(5 * np.pi)
    both = shared_student_t(
        total=np.array([0.3, -0.3]),
        total_square=np.array([0.05, 0.09]),
        count=np.array([2.0, 2.0]),
        own_variance=np.array([0.2, 0.4]),
        shared_variance=np.array([0.1, 0.2]),
        df=5.0,
        log_constant=constant,
    )
    np.testing.assert_allclose(both, [one, other])


def beyond(gap: float, seen: np.ndarray, *, own: float, shared: float, df: float) -> float:
    """Return the probability that a further member lies below an end, given those seen."""
    found = log_probability_beyond(
        np.array(gap),
        side=1.0,
        total=seen.sum(),
        total_square=(seen**2).sum(),
        count=float(len(seen)),
        own_variance=own,
        shared_variance=shared,
        df=df,
    )
    return float(np.exp(found))


@pytest.mark.parametrize("df", [1.0, 3.0, 8.0, 100.0])
@pytest.mark.parametrize("t", [-3.0, -1.0, -0.1, 0.0, 0.4, 2.0])
def test_alone_it_is_the_distribution_function_of_a_student_t(t: float, df: float) -> None:
    scale = np.sqrt(0.3 + 0.1)
    found = beyond(t * scale, np.array([]), own=0.3, shared=0.1, df=df)
    assert found == pytest.approx(stats.t(df).cdf(t), rel=0.05)


@pytest.mark.parametrize("seen", [np.array([0.4]), np.array([-0.5, -0.2, -0.6])])
def test_given_others_it_is_what_integrating_the_joint_density_gives(seen: np.ndarray) -> None:
    gap, own, shared, df = -0.3, 0.1, 0.2, 6.0
    matrix = own * np.eye(len(seen) + 1) + shared
    joint = stats.multivariate_t(shape=matrix, df=df)
    grid = np.linspace(-30, gap, 60_001)
    density = joint.pdf(np.column_stack([np.tile(seen, (len(grid), 1)), grid]))
    alone = stats.multivariate_t(shape=matrix[:-1, :-1], df=df).pdf(seen)
    expected = np.trapezoid(density, grid) / alone
    found = beyond(gap, seen, own=own, shared=shared, df=df)
    assert found == pytest.approx(expected, rel=0.02)


def test_the_other_side_is_what_is_left() -> None:
    gap = np.array([-0.4, 0.2, 1.0])
    sides = [
        np.exp(
            log_probability_beyond(
                gap,
                side=side,
                total=0.3,
                total_square=0.09,
                count=1.0,
                own_variance=0.2,
                shared_variance=0.3,
                df=5.0,
            )
        )
        for side in (1, -1)
    ]
    np.testing.assert_allclose(sides[0] + sides[1], 1.0)


def test_scores_at_either_end_are_found() -> None:
    assert ends_met(np.array([0.2, 0.0, 1.0, 0.999])).tolist() == [1, 2]
    assert ends_met(np.array([0.2])).dtype.kind == "i"
