"""Every image of the pages has a command that makes it, and none lies about unused."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from bayesdensing.corollaries import corollary
from bayesdensing.spec import load_spec
from tests.docs.blocks import ROOT, pages

DOCS = ROOT / "docs"
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"")
#: Where a command writes by default.
_FOLDERS = {"fit": "{}", "calibrate": "calibration-{}", "sensitivity": "sensitivity-{}"}
_TARGETS = re.findall(r"^\.PHONY: (\w+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """Return the script that makes figures."""
    return script("build_figures")


def script(name: str) -> ModuleType:
    """Return a script of the documentation as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown() -> dict[Path, list[Path]]:
    """Return every image that a page shows, with the pages."""
    found: dict[Path, list[Path]] = {}
    for page in pages():
        for match in _IMAGE.finditer(page.read_text(encoding="utf-8")):
            target = (page.parent / (match[1] or match[2])).resolve()
            found.setdefault(target, []).append(page)
    return found


def test_every_image_has_a_source_and_every_source_an_image(build: ModuleType) -> None:
    listed = {(DOCS / figure.path).resolve() for figure in build.FIGURES}
    assert len(listed) == len(build.FIGURES)
    assert set(shown()) == listed
    there = {p.resolve() for e in ("png", "svg", "jpg", "gif") for p in DOCS.rglob(f"*.{e}")}
    assert there == listed


def test_names_differ_so_that_the_site_can_hold_them_in_one_folder(build: ModuleType) -> None:
    names = [figure.name for figure in build.FIGURES]
    assert len(names) == len(set(names))


def test_every_source_is_a_command_that_its_page_or_the_makefile_has(build: ModuleType) -> None:
    pages_of = {image: "".join(p.read_text("utf-8") for p in of) for image, of in shown().items()}
    for figure in build.FIGURES:
        program, first, *rest = figure.command.split()
        if program == "python":
            assert (ROOT / first).is_file()
            continue
        if program == "make":
            assert first in _TARGETS
            assert figure.run == "joint"
            continue
        assert program == "bayesdensing"
        assert f"$ {figure.command}" in pages_of[(DOCS / figure.path).resolve()]
        spec = load_spec(rest[0]).name
        grid = f"-{Path(rest[rest.index('--grid') + 1]).stem}" if "--grid" in rest else ""
        assert figure.run == _FOLDERS[first].format(spec) + grid


def test_the_page_lists_them(build: ModuleType) -> None:
    text = build.TEXT.format(table=build.table())
    assert build.PAGE.read_text(encoding="utf-8") == text


def test_priors_and_graph_are_those_of_the_default() -> None:
    built = script("build_priors")
    assert built.PAGE.read_text(encoding="utf-8") == built.page()
    assert built.GRAPH.read_text(encoding="utf-8") == built.graph()


def test_what_is_there_is_written_and_the_rest_named(
    build: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs/joint").mkdir(parents=True)
    (tmp_path / "runs/joint/density_trend.png").write_bytes(b"drawn")
    assert build.main(["--runs", f"{tmp_path / 'runs'}", "--into", f"{tmp_path / 'site'}"]) == 0
    written = [p for p in (tmp_path / "site").rglob("*") if p.is_file()]
    assert [path.read_bytes() for path in written] == [b"drawn"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(build.FIGURES)
    assert sum(line.endswith("would make it anew") for line in lines) == len(lines) - 1


def test_a_corollary_is_drawn(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.analysis.synthetic import make_fit

    asked = []
    monkeypatch.setattr(build, "load_fit", lambda run: make_fit() if run.name == "joint" else None)
    monkeypatch.setattr(
        build, "corollary", lambda name, fit: asked.append(name) or corollary(name, fit)
    )
    figure = next(f for f in build.FIGURES if f.name == "engines")
    figure.write(tmp_path / "engines.png", runs=tmp_path / "runs")
    assert asked == ["engines"]
    assert (tmp_path / "engines.png").read_bytes().startswith(b"\x89PNG")
