"""The posteriors that are measured: the packaged data, and simulated worlds of any size."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SIZES", "SMALL", "PausedSeries", "World", "sizes"]

#: LLMs of the worlds over which growth is measured.
SIZES = (50, 160, 500, 1000, 1600, 5000)
#: Evaluators with which an LLM of such a world has about ten scores.
_EVALUATORS = 5


@dataclass(frozen=True)
class World:
    """A simulated world.

    Attributes
    ----------
    n_llms, n_evaluators : int
        LLMs and evaluators.
    seed : int
        Seed of design, truth and data.
    benchmarks : tuple of str
        Benchmarks; empty: all of the packaged data.
    doubling_days : float
        True doubling time.
    """

    n_llms: int
    n_evaluators: int
    seed: int = 1
    benchmarks: tuple[str, ...] = ()
    doubling_days: float = 120.0

    @property
    def name(self) -> str:
        """A short name."""
        return f"{self.n_llms} LLMs"

    def make(self, folder: Path) -> Path:
        """Draw the world and write its bundle.

        Parameters
        ----------
        folder : pathlib.Path
            Where it is written.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        from bayesdensing.data import load_data
        from bayesdensing.simulation.study import Setting, make_world
        from bayesdensing.spec import load_spec

        spec = load_spec("joint")
        if self.benchmarks:
            axis = spec.data.model_copy(update={"benchmarks": self.benchmarks})
            spec = spec.model_copy(update={"data": axis})
        setting = Setting(self.doubling_days, self.n_llms, self.n_evaluators, self.seed)
        return make_world(spec, load_data(), setting).save(folder)


#: A world so small that the model also converges as it is written.
SMALL = World(50, 1, benchmarks=("MMLU", "BBH"))


@dataclass(frozen=True)
class PausedSeries:
    """A series of densities whose growth pauses, so that it changes twice.

    To a hypothesis that knows one change either date will do: its posterior has two modes.

    Attributes
    ----------
    seed : int
        Seed of dates and departures.
    n_llms : int
        LLMs.
    years : float
        Time that they span.
    pause : tuple of float
        First and last moment of the pause (years from the first date).
    rate : float
        Growth rate outside the pause (1/year); within it is 0.
    dispersion : float
        Standard deviation of the log density about its trend.
    """

    seed: int = 1
    n_llms: int = 100
    years: float = 6.0
    pause: tuple[float, float] = (2.0, 4.0)
    rate: float = 2.0
    dispersion: float = 0.5

    @property
    def name(self) -> str:
        """A short name."""
        return f"dispersion {self.dispersion:g}, seed {self.seed}"

    def make(self, folder: Path) -> Path:
        """Draw the series and write its bundle.

        Parameters
        ----------
        folder : pathlib.Path
            Where it is written.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        import numpy as np
        import pandas as pd

        from bayesdensing.data import DataBundle

        rng = np.random.default_rng(self.seed)
        years = np.sort(rng.uniform(0, self.years, self.n_llms))
        begin, end = self.pause
        growing = np.minimum(years, begin) + np.clip(years - end, 0, None)
        value = np.exp(self.rate * growing + self.dispersion * rng.normal(size=self.n_llms))
        llms = pd.DataFrame({
            "model": [f"llm-{i:03d}" for i in range(self.n_llms)], "organization": "lab",
            "release_date": pd.Timestamp("2018-01-01") + pd.to_timedelta(years * 365.25, unit="D"),
        })  # fmt: skip
        llms["release_date"] = llms["release_date"].dt.normalize()
        models = llms.assign(
            family=llms["model"], n_params=1e9, n_params_active=1e9, is_base=True, is_moe=False,
            compression="none", source="simulated",
        )  # fmt: skip
        densities = llms.drop(columns="organization").assign(
            series="simulated", value=value, value_lo95=value * np.exp(-0.1),
            value_hi95=value * np.exp(0.1), on_record=False, source="simulated",
        )  # fmt: skip
        made = DataBundle.from_frames(name="growth-that-pauses", models=models, densities=densities)
        return made.to_directory(folder)


def sizes(largest: int) -> list[World]:
    """Return the worlds over which growth is measured, smallest first.

    Parameters
    ----------
    largest : int
        LLMs of the largest.

    Returns
    -------
    list of World
        Worlds of about ten scores an LLM.
    """
    return [World(n, _EVALUATORS) for n in SIZES if n <= largest]
