"""Who measures what: the design of a simulated world, taken from a real one."""

import numpy as np
import pandas as pd

from bayesdensing.assembly.design import benchmarks_of, score_design
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = ["layout"]

#: Chance that one of several evaluators measures a pair of an LLM and a benchmark.
_MEASURED = 0.5


def layout(
    spec: Spec,
    template: DataBundle,
    *,
    n_llms: int | None = None,
    n_evaluators: int | None = None,
    seed: int = 0,
) -> DataBundle:
    """Return a bundle with LLMs and evaluators in the numbers asked for.

    Parameters
    ----------
    spec : Spec
        The hypothesis, which says what of the template is used.
    template : DataBundle
        Gives reference runs, points, and LLMs with their dates, sizes and benchmarks.
    n_llms : int, optional
        LLMs, drawn from the template's: each at most once where there are enough. All of the
        template where not given.
    n_evaluators : int, optional
        Evaluators; one measures everything, several each measure about half, every pair at least
        once. Those of the template where not given.
    seed : int
        Seed of the choice.

    Returns
    -------
    DataBundle
        Scores are those of the template and stand for nothing yet.
    """
    rng = np.random.default_rng(seed)
    frames = template.frames
    scores = _used_scores(spec, template)
    llms = frames["models"]
    if n_llms is not None:
        llms, scores = _chosen(llms, scores, count=n_llms, rng=rng)
    if n_evaluators is not None:
        scores = _measured(scores, count=n_evaluators, rng=rng)
    frames["models"] = llms.drop(columns="parent", errors="ignore")
    frames["scores"] = scores
    return DataBundle.from_frames(name="layout", version=template.version, **frames)


def _used_scores(spec: Spec, template: DataBundle) -> pd.DataFrame:
    design = score_design(spec, template, benchmarks_of(spec, template))
    return template.frames["scores"].loc[design.rows]


def _chosen(
    llms: pd.DataFrame, scores: pd.DataFrame, *, count: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw LLMs and give them names of their own."""
    pool = np.array(sorted(scores["model"].unique()))
    names = rng.choice(pool, size=count, replace=count > len(pool))
    new = [f"llm-{i:0{len(str(count))}d}" for i in range(1, count + 1)]
    key = pd.DataFrame({"model": names, "new": new})
    chosen = [key.merge(table, on="model", how="left") for table in (llms, scores)]
    renamed = [table.drop(columns="model").rename(columns={"new": "model"}) for table in chosen]
    # a made-up LLM has no maker, and no page of its own
    extra = [column for column in renamed[0].columns if column.startswith("x_")]
    return renamed[0].drop(columns=extra).assign(organization="simulated"), renamed[1]


def _measured(scores: pd.DataFrame, *, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Let so many evaluators measure the pairs."""
    pairs = scores.drop_duplicates(["model", "benchmark"]).drop(columns="n_shots", errors="ignore")
    who = rng.random((len(pairs), count)) < _MEASURED
    who[np.arange(len(pairs)), rng.integers(count, size=len(pairs))] = True
    parts = [pairs[who[:, e]].assign(evaluator=f"evaluator-{e + 1}") for e in range(count)]
    return pd.concat(parts, ignore_index=True)
