"""What every plot returns: the figure, and the numbers that it shows."""

import io
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

__all__ = ["PlotResult"]


@dataclass(frozen=True, eq=False)
class PlotResult:
    """A figure with the numbers that it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure; it belongs to no window.
    data : xarray.Dataset
        Every computed x and y, labelled, units in ``attrs``.
    """

    figure: Figure
    data: xr.Dataset

    def to_png(self, *, source: str = "") -> bytes:
        """Return the figure as a PNG image.

        Parameters
        ----------
        source : str
            What it was drawn from; kept in the image as its text ``Source``.

        Returns
        -------
        bytes
            The same bytes for the same figure and source.
        """
        buffer = io.BytesIO()
        metadata = {"Software": None} | ({"Source": source} if source else {})
        self.figure.savefig(buffer, format="png", metadata=metadata)
        return buffer.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the figure; the ending of the name says the format.

        Parameters
        ----------
        path : str or pathlib.Path
            Where to, such as ``trend.png`` or ``trend.pdf``.

        Returns
        -------
        pathlib.Path
            The file.
        """
        target = Path(path)
        self.figure.savefig(target)
        return target

    def _repr_png_(self) -> bytes:
        return self.to_png()
