"""Hypotheses to and from TOML files; unknown keys are errors that name the nearest known one."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bayesdensing.errors import SpecError, nearest, suggestion
from bayesdensing.laws import DISTRIBUTIONS, Prior
from bayesdensing.paths import packaged_models_dir
from bayesdensing.spec.effect import AXES, Choices, shown, without_effect
from bayesdensing.spec.model import Spec
from bayesdensing.spec.places import lines_of
from bayesdensing.spec.priors import PRIOR_TABLE
from bayesdensing.spec.used import unused_priors, used_priors

__all__ = ["dump", "list_specs", "load_spec", "parse"]

_MAX_BYTES = 1_000_000
_DEEPEST = 100  # brackets that a hypothesis may have open at once; none needs more than three
_LONGEST = 60  # characters of a value that a message shows
#: What a value has to be, by the kind of error that pydantic names.
_WANTED = {
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a number that can be counted to",
    "int_type": "a whole number",
    "string_pattern_mismatch": (
        "a name of letters, digits, '_', '.' and '-' that starts with a letter or a digit"
    ),
    "string_type": "text in quotes",
    "tuple_type": "a list",
}


def load_spec(spec: str | Path | Spec = "joint") -> Spec:
    """Load a hypothesis.

    Parameters
    ----------
    spec : str, Path or Spec
        Name of a shipped hypothesis, path to a TOML file, or a hypothesis, which is returned
        as it is.

    Returns
    -------
    Spec
        The hypothesis, defaults and priors filled in.

    Raises
    ------
    SpecError
        Where there is no such hypothesis or it is not well formed.

    Examples
    --------
    >>> load_spec("joint").blocks
    ('loss', 'link', 'growth')
    """
    if isinstance(spec, Spec):
        return spec
    path = _locate(spec)
    text = _read(path)
    raw, own = _resolve(path, text, seen=())
    # what is inherited may have lost its use; what is stated must have one
    faults = []
    for axis, key, need in list(without_effect(raw)):
        if key in _table(own, axis) and not _states_everything(own):
            faults.append(f"{axis}.{key} = {shown(own[axis][key])} {need}")
        elif key in _table(raw, axis) and key not in _table(own, axis):
            raw[axis] = {k: v for k, v in raw[axis].items() if k != key}
    if "priors" in raw:
        keep = used_priors(raw) | set(own.get("priors", {}))
        raw["priors"] = {n: p for n, p in raw["priors"].items() if n in keep}
        faults += _priors_without_use(raw, text)
    return _build(raw, origin=path.name, unused=faults)


def _priors_without_use(raw: Mapping[str, Any], text: str) -> list[str]:
    """Say of each stated prior that nothing uses where it stands, why, and what to change."""
    lines, faults = lines_of(text), []
    for name, (where, needs) in unused_priors(raw).items():
        if name not in raw["priors"]:
            continue
        axis, _, key = where.partition(".")
        chosen = Choices(raw).of(axis, key) if key else list(raw.get("blocks", ()))
        stated = f"{where} = {shown(chosen)}" + (
            f" (line {lines[where]})" if where in lines else ""
        )
        here = f" in line {lines[f'priors.{name}']}" if f"priors.{name}" in lines else ""
        faults.append(
            f"the prior {name}{here} has no use with {stated}: delete that prior, or choose "
            f"{where} = {' or '.join(needs)}{_instead(name, raw)}"
        )
    return faults


def _instead(name: str, raw: Mapping[str, Any]) -> str:
    """Name the priors that this hypothesis has in place of one without use, the nearest first."""
    block, used = PRIOR_TABLE[name].block, used_priors(raw)
    own = [n for n in PRIOR_TABLE if n in used and PRIOR_TABLE[n].block == block]
    if not own:
        return ""
    near = nearest(name, own)
    meant = f"; did you mean {near}?" if near else ";"
    return f"{meant} priors of this hypothesis's {block}: {', '.join(own)}"


def list_specs() -> tuple[Spec, ...]:
    """Return every shipped hypothesis, by name.

    Returns
    -------
    tuple of Spec
        Hypotheses, the default first.
    """
    names = sorted(_shipped())
    return tuple(load_spec(n) for n in sorted(names, key=lambda n: (n != "joint", n)))


def _table(raw: Mapping[str, Any], axis: str) -> Mapping[str, Any]:
    value = raw.get(axis)
    return value if isinstance(value, Mapping) else {}


def _states_everything(own: Mapping[str, Any]) -> bool:
    """Tell a resolved hypothesis, which states also what it does not choose."""
    always = [axis for axis in AXES if Spec.model_fields[axis].exclude_if is None]
    return "extends" not in own and all(axis in own for axis in always)


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in packaged_models_dir().glob("*.toml")}


def _locate(spec: str | Path) -> Path:
    text = str(spec)
    if "\0" in text:
        raise SpecError("no file has a name with a null byte in it")
    looks_like_path = text.endswith(".toml") or "/" in text or "\\" in text
    if looks_like_path or isinstance(spec, Path):
        return Path(spec)
    shipped = _shipped()
    if text in shipped:
        return shipped[text]
    raise SpecError(f"no hypothesis {text!r}; {suggestion(text, shipped)}")


def _resolve(
    path: Path, text: str, *, seen: tuple[Path, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse a file and lay it over what it extends; return also what it states itself."""
    own = parse(text, origin=path.name, resolved=lambda raw: _over(raw, path, seen=seen))
    return _over(own, path, seen=seen), own


def _over(own: Mapping[str, Any], path: Path, *, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Lay what a file states over what it extends."""
    raw = {"name": _slug(path.stem), **own}
    parent = raw.pop("extends", None)
    if parent is None:
        return raw
    if not isinstance(parent, str) or "\0" in parent:
        raise SpecError(f"{path.name}: extends must be the name of a hypothesis")
    sibling = path.parent / parent
    base = sibling if parent.endswith(".toml") else _locate(parent)
    if base.resolve() in seen or base.resolve() == path.resolve():
        raise SpecError(f"{path.name}: extends itself through {parent!r}")
    under, _ = _resolve(base, _read(base), seen=(*seen, path.resolve()))
    merged = {**under, **raw}
    if "title" not in own and (under.get("title") and (changed := _changes(own))):
        merged["title"] = f"{under['title']}, but {changed}"
    for axis in (*AXES, "priors"):
        if isinstance(under.get(axis), dict) and isinstance(raw.get(axis, {}), dict):
            merged[axis] = {**under[axis], **raw.get(axis, {})}
    return merged


def _changes(own: Mapping[str, Any]) -> str:
    """Return what a file states of the axes, in words: an inherited title does not know of it."""
    return ", ".join(
        f"{axis}.{key} = {shown(value)}"
        for axis in AXES
        if axis != "sampler"
        for key, value in _table(own, axis).items()
    )


def _slug(stem: str) -> str:
    """Return a name made of a file's: what no name may hold becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-._") or "hypothesis"


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            hint = ""
            if (path / "spec.toml").is_file():
                hint = f": it is a run, whose hypothesis is {path / 'spec.toml'}"
            raise SpecError(f"{path}: is not a file{hint}")
        if path.stat().st_size > _MAX_BYTES:
            raise SpecError(f"{path.name}: too large for a hypothesis")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        is_shipped = path.suffix == ".toml" and path.stem in _shipped()
        hint = f"; {path.stem} alone is the shipped one" if is_shipped else ""
        raise SpecError(f"no file {path}{hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path.name}: cannot be read as UTF-8 text ({error})") from None


def _depth(text: str) -> int:
    """Return how many brackets are open at once, those in strings and comments among them."""
    steps = ((character in "[{") - (character in "]}") for character in text)
    return max(accumulate(steps), default=0)


def parse(
    text: str,
    *,
    origin: str,
    resolved: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Parse a TOML text and refuse keys that no hypothesis has.

    Parameters
    ----------
    text : str
        TOML.
    origin : str
        Name of the file, for messages.
    resolved : callable, optional
        Lays a raw hypothesis over what it extends, so that a message knows which priors it uses;
        where it is not given, the hypothesis stands by itself.

    Returns
    -------
    dict
        The raw hypothesis, unresolved.

    Raises
    ------
    SpecError
        For text that is not TOML, and for unknown keys, all of them in one message.
    """
    # the parser calls itself for each bracket, and what is collected or finalised at the end of the
    # stack would say so on stderr
    if _depth(text) > _DEEPEST:
        raise SpecError(f"{origin}: not valid TOML: more than {_DEEPEST} brackets are open at once")
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError also for absurdly long numbers
        raise SpecError(f"{origin}: not valid TOML: {error}") from None
    faults = []
    top = {*Spec.model_fields, "extends"}
    for key in raw:
        if key not in top:
            faults.append(f"unknown key {key!r}; {suggestion(key, top)}")
    for axis in AXES:
        fields = _axis_fields(axis)
        value = raw.get(axis, {})
        if not isinstance(value, dict):
            faults.append(f"{axis} must be a table")
            continue
        faults += [
            f"unknown key {axis}.{k}; {suggestion(k, fields)}" for k in value if k not in fields
        ]
    faults += _prior_faults(raw.get("priors", {}), lambda: _known_priors(raw, resolved))
    if faults:
        raise SpecError("\n".join(f"{origin}: {fault}" for fault in faults))
    return raw


def _axis_fields(axis: str) -> list[str]:
    kind = Spec.model_fields[axis].annotation
    assert isinstance(kind, type) and issubclass(kind, BaseModel)  # noqa: S101, PT018 - by design
    return list(kind.model_fields)


def _known_priors(
    raw: dict[str, Any], resolved: Callable[[dict[str, Any]], Mapping[str, Any]] | None
) -> Iterable[str]:
    """Return the priors that a hypothesis uses; all where what it states cannot be made out."""
    try:
        return used_priors(resolved(raw) if resolved is not None else raw) or PRIOR_TABLE
    except (SpecError, TypeError, AttributeError):
        return PRIOR_TABLE


def _prior_faults(priors: Any, known: Callable[[], Iterable[str]]) -> list[str]:
    if not isinstance(priors, dict):
        return ["priors must be a table"]
    faults = []
    for name, value in priors.items():
        if name not in PRIOR_TABLE:
            faults.append(f"unknown prior {name!r}; {suggestion(name, known())}")
        elif not isinstance(value, dict) or not isinstance(value.get("dist"), str):
            faults.append(f'prior {name} must look like {{ dist = "Normal", mu = 0, sigma = 1 }}')
        elif value["dist"] not in DISTRIBUTIONS:
            faults.append(
                f"prior {name}: unknown distribution {value['dist']!r}; "
                + suggestion(value["dist"], DISTRIBUTIONS)
            )
        else:
            wanted = DISTRIBUTIONS[value["dist"]]
            faults += [
                f"prior {name}: unknown key {key!r}; {suggestion(key, wanted)}"
                for key in value
                if key != "dist" and key not in wanted
            ]
    return faults


def _build(raw: Mapping[str, Any], *, origin: str, unused: list[str]) -> Spec:
    priors = {}
    faults = []
    for name, value in raw.get("priors", {}).items():
        params = {k: v for k, v in value.items() if k != "dist"}
        try:
            priors[name] = Prior(value["dist"], params)
        except (ValueError, TypeError) as error:
            faults.append(f"prior {name}: {error}")
    if not faults:
        try:
            spec = Spec(**{**raw, "priors": priors})
        except ValidationError as error:
            entries = error.errors()
            # what a key has to do with the others is told where each by itself is well
            told = unused if all(not entry["loc"] for entry in entries) else []
            faults += told or [_words(entry) for entry in entries]
        else:
            if not unused:
                return spec
            faults += unused
    raise SpecError("\n".join(f"{origin}: {fault}" for fault in faults))


def _words(entry: Any) -> str:
    where = ".".join(str(part) for part in entry["loc"]) or "hypothesis"
    kind, found = entry["type"], entry.get("input")
    message = entry["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        message = f"{found!r} is not known; {suggestion(str(found), _options(entry['loc']))}"
    elif kind == "missing":
        message = "is required"
    elif wanted := _wanted(kind, entry.get("ctx", {})):
        text = shown(found)
        message = f"{text if len(text) <= _LONGEST else f'{text[:_LONGEST]}...'} is not {wanted}"
    return f"{where}: {message}"


def _wanted(kind: str, bounds: Mapping[str, Any]) -> str | None:
    """Return what a value has to be, in words, for a kind of error that is pydantic's own."""
    for limit, words in (("gt", "above"), ("ge", "of at least"), ("lt", "below"), ("le", "up to")):
        if limit in bounds:
            return f"a number {words} {bounds[limit]:g}"
    if kind.startswith("date"):
        return "a date such as 2024-12-31"
    return _WANTED.get(kind)


def _options(loc: tuple[Any, ...]) -> list[str]:
    kind: Any = Spec
    for part in loc:
        if isinstance(part, int):
            (kind, *_) = get_args(kind)
        else:
            kind = kind.model_fields[part].annotation
    return [str(a) for a in get_args(kind)]


def dump(raw: Mapping[str, Any]) -> str:
    """Write a hypothesis as TOML.

    Parameters
    ----------
    raw : mapping
        Strings, numbers, booleans, lists of strings; axes as mappings, priors as mappings of
        mappings. None is left out.

    Returns
    -------
    str
        TOML text that `parse` reads back.
    """
    scalars = [f"{k} = {_value(v)}" for k, v in raw.items() if not isinstance(v, Mapping)]
    lines = [line for line in scalars if not line.endswith("= ")]
    for key, table in raw.items():
        if not isinstance(table, Mapping):
            continue
        lines += ["", f"[{key}]"]
        lines += [f"{k} = {_value(v)}" for k, v in table.items() if v is not None]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    # the escapes of JSON strings are escapes of TOML strings too, DEL aside
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
