"""Priors whose parameters are data of the model: set anew, they need no new compiling."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm

from bayesdensing.laws import DISTRIBUTIONS, Prior
from bayesdensing.spec import Spec

__all__ = ["OpenPrior", "open_priors", "prior_data"]


def _data_name(name: str) -> str:
    return f"{name}_prior"


@dataclass(frozen=True)
class OpenPrior(Prior):
    """A prior that takes its parameters from data of the model that it is put into.

    Parameters
    ----------
    dist : str
        As of any prior.
    params : mapping of str to float
        As of any prior: the data's values at first.
    name : str
        Its name in the hypothesis.
    """

    name: str = field(default="", kw_only=True)

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.name, super().__hash__()))

    def _live(self) -> dict[str, Any]:
        """Return the parameters as variables of the model of the context."""
        model, name = pm.modelcontext(None), _data_name(self.name)
        if name not in model.named_vars:
            values = _values(self)
            pm.Data(name, values, shape=values.shape)
        data = model[name]
        return {key: data[i] for i, key in enumerate(DISTRIBUTIONS[self.dist])}

    @property
    def location(self) -> Any:
        """As of any prior, a variable of the model."""
        live = self._live()
        if self.dist == "LogNormal":
            return pm.math.log(live["median"])
        if self.dist == "LogitNormal":
            return pm.math.logit(live["median"])
        return live["mu"]

    @property
    def scale(self) -> Any:
        """As of any prior, a variable of the model."""
        return self._live()["sigma"]

    def rv(self, name: str, *, dims: str | None = None) -> Any:
        """Put the prior into the PyMC model of the context.

        Parameters
        ----------
        name : str
            Name of the random variable.
        dims : str, optional
            Dimension along which independent copies are laid.

        Returns
        -------
        pytensor.tensor.TensorVariable
            The random variable.
        """
        live = self._live()
        if self.dist == "LogitNormal":
            logit = pm.Normal(f"{name}_logit", self.location, live["sigma"], dims=dims)
            return pm.Deterministic(name, pm.math.sigmoid(logit), dims=dims)
        if self.dist == "LogNormal":
            live = {"mu": self.location, "sigma": live["sigma"]}
        return getattr(pm, self.dist)(name, **live, dims=dims)


def _values(prior: Prior) -> np.ndarray:
    return np.array([prior.params[key] for key in DISTRIBUTIONS[prior.dist]])


def open_priors(spec: Spec) -> Spec:
    """Return a hypothesis whose priors are data of the model that is assembled from it.

    Parameters
    ----------
    spec : Spec
        The hypothesis.

    Returns
    -------
    Spec
        The same claim; its model has ``{name}_prior`` among its data, see `prior_data`.
    """
    opened = {n: OpenPrior(p.dist, dict(p.params), name=n) for n, p in spec.priors.items()}
    return spec.model_copy(update={"priors": opened})


def prior_data(spec: Spec) -> dict[str, np.ndarray]:
    """Return the priors' parameters, to be set into a model of `open_priors`.

    Parameters
    ----------
    spec : Spec
        A hypothesis with the same priors but for their parameters.

    Returns
    -------
    dict of str to ndarray
        By name of the data, in the order of `bayesdensing.laws.DISTRIBUTIONS`.
    """
    return {_data_name(name): _values(prior) for name, prior in spec.priors.items()}
