"""Claims about parameters as text: read by a small grammar, never run as code."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdensing.errors import SpecError

__all__ = ["Claim", "parse_claim"]

_LONGEST = 500
#: A parameter with its entry, which may hold any sign but brackets: ``n_exponent[MMLU-Pro]``.
_ENTRY = re.compile(r"([A-Za-z_]\w*)\s*\[([^\[\]]*)\]")


def _ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Divide; by what is nought in every draw there is no ratio."""
    return np.asarray(np.divide(one, np.nan if np.all(other == 0) else other))


_FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log,
    "exp": np.exp,
    "abs": np.abs,
}
_OPERATIONS: Mapping[type, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _ratio,
    ast.Pow: np.power,
}
_ORDERS: Mapping[type, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
#: One sign of equality by itself, as in ``acceleration = 0``.
_LONE_EQUAL = re.compile(r"(?<![<>=!:])=(?!=)")
_EXAMPLES = 'such as "doubling_time_days < 120 and n_exponent[MMLU] > 0.3"'


@dataclass(frozen=True, eq=False)
class Claim:
    """A claim that is true or false of a draw.

    Attributes
    ----------
    text : str
        As it was given.
    names : tuple of str
        Parameters that it is about, such as ``n_exponent[MMLU]``.
    point : tuple of str and float, or None
        Parameter and value of a claim of equality with a number; None for any other claim.
    single : bool
        Whether it claims an equality, which single draws never meet.
    """

    text: str
    names: tuple[str, ...]
    point: tuple[str, float] | None
    single: bool
    _tree: ast.expr
    _entries: Mapping[str, str]

    def holds(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return of which draws the claim is true.

        Parameters
        ----------
        values : mapping of str to ndarray
            Draws of every name, of one shape.

        Returns
        -------
        ndarray of bool
            The shape of the draws.

        Raises
        ------
        SpecError
            Where what is claimed is not defined for a draw, such as the log of a negative number,
            and for a claim of equality.
        """
        if self.single:
            raise SpecError(f"{self.text}: an equality holds for no draw")
        shape = np.shape(values[self.names[0]])
        named = {key: values[name] for key, name in self._entries.items()}
        with np.errstate(all="ignore"):
            return np.broadcast_to(_truth(self._tree, named, self.text), shape)


def parse_claim(text: str) -> Claim:
    """Read a claim.

    Parameters
    ----------
    text : str
        Comparisons (``<``, ``<=``, ``>``, ``>=``; ``==`` for a single equality) of expressions in
        parameters and numbers (``+ - * / **``, ``log``, ``exp``, ``abs``), joined by ``and``,
        ``or`` and ``not``.

    Returns
    -------
    Claim
        The claim.

    Raises
    ------
    SpecError
        In one line, for anything else.

    Examples
    --------
    >>> parse_claim("n_exponent[MMLU] / d_exponent[MMLU] < 1").names
    ('n_exponent[MMLU]', 'd_exponent[MMLU]')
    """
    if len(text) > _LONGEST:
        raise SpecError(f"a hypothesis of {len(text)} signs is too long: {_LONGEST} at most")
    entries: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        labels = [part.strip() for part in match[2].split(",")]
        key = f"entry_{len(entries)}_"
        entries[key] = f"{match[1]}[{', '.join(labels)}]"
        return key

    plain = _ENTRY.sub(stand_in, text).strip()
    try:
        tree = ast.parse(plain, mode="eval").body
        names = _check_truth(tree, text, top=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        if isinstance(error, SpecError):
            raise
        hint = " (an equality is written ==)" if _LONE_EQUAL.search(plain) else ""
        raise SpecError(
            f"{_shown(text)}: cannot be read as a hypothesis{hint}, {_EXAMPLES}"
        ) from None
    if not names:
        raise SpecError(f"{_shown(text)}: names no parameter, {_EXAMPLES}")
    known = {key: entries.get(key, key) for key in names}
    single = _is_equality(tree)
    return Claim(
        text=" ".join(text.split()),
        names=tuple(dict.fromkeys(known.values())),
        point=_point(tree, known) if single else None,
        single=single,
        _tree=tree,
        _entries=known,
    )


def _shown(text: str) -> str:
    return ascii(text[:60] + ("..." if len(text) > 60 else "")).strip("'\"") or "nothing"


def _is_equality(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Compare) and any(isinstance(op, ast.Eq) for op in tree.ops)


def _point(tree: ast.expr, known: Mapping[str, str]) -> tuple[str, float] | None:
    """Return parameter and value of ``parameter == number``, either way round."""
    if not isinstance(tree, ast.Compare):
        return None
    sides = [tree.left, tree.comparators[0]]
    for one, other in (sides, sides[::-1]):
        if isinstance(one, ast.Name) and not _check_number(other, ""):
            with np.errstate(all="ignore"):
                return known[one.id], float(_number(other, {}))
    return None


def _refuse(node: ast.AST, text: str, what: str) -> SpecError:
    try:
        part = ast.unparse(node)
    except (ValueError, RecursionError):
        part = type(node).__name__
    return SpecError(f"{_shown(text)}: {_shown(part)} {what}")


def _check_truth(node: ast.expr, text: str, *, top: bool = False) -> list[str]:
    """Refuse what is not true or false; return the names in it."""
    match node:
        case ast.BoolOp(values=parts):
            return [name for part in parts for name in _check_truth(part, text)]
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _check_truth(part, text)
        case ast.Compare(left=left, ops=orders, comparators=others):
            for order in orders:
                if isinstance(order, ast.Eq):
                    if not top or len(orders) > 1:
                        raise _refuse(node, text, "is an equality, which can only stand alone")
                elif type(order) not in _ORDERS:
                    raise _refuse(node, text, "compares by something else than < <= > >= ==")
            return [name for part in (left, *others) for name in _check_number(part, text)]
        case _:
            raise _refuse(node, text, f"is neither true nor false: compare it, {_EXAMPLES}")


def _check_number(node: ast.expr, text: str) -> list[str]:
    """Refuse what is no number, or a constant that is not finite; return the names in it."""
    names = _names_in(node, text)
    if not names:
        with np.errstate(all="ignore"):
            value = float(_number(node, {}))
        if not np.isfinite(value):
            what = "is not defined" if np.isnan(value) else "is infinite"
            raise _refuse(node, text, f"{what}: a constant must be a finite number")
    return names


def _names_in(node: ast.expr, text: str) -> list[str]:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            try:
                float(value)  # type: ignore[arg-type]
            except OverflowError:
                raise _refuse(node, text, "is too large a number") from None
            return []
        case ast.Name(id=name):
            return [name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=part):
            return _check_number(part, text)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _check_number(left, text) + _check_number(right, text)
        case ast.Call(func=ast.Name(id=name), args=[part], keywords=[]) if name in _FUNCTIONS:
            return _check_number(part, text)
        case _:
            raise _refuse(node, text, "is no number: possible are + - * / **, log, exp and abs")


def _truth(node: ast.expr, values: Mapping[str, np.ndarray], text: str) -> np.ndarray:
    match node:
        case ast.BoolOp(op=operation, values=parts):
            found = [_truth(part, values, text) for part in parts]
            join = np.logical_and if isinstance(operation, ast.And) else np.logical_or
            both = found[0]
            for each in found[1:]:
                both = join(both, each)
            return np.asarray(both)
        case ast.UnaryOp(operand=part):
            return np.asarray(~_truth(part, values, text))
        case ast.Compare(left=left, ops=orders, comparators=others):
            sides = [_number(side, values) for side in (left, *others)]
            for node_of, side in zip((left, *others), sides, strict=True):
                if np.isnan(side).any():
                    share = 100 * float(np.isnan(side).mean())
                    shown = f"{share:.0f}" if share >= 1 else f"{share:.2g}"
                    raise _refuse(node_of, text, f"is not defined for {shown} % of draws")
            true = np.ones(np.broadcast_shapes(*(side.shape for side in sides)), dtype=bool)
            for order, low, high in zip(orders, sides, sides[1:], strict=False):
                true &= _ORDERS[type(order)](low, high)
            return true
    raise AssertionError(ast.dump(node))


def _number(node: ast.expr, values: Mapping[str, np.ndarray]) -> np.ndarray:
    match node:
        case ast.Constant(value=value):
            return np.asarray(float(value))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return np.asarray(values[name], dtype=float)
        case ast.UnaryOp(op=operation, operand=part):
            found = _number(part, values)
            return -found if isinstance(operation, ast.USub) else found
        case ast.BinOp(left=left, op=operation, right=right):
            both = _number(left, values), _number(right, values)
            return np.asarray(_OPERATIONS[type(operation)](*both))
        case ast.Call(func=ast.Name(id=name), args=[part]):
            return np.asarray(_FUNCTIONS[name](_number(part, values)))
    raise AssertionError(ast.dump(node))
