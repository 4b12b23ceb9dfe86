"""Priors of another family: the same middle, the same upper end."""

import numpy as np
import pytest

from bayesdensing.laws import Prior
from bayesdensing.multiverse.families import OTHER_FAMILIES, matched
from bayesdensing.spec import PRIOR_TABLE

PAIRS = [
    (name, dist)
    for name, entry in PRIOR_TABLE.items()
    for dist in OTHER_FAMILIES[entry.default.dist]
]


@pytest.mark.parametrize(("name", "dist"), PAIRS)
def test_middle_and_upper_end_stay(name: str, dist: str) -> None:
    prior = PRIOR_TABLE[name].default
    other = matched(prior, dist)
    assert other.dist == dist
    # a HalfNormal has one parameter, and so its middle alone
    ends = [0.5] if dist == "HalfNormal" else [0.5, 0.975]
    np.testing.assert_allclose(other.ppf(ends), prior.ppf(ends), rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("prior", [
    Prior("Beta", {"alpha": 2, "beta": 5}), Prior("Gamma", {"alpha": 2, "beta": 0.1}),
    Prior("HalfNormal", {"sigma": 3}), Prior("StudentT", {"nu": 3, "mu": -1, "sigma": 2}),
])  # fmt: skip
def test_there_and_back_is_where_it_was(prior: Prior) -> None:
    other = matched(prior, OTHER_FAMILIES[prior.dist][0])
    back = matched(other, prior.dist)
    ends = [0.5] if prior.dist == "HalfNormal" else [0.5, 0.975]
    np.testing.assert_allclose(back.ppf(ends), prior.ppf(ends), rtol=1e-4)


def test_a_family_of_other_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="Gamma cannot stand in for Normal; possible: StudentT"):
        matched(Prior("Normal", {"mu": 0, "sigma": 1}), "Gamma")
