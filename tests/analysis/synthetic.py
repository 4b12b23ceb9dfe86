"""Fits made of random numbers, so that readings and plots are tested without sampling."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis import Fit
from bayesdensing.data import DataBundle
from bayesdensing.inference import Diagnostics
from bayesdensing.spec import Spec, load_spec

BENCHMARKS = ("MMLU", "BBH")
EVALUATORS = ("harness", "self-reported")
REFERENCE_DATE = "2024-01-01"


def make_diagnostics(**changes: Any) -> Diagnostics:
    good: dict[str, Any] = {
        "converged": True,
        "max_rhat": 1.004,
        "min_ess_bulk": 700.0,
        "min_ess_tail": 800.0,
        "divergences": 0,
        "max_depth_share": 0.0,
        "min_ebfmi": 0.9,
        "modes": (),
        "worst_parameter": "n_exponent[MMLU]",
        "reasons": (),
    }
    return Diagnostics(**(good | changes))


def make_data(
    *, n_llms: int = 12, benchmarks: Sequence[str] = BENCHMARKS, seed: int = 1
) -> DataBundle:
    """A bundle of benchmarks with reference runs, loss-score points and scores of LLMs on all."""
    rng = np.random.default_rng(seed)
    llms = [f"llm-{i:02d}" for i in range(n_llms)]
    dates = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.linspace(0, 730, n_llms), unit="D")
    sizes = np.geomspace(1e9, 7e10, n_llms)[rng.permutation(n_llms)]
    runs = [(f"run-{n:.0e}", n) for n in (1e7, 1e8, 1e9)]
    return DataBundle.from_frames(
        name="synthetic",
        version="1",
        benchmarks=pd.DataFrame(
            {"benchmark": benchmarks, "n_items": 5000, "chance": 0.25, "source": "made up"}
        ),
        reference_runs=pd.DataFrame(
            [
                ("suite", run, benchmark, n, 20 * n, 3 * n**-0.1, "nats")
                for run, n in runs
                for benchmark in benchmarks
            ],
            columns=["suite", "run", "benchmark", "n_params", "n_tokens", "loss", "loss_unit"],
        ).assign(source="made up"),
        loss_scores=pd.DataFrame(
            [
                ("suite", f"point-{loss}", benchmark, loss, 0.3 + 0.1 / loss**0.5, role)
                for loss, role in ((0.4, "fit"), (0.2, "fit"), (0.1, "fit"), (0.05, "held_out"))
                for benchmark in benchmarks
            ],
            columns=["suite", "point", "benchmark", "loss", "score", "role"],
        ).assign(source="made up"),
        models=pd.DataFrame(
            {
                "model": llms,
                "family": [f"family-{i // 3}" for i in range(n_llms)],
                "organization": "lab",
                "release_date": dates.strftime("%Y-%m-%d"),
                "n_params": sizes.round(),
                "is_base": True,
                "is_moe": False,
                "compression": "none",
                "source": "made up",
            }
        ),
        scores=pd.DataFrame(
            [
                (llm, benchmark, "harness", 0.3 + 0.5 * rng.random(), "made up")
                for llm in llms
                for benchmark in benchmarks
            ],
            columns=["model", "benchmark", "evaluator", "score", "source"],
        ),
    )


def make_fit(
    *,
    rate: Any = None,
    spec: str | Spec = "joint",
    chains: int = 4,
    draws: int = 250,
    n_llms: int = 12,
    benchmarks: Sequence[str] = BENCHMARKS,
    diagnostics: Mapping[str, Any] | None = None,
    leave_out: Sequence[str] = (),
    seed: int = 1,
) -> Fit:
    """A fit whose draws are random: `rate` is (chain, draw) or None for 1.7 per year +- 0.12."""
    rng = np.random.default_rng(seed)
    data = make_data(n_llms=n_llms, benchmarks=benchmarks)
    models = data.models
    assert models is not None
    shape = (chains, draws)
    rate = rng.normal(1.7, 0.12, shape) if rate is None else np.asarray(rate, dtype=float)
    days = models["release_date"] - pd.Timestamp("2000-01-01")
    release_year = 2000 + days.dt.days.to_numpy() / 365.25
    years = release_year - 2024
    level = rng.normal(-0.5, 0.1, shape)
    own = rng.normal(0, 0.7, n_llms)
    mean = level[..., None] + 1.7 * years + own
    log_density = mean + rng.normal(0, 0.2, (*shape, n_llms))
    by_benchmark = {
        "irreducible_loss": 0.05, "n_coefficient": 30.0, "n_exponent": 0.3,
        "d_coefficient": 60.0, "d_exponent": 0.29, "floor": 0.25, "ceiling": 0.96,
        "midpoint_loss": 0.15, "link_slope": 20.0, "deviation_sd": 0.4, "pivot_loss": 0.4,
    }  # fmt: skip
    cd = ("chain", "draw")
    variables: dict[str, Any] = {
        "growth_rate": (cd, rate),
        "level": (cd, level),
        "dispersion": (cd, rng.lognormal(-0.4, 0.1, shape)),
        "log_density": ((*cd, "llm"), log_density),
        "evaluator_effect": (
            (*cd, "evaluator", "benchmark"),
            rng.normal(0, 0.1, (*shape, len(EVALUATORS), len(benchmarks))),
        ),
    }
    for name, value in by_benchmark.items():
        spread = 1 + 0.02 * rng.normal(size=(*shape, len(benchmarks)))
        variables[name] = ((*cd, "benchmark"), value * spread)
    posterior = xr.Dataset(
        {name: value for name, value in variables.items() if name not in leave_out},
        coords={
            "chain": range(chains),
            "draw": range(draws),
            "llm": models["model"].to_numpy(),
            "benchmark": list(benchmarks),
            "evaluator": list(EVALUATORS),
        },
        attrs={
            "reference_date": REFERENCE_DATE,
            "data_start": "2023-01-01",
            "data_end": "2024-12-31",
            "quantity": "capability density",
            "loss_unit": "nats",
            "n_scores": str(len(benchmarks) * n_llms),
            "n_reference_runs": str(3 * len(benchmarks)),
        },
    )
    constants = xr.Dataset(
        {
            "n_params": ("llm", models["n_params"].to_numpy()),
            "release_year": ("llm", release_year),
            "years": ("llm", years),
            "n_scores": ("llm", np.full(n_llms, 2)),
        },
        coords={"llm": models["model"].to_numpy()},
    )
    return Fit(
        spec=load_spec(spec),
        data=data,
        idata=xr.DataTree.from_dict({"posterior": posterior, "constant_data": constants}),
        diagnostics=make_diagnostics(**(diagnostics or {})),
        seed=20241206,
        timing={"compile": 1.0, "sample": 2.0, "total": 3.5},
        versions={"bayesdensing": "0.1.0", "pymc": "6.4.0"},
        model_factory=lambda: "the model",  # type: ignore[arg-type,return-value]
    )
