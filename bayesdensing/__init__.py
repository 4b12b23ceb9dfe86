"""Bayesian joint posterior for the densing law of large language models.

The names below are loaded on first use: ``import bayesdensing`` is quick and pulls in neither
PyMC nor the plotting libraries.

Examples
--------
>>> import bayesdensing as bd
>>> sorted(bd.__all__)[:3]
['DataBundle', 'Fit', 'Spec']
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesdensing import plots as plot
    from bayesdensing.analysis import Fit
    from bayesdensing.analysis.replicate import replicate
    from bayesdensing.calibrating import calibrate
    from bayesdensing.checking import check
    from bayesdensing.comparing import compare
    from bayesdensing.corollaries import corollary
    from bayesdensing.data import DataBundle, load_data, validate_bundle
    from bayesdensing.fitting import fit, load_fit
    from bayesdensing.forecasting import forecast
    from bayesdensing.judging import hypothesis
    from bayesdensing.reporting import report
    from bayesdensing.spec import Spec, list_specs, load_spec
    from bayesdensing.varying import sensitivity

__version__ = "0.2.0"

__all__ = [
    "DataBundle",
    "Fit",
    "Spec",
    "__version__",
    "calibrate",
    "check",
    "compare",
    "corollary",
    "fit",
    "forecast",
    "hypothesis",
    "list_specs",
    "load_data",
    "load_fit",
    "load_spec",
    "plot",
    "replicate",
    "report",
    "sensitivity",
    "validate_bundle",
]

_HOMES = {
    "DataBundle": "bayesdensing.data",
    "Fit": "bayesdensing.analysis",
    "Spec": "bayesdensing.spec",
    "calibrate": "bayesdensing.calibrating",
    "check": "bayesdensing.checking",
    "compare": "bayesdensing.comparing",
    "corollary": "bayesdensing.corollaries",
    "fit": "bayesdensing.fitting",
    "forecast": "bayesdensing.forecasting",
    "hypothesis": "bayesdensing.judging",
    "list_specs": "bayesdensing.spec",
    "load_data": "bayesdensing.data",
    "load_fit": "bayesdensing.fitting",
    "load_spec": "bayesdensing.spec",
    "replicate": "bayesdensing.analysis.replicate",
    "report": "bayesdensing.reporting",
    "sensitivity": "bayesdensing.varying",
    "validate_bundle": "bayesdensing.data",
}


def __getattr__(name: str) -> object:
    if name == "plot":
        value: object = import_module("bayesdensing.plots")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
