"""Changes of log density by compression: pairs within methods, given each draw of a fit.

For each posterior draw of everything that LLMs share, and of the parent's log density x,

    x_compressed = x + change,   change ~ Normal(mean of the method, spread of the method),
    mean ~ Normal(0, 1),   spread ~ HalfNormal(0.5),

and the compressed LLM's scores have the likelihood that the fit gives them. As in
`density_of`, draws are not weighted by how well they explain the scores of compressed LLMs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.analysis.gibbs import draw_on_nodes, sample_new
from bayesdensing.analysis.newcomers import SWEEPS, new_units
from bayesdensing.analysis.observed import score_model
from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.unit import (
    ScoreModel,
    UnitScores,
    density_nodes,
    log_sizes,
    pair_log_density,
)
from bayesdensing.data.newcomers import read_new_scores
from bayesdensing.laws.score import binomial_variance

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = [
    "MEAN_SD",
    "SPREAD_SD",
    "Changes",
    "Likelihood",
    "changes_given",
    "likelihood_of_changes",
]

#: Scales of the priors (natural log): a method changes density by a factor of e or so, and its
#: pairs differ by less.
MEAN_SD, SPREAD_SD = 1.0, 0.5
#: Spreads that are tried, and nodes of a change in spreads about its method's mean.
_SPREADS = np.geomspace(0.01, 3.0, 48)
_STEPS = np.linspace(-5, 5, 41)
#: Nodes of an LLM's log density, of a departure (in sd), and sweeps from an approximate start.
_NODES = 61
_DEPARTURES = np.linspace(-5, 5, 51)
_SWEEPS = 6
#: Entries (draw, node, pair) held at once.
_CHUNK = 1000


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """Log likelihood of the change of each pair, on evenly spaced nodes.

    Attributes
    ----------
    start, step : ndarray, shape (draw, pair)
        First node and spacing of each (natural log of a ratio of densities).
    log_p : ndarray, shape (draw, pair, node)
        Log likelihood, the largest of each pair 0.
    parent : ndarray, shape (draw, pair)
        Log density of the parents.
    """

    start: np.ndarray
    step: np.ndarray
    log_p: np.ndarray
    parent: np.ndarray

    def at(self, change: np.ndarray) -> np.ndarray:
        """Return the log likelihood at changes, linear between nodes and beyond the last ones.

        Parameters
        ----------
        change : ndarray, shape (draw, pair, step)
            Natural log of a ratio of densities.

        Returns
        -------
        ndarray, the shape of `change`
            Log likelihood.
        """
        place = (change - self.start[..., None]) / self.step[..., None]
        left = np.clip(np.floor(place), 0, self.log_p.shape[-1] - 2).astype(np.intp)
        low = np.take_along_axis(self.log_p, left, axis=-1)
        high = np.take_along_axis(self.log_p, left + 1, axis=-1)
        return np.asarray(low + (place - left) * (high - low))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and sd of each change under a flat prior over its nodes, (draw, pair)."""
        weight = np.exp(self.log_p)
        weight /= weight.sum(axis=-1, keepdims=True)
        nodes = np.arange(self.log_p.shape[-1])
        mean = weight @ nodes
        square = weight @ nodes**2
        sd = np.sqrt(np.maximum(square - mean**2, 0.1))
        return self.start + self.step * mean, self.step * sd

    def bounds(self) -> np.ndarray:
        """Return on which side scores tell of a change, (pair,).

        ``at most`` (``at least``) where in half of the draws the lowest (highest) node has a
        likelihood within a factor of e^2 of the largest, as for scores at a benchmark's floor
        (ceiling); else empty.
        """
        ends = np.median(self.log_p[..., [0, -1]], axis=0) > -2
        return np.select([ends[:, 0], ends[:, 1]], ["at most", "at least"], "")

    def take(self, draws: slice, pairs: np.ndarray) -> "Likelihood":
        """Return that of some of the draws and pairs.

        Parameters
        ----------
        draws : slice
            Which draws.
        pairs : ndarray of int
            Which pairs.

        Returns
        -------
        Likelihood
            Of these.
        """
        return Likelihood(
            start=self.start[draws][:, pairs],
            step=self.step[draws][:, pairs],
            log_p=self.log_p[draws][:, pairs],
            parent=self.parent[draws][:, pairs],
        )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Draws of changes of log density (natural log).

    Attributes
    ----------
    change : ndarray, shape (draw, pair)
        Of each pair.
    mean : ndarray, shape (draw, method)
        Of each method.
    spread : ndarray, shape (draw, method)
        Sd of pairs about their method's mean.
    new : ndarray, shape (draw, method)
        Of a pair that has not been seen.
    """

    change: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    new: np.ndarray


def likelihood_of_changes(
    fit: "Fit", pairs: pd.DataFrame, scores: pd.DataFrame, *, seed: int
) -> Likelihood:
    """Return what the scores of compressed LLMs say of their change, for every draw of a fit.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    pairs : pandas.DataFrame
        Columns llm, parent and shared: the correlation of the departures of both on a benchmark,
        0 to 1.
    scores : pandas.DataFrame
        Rows of ``scores.csv`` of all of them.
    seed : int
        Seed of the draws of departures, of parents that the fit does not have, and of effects
        of evaluators that it has not seen.

    Returns
    -------
    Likelihood
        Draws of all chains, one chain after the other.
    """
    rng = np.random.default_rng(seed)
    model = score_model(fit)
    rows = read_new_scores(
        scores, benchmarks=model.ruler.benchmarks, known=fit.data.models, skip_unknown=True
    )
    _, units, cells, _ = new_units(fit, model, rows)
    order = list(dict.fromkeys(rows["model"]))
    llms = _Llms(fit, model, dict(zip(order, zip(units, cells, strict=True), strict=True)), rng)
    llms.place(sorted(set(pairs["parent"])))
    found = []
    n = model.n_draws
    for at in range(0, n, _CHUNK):
        part = slice(at, min(at + _CHUNK, n))
        found.append(llms.chunk(part, pairs, rng=rng))
    return Likelihood(
        **{
            name: np.concatenate([getattr(one, name) for one in found])
            for name in ("start", "step", "log_p", "parent")
        }
    )


class _Llms:
    """Units of all LLMs of the pairs, effects of new evaluators, and densities of the parents."""

    def __init__(
        self,
        fit: "Fit",
        model: ScoreModel,
        units: dict[str, tuple[UnitScores, np.ndarray]],
        rng: np.random.Generator,
    ) -> None:
        self.fit, self.model, self.units, self.rng = fit, model, units, rng
        self.new_effect = np.zeros((model.n_draws, 0))
        self.density: dict[str, np.ndarray] = {}

    def place(self, parents: Sequence[str]) -> None:
        """Find the densities of parents, drawn where the fit does not have them."""
        names = self.fit.posterior["llm"].to_numpy().astype(str).tolist()
        own = flat_draws(self.fit.posterior["log_density"], "llm")
        self.density = {name: own[:, names.index(name)] for name in parents if name in names}
        outside = [name for name in parents if name not in names]
        opened = [n for n, (_, cell) in self.units.items() if (cell >= 0).any()]
        drawn = list(dict.fromkeys([*outside, *opened]))
        if not drawn:
            return
        chosen = [self.units[name] for name in drawn]
        found = sample_new(
            self.model,
            [unit for unit, _ in chosen],
            [cell for _, cell in chosen],
            sweeps=SWEEPS,
            rng=self.rng,
        )
        self.new_effect = found.effect
        for name in outside:
            self.density[name] = found.log_density[:, drawn.index(name)]

    def effect(self, name: str, part: slice) -> np.ndarray:
        """Return the effects that an LLM's scores are under, (draw, score)."""
        unit, cell = self.units[name]
        known = self.model.evaluator_effect[part][:, unit.evaluator, unit.benchmark]
        if (cell < 0).all():
            return np.asarray(known)
        return np.where(cell >= 0, self.new_effect[part][:, cell], known)

    def chunk(self, part: slice, pairs: pd.DataFrame, *, rng: np.random.Generator) -> Likelihood:
        """Return the likelihood of the pairs for some draws."""
        model = self.model.take(part)
        departures: dict[str, np.ndarray] = {}
        columns = []
        named = pairs[["llm", "parent", "shared"]].itertuples(index=False, name=None)
        for child, parent, shared in named:
            base = self.density[parent][part]
            if shared and parent not in departures:
                departures[parent] = self._departures(model, parent, part, base, rng)
            unit, _ = self.units[child]
            nodes, _ = density_nodes(model, unit, nodes=_NODES)
            known = _known(departures.get(parent), self.units[parent][0], unit, shared)
            log_p = _log_likelihood(model, unit, nodes, self.effect(child, part), *known)
            log_p -= log_p.max(axis=1, keepdims=True)
            columns.append((nodes[:, 0] - base, nodes[:, 1] - nodes[:, 0], log_p, base))
        start, step, log_p, base = zip(*columns, strict=True)
        return Likelihood(
            start=np.stack(start, axis=1),
            step=np.stack(step, axis=1),
            log_p=np.stack(log_p, axis=1),
            parent=np.stack(base, axis=1),
        )

    def _departures(
        self,
        model: ScoreModel,
        name: str,
        part: slice,
        log_density: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Draw a parent's departures given its density and its scores, (draw, pair)."""
        unit, _ = self.units[name]
        effect = self.effect(name, part)
        size = log_sizes(model, unit, log_density[:, None])
        drawn = np.empty((model.n_draws, len(unit.benchmarks)))
        for i, benchmark in enumerate(unit.benchmarks):
            rows = np.flatnonzero(unit.benchmark == benchmark)
            only = np.array([benchmark])
            nodes = model.ruler.deviation_sd[:, only] * _DEPARTURES
            mean = model.ruler.score(size[..., [i]], only, departure=nodes[..., None])
            log_p = pair_log_density(
                model,
                benchmarks=only,
                mean=mean,
                shared=binomial_variance(mean, model.n_items[only]),
                effect=effect[:, None, rows],
                pair=np.zeros(len(rows), dtype=int),
                score=unit.score[rows],
            )[..., 0]
            drawn[:, i] = draw_on_nodes(rng, nodes, log_p - _DEPARTURES**2 / 2)
        return drawn


def _known(
    departures: np.ndarray | None, parent: UnitScores, child: UnitScores, shared: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return what of a child's departures is known, (draw or 1, pair), and the width of the rest.

    The width is in sd of a departure, (pair,); 1 on benchmarks that the parent has no scores on.
    """
    n = len(child.benchmarks)
    if departures is None or not shared:
        return np.zeros((1, n)), np.ones(n)
    common = np.isin(child.benchmarks, parent.benchmarks)
    place = np.minimum(np.searchsorted(parent.benchmarks, child.benchmarks), departures.shape[1] - 1)
    centre = np.where(common, shared * departures[:, place], 0.0)
    return centre, np.where(common, np.sqrt(1 - shared**2), 1.0)


def _log_likelihood(
    model: ScoreModel,
    unit: UnitScores,
    nodes: np.ndarray,
    effect: np.ndarray,
    centre: np.ndarray,
    width: np.ndarray,
) -> np.ndarray:
    """Return the log likelihood of an LLM's scores on nodes of its log density, (draw, node)."""
    mean, variance = model.ruler.moments(
        log_sizes(model, unit, nodes), unit.benchmarks, centre=centre[:, None], width=width
    )
    terms = pair_log_density(
        model,
        benchmarks=unit.benchmarks,
        mean=mean,
        shared=variance + binomial_variance(mean, model.n_items[unit.benchmarks]),
        effect=effect[:, None],
        pair=unit.pair,
        score=unit.score,
    )
    return np.asarray(terms.sum(axis=-1))


def changes_given(likelihood: Likelihood, method: np.ndarray, *, seed: int) -> Changes:
    """Draw changes of pairs, means of methods and the spread within them.

    Parameters
    ----------
    likelihood : Likelihood
        Of the pairs.
    method : ndarray of int, shape (pair,)
        Method of each, numbered from 0.
    seed : int
        Seed of the draws.

    Returns
    -------
    Changes
        One state per draw.

    Notes
    -----
    Every posterior draw has a chain of its own. It starts from a draw of the same model with each
    likelihood replaced by a normal one of its mean and sd, for which means are integrated out
    and the spread is drawn on a grid, and goes on by Gibbs sweeps with the likelihood as it is.
    """
    rng = np.random.default_rng(seed)
    n, n_methods = len(likelihood.start), int(method.max()) + 1
    change = np.empty(likelihood.start.shape)
    mean, spread = np.empty((n, n_methods)), np.empty((n, n_methods))
    for m in range(n_methods):
        own = np.flatnonzero(method == m)
        for at in range(0, n, _CHUNK):
            part = slice(at, min(at + _CHUNK, n))
            one = likelihood.take(part, own)
            change[part, own], mean[part, m], spread[part, m] = _one_method(one, rng)
    new = mean + spread * rng.normal(size=mean.shape)
    return Changes(change=change, mean=mean, spread=spread, new=new)


def _one_method(
    likelihood: Likelihood, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw changes (draw, pair), their mean and their spread (draw,)."""
    mean, spread = _normal_start(*likelihood.moments(), rng)
    change = np.empty(likelihood.start.shape)
    for _ in range(_SWEEPS):
        nodes = mean[:, None, None] + spread[:, None, None] * _STEPS
        nodes = np.broadcast_to(nodes, (*change.shape, len(_STEPS)))
        log_p = likelihood.at(nodes) - _STEPS**2 / 2
        flat = (-1, len(_STEPS))
        change = draw_on_nodes(rng, nodes.reshape(flat), log_p.reshape(flat)).reshape(change.shape)
        mean, spread = _parameters(change, spread, rng)
    return change, mean, spread


def _normal_start(
    middle: np.ndarray, sd: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw mean and spread given normal likelihoods of the changes, (draw,) each."""
    log_p = np.empty((len(middle), len(_SPREADS)))
    for i, spread in enumerate(_SPREADS):
        precision = 1 / (sd**2 + spread**2)
        weighted = (precision * middle).sum(axis=1)
        posterior = precision.sum(axis=1) + MEAN_SD**-2
        log_p[:, i] = (
            np.log(precision).sum(axis=1)
            - (precision * middle**2).sum(axis=1)
            + weighted**2 / posterior
            - np.log(posterior)
        ) / 2 + _spread_prior(spread)
    nodes = np.broadcast_to(np.log(_SPREADS), log_p.shape)
    spread = np.exp(draw_on_nodes(rng, nodes, log_p))
    precision = 1 / (sd**2 + spread[:, None] ** 2)
    return _mean((precision * middle).sum(axis=1), precision.sum(axis=1), rng), spread


def _parameters(
    change: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the mean given the spread, and the spread given the mean, (draw,) each."""
    n = change.shape[1]
    mean = _mean(spread**-2 * change.sum(axis=1), spread**-2 * n, rng)
    square = ((change - mean[:, None]) ** 2).sum(axis=1)
    log_p = (
        -n * np.log(_SPREADS) - square[:, None] / (2 * _SPREADS**2) + _spread_prior(_SPREADS)
    )
    nodes = np.broadcast_to(np.log(_SPREADS), log_p.shape)
    return mean, np.exp(draw_on_nodes(rng, nodes, log_p))


def _mean(weighted: np.ndarray, total: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    precision = total + MEAN_SD**-2
    noise = rng.normal(size=weighted.shape) / np.sqrt(precision)
    return np.asarray(weighted / precision + noise)


def _spread_prior(spread: np.ndarray | float) -> np.ndarray:
    """Return the log prior density of the log of a spread, up to a constant."""
    return np.asarray(np.log(spread) - (spread / SPREAD_SD) ** 2 / 2)
