"""The rule by which scores are taken for copies, on small cases."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

BUILD = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def build_copies() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_copies", BUILD / "build_copies.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_copies"] = module
    spec.loader.exec_module(module)
    return module


def _scores(*rows: tuple[str, float, str], shots: float = 5) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["evaluator", "score", "source"])
    return frame.assign(model="A", benchmark="HumanEval", n_shots=shots)


def _kept(build_copies: ModuleType, *rows: tuple[str, float, str]) -> list[str]:
    kept, dropped = build_copies.collapse(_scores(*rows))
    assert len(kept) + len(dropped) == len(rows)
    return kept["evaluator"].tolist()


CASES = [
    # the aggregator's row goes, the leaderboard's stays
    ([("obs-scaling", 0.500301, "o"), ("open-llm-leaderboard-v1", 0.5003, "l")],
     ["open-llm-leaderboard-v1"]),
    # the lab's row goes, the developer's stays
    ([("reported-by-X", 0.5, "x"), ("self-reported", 0.5003, "s")], ["self-reported"]),
    # beyond the tolerance both stay
    ([("reported-by-X", 0.501, "x"), ("self-reported", 0.5003, "s")],
     ["reported-by-X", "self-reported"]),
    # evaluators that agree no more than by chance both stay
    ([("helm", 0.5, "h"), ("open-llm-leaderboard-v1", 0.5, "l")],
     ["helm", "open-llm-leaderboard-v1"]),
    # one table does not copy from itself
    ([("reported-by-X", 0.5, "x"), ("self-reported", 0.5, "x")],
     ["reported-by-X", "self-reported"]),
    # closeness is not chained: the third is near the second only, which is not kept
    ([("self-reported", 0.5, "s"), ("reported-by-X", 0.5005, "x"), ("reported-by-Y", 0.501, "y")],
     ["self-reported", "reported-by-Y"]),
    # of two labs' equal rows the one that is not second-hand stays
    ([("reported-by-X", 0.5, "github:epoch-research/benchmark-stitching@1:a.csv"),
      ("reported-by-Y", 0.5, "y")], ["reported-by-Y"]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "kept"), CASES)
def test_which_rows_are_copies(build_copies, rows, kept):
    assert _kept(build_copies, *rows) == kept
    assert sorted(_kept(build_copies, *reversed(rows))) == sorted(kept)  # order does not matter


def test_stated_shots_do_not_matter(build_copies):
    scores = _scores(("reported-by-X", 0.5, "x"), ("self-reported", 0.5, "s"))
    scores["n_shots"] = [4.0, 0.0]
    kept, dropped = build_copies.collapse(scores)
    assert kept["evaluator"].tolist() == ["self-reported"]
    assert dropped["reason"].tolist() == ["a lab's table quotes the developer"]


def test_other_models_and_benchmarks_are_never_copies(build_copies):
    scores = _scores(("reported-by-X", 0.5, "x"), ("self-reported", 0.5, "s"))
    for column in ("model", "benchmark"):
        kept, _ = build_copies.collapse(scores.assign(**{column: ["a", "b"]}))
        assert len(kept) == 2


def test_agreement_counts_equals_and_expects_chance(build_copies):
    rows = [("self-reported", 0.5, "s"), ("reported-by-X", 0.5004, "x"), ("helm", 0.503, "h")]
    table = build_copies.agreement(_scores(*rows)).set_index(["first", "second"])
    assert table.loc[("reported-by-*", "self-reported"), "equal"] == 1
    assert table.loc[("helm", "self-reported"), "by_chance"] == pytest.approx(0.1)
