"""Random fits that hold the scores they were made from: one of their own draws is the truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis import Fit
from bayesdensing.analysis.ruler import Ruler
from bayesdensing.laws.deviation import sample_scores, sample_tails
from tests.analysis.synthetic import BENCHMARKS, EVALUATORS, REFERENCE_DATE, make_fit

N_ITEMS = np.array([14042.0, 6511.0])


def make_scored_fit(
    *, n_llms: int = 12, chains: int = 2, draws: int = 100, seed: int = 1, **settings: Any
) -> Fit:
    """Every LLM is scored by the harness on both benchmarks; every second reports itself too."""
    fit = make_fit(n_llms=n_llms, chains=chains, draws=draws, seed=seed, **settings)
    rng = np.random.default_rng(1000 + seed)
    shape = (chains, draws)

    def about(value: Any, *more: int) -> np.ndarray:
        return np.asarray(value * (1 + 0.002 * rng.normal(size=(*shape, *more))))

    cd = ("chain", "draw")
    # what LLMs share is nearly known, as after a fit to many: else all scores would be off together
    shared = {
        name: (variable.dims, about(variable.to_numpy()[0, 0], *variable.shape[2:]))
        for name, variable in fit.posterior.items()
        if name != "log_density"
    }
    posterior = fit.posterior.assign(
        **shared,
        overdispersion=((*cd, "benchmark"), about(0.02, 2)),
        evaluator_sd=((*cd, "benchmark"), about(0.15, 2)),
        score_df=(cd, about(5.0)),
    )
    llm, benchmark, evaluator = np.array(
        [(i, b, e) for i in range(n_llms) for b in range(2) for e in range(2 - i % 2)]
    ).T
    labels = [
        f"{posterior['llm'].values[i]} | {BENCHMARKS[b]} | {EVALUATORS[e]}"
        for i, b, e in zip(llm, benchmark, evaluator, strict=True)
    ]
    truth = posterior.isel(chain=[0], draw=[0])
    years = fit.constants["release_year"].to_numpy() - 2024
    score = _scores(rng, fit, truth, llm, benchmark, evaluator)
    observed = xr.Dataset({"score": ("score_obs", score)}, coords={"score_obs": labels})
    tree = {
        "posterior": posterior,
        "constant_data": fit.constants.assign(years=("llm", years)),
        "observed_data": observed,
    }
    return replace(fit, idata=xr.DataTree.from_dict(tree))


def _scores(
    rng: np.random.Generator,
    fit: Fit,
    truth: xr.Dataset,
    llm: np.ndarray,
    benchmark: np.ndarray,
    evaluator: np.ndarray,
) -> np.ndarray:
    pairs, pair = np.unique(np.stack([llm, benchmark]), axis=1, return_inverse=True)
    i, b = pairs
    log_n = np.log(fit.constants["n_params"].to_numpy())
    log_size = (log_n + truth["log_density"].to_numpy()[0, 0])[i][None]
    tails = sample_tails(rng, df=truth["score_df"].to_numpy()[0, 0], size=(1, len(i)))
    reach = truth["deviation_sd"].to_numpy()[0, 0][b] * tails * rng.normal(size=tails.shape)
    drawn = sample_scores(
        rng,
        pair_score=Ruler.from_posterior(truth, fit.spec).score(log_size, b, departure=reach),
        tails=tails,
        n_items=N_ITEMS[b],
        overdispersion=truth["overdispersion"].to_numpy()[0, 0][b][None],
        effect=truth["evaluator_effect"].to_numpy()[0, 0][evaluator, benchmark][None],
        obs_pair=pair,
    )
    return drawn[0]


def new_rows(*rows: tuple[str, str, str, float], **columns: Any) -> pd.DataFrame:
    """Rows of (model, benchmark, evaluator, score), all of one size and date."""
    table = pd.DataFrame(rows, columns=["model", "benchmark", "evaluator", "score"])
    return table.assign(**({"n_params": 7e9, "release_date": REFERENCE_DATE} | columns))
