"""The model: named dimensions, the documented likelihood, sane priors, any order of rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from numpy.polynomial.hermite_e import hermegauss
from pymc.initial_point import make_initial_point_fn
from scipy import special, stats

from bayesdensing.assembly import Assembled, assemble
from bayesdensing.data import DataBundle, load_data
from bayesdensing.spec import load_spec

Tiny = Callable[..., DataBundle]
Make = Callable[..., Assembled]

MODE = "FAST_COMPILE"
RESERVED = {
    "alpha", "ci_bound", "column", "component_group", "group", "label", "model", "plot_axis",
    "sample", "summary", "variable",
}  # fmt: skip
SUBSETS: list[dict[str, Any]] = [
    {"blocks": ("loss",)},
    {"blocks": ("link",)},
    {"blocks": ("loss", "link")},
    {"blocks": ("published",)},
    {"blocks": ("published",), "growth": {"trend": "constant"}},
    {},
    {"loss": {"law": "power"}},
    {"loss": {"size_effects": False}},
    {"growth": {"trend": "constant"}},
    {"growth": {"deviation": "size"}},
    {"reference_tokens": {"rule": "fixed", "value": 1e12}},
    {"data": {"benchmarks": ("BBH",)}},
    {"growth": {"size_term": "linear", "parameter_count": "estimated"}},
    {"growth": {"family": "intercept"}},
    {"growth": {"family": "intercept", "frontier": "half-normal", "size_term": "linear"}},
    {"growth": {"benchmark_growth": "pooled", "deviation": "size"}},
    {"growth": {"frontier": "exponential", "dispersion": "changing"}},
    {"growth": {"dispersion": "changing", "family": "intercept"}},
    {"blocks": ("published",), "growth": {"dispersion": "changing"}},
    {"link": {"floor": "chance", "ceiling": "one"}},
    {"data": {"evaluators": ("harness",)}},
]


def points(model: pm.Model, count: int, *, spread: float = 0.0) -> list[dict[str, np.ndarray]]:
    """Return dispersed starts, moved at random on the unconstrained scale."""
    rng = np.random.default_rng(count)
    start = make_initial_point_fn(
        model=model, jitter_rvs=set(model.free_RVs), return_transformed=True
    )
    return [
        {n: v + spread * rng.normal(size=np.shape(v)) for n, v in start(seed).items()}
        for seed in range(count)
    ]


def density(model: pm.Model) -> Callable[[dict[str, np.ndarray]], float]:
    """Return the log density, its terms summed outside: in Python a sum takes 32 of them."""
    terms = model.compile_fn(model.logp(sum=False), inputs=model.value_vars, mode=MODE)
    return lambda point: float(sum(np.sum(term) for term in terms(point)))


@pytest.mark.parametrize("axes", SUBSETS, ids=str)
def test_every_variable_has_named_dims_with_coords(make: Make, axes: dict[str, Any]) -> None:
    model = make(**axes).model
    for name, variable in model.named_vars.items():
        dims = model.named_vars_to_dims.get(name, ())
        assert len(dims) == variable.ndim, name
        assert None not in dims
        for dim, size in zip(dims, variable.shape.eval(mode=MODE), strict=True):
            assert len(model.coords[dim]) == size, (name, dim)
        assert name not in RESERVED
        assert name.lower() not in {n.lower() for n in model.named_vars if n != name}
        assert not RESERVED & set(dims)
    assert model.observed_RVs


@pytest.mark.parametrize("axes", SUBSETS, ids=str)
def test_starts_have_finite_density(make: Make, axes: dict[str, Any]) -> None:
    model = make(**axes).model
    logp = density(model)
    values = [logp(point) for point in points(model, 8)]
    assert np.isfinite(values).all()
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("axes", SUBSETS, ids=str)
def test_geometry_names_variables_of_the_model_and_no_cycles(
    make: Make, axes: dict[str, Any]
) -> None:
    made = make(**axes)
    free = {rv.name for rv in made.model.free_RVs}
    assert set(made.geometry.shifts) <= free
    assert set(made.geometry.latents) <= free
    assert not set(made.geometry.latents) & set(made.geometry.shifts)
    assert set(made.geometry.populations) == set(made.geometry.latents)


def test_constants_lie_along_the_models_own_dims(make: Make) -> None:
    for axes in ({}, {"blocks": ("published",)}):
        made = make(**axes)
        for dims, values in made.constants.values():
            assert values.shape == tuple(len(made.model.coords[d]) for d in dims)


# --- the documented likelihood --------------------------------------------------------------------


def multivariate_t(residual: np.ndarray, own: float, shared: float, df: float) -> float:
    matrix = own * np.eye(len(residual)) + shared
    return float(stats.multivariate_t(shape=matrix, df=df).logpdf(residual))


def law(v: dict[str, Any], b: int, n: float, d: float) -> float:
    share = v["irreducible_loss"][b]
    return float(
        share
        + v["n_coefficient"][b] * n ** -v["n_exponent"][b]
        + v["d_coefficient"][b] * d ** -v["d_exponent"][b]
    )


def log_likelihood_of_losses(v: dict[str, Any], bundle: DataBundle, names: list[str]) -> float:
    assert bundle.reference_runs is not None
    total = 0.0
    for (_, benchmark), rows in bundle.reference_runs.groupby(["n_params", "benchmark"]):
        b = names.index(benchmark)
        mean = [np.log(law(v, b, r.n_params, r.n_tokens)) for r in rows.itertuples()]
        own = v["loss_noise"][b] ** 2
        shared = v["size_effect_sd"][b] ** 2
        total += multivariate_t(np.log(rows["loss"].to_numpy()) - mean, own, shared, v["loss_df"])
    return total


def smeared(function: Callable[[float], float]) -> tuple[float, float]:
    """Return mean and variance of a function of a normal deviate, by three quadrature nodes."""
    nodes, weights = hermegauss(3)
    weights = weights / weights.sum()
    values = np.array([function(x) for x in nodes])
    mean = weights @ values
    return float(mean), float(weights @ (values - mean) ** 2)


def link_score(v: dict[str, Any], b: int, w: float) -> float:
    return float(v["floor"][b] + (v["ceiling"][b] - v["floor"][b]) * special.expit(w))


def strength(v: dict[str, Any], b: int, loss: float) -> float:
    return float(-v["link_slope"][b] * (loss - v["midpoint_loss"][b]))


def log_likelihood_of_points(v: dict[str, Any], bundle: DataBundle, names: list[str]) -> float:
    assert bundle.loss_scores is not None
    assert bundle.benchmarks is not None
    items = bundle.benchmarks.set_index("benchmark")["n_items"]
    total = 0.0
    for row in bundle.loss_scores.itertuples():
        b = names.index(row.benchmark)
        w = strength(v, b, row.loss)
        mean, variance = smeared(lambda x, w=w, b=b: link_score(v, b, w + v["link_sd"] * x))
        variance += mean * (1 - mean) / items[row.benchmark]
        total += float(stats.norm(mean, np.sqrt(variance)).logpdf(row.score))
    return total


def log_likelihood_of_scores(
    v: dict[str, Any], bundle: DataBundle, model: pm.Model, *, tokens: Any, on_size: bool
) -> float:
    assert bundle.models is not None
    assert bundle.scores is not None
    assert bundle.benchmarks is not None
    names, llms, evaluators = (
        list(model.coords[d] or ()) for d in ("benchmark", "llm", "evaluator")
    )
    items = bundle.benchmarks.set_index("benchmark")["n_items"]
    sizes = bundle.models.set_index("model")["n_params"]
    total = 0.0
    for (llm, benchmark), rows in bundle.scores.groupby(["model", "benchmark"]):
        b = names.index(benchmark)
        size = sizes[llm] * np.exp(v["log_density"][llms.index(llm)])

        def at(x: float, b: int = b, size: float = size) -> float:
            if on_size:
                n = size * np.exp(v["deviation_sd"][b] * x)
                return link_score(v, b, strength(v, b, law(v, b, n, tokens(n))))
            w = strength(v, b, law(v, b, size, tokens(size)))
            return link_score(v, b, w + v["deviation_sd"][b] * x)

        p, variance = smeared(at)
        effects = [v["evaluator_effect"][evaluators.index(e), b] for e in rows["evaluator"]]
        mean = special.expit(special.logit(p) + np.array(effects))
        total += multivariate_t(
            rows["score"].to_numpy() - mean,
            v["overdispersion"][b] ** 2,
            variance + p * (1 - p) / items[benchmark],
            v["score_df"],
        )
    return total


@pytest.mark.parametrize(
    "axes",
    [{}, {"growth": {"deviation": "size"}}, {"reference_tokens": {"rule": "fixed", "value": 1e12}}],
    ids=str,
)
def test_the_likelihood_is_the_documented_one(make: Make, tiny: Tiny, axes: dict[str, Any]) -> None:
    bundle, made = tiny(), make(**axes)
    model = made.model
    names = list(model.coords["benchmark"] or ())
    terms = [model.logp(vars=[model[n]], sum=True) for n in ("log_loss", "link_score", "score")]
    wanted = [n for n in model.named_vars if n not in ("log_loss", "link_score", "score")]
    values = model.replace_rvs_by_values([model[n] for n in wanted])
    ours = model.compile_fn([*terms, *values], inputs=model.value_vars, mode=MODE)
    fixed = "reference_tokens" in axes
    for point in points(model, 3, spread=0.3):
        loss, link, score, *rest = ours(point)
        v = dict(zip(wanted, rest, strict=True))
        assert float(loss) == pytest.approx(log_likelihood_of_losses(v, bundle, names), rel=1e-8)
        assert float(link) == pytest.approx(log_likelihood_of_points(v, bundle, names), rel=1e-8)
        expected = log_likelihood_of_scores(
            v,
            bundle,
            model,
            tokens=(lambda n: 1e12) if fixed else (lambda n: 60 * n),
            on_size="growth" in axes,
        )
        assert float(score) == pytest.approx(expected, rel=1e-8)


def test_the_published_likelihood_is_the_documented_one(make: Make, tiny: Tiny) -> None:
    made = make(blocks=("published",))
    frame = tiny().densities
    assert frame is not None
    logp = made.model.compile_logp(vars=[made.model["log_value"]], mode=MODE)
    point = {"level": 0.3, "growth_rate": 1.2, "dispersion_log__": np.log(0.6)}
    years = (frame["release_date"] - pd.Timestamp(made.attrs["reference_date"])).dt.days / 365.25
    sd = np.sqrt(0.6**2 + (1.2 / 3.919928) ** 2)
    expected = stats.norm(0.3 + 1.2 * years, sd).logpdf(np.log(frame["value"])).sum()
    assert float(logp(point)) == pytest.approx(float(expected), rel=1e-9)


def test_the_priors_are_those_of_the_spec(make: Make) -> None:
    made = make(blocks=("published",))
    model = made.model
    logp = model.compile_logp(vars=model.free_RVs, jacobian=False, mode=MODE)
    point = {"level": 0.3, "growth_rate": 1.2, "dispersion_log__": np.log(0.6)}
    expected = stats.norm(0, 2.5).logpdf([0.3, 1.2]).sum() + stats.lognorm(1.0, scale=0.7).logpdf(
        0.6
    )
    assert float(logp(point)) == pytest.approx(float(expected))


def test_the_order_of_rows_does_not_matter(make: Make, tiny: Tiny) -> None:
    def mixed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=3)

    tables = ("benchmarks", "reference_runs", "loss_scores", "models", "scores")
    axes: dict[str, Any] = {"data": {"benchmarks": ("MMLU", "BBH")}}
    one, other = make(**axes), make(tiny(**dict.fromkeys(tables, mixed)), **axes)
    for dim in ("llm", "benchmark", "evaluator"):
        assert one.model.coords[dim] == other.model.coords[dim]
    assert one.attrs == other.attrs
    ours, theirs = density(one.model), density(other.model)
    for point in points(one.model, 3, spread=0.3):
        assert ours(point) == pytest.approx(theirs(point), rel=1e-10)


# --- priors and data ------------------------------------------------------------------------------


def test_the_prior_predicts_scores_and_losses_that_could_be(make: Make) -> None:
    model = make().model
    drawn = pm.sample_prior_predictive(
        400, model=model, random_seed=2, compile_kwargs={"mode": "FAST_COMPILE"}
    )
    predicted = drawn["prior_predictive"]
    score = predicted["score"].to_numpy()
    assert predicted["score"].dims == ("chain", "draw", "score_obs")
    assert np.isfinite(score).all()
    assert ((score > -0.02) & (score < 1.02)).mean() > 0.85
    losses = np.exp(predicted["log_loss"].to_numpy())
    assert (losses > 0).all()
    assert 0.01 < np.quantile(losses, 0.1) < np.quantile(losses, 0.9) < 100
    prior = drawn["prior"]
    assert (prior["irreducible_loss"] < prior["pivot_loss"]).all()
    density = np.abs(prior["log_density"].to_numpy())
    assert np.quantile(density, 0.9) < 12


def test_the_packaged_default_assembles_with_finite_density_at_dispersed_starts() -> None:
    model = assemble(load_spec("joint"), load_data()).model
    assert len(model.coords["llm"] or ()) >= 250
    assert len(model.coords["score_obs"] or ()) == 1458
    logp = density(model)
    assert np.isfinite([logp(point) for point in points(model, 4)]).all()


@pytest.mark.parametrize(
    "name", ["joint", "joint_frontier", "frontier_exponential", "family", "changing_dispersion"]
)
def test_densities_have_the_mean_and_sd_that_the_sampler_is_told(name: str) -> None:
    made = assemble(load_spec(name), load_data())
    moments = made.geometry.populations["log_density"]
    wanted = [made.model["log_density"], *moments]
    density, mean, sd = pm.draw(wanted, draws=40, random_seed=1, mode=MODE)
    z = (density.T - np.transpose(mean)) / np.transpose(sd)
    assert abs(z.mean()) < 0.1
    assert z.std() == pytest.approx(1, abs=0.1)
