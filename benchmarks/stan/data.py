"""The data of ``joint.stan``: the design, the priors and the coordinates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bayesdensing.assembly.design import (
    ScoreDesign,
    benchmarks_of,
    chance_of,
    loss_design,
    point_design,
    score_design,
)
from bayesdensing.assembly.growth import EVEN_COUNT, SIZE_QUANTILES
from bayesdensing.data import DataBundle
from bayesdensing.laws.deviation import ends_met
from bayesdensing.laws.priors import SCALE_SPREAD
from bayesdensing.laws.score import floor_prior
from bayesdensing.spec import Spec

__all__ = ["stan_data"]

#: What ``joint.stan`` has written into it, by prior.
_FAMILIES = {
    "LogNormal": (
        "pivot_loss", "n_exponent", "d_exponent", "exponent_spread", "loss_noise",
        "size_effect_sd", "midpoint_ratio", "steepness", "link_sd", "deviation_sd", "evaluator_sd",
        "overdispersion", "dispersion",
    ),
    "LogitNormal": ("d_share", "irreducible_share"),
    "Normal": ("level", "growth_rate"),
    "Gamma": ("loss_df", "score_df"),
    "Beta": ("ceiling",),
}  # fmt: skip

#: The order in which ``joint.stan`` takes the parameters.
_ORDER = (
    "pivot_loss", "n_exponent_spread", "n_exponent_centre", "n_exponent", "d_exponent_spread",
    "d_exponent_centre", "d_exponent", "d_share_logit", "irreducible_share_logit",
    "loss_noise_centre", "loss_noise", "loss_df", "size_effect_sd_centre", "size_effect_sd",
    "floor", "ceiling", "midpoint_loss", "link_slope", "link_sd", "level", "growth_rate",
    "dispersion", "deviation_sd_centre", "deviation_sd", "evaluator_sd_centre", "evaluator_sd",
    "evaluator_effect", "overdispersion_centre", "overdispersion", "score_df", "log_density",
)  # fmt: skip


def stan_data(
    spec: Spec,
    bundle: DataBundle,
    *,
    matrices: Mapping[str, np.ndarray],
    places: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """Return the data of ``joint.stan``.

    Parameters
    ----------
    spec : Spec
        The default hypothesis, or one that differs from it in the parameters of its priors or in
        its reference tokens per parameter.
    bundle : DataBundle
        The data, of two benchmarks or more and with several runs a size.
    matrices : mapping of str to ndarray
        The data of the walk, by the names of its graph.
    places : mapping of str to ndarray of int
        Where the entries of each parameter lie among the walk's values (`Walk.places`).

    Returns
    -------
    dict
        Plain numbers and lists, indices from one.

    Raises
    ------
    ValueError
        For a hypothesis that the program is not written for.
    """
    benchmarks = benchmarks_of(spec, bundle)
    runs = loss_design(spec, bundle, benchmarks)
    points = point_design(spec, bundle, benchmarks)
    scores = score_design(spec, bundle, benchmarks)
    _check(spec, n_benchmarks=len(benchmarks), repeated=runs.repeated)
    if set(places) != set(_ORDER):
        raise ValueError(f"joint.stan has not the parameters of {spec.name}")
    order = np.argsort(runs.group, kind="stable")
    floor = floor_prior(chance_of(bundle, benchmarks))
    hint_n = _hint_sizes(scores)
    met = ends_met(scores.score)
    data: dict[str, Any] = {
        "B": len(benchmarks),
        "D": len(matrices["walk_dense_mean"]),
        "O": len(matrices["walk_scale"]),
        "place": np.concatenate([places[name] for name in _ORDER]) + 1,
        "L": len(scores.llms),
        "E": len(scores.evaluators),
        "R": len(runs.log_loss),
        "run_log_n": runs.log_n[order] - runs.log_pivot_n,
        "run_log_d": runs.log_d[order] - runs.log_pivot_d,
        "run_log_loss": runs.log_loss[order],
        "run_benchmark": runs.benchmark[order] + 1,
        "group_benchmark": runs.group_benchmark + 1,
        "P": len(points.loss),
        "point_loss": points.loss,
        "point_score": points.score,
        "point_items": points.n_items,
        "point_benchmark": points.benchmark + 1,
        "llm_log_n": scores.log_n - runs.log_pivot_n,
        "log_d_of_n": (
            runs.log_pivot_n + float(spec.reference_tokens.log_tokens(0.0)) - runs.log_pivot_d
        ),
        "years": scores.years,
        "pair_llm": scores.pair_llm + 1,
        "pair_benchmark": scores.pair_benchmark + 1,
        "pair_items": scores.n_items,
        "S": len(scores.score),
        "score": scores.score,
        "score_pair": scores.obs_pair + 1,
        "score_effect": scores.obs_evaluator * len(benchmarks) + scores.obs_benchmark + 1,
        "hint_log_n": hint_n - runs.log_pivot_n,
        "stretch_weight": _stretch_weights(scores, n_benchmarks=len(benchmarks)),
        "scale_spread": SCALE_SPREAD,
        "floor_a": floor[0],
        "floor_b": floor[1],
        **_groups("group", "G", runs.group[order]),
        **_groups("pair", "K", scores.obs_pair, apart=met),
        "M": len(met),
        "met": met + 1,
        "met_pair": scores.obs_pair[met] + 1,
        **_priors(spec),
        **matrices,
    }
    return {name: _plain(value) for name, value in data.items()}


def _check(spec: Spec, *, n_benchmarks: int, repeated: bool) -> None:
    usual = type(spec)(name="usual", blocks=("loss", "link", "growth"))
    axes = ("blocks", "loss", "growth", "information")
    same = all(getattr(spec, axis) == getattr(usual, axis) for axis in axes)
    families = {name: family for family, names in _FAMILIES.items() for name in names}
    same = same and {name: prior.dist for name, prior in spec.priors.items()} == families
    if not same or spec.reference_tokens.rule != "ratio" or n_benchmarks < 2 or not repeated:
        raise ValueError(f"joint.stan is not written for {spec.name} on these data")


def _groups(
    name: str, count: str, group: np.ndarray, *, apart: Sequence[int] | np.ndarray = ()
) -> dict[str, Any]:
    """Return rows by group as a sparse matrix of ones, and how many of each group count."""
    if (np.diff(group) < 0).any():
        raise ValueError(f"rows are not sorted by {name}")
    sizes = np.bincount(group)
    counted = sizes - np.bincount(group[list(apart)], minlength=len(sizes))
    distinct, which = np.unique(counted, return_inverse=True)
    return {
        count: len(sizes),
        f"{count}_sizes": len(distinct),
        f"{name}_start": np.concatenate([[0], np.cumsum(sizes)]) + 1,
        f"{name}_member": np.arange(len(group)) + 1,
        f"{name}_count": counted.astype(float),
        f"{name}_sizes": distinct.astype(float),
        f"{name}_which": which + 1,
    }


def _hint_sizes(scores: ScoreDesign) -> np.ndarray:
    low, middle, high = np.quantile(scores.log_n, SIZE_QUANTILES)
    return np.array([min(low, middle - 1), middle, max(high, middle + 1)])


def _stretch_weights(scores: ScoreDesign, *, n_benchmarks: int) -> np.ndarray:
    count = np.zeros((len(scores.evaluators), n_benchmarks))
    np.add.at(count, (scores.obs_evaluator, scores.obs_benchmark), 1)
    return np.asarray(EVEN_COUNT / (EVEN_COUNT + count)).ravel()


def _priors(spec: Spec) -> dict[str, list[float]]:
    found = {}
    for name, prior in spec.priors.items():
        values = list(prior.params.values())
        if prior.dist in ("LogNormal", "LogitNormal", "Normal"):
            values = [prior.location, prior.params["sigma"]]
        found[f"prior_{name}"] = values
    return found


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
