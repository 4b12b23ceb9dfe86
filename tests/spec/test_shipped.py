"""The hypotheses that the package ships: their names, their claims, their descriptions."""

import numpy as np
import pytest

from bayesdensing.errors import SpecError
from bayesdensing.paths import packaged_models_dir
from bayesdensing.spec import PRIOR_TABLE, Spec, describe, list_specs, load_spec

NAMES = sorted(p.stem for p in packaged_models_dir().glob("*.toml"))


def test_the_contracts_names_are_there() -> None:
    rulers = {"joint_ray", "joint_5T", "joint_1T", "joint_power", "joint_frontier", "joint_cut"}
    assert {"joint", "loss_law", "trend", "no_growth"} | rulers <= set(NAMES)


def test_the_default_comes_first_and_no_hypothesis_is_left_out() -> None:
    listed = [spec.name for spec in list_specs()]
    assert listed[0] == "joint"
    assert sorted(listed) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_hypothesis_loads_under_its_own_name_with_a_title(name: str) -> None:
    spec = load_spec(name)
    assert spec.name == name
    assert spec.title
    assert "\n" not in spec.title
    assert spec.description
    assert load_spec(packaged_models_dir() / f"{name}.toml") == spec
    assert load_spec(spec) is spec


def test_the_ray_is_the_default_by_its_own_name() -> None:
    joint, ray = load_spec("joint"), load_spec("joint_ray")
    assert joint.sha256 == ray.sha256
    assert joint != ray
    tokens = ray.reference_tokens
    assert (tokens.rule, tokens.value) == ("ratio", 60)


def test_the_contracts_names_claim_what_they_say() -> None:
    joint = load_spec("joint")
    assert joint.blocks == ("loss", "link", "growth")
    assert (joint.loss.law, joint.growth.trend) == ("chinchilla", "exponential")
    for name, tokens in (("joint_5T", 5e12), ("joint_1T", 1e12)):
        fixed = load_spec(name)
        assert (fixed.reference_tokens.rule, fixed.reference_tokens.value) == ("fixed", tokens)
        assert (fixed.loss, fixed.growth, fixed.blocks) == (joint.loss, joint.growth, joint.blocks)
    assert load_spec("joint_power").loss.law == "power"
    assert load_spec("joint_frontier").growth.frontier == "half-normal"
    assert load_spec("joint_cut").information.flow == "cut"
    assert load_spec("loss_law").blocks == ("loss",)
    assert load_spec("trend").blocks == ("published",)
    flat = load_spec("no_growth")
    assert flat.growth.trend == "constant"
    assert "growth_rate" not in flat.priors
    changed = flat.growth.model_copy(update={"trend": "exponential"})
    assert changed == joint.growth


@pytest.mark.parametrize("name", NAMES)
def test_a_description_holds_every_prior_and_a_graph(name: str) -> None:
    spec = load_spec(name)
    told = describe(spec)
    assert told.equations
    assert all(line.strip() for line in told.equations)
    table = told.priors
    assert list(table["parameter"]) == list(spec.priors)
    ends = table[["lower89", "median", "upper89"]].to_numpy()
    assert np.isfinite(ends).all()
    assert (np.diff(ends, axis=1) > 0).all()
    for row in table.itertuples():
        prior = spec.priors[row.parameter]
        assert row.prior == str(prior)
        assert row.default == (prior == PRIOR_TABLE[row.parameter].default)
        assert row.unit
        assert row.meaning
        assert row.reason
    head, *edges = told.graph.splitlines()
    assert head == "flowchart LR"
    assert edges
    assert all(" --> " in edge for edge in edges)


def test_every_prior_of_a_shipped_hypothesis_is_in_its_equations() -> None:
    for name in ("joint", "loss_law", "trend"):
        spec = load_spec(name)
        text = "\n".join(describe(spec).equations)
        # priors of the typical benchmark, which the text states through the benchmarks' own
        silent = {"d_share", "irreducible_share", "pivot_loss", "ceiling"}
        missing = [p for p in spec.priors if p not in text and p not in silent]
        assert missing == []


def test_the_description_follows_the_axes() -> None:
    def told(**changes: object) -> str:
        return "\n".join(describe(Spec(**{**raw, **changes})).equations)

    raw = {"name": "x", "blocks": ("loss", "link", "growth")}
    assert "irreducible_loss_b" in told()
    assert "irreducible_loss_b" not in told(loss={"law": "power"})
    assert "growth_rate (t" not in told(growth={"trend": "constant"})
    assert "D = 60 N_hat" in told()
    assert "D = 1e+12" in told(reference_tokens={"rule": "fixed", "value": 1e12})
    assert "N_i (active)" in told(growth={"parameter_count": "active"})
    assert "N_hat_i exp(deviation_ib)" in told(growth={"deviation": "size"})
    assert "11'), where" not in told(loss={"size_effects": False})


@pytest.mark.parametrize(
    ("name", "equation"),
    [
        ("size_term", "log rho_i ~ Normal(trend(t_i) + size_exponent (log N_i - mean log N), "),
        ("active", "N_hat_i = N_i (active) rho_i"),
        ("estimated_weight", "log N_i = (1 - active_weight) log N_total_i + active_weight log N_a"),
        ("family", "log rho_i ~ Normal(trend(t_i) + family_effect_f(i), dispersion)"),
        ("benchmark_slopes", "N_hat_ib = N_hat_i exp(benchmark_slope_b (t_i - mean t))"),
    ],
)
def test_the_description_states_what_parts_llms_beside_the_trend(name: str, equation: str) -> None:
    assert equation in "\n".join(describe(load_spec(name)).equations)
    assert equation not in "\n".join(describe(load_spec("joint")).equations)


def test_the_description_of_a_frontier_says_who_stays_behind_it() -> None:
    told = "\n".join(describe(load_spec("joint_frontier")).equations)
    assert "log rho_i = trend(t_i) - inefficiency_i + scatter_i" in told
    assert "inefficiency_i ~ HalfNormal(inefficiency_sd)" in told
    assert "skew-normal" in told
    assert "log rho_i ~ Normal(trend(t_i), dispersion)" not in told
    even = "\n".join(describe(load_spec("joint")).equations)
    assert "log rho_i ~ Normal(trend(t_i), dispersion)" in even
    assert "inefficiency" not in even


def test_the_description_of_a_cut_says_what_is_passed_on() -> None:
    spec = load_spec("joint_cut")
    told = "\n".join(describe(spec).equations)
    assert "law_k ~ p(loss law | reference runs), k = 1..24" in told
    assert "no feedback to the loss law" in told
    fewer = Spec(**{**dict(spec), "information": {"flow": "cut", "reference_draws": 5}})
    assert "k = 1..5" in "\n".join(describe(fewer).equations)
    assert "feedback" not in "\n".join(describe(load_spec("joint")).equations)


@pytest.mark.parametrize(
    ("name", "nearest"), [("joimt", "joint"), ("no-growth", "no_growth"), ("losslaw", "loss_law")]
)
def test_a_misspelt_name_gets_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(SpecError, match=f"no hypothesis '{name}'; did you mean '{nearest}'"):
        load_spec(name)


def test_a_name_like_no_other_gets_them_all() -> None:
    with pytest.raises(SpecError, match=r"known: .*joint, joint_1T,.*no_growth,.* trend"):
        load_spec("zzzz")


def test_the_headline_says_of_what_it_is_the_rate() -> None:
    label = load_spec("joint").headline_label
    for part in ("base LLMs", "total parameters", "60 tokens per effective", "exponential"):
        assert part in label
    assert "reference runs alone" not in label
    assert "reference runs alone" in load_spec("joint_cut").headline_label
    assert "frontier (half-normal" in load_spec("joint_frontier").headline_label
    assert "published series" in load_spec("trend").headline_label
    assert "no rate" in load_spec("loss_law").headline_label


def test_a_published_series_may_grow_at_any_pace() -> None:
    rate = load_spec("trend").priors["growth_rate"]
    assert rate.ppf(0.999) > 40
