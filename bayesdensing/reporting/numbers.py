"""The numbers that the page computes with: points, trend, and thinned posterior draws."""

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.extrapolation import INSIDE, Seen
from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.population import Population
from bayesdensing.analysis.readings import flat_draws, thin
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = [
    "DRAWS",
    "PER_DRAW",
    "has_scores",
    "has_trend",
    "quantity_of",
    "run_numbers",
]

#: Posterior draws that the page holds, and new LLMs for each.
DRAWS, PER_DRAW = 1000, 16

_EPOCH = pd.Timestamp("1970-01-01")
_LAW = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")
_LINK = ("floor", "ceiling", "midpoint_loss", "link_slope")
#: Dates of the trend's curve, years after the data that can be asked about, points a year there.
_CURVE, _AHEAD, _PER_YEAR = 90, 6, 4


def has_trend(fit: "Fit") -> bool:
    """Return whether a fit has densities and a trend through them.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    bool
        Of scores, or of published values.
    """
    return all(name in fit.posterior for name in ("log_density", "level"))


def has_scores(fit: "Fit") -> bool:
    """Return whether a fit saw scores of LLMs, so that it can forecast.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    bool
        True of a fit with all blocks.
    """
    found = "observed_data" in fit.idata.children and "score" in fit.idata["observed_data"]
    return bool(found and has_trend(fit) and "evaluator_effect" in fit.posterior)


def quantity_of(fit: "Fit") -> str:
    """Return what grows, in words.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    str
        Capability density, or a series of published values by its name.
    """
    name = str(fit.posterior.attrs.get("quantity", "capability density"))
    return f"the published series {name}" if fit.spec.is_series_alone else name


def run_numbers(fit: "Fit", *, name: str = "", draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """Return what the page holds of a run, as plain JSON types.

    Parameters
    ----------
    fit : Fit
        Any fit.
    name : str
        What it is called on the page, of its hypothesis where empty.
    draws : int
        Posterior draws to hold.
    seed : int
        Seed of new LLMs.

    Returns
    -------
    dict
        ``llms``, ``trend`` and ``rate`` where there is a trend; ``sizes``, what the size question
        needs, where there are scores. Days count from 1970-01-01; arrays of draws are
        little-endian float32 in base64, draws first.
    """
    found: dict[str, Any] = {"name": name or fit.spec.name, "mark": fit.diagnostics.mark}
    if has_trend(fit):
        found |= _chart(fit, draws=draws)
    if has_scores(fit):
        found["sizes"] = _sizes(fit, draws=draws, seed=seed)
    return found


def _chart(fit: "Fit", *, draws: int) -> dict[str, Any]:
    table = fit.density_table()
    dates = pd.date_range(table["release_date"].min(), table["release_date"].max(), periods=_CURVE)
    log_trend = np.log(flat_draws(fit.trend(dates)))
    ends = np.quantile(log_trend, [0.055, 0.25, 0.5, 0.75, 0.945], axis=0)
    reference = pd.Timestamp(str(fit.posterior.attrs["reference_date"]))
    if fit.spec.growth.shape.bends:
        # the headline is the rate of the last 24 months: its line goes through their middle
        reference = table["release_date"].max() - pd.DateOffset(months=12)
    through = fit.trend(pd.DatetimeIndex([reference]))
    rate, doubling = None, fit.headline().doubling_time_days
    if "growth_rate" in fit.posterior and not fit.spec.assumes_no_growth:
        kept = thin(fit.posterior, max_draws=draws)["growth_rate"]
        rate = _packed(flat_draws(kept))
    return {
        "llms": _llms(fit, table),
        "trend": {
            "days": [_days(date) for date in dates],
            **{
                name: _rounded(np.exp(row))
                for name, row in zip(("lo89", "lo50", "median", "hi50", "hi89"), ends, strict=True)
            },
        },
        "through": {"day": _days(reference), "density": float(through.median())},
        "rate": rate,
        "medianDays": None if doubling is None else doubling.median,
        "quantity": quantity_of(fit),
        "published": fit.spec.is_series_alone,
    }


def _llms(fit: "Fit", table: pd.DataFrame) -> list[dict[str, Any]]:
    models = fit.data.models
    families = {} if models is None else dict(zip(models["model"], models["family"], strict=True))
    scores = _scores(fit)
    out = []
    for name, row in table.to_dict("index").items():
        entry = {
            "name": str(name),
            "day": _days(row["release_date"]),
            "density": _rounded(
                [row["density_median"], row["density_eti89_lb"], row["density_eti89_ub"]]
            ),
            "family": str(families.get(name, "")),
            "scores": scores.get(str(name), {}),
        }
        if "n_params" in row:
            entry["n"] = float(row["n_params"])
        out.append(entry)
    return out


def _scores(fit: "Fit") -> dict[str, dict[str, float]]:
    """Return the median measured score by LLM and benchmark."""
    if not has_scores(fit):
        return {}
    seen = observed_scores(fit)
    rows = pd.DataFrame(
        {
            "llm": fit.posterior["llm"].to_numpy().astype(str)[seen.llm],
            "benchmark": fit.posterior["benchmark"].to_numpy().astype(str)[seen.benchmark],
            "score": seen.score,
        }
    )
    middle = rows.groupby(["llm", "benchmark"], as_index=False).median()
    found: dict[str, dict[str, float]] = {}
    for llm, benchmark, score in middle.to_numpy().tolist():
        found.setdefault(llm, {})[benchmark] = round(score, 4)
    return found


def _sizes(fit: "Fit", *, draws: int, seed: int) -> dict[str, Any]:
    population = Population.of(fit, max_draws=draws, seed=seed)
    model = population.model
    ruler, terms = model.ruler, model.covariates
    new = population.new(0, per_draw=PER_DRAW, evenly=True)
    seen = [Seen.by(fit, b) for b in range(len(ruler.benchmarks))]
    first, last = seen[0].dates
    return {
        "benchmarks": list(ruler.benchmarks),
        "scores": [list(one.scores) for one in seen],
        "sizes": list(seen[0].sizes),
        "reference": seen[0].reference[1],
        "effective": seen[0].effective[1],
        "flags": [one.words for one in seen],
        "inside": INSIDE,
        "days": [_days(first), _days(last)],
        "draws": model.n_draws,
        "perDraw": PER_DRAW,
        "onSize": fit.spec.growth.deviation == "size",
        "tokens": {
            "rule": fit.spec.reference_tokens.rule,
            "value": fit.spec.reference_tokens.value,
        },
        "law": [_packed(getattr(ruler, name)) for name in _LAW],
        "link": [_packed(getattr(ruler, name)) for name in _LINK],
        "typical": _packed(population.typical().own),
        "own": _packed(new.own),
        "family": _packed(new.family) if terms.family_sd.any() else None,
        "spreadGrowth": _packed(model.dispersion_growth),
        "departure": _packed(new.departure / ruler.deviation_sd[:, [0]]),
        "deviation": _packed(ruler.deviation_sd),
        "sizeExponent": _packed(terms.size_exponent),
        "meanLogN": terms.mean_log_n,
        "slope": _packed(terms.benchmark_slope),
        "referenceDay": _days(population.reference),
        "trend": _trend_grid(population, model.trend, first=first, last=last),
    }


def _trend_grid(
    population: Population, trend: TrendDraws, *, first: pd.Timestamp, last: pd.Timestamp
) -> dict[str, Any]:
    """Return the trend of every draw on dates between which it is straight, or nearly so."""
    start, end = population.years(first), population.years(last) + _AHEAD
    count = 2 if not trend.shape.bends else round((end - start) * _PER_YEAR) + 1
    years = np.linspace(start, end, count)
    return {
        "days": [_days(population.reference) + y * DAYS_PER_YEAR for y in years.tolist()],
        "values": _packed(trend.ahead(years, seed=population.seed)),
    }


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def _rounded(values: Any) -> list[float]:
    return [float(f"{value:.5g}") for value in np.asarray(values, dtype=float).tolist()]


def _days(date: pd.Timestamp) -> int:
    return int((date - _EPOCH).days)
