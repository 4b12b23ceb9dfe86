"""The package as such: what importing it costs, what it exports, what names its version."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import bayesdensing as bd

ROOT = Path(__file__).parent.parent
HEAVY = {"arviz", "matplotlib", "nutpie", "pandas", "pymc", "pytensor", "xarray"}

IMPORT = "import bayesdensing"
HELP = """
import sys
from bayesdensing.cli import main
sys.argv = ["bayesdensing", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize("code", [IMPORT, HELP], ids=["import", "help"])
def test_heavy_libraries_stay_unloaded(code: str) -> None:
    report = "\nimport sys; print(); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "bayesdensing" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", bd.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(bd, name) is not None
    assert name in dir(bd)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="'bayesdensing' has no attribute 'density_law'"):
        _ = bd.density_law


def test_the_citation_and_the_changelog_name_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == bd.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(\d.+?)\]", changelog, re.MULTILINE)[1] == bd.__version__


def test_constraints_are_names_and_exact_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.]*", line)] == []
    names = [line.split("==")[0] for line in lines]
    assert len(names) == len(set(names))
