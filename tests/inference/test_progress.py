"""Progress: plain lines where stderr is no terminal, nothing on stdout, nothing when quiet."""

import io

import pytest

from bayesdensing.inference import progress


def told(capsys: pytest.CaptureFixture[str], *, quiet: bool, interval: float = 10.0) -> str:
    made = progress.reporter(quiet=quiet)
    if isinstance(made, progress.Reporter):
        made._interval = interval
    with made as report:
        report.say("compiling the model ...")
        for done in (0, 1, 2, 3):
            report.advance("sampling", 100 * done, 400, done // 3)
        report.advance("writing", 1, 1, 0)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_plain_lines_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, quiet=False).splitlines() == [
        "compiling the model ...",
        "sampling: 0 %",
        "writing: 100 %",
    ]


def test_lines_come_at_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, quiet=False, interval=0.0).splitlines()
    assert lines[1:5] == [
        "sampling: 0 %",
        "sampling: 25 %",
        "sampling: 50 %",
        "sampling: 75 %, 1 divergences",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, quiet=True) == ""


def test_no_length_is_no_line_and_no_division(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(quiet=False) as report:
        report.advance("sampling", 0, 0, 0)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress.reporter(quiet=False) as report:
        report.say("compiling")
        report.advance("sampling", 50, 100, 0)
        report.advance("sampling", 100, 100, 2)
    shown = screen.getvalue()
    assert "compiling" in shown
    assert "100%" in shown
    assert "2 divergences" in shown
