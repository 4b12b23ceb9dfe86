"""Many fits of worlds of known truth: the ranks of truths, and how many the intervals hold."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.coverage import ERROR, Coverage, Ranks
from bayesdensing.analysis.intervals import INTERVAL_KIND, PROBABILITIES
from bayesdensing.analysis.ranks import shares
from bayesdensing.analysis.summary import plain, to_json
from bayesdensing.files import write_bytes, write_text

__all__ = ["MIXED_RHAT", "Calibration", "collected", "row_of"]

#: R-hat of the top level from which on a fit counts as not mixed; it is kept all the same.
MIXED_RHAT = 1.05
_COLUMNS = (
    *("truth", "rank", "n_draws", "rhat", "ess_bulk", "ess_tail"),
    *(f"eti{p * 100:.0f}_{end}" for p in PROBABILITIES for end in ("lb", "ub")),
)
_ABOUT_FITS = ("seed", "divergences", "redrawn", "seconds")
_SCHEMA = 1


def row_of(table: pd.DataFrame, **record: Any) -> dict[str, Any]:
    """Return what is stored of one fit.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `bayesdensing.analysis.ranks.ranked`.
    **record : object
        ``seed``, ``divergences``, ``redrawn``.

    Returns
    -------
    dict
        Plain JSON types.
    """
    columns = {name: table[name].tolist() for name in _COLUMNS}
    found: dict[str, Any] = plain({"parameter": table.index.tolist(), **columns, **record})
    return found


@dataclass(frozen=True, eq=False)
class Calibration:
    """Fits of worlds of known truth.

    Attributes
    ----------
    fits : xarray.Dataset
        Dims (sim, parameter): truth, rank, n_draws, share (the rank as a share, uniform where
        ranks are), rhat, ess_bulk, ess_tail, ends of equal-tailed intervals ``eti50_lb`` and so
        on, in the parameters' natural units; by sim seed, divergences, redrawn (worlds that could
        not be and were drawn anew), seconds.
    failures : mapping of str to str
        Fits that ended in an error, by name, with the error.
    about : mapping of str to object
        Hypothesis, design, truths, seed, lengths, in words and numbers.
    """

    fits: xr.Dataset
    failures: Mapping[str, str]
    about: Mapping[str, Any]

    @cached_property
    def ranks(self) -> Ranks:
        """The ranks alone, and which intervals held the truths."""
        inside = np.full(self.fits["truth"].shape, np.nan)
        for probability in sorted(PROBABILITIES, reverse=True):
            low, high = (self.fits[f"eti{probability * 100:.0f}_{end}"] for end in ("lb", "ub"))
            held = (self.fits["truth"] >= low) & (self.fits["truth"] <= high)
            inside[held.to_numpy()] = probability
        columns = {name: self.fits[name] for name in ("rank", "n_draws", "share")}
        fits = xr.Dataset(columns | {"inside": (self.fits["truth"].dims, inside)})
        return Ranks(fits=fits, about=self.about)

    @property
    def departures(self) -> xr.Dataset:
        """How far each parameter's ranks depart from uniform: `Ranks.departures`."""
        return self.ranks.departures

    @property
    def table(self) -> pd.DataFrame:
        """One row per parameter: `Ranks.table`."""
        return self.ranks.table

    @property
    def headline(self) -> dict[str, Coverage]:
        """Coverage of the growth rate's intervals, by name; empty where there is no rate."""
        return self.ranks.headline

    @property
    def n_divergent(self) -> int:
        """Fits with divergent transitions; they are kept."""
        return int((self.fits["divergences"] > 0).sum())

    @property
    def n_unmixed(self) -> int:
        """Fits in which a parameter's R-hat exceeds `MIXED_RHAT`; they are kept."""
        return int((self.fits["rhat"].max("parameter") > MIXED_RHAT).sum())

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not hold, in words; empty where all does."""
        found = []
        wrong = self.table.index[~self.table["uniform"]].tolist()
        if wrong:
            named = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if wrong[5:] else "")
            found.append(f"ranks are not uniform: {named}")
        for name, cover in self.headline.items():
            if not cover.holds:
                low, high = cover.range99
                found.append(
                    f"{100 * cover.share:.1f} % of the rate's {name.removeprefix('eti')} % "
                    f"intervals hold the truth, outside {100 * low:.1f} to {100 * high:.1f} %"
                )
        if self.failures:
            found.append(f"{len(self.failures)} fits ended in an error")
        return tuple(found)

    @property
    def passed(self) -> bool:
        """Whether every rank is uniform, the rate's coverage is right and no fit failed."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``coverage.json``, numbers as they are.

        Returns
        -------
        dict
            What was done, counts of fits that went badly, the headline's coverage and every
            parameter's test.
        """
        seconds = self.fits["seconds"].to_numpy()
        return {
            "schema_version": _SCHEMA,
            **self.about,
            "fits": {
                "usable": self.fits.sizes["sim"],
                "failed": len(self.failures),
                "divergent": self.n_divergent,
                "not_mixed": self.n_unmixed,
                "worlds_redrawn": int(self.fits["redrawn"].sum()),
                "seconds_median": float(np.median(seconds)),
                "seconds_total": float(seconds.sum()),
            },
            "interval_kind": INTERVAL_KIND,
            "error_level": ERROR,
            "passed": self.passed,
            "faults": list(self.faults),
            "headline": {
                name: {
                    "probability": c.probability,
                    "fits": c.count,
                    "covered": c.covered,
                    "share": c.share,
                    "range99": list(c.range99),
                    "holds": c.holds,
                }
                for name, c in self.headline.items()
            },
            "parameters": self.table.to_dict("index"),
            "failures": dict(self.failures),
        }

    def save(self, folder: str | Path) -> Path:
        """Write ``sbc.nc``, ``ranks.csv`` and ``coverage.json``, each all of it or nothing.

        Parameters
        ----------
        folder : str or pathlib.Path
            Made where it is missing.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".bayesdensing-") as scratch:
            draft = Path(scratch) / "sbc.nc"
            self.fits.assign_attrs(about=to_json(plain(dict(self.about)))).to_netcdf(
                draft, engine="netcdf4"
            )
            write_bytes(place / "sbc.nc", draft.read_bytes())
        write_text(place / "ranks.csv", self.ranks.to_csv())
        write_text(place / "coverage.json", to_json(plain(self.to_dict())))
        return place


def collected(
    rows: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, float],
    *,
    about: Mapping[str, Any],
) -> Calibration:
    """Lay the rows of all fits together.

    Parameters
    ----------
    rows : mapping of str to mapping
        By name of the fit, of `row_of`; or ``failure``, an error in words.
    seconds : mapping of str to float
        Seconds of each.
    about : mapping of str to object
        What was done, with the ``seed``, which is also that of where between two shares a rank
        lies.

    Returns
    -------
    Calibration
        The fits; a parameter that did not move in a fit is NaN there.

    Raises
    ------
    ValueError
        Where every fit ended in an error.
    """
    failures = {key: str(row["failure"]) for key, row in rows.items() if "failure" in row}
    good = {key: row for key, row in rows.items() if key not in failures}
    if not good:
        raise ValueError(f"every fit ended in an error: {next(iter(failures.values()), 'none')}")
    names: Sequence[str] = list(dict.fromkeys(n for row in good.values() for n in row["parameter"]))
    place = {name: i for i, name in enumerate(names)}
    arrays = {column: np.full((len(good), len(names)), np.nan) for column in _COLUMNS}
    for i, row in enumerate(good.values()):
        at = [place[name] for name in row["parameter"]]
        for column in _COLUMNS:
            arrays[column][i, at] = np.array(row[column], dtype=float)
    record = {key: {**row, "seconds": seconds[key]} for key, row in good.items()}
    fits = xr.Dataset(
        {column: (("sim", "parameter"), values) for column, values in arrays.items()}
        | {n: ("sim", [r[n] for r in record.values()]) for n in _ABOUT_FITS},
        coords={"sim": list(good), "parameter": list(names)},
        attrs={"interval_kind": INTERVAL_KIND},
    )
    share = shares(arrays["rank"], arrays["n_draws"], seed=int(about["seed"]))
    fits = fits.assign(share=(("sim", "parameter"), share))
    fits["share"].attrs = {"units": "1"}
    return Calibration(fits=fits, failures=failures, about=about)
