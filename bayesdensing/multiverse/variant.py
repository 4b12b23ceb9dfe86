"""A hypothesis and data with other choices made, one or several at once."""

from dataclasses import dataclass, replace

from bayesdensing.analysis.dependence import CROSS
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec

__all__ = ["AS_IS", "Variant"]

#: The axis of the hypothesis as it is.
AS_IS = "as it is"


@dataclass(frozen=True)
class Variant:
    """A hypothesis and data with one choice made otherwise, or several.

    Attributes
    ----------
    axis, choice : str
        What is chosen, and how; joined by `CROSS` where it is several.
    spec : Spec
        The hypothesis.
    without : tuple of str
        LLMs that are left out.
    evaluators : tuple of str
        Evaluators whose scores are used; empty: all.
    same_graph : bool
        Whether it is the model of the hypothesis as it is, with other values of the priors'
        parameters or without some LLMs: nothing has to be compiled for it.
    left_out : pair of str, optional
        Kind and name of a single unit that is left out: scores of an LLM on a benchmark, reference
        runs, a loss-score point.
    cell : tuple of pairs of str
        Where it lies in a factorial grid: each axis with its choice; empty: in none.
    """

    axis: str
    choice: str
    spec: Spec
    without: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()
    same_graph: bool = False
    left_out: tuple[str, str] | None = None
    cell: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """A name of its own."""
        return f"{self.axis}={self.choice}"

    def differs_from(self, spec: Spec) -> bool:
        """Tell whether it is another choice than the one that a hypothesis has made.

        Parameters
        ----------
        spec : Spec
            The hypothesis.

        Returns
        -------
        bool
            False where nothing is made otherwise.
        """
        return (
            bool(self.without or self.evaluators or self.left_out)
            or self.spec.sha256 != spec.sha256
        )

    def joined(self, other: "Variant") -> "Variant":
        """Return the choice of another axis made beside its own.

        Parameters
        ----------
        other : Variant
            Made of this one's hypothesis.

        Returns
        -------
        Variant
            Both together.

        Raises
        ------
        DataNeedError
            Where no evaluator is left.
        """
        both = self.evaluators or other.evaluators
        if self.evaluators and other.evaluators:
            both = tuple(name for name in self.evaluators if name in other.evaluators)
            if not both:
                raise DataNeedError(f"{self.key} and {other.key} together leave no evaluator")
        own = self.axis != AS_IS
        return replace(
            other,
            axis=f"{self.axis}{CROSS}{other.axis}" if own else other.axis,
            choice=f"{self.choice}{CROSS}{other.choice}" if own else other.choice,
            without=tuple(dict.fromkeys([*self.without, *other.without])),
            evaluators=both,
            same_graph=self.same_graph and other.same_graph,
        )

    def data_of(self, data: DataBundle) -> DataBundle:
        """Return the data that it takes.

        Parameters
        ----------
        data : DataBundle
            All data.

        Returns
        -------
        DataBundle
            Without what is left out.
        """
        if not self.evaluators and not self.without:
            return data
        frames = data.frames
        for name in ("scores", "models", "densities"):
            if name in frames:
                rows = frames[name]
                frames[name] = rows[~rows["model"].isin(self.without)]
        if self.evaluators:
            rows = frames["scores"]
            frames["scores"] = rows[rows["evaluator"].isin(self.evaluators)]
        return DataBundle.from_frames(name=f"{data.name}, {self.key}", version="1", **frames)
