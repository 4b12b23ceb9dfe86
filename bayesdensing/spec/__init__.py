"""A hypothesis as a frozen value, to and from TOML."""

from bayesdensing.spec.axes import (
    DataAxis,
    GrowthAxis,
    InformationAxis,
    LossAxis,
    ReferenceTokens,
    SamplerSettings,
)
from bayesdensing.spec.describe import SpecDescription, describe
from bayesdensing.spec.model import Spec
from bayesdensing.spec.priors import PRIOR_TABLE, PriorEntry
from bayesdensing.spec.toml import list_specs, load_spec

__all__ = [
    "PRIOR_TABLE",
    "DataAxis",
    "GrowthAxis",
    "InformationAxis",
    "LossAxis",
    "PriorEntry",
    "ReferenceTokens",
    "SamplerSettings",
    "Spec",
    "SpecDescription",
    "describe",
    "list_specs",
    "load_spec",
]
