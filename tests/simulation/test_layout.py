"""Designs of simulated worlds: as many LLMs and evaluators as asked for, all pairs measured."""

import pytest

from bayesdensing.simulation import layout
from bayesdensing.spec import load_spec

JOINT = load_spec("joint")


@pytest.mark.parametrize("count", [5, 12, 30])
def test_llms_are_as_many_as_asked_for_and_named_anew(template, count):
    made = layout(JOINT, template, n_llms=count, seed=1)
    names = made.models["model"]
    assert len(names) == names.nunique() == count
    assert set(made.scores["model"]) == set(names)
    assert set(made.models["n_params"]) <= set(template.models["n_params"])
    drawn_once = made.models["n_params"].nunique() == count
    assert drawn_once == (count <= 12)


@pytest.mark.parametrize("count", [1, 3])
def test_every_pair_is_measured_by_one_evaluator_or_more(template, count):
    made = layout(JOINT, template, n_evaluators=count, seed=1).scores
    pairs = set(zip(made["model"], made["benchmark"], strict=True))
    was = set(zip(template.scores["model"], template.scores["benchmark"], strict=True))
    assert pairs == was
    assert made["evaluator"].nunique() == count
    assert not made.duplicated(["model", "benchmark", "evaluator"]).any()
    assert (len(made) == len(was)) == (count == 1)


def test_without_numbers_the_design_is_the_templates(template):
    made = layout(JOINT, template)
    columns = ["model", "benchmark", "evaluator"]
    key = [
        t[columns].sort_values(columns).to_numpy().tolist() for t in (made.scores, template.scores)
    ]
    assert key[0] == key[1]


def test_the_seed_says_which_llms(template):
    first, again, other = (layout(JOINT, template, n_llms=6, seed=s).sha256 for s in (1, 1, 2))
    assert first == again != other
