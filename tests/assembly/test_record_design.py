"""Records of a series: what stands when, and flags that cannot be those of records."""

import numpy as np
import pandas as pd
import pymc as pm
import pytest

from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import record_design
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws import records
from bayesdensing.spec import Spec

SPEC = Spec(name="x", blocks=("published",), data={"records": "only"})
VALUES = {"2023-01-01": 1.0, "2023-03-01": 0.5, "2023-06-01": 3.0, "2024-01-01": 2.0}


def bundle_of(values=VALUES, on_record=(True, False, True, False), **columns):
    frame = pd.DataFrame(
        {
            "series": "made",
            "model": [f"llm-{i}" for i in range(len(values))],
            "release_date": pd.to_datetime(list(values)),
            "value": list(values.values()),
            "on_record": list(on_record),
            "source": "made",
            **columns,
        }
    )
    return DataBundle.from_frames(
        name="made",
        densities=frame,
        sources=pd.DataFrame({"source": ["made"], "citation": ["made up"]}),
    )


def test_the_record_stands_until_it_is_beaten_or_observation_ends():
    design = record_design(SPEC, bundle_of())
    np.testing.assert_allclose(np.exp(design.standing), [1, 1, 3, 3])
    assert design.llms == ("llm-0", "llm-2")
    assert design.record.tolist() == [0, 2]
    assert design.dates[-1] == "2024-01-01"
    assert design.node_weight.sum() == pytest.approx(design.years[-1] - design.years[0])


def test_observation_starts_with_the_first_record():
    design = record_design(SPEC, bundle_of(on_record=(False, False, True, False)))
    assert design.dates == ("2023-06-01", "2024-01-01")


def test_errors_are_those_of_what_stands():
    ends = {"value_lo95": [0.8, np.nan, 2.0, np.nan], "value_hi95": [1.3, np.nan, 4.0, np.nan]}
    design = record_design(SPEC, bundle_of(**ends))
    own = np.log([1.3 / 0.8, 4.0 / 2.0]) / (2 * 1.959964)
    np.testing.assert_allclose(design.log_error, [own[0], own[0], own[1], own[1]])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((False, False, False, False), "no value of series made is flagged on_record"),
        ((True, True, False, False), "do not rise with time: llm-0 .* llm-1"),
        ((True, False, False, False), "llm-2 of series made lies above the record before it"),
        ((False, False, False, True), "need two dates or more"),
    ],
)
def test_flags_that_are_not_of_records_are_refused(flags, message):
    with pytest.raises(DataNeedError, match=message):
        record_design(SPEC, bundle_of(on_record=flags))


def test_the_model_has_the_likelihood_of_the_law():
    bundle = bundle_of()
    model, design = assemble(SPEC, bundle).model, record_design(SPEC, bundle)
    values = {"level": 0.3, "growth_rate": 0.8, "dispersion": 0.7, "arrival_rate": 12.0}
    observed = model["log_record"]
    fixed = pm.do(model, values)
    found = float(pm.logp(fixed["log_record"], design.standing).eval())
    expected = records.log_likelihood(
        design.standing,
        mean=0.3 + 0.8 * design.years,
        sd=np.full(4, 0.7),
        node_mean=0.3 + 0.8 * design.node_years,
        node_sd=0.7,
        node_weight=design.node_weight,
        node_before=design.node_before,
        arrival_rate=12.0,
    )
    assert found == pytest.approx(float(expected))
    assert observed in model.observed_RVs
