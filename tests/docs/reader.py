"""A reader who types what the pages say, in a scratch folder.

What is done with a command follows from what it is:

- *run*: carried out as it stands. All that takes seconds: readings of a run, pages, worlds, fits of
  the loss law or of a published series, Python, and a fit whose run is there already.
- *assembled*: a fit of densities, minutes of work: hypothesis and data are loaded and the model is
  built from them, but not sampled.
- *parsed*: many fits, `make`, and what changes the machine: the words pass the parser, and every
  hypothesis, folder of data, run, axis, target and option is looked up.

A comment before a block, ``<!-- needs: runs/x -->``, makes that run by a quick fit.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from unittest import mock

import typer

from bayesdensing import fitting
from bayesdensing.assembly import assemble
from bayesdensing.cli import main
from bayesdensing.cli.app import app
from bayesdensing.data import load_data
from bayesdensing.multiverse import variants
from bayesdensing.multiverse.grid import load_grid
from bayesdensing.spec import load_spec
from tests.docs.blocks import ROOT, Block, Command, blocks, commands, pages
from tests.docs.states import FILES, make_run

__all__ = ["ASSEMBLED", "DIRECTIVES", "LOADED", "PARSED", "PROSE", "RUN", "Reader"]

RUN, ASSEMBLED, PARSED, LOADED = "run", "assembled", "parsed", "loaded"
#: Text that is no code, and what the site's own build reads and fails on.
PROSE, DIRECTIVES = {"text"}, {"{toctree}", "{eval-rst}"}

_MANY_FITS = {"calibrate", "compare", "recover", "sensitivity"}
_SHELL = {"cat", "cp", "sed"}
#: What changes a shell or a machine.
_INSTALLS = {". .venv/bin/activate", "pip install '.[report]'", "apt-get install chromium"}
_TARGETS = set(re.findall(r"^\.PHONY: (\w+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
_FILE_NAME = re.compile(r"^# (\w+\.toml)$", re.MULTILINE)
#: A whole hypothesis; anything else is a fragment, meant to go into one.
_WHOLE = {"extends", "title", "name"}
#: Keys that only a grid of choices has.
_GRID = {"design", "axes"}


class Reader:
    """Does what the blocks of one page say, from the first to the last.

    Parameters
    ----------
    place : Path
        The working folder, with runs of ``joint`` and ``loss_law`` in ``runs``.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._fitted: set[str] = set()
        #: What was done, a line for each command or block.
        self.done: list[tuple[str, str]] = []

    def read(self, block: Block) -> None:
        """Do what a block says.

        Parameters
        ----------
        block : Block
            Of any kind that is known.

        Raises
        ------
        AssertionError
            Where it fails, or nothing is known of its kind.
        """
        for need in block.needs:
            self._provide(need)
        if block.kind in PROSE:
            assert not re.search(r"^\$ ", block.text, re.MULTILINE), f"{block}: commands as text"
        elif block.kind == "console":
            for command in commands(block.text):
                self.done.append((self._type(command), command.text.partition("\n")[0]))
        elif block.kind == "sh":
            self._shell(block.text)
            self.done.append((RUN, f"{block}"))
        elif block.kind == "python":
            self._python(block.text)
            self.done.append((RUN, f"{block}"))
        elif block.kind == "toml":
            self._hypothesis(block.text)
            self.done.append((LOADED, f"{block}"))
        else:
            assert block.kind in DIRECTIVES, f"{block}: no test knows a block of {block.kind!r}"

    def _provide(self, need: str) -> None:
        path = self._place / need
        if path.exists():
            return
        if need.startswith("runs/"):
            own = self._place / f"{path.name}.toml"
            make_run(path, spec=str(own) if own.exists() else path.name)
        elif path.suffix == ".toml":
            path.write_text(_HYPOTHESES[need], encoding="utf-8")
        else:
            FILES[need](path)

    def _hypothesis(self, text: str) -> None:
        """Load a hypothesis, or a part of one laid over the default."""
        name = _FILE_NAME.search(text)
        if _GRID & set(tomllib.loads(text)):
            path = self._place / "grid.toml"
            path.write_text(text, encoding="utf-8")
            load_grid(path)
            return
        if not _WHOLE & set(tomllib.loads(text)):
            assert name is None, "a file that is named is a whole hypothesis"
            base = "trend" if "series" in text or "blocks" in text else "joint"
            text = f'extends = "{base}"\ntitle = "A part of one"\n{text}'
        path = self._place / (name[1] if name else "part.toml")
        path.write_text(text, encoding="utf-8")
        load_spec(str(path))

    def _python(self, text: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, "block", "exec"), {"__name__": "__main__"})  # noqa: S102

    def _shell(self, text: str) -> None:
        own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        done = subprocess.run(
            ["sh", "-eu", "-c", text],
            env={**os.environ, "PATH": own, "PYTHONPATH": ours.rstrip(os.pathsep)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stderr}"

    def _type(self, command: Command) -> str:
        program, *words = command.words
        if program == "bayesdensing":
            return self._bayesdensing(words, command)
        if program in _SHELL:
            self._shell(command.text)
            return RUN
        if program == "python" and words[0] == "-":
            self._python(command.script)
            return RUN
        if program == "make":
            assert set(words) <= _TARGETS, f"no such target: {command.text}"
        elif program.endswith("python"):
            _check_options(words)
        else:
            assert command.text in _INSTALLS, f"no test knows this command: {command.text}"
        return PARSED

    def _bayesdensing(self, words: list[str], command: Command) -> str:
        if words[0].startswith("-"):  # may write below the home folder
            with mock.patch.dict(os.environ, HOME=str(self._place)):
                self._main(words)
            return RUN
        name, given = _parsed(words)
        specs = [load_spec(s) for s in (given.get("specs") or [given.get("spec")]) if s]
        if name in _MANY_FITS:
            self._look_up(name, given, specs)
            return PARSED
        if name == "fit":
            (spec,) = specs
            run = given["out"] or f"runs/{spec.name}"
            self._fitted.add(run)
            # other data than the packaged would be fitted anew, in place of a run that others read
            own = given["data"] is not None or not Path(run).is_dir()
            if own and "growth" in spec.blocks:
                assemble(spec, load_data(given["data"]))
                return ASSEMBLED
            words = [*words, *_to_reuse(run)]
        missing = [run for run in _runs(given) if not Path(run).is_dir()]
        if missing:
            assert set(missing) <= self._fitted | _SHIPPED_RUNS, f"no page fits {missing}"
            return PARSED
        self._main(words, shown=command.output)
        return RUN

    def _look_up(self, name: str, given: dict[str, Any], specs: list[Any]) -> None:
        bundle = load_data(given.get("data"))
        if name == "sensitivity" and given["axes"]:
            variants(specs[0], bundle, axes=given["axes"].split(","))
        for run in _runs(given):
            assert Path(run).is_dir(), f"there is no {run}"

    def _main(self, words: list[str], *, shown: str = "") -> None:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
        said = f"bayesdensing {' '.join(words)}: {code}\n{out.getvalue()}{err.getvalue()}"
        # of a quick fit, which stands for a long one here, the draws need not be good enough
        lenient = "--quick" in words or "NOT CONVERGED" in shown
        fine = {2} if "error: " in shown else {0, 3} if lenient else {0}
        assert code in fine, said


#: The hypotheses that some page shows as a file, by their names.
_HYPOTHESES = {
    name[1]: block.text
    for page in pages()
    for block in blocks(page)
    if block.kind == "toml" and (name := _FILE_NAME.search(block.text))
}
#: Runs that pages may speak of without fitting them: those of shipped hypotheses.
_SHIPPED_RUNS = {f"runs/{path.stem}" for path in (ROOT / "models").glob("*.toml")}


def _to_reuse(run: str) -> list[str]:
    """Return the options under which `fit` takes a run that is there."""
    if not Path(run).is_dir():
        return []
    quick = fitting.load_fit(run).diagnostics.approximation is not None
    return ["--refit", "on-change", *(["--quick", "--out", run] if quick else [])]


def _runs(given: dict[str, Any]) -> list[str]:
    named = [given.get("run"), given.get("about"), *(given.get("runs") or ())]
    return [run for run in named if run]


def _parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """Pass words through the program's own parser; return the command and its parameters."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("bayesdensing", list(words), obj={})
    first = words[0]
    while hasattr(command, "resolve_command"):
        _, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.make_context(command.name, rest, parent=context)
    return first, context.params


def _check_options(words: list[str]) -> None:
    """Hold the options given to a script against its help."""
    script = words[:2] if words[0] == "-m" else words[:1]
    done = subprocess.run(
        [sys.executable, *script, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    options = [word for word in words[len(script) :] if word.startswith("--")]
    assert all(option in done.stdout for option in options), (words, done.stdout)
