"""Equations 2 and 3 of the paper as point estimates, and equation 4, their inversion."""

import itertools
from dataclasses import dataclass

import numpy as np

from bayesdensing.analysis.replicate.optima import distinct_optima
from bayesdensing.laws.loss import loss

__all__ = ["PowerLaw", "ScoreCurve", "fit_power_law", "fit_score_curve"]

_EXPONENTS = (0.05, 0.15, 0.3, 0.6, 1.0)
_SHARES = (0.2, 0.5, 0.8)
#: Exponents beyond these are no law of sizes and tokens; an optimum there is none.
_RANGE = (1e-3, 5.0)


@dataclass(frozen=True)
class PowerLaw:
    """Equation 2, L = a N^-alpha + b D^-beta.

    Attributes
    ----------
    n_coefficient, n_exponent : float
        a (unit of the loss) and alpha.
    d_coefficient, d_exponent : float
        b (unit of the loss) and beta.
    rmse : float
        Root mean square error on the runs that it was fitted to, in the unit of the loss; NaN
        where it was not fitted here.
    """

    n_coefficient: float
    n_exponent: float
    d_coefficient: float
    d_exponent: float
    rmse: float = float("nan")

    def loss(self, n_params: np.ndarray, n_tokens: np.ndarray | float) -> np.ndarray:
        """Return the loss of runs.

        Parameters
        ----------
        n_params : ndarray
            Parameters (count).
        n_tokens : ndarray or float
            Tokens (count).

        Returns
        -------
        ndarray
            Loss, in its unit.
        """
        return np.asarray(
            loss(
                n_params=n_params,
                n_tokens=n_tokens,
                irreducible_loss=0.0,
                n_coefficient=self.n_coefficient,
                n_exponent=self.n_exponent,
                d_coefficient=self.d_coefficient,
                d_exponent=self.d_exponent,
            )
        )

    def size(self, losses: np.ndarray, n_tokens: float) -> np.ndarray:
        """Return the parameters that reach a loss on given tokens, the paper's equation 4.

        Parameters
        ----------
        losses : ndarray
            Loss, in its unit.
        n_tokens : float
            Reference tokens (count).

        Returns
        -------
        ndarray
            Parameters (count); infinite where no size reaches the loss on these tokens.

        Examples
        --------
        >>> law = PowerLaw(2.0, 0.1, 100.0, 0.3)
        >>> float(law.size(law.loss(np.array(7e9), 1e12), 1e12)).__round__()
        7000000000
        """
        left = np.asarray(losses) - self.d_coefficient * n_tokens**-self.d_exponent
        ratio = np.where(left > 0, left, np.nan) / self.n_coefficient
        return np.where(left > 0, ratio ** (-1 / self.n_exponent), np.inf)


@dataclass(frozen=True)
class ScoreCurve:
    """Equation 3, S = c / (1 + exp(-gamma (L - l))) + d.

    Attributes
    ----------
    height, floor : float
        c and d (score in percent).
    slope : float
        gamma (per unit of the loss), negative.
    midpoint_loss : float
        l (unit of the loss).
    rmse : float
        Root mean square error on the points that it was fitted to (percent).
    """

    height: float
    slope: float
    midpoint_loss: float
    floor: float
    rmse: float = float("nan")

    def score(self, losses: np.ndarray) -> np.ndarray:
        """Return the score at a loss.

        Parameters
        ----------
        losses : ndarray
            Loss, in its unit.

        Returns
        -------
        ndarray
            Score (percent).
        """
        return np.asarray(_sigmoid(losses, self.height, self.slope, self.midpoint_loss, self.floor))

    def loss(self, scores: np.ndarray) -> np.ndarray:
        """Return the loss at a score, the inverse of `score`.

        Parameters
        ----------
        scores : ndarray
            Score (percent).

        Returns
        -------
        ndarray
            Loss, in its unit; NaN for scores that the curve does not reach.

        Examples
        --------
        >>> curve = ScoreCurve(80.0, -25.0, 0.2, 20.0)
        >>> round(float(curve.loss(curve.score(np.array(0.17)))), 6)
        0.17
        """
        share = (np.asarray(scores) - self.floor) / self.height
        share = np.where((share > 0) & (share < 1), share, np.nan)
        return self.midpoint_loss + np.log(share / (1 - share)) / self.slope


def _sigmoid(
    losses: np.ndarray, height: float, slope: float, midpoint_loss: float, floor: float
) -> np.ndarray:
    steep = np.clip(-slope * (np.asarray(losses) - midpoint_loss), -500, 500)
    return np.asarray(height / (1 + np.exp(steep)) + floor)


def fit_power_law(
    n_params: np.ndarray, n_tokens: np.ndarray, losses: np.ndarray
) -> tuple[PowerLaw, ...]:
    """Fit equation 2 by least squares on the loss, from many starts.

    Parameters
    ----------
    n_params, n_tokens : ndarray, shape (reference_run,)
        Sizes and tokens of the runs (counts).
    losses : ndarray, shape (reference_run,)
        Their losses.

    Returns
    -------
    tuple of PowerLaw
        Every optimum, the smallest error first.

    Notes
    -----
    Xiao et al. (2025), equation 2. Parametrised at the runs' geometric means, where coefficient
    and exponent hardly trade. Starts: a grid over both exponents and the share of either term.
    """
    log_n, log_d = np.log(n_params), np.log(n_tokens)
    pivot_n, pivot_d = float(log_n.mean()), float(log_d.mean())
    x_n, x_d = log_n - pivot_n, log_d - pivot_d

    def residuals(values: np.ndarray) -> np.ndarray:
        n_log, n_exponent, d_log, d_exponent = values
        terms = np.exp(n_log - n_exponent * x_n) + np.exp(d_log - d_exponent * x_d)
        return np.asarray(terms - losses)

    middle = float(losses.mean())
    starts = [
        np.array([np.log(middle * share), alpha, np.log(middle * (1 - share)), beta])
        for alpha, beta, share in itertools.product(_EXPONENTS, _EXPONENTS, _SHARES)
    ]
    low, high = _RANGE
    wide = abs(np.log(middle)) + 20
    bounds = (np.array([-wide, low, -wide, low]), np.array([wide, high, wide, high]))
    return tuple(
        PowerLaw(
            float(np.exp(n_log + n_exponent * pivot_n)),
            float(n_exponent),
            float(np.exp(d_log + d_exponent * pivot_d)),
            float(d_exponent),
            found.rmse,
        )
        for found in distinct_optima(residuals, starts, bounds=bounds)
        for n_log, n_exponent, d_log, d_exponent in [found.values]
        if min(n_exponent, d_exponent) > 2 * low and max(n_exponent, d_exponent) < 0.99 * high
    )


def fit_score_curve(losses: np.ndarray, scores: np.ndarray, *, anchored: bool) -> ScoreCurve:
    """Fit equation 3 by least squares on the score.

    Parameters
    ----------
    losses, scores : ndarray, shape (link_point,)
        Losses, and scores in percent.
    anchored : bool
        Add the point of no loss and full score, and keep the floor from falling below 0: what
        reproduces the curves that the paper drew.

    Returns
    -------
    ScoreCurve
        The best of many starts.

    Notes
    -----
    Xiao et al. (2025), equation 3.
    """
    x, y = (np.append(losses, 0.0), np.append(scores, 100.0)) if anchored else (losses, scores)

    def residuals(values: np.ndarray) -> np.ndarray:
        height, log_slope, midpoint, floor = values
        return np.asarray(_sigmoid(x, height, -np.exp(log_slope), midpoint, floor) - y)

    reach, spread = float(losses.max()), float(np.ptp(losses))
    bounds = (
        np.array([1.0, np.log(0.5 / reach), -reach, 0.0 if anchored else -50.0]),
        np.array([300.0, np.log(100 / spread), 2 * reach, 99.0]),
    )
    starts = [
        np.array([height, np.log(steep / spread), float(np.quantile(losses, q)), floor])
        for height, steep, q, floor in itertools.product(
            (50.0, 90.0), (2.0, 6.0, 15.0), (0.1, 0.3, 0.5), (1.0, 20.0)
        )
    ]
    best = distinct_optima(residuals, starts, bounds=bounds)[0]
    height, log_slope, midpoint, floor = (float(v) for v in best.values)
    own = residuals(best.values)[: len(losses)]
    return ScoreCurve(
        height, -float(np.exp(log_slope)), midpoint, floor, float(np.sqrt(np.mean(own**2)))
    )
