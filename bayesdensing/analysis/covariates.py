"""What parts LLMs beside the trend, for many draws: size, family, growth by benchmark."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from bayesdensing.analysis.readings import flat_draws
from bayesdensing.laws import drift, family, size

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["Covariates", "LlmColumns", "counted_sizes", "llm_columns", "typical_sizes"]


@dataclass(frozen=True, kw_only=True)
class LlmColumns:
    """What the terms of `Covariates` need of LLMs.

    Attributes
    ----------
    log_n : ndarray, shape (llm,)
        Natural log of the parameter count; of the total one where the weight is estimated.
    log_active_share : ndarray, shape (llm,)
        Natural log of active over total parameters where the weight is estimated, else 0.
    family : ndarray of int, shape (llm,)
        Index into the families of the draws; -1: none of them, or integrated out.
    """

    log_n: np.ndarray
    log_active_share: np.ndarray
    family: np.ndarray


def llm_columns(constants: xr.Dataset) -> LlmColumns:
    """Return what a fit's constants say of its LLMs; without sizes, nothing goes with them.

    Parameters
    ----------
    constants : xarray.Dataset
        Of a fit with LLMs, or with published values.

    Returns
    -------
    LlmColumns
        LLMs in the order of the posterior.
    """
    count = constants.sizes["llm"]
    absent = {"n_params": np.ones(count), "log_active_share": np.zeros(count)}
    absent["family_index"] = np.full(count, -1)
    found = {n: constants[n].to_numpy() if n in constants else v for n, v in absent.items()}
    return LlmColumns(
        log_n=np.log(found["n_params"]),
        log_active_share=found["log_active_share"],
        family=found["family_index"].astype(int),
    )


@dataclass(frozen=True, kw_only=True)
class Covariates:
    """Draws of the terms beside the trend; 0 where the hypothesis does not have them.

    Attributes
    ----------
    families : tuple of str
        Names, in the order of `family_effect`.
    mean_log_n : float
        Natural log of the size at which the size term is 0.
    size_exponent, active_weight, family_sd : ndarray, shape (draw,)
        Exponent of density in size, weight of active parameters, sd of families' effects.
    family_effect : ndarray, shape (draw, family)
        Families' effects (natural log).
    benchmark_slope : ndarray, shape (draw, benchmark)
        Growth rates less the shared one (1/yr).
    """

    families: tuple[str, ...]
    mean_log_n: float
    size_exponent: np.ndarray
    active_weight: np.ndarray
    family_sd: np.ndarray
    family_effect: np.ndarray
    benchmark_slope: np.ndarray

    @classmethod
    def from_posterior(cls, posterior: xr.Dataset) -> Self:
        """Take the terms out of draws.

        Parameters
        ----------
        posterior : xarray.Dataset
            Dims (chain, draw, ...).

        Returns
        -------
        Covariates
            Draws of all chains, one chain after the other.
        """
        size_ = posterior.sizes["chain"] * posterior.sizes["draw"]
        shapes: dict[str, tuple[str, ...]] = {
            **dict.fromkeys(("size_exponent", "active_weight", "family_sd"), ()),
            "family_effect": ("family",),
            "benchmark_slope": ("benchmark",),
        }

        def flat(name: str) -> np.ndarray:
            own = shapes[name]
            if name not in posterior:
                return np.zeros((size_, *(posterior.sizes.get(dim, 0) for dim in own)))
            return flat_draws(posterior[name], *own)

        has_families = "family_effect" in posterior
        names = posterior["family"].to_numpy().astype(str).tolist() if has_families else []
        sized = "size_exponent" in posterior
        return cls(
            families=tuple(names),
            mean_log_n=float(posterior.attrs["mean_log_n"]) if sized else 0.0,
            size_exponent=flat("size_exponent"),
            active_weight=flat("active_weight"),
            family_sd=flat("family_sd"),
            family_effect=flat("family_effect"),
            benchmark_slope=flat("benchmark_slope"),
        )

    def take(self, draws: slice | np.ndarray) -> Self:
        """Return some of the draws.

        Parameters
        ----------
        draws : slice or ndarray of int
            Which.

        Returns
        -------
        Covariates
            In the order asked for.
        """
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        taken: dict[str, Any] = {
            n: v[draws] for n, v in values.items() if isinstance(v, np.ndarray)
        }
        return replace(self, **taken)

    def log_counts(self, llms: LlmColumns) -> np.ndarray:
        """Return the parameter counts of LLMs as the hypothesis takes them.

        Parameters
        ----------
        llms : LlmColumns
            The LLMs.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log.
        """
        return np.asarray(
            size.log_count(
                log_total=llms.log_n,
                log_active_share=llms.log_active_share,
                weight=self.active_weight[:, None],
            )
        )

    def shift(self, llms: LlmColumns) -> np.ndarray:
        """Return how far the expected log density of LLMs lies off the trend.

        Parameters
        ----------
        llms : LlmColumns
            The LLMs.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log: size term and family effect.
        """
        of_size = size.size_effect(
            log_n=self.log_counts(llms),
            mean_log_n=self.mean_log_n,
            size_exponent=self.size_exponent[:, None],
        )
        padded = np.pad(self.family_effect, ((0, 0), (0, 1)))  # the last: no effect
        return np.asarray(of_size + padded[:, llms.family])

    def scatter(self, llms: LlmColumns, dispersion: np.ndarray) -> np.ndarray:
        """Return the sd of the even scatter of LLMs, an effect that is not known among it.

        Parameters
        ----------
        llms : LlmColumns
            The LLMs.
        dispersion : ndarray, broadcast against (draw, llm)
            Sd of LLMs about trend, size term and family effect.

        Returns
        -------
        ndarray, shape (draw, llm)
            Natural log.
        """
        sd = np.where(llms.family < 0, self.family_sd[:, None], 0.0)
        return np.asarray(np.sqrt(family.scatter_variance(dispersion=dispersion, family_sd=sd)))

    def drift(self, years: np.ndarray | float, benchmark: np.ndarray) -> np.ndarray:
        """Return how much larger effective sizes are on benchmarks than on the mean one.

        Parameters
        ----------
        years : float or ndarray, shape (pair,)
            Release dates in years since the reference date of the trend.
        benchmark : ndarray of int, shape (pair,)
            Benchmarks.

        Returns
        -------
        ndarray, shape (draw, pair)
            Natural log.
        """
        return np.asarray(drift.drift(years=years, slope=self.benchmark_slope[:, benchmark]))


def counted_sizes(posterior: xr.Dataset, constants: xr.Dataset) -> xr.DataArray | None:
    """Return the parameters of every LLM as the hypothesis counts them.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.
    constants : xarray.Dataset
        Of the fit.

    Returns
    -------
    xarray.DataArray or None
        Count, dims (llm); dims (chain, draw, llm) where the weight of active parameters is
        estimated; None where the fit has no sizes.
    """
    total: xr.DataArray | None = constants.get("n_params")
    if total is None or "active_weight" not in posterior:
        return total
    share = posterior["active_weight"] * constants["log_active_share"]
    sizes: xr.DataArray = total * np.exp(share)
    return sizes.transpose("chain", "draw", "llm").rename("n_params")


def typical_sizes(fit: "Fit") -> np.ndarray | None:
    """Return one parameter count per LLM, the posterior median where the count is estimated.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    ndarray or None, shape (llm,)
        Count; None where the fit has no sizes.
    """
    sizes = fit.n_params
    if sizes is None:
        return None
    over = [dim for dim in ("chain", "draw") if dim in sizes.dims]
    return np.asarray((sizes.median(over) if over else sizes).to_numpy())
