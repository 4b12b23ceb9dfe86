"""Small bundles, and models of them, for the tests of assembly."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from bayesdensing.assembly import Assembled, assemble
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def tiny(tiny_frames: Callable[..., Frames]) -> Callable[..., DataBundle]:
    """Return a maker of the small bundle, some of its tables changed; None takes one out."""

    def tiny(**changes: Callable[[pd.DataFrame], pd.DataFrame] | None) -> DataBundle:
        frames = tiny_frames()
        for name, change in changes.items():
            if change is None:
                del frames[name]
            else:
                frames[name] = change(frames[name])
        return DataBundle.from_frames(name="tiny", **frames)

    return tiny


@pytest.fixture(scope="session")
def make(tiny: Callable[..., DataBundle]) -> Callable[..., Assembled]:
    """Return a maker of the small bundle's models: axes of the spec as arguments."""

    def make(bundle: DataBundle | None = None, **axes: Any) -> Assembled:
        spec = Spec(**({"name": "x", "blocks": ("loss", "link", "growth")} | axes))
        return assemble(spec, tiny() if bundle is None else bundle)

    return make
