"""The packaged bundle: the numbers it was built to hold, and that its build repeats itself."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesdensing import paths
from bayesdensing.data import DataBundle, load_data, validate_bundle
from bayesdensing.data.schema import TABLES
from bayesdensing.paths import packaged_data_dir, packaged_models_dir

REPO = Path(__file__).parents[2]
FACTS = REPO.parent / "shared" / "data"
PAPER_BENCHMARKS = {"MMLU", "BBH", "MATH", "HumanEval", "MBPP"}
needs_facts = pytest.mark.skipif(
    not FACTS.is_dir(), reason="the collected facts are not beside this checkout"
)


@pytest.fixture(scope="module")
def data() -> DataBundle:
    return load_data()


def test_it_obeys_its_own_rules():
    assert validate_bundle(packaged_data_dir()) == ()


def test_golden_counts(data: DataBundle):
    assert data.summary() == {
        "benchmarks": 26,
        "reference_runs": 33 * 5,
        "loss_scores": 12 * 5,
        "models": 358,
        "scores": 4540,
        "densities": 51 + 47 + 37,
        "prices": 12,
        "constants": 97,
        "sources": 307,
    }


# --- the paper --------------------------------------------------------------------------------


def test_33_reference_runs_on_5_benchmarks_in_one_suite(data: DataBundle):
    runs = data.reference_runs
    assert set(runs["benchmark"]) == PAPER_BENCHMARKS
    assert (runs.groupby("benchmark").size() == 33).all()
    assert runs["suite"].unique().tolist() == ["densing"]
    assert runs["run"].nunique() == 33
    # The base of the logarithm is not published, so the unit names none.
    assert set(runs["loss_unit"]) == {"conditional loss as plotted"}
    assert runs["n_params"].min() == 5_247_232
    assert runs["n_params"].max() == 828_225_024
    largest = runs[(runs["run"] == "0.8B-60x") & (runs["benchmark"] == "HumanEval")]
    assert largest[["n_tokens", "loss"]].to_numpy().tolist() == [[49_693_501_440, 0.1705]]


def test_12_loss_score_points(data: DataBundle):
    points = data.loss_scores
    assert (points.groupby("benchmark").size() == 12).all()
    held_out = points[points["role"] == "held_out"]
    assert sorted(held_out["point"].unique()) == ["point-11", "point-12"]
    best = points[(points["point"] == "point-12") & (points["benchmark"] == "MMLU")]
    assert best[["loss", "score"]].to_numpy().tolist() == [[0.15, 0.8367]]


RECORDS = {
    "nmi_5bench": (51, 9, {"Llama-65B", "Gemma2-9B", "MiniCPM3-4B", "Mistral-Small-24B"}),
    "nmi_mmlu_cf": (47, 9, {"Llama-65B", "Llama-3-70B", "Gemma2-9B", "Mistral-Small-3.1-24B"}),
    "nmi_mmlu": (
        37,
        9,
        {"GPT3-175B", "Gopher-280B", "Chinchilla-70B", "Llama-65B", "Llama-2-70B"}
        | {"Phi-1.5-1.2B", "Mistral-7B-v0.1", "Llama-3-70B", "Gemma2-9B"},
    ),
}


@pytest.mark.parametrize("series", RECORDS)
def test_published_densities_and_records(data: DataBundle, series: str):
    rows = data.densities[data.densities["series"] == series]
    count, n_records, some = RECORDS[series]
    assert len(rows) == count
    records = rows[rows["on_record"]]
    assert len(records) == n_records
    assert some <= set(records["model"])


def test_the_records_give_the_published_slope(data: DataBundle):
    """Least squares on the nine records of Fig. 1: 0.00653 per day, 106.2 days, R² 0.934."""
    rows = data.densities[data.densities["series"] == "nmi_5bench"]
    records = rows[rows["on_record"]]
    days = (records["release_date"] - pd.Timestamp("2023-02-24")).dt.days.to_numpy()
    log_density = np.log(records["value"].to_numpy())
    slope, intercept = np.polyfit(days, log_density, 1)
    assert slope == pytest.approx(0.00653, abs=5e-6)
    assert intercept == pytest.approx(-2.6113, abs=5e-4)
    assert np.log(2) / slope == pytest.approx(106.2, abs=0.1)
    assert np.corrcoef(days, log_density)[0, 1] ** 2 == pytest.approx(0.934, abs=5e-4)


@pytest.mark.parametrize(("after", "slope"), [(False, 0.0048), (True, 0.00731)])
def test_the_mmlu_records_give_both_published_slopes(data: DataBundle, after: bool, slope: float):
    rows = data.densities[data.densities["series"] == "nmi_mmlu"]
    era = (rows["release_date"] > "2022-11-30") == after
    records = rows[rows["on_record"] & era]
    days = (records["release_date"] - records["release_date"].min()).dt.days.to_numpy()
    assert np.polyfit(days, np.log(records["value"]), 1)[0] == pytest.approx(slope, abs=1e-5)


def test_the_curve_constants_give_the_published_scores(data: DataBundle):
    """Equation 2 at the largest reference run, with the authors' constants."""
    value = data.constants.set_index("name")["value"]
    a, alpha, b, beta = (value[f"paper_curve.BBH.{name}"] for name in ("a", "alpha", "b", "beta"))
    loss = a * 828_225_024.0**-alpha + b * 49_693_501_440.0**-beta
    assert loss == pytest.approx(0.1884, abs=2 * 0.00572)


def test_prices_and_constants(data: DataBundle):
    prices = data.prices.set_index("model")
    fall = prices.loc["GPT-3.5", "usd_per_mtok"] / prices.loc["Gemini-1.5-Flash", "usd_per_mtok"]
    assert fall == pytest.approx(266.7, abs=0.1)
    assert prices["on_record"].sum() == 7
    constants = data.constants.set_index("name")
    assert constants.loc["chip_compute_per_dollar_doubling", "value"] == 2.1
    assert constants.loc["chatgpt_release", "date"] == pd.Timestamp("2022-11-30")
    assert np.isnan(constants.loc["chatgpt_release", "value"])


# --- models and scores ------------------------------------------------------------------------


def test_coverage_of_the_papers_benchmarks(data: DataBundle):
    models = data.models
    compressed = models["compression"].isin(["pruned", "quantized", "pruned+distilled"])
    base = models[models["is_base"] & ~compressed]
    scores = data.scores
    scores = scores[
        scores["benchmark"].isin(PAPER_BENCHMARKS) & scores["model"].isin(base["model"])
    ]
    assert len(scores) == 1458
    assert scores["model"].nunique() == 276
    per_model = scores.groupby("model")["benchmark"].nunique()
    assert per_model.sum() == 893
    assert (per_model == 5).sum() == 79


def test_every_model_is_scored_and_dated(data: DataBundle):
    assert set(data.models["model"]) == set(data.scores["model"])
    assert data.models["release_date"].notna().all()
    assert (data.models["n_params_active"] <= data.models["n_params"]).all()


def test_mixtures_keep_both_counts(data: DataBundle):
    models = data.models.set_index("model")
    assert models.loc["Mixtral-8x7B-v0.1", ["n_params", "n_params_active"]].tolist() == [
        46.7e9,
        12.9e9,
    ]
    moe = models[models["is_moe"]]
    assert (moe["n_params_active"] < moe["n_params"]).all()
    dense = models[~models["is_moe"] & ~models.index.str.startswith("gemma-3n")]
    assert (dense["n_params_active"] == dense["n_params"]).all()


def test_compressed_models_name_their_parents(data: DataBundle):
    models = data.models.set_index("model")
    quantised = models[models["compression"] == "quantized"]
    assert quantised["weight_bits"].between(1, 8).all()
    parents = models.loc[quantised["parent"]]
    assert (parents["n_params"].to_numpy() == quantised["n_params"].to_numpy()).all()
    assert models.loc["Sheared-LLaMA-1.3B", ["parent", "compression"]].tolist() == [
        "Llama-2-7b",
        "pruned",
    ]
    assert models.loc["Llama-3.2-1B", "compression"] == "pruned+distilled"
    assert models.loc["Yi-9B", "compression"] == "none"  # up-scaled: bigger than its parent
    tuned = models[~models["is_base"] & (models["compression"] == "none")]
    assert tuned["parent"].isna().all()


def test_what_must_not_ship_does_not(data: DataBundle):
    withheld = {"Qwen3-32B-Base", "Qwen3-235B-A22B-Base", "GLM-5.3-Flash-Base", "GLM-5-Base"}
    withheld |= {"Ling-1T-base-2.0", "Ling-2.6-1T-base"}
    assert withheld.isdisjoint(data.models["model"])
    folder = packaged_data_dir()
    unlicensed = ("hlzhang109", "modelrank_ai")
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert not any(name in text for name in unlicensed), path.name
    evaluators = set(data.scores.loc[data.scores["benchmark"] == "MATH-Lvl5", "evaluator"])
    assert evaluators == {"obs-scaling-ollv2", "falcon-h1-eval"}


def test_printed_outliers_are_kept_and_marked(data: DataBundle):
    marked = data.scores[data.scores["x_note"].str.contains("OUTLIER", na=False)]
    cells = set(zip(marked["model"], marked["benchmark"], marked["score"], strict=True))
    assert {("Llama-3.1-8B", "MBPP", 0.121), ("gemma-2-27b", "Winogrande", 0.597)} <= cells


def test_every_row_can_be_traced(data: DataBundle):
    cited = {"sources"} ^ set(data.frames)
    used = {key for name in cited for key in data.frames[name]["source"]}
    copies = pd.read_csv(packaged_data_dir() / "x_copies.csv")
    used |= {*copies["source"], *copies["kept_source"]}
    assert used == set(data.sources["source"])
    citation = data.sources.set_index("source")["citation"]
    assert citation["obsscaling-eval-results-base-llm-benchmark-eval"] == (
        "github:ryoungj/ObsScaling@4d6e1e4:eval_results/base_llm_benchmark_eval.csv"
    )


# --- copies -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copies() -> pd.DataFrame:
    return pd.read_csv(packaged_data_dir() / "x_copies.csv")


def test_copies_point_to_rows_that_are_there(data: DataBundle, copies: pd.DataFrame):
    assert len(copies) == 896
    columns = ["model", "benchmark", "evaluator", "source"]
    there = set(data.scores[columns].itertuples(index=False, name=None))
    kept = copies.rename(columns={"evaluator": "_", "source": "__"}).rename(
        columns={"kept_evaluator": "evaluator", "kept_source": "source"}
    )
    assert set(kept[columns].itertuples(index=False, name=None)) <= there
    assert ((copies["score"] - copies["kept_score"]).abs() <= 6e-4 + 1e-12).all()
    assert (copies["source"] != copies["kept_source"]).all()


def test_obs_scaling_repeats_the_leaderboard_no_longer(data: DataBundle, copies: pd.DataFrame):
    from_leaderboard = (copies["evaluator"] == "obs-scaling") & (
        copies["kept_evaluator"] == "open-llm-leaderboard-v1"
    )
    assert from_leaderboard.sum() == 546
    pair = data.scores[data.scores["evaluator"].isin(["obs-scaling", "open-llm-leaderboard-v1"])]
    spread = pair.groupby(["model", "benchmark"])["score"].agg(["size", np.ptp])
    assert (spread.loc[spread["size"] > 1, "ptp"] > 6e-4).all()


# --- format and build -------------------------------------------------------------------------


def test_the_descriptor_describes_the_files():
    folder = packaged_data_dir()
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    described = {resource["path"]: resource for resource in package["resources"]}
    assert set(described) == {path.name for path in folder.glob("*.csv")}
    for table in TABLES.values():
        fields = [field["name"] for field in described[table.file]["schema"]["fields"]]
        header = (folder / table.file).read_text(encoding="utf-8").partition("\n")[0]
        assert header.split(",") == fields


def test_no_file_is_large():
    for path in packaged_data_dir().iterdir():
        assert not path.is_file() or path.stat().st_size < 1_000_000, path.name


def test_a_rows_number_is_its_line():
    for path in packaged_data_dir().glob("*.csv"):
        frame = pd.read_csv(path)
        assert len(path.read_text(encoding="utf-8").splitlines()) == len(frame) + 1, path.name


@needs_facts
def test_the_build_repeats_itself_to_the_byte(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-W", "error", REPO / "data" / "build.py", "--out", tmp_path],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPO), "PYTHONHASHSEED": "7", "PATH": ""},
    )

    def digests(folder: Path) -> dict[str, str]:
        built = [*folder.glob("*.csv"), folder / "datapackage.json", folder / "README.md"]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}

    assert digests(tmp_path) == digests(REPO / "data")


def test_an_installed_package_carries_its_own_copy(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "bayesdensing")
    assert packaged_data_dir() == tmp_path / "data"
    inside = tmp_path / "bayesdensing" / "_packaged" / "data"
    inside.mkdir(parents=True)
    assert packaged_data_dir() == inside
    assert packaged_models_dir() == tmp_path / "models"


def test_models_folder_is_beside_the_data():
    assert packaged_models_dir().name == "models"
    assert packaged_models_dir().parent == packaged_data_dir().parent
