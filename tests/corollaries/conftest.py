"""Fits of random numbers with a family tree of compressed LLMs, and a world of known truth."""

from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.scored import make_scored_fit


@pytest.fixture(scope="session")
def scored():
    """A fit that holds the scores it was made from; its first draw is the truth."""
    fit = make_scored_fit(n_llms=14, chains=2, draws=150)
    rate = np.random.default_rng(3).normal(1.7, 0.05, (2, 150))
    posterior = fit.posterior.assign(growth_rate=(("chain", "draw"), rate))
    tree = fit.idata.copy()
    tree["posterior"] = posterior
    return replace(fit, idata=tree)
