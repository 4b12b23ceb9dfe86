"""Ranks of truths in many fits, and how often intervals held them: as numbers and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.annotated import read_annotated, to_annotated
from bayesdensing.analysis.intervals import PROBABILITIES
from bayesdensing.analysis.ranks import (
    GRID,
    binomial_range,
    holm,
    null_distribution,
    shares,
    uniformity,
)

__all__ = ["ERROR", "HEADLINE", "Coverage", "Ranks"]

#: Probability with which a right posterior is found wrong, over all parameters together.
ERROR = 0.01
#: The parameter that the headline is read from.
HEADLINE = "growth_rate"
_PARTS = ("rank", "n_draws", "inside")


@dataclass(frozen=True)
class Coverage:
    """How often an interval held the truth.

    Attributes
    ----------
    probability : float
        That the interval claims.
    count : int
        Fits.
    covered : int
        Of them, those whose interval held the truth.
    range99 : tuple of float
        Central 99 % range of the share, were the claim true.
    """

    probability: float
    count: int
    covered: int
    range99: tuple[float, float]

    @property
    def share(self) -> float:
        """Share of fits whose interval held the truth."""
        return self.covered / self.count

    @property
    def holds(self) -> bool:
        """Whether the share lies in the range."""
        return self.range99[0] <= self.share <= self.range99[1]


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of truths in many fits.

    Attributes
    ----------
    fits : xarray.Dataset
        Dims (sim, parameter): rank, n_draws, share (the rank as a share, uniform where ranks are)
        and inside, the probability of the narrowest of the equal-tailed intervals that holds the
        truth, NaN where none does. NaN throughout where a parameter did not move in a fit.
    about : mapping of str to object
        Hypothesis, truths, seed of the shares, in words and numbers.
    """

    fits: xr.Dataset
    about: Mapping[str, Any]

    @cached_property
    def departures(self) -> xr.Dataset:
        """How far each parameter's ranks depart from uniform.

        Dims (parameter, place): ``departure`` of the share of ranks up to the place from the
        place, ``lower`` and ``upper`` (parameter, place), the band that all parameters together
        keep to with a probability of at least 1 − `ERROR` where posteriors are right, and
        ``p_value`` (parameter).
        """
        values = self.fits["share"].transpose("sim", "parameter").to_numpy()
        size = values.shape[1]
        error = ERROR / max(size, 1)
        known = np.isfinite(values)
        # a p value below the corrected level has to be possible
        simulations = int(np.clip(np.ceil(4 / error), 20_000, 200_000))
        nulls = {
            n: null_distribution(int(n), simulations=simulations) for n in set(known.sum(axis=0))
        }
        found = [
            uniformity(values[known[:, i], i], nulls[int(known[:, i].sum())], error=error)
            for i in range(size)
        ]
        return xr.Dataset(
            {
                name: (("parameter", "place"), np.array([getattr(f, name) for f in found]))
                for name in ("departure", "lower", "upper")
            }
            | {"p_value": ("parameter", [f.p_value for f in found])},
            coords={"parameter": self.fits["parameter"].to_numpy(), "place": GRID},
            attrs={"units": "1"},
        )

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per parameter.

        Index ``parameter``; columns n (fits), n_draws (median number of independent draws that a
        rank is among), departure (the largest, signed) and at (its place), p_value,
        p_corrected (Holm, over all parameters), uniform, and covered50 and so on (shares).
        """
        d = self.departures
        departure = d["departure"].to_numpy()
        at = np.abs(departure).argmax(axis=1)
        p_value = d["p_value"].to_numpy()
        corrected = holm(p_value)
        known: xr.DataArray = np.isfinite(self.fits["share"])  # type: ignore[assignment]
        table = pd.DataFrame(
            {
                "n": known.sum("sim").to_numpy(),
                "n_draws": self.fits["n_draws"].median("sim").to_numpy(),
                "departure": departure[np.arange(len(at)), at],
                "at": GRID[at],
                "p_value": p_value,
                "p_corrected": corrected,
                "uniform": corrected >= ERROR,
            },
            index=pd.Index(self.fits["parameter"].to_numpy(), name="parameter"),
        )
        for probability in PROBABILITIES:
            inside = (self.fits["inside"] <= probability).where(known)
            table[f"covered{probability * 100:.0f}"] = inside.mean("sim").to_numpy()
        return table

    @property
    def headline(self) -> dict[str, Coverage]:
        """Coverage of the growth rate's intervals, by name; empty where there is no rate."""
        if HEADLINE not in self.fits["parameter"]:
            return {}
        rate = self.fits.sel(parameter=HEADLINE)
        rate = rate.isel(sim=np.flatnonzero(np.isfinite(rate["share"].to_numpy())))
        count = rate.sizes["sim"]
        return {
            f"eti{p * 100:.0f}": Coverage(
                probability=p,
                count=count,
                covered=int((rate["inside"] <= p).sum()),
                range99=binomial_range(count, p),
            )
            for p in PROBABILITIES
        }

    def to_csv(self) -> str:
        """Return the ranks as a table that can be read again.

        Returns
        -------
        str
            What they are of in the first line, as JSON; then a row per fit with columns
            ``PARAMETER rank``, ``PARAMETER n_draws`` and ``PARAMETER inside`` (percent).
        """
        columns = {}
        for name in self.fits["parameter"].to_numpy().tolist():
            own = self.fits.sel(parameter=name)
            for part in _PARTS:
                scale = 100 if part == "inside" else 1
                values = pd.Series(np.round(scale * own[part].to_numpy()))
                columns[f"{name} {part}"] = values.astype("Int64").array
        table = pd.DataFrame(columns, index=pd.Index(self.fits["sim"].to_numpy(), name="fit"))
        return to_annotated(table.to_csv(lineterminator="\n"), self.about)

    @classmethod
    def from_csv(cls, text: str) -> "Ranks":
        """Read what `to_csv` wrote.

        Parameters
        ----------
        text : str
            Of `to_csv`.

        Returns
        -------
        Ranks
            The same.
        """
        table, about = read_annotated(text)
        table = table.set_index("fit")
        names = list(dict.fromkeys(column.rpartition(" ")[0] for column in table.columns))
        values = {
            part: table[[f"{name} {part}" for name in names]].to_numpy(dtype=float)
            for part in _PARTS
        }
        values["inside"] = values["inside"] / 100
        values["share"] = shares(values["rank"], values["n_draws"], seed=int(about["seed"]))
        return cls(
            fits=xr.Dataset(
                {part: (("sim", "parameter"), found) for part, found in values.items()},
                coords={"sim": table.index.astype(str).tolist(), "parameter": names},
            ),
            about=about,
        )
