"""The loss law: how the loss of a reference run falls with parameters and tokens.

``chinchilla`` is L = E + A N^-a + B D^-b (Hoffmann et al. 2022, equation 2); ``power`` is the
Densing Law paper's equation 2, the same without the irreducible term E.

The law is stated by what runs measure: the loss at a *pivot* (the geometric mean size and tokens
of the runs), the share of it that tokens account for, the share of the rest that is irreducible
(size accounts for what is left), and the two exponents. Tokens come first because runs of one
size at several token counts pin their term best. The coefficients in natural units follow. Priors
on these serve losses of 0.1 and of 3 nats and any size.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bayesdensing.laws._array import Array, exp, log
from bayesdensing.laws.priors import Prior

__all__ = ["LAWS", "PRIORS", "REASONS", "Coefficients", "coefficients", "loss", "prior_curve"]

#: The laws a hypothesis can choose from.
LAWS: tuple[str, ...] = ("chinchilla", "power")

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "pivot_loss": Prior("LogNormal", {"median": 1.0, "sigma": 2.0}),
        "d_share": Prior("LogitNormal", {"median": 0.35, "sigma": 1.0}),
        "irreducible_share": Prior("LogitNormal", {"median": 0.45, "sigma": 1.5}),
        "n_exponent": Prior("LogNormal", {"median": 0.3, "sigma": 0.5}),
        "d_exponent": Prior("LogNormal", {"median": 0.3, "sigma": 0.5}),
        "exponent_spread": Prior("LogNormal", {"median": 0.25, "sigma": 0.5}),
        "loss_noise": Prior("LogNormal", {"median": 0.02, "sigma": 1.2}),
        "size_effect_sd": Prior("LogNormal", {"median": 0.01, "sigma": 0.7}),
        "loss_df": Prior("Gamma", {"alpha": 2.0, "beta": 0.1}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "pivot_loss": "order of magnitude: losses from hundredths of a nat to tens of nats",
        "d_share": "structural: tokens, size and the irreducible part about alike, little is out",
        "irreducible_share": "structural: from nearly nothing to nearly all of what tokens leave",
        "n_exponent": "external: 0.29 (MiniCPM) to 0.35 (Besiroglu et al. 2024), twice as wide",
        "d_exponent": "external: 0.23 (MiniCPM) to 0.37 (Besiroglu et al. 2024), twice as wide",
        "exponent_spread": "order of magnitude: benchmarks differ by tens of percent",
        "loss_noise": "order of magnitude: runs repeat to within a tenth of a percent to a tenth",
        "size_effect_sd": "order of magnitude: runs of one size share a recipe and a trajectory",
        "loss_df": "weak: Juarez and Steel (2010), from heavy tails to nearly normal",
    }
)


class Coefficients(NamedTuple):
    """A loss law in natural units, one entry per benchmark.

    Attributes
    ----------
    irreducible_loss : array
        E, in the unit of the loss.
    n_coefficient, d_coefficient : array
        A and B, in the unit of the loss (times parameters or tokens to the exponent).
    n_exponent, d_exponent : array
        a and b, no unit.
    """

    irreducible_loss: Array
    n_coefficient: Array
    n_exponent: Array
    d_coefficient: Array
    d_exponent: Array


def loss(
    *,
    n_params: Array,
    n_tokens: Array,
    irreducible_loss: Array,
    n_coefficient: Array,
    n_exponent: Array,
    d_coefficient: Array,
    d_exponent: Array,
) -> Array:
    """Return the loss of a run.

    Parameters
    ----------
    n_params : array
        Parameters of the run (count), broadcast with the rest.
    n_tokens : array
        Training tokens of the run (count).
    irreducible_loss : array
        E, in the unit of the loss; 0 is the power law.
    n_coefficient, n_exponent : array
        A (unit of the loss) and a (no unit).
    d_coefficient, d_exponent : array
        B (unit of the loss) and b (no unit).

    Returns
    -------
    array
        Loss, in its unit.

    Notes
    -----
    Hoffmann et al. (2022), equation 2; Xiao et al. (2025), equation 2 where E = 0.

    Examples
    --------
    >>> round(float(loss(n_params=70e9, n_tokens=1.4e12, irreducible_loss=1.69,
    ...     n_coefficient=406.4, n_exponent=0.34, d_coefficient=410.7, d_exponent=0.28)), 3)
    1.937
    """
    # powers by exp and log: one expression for numbers, arrays and graphs
    n_term = n_coefficient * exp(-n_exponent * log(n_params))
    d_term = d_coefficient * exp(-d_exponent * log(n_tokens))
    return irreducible_loss + n_term + d_term


def coefficients(
    *,
    pivot_loss: Array,
    d_share: Array,
    irreducible_share: Array,
    n_exponent: Array,
    d_exponent: Array,
    log_pivot_n: float,
    log_pivot_d: float,
) -> Coefficients:
    """Return the law in natural units from what the runs measure.

    Parameters
    ----------
    pivot_loss : array
        Loss at the pivot, in its unit.
    d_share : array
        Share of the pivot loss that tokens account for, 0 to 1.
    irreducible_share : array
        Share of the rest that neither size nor tokens remove, 0 to 1.
    n_exponent, d_exponent : array
        Exponents of size and tokens.
    log_pivot_n, log_pivot_d : float
        Natural logs of the pivot's parameters and tokens.

    Returns
    -------
    Coefficients
        With E + A N^-a + B D^-b = pivot_loss at the pivot.

    Examples
    --------
    >>> c = coefficients(pivot_loss=2.0, d_share=0.25, irreducible_share=0.5, n_exponent=0.3,
    ...     d_exponent=0.3, log_pivot_n=0.0, log_pivot_d=0.0)
    >>> float(c.irreducible_loss), float(c.n_coefficient), float(c.d_coefficient)
    (0.75, 0.75, 0.5)
    """
    rest = pivot_loss * (1 - d_share)
    return Coefficients(
        irreducible_loss=rest * irreducible_share,
        n_coefficient=rest * (1 - irreducible_share) * exp(n_exponent * log_pivot_n),
        n_exponent=n_exponent,
        d_coefficient=pivot_loss * d_share * exp(d_exponent * log_pivot_d),
        d_exponent=d_exponent,
    )


def prior_curve(
    n_params: np.ndarray,
    *,
    tokens_per_parameter: float = 20.0,
    law: str = "chinchilla",
    priors: Mapping[str, Prior] = PRIORS,
    draws: int = 200,
    seed: int = 0,
) -> np.ndarray:
    """Draw loss curves from the prior alone.

    Parameters
    ----------
    n_params : ndarray, shape (size,)
        Sizes (count); the pivot is their geometric mean.
    tokens_per_parameter : float
        Tokens of a run over its parameters.
    law : str
        One of `LAWS`.
    priors : mapping of str to Prior
        Priors, `PRIORS` where not changed.
    draws : int
        Number of curves.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray, shape (draws, size)
        Losses, in the unit of ``pivot_loss``.

    Examples
    --------
    >>> prior_curve(np.geomspace(1e7, 1e10, 4), draws=3).shape
    (3, 4)
    """
    rng = np.random.default_rng(seed)
    value = {
        name: priors[name].sample(rng, (draws, 1))
        for name in ("pivot_loss", "d_share", "irreducible_share", "n_exponent", "d_exponent")
    }
    if law == "power":
        value["irreducible_share"] = np.zeros((draws, 1))
    pivot = float(np.log(n_params).mean())
    law_draws = coefficients(
        **value, log_pivot_n=pivot, log_pivot_d=pivot + np.log(tokens_per_parameter)
    )
    tokens = n_params * tokens_per_parameter
    return np.asarray(loss(n_params=n_params, n_tokens=tokens, **law_draws._asdict()))
