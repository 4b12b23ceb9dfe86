"""Where the packaged data and hypotheses lie.

A wheel carries them inside the package (``_packaged/``); in a checkout they are the
top-level folders ``data/`` and ``models/``.
"""

from pathlib import Path

__all__ = ["packaged_data_dir", "packaged_models_dir"]

_PACKAGE = Path(__file__).resolve().parent


def _packaged(folder: str) -> Path:
    """Return the folder inside the package if it is there, else the one in the checkout."""
    inside = _PACKAGE / "_packaged" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def packaged_data_dir() -> Path:
    """Return the folder of the packaged data bundle.

    Returns
    -------
    pathlib.Path
        A folder that holds ``datapackage.json``.

    Examples
    --------
    >>> (packaged_data_dir() / "datapackage.json").is_file()
    True
    """
    return _packaged("data")


def packaged_models_dir() -> Path:
    """Return the folder of the shipped hypotheses (TOML files).

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> packaged_models_dir().name
    'models'
    """
    return _packaged("models")
