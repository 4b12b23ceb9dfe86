"""Fits that die, or cannot write: the run that was there stays whole, the next fit works.

Each is a process of its own on a small series. What has to be slow, so that there is time to kill
it, is made slow by its number of draws; what happens while files are written is met by a driver
that stands in for sampling and kills itself at a given step.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bayesdensing.analysis import Fit
from bayesdensing.data import DataBundle
from bayesdensing.fitting import load_fit

ROOT = Path(__file__).parents[2]
FILES = {"posterior.nc", "summary.json", "spec.toml", "manifest.json", "density.csv"}
MAIN = "import sys; from bayesdensing.cli.app import main; sys.exit(main(sys.argv[1:]))"
SMALL = ("--draws", "1000", "--tune", "300", "--chains", "2")
FOREVER = ("--draws", "400000", "--tune", "400000", "--chains", "2")

# Runs `fit` with the stored run, under another seed, in place of sampling, on a copy of the folder
# for each trap that is set for it; then once more without one on a copy of what it left.
DRIVER = """
    import dataclasses, json, os, resource, shutil, signal, sys
    from pathlib import Path
    from bayesdensing import fitting, plots
    from bayesdensing.cli.app import main
    from bayesdensing.inference import store

    origin, top = map(Path, sys.argv[1:3])
    old = fitting.load_fit(origin / "run", data=origin / "data")

    def stand_in(spec, data, *, seed, **_):
        print("sampled", file=sys.stderr, flush=True)
        return dataclasses.replace(old, seed=seed)

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    def after(count, step):
        left = [count]
        def counted(*args, **kwargs):
            if not left[0]:
                die()
            left[0] -= 1
            return step(*args, **kwargs)
        return counted

    def limit(kilobytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024,) * 2)

    def read_only(folder):
        folder.chmod(0o555)
        os.geteuid() or os.seteuid(65534)  # root may write anywhere, nobody may not

    def fit(place, trap):
        run = place / "run"
        heard, told = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(told, 2)
            scope = globals() | {"run": run}
            exec(trap, scope)
            run = scope["run"]
            data = str(place / "data")
            code = main(["fit", "trend", "--data", data, "--out", str(run), "--seed", "2"])
            os._exit(code)
        os.close(told)
        with open(heard) as lines:
            (place / "stderr").write_text(lines.read())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        run.chmod(0o755)
        return code

    fitting._sample = stand_in
    codes = {}
    for name, trap in json.loads(sys.argv[3]).items():
        shutil.copytree(origin, top / name).chmod(0o755)
        first = fit(top / name, trap)
        shutil.copytree(top / name, top / f"{name}, next")
        codes[name] = first, fit(top / f"{name}, next", "")
    Path(top / "codes.json").write_text(json.dumps(codes))
"""

# Moments of the writer, and the seed of the run that is whole afterwards.
MOMENTS = {
    "while figures are drawn": ("plots.figures = die", 1),
    "before anything is written": ("fitting.Fit.save = die", 1),
    "when the posterior is written": ("store._sync = die", 1),
    "when half of the files are written": ("store._write = after(3, store._write)", 1),
    "before the journal stands": ("Path.rename = die", 1),
    "when the journal stands": ("store._sync_folder = die", 2),
    "before the first renaming": ("Path.replace = die", 2),
    "between renamings": ("Path.replace = after(3, Path.replace)", 2),
    "before the journal goes": ("Path.unlink = die", 2),
}
#: A disk with room for none, the smallest, or all but the largest of the files.
FULL = {f"{size} kB": f"limit({size})" for size in (0, 4, 40)}
READ_ONLY = {
    "the run": "read_only(run)",
    "the folder above": "read_only(run); run = run / 'below' / 'new'",
}


def start(code: str, *argv: object, **settings: object) -> "subprocess.Popen[str]":
    """Start a program that imports this package from the checkout."""
    environment = os.environ | settings.pop("env", {})  # type: ignore[operator]
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, argv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **settings,  # type: ignore[call-overload]
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, str, list[str]]:
    """Wait for a program; return exit code, stdout and the lines of stderr."""
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, out, err.splitlines()


def argv(place: Path, seed: int, *options: str) -> list[str]:
    fixed = ["fit", "trend", "--data", place / "data", "--out", place / "run", "--seed", seed]
    return [*map(str, fixed), *options]


def seed_of(place: Path) -> int:
    """Return the seed of a run that is whole."""
    fit: Fit = load_fit(place / "run", data=place / "data")
    assert fit.posterior.sizes["draw"] == 1000
    return fit.seed


def names(place: Path) -> set[str]:
    return {path.name for path in (place / "run").iterdir() if path.suffix != ".png"}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, tiny_frames: object) -> Path:
    """Return a folder with a bundle and a run of seed 1."""
    place = tmp_path_factory.mktemp("fitted")
    densities = tiny_frames()["densities"].drop(columns=["value_lo95", "value_hi95"])  # type: ignore[operator]
    DataBundle.from_frames(name="tiny", densities=densities).to_directory(place / "data")
    code, out, err = end(start(MAIN, *argv(place, 1, *SMALL)))
    assert code == 0, err
    assert "doubling time" in out
    assert names(place) == FILES
    return place


@pytest.fixture
def place(fitted: Path, tmp_path: Path) -> Path:
    """Return a copy of it that may be spoilt."""
    return Path(shutil.copytree(fitted, tmp_path / "place"))


@dataclass(frozen=True)
class Driven:
    """What a fit with a trap left, and what the next fit made of that."""

    code: int
    place: Path
    next_code: int
    next_place: Path

    @property
    def err(self) -> list[str]:
        """The lines on stderr."""
        text = (self.place / "stderr").read_text()
        assert "Traceback" not in text, text
        return text.splitlines()


@pytest.fixture(scope="module")
def driven(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Driven]]:
    """Return, by name of its trap, each fit of the driver."""
    traps = {name: trap for name, (trap, _) in MOMENTS.items()} | FULL | READ_ONLY
    # below the pytest folder, which is its owner's alone, nobody could not even read
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        top.chmod(0o755)
        code, _, err = end(start(DRIVER, fitted, top, json.dumps(traps)))
        assert code == 0, err
        yield {
            name: Driven(first, top / name, second, top / f"{name}, next")
            for name, (first, second) in json.loads((top / "codes.json").read_text()).items()
        }


# --- killed ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["compiling", "tuning", "sampling"])
def test_a_fit_that_is_killed_leaves_the_old_run(place: Path, moment: str) -> None:
    # so long that it cannot have gone on to the next stage, but for those that come before it
    tune, draws = ("300", FOREVER[1]) if moment == "sampling" else (FOREVER[3], "500")
    options = ("--tune", tune, "--draws", draws, "--chains", "2")
    process = start(MAIN, *argv(place, 2, *options))
    assert process.stderr is not None
    with process:
        for line in process.stderr:
            if line.startswith(moment):
                process.kill()
                break
    assert process.returncode == -signal.SIGKILL
    assert names(place) == FILES
    assert seed_of(place) == 1


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_fit_that_is_killed_while_writing_leaves_one_run(
    driven: dict[str, Driven], moment: str
) -> None:
    fit = driven[moment]
    assert fit.code == -signal.SIGKILL
    assert fit.err == ["sampled", f"writing {fit.place / 'run'}"]
    assert seed_of(fit.place) == MOMENTS[moment][1]


@pytest.mark.slow
@pytest.mark.parametrize("trap", [*MOMENTS, *FULL, *READ_ONLY])
def test_the_next_fit_works_and_sweeps_up(driven: dict[str, Driven], trap: str) -> None:
    fit = driven[trap]
    assert fit.next_code == 0
    assert names(fit.next_place) == FILES
    assert seed_of(fit.next_place) == 2


# --- a disk that is full, folders that cannot be written ------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("size", FULL)
def test_a_full_disk_is_one_line_and_leaves_the_old_run(
    driven: dict[str, Driven], size: str
) -> None:
    fit = driven[size]
    assert fit.code == 2
    sampled, writing, error = fit.err
    assert (sampled, writing) == ("sampled", f"writing {fit.place / 'run'}")
    assert error.startswith(f"error: {fit.place / 'run'}/")
    assert "too large" in error or "is the disk full?" in error
    assert names(fit.place) == FILES
    assert seed_of(fit.place) == 1


@pytest.mark.slow
@pytest.mark.parametrize("what", READ_ONLY)
def test_a_folder_that_cannot_be_written_is_refused_before_sampling(
    driven: dict[str, Driven], what: str
) -> None:
    fit = driven[what]
    assert fit.code == 2
    (error,) = fit.err
    assert error.startswith("error: ")
    assert "--out" in error
    assert f"{fit.place / 'run'} cannot be written: Permission denied" in error
    assert names(fit.place) == FILES
    assert seed_of(fit.place) == 1


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_no_hindrance(place: Path) -> None:
    settings = {"PYTENSOR_FLAGS": "", "HOME": "/proc/nowhere", "TMPDIR": str(place)}
    process = start(MAIN, *argv(place, 2, *SMALL), env=settings)
    assert process.stderr is not None
    seen = []
    with process:
        for line in process.stderr:
            seen.append(line)
            if line.startswith("compiling the model"):
                process.kill()  # the rest takes long, and is as ever
                break
    assert seen[-2].startswith(f"compiling in {place}"), seen


COMPILE = """
    from bayesdensing.fitting import prepare_compiler
    print(prepare_compiler())
    import pytensor
    x = pytensor.tensor.dscalar()
    assert pytensor.function([x], x + 1, mode="NUMBA")(1.0) == 2.0
    print(pytensor.config.compiledir)
"""


@pytest.mark.slow
def test_what_is_compiled_elsewhere_goes_with_the_process(tmp_path: Path) -> None:
    settings = {"PYTENSOR_FLAGS": "", "HOME": "/proc/nowhere", "TMPDIR": str(tmp_path)}
    code, out, err = end(start(COMPILE, env=settings))
    assert code == 0, err
    place, below = map(Path, out.splitlines())
    assert place.parent == tmp_path
    assert below.is_relative_to(place)
    assert not place.exists()


@pytest.mark.slow
def test_a_place_for_compiled_code_that_cannot_be_is_one_line(place: Path) -> None:
    flags = {"PYTENSOR_FLAGS": "base_compiledir=/proc/nowhere"}
    code, _, err = end(start(MAIN, *argv(place, 2, *SMALL), env=flags))
    assert code == 2, err
    assert len(err) == 1
    assert err[0].startswith("error: ")
    assert "/proc/nowhere" in err[0]
    assert "PYTENSOR_FLAGS" in err[0]
    assert seed_of(place) == 1


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_fits_of_one_run_leave_one_of_the_two(place: Path) -> None:
    both = [start(MAIN, *argv(place, seed, *SMALL)) for seed in (2, 3)]
    for process in both:
        code, out, err = end(process)
        assert code == 0, err
        assert "doubling time" in out
    assert seed_of(place) in (2, 3)
    assert names(place) == FILES
