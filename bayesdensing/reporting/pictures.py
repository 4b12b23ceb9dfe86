"""The static figures of a page: those of `bayesdensing.plots`, as images with their words."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesdensing import plots
from bayesdensing.analysis.readings import LINK, LOSS_LAW
from bayesdensing.reporting.numbers import has_scores, has_trend

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit
    from bayesdensing.plots import PlotResult

__all__ = ["Picture", "pictures_of", "rates_picture"]


@dataclass(frozen=True)
class Picture:
    """A figure on the page.

    Attributes
    ----------
    name : str
        Of the plot.
    title, caption : str
        What it says and how to read it; together its alternative text.
    source : str
        ``data:`` address of the PNG image.
    width, height : int
        Pixels.
    """

    name: str
    title: str
    caption: str
    source: str
    width: int
    height: int

    @classmethod
    def of(cls, name: str, drawn: "PlotResult") -> "Picture":
        """Take words and image off a plot.

        Parameters
        ----------
        name : str
            Of the plot.
        drawn : PlotResult
            The plot.

        Returns
        -------
        Picture
            Title and caption become text of the page, and are no longer in the image.
        """
        figure = drawn.figure
        title, caption = figure.get_suptitle(), figure.get_supxlabel()
        figure.suptitle("")
        figure.supxlabel("")
        content = _lighter(drawn.to_png())
        return cls(
            name=name,
            title=_line(title),
            caption=_line(caption),
            source="data:image/png;base64," + base64.b64encode(content).decode(),
            width=int.from_bytes(content[16:20]),
            height=int.from_bytes(content[20:24]),
        )


def _lighter(content: bytes) -> bytes:
    """Return a PNG image with at most 256 colours, which a figure hardly has and a third holds."""
    from PIL import Image  # as matplotlib itself does

    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
    return out.getvalue()


def _line(text: str) -> str:
    """Return words of a figure as one line that parts no number from its sign."""
    return " ".join(text.split()).replace(" %", "\u00a0%")


def pictures_of(fit: "Fit", *, checks: bool = True, seed: int = 0) -> dict[str, Picture]:
    """Return the figures that a fit has the variables of.

    Parameters
    ----------
    fit : Fit
        Any fit.
    checks : bool
        Draw scores anew and predict left-out LLMs too, which takes some seconds.
    seed : int
        Seed of these.

    Returns
    -------
    dict of str to Picture
        By the name of the plot.
    """
    drawn: dict[str, Callable[[], PlotResult]] = {}
    if has_trend(fit) and "growth_rate" in fit.posterior:
        drawn["density_trend"] = lambda: plots.density_trend(fit)
        if not fit.spec.assumes_no_growth:
            drawn["doubling_time"] = lambda: plots.doubling_time(fit)
    if all(name in fit.posterior for name in LOSS_LAW):
        drawn["loss_curves"] = lambda: plots.loss_curves(fit)
    if all(name in fit.posterior for name in LINK):
        drawn["score_links"] = lambda: plots.score_links(fit)
    if has_trend(fit) and "dispersion" in fit.posterior and "growth_rate" in fit.posterior:
        drawn["residuals"] = lambda: plots.residuals(fit)
    if checks and has_scores(fit):
        drawn["posterior_predictive"] = lambda: plots.posterior_predictive(fit, seed=seed)
        drawn["loo_pit"] = lambda: plots.loo_pit(fit, seed=seed)
    drawn["prior_posterior"] = lambda: plots.prior_posterior(fit)
    return {name: Picture.of(name, draw()) for name, draw in drawn.items()}


def rates_picture(fits: Sequence["Fit"], *, names: Sequence[str]) -> Picture | None:
    """Return the doubling times of several fits, one below the other.

    Parameters
    ----------
    fits : sequence of Fit
        Any fits.
    names : sequence of str
        What they are called on the page.

    Returns
    -------
    Picture or None
        None where fewer than two of them have a rate that varies.
    """
    moving = [
        (fit, name)
        for fit, name in zip(fits, names, strict=True)
        if fit.headline().doubling_time_days is not None
    ]
    if len(moving) < 2:
        return None
    some, called = zip(*moving, strict=True)
    return Picture.of("doubling_times", plots.doubling_times(some, names=called))
