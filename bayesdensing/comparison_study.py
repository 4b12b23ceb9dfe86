"""The comparison study: worlds of known trends, and how often a comparison finds them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.comparison import BEST, WORSE
from bayesdensing.comparing import compare
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.files import write_text
from bayesdensing.fitting import DEFAULT_SEED, resolved
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import Spec

__all__ = ["COLUMNS", "TRENDS", "curve_of", "make_series", "study", "study_table"]

#: Columns of the rows of the study.
COLUMNS = (
    "truth", "n_llms", "world", "hypothesis", "elpd", "elpd_diff", "diff_se", "verdict",
    "simplest", "weight", "reliable", "converged", "doubling_time_days", "seed", "spec_sha256",
)  # fmt: skip

_YEARS, _START = 3.0, pd.Timestamp("2022-06-01")
#: Growth rate (1/yr): doubling in 120 days, about that of the packaged data.
_RATE = float(np.log(2) / 120 * DAYS_PER_YEAR)

#: Trends by name: years since the middle to log values. The change is in the middle, to twice the
#: rate; saturation is logistic, with the same rate at its start.
TRENDS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": lambda years: 0 * years,
    "exponential": lambda years: _RATE * years,
    "changepoint": lambda years: _RATE * (years + np.maximum(years, 0)),
    "saturating": lambda years: _RATE * years - np.log1p(np.exp(_RATE * years)),
}


def make_series(
    trend: str, *, n_llms: int = 150, dispersion: float = 0.9, seed: int = 0
) -> DataBundle:
    """Make a bundle of dated values of a known trend.

    Parameters
    ----------
    trend : str
        One of `TRENDS`.
    n_llms : int
        Values, evenly spaced over three years: worlds of one size share their dates, and so the
        compiled models.
    dispersion : float
        Sd of log values about the trend; that of the packaged data is about 0.9.
    seed : int
        Seed.

    Returns
    -------
    DataBundle
        One series, without errors of its values.

    Raises
    ------
    DataNeedError
        For an unknown trend.
    """
    if trend not in TRENDS:
        raise DataNeedError(f"no trend {trend!r}; there are: {', '.join(TRENDS)}")
    rng = np.random.default_rng(seed)
    years = _years(n_llms)
    log_value = curve_of(trend, n_llms)[1] + dispersion * rng.normal(size=n_llms)
    return DataBundle.from_frames(
        name=f"{trend}-{n_llms}-{seed}",
        densities=pd.DataFrame(
            {
                "series": "made",
                "model": [f"llm-{i:04d}" for i in range(n_llms)],
                "release_date": (
                    _START + pd.to_timedelta(np.floor(years * DAYS_PER_YEAR), unit="D")
                ).strftime("%Y-%m-%d"),
                "value": np.exp(log_value),
                "on_record": False,
                "source": "simulated",
            }
        ),
    )


def curve_of(trend: str, n_llms: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve about which the values of a world lie.

    Parameters
    ----------
    trend : str
        One of `TRENDS`.
    n_llms : int
        Values.

    Returns
    -------
    tuple of ndarray, shape (llm,)
        Years since the middle, and log values.
    """
    years = _years(n_llms) - _YEARS / 2
    return years, TRENDS[trend](years)


def study(
    hypotheses: Mapping[str, str | Path | Spec],
    *,
    sizes: Sequence[int] = (50, 150, 500),
    worlds: int = 10,
    dispersion: float = 0.9,
    seed: int = DEFAULT_SEED,
    out: str | Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
    **sampler: int | None,
) -> pd.DataFrame:
    """Compare hypotheses on worlds that are made from the trend of each.

    Parameters
    ----------
    hypotheses : mapping of str to str, Path or Spec
        Trend, of `TRENDS`, to the hypothesis of published values that states it.
    sizes : sequence of int
        Values of a world.
    worlds : int
        Worlds of each trend and size.
    dispersion : float
        Sd of log values about the trend.
    seed : int
        Seed of the first world; the others follow.
    out : str or Path, optional
        CSV file that rows are added to after each world; worlds that it holds already, of the same
        hypotheses and seed, are not made again.
    tell : callable
        Called with a line per world.
    **sampler : int or None
        ``draws``, ``tune``, ``chains`` as for `fit`.

    Returns
    -------
    pandas.DataFrame
        One row per world and hypothesis, columns `COLUMNS`.

    Raises
    ------
    DataNeedError
        For an unknown trend.
    """
    specs = {
        trend: resolved(spec, **sampler).model_copy(update={"name": trend})
        for trend, spec in hypotheses.items()
    }
    rows = _done(out, specs)
    have = {(row["truth"], int(row["n_llms"]), int(row["seed"])) for row in rows}
    for truth in specs:
        for size in sizes:
            for world in range(worlds):
                own = seed + world
                if (truth, size, own) in have:
                    continue
                data = make_series(truth, n_llms=size, dispersion=dispersion, seed=own)
                found = compare(list(specs.values()), data, seed=own, progress=False).table
                for row in found.to_dict("records"):
                    known: dict[str, Any] = {str(k): v for k, v in row.items()}
                    known |= {"truth": truth, "n_llms": size, "world": world, "seed": own}
                    known["spec_sha256"] = specs[row["hypothesis"]].sha256
                    rows.append({name: known[name] for name in COLUMNS})
                tell(f"{truth}, {size} values, world {world + 1} of {worlds}: {_first(found)}")
                if out is not None:
                    _write(Path(out), rows)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _first(found: pd.DataFrame) -> str:
    alike = int((found["verdict"] != WORSE).sum())
    return f"{found['hypothesis'].iloc[0]} first, {alike - 1} alike"


def study_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how often the true trend is found.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `study`.

    Returns
    -------
    pandas.DataFrame
        One row per true trend and number of values: ``worlds``, and how many of them put the true
        one ``first``; put it first and all others beyond two standard errors (``found``); cannot
        tell it from the best (``cannot_tell``: one or more hypotheses are within two standard
        errors of the best, the true one among them); or put it beyond two standard errors from
        the best (``missed``). In ``simplest`` the true one has the fewest parameters of those that
        cannot be told apart from the best: a trend is a special case of one that may also bend,
        which predicts as well but for what its further parameters cost.
    """
    counts = []
    for _, cell in rows.groupby(["truth", "n_llms"], sort=False):
        truth, size = cell["truth"].iloc[0], cell["n_llms"].iloc[0]
        count = {"first": 0, "simplest": 0, "found": 0, "cannot_tell": 0, "missed": 0}
        for _, world in cell.groupby("seed"):
            verdicts = world.set_index("hypothesis")["verdict"]
            alike = [name for name, verdict in verdicts.items() if verdict != WORSE]
            count["first"] += verdicts[truth] == BEST
            count["simplest"] += bool(world.set_index("hypothesis").loc[truth, "simplest"])
            if truth not in alike:
                count["missed"] += 1
            elif len(alike) == 1:
                count["found"] += 1
            else:
                count["cannot_tell"] += 1
        counts.append({"truth": truth, "n_llms": size, "worlds": cell["seed"].nunique(), **count})
    return pd.DataFrame(counts)


def _years(n_llms: int) -> np.ndarray:
    return _YEARS * (np.arange(n_llms) + 0.5) / n_llms


def _done(out: str | Path | None, specs: Mapping[str, Spec]) -> list[dict[str, Any]]:
    """Return the rows of worlds that were compared by the same hypotheses."""
    if out is None or not Path(out).exists():
        return []
    table = pd.read_csv(out)
    if list(table.columns) != list(COLUMNS):
        raise DataNeedError(f"{out} is no table of a comparison study: choose another file")
    wanted = {spec.sha256 for spec in specs.values()}
    whole = table.groupby(["truth", "n_llms", "seed"])["spec_sha256"].transform(
        lambda hashes: set(hashes) == wanted
    )
    rows: list[dict[str, Any]] = table[whole.astype(bool)].to_dict("records")  # type: ignore[assignment]
    return rows


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
