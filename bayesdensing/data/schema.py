"""The format of a data bundle as plain values: tables, columns, keys, ranges.

One declaration serves the validator, the typed frames, the written files and the
Frictionless schemas in ``datapackage.json``. Nothing here imports pandas.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["EXTRA_PREFIX", "MAX_BYTES", "TABLES", "Column", "Kind", "Table", "frictionless_schema"]

Kind = Literal["text", "number", "count", "bool", "date", "choice"]

EXTRA_PREFIX = "x_"
"""Columns and CSV files whose name starts so are the bundle's own: kept, never judged."""

MAX_BYTES = 200 * 1024 * 1024
"""Largest file that is read, in bytes."""

FIRST_LLM_DATE = dt.date(2017, 1, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
    kind : {"text", "number", "count", "bool", "date", "choice"}
        A count is a whole number. Dates are ISO 8601 and never in the future.
    description : str
    optional : bool
        Cells may be empty, and the column may be absent altogether.
    low, high : float or None
        Allowed range of a number.
    low_open, high_open : bool
        Whether the end of the range is itself forbidden.
    earliest : datetime.date or None
        First allowed date.
    choices : tuple of str
    unit : str
    scale : {"percent", "params", ""}
        A mistaken unit that is common enough to be named as such.
    """

    name: str
    kind: Kind
    description: str
    optional: bool = False
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    earliest: dt.date | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    scale: Literal["percent", "params", ""] = ""

    @property
    def range_text(self) -> str:
        """Return the allowed range in words, to follow a value: ``1.3 is outside [0, 1]``."""
        if self.high is None:
            return f"is not above {self.low:g}" if self.low_open else f"is below {self.low:g}"
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"is outside {left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True, slots=True)
class Table:
    """A file of the bundle: ``<name>.csv``.

    Parameters
    ----------
    name : str
    title : str
        What one row is.
    columns : tuple of Column
    key : tuple of str
        Columns whose values together are unique. Two empty cells count as equal.
    foreign : mapping of str to str
        Column to the table whose key it must be found in (when the bundle holds that table).
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    foreign: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Return the file name."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """Return the column of a name.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        Column
            The column.
        """
        return next(column for column in self.columns if column.name == name)


def _text(name: str, description: str, *, optional: bool = False) -> Column:
    return Column(name, "text", description, optional=optional)


def _positive(name: str, description: str, *, unit: str, optional: bool = False) -> Column:
    return Column(name, "number", description, optional=optional, low=0, low_open=True, unit=unit)


def _date(
    name: str, description: str, *, optional: bool = False, earliest: dt.date | None = None
) -> Column:
    return Column(name, "date", description, optional=optional, earliest=earliest)


def _fraction(name: str, description: str, *, high_open: bool = False) -> Column:
    return Column(
        name, "number", description, low=0, high=1, high_open=high_open, unit="1", scale="percent"
    )


_SOURCE = _text("source", "where the row comes from: a key of sources.csv")
_MODEL_PARAMS = Column(
    "n_params", "number", "parameters in total", low=1e5, high=1e14, unit="count", scale="params"
)

_BENCHMARKS = Table(
    "benchmarks",
    "a benchmark",
    (
        _text("benchmark", "name; variants that score differently are different benchmarks"),
        Column("n_items", "count", "items scored", low=0, low_open=True, unit="count"),
        _fraction("chance", "score of a random guess", high_open=True),
        _date("release_date", "day of publication", optional=True),
        _SOURCE,
    ),
    key=("benchmark",),
    foreign={"source": "sources"},
)

_REFERENCE_RUNS = Table(
    "reference_runs",
    "the loss of one reference run on one benchmark or task",
    (
        _text("suite", "runs that share a recipe and a loss axis; suites are never pooled"),
        _text("run", "name of the run within its suite"),
        _text("benchmark", "benchmark or task whose loss was measured"),
        _positive("n_params", "parameters of the run", unit="count"),
        _positive("n_tokens", "training tokens of the run", unit="count"),
        _positive("loss", "loss on the benchmark", unit="as loss_unit says"),
        _text("loss_unit", "unit of the loss; one per suite and benchmark"),
        _SOURCE,
    ),
    key=("suite", "run", "benchmark"),
    foreign={"benchmark": "benchmarks", "source": "sources"},
)

_LOSS_SCORES = Table(
    "loss_scores",
    "a point that ties loss to score",
    (
        _text("suite", "the suite whose loss axis the point lies on"),
        _text("point", "name of the point within its suite"),
        _text("benchmark", "benchmark of both loss and score"),
        _positive("loss", "loss on the benchmark", unit="as in reference_runs.csv"),
        _fraction("score", "score on the benchmark"),
        Column("role", "choice", "what the point is for", choices=("fit", "held_out")),
        _SOURCE,
    ),
    key=("suite", "point", "benchmark"),
    foreign={"benchmark": "benchmarks", "source": "sources"},
)

_MODELS = Table(
    "models",
    "an LLM",
    (
        _text("model", "name"),
        _text("family", "models of one lineage"),
        _text("organization", "developer"),
        _date("release_date", "day the weights became public", earliest=FIRST_LLM_DATE),
        _MODEL_PARAMS,
        _positive(
            "n_params_active",
            "parameters active per token; empty = n_params",
            unit="count",
            optional=True,
        ),
        _positive("n_tokens", "training tokens", unit="count", optional=True),
        Column("is_base", "bool", "a base (pretrained, not instruction-tuned) model"),
        Column("is_moe", "bool", "a mixture of experts"),
        _text("parent", "model it was derived from", optional=True),
        Column(
            "compression",
            "choice",
            "how it was made smaller than its parent",
            choices=("none", "pruned", "distilled", "quantized", "pruned+distilled"),
        ),
        _positive("weight_bits", "bits per stored weight", unit="bit", optional=True),
        _SOURCE,
    ),
    key=("model",),
    foreign={"source": "sources"},
)

_SCORES = Table(
    "scores",
    "one measurement of a score",
    (
        _text("model", "the LLM"),
        _text("benchmark", "the benchmark"),
        _text("evaluator", "who ran it: a harness, the developer, another lab"),
        _fraction("score", "share of items solved"),
        Column("n_shots", "count", "examples in the prompt", optional=True, low=0, unit="count"),
        _SOURCE,
    ),
    key=("model", "benchmark", "evaluator", "n_shots", "source"),
    foreign={"model": "models", "benchmark": "benchmarks", "source": "sources"},
)

_DENSITIES = Table(
    "densities",
    "a published growth quantity: a density, or any positive quantity that grows",
    (
        _text("series", "rows that share a definition"),
        _text("model", "what the value is of; need not be in models.csv"),
        _date("release_date", "day of release"),
        _positive("value", "the quantity", unit="as the series says"),
        _positive("value_lo95", "lower end of its 95 % interval", unit="as value", optional=True),
        _positive("value_hi95", "upper end of its 95 % interval", unit="as value", optional=True),
        Column("on_record", "bool", "marked as a record where it was published"),
        _SOURCE,
    ),
    key=("series", "model"),
    foreign={"source": "sources"},
)

_PRICES = Table(
    "prices",
    "an API price",
    (
        _text("model", "the model sold; need not be in models.csv"),
        _date("date", "day of the price"),
        _positive("usd_per_mtok", "price", unit="US dollars per million tokens"),
        _text("capability", "the threshold of capability that it meets", optional=True),
        Column("on_record", "bool", "the cheapest so far where it was published"),
        _SOURCE,
    ),
    key=("model", "date", "capability"),
    foreign={"source": "sources"},
)

_CONSTANTS = Table(
    "constants",
    "a published number that a corollary needs",
    (
        _text("name", "name"),
        Column("value", "number", "value; empty where the constant is a date", optional=True),
        _text("unit", "unit of the value"),
        _date("date", "day that the value belongs to", optional=True),
        _SOURCE,
    ),
    key=("name",),
    foreign={"source": "sources"},
)

_SOURCES = Table(
    "sources",
    "a source",
    (
        _text("source", "short key"),
        _text("citation", "the source in full: document, table, commit"),
        _text("url", "where it can be read", optional=True),
        _text("licence", "licence of the source", optional=True),
        _date("retrieved", "day it was read", optional=True),
    ),
    key=("source",),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _BENCHMARKS,
            _REFERENCE_RUNS,
            _LOSS_SCORES,
            _MODELS,
            _SCORES,
            _DENSITIES,
            _PRICES,
            _CONSTANTS,
            _SOURCES,
        )
    }
)
"""Every table that a bundle may hold, by name."""

_FRICTIONLESS_TYPE = {
    "text": "string",
    "choice": "string",
    "number": "number",
    "count": "number",
    "bool": "boolean",
    "date": "date",
}


def _frictionless_field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": not column.optional}
    if column.choices:
        constraints["enum"] = list(column.choices)
    # Frictionless has no open ranges: an open end is described, not constrained.
    if column.low is not None and not column.low_open:
        constraints["minimum"] = column.low
    if column.high is not None and not column.high_open:
        constraints["maximum"] = column.high
    if column.earliest is not None:
        constraints["minimum"] = column.earliest.isoformat()
    described = {"name": column.name, "type": _FRICTIONLESS_TYPE[column.kind]}
    unit = {"unit": column.unit} if column.unit else {}
    return described | {"description": column.description} | unit | {"constraints": constraints}


def frictionless_schema(
    table: Table,
    *,
    written: tuple[str, ...] | None = None,
    tables: frozenset[str] = frozenset(TABLES),
) -> dict[str, Any]:
    """Return the Frictionless Table Schema of a table.

    Parameters
    ----------
    table : Table
    written : tuple of str, optional
        Columns that the file has, its own (``x_…``) included; the default is all of the format.
    tables : frozenset of str
        Tables that the bundle holds; foreign keys to others are left out.

    Returns
    -------
    dict
        As it stands under ``schema`` in ``datapackage.json``.

    Examples
    --------
    >>> frictionless_schema(TABLES["sources"])["primaryKey"]
    ['source']
    """
    ours = {column.name: column for column in table.columns}
    fields = [
        _frictionless_field(ours[name]) if name in ours else {"name": name, "type": "string"}
        for name in (ours if written is None else written)
    ]
    foreign = [
        {
            "fields": [column],
            "reference": {"resource": target, "fields": list(TABLES[target].key)},
        }
        for column, target in table.foreign.items()
        if target in tables
    ]
    schema: dict[str, Any] = {
        "fields": fields,
        "primaryKey": [name for name in table.key if not table.column(name).optional],
        "missingValues": [""],
    }
    # A primary key must not be empty: a table whose key has optional parts declares none.
    if any(table.column(name).optional for name in table.key):
        del schema["primaryKey"]
    return schema | ({"foreignKeys": foreign} if foreign else {})
