"""What parts a measured score from its LLM's own score: benchmark, evaluator, chance.

An LLM departs from its size's score on each benchmark, either on the score's log-odds
(``score``) or on its effective size (``size``); evaluators differ; items are few; the rest is
over-dispersion. The departure and the items are shared by all measurements of one LLM on one
benchmark, since these share the LLM and the items; the over-dispersion is each measurement's own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bayesdensing.laws._array import Array, log
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "SCALES", "shared_student_t"]

#: Scales on which an LLM can depart from its size's score.
SCALES: tuple[str, ...] = ("score", "size")

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "deviation_sd": Prior("LogNormal", {"median": 0.4, "sigma": 0.5}),
        "overdispersion": Prior("LogNormal", {"median": 0.02, "sigma": 0.5}),
        "evaluator_sd": Prior("LogNormal", {"median": 0.15, "sigma": 0.5}),
        "score_df": Prior("Gamma", {"alpha": 2.0, "beta": 0.1}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "deviation_sd": "order of magnitude: an LLM's benchmarks disagree by tenths of a logit",
        "overdispersion": "order of magnitude: prompts and parsing move a score by points",
        "evaluator_sd": "order of magnitude: harnesses differ by a few points at mid-score",
        "score_df": "weak: Juarez and Steel (2010), from heavy tails to nearly normal",
    }
)


def shared_student_t(
    *,
    total: Array,
    total_square: Array,
    count: Array,
    own_variance: Array,
    shared_variance: Array,
    df: Array,
    log_constant: Array,
) -> Array:
    """Return the log density of residuals with one shared part, multivariate Student-t.

    The scale matrix is own_variance I + shared_variance 11', whose inverse and determinant are
    closed forms; heavy tails belong to the group, so a group whose members disagree weighs less
    as a whole.

    Parameters
    ----------
    total, total_square : array, shape (group,)
        Sum and sum of squares of the group's residuals.
    count : array, shape (group,)
        Residuals in the group.
    own_variance, shared_variance : array, shape (group,)
        Squared scale of each residual's own and of the shared part.
    df : array
        Degrees of freedom.
    log_constant : array, shape (group,)
        log Gamma((df + count) / 2) - log Gamma(df / 2) - count / 2 log(df pi).

    Returns
    -------
    array, shape (group,)
        Log density of each group's residuals.

    Notes
    -----
    Kotz and Nadarajah (2004), equation 1.1, with the Sherman-Morrison inverse.
    """
    joint = own_variance + count * shared_variance
    between = total**2 / count
    distance = (total_square - between) / own_variance + between / joint
    log_det = (count - 1) * log(own_variance) + log(joint)
    return log_constant - log_det / 2 - (df + count) / 2 * log(1 + distance / df)
