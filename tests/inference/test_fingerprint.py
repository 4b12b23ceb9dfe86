"""Fingerprints: of all that is compiled, of nothing else, and of nothing that is uncertain."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.scalar import Composite, float64
from pytensor.tensor.elemwise import Elemwise

from bayesdensing.inference.fingerprint import UnknownPartError, fingerprint

Graph = tuple[list[Any], list[Any]]


def graph(
    *,
    name: str = "x",
    output: str | None = None,
    length: int | None = 3,
    dtype: str = "float64",
    constant: Any = (1.0, 2.0, 3.0),
    order: str = "C",
    op: Callable[[Any], Any] = pt.exp,
    axis: int = 0,
    swapped: bool = False,
    again: bool = False,
    data: Any = ((1.0, 2.0, 3.0),) * 2,
    data_name: str = "data",
) -> Graph:
    """Return the graph of a sum with one thing changed."""
    x = pt.tensor(name, shape=(length,), dtype=dtype)
    shared = pytensor.shared(np.asarray(data, order="C"), data_name)
    fixed = pt.constant(np.asarray(constant, order=order))
    left, right = op(x), fixed * shared
    both = right - left if swapped else left - right
    total = pt.sum(both, axis=axis)
    total.name = output
    return [x], [total, total + 1 if again else total]


CHANGES: list[dict[str, Any]] = [
    {"name": "y"},
    {"output": "total"},
    {"length": None},
    {"length": 1},
    {"dtype": "float32"},
    {"constant": (1.0, 2.0, np.nextafter(3, 4))},
    {"constant": (1.0, 2.0, np.nan)},
    {"constant": (0.0, 2.0, 3.0)},
    {"constant": (-0.0, 2.0, 3.0)},
    {"constant": (1, 2, 3)},
    {"constant": np.array([1, 2, 3], dtype="float32")},
    {"constant": ((1.0, 2.0, 3.0),)},
    {"constant": ((1.0, 2.0, 3.0),) * 2},
    {"constant": ((1.0, 2.0, 3.0),) * 2, "order": "F"},
    {"constant": 1.0},
    {"op": pt.log},
    {"op": pt.expm1},
    {"op": lambda x: x},
    {"op": lambda x: x[::-1]},
    {"op": lambda x: x[::1]},
    {"op": lambda x: x[:1]},
    {"op": lambda x: x[np.array([0, 1, 2])]},
    {"op": lambda x: x[np.array([0, 2, 1])]},
    {"axis": 1},
    {"swapped": True},
    {"again": True},
    {"data": ((1.0, 2.0, 3.0),)},
    {"data": ((1, 2, 3),) * 2},
    {"data_name": "other"},
]  # fmt: skip


def test_whatever_changes_what_is_compiled_changes_the_fingerprint() -> None:
    changed = [fingerprint(*graph(**change)) for change in ({}, *CHANGES)]
    assert len(set(changed)) == len(changed)


@pytest.mark.parametrize("change", CHANGES[::4])
def test_the_same_graph_built_anew_has_the_same_one(change: dict[str, Any]) -> None:
    assert fingerprint(*graph(**change)) == fingerprint(*graph(**change))


def test_the_values_of_shared_variables_do_not_count() -> None:
    assert fingerprint(*graph()) == fingerprint(*graph(data=((4.0, 5.0, np.nan),) * 2))


def test_inputs_and_outputs_are_told_apart_by_their_order() -> None:
    x, y = pt.vectors("x", "y")
    sides = [([x, y], [x - y, x]), ([y, x], [x - y, x]), ([x, y], [x, x - y]), ([x, y], [y - x, x])]
    assert len({fingerprint(*side) for side in sides}) == 4


def test_what_is_used_twice_is_not_what_is_there_twice() -> None:
    x = pt.vector("x")
    once = pt.exp(x)
    assert fingerprint([x], [once + once]) != fingerprint([x], [pt.exp(x) + pt.exp(x)])


def test_inner_graphs_count() -> None:
    def inside(constant: float) -> Graph:
        a, x = float64("a"), pt.vector("x")
        return [x], [Elemwise(Composite([a], [a * constant]))(x)]

    assert fingerprint(*inside(2.0)) == fingerprint(*inside(2.0))
    assert fingerprint(*inside(2.0)) != fingerprint(*inside(3.0))


def test_a_deep_graph_needs_no_deep_stack() -> None:
    x = y = pt.vector("x")
    for _ in range(sys.getrecursionlimit() + 100):
        y = pt.exp(y)
    assert fingerprint([x], [y])


SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("graphs", sys.argv[1])
graphs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(graphs)
for change in ({}, *graphs.CHANGES):
    print(graphs.fingerprint(*graphs.graph(**change)))
"""


def test_another_process_finds_the_same_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "4711")
    monkeypatch.setenv("PYTENSOR_FLAGS", f"base_compiledir={tmp_path}")
    command = [sys.executable, "-c", SCRIPT, __file__]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [fingerprint(*graph(**change)) for change in ({}, *CHANGES)]


# --- what is uncertain ----------------------------------------------------------------------------


class Foreign(Op):
    """An operation of nobody's package: what it does may change while its name stays."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, storage: Any) -> None:
        raise NotImplementedError


class Unlike(Elemwise):
    """One that has taken a place in a package that it is not from."""


Unlike.__module__, Unlike.__qualname__ = Elemwise.__module__, Elemwise.__qualname__


def random_numbers() -> Any:
    return pytensor.shared(np.random.default_rng(1), "rng")


UNSURE: dict[str, Callable[[Any], Any]] = {
    "an operation of another package": lambda x: Foreign()(x),
    "a false name": lambda x: Unlike(pytensor.scalar.exp)(x),
    "a gradient of its own": lambda x: OpFromGraph([x], [x + 1], pullback=lambda *_: [x])(x),
    "a gradient beside properties": lambda x: pt.einsum("i,i->", x, x),
    "a function": lambda x: pytensor.wrap_py([pt.dvector], [pt.dvector])(np.exp)(x),
    "a free variable": lambda x: x + pt.vector("y"),
    "a shared variable without a name": lambda x: x + pytensor.shared(np.zeros(3)),
    "random numbers": lambda x: (
        x + pt.random.uniform(rng=random_numbers(), return_next_rng=True)[1]
    ),
}


@pytest.mark.parametrize("kind", UNSURE)
def test_what_is_uncertain_has_none(kind: str) -> None:
    x = pt.vector("x")
    output = UNSURE[kind](x)
    with pytest.raises(UnknownPartError):
        fingerprint([x], [output])
