"""Where compiled code lies: PyTensor's own folder, or a temporary one where that is no good.

PyTensor keeps compiled code below the home folder and cannot even be imported where it may not
write there, as in many containers and on shared machines.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

__all__ = ["ensure_compile_dir"]

_FLAGS = "PYTENSOR_FLAGS"


def ensure_compile_dir() -> Path | None:
    """Give this process a temporary folder for compiled code where PyTensor's cannot be written.

    To be called before PyTensor is imported. A folder that the user has named is left to them.

    Returns
    -------
    Path or None
        The temporary folder, gone when the process ends; None: PyTensor's own is used.

    Raises
    ------
    OSError
        Where no temporary folder can be made either.
    """
    flags = os.environ.get(_FLAGS, "")
    if "pytensor" in sys.modules or "compiledir" in flags or _is_usable(_own()):
        return None
    place = tempfile.mkdtemp(prefix="bayesdensing-compiled-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    os.environ[_FLAGS] = ",".join(filter(None, [flags, f"base_compiledir={place}"]))
    return Path(place)


def _own() -> Path:
    home = os.environ.get("HOME")
    return (Path(home) if home is not None else Path.home()) / ".pytensor"


def _is_usable(folder: Path) -> bool:
    """Tell a folder that can be made, or be written together with the folders in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, *(entry for entry in folder.iterdir() if entry.is_dir())):
            with tempfile.TemporaryFile(dir=place):
                pass
    except (OSError, ValueError):
        return False
    return True
