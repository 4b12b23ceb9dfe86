"""Open LLMs, their scores, and their compressed derivatives, out of the collected facts."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from build_copies import TOLERANCE, collapse

__all__ = ["Llms", "build_llms"]

NO_LICENCE = ("hlzhang109/causal-eval", "chenjy16/modelrank_ai")
"""Repositories without a licence: rows whose source they are stay out."""

NO_WEIGHTS = {
    "Qwen3-32B-Base": "base weights not released",
    "Qwen3-235B-A22B-Base": "base weights not released",
    "GLM-5.3-Flash-Base": "base weights not released",
    "GLM-5-Base": "release of base weights not verified",
    "Ling-1T-base-2.0": "release of base weights not verified",
    "Ling-2.6-1T-base": "release of base weights not verified",
}

# The list of compressed models spells some models differently from the list of models.
SAME_MODEL = {"Llama-2-7b-hf": "Llama-2-7b", "Llama-2-13b-hf": "Llama-2-13b"}

# Instruction-tuned parents that were launched together with a base model, whose date, family
# and organization they take. Fine-tunes by third parties have no known date: left out.
LAUNCHED_WITH = {
    "Baichuan2-7B-Chat": "Baichuan2-7B-Base",
    "Baichuan2-13B-Chat": "Baichuan2-13B-Base",
    "Hunyuan-A13B-Instruct": "Hunyuan-A13B-Pretrain",
    "Hunyuan-Large-Instruct": "Hunyuan-A52B-Pretrain",
    "Llama-2-7b-chat-hf": "Llama-2-7b",
    "Llama-2-70b-chat-hf": "Llama-2-70b",
    "Llama-3.2-1B-Instruct": "Llama-3.2-1B",
    "Llama-3.2-3B-Instruct": "Llama-3.2-3B",
    "Mixtral-8x7B-Instruct-v0.1": "Mixtral-8x7B-v0.1",
    "Qwen-1.8B-Chat": "Qwen-1_8B",
    "Qwen-7B-Chat": "Qwen-7B",
    "Qwen-14B-Chat": "Qwen-14B",
    "Qwen-72B-Chat": "Qwen-72B",
    "Qwen2-0.5B-Instruct": "Qwen2-0.5B",
    "Qwen2-1.5B-Instruct": "Qwen2-1.5B",
    "Qwen2-7B-Instruct": "Qwen2-7B",
    "Qwen2-72B-Instruct": "Qwen2-72B",
}

# Who ran the compressed model, and who the parent, where the list says it in words.
EVALUATORS = {
    "authors, same table": ("self-reported", "reported-by-authors"),
    "authors (lm-eval)": ("self-reported", "reported-by-MobiusLabs"),
    "open-llm-leaderboard-v1; parent obs-scaling": ("open-llm-leaderboard-v1", "obs-scaling"),
    "NVIDIA; parent from arXiv:2402.16819 via Epoch": ("self-reported", "self-reported"),
}


@dataclass
class Llms:
    """Models and scores, and what became of the rest.

    Parameters
    ----------
    models, scores : pandas.DataFrame
        Ready for the bundle, except that ``source`` holds the full text.
    copies : pandas.DataFrame
        Scores dropped as copies.
    every_score : pandas.DataFrame
        Scores before copies were dropped.
    left_out : list of tuple of str and str
        What was left out, and why.
    """

    models: pd.DataFrame
    scores: pd.DataFrame
    copies: pd.DataFrame
    every_score: pd.DataFrame
    left_out: list[tuple[str, str]] = field(default_factory=list)


def build_llms(facts: Path) -> Llms:
    """Return models and scores.

    Parameters
    ----------
    facts : pathlib.Path
        Folder of the collected facts.

    Returns
    -------
    Llms
    """
    left_out: list[tuple[str, str]] = []
    models = _models(facts)
    compressed = _compressed_rows(facts)
    models = _mark_compressed(models, compressed)
    models, compressed = _add_derivatives(models, compressed, left_out)
    scores = pd.concat(
        [_scores(facts), _compressed_scores(compressed)], ignore_index=True, sort=False
    )
    scores = _drop_scores(scores, models, left_out)
    scores = _drop_relisted(scores, left_out)
    kept, copies = collapse(scores)
    unscored = models[~models["model"].isin(kept["model"]) & ~models["model"].isin(NO_WEIGHTS)]
    left_out += [(f"model {name}", "no score left") for name in unscored["model"]]
    left_out += [(f"model {name}", reason) for name, reason in NO_WEIGHTS.items()]
    models = models[models["model"].isin(kept["model"])]
    return Llms(
        models.sort_values(["release_date", "model"]),
        kept.sort_values(["model", "benchmark", "evaluator", "n_shots", "source"]),
        copies.sort_values(["model", "benchmark", "evaluator", "n_shots", "source"]),
        scores,
        left_out,
    )


def _models(facts: Path) -> pd.DataFrame:
    """Read the list of models; repair cells that ran into the one before."""
    raw = pd.read_csv(facts / "llm_models.csv", dtype="str")
    flags = raw["is_moe"].str.extract(r"^(?P<flag>true|false)(?P<rest>.*)$")
    rest = flags["rest"].str.strip(' ;"').replace("", pd.NA)
    source = raw["source_params"].fillna(rest)
    return pd.DataFrame(
        {
            "model": raw["model"],
            "family": raw["family"],
            "organization": raw["organization"],
            "release_date": raw["release_date"],
            "n_params": _count(raw["params_total_b"]),
            "n_params_active": _count(raw["params_active_b"]),
            "n_tokens": _count(raw["tokens_b"]),
            "is_base": raw["is_base"].str.lower().eq("true"),
            "is_moe": flags["flag"].eq("true"),
            "parent": pd.NA,
            "compression": "none",
            "weight_bits": float("nan"),
            "source": _unmirrored(source.str.strip()),
            "x_hf_id": raw["hf_id"],
            "x_date_precision": raw["date_precision"],
            "x_date_source": _unmirrored(raw["source_date"].str.strip(' ;"').fillna(rest)),
            "x_note": raw["note"],
        }
    )


def _count(billions: pd.Series) -> pd.Series:
    """Turn billions into counts without the dust of binary fractions (0.124e9 = 124000000)."""
    return (billions.astype(float) * 1e9).round()


def _unmirrored(text: pd.Series) -> pd.Series:
    """Name the document, not the host of the copy in which it was read."""
    return text.str.replace(r"\((mirror \S+|\S+ mirror)\)", "(mirror)", regex=True)


def _compressed_rows(facts: Path) -> pd.DataFrame:
    rows = pd.read_csv(facts / "compressed_models.csv")
    rows["parent"] = rows["parent"].replace(SAME_MODEL)
    # Up-scaled models are bigger than their parents: a control there, not a compression.
    return rows[~rows["method"].str.contains("not compression")]


def _compression(method: str) -> str:
    if method.startswith("quantisation"):
        return "quantized"
    pruned, distilled = "prun" in method, "distill" in method
    return "pruned+distilled" if pruned and distilled else "pruned" if pruned else "distilled"


def _mark_compressed(models: pd.DataFrame, compressed: pd.DataFrame) -> pd.DataFrame:
    """Note parent and method of the listed models that are compressed ones."""
    models = models.copy()
    for row in compressed.drop_duplicates("model").itertuples():
        here = models["model"] == row.model
        models.loc[here, "parent"] = row.parent
        models.loc[here, "compression"] = _compression(row.method)
    # Their notes say so; a teacher is not named, so neither is a parent.
    distilled = models["x_note"].str.contains("trained with distillation", na=False)
    models.loc[distilled & (models["compression"] == "none"), "compression"] = "distilled"
    return models


def _add_derivatives(
    models: pd.DataFrame, compressed: pd.DataFrame, left_out: list[tuple[str, str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add quantised models and their instruction-tuned parents, where a date carries over."""
    listed = models.set_index("model", drop=False)
    new: dict[str, pd.Series] = {}
    for row in compressed.drop_duplicates("model").itertuples():
        if row.model in listed.index:
            continue
        base = LAUNCHED_WITH.get(row.parent, row.parent)
        if base not in listed.index or _compression(row.method) != "quantized":
            left_out.append((f"model {row.model}", "release date not known"))
            continue
        if row.parent != base:
            new.setdefault(row.parent, _derive(listed.loc[base], row.parent, row, quantised=False))
        new[row.model] = _derive(listed.loc[base], row.model, row, quantised=True)
    usable = compressed["model"].isin([*listed.index, *new])
    return pd.concat([models, pd.DataFrame(new.values())], ignore_index=True), compressed[usable]


def _derive(base: pd.Series, name: str, row: object, *, quantised: bool) -> pd.Series:
    """Describe a quantised model, or the instruction-tuned one that it was made from.

    Both have the sizes, date and source of the base model: tuning and rounding add no weights.
    """
    model = base.copy()
    model["model"], model["x_hf_id"] = name, pd.NA
    model["is_base"] = bool(row.is_base)
    model["x_date_source"] = f"date of {base['model']}: launched together, or weights made from it"
    model["n_tokens"] = float("nan")
    if quantised:
        model["parent"], model["compression"] = row.parent, "quantized"
        model["weight_bits"] = float(row.weight_bits)
        model["x_note"] = row.method
    else:  # no smaller than its base, so it has no parent here even where the base has
        model["parent"], model["compression"] = pd.NA, "none"
        model["x_note"] = "instruction-tuned; here as a parent"
    return model


def _scores(facts: Path) -> pd.DataFrame:
    raw = pd.read_csv(facts / "llm_scores.csv")
    return raw.rename(columns={"shots": "n_shots", "note": "x_note"}).assign(list="scores")


def _compressed_scores(compressed: pd.DataFrame) -> pd.DataFrame:
    """Return scores of compressed models and of their parents as rows like any others."""
    both = compressed["evaluator"].map(lambda name: EVALUATORS.get(name, (name, name)))
    shared = {
        "benchmark": compressed["benchmark"],
        "n_shots": compressed["shots"],
        "source": compressed["source"],
        "x_note": compressed["note"],
        "list": "compressed",
    }
    own = pd.DataFrame(
        {
            **shared,
            "model": compressed["model"],
            "score": compressed["score"],
            "evaluator": both.str[0],
        }
    )
    parents = pd.DataFrame(
        {
            **shared,
            "model": compressed["parent"],
            "score": compressed["parent_score"],
            "evaluator": both.str[1],
        }
    )
    # One parent stands beside each of its derivatives.
    return pd.concat([own, parents.drop_duplicates()], ignore_index=True)


def _drop_scores(
    scores: pd.DataFrame, models: pd.DataFrame, left_out: list[tuple[str, str]]
) -> pd.DataFrame:
    """Leave out rows without a licence, without public weights, or of models not listed."""
    for repository in NO_LICENCE:
        named = scores["source"].str.contains(repository, regex=False)
        left_out.append((f"{named.sum()} scores from {repository}", "repository has no licence"))
        scores = scores[~named]
    hidden = scores["model"].isin(NO_WEIGHTS)
    left_out.append((f"{hidden.sum()} scores of models in this list", "weights not public"))
    unlisted = ~scores["model"].isin(models["model"])
    return scores[~hidden & ~unlisted].reset_index(drop=True)


def _drop_relisted(scores: pd.DataFrame, left_out: list[tuple[str, str]]) -> pd.DataFrame:
    """Drop rows that the list of compressed models repeats from the list of scores.

    The same source on the same cell is a repetition too, although rounded differently.
    """
    known: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for row in scores[scores["list"] == "scores"].itertuples():
        known.setdefault((row.model, row.benchmark), []).append((row.score, row.source))
    repeated = [
        row.list == "compressed"
        and any(
            abs(row.score - score) <= TOLERANCE or row.source == source
            for score, source in known.get((row.model, row.benchmark), ())
        )
        for row in scores.itertuples()
    ]
    left_out.append((f"{sum(repeated)} scores of compressed models", "in the list of scores too"))
    kept = scores.loc[[not flag for flag in repeated]].drop(columns="list")
    same = ["model", "benchmark", "evaluator", "n_shots", "source", "score"]
    return kept.drop_duplicates(same).reset_index(drop=True)
