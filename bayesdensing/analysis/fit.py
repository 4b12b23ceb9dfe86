"""A fit: draws with what they were made from, and what is read out of them."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis import covariates, readings, runs, tables, trends
from bayesdensing.analysis import headline as headlines
from bayesdensing.analysis import residuals as from_trend

if TYPE_CHECKING:
    import pymc as pm

    from bayesdensing.analysis.mode_weights import ModeWeights
    from bayesdensing.analysis.newcomers import Newcomers
    from bayesdensing.data import DataBundle
    from bayesdensing.inference import Diagnostics
    from bayesdensing.spec import Spec

__all__ = ["ConvergenceWarning", "Fit"]


class ConvergenceWarning(UserWarning):
    """The draws are approximate or did not pass their checks: numbers may be wrong."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Fit:
    """The posterior of a hypothesis given data, and what can be read out of it.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    data : DataBundle
        The data.
    idata : xarray.DataTree
        Groups posterior, sample_stats, constant_data, observed_data; of a cut, reference too.
    diagnostics : Diagnostics
        Whether the draws can be trusted.
    seed : int
        Seed of the sampler.
    timing : mapping of str to float
        Seconds: compile, sample, total.
    versions : mapping of str to str
        Versions of the libraries that made the draws.
    model_factory : callable
        Makes the ``pm.Model``; called when `model` is first asked for.
    """

    spec: "Spec"
    data: "DataBundle"
    idata: xr.DataTree
    diagnostics: "Diagnostics"
    seed: int
    timing: Mapping[str, float]
    versions: Mapping[str, str]
    model_factory: Callable[[], "pm.Model"]

    @cached_property
    def model(self) -> "pm.Model":
        """The model whose posterior this is, built on first use.

        Of a cut, the model of everything but the loss law, whose parameters are ``pm.Data``: each
        reference draw is set into them in turn. The pooled draws are no posterior of this model.
        """
        return self.model_factory()

    @cached_property
    def reference(self) -> xr.Dataset | None:
        """Draws of a cut's loss law from the reference runs alone, dims (chain, draw, ...).

        None where all blocks inform one another.
        """
        return self.idata["reference"].to_dataset() if "reference" in self.idata else None

    @cached_property
    def posterior(self) -> xr.Dataset:
        """Draws of every variable, dims (chain, draw, ...).

        Those of a cut are pooled; ``reference_draw`` on draw says under which loss law they were
        made.
        """
        return self.idata["posterior"].to_dataset()

    @cached_property
    def constants(self) -> xr.Dataset:
        """What the model was given about each LLM, dims (llm); empty for a loss law alone."""
        if "constant_data" not in self.idata:
            return xr.Dataset()
        return self.idata["constant_data"].to_dataset()

    @cached_property
    def mode_weights(self) -> "ModeWeights | None":
        """Weights of the modes by stacking of chains; None where there are none to weigh."""
        from bayesdensing.analysis.mode_weights import mode_weights  # which itself reads fits

        return mode_weights(self)

    @cached_property
    def _density_table(self) -> pd.DataFrame:
        return tables.density_table(self)

    @property
    def n_params(self) -> xr.DataArray | None:
        """Parameters of every LLM (count), dims (llm); None where the fit has no sizes.

        Dims (chain, draw, llm) where the weight of active parameters is estimated.
        """
        return covariates.counted_sizes(self.posterior, self.constants)

    @property
    def headline_label(self) -> str:
        """What the rate is the rate of, in words."""
        return self.spec.headline_label

    def headline(self) -> headlines.Headline:
        """Return the growth rate and the doubling time with their intervals.

        Returns
        -------
        Headline
            Intervals are equal-tailed, taken on the rate and mapped to the doubling time.
        """
        return headlines.headline(
            self.posterior,
            label=self.headline_label,
            segments=trends.segment_rates(self.posterior, self.spec),
        )

    def summary(self) -> pd.DataFrame:
        """Return a table of the parameters of the top level.

        Returns
        -------
        pandas.DataFrame
            One row per scalar: median, mean, sd, equal-tailed intervals of 50, 89 and 95 %,
            R-hat and effective sample sizes; in natural units.

        Warns
        -----
        ConvergenceWarning
            Each time, for draws that are approximate or did not pass their checks.
        """
        if self.diagnostics.warning:
            warnings.warn(self.diagnostics.warning, ConvergenceWarning, stacklevel=2)
        table = tables.parameter_table(
            self.posterior, reference=self.reference, statistics=self.diagnostics.statistics
        )
        table.attrs = {
            "interval_kind": "ETI",
            "converged": self.diagnostics.converged,
            "approximate": self.diagnostics.approximate,
        }
        return table

    def growth_rate(self) -> xr.DataArray:
        """Return the growth rate: dims (chain, draw), natural-log units per year."""
        return readings.growth_rate(self.posterior)

    def doubling_time(self) -> xr.DataArray:
        """Return the doubling time: dims (chain, draw), days; infinite without growth."""
        return readings.doubling_time(self.posterior)

    def prob_rate_not_positive(self) -> float:
        """Return the posterior probability that the quantity does not grow."""
        readings.require(self.posterior, "growth_rate", reading="growth rate")
        probability = self.headline().prob_rate_not_positive
        return float("nan") if probability is None else probability

    def density(self) -> xr.DataArray:
        """Return the capability density: dims (chain, draw, llm), no unit."""
        return readings.density(self.posterior)

    def effective_parameters(self) -> xr.DataArray:
        """Return the effective parameters: dims (chain, draw, llm), count."""
        return readings.effective_parameters(self.posterior, n_params=self.n_params)

    def density_table(self) -> pd.DataFrame:
        """Return date, size, scores, density and effective parameters of every LLM."""
        return self._density_table.copy()

    def residuals(self) -> pd.DataFrame:
        """Return every LLM's standardised distance from the trend, with date, size and family."""
        return from_trend.residuals(self)

    def reference_pull(self, alone: "Fit | None" = None) -> pd.DataFrame:
        """Return how far scores pull the reference curve from what the runs alone say.

        Parameters
        ----------
        alone : Fit, optional
            A fit of the same loss law to the reference runs alone; not needed for a cut.

        Returns
        -------
        pandas.DataFrame
            One row per benchmark and quantity: median and equal-tailed 95 % interval alone and
            here, and the shift in sds of the posterior alone.
        """
        from bayesdensing.analysis.pull import reference_pull  # which itself reads fits

        return reference_pull(self, alone)

    def density_of(
        self,
        new: str | Path | pd.DataFrame,
        *,
        skip_unknown: bool = False,
        max_draws: int = 1000,
        seed: int = 0,
    ) -> "Newcomers":
        """Return density and effective parameters of LLMs that the fit has not seen.

        Parameters
        ----------
        new : str, pathlib.Path or pandas.DataFrame
            Their scores: a CSV file, the folder of a bundle, or a table, as `density_of` in
            `bayesdensing.analysis.newcomers` says.
        skip_unknown : bool
            Leave out scores on benchmarks that the fit does not have.
        max_draws : int
            Keep every k-th draw, this many in all.
        seed : int
            Seed of the draws.

        Returns
        -------
        Newcomers
            Draws and tables, given the posterior of the fit as it is.
        """
        from bayesdensing.analysis.newcomers import density_of  # which itself reads fits

        return density_of(self, new, skip_unknown=skip_unknown, max_draws=max_draws, seed=seed)

    def trend(self, dates: pd.DatetimeIndex, *, max_draws: int | None = None) -> xr.DataArray:
        """Return the trend of the quantity over dates.

        Parameters
        ----------
        dates : pandas.DatetimeIndex
            Shape (date,).
        max_draws : int, optional
            Keep every k-th draw, this many in all.

        Returns
        -------
        xarray.DataArray
            Dims (chain, draw, date), in the unit of the quantity.
        """
        draws = readings.thin(self.posterior, max_draws=max_draws)
        return trends.trend_curve(draws, dates, spec=self.spec)

    def loss_curve(self, n_params: Any = None, *, max_draws: int | None = None) -> xr.DataArray:
        """Return the loss of reference models trained by the reference-token rule.

        Parameters
        ----------
        n_params : array_like, optional
            Shape (n_params,), effective parameters (count); the default spans the reference runs
            and the LLMs, ten times beyond either end.
        max_draws : int, optional
            Keep every k-th draw, this many in all.

        Returns
        -------
        xarray.DataArray
            Dims (chain, draw, benchmark, n_params), in the unit of the reference losses.
        """
        return readings.loss_curve(
            readings.thin(self.posterior, max_draws=max_draws),
            n_params=self._size_grid() if n_params is None else n_params,
            tokens=self.reference_tokens,
        )

    def score_curve(self, n_params: Any = None, *, max_draws: int | None = None) -> xr.DataArray:
        """Return the score of reference models trained by the reference-token rule.

        Parameters
        ----------
        n_params : array_like, optional
            Shape (n_params,), effective parameters (count); the default as in `loss_curve`.
        max_draws : int, optional
            Keep every k-th draw, this many in all.

        Returns
        -------
        xarray.DataArray
            Dims (chain, draw, benchmark, n_params), share of items solved (0..1).
        """
        return readings.score_curve(
            readings.thin(self.posterior, max_draws=max_draws),
            n_params=self._size_grid() if n_params is None else n_params,
            tokens=self.reference_tokens,
        )

    def reference_tokens(self, n_params: Any) -> Any:
        """Return the tokens of reference models.

        Parameters
        ----------
        n_params : array_like
            Effective parameters (count).

        Returns
        -------
        array_like
            Tokens (count), by the hypothesis's rule.
        """
        rule = self.spec.reference_tokens
        return rule.value * n_params if rule.rule == "ratio" else rule.value

    def _size_grid(self) -> np.ndarray:
        runs_table = self.data.reference_runs
        known = [] if runs_table is None else [runs_table["n_params"].to_numpy()]
        llms = covariates.typical_sizes(self)
        known += [] if llms is None else [llms]
        sizes = np.concatenate(known) if known else np.array([1e8, 1e11])
        return np.geomspace(sizes.min() / 10, sizes.max() * 10, 200)

    def save(self, path: str | Path, *, files: Mapping[str, str | bytes] | None = None) -> Path:
        """Write the fit as a run folder, all of it or nothing.

        Parameters
        ----------
        path : str or pathlib.Path
            The folder; a run that is there is replaced.
        files : mapping of str to str or bytes, optional
            Further files, such as figures, by name.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        from bayesdensing.inference import store  # needed here alone, and slow to load

        folder = Path(path)
        content = runs.run_files(self) | dict(files or {})
        store.write_run(folder, idata=self.idata, files=content, manifest=runs.MANIFEST)
        return folder

    def __repr__(self) -> str:
        """Return hypothesis, draws and whether they can be trusted."""
        sizes = self.posterior.sizes
        state = self.diagnostics.mark or "converged"
        return (
            f"<Fit {self.spec.name} on {self.data.name}: {sizes['chain']} chains of "
            f"{sizes['draw']} draws, {state}>"
        )
