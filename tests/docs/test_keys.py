"""The tables of keys in docs/hypotheses.md are those of a hypothesis, with its defaults."""

import re
import tomllib
from itertools import takewhile
from typing import Any, get_args

import pytest

from bayesdensing.laws import DISTRIBUTIONS
from bayesdensing.spec import Spec
from bayesdensing.spec.axes import Axis
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "hypotheses.md").read_text(encoding="utf-8")
AXES = {n: f.default for n, f in Spec.model_fields.items() if isinstance(f.default, Axis)}
CODE = re.compile(r"`([^`]+)`")


def table_below(heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its head."""
    rest = PAGE.split(f"\n{heading}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(rest) if line.startswith("|"))
    rows = list(takewhile(lambda line: line.startswith("|"), rest[start:]))[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("axis", AXES)
def test_a_table_names_every_key_of_its_axis_and_no_other(axis: str) -> None:
    named = [key for row in table_below(f"### `[{axis}]`") for key in CODE.findall(row[0])]
    assert sorted(named) == sorted(type(AXES[axis]).model_fields)


@pytest.mark.parametrize("axis", AXES)
def test_a_table_has_the_defaults_and_every_word_that_can_be_chosen(axis: str) -> None:
    fields = type(AXES[axis]).model_fields
    for key, default, values in table_below(f"### `[{axis}]`"):
        for name in CODE.findall(key):
            told = tomllib.loads(f"x = {default.strip('`')}")["x"] if _stated(default) else None
            wanted: Any = fields[name].default
            assert told == (list(wanted) if isinstance(wanted, tuple) else wanted), name
            words = [word for word in get_args(fields[name].annotation) if isinstance(word, str)]
            missing = [word for word in words if f'"{word}"' not in default + values]
            assert missing == [], name


def _stated(default: str) -> bool:
    return default not in {"none", "the only one"}


def test_the_table_of_the_file_names_every_key_at_the_top() -> None:
    named = [key.strip("[]") for row in table_below("## The file") for key in CODE.findall(row[0])]
    assert sorted(named) == sorted([*Spec.model_fields, "extends"])


def test_the_table_of_blocks_has_every_combination_that_goes_together() -> None:
    told = [tuple(tomllib.loads(f"x = {row[0].strip('`')}")["x"]) for row in
            table_below("### `blocks`")]  # fmt: skip
    for blocks in told:
        Spec(name="x", blocks=blocks)
    with pytest.raises(ValueError, match="do not go together") as refused:
        Spec(name="x", blocks=())
    possible = re.findall(r"\[\"[^\]]*\]", str(refused.value))
    assert {tuple(tomllib.loads(f"x = {one}")["x"]) for one in possible} == set(told)


def test_the_table_of_distributions_has_every_one_with_its_parameters() -> None:
    told = {CODE.findall(row[0])[0]: CODE.findall(row[1]) for row in table_below("## Priors")}
    assert told == {name: list(parameters) for name, parameters in DISTRIBUTIONS.items()}
