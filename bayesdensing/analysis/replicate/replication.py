"""The paper's chain from start to end, beside what it printed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from bayesdensing.analysis.replicate import rows as parts
from bayesdensing.analysis.replicate.curves import PowerLaw, ScoreCurve
from bayesdensing.analysis.replicate.inputs import (
    AVERAGE,
    Series,
    points_of,
    runs_of,
    series_of,
)
from bayesdensing.analysis.replicate.printed import Published, published
from bayesdensing.analysis.replicate.regression import running_records
from bayesdensing.analysis.replicate.rows import Row
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REFERENCE_TOKENS", "SERIES", "Replication", "replicate"]

#: Reference tokens (count) that densities are re-expressed at.
REFERENCE_TOKENS = (3e11, 1e12, 5e12, 1.5e13)
#: Series to the benchmark whose curve made its densities, and what to know of that.
SERIES = {
    "nmi_5bench": (AVERAGE, ""),
    "nmi_mmlu_cf": ("MMLU", "by MMLU's curve: that of MMLU-CF was not published"),
    "nmi_mmlu": ("MMLU", ""),
}
_FIRST_NOTE = "the first version's own densities were never published: these are the journal's"
_FIRST, _FIRST_TOKENS = "first paper", 1e12


@dataclass(frozen=True, eq=False)
class Replication:
    """The paper's point estimates, ours beside the printed ones.

    Attributes
    ----------
    rows : tuple of Row
        One per quantity.
    skipped : tuple of str
        What could not be done, and why.
    data : str
        Name and version of the data.
    """

    rows: tuple[Row, ...]
    skipped: tuple[str, ...]
    data: str

    @property
    def table(self) -> pd.DataFrame:
        """One row per quantity: part, quantity, ours, printed, difference, unit, note, source.

        Doubling times without growth are infinite; what was not printed is NaN. Uncertainty, in
        the notes, is that of least squares with independent errors: no interval to rely on.
        """
        columns = ("part", "quantity", "ours", "printed", "difference", "unit", "note", "source")
        return pd.DataFrame(
            [tuple(getattr(row, column) for column in columns) for row in self.rows],
            columns=list(columns),
        ).astype({"ours": float, "printed": float, "difference": float})

    def value(self, quantity: str) -> float:
        """Return our estimate of a quantity.

        Parameters
        ----------
        quantity : str
            As in the table.

        Returns
        -------
        float
            In its unit.

        Raises
        ------
        KeyError
            For a quantity that is not there.
        """
        for row in self.rows:
            if row.quantity == quantity:
                return row.ours
        raise KeyError(quantity)

    def to_dict(self) -> dict[str, Any]:
        """Return data, rows and what was skipped, ready for `summary.plain`."""
        return {
            "data": self.data,
            "rows": self.table.astype({"printed": object, "difference": object}).to_dict("records"),
            "skipped": list(self.skipped),
        }


def replicate(data: "str | Path | DataBundle | None" = None) -> Replication:
    """Repeat the paper's point estimates from its published figures.

    Parameters
    ----------
    data : str, Path, DataBundle or None
        Folder of a bundle, a bundle, or None for the packaged one, which holds the figures.

    Returns
    -------
    Replication
        Equations 2 to 5 of Xiao et al. (2025), each number beside the printed one.

    Raises
    ------
    DataNeedError
        Where the bundle has nothing that the paper's chain could be run on.

    Examples
    --------
    >>> round(replicate().value("nmi_5bench, records: doubling time"), 1)
    106.2
    """
    bundle = data if isinstance(data, DataBundle) else load_data(data)
    said = published()
    rows: list[Row] = []
    skipped: list[str] = []
    laws: dict[str, tuple[PowerLaw, ...]] = {}
    curves: dict[str, ScoreCurve] = {}
    try:
        found, laws = parts.law_rows(runs_of(bundle), said)
        rows += found
    except DataNeedError as error:
        skipped.append(f"eq. 2: {error}")
    try:
        found, curves = parts.score_rows(points_of(bundle), said)
        rows += found
    except DataNeedError as error:
        skipped.append(f"eq. 3: {error}")
    for name, (benchmark, about) in SERIES.items():
        try:
            series = series_of(bundle, name)
        except DataNeedError as error:
            skipped.append(f"eq. 5: {error}")
            continue
        if name == "nmi_5bench" and (series.n_params > 0).all() and {benchmark} <= set(laws):
            drawn = said.laws[benchmark]
            law = min(laws[benchmark], key=lambda o: abs(o.n_exponent - drawn.n_exponent))
            if benchmark in curves:
                rows += parts.size_rows(
                    series, said, benchmark=benchmark, law=law, curve=curves[benchmark]
                )
            rows += parts.other_law_rows(series, said, benchmark=benchmark, optima=laws[benchmark])
        rows += _series_rows(series, said, name=name, skipped=skipped)
        rows += _token_rows(series, said, name=name, about=about, skipped=skipped)
        if name == "nmi_5bench":
            rows += _first_rows(series, said)
    if not rows:
        raise DataNeedError("nothing to replicate: " + "; ".join(skipped))
    return Replication(tuple(rows), tuple(skipped), f"{bundle.name} {bundle.version}")


def _series_rows(series: Series, said: Published, *, name: str, skipped: list[str]) -> list[Row]:
    """Return the lines of a series: records and all models, and before and after ChatGPT."""
    rows: list[Row] = []
    eras = {"": (series, said.origin)}
    early = series.days_since(said.chatgpt) < 0
    if early.any():
        eras["before"] = (series.only(early), said.origin_before)
        eras["after"] = (series.only(~early), said.origin)
    for era, (own, origin) in eras.items():
        for records in (True, False):
            which = "records" if records else "all models"
            title = ", ".join(filter(None, (name, f"{era} ChatGPT" if era else "", which)))
            line = parts.line_of(own, origin=origin, records=records)
            if line is None:
                skipped.append(f"eq. 5: {title} span fewer than two days")
                continue
            # the paper's lines are those of records
            key = f"{name}.{era or 'records'}" if records else ""
            reach = parts.reach_of(own, origin=origin) if records else {}
            rows += parts.line_rows(line, said, key=key, part="eq. 5", title=title, reach=reach)
    return rows


def _token_rows(
    series: Series, said: Published, *, name: str, about: str, skipped: list[str]
) -> list[Row]:
    """Return the lines of a series at other reference tokens, and those since ChatGPT."""
    if not (series.n_params > 0).all():
        skipped.append(
            f"eq. 4: {name} at other reference tokens needs x_n_params_nonembedding of each model"
        )
        return []
    early = series.days_since(said.chatgpt) < 0
    eras = {name: series}
    if early.any():
        eras[f"{name}, after ChatGPT"] = series.only(~early)
    rows: list[Row] = []
    drawn = said.laws[SERIES[name][0]]
    for era, own in eras.items():
        holders = own.only(running_records(own.days_since(said.origin), own.values))
        # the figure's own record holders, those that hold records at these tokens, and everyone
        groups = {"the figure's records": (holders, False), "records": (own, True)}
        for tokens in REFERENCE_TOKENS:
            for which, (chosen, records) in (groups | {"all models": (own, False)}).items():
                title = f"{era}, {which}, D0 = {tokens / 1e12:g}T: doubling time"
                there = parts.moved(chosen, law=drawn, onto=drawn, tokens=tokens)
                line = None
                if there is not None:
                    line = parts.line_of(there, origin=said.origin, records=records)
                if there is None or line is None:
                    skipped.append(f"eq. 4: {title}: too few models have a finite size there")
                    continue
                lost = len(chosen.values) - len(there.values)
                notes = (f"R2 {line.r2:.3f}, {line.count} points", about, _lost(lost))
                note = "; ".join(filter(None, notes))
                rows.append(Row("eq. 4, D0", title, line.doubling_days, None, "days", note))
    return rows


def _lost(count: int) -> str:
    return f"{count} models beyond what any size reaches left out" if count else ""


def _first_rows(series: Series, said: Published) -> list[Row]:
    """Return the lines of the models of the paper's first version, at both reference tokens."""
    known = [str(name) in said.first_models for name in series.names]
    own = series.only(pd.Series(known, dtype=bool).to_numpy())
    if len(own.values) < 3:
        return []
    drawn = said.laws[SERIES["nmi_5bench"][0]]
    sized = bool((own.n_params > 0).all())
    at = {"D0 = 5T": own} | (
        {"D0 = 1T": there}
        if sized
        and (there := parts.moved(own, law=drawn, onto=drawn, tokens=_FIRST_TOKENS)) is not None
        else {}
    )
    rows: list[Row] = []
    for tokens, densities in at.items():
        for records in (True, False):
            line = parts.line_of(densities, origin=said.origin, records=records)
            which = "records" if records else "all"
            if line is not None:
                rows += parts.line_rows(
                    line,
                    said,
                    key="first" if records else "",
                    part=_FIRST,
                    title=f"{len(own.values)} models, {which}, {tokens}",
                    note=_FIRST_NOTE,
                )
    return rows
