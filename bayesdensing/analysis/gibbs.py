"""Densities of new LLMs and effects of new evaluators, drawn in turn given each posterior draw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import (
    UnitScores,
    density_nodes,
    log_sizes,
    pair_log_density,
    pair_moments,
)

__all__ = ["NewDraws", "draw_on_nodes", "sample_new"]

#: Nodes over a new effect, and how far they reach, in prior sd either way.
_EFFECT_STEPS = np.linspace(-6, 6, 61)
#: Entries (draw, node, pair) held at once.
_MAX_ENTRIES = 5e6


@dataclass(frozen=True, kw_only=True)
class NewDraws:
    """Draws for new LLMs and new evaluators.

    Attributes
    ----------
    log_density : ndarray, shape (draw, llm)
        Natural log of density.
    effect : ndarray, shape (draw, cell)
        Effects of new evaluators (logits).
    """

    log_density: np.ndarray
    effect: np.ndarray


def sample_new(
    model: ScoreModel,
    units: Sequence[UnitScores],
    cells: Sequence[np.ndarray],
    *,
    sweeps: int,
    rng: np.random.Generator,
) -> NewDraws:
    """Draw log densities of new LLMs together with effects of new evaluators.

    Given a posterior draw, log densities are independent given the effects, and effects nearly
    so given the log densities: a Gibbs sampler whose sweep draws the former and then the latter,
    each by inverting its distribution function on nodes. Every posterior draw has a chain of its
    own, which starts at effects drawn from their prior and of which the last state is kept.

    Parameters
    ----------
    model : ScoreModel
        Posterior draws of everything that LLMs share.
    units : sequence of UnitScores
        The LLMs.
    cells : sequence of ndarray of int, each of shape (score,)
        For each LLM the new effect that each score is under, numbered from 0; -1 where it is
        under that of a known evaluator.
    sweeps : int
        Sweeps; without new effects the first is exact and the only one.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    NewDraws
        One state per posterior draw.
    """
    design = _Design.of(units, cells)
    n_nodes = density_nodes(model.take(slice(0, 1)), units[0])[0].shape[1]
    step = max(1, int(_MAX_ENTRIES / (len(design.pair_benchmark) * n_nodes)))
    parts = [
        _run(model.take(slice(at, at + step)), design, sweeps=sweeps, rng=rng)
        for at in range(0, model.n_draws, step)
    ]
    return NewDraws(
        log_density=np.concatenate([part.log_density for part in parts]),
        effect=np.concatenate([part.effect for part in parts]),
    )


@dataclass(frozen=True, kw_only=True)
class _Design:
    """The scores of all new LLMs in one row, with the pair and the new effect of each."""

    units: tuple[UnitScores, ...]
    score: np.ndarray
    pair: np.ndarray
    evaluator: np.ndarray
    cell: np.ndarray
    pair_llm: np.ndarray
    pair_benchmark: np.ndarray
    cell_benchmark: np.ndarray

    @classmethod
    def of(cls, units: Sequence[UnitScores], cells: Sequence[np.ndarray]) -> "_Design":
        sizes = [len(unit.benchmarks) for unit in units]
        starts = np.cumsum([0, *sizes[:-1]])
        cell = np.concatenate(cells)
        benchmark = np.concatenate([unit.benchmark for unit in units])
        numbers, first = np.unique(cell, return_index=True)
        return cls(
            units=tuple(units),
            score=np.concatenate([unit.score for unit in units]),
            pair=np.concatenate([u.pair + at for u, at in zip(units, starts, strict=True)]),
            evaluator=np.concatenate([unit.evaluator for unit in units]),
            cell=cell,
            pair_llm=np.repeat(np.arange(len(units)), sizes),
            pair_benchmark=np.concatenate([unit.benchmarks for unit in units]),
            cell_benchmark=benchmark[first[numbers >= 0]],
        )

    def rows(self, pairs: np.ndarray) -> np.ndarray:
        """Return the scores of some pairs."""
        return np.flatnonzero(np.isin(self.pair, pairs))

    def effects(self, model: ScoreModel, new: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the effect that each of some scores is under, (draw, row)."""
        benchmark = self.pair_benchmark[self.pair[rows]]
        known = model.evaluator_effect[:, self.evaluator[rows], benchmark]
        if not len(self.cell_benchmark):
            return known
        return np.where(self.cell[rows] >= 0, new[:, self.cell[rows]], known)

    def log_density_of(
        self,
        model: ScoreModel,
        pairs: np.ndarray,
        moments: tuple[np.ndarray, np.ndarray],
        effect: np.ndarray,
    ) -> np.ndarray:
        """Return the log density of the scores of some pairs, (draw, node).

        `effect` is (draw, node or 1, row) for the rows of these pairs.
        """
        rows = self.rows(pairs)
        terms = pair_log_density(
            model,
            benchmarks=self.pair_benchmark[pairs],
            mean=moments[0],
            shared=moments[1],
            effect=effect,
            pair=np.searchsorted(pairs, self.pair[rows]),
            score=self.score[rows],
        )
        return np.asarray(terms.sum(axis=-1))


def _run(model: ScoreModel, design: _Design, *, sweeps: int, rng: np.random.Generator) -> NewDraws:
    """Run the chains of some posterior draws."""
    sd = model.evaluator_sd[:, design.cell_benchmark]
    new = sd * rng.normal(size=sd.shape)
    llms = [_Llm(model, design, i, new) for i in range(len(design.units))]
    log_density = np.stack([llm.draw(model, design, rng, new) for llm in llms], axis=1)
    moving = [i for i, llm in enumerate(llms) if len(llm.open_pairs)]
    for sweep in range(sweeps if moving else 0):
        if sweep:
            for i in moving:
                log_density[:, i] = llms[i].draw(model, design, rng, new)
        _draw_effects(model, design, log_density, new, rng)
    return NewDraws(log_density=log_density, effect=new)


class _Llm:
    """One new LLM: what of its posterior on the nodes is the same in every sweep."""

    def __init__(self, model: ScoreModel, design: _Design, i: int, new: np.ndarray) -> None:
        unit = design.units[i]
        self.nodes, self.settled = density_nodes(model, unit)
        pairs = np.flatnonzero(design.pair_llm == i)
        mean, shared = pair_moments(model, log_sizes(model, unit, self.nodes), unit.benchmarks)
        is_open = np.isin(pairs, design.pair[design.cell >= 0])
        if not is_open.all():
            moments = mean[..., ~is_open], shared[..., ~is_open]
            effect = design.effects(model, new, design.rows(pairs[~is_open]))[:, None]
            self.settled = self.settled + design.log_density_of(
                model, pairs[~is_open], moments, effect
            )
        self.open_pairs = pairs[is_open]
        self.moments = mean[..., is_open], shared[..., is_open]

    def draw(
        self, model: ScoreModel, design: _Design, rng: np.random.Generator, new: np.ndarray
    ) -> np.ndarray:
        """Draw its log density given the effects, (draw,)."""
        log_p = self.settled
        if len(self.open_pairs):
            effect = design.effects(model, new, design.rows(self.open_pairs))[:, None]
            log_p = log_p + design.log_density_of(model, self.open_pairs, self.moments, effect)
        return draw_on_nodes(rng, self.nodes, log_p)


def _draw_effects(
    model: ScoreModel,
    design: _Design,
    log_density: np.ndarray,
    new: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Draw each new effect given all else, `new` (draw, cell) changed in place."""
    sizes = [
        log_sizes(model, unit, log_density[:, i : i + 1]) for i, unit in enumerate(design.units)
    ]
    log_size = np.concatenate(sizes, axis=-1)
    for c, benchmark in enumerate(design.cell_benchmark):
        nodes = model.evaluator_sd[:, [benchmark]] * _EFFECT_STEPS
        pairs = np.unique(design.pair[design.cell == c])
        moments = pair_moments(model, log_size[..., pairs], design.pair_benchmark[pairs])
        rows = design.rows(pairs)
        here = design.effects(model, new, rows)[:, None]
        effect = np.where(design.cell[rows] == c, nodes[..., None], here)
        log_p = -(_EFFECT_STEPS**2) / 2 + design.log_density_of(model, pairs, moments, effect)
        new[:, c] = draw_on_nodes(rng, nodes, log_p)


def draw_on_nodes(rng: np.random.Generator, nodes: np.ndarray, log_p: np.ndarray) -> np.ndarray:
    """Draw from densities that are known on nodes, by inverting their distribution functions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    nodes : ndarray, shape (draw, node)
        Evenly spaced, ascending.
    log_p : ndarray, shape (draw, node)
        Log density, up to a constant of each draw.

    Returns
    -------
    ndarray, shape (draw,)
        One value for each draw.

    Notes
    -----
    Between nodes the log density is taken as linear. For a normal of sd s that lacks the same
    share of mass everywhere to first order in (h / s)^2, h the spacing, so that mean and variance
    hardly change even at h = s.
    """
    left, right = log_p[:, :-1], log_p[:, 1:]
    fall = np.maximum(np.abs(right - left), 1e-9)
    top = log_p.max(axis=1, keepdims=True)
    mass = np.exp(np.maximum(left, right) - top) * -np.expm1(-fall) / fall
    reached = np.cumsum(mass, axis=1)
    wanted = rng.random(len(nodes)) * reached[:, -1]
    which = np.minimum((reached < wanted[:, None]).sum(axis=1), mass.shape[1] - 1)
    rows = np.arange(len(nodes))
    slope = fall[rows, which]
    # how far from the higher end of the interval, in intervals
    away = -np.log1p(rng.random(len(nodes)) * np.expm1(-slope)) / slope
    rises = right[rows, which] > left[rows, which]
    spacing = nodes[:, 1] - nodes[:, 0]
    return np.asarray(nodes[rows, which] + spacing * np.where(rises, 1 - away, away))
