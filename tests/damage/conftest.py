"""What the tests of damage share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _recursion_limit() -> None:
    """Load what sets the recursion limit ahead: Hypothesis takes it amiss in a test."""
    import pymc  # noqa: F401 - loaded for what it does
