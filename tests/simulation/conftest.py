"""A small design to draw worlds on."""

import pytest

from bayesdensing.data import DataBundle


@pytest.fixture(scope="session")
def template(tiny_frames):
    return DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=12))
