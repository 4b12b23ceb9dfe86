"""What commands of many fits share: where they are made, and how long."""

from typing import Annotated

import typer

from bayesdensing.errors import SpecError

__all__ = ["DrawsOption", "SchedulerOption", "TuneOption", "WorkersOption", "refuse_both"]

DrawsOption = Annotated[int | None, typer.Option(min=4, help="Draws kept per chain.")]
TuneOption = Annotated[int | None, typer.Option(min=1, help="Warm-up per chain.")]

WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Processes of one thread each to fit in.  [default: this process alone]",
    ),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Dask scheduler whose workers fit, such as tcp://10.0.0.1:8786.",
    ),
]


def refuse_both(workers: int | None, scheduler: str | None) -> None:
    """Refuse two places to fit in.

    Parameters
    ----------
    workers : int or None
        Processes asked for.
    scheduler : str or None
        Address asked for.

    Raises
    ------
    SpecError
        Where both are given.
    """
    if workers is not None and scheduler is not None:
        raise SpecError("--workers and --scheduler: give one, a scheduler has its own workers")
