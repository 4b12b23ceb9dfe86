"""The posteriors that are measured: the packaged data, and simulated worlds of any size."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SIZES", "SMALL", "World", "sizes"]

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
