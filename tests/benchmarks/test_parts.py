"""The tables of the parts, from results that are complete and from such that are not."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import PARTS
from benchmarks.parts import gradient, growth, peers, quick, start, trust
from benchmarks.tables import Table, fill

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
FAILED = {"failure": "not within 5 minutes", "process_s": 300.0}


def record(**change: Any) -> dict[str, Any]:
    return {
        "seconds": 10.0, "compile_s": 20.0, "peak_bytes": 5e8, "steps_per_draw": 15.0,
        "steps": 90_000, "draws": 6000, "divergences": 0, "max_rhat": 1.004,
        "min_ess_bulk": 1500.0, "headline_ess_bulk": 1800.0,
        **change,
    }  # fmt: skip


def measured(runs: list[dict[str, Any]]) -> dict[str, Any]:
    apart = {"largest_z": 5.1, "of": "mean of floor", "equal": False, "compared": 220}
    near = {"largest_z": 2.1, "of": "mean of floor", "equal": True, "compared": 220}
    distances = {name: {"given": near, "stan": apart} for name in ("packaged", "small")}
    programs = {"compile_s": 150.0}
    return {"packaged": runs, "small": runs, "distances": distances, "programs": programs}


def rows(table: Table) -> dict[str, list[str]]:
    return {row[0]: list(row[1:]) for row in table.rows}


def test_peers_are_measured_by_their_ratio_to_ours_in_the_same_run() -> None:
    runs = [
        {"full": record(), "given": record(seconds=5.0), "stan": record(seconds=20.0)},
        {"full": record(), "given": record(seconds=6.0), "stan": record(seconds=36.0)},
    ]
    table = peers.tables(measured(runs))["peers-packaged"]
    found = rows(table)["Stan, given the coordinates"]
    assert found[0] == "58.3 (41.7 to 75.0)"
    assert found[2] == "5.00 (4.00 to 6.00)"
    assert found[6:8] == ["5.10 of 220, not equal: mean of floor", "150"]
    assert rows(table)["ours, given the coordinates"][6] == "2.10 of 220, equal"


def test_a_peer_without_an_end_and_one_that_was_cut_short_are_told() -> None:
    plain = record(min_ess_bulk=40.0, capped=True)
    runs = [{"full": record(), "given": record(), "plain": plain, "numpyro": FAILED}]
    found = rows(peers.tables(measured(runs))["peers-small"])
    assert found["NumPyro, given the coordinates"][0] == "not within 5 minutes"
    assert found["`pm.sample()` on the model as it is"][4] == "40.0 (capped)"


def fit(scale: float, **change: Any) -> dict[str, Any]:
    stages = dict.fromkeys(("compile_s", "tune_s", "sample_s", "read_out_s", "total_s"), scale)
    return {**record(), **stages, "converged": True, "reasons": [], **change}


def gradient_of(scale: float) -> dict[str, float]:
    return {"gradient_s": 1e-6 * scale, "compiled_floor_s": 1e-7 * scale}


def world(n_llms: int, **parts: Any) -> dict[str, Any]:
    return {"n_llms": n_llms, "n_scores": 10 * n_llms, **parts}


def test_growth_has_exponents_and_says_what_was_not_measured() -> None:
    found = {
        "worlds": [
            world(50, fit=fit(2.0), gradient=gradient_of(50), stan=record()),
            world(1000, fit=fit(40.0), gradient=gradient_of(1000), stan=FAILED),
            world(5000, fit=FAILED),
        ]
    }
    tables = growth.tables(found)
    ours = rows(tables["growth"])
    assert ours["total (s)"] == ["2.00", "40.0", "not within 5 minutes", "1.00 (–)"]
    assert ours["gradient (µs)"][-1] == "1.00 (–)"
    assert ours["passed all checks"][:3] == ["yes", "yes", "not within 5 minutes"]
    assert (
        rows(tables["growth-peers"])["Stan, given the coordinates: smallest ESS/s"][1]
        == "not within 5 minutes"
    )
    (goal,) = tables["goal"].rows
    assert goal[1] == "yes: 40.0 s"


@pytest.mark.parametrize(
    ("fitted", "answer"),
    [
        (fit(900.0), "no: 900 s"),
        (fit(40.0, converged=False), "no: 40.0 s, not all checks passed"),
        (FAILED, "no: not within 5 minutes"),
    ],
)
def test_the_goal_is_not_reached(fitted: dict[str, Any], answer: str) -> None:
    (goal,) = growth.tables({"worlds": [world(1000, fit=fitted)]})["goal"].rows
    assert goal[1] == answer


def quick_run(days: float, code: int = 0) -> dict[str, Any]:
    return {"seconds": 9.0, "code": code, "days": days}


def test_quick_fits_are_laid_beside_the_full_one() -> None:
    case = {
        "name": "a world",
        "full": [quick_run(100.0)],
        "quick": [quick_run(110.0), quick_run(130.0, code=3), quick_run(90.0)],
    }
    (row,) = quick.tables({"cases": [case]})["quick"].rows
    assert list(row[1:6]) == ["100.0", "110.0", "10.0 %", "yes", "2 of 3"]


def test_the_check_of_quick_fits_is_counted_where_they_are_wrong_and_where_not() -> None:
    found = [
        {
            "name": "a series",
            "full": quick_run(100.0),
            "quick": [quick_run(120.0, code=3), quick_run(80.0), quick_run(105.0, code=3)],
        },
        # what is right is not known well: counted apart
        {
            "name": "another",
            "full": quick_run(100.0, code=3),
            "quick": [quick_run(150.0, code=3), quick_run(100.0), quick_run(101.0)],
        },
    ]
    tables = trust.tables({"series": found})
    counts = [row[1:] for row in tables["trust-check"].rows]
    assert counts == [["1 of 1", "0 of 2"], ["1 of 2", "1 of 1"]]
    first, last = tables["trust"].rows
    assert first[1:] == ["100.0", "yes", "20.0 %, fires", "20.0 %, passes", "5.0 %, fires"]
    assert last[2:4] == ["no", "50.0 %, fires"]


def test_every_table_has_its_place_in_the_page() -> None:
    runs = [{"full": record(), "given": record()}]
    stages = [{"command_s": 1.0, "command_peak_bytes": 5e8, **fit(1.0), "import_s": 1.0}]
    floors = {"simd_floor_s": 1e-7, "products_s": 1e-7, "exps": 1, "logs": 2}
    timed = {**gradient_of(1), **floors, "dimensions": 5, "evaluations": {"exp": 1}}
    case = {"name": "a", "full": [quick_run(120.0)], "quick": [quick_run(118.0)]}
    found = {
        **start.tables({"cold": stages, "warm": stages}),
        **quick.tables({"cases": [case]}),
        **trust.tables({"series": []}),
        **peers.tables(measured(runs)),
        **gradient.tables({"runs": [timed, FAILED]}),
        **growth.tables({"worlds": [world(50, fit=fit(2.0), gradient=gradient_of(50))]}),
        **{f"on-{part}": "machine" for part in PARTS},
        "refits": "fits a minute",
    }
    assert "not measured yet" not in fill(PAGE.read_text("utf-8"), found)
