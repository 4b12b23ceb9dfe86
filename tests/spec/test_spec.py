"""A hypothesis as a value: what it fills in, what it refuses, what its hash is of."""

import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from bayesdensing.laws import Prior
from bayesdensing.spec import PRIOR_TABLE, Spec, describe, load_spec
from bayesdensing.spec.effect import without_effect

JOINT: dict[str, Any] = {"name": "x", "blocks": ("loss", "link", "growth")}
#: Priors of what the default does not have: other trends, and terms beside the trend.
OTHER_AXES = {
    "growth_rate_before", "growth_rate_after", "change_share", "growth_rate_middle", "acceleration",
    "saturation", "drift", "walk_sd", "active_weight", "size_exponent", "family_sd",
    "benchmark_growth_sd", "arrival_rate", "dispersion_growth",
}  # fmt: skip
LOSS: dict[str, Any] = {"name": "x", "blocks": ("loss",)}


def test_priors_are_filled_in_with_the_laws_own() -> None:
    spec = Spec(**JOINT, growth={"frontier": "half-normal"})
    assert set(PRIOR_TABLE) - set(spec.priors) == OTHER_AXES
    assert all(spec.priors[n] == PRIOR_TABLE[n].default for n in spec.priors)
    changed = Spec(
        **JOINT,
        growth={"frontier": "half-normal"},
        priors={"growth_rate": Prior("Normal", {"mu": 1, "sigma": 1})},
    )
    assert changed.priors["growth_rate"].params["mu"] == 1
    assert changed.priors["level"] == PRIOR_TABLE["level"].default
    assert list(changed.priors) == list(spec.priors)


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"loss": {"law": "power"}}, {"irreducible_share"}),
        ({"loss": {"size_effects": False}}, {"size_effect_sd"}),
        ({"growth": {"trend": "constant"}}, {"growth_rate"}),
        ({}, {"inefficiency_sd"}),
    ],
)
def test_a_prior_without_use_is_not_filled_in_and_is_refused_when_stated(
    changes: dict[str, Any], gone: set[str]
) -> None:
    spec = Spec(**JOINT, **changes)
    assert set(PRIOR_TABLE) - set(spec.priors) == gone | {"inefficiency_sd"} | OTHER_AXES
    (name,) = gone
    with pytest.raises(ValidationError, match=f"this hypothesis has no {name}"):
        Spec(**JOINT, **changes, priors={name: PRIOR_TABLE[name].default})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"blocks": ("loss",), "data": {"evaluators": ("a",)}},
            r'data.evaluators = \["a"\] needs the blocks',
        ),
        ({"data": {"evaluators": ("a", "a")}}, "an evaluator is named twice"),
        (
            {"blocks": ("loss",), "link": {"floor": "chance"}},
            'link.floor = "chance" needs the block "link"',
        ),
        ({"link": {"ceiling": "two"}}, "link.ceiling"),
        (
            {"blocks": ("link",), "growth": {"dispersion": "changing"}},
            'growth.dispersion = "changing" needs the blocks',
        ),
        (
            {
                "blocks": ("published",),
                "growth": {"dispersion": "changing"},
                "data": {"records": "only"},
            },
            "cannot tell a scatter that grows",
        ),
    ],
)
def test_limits_evaluators_and_scatter_go_where_they_have_a_meaning(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Spec(**{**JOINT, **changes})


@pytest.mark.parametrize(
    "axes",
    [
        {"link": {"floor": "chance"}},
        {"growth": {"dispersion": "changing"}},
        {"growth": {"frontier": "exponential"}},
        {"data": {"evaluators": ("a",)}},
    ],
)
def test_what_adds_nothing_leaves_the_hash_of_older_claims(axes: dict[str, Any]) -> None:
    plain, other = Spec(**JOINT), Spec(**JOINT, **axes)
    assert plain.sha256 != other.sha256
    assert "link" not in plain.canonical()
    assert "evaluators" not in plain.canonical()["data"]
    assert "dispersion" not in plain.canonical()["growth"]


PUBLISHED = ("published",)
CUT = {"flow": "cut"}
#: Blocks, and what is chosen of which axis; what the choice needs, and why.
SENSELESS: list[tuple[tuple[str, ...], dict[str, Any], str, str]] = [
    (PUBLISHED, {"reference_tokens": {"value": 20.0}}, "reference_tokens.value = 20", "loss law"),
    (
        PUBLISHED,
        {"reference_tokens": {"rule": "fixed", "value": 1e12}},
        'reference_tokens.rule = "fixed"',
        "loss law",
    ),
    (("link",), {"reference_tokens": {"value": 20.0}}, "reference_tokens.value", "loss law"),
    (PUBLISHED, {"loss": {"law": "power"}}, 'loss.law = "power"', "no reference runs"),
    (PUBLISHED, {"loss": {"size_effects": False}}, "loss.size_effects = false", "reference runs"),
    (("link",), {"loss": {"pooling": "none"}}, 'loss.pooling = "none"', "no reference runs"),
    (("loss",), {"link": {"ceiling": "one"}}, 'link.ceiling = "one"', "no scores"),
    (PUBLISHED, {"data": {"benchmarks": ("a",)}}, 'data.benchmarks = ["a"]', "no benchmark"),
    (PUBLISHED, {"data": {"evaluators": ("a",)}}, 'data.evaluators = ["a"]', "LLMs' scores"),
    (PUBLISHED, {"data": {"suite": "s"}}, 'data.suite = "s"', "reference runs"),
    (PUBLISHED, {"data": {"base_only": False}}, "data.base_only = false", "LLMs with scores"),
    (PUBLISHED, {"data": {"compressed": True}}, "data.compressed = true", "LLMs with scores"),
    (PUBLISHED, {"data": {"min_scores": 2}}, "data.min_scores = 2", "no scores to count"),
    (("loss",), {"data": {"min_scores": 2}}, "data.min_scores = 2", "no scores to count"),
    (
        ("loss", "link"),
        {"data": {"released_from": "2024-01-01"}},
        "data.released_from = 2024-01-01",
        "no release date",
    ),
    (JOINT["blocks"], {"data": {"series": "s"}}, 'data.series = "s"', "densities.csv"),
    (JOINT["blocks"], {"data": {"records": "only"}}, 'data.records = "only"', "densities.csv"),
    (("loss",), {"growth": {"trend": "constant"}}, 'growth.trend = "constant"', "dates"),
    (("link",), {"growth": {"dispersion": "changing"}}, "growth.dispersion", "dates"),
    (("loss",), {"growth": {"deviation": "size"}}, 'growth.deviation = "size"', "on a benchmark"),
    (PUBLISHED, {"growth": {"frontier": "exponential"}}, "growth.frontier", "behind a frontier"),
    (JOINT["blocks"], {"information": {"reference_draws": 9}}, "= 9", "passes no draws"),
    (("loss",), {"information": CUT}, 'information.flow = "cut"', "nothing to cut between"),
    (JOINT["blocks"], {"information": CUT, "sampler": {"starts": "dispersed"}}, "starts", "cut"),
]


@pytest.mark.parametrize(("blocks", "axes", "key", "reason"), SENSELESS)
def test_a_choice_that_changes_nothing_is_refused_with_the_reason(
    blocks: tuple[str, ...], axes: dict[str, Any], key: str, reason: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Spec(name="x", blocks=blocks, **axes)
    said = [line for line in str(refused.value).splitlines() if key in line]
    assert said
    assert " needs " in said[0]
    assert reason in said[0].split(" needs ")[1]


def test_every_choice_of_every_axis_has_an_effect_somewhere() -> None:
    every = {
        f"{axis}.{key}"
        for axis in ("data", "loss", "link", "reference_tokens", "growth", "information")
        for key in type(getattr(load_spec("joint"), axis)).model_fields
    }
    nowhere = set(every)
    for blocks in (JOINT["blocks"], PUBLISHED):
        growth = {"trend": "changepoint"}
        raw = {"blocks": blocks, "growth": growth, "information": CUT}
        nowhere &= {f"{axis}.{key}" for axis, key, _ in without_effect(raw)}
    assert nowhere == set()
    told = {f"{axis}.{key}" for axis, key, _ in without_effect({"blocks": ()})}
    assert told == every


def test_priors_of_absent_blocks_are_refused() -> None:
    with pytest.raises(ValidationError, match="this hypothesis has no growth_rate, level"):
        Spec(**LOSS, priors={n: PRIOR_TABLE[n].default for n in ("level", "growth_rate")})


@pytest.mark.parametrize(
    ("name", "prior", "possible"),
    [
        ("midpoint_ratio", Prior("Gamma", {"alpha": 1, "beta": 1}), "LogNormal"),
        ("n_exponent", Prior("Normal", {"mu": 0.3, "sigma": 0.1}), "LogNormal, LogitNormal"),
        ("dispersion", Prior("StudentT", {"nu": 3, "mu": 1, "sigma": 1}), "LogNormal"),
        ("ceiling", Prior("LogNormal", {"median": 0.9, "sigma": 1}), "LogitNormal, Beta"),
    ],
)
def test_a_prior_off_its_parameters_range_is_refused(
    name: str, prior: Prior, possible: str
) -> None:
    with pytest.raises(
        ValidationError, match=f"{name} cannot be {prior.dist}; possible: {possible}"
    ):
        Spec(**JOINT, priors={name: prior})


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        ("growth",),
        ("loss", "growth"),
        ("link", "loss"),
        ("loss", "loss"),
        ("loss", "published"),
    ],
)
def test_blocks_that_do_not_go_together_are_refused(blocks: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="do not go together"):
        Spec(name="x", blocks=blocks)


@pytest.mark.parametrize(
    "tokens",
    [
        {"rule": "fixed"},
        {"rule": "fixed", "value": 20},
        {"rule": "ratio", "value": 5e12},
        {"value": 1e12},
    ],
)
def test_tokens_that_the_rule_cannot_mean_are_refused(tokens: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="cannot be meant by the rule"):
        Spec(**JOINT, reference_tokens=tokens)


CHANGES: list[dict[str, Any]] = [
    {"blocks": ("loss", "link")},
    {"data": {"benchmarks": ("MMLU",)}},
    {"data": {"suite": "densing"}},
    {"data": {"base_only": False}},
    {"data": {"compressed": True}},
    {"data": {"min_scores": 2}},
    {"data": {"released_from": "2023-01-01"}},
    {"data": {"released_until": "2025-01-01"}},
    {"loss": {"law": "power"}},
    {"loss": {"size_effects": False}},
    {"reference_tokens": {"value": 20}},
    {"reference_tokens": {"rule": "fixed", "value": 1e12}},
    {"growth": {"trend": "constant"}},
    {"growth": {"parameter_count": "active"}},
    {"growth": {"deviation": "size"}},
    {"growth": {"parameter_count": "estimated"}},
    {"growth": {"size_term": "linear"}},
    {"growth": {"family": "intercept"}},
    {"growth": {"benchmark_growth": "pooled"}},
    {"priors": {"level": Prior("Normal", {"mu": 0.0, "sigma": 2.4})}},
    {"priors": {"level": Prior("StudentT", {"nu": 5, "mu": 0.0, "sigma": 2.5})}},
]


def test_the_hash_answers_to_every_claim() -> None:
    hashes = [Spec(**{**JOINT, **change}).sha256 for change in [{}, *CHANGES]]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "y"},
        {"title": "t"},
        {"description": "d"},
        {"sampler": {"draws": 7, "tune": 8, "chains": 2, "target_accept": 0.8}},
        {"priors": {"level": PRIOR_TABLE["level"].default}},
        {"reference_tokens": {"value": 60}},
    ],
)
def test_the_hash_ignores_names_words_the_sampler_and_spelling(change: dict[str, Any]) -> None:
    assert Spec(**{**JOINT, **change}).sha256 == Spec(**JOINT).sha256


@pytest.mark.parametrize(
    "growth",
    [
        {"parameter_count": "active"},
        {"parameter_count": "estimated"},
        {"size_term": "linear"},
        {"family": "intercept"},
        {"benchmark_growth": "pooled"},
    ],
)
def test_terms_of_llms_are_refused_without_llms(growth: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="only LLMs with scores have sizes"):
        Spec(name="x", blocks=("published",), growth=growth)


@pytest.mark.parametrize(
    ("axes", "reason"),
    [
        ({"growth": {"benchmark_growth": "pooled", "trend": "constant"}}, "no rate for benchmarks"),
        (
            {"growth": {"benchmark_growth": "pooled"}, "data": {"benchmarks": ("MMLU",)}},
            "two benchmarks or more",
        ),
    ],
)
def test_growth_by_benchmark_needs_growth_and_benchmarks(axes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Spec(**JOINT, **axes)


def test_axes_that_add_nothing_are_no_part_of_the_hash() -> None:
    plain = {"size_term": "none", "family": "none", "benchmark_growth": "shared"}
    spec = Spec(**JOINT, growth=plain)
    assert spec.sha256 == Spec(**JOINT).sha256
    assert not set(plain) & set(spec.canonical()["growth"])


def test_a_changed_copy_has_a_hash_of_its_own() -> None:
    spec = load_spec("joint")
    before = spec.sha256
    growth = spec.growth.model_copy(update={"deviation": "size"})
    assert spec.model_copy(update={"growth": growth}).sha256 != before


def test_a_spec_is_a_frozen_value() -> None:
    spec, twin = Spec(**JOINT), Spec(**JOINT)
    assert spec == twin
    assert len({spec, twin}) == 1
    assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301
    with pytest.raises(ValidationError, match="frozen"):
        spec.name = "y"
    with pytest.raises(ValidationError, match="frozen"):
        spec.growth.trend = "constant"


def test_a_change_date_needs_a_trend_that_changes() -> None:
    with pytest.raises(ValidationError, match="changes at no single date"):
        Spec(**JOINT, growth={"trend": "accelerating", "change_date": "2022-11-30"})
    known = Spec(**JOINT, growth={"trend": "changepoint", "change_date": "2022-11-30"})
    assert "change_share" not in known.priors
    assert "change_share" in Spec(**JOINT, growth={"trend": "changepoint"}).priors


def test_records_are_of_published_values() -> None:
    with pytest.raises(ValidationError, match="records are flagged"):
        Spec(**JOINT, data={"records": "only"})
    assert "arrival_rate" in Spec(name="x", blocks=("published",), data={"records": "only"}).priors


@pytest.mark.parametrize(
    ("prior", "granted"),
    [
        (Prior("LogNormal", {"median": 1.0, "sigma": 1.0}), True),
        (Prior("HalfNormal", {"sigma": 1.0}), True),
        (Prior("Normal", {"mu": 5.0, "sigma": 0.1}), False),
    ],
)
def test_a_prior_that_excludes_decline_is_said_of_the_rate(prior: Prior, granted: bool) -> None:
    spec = Spec(name="x", blocks=("published",), priors={"growth_rate": prior})
    words = "the prior of growth_rate excludes rates of 0 and below, whatever the data say"
    assert spec.taken_for_granted == (words if granted else "")
    assert (words in spec.headline_label) is granted
    assert not load_spec("joint").taken_for_granted


def test_pooling_needs_benchmarks_to_pool() -> None:
    axes = {"blocks": ("loss",), "data": {"benchmarks": ("MMLU",)}}
    with pytest.raises(ValidationError, match=r"loss\.pooling = \"none\" needs two benchmarks"):
        Spec(name="x", loss={"pooling": "none"}, **axes)
    assert "has none to pool" in "\n".join(describe(Spec(name="x", **axes)).equations)


def test_the_stretch_over_which_an_unknown_change_is_joined_is_part_of_the_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("changepoint_unknown", "changepoint_chatgpt", "joint")
    before = [load_spec(name).sha256 for name in names]
    monkeypatch.setattr("bayesdensing.spec.model.JOIN_YEARS", 0.25)
    after = [load_spec(name).sha256 for name in names]
    assert [one != other for one, other in zip(before, after, strict=True)] == [True, False, False]
