"""Stored runs that were damaged, or that another version wrote: told apart, never a traceback."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bayesdensing import fitting, plots
from bayesdensing.analysis.summary import SCHEMA_VERSION
from bayesdensing.errors import RunError
from bayesdensing.fitting import load_fit
from tests.analysis.synthetic import make_data, make_fit
from tests.damage.command import Ending, run

FILES = ("posterior.nc", "summary.json", "spec.toml", "manifest.json", "density.csv")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run and the data it was made from."""
    top = tmp_path_factory.mktemp("stored")
    make_data().to_directory(top / "data")
    fit = make_fit()
    fit.versions["bayesdensing"] = fitting._versions()["bayesdensing"]
    fit.save(top / "run", files={"figure.png": b"png"})
    return top


@pytest.fixture
def place(stored: Path, tmp_path: Path) -> Path:
    """Return a copy of it that may be damaged."""
    return Path(shutil.copytree(stored, tmp_path / "place"))


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stand in for sampling; the seeds of what would have been sampled are listed."""
    seeds: list[int] = []

    def stand_in(*_: Any, seed: int, **__: Any) -> Any:
        seeds.append(seed)
        return make_fit()

    monkeypatch.setattr(fitting, "_sample", stand_in)
    monkeypatch.setattr(plots, "figures", lambda _fit: {})
    return seeds


def load(place: Path) -> Any:
    return load_fit(place / "run", data=place / "data")


def fault(place: Path) -> str:
    with pytest.raises(RunError) as caught:
        load(place)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert str(place / "run") in message
    return message


def refit(place: Path, how: str) -> Ending:
    fit = make_fit()
    argv = ["fit", fit.spec.name, "--data", str(place / "data"), "--out", str(place / "run")]
    return run(*argv, "--seed", str(fit.seed), "--refit", how)


def change_manifest(place: Path, **changes: Any) -> None:
    path = place / "run" / "manifest.json"
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))


def test_an_unharmed_run_is_read_and_reused(place: Path, sampled: list[int]) -> None:
    assert load(place).posterior.equals(make_fit().posterior)
    (place / "run" / "figure.png").unlink()  # taken away is not altered
    assert load(place).seed == make_fit().seed
    for how in ("on-change", "never"):
        assert "reusing" in refit(place, how).err
    assert sampled == []


# --- flipped bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.11, 0.31, 0.5, 0.77, 0.93, 0.999])
@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_a_flipped_byte_is_noticed(place: Path, file: str, share: float, flip: int) -> None:
    path = place / "run" / file
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= flip
    if file == "manifest.json" and says_the_same(path.read_bytes(), bytes(content)):
        return  # the last digit of a number, beyond what a double holds
    path.write_bytes(content)
    assert file in fault(place)


def says_the_same(before: bytes, after: bytes) -> bool:
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def test_a_manifest_that_says_something_else_is_noticed(place: Path) -> None:
    for changes in ({"seed": 2}, {"versions": {}}, {"sampler": {}}, {"own": 1}):
        change_manifest(place, **changes)
        assert "manifest.json is not the file that the run wrote" in fault(place)


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_byte_is_a_reason_to_fit_anew(place: Path, sampled: list[int], file: str) -> None:
    path = place / "run" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x80
    path.write_bytes(content)
    before = {p.name: p.read_bytes() for p in (place / "run").iterdir()}
    never = refit(place, "never")
    assert never.code == 2
    assert never.errors[-1].startswith("error: ")
    assert file in never.errors[-1]
    assert {p.name: p.read_bytes() for p in (place / "run").iterdir()} == before
    assert sampled == []
    anew = refit(place, "on-change")
    assert anew.code == 0, anew.err
    (line,) = [line for line in anew.errors if line.startswith("fitting: ")]
    assert file in line
    assert sampled == [make_fit().seed]
    assert load(place).posterior.equals(make_fit().posterior)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", '"a"', "[" * 100_000, '{"schema_version": 1}', "\ufeff{}"]
)
def test_a_manifest_that_is_none_is_named(place: Path, sampled: list[int], text: str) -> None:
    (place / "run" / "manifest.json").write_text(text)
    assert "manifest.json" in fault(place) or "no schema version" in fault(place)
    assert refit(place, "never").code == 2
    assert refit(place, "on-change").code == 0
    assert len(sampled) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"rename": 1, "remove": 2}'])
def test_a_damaged_journal_is_named(place: Path, sampled: list[int], text: str) -> None:
    journal = place / "run" / ".commit.json"
    journal.write_text(text)
    assert str(journal) in fault(place)
    refit(place, "always").assert_refused(str(journal))
    assert sampled == []
    journal.unlink()
    assert load(place).seed == make_fit().seed


# --- other versions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (0, "schema version 0"),
        (None, "no schema version"),
        ("1", "schema version 1"),
        (True, "schema version True"),
        (SCHEMA_VERSION + 1, f"schema version {SCHEMA_VERSION + 1}, newer"),
    ],
)
def test_another_version_is_named_and_fitted_anew(
    place: Path, sampled: list[int], version: Any, said: str
) -> None:
    change_manifest(place, schema_version=version)
    for message in (fault(place), refit(place, "never").errors[-1]):
        assert said in message
        assert "fit it anew" in message or "fit anew" in message
        # it is a matter of the version, not of damage
        assert "not the file" not in message
    assert refit(place, "never").code == 2
    assert sampled == []
    anew = refit(place, "on-change")
    assert anew.code == 0
    assert any(line.startswith("fitting: ") and said in line for line in anew.errors)
    assert len(sampled) == 1
    assert load(place).seed == make_fit().seed


# --- other data -----------------------------------------------------------------------------------


def test_changed_data_are_told_from_damage(place: Path, sampled: list[int]) -> None:
    make_data(seed=2).to_directory(place / "data", overwrite=True)
    message = fault(place)
    assert "made from other data" in message
    assert "not the file" not in message
    # who asks for no refit gets the run all the same, and is told
    assert "although the data have changed" in refit(place, "never").err
    assert "fitting: the data have changed" in refit(place, "on-change").err
    assert len(sampled) == 1
