"""The data card: what the bundle holds, in words and counted tables."""

import pandas as pd
from build_copies import COPYING_PAIRS, TOLERANCE, evaluator_class
from build_llms import Llms

from bayesdensing.data import DataBundle

__all__ = ["coverage_by_benchmark", "coverage_by_year", "data_card", "paper_counts"]

PAPER_BENCHMARKS = ("MMLU", "BBH", "MATH", "HumanEval", "MBPP")
COMPRESSED = ("pruned", "quantized", "pruned+distilled")


def _markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown; numbers are right-aligned."""
    right = [pd.api.types.is_numeric_dtype(table[name]) for name in table.columns]
    lines = [
        "| " + " | ".join(map(str, table.columns)) + " |",
        "|" + "|".join("--:" if flag else ":--" for flag in right) + "|",
    ]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines)


def _base_scores(data: DataBundle) -> pd.DataFrame:
    """Return scores of base models that are no compressed derivatives, with their dates."""
    models = data.frames["models"]
    wanted = models[models["is_base"] & ~models["compression"].isin(COMPRESSED)]
    columns = ["model", "release_date"]
    return data.frames["scores"].merge(wanted[columns], on="model")


def paper_counts(data: DataBundle) -> dict[str, int]:
    """Count base models (no derivatives) and their measurements on the paper's benchmarks.

    Parameters
    ----------
    data : DataBundle

    Returns
    -------
    dict of str to int
        ``models``, ``cells`` (model and benchmark), ``measurements``, ``models_with_three``
        and ``models_with_all``.
    """
    scores = _base_scores(data)
    scores = scores[scores["benchmark"].isin(PAPER_BENCHMARKS)]
    per_model = scores.groupby("model")["benchmark"].nunique()
    return {
        "models": len(per_model),
        "cells": int(per_model.sum()),
        "measurements": len(scores),
        "models_with_three": int((per_model >= 3).sum()),
        "models_with_all": int((per_model == len(PAPER_BENCHMARKS)).sum()),
    }


def coverage_by_year(data: DataBundle) -> pd.DataFrame:
    """Return the number of base models by year of release and benchmark of the paper.

    Parameters
    ----------
    data : DataBundle

    Returns
    -------
    pandas.DataFrame
    """
    scores = _base_scores(data).assign(year=lambda table: table["release_date"].dt.year)
    counts = scores.pivot_table(
        index="year", columns="benchmark", values="model", aggfunc="nunique", fill_value=0
    )
    any_score = scores.groupby("year")["model"].nunique().rename("any benchmark")
    return counts[list(PAPER_BENCHMARKS)].join(any_score).reset_index()


def coverage_by_benchmark(data: DataBundle) -> pd.DataFrame:
    """Return models, measurements and evaluators per benchmark, over all models.

    Parameters
    ----------
    data : DataBundle

    Returns
    -------
    pandas.DataFrame
    """
    grouped = data.frames["scores"].groupby("benchmark")
    counts = grouped.agg(
        models=("model", "nunique"),
        measurements=("score", "size"),
        evaluators=("evaluator", "nunique"),
    )
    items = data.frames["benchmarks"].set_index("benchmark")[["n_items", "chance"]]
    table = items.join(counts).fillna(0).astype({"n_items": int})
    whole = ["models", "measurements", "evaluators"]
    return table.astype(dict.fromkeys(whole, int)).reset_index()


def _files(data: DataBundle, llms: Llms) -> pd.DataFrame:
    words = {
        "benchmarks": "benchmarks and their variants",
        "reference_runs": "33 reference runs × 5 benchmarks, one suite (`densing`)",
        "loss_scores": "12 points × 5 benchmarks: 10 to fit, 2 held out",
        "models": "open LLMs: base models, compressed derivatives, parents of those",
        "scores": "distinct measurements",
        "densities": "`nmi_5bench`, `nmi_mmlu_cf`, `nmi_mmlu`",
        "prices": "API prices",
        "constants": "numbers for the corollaries; the paper's curve constants",
        "sources": "every source in full",
    }
    rows = [(f"`{name}.csv`", rows, words[name]) for name, rows in data.summary().items()]
    rows.append(("`x_copies.csv`", len(llms.copies), "scores that were dropped as copies"))
    return pd.DataFrame(rows, columns=["file", "rows", "what"])


def _copies_by_pair(llms: Llms) -> pd.DataFrame:
    pairs = llms.copies.assign(
        dropped=llms.copies["evaluator"].map(evaluator_class),
        kept=llms.copies["kept_evaluator"].map(evaluator_class),
    )
    counted = pairs.groupby(["dropped", "kept", "reason"]).size().rename("rows").reset_index()
    return counted.sort_values("rows", ascending=False)[["dropped", "kept", "rows", "reason"]]


def _agreement(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[table["equal"] >= 3].copy()
    known = [frozenset({a, b}) for a, b in zip(shown["first"], shown["second"], strict=True)]
    shown["taken for copies"] = ["yes" if pair in COPYING_PAIRS else "no" for pair in known]
    return shown.sort_values("equal", ascending=False).rename(columns={"by_chance": "by chance"})


def _left_out(llms: Llms) -> str:
    by_reason: dict[str, list[str]] = {}
    for what, reason in llms.left_out:
        by_reason.setdefault(reason, []).append(what.removeprefix("model "))
    return "\n".join(f"- {reason}: {', '.join(what)}." for reason, what in by_reason.items())


def _outliers(data: DataBundle) -> pd.DataFrame:
    scores = data.frames["scores"]
    shown = scores[scores["x_note"].str.contains("OUTLIER", na=False)]
    return shown[["model", "benchmark", "evaluator", "score"]]


def _models(data: DataBundle) -> pd.DataFrame:
    models = data.frames["models"]
    kind = models["is_base"].map({True: "base", False: "tuned"})
    counts = pd.crosstab(models["compression"], kind).reset_index()
    return counts.sort_values("base", ascending=False)


def data_card(data: DataBundle, llms: Llms, agreed: pd.DataFrame) -> str:
    """Return the text of the data card.

    Parameters
    ----------
    data : DataBundle
    llms : Llms
    agreed : pandas.DataFrame
        As `build_copies.agreement` gives it, before copies were dropped.

    Returns
    -------
    str
        Markdown.
    """
    counts = paper_counts(data)
    models = data.frames["models"]
    dates = models["release_date"]
    tables: dict[str, object] = {
        "name": data.name,
        "version": data.version,
        "files": _markdown(_files(data, llms)),
        "models": _markdown(_models(data)),
        "by_year": _markdown(coverage_by_year(data)),
        "by_benchmark": _markdown(coverage_by_benchmark(data)),
        "copies": _markdown(_copies_by_pair(llms)),
        "agreement": _markdown(_agreement(agreed)),
        "left_out": _left_out(llms),
        "outliers": _markdown(_outliers(data)),
        "n_copies": len(llms.copies),
        "n_scores": len(llms.every_score),
        "tolerance": f"{TOLERANCE:g}",
        "first": dates.min().date().isoformat(),
        "last": dates.max().date().isoformat(),
        "n_month": int((models["x_date_precision"] == "month").sum()),
        "n_no_tokens": int(models["n_tokens"].isna().sum()),
        "n_moe": int(models["is_moe"].sum()),
        "paper_models": counts.pop("models"),
        **counts,
    }
    return CARD.format_map(tables)


CARD = """\
# Data card: `{name}` {version}

Losses of small reference runs, published densities, and benchmark scores of open base LLMs, each
row with its source: what a joint fit of the densing law needs. This file and all others here are
written by `python data/build.py` from a folder of collected facts; do not edit them by hand.

{files}

The format is described in the documentation and checked by `bayesdensing validate data`. Columns
that begin with `x_` are notes: kept, never used by a fit. Facts and figures only: values, dates,
names, sources.

## From where, and under which licence

- **The Densing Law paper** (arXiv 2412.04315v2; *Nature Machine Intelligence* 7:1823–1833,
  doi 10.1038/s42256-025-01137-0, CC BY 4.0): reference runs, loss–score points, densities and API
  prices, read off the journal's vector figures, good to about 4 significant digits; dates land on
  whole days.
- **Models and scores**: developers' reports and model cards, other labs' tables, public
  leaderboards and evaluation repositories (Apache-2.0, MIT or CC BY). `sources.csv` names table
  and commit where the source has one. The measured values are facts; the tables as such are not
  reproduced.
- All facts were compiled on 2026-11-24 from stored public copies. This compilation: CC BY 4.0.

To trace a row, look its `source` up in `sources.csv`: `citation` holds document, table and commit.
The `source` of a model is that of its parameter count (for quantised models and instruction-tuned
parents: of their base model's, whose sizes and date they share); its date's is in `x_date_source`.

## Coverage

Released {first} to {last}. Base models, without pruned and quantised derivatives, on the paper's
five benchmarks (MMLU, BBH, MATH, HumanEval, MBPP):

- **{paper_models} models**, {models_with_three} with at least three of the five,
  {models_with_all} with all;
- **{cells} model–benchmark pairs**;
- **{measurements} distinct measurements**.

The same models by year of release:

{by_year}

All models by kind (`distilled` alone means a full-size training run with a teacher, not a
compression of a parent's weights):

{models}

Measurements by benchmark:

{by_benchmark}

## Copies

A number that one table took from another is one measurement; counted twice it makes evaluators
look more alike than they are. Of {n_scores} scores, {n_copies} were taken for copies and dropped;
`x_copies.csv` lists each with the row that was kept and the reason.

A row is a copy of a kept row when all of this holds:

1. same model and benchmark, different source;
2. the scores differ by at most {tolerance} (tables print 0.1 point, so a copy rounds by 0.0005);
3. the two evaluators form a pair that agrees far more often than chance allows. Counted before
   anything was dropped ("by chance": a tenth of the cells that differ by 1 to 11 tolerances):

{agreement}

Of two equal rows the more original is kept: a public harness before the developer's own report,
that before another lab's table, that before ObsScaling, which gathers others' numbers; then first
prints before second-hand collections, then rows that state their shots. Rows are compared only
with rows that are kept, so closeness is never chained. Stated shots do not matter: equal values
with different stated shots are as common as with equal ones. On benchmarks with few items
(HumanEval moves in steps of 1/164) two true measurements may coincide; by the count above that is
rare beside copying, and dropping one of two equal true values costs little.

{copies}

Falcon-H1's own evaluation agrees with self-reports somewhat more often than by chance, HELM and
DCLM hardly: kept as measurements of their own. ObsScaling values that miss the leaderboard by more
than the tolerance (other snapshots of it) are kept too.

## What was left out

{left_out}

Also left out: the scorer of Open LLM Leaderboard v2 that came in with 2025-02 (`MATH-Lvl5` holds
the exact-string scores that ObsScaling carries, and Falcon-H1's own); reported averages of
benchmarks; slopes that others have fitted.

## Known problems

- **Loss unit.** The paper plots a loss conditional on the question. Neither the base of the
  logarithm nor its normalisation by tokens is stated with the figure, so `loss_unit` claims
  neither. Losses of one suite are comparable with each other, not with those of another.
- **Variants are different benchmarks**: ARC-C (continuation) and ARC-C-MC (letters), BBH and
  BBH-MC, MATH and MATH-500 and MATH-Lvl5, MBPP and MBPP-EvalPlus, HellaSwag and its OBE and OLMES
  forms. They are never merged. MMLU-Pro mixes formats: model it by evaluator.
- **Evaluators differ**: on one model and benchmark by 1 to 6 points at the median and 4 to 19 at
  the 90th percentile, with heavy tails. `reported-by-X` is another lab's own run, a copied value,
  or the best of several.
- **Printed outliers are kept**, marked in `x_note`:

{outliers}

- **Dates.** {n_month} are known to the month only, about 20 rest on general knowledge
  (`x_date_source`). Quantised models and instruction-tuned parents bear the date of the base model
  that they were launched with, as in the paper.
- **Sizes.** `n_params` counts embeddings where the source does; the paper's N does not. The gap
  matters below 2B. About 35 counts are nominal. {n_moe} models are mixtures of experts.
- **Tokens.** {n_no_tokens} models have none. Those of pruned, upcycled or continued models are the
  extra stage only (`x_note`).
- **"Base" drifts.** MiniCPM's scores are of fine-tuned checkpoints; several labs put
  chain-of-thought data into mid-training. Contamination is widespread from 2023, GSM8K worst.
- **Selection.** Models that report base scores are no random sample; most of those from 2026 are
  large mixtures of experts.
- **Prices.** Two plotted dates look off (GPT-4, Claude-3-haiku; see `x_note`). Months stand as
  their first day (`x_date_precision`).
- **Densities.** `nmi_mmlu` counts records afresh after ChatGPT, as the paper's two trends do.
  `Llama-3.1-Minitron-4B` is plotted at 0.648 in one figure and 0.506 in another; the latter ships.
- **Parameter counts from an unlicensed copy.** Some models' counts and dates were read from a copy
  of the Open LLM Leaderboard v2 in a repository without a licence. They are single facts about the
  checkpoints and ship; the scores in that copy do not.
"""
