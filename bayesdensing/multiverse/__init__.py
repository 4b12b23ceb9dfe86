"""Other choices that could have been made: of priors, of definitions, of the data."""

from bayesdensing.multiverse.choices import AXES, without_llm, without_unit
from bayesdensing.multiverse.grid import Grid, load_grid
from bayesdensing.multiverse.options import option_of, refuse_no_rate, variants
from bayesdensing.multiverse.variant import AS_IS, Variant

__all__ = [
    "AS_IS",
    "AXES",
    "Grid",
    "Variant",
    "load_grid",
    "option_of",
    "refuse_no_rate",
    "variants",
    "without_llm",
    "without_unit",
]
