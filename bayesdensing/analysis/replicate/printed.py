"""What the paper printed: values with their sources, the constants of its curves, its models."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bayesdensing.analysis.replicate.curves import PowerLaw, ScoreCurve
from bayesdensing.data import load_data

__all__ = ["Printed", "Published", "published"]

#: The paper's name of each constant of its curves, in constants.csv.
_LAW = ("a", "alpha", "b", "beta", "loss_rmse_authors_curve")
_CURVE = ("sig_c", "sig_gamma", "sig_l", "sig_d")


@dataclass(frozen=True)
class Printed:
    """A value that the paper printed or drew.

    Attributes
    ----------
    value : float
        The value.
    source : str
        Where.
    """

    value: float
    source: str


@dataclass(frozen=True)
class Published:
    """All that the paper printed and the replication compares with.

    Attributes
    ----------
    values : mapping of str to Printed
        By quantity.
    laws : mapping of str to PowerLaw
        Equation 2 as drawn, by benchmark, AVERAGE included.
    curves : mapping of str to ScoreCurve
        Equation 3 as drawn, by benchmark, AVERAGE included.
    law_source : str
        Where the constants of both are from.
    origin, origin_before, chatgpt : datetime.date
        Day 0 of the paper's t, of its line before ChatGPT, and the release of ChatGPT.
    first_models : frozenset of str
        The models of the paper's first version.
    """

    values: Mapping[str, Printed]
    laws: Mapping[str, PowerLaw]
    curves: Mapping[str, ScoreCurve]
    law_source: str
    origin: dt.date
    origin_before: dt.date
    chatgpt: dt.date
    first_models: frozenset[str]


@cache
def published() -> Published:
    """Return what the paper printed.

    Returns
    -------
    Published
        From the packaged data, whatever data are replicated.

    Examples
    --------
    >>> published().values["first.doubling"].value
    100.0
    """
    text = files("bayesdensing.analysis.replicate").joinpath("printed.toml").read_text("utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    packaged = load_data()
    constants, sources = packaged.constants, packaged.sources
    if constants is None or sources is None:  # never of the bundle that is shipped
        raise RuntimeError("the packaged data lack constants.csv or sources.csv")
    rows = constants[constants["name"].str.startswith("paper_curve.")]
    named = {
        str(name): float(value) for name, value in zip(rows["name"], rows["value"], strict=True)
    }
    names = dict.fromkeys(name.split(".")[1] for name in named)

    def those(benchmark: str, keys: tuple[str, ...]) -> list[float]:
        return [named[f"paper_curve.{benchmark}.{key}"] for key in keys]

    cited = sources.set_index("source")["citation"].loc[rows["source"].iloc[0]]
    return Published(
        values={
            key: Printed(float(entry["value"]), raw["sources"][entry["source"]])
            for key, entry in raw["values"].items()
        },
        laws={b: PowerLaw(*those(b, _LAW)) for b in names},
        curves={b: ScoreCurve(*those(b, _CURVE)) for b in names},
        law_source=str(cited),
        first_models=frozenset(raw["first_version"]["models"]),
        **raw["dates"],
    )
