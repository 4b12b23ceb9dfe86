"""What every test shares: a compile cache of its own, no windows, repeatable properties."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Processes that share a compile cache race for its files and then sample from half-written
# code, so each test process (xdist starts several) gets one. It has to be named before PyTensor
# is imported.
_compile_dir = tempfile.mkdtemp(prefix="bayesdensing-tests-")
atexit.register(shutil.rmtree, _compile_dir, ignore_errors=True)
_flags = [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={_compile_dir}"]
os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, _flags))

os.environ["MPLBACKEND"] = "Agg"

# Time on a shared machine says nothing about a property; in CI the same examples run every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close what a test has drawn; figures left open pile up and end in a warning."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
