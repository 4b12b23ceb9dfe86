"""Density by the cost of inference: the paper's weights for experts and for quantised weights.

Equations 6 and 7 of the paper (Nature Machine Intelligence 7:1823) replace the parameters under
effective parameters by what they cost: reading weights from memory counts k1, computing with them
k2. For a mixture of experts

    density = effective parameters (k1 + k2) / (N k1S + N_active k2),

and for weights of fewer bits

    density = effective parameters (k1 + k2) / (N kQ + N k2),   kQ = k1 bits / 16.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.corollaries.article import constant
from bayesdensing.corollaries.compression_pairs import FULL_BITS
from bayesdensing.corollaries.estimates import positive
from bayesdensing.errors import DataNeedError
from bayesdensing.laws._array import Array

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["PAPER_RATIO", "PAPER_TOKENS", "cost_factor", "cost_ratio", "density_by_cost"]

#: k1 over k2 on the paper's hardware with `PAPER_TOKENS` input tokens.
PAPER_RATIO, PAPER_TOKENS = 2.45, 100.0


def cost_ratio(
    *,
    tflops: float | None = None,
    terabytes_per_second: float | None = None,
    tokens: float = PAPER_TOKENS,
) -> float:
    """Return k1 over k2, memory-bound over compute-bound cost of a parameter, on some hardware.

    Parameters
    ----------
    tflops : float, optional
        Compute at 16 bits (10^12 operations per second); the default is the paper's RTX 4090.
    terabytes_per_second : float, optional
        Bandwidth of the memory (10^12 bytes per second); the default is the paper's.
    tokens : float
        Input tokens per reading of the weights.

    Returns
    -------
    float
        The paper's 2.45, scaled: reading goes with 1 / bandwidth, computing with tokens over
        compute. How the paper gets 2.45 from its hardware is not known here, so its constant is
        kept and only its proportions are used.

    Raises
    ------
    InputError
        For numbers that are not above 0.

    Examples
    --------
    >>> cost_ratio(), round(cost_ratio(tokens=1000), 3)
    (2.45, 0.245)
    """
    own_compute, own_bandwidth = (
        constant(name).value for name in ("rtx4090_fp16", "rtx4090_bandwidth")
    )
    compute = positive("tflops", own_compute if tflops is None else tflops)
    bandwidth = positive(
        "terabytes_per_second",
        own_bandwidth if terabytes_per_second is None else terabytes_per_second,
    )
    scale = (compute / own_compute) / (bandwidth / own_bandwidth)
    return float(PAPER_RATIO * scale * PAPER_TOKENS / positive("tokens", tokens))


def cost_factor(
    *,
    n_params: Array,
    n_params_active: Array,
    weight_bits: Array = FULL_BITS,
    ratio: float = PAPER_RATIO,
    counted: Array | None = None,
) -> np.ndarray:
    """Return what turns a density per parameter into one by the cost of inference.

    Parameters
    ----------
    n_params, n_params_active : array_like
        Total and active parameters (count).
    weight_bits : array_like
        Bits per parameter.
    ratio : float
        k1 over k2.
    counted : array_like, optional
        Parameters that the density counts; the default is the total.

    Returns
    -------
    ndarray
        That is counted (k1 + k2) / (N k1 bits / 16 + N_active k2), equations 6 and 7 in one; 1
        for a dense model of 16 bits. For a mixture of experts all weights are taken as read,
        k1S = k1, as with many tokens at a time: what the paper puts for k1S is not known here.

    Examples
    --------
    >>> cost_factor(n_params=8e9, n_params_active=8e9).tolist()
    1.0
    >>> round(float(cost_factor(n_params=8e9, n_params_active=8e9, weight_bits=4)), 3)
    2.14
    """
    total = np.asarray(n_params, dtype=float)
    under = total if counted is None else np.asarray(counted, dtype=float)
    bits = np.asarray(weight_bits, dtype=float) / FULL_BITS
    cost = total * ratio * bits + np.asarray(n_params_active, dtype=float)
    return np.asarray(under * (ratio + 1) / cost)


def density_by_cost(fit: "Fit", table: pd.DataFrame, *, ratio: float = PAPER_RATIO) -> pd.DataFrame:
    """Add densities by the cost of inference to a table of densities.

    Parameters
    ----------
    fit : Fit
        Whose table it is.
    table : pandas.DataFrame
        Of `Fit.density_table` or `Fit.density_of`.
    ratio : float
        k1 over k2, as `cost_ratio` returns it.

    Returns
    -------
    pandas.DataFrame
        The same with ``cost_factor`` and for each column ``density_...`` one
        ``density_by_cost_...``: density times `cost_factor`, with the sizes and bits that the
        fit's bundle or the new scores give; an LLM without bits has 16.

    Raises
    ------
    DataNeedError
        For a fit without sizes.
    """
    if "n_params" not in table:
        raise DataNeedError("density by cost needs LLMs with sizes: this run has none")
    sizes: dict[str, tuple[float, float]] = {}
    bits: dict[str, float] = {}
    if fit.data.models is not None:
        for row in fit.data.models.to_dict("records"):
            sizes[row["model"]] = (row["n_params"], row["n_params_active"])
            bits[row["model"]] = FULL_BITS if np.isnan(row["weight_bits"]) else row["weight_bits"]
    sizes |= table.attrs.get("sizes", {})
    counted = table["n_params"].to_numpy()
    total, active = np.array([sizes[name] for name in table.index]).T
    factor = cost_factor(
        n_params=total,
        n_params_active=active,
        weight_bits=[bits.get(name, FULL_BITS) for name in table.index],
        ratio=positive("cost ratio", ratio),
        counted=counted,
    )
    wanted = [name for name in table if str(name).startswith("density_")]
    columns = {
        str(name).replace("density_", "density_by_cost_", 1): table[name] * factor
        for name in wanted
    }
    made = table.assign(cost_factor=factor, **columns)
    made.attrs = {**table.attrs, "cost_ratio": ratio}
    return made
