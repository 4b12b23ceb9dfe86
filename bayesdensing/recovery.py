"""The recovery study: worlds of known growth are fitted, truth is laid beside the estimate."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from bayesdensing.analysis import Fit
from bayesdensing.analysis.intervals import quantiles
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.files import write_text
from bayesdensing.fitting import fit, resolved
from bayesdensing.laws.trend import doubling_days, rate_of_doubling
from bayesdensing.simulation import Setting, make_world, settings
from bayesdensing.spec import Spec

__all__ = ["COLUMNS", "in_own_process", "recover", "row_of"]

#: Columns of the table, in their order; rates per year, doubling times in days.
COLUMNS = (
    "world", "n_llms", "n_evaluators", "true_doubling_days", "doubling_days", "eti95_lb",
    "eti95_ub", "eti999_lb", "eti999_ub", "prob_rate_not_positive", "in95", "in999", "match",
    "converged", "max_rhat", "min_ess_bulk", "divergences", "seconds", "seed", "spec_sha256",
)  # fmt: skip


def recover(
    spec: str | Path | Spec = "joint",
    *,
    template: DataBundle | None = None,
    out: str | Path | None = None,
    worlds: Sequence[Setting] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    apart: bool = False,
    **sampler: int | None,
) -> pd.DataFrame:
    """Fit worlds of known growth and lay the truth beside the estimate.

    Parameters
    ----------
    spec : str, Path or Spec
        A hypothesis with all blocks, from which the worlds are drawn and to which they are fitted.
    template : DataBundle, optional
        Gives the worlds' design; the packaged data where not given.
    out : str or Path, optional
        CSV file that each finished row is added to; worlds that it holds already, of the same
        hypothesis and seed, are not fitted again.
    worlds : sequence of Setting, optional
        The worlds; the sixteen of `settings` where not given.
    tell : callable
        Called with a line per world.
    apart : bool
        Fit each world in a process of its own, with which the memory goes that compiling takes
        and never gives back; a script that asks for it has to guard its main part
        (``if __name__ == "__main__"``).
    **sampler : int or None
        ``draws``, ``tune``, ``chains`` as for `fit`.

    Returns
    -------
    pandas.DataFrame
        One row per world, columns `COLUMNS`: ``match`` is ``yes`` where the truth lies in the
        equal-tailed 95 % interval, ``near`` where only in that of 99.9 %, else ``NO``.

    Raises
    ------
    DataNeedError
        For a hypothesis without a growth block, and where `out` is another file than such a table.
    """
    hypothesis = resolved(spec, **sampler)
    if "growth" not in hypothesis.blocks:
        raise DataNeedError(f"{hypothesis.name} has no growth block: there is no rate to recover")
    if hypothesis.growth.shape.bends:
        raise DataNeedError(
            f"{hypothesis.name} has a rate of its own at every date: the study is of one rate"
        )
    if hypothesis.growth.trend == "constant":
        raise DataNeedError(f"{hypothesis.name} holds the rate at 0: there is no rate to recover")
    design = load_data() if template is None else template
    chosen = settings() if worlds is None else worlds
    done = _done(out, hypothesis)
    for number, setting in enumerate(chosen, start=1):
        if (setting.name, setting.seed) in done:
            continue
        given = (hypothesis, design, setting)
        row = in_own_process(_fitted_row, *given) if apart else _fitted_row(*given)
        done[setting.name, setting.seed] = row
        tell(f"world {number} of {len(chosen)}: {setting.name}: {row['match']}")
        if out is not None:
            _write(Path(out), list(done.values()))
    rows = [done[setting.name, setting.seed] for setting in chosen]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fitted_row(spec: Spec, design: DataBundle, setting: Setting) -> dict[str, Any]:
    world = make_world(spec, design, setting)
    return row_of(fit(spec, world.data, seed=setting.seed, progress=False), setting)


def in_own_process(work: Callable[..., Any], *given: Any) -> Any:
    """Do work in a process that ends with it.

    Parameters
    ----------
    work : callable
        A function of a module.
    *given : object
        Its arguments, picklable.

    Returns
    -------
    object
        What it returns.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def row_of(found: Fit, setting: Setting) -> dict[str, Any]:
    """Return a row of the study's table.

    Parameters
    ----------
    found : Fit
        Fit of the world.
    setting : Setting
        The world.

    Returns
    -------
    dict
        By `COLUMNS`.
    """
    rate = found.growth_rate()
    truth = rate_of_doubling(setting.doubling_days)
    ends = {p: tuple(map(float, quantiles(rate, probability=p))) for p in (0.95, 0.999)}
    inside = {p: bool(low <= truth <= high) for p, (low, high) in ends.items()}
    days = {p: doubling_days([high, low]) for p, (low, high) in ends.items()}
    d = found.diagnostics
    return {
        "world": setting.name,
        "n_llms": setting.n_llms,
        "n_evaluators": setting.n_evaluators,
        "true_doubling_days": setting.doubling_days,
        "doubling_days": float(doubling_days(float(rate.median()))),
        "eti95_lb": days[0.95][0],
        "eti95_ub": days[0.95][1],
        "eti999_lb": days[0.999][0],
        "eti999_ub": days[0.999][1],
        "prob_rate_not_positive": found.prob_rate_not_positive(),
        "in95": inside[0.95],
        "in999": inside[0.999],
        "match": "yes" if inside[0.95] else "near" if inside[0.999] else "NO",
        "converged": d.converged,
        "max_rhat": d.max_rhat,
        "min_ess_bulk": d.min_ess_bulk,
        "divergences": d.divergences,
        "seconds": found.timing["total"],
        "seed": setting.seed,
        "spec_sha256": found.spec.sha256,
    }


def _done(out: str | Path | None, spec: Spec) -> dict[tuple[str, int], dict[str, Any]]:
    if out is None or not Path(out).exists():
        return {}
    try:
        table = pd.read_csv(out)
    except ValueError:  # not even a table
        table = pd.DataFrame()
    if not set(COLUMNS) <= set(table.columns):
        raise DataNeedError(f"{out} is no table of a recovery study: choose another file")
    table = table[table["spec_sha256"] == spec.sha256]
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return {(row["world"], int(row["seed"])): row for row in rows}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
