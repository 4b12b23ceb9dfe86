"""What a part is told: how often, how long, how large, and where its files go."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """Settings of a measurement.

    Attributes
    ----------
    runs : int
        Repeats of everything that is timed as a whole.
    minutes : float
        Cap of one process.
    largest : int
        LLMs of the largest world.
    seed : int
        Seed of the first run; later ones count up.
    scratch : pathlib.Path
        Folder for worlds, runs and compiled programs, made anew and removed.
    draws, tune : int or None
        Draws and warm-up of a chain, for trying out; None: those of the hypothesis.
    peers : tuple of str
        Peers to measure.
    """

    runs: int
    minutes: float
    largest: int
    seed: int
    scratch: Path
    draws: int | None = None
    tune: int | None = None
    peers: tuple[str, ...] = ("plain", "numpyro", "stan")

    @property
    def lengths(self) -> dict[str, int]:
        """Draws and warm-up, as far as they are not the hypothesis' own."""
        given = {"draws": self.draws, "tune": self.tune}
        return {name: value for name, value in given.items() if value is not None}
