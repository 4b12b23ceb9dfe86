"""Any `pm.Model` to checked draws: compile once, sample, diagnose, find modes, store.

Samplers are loaded on first use: reading a stored run needs none.
"""

from typing import TYPE_CHECKING, Any

from bayesdensing.inference.diagnostics import Diagnostics, approximate, diagnose
from bayesdensing.inference.modes import with_modes
from bayesdensing.inference.settling import settle

if TYPE_CHECKING:
    from bayesdensing.inference.engine import Draws, Sampler

__all__ = ["Diagnostics", "Draws", "Sampler", "approximate", "diagnose", "settle", "with_modes"]


def __getattr__(name: str) -> Any:
    if name in ("Draws", "Sampler"):
        from bayesdensing.inference import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
