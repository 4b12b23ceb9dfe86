"""What was measured, as JSON files beside the code."""

import json
from pathlib import Path
from typing import Any

from bayesdensing.files import write_text

__all__ = ["FOLDER", "load", "save"]

FOLDER = Path(__file__).parent / "results"
_DIGITS = 5


def save(part: str, found: dict[str, Any], *, folder: Path = FOLDER) -> Path:
    """Write the results of a part.

    Parameters
    ----------
    part : str
        Its name.
    found : dict
        Plain JSON types; numbers are kept to five digits.
    folder : pathlib.Path
        Where to.

    Returns
    -------
    pathlib.Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}.json"
    text = json.dumps(_rounded(found), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, f"{text}\n")
    return path


def load(part: str, *, folder: Path = FOLDER) -> dict[str, Any] | None:
    """Read the results of a part.

    Parameters
    ----------
    part : str
        Its name.
    folder : pathlib.Path
        Where from.

    Returns
    -------
    dict or None
        None where it was not measured yet.
    """
    path = folder / f"{part}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return float(f"{value:.{_DIGITS}g}")
    return value
