"""How many effective parameters a score needs: the ruler read the other way."""

from typing import TYPE_CHECKING

import numpy as np

from bayesdensing.analysis.ruler import Ruler
from bayesdensing.corollaries.estimates import first_crossing, positive
from bayesdensing.errors import InputError

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["LOG_SIZES", "log_size_for_score"]

#: Natural logs of the effective parameters that are tried: from 10^5 to 10^17.
LOG_SIZES = np.linspace(np.log(1e5), np.log(1e17), 400)


def log_size_for_score(fit: "Fit", *, benchmark: str, score: float) -> np.ndarray:
    """Return the effective parameters at which a reference model has a score.

    Parameters
    ----------
    fit : Fit
        A fit with loss law and score link.
    benchmark : str
        One of the fit's.
    score : float
        Share of items solved, 0 to 1.

    Returns
    -------
    ndarray, shape (draw,)
        Natural log, chains one after the other; infinite in draws whose curve ends below the
        score, and the least size tried in those whose curve begins above it.

    Raises
    ------
    DataNeedError
        For a fit without curves.
    InputError
        For a benchmark that the fit does not have, or a score outside 0 to 1.
    """
    wanted = positive("score", score, most=1.0)
    ruler = Ruler.from_posterior(fit.posterior, fit.spec)
    if benchmark not in ruler.benchmarks:
        known = ", ".join(ruler.benchmarks)
        raise InputError(f"this run has no benchmark {benchmark!r}; it has {known}")
    which = np.array([ruler.benchmarks.index(benchmark)])
    curve = ruler.score(LOG_SIZES[None, :, None], which)[..., 0]
    return first_crossing(LOG_SIZES, curve, np.full(len(curve), wanted))
