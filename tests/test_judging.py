"""What a claim is told that a fit cannot judge, and what to ask in its place."""

import dataclasses

import pymc as pm
import pytest

from bayesdensing.errors import SpecError
from bayesdensing.judging import hypothesis
from tests.analysis.synthetic import make_fit


def test_a_claim_about_one_llm_is_sent_to_density() -> None:
    fit = make_fit()
    with pytest.raises(SpecError, match=r"log_density\[llm-03\].*not.*one.*`bayesdensing density"):
        hypothesis(fit, "log_density[llm-03] < 0")


def test_a_derived_rate_names_what_has_a_prior() -> None:
    with pm.Model() as model:
        pm.Normal("growth_rate_middle")
        pm.Normal("acceleration")
    fit = dataclasses.replace(make_fit(spec="accelerating"), model_factory=lambda: model)
    refusal = hypothesis(fit, "growth_rate == 0").refusal
    assert refusal is not None
    assert "derived" in refusal
    assert refusal.endswith(
        "ask about a value of growth_rate_middle or acceleration, or compare it, as in "
        "growth_rate > 0"
    )
