"""What a hypothesis expects before it has seen a score or a loss, and whether that is sane."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis import readings
from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.ruler import Ruler
from bayesdensing.analysis.trends import trend_curve
from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.laws import loss as loss_law
from bayesdensing.simulation.prior import pair_log_sizes, prior_draws
from bayesdensing.spec import Spec

__all__ = ["prior_predictive_check", "prior_readings"]

#: Days: below the first a doubling time is absurd, beyond the second it is as good as none.
_WEEKS, _DECADE = 14.0, 3652.5
#: Powers of ten within which 95 % of densities lie; a published series may have any unit.
_DENSITY_REACH, _SERIES_REACH = 6.0, 12.0
#: Powers of ten within which 95 % of losses lie, and of their ratio to the pivot's.
_LOSS_REACH, _RUN_REACH = 3.0, 2.0
#: A score this far into the span from floor to ceiling, and from its end, tells about size.
_OFF_THE_ENDS = 0.02
_GRID = 60


def prior_readings(
    spec: Spec, bundle: DataBundle, *, draws: int = 200, seed: int = 0
) -> xr.Dataset:
    """Return what draws from the prior say of losses, scores, densities and growth.

    Parameters
    ----------
    spec : Spec
        A hypothesis.
    bundle : DataBundle
        The design: sizes, tokens, dates, benchmarks.
    draws : int
        Draws.
    seed : int
        Seed.

    Returns
    -------
    xarray.Dataset
        By draw, as far as the hypothesis has them: ``pivot_loss`` (benchmark); ``run_loss``,
        ``run_ratio`` to the pivot's, ``fall_with_size`` and ``fall_with_tokens`` (reference_run),
        the last two as the share of the loss that doubling takes away; ``floor`` and ``ceiling``
        (benchmark); ``score`` and ``reach`` (pair), the latter from 0 at the floor to 1 at the
        ceiling; ``log_density`` (llm); ``growth_rate`` (1/yr) and ``doubling_time`` (days).
        Curves: ``loss_curve`` and ``score_curve`` over benchmark and n_params, ``trend`` over
        date.
    """
    # a prior too wide for numbers is for the check to find, not for a warning
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _readings(spec, bundle, prior_draws(spec, bundle, draws=draws, seed=seed))


def _readings(spec: Spec, bundle: DataBundle, drawn: xr.Dataset) -> xr.Dataset:
    found: dict[str, xr.DataArray] = {}
    sizes: list[np.ndarray] = []
    if "loss" in spec.blocks:
        runs = designs.loss_design(spec, bundle, designs.benchmarks_of(spec, bundle))
        found |= _losses(drawn, runs)
        sizes.append(runs.log_n)
    if "link" in spec.blocks:
        found |= {name: drawn[name] for name in ("floor", "ceiling")}
    if "growth" in spec.blocks:
        scores = designs.score_design(spec, bundle, designs.benchmarks_of(spec, bundle))
        found |= _scores(spec, drawn, scores) | {"log_density": drawn["log_density"]}
        sizes.append(scores.log_n)
        dates = scores.released
    if spec.is_series_alone:
        only = spec.data.records == "only"
        found["log_density"] = drawn["log_record" if only else "log_value"]
        dates = designs.designs_of(spec, bundle, ())["published"].released
    if "growth_rate" in drawn:
        span = pd.date_range(dates.min(), dates.max(), periods=_GRID)
        found |= {
            "growth_rate": drawn["growth_rate"],
            "doubling_time": readings.doubling_time(drawn),
            "trend": trend_curve(drawn, span, spec=spec),
        }
    if sizes:
        found |= _curves(spec, drawn, np.concatenate(sizes))
    return xr.Dataset(found, attrs={"spec": spec.name, **drawn.attrs}).isel(chain=0, drop=True)


def _losses(drawn: xr.Dataset, runs: designs.LossDesign) -> dict[str, xr.DataArray]:
    law = {name: drawn[name].to_numpy()[..., runs.benchmark] for name in readings.LOSS_LAW}
    n, d = np.exp(runs.log_n), np.exp(runs.log_d)
    at = loss_law.loss(n_params=n, n_tokens=d, **law)
    wider = loss_law.loss(n_params=2 * n, n_tokens=d, **law)
    longer = loss_law.loss(n_params=n, n_tokens=2 * d, **law)
    values = {
        "run_loss": at,
        "run_ratio": at / drawn["pivot_loss"].to_numpy()[..., runs.benchmark],
        "fall_with_size": 1 - wider / at,
        "fall_with_tokens": 1 - longer / at,
    }
    dims = ("chain", "draw", "reference_run")
    arrays = {name: xr.DataArray(value, dims=dims) for name, value in values.items()}
    return {"pivot_loss": drawn["pivot_loss"], **arrays}


def _scores(spec: Spec, drawn: xr.Dataset, design: designs.ScoreDesign) -> dict[str, xr.DataArray]:
    b, ruler = design.pair_benchmark, Ruler.from_posterior(drawn, spec)
    score = ruler.score(pair_log_sizes(design, drawn), b)
    reach = (score - ruler.floor[:, b]) / (ruler.ceiling - ruler.floor)[:, b]
    values = {"score": score, "reach": reach}
    dims = ("chain", "draw", "pair")
    return {name: xr.DataArray(value[None], dims=dims) for name, value in values.items()}


def _curves(spec: Spec, drawn: xr.Dataset, log_n: np.ndarray) -> dict[str, xr.DataArray]:
    sizes = np.exp(np.linspace(log_n.min(), log_n.max(), _GRID))
    found = {}
    if "loss" in spec.blocks:
        found["loss_curve"] = readings.loss_curve(drawn, n_params=sizes, tokens=_tokens(spec))
    if {"loss", "link"} <= set(spec.blocks):
        found["score_curve"] = readings.score_curve(drawn, n_params=sizes, tokens=_tokens(spec))
    return found


def _tokens(spec: Spec) -> readings.Tokens:
    return lambda sizes: np.exp(spec.reference_tokens.log_tokens(np.log(sizes)))


@dataclass(frozen=True, kw_only=True)
class _Expectation:
    """Values of which a share from `at_least` to `at_most` lies from `lower` to `upper`."""

    quantity: str
    unit: str
    values: np.ndarray
    lower: float
    upper: float
    at_least: float = 1.0
    at_most: float = 1.0

    def row(self) -> dict[str, object]:
        values = np.ravel(self.values)
        share = float(((values >= self.lower) & (values <= self.upper)).mean())
        # of infinite values too, which cannot be interpolated
        ends = np.quantile(values, [0.025, 0.25, 0.5, 0.75, 0.975], method="inverted_cdf")
        columns = ("q2.5", "q25", "median", "q75", "q97.5")
        return {
            "quantity": self.quantity,
            "unit": self.unit,
            **dict(zip(columns, ends.tolist(), strict=True)),
            "lower": self.lower,
            "upper": self.upper,
            "share": share,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "passed": self.at_least <= share <= self.at_most,
        }


def prior_predictive_check(
    spec: Spec, bundle: DataBundle, *, draws: int = 200, seed: int = 0
) -> CheckResult:
    """Check that a hypothesis expects possible data, and rules out only what is absurd.

    Parameters
    ----------
    spec : Spec
        A hypothesis.
    bundle : DataBundle
        The design: sizes, tokens, dates, benchmarks; losses and scores are not used.
    draws : int
        Draws from the prior.
    seed : int
        Seed.

    Returns
    -------
    CheckResult
        Its table has a row per expectation: quantity and unit, quantiles of its prior, a range
        ``lower`` to ``upper``, the ``share`` in it and the bounds of that share, ``at_least`` and
        ``at_most``. Passed where all shares lie in their bounds:

        - losses: 95 % within 3 powers of ten at the pivot, 95 % of runs within 2 of the pivot's;
          all fall with size and with tokens;
        - scores: every floor below its ceiling, every score between them; in 70 % of draws one
          score in twenty or more is off both ends, so that scores can tell about size;
        - densities: 95 % within 6 powers of ten; values of a published series, of any unit, 12;
        - growth: a doubling time below two weeks in 5 % of draws at most, from two weeks to ten
          years in 30 % at least, no growth in 10 to 90 %; under a constant trend none at all.
    """
    found = prior_readings(spec, bundle, draws=draws, seed=seed)
    table = pd.DataFrame([expectation.row() for expectation in _expectations(spec, found)])
    table.attrs = {"draws": draws, "seed": seed}
    failed = table.loc[~table["passed"], "quantity"].tolist()
    state = f"not as expected: {'; '.join(failed)}" if failed else "all as expected"
    text = f"{len(table)} expectations of {draws} prior draws, {state}; {_numbers(table)}"
    return CheckResult(name="prior predictive", passed=not failed, text=text, table=table)


def _expectations(spec: Spec, found: xr.Dataset) -> Iterator[_Expectation]:
    if "run_loss" in found:
        yield from _of_losses(found)
    if "floor" in found:
        span = (found["ceiling"] - found["floor"]).to_numpy()
        yield _Expectation(
            quantity="ceiling - floor", unit="1", values=span, lower=np.nextafter(0, 1), upper=1
        )
    if "reach" in found:
        yield from _of_scores(found)
    if "log_density" in found:
        published = spec.is_series_alone
        limit = _SERIES_REACH if published else _DENSITY_REACH
        yield _Expectation(
            quantity="published value" if published else "density",
            unit="log10",
            values=found["log_density"].to_numpy() / np.log(10),
            lower=-limit,
            upper=limit,
            at_least=0.95,
        )
    if "growth_rate" in found:
        yield from _of_growth(spec, found)


def _of_losses(found: xr.Dataset) -> Iterator[_Expectation]:
    ratios = {
        "loss at the pivot": ("pivot_loss", _LOSS_REACH),
        "loss of a run / at the pivot": ("run_ratio", _RUN_REACH),
    }
    for quantity, (name, reach) in ratios.items():
        values = np.log10(found[name].to_numpy())
        yield _Expectation(
            quantity=quantity,
            unit="log10",
            values=values,
            lower=-reach,
            upper=reach,
            at_least=0.95,
        )
    for what in ("size", "tokens"):
        yield _Expectation(
            quantity=f"share of loss gone at twice the {what}",
            unit="1",
            values=found[f"fall_with_{what}"].to_numpy(),
            lower=np.nextafter(0, 1),
            upper=1,
        )


def _of_scores(found: xr.Dataset) -> Iterator[_Expectation]:
    reach = found["reach"].to_numpy()
    slack = 1e-9
    yield _Expectation(
        quantity="score, 0 at floor, 1 at ceiling",
        unit="1",
        values=reach,
        lower=-slack,
        upper=1 + slack,
    )
    off = ((reach > _OFF_THE_ENDS) & (reach < 1 - _OFF_THE_ENDS)).mean(axis=1)
    yield _Expectation(
        quantity="share of scores off floor and ceiling",
        unit="1",
        values=off,
        lower=0.05,
        upper=1,
        at_least=0.7,
    )


def _of_growth(spec: Spec, found: xr.Dataset) -> Iterator[_Expectation]:
    days = found["doubling_time"].to_numpy()
    flat = spec.growth.trend == "constant"
    bounds = {
        "doubling below two weeks": (0.0, _WEEKS, 0.0, 0.0 if flat else 0.05),
        "doubling in two weeks to ten years": (
            _WEEKS, _DECADE, 0.0 if flat else 0.3, 0.0 if flat else 1.0,
        ),
        "no growth": (np.inf, np.inf, 1.0 if flat else 0.1, 1.0 if flat else 0.9),
    }  # fmt: skip
    for quantity, (lower, upper, at_least, at_most) in bounds.items():
        yield _Expectation(
            quantity=quantity,
            unit="days",
            values=days,
            lower=lower,
            upper=upper,
            at_least=at_least,
            at_most=at_most,
        )


def _numbers(table: pd.DataFrame) -> str:
    """Return the middle 95 % of what is measured in powers of ten, and the shares of growth."""
    parts = []
    for row in table.to_dict("records"):
        if row["unit"] == "log10":
            parts.append(f"{row['quantity']} 10^{row['q2.5']:.1f} to 10^{row['q97.5']:.1f}")
        elif row["unit"] == "days":
            parts.append(f"{row['quantity']} {100 * row['share']:.1f} %")
    return ", ".join(parts)
