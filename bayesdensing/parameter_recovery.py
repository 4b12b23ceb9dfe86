"""Worlds that hold one parameter at known values, fitted: coverage and bias of its estimates."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.files import write_text
from bayesdensing.fitting import resolved
from bayesdensing.refitting import Refit, Refitter, Task
from bayesdensing.simulation import simulate, typical_values
from bayesdensing.spec import Spec

__all__ = ["COLUMNS", "bias_table", "recover_parameter"]

#: Columns of the table, in their order; the parameter's own unit.
COLUMNS = (
    "parameter", "truth", "seed", "median", "mean", "eti95_lb", "eti95_ub", "in95", "max_rhat",
    "divergences", "seconds", "spec_sha256",
)  # fmt: skip
_FLOATS = ("truth", "median", "mean", "eti95_lb", "eti95_ub", "max_rhat", "seconds")
#: Of each chain; the template's fit before them has the lengths of the hypothesis.
_DRAWS, _TUNE = 500, 400
#: True doubling time (days) of every world.
_DOUBLING_DAYS = 120.0


def recover_parameter(
    spec: str | Path | Spec,
    name: str,
    truths: Sequence[float],
    *,
    n_worlds: int = 8,
    template: DataBundle | None = None,
    out: str | Path | None = None,
    first_seed: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Fit worlds that hold a parameter at known values.

    Parameters
    ----------
    spec : str, Path or Spec
        A hypothesis with all blocks and joint flow, from which the worlds are drawn and to which
        they are fitted.
    name : str
        One of its parameters, a single number.
    truths : sequence of float
        Values that it is held at, in its own unit.
    n_worlds : int
        Worlds per value, each with a seed of its own.
    template : DataBundle, optional
        Gives the worlds' design, all LLMs of it; the packaged data where not given.
    out : str or Path, optional
        CSV file that each finished row is added to; worlds that it holds already, of the same
        hypothesis, are not fitted again.
    first_seed : int
        Seed of the first world; the others follow.
    tell : callable
        Called with a line per world.

    Returns
    -------
    pandas.DataFrame
        One row per world, columns `COLUMNS`.

    Raises
    ------
    DataNeedError
        For a hypothesis without such a parameter or without a growth block, one that is cut, and
        where `out` is another file than such a table.
    """
    hypothesis = resolved(spec)
    _refuse(hypothesis, name)
    design = load_data() if template is None else template
    seeds = range(first_seed, first_seed + len(truths) * n_worlds)
    asked = dict(zip(seeds, np.repeat(np.asarray(truths, dtype=float), n_worlds), strict=True))
    done = _done(out, hypothesis, name)
    missing = {seed: float(truth) for seed, truth in asked.items() if (truth, seed) not in done}
    if missing:
        usual = typical_values(hypothesis, design, doubling_days=_DOUBLING_DAYS)

        def world(seed: int, truth: float) -> DataBundle:
            return simulate(hypothesis, design, seed=seed, given={**usual, name: truth}).data

        # the first world of all, whatever is missing: what comes out depends on no table
        refitter = Refitter(
            hypothesis, world(first_seed, float(asked[first_seed])), seed=first_seed
        )
        for number, (seed, truth) in enumerate(missing.items(), start=1):
            task = Task(str(seed), world(seed, truth), seed)
            row = _row(refitter.fit(task, draws=_DRAWS, tune=_TUNE), hypothesis, name, truth)
            done[truth, seed] = row
            tell(
                f"world {number} of {len(missing)}: {name} {truth:g}: {row['median']:.3f}, "
                f"{row['eti95_lb']:.3f} to {row['eti95_ub']:.3f}"
            )
            if out is not None:
                _write(Path(out), list(done.values()))
    rows = [done[float(truth), seed] for seed, truth in asked.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def bias_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how often intervals hold the truth, and average the errors of the medians.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `recover_parameter`, of one parameter.

    Returns
    -------
    pandas.DataFrame
        One row per truth and, where there are several, one of all (truth NaN): ``worlds``,
        ``in95`` (how many intervals hold the truth), ``bias`` (mean of median less truth),
        ``bias_se`` (its standard error over worlds; NaN for one), ``rmse``, ``median_width``
        (of the 95 % intervals); the parameter's own unit.
    """
    cells = [(truth, cell) for truth, cell in rows.groupby("truth", sort=True)]
    if len(cells) > 1:
        cells.append((np.nan, rows))
    counts = []
    for truth, cell in cells:
        error = (cell["median"] - cell["truth"]).to_numpy()
        n = len(error)
        counts.append(
            {
                "truth": truth,
                "worlds": n,
                "in95": int(cell["in95"].sum()),
                "bias": float(error.mean()),
                "bias_se": float(error.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan,
                "rmse": float(np.sqrt(np.mean(error**2))),
                "median_width": float((cell["eti95_ub"] - cell["eti95_lb"]).median()),
            }
        )
    return pd.DataFrame(counts)


def _refuse(spec: Spec, name: str) -> None:
    if "growth" not in spec.blocks:
        raise DataNeedError(f"{spec.name} has no growth block: its worlds are of no typical kind")
    if spec.information.flow == "cut":
        raise DataNeedError(f"{spec.name} is cut, a fit under each of many reference draws")
    if name not in spec.priors:
        raise DataNeedError(
            f"{spec.name} has no parameter {name}: it has {', '.join(sorted(spec.priors))}"
        )


def _row(found: Refit, spec: Spec, name: str, truth: float) -> dict[str, Any]:
    values = found.posterior[name]
    if set(values.dims) != {"chain", "draw"}:
        raise DataNeedError(f"{name} has a value per {', '.join(map(str, values.dims[2:]))}")
    low, middle, high = np.quantile(values.to_numpy(), [0.025, 0.5, 0.975])
    return {
        "parameter": name,
        "truth": truth,
        "seed": found.task.seed,
        "median": float(middle),
        "mean": float(values.mean()),
        "eti95_lb": float(low),
        "eti95_ub": float(high),
        "in95": bool(low <= truth <= high),
        "max_rhat": found.diagnostics.max_rhat,
        "divergences": found.diagnostics.divergences,
        "seconds": found.seconds,
        "spec_sha256": spec.sha256,
    }


def _done(out: str | Path | None, spec: Spec, name: str) -> dict[tuple[float, int], dict[str, Any]]:
    if out is None or not Path(out).exists():
        return {}
    try:
        table = pd.read_csv(out)
    except ValueError:  # not even a table
        table = pd.DataFrame()
    if not set(COLUMNS) <= set(table.columns):
        raise DataNeedError(f"{out} is no table of such worlds: choose another file")
    table = table[(table["spec_sha256"] == spec.sha256) & (table["parameter"] == name)]
    # a whole number in a file is an int to whoever reads it
    table = table.astype(dict.fromkeys(_FLOATS, float))
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return {(float(row["truth"]), int(row["seed"])): row for row in rows}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
