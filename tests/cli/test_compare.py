"""``bayesdensing compare`` on a terminal: everything is said, however narrow it is."""

from types import SimpleNamespace

import pandas as pd
import pytest

from bayesdensing.cli import main


@pytest.fixture
def compared(monkeypatch, tmp_path):
    """Replace the fits of a comparison by what one might have found."""
    from bayesdensing import comparing, plots

    table = pd.DataFrame(
        {
            "left_out": "LLM", "group": "A", "hypothesis": ["joint", "changepoint_chatgpt"],
            "elpd": [2281.8, -2345.6], "elpd_diff": [0.0, -23.4], "diff_se": [0.0, 12.3],
            "weight": [0.93, float("nan")], "doubling_time_days": [119.0, float("inf")],
            "eti95_lb": [104.0, 1102.0], "eti95_ub": [137.0, float("inf")],
            "verdict": ["best", "worse"], "simplest": [True, False], "converged": [True, False],
            "psis": [270, 260], "moment_matching": [6, 10], "exact_refit": [0, 6],
            "not_reliable": [0, 0],
        }
    )  # fmt: skip
    found = SimpleNamespace(
        table=table, stacked={}, groups={"A": "one ruler"}, notes=(), converged=True,
        save=lambda out: tmp_path,
    )  # fmt: skip
    monkeypatch.setattr(comparing, "compare", lambda *args, **settings: found)
    drawn = SimpleNamespace(to_png=lambda: b"")
    monkeypatch.setattr(plots, "comparison", lambda found: drawn)


@pytest.mark.parametrize("columns", [80, 120])
def test_nothing_is_cut(compared, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["compare", "joint", "changepoint_chatgpt"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= columns
    assert "…" not in out
    words = " ".join(out.replace("│", " ").split())
    for part in ("hypothesis", "difference", "weight", "95 % ETI", "changepoint_chatgpt",
                 "-2345.6", "-23.4 ± 12.3"):  # fmt: skip
        assert part in words


def test_a_narrow_terminal_has_verdicts_in_lines(compared, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["compare", "joint", "changepoint_chatgpt"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert "joint (group A): best, simplest of these; 270 psis, 6 moment matching" in [
        line.strip() for line in out
    ]
