"""What a hypothesis takes from a bundle, and what it says when the bundle does not serve."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayesdensing.assembly import Assembled, design
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec, load_spec

Tiny = Callable[..., DataBundle]
Make = Callable[..., Assembled]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def add(**values: Any) -> Change:
    """Return a change that repeats a table's rows with other values."""
    return lambda frame: pd.concat([frame, frame.assign(**values)], ignore_index=True)


def put(column: str, values: Any) -> Change:
    return lambda frame: frame.assign(**{column: values})


# --- what does not serve --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "table"),
    [
        (("loss",), "reference_runs"),
        (("link",), "loss_scores"),
        (("link",), "benchmarks"),
        (("loss", "link", "growth"), "models"),
        (("loss", "link", "growth"), "scores"),
        (("loss", "link", "growth"), "reference_runs"),
        (("published",), "densities"),
    ],
)
def test_a_missing_table_is_named(
    make: Make, tiny: Tiny, blocks: tuple[str, ...], table: str
) -> None:
    gone: dict[str, None] = {table: None}
    if table == "models":
        gone["scores"] = None
    with pytest.raises(DataNeedError, match=rf"(models|scores|{table})\.csv is missing"):
        make(tiny(**gone), blocks=blocks)


def test_several_suites_are_listed_and_one_can_be_chosen(make: Make, tiny: Tiny) -> None:
    bundle = tiny(reference_runs=add(suite="another"))
    with pytest.raises(
        DataNeedError, match=r"several suite values.*\[data\] suite: another, suite"
    ):
        make(bundle, blocks=("loss",))
    with pytest.raises(DataNeedError, match="no suite 'third'; there are: another, suite"):
        make(bundle, blocks=("loss",), data={"suite": "third"})
    chosen = make(bundle, blocks=("loss", "link"), data={"suite": "suite"})
    assert len(chosen.model.coords["reference_run"]) == 30


def test_the_link_follows_the_suite_of_the_runs(make: Make, tiny: Tiny) -> None:
    bundle = tiny(loss_scores=add(suite="another"))
    assert len(make(bundle, blocks=("loss", "link")).model.coords["link_point"]) == 12
    with pytest.raises(DataNeedError, match=r"loss_scores\.csv: several suite values"):
        make(bundle, blocks=("link",))


def test_several_series_are_listed_and_one_can_be_chosen(make: Make, tiny: Tiny) -> None:
    bundle = tiny(densities=add(series="another", value=9.0, value_lo95=8.0, value_hi95=10.0))
    with pytest.raises(DataNeedError, match=r"\[data\] series: another, made"):
        make(bundle, blocks=("published",))
    chosen = make(bundle, blocks=("published",), data={"series": "another"})
    np.testing.assert_allclose(chosen.constants["log_value"][1], np.log(9))
    assert chosen.attrs["quantity"] == "another"


def test_a_benchmark_without_rows_is_named(make: Make) -> None:
    with pytest.raises(DataNeedError, match=r"reference_runs\.csv: no usable rows on MATH"):
        make(data={"benchmarks": ("MMLU", "MATH")})


def test_no_common_benchmark_is_said(make: Make, tiny: Tiny) -> None:
    bundle = tiny(
        loss_scores=lambda f: f[f["benchmark"] == "MMLU"],
        reference_runs=lambda f: f[f["benchmark"] == "BBH"],
    )
    with pytest.raises(
        DataNeedError,
        match=r"no benchmark has rows in all of: reference_runs\.csv \(BBH\), "
        r"loss_scores\.csv \(MMLU\), scores\.csv \(BBH, MMLU\)",
    ):
        make(bundle)


def test_held_out_points_are_not_used(make: Make, tiny: Tiny) -> None:
    held = tiny(loss_scores=lambda f: f.assign(role=["held_out", "fit"] * 6))
    assert len(make(held, blocks=("link",)).model.coords["link_point"]) == 6
    with pytest.raises(DataNeedError):
        make(tiny(loss_scores=put("role", "held_out")), blocks=("link",), data={
            "benchmarks": ("MMLU",)
        })  # fmt: skip


def test_a_trend_needs_three_llms_and_two_dates(make: Make, tiny: Tiny) -> None:
    few = tiny(scores=lambda f: f[f["model"].isin(["llm-00", "llm-01"])])
    with pytest.raises(DataNeedError, match="only 2 LLMs with scores are left"):
        make(few)
    same = tiny(models=put("release_date", "2024-02-02"))
    with pytest.raises(DataNeedError, match="LLMs with scores share one release date"):
        make(same)
    with pytest.raises(DataNeedError, match="only 2 values of series made"):
        make(tiny(densities=lambda f: f.head(2)), blocks=("published",))
    with pytest.raises(DataNeedError, match="values of series made share one release date"):
        make(tiny(densities=put("release_date", "2024-02-02")), blocks=("published",))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"released_from": "2030-01-01"},
            r"no LLMs with scores are left.* 0 released from 2030-01-01 on \(their dates: 20",
        ),
        (
            {"released_until": "2010-01-01"},
            r"no LLMs with scores are left.* 0 released until 2010-01-01 \(their dates: 20",
        ),
        (
            {"min_scores": 9},
            r"\d+ with scores, 0 with 9 benchmarks or more \(\[data\] min_scores; "
            r"the most of one LLM: 2\)",
        ),
    ],
)
def test_the_rule_that_leaves_no_llm_is_said_with_counts(
    make: Make, tiny: Tiny, data: dict[str, Any], words: str
) -> None:
    bundle = tiny()
    with pytest.raises(DataNeedError, match=words) as refused:
        make(bundle, data=data)
    assert f"of {len(bundle.frames['models'])} in models.csv" in str(refused.value)


def test_a_bundle_without_base_models_is_said_with_counts(make: Make, tiny: Tiny) -> None:
    with pytest.raises(DataNeedError) as refused:
        make(tiny(models=put("is_base", False)))
    assert str(refused.value).endswith(
        ": of 20 in models.csv are 0 base models (data.base_only = true)"
    )


def test_one_llm_that_is_left_is_one(make: Make, tiny: Tiny) -> None:
    few = tiny(scores=lambda f: f[f["model"] == "llm-00"])
    with pytest.raises(DataNeedError, match="only one of the LLMs with scores is left"):
        make(few)


def test_dates_that_leave_no_value_are_said(make: Make, tiny: Tiny) -> None:
    for records in ("all", "only"):
        data = {"released_from": "2030-01-01", "records": records}
        with pytest.raises(DataNeedError, match=r"no values of series made.* 0 are released from"):
            make(tiny(), blocks=("published",), data=data)


# --- what is taken --------------------------------------------------------------------------------


def test_benchmarks_are_those_that_all_blocks_have_in_the_bundles_order(
    make: Make, tiny: Tiny
) -> None:
    assert make().model.coords["benchmark"] == ("MMLU", "BBH")
    only = tiny(loss_scores=lambda f: f[f["benchmark"] == "BBH"])
    assert make(only).model.coords["benchmark"] == ("BBH",)
    assert make(only, blocks=("loss",)).model.coords["benchmark"] == ("MMLU", "BBH")
    named = make(data={"benchmarks": ("BBH", "MMLU")})
    assert named.model.coords["benchmark"] == ("BBH", "MMLU")


def llms(assembled: Assembled) -> set[str]:
    return set(assembled.model.coords["llm"])


def test_instruction_tuned_llms_are_left_out_unless_asked_for(make: Make, tiny: Tiny) -> None:
    mixed = tiny(models=put("is_base", [i != 3 for i in range(20)]))
    everyone = {f"llm-{i:02d}" for i in range(20)}
    assert llms(make(mixed)) == everyone - {"llm-03"}
    assert llms(make(mixed, data={"base_only": False})) == everyone


def test_compressed_llms_are_left_out_unless_asked_for(make: Make, tiny: Tiny) -> None:
    kinds = ["none", "pruned", "distilled", "quantized", "pruned+distilled"]
    mixed = tiny(models=put("compression", kinds * 4))
    assert len(llms(make(mixed))) == 8
    assert len(llms(make(mixed, data={"compressed": True}))) == 20


def test_llms_with_too_few_benchmarks_are_left_out(make: Make, tiny: Tiny) -> None:
    def drop(scores: pd.DataFrame) -> pd.DataFrame:
        return scores[~((scores["model"] == "llm-05") & (scores["benchmark"] == "BBH"))]

    bundle = tiny(scores=drop)
    assert "llm-05" in llms(make(bundle))
    assert llms(make(bundle, data={"min_scores": 2})) == llms(make()) - {"llm-05"}


def test_dates_bound_the_llms_both_ends_included(make: Make, tiny: Tiny) -> None:
    frame = tiny().models
    assert frame is not None
    dates = frame["release_date"].sort_values()
    first, last = dates.iloc[4], dates.iloc[15]
    window = {"released_from": first.date(), "released_until": last.date()}
    kept = set(frame.loc[frame["release_date"].between(first, last), "model"])
    assert llms(make(data=window)) == kept
    assert llms(make(blocks=("published",), data=window)) == kept


def test_llms_without_scores_are_not_in_the_model(make: Make, tiny: Tiny) -> None:
    bundle = tiny(scores=lambda f: f[f["model"] != "llm-07"])
    assert llms(make(bundle)) == llms(make()) - {"llm-07"}


def test_the_parameter_count_is_total_or_active(make: Make) -> None:
    total = make().constants["n_params"][1]
    active = make(growth={"parameter_count": "active"}).constants["n_params"][1]
    np.testing.assert_allclose(active, total / 2, rtol=1e-8)


def test_time_is_in_years_from_the_mean_date(make: Make, tiny: Tiny) -> None:
    made = make()
    frame = tiny().models
    assert frame is not None
    frame = frame.set_index("model").loc[list(made.model.coords["llm"])]
    reference = pd.Timestamp(made.attrs["reference_date"])
    years = (frame["release_date"] - reference).dt.days / 365.25
    np.testing.assert_allclose(made.constants["years"][1], years)
    assert abs(years.mean()) < 1 / 365
    assert made.attrs["data_start"] == str(frame["release_date"].min().date())
    assert made.attrs["data_end"] == str(frame["release_date"].max().date())
    decimal = made.constants["release_year"][1]
    np.testing.assert_allclose(np.diff(decimal), np.diff(years), atol=1e-9)
    assert 2023 <= decimal.min() < decimal.max() < 2025.6


def test_published_intervals_become_errors_of_the_log(make: Make, tiny: Tiny) -> None:
    made = make(blocks=("published",))
    np.testing.assert_allclose(made.constants["log_error"][1], 1.2 / 3.92, rtol=1e-4)
    bare = tiny(densities=lambda f: f.drop(columns=["value_lo95", "value_hi95"]))
    assert (make(bare, blocks=("published",)).constants["log_error"][1] == 0).all()


def test_runs_of_one_size_are_a_group_where_most_sizes_have_several(make: Make, tiny: Tiny) -> None:
    assert "size_effect_sd" in make(blocks=("loss",)).model.named_vars
    single = tiny(reference_runs=lambda f: f[f["run"].str.endswith("10x")])
    assert "size_effect_sd" not in make(single, blocks=("loss",)).model.named_vars
    asked = make(blocks=("loss",), loss={"size_effects": False})
    assert "size_effect_sd" not in asked.model.named_vars


# --- outcomes decide nothing ----------------------------------------------------------------------

OUTCOMES = {"score", "log_loss", "loss"}


def test_outcomes_change_nothing_but_themselves(tiny: Tiny) -> None:
    def shuffled(column: str) -> Change:
        return lambda f: f.assign(**{column: f[column].sample(frac=1, random_state=1).to_numpy()})

    spec = Spec(name="x", blocks=("loss", "link", "growth"))
    one = tiny()
    other = tiny(scores=shuffled("score"), reference_runs=shuffled("loss"))
    assert design.benchmarks_of(spec, one) == design.benchmarks_of(spec, other)
    for make in (design.loss_design, design.score_design, design.point_design):
        ours = make(spec, one, ("MMLU", "BBH"))
        theirs = make(spec, other, ("MMLU", "BBH"))
        for field in fields(ours):
            same = np.array_equal(getattr(ours, field.name), getattr(theirs, field.name))
            assert same or field.name in OUTCOMES, field.name


# --- the packaged bundle --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packaged() -> DataBundle:
    return load_data()


def test_the_packaged_bundle_serves_the_default_with_every_measurement(
    packaged: DataBundle,
) -> None:
    spec = load_spec("joint")
    benchmarks = design.benchmarks_of(spec, packaged)
    assert set(benchmarks) == {"MMLU", "BBH", "MATH", "MBPP", "HumanEval"}
    scores = design.score_design(spec, packaged, benchmarks)
    assert len(scores.llms) >= 250
    assert len(scores.score) == 1458
    assert len(scores.pair_llm) == len(scores.pair_count)
    assert scores.pair_count.sum() == 1458
    assert len(set(scores.labels)) == 1458
    runs = design.loss_design(spec, packaged, benchmarks)
    assert len(runs.log_loss) == 33 * 5
    assert runs.repeated
    assert len(design.point_design(spec, packaged, benchmarks).score) == 50


def test_the_packaged_series_have_to_be_chosen(packaged: DataBundle) -> None:
    spec = load_spec("trend")
    with pytest.raises(DataNeedError, match="nmi_5bench, nmi_mmlu, nmi_mmlu_cf"):
        design.published_design(spec, packaged)
    chosen = spec.model_copy(update={"data": spec.data.model_copy(update={"series": "nmi_5bench"})})
    assert len(design.published_design(chosen, packaged).llms) == 51
