"""Every code block of the README and of the pages works."""

import dataclasses
import os
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks, commands, pages
from tests.docs.reader import PARSED, Reader
from tests.docs.states import make_run

PAGES = [page for page in pages() if blocks(page)]
#: Commands of many fits, of runs that no page needs, of `make`, and of whole scripts: their words
#: are parsed and their names looked up, and no more. Everything else is carried out, or, of fits
#: of densities, assembled.
ONLY_PARSED = {
    "README.md": 8,
    "docs/calibration.md": 8,
    "docs/comparison-study.md": 1,
    "docs/corollaries/README.md": 1,
    "docs/corollaries/acceleration.md": 2,
    "docs/forecast.md": 4,
    "docs/performance.md": 4,
    "docs/records.md": 1,
    "docs/recovery.md": 3,
    "docs/report.md": 3,
    "docs/results.md": 1,
    "docs/sensitivity.md": 6,
}
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
#: Pages whose blocks fit a model of their own, for a minute or more.
LONG = {"docs/hypotheses.md", "docs/model.md", "docs/modes.md"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the two runs that most pages speak of."""
    folder = tmp_path_factory.mktemp("pages") / "runs"
    make_run(folder / "loss_law", spec="loss_law", quick=False)
    make_run(folder / "joint", spec="joint", quick=False)
    return folder


@pytest.fixture
def reader(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Return a reader in a folder of their own, who fits quickly what Python asks for."""
    import bayesdensing as bd
    from bayesdensing import fitting

    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    for run in runs.iterdir():
        os.symlink(run, tmp_path / "runs" / run.name)

    def fit(*args, out=None, **settings):
        return fitting.fit(*args, out=out, quick=out is None, progress=False, **settings)

    monkeypatch.setattr(bd, "fit", fit)
    return Reader(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name, marks=pytest.mark.exhaustive if name in LONG else ())
        for page, name in zip(PAGES, NAMES, strict=True)
    ],
)
def test_the_blocks_of_a_page_work(reader: Reader, page: Path) -> None:
    for block in blocks(page):
        try:
            reader.read(block)
        except Exception as error:
            raise AssertionError(f"{block}: {type(error).__name__}: {error}") from error
    for treatment, what in reader.done:
        print(f"{treatment:<10}{what}")
    done = [treatment for treatment, _ in reader.done]
    assert done.count(PARSED) == ONLY_PARSED.get(str(page.relative_to(ROOT)), 0)


def test_only_these_are_not_carried_out() -> None:
    assert set(ONLY_PARSED) | LONG <= set(NAMES)
    known = [c for page in PAGES for b in blocks(page) if b.kind == "console"
             for c in commands(b.text)]  # fmt: skip
    assert sum(ONLY_PARSED.values()) < len(known) / 3


# --- what reads the pages -------------------------------------------------------------------------


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_every_fence_is_found(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        "```toml\n# a.toml\n```\n<!-- needs: x.csv, runs/y -->\n\n```console\n$ a\n```\n"
        "- an item\n\n  ~~~python\n  x = 1\n    y\n  ~~~\n````text\n```\n````\n",
    )
    found = blocks(page)
    assert [(b.line, b.kind, b.text) for b in found] == [
        (1, "toml", "# a.toml\n"),
        (6, "console", "$ a\n"),
        (11, "python", "x = 1\n  y\n"),
        (15, "text", "```\n"),
    ]
    assert [b.needs for b in found] == [(), ("x.csv", "runs/y"), (), ()]


def test_a_block_without_end_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:2"):
        blocks(page_of(tmp_path, "\n```console\n$ a\n"))


def test_a_dialogue_is_commands_and_what_they_print() -> None:
    found = commands("$ one 'a b'  # why\nout\n$ python - <<'END'\nx\n$ y\nEND\nz\n$ t \\\n  u\n")
    assert [(c.words, c.script, c.output) for c in found] == [
        (["one", "a b"], "", "out"),
        (["python", "-", "<<END"], "x\n$ y", "z"),
        (["t", "u"], "", ""),
    ]
    for broken in ("out first\n$ a\n", "$ cat <<'END'\nx\n"):
        with pytest.raises(AssertionError):
            commands(broken)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("console", "$ rm -rf runs"),
        ("console", "$ make nothing"),
        ("console", "$ bayesdensing fitt"),
        ("console", "$ bayesdensing compare joint no_such"),
        ("console", "$ bayesdensing compare joint no_growth --fast"),
        ("console", "$ bayesdensing forecast runs/nowhere --benchmark MMLU --params 8B"),
        ("console", "$ bayesdensing sensitivity joint --axes colour"),
        ("console", "$ bayesdensing calibrate --about runs/nowhere"),
        ("console", "$ bayesdensing show no_such"),
        ("console", "$ python -m benchmarks --nothing"),
        ("console", "$ python - <<'END'\n1 / 0\nEND"),
        ("console", "$ cat nothing.csv"),
        ("python", "import bayesdensing as bd\nbd.fits"),
        ("sh", "false"),
        ("toml", "[priors]\ngrowth_rat = { dist = 'Normal', mu = 1, sigma = 1 }"),
        ("toml", "# x.toml\nextends = 'joint'\ntittle = 'a'"),
        ("text", "$ bayesdensing models"),
        ("bash", "true"),
        ("", "true"),
        ("yaml", "a: b"),
    ],
)
def test_what_is_wrong_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(page_of(tmp_path, f"```{kind}\n{text}\n```\n"))
    with pytest.raises((Exception, SystemExit)):
        Reader(tmp_path).read(dataclasses.replace(block, page=ROOT / "page.md"))
