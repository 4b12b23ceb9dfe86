"""What follows from the law: corollaries of a fit, one a module, each by name.

Examples
--------
>>> from bayesdensing.corollaries import NAMES
>>> NAMES
('price', 'acceleration', 'edge', 'compression', 'payback', 'engines')
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bayesdensing.corollaries.acceleration import acceleration
from bayesdensing.corollaries.compression import compression
from bayesdensing.corollaries.edge import edge
from bayesdensing.corollaries.engines import engines
from bayesdensing.corollaries.payback import payback
from bayesdensing.corollaries.price import price
from bayesdensing.corollaries.result import Corollary, Row
from bayesdensing.errors import InputError
from bayesdensing.fitting import load_fit

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = [
    "NAMES",
    "Corollary",
    "Row",
    "acceleration",
    "compression",
    "corollary",
    "edge",
    "engines",
    "inputs_of",
    "payback",
    "price",
]

_COROLLARIES: Mapping[str, Callable[..., Corollary]] = MappingProxyType(
    {
        "price": price,
        "acceleration": acceleration,
        "edge": edge,
        "compression": compression,
        "payback": payback,
        "engines": engines,
    }
)

#: Names of the corollaries.
NAMES = tuple(_COROLLARIES)


def corollary(name: str, fit: "Fit | str | Path", **inputs: Any) -> Corollary:
    """Return a corollary of a fit by name.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    fit : Fit, str or pathlib.Path
        A fit, or the folder of a run.
    **inputs : object
        Inputs, as the function of that name takes them.

    Returns
    -------
    Corollary
        Rows beside the article's figures, assumptions in words, draws.

    Raises
    ------
    InputError
        For an unknown name or input.
    """
    if name not in _COROLLARIES:
        raise InputError(f"there is no corollary {name!r}; there are {', '.join(NAMES)}")
    function = _COROLLARIES[name]
    taken = inputs_of(name)
    unknown = [given for given in inputs if given not in taken]
    if unknown:
        raise InputError(
            f"{name} takes no {', '.join(unknown)}; it takes {', '.join(taken) or 'no inputs'}"
        )
    return function(load_fit(fit) if isinstance(fit, str | Path) else fit, **inputs)


def inputs_of(name: str) -> tuple[str, ...]:
    """Return the names of a corollary's inputs.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    tuple of str
        As its function takes them.

    Examples
    --------
    >>> inputs_of("acceleration")
    ()
    """
    return tuple(inspect.signature(_COROLLARIES[name]).parameters)[1:]
