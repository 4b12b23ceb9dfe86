"""Progress: plain lines where stderr is no terminal, nothing on stdout, nothing when quiet."""

import io
import re

import pytest

from bayesdensing.inference import progress


def told(capsys: pytest.CaptureFixture[str], *, quiet: bool, interval: float = 10.0) -> list[str]:
    made = progress.reporter(quiet=quiet)
    if isinstance(made, progress.Reporter):
        made._interval = interval
    with made as report:
        with report.step("compiling the model"):
            report.say("as it should be")
        report.advance("tuning", 0, 200, None)
        report.advance("sampling", 0, 400, None)
        report.advance("tuning", 100, 200, None)
        for done in (1, 2, 3, 4):
            report.advance("tuning", 100 if done < 3 else 200, 200, None)
            report.advance("sampling", 100 * done, 400, done // 3)
    captured = capsys.readouterr()
    assert captured.out == ""
    return [re.sub(r"\d+ s to go", "x s to go", line) for line in captured.err.splitlines()]


def test_plain_lines_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, quiet=False) == [
        "compiling the model ...",
        "as it should be",
        "tuning: 50 %, x s to go",
        "sampling: 25 %, x s to go, 0 divergences",
        "tuning: 100 %, x s to go",
        "sampling: 100 %, 1 divergence",
    ]


def test_lines_come_at_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, quiet=False, interval=0.0)
    assert [line for line in lines if line.startswith("sampling")] == [
        "sampling: 25 %, x s to go, 0 divergences",
        "sampling: 50 %, x s to go, 0 divergences",
        "sampling: 75 %, x s to go, 1 divergence",
        "sampling: 100 %, 1 divergence",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, quiet=True) == []


def test_no_length_is_no_line_and_no_division(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(quiet=False) as report:
        report.advance("sampling", 0, 0, 0)
    assert capsys.readouterr().err == ""


def test_a_stage_that_begins_anew_is_told_anew(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(quiet=False) as report:
        for _ in range(2):
            for done in (0, 50, 100):
                report.advance("sampling", done, 100, 0)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["sampling: 50 %", "sampling: 100 %"] * 2


def test_the_time_to_go_is_that_of_all_stages_at_the_present_pace() -> None:
    pace = progress.Pace()
    assert pace.seconds_to_go() is None
    pace.note("tuning", 0, 100, now=0)
    pace.note("sampling", 0, 300, now=0)
    assert pace.seconds_to_go() is None
    pace.note("tuning", 50, 100, now=5)
    assert pace.seconds_to_go() == pytest.approx(350 / 10)
    # a slower start is forgotten
    for second in range(1, 101):
        pace.note("sampling", 2 * second, 300, now=5 + second)
    assert pace.seconds_to_go() == pytest.approx(150 / 2)
    pace.note("tuning", 100, 100, now=105)
    pace.note("sampling", 300, 300, now=106)
    assert pace.seconds_to_go() is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (89, "89 s"), (95, "2 min"), (5400, "1.5 h")]
)
def test_a_time_is_said_as_an_estimate(seconds: float, text: str) -> None:
    assert progress._duration(seconds) == text


class Terminal(io.StringIO):
    """What looks like a terminal and keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def show(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """Return what a terminal of 80 columns is sent."""
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", **environment}.items():
        monkeypatch.setenv(name, value)
    with progress.reporter(quiet=False) as report:
        with report.step("compiling the model"):
            pass
        report.advance("tuning", 0, 1000, None)
        report.advance("sampling", 0, 100, None)
        report.advance("tuning", 500, 1000, None)
        report._bar.refresh()
        report.advance("tuning", 1000, 1000, None)
        report.advance("sampling", 50, 100, 0)
        report._bar.refresh()
        report.advance("sampling", 100, 100, 12_345)
    return screen.getvalue()


_STYLE = re.compile(r"\x1b\[[\d;]*m")
_CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


def test_a_terminal_gets_a_bar_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = re.split(r"[\r\n]+", _CONTROL.sub("", show(monkeypatch)).strip())
    assert all(len(line) <= 80 for line in lines)
    for begin, *rest in (
        ("compiling the model", "100%"),
        ("tuning", "50%"),
        ("sampling", "s to go"),  # before the first draw
        ("sampling", "50%", "s to go, 0 divergences"),
        ("sampling", "100%", "12,345 divergences"),
    ):
        assert any(line.startswith(begin) and all(r in line for r in rest) for line in lines), rest
    assert "to go" not in lines[-1]


def colours(text: str) -> set[str]:
    codes = {code for found in _STYLE.findall(text) for code in found[2:-1].split(";")}
    return {code for code in codes if code.isdigit() and 30 <= int(code) <= 107}


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert colours(show(monkeypatch))
    plain = show(monkeypatch, NO_COLOR="1")
    assert "100%" in plain
    assert not colours(plain)


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = show(monkeypatch, TERM="dumb")
    assert "sampling: 100 %, 12,345 divergences" in shown.splitlines()
    assert "\x1b" not in shown
