"""`calibrate`: worlds of known truth fitted in their hundreds, ranks and coverage counted."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from bayesdensing import __version__
from bayesdensing.analysis import Fit
from bayesdensing.analysis.calibration import Calibration, collected
from bayesdensing.calibrating.fits import Fits, Lengths, seed_of
from bayesdensing.calibrating.plan import from_posterior, from_prior
from bayesdensing.campaign import Job, carry_out
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import SpecError
from bayesdensing.fitting import DEFAULT_SEED
from bayesdensing.spec import Spec, load_spec

__all__ = ["Lengths", "calibrate"]

#: LLMs and evaluators of the reduced design.
N_LLMS, N_EVALUATORS = 30, 2
#: From the prior each world is somewhere else: its fit needs pilots and small steps.
_FROM_PRIOR = Lengths(draws=200, tune=500, target_accept=0.9)
#: About a posterior all fits are alike: each starts from the coordinates of the first.
_FROM_POSTERIOR = Lengths(draws=250, tune=350, target_accept=0.85)


def calibrate(
    spec: str | Path | Spec = "joint",
    data: str | Path | DataBundle | None = None,
    *,
    sims: int = 200,
    about: str | Path | Fit | None = None,
    llms: int = N_LLMS,
    evaluators: int = N_EVALUATORS,
    real: bool = False,
    exact: bool = False,
    draws: int | None = None,
    tune: int | None = None,
    seed: int = DEFAULT_SEED,
    out: str | Path = "calibration",
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Fit worlds of known truth, and count how often they are found as the posterior says.

    Truths come from the prior, or from the posterior of a run. In the first case a world has the
    reduced design, that of `llms` of the bundle's LLMs measured by `evaluators`, or the real one.
    In the second it has the run's own: each fit sees what the run saw, and as much again that was
    drawn from the truth.

    Parameters
    ----------
    spec : str, Path or Spec
        The hypothesis that worlds are drawn from and fitted by; that of the run where there is one.
    data : str, Path, DataBundle or None
        The design; None: the packaged bundle, or the run's data.
    sims : int
        Worlds.
    about : str, Path or Fit, optional
        A run whose posterior truths are drawn from.
    llms, evaluators : int
        Of the reduced design.
    real : bool
        Take the whole design of the data in place of the reduced one.
    exact : bool
        Draw scores from the likelihood as it is fitted, in place of the story that it stands for:
        the sampler alone is then put to the test, not what the likelihood approximates.
    draws, tune : int, optional
        Draws kept and warm-up per chain of each fit.
    seed : int
        Seed of designs, worlds and fits.
    out : str or Path
        Folder of the fits; those that are there already are not made again.
    workers : int, optional
        Processes of one thread each to fit in; none: this process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers fit.
    tell : callable
        Called with lines of progress.

    Returns
    -------
    Calibration
        Ranks, coverage and what does not hold. It depends on seed and design, not on who fitted.

    Raises
    ------
    DataNeedError
        For a hypothesis that is no posterior, and a run that did not pass its checks.

    Notes
    -----
    From the prior: Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788. About a
    posterior: Säilynoja, Schmitt, Bürkner and Vehtari (2025), arXiv:2502.03279.

    Examples
    --------
    >>> found = calibrate("trend", sims=200, workers=2)  # doctest: +SKIP
    >>> found.passed, found.table["p_corrected"].min()  # doctest: +SKIP
    """
    if sims < 1:
        raise SpecError(f"sims = {sims}: a calibration needs one world or more")
    if about is None:
        plan = from_prior(
            load_spec(spec),
            data if isinstance(data, DataBundle) else load_data(data),
            llms=llms,
            evaluators=evaluators,
            real=real,
            seed=seed,
        )
        lengths = _FROM_PRIOR
    else:
        plan = from_posterior(about, data, sims=sims, seed=seed)
        lengths = _FROM_POSTERIOR
    lengths = replace(lengths, draws=draws or lengths.draws, tune=tune or lengths.tune)
    recipe = Fits(
        spec=plan.spec,
        template=plan.template,
        lengths=lengths,
        seed=seed,
        truths=plan.truths_sha256,
        exact=exact,
        first=plan.first,
    )
    jobs = [
        Job(f"sim-{i:05d}", seed_of(seed, i), plan.values[i] if plan.values else {})
        for i in range(sims)
    ]
    tell(f"{plan.spec.name}: {sims} worlds, truths from {plan.truths}; {plan.design}")
    outcome = carry_out(recipe, jobs, out, workers=workers, scheduler=scheduler, tell=tell)
    return collected(
        {key: done.row for key, done in outcome.done.items()},
        {key: done.seconds for key, done in outcome.done.items()},
        about={
            "spec": plan.spec.name,
            "spec_sha256": plan.spec.sha256,
            "seed": seed,
            "sims": sims,
            "truths": plan.truths,
            "outcomes": "the likelihood as it is fitted" if exact else "the model as it is stated",
            "design": plan.design,
            "data_sha256": plan.template.sha256,
            "chains": plan.spec.sampler.chains,
            **asdict(lengths),
            "version": __version__,
        },
    )
