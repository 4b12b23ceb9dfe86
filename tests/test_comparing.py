"""Hypotheses of published values, cross-validated and laid side by side."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesdensing as bd
from bayesdensing import plots
from bayesdensing.analysis import Fit
from bayesdensing.analysis.comparison import BEST, EQUAL, WORSE, Candidate, Comparison, compared
from bayesdensing.analysis.leave_out import (
    DISAGREE,
    EXACT,
    FEW_DRAWS,
    MATCHED,
    PSIS,
    LeftOut,
    log_mean_exp,
    spread_over_draws,
)
from bayesdensing.comparing import compare
from bayesdensing.comparison_study import make_series, study, study_table
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, RunError
from bayesdensing.excluding import Excluder
from bayesdensing.fitting import resolved
from bayesdensing.judging import hypothesis
from bayesdensing.ladder import CrossValidation, cut_offs, families_of
from bayesdensing.spec import Spec
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_diagnostics

N = 24


def spec_of(trend: str, **data: object) -> Spec:
    spec = resolved("trend", draws=1000, tune=500)
    raw = {k: v for k, v in dict(spec).items() if k != "priors"}
    raw |= {"name": trend, "growth": {"trend": trend}, "data": data}
    return Spec(**raw)


@pytest.fixture(scope="module")
def bundle() -> DataBundle:
    frame = make_series("exponential", n_llms=N, dispersion=0.4, seed=5).densities
    assert frame is not None
    # the last value lies far off, so that weights fail for it
    frame.loc[N - 1, "value"] *= np.exp(-2.2)
    models = pd.DataFrame(
        {
            "model": frame["model"],
            "family": [f"family-{i % 4}" for i in range(N)],
            "organization": "lab",
            "release_date": frame["release_date"],
            "n_params": 1e9,
            "is_base": True,
            "is_moe": False,
            "compression": "none",
            "source": "made",
        }
    )
    keep = ["series", "model", "release_date", "value", "on_record", "source"]
    return DataBundle.from_frames(name="made", densities=frame[keep], models=models)


@pytest.fixture(scope="module")
def fits(bundle: DataBundle) -> dict[str, Fit]:
    return {
        trend: bd.fit(spec_of(trend), bundle, seed=1, progress=False)
        for trend in ("exponential", "constant")
    }


@pytest.fixture(scope="module")
def excluder(fits: dict[str, Fit]) -> Excluder:
    return Excluder(fits["exponential"], seed=3)


@pytest.fixture(scope="module")
def valid(fits: dict[str, Fit], excluder: Excluder) -> CrossValidation:
    made = CrossValidation(fits["exponential"], seed=3)
    made.__dict__["_excluder"] = excluder  # one compiled model for all tests
    return made


@pytest.fixture(scope="module")
def by_llm(valid: CrossValidation) -> LeftOut:
    return valid.by_llm()


def exact_of(excluder: Excluder, fit: Fit, llms: list[int]) -> tuple[float, float]:
    """Log predictive density by an exact refit, and its Monte-Carlo error."""
    found = excluder.without(np.array(llms)).log_likelihood.sum(axis=1)
    value = float(log_mean_exp(found)) - float(fit.constants["log_value"][llms].sum())
    return value, terms_error(found)


def terms_error(terms: np.ndarray) -> float:
    """Error of the log of a mean of exponentials, were one draw in four independent."""
    density = np.exp(terms - terms.max())
    return float(density.std() / density.mean() / np.sqrt(terms.size / 4))


@pytest.mark.parametrize("llm", [0, 5, N - 1])
def test_every_rung_finds_what_an_exact_refit_finds(
    by_llm: LeftOut, excluder: Excluder, fits: dict[str, Fit], llm: int
) -> None:
    exact, mcse = exact_of(excluder, fits["exponential"], [llm])
    assert abs(by_llm.elpd[llm] - exact) < 5 * mcse + 0.02
    assert by_llm.reliable[llm]


def test_weights_fail_for_the_outlier_alone(by_llm: LeftOut) -> None:
    rungs = np.array(by_llm.rung)
    assert rungs[-1] in (MATCHED, EXACT)
    assert by_llm.pareto_k[-1] == by_llm.pareto_k.max() > 0.7
    assert (rungs[:-1] == PSIS).sum() >= N - 3
    assert 0.5 < by_llm.effective_parameters < 15


def test_refit_in_place_is_a_fit_without_the_row(
    excluder: Excluder, fits: dict[str, Fit], bundle: DataBundle
) -> None:
    frame = bundle.densities
    assert frame is not None
    keep = ["series", "model", "release_date", "value", "on_record", "source"]
    rest = DataBundle.from_frames(name="rest", densities=frame[keep].iloc[:-1])
    alone = bd.fit(spec_of("exponential"), rest, seed=4, progress=False)
    last = frame["release_date"].iloc[-1] - pd.Timestamp(alone.posterior.attrs["reference_date"])
    draws = alone.posterior
    mean = draws["level"] + draws["growth_rate"] * last.days / 365.25
    log_value = np.log(frame["value"].iloc[-1])
    sd = draws["dispersion"]
    terms = (-0.5 * ((log_value - mean) / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi))).to_numpy()
    expected = np.log(np.exp(terms).mean()) - log_value
    exact, error = exact_of(excluder, fits["exponential"], [N - 1])
    # the reference date, where the prior of the level lies, is another one: by 20 days
    mcse = terms_error(terms)
    assert abs(exact - expected) < 5 * np.hypot(mcse, error) + 0.05


def test_a_mean_over_few_draws_is_told() -> None:
    rng = np.random.default_rng(1)
    # likelihoods of a near and of a far value, sd 0.5, given draws of its mean
    mean = rng.normal(size=(2000, 1))
    stable = spread_over_draws(-0.5 * ((np.array([0.0, 6.0]) - mean) / 0.5) ** 2)
    assert stable.tolist() == [True, False]


def test_without_refits_what_fails_is_said(fits: dict[str, Fit]) -> None:
    fit = make_scored_fit(n_llms=6, chains=2, draws=60)
    made = CrossValidation(fit, max_refits=0)
    found = made.by_llm()
    bad = ~found.reliable
    assert all((", k > " in rung) == wrong for rung, wrong in zip(found.rung, bad, strict=True))
    assert found.units == tuple(fit.posterior["llm"].to_numpy())


def test_families_are_left_out_whole(valid: CrossValidation, excluder: Excluder) -> None:
    fit = valid._fit
    found = valid.by_family()
    assert found.units == tuple(f"family-{i}" for i in range(4))
    members = np.flatnonzero(families_of(fit) == "family-1").tolist()
    exact, mcse = exact_of(excluder, fit, members)
    assert abs(found.elpd[1] - exact) < 5 * mcse + 0.05
    bare = replace(fit, data=make_series("constant", n_llms=3))
    with pytest.raises(DataNeedError, match="names no family of llm-0000 and 23 others"):
        families_of(bare)


def test_future_is_predicted_from_the_past_alone(valid: CrossValidation) -> None:
    dates = cut_offs(valid._fit, 2)
    found = valid.future(dates)
    released = pd.DatetimeIndex(pd.to_datetime(valid._fit.density_table()["release_date"]))
    assert len(found.units) == int((released > dates[0]).sum())
    # one value lies far off, so that few draws may carry its mean; that is then said
    assert {rung.split(",")[0] for rung in found.rung} == {EXACT}
    assert found.rung.count(EXACT) > len(found.rung) / 2
    with pytest.raises(DataNeedError, match="choose other dates"):
        valid.future([pd.Timestamp("2020-01-01")])


@pytest.fixture(scope="module")
def found(fits: dict[str, Fit]) -> Comparison:
    return compare(list(fits.values()), seed=3)


def test_comparison_of_two(found: Comparison, fits: dict[str, Fit]) -> None:
    table = found.table.set_index("hypothesis")
    assert table["weight"].sum() == pytest.approx(1)
    assert set(table["verdict"]) <= {BEST, EQUAL, WORSE}
    assert (table["verdict"] == BEST).sum() == 1
    assert table["elpd_diff"].max() == 0
    assert table["n_parameters"].to_dict() == {"constant": 2, "exponential": 3}
    alike = table[table["verdict"] != WORSE]
    assert table.index[table["simplest"]].tolist() == [alike["n_parameters"].idxmin()]
    by_unit = found.pointwise.pivot_table(index="unit", columns="hypothesis", values="elpd")
    apart = by_unit["constant"] - by_unit["exponential"]
    sign = -1 if table.loc["constant", "verdict"] == BEST else 1
    assert table["elpd_diff"].min() == pytest.approx(sign * apart.sum())
    assert table["diff_se"].max() == pytest.approx(np.sqrt(N * apart.var()))
    assert table.loc["constant", "doubling_time_days"] == np.inf
    mixed = found.stacked["A"]
    assert mixed.prob_rate_not_positive == pytest.approx(
        table.loc["constant", "weight"]
        + table.loc["exponential", "weight"] * fits["exponential"].prob_rate_not_positive(),
        abs=1e-6,
    )


def test_files_and_figure(found: Comparison, tmp_path: Path) -> None:
    folder = found.save(tmp_path / "out")
    told = json.loads((folder / "comparison.json").read_text())
    assert [row["hypothesis"] for row in told["hypotheses"]] == found.table["hypothesis"].tolist()
    assert len(pd.read_csv(folder / "pointwise.csv")) == 2 * N
    assert pd.read_csv(folder / "comparison.csv")["n_units"].tolist() == [N, N]
    drawn = plots.comparison(found)
    assert drawn.data["hypothesis"].to_numpy()[-1] == "mixture"
    assert drawn.to_png()[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="no family"):
        plots.comparison(found, left_out="family")


def test_what_did_not_converge_gets_no_weight(fits: dict[str, Fit]) -> None:
    bad = replace(
        fits["exponential"], diagnostics=make_diagnostics(converged=False, reasons=("R-hat",))
    )
    told = compare([bad, fits["constant"]])
    table = told.table.set_index("hypothesis")
    assert np.isnan(table.loc["exponential", "weight"])
    assert table.loc["constant", "weight"] == 1
    assert "NOT CONVERGED: exponential" in told.notes
    assert not told.stacked
    weighed = compare([bad, fits["constant"]], unconverged=True)
    assert weighed.table["weight"].notna().all()


@pytest.mark.parametrize(
    ("rung", "help"),
    [
        (f"{PSIS}, k > 0.7", "weights fail for some units of constant; allow more exact refits"),
        (FEW_DRAWS, "some units of constant rest on too few draws; more chains give them more"),
        (DISAGREE, "chains of exact refits of some units of constant disagree"),
    ],
)
def test_what_cannot_be_relied_on_is_told_with_what_helps(
    fits: dict[str, Fit], rung: str, help: str
) -> None:
    def left_out(rung: str, *, sound: bool) -> LeftOut:
        return LeftOut(
            kind="LLM",
            units=tuple(map(str, range(N))),
            elpd=np.arange(float(N)),
            pareto_k=np.zeros(N),
            rung=(rung, *[PSIS] * (N - 1)),
            reliable=np.array([sound, *[True] * (N - 1)]),
        )

    def candidate(name: str, out: LeftOut) -> Candidate:
        return Candidate(name=name, fit=fits[name], left_out=(out,))

    candidates = [
        candidate("constant", left_out(rung, sound=False)),
        candidate("exponential", left_out(PSIS, sound=True)),
    ]
    (note,) = [note for note in compared(candidates).notes if "UNRELIABLE" in note]
    assert help in note
    assert "exponential" not in note
    assert ("refits (--max-refits)" in note) == rung.startswith(PSIS)


def test_more_chains_give_exact_refits_more_draws(fits: dict[str, Fit]) -> None:
    def draws_of(chains: int) -> int | None:
        spec = fits["constant"].spec
        sampler = spec.sampler.model_copy(update={"chains": chains})
        fit = replace(fits["constant"], spec=spec.model_copy(update={"sampler": sampler}))
        return Excluder(fit, seed=1)._max_draws

    assert draws_of(4) == 1000
    assert draws_of(8) == 2000


def test_other_data_are_another_group(fits: dict[str, Fit], bundle: DataBundle) -> None:
    until = spec_of("exponential", released_until="2024-12-31").model_copy(update={"name": "early"})
    early = bd.fit(until, bundle, seed=1, progress=False)
    told = compare([*fits.values(), early])
    groups = told.table.set_index("hypothesis")["group"]
    assert groups["exponential"] == groups["constant"] != groups["early"]
    assert (told.table.groupby("group")["verdict"].apply(lambda v: (v == BEST).sum()) == 1).all()
    assert any("no weight and no difference reaches across" in note for note in told.notes)
    assert told.table.groupby("group")["weight"].sum().tolist() == pytest.approx([1, 1])


def test_different_outcomes_are_refused(fits: dict[str, Fit]) -> None:
    one = fits["exponential"]
    with pytest.raises(DataNeedError, match="no comparison of the two means anything"):
        compare([one, make_scored_fit()])
    with pytest.raises(DataNeedError, match="predicts nothing about LLMs"):
        compare([one, "loss_law"])
    with pytest.raises(DataNeedError, match="two hypotheses or more"):
        compare([one])
    with pytest.raises(DataNeedError, match="two hypotheses are named exponential"):
        compare([one, one])
    idata = one.idata.copy()
    idata["posterior"].attrs["quantity"] = "another series"
    with pytest.raises(DataNeedError, match="means anything"):
        compare([one, replace(one, idata=idata, spec=spec_of("constant"))])


def test_claims_about_a_run(
    fits: dict[str, Fit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = f"growth_rate > {float(fits['exponential'].growth_rate().median()):.6f}"
    with pytest.raises(RunError, match="nowhere"):
        hypothesis(tmp_path / "nowhere", claim)
    told = hypothesis(fits["exponential"], claim, draws=100)
    runs = {"runs/exponential": fits["exponential"]}
    monkeypatch.setattr("bayesdensing.judging.load_fit", lambda path: runs[str(path)])
    for run in ("runs/exponential", Path("runs/exponential")):
        assert hypothesis(run, claim, draws=100) == told


def test_claims_about_a_fit(fits: dict[str, Fit]) -> None:
    fit = fits["exponential"]
    rate = fit.growth_rate()
    found = hypothesis(fit, f"growth_rate > {float(rate.median()):.6f}")
    assert found.posterior is not None
    assert found.posterior.probability == pytest.approx(0.5, abs=1e-3)
    assert found.prior is not None
    assert found.evidence_ratio == pytest.approx(
        (1 - found.prior.probability) / found.prior.probability, rel=0.01
    )
    middle = hypothesis(fit, f"growth_rate == {float(rate.median()):.6f}")
    assert middle.evidence_ratio > 1
    assert middle.posterior is None
    assert "derived" in str(hypothesis(fit, "doubling_time_days == 100").refusal)
    assert "held fixed" in str(hypothesis(fits["constant"], "growth_rate == 0").refusal)
    assert "one parameter" in str(hypothesis(fit, "growth_rate == level").refusal)


def test_study_counts_its_worlds(tmp_path: Path) -> None:
    trends = {name: spec_of(name) for name in ("constant", "exponential")}
    place = tmp_path / "rows.csv"
    length = {"draws": 300, "tune": 300}
    rows = study(trends, sizes=[60], worlds=1, dispersion=0.3, seed=7, out=place, **length)
    assert len(rows) == 4
    table = study_table(rows).set_index("truth")
    # growth of 1.7 a year over three years, at a scatter of 0.3, cannot be overlooked
    assert table.loc["exponential", "found"] == 1
    assert table.loc["exponential", "missed"] == 0
    assert table.loc["exponential", "simplest"] == 1
    # a straight line through no growth predicts as well, but is not what the data ask for
    assert table.loc["constant", "cannot_tell"] == table.loc["constant", "simplest"] == 1
    again = study(trends, sizes=[60], worlds=1, dispersion=0.3, seed=7, out=place, **length)
    assert study_table(again).equals(study_table(rows))
    with pytest.raises(DataNeedError, match="no trend 'cubic'"):
        make_series("cubic")


def test_a_twin_of_the_best_predicts_no_worse(fits: dict[str, Fit]) -> None:
    one = fits["exponential"]
    twin = replace(one, spec=one.spec.model_copy(update={"name": "twin"}))
    assert set(compare([one, twin]).table["verdict"]) == {BEST, EQUAL}
