"""A run's files: all of the old or all of the new, whenever the writer dies."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from bayesdensing.inference import store

FILES = ("posterior.nc", "manifest.json", "summary.json", "figure.png")


def draws(value: float) -> xr.DataTree:
    posterior = xr.Dataset({"x": (("chain", "draw"), np.full((2, 5), value))})
    return xr.DataTree.from_dict({"posterior": posterior})


def write(folder: Path, value: int) -> None:
    files = {"manifest.json": json.dumps({"value": value}), "summary.json": str(value)}
    store.write_run(folder, idata=draws(value), files={**files, "figure.png": bytes([value])})


def held(folder: Path) -> set[int]:
    """Return the values that a folder's files are of; more than one is a mixture."""
    return {
        int(store.read_idata(folder)["posterior"]["x"].mean()),
        int((folder / "summary.json").read_text()),
        (folder / "figure.png").read_bytes()[0],
        json.loads((folder / "manifest.json").read_text())["value"],
    }


def test_a_run_is_written_with_hashes_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    write(folder, 1)
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
    hashes = json.loads((folder / "manifest.json").read_text())["files"]
    assert sorted(hashes) == sorted(set(FILES) - {"manifest.json"})
    for name, digest in hashes.items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest == store.sha256_of(folder / name)


def test_a_run_is_replaced_and_other_files_are_let_be(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "figures").mkdir()
    write(tmp_path, 1)
    write(tmp_path, 2)
    assert held(tmp_path) == {2}
    assert (tmp_path / "notes.txt").read_text() == "mine"
    left = {p.name for p in tmp_path.iterdir()} - set(FILES)
    assert left == {"notes.txt", "figures"}


def test_files_that_only_the_old_run_had_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, 1)
    files = {"manifest.json": json.dumps({"value": 2}), "summary.json": "2"}
    store.write_run(tmp_path, idata=draws(2), files=files)
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"posterior.nc", "manifest.json", "summary.json", "notes.txt"}


def test_a_manifest_cannot_have_files_of_others_removed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    folder = tmp_path / "run"
    write(folder, 1)
    listed = {"../other/notes.txt": "", str(tmp_path / "other" / "notes.txt"): "", "..": ""}
    (folder / "manifest.json").write_text(json.dumps({"files": listed}))
    write(folder, 2)
    assert (tmp_path / "other" / "notes.txt").read_text() == "mine"
    assert held(folder) == {2}


def test_the_draws_are_read_into_memory_and_the_file_is_closed(tmp_path: Path) -> None:
    write(tmp_path, 1)
    tree = store.read_idata(tmp_path)
    shutil.rmtree(tmp_path)
    np.testing.assert_array_equal(tree["posterior"]["x"], np.ones((2, 5)))


def test_files_have_the_users_own_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path, 1)
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in FILES} == {0o640}


# Dies at the n-th step that touches the disk, for every n, each time on a copy of an old run.
KILLER = """
    import os, shutil, sys
    from pathlib import Path
    from test_store import write

    top = Path(sys.argv[1])
    write(top / "old", 1)
    for n in range(100):
        folder = top / f"{n:02d}"
        shutil.copytree(top / "old", folder)
        (folder / "notes.txt").write_text("mine")
        child = os.fork()
        if not child:
            left = n
            def counted(step):
                def run(*args, **kwargs):
                    global left
                    if left == 0:
                        os._exit(9)
                    left -= 1
                    return step(*args, **kwargs)
                return run
            os.fsync = counted(os.fsync)
            for name in ("rename", "replace", "unlink", "chmod"):
                setattr(Path, name, counted(getattr(Path, name)))
            write(folder, 2)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            break
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return folders whose writer died at the first, second, ... step; the last one lived."""
    top = tmp_path_factory.mktemp("killed")
    code = textwrap.dedent(KILLER)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code, str(top)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return sorted(p for p in top.iterdir() if p.name != "old")


def test_a_writer_that_dies_leaves_the_old_run_or_the_new(killed: list[Path]) -> None:
    assert len(killed) > 10
    seen: list[int] = []
    for folder in killed:
        # what a reader of the text files meets before anyone has recovered, then after
        store.recover(folder)
        values = held(folder)
        assert len(values) == 1, folder
        seen += values
        assert (folder / "notes.txt").read_text() == "mine"
        assert not (folder / ".commit.json").exists()
    assert seen == sorted(seen)
    assert seen[0] == 1
    # the journal stands well before the last step
    assert 1 < seen.count(2) < len(seen)


def test_the_next_writer_sweeps_up(killed: list[Path]) -> None:
    for folder in killed:
        write(folder, 3)
        assert held(folder) == {3}
        assert {p.name for p in folder.iterdir()} == {*FILES, "notes.txt"}


@pytest.mark.parametrize("step", range(4))
def test_a_full_disk_leaves_the_old_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    write(tmp_path, 1)
    left, fsync = [step], os.fsync

    def full(handle: int) -> None:
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        left[0] -= 1
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path, 2)
    assert held(tmp_path) == {1}
    assert {p.name for p in tmp_path.iterdir()} == set(FILES)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_keeps_its_run(tmp_path: Path) -> None:
    write(tmp_path, 1)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError, match="Permission denied"):
            write(tmp_path, 2)
        assert held(tmp_path) == {1}
    finally:
        tmp_path.chmod(0o700)


def test_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(OSError, match="File exists"):
        write(tmp_path / "run", 1)
    assert (tmp_path / "run").read_text() == "mine"


def test_what_is_no_run_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"posterior\.nc"):
        store.read_idata(tmp_path)
    (tmp_path / "posterior.nc").write_bytes(b"no netCDF")
    with pytest.raises(OSError, match=r"posterior\.nc"):
        store.read_idata(tmp_path)


def test_writers_of_one_folder_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, guard = 0, 0, threading.Lock()
    stage = store._stage

    def watched(*args: Any) -> Any:
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        time.sleep(0.005)
        try:
            return stage(*args)
        finally:
            with guard:
                inside -= 1

    monkeypatch.setattr(store, "_stage", watched)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: write(tmp_path, value), range(24)))
    assert most == 1
    assert len(held(tmp_path)) == 1
    assert {p.name for p in tmp_path.iterdir()} == set(FILES)
