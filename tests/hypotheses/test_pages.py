"""Every shipped hypothesis has its page: what it claims, and where its checks are."""

from pathlib import Path

import pytest

from bayesdensing.paths import packaged_models_dir
from bayesdensing.spec import load_spec
from bayesdensing.spec.toml import parse

DOCS = Path(__file__).parents[2] / "docs"
PAGES = DOCS / "hypotheses"
NAMES = sorted(path.stem for path in packaged_models_dir().glob("*.toml"))


def test_every_hypothesis_has_a_page_and_every_page_a_hypothesis():
    assert sorted(page.stem for page in PAGES.glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_short_and_names_the_checks(name):
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# `{name}`\n")
    assert len(text.splitlines()) < 40
    flowing = " ".join(text.split())
    for part in (
        "rior predictive check",
        "posterior predictive check",
        "recovery on a small world",
        f"pytest tests/hypotheses -k {name}",
        f"bayesdensing check runs/{name}",
        "What its answer is not:",
        "all as expected",
    ):
        assert part in flowing


@pytest.mark.parametrize("name", NAMES)
def test_the_toml_lines_of_a_page_are_what_the_file_says(name):
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    lines = text.partition("```toml\n")[2].partition("```")[0]
    spec = dict(load_spec(name))
    for axis, said in parse(lines, origin=name).items():
        if axis == "blocks":
            assert tuple(said) == spec["blocks"]
        else:
            stated = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
            assert stated.items() <= spec[axis].model_dump().items()


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_links_to_the_page(name):
    guide = (DOCS / "hypotheses.md").read_text(encoding="utf-8")
    assert f"[`{name}`](hypotheses/{name}.md)" in guide
