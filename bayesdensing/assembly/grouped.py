"""A random variable of observations in groups that share a deviation, integrated out."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.laws.deviation import log_probability_beyond, shared_student_t

__all__ = ["group_log_density", "grouped_student_t", "measured"]


def grouped_student_t(
    name: str,
    *,
    mean: Any,
    own_scale: Any,
    own_class: np.ndarray,
    shared_variance: Any,
    df: Any,
    group: np.ndarray,
    observed: np.ndarray,
    dims: str,
    at_end: Any = None,
) -> Any:
    """Add observations whose groups are multivariate Student-t with compound symmetry.

    Parameters
    ----------
    name : str
        Name of the random variable.
    mean : TensorVariable, shape (obs,)
        Expected values.
    own_scale : TensorVariable, shape (class,)
        Scale of each observation's own part.
    own_class : ndarray of int, shape (group,)
        Class of each group.
    shared_variance : TensorVariable, shape (group,)
        Squared scale of the group's shared part.
    df : TensorVariable, shape ()
        Degrees of freedom.
    group : ndarray of int, shape (obs,)
        Group of each observation, every group with at least one.
    observed : ndarray, shape (obs,)
        Observed values.
    dims : str
        Dimension of the observations.
    at_end : TensorVariable of int, shape (met,), optional
        Which observations lie at an end of a scale from 0 to 1; without it there are no ends.

    Returns
    -------
    TensorVariable
        The observed variable; its log density is the joint one of all groups.
    """
    return pm.CustomDist(
        name,
        mean,
        own_scale,
        shared_variance,
        df,
        logp=_logp(group, own_class, at_end),
        random=_random(group, own_class, bounded=at_end is not None),
        signature="(o),(c),(p),()->(o)",
        observed=measured(name, observed, dims=dims),
        dims=dims,
    )


def measured(name: str, values: np.ndarray, *, dims: str) -> Any:
    """Add measured values as data of the model, so that others can take their place.

    Parameters
    ----------
    name : str
        Name of the random variable that they are values of; theirs is ``{name}_measured``.
    values : ndarray, shape (obs,)
        Values.
    dims : str
        Their dimension.

    Returns
    -------
    SharedVariable
        The values.
    """
    return pm.Data(f"{name}_measured", values, dims=dims, shape=values.shape)


def group_log_density(group: np.ndarray, own_class: np.ndarray, at_end: Any = None) -> Any:
    """Return the function that gives each group's log density.

    Parameters
    ----------
    group : ndarray of int, shape (obs,)
        Group of each observation, every group with at least one.
    own_class : ndarray of int, shape (group,)
        Class of each group.
    at_end : TensorVariable of int, shape (met,), optional
        Which observations lie at an end of a scale from 0 to 1: of each the probability of lying
        there or beyond counts, given those of its group that do not.

    Returns
    -------
    callable
        Of values (obs,) and of mean, own scale, shared variance and degrees of freedom as
        `grouped_student_t` takes them; gives log densities (group,).
    """
    every = np.bincount(group)
    sizes = np.arange(every.max() + 1)

    def summed(values: Any, of: Any = group) -> Any:
        return pt.as_tensor(np.zeros(len(every)))[of].inc(values)

    def inside() -> tuple[Any, Any]:
        """Return 1 for what lies between the ends, else 0, and how many do in each group."""
        if at_end is None:
            return 1.0, every
        within = pt.ones(len(group))[at_end].set(0.0)
        return within, summed(within)

    def terms(value: Any, mean: Any, own: Any, shared: Any, df: Any) -> Any:
        within, count = inside()
        residual = within * (value - mean)
        # one log-gamma per distinct group size, not per group
        constant = (
            pt.gammaln((df + sizes) / 2) - pt.gammaln(df / 2) - sizes / 2 * pt.log(df * np.pi)
        )[count.astype(int)]
        groups = {
            "total": summed(residual),
            "total_square": summed(residual**2),
            "count": count.astype(float),
            "own_variance": (own**2)[own_class],
            "shared_variance": shared,
        }
        density = shared_student_t(
            **groups, df=df, log_own_variance=(2 * pt.log(own))[own_class], log_constant=constant
        )
        if at_end is None:
            return density
        met = pt.as_tensor(group)[at_end]
        beyond = log_probability_beyond(
            value[at_end] - mean[at_end],
            side=1 - 2 * value[at_end],
            **{name: part[met] for name, part in groups.items()},
            df=df,
        )
        return density + summed(beyond, met)

    return terms


def _logp(group: np.ndarray, own_class: np.ndarray, at_end: Any) -> Any:
    terms = group_log_density(group, own_class, at_end)

    def logp(value: Any, mean: Any, own: Any, shared: Any, df: Any) -> Any:
        return terms(value, mean, own, shared, df).sum()

    return logp


def _random(group: np.ndarray, own_class: np.ndarray, *, bounded: bool) -> Any:
    def random(
        mean: np.ndarray,
        own: np.ndarray,
        shared: np.ndarray,
        df: np.ndarray,
        rng: np.random.Generator,
        size: Any = None,
    ) -> np.ndarray:
        own = own[..., own_class]
        shape = np.broadcast_shapes(mean.shape[:-1], own.shape[:-1]) + own.shape[-1:]
        spread = np.broadcast_to(np.asarray(df)[..., None], shape)
        tail = np.sqrt(spread / rng.chisquare(spread))
        common = rng.normal(size=shape) * np.sqrt(shared) * tail
        single = rng.normal(size=(*shape[:-1], mean.shape[-1]))
        drawn = mean + common[..., group] + single * (own * tail)[..., group]
        return np.clip(drawn, 0.0, 1.0) if bounded else np.asarray(drawn)

    return random
