import numpy as np
import pytest

from benchmarks.exponents import exponent


def test_a_known_exponent_is_found_within_its_standard_error() -> None:
    rng = np.random.default_rng(3)
    size = np.geomspace(50, 5000, 40)
    found = exponent(size, 0.02 * size**1.3 * np.exp(rng.normal(0, 0.1, size.shape)))
    assert found is not None
    assert abs(found.value - 1.3) < 3 * found.standard_error
    assert 0.0 < found.standard_error < 0.03


def test_the_standard_error_is_that_of_least_squares() -> None:
    x, y = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 2.5, 3.0, 9.0])
    found = exponent(x, y)
    assert found is not None
    coefficients, covariance = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    assert found.value == pytest.approx(coefficients[0])
    assert found.standard_error == pytest.approx(np.sqrt(covariance[0, 0]))


def test_one_size_has_no_exponent_and_two_have_no_error() -> None:
    assert exponent([100, 100], [1, 2]) is None
    two = exponent([100, 200], [1, 4])
    assert two is not None
    assert two.value == pytest.approx(2.0)
    assert np.isnan(two.standard_error)
