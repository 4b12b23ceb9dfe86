"""The headlines of other rulers beside a fit's own: where they are found, and their record.

A rate is relative to a ruler: the rule of the reference tokens, and whether scores inform the loss
law. So a fit is shown with the rates of the other shipped rulers, taken from runs beside its own,
or for the packaged data from the record that the package ships.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bayesdensing.analysis import runs
from bayesdensing.analysis.pull import law_of, reference_curve
from bayesdensing.analysis.summary import plain
from bayesdensing.paths import packaged_data_dir, packaged_models_dir
from bayesdensing.spec import load_spec

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit
    from bayesdensing.spec import Spec

__all__ = [
    "ALONE",
    "RECORD",
    "RULERS",
    "RulerHeadline",
    "beside",
    "curve_alone",
    "how_to_fit",
    "other_rulers",
    "record_of",
    "shipped_record",
]

#: Shipped hypotheses that differ in their ruler alone, the default first.
RULERS = ("joint", "joint_5T", "joint_1T", "joint_cut")

#: The shipped hypothesis of the reference runs alone.
ALONE = "loss_law"

#: File of the record, beside the shipped hypotheses.
RECORD = "rulers.json"


@dataclass(frozen=True, kw_only=True)
class RulerHeadline:
    """The headline under another ruler.

    Attributes
    ----------
    name, title : str
        Of the hypothesis.
    median : float or None
        Median of the doubling time (days), infinite without growth; None where it is not known.
    eti95 : tuple of float or None
        Ends of its equal-tailed 95 % interval (days).
    converged : bool or None
        Whether the draws passed their checks.
    approximate : bool
        Whether they are a quick fit's, which never counts as converged.
    source : str
        Where the figure is from: ``run``, ``record`` or ``none``.
    place : str
        Folder of the run, version that made the record, or "".
    """

    name: str
    title: str
    median: float | None = None
    eti95: tuple[float, float] | None = None
    converged: bool | None = None
    approximate: bool = False
    source: str = "none"
    place: str = ""


def other_rulers(
    fit: "Fit", *, folder: Path, record: Mapping[str, Any]
) -> tuple[RulerHeadline, ...]:
    """Return the headlines of the shipped rulers that are not the fit's own.

    Parameters
    ----------
    fit : Fit
        A fit with densities of LLMs.
    folder : pathlib.Path
        The fit's run; a run beside it that is named as a ruler, or as this run and a ruler, and was
        made from the same data goes before the record.
    record : mapping
        As `shipped_record` returns it; used for the data and hypotheses that it was made from.

    Returns
    -------
    tuple of RulerHeadline
        In the order of `RULERS`.
    """
    return tuple(
        next(filter(None, (_from_run(at, spec, fit) for at in beside(name, folder=folder))), None)
        or _from_record(record, spec, fit)
        or _unknown(spec)
        for name in RULERS
        if (spec := load_spec(name)).sha256 != fit.spec.sha256
    )


def beside(name: str, *, folder: Path) -> tuple[Path, Path]:
    """Return where a run of another hypothesis and the same data is looked for.

    Parameters
    ----------
    name : str
        The other hypothesis.
    folder : pathlib.Path
        A run.

    Returns
    -------
    tuple of two Path
        Beside the run, by the hypothesis's name and by both names; the second is for where the
        first is taken by a run of other data.
    """
    return folder.parent / name, folder.parent / f"{folder.name}-{name}"


def how_to_fit(name: str, fit: "Fit", *, folder: Path) -> str:
    """Return the command that fits another hypothesis to the same data, where it is looked for.

    Parameters
    ----------
    name : str
        The other hypothesis.
    fit : Fit
        Any fit.
    folder : pathlib.Path
        Its run.

    Returns
    -------
    str
        Empty for data in memory, which cannot be named in a command.
    """
    path = fit.data.path
    if path is None:
        return ""
    command = ["bayesdensing", "fit", name]
    if path.resolve() != packaged_data_dir().resolve():
        command += ["--data", str(path)]
    plain, both = beside(name, folder=folder)
    if folder.parent != Path("runs") or plain.exists():
        command += ["--out", str(both if plain.exists() else plain)]
    return shlex.join(command)


def _unknown(spec: "Spec") -> RulerHeadline:
    return RulerHeadline(name=spec.name, title=spec.title)


def _from_run(folder: Path, spec: "Spec", fit: "Fit") -> RulerHeadline | None:
    try:
        manifest = json.loads((folder / runs.MANIFEST).read_text(encoding="utf-8"))
        made_from = (manifest["spec"]["sha256"], manifest["data"]["sha256"])
        if runs.version_fault(manifest) or made_from != (spec.sha256, fit.data.sha256):
            return None
        summary = json.loads((folder / runs.SUMMARY).read_text(encoding="utf-8"))
        return _ruler(spec, summary, source="run", place=str(folder))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # what cannot be read is not there


def _from_record(record: Mapping[str, Any], spec: "Spec", fit: "Fit") -> RulerHeadline | None:
    entry = record.get("rulers", {}).get(spec.name)
    if entry is None or record["data"]["sha256"] != fit.data.sha256:
        return None
    if entry["spec_sha256"] != spec.sha256:
        return None
    place = f"bayesdensing {entry['versions']['bayesdensing']}, seed {entry['seed']}"
    return _ruler(spec, entry, source="record", place=place)


def _ruler(spec: "Spec", summary: Mapping[str, Any], *, source: str, place: str) -> RulerHeadline:
    doubling = summary["headline"]["doubling_time_days"]
    lower, upper = (_days(end) for end in doubling["eti95"])
    return RulerHeadline(
        name=spec.name,
        title=spec.title,
        median=_days(doubling["median"]),
        eti95=(lower, upper),
        converged=bool(summary["diagnostics"]["converged"]),
        approximate=bool(summary.get("approximate", False)),
        source=source,
        place=place,
    )


def _days(value: float | None) -> float:
    return float("inf") if value is None else float(value)


def shipped_record() -> dict[str, Any]:
    """Return the record of the shipped rulers on the packaged data; empty where there is none."""
    path = packaged_models_dir() / RECORD
    if not path.is_file():
        return {}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def record_of(fits: Mapping[str, "Fit"]) -> dict[str, Any]:
    """Return a record of fits, to be shipped.

    Parameters
    ----------
    fits : mapping of str to Fit
        A fit of every ruler and of the reference runs alone, all of one bundle.

    Returns
    -------
    dict
        Plain JSON types: ``data``; ``rulers``, each with the hash of its hypothesis, seed,
        versions, headline and checks; ``alone``, the reference curve from the runs alone, by the
        rule of the reference tokens.
    """
    alone = fits[ALONE]
    rules = {fits[name].spec.reference_tokens.label: fits[name] for name in RULERS}
    record: dict[str, Any] = plain(
        {
            "data": {"name": alone.data.name, "sha256": alone.data.sha256},
            "rulers": {
                name: _entry(fits[name]) | {"headline": fits[name].headline().to_dict()}
                for name in RULERS
            },
            "alone": _entry(alone)
            | {
                "law": law_of(alone.spec, alone.posterior),
                "curves": {
                    label: reference_curve(alone.posterior, tokens=fit.reference_tokens).to_dict(
                        "index"
                    )
                    for label, fit in rules.items()
                },
            },
        }
    )
    return record


def _entry(fit: "Fit") -> dict[str, Any]:
    checks = ("converged", "max_rhat", "min_ess_bulk", "min_ess_tail", "divergences")
    return {
        "spec_sha256": fit.spec.sha256,
        "seed": fit.seed,
        "versions": dict(fit.versions),
        "diagnostics": {name: getattr(fit.diagnostics, name) for name in checks},
    }


def curve_alone(fit: "Fit", record: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return the reference curve from the runs alone that a record holds for a fit.

    Parameters
    ----------
    fit : Fit
        A fit with a loss law.
    record : mapping
        As `shipped_record` returns it.

    Returns
    -------
    pandas.DataFrame or None
        As `bayesdensing.analysis.pull.reference_curve` returns it; None where the record is of
        other data, another loss law or other reference tokens.
    """
    if not record or record["data"]["sha256"] != fit.data.sha256:
        return None
    alone = record["alone"]
    curve = alone["curves"].get(fit.spec.reference_tokens.label)
    if curve is None or alone["law"] != plain(law_of(fit.spec, fit.posterior)):
        return None
    return pd.DataFrame.from_dict(curve, orient="index")
