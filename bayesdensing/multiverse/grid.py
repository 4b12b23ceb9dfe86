"""A grid of choices as a TOML file: which axes, which choices, one at a time or all together."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, SpecError, suggestion
from bayesdensing.multiverse.choices import AXES, scaled_choice
from bayesdensing.multiverse.families import OTHER_FAMILIES
from bayesdensing.multiverse.options import option_of, refuse_no_rate, variants
from bayesdensing.multiverse.variant import AS_IS, Variant
from bayesdensing.spec import PRIOR_TABLE, Spec

__all__ = ["Grid", "load_grid"]

Design = Literal["one_at_a_time", "factorial"]
_DESIGNS: tuple[Design, ...] = get_args(Design)
_KEYS = ("title", "design", "axes", "priors")
_OF_PRIOR = ("scale", "family")
_ALL = "all"
_LARGEST = 1_000_000


@dataclass(frozen=True)
class _Dimension:
    """An axis of a grid: its name in the file, and the choices stated."""

    key: str
    axis: str
    values: tuple[str | float, ...]


@dataclass(frozen=True)
class Grid:
    """Choices to be made otherwise.

    Attributes
    ----------
    origin : str
        Name of the file, for messages.
    title : str
        What is asked.
    design : str
        ``one_at_a_time``: each choice by itself; ``factorial``: every combination of choices, the
        one made included, so that interactions are seen.
    dimensions : tuple
        The axes.
    """

    origin: str
    title: str
    design: Design
    dimensions: tuple[_Dimension, ...]

    def variants(self, spec: Spec, data: DataBundle) -> tuple[Variant, ...]:
        """Return a hypothesis as it is, and with the choices of the grid.

        Parameters
        ----------
        spec : Spec
            The hypothesis.
        data : DataBundle
            The data.

        Returns
        -------
        tuple of Variant
            The hypothesis as it is comes first. Of a factorial grid each has its `Variant.cell`.

        Raises
        ------
        DataNeedError
            For a hypothesis without a rate that could depend on anything.
        SpecError
            For choices that the hypothesis or the data do not have, all of them in one message.
        """
        refuse_no_rate(spec)
        base = Variant(AS_IS, AS_IS, spec, same_graph=True)
        faults: list[str] = []
        options: list[list[Variant]] = []
        for dimension in self.dimensions:
            found = self._options(dimension, spec, data, faults)
            options.append([v for v in found if v.differs_from(spec)])
        if faults:
            raise SpecError("\n".join(f"{self.origin}: {fault}" for fault in faults))
        if self.design == "one_at_a_time":
            every = [base, *(v for own in options for v in own)]
            return tuple({v.key: v for v in every}.values())
        # definitions first: what priors and rows there are depends on them
        ways = [[None, *(v.choice for v in own)] for own in options]
        return tuple(self._cell(base, chosen, data) for chosen in product(*ways))

    def _options(
        self, dimension: _Dimension, spec: Spec, data: DataBundle, faults: list[str]
    ) -> list[Variant]:
        found: list[Variant] = []
        for value in dimension.values:
            try:
                if value == _ALL:
                    found += variants(spec, data, axes=[dimension.axis])[1:]
                else:
                    found.append(option_of(spec, data, axis=dimension.axis, value=value))
            except SpecError as error:
                faults.append(f"{dimension.key}: {error}")
        return list({v.choice: v for v in found}.values())

    def _cell(self, base: Variant, chosen: tuple[str | None, ...], data: DataBundle) -> Variant:
        """Make the choices of one cell, one after the other."""
        order = sorted(
            zip(self.dimensions, chosen, strict=True), key=lambda pair: pair[0].axis == "prior"
        )

        def made(so_far: Variant, pair: tuple[_Dimension, str | None]) -> Variant:
            dimension, choice = pair
            if choice is None:
                return so_far
            option = option_of(so_far.spec, data, axis=dimension.axis, value=choice)
            return so_far.joined(replace(option, axis=dimension.key.partition(".")[2]))

        try:
            whole = reduce(made, order, base)
        except (SpecError, DataNeedError) as error:
            words = ", ".join(f"{d.key} = {c}" for d, c in order if c is not None)
            raise SpecError(f"{self.origin}: {words} do not go together: {error}") from None
        cell = [(d.key.partition(".")[2], c or AS_IS) for d, c in zip(
            self.dimensions, chosen, strict=True
        )]  # fmt: skip
        return replace(whole, cell=tuple(cell))


def load_grid(path: str | Path) -> Grid:
    """Read a grid.

    Parameters
    ----------
    path : str or Path
        A TOML file. ``design`` is ``one_at_a_time`` (the default) or ``factorial``; ``[axes]`` has
        a list of choices per axis, or ``"all"``; ``[priors.NAME]`` has ``scale`` (factors) and
        ``family`` (names of distributions).

    Returns
    -------
    Grid
        The grid; whether a hypothesis has its choices is found out by `Grid.variants`.

    Raises
    ------
    SpecError
        Where there is no such file or it is not well formed; all faults in one message, each with
        file, key and value.

    Examples
    --------
    >>> load_grid("grid.toml").design  # doctest: +SKIP
    'one_at_a_time'
    """
    place = Path(path)
    raw, faults = _parsed(place), []
    faults += [f"unknown key {key!r}; {suggestion(key, _KEYS)}" for key in raw if key not in _KEYS]
    design = raw.get("design", _DESIGNS[0])
    if design not in _DESIGNS:
        faults.append(f"design = {design!r} is not known; {suggestion(str(design), _DESIGNS)}")
    title = raw.get("title", "")
    if not isinstance(title, str):
        faults.append(f"title = {title!r} is no text")
    dimensions = [
        *_of_axes(raw.get("axes", {}), faults),
        *_of_priors(raw.get("priors", {}), faults),
    ]
    if not dimensions and not faults:
        faults.append("no axis is varied: state [axes] or [priors.NAME]")
    if faults:
        raise SpecError("\n".join(f"{place.name}: {fault}" for fault in faults))
    return Grid(place.name, title, design, tuple(dimensions))


def _parsed(place: Path) -> dict[str, Any]:
    try:
        if place.stat().st_size > _LARGEST:
            raise SpecError(f"{place.name}: too large for a grid")
        return tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SpecError(f"no file {place}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{place.name}: cannot be read as UTF-8 text ({error})") from None
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{place.name}: not valid TOML: {error}") from None


def _entries(name: str, raw: Any, faults: list[str]) -> Iterable[tuple[str, Any]]:
    """Return the entries of what must be a table; none, and a fault, where it is none."""
    if isinstance(raw, Mapping):
        return raw.items()
    faults.append(f"{name} = {raw!r} must be a table")
    return ()


def _of_axes(raw: Any, faults: list[str]) -> list[_Dimension]:
    found = []
    for name, stated in _entries("axes", raw, faults):
        key = f"axes.{name}"
        if name not in AXES:
            faults.append(f"unknown axis {name!r}; {suggestion(name, AXES)}")
        elif values := _listed(key, stated, faults, kinds=(str, int, float)):
            found.append(_Dimension(key, name, values))
    return found


def _of_priors(raw: Any, faults: list[str]) -> list[_Dimension]:
    found = []
    for name, stated in _entries("priors", raw, faults):
        key = f"priors.{name}"
        if name not in PRIOR_TABLE:
            faults.append(f"unknown prior {name!r}; {suggestion(name, PRIOR_TABLE)}")
            continue
        if not isinstance(stated, Mapping):
            faults.append(f"{key} = {stated!r} must look like {{ scale = [0.5, 2] }}")
            continue
        faults += [
            f"unknown key {key}.{k}; {suggestion(k, _OF_PRIOR)}"
            for k in stated
            if k not in _OF_PRIOR
        ]
        scales = _listed(f"{key}.scale", stated.get("scale", []), faults, kinds=(int, float))
        low = [v for v in scales if not 0 < float(v) < float("inf")]
        faults += [f"{key}.scale: {v} is no factor: it must be positive" for v in low]
        if scales and not low:
            words = [scaled_choice(name, float(v)) for v in scales]
            found.append(_Dimension(f"{key}.scale", "prior", tuple(words)))
        families = _listed(f"{key}.family", stated.get("family", []), faults, kinds=(str,))
        bad = [v for v in families if v not in OTHER_FAMILIES]
        faults += [
            f"{key}.family: unknown distribution {v!r}; {suggestion(str(v), OTHER_FAMILIES)}"
            for v in bad
        ]
        if families and not bad:
            words = [f"{name} {v}" for v in families]
            found.append(_Dimension(f"{key}.family", "prior_family", tuple(words)))
    return found


def _listed(
    key: str, stated: Any, faults: list[str], *, kinds: tuple[type, ...]
) -> tuple[str | float, ...]:
    """Return a list of choices, or the one word that means all."""
    if stated == _ALL and str in kinds:
        return (_ALL,)
    if not isinstance(stated, list):
        faults.append(f'{key} = {stated!r} must be a list of choices, or "all"')
        return ()
    bad = [v for v in stated if isinstance(v, bool) or not isinstance(v, kinds)]
    faults += [f"{key}: {v!r} is no choice" for v in bad]
    twice = {str(v) for v in stated if sum(str(v) == str(w) for w in stated) > 1}
    faults += [f"{key}: {v} is named twice" for v in sorted(twice)]
    return () if bad or twice else tuple(stated)
