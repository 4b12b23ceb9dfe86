"""The page without a browser: whole, self-contained, escaped, and honest about bad draws."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from bayesdensing import fitting
from bayesdensing.cli import main
from bayesdensing.cli.headline import print_headline
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.reporting import page as pages
from bayesdensing.reporting import report
from bayesdensing.reporting.graph import graph_svg
from bayesdensing.reporting.limits import limits
from bayesdensing.reporting.numbers import DRAWS, run_numbers
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit
from tests.reporting.hostile import ATTACK, hostile_fit

TREND = ("growth_rate", "level", "log_density", "dispersion")
LINK = ("floor", "ceiling", "midpoint_loss", "link_slope")


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.ids = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]


@pytest.fixture(scope="module")
def page():
    return report(make_scored_fit(), checks=False)


@pytest.fixture
def bare(monkeypatch):
    """Leave the figures out: they take their time, and have tests of their own."""
    monkeypatch.setattr(pages, "pictures_of", lambda fit, **_: {})


def numbers_of(page):
    text = re.search(
        r'<script type="application/json" id="numbers">(.*?)</script>', page, re.DOTALL
    )
    return json.loads(text[1])


def test_nothing_on_the_page_points_outside_of_it(page):
    tags = Tags(page)
    for tag, attributes in tags.found:
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, value)
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")
    assert len(page.encode()) < 8e6


def test_ids_are_unique_and_every_link_leads_somewhere(page):
    tags = Tags(page)
    assert len(set(tags.ids)) == len(tags.ids)
    links = {a["href"][1:] for t, a in tags.found if t == "a"}
    assert links <= set(tags.ids)
    labelled = {a["aria-labelledby"] for _, a in tags.found if "aria-labelledby" in a}
    assert labelled <= set(tags.ids)
    assert all(a["alt"].strip() for t, a in tags.found if t == "img")


def test_the_page_says_what_the_fit_found(page):
    fit = make_scored_fit()
    doubling = fit.headline().doubling_time_days
    assert f"doubles every {doubling.median:.0f} days" in page
    assert "P(no growth) = 0.000 (no draw of" in page
    assert "NOT CONVERGED" not in page
    for part in ("The loss law", "priors and posteriors", "What the data cover", "Reproduce",
                 "bayesdensing fit joint --seed 20241206", "log rho_i ~ Normal"):  # fmt: skip
        assert part in page
    assert "spec.toml" in page


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # names as long as attacks
def test_text_of_data_is_escaped_wherever_it_stands():
    page = report(hostile_fit(), checks=False)
    tags = Tags(page)
    assert ATTACK not in page
    assert "window.hacked" in page  # as text
    assert "{{7*7}}" in page  # a template is rendered once
    assert [t for t, _ in tags.found if t == "script"] == ["script", "script"]
    assert all(a["src"].startswith("data:") for t, a in tags.found if t == "img")
    handlers = [name for _, a in tags.found for name in a if name.startswith("on")]
    assert handlers == []
    (run,) = numbers_of(page)
    assert run["llms"][0]["name"].endswith(ATTACK)


def test_the_script_is_the_one_that_the_policy_allows(page):
    assert "script-src 'sha256-" in page
    assert "default-src 'none'" in page
    assert "'unsafe-inline'" not in re.search(r"script-src [^;]*", page)[0]


def test_draws_that_did_not_pass_are_announced_at_the_top(bare):
    bad = make_scored_fit(diagnostics={"converged": False, "reasons": ("R-hat 1.2 of level",)})
    page = report(bad, checks=False)
    banner = page.index("NOT CONVERGED")
    assert banner < page.index("<h1>")
    assert "R-hat 1.2 of level" in page


def test_modes_have_headlines_of_their_own(bare):
    modes = tuple({"name": f"mode {k}", "chains": [k], "differs": "the level"} for k in (0, 1))
    page = report(
        make_scored_fit(diagnostics={"converged": False, "modes": modes, "reasons": ("2 modes",)}),
        checks=False,
    )
    assert "MULTIMODAL" in page
    assert "mode 1 alone" in page


def test_a_sensitivity_analysis_beside_the_run_is_summarised(bare, tmp_path):
    fit = make_scored_fit()
    row = {"axis": "prior", "choice": "<b>wide</b>", "doubling_time_days": 130.0, "eti95_lb": 110.0,
           "eti95_ub": float("nan"), "shift_sd": -0.7, "converged": True,
           "spec_sha256": fit.spec.sha256}  # fmt: skip
    rows = [row, row | {"choice": "other", "shift_sd": 0.1}, row | {"converged": False}]
    place = tmp_path / "sensitivity-joint"
    place.mkdir()
    pd.DataFrame(rows).to_csv(place / "sensitivity.csv", index=False)
    page = report(str(tmp_path / "joint"), fits=[fit], checks=False)
    assert "3 choices were made otherwise" in page
    assert "1 of these fits did not pass" in page
    assert "prior: &lt;b&gt;wide&lt;/b&gt;" in page
    pd.DataFrame(rows).assign(spec_sha256="x").to_csv(place / "sensitivity.csv", index=False)
    assert "made otherwise" not in report(str(tmp_path / "joint"), fits=[fit], checks=False)
    (place / "sensitivity.csv").write_bytes(b"\xff\x00")
    assert "made otherwise" not in report(str(tmp_path / "joint"), fits=[fit], checks=False)


def test_several_runs_share_a_page_and_their_rates_a_figure(bare):
    fits = [make_scored_fit(), make_scored_fit(spec="joint_5T", seed=2)]
    page = report(fits, checks=False)
    assert [run["name"] for run in numbers_of(page)] == ["joint", "joint_5T"]
    assert "Doubling time under each hypothesis" in page
    with pytest.raises(DataNeedError, match="one and the same"):
        report([fits[0], fits[0]], checks=False)
    with pytest.raises(DataNeedError, match="needs a run"):
        report([])


def test_two_runs_of_one_hypothesis_are_told_apart(bare):
    fits = [make_scored_fit(), make_scored_fit(seed=2)]
    page = report(["runs/joint", "runs/other seed"], fits=fits, checks=False)
    names = ["joint (runs/joint)", "joint (runs/other seed)"]
    assert [run["name"] for run in numbers_of(page)] == names
    assert all(f"<h3>{name}: " in page for name in names)


def test_a_trend_of_published_values_is_told_in_its_own_words(bare):
    fit = make_fit(spec="trend", leave_out=(*LINK, "n_exponent"))
    fit.posterior.attrs["quantity"] = "nmi"
    page = report(fit, checks=False)
    assert "The published series nmi doubles every" in page
    assert "Each dot is a published value" in page
    assert "Each dot is an LLM" not in page
    assert "Published values are taken as they are" in page
    assert "relative to its ruler" not in page


def test_a_loss_law_alone_has_its_parameters_for_a_headline(bare):
    fit = make_fit(spec="loss_law", leave_out=(*TREND, *LINK))
    page = report(fit, checks=False)
    assert "about the losses of reference runs alone" in page
    assert "losses and scores" not in page
    middle = float(fit.posterior["n_exponent"].sel(benchmark="MMLU").median())
    assert f'<th scope="row">n_exponent<wbr>[MMLU]</th><td>{middle:.3g}</td>' in page
    assert "The law ends where its runs end" in page


def test_the_limits_stand_beside_the_headline(bare):
    fit = make_scored_fit()
    page = report(fit, checks=False)
    beyond = fit.effective_parameters().median(("chain", "draw")) > 1e9
    told = f"{int(beyond.sum())} of {beyond.size} LLMs have a larger effective size"
    for part in ("Of what it is the rate", "relative to its ruler", told,
                 "How far scores pull it is not known", "A straight line is assumed"):  # fmt: skip
        assert part in page


def test_scores_on_benchmarks_without_a_curve_are_a_limit(bare, tmp_path):
    whole = make_scored_fit()
    assert "Scores on other benchmarks do not count" not in report(whole, checks=False)
    frames = whole.data.frames
    other = frames["benchmarks"].iloc[:1].assign(benchmark="other")
    scores = (
        frames["scores"]
        .drop_duplicates("model")
        .iloc[:3]
        .assign(benchmark="other", source="another")
    )
    frames["benchmarks"] = pd.concat([frames["benchmarks"], other], ignore_index=True)
    frames["scores"] = pd.concat([frames["scores"], scores], ignore_index=True)
    data = DataBundle.from_frames(name="more", version="1", **frames)
    fit = dataclasses.replace(whole, data=data)
    told = "3 scores on 1 benchmark, no rows in reference_runs.csv"
    assert f"Left out: {told}" in report(fit, checks=False)
    console = Console(record=True, width=200)
    print_headline(console, fit, folder=tmp_path)
    assert told in console.export_text()


def test_departures_beyond_what_was_calibrated_are_a_limit():
    fit = make_fit()
    title = "LLMs depart far from their size's score"
    assert title not in dict(limits(fit, pulled=None))
    large = fit.posterior["deviation_sd"].copy(deep=True)
    large.loc[{"benchmark": "BBH"}] = 0.9
    posterior = fit.posterior.assign(deviation_sd=large)
    tree = xr.DataTree.from_dict({**fit.idata.to_dict(), "/posterior": posterior})
    told = dict(limits(dataclasses.replace(fit, idata=tree), pulled=None))[title]
    assert told.startswith("On BBH the sd")


@pytest.mark.parametrize(
    ("spec", "leave_out", "has", "lacks"),
    [
        ("loss_law", (*TREND, *LINK), ("The loss law",), ('id="chart"', 'id="size"')),
        ("trend", (*LINK, "n_exponent"), ('id="chart"',), ('id="size"', "From loss to score")),
    ],
)
def test_a_part_of_the_model_gets_the_sections_that_it_has(spec, leave_out, has, lacks):
    page = report(make_fit(spec=spec, leave_out=leave_out), checks=False)
    assert all(part in page for part in has)
    assert not any(part in page for part in lacks)


def test_without_growth_the_page_says_so(bare):
    nothing = make_scored_fit(rate=np.full((2, 100), -0.5))
    page = report(nothing, checks=False)
    assert "does not grow: no doubling" in page
    assert "P(no growth) = 1.000 (200 of 200 draws)" in page
    unsure = make_fit(rate=np.random.default_rng(1).normal(0.1, 0.5, (4, 250)))
    assert "∞" in report(unsure, checks=False)


def test_a_constant_trend_is_held_and_no_rate_of_anything(bare):
    none = make_fit(spec="no_growth", rate=np.zeros((4, 250)))
    page = report(none, checks=False)
    assert f"Held constant: {none.headline_label}." in page
    assert "Rate of" not in page
    assert '<p class="lead"></p>' not in page
    assert f"Rate of: {make_fit().headline_label}." in report(make_fit(), checks=False)


def test_pictures_of_published_values_speak_of_no_benchmark():
    series = make_fit(spec="trend").posterior
    fit = make_fit(spec="trend")
    bare = fit.idata.copy()
    kept = [n for n, v in series.items() if "benchmark" not in v.dims]
    bare["posterior"] = series[kept].drop_dims("benchmark", errors="ignore")
    page = report(dataclasses.replace(fit, idata=bare), checks=False)
    assert "A parameter pooled" not in page
    assert "mean over benchmarks" not in page
    assert "typical benchmark" in report(make_scored_fit(), checks=False)


@pytest.mark.parametrize(
    ("spec", "leave_out", "said"),
    [
        ("joint", (), (True, True)),
        ("trend", (*LINK, "n_exponent"), (True, False)),
        ("loss_law", TREND, (False, False)),
    ],
)
def test_without_javascript_it_says_what_is_missing(bare, spec, leave_out, said):
    fit = make_scored_fit() if spec == "joint" else make_fit(spec=spec, leave_out=leave_out)
    page = report(fit, checks=False)
    main_part = page.split('<main id="main">')[1]
    notice = re.search(r"<noscript>(.*?)</noscript>", main_part, re.DOTALL)[1]
    assert "no JavaScript" in notice
    assert ("chart by date" in notice, "How big a model" in notice) == said


def test_a_trend_that_bends_is_held_at_many_dates(bare):
    fit = make_scored_fit(spec="accelerating")
    cd, shape = ("chain", "draw"), (2, 100)
    posterior = fit.posterior.assign(
        growth_rate_middle=(cd, np.full(shape, 1.0)), acceleration=(cd, np.full(shape, 0.2))
    )
    groups = {n: fit.idata[n].to_dataset() for n in ("constant_data", "observed_data")}
    bent = type(fit)(
        **{
            name: getattr(fit, name)
            for name in (
                "spec",
                "data",
                "diagnostics",
                "seed",
                "timing",
                "versions",
                "model_factory",
            )
        },
        idata=xr.DataTree.from_dict({"posterior": posterior, **groups}),
    )
    found = run_numbers(bent)
    assert len(found["sizes"]["trend"]["days"]) > 20
    assert "year to" in report(bent, checks=False)


def test_draws_are_thinned():
    found = run_numbers(make_scored_fit(draws=900), draws=DRAWS)
    assert found["sizes"]["draws"] <= DRAWS


def test_the_graph_shows_every_part_once():
    drawn = graph_svg("flowchart LR\n  a[one <b>] --> b[two]\n  c[(data)] --> b")
    assert drawn.count("<rect") == 3
    assert drawn.count('class="edge"') == 2
    assert "one &lt;b&gt;" in drawn
    assert graph_svg("flowchart LR") == ""


@pytest.fixture
def stored(monkeypatch, tmp_path, bare):
    monkeypatch.chdir(tmp_path)

    def store(**settings):
        monkeypatch.setattr(fitting, "load_fit", lambda path: make_scored_fit(**settings))

    return store


def test_the_command_writes_a_file_and_says_how_large(stored, capsys):
    stored()
    assert main(["report", "r", "--no-checks", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["file"], told["runs"], told["converged"]) == ("report.html", ["joint"], True)
    assert "drawing joint" in err
    assert main(["report", "r", "--no-checks", "--quiet", "--out", "p.html"]) == 0
    assert capsys.readouterr().err == ""


def test_the_command_ends_with_3_for_bad_draws_and_2_for_no_run(stored, capsys, tmp_path):
    stored(diagnostics={"converged": False, "reasons": ("x",)})
    assert main(["report", "r", "--no-checks"]) == 3
    assert "NOT CONVERGED" in capsys.readouterr().out


def test_a_folder_that_is_no_run_is_an_error_of_one_line(capsys, tmp_path):
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "p.html")]) == 2
    err = capsys.readouterr().err
    assert "is no run" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "p.html").exists()


def test_without_jinja_it_says_what_to_install(monkeypatch, bare):
    import builtins

    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "jinja2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(DataNeedError, match="bayesdensing\\[report\\]"):
        pages.report(make_scored_fit(), checks=False)
