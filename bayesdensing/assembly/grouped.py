"""A random variable of observations in groups that share a deviation, integrated out."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.laws.deviation import shared_student_t

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
        logp=_logp(group, own_class),
        random=_random(group, own_class),
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


def group_log_density(group: np.ndarray, own_class: np.ndarray) -> Any:
    """Return the function that gives each group's log density.

    Parameters
    ----------
    group : ndarray of int, shape (obs,)
        Group of each observation, every group with at least one.
    own_class : ndarray of int, shape (group,)
        Class of each group.

    Returns
    -------
    callable
        Of values (obs,) and of mean, own scale, shared variance and degrees of freedom as
        `grouped_student_t` takes them; gives log densities (group,).
    """
    count = np.bincount(group)
    sizes, which = np.unique(count, return_inverse=True)

    def summed(values: Any) -> Any:
        return pt.as_tensor(np.zeros(len(count)))[group].inc(values)

    def terms(value: Any, mean: Any, own: Any, shared: Any, df: Any) -> Any:
        residual = value - mean
        # one log-gamma per distinct group size, not per group
        constant = (
            pt.gammaln((df + sizes) / 2) - pt.gammaln(df / 2) - sizes / 2 * pt.log(df * np.pi)
        )[which]
        return shared_student_t(
            total=summed(residual),
            total_square=summed(residual**2),
            count=count.astype(float),
            own_variance=(own**2)[own_class],
            log_own_variance=(2 * pt.log(own))[own_class],
            shared_variance=shared,
            df=df,
            log_constant=constant,
        )

    return terms


def _logp(group: np.ndarray, own_class: np.ndarray) -> Any:
    terms = group_log_density(group, own_class)

    def logp(value: Any, mean: Any, own: Any, shared: Any, df: Any) -> Any:
        return terms(value, mean, own, shared, df).sum()

    return logp


def _random(group: np.ndarray, own_class: np.ndarray) -> Any:
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
        return np.asarray(mean + common[..., group] + single * (own * tail)[..., group])

    return random
