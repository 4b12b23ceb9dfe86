"""Completion in the shell: what is offered, and that bash takes it up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bayesdensing.cli import main
from bayesdensing.cli.completion import complete_benchmark, complete_run, complete_spec


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with runs, hypotheses and other things."""
    monkeypatch.chdir(tmp_path)
    for run in ("runs/joint", "runs/joint_5T", "mine"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "manifest.json").write_text("{}")
    (tmp_path / "runs" / "none").mkdir()
    (tmp_path / "ideas").mkdir()
    for file in ("twenty.toml", "ideas/joiner.toml", "notes.md", ".hidden.toml"):
        (tmp_path / file).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("incomplete", "offered"),
    [
        ("joint_5", ["joint_5T"]),
        ("no_g", ["no_growth"]),
        ("tw", ["twenty.toml"]),
        ("ide", ["ideas/"]),
        ("ideas/", ["ideas/joiner.toml"]),
        (".hid", [".hidden.toml"]),
        ("notes", []),
        ("nowhere/at", []),
    ],
)
@pytest.mark.usefixtures("place")
def test_hypotheses_are_names_and_files(incomplete: str, offered: list[str]) -> None:
    assert complete_spec(incomplete) == offered


@pytest.mark.parametrize(
    ("incomplete", "offered"), [("mm", ["MMLU"]), ("HumanE", ["HumanEval"]), ("nothing", [])]
)
def test_benchmarks_are_those_with_reference_runs(incomplete: str, offered: list[str]) -> None:
    assert complete_benchmark(incomplete) == offered


def test_every_benchmark_that_is_offered_can_be_asked_for() -> None:
    from bayesdensing import load_data

    runs = load_data().reference_runs
    assert runs is not None
    assert complete_benchmark("") == list(dict.fromkeys(runs["benchmark"]))


@pytest.mark.parametrize(
    ("incomplete", "offered"),
    [
        ("", ["mine", "runs/joint", "runs/joint_5T"]),
        ("ru", ["runs/joint", "runs/joint_5T"]),
        ("runs/joint_", ["runs/joint_5T"]),
        ("runs/n", []),
        ("tw", []),
    ],
)
@pytest.mark.usefixtures("place")
def test_runs_are_folders_with_a_manifest(incomplete: str, offered: list[str]) -> None:
    assert complete_run(incomplete) == offered


def test_an_absolute_path_is_completed(place: Path) -> None:
    assert complete_run(f"{place}/mi") == [f"{place}/mine"]


_BASH = r"""
bayesdensing() { "$PYTHON" -m bayesdensing "$@"; }
export -f bayesdensing
source <(bayesdensing --show-completion bash)
complete -p bayesdensing >&2
# `env` in the script runs programs, not functions
mkdir -p bin; printf '#!/bin/sh\nexec "$PYTHON" -m bayesdensing "$@"\n' > bin/bayesdensing
chmod +x bin/bayesdensing; PATH=$PWD/bin:$PATH; unset -f bayesdensing
for line in "$@"; do
    read -ra COMP_WORDS <<< "$line"
    [ "${line% }" = "$line" ] || COMP_WORDS+=("")
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
    _bayesdensing_completion bayesdensing
    echo "${COMPREPLY[*]}"
done
"""

_LINES = {
    "bayesdensing va": "validate",
    "bayesdensing corollary p": "price payback",
    "bayesdensing fit joint_5": "joint_5T",
    "bayesdensing fit tw": "twenty.toml",
    "bayesdensing compare joint_1T no_g": "no_growth",
    "bayesdensing report runs/joint_": "runs/joint_5T",
    "bayesdensing hypothesis m": "mine",
    "bayesdensing corollary edge mi": "mine",
    "bayesdensing fit joint --refit on": "on-change",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_hypotheses_and_runs(place: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(root)}
    done = subprocess.run(
        ["bash", "-c", _BASH, "bash", *_LINES],
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "-F _bayesdensing_completion bayesdensing" in done.stderr
    found = dict(zip(_LINES, done.stdout.splitlines(), strict=True))
    assert {line: set(words.split()) for line, words in found.items()} == {
        line: set(words.split()) for line, words in _LINES.items()
    }, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_shown_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-completion", shell]) == 0
    out, err = capsys.readouterr()
    assert "_BAYESDENSING_COMPLETE" in out
    assert f"complete_{shell}" in out
    assert err == ""


def test_ones_own_shell_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert main(["--show-completion"]) == 0
    assert "complete_fish" in capsys.readouterr().out
    for other in ("/bin/csh", ""):
        monkeypatch.setenv("SHELL", other)
        assert main(["--show-completion"]) == 2
        assert capsys.readouterr().err.startswith("error: Option '--show-completion' requires")


def test_it_is_installed_below_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["--install-completion", "bash"]) == 0
    (script,) = tmp_path.glob(".bash_completions/*")
    assert "_BAYESDENSING_COMPLETE" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()
    out, err = capsys.readouterr()
    assert out == ""
    assert str(script) in err


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-completion", "cmd"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
