"""Which worlds a calibration fits: where truths come from, and the design."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bayesdensing.analysis import Fit
from bayesdensing.assembly.design import Exchange
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import load_fit
from bayesdensing.simulation import layout
from bayesdensing.simulation.doubled import doubled
from bayesdensing.simulation.teller import Teller
from bayesdensing.spec import Spec

__all__ = ["Plan", "from_posterior", "from_prior"]


@dataclass(frozen=True)
class Plan:
    """Which worlds there are.

    Attributes
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The design of each world.
    design, truths : str
        What it is and where truths come from, in words.
    truths_sha256 : str
        Hash of the draws that truths are taken from; empty: the prior.
    values : tuple of mapping
        Truth of each world, where it is not from the prior.
    first : mapping, optional
        Truth of the world whose fit finds the coordinates of the others.
    """

    spec: Spec
    template: DataBundle
    design: str
    truths: str
    truths_sha256: str = ""
    values: tuple[Mapping[str, np.ndarray], ...] = ()
    first: Mapping[str, np.ndarray] | None = None


def from_prior(
    spec: Spec, data: DataBundle, *, llms: int, evaluators: int, real: bool, seed: int
) -> Plan:
    """Plan worlds whose truths are drawn from the prior.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    data : DataBundle
        The design, or what the reduced one is taken from.
    llms, evaluators : int
        Of the reduced design.
    real : bool
        Take the whole design.
    seed : int
        Seed of the choice of LLMs.

    Returns
    -------
    Plan
        Without truths, which each fit draws.

    Raises
    ------
    DataNeedError
        For a cut, which is no posterior.
    """
    _refuse_cut(spec)
    spec, note = _one_series(spec, data)
    truths = "the prior"
    if "growth" not in spec.blocks:
        return Plan(spec, data, f"{_words(spec, data)}{note}", truths)
    if real:
        return Plan(spec, data, f"the real design: {_words(spec, data)}{note}", truths)
    template = layout(spec, data, n_llms=llms, n_evaluators=evaluators, seed=seed)
    words = f"reduced design: {llms} LLMs of the bundle, {evaluators} evaluators"
    return Plan(spec, template, f"{words}, {_words(spec, template)}{note}", truths)


def from_posterior(
    about: str | Path | Fit,
    data: str | Path | DataBundle | None,
    *,
    sims: int,
    seed: int,
) -> Plan:
    """Plan worlds whose truths are drawn from the posterior of a run.

    Parameters
    ----------
    about : str, Path or Fit
        The run.
    data : str, Path, DataBundle or None
        Its data, where they are not those it names.
    sims : int
        Worlds.
    seed : int
        Seed of the order in which draws are taken.

    Returns
    -------
    Plan
        With a truth for each world, and one more for the fit that finds the coordinates.

    Raises
    ------
    DataNeedError
        For a cut, and for a run that did not pass its checks.
    """
    run = about if isinstance(about, Fit) else load_fit(about, data=data)
    _refuse_cut(run.spec)
    if not run.diagnostics.converged:
        raise DataNeedError(
            "the run did not pass its checks: draws of another distribution are no truths to "
            "calibrate about"
        )
    template = doubled(run.spec, run.data)
    names = Teller(run.spec, template, held=True).held
    flat = {
        name: run.posterior[name]
        .transpose("chain", "draw", ...)
        .to_numpy()
        .reshape(-1, *run.posterior[name].shape[2:])
        for name in names
    }
    count = len(next(iter(flat.values())))
    at = np.random.default_rng(seed).permutation(count)
    values = tuple({n: v[at[i % count]] for n, v in flat.items()} for i in range(sims))
    digest = hashlib.sha256()
    for name, array in flat.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    words = f"the real design: {_words(run.spec, run.data)}, with as many outcomes drawn anew"
    truths = f"the posterior of {run.spec.name} given {run.data.name} (seed {run.seed})"
    first = {n: v[at[-1]] for n, v in flat.items()}
    return Plan(run.spec, template, words, truths, digest.hexdigest(), values, first)


def _refuse_cut(spec: Spec) -> None:
    if spec.information.flow == "cut":
        raise DataNeedError(
            f"{spec.name} is no posterior but a way to read many of them: what a cut leaves out "
            "it does not have to get right; calibrate the joint hypothesis"
        )


def _one_series(spec: Spec, data: DataBundle) -> tuple[Spec, str]:
    """Name the first of several series or suites: a design is needed, whichever."""
    frames, chosen = data.frames, {}
    table, column = "reference_runs", "suite"
    if spec.is_series_alone:
        table, column = "densities", "series"
    if table in frames and getattr(spec.data, column) is None:
        names = sorted(frames[table][column].unique())
        if len(names) > 1:
            chosen = {column: str(names[0])}
    if not chosen:
        return spec, ""
    axis = type(spec.data)(**{**spec.data.model_dump(), **chosen})
    return spec.model_copy(update={"data": axis}), f" (the first {column}, {chosen[column]})"


def _words(spec: Spec, data: DataBundle) -> str:
    """Say how much is measured in a design."""
    sizes = {name: len(v) for name, v in Exchange(spec, data).outcomes_of(data).items()}
    names = {
        "log_loss_measured": "losses of reference runs",
        "link_score_measured": "loss-score points",
        "score_measured": "scores",
        "log_value_measured": "published values",
        "log_record_measured": "dates of records",
    }
    return ", ".join(f"{size} {names[name]}" for name, size in sizes.items() if name in names)
