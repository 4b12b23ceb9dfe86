"""Single files, written all of it or nothing."""

import os
import tempfile
from pathlib import Path

__all__ = ["write_bytes", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Write a file, all of it or nothing.

    Parameters
    ----------
    path : pathlib.Path
        The file; one that is there is replaced.
    text : str
        Its content.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing.

    Parameters
    ----------
    path : pathlib.Path
        The file; one that is there is replaced.
    content : bytes
        Its content.

    Raises
    ------
    OSError
        Where it cannot be written, or something else than a file is there.
    """
    if path.exists() and not path.is_file():
        # a rename would put a file in place of a folder's or a device's own entry
        raise FileExistsError(f"{path} is there already and is no file")
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".bayesdensing-") as place:
        draft = Path(place) / path.name
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
