"""What may be laid beside what: groups that share data and ruler, and refusals."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit
    from bayesdensing.spec import Spec

__all__ = ["group_of", "refuse_different_outcomes", "refuse_no_llms"]

#: Constants that only some hypotheses on the same data have.
_TERMS = {"family_index", "log_active_share"}


def group_of(fit: "Fit") -> tuple[str, str]:
    """Return what a hypothesis has to share with others to be weighed against them.

    Parameters
    ----------
    fit : Fit
        A fit with LLMs.

    Returns
    -------
    tuple of str
        Its ruler in words, and a hash of all that the fit saw: outcomes of LLMs and of reference
        runs, sizes and dates.
    """
    spec = fit.spec
    if spec.is_series_alone:
        ruler = f"published values of {fit.posterior.attrs['quantity']}"
    else:
        # the score link is an axis of its own once hypotheses differ in it
        link = spec.canonical().get("link")
        ruler = (
            f"{spec.loss.law} loss law, {spec.reference_tokens.label}, "
            f"{spec.growth.parameter_count} parameters, {spec.information.flow} flow"
            + (f", score link {link}" if link else "")
        )
    digest = hashlib.sha256()
    for part in (fit.idata["observed_data"].to_dataset(), fit.constants):
        for name in sorted(set(map(str, part.data_vars)) - _TERMS):
            variable = part[name]
            labels = [part[d].to_numpy().astype(str) for d in variable.dims if d in part.coords]
            order = np.argsort(labels[0]) if labels else np.arange(variable.size)
            digest.update(name.encode())
            for axis in labels:
                digest.update("\n".join(axis[order].tolist()).encode())
            rounded = np.round(variable.to_numpy().astype(float)[order], 10)
            digest.update((rounded + 0.0).tobytes())
    return ruler, digest.hexdigest()


def _outcome_of(fit: "Fit") -> str:
    """Return what a fit predicts, in words: hypotheses of different outcomes cannot be compared."""
    if fit.spec.is_series_alone:
        return f"published values of {fit.posterior.attrs['quantity']}"
    return "scores of LLMs"


def refuse_no_llms(specs: Sequence["Spec"]) -> None:
    """Refuse hypotheses that predict nothing about LLMs, or not the same kind of outcome.

    Parameters
    ----------
    specs : sequence of Spec
        Hypotheses, which need not have been fitted.

    Raises
    ------
    DataNeedError
        In one line.
    """
    kinds = {}
    for spec in specs:
        if not {"growth", "published"} & set(spec.blocks):
            raise DataNeedError(
                f"{spec.name} predicts nothing about LLMs: there is nothing to compare"
            )
        if spec.data.records == "only":
            raise DataNeedError(
                f"{spec.name} is of records, of which none can be left out by itself: what follows "
                "was a record because of it"
            )
        kinds["published values" if "published" in spec.blocks else "scores of LLMs"] = spec.name
    if len(kinds) > 1:
        (one, first), (other, second) = kinds.items()
        raise DataNeedError(
            f"{first} predicts {one}, {second} {other}: no comparison of the two means anything"
        )


def refuse_different_outcomes(fits: Mapping[str, "Fit"]) -> None:
    """Refuse hypotheses that predict different things.

    Parameters
    ----------
    fits : mapping of str to Fit
        By name.

    Raises
    ------
    DataNeedError
        In one line, naming two that differ.
    """
    refuse_no_llms([fit.spec for fit in fits.values()])
    outcomes = {name: _outcome_of(fit) for name, fit in fits.items()}
    first, kind = next(iter(outcomes.items()))
    for name, other in outcomes.items():
        if other != kind:
            raise DataNeedError(
                f"{first} predicts {kind}, {name} {other}: no comparison of the two means anything"
            )
