"""A fit from the command line with a clock in it: import, compile, tune, sample, read out."""

import time

_BEGAN = time.perf_counter()

import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from importlib import import_module  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from unittest import mock  # noqa: E402

__all__ = ["run"]

_OFTEN = 10  # milliseconds between reports of a chain


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Fit as the command does, noting how long each stage takes.

    Parameters
    ----------
    options : dict
        ``command``: the arguments of ``bayesdensing``; ``out``: the run's folder among them;
        ``warmth``: a file to write, optional.

    Returns
    -------
    dict
        Seconds of each stage, the exit code, and the run's checks, steps and moments.
    """
    from bayesdensing.cli import main

    for name in ("bayesdensing.sampling", "bayesdensing.fitting", "bayesdensing.plots"):
        import_module(name)

    imported = time.perf_counter()
    # what is printed is not the result of the task
    sys.stdout = sys.stderr
    with _listening() as clock:
        code = main(options["command"])
    total = time.perf_counter() - _BEGAN
    if "warmth" in options and clock.warmth is not None:
        from benchmarks.walks import save_warmth

        save_warmth(Path(options["warmth"]), clock.warmth)
    summary = json.loads((Path(options["out"]) / "summary.json").read_text("utf-8"))
    timing, last = summary["timing_s"], clock.last_s
    warm = clock.share_of_tuning()
    import_s = imported - _BEGAN
    return {
        "code": code,
        "import_s": import_s,
        "compile_s": timing["compile"],
        "tune_s": timing["sample"] - last + warm * last,
        "sample_s": (1 - warm) * last,
        "read_out_s": total - import_s - timing["compile"] - timing["sample"],
        "total_s": total,
        "converged": summary["diagnostics"]["converged"],
        "reasons": summary["diagnostics"]["reasons"],
        "max_rhat": summary["diagnostics"]["max_rhat"],
        "min_ess_bulk": summary["diagnostics"]["min_ess_bulk"],
        **_headline(summary),
        **_steps(Path(options["out"])),
    }


@dataclass
class _Clock:
    """What was heard from the sampler."""

    last_s: float = 0.0
    warmth: Any = None
    chains: list[list[tuple[float, bool]]] = field(default_factory=list)

    def share_of_tuning(self) -> float:
        """Return the share of its time that a chain of the last stage tunes, the median one's."""
        shares = []
        for heard in self.chains:
            times = [at for at, _ in heard]
            tuned = [at for at, tuning in heard if not tuning]
            if len(times) > 1 and tuned and times[-1] > times[0]:
                shares.append((tuned[0] - times[0]) / (times[-1] - times[0]))
        return statistics.median(shares) if shares else 0.0


@contextmanager
def _listening() -> Iterator[_Clock]:
    """Time the last stage of the sampler, and hear from each of its chains."""
    import nutpie

    from bayesdensing.inference import engine

    clock = _Clock()
    stage, sample, single = engine.Sampler._run, engine.Sampler.sample, nutpie.sample

    def timed_stage(self: Any, *args: Any) -> Any:
        clock.chains = []
        began = time.perf_counter()
        found = stage(self, *args)
        clock.last_s = time.perf_counter() - began
        return found

    def noted_sample(self: Any, **plan: Any) -> Any:
        found = sample(self, **plan)
        clock.warmth = found.warmth
        return found

    def heard_chain(*args: Any, **plan: Any) -> Any:
        heard: list[tuple[float, bool]] = [(time.perf_counter(), True)]
        clock.chains.append(heard)

        def hear(states: Any) -> None:
            heard.append((time.perf_counter(), bool(states[0].tuning)))

        return single(*args, **{**plan, "progress_callback": hear, "progress_rate": _OFTEN})

    with (
        mock.patch.object(engine.Sampler, "_run", timed_stage),
        mock.patch.object(engine.Sampler, "sample", noted_sample),
        mock.patch.object(nutpie, "sample", heard_chain),
    ):
        yield clock


def _headline(summary: dict[str, Any]) -> dict[str, Any]:
    rate = summary["parameters"]["growth_rate"]
    return {
        "doubling_time_days": summary["headline"]["doubling_time_days"]["median"],
        "headline_ess_bulk": rate["ess_bulk"],
        "n_llms": summary["data"]["n_models"],
        "n_scores": summary["data"]["n_scores"],
    }


def _steps(run: Path) -> dict[str, Any]:
    """Return the leapfrog steps of a draw (median) and of all kept draws."""
    import xarray as xr

    with xr.open_datatree(run / "posterior.nc") as tree:
        steps = tree["sample_stats"]["n_steps"].load()
    return {
        "steps_per_draw": float(steps.median()),
        "steps": int(steps.sum()),
        "draws": int(steps.size),
    }
