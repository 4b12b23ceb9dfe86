"""The page in a browser: it works, asks nobody for anything, and agrees with `forecast`.

Needs playwright and Debian's chromium; axe-core too where ``AXE_CORE`` names its file.
"""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesdensing.analysis.answering import answer
from bayesdensing.analysis.forecast import Question, joined
from bayesdensing.analysis.population import Population
from bayesdensing.analysis.stacking import step_estimate
from bayesdensing.cli.forecast import flag_lines
from bayesdensing.reporting import report
from bayesdensing.reporting.numbers import DRAWS, PER_DRAW
from tests.analysis.scored import make_scored_fit
from tests.reporting.hostile import hostile_fit

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.slow,
    # of the browser's own event loop, when it is closed
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:constrained_layout not applied"),
]
READY = "html[data-ready=yes]"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def fits():
    return [
        make_scored_fit(n_llms=40, draws=600),
        make_scored_fit(n_llms=40, draws=600, spec="joint_5T", seed=2),
    ]


@pytest.fixture(scope="module")
def file(fits, tmp_path_factory):
    place = tmp_path_factory.mktemp("page") / "report.html"
    report(fits, out=place, checks=False)
    return place


@pytest.fixture
def opened(browser):
    """Return what opens a page, and fails at the end for whatever it complained of or asked for."""
    faults, contexts = [], []

    def open_page(file: Path, *, width: int = 1200, height: int = 900):
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: faults.append(told.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:"))
                or faults.append(asked.url))  # fmt: skip
        page.goto(file.as_uri())
        page.wait_for_selector(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_a_dot_tells_what_it_is_by_mouse_and_by_keyboard(opened, file, fits):
    page = opened(file)
    table = fits[0].density_table()
    box = page.locator("#chart-box")
    box.scroll_into_view_if_needed()
    tip = page.locator("#chart-tip")
    assert not tip.is_visible()
    dot = page.locator("#chart-box circle").nth(5).bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    assert tip.is_visible()
    assert tip.inner_text().startswith(table.index[5])
    assert "89 % ETI" in tip.inner_text()
    box.focus()
    page.keyboard.press("Home")
    assert tip.inner_text().startswith(table.index[0])
    page.keyboard.press("ArrowRight")
    assert tip.inner_text().startswith(table.index[1])
    page.keyboard.press("End")
    assert tip.inner_text().startswith(table.index[-1])
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_filters_leave_the_llms_that_they_name(opened, file, fits):
    page = opened(file)
    dots = page.locator("#chart-box g circle")
    assert dots.count() == 40
    page.select_option("#chart-family", "family-3")
    assert dots.count() == 3
    page.select_option("#chart-family", "")
    page.select_option("#chart-size", "1e10-4e10")
    sizes = fits[0].density_table()["n_params"]
    assert dots.count() == ((sizes >= 1e10) & (sizes < 4e10)).sum()


def test_the_slider_shows_the_line_that_it_implies(opened, file, fits):
    page = opened(file)
    median = fits[0].headline().doubling_time_days.median
    days = page.locator("#slider-days")
    assert float(days.inner_text()) == pytest.approx(median, abs=1)
    before = page.locator("#implied").get_attribute("d")
    page.locator("#slider").fill("3900")
    assert float(days.inner_text()) > 1000
    assert page.locator("#implied").get_attribute("d") != before
    assert "doubles at least this fast: 100 %" in page.locator("#slider-text").inner_text()


def shown(page):
    data = page.locator("#size-answer").evaluate("e => ({...e.dataset})")
    return {name: float(value.replace("Infinity", "inf")) for name, value in data.items()}


@pytest.mark.parametrize("run", [0, 1])
@pytest.mark.parametrize(("benchmark", "score"), [("MMLU", 0.6), ("BBH", 0.75)])
def test_the_size_question_agrees_with_forecast(opened, file, fits, run, benchmark, score):
    page = opened(file)
    page.select_option("#size-run", str(run))
    page.select_option("#size-benchmark", label=benchmark)
    page.fill("#size-score", str(score))
    page.fill("#size-date", "2026-03-01")
    page.wait_for_timeout(200)
    found = shown(page)
    # the same draws in Python: what the page computes is right
    date, fit = pd.Timestamp("2026-03-01"), fits[run]
    population = Population.of(fit, max_draws=DRAWS)
    code = population.model.ruler.benchmarks.index(benchmark)
    new = population.new(code, per_draw=PER_DRAW, evenly=True)
    exact = population.log_params(
        new, score=score, years=population.years(date), benchmark=code
    ).ravel()
    same = step_estimate([exact], np.ones(1))
    for end, value in (("median", same.median), ("low", same.eti95[0]), ("high", same.eti95[1])):
        assert np.log(found[end]) == pytest.approx(value, abs=2e-3)
    # all draws, other new LLMs: apart by Monte-Carlo error alone
    question = Question(benchmark=benchmark, score=score, date=date)
    row = joined(question, [answer(fit, question, seed=7)]).table.iloc[0]
    spread = (same.eti50[1] - same.eti50[0]) / 1.35
    error = 1.25 * spread / np.sqrt(population.model.n_draws)
    assert abs(np.log(found["median"]) - np.log(row["median"])) < 4 * error
    text = page.locator("#size-answer").inner_text()
    assert "extrapolation, date: 2026-03-01: " in text


ASKED = [
    ("MMLU", 0.6, "2026-03-01"),
    ("BBH", 0.75, "2024-06-01"),
    ("MMLU", 0.99, "2024-12-01"),
    ("BBH", 0.24, "2024-03-01"),
    ("MMLU", 0.45, "2027-11-30"),
]


def ask(page, benchmark, score, date):
    page.select_option("#size-benchmark", label=benchmark)
    page.fill("#size-score", str(score))
    page.fill("#size-date", date)
    page.wait_for_timeout(300)
    return page.locator("#size-answer li.flag").all_inner_texts()


def likely(lines):
    """Return words and probability of each line, less those of which chance decides if they are."""
    split = [re.fullmatch(r"(.*?)(?: \(probability (.*)\))?", line).groups() for line in lines]
    every = [(words, 1.0 if p is None else float(p.replace("<", ""))) for words, p in split]
    return {words: p for words, p in every if p > 0.004}


def test_the_page_flags_what_the_command_flags(opened, file, fits):
    page, kinds = opened(file), set()
    for benchmark, score, date in ASKED:
        asked = Question(benchmark=benchmark, score=score, date=pd.Timestamp(date))
        said = joined(asked, [answer(fits[0], asked, max_draws=DRAWS)])
        theirs, ours = likely(flag_lines(said)), likely(ask(page, benchmark, score, date))
        assert list(ours) == list(theirs)
        for words, probability in theirs.items():
            # new LLMs are others; all else is of the same draws
            within = 0.02 if "answer" in words else 0.0015
            assert ours[words] == pytest.approx(probability, abs=within), words
        kinds |= {words.partition(":")[0] for words in ours}
    assert kinds == {
        f"extrapolation, {kind}"
        for kind in ("date", "score", "above ceiling", "below chance", "answer", "effective size")
    }


def test_the_ends_of_intervals_are_steady(opened, file):
    page = opened(file)
    ask(page, "MMLU", 0.6, "2026-03-01")
    assert 0 < shown(page)["error"] < 0.05
    told = "Monte-Carlo error" in page.locator("#size-answer").inner_text()
    assert told == (shown(page)["error"] > 0.02)


def test_the_slider_steps_by_days(opened, file):
    page = opened(file)
    slider, days = page.locator("#slider"), page.locator("#slider-days")
    before = int(days.inner_text())
    slider.focus()
    for key, step in (("ArrowRight", 1), ("ArrowUp", 1), ("PageUp", 10), ("ArrowLeft", -1),
                      ("PageDown", -10)):  # fmt: skip
        page.keyboard.press(key)
        before += step
        assert int(days.inner_text()) == before
    text = slider.get_attribute("aria-valuetext")
    assert text.startswith(f"doubling every {before} days, a factor of ")
    page.keyboard.press("End")
    assert days.inner_text() == "1500"
    page.keyboard.press("ArrowRight")
    assert days.inner_text() == "1500"


def test_filters_stay_when_the_chart_is_drawn_anew(opened, file):
    page = opened(file)
    page.select_option("#chart-family", "family-3")
    page.locator("#slider").focus()
    page.keyboard.press("PageUp")
    days = page.locator("#slider-days").inner_text()
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_timeout(200)
    page.select_option("#chart-run", "1")
    assert page.locator("#chart-family").input_value() == "family-3"
    assert page.locator("#chart-box g circle").count() == 3
    assert page.locator("#slider-days").inner_text() == days


def test_what_cannot_be_reached_is_never(opened, file):
    page = opened(file)
    page.fill("#size-score", "0.99")
    page.wait_for_timeout(200)
    assert shown(page)["never"] > 0.3
    page.fill("#size-score", "0.9999")
    page.wait_for_timeout(200)
    text = page.locator("#size-answer").inner_text()
    assert "most likely no number of parameters is enough" in text
    assert "50 % ETI never enough" in text
    assert "never to never" not in text
    page.fill("#size-score", "7")
    page.wait_for_timeout(200)
    assert "Give a score between 0 and 1" in page.locator("#size-answer").inner_text()


@pytest.mark.parametrize("width", [1440, 768, 390])
def test_no_width_makes_the_page_scroll_sideways(opened, file, width):
    page = opened(file, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#chart-box svg").bounding_box()["width"] <= width


def test_text_of_data_never_runs(opened, tmp_path):
    file = tmp_path / "hostile.html"
    report(hostile_fit(), out=file, checks=False)
    page = opened(file)
    page.locator("#chart-box").focus()
    page.keyboard.press("Home")
    assert "<script>" in page.locator("#chart-tip").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 2
    assert page.locator("img[src=x]").count() == 0


def test_it_prints_without_its_controls(opened, file):
    page = opened(file)
    page.select_option("#chart-run", "1")
    page.select_option("#chart-family", "family-3")
    priors = page.get_by_role("region", name="Table: priors of joint", exact=True)
    assert not priors.is_visible()
    page.emulate_media(media="print")
    assert not page.locator("#chart-family").is_visible()
    assert page.locator("#chart-box svg").is_visible()
    assert page.locator("#chart-named").inner_text() == "Shown: joint_5T; family-3 (3)."
    assert "By joint." in page.locator("#size-named").inner_text()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert priors.is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert not priors.is_visible()


def test_what_is_wider_than_its_place_scrolls_by_keyboard_and_has_a_name(opened, file):
    page = opened(file, width=390)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    wide = page.evaluate("""[...document.querySelectorAll('table, pre, figure img')]
        .map((e) => e.closest('.scroll, pre') || e)
        .filter((e) => e.scrollWidth > e.clientWidth + 1)
        .map((e) => [e.outerHTML.slice(0, 60), e.tabIndex, e.getAttribute('aria-label'),
                     getComputedStyle(e).overflowX])""")
    assert len(wide) > 4
    assert [place for place, tab, name, flow in wide if tab or not name or flow != "auto"] == []


@pytest.mark.parametrize("width", [1200, 390])
def test_axe_finds_no_serious_barrier(opened, file, width):
    axe = os.environ.get("AXE_CORE")
    if axe is None or not Path(axe).is_file():
        pytest.skip("AXE_CORE names no file")
    page = opened(file, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.evaluate(Path(axe).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then((r) => r.violations)")
    serious = [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
