"""Children of known change of density, put into a fit of random numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bayesdensing.analysis.ruler import Ruler
from bayesdensing.laws.score import shifted
from tests.analysis.scored import N_ITEMS
from tests.analysis.synthetic import BENCHMARKS


def with_children(fit, changes, *, seed=1):
    """Put children into a fit's bundle: method to true changes of log density, a pair each.

    Children have a third of the parameters, quantised ones all of them, and a departure of their
    own; the harness scores them.
    """
    rng = np.random.default_rng(seed)
    truth = fit.posterior.isel(chain=[0], draw=[0])
    ruler = Ruler.from_posterior(truth, fit.spec)
    models, scores = fit.data.models, fit.data.scores
    measured = [(label.split(" | "), s) for label, s in zip(
        fit.idata["observed_data"]["score_obs"].values,
        fit.idata["observed_data"]["score"].values, strict=True)]  # fmt: skip
    scores = pd.DataFrame(
        [(*names, score, "made up") for names, score in measured],
        columns=["model", "benchmark", "evaluator", "score", "source"],
    )
    rows, measurements, n = [], [], 0
    for method, amounts in changes.items():
        for amount in amounts:
            parent = models.iloc[n % len(models)]
            quantised = method.startswith("quantized")
            size = parent["n_params"] / (1 if quantised else 3)
            name = f"child-{n:02d}"
            rows.append(
                parent.to_dict()
                | {
                    "model": name,
                    "n_params": round(size),
                    "n_params_active": round(size),
                    "parent": parent["model"],
                    "compression": method.split(",")[0],
                    "weight_bits": 4.0 if quantised else np.nan,
                }
            )
            i = fit.posterior["llm"].to_numpy().tolist().index(parent["model"])
            log_size = float(truth["log_density"][0, 0, i]) + amount + np.log(size)
            for b, benchmark in enumerate(BENCHMARKS):
                reach = float(truth["deviation_sd"][0, 0, b])
                score = ruler.score(
                    np.array([[log_size]]), np.array([b]), departure=reach * rng.normal()
                )
                score = shifted(score, float(truth["evaluator_effect"][0, 0, 0, b]))
                noise = np.hypot(0.02, np.sqrt(score * (1 - score) / N_ITEMS[b]))
                drawn = np.clip(float((score + noise * rng.normal())[0, 0]), 0, 1)
                measurements.append((name, benchmark, "harness", drawn, "made up"))
            n += 1
    frames = fit.data.frames
    frames["models"] = pd.concat([models, pd.DataFrame(rows)], ignore_index=True)
    new = pd.DataFrame(measurements, columns=scores.columns)
    frames["scores"] = pd.concat([scores, new], ignore_index=True).assign(n_shots=np.nan)
    return replace(fit, data=replace(fit.data, _frames=frames))
