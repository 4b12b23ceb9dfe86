"""What parts LLMs beside the trend: their size, their family, and growth that differs by benchmark.

Each is a few terms of the growth block, there only where the hypothesis asks for them.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.assembly.design import ScoreDesign
from bayesdensing.errors import DataNeedError
from bayesdensing.laws import drift, family, size
from bayesdensing.spec import Spec

__all__ = ["add_drift", "add_log_counts", "add_to_density", "family_stretch", "refuse_unidentified"]

#: LLMs that tell about as much of their family's effect as its prior does.
_EVEN_MEMBERS = 2.0


def refuse_unidentified(spec: Spec, design: ScoreDesign) -> None:
    """Refuse terms of which the data of a hypothesis can tell nothing.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores.

    Raises
    ------
    DataNeedError
        Where no LLM tells total from active parameters, all sizes are equal, no family has two
        LLMs, or there is one benchmark.
    """
    growth = spec.growth
    if growth.parameter_count == "estimated" and not (design.log_active_share < 0).any():
        raise DataNeedError(
            'growth.parameter_count = "estimated": no LLM of the data has fewer active than total '
            "parameters, so nothing tells their weight"
        )
    if growth.size_term == "linear" and np.ptp(design.log_n) == 0:
        raise DataNeedError('growth.size_term = "linear": all LLMs of the data are of one size')
    if growth.family == "intercept" and not design.families:
        raise DataNeedError(
            'growth.family = "intercept": no family of the data has two LLMs or more, so nothing '
            "tells families from LLMs"
        )
    if growth.benchmark_growth == "pooled" and design.pair_benchmark.max() == 0:
        raise DataNeedError(
            'growth.benchmark_growth = "pooled": the data have one benchmark, whose rate is the '
            "shared one"
        )


def add_log_counts(spec: Spec, design: ScoreDesign) -> Any:
    """Add the weight of active parameters, where it is estimated.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores.

    Returns
    -------
    array or TensorVariable, shape (llm,)
        Natural log of the parameter count that the hypothesis uses.
    """
    if spec.growth.parameter_count != "estimated":
        return design.log_n
    weight = spec.priors["active_weight"].rv("active_weight")
    return size.log_count(
        log_total=design.log_n, log_active_share=design.log_active_share, weight=weight
    )


def add_to_density(
    spec: Spec, design: ScoreDesign, *, log_n: Any, mean: Any, dispersion: Any
) -> tuple[Any, Any]:
    """Add what log density owes to size and family.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores.
    log_n : array or TensorVariable, shape (llm,)
        Natural log of the parameter count.
    mean : TensorVariable
        Trend at each LLM's release.
    dispersion : TensorVariable
        Sd of the even scatter.

    Returns
    -------
    tuple of TensorVariable
        Mean of log density and sd of its even scatter, shapes of the arguments or (llm,). The
        effect of a family of one LLM is part of the scatter.
    """
    if spec.growth.size_term == "linear":
        exponent = spec.priors["size_exponent"].rv("size_exponent")
        mean = mean + size.size_effect(
            log_n=log_n, mean_log_n=design.mean_log_n, size_exponent=exponent
        )
    if spec.growth.family == "intercept":
        sd = spec.priors["family_sd"].rv("family_sd")
        effect = pm.Normal("family_effect", 0, sd, dims="family")
        alone = design.family < 0
        padded = pt.concatenate([effect, np.zeros(1)])  # type: ignore[no-untyped-call]
        mean = mean + padded[np.where(alone, len(design.families), design.family)]
        together = pt.sqrt(family.scatter_variance(dispersion=dispersion, family_sd=sd))
        dispersion = dispersion + alone * (together - dispersion)
    return mean, dispersion


def add_drift(spec: Spec, design: ScoreDesign) -> Any:
    """Add growth that differs by benchmark.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores.

    Returns
    -------
    float or TensorVariable, shape (pair,)
        What is added to log effective size.
    """
    if spec.growth.benchmark_growth != "pooled":
        return 0.0
    sd = spec.priors["benchmark_growth_sd"].rv("benchmark_growth_sd")
    slope = pm.ZeroSumNormal("benchmark_slope", sigma=sd, dims="benchmark")
    rate = pm.modelcontext(None)["growth_rate"]
    pm.Deterministic("growth_rate_by_benchmark", rate + slope, dims="benchmark")
    return drift.drift(years=design.years[design.pair_llm], slope=slope[design.pair_benchmark])


def family_stretch(design: ScoreDesign, family_sd: Any) -> Any:
    """Return how families' effects are walked: the fewer LLMs, the more in units of their sd.

    Parameters
    ----------
    design : ScoreDesign
        The scores.
    family_sd : TensorVariable, shape ()
        Sd of the effects.

    Returns
    -------
    TensorVariable, shape (family,)
        Log of what the coordinate is multiplied by, as `evaluator_stretch` has it.
    """
    count = np.bincount(design.family[design.family >= 0])
    return _EVEN_MEMBERS / (_EVEN_MEMBERS + count) * pt.log(family_sd)
