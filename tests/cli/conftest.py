"""Commands print as on a wide terminal, whatever that of the tests is."""

import pytest


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tables room; a test of narrow output sets its own width."""
    monkeypatch.setenv("COLUMNS", "160")
