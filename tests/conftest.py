"""What every test shares: a compile cache of its own, no windows, repeatable properties."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

# Processes that share a compile cache race for its files and then sample from half-written
# code, so each test process (xdist starts several) gets one. It has to be named before PyTensor
# is imported.
_compile_dir = tempfile.mkdtemp(prefix="bayesdensing-tests-")
atexit.register(shutil.rmtree, _compile_dir, ignore_errors=True)
# Our own store of compiled models is written whole, so all workers of a run share that part.
if "BAYESDENSING_TESTS_CODE" not in os.environ:
    _code_dir = tempfile.mkdtemp(prefix="bayesdensing-tests-code-")
    os.environ["BAYESDENSING_TESTS_CODE"] = _code_dir  # the workers' processes inherit it
    atexit.register(shutil.rmtree, _code_dir, ignore_errors=True)
os.symlink(os.environ["BAYESDENSING_TESTS_CODE"], os.path.join(_compile_dir, "bayesdensing"))
_flags = [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={_compile_dir}"]
os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, _flags))

os.environ["MPLBACKEND"] = "Agg"

# Time on a shared machine says nothing about a property; in CI the same examples run every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close what a test has drawn; figures left open pile up and end in a warning."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session", autouse=True)
def compilers_untraced() -> Iterator[None]:
    """Keep coverage from following compilers: none of our code runs there, and it costs a third."""
    if "nutpie" not in sys.modules:  # no test of this session compiles a model
        yield
        return
    compile_pymc_model = sys.modules["nutpie"].compile_pymc_model

    def untraced(*args: Any, **kwargs: Any) -> Any:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return compile_pymc_model(*args, **kwargs)
        finally:
            sys.settrace(tracer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["nutpie"], "compile_pymc_model", untraced)
        yield


@pytest.fixture(scope="session")
def tiny_frames() -> Callable[..., dict[str, Any]]:
    """Return a maker of the tables of a small bundle whose truth is known."""
    import numpy as np
    import pandas as pd
    from scipy.special import expit

    benchmarks = ("MMLU", "BBH")

    def loss(b: int, n: Any, d: Any) -> Any:
        return 0.05 + (30 + 5 * b) * n ** -(0.3 + 0.02 * b) + 60 * d**-0.29

    def make(*, n_llms: int = 20, rate: float = 1.5, seed: int = 1) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        runs = [
            ("suite", f"{n:.0e}-{ratio}x", benchmark, n, ratio * n, "nats", "made up")
            for b, benchmark in enumerate(benchmarks)
            for n in (1e7, 3e7, 1e8, 3e8, 1e9)
            for ratio in (10, 30, 60)
        ]
        columns = ["suite", "run", "benchmark", "n_params", "n_tokens", "loss_unit", "source"]
        reference_runs = pd.DataFrame(runs, columns=columns)
        code = reference_runs["benchmark"].map(dict(zip(benchmarks, (0, 1), strict=True)))
        exact = loss(code, reference_runs["n_params"], reference_runs["n_tokens"])
        reference_runs["loss"] = exact * np.exp(0.01 * rng.normal(size=len(runs)))
        points = [
            ("suite", f"p{i}", benchmark, x, 0.25 + 0.7 * expit(-20 * (x - 0.2)), "fit", "made up")
            for benchmark in benchmarks
            for i, x in enumerate(np.linspace(0.1, 0.4, 6))
        ]
        days = rng.integers(0, 900, n_llms)
        sizes = np.exp(rng.uniform(np.log(1e9), np.log(7e10), n_llms)).round()
        llms = pd.DataFrame(
            {
                "model": [f"llm-{i:02d}" for i in range(n_llms)],
                "family": "family",
                "organization": "lab",
                "release_date": pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D"),
                "n_params": sizes,
                "n_params_active": (sizes / 2).round(),
                "is_base": True,
                "is_moe": False,
                "compression": "none",
                "source": "made up",
            }
        )
        log_density = -0.5 + rate * (days - 450) / 365.25 + 0.4 * rng.normal(size=n_llms)
        scores = []
        for i, name in enumerate(llms["model"]):
            size = sizes[i] * np.exp(log_density[i])
            for b, benchmark in enumerate(benchmarks):
                w = -20 * (loss(b, size, 60 * size) - 0.2) + 0.3 * rng.normal()
                for k, evaluator in enumerate(("harness", "lab")[: 1 + i % 2]):
                    score = 0.25 + 0.7 * expit(w + 0.1 * k) + 0.01 * rng.normal()
                    scores.append((name, benchmark, evaluator, np.clip(score, 0, 1), "made up"))
        value = np.exp(log_density)
        return {
            "benchmarks": pd.DataFrame(
                {"benchmark": benchmarks, "n_items": [14042, 6511], "chance": [0.25, 0.25]}
            ).assign(source="made up"),
            "reference_runs": reference_runs,
            "loss_scores": pd.DataFrame(
                points,
                columns=["suite", "point", "benchmark", "loss", "score", "role", "source"],
            ),
            "models": llms,
            "scores": pd.DataFrame(
                scores, columns=["model", "benchmark", "evaluator", "score", "source"]
            ),
            "densities": pd.DataFrame(
                {
                    "series": "made",
                    "model": llms["model"],
                    "release_date": llms["release_date"],
                    "value": value,
                    "value_lo95": value * np.exp(-0.6),
                    "value_hi95": value * np.exp(0.6),
                    "on_record": False,
                    "source": "made up",
                }
            ),
        }

    return make
