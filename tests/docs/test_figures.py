"""Every image of the pages is drawn by the build, and its copy in the repository is no other."""

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from bayesdensing import plots
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


def of_kind(build: ModuleType, kind: str) -> list:
    """Return the figures that come from a run, a table or a hypothesis."""
    return [f for f in build.FIGURES if isinstance(f.source, getattr(build, kind))]


def there(build: ModuleType) -> list:
    """Return the figures whose tables are there."""
    return [f for f in of_kind(build, "FromTable") if (DOCS / f.source.table).is_file()]


def test_every_source_is_a_command_that_its_page_or_the_makefile_has(build: ModuleType) -> None:
    pages_of = {image: "".join(p.read_text("utf-8") for p in of) for image, of in shown().items()}
    for figure in build.FIGURES:
        program, first, *rest = figure.source.command.split()
        if program == "make":
            assert first in _TARGETS
            continue
        assert program == "bayesdensing"
        assert f"$ {figure.source.command}" in pages_of[(DOCS / figure.path).resolve()]
        spec = f"about-{Path(rest[1]).name}" if rest[0] == "--about" else load_spec(rest[0]).name
        grid = f"-{Path(rest[rest.index('--grid') + 1]).stem}" if "--grid" in rest else ""
        assert figure.source.run == _FOLDERS[first].format(spec) + grid


def test_the_page_lists_them(build: ModuleType) -> None:
    text = build.TEXT.format(table=build.table())
    assert build.PAGE.read_text(encoding="utf-8") == text


def test_priors_and_graph_are_those_of_the_default(build: ModuleType) -> None:
    built = script("build_priors")
    assert built.PAGE.read_text(encoding="utf-8") == built.page()
    for figure in of_kind(build, "FromSpec"):
        assert (DOCS / figure.path).read_bytes() == figure.source.content(ROOT / "runs")


def test_tables_are_there_and_small(build: ModuleType) -> None:
    tables = {f.source.table for f in of_kind(build, "FromTable")}
    found = {f.source.table for f in there(build)}
    assert tables == found
    lying = {p.relative_to(DOCS).as_posix() for d in ("calibration", "sensitivity")
             for p in (DOCS / d).glob("*")}  # fmt: skip
    assert lying == found
    assert all((DOCS / name).stat().st_size < 600_000 for name in found)


def test_copies_are_of_the_tables_and_of_today_s_hypotheses_and_data(build: ModuleType) -> None:
    for figure in [*there(build), *of_kind(build, "FromRun")]:
        with Image.open(DOCS / figure.path) as image:
            assert image.info.get("Source") == figure.source.source(), (
                f"{figure.path} was drawn from something else: `make figures`"
            )


def test_the_site_has_what_was_drawn_and_no_copy(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the pages show is drawn into a folder of its own, which the site is made from."""
    monkeypatch.setattr(build.FromRun, "content", lambda self, runs: b"drawn")
    monkeypatch.setattr(build.FromTable, "content", lambda self, runs: b"drawn")
    assert build.main(["--into", f"{tmp_path}"]) == 0
    written = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*") if p.is_file()}
    waiting = {f.path for f in of_kind(build, "FromTable")} - {f.path for f in there(build)}
    assert set(written) == {figure.path for figure in build.FIGURES} - waiting
    recipe = (ROOT / "Makefile").read_text("utf-8").split("\nsite:")[1].split("\n\n")[0]
    lines = [line for line in recipe.splitlines() if line.startswith("\t")]
    into, site = "build/figures", "build/site"
    assert f"docs/build_figures.py --into {into}" in lines[0]
    assert f". {site}" in lines[1]
    assert lines[2].split() == f"find {into} -type f -exec cp {{}} {site}/_images/ ';'".split()


def test_a_table_is_drawn_as_its_run_was(build: ModuleType) -> None:
    """What is read from the table of choices is what its rows say."""
    figure = next(f for f in there(build) if f.name == "sensitivity_joint")
    shown_of = figure.source.draw(figure.source.text())
    rows = [line.split(",") for line in figure.source.text().splitlines()[1:]]
    at = rows[0].index("growth_rate")
    rates = sorted(float(row[at]) for row in rows[1:] if row[at])
    assert shown_of.data["rate"].to_numpy().tolist() == rates
    assert shown_of.figure.get_suptitle().startswith("Furthest from ")


def test_tables_are_taken_from_runs_that_are_there_and_kept_otherwise(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    docs, runs = tmp_path / "docs", tmp_path / "runs"
    for figure in there(build):
        (docs / figure.source.table).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DOCS / figure.source.table, docs / figure.source.table)
    monkeypatch.setattr(build, "HERE", docs)
    monkeypatch.setattr(build, "PAGE", docs / "figures.md")
    monkeypatch.setattr(build.FromRun, "content", lambda self, runs: b"drawn")
    drawn = []
    monkeypatch.setattr(
        build.FromTable, "content", lambda self, runs: drawn.append(self.text()) or b"drawn"
    )
    law = next(f for f in there(build) if f.name == "calibration_loss_law").source
    (runs / law.run).mkdir(parents=True)
    (runs / law.run / "ranks.csv").write_text("# {}\nnew\n", encoding="utf-8")
    assert build.main(["--runs", f"{runs}", "--into", f"{docs}"]) == 0
    assert "# {}\nnew\n" in drawn
    assert len(drawn) == len(there(build))
    told = capsys.readouterr().err
    assert "joint-choices.csv: kept" in told
    assert "loss_law.csv: kept" not in told


def test_a_corollary_is_drawn(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.analysis.synthetic import make_fit

    asked = []
    monkeypatch.setattr(build, "fit", lambda name, **how: asked.append((name, how)) or make_fit())
    figure = next(f for f in build.FIGURES if f.name == "engines")
    content = figure.source.content(tmp_path)
    assert asked == [("joint", {"out": tmp_path / "joint", "refit": "on-change"})]
    same = plots.corollary(corollary("engines", make_fit()))
    assert content == same.to_png(source=figure.source.source())
