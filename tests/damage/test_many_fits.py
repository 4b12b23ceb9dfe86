"""Calibrations that die, or whose workers do: no fit is lost, doubled or changed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayesdensing.data import DataBundle
from tests.campaign.processes import environment, interruptible, scheduler, stored, wait_until

pytestmark = pytest.mark.slow

MAIN = "import sys; from bayesdensing.cli.app import main; sys.exit(main(sys.argv[1:]))"
SIMS = 16


def start(place: Path, out: Path, *options: str) -> "subprocess.Popen[str]":
    lengths = ["--sims", str(SIMS), "--draws", "400", "--tune", "300", "--json"]
    fixed = ["calibrate", "trend", "--data", str(place), "--out", str(out), *lengths]
    with interruptible():
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *fixed, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip


def end(process: "subprocess.Popen[str]") -> tuple[int, dict[str, Any], list[str]]:
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, json.loads(out) if out else {}, err.splitlines()


def rows(out: Path) -> dict[str, Any]:
    found = [json.loads(path.read_text()) for path in (out / "fits").rglob("*.json")]
    return {content["key"]: content["row"] for content in found}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, tiny_frames: Any) -> Path:
    densities = tiny_frames()["densities"]
    bundle = DataBundle.from_frames(name="tiny", densities=densities)
    return bundle.to_directory(tmp_path_factory.mktemp("many") / "data")


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    """Return the folder of a calibration that was left in peace."""
    out = place.parent / "whole"
    code, content, err = end(start(place, out))
    assert code == 0, err
    assert content["fits"]["usable"] == SIMS
    return out


def test_a_calibration_that_is_killed_again_and_again_ends_with_the_same_rows(
    place: Path, whole: Path, tmp_path: Path
) -> None:
    rng, out = np.random.default_rng(1), tmp_path / "out"
    for _ in range(3):
        begun = stored(out)
        process = start(place, out)
        wait_until(lambda begun=begun: stored(out) > begun, seconds=200)
        time.sleep(float(rng.random()))
        process.kill()
        process.communicate()
        if stored(out) == SIMS:
            break
    kept = {path.name: path.read_bytes() for path in (out / "fits").rglob("*.json")}
    assert len(kept) >= 3
    code, _, _ = end(start(place, out))
    assert code == 0
    after = {path.name: path.read_bytes() for path in (out / "fits").rglob("*.json")}
    assert {name: after[name] for name in kept} == kept
    assert rows(out) == rows(whole)


def test_an_interrupt_is_130_and_says_what_is_left(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(place, out, "--sims", "500")
    wait_until(lambda: stored(out) >= 2, seconds=200)
    process.send_signal(signal.SIGINT)
    code, content, err = end(process)
    assert (code, content) == (130, {})
    assert err[-1] == "interrupted"
    assert f"of 500 fits are stored in {out}; the same command makes the other" in err[-2]


def test_a_worker_of_a_scheduler_that_is_killed_mid_fit_loses_nothing(
    place: Path, whole: Path, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    rng, out = np.random.default_rng(2), tmp_path / "out"
    with scheduler(tmp_path, workers=2) as (address, crew):
        process = start(place, out, "--scheduler", address)
        count = 1 + int(rng.integers(4))
        wait_until(lambda: stored(out) >= count, seconds=200)
        time.sleep(float(rng.random()) * 0.3)
        crew[0].kill()
        code, _, err = end(process)
    assert code == 0, err
    assert any(f"2 workers of {address}" in line for line in err)
    assert rows(out) == rows(whole)
