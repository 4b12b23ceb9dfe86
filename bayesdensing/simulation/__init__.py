"""Worlds of known truth: data bundles drawn from a hypothesis, and whether fits find the truth."""

from bayesdensing.simulation.layout import layout
from bayesdensing.simulation.prior import prior_draws
from bayesdensing.simulation.prior_predictive import prior_predictive_check, prior_readings
from bayesdensing.simulation.study import Setting, make_world, settings, typical_values
from bayesdensing.simulation.world import World, simulate

__all__ = [
    "Setting",
    "World",
    "layout",
    "make_world",
    "prior_draws",
    "prior_predictive_check",
    "prior_readings",
    "settings",
    "simulate",
    "typical_values",
]
