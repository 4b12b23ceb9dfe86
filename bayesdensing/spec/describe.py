"""A hypothesis in words: equations, priors with what they imply, and its graph."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesdensing.laws import SCALE_SPREAD
from bayesdensing.laws.frontier import frontier_of
from bayesdensing.spec.model import Spec
from bayesdensing.spec.priors import PRIOR_TABLE

__all__ = ["SpecDescription", "describe"]


@dataclass(frozen=True)
class SpecDescription:
    """A hypothesis for a reader.

    Attributes
    ----------
    equations : tuple of str
        The model, one equation a line.
    priors : pandas.DataFrame
        One row per prior: parameter, prior, unit, lower89, median, upper89 (equal-tailed 89 %
        interval), meaning, reason, default (bool).
    graph : str
        Mermaid text.
    """

    equations: tuple[str, ...]
    priors: pd.DataFrame
    graph: str


def describe(spec: Spec) -> SpecDescription:
    """Describe a hypothesis.

    Parameters
    ----------
    spec : Spec
        The hypothesis.

    Returns
    -------
    SpecDescription
        Equations, priors and graph.

    Examples
    --------
    >>> from bayesdensing.spec import load_spec
    >>> describe(load_spec("loss_law")).equations[0]
    'L_b(N, D) = irreducible_loss_b + n_coefficient_b N^-n_exponent_b + d_coefficient_b D^-d_exponent_b'
    """  # noqa: E501
    equations: list[str] = []
    if "loss" in spec.blocks:
        equations += _loss_equations(spec)
    if "link" in spec.blocks:
        equations += _link_equations(spec)
    if "growth" in spec.blocks:
        equations += _growth_equations(spec)
    if spec.information.flow == "cut":
        equations += _cut_equations(spec)
    if "published" in spec.blocks:
        equations += _published_equations(spec)
    return SpecDescription(tuple(equations), _prior_table(spec), _graph(spec))


def _loss_equations(spec: Spec) -> list[str]:
    irreducible = "irreducible_loss_b + " if spec.loss.law == "chinchilla" else ""
    law = (
        f"L_b(N, D) = {irreducible}n_coefficient_b N^-n_exponent_b "
        "+ d_coefficient_b D^-d_exponent_b"
    )
    lines = [law, "log loss_rb ~ StudentT(loss_df, log L_b(N_r, D_r), loss_noise_b)"]
    if spec.loss.size_effects:
        lines[1] = (
            "log loss of the runs of one size on b ~ multivariate StudentT(loss_df, log L_b(N, D), "
            "loss_noise_b^2 I + size_effect_sd_b^2 11'), where most sizes have several runs"
        )
    scales = "loss_noise_b" + (" and size_effect_sd_b" if spec.loss.size_effects else "")
    lines.append(_pooled(scales))
    if spec.loss.pooling == "none":
        lines.append("n_exponent_b and d_exponent_b: each by the prior, none pooled")
    elif len(spec.data.benchmarks) == 1:
        lines.append("n_exponent_b and d_exponent_b: by the prior, one benchmark has none to pool")
    else:
        lines.append("log n_exponent_b ~ Normal(log n_exponent, exponent_spread); d_exponent alike")
    return lines


def _pooled(scales: str) -> str:
    return f"{scales} pooled: log x_b ~ Normal(log x_centre, {SCALE_SPREAD:g}), x_centre by prior"


def _link_equations(spec: Spec) -> list[str]:
    limits = "floor_b ~ Beta(1 + 100 chance_b, 1 + 100 (1 - chance_b))"
    if spec.link.floor == "chance":
        limits = "floor_b = chance_b"
    if spec.link.ceiling == "one":
        limits += ", ceiling_b = 1"
    return [
        "S_b(w) = floor_b + (ceiling_b - floor_b) sigmoid(w), "
        "w_b(L) = -link_slope_b (L - midpoint_loss_b)",
        limits,
        "midpoint_loss_b = midpoint_ratio_b pivot_loss_b; "
        "link_slope_b = steepness_b / midpoint_loss_b",
        "score_pb ~ Normal(S_b(w_b(loss_pb)), sqrt(S(1 - S)/n_items + (S' link_sd)^2))",
    ]


def _trend_equations(spec: Spec) -> tuple[str, ...]:
    first, *others = spec.growth.shape.equations
    change = spec.growth.change_date
    known = () if change is None else (f"change = {change}",)
    return (f"{first}, t in years", *known, *others)


def _count_equations(spec: Spec) -> list[str]:
    if spec.growth.parameter_count != "estimated":
        return []
    return ["log N_i = (1 - active_weight) log N_total_i + active_weight log N_active_i"]


def _density_equations(spec: Spec) -> list[str]:
    terms, lines = "", []
    if spec.growth.size_term == "linear":
        terms += " + size_exponent (log N_i - mean log N)"
    if spec.growth.family == "intercept":
        terms += " + family_effect_f(i)"
        lines.append(
            "family_effect_f ~ Normal(0, family_sd); of a family of one LLM integrated out"
        )
    kind, dispersion = frontier_of(spec.growth.frontier), "dispersion"
    if spec.growth.dispersion == "changing":
        dispersion = "dispersion_i"
        scales = "dispersion_i = dispersion exp(dispersion_growth t_i)"
        lines.append(scales + (", inefficiency_sd alike" if kind.name != "none" else ""))
    if kind.name == "none":
        return [f"log rho_i ~ Normal(trend(t_i){terms}, {dispersion})", *lines]
    return [
        f"log rho_i = trend(t_i){terms} - inefficiency_i + scatter_i, the trend being the frontier",
        *lines,
        f"inefficiency_i ~ {kind.equation}, scatter_i ~ Normal(0, {dispersion}): "
        f"integrated out together, log rho_i - trend(t_i) is {kind.composed}",
    ]


def _cut_equations(spec: Spec) -> list[str]:
    return [
        f"law_k ~ p(loss law | reference runs), k = 1..{spec.information.reference_draws}",
        "all else_k ~ p(all else | law_k, loss-score points, scores): pooled with equal weights, "
        "no feedback to the loss law",
    ]


def _growth_equations(spec: Spec) -> list[str]:
    tokens = (
        f"D = {spec.reference_tokens.value:g} N_hat"
        if spec.reference_tokens.rule == "ratio"
        else f"D = {spec.reference_tokens.value:g}"
    )
    count = "N_i (active)" if spec.growth.parameter_count == "active" else "N_i"
    pooled = spec.growth.benchmark_growth == "pooled"
    size = "N_hat_ib" if pooled else "N_hat_i"
    departs = (
        f"S_b(w_b(L_b({size}, D)) + deviation_ib), deviation_ib ~ Normal(0, deviation_sd_b)"
        if spec.growth.deviation == "score"
        else f"S_b(w_b(L_b({size} exp(deviation_ib), D))), deviation_ib ~ Normal(0, deviation_sd_b)"
    )
    return [
        *_trend_equations(spec),
        *_density_equations(spec),
        *_count_equations(spec),
        f"N_hat_i = {count} rho_i; {tokens}",
        *(_drift_equations() if pooled else []),
        f"p_ib = {departs}, integrated out by its mean and variance",
        "m_ibe = sigmoid(logit p_ib + evaluator_effect_eb), "
        "evaluator_effect_eb ~ Normal(0, evaluator_sd_b)",
        _pooled("deviation_sd_b, evaluator_sd_b and overdispersion_b"),
        "scores of i on b ~ multivariate StudentT(score_df, m_ib, overdispersion_b^2 I + "
        "(Var p_ib + p(1 - p)/n_items) 11')",
    ]


def _drift_equations() -> list[str]:
    return [
        "N_hat_ib = N_hat_i exp(benchmark_slope_b (t_i - mean t)), D likewise",
        "benchmark_slope_b ~ Normal(0, benchmark_growth_sd) with a sum of 0 over benchmarks; "
        "growth_rate_by_benchmark_b = growth_rate + benchmark_slope_b",
    ]


def _published_equations(spec: Spec) -> list[str]:
    if spec.data.records == "only":
        return [
            *_trend_equations(spec),
            "values arrive as a Poisson process of arrival_rate a year, each with "
            "log value_i ~ Normal(trend(t_i), dispersion)",
            "seen are those beyond all before: log p = log f(first) + sum over later records of "
            "log(arrival_rate f(value_j; t_j)) - arrival_rate times the integral over time of "
            "P(value > standing record)",
        ]
    return [
        *_trend_equations(spec),
        *_density_equations(spec),
        "log value_i ~ Normal(log quantity_i, log(value_hi95 / value_lo95) / 3.92) where an "
        "interval is given, else equal",
    ]


def _prior_table(spec: Spec) -> pd.DataFrame:
    rows = []
    for name, prior in spec.priors.items():
        entry = PRIOR_TABLE[name]
        with np.errstate(all="ignore"):  # a prior may be too wide for numbers: infinity says so
            lower, upper = prior.interval(0.89)
            median = prior.ppf(0.5)
        rows.append(
            {
                "parameter": name,
                "prior": str(prior),
                "unit": entry.unit,
                "lower89": float(lower),
                "median": float(median),
                "upper89": float(upper),
                "meaning": entry.meaning,
                "reason": entry.reason if prior == entry.default else "stated by the hypothesis",
                "default": prior == entry.default,
            }
        )
    return pd.DataFrame(rows)


def _graph(spec: Spec) -> str:
    edges = []
    if "loss" in spec.blocks:
        edges.append("reference_runs[(reference runs)] --> loss_law[loss law]")
    if "link" in spec.blocks:
        edges.append("loss_scores[(loss-score points)] --> score_link[score link]")
    if "growth" in spec.blocks:
        edges += [
            "trend[trend] --> density[density of each LLM]",
            "density --> effective[effective parameters]",
            "effective --> loss_law",
            "loss_law --> score_link",
            "score_link --> scores[(scores)]",
            "evaluators[evaluator effects] --> scores",
        ]
    if "published" in spec.blocks:
        edges.append("trend[trend] --> densities[(published values)]")
    return "\n".join(["flowchart LR", *(f"    {edge}" for edge in edges)])
