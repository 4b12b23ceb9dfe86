"""A hypothesis and data to a `Fit`: sampled, stored, read back."""

import json
import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr
from pydantic import ValidationError

from bayesdensing.analysis import Fit, published, runs, trends
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import RunError, SpecError
from bayesdensing.inference import Diagnostics, store
from bayesdensing.inference.compiling import ensure_compile_dir
from bayesdensing.inference.progress import SilentReporter, reporter
from bayesdensing.spec import Spec, load_spec

if TYPE_CHECKING:
    from bayesdensing.assembly import Assembled
    from bayesdensing.sampling import Sampled

__all__ = ["DEFAULT_SEED", "Refit", "fit", "fit_of", "load_fit", "prepare_compiler", "resolved"]

Refit = Literal["never", "on-change", "always"]

#: The arXiv date of the Densing Law paper's first version.
DEFAULT_SEED = 20241205

_LIBRARIES = ("pymc", "pytensor", "nutpie", "arviz", "numba", "numpy", "scipy", "xarray", "pandas")


def fit(
    spec: str | Path | Spec = "joint",
    data: str | Path | DataBundle | None = None,
    *,
    seed: int = DEFAULT_SEED,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    out: str | Path | None = None,
    refit: Refit = "always",
    quick: bool = False,
    progress: bool = True,
) -> Fit:
    """Fit a hypothesis to data and check the draws.

    Parameters
    ----------
    spec : str, Path or Spec
        Name of a shipped hypothesis, path to a TOML file, or a hypothesis.
    data : str, Path, DataBundle or None
        Folder of a bundle, a bundle, or None for the packaged one.
    seed : int
        Seed; the same seed on the same machine gives the same draws.
    draws, tune, chains : int, optional
        Draws kept, iterations of warm-up per chain and chains, where not as the hypothesis says.
    out : str or Path, optional
        Folder to write the run to.
    refit : {"always", "on-change", "never"}
        Whether a run in `out` may be reused: never a refit of one that is there, a refit where
        hypothesis, data, seed or versions changed, or always.
    quick : bool
        Approximate the posterior in seconds instead, with sampler settings of its own. The fit is
        labelled so everywhere and never counts as converged; `Diagnostics.usable` says whether its
        check passed.
    progress : bool
        Report progress on stderr.

    Returns
    -------
    Fit
        Draws, diagnostics and what is read out of them.

    Raises
    ------
    SpecError, BundleError, DataNeedError
        For a hypothesis or data that do not serve.
    RunError
        Where a run that is to be reused cannot be read.
    """
    started = time.perf_counter()
    _check_seed(seed)
    hypothesis = resolved(spec, draws=draws, tune=tune, chains=chains)
    if quick:
        hypothesis = _quick(hypothesis, lengths=(draws, tune, chains))
    bundle = data if isinstance(data, DataBundle) else load_data(data)
    if out is not None:
        _check_target(Path(out))
    with reporter(quiet=not progress) as report:
        if out is not None and refit != "always":
            reason = _reason(out, hypothesis, bundle, seed=seed, quick=quick)
            if reason is None or (refit == "never" and (Path(out) / store.POSTERIOR).exists()):
                report.say(f"reusing {out}" + (f", although {reason}" if reason else ""))
                return _stored(Path(out), bundle, may_differ=True)
            report.say(f"fitting: {reason}")
        result = _sample(hypothesis, bundle, quick=quick, seed=seed, report=report, started=started)
        if out is not None:
            from bayesdensing.plots import figures

            report.say(f"writing {out}")
            result.save(out, files=figures(result))
    return result


def resolved(
    spec: str | Path | Spec,
    *,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
) -> Spec:
    """Load a hypothesis and lay the sampler settings asked for over its own.

    Parameters
    ----------
    spec : str, Path or Spec
        Name, path or hypothesis.
    draws, tune, chains : int, optional
        Settings asked for.

    Returns
    -------
    Spec
        The hypothesis.

    Raises
    ------
    SpecError
        For a hypothesis that is not well formed, or settings that cannot be.
    """
    hypothesis = load_spec(spec)
    asked = {"draws": draws, "tune": tune, "chains": chains}
    given = {name: value for name, value in asked.items() if value is not None}
    if not given:
        return hypothesis
    try:
        settings = type(hypothesis.sampler)(**{**hypothesis.sampler.model_dump(), **given})
    except ValidationError as error:
        faults = [f"sampler.{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()]
        raise SpecError("\n".join(faults)) from None
    return hypothesis.model_copy(update={"sampler": settings})


def _quick(spec: Spec, *, lengths: tuple[int | None, ...]) -> Spec:
    """Return a hypothesis with the settings of a quick fit, or refuse it."""
    if spec.information.flow == "cut":
        raise SpecError(
            f"{spec.name} cannot be fitted quickly: a cut is a fit under each of many reference "
            "draws"
        )
    if any(length is not None for length in lengths):
        raise SpecError("a quick fit has lengths of its own: leave out draws, tune and chains")
    from bayesdensing.sampling import QUICK

    return spec.model_copy(update={"sampler": type(spec.sampler)(**QUICK)})


def _check_seed(seed: Any) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SpecError(f"seed = {seed!r} is not a whole number from 0 on")


def _check_target(folder: Path) -> None:
    """Refuse a folder that holds something else than a run: its files are not ours to replace."""
    if not folder.is_dir():
        return
    store.recover(folder)
    others = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    if others and runs.MANIFEST not in others:
        raise RunError(f"{folder} holds {sorted(others)[0]} and is no run: choose another folder")


def _reason(
    out: str | Path, spec: Spec, bundle: DataBundle, *, seed: int, quick: bool
) -> str | None:
    version = _versions()["bayesdensing"]
    reason = runs.refit_reason(
        out, spec=spec, data=bundle, seed=seed, version=version, approximate=quick
    )
    if reason is None:
        try:
            _check_unaltered(Path(out))
        except RunError as error:
            return str(error)
    return reason


def _sample(
    spec: Spec,
    bundle: DataBundle,
    *,
    quick: bool,
    seed: int,
    report: SilentReporter,
    started: float,
) -> Fit:
    if (place := prepare_compiler()) is not None:
        report.say(f"compiling in {place}, for this fit alone: ~/.pytensor cannot be written")
    sampled = _sampled(spec, bundle, quick=quick, seed=seed, report=report)
    return fit_of(sampled, spec, bundle, seed=seed, seconds=time.perf_counter() - started)


def fit_of(sampled: "Sampled", spec: Spec, bundle: DataBundle, *, seed: int, seconds: float) -> Fit:
    """Make a fit of draws.

    Parameters
    ----------
    sampled : Sampled
        Draws with the model that they are of.
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    seed : int
        Seed of the draws.
    seconds : float
        Seconds of all that was done.

    Returns
    -------
    Fit
        The fit.
    """
    timing = {
        "compile": sampled.compile_seconds,
        "sample": sampled.sample_seconds,
        "total": seconds,
    }
    return Fit(
        spec=spec,
        data=bundle,
        idata=_idata(sampled, spec=spec, seed=seed),
        diagnostics=sampled.diagnostics,
        seed=seed,
        timing=timing,
        versions=_versions(),
        model_factory=partial(_model, spec, bundle),
    )


def _sampled(
    spec: Spec, bundle: DataBundle, *, quick: bool, seed: int, report: SilentReporter
) -> "Sampled":
    if spec.information.flow == "cut":
        from bayesdensing.cut import sample_cut

        return sample_cut(spec, bundle, seed=seed, report=report)
    from bayesdensing.sampling import sample_joint, sample_quick

    return (sample_quick if quick else sample_joint)(spec, bundle, seed=seed, report=report)


def _idata(sampled: "Sampled", *, spec: Spec, seed: int) -> xr.DataTree:
    assembled = sampled.assembled
    # plain NumPy labels: pandas' own string type does not survive every later step
    labels = {dim: np.array(list(names or ())) for dim, names in assembled.model.coords.items()}
    constants = _labelled(xr.Dataset(dict(assembled.constants)), labels)
    posterior = _labelled(sampled.posterior, labels)
    posterior.attrs = dict(assembled.attrs)
    if "log_error" in constants:
        posterior = posterior.assign(
            log_density=_published(posterior, constants, spec=spec, seed=seed)
        )
    posterior.attrs["inference_library"] = "nutpie"
    if sampled.diagnostics.approximation is not None:
        posterior.attrs["approximate"] = sampled.diagnostics.approximation.method
    groups = {
        "/posterior": posterior,
        "/sample_stats": sampled.stats,
        "/observed_data": _labelled(_observed(assembled), labels),
    }
    if constants.data_vars:
        groups["/constant_data"] = constants
    if sampled.reference is not None:
        groups["/reference"] = _labelled(sampled.reference, labels)
    return xr.DataTree.from_dict(groups)


def _labelled(data: xr.Dataset, labels: Mapping[str, np.ndarray]) -> xr.Dataset:
    return data.assign_coords({dim: labels[dim] for dim in map(str, data.dims) if dim in labels})


def _published(
    posterior: xr.Dataset, constants: xr.Dataset, *, spec: Spec, seed: int
) -> xr.DataArray:
    mean = trends.log_trend(posterior, spec, constants["years"])
    spread = trends.spread_draws(posterior, constants["years"].to_numpy()).reshape(mean.shape)
    dispersion = posterior["dispersion"] * mean.copy(data=spread)
    return published.latent_log_values(
        mean, dispersion, constants["log_value"], constants["log_error"], seed=seed
    )


def _observed(assembled: "Assembled") -> xr.Dataset:
    model = assembled.model
    out = xr.Dataset()
    for variable in model.observed_RVs:
        (dim,) = model.named_vars_to_dims[variable.name]
        value: Any = model.rvs_to_values[variable]  # a constant, or data that can be set anew
        values = value.get_value() if hasattr(value, "get_value") else value.data
        out[variable.name] = xr.DataArray(np.asarray(values), dims=(dim,))
    return out


def load_fit(path: str | Path, *, data: str | Path | DataBundle | None = None) -> Fit:
    """Load a run that `fit` wrote.

    Parameters
    ----------
    path : str or Path
        Folder of the run.
    data : str, Path, DataBundle or None
        The data it was made from; None: where the run says they lie.

    Returns
    -------
    Fit
        The fit; its model is built anew when asked for.

    Raises
    ------
    RunError
        Where there is no run, it cannot be read, or it was made from other data.
    """
    return _stored(Path(path), data)


def _stored(folder: Path, data: str | Path | DataBundle | None, *, may_differ: bool = False) -> Fit:
    try:
        store.recover(folder)
        if missing := runs.missing_file(folder):
            raise RunError(f"{folder} is no run: {missing} is missing")
        manifest = _json(folder / runs.MANIFEST)
        if fault := runs.version_fault(manifest):
            raise RunError(f"{folder}: {fault}")
        _check_unaltered(folder)
        summary = _json(folder / runs.SUMMARY)
        spec = load_spec(folder / runs.SPEC)
        idata = store.read_idata(folder)
        record = Diagnostics.from_dict(_bare(summary["diagnostics"]))
        bundle = data if isinstance(data, DataBundle) else load_data(_origin(manifest, data))
        if bundle.sha256 != manifest["data"]["sha256"] and not may_differ:
            raise RunError(f"{folder} was made from other data than {bundle.path or bundle.name}")
        return Fit(
            spec=spec,
            data=bundle,
            idata=idata,
            diagnostics=record,
            seed=int(manifest["seed"]),
            timing=summary["timing_s"],
            versions=manifest["versions"],
            model_factory=partial(_model, spec, bundle),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        faults = "; ".join(str(error).splitlines())
        raise RunError(f"{folder} cannot be read: {faults}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path.parent}: {path.name} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise RunError(f"{path.parent}: {path.name} is not a JSON object")
    return content


def _check_unaltered(folder: Path) -> None:
    try:
        name = store.altered(folder, manifest=runs.MANIFEST)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{folder}: {runs.MANIFEST} cannot be read: {error}") from None
    if name is not None:
        raise RunError(f"{folder}: {name} is not the file that the run wrote")


def _bare(diagnostics: Mapping[str, Any]) -> dict[str, Any]:
    """Take the headlines and weights, which are read out anew, off the modes."""
    anew = ("headline", "weight", "weight_kind", "weight_reliable")
    modes = [{k: v for k, v in mode.items() if k not in anew} for mode in diagnostics["modes"]]
    rest = {k: v for k, v in diagnostics.items() if k != "weighted_headline"}
    return {**rest, "modes": modes}


def _origin(manifest: Mapping[str, Any], data: str | Path | None) -> str | Path | None:
    if data is not None:
        return data
    place = manifest["data"]["path"]
    if load_data().sha256 == manifest["data"]["sha256"]:
        return None
    if place is None:
        raise RunError("the run was made from data in memory: give them as data=")
    return str(place)


def prepare_compiler() -> Path | None:
    """Make sure that PyTensor has a place for compiled code, before it is first used.

    Returns
    -------
    Path or None
        A temporary folder; None: PyTensor's own is used.

    Raises
    ------
    RunError
        Where PyTensor cannot start.
    """
    place = ensure_compile_dir()
    try:
        from pytensor.configdefaults import config

        _ = config.compiledir  # made when it is first asked for
    except (ValueError, OSError) as error:
        raise RunError(
            f"PyTensor cannot start: {error} (PYTENSOR_FLAGS=base_compiledir=DIR names another)"
        ) from error
    return place


def _model(spec: Spec, bundle: DataBundle) -> Any:
    prepare_compiler()
    from bayesdensing.assembly import assemble

    return assemble(spec, bundle).model


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("bayesdensing", *_LIBRARIES)}
