"""Which choices are asked for: those of whole axes, or one by its name."""

import difflib
from collections.abc import Sequence

from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, SpecError
from bayesdensing.multiverse.choices import axes_of, freely
from bayesdensing.multiverse.variant import AS_IS, Variant
from bayesdensing.spec import Spec

__all__ = ["option_of", "refuse_no_rate", "variants"]


def variants(
    spec: Spec, data: DataBundle, *, axes: Sequence[str] | None = None
) -> tuple[Variant, ...]:
    """Return a hypothesis as it is, and with one choice at a time made otherwise.

    Parameters
    ----------
    spec : Spec
        The hypothesis, with a growth rate.
    data : DataBundle
        The data.
    axes : sequence of str, optional
        Which choices, of `AXES`; all that the hypothesis has where not given.

    Returns
    -------
    tuple of Variant
        The hypothesis as it is comes first; a choice that it has made itself is no variant.

    Raises
    ------
    DataNeedError
        Where the hypothesis has no rate that could depend on anything, or is a cut.
    SpecError
        For an axis that there is not.
    """
    refuse_no_rate(spec)
    usual, named = axes_of(spec)
    chosen = list(usual) if axes is None else list(axes)
    possible = {**usual, **named}
    for name in chosen:
        if name not in possible:
            raise SpecError(f"no axis {name!r} of {spec.name}; there are: {', '.join(possible)}")
    found = [Variant(AS_IS, AS_IS, spec, same_graph=True)]
    for name in chosen:
        found += [v for v in possible[name](spec, data) if v.differs_from(spec)]
    return tuple(found)


def refuse_no_rate(spec: Spec) -> None:
    """Refuse a hypothesis without a rate that choices could move.

    Parameters
    ----------
    spec : Spec
        The hypothesis.

    Raises
    ------
    DataNeedError
        Where it has no growth, holds the rate at 0, is a cut or of records alone.
    """
    if not {"growth", "published"} & set(spec.blocks):
        raise DataNeedError(f"{spec.name} has no growth block: there is no rate to watch")
    if spec.growth.trend == "constant":
        raise DataNeedError(f"{spec.name} holds the rate at 0: nothing moves it")
    if spec.information.flow == "cut" or spec.data.records == "only":
        raise DataNeedError(
            f"{spec.name}: the sensitivity of a cut, or of records alone, cannot be worked out"
        )


def option_of(spec: Spec, data: DataBundle, *, axis: str, value: str | float) -> Variant:
    """Return one choice of an axis by what a user calls it.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    data : DataBundle
        The data.
    axis : str
        One of `AXES`.
    value : str or float
        The choice, or how it starts (``dense``, ``2`` for ``2 benchmarks or more``); of
        reference_tokens any rule and number, of the growth axis any value that it allows, of
        what is left out any name in the data.

    Returns
    -------
    Variant
        The choice; one that the hypothesis has made itself does not differ from it.

    Raises
    ------
    SpecError
        For an axis that the hypothesis does not have, or a choice that there is not.
    """
    usual, named = axes_of(spec)
    possible = {**usual, **named}
    if axis not in possible:
        raise SpecError(f"{spec.name} has no such axis; there are: {', '.join(possible)}")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    known = {v.choice: v for v in possible[axis](spec, data)}
    close = [name for name in known if f"{name} ".casefold().startswith(f"{text} ".casefold())]
    if len(close) == 1 or text in known:
        return known[text if text in known else close[0]]
    for variant in freely(spec, data, axis=axis, text=text):
        return variant
    meant = difflib.get_close_matches(text, known, n=1, cutoff=0.5)
    hint = f"did you mean {meant[0]!r}?" if meant else f"known: {', '.join(list(known)[:12])}"
    raise SpecError(f"{text!r} is no choice; {hint}")
