"""Cross-validation of a fit over LLMs, families and time: weights, moved draws, exact refits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from bayesdensing.analysis import Fit
from bayesdensing.analysis.leave_out import (
    DISAGREE,
    EXACT,
    FEW_DRAWS,
    MATCHED,
    PSIS,
    LeftOut,
    good_k,
    llm_log_likelihood,
    log_jacobian,
    log_mean_exp,
    psis,
    spread_over_draws,
    strata_of,
    summed,
)
from bayesdensing.analysis.moment_matching import moment_match
from bayesdensing.analysis.tables import release_dates
from bayesdensing.assembly.pointwise import PublishedDensity
from bayesdensing.errors import DataNeedError
from bayesdensing.excluding import Excluder

__all__ = ["CrossValidation", "cut_offs", "families_of"]

Tell = Callable[[str], None]


class CrossValidation:
    """Predictions of what a fit has seen, had it not.

    Parameters
    ----------
    fit : Fit
        A fit with growth, or of published values.
    seed : int
        Seed of exact refits.
    max_draws : int
        Draws to use where densities are integrated out by quadrature; published values use all.
    max_refits : int
        Exact refits for units whose weights fail, of one kind of unit; those with the largest k
        come first.
    tell : callable
        Called with a line per exact refit.
    """

    def __init__(
        self,
        fit: Fit,
        *,
        seed: int = 0,
        max_draws: int = 1500,
        max_refits: int = 10,
        tell: Tell = lambda _: None,
    ) -> None:
        if "log_density" not in fit.posterior:
            raise DataNeedError(f"{fit.spec.name} has no LLMs: there is nothing to leave out")
        self._fit, self._seed, self._max_refits, self._tell = fit, seed, max_refits, tell
        self._published = fit.spec.is_series_alone
        self._cut = fit.spec.information.flow == "cut"
        self._max_draws = None if self._published else max_draws
        self._names = fit.posterior["llm"].to_numpy().astype(str)

    @cached_property
    def _density(self) -> PublishedDensity:
        return PublishedDensity.of(self._fit.spec, self._fit.data)

    @cached_property
    def _values(self) -> np.ndarray:
        return self._density.values_of(self._fit.posterior)

    @cached_property
    def _excluder(self) -> Excluder:
        self._tell(f"{self._fit.spec.name}: compiling for exact refits")
        return Excluder(self._fit, seed=self._seed)

    @cached_property
    def log_likelihood(self) -> np.ndarray:
        """Log likelihood of each LLM's outcomes, its latents integrated out: (draw, llm)."""
        if self._published:
            return self._density.at(self._values)[1]
        return llm_log_likelihood(self._fit, max_draws=self._max_draws)

    @cached_property
    def _conditional(self) -> np.ndarray | None:
        """What the posterior has of each LLM's outcomes, where that is not what predicts them."""
        if self._published or self._fit.spec.growth.family == "none":
            return None
        return llm_log_likelihood(self._fit, max_draws=self._max_draws, within_families=True)

    def by_llm(self) -> LeftOut:
        """Leave each LLM, or published value, out.

        Returns
        -------
        LeftOut
            One unit per LLM, in the order of the posterior.
        """
        members = [np.array([i]) for i in range(len(self._names))]
        return self._climb("LLM", list(self._names), members)

    def by_family(self) -> LeftOut:
        """Leave each family out, all its LLMs together.

        Returns
        -------
        LeftOut
            One unit per family, in the order of names.

        Raises
        ------
        DataNeedError
            Where the bundle does not say which families the LLMs are of, and for a hypothesis with
            effects of families.
        """
        if self._fit.spec.growth.family != "none":
            raise DataNeedError(
                f"{self._fit.spec.name} has effects of families, which all LLMs of one share: "
                "families are not left out of it"
            )
        family = families_of(self._fit)
        names = sorted(set(family))
        return self._climb("family", names, [np.flatnonzero(family == name) for name in names])

    def future(self, dates: Sequence[pd.Timestamp]) -> LeftOut:
        """Predict LLMs from those that were released up to a date: exact refits.

        Parameters
        ----------
        dates : sequence of pandas.Timestamp
            Cut-off dates, ascending. An LLM is predicted from the last one before its release;
            the trend and its reference date are those of the whole design.

        Returns
        -------
        LeftOut
            One unit per LLM that was released after the first date.

        Raises
        ------
        DataNeedError
            For a cut, which is not fitted anew, and where a date leaves fewer than three LLMs to
            fit, or none to predict.
        """
        if self._cut:
            raise DataNeedError(f"{self._fit.spec.name} is a cut, which cannot be fitted to a date")
        released = release_dates(self._fit.constants)
        names: list[str] = []
        parts, rungs, usable = [], [], []
        for date, until in zip(dates, [*dates[1:], None], strict=True):
            later = np.asarray(released > date)
            block = later if until is None else later & np.asarray(released <= until)
            if (~later).sum() < 3 or not block.any():
                raise DataNeedError(
                    f"up to {date.date()} there are {(~later).sum()} LLMs to fit and "
                    f"{block.sum()} to predict: choose other dates"
                )
            self._tell(f"{self._fit.spec.name}: fitting what was released up to {date.date()}")
            found = self._excluder.without(np.flatnonzero(later))
            inside = block[later]
            parts.append(log_mean_exp(found.log_likelihood[:, inside]))
            names += self._names[block].tolist()
            stable = spread_over_draws(found.log_likelihood[:, inside])
            for rung, sound in _judged(found.usable, stable):
                rungs.append(rung)
                usable.append(sound)
        order = {name: i for i, name in enumerate(self._names)}
        places = [order[name] for name in names]
        return LeftOut(
            kind="future",
            units=tuple(names),
            elpd=np.concatenate(parts) + log_jacobian(self._fit)[places],
            pareto_k=np.full(len(names), np.nan),
            rung=tuple(rungs),
            reliable=np.array(usable),
        )

    def _climb(self, kind: str, names: Sequence[str], members: list[np.ndarray]) -> LeftOut:
        """Take each unit to the first rung that holds."""
        log_likelihood = summed(self.log_likelihood, members)
        strata = strata_of(self._fit, max_draws=self._max_draws)
        taken = self._conditional
        taken = log_likelihood if taken is None else summed(taken, members)
        elpd, k = psis(taken, predictive=log_likelihood, strata=strata)
        limit = good_k(len(log_likelihood) if strata is None else _smallest(strata))
        seen = log_mean_exp(log_likelihood)
        found = LeftOut(
            kind=kind,
            units=tuple(names),
            elpd=elpd,
            pareto_k=k,
            rung=(PSIS,) * len(names),
            reliable=k <= limit,
        )
        # a k that is not a number is of a tail that could not be fitted
        bad = [int(u) for u in np.argsort(-np.nan_to_num(k, nan=np.inf)) if not k[u] <= limit]
        refits = 0
        for unit in bad:
            found = self._matched(found, unit, members[unit], limit=limit)
            if found.reliable[unit]:
                continue
            if self._cut or refits >= self._max_refits:
                found = _with(found, unit, elpd[unit], f"{PSIS}, k > {limit:.2g}", reliable=False)
                continue
            refits += 1
            self._tell(f"{self._fit.spec.name}: refit without {kind} {names[unit]}")
            without = self._excluder.without(members[unit])
            whole = without.log_likelihood.sum(axis=1, keepdims=True)
            rung, sound = _judged(without.usable, spread_over_draws(whole))[0]
            found = _with(found, unit, float(log_mean_exp(whole)[0]), rung, reliable=sound)
        jacobian = np.array([log_jacobian(self._fit)[of].sum() for of in members])
        return replace(
            found,
            elpd=found.elpd + jacobian,
            effective_parameters=float((seen - found.elpd).sum()),
        )

    def _matched(self, found: LeftOut, unit: int, llms: np.ndarray, *, limit: float) -> LeftOut:
        """Try to move the draws: where all of a model's values are of its top level."""
        if not self._published:
            return found

        def density(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            log_density, terms = self._density.at(values)
            return log_density, terms[:, llms].sum(axis=1)

        elpd, k = moment_match(self._values, density)
        return _with(found, unit, elpd, MATCHED, reliable=True) if k <= limit else found


def _judged(usable: bool, stable: np.ndarray) -> list[tuple[str, bool]]:
    """Return for each unit of an exact refit its rung, and whether that can be relied on."""
    if not usable:
        return [(DISAGREE, False)] * len(stable)
    return [(EXACT, True) if one else (FEW_DRAWS, False) for one in stable]


def _smallest(strata: np.ndarray) -> int:
    return int(np.unique(strata, return_counts=True)[1].min())


def _with(found: LeftOut, unit: int, elpd: float, rung: str, *, reliable: bool) -> LeftOut:
    """Put a unit on another rung."""
    values, state = found.elpd.copy(), found.reliable.copy()
    values[unit], state[unit] = elpd, reliable
    rungs = [*found.rung[:unit], rung, *found.rung[unit + 1 :]]
    return replace(found, elpd=values, rung=tuple(rungs), reliable=state)


def families_of(fit: Fit) -> np.ndarray:
    """Return the family of each LLM.

    Parameters
    ----------
    fit : Fit
        A fit with LLMs.

    Returns
    -------
    ndarray of str, shape (llm,)
        Families, in the order of the posterior.

    Raises
    ------
    DataNeedError
        Where models.csv does not name them all.
    """
    models, names = fit.data.models, fit.posterior["llm"].to_numpy().astype(str)
    known = {} if models is None else dict(zip(models["model"], models["family"], strict=True))
    absent = [str(name) for name in names if not known.get(name)]
    if absent:
        raise DataNeedError(
            f"leave-one-family-out: models.csv names no family of {absent[0]}"
            + (f" and {len(absent) - 1} others" if len(absent) > 1 else "")
        )
    return np.array([known[name] for name in names])


def cut_offs(fit: Fit, count: int) -> list[pd.Timestamp]:
    """Return dates from which to predict the future.

    Parameters
    ----------
    fit : Fit
        A fit with LLMs.
    count : int
        How many.

    Returns
    -------
    list of pandas.Timestamp
        Dates up to which half of the LLMs were released, and more in even steps.

    Examples
    --------
    >>> cut_offs(fit, 3)  # up to 1/2, 2/3 and 5/6 of the LLMs  # doctest: +SKIP
    """
    released = release_dates(fit.constants).sort_values()
    shares = np.linspace(0.5, 1, count + 1)[:-1]
    places = np.ceil(shares * len(released)).astype(int) - 1
    return [pd.Timestamp(date) for date in released[places].unique()]
