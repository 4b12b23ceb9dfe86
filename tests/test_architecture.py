"""docs/ARCHITECTURE.md is true: it names the modules that exist, and the arrows hold."""

import pkgutil
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import bayesdensing

ROOT = Path(__file__).parent.parent


def test_the_inventory_names_every_module_and_no_other() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(bayesdensing[\w.]*)` \|", page, re.MULTILINE)
    found = [m.name for m in pkgutil.walk_packages(bayesdensing.__path__, "bayesdensing.")]
    assert sorted(named) == sorted(["bayesdensing", *found])


def test_imports_follow_the_arrows(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out
