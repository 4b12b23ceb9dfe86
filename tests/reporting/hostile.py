"""A fit every text of which tries to run a script."""

from dataclasses import replace

import numpy as np
import xarray as xr

from bayesdensing.analysis import Fit
from bayesdensing.data import DataBundle
from tests.analysis.scored import make_scored_fit

ATTACK = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2>'\"&{{7*7}}"


def attack(text: object) -> str:
    return f"{text} {ATTACK}"


def hostile_fit() -> Fit:
    fit = make_scored_fit(
        diagnostics={
            "converged": False,
            "reasons": (attack("R-hat"),),
            "worst_parameter": attack("worst"),
        }
    )
    names = {dim: [attack(n) for n in fit.posterior[dim].to_numpy()] for dim in DIMS}
    observed = fit.idata["observed_data"].to_dataset()
    labels = [
        " | ".join(map(attack, str(label).split(" | "))) for label in observed["score_obs"].values
    ]
    posterior = fit.posterior.assign_coords({dim: np.array(n) for dim, n in names.items()})
    constants = fit.constants.assign_coords(llm=np.array(names["llm"]))
    posterior.attrs = dict(fit.posterior.attrs) | {"loss_unit": attack("nats")}
    return replace(
        fit,
        spec=fit.spec.model_copy(
            update={"title": attack("title"), "description": attack("description")}
        ),
        data=hostile_data(fit.data),
        idata=xr.DataTree.from_dict(
            {
                "posterior": posterior,
                "constant_data": constants,
                "observed_data": observed.assign_coords(score_obs=np.array(labels)),
            }
        ),
        versions={attack("library"): attack("1.0")},
    )


DIMS = ("llm", "benchmark", "evaluator")
COLUMNS = {
    "benchmarks": ("benchmark", "source"),
    "reference_runs": ("suite", "run", "benchmark", "loss_unit", "source"),
    "loss_scores": ("suite", "point", "benchmark", "source"),
    "models": ("model", "family", "organization", "source"),
    "scores": ("model", "benchmark", "evaluator", "source"),
}


def hostile_data(data: DataBundle) -> DataBundle:
    tables = data.frames
    for table, columns in COLUMNS.items():
        for column in columns:
            tables[table][column] = tables[table][column].map(attack)
    tables.pop("sources", None)
    return DataBundle.from_frames(name=attack("name"), version=attack("version"), **tables)
