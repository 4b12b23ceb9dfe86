"""What the scores of compressed LLMs say of the change of their density, for every draw of a fit.

As in `density_of`, draws are not weighted by how well they explain the scores of new LLMs.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.analysis.gibbs import draw_on_nodes, sample_new
from bayesdensing.analysis.newcomers import SWEEPS, new_units
from bayesdensing.analysis.observed import score_model
from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import UnitScores, density_nodes, log_sizes, pair_log_density
from bayesdensing.data.newcomers import read_new_scores
from bayesdensing.laws.score import binomial_variance

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["CHUNK", "Likelihood", "in_chunks", "likelihood_of_changes"]

#: Nodes of an LLM's log density, and of a departure (in sd).
_NODES = 61
_DEPARTURES = np.linspace(-5, 5, 51)
#: Draws that are worked on at once.
CHUNK = 1000


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
        """Return the log likelihood at changes: parabolas near nodes, straight beyond the ends.

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
        middle = np.clip(np.rint(place), 1, self.log_p.shape[-1] - 2).astype(np.intp)
        low, here, high = (
            np.take_along_axis(self.log_p, middle + shift, axis=-1) for shift in (-1, 0, 1)
        )
        away = place - middle
        near = np.clip(away, -1, 1)
        slope, bend = (high - low) / 2, high - 2 * here + low
        parabola = here + near * slope + near**2 * bend / 2
        return np.asarray(parabola + (away - near) * (slope + near * bend))

    def normal(self, prior_variance: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the normal likelihoods that stand for these beside a normal prior of mean 0.

        Parameters
        ----------
        prior_variance : float
            Of the change (natural log, squared).

        Returns
        -------
        tuple of ndarray
            Precision, and precision times mean, (draw, pair): those that make prior times
            likelihood have the mean and variance that it has; nearly none for one-sided ones.
        """
        nodes = self.start[..., None] + self.step[..., None] * np.arange(self.log_p.shape[-1])
        log_p = self.log_p - nodes**2 / (2 * prior_variance)
        weight = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        mean = (weight * nodes).sum(axis=-1)
        variance = (weight * nodes**2).sum(axis=-1) - mean**2
        # a likelihood between two nodes is not narrower than half their distance
        precision = 1 / np.maximum(variance, (self.step / 2) ** 2)
        own = np.maximum(precision - 1 / prior_variance, 1e-3)
        return own, precision * mean

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
    found = in_chunks(
        lambda part, own: llms.chunk(part, pairs, rng=own), draws=model.n_draws, rng=rng
    )
    return Likelihood(
        **{
            name: np.concatenate([getattr(one, name) for one in found])
            for name in ("start", "step", "log_p", "parent")
        }
    )


def in_chunks[T](
    work: Callable[[slice, np.random.Generator], T], *, draws: int, rng: np.random.Generator
) -> list[T]:
    """Do something to `CHUNK` draws at a time, two chunks at once.

    Parameters
    ----------
    work : callable
        Takes which draws, and a source of randomness of their own.
    draws : int
        Draws in all.
    rng : numpy.random.Generator
        Source of theirs.

    Returns
    -------
    list
        What it returned, in the order of the draws: the same whichever chunk was done first.
    """
    parts = [slice(at, min(at + CHUNK, draws)) for at in range(0, draws, CHUNK)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, parts, rng.spawn(len(parts))))


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
        stacked = [np.stack(column, axis=1) for column in zip(*columns, strict=True)]
        return Likelihood(start=stacked[0], step=stacked[1], log_p=stacked[2], parent=stacked[3])

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
    place = np.minimum(
        np.searchsorted(parent.benchmarks, child.benchmarks), departures.shape[1] - 1
    )
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
