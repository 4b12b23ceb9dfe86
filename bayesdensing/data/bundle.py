"""The data bundle as a frozen value, and its way in and out.

A bundle is a folder of CSV files that ``datapackage.json`` lists. `load_data` reads one and
refuses it with every fault at once; `validate_bundle` only lists the faults;
`DataBundle.from_frames` puts tables made in memory through the same rules.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd

from bayesdensing.data.reader import (
    DESCRIPTOR,
    Descriptor,
    RawTable,
    parse_csv,
    read_descriptor,
    read_text,
)
from bayesdensing.data.rules import check_tables
from bayesdensing.data.schema import TABLES
from bayesdensing.data.writer import (
    canonical_csv,
    canonical_table,
    content_hash,
    descriptor,
    write_folder,
)
from bayesdensing.errors import BundleError, Fault
from bayesdensing.paths import packaged_data_dir

__all__ = ["DataBundle", "load_data", "validate_bundle"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DataBundle:
    """A validated data bundle.

    Make one with `load_data` or `DataBundle.from_frames`; the constructor itself checks
    nothing. Each attribute named after a file is a fresh frame that shares memory with the
    bundle until it is written to (copy-on-write), so nothing a caller does changes the bundle.

    Frames have every column of the format, absent optional ones empty, then the file's own
    ``x_`` columns. Types: text ``str``, numbers and counts ``float64`` (missing is NaN),
    dates ``datetime64[us]`` (missing is NaT), truth values ``bool``. ``n_params_active`` is
    filled with ``n_params`` where the file leaves it empty. The index is 0, 1, 2, … in the
    order of the file.

    Parameters
    ----------
    name, version : str
        As ``datapackage.json`` says.
    path : pathlib.Path or None
        Where it was read; None when it was made in memory.
    sha256 : str
        Hash of the content: not of the path, the name, or the spelling of values.
    _frames : mapping of str to pandas.DataFrame
        Typed tables by name, without ``.csv``. Read them through `frames`.

    Examples
    --------
    >>> data = load_data()
    >>> data.reference_runs.groupby("benchmark").size().to_dict()["MMLU"]
    33
    """

    name: str
    version: str
    path: Path | None
    sha256: str
    _frames: Mapping[str, pd.DataFrame]

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Tables that the bundle holds, by name without ``.csv``, in the order of the format."""
        return {
            name: self._frames[name].copy(deep=False) for name in TABLES if name in self._frames
        }

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table.

        Parameters
        ----------
        name : str
            Name of the table, that of its file without ``.csv``.

        Returns
        -------
        pandas.DataFrame or None
            The table; None when the bundle does not hold it.
        """
        frame = self._frames.get(name)
        return None if frame is None else frame.copy(deep=False)

    @property
    def benchmarks(self) -> pd.DataFrame | None:
        """One row per benchmark: n_items, chance (0..1)."""
        return self.table("benchmarks")

    @property
    def reference_runs(self) -> pd.DataFrame | None:
        """One row per reference run and benchmark: n_params, n_tokens (counts), loss."""
        return self.table("reference_runs")

    @property
    def loss_scores(self) -> pd.DataFrame | None:
        """One row per point that ties a loss to a score (0..1)."""
        return self.table("loss_scores")

    @property
    def models(self) -> pd.DataFrame | None:
        """One row per LLM: release_date, n_params, n_params_active (counts)."""
        return self.table("models")

    @property
    def scores(self) -> pd.DataFrame | None:
        """One row per measurement: model, benchmark, evaluator, score (0..1)."""
        return self.table("scores")

    @property
    def densities(self) -> pd.DataFrame | None:
        """One row per published value of a growing quantity."""
        return self.table("densities")

    @property
    def prices(self) -> pd.DataFrame | None:
        """One row per API price, in US dollars per million tokens."""
        return self.table("prices")

    @property
    def constants(self) -> pd.DataFrame | None:
        """One row per published number that a corollary needs."""
        return self.table("constants")

    @property
    def sources(self) -> pd.DataFrame | None:
        """One row per source."""
        return self.table("sources")

    @classmethod
    def from_frames(
        cls,
        *,
        name: str,
        version: str = "0",
        benchmarks: pd.DataFrame | None = None,
        reference_runs: pd.DataFrame | None = None,
        loss_scores: pd.DataFrame | None = None,
        models: pd.DataFrame | None = None,
        scores: pd.DataFrame | None = None,
        densities: pd.DataFrame | None = None,
        prices: pd.DataFrame | None = None,
        constants: pd.DataFrame | None = None,
        sources: pd.DataFrame | None = None,
    ) -> Self:
        """Make a bundle from tables in memory, under the rules that files are judged by.

        Parameters
        ----------
        name, version : str
        benchmarks, reference_runs, loss_scores, models, scores, densities, prices : DataFrame
            Columns as in the files; the index is ignored.
        constants, sources : DataFrame

        Returns
        -------
        DataBundle

        Raises
        ------
        BundleError
            With every fault; rows are numbered as if the table were a file with a header.
        """
        given = {
            "benchmarks": benchmarks,
            "reference_runs": reference_runs,
            "loss_scores": loss_scores,
            "models": models,
            "scores": scores,
            "densities": densities,
            "prices": prices,
            "constants": constants,
            "sources": sources,
        }
        raws, faults = _raw_from_frames(given)
        typed, more = check_tables(raws)
        faults += more
        if faults:
            raise BundleError(faults)
        return cls._make(name=name, version=version, path=None, frames=typed)

    @classmethod
    def _make(
        cls, *, name: str, version: str, path: Path | None, frames: Mapping[str, pd.DataFrame]
    ) -> Self:
        texts = {table: canonical_csv(TABLES[table], frame) for table, frame in frames.items()}
        digest = content_hash(texts)
        return cls(name=name, version=version, path=path, sha256=digest, _frames=dict(frames))

    def to_directory(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        extras: Mapping[str, str] | None = None,
    ) -> Path:
        """Write the bundle as a folder that `load_data` reads back as an equal bundle.

        The folder appears complete or not at all.

        Parameters
        ----------
        path : str or pathlib.Path
        overwrite : bool
            Replace an older bundle at that place.
        extras : mapping of str to str, optional
            Name to text of files that go with it, such as what it was made from.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        FileExistsError
            When something is there that may not be replaced.
        """
        folder = Path(path)
        described = descriptor(self.frames, name=self.name, version=self.version)
        write_folder(folder, self.frames, described=described, overwrite=overwrite, extras=extras)
        return folder

    def summary(self) -> dict[str, int]:
        """Return the number of rows of each table that the bundle holds.

        Returns
        -------
        dict of str to int
        """
        return {name: len(frame) for name, frame in self.frames.items()}

    def __repr__(self) -> str:
        """Return name, version, row counts and the start of the hash."""
        counts = ", ".join(f"{name} {n}" for name, n in self.summary().items())
        return f"<DataBundle {self.name} {self.version}: {counts}; sha256 {self.sha256[:12]}>"

    def __eq__(self, other: object) -> bool:
        """Compare name, version and content."""
        if not isinstance(other, DataBundle):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        """Hash name, version and content."""
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, str]:
        return (self.name, self.version, self.sha256)


def _raw_from_frames(
    given: Mapping[str, pd.DataFrame | None],
) -> tuple[dict[str, RawTable], list[Fault]]:
    raws: dict[str, RawTable] = {}
    faults: list[Fault] = []
    for name, frame in given.items():
        if frame is None:
            continue
        file = TABLES[name].file
        if frame.columns.has_duplicates or not len(frame):
            what = "has no rows" if not len(frame) else "has columns of the same name"
            faults.append(Fault(file, None, None, what))
            continue
        raws[name] = canonical_table(file, frame)
    return raws, faults


def _read(
    folder: Path, *, today: dt.date | None = None
) -> tuple[Descriptor, dict[str, pd.DataFrame], list[Fault]]:
    """Read and judge a bundle without ever raising on what it holds."""
    nothing = Descriptor(folder.name, "0", ())
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        return nothing, {}, [Fault(str(folder), None, None, what)]
    described, faults = read_descriptor(folder)
    if described is None:
        return nothing, {}, faults
    raws: dict[str, RawTable] = {}
    for name in described.tables:
        text, problems = read_text(folder / TABLES[name].file)
        faults += problems
        if text is None:
            continue
        raw, problems = parse_csv(TABLES[name].file, text)
        faults += problems
        if raw is not None:
            raws[name] = raw
    frames, problems = check_tables(raws, today=today)
    if not described.tables and not faults:
        faults.append(Fault(DESCRIPTOR, None, "resources", "lists none of the format's files"))
    return described, frames, faults + problems


def load_data(path: str | Path | None = None) -> DataBundle:
    """Read a data bundle.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        Folder of the bundle; the default is the packaged one.

    Returns
    -------
    DataBundle

    Raises
    ------
    BundleError
        With every fault of every file.

    Examples
    --------
    >>> load_data().name
    'densing'
    """
    folder = packaged_data_dir() if path is None else Path(path)
    described, frames, faults = _read(folder)
    if faults:
        raise BundleError(faults)
    return DataBundle._make(
        name=described.name, version=described.version, path=folder, frames=frames
    )


def validate_bundle(path: str | Path) -> tuple[Fault, ...]:
    """List everything that is wrong with a data bundle.

    What the rules cannot know is taken on trust: columns and CSV files whose names start with
    ``x_``, and listed files that are not CSV (they only have to exist). A reference is looked up
    only when the bundle holds the table it points to.

    Parameters
    ----------
    path : str or pathlib.Path
        Folder of the bundle.

    Returns
    -------
    tuple of Fault
        Empty for a valid bundle.

    Examples
    --------
    >>> [str(fault) for fault in validate_bundle("no/such/folder")]
    ['no/such/folder: does not exist']
    """
    return tuple(_read(Path(path))[2])
