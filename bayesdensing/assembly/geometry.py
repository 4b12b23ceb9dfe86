"""How a model's parameters are best walked through: hints that change no posterior.

Hints are exact changes of coordinates; the inference engine may use or ignore them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Geometry"]


@dataclass(frozen=True)
class Geometry:
    """Hints for sampling a model.

    Attributes
    ----------
    shifts : mapping of str to TensorVariable
        Name of a random variable to an expression of *other* variables: its unconstrained value
        is walked as a distance from the expression. Later entries may use earlier ones.
    log_stretches : mapping of str to TensorVariable
        Name of a random variable to the log of what its coordinate is multiplied by, an expression
        of other variables without hints of their own.
    latents : tuple of str
        Variables with one entry per unit, (nearly) independent given the rest.
    loose : mapping of str to ndarray of bool
        Name of a random variable to its entries on which (nearly) nothing else depends.
    populations : mapping of str to tuple of TensorVariable
        Name of a variable of latents to mean and sd of the normal distribution that it (nearly)
        has given other variables: its entries are walked as deviations from these, the more so the
        less data tell of them.
    """

    shifts: Mapping[str, Any] = field(default_factory=dict)
    log_stretches: Mapping[str, Any] = field(default_factory=dict)
    latents: tuple[str, ...] = ()
    loose: Mapping[str, np.ndarray] = field(default_factory=dict)
    populations: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
