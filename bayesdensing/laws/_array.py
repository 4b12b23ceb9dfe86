"""Elementary functions that take NumPy arrays and PyTensor variables alike.

A law is written once with these; what comes out is an array for arrays and a graph for graphs.
PyTensor is never imported here unless a caller already has, since only then can an argument be
one of its variables.
"""

import sys
from typing import Any

import numpy as np
from scipy import special

__all__ = ["Array", "exp", "log", "log1p", "log_ndtr", "ndtr", "sigmoid", "softplus", "sqrt"]

#: A NumPy array, a number, an xarray object or a PyTensor variable.
Array = Any


def _symbolic(x: Array) -> bool:
    pytensor = sys.modules.get("pytensor.graph.basic")
    return pytensor is not None and isinstance(x, pytensor.Variable)


def _pt() -> Any:
    return sys.modules["pytensor.tensor"]


def exp(x: Array) -> Array:
    """Exponential, elementwise.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().exp(x) if _symbolic(x) else np.exp(x)


def log(x: Array) -> Array:
    """Natural logarithm, elementwise.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().log(x) if _symbolic(x) else np.log(x)


def log1p(x: Array) -> Array:
    """Natural logarithm of 1 + x, elementwise, exact for small x.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().log1p(x) if _symbolic(x) else np.log1p(x)


def sqrt(x: Array) -> Array:
    """Square root, elementwise.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().sqrt(x) if _symbolic(x) else np.sqrt(x)


def sigmoid(x: Array) -> Array:
    """Logistic function 1 / (1 + exp(-x)), elementwise and without overflow.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().sigmoid(x) if _symbolic(x) else special.expit(x)


def softplus(x: Array) -> Array:
    """Logarithm of 1 + exp(x), elementwise and without overflow.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    return _pt().softplus(x) if _symbolic(x) else np.logaddexp(0.0, x)


def log_ndtr(x: Array) -> Array:
    """Logarithm of the standard normal distribution function, elementwise, in the far tail too.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    if not _symbolic(x):
        return special.log_ndtr(x)
    pt, root = _pt(), np.sqrt(2.0)
    # each branch sees only what it can hold: an overflow in the other would spoil the gradient
    tail, body = pt.minimum(x, -1.0), pt.maximum(x, -1.0)
    return pt.switch(
        x < -1.0,
        pt.log(pt.erfcx(-tail / root) / 2) - tail**2 / 2,
        pt.log1p(-pt.erfc(body / root) / 2),
    )


def ndtr(x: Array) -> Array:
    """Return the standard normal distribution function, elementwise.

    Parameters
    ----------
    x : array
        Any shape.

    Returns
    -------
    array
        The shape of `x`.
    """
    if not _symbolic(x):
        return special.ndtr(x)
    return _pt().erfc(-x / np.sqrt(2.0)) / 2
