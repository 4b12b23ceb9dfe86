"""Single outcomes left out, and parameters held, as data of one model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayesdensing.assembly import assemble
from bayesdensing.assembly.weighing import (
    assemble_weighing,
    held_places,
    hold,
    neutral,
    parts_of,
    weight_name,
)
from bayesdensing.data import DataBundle
from bayesdensing.spec import load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=6))


def test_units_are_all_that_was_seen_and_each_can_be_left_out(bundle: DataBundle) -> None:
    spec = load_spec("joint")
    assembled = assemble_weighing(spec, bundle)
    model = assembled.model
    with model:
        parts = parts_of(spec, bundle, model)
    outputs = [model.logp(), *model.replace_rvs_by_values([part.terms for part in parts])]
    evaluate: Any = model.compile_fn(outputs, on_unused_input="ignore")
    rng = np.random.default_rng(1)
    point = {k: v + 0.05 * rng.normal(size=np.shape(v)) for k, v in model.initial_point().items()}
    whole, *terms = evaluate(point)

    plain = assemble(spec, bundle).model
    assert whole == pytest.approx(plain.compile_logp()(point), rel=1e-9)
    seen = {part.kind: values.sum() for part, values in zip(parts, terms, strict=True)}
    for kind, name in (("score", "score"), ("run", "log_loss"), ("point", "link_score")):
        variable = plain.compile_logp(vars=[plain[name]])
        assert seen[kind] == pytest.approx(variable(point), rel=1e-9)
    assert [len(part.labels) for part in parts] == [len(values) for values in terms]
    pairs = {f"llm-{i:02d} | {name}" for i in range(6) for name in ("MMLU", "BBH")}
    assert set(parts[0].labels) == pairs
    assert "runs of 1e+07 parameters | MMLU" in parts[1].labels  # three runs share a size

    for part, values in zip(parts, terms, strict=True):
        weight = np.ones(len(values))
        weight[2] = 0
        model.set_data(weight_name(part.kind), weight)
        assert evaluate(point)[0] == pytest.approx(whole - values[2], rel=1e-9)
        model.set_data(weight_name(part.kind), np.ones(len(values)))

    places = held_places(assembled)
    assert "log_density" not in places
    level = point["level"] if "level" in point else None
    assert level is not None
    for name, value in hold(places, {"level": (np.array(level + 0.3), np.array(0.1))}).items():
        model.set_data(name, value)
    assert evaluate(point)[0] == pytest.approx(whole - 4.5, rel=1e-9)
    for name, value in neutral(model).items():
        model.set_data(name, value)
    assert evaluate(point)[0] == pytest.approx(whole, rel=1e-12)


def test_published_values_have_no_units_but_llms(bundle: DataBundle) -> None:
    spec = load_spec("trend")
    assembled = assemble_weighing(spec, bundle)
    assert parts_of(spec, bundle, assembled.model) == ()
    assert set(held_places(assembled)) == {"level", "growth_rate", "dispersion"}


def test_until_something_is_held_entries_that_sum_to_zero_count_as_before(
    bundle: DataBundle,
) -> None:
    spec = load_spec("benchmark_slopes")
    plain, assembled = assemble(spec, bundle).model, assemble_weighing(spec, bundle)
    slopes = held_places(assembled)["benchmark_slope"]
    assert slopes.stop - slopes.start == len(assembled.model.coords["benchmark"] or ())
    point = plain.initial_point()
    expected, found = (float(model.compile_logp()(point)) for model in (plain, assembled.model))
    assert found == pytest.approx(expected)
