"""The program from outside: what it prints where, and how it ends."""

import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bayesdensing import __version__, fitting
from bayesdensing.cli import main
from bayesdensing.cli.console import print_anything
from bayesdensing.data import load_data
from tests.analysis.synthetic import make_data, make_fit


@pytest.fixture
def sampled(monkeypatch, tmp_path):
    """Replace the sampler; the calls it gets are recorded."""
    monkeypatch.chdir(tmp_path)
    calls = []

    def replace(result):
        def fake(spec, data, **settings):
            calls.append({"spec": spec.name, "data": data, **settings})
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr(fitting, "fit", fake)
        return calls

    return replace


def lines(text):
    return text.strip().splitlines()


def assert_one_error(capsys, *parts):
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = lines(err)
    assert line.startswith("error: ")
    for part in parts:
        assert part in line


class TestUsage:
    def test_version(self, capsys):
        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"bayesdensing {__version__}\n"

    @pytest.mark.parametrize(
        "command",
        ["fit", "models", "show", "validate", "density", "check", "simulate", "recover"],
    )
    def test_every_command_explains_itself_with_an_example(self, command, capsys):
        assert main([command, "--help"]) == 0
        out = capsys.readouterr().out
        assert f"Example: bayesdensing {command}" in out
        for option in ("--json", "--quiet", "--debug"):
            assert option in out

    def test_the_default_seed_is_that_of_python(self, capsys):
        main(["fit", "--help"])
        assert str(fitting.DEFAULT_SEED) in capsys.readouterr().out

    def test_no_command_prints_help(self, capsys):
        assert main([]) == 0
        assert "Commands:" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("argv", "part"),
        [
            (["fti"], "'fit'"),
            (["fit", "--sead", "1"], "--seed"),
            (["fit", "--draws", "many"], "--draws"),
            (["fit", "--draws", "0"], "--draws"),
            (["fit", "--tune", "0"], "--tune"),
            (["fit", "--seed", "-1"], "--seed"),
            (["fit", "--chains"], "--chains"),
            (["fit", "--refit", "maybe"], "--refit"),
            (["show"], "SPEC"),
            (["validate"], "DIR"),
            (["show", "a", "b"], "b"),
        ],
    )
    def test_bad_usage_is_one_line_and_2(self, argv, part, capsys):
        assert main(argv) == 2
        assert_one_error(capsys, part)

    def test_help_is_quick_and_loads_nothing_heavy(self):
        code = (
            "import sys; from bayesdensing.cli import main; main(['--help']);"
            "print([m for m in sys.modules if m in {'pymc', 'pandas', 'numpy', 'xarray', 'arviz',"
            " 'matplotlib', 'pydantic'}])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert lines(done.stdout)[-1] == "[]"


class TestValidate:
    def test_a_good_bundle_is_counted(self, capsys):
        path = str(load_data().path)
        assert main(["validate", path]) == 0
        out, err = capsys.readouterr()
        assert "scores.csv" in out
        assert err == ""
        assert main(["validate", path, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"valid": True, "faults": []}

    def test_every_fault_is_a_line(self, capsys, tmp_path):
        folder = make_data().to_directory(tmp_path / "bundle")
        rows = (folder / "scores.csv").read_text().splitlines()
        broken = [
            rows[0],
            *(row.replace(",harness,", ",harness,9") for row in rows[1:3]),
            *rows[3:],
        ]
        (folder / "scores.csv").write_text("\n".join(broken) + "\n")
        assert main(["validate", str(folder)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert [line.split(":")[1] for line in lines(err)] == [
            " scores.csv, row 2, column score",
            " scores.csv, row 3, column score",
        ]
        assert main(["validate", str(folder), "--json"]) == 2
        out, err = capsys.readouterr()
        assert err == ""
        found = json.loads(out)
        assert not found["valid"]
        assert [(f["file"], f["row"], f["column"]) for f in found["faults"]] == [
            ("scores.csv", 2, "score"),
            ("scores.csv", 3, "score"),
        ]

    def test_a_folder_that_is_not_there(self, capsys):
        assert main(["validate", "no/such/folder"]) == 2
        assert_one_error(capsys, "no/such/folder: does not exist")


class TestHypotheses:
    def test_models_lists_the_default_first(self, capsys):
        assert main(["models", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found[0]["name"] == "joint"
        assert all(entry["title"] and entry["description"] for entry in found)
        assert main(["models"]) == 0
        out = capsys.readouterr().out
        assert all(entry["name"] in out for entry in found)

    def test_show_prints_equations_priors_and_graph(self, capsys):
        assert main(["show", "loss_law"]) == 0
        out = capsys.readouterr().out
        for part in (
            "n_coefficient_b N^-n_exponent_b",
            "89 % ETI",
            "LogNormal",
            "flowchart",
            ".toml",
        ):
            assert part in out

    def test_show_as_json_holds_the_resolved_hypothesis(self, capsys, tmp_path):
        assert main(["show", "joint", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {"parameter", "prior", "unit", "lower89", "median", "upper89"} <= set(
            found["priors"][0]
        )
        own = tmp_path / "own.toml"
        own.write_text(found["toml"])
        assert main(["show", str(own), "--json"]) == 0
        again = json.loads(capsys.readouterr().out)
        assert again["sha256"] == found["sha256"]
        assert again["path"] == str(own)

    @pytest.mark.parametrize("command", ["show", "fit"])
    def test_an_unknown_name_gets_the_nearest(self, command, capsys):
        assert main([command, "jont"]) == 2
        assert_one_error(capsys, "'jont'", "'joint'")


class TestFit:
    def test_defaults(self, sampled, capsys):
        calls = sampled(make_fit())
        assert main(["fit"]) == 0
        assert calls == [
            {
                "spec": "joint", "data": None, "seed": fitting.DEFAULT_SEED, "draws": None,
                "tune": None, "chains": None, "out": Path("runs/joint"),
                "refit": "always", "quick": False, "progress": True,
            }
        ]  # fmt: skip
        assert "doubling time (days)" in capsys.readouterr().out

    def test_options_are_passed_on(self, sampled):
        calls = sampled(make_fit())
        argv = "fit trend --data d --out o --seed 3 --draws 5 --tune 9 --chains 2 --quiet"
        assert main([*argv.split(), "--refit", "on-change"]) == 0
        (call,) = calls
        assert (call["spec"], call["data"], str(call["out"])) == ("trend", "d", "o")
        assert (call["seed"], call["draws"], call["tune"], call["chains"]) == (3, 5, 9, 2)
        assert (call["refit"], call["progress"]) == ("on-change", False)

    def test_the_headline_holds_what_it_must(self, sampled, capsys):
        fit = make_fit()
        sampled(fit)
        main(["fit"])
        out = " ".join(capsys.readouterr().out.split())
        found = fit.headline()
        assert f"{found.doubling_time_days.median:.0f}" in out
        low, high = found.growth_rate_per_year.eti89
        assert f"{low:.2f} to {high:.2f}" in out
        for part in ("50 % ETI", "89 % ETI", "95 % ETI", "0.000 (0 of 1,000 draws)", "12 LLMs",
                     "24 scores", "60 tokens per effective parameter", "passed", "runs/joint",
                     "mean trend of capability density"):  # fmt: skip
            assert part in out
        assert "NOT CONVERGED" not in out

    def test_json_is_the_summary_and_nothing_else(self, sampled, capsys):
        sampled(make_fit(rate=np.zeros((4, 250))))
        assert main(["fit", "--json"]) == 0
        out, err = capsys.readouterr()
        found = json.loads(out, parse_constant=pytest.fail)
        assert found["headline"]["doubling_time_days"]["median"] is None
        assert err == ""

    def test_not_converged_is_said_and_ends_with_3(self, sampled, capsys):
        bad = {"converged": False, "reasons": ("R-hat 1.300 of level is not below 1.01",)}
        sampled(make_fit(diagnostics=bad))
        assert main(["fit"]) == 3
        out = capsys.readouterr().out
        assert lines(out)[0].startswith("*** NOT CONVERGED")
        assert "R-hat 1.300 of level" in out
        assert "doubling time" in out
        assert main(["fit", "--json"]) == 3
        out, err = capsys.readouterr()
        assert json.loads(out)["diagnostics"]["converged"] is False
        assert "not converged" in err

    def test_each_mode_has_its_line(self, sampled, capsys):
        rate = np.repeat([[1.0], [1.0], [2.0], [2.0]], 250, axis=1)
        modes = tuple(
            {"name": f"mode {i}", "chains": chains, "differs": "n_exponent"}
            for i, chains in ((1, [0, 1]), (2, [2, 3]))
        )
        sampled(make_fit(rate=rate, diagnostics={"converged": False, "modes": modes}))
        assert main(["fit"]) == 3
        out = capsys.readouterr().out
        assert "MULTIMODAL" in out
        assert "253" in out
        assert "127" in out

    def test_the_other_rulers_stand_beside_the_headline(self, sampled, capsys, tmp_path):
        sampled(make_fit())
        make_fit(spec="joint_5T", rate=np.full((4, 250), 2.0)).save(tmp_path / "runs/joint_5T")
        assert main(["fit"]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "│ joint_5T │ 127 │ 127 to 127 │ passed │ runs/joint_5T │" in out
        # data in memory cannot be named in a command
        assert "│ joint_1T │ │ │ │ not fitted │" in out
        assert "rates of different quantities" in out

    def test_a_ruler_that_is_not_fitted_says_how_to(self, sampled, capsys, tmp_path):
        data = load_data(make_data().to_directory(tmp_path / "mine"))
        sampled(dataclasses.replace(make_fit(), data=data))
        assert main(["fit", "--data", "mine", "--out", "other/joint"]) == 0
        out = capsys.readouterr().out
        # on one line, to be copied
        command = f"bayesdensing fit joint_cut --data {tmp_path / 'mine'} --out other/joint_cut"
        assert f"not fitted: {command}" in lines(out)

    @pytest.mark.parametrize("spec", ["joint", "joint_cut", "loss_law"])
    @pytest.mark.parametrize("columns", ["80", None])
    def test_the_tables_fit_80_columns(self, sampled, capsys, monkeypatch, spec, columns):
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", columns)
        leave_out = ("growth_rate", "level", "log_density") if spec == "loss_law" else ()
        sampled(make_fit(spec=spec, leave_out=leave_out))
        assert main(["fit", spec]) == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= 80
        assert "…" not in out

    def test_a_wider_terminal_is_used(self, sampled, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "150")
        sampled(make_fit())
        assert main(["fit"]) == 0
        assert max(map(len, lines(capsys.readouterr().out))) > 100

    def test_the_pull_on_the_reference_curve_is_told_where_the_runs_alone_are_fitted(
        self, sampled, capsys, tmp_path
    ):
        sampled(make_fit())
        assert main(["fit"]) == 0
        assert "largest pull" not in capsys.readouterr().out
        make_fit(spec="loss_law", seed=8).save(tmp_path / "runs/loss_law")
        assert main(["fit"]) == 0
        assert "sd of the runs alone" in " ".join(capsys.readouterr().out.split())

    @pytest.mark.parametrize("spec", ["trend", "loss_law"])
    def test_a_fit_without_densities_has_no_other_rulers(self, sampled, capsys, spec):
        sampled(make_fit(spec=spec))
        assert main(["fit", spec]) == 0
        assert "other rulers" not in capsys.readouterr().out

    def test_a_loss_law_prints_its_parameters(self, sampled, capsys):
        leave_out = ("growth_rate", "level", "log_density")
        sampled(make_fit(spec="loss_law", leave_out=leave_out))
        assert main(["fit", "loss_law"]) == 0
        out = capsys.readouterr().out
        assert "n_exponent[MMLU]" in out
        assert "doubling" not in out

    def test_an_interrupt_ends_with_130(self, sampled, capsys):
        sampled(KeyboardInterrupt())
        assert main(["fit"]) == 130
        out, err = capsys.readouterr()
        assert out == ""
        assert lines(err) == ["runs/joint is as it was", "interrupted"]

    def test_an_interrupt_stays_one_when_stopping_fails(self, sampled, capsys):
        failure = RuntimeError("Already borrowed")
        failure.__context__ = KeyboardInterrupt()
        sampled(failure)
        assert main(["fit"]) == 130
        assert lines(capsys.readouterr().err) == ["runs/joint is as it was", "interrupted"]

    def test_a_bug_is_one_line_and_a_traceback_only_on_request(self, sampled, capsys):
        sampled(RuntimeError("two\nlines"))
        assert main(["fit"]) == 1
        assert_one_error(capsys, "unexpected RuntimeError: two lines")
        assert main(["fit", "--debug"]) == 1
        assert "Traceback" in capsys.readouterr().err

    def test_a_failing_disk_is_bad_input(self, sampled, capsys):
        sampled(OSError(28, "No space left on device", "runs/joint"))
        assert main(["fit"]) == 2
        assert_one_error(capsys, "runs/joint: No space left on device")

    def test_a_folder_that_cannot_be_is_refused_before_sampling(self, sampled, capsys, tmp_path):
        calls = sampled(make_fit())
        (tmp_path / "file").write_text("")
        for out in ("file", "file/below"):
            assert main(["fit", "--out", out]) == 2
            assert_one_error(capsys, "--out")
        assert calls == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_encoding_of_stdout_will_do(encoding):
    code = "import sys; from bayesdensing.cli import main; sys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    for options, kind in ((["--json"], json.loads), ([], str)):
        done = subprocess.run(
            [sys.executable, "-c", code, "show", "joint", *options],
            capture_output=True,
            env=environment,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        text = str(kind(done.stdout.decode(encoding)))
        assert "growth_rate" in text
        assert "?" not in text


def test_signs_that_a_stream_cannot_hold_are_written_out():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_anything(stream)
    print("P(rate ≤ 0) ∞ 中\udcff", file=stream, flush=True)
    assert raw.getvalue() == b"P(rate <= 0) inf ??\n"


def test_a_reader_that_leaves_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from bayesdensing.cli import main; sys.exit(main(['models']))"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
