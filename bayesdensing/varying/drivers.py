"""What drives the rate of a hypothesis as it is: read out of the draws of one fit."""

from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr
from pymc.pytensorf import compile as compile_graph

from bayesdensing.analysis import Fit
from bayesdensing.analysis.drivers import (
    SOURCES,
    budget_table,
    influence_table,
    prior_terms,
    scaling_table,
    source_of,
)
from bayesdensing.analysis.leave_out import llm_log_likelihood
from bayesdensing.analysis.readings import thin
from bayesdensing.analysis.summary import plain
from bayesdensing.assembly.pointwise import PublishedDensity
from bayesdensing.assembly.weighing import terms_at
from bayesdensing.campaign import Row

__all__ = ["driving", "stored", "table_from"]

#: Draws that are looked at, units of each kind that are listed, and how much narrower than its
#: posterior a parameter is held: what is left of its variance is then a hundredth.
_MOST_DRAWS, _INFLUENTIAL, _NARROWER = 2000, 10, 10.0


def driving(run: Fit) -> Row:
    """Read out of a fit what drives its rate.

    Parameters
    ----------
    run : Fit
        A fit with a growth rate.

    Returns
    -------
    dict
        Stored tables ``scaling``, ``influence`` (units of every kind, the furthest first) and
        ``budget`` (by regression), and ``held``: for each source its free parameters with the
        values to hold them at.
    """
    rate = run.posterior["growth_rate"]
    kept = thin(run.posterior, max_draws=_MOST_DRAWS)
    scaling = scaling_table(rate, priors=prior_terms(run), blocks={})
    blocks = scaling_table(kept["growth_rate"], priors={}, blocks=_block_terms(run, kept))
    parts = pd.concat([scaling, blocks])
    row: Row = plain(
        {
            "scaling": stored(parts.sort_values("psense", ascending=False, kind="stable")),
            "influence": stored(_influence(run, kept)),
            "budget": stored(budget_table(run.posterior)),
            "held": _held(run),
            "converged": run.diagnostics.converged,
        }
    )
    return row


def stored(table: pd.DataFrame) -> Row:
    """Return a table as plain JSON types.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.

    Returns
    -------
    dict
        Index, its name, columns.
    """
    columns = {str(name): table[name].tolist() for name in table.columns}
    return {"index": table.index.tolist(), "name": table.index.name, "columns": columns}


def table_from(row: Row, name: str) -> pd.DataFrame | None:
    """Rebuild a table from what was stored of it.

    Parameters
    ----------
    row : dict
        What holds it.
    name : str
        Its name there.

    Returns
    -------
    pandas.DataFrame or None
        None where there is none.
    """
    if name not in row:
        return None
    kept = row[name]
    index = pd.Index(kept["index"], name=kept["name"])
    return pd.DataFrame(kept["columns"], index=index)


def _influence(run: Fit, kept: xr.Dataset) -> pd.DataFrame:
    """Return the most influential units of each kind, the furthest of all first."""
    rate = np.ravel(kept["growth_rate"])
    llms = kept["llm"].to_numpy()
    tables = [influence_table(rate, _per_llm(run), llms, most=_INFLUENTIAL)]
    for kind, (labels, terms) in terms_at(run.spec, run.data, run.model, kept).items():
        flat = terms.reshape(-1, terms.shape[-1])
        names = np.array(labels)
        tables.append(influence_table(rate, flat, names, kind=kind, most=_INFLUENTIAL))
    whole = pd.concat(tables)
    order = np.argsort(-np.abs(whole["shift_sd"].to_numpy()), kind="stable")
    return whole.iloc[order]


def _per_llm(run: Fit) -> np.ndarray:
    """Return the log likelihood of each LLM at some of the draws, (draw, llm)."""
    if run.spec.is_series_alone:
        density = PublishedDensity.of(run.spec, run.data)
        kept = thin(run.posterior, max_draws=_MOST_DRAWS)
        return density.at(density.values_of(kept))[1]
    return llm_log_likelihood(run, max_draws=_MOST_DRAWS)


def _block_terms(run: Fit, kept: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the log likelihood of each block of data at draws, (chain, draw)."""
    model: Any = run.model
    free = model.free_RVs
    seen = model.observed_RVs
    out = [pm.logp(rv, model.rvs_to_values[rv]).sum() for rv in seen]
    evaluate = compile_graph(free, out, mode="FAST_COMPILE", on_unused_input="ignore")
    arrays = [kept[rv.name].transpose("chain", "draw", ...).to_numpy() for rv in free]
    shape = arrays[0].shape[:2]
    values = [evaluate(*(a[at] for a in arrays)) for at in np.ndindex(*shape)]
    terms = np.array(values, dtype=float).reshape(*shape, len(out))
    return {str(rv.name): terms[..., i] for i, rv in enumerate(seen)}


def _held(run: Fit) -> dict[str, dict[str, dict[str, Any]]]:
    """Return where to hold the free parameters of each source: mean and a tenth of the sd."""
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in SOURCES}
    model: Any = run.model
    for variable in model.free_RVs:
        name = str(variable.name)
        source = source_of(name.removesuffix("_logit"))
        if source is None:
            continue
        draws = run.posterior[name]
        at, sd = draws.mean(("chain", "draw")), draws.std(("chain", "draw"))
        found[source][name] = {
            "at": at.to_numpy().tolist(),
            "sd": (sd / _NARROWER).to_numpy().tolist(),
        }
    return {source: held for source, held in found.items() if held}
