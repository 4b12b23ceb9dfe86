"""Grids of choices: what a file may say, and which fits it asks for."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import SpecError
from bayesdensing.multiverse import AS_IS, Variant, load_grid
from bayesdensing.spec import load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]
DOCS = Path(__file__).parents[2] / "docs" / "grids"


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    frames = tiny_frames()
    llms = frames["models"]
    frames["models"] = llms.assign(family=["a", "b"] * (len(llms) // 2))
    return DataBundle.from_frames(name="tiny", **frames)


@pytest.fixture
def asked(bundle: DataBundle, tmp_path: Path) -> Callable[..., tuple[Variant, ...]]:
    def ask(text: str, spec: str = "joint") -> tuple[Variant, ...]:
        place = tmp_path / "grid.toml"
        place.write_text(text, encoding="utf-8")
        return load_grid(place).variants(load_spec(spec), bundle)

    return ask


def test_one_at_a_time_is_a_fit_per_choice(asked) -> None:
    found = asked("""
        [axes]
        loss_law = ["chinchilla", "power"]
        reference_tokens = ["fixed 2e12", "ratio 60"]
        without_year = ["2023"]
        min_scores = [2]
        without_evaluator = ["lab"]
        [priors.growth_rate]
        scale = [0.5, 3]
        family = ["StudentT"]
    """)  # fmt: skip
    assert [v.key for v in found] == [
        f"{AS_IS}={AS_IS}",
        "loss_law=power",  # the choices that are made already are no others
        "reference_tokens=fixed 2e+12",
        "without_year=2023",
        "min_scores=2 benchmarks or more",
        "without_evaluator=lab",
        "prior=growth_rate halved",
        "prior=growth_rate times 3",
        "prior_family=growth_rate StudentT",
    ]
    by_key = {v.key: v for v in found}
    rule = by_key["reference_tokens=fixed 2e+12"].spec.reference_tokens
    assert (rule.rule, rule.value) == ("fixed", 2e12)
    tripled = by_key["prior=growth_rate times 3"]
    assert tripled.same_graph
    own = load_spec("joint").priors["growth_rate"].params["sigma"]
    assert tripled.spec.priors["growth_rate"].params["sigma"] == pytest.approx(3 * own)
    other = by_key["prior_family=growth_rate StudentT"]
    assert other.spec.priors["growth_rate"].dist == "StudentT"
    assert not other.same_graph  # another density is another graph


def test_a_factorial_grid_has_every_combination(asked) -> None:
    found = asked("""
        design = "factorial"
        [axes]
        loss_law = ["power"]
        without_family = ["a", "b"]
        [priors.growth_rate]
        scale = [0.5, 2]
    """)  # fmt: skip
    assert len(found) == 2 * 3 * 3
    assert found[0].axis == AS_IS
    assert len({v.key for v in found}) == len(found)
    cells = pd.DataFrame([dict(v.cell) for v in found])
    assert cells.columns.tolist() == ["loss_law", "without_family", "growth_rate.scale"]
    assert len(cells.drop_duplicates()) == len(found)
    last = found[-1]
    assert last.axis == "loss_law × without_family × growth_rate.scale"
    assert last.choice == "power × b × growth_rate doubled"
    assert last.spec.loss.law == "power"
    assert len(last.without) == 10
    assert not last.same_graph
    assert sum(v.same_graph for v in found) == 9
    prior = load_spec("joint").priors["growth_rate"]
    assert last.spec.priors["growth_rate"] == prior.widened(2)


def test_two_choices_of_evaluators_are_both_kept(asked) -> None:
    found = asked("""
        design = "factorial"
        [axes]
        without_evaluator = ["lab"]
        without_family = ["a"]
    """)  # fmt: skip
    assert found[-1].evaluators == ("harness",)
    assert len(found[-1].without) == 10


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("axs = 1", r"grid.toml: unknown key 'axs'; did you mean 'axes'\?"),
        ('design = "all"', "grid.toml: design = 'all' is not known"),
        ("[axes]\nloss = []", r"grid.toml: unknown axis 'loss'"),
        ("[axes]\nloss_law = 3", r"grid.toml: axes.loss_law = 3 must be a list of choices"),
        ("[axes]\nloss_law = [true]", r"grid.toml: axes.loss_law: True is no choice"),
        ("[axes]\nloss_law = ['powr']", r"grid.toml: axes.loss_law: 'powr' .* mean 'power'\?"),
        ("[axes]\nloss_law = ['power', 'power']", "axes.loss_law: power is named twice"),
        ("[axes]\nreference_tokens = ['fixed 3']", "axes.reference_tokens: 'fixed 3' is no choice"),
        ("[axes]\nwithout_family = ['c']", "axes.without_family: 'c' is no choice; known: b, a"),
        ("[axes]\nfrontier = ['gamma']", "axes.frontier: 'gamma' is no choice"),
        ("[axes]\nseries = ['x']", "axes.series: joint has no such axis"),
        ("[priors.growth]\nscale = [2]", r"unknown prior 'growth'; did you mean 'growth_rate'\?"),
        ("[priors.growth_rate]\nscale = [-1]", "priors.growth_rate.scale: -1 is no factor"),
        ("[priors.growth_rate]\nscales = [1]", "unknown key priors.growth_rate.scales"),
        ("[priors.growth_rate]\nfamily = ['Cauchy']", "family: unknown distribution 'Cauchy'"),
        ("[priors.growth_rate]\nfamily = ['Gamma']", "'growth_rate Gamma' is no choice"),
        ("[priors.arrival_rate]\nscale = [2]", "priors.arrival_rate.scale: .* is no choice"),
        ("title = 'nothing'", "grid.toml: no axis is varied"),
        ("[axes", "grid.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_value(asked, text: str, match: str) -> None:
    with pytest.raises(SpecError, match=match):
        asked(text)


def test_all_faults_are_said_at_once(asked) -> None:
    with pytest.raises(SpecError) as caught:
        asked("[axes]\nloss_law = ['powr']\nfrontier = ['no']\n")
    assert len(str(caught.value).splitlines()) == 2


def test_choices_that_do_not_go_together_are_named(asked) -> None:
    with pytest.raises(SpecError, match=r"loss_law = power, .*irreducible_share.*go together"):
        asked(
            "design = 'factorial'\n[axes]\nloss_law = ['power']\n"
            "[priors.irreducible_share]\nscale = [2]"
        )


@pytest.mark.parametrize("name", ["choices", "factorial"])
def test_the_grids_of_the_docs_serve_the_packaged_data(name: str) -> None:
    found = load_grid(DOCS / f"{name}.toml").variants(load_spec("joint"), load_data())
    assert len(found) >= {"choices": 60, "factorial": 18}[name]
    assert len({v.key for v in found}) == len(found)
