"""Fits of random numbers whose rate changes."""

from dataclasses import replace

import numpy as np

from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_fit


def changed(before, after, *, n=200, spec="changepoint_chatgpt", **more):
    """A fit of a changepoint whose rates are what is given, in one chain."""
    fit = make_fit(chains=1, draws=n)
    given = {"growth_rate_before": before, "growth_rate_after": after, **more}
    posterior = fit.posterior.assign(
        {name: (("chain", "draw"), np.asarray(value)[None]) for name, value in given.items()}
    )
    tree = fit.idata.copy()
    tree["posterior"] = posterior
    return replace(fit, spec=load_spec(spec), idata=tree)
