"""A hypothesis and a bundle to a `pm.Model`."""

from bayesdensing.assembly.build import Assembled, assemble, reference_alone
from bayesdensing.assembly.geometry import Geometry

__all__ = ["Assembled", "Geometry", "assemble", "reference_alone"]
