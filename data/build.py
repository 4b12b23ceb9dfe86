"""Turn the collected facts into the packaged bundle.

Run ``python data/build.py [--facts FOLDER] [--out FOLDER]``. The same facts give the same bytes.
"""

import argparse
import json
import os
import re
from pathlib import Path

import pandas as pd
from build_card import data_card
from build_copies import agreement
from build_llms import Llms, build_llms
from build_sources import SourceBook

from bayesdensing.data import DataBundle
from bayesdensing.data.schema import TABLES
from bayesdensing.data.writer import canonical_csv, descriptor

__all__ = ["build", "main"]

HERE = Path(__file__).resolve().parent
NAME, VERSION = "densing", "2026.11"
SUITE = "densing"
PAPER_BENCHMARKS = ("MMLU", "BBH", "MATH", "HumanEval", "MBPP")

# The paper plots a loss conditional on the question; base of the logarithm and normalisation
# by tokens are not stated with the figure, so the unit claims neither.
LOSS_UNIT = "conditional loss as plotted"

CHATGPT = "2022-11-30"

# Sources that the collected facts name only in short.
_PAPER = "Densing Law paper (arXiv 2412.04315v2; doi 10.1038/s42256-025-01137-0)"
_ARTICLE = "press article on the densing law (title not recorded with the facts)"
SPELLED_OUT = {
    r"\bthe article\b": _ARTICLE,
    r"\bthe paper$": _PAPER,
    r"^public$": "public knowledge",
    r"= my unweighted": "= unweighted",
}
EXTRAS = {
    "title": "Reference runs, densities and scores of open base LLMs",
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
            "title": "Creative Commons Attribution 4.0",
        }
    ],
}


def _read(facts: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(facts / f"{name}.csv")


def _benchmarks(facts: Path) -> pd.DataFrame:
    raw = _read(facts, "benchmarks")
    table = raw.rename(columns={"chance_level": "chance", "format": "x_format", "note": "x_note"})
    columns = ["benchmark", "n_items", "chance", "release_date", "source", "x_format", "x_note"]
    return table[columns]


def _reference_runs(facts: Path) -> pd.DataFrame:
    raw = _read(facts, "reference_losses_ed1")
    tables = [
        pd.DataFrame(
            {
                "suite": SUITE,
                "run": raw["ref_model"] + "-" + raw["tokens_per_param"].astype("str") + "x",
                "benchmark": benchmark,
                "n_params": raw["params"],
                "n_tokens": raw["tokens"],
                "loss": raw[f"loss_{benchmark.lower()}"],
                "loss_unit": LOSS_UNIT,
                "source": raw["source"],
            }
        )
        for benchmark in PAPER_BENCHMARKS
    ]
    return pd.concat(tables, ignore_index=True)


def _loss_scores(facts: Path) -> pd.DataFrame:
    raw = _read(facts, "sigmoid_points_ed1")
    tables = [
        pd.DataFrame(
            {
                "suite": SUITE,
                "point": "point-" + raw["point"].astype("str").str.zfill(2),
                "benchmark": benchmark,
                "loss": raw[f"loss_{benchmark.lower()}"],
                "score": (raw[f"score_{benchmark.lower()}"] / 100).round(6),
                "role": raw["role"].map(lambda role: "fit" if "fit" in role[:3] else "held_out"),
                "source": raw["source"],
                "x_what": raw["role"].str.partition(": ")[2],
            }
        )
        for benchmark in PAPER_BENCHMARKS
    ]
    return pd.concat(tables, ignore_index=True)


def _densities(facts: Path) -> pd.DataFrame:
    """Return the three published series, with records as published.

    Fig. 3c draws its two trends through the records before and after ChatGPT, each counted
    afresh (Llama-65B is one although Chinchilla lies above it).
    """
    raw = _read(facts, "densing_models").rename(columns={"params_nonemb_b_from_marker": "size"})
    pairs = _read(facts, "compression_pairs").set_index("compressed_model")["parent_model"]
    pairs = pairs[~pairs.str.startswith("(")]
    era = raw["release_date"] > CHATGPT
    record_mmlu = pd.Series(False, index=raw.index)
    for _, group in raw[raw["density_mmlu_fig3c"].notna()].groupby(era):
        # Same-day rivals: only the best of a day can be a record.
        ordered = group.sort_values(["release_date", "density_mmlu_fig3c"], ascending=[True, False])
        best = ordered["density_mmlu_fig3c"].cummax().shift(fill_value=0.0)
        record_mmlu[ordered.index[ordered["density_mmlu_fig3c"] > best]] = True
    series = (
        ("nmi_5bench", "reported_density", raw["on_envelope_fig1"] == 1),
        ("nmi_mmlu_cf", "density_mmlu_cf_fig2", raw["on_envelope_fig2"] == 1),
        ("nmi_mmlu", "density_mmlu_fig3c", record_mmlu),
    )
    tables = [
        pd.DataFrame(
            {
                "series": name,
                "model": raw["model"],
                "release_date": raw["release_date"],
                "value": raw[column],
                "on_record": record,
                "source": raw["source"],
                "x_n_params_nonembedding": (raw["size"] * 1e9).round().astype("int64").astype(str),
                "x_parent": raw["model"].map(pairs),
                "x_note": raw["note"],
            }
        )[raw[column].notna()]
        for name, column, record in series
    ]
    return pd.concat(tables, ignore_index=True)


def _whole_date(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Complete months to their first day; return dates and how precise they are."""
    is_month = text.str.fullmatch(r"\d{4}-\d{2}").fillna(False).astype(bool)
    precision = is_month.map({True: "month", False: "day"}).where(text.notna())
    return text.where(~is_month, text + "-01"), precision


def _prices(facts: Path) -> pd.DataFrame:
    raw = _read(facts, "api_prices")
    date, precision = _whole_date(raw["date"])
    paper = raw["source"].str.startswith("NMI")
    return pd.DataFrame(
        {
            "model": raw["model"],
            "date": date,
            "usd_per_mtok": raw["usd_per_mtok"],
            "capability": paper.map({True: "GPT-3.5 or better", False: "MMLU >= 42"}),
            # Both ends of the second source's line are the cheapest of their time there.
            "on_record": raw["note"].str.contains("cheapest line", na=False) | ~paper,
            "source": raw["source"],
            "x_date_precision": precision,
            "x_note": raw["note"],
        }
    )


def _constants(facts: Path) -> pd.DataFrame:
    """Return the corollaries' constants and the paper's own curve constants."""
    raw = _read(facts, "constants")
    is_date = raw["unit"] == "date"
    date, precision = _whole_date(raw["date"].where(~is_date, raw["value"]))
    small = pd.DataFrame(
        {
            "name": raw["name"],
            "value": raw["value"].where(~is_date).astype(float),
            "unit": raw["unit"],
            "date": date,
            "source": raw["source"].replace(SPELLED_OUT, regex=True),
            "x_date_precision": precision,
            "x_note": raw["note"],
        }
    )
    curves = _read(facts, "ed1_recovered_params")
    curves["benchmark"] = curves["benchmark"].replace("HUMANEVAL", "HumanEval")
    long = curves.melt(["benchmark", "source"], var_name="constant", value_name="value")
    in_points = long["constant"].isin(["sig_c", "sig_d"])
    return pd.concat(
        [
            small,
            pd.DataFrame(
                {
                    "name": "paper_curve." + long["benchmark"] + "." + long["constant"],
                    "value": long["value"],
                    "unit": in_points.map({True: "score in percent", False: "as in eqs (2), (3)"}),
                    "source": long["source"].replace(SPELLED_OUT, regex=True),
                }
            ),
        ],
        ignore_index=True,
    )


def build(facts: Path) -> tuple[DataBundle, Llms]:
    """Return the packaged bundle and what was left out on the way.

    Parameters
    ----------
    facts : pathlib.Path
        Folder of the collected facts.

    Returns
    -------
    bundle : DataBundle
    llms : Llms
    """
    llms = build_llms(facts)
    tables = {
        "benchmarks": _benchmarks(facts),
        "reference_runs": _reference_runs(facts),
        "loss_scores": _loss_scores(facts),
        "models": llms.models,
        "scores": llms.scores,
        "densities": _densities(facts),
        "prices": _prices(facts),
        "constants": _constants(facts),
    }
    texts = [*(text for table in tables.values() for text in table["source"])]
    book = SourceBook([*texts, *llms.copies["source"], *llms.copies["kept_source"]])
    tables = {
        name: table.assign(source=table["source"].map(book.key)) for name, table in tables.items()
    }
    llms.copies = llms.copies.assign(
        source=llms.copies["source"].map(book.key),
        kept_source=llms.copies["kept_source"].map(book.key),
    )
    bundle = DataBundle.from_frames(
        name=NAME, version=VERSION, sources=book.frame(), **_tidy(tables)
    )
    return bundle, llms


def _tidy(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Put line breaks inside notes on one line, so that a row of the file is a line."""

    def flat(value: object) -> object:
        return re.sub(r"\s+", " ", value).strip() if isinstance(value, str) else value

    return {
        name: table.assign(**{column: table[column].map(flat) for column in table.columns})
        for name, table in tables.items()
    }


def _copies_csv(llms: Llms) -> str:
    columns = ["model", "benchmark", "evaluator", "score", "n_shots", "source"]
    columns += ["kept_evaluator", "kept_score", "kept_source", "reason"]
    return llms.copies[columns].to_csv(index=False, lineterminator="\n", float_format="%.10g")


def main() -> None:
    """Build the bundle and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, default=HERE.parents[1] / "shared" / "data")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    bundle, llms = build(options.facts)
    files = {
        TABLES[name].file: canonical_csv(TABLES[name], frame)
        for name, frame in bundle.frames.items()
    }
    files["x_copies.csv"] = _copies_csv(llms)
    package = descriptor(
        bundle.frames, name=NAME, version=VERSION, extra=EXTRAS, extra_files=("x_copies.csv",)
    )
    files["datapackage.json"] = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    files["README.md"] = data_card(bundle, llms, agreement(llms.every_score))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        unfinished = options.out / f".{name}.tmp"
        unfinished.write_text(text, encoding="utf-8", newline="")
        os.replace(unfinished, options.out / name)
    print(bundle)


if __name__ == "__main__":
    main()
