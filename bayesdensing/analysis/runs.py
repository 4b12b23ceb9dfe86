"""A run: the folder that a fit leaves behind, and when an old one still serves."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdensing.analysis.summary import SCHEMA_VERSION, summarise, to_json

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit
    from bayesdensing.data import DataBundle
    from bayesdensing.spec import Spec

__all__ = [
    "DENSITY",
    "MANIFEST",
    "POSTERIOR",
    "SPEC",
    "SUMMARY",
    "manifest",
    "missing_file",
    "refit_reason",
    "run_files",
    "version_fault",
]

POSTERIOR = "posterior.nc"
SUMMARY = "summary.json"
SPEC = "spec.toml"
MANIFEST = "manifest.json"
DENSITY = "density.csv"


def run_files(fit: "Fit") -> dict[str, str | bytes]:
    """Return the text files of a run: all but the posterior and the figures.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict of str to str or bytes
        File name to content: summary, resolved hypothesis, manifest, and the LLMs' densities
        where the fit has them.
    """
    files: dict[str, str | bytes] = {
        SUMMARY: to_json(summarise(fit)),
        SPEC: fit.spec.to_toml(),
        MANIFEST: to_json(manifest(fit)),
    }
    if "log_density" in fit.posterior:
        files[DENSITY] = fit.density_table().to_csv(
            date_format="%Y-%m-%d", float_format="%.6g", lineterminator="\n"
        )
    return files


def manifest(fit: "Fit") -> dict[str, Any]:
    """Return what a fit was made from: enough to make it again, and to know if that is needed.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict
        The object of ``manifest.json``.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "versions": dict(fit.versions),
        "seed": fit.seed,
        "spec": {"name": fit.spec.name, "sha256": fit.spec.sha256},
        "data": {
            "name": fit.data.name,
            "version": fit.data.version,
            "sha256": fit.data.sha256,
            "path": None if fit.data.path is None else str(fit.data.path.resolve()),
        },
        "sampler": fit.spec.sampler.model_dump(),
        "approximate": fit.diagnostics.approximate,
    }


def version_fault(manifest: Mapping[str, Any]) -> str | None:
    """Say why a run of another version of the format cannot be read.

    Parameters
    ----------
    manifest : mapping
        The object of ``manifest.json``.

    Returns
    -------
    str or None
        The reason in words; None: it is of this version.
    """
    found = manifest.get("schema_version")
    if type(found) is int and found == SCHEMA_VERSION:
        return None
    if type(found) is int and found > SCHEMA_VERSION:
        return (
            f"the run has schema version {found}, newer than the {SCHEMA_VERSION} that this "
            "bayesdensing reads: update it, or fit anew"
        )
    was = "no schema version" if found is None else f"schema version {str(found)[:20]}"
    return f"the run has {was}, this bayesdensing reads {SCHEMA_VERSION}: fit it anew"


def missing_file(path: str | Path) -> str | None:
    """Name a file without which a run cannot be read.

    Parameters
    ----------
    path : str or pathlib.Path
        Folder of the run.

    Returns
    -------
    str or None
        The first one that is missing.
    """
    needed = (MANIFEST, POSTERIOR, SUMMARY, SPEC)
    return next((name for name in needed if not (Path(path) / name).is_file()), None)


def refit_reason(
    path: str | Path,
    *,
    spec: "Spec",
    data: "DataBundle",
    seed: int,
    version: str,
    approximate: bool = False,
) -> str | None:
    """Say why a run does not serve for what is asked.

    Parameters
    ----------
    path : str or pathlib.Path
        Folder of the run.
    spec : Spec
        Hypothesis asked for, with the sampler settings asked for.
    data : DataBundle
        Data asked for.
    seed : int
        Seed asked for.
    version : str
        Version of this package.
    approximate : bool
        Whether a quick fit is asked for.

    Returns
    -------
    str or None
        The reason in words; None: the run can be reused.
    """
    folder = Path(path)
    try:
        old = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if fault := version_fault(old):
            return fault
        was = {key: old[key] for key in ("seed", "spec", "data", "sampler", "versions")}
        spec_hash, data_hash = was["spec"]["sha256"], was["data"]["sha256"]
        quick = bool(old.get("approximate", False))  # 0.1.0 wrote none
        old_version, sampler = was["versions"].get("bayesdensing"), dict(was["sampler"])
    except FileNotFoundError:
        return f"there is no run in {folder}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"{MANIFEST} cannot be read"
    if missing := missing_file(folder):
        return f"{missing} is missing"
    if spec_hash != spec.sha256:
        return "the hypothesis has changed"
    if data_hash != data.sha256:
        return "the data have changed"
    if old_version != version:
        return f"bayesdensing is {version}, was {old_version}"
    if quick != approximate:
        return "the run is approximate" if quick else "the run is not a quick one"
    if was["seed"] != seed:
        return f"the seed is {seed}, was {was['seed']}"
    for name, value in spec.sampler.model_dump().items():
        if sampler.get(name) != value:
            return f"{name} is {value}, was {sampler.get(name)}"
    return None
