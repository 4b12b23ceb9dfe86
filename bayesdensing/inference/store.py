"""A run's files, written all or not at all.

New files are written under temporary names and synced, then a journal names them, then they are
renamed, then the journal goes. A process that dies before the journal stands leaves the old run;
after it, the next reader or writer finishes the renaming. Other files in the folder are let be.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

__all__ = ["POSTERIOR", "altered", "read_idata", "recover", "sha256_of", "write_run"]

POSTERIOR = "posterior.nc"
_JOURNAL = ".commit.json"
_LOCK = ".lock"
_PREFIX = ".new-"


def write_run(
    path: str | Path,
    *,
    idata: xr.DataTree,
    files: Mapping[str, str | bytes],
    manifest: str = "manifest.json",
) -> None:
    """Write a run.

    Parameters
    ----------
    path : str or Path
        Folder, made where it is missing.
    idata : xarray.DataTree
        Draws, to ``posterior.nc``.
    files : mapping of str to str or bytes
        Name to content of every other file.
    manifest : str
        Which of the files is the manifest, a JSON object; it gets ``files``, the SHA-256 of every
        other file, and ``sha256``, its own.

    Raises
    ------
    OSError
        Where the folder cannot be written; the old run is intact.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _finish(folder)
        _sweep(folder)
        try:
            old = _listed(folder / manifest)
            staged = _stage(folder, idata, dict(files), manifest)
            plan = {"rename": staged, "remove": sorted(old - set(staged.values()))}
            journal = _write(folder, _JOURNAL, json.dumps(plan).encode())
            journal.rename(folder / _JOURNAL)
            _sync_folder(folder)
        except BaseException:
            _sweep(folder)
            raise
        _finish(folder)


def _listed(manifest: Path) -> set[str]:
    """Return the files of the old run: what its manifest lists, and lies in the folder itself."""
    try:
        names = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {name for name in names if Path(name).name == name and not name.startswith(".")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def _stage(
    folder: Path, idata: xr.DataTree, files: dict[str, str | bytes], manifest: str
) -> dict[str, str]:
    """Write every file under a temporary name; return temporary to final names."""
    handle, name = tempfile.mkstemp(prefix=f"{_PREFIX}{POSTERIOR}-", dir=folder)
    os.close(handle)
    posterior = Path(name)
    try:
        idata.to_netcdf(posterior, engine="netcdf4")
    except (OSError, RuntimeError) as error:
        # the NetCDF library does not say why it could not write, or calls a full disk forbidden
        raise OSError(
            f"{folder / POSTERIOR} cannot be written, is the disk full? {error}"
        ) from None
    _sync(posterior)
    content = {n: c.encode() if isinstance(c, str) else c for n, c in files.items()}
    hashes = {n: hashlib.sha256(c).hexdigest() for n, c in content.items() if n != manifest}
    hashes[POSTERIOR] = sha256_of(posterior)
    stamped = {**json.loads(content[manifest]), "files": dict(sorted(hashes.items()))}
    stamped["sha256"] = _digest(stamped)
    content[manifest] = (json.dumps(stamped, indent=2) + "\n").encode()
    staged = {posterior.name: POSTERIOR}
    for final, data in content.items():
        staged[_write(folder, final, data).name] = final
    # readable like any file of the user's, not only by the owner as temporary files are
    mask = os.umask(0)
    os.umask(mask)
    for temporary in staged:
        (folder / temporary).chmod(0o666 & ~mask)
    return staged


def _digest(manifest: Mapping[str, Any]) -> str:
    """Hash what a manifest says, its own hash left out."""
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _write(folder: Path, final: str, data: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f"{_PREFIX}{final}-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _finish(folder: Path) -> None:
    """Carry out the renames of a journal, if one stands."""
    journal = folder / _JOURNAL
    if not journal.exists():
        return
    try:
        plan = json.loads(journal.read_text(encoding="utf-8"))
        renames, removals = dict(plan["rename"]), list(plan["remove"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OSError(f"{journal} is damaged: remove it, and fit anew") from None
    for temporary, final in renames.items():
        if (folder / temporary).exists():
            (folder / temporary).replace(folder / final)
    for stale in removals:
        (folder / stale).unlink(missing_ok=True)
    _sync_folder(folder)
    journal.unlink()


def _sweep(folder: Path) -> None:
    for stale in folder.glob(f"{_PREFIX}*"):
        stale.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time write a folder."""
    path = folder / _LOCK
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_still(path, lock.fileno()):
                continue  # its owner took it away while we waited: this one guards nothing
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def recover(path: str | Path) -> None:
    """Finish what a writer left undone after its journal stood.

    Parameters
    ----------
    path : str or Path
        Folder of a run.
    """
    folder = Path(path)
    if (folder / _JOURNAL).exists():
        with _locked(folder):
            _finish(folder)


def altered(path: str | Path, *, manifest: str = "manifest.json") -> str | None:
    """Name a file that is not what the run wrote.

    Parameters
    ----------
    path : str or Path
        Folder of a run.
    manifest : str
        The manifest, which holds the hashes.

    Returns
    -------
    str or None
        The first such file, the manifest itself before all others; None: all are as they were
        written. A file that was taken away is none: what needs it will miss it.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError, AttributeError
        Where the manifest cannot be read or is none.
    """
    folder = Path(path)
    content = json.loads((folder / manifest).read_text(encoding="utf-8"))
    # the first manifests had no hash of their own, nor said whether a run is approximate
    if content.get("sha256", "" if "approximate" in content else _digest(content)) != _digest(
        content
    ):
        return manifest
    for name, digest in content["files"].items():
        if (folder / name).exists() and sha256_of(folder / name) != digest:
            return str(name)
    return None


def read_idata(path: str | Path) -> xr.DataTree:
    """Read a run's draws into memory.

    Parameters
    ----------
    path : str or Path
        Folder of a run.

    Returns
    -------
    xarray.DataTree
        The draws; the file is closed.

    Raises
    ------
    OSError
        Where there is no such file or it is no NetCDF file.
    """
    recover(path)
    # opened lazily, the file would stay open and could not be replaced
    with xr.open_datatree(Path(path) / POSTERIOR, engine="netcdf4") as tree:
        return tree.load()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
