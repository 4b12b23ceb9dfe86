"""Our sampler where the coordinates are given, as peers get them."""

from typing import Any

from bayesdensing.sampling import sampler_of
from benchmarks.tasks.ours import sample_given
from benchmarks.walks import load_posterior, load_warmth

__all__ = ["run"]


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Sample the posterior from where our chains ended.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, ``warmth``, optionally ``draws`` and ``tune``.

    Returns
    -------
    dict
        Seconds without and of compiling, steps and moments.
    """
    spec, _, assembled = load_posterior(options)
    sampler = sampler_of(assembled)
    warmth = load_warmth(options["warmth"])
    found = sample_given(sampler, spec.sampler, warmth, options)
    return {"compile_s": sampler.compile_seconds, **found}
