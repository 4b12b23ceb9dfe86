"""How far scores pull the reference curve away from what the reference runs alone say."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.readings import LOSS_LAW, loss_curve, require
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import PRIOR_TABLE

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit
    from bayesdensing.spec import Spec

__all__ = ["ON_RULER", "QUANTITIES", "law_of", "pull", "reference_curve", "reference_pull"]

#: Variables of the loss law that a pull is told of, where a hypothesis has them.
QUANTITIES = ("irreducible_loss", "n_exponent", "d_exponent", "loss_noise", "size_effect_sd")

#: Effective parameters at which the loss on the ruler is told too.
ON_RULER: tuple[float, ...] = (1e9, 1e10, 1e11)


def reference_curve(posterior: xr.Dataset, *, tokens: Callable[[Any], Any]) -> pd.DataFrame:
    """Return the reference curve in numbers.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws of the loss law's parameters, dims (chain, draw, benchmark).
    tokens : callable
        Reference tokens of a size: parameters (count) to tokens (count).

    Returns
    -------
    pandas.DataFrame
        Index ``quantity``, such as ``n_exponent[MMLU]`` or, for the loss of a reference model of
        1e10 parameters, ``loss_at_1e10[MMLU]``; columns median, eti95_lb, eti95_ub, sd. In natural
        units.
    """
    require(posterior, *LOSS_LAW, reading="loss law")
    curve = loss_curve(posterior, n_params=np.array(ON_RULER), tokens=tokens)
    parts = {name: posterior[name] for name in QUANTITIES if name in posterior}
    for size in ON_RULER:
        name = f"loss_at_1e{np.log10(size):.0f}"
        parts[name] = curve.sel(n_params=size, drop=True)
    rows = {
        f"{name}[{benchmark}]": _row(values.sel(benchmark=benchmark))
        for name, values in parts.items()
        for benchmark in values["benchmark"].to_numpy()
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "quantity"
    return table


def _row(draws: xr.DataArray) -> dict[str, float]:
    values = draws.to_numpy()
    lower, median, upper = np.quantile(values, [0.025, 0.5, 0.975])
    return {
        "median": float(median),
        "eti95_lb": float(lower),
        "eti95_ub": float(upper),
        "sd": float(values.std(ddof=1)),
    }


def pull(joint: pd.DataFrame, alone: pd.DataFrame) -> pd.DataFrame:
    """Compare two reference curves.

    Parameters
    ----------
    joint, alone : pandas.DataFrame
        As `reference_curve` returns them: with scores, and from the reference runs alone.

    Returns
    -------
    pandas.DataFrame
        One row per quantity of both; columns ``alone_median``, ``alone_eti95_lb``,
        ``alone_eti95_ub``, the same for ``joint``, and ``shift``: joint less alone median in sds of
        the posterior alone.

    Examples
    --------
    >>> columns = ["median", "eti95_lb", "eti95_ub", "sd"]
    >>> one = pd.DataFrame([[0.06, 0.04, 0.08, 0.01]], index=["n_exponent[a]"], columns=columns)
    >>> other = pd.DataFrame([[0.10, 0.08, 0.12, 0.01]], index=["n_exponent[a]"], columns=columns)
    >>> float(pull(one, other)["shift"].iloc[0].round(1))
    -4.0
    """
    kept = ["median", "eti95_lb", "eti95_ub"]
    table = alone[kept].add_prefix("alone_").join(joint[kept].add_prefix("joint_"), how="inner")
    distance = table["joint_median"] - table["alone_median"]
    sd = alone.loc[table.index, "sd"]
    # what a hypothesis holds fixed, such as no irreducible loss, is not pulled
    table["shift"] = (distance / sd.where(sd > 0)).where(distance != 0, 0.0)
    table.attrs = {"shift_units": "sd of the posterior from the reference runs alone"}
    return table


def law_of(spec: "Spec", posterior: xr.Dataset) -> dict[str, Any]:
    """Return what has to be the same for two fits' loss laws to be comparable.

    Parameters
    ----------
    spec : Spec
        A hypothesis with a loss law.
    posterior : xarray.Dataset
        Its draws, which say on which benchmarks.

    Returns
    -------
    dict
        Loss axis, priors of the loss law, suite and benchmarks; plain JSON types.
    """
    priors = {n: p for n, p in spec.priors.items() if PRIOR_TABLE[n].block == "loss"}
    return {
        "loss": spec.loss.model_dump(mode="json"),
        "priors": {n: {"dist": p.dist, **p.params} for n, p in sorted(priors.items())},
        "suite": spec.data.suite,
        "benchmarks": [str(name) for name in posterior["benchmark"].to_numpy()],
    }


def reference_pull(fit: "Fit", alone: "Fit | None" = None) -> pd.DataFrame:
    """Return how far the scores of a fit pull its reference curve.

    Parameters
    ----------
    fit : Fit
        A fit with a loss law and scores.
    alone : Fit, optional
        A fit of the same loss law to the same reference runs alone, such as of ``loss_law``; not
        needed for a cut, which holds one.

    Returns
    -------
    pandas.DataFrame
        As `pull` returns it, the loss on the ruler being that of the fit's own reference tokens.

    Raises
    ------
    DataNeedError
        Where there is no posterior from the reference runs alone to compare with.
    """
    if alone is None:
        if fit.reference is None:
            raise DataNeedError("this fit has no reference posterior: give the loss law's own fit")
        draws = fit.reference
    else:
        ours, theirs = (law_of(f.spec, f.posterior) for f in (fit, alone))
        others = [key for key in ours if ours[key] != theirs[key]]
        if alone.data.sha256 != fit.data.sha256:
            others.append("data")
        if others:
            raise DataNeedError(
                f"{alone.spec.name} is no reference posterior of {fit.spec.name}: "
                f"other {', '.join(others)}"
            )
        draws = alone.posterior
    tokens = fit.reference_tokens
    return pull(
        reference_curve(fit.posterior, tokens=tokens), reference_curve(draws, tokens=tokens)
    )
