"""How far scores pull the reference curve, in a line beside a headline."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bayesdensing.analysis.pull import pull, reference_curve, reference_pull
from bayesdensing.analysis.rulers import ALONE, beside, curve_alone, how_to_fit, shipped_record
from bayesdensing.errors import BayesdensingError
from bayesdensing.fitting import load_fit

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["pull_line"]

#: Rows of a pull that are the curve, not the scatter about it; losses at one size on the ruler.
_LAW, _AT = ("irreducible_loss", "n_exponent", "d_exponent"), "loss_at_1e10"


def pull_line(fit: "Fit", *, folder: Path) -> str | None:
    """Say what of the reference curve the scores pull farthest.

    Parameters
    ----------
    fit : Fit
        Any fit.
    folder : pathlib.Path
        Its run; a run of the loss law alone is looked for beside it, then in the shipped record.

    Returns
    -------
    str or None
        None for a cut, which lets nothing pull.
    """
    if "growth" not in fit.spec.blocks or fit.spec.information.flow == "cut":
        return None
    table = _pull(fit, folder=folder)
    if table is None:
        how = how_to_fit(ALONE, fit, folder=folder) or f"fit {ALONE} to the same data"
        return f"how far scores pull it is not known until the runs are fitted alone: {how}"
    law = table[table.index.str.match("|".join(_LAW))]
    name = str(law["shift"].abs().idxmax())
    row = law.loc[name]
    loss = table[table.index.str.startswith(_AT)]
    moved = loss["joint_median"] / loss["alone_median"] - 1
    where = str(moved.abs().idxmax())
    return (
        f"largest pull by scores: {name} {row['alone_median']:.3g} → {row['joint_median']:.3g}, "
        f"{row['shift']:+.1f} sd of the runs alone; "
        f"{where} {100 * moved[where]:+.0f} %"
    )


def _pull(fit: "Fit", *, folder: Path) -> pd.DataFrame | None:
    for place in beside(ALONE, folder=folder):
        try:
            alone = load_fit(place, data=fit.data)
            if alone.diagnostics.converged:
                return reference_pull(fit, alone)
        except BayesdensingError:
            pass  # no such run, or one of another law or other data
    curve = curve_alone(fit, shipped_record())
    if curve is None:
        return None
    return pull(reference_curve(fit.posterior, tokens=fit.reference_tokens), curve)
