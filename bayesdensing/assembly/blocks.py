"""The blocks of the model, each a function that adds its part to the PyMC model of the context."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.assembly.design import (
    LossDesign,
    PointDesign,
    PublishedDesign,
    RecordDesign,
)
from bayesdensing.assembly.grouped import grouped_student_t, measured
from bayesdensing.assembly.trend import add_trend
from bayesdensing.laws import SCALE_SPREAD, Prior, records, score
from bayesdensing.laws import loss as loss_law
from bayesdensing.spec import Spec

__all__ = [
    "Curve",
    "Link",
    "add_link",
    "add_loss",
    "add_loss_geometry",
    "add_published",
    "add_records",
    "given_loss",
    "pooled",
]


@dataclass(frozen=True)
class Curve:
    """The loss law in the model, entries (benchmark,).

    Attributes
    ----------
    pivot_loss, d_share, irreducible_share : TensorVariable
        What the runs measure.
    law : Coefficients
        The law in natural units.
    log_pivot_n, log_pivot_d : float
        Logs of the pivot.
    """

    pivot_loss: Any
    d_share: Any
    irreducible_share: Any
    law: loss_law.Coefficients
    log_pivot_n: float
    log_pivot_d: float

    def loss(self, log_n: Any, log_d: Any, benchmark: Any) -> Any:
        """Return the loss at log sizes and tokens, relative to the pivot for accuracy.

        Parameters
        ----------
        log_n, log_d : array, shape (row,)
            Natural logs of parameters and tokens.
        benchmark : ndarray of int, shape (row,)
            Benchmark of each row.

        Returns
        -------
        TensorVariable, shape (row,)
            Loss in its unit.
        """
        rest = self.pivot_loss * (1 - self.d_share)
        n_term = (rest * (1 - self.irreducible_share))[benchmark]
        d_term = (self.pivot_loss * self.d_share)[benchmark]
        n_power = pt.exp(-self.law.n_exponent[benchmark] * (log_n - self.log_pivot_n))
        d_power = pt.exp(-self.law.d_exponent[benchmark] * (log_d - self.log_pivot_d))
        return self.law.irreducible_loss[benchmark] + n_term * n_power + d_term * d_power


@dataclass(frozen=True)
class Link:
    """The score link in the model, entries (benchmark,).

    Attributes
    ----------
    floor, ceiling, midpoint_loss, slope : TensorVariable
        Parameters of the link.
    """

    floor: Any
    ceiling: Any
    midpoint_loss: Any
    slope: Any


def pooled(name: str, prior: Prior, *, size: int, spread: Any = None) -> Any:
    """Add a positive parameter per benchmark, partially pooled on the log scale.

    Parameters
    ----------
    name : str
        Name of the parameter; the typical benchmark's is ``{name}_centre``.
    prior : Prior
        LogNormal prior of the typical benchmark, of the only one where there is one.
    size : int
        Number of benchmarks.
    spread : TensorVariable, optional
        Sd of logs between benchmarks; `SCALE_SPREAD` where not given.

    Returns
    -------
    TensorVariable, shape (benchmark,)
        The parameter.
    """
    if size == 1:
        return prior.rv(name, dims="benchmark")
    centre = prior.rv(f"{name}_centre")
    return pm.LogNormal(
        name,
        mu=pt.log(centre),
        sigma=SCALE_SPREAD if spread is None else spread,
        dims="benchmark",
    )


def add_loss(spec: Spec, design: LossDesign, *, size: int) -> Curve:
    """Add the loss law and the reference runs.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : LossDesign
        The runs.
    size : int
        Number of benchmarks.

    Returns
    -------
    Curve
        The law.
    """
    priors = spec.priors
    pivot = priors["pivot_loss"].rv("pivot_loss", dims="benchmark")
    alone = spec.loss.pooling == "none" or size == 1
    exponents = [
        priors[name].rv(name, dims="benchmark")
        if alone
        else pooled(
            name,
            priors[name],
            size=size,
            spread=priors["exponent_spread"].rv(f"{name}_spread"),
        )
        for name in ("n_exponent", "d_exponent")
    ]
    d_share = priors["d_share"].rv("d_share", dims="benchmark")
    irreducible: Any = pt.zeros(size)
    if spec.loss.law == "chinchilla":
        irreducible = priors["irreducible_share"].rv("irreducible_share", dims="benchmark")
    law = loss_law.coefficients(
        pivot_loss=pivot,
        d_share=d_share,
        irreducible_share=irreducible,
        n_exponent=exponents[0],
        d_exponent=exponents[1],
        log_pivot_n=design.log_pivot_n,
        log_pivot_d=design.log_pivot_d,
    )
    for name in ("irreducible_loss", "n_coefficient", "d_coefficient"):
        pm.Deterministic(name, getattr(law, name), dims="benchmark")
    curve = Curve(pivot, d_share, irreducible, law, design.log_pivot_n, design.log_pivot_d)
    mean = pt.log(curve.loss(design.log_n, design.log_d, design.benchmark))
    noise = pooled("loss_noise", priors["loss_noise"], size=size)
    df = priors["loss_df"].rv("loss_df")
    if not (spec.loss.size_effects and design.repeated):
        scale = noise[design.benchmark]
        seen = measured("log_loss", design.log_loss, dims="reference_run")
        pm.StudentT("log_loss", nu=df, mu=mean, sigma=scale, observed=seen, dims="reference_run")
        return curve
    shared = pooled("size_effect_sd", priors["size_effect_sd"], size=size)
    grouped_student_t(
        "log_loss",
        mean=mean,
        own_scale=noise,
        own_class=design.group_benchmark,
        shared_variance=shared[design.group_benchmark] ** 2,
        df=df,
        group=design.group,
        observed=design.log_loss,
        dims="reference_run",
    )
    return curve


def given_loss(spec: Spec, design: LossDesign, *, size: int) -> Curve:
    """Add the loss law as data, to be set to draws from elsewhere.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : LossDesign
        The runs, of which the pivot and the mean losses are used.
    size : int
        Number of benchmarks.

    Returns
    -------
    Curve
        The law, its five parameters being ``pm.Data`` of those names.
    """
    count = np.bincount(design.benchmark, minlength=size)
    start = {
        "pivot_loss": np.exp(np.bincount(design.benchmark, design.log_loss, size) / count),
        **{
            name: np.full(size, float(spec.priors[name].ppf(0.5)))
            for name in ("d_share", "irreducible_share", "n_exponent", "d_exponent")
            if name in spec.priors
        },
    }
    given = {name: pm.Data(name, value, dims="benchmark") for name, value in start.items()}
    given.setdefault("irreducible_share", pt.zeros(size))
    law = loss_law.coefficients(
        **given, log_pivot_n=design.log_pivot_n, log_pivot_d=design.log_pivot_d
    )
    return Curve(
        given["pivot_loss"],
        given["d_share"],
        given["irreducible_share"],
        law,
        design.log_pivot_n,
        design.log_pivot_d,
    )


def add_loss_geometry(curve: Curve, shifts: dict[str, Any]) -> None:
    """Walk the exponents as elasticities at the pivot, which the runs pin down.

    Parameters
    ----------
    curve : Curve
        The law.
    shifts : dict
        Hints, added to in place.
    """
    shifts["d_exponent"] = -pt.log(curve.d_share)
    shifts["n_exponent"] = -pt.log1p(-curve.d_share) - pt.log1p(-curve.irreducible_share)


def add_link(spec: Spec, design: PointDesign, *, chance: np.ndarray, curve: Curve | None) -> Link:
    """Add the score link and the points that tie loss to score.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : PointDesign
        The points.
    chance : ndarray, shape (benchmark,)
        Score of guessing.
    curve : Curve or None
        The loss law, whose pivot loss scales the midpoint; without it the points' geometric mean
        loss does.

    Returns
    -------
    Link
        The link.
    """
    priors = spec.priors
    if spec.link.floor == "chance":
        floor = pm.Deterministic("floor", pt.as_tensor_variable(chance), dims="benchmark")
    else:
        floor = pm.Beta("floor", *score.floor_prior(chance), dims="benchmark")
    if spec.link.ceiling == "one":
        ceiling = pm.Deterministic("ceiling", pt.ones(len(chance)), dims="benchmark")
    else:
        ceiling = priors["ceiling"].rv("ceiling", dims="benchmark")
    if curve is not None:
        log_scale: Any = pt.log(curve.pivot_loss)
    else:
        # with the link alone, losses are measured in their own geometric mean
        total = np.bincount(design.benchmark, np.log(design.loss), len(chance))
        log_scale = total / np.bincount(design.benchmark, minlength=len(chance))
    ratio, steepness = priors["midpoint_ratio"], priors["steepness"]
    midpoint = pm.LogNormal(
        "midpoint_loss",
        mu=log_scale + ratio.location,
        sigma=ratio.scale,
        dims="benchmark",
    )
    slope = pm.LogNormal(
        "link_slope",
        mu=steepness.location - pt.log(midpoint),
        sigma=steepness.scale,
        dims="benchmark",
    )
    link_sd = priors["link_sd"].rv("link_sd")
    b = design.benchmark
    w = score.logit_strength(loss=design.loss, midpoint_loss=midpoint[b], slope=slope[b])
    reach = np.sqrt(3.0) * link_sd
    spread = [score.link(w + k * reach, floor=floor[b], ceiling=ceiling[b]) for k in (-1, 0, 1)]
    mean, variance = score.smeared_moments(*spread)
    pm.Normal(
        "link_score",
        mu=mean,
        sigma=pt.sqrt(variance + score.binomial_variance(mean, design.n_items)),
        observed=measured("link_score", design.score, dims="link_point"),
        dims="link_point",
    )
    return Link(floor, ceiling, midpoint, slope)


def add_published(spec: Spec, design: PublishedDesign) -> None:
    """Add a trend through published values, their errors integrated out.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : PublishedDesign
        The values.
    """
    mean, dispersion = add_trend(spec, design)
    mean = mean + np.zeros(len(design.years))
    pm.Normal(
        "log_value",
        mu=mean,
        sigma=pt.sqrt(dispersion**2 + design.log_error**2),
        observed=measured("log_value", design.log_value, dims="llm"),
        dims="llm",
    )


def add_records(spec: Spec, design: RecordDesign) -> None:
    """Add a trend behind records: values of which only those beyond all earlier ones are seen.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : RecordDesign
        The records.
    """
    count = len(design.years)
    every = np.concatenate([design.years, design.node_years])
    mean, dispersion = add_trend(spec, design, years=every)
    mean = mean + np.zeros(len(every))
    arrival_rate = spec.priors["arrival_rate"].rv("arrival_rate")

    def parts(mean: Any, dispersion: Any) -> dict[str, Any]:
        return {
            "mean": mean[..., :count],
            "sd": (dispersion**2 + design.log_error**2) ** 0.5,
            "node_mean": mean[..., count:],
            "node_sd": (dispersion**2 + design.usual_error**2) ** 0.5,
            "node_weight": design.node_weight,
            "node_before": design.node_before,
        }

    def logp(value: Any, mean: Any, dispersion: Any, arrival_rate: Any) -> Any:
        return records.log_likelihood(value, **parts(mean, dispersion), arrival_rate=arrival_rate)

    def random(
        mean: np.ndarray,
        dispersion: np.ndarray,
        arrival_rate: np.ndarray,
        rng: np.random.Generator,
        size: Any = None,
    ) -> np.ndarray:
        spread = np.asarray(dispersion)[..., None]
        return records.sample(
            rng, **parts(mean, spread), arrival_rate=np.asarray(arrival_rate)[..., None]
        )

    pm.CustomDist(
        "log_record",
        mean,
        dispersion,
        arrival_rate,
        logp=logp,
        random=random,
        signature=f"({count + len(design.node_years)}),(),()->({count})",
        observed=measured("log_record", design.standing, dims="release"),
        dims="release",
    )
