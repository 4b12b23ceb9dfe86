"""Compiling in one pass: nutpie's own numbers, without what it compiles besides."""

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytest
from numba.core import event
from nutpie import compile_pymc as nutpie_parts

from bayesdensing.inference.codecache import logp_and_gradient
from bayesdensing.inference.onepass import compile_in_one_pass
from tests.inference import evaluating

GRAPH = "numba_funcified_fgraph"


def make_model(*, data: bool = True, sd: float = 1.0) -> pm.Model:
    """Return a model with data of no, one and two dimensions, of numbers and of places."""
    values, table = np.array([1.0, 2.0, 0.5]), np.arange(6.0).reshape(3, 2)
    with pm.Model() as model:
        keep = pm.Data if data else (lambda _name, value: value)
        scale, place = keep("spread", 0.5), keep("place", np.array([2, 0, 1]))
        x = pm.Normal("x", 0, sd, shape=3)
        pm.Deterministic("mixed", keep("table", table).T @ x)
        pm.Normal("y", x[place], scale, observed=keep("seen", values))
    return model


@pytest.mark.parametrize("arrays", [29, 30, 45])
def test_any_number_of_data_will_do(arrays: int) -> None:
    with pm.Model() as model:
        parts = [pm.Data(f"part_{i}", np.arange(3.0) + i) for i in range(arrays)]
        x = pm.Normal("x", 0, 1, shape=3)
        pm.Potential("all", -(sum(part * x for part in parts) ** 2).sum() / 1e4)
    compiled = compile_in_one_pass(model)
    assert len(compiled.shared_var_keys) == arrays
    at = np.array([0.3, -0.2, 0.1])
    total = sum((np.arange(3.0) + i) * at for i in range(arrays))
    wanted = -np.square(total).sum() / 1e4 - np.square(at).sum() / 2 - 1.5 * np.log(2 * np.pi)
    assert logp_and_gradient(compiled, at)[0] == pytest.approx(wanted, rel=1e-12)


class Compiled(event.Listener):
    """The names of the functions that numba has compiled."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def on_start(self, event: Any) -> None:
        self.names.append(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: Any) -> None:
        pass


def evaluated(compiled: Any) -> np.ndarray:
    return evaluating.evaluated(compiled, np.linspace(-1.0, 1.0, compiled.n_dim))


def names_compiled(compile_model: Callable[[Any], Any], model: pm.Model) -> list[str]:
    with event.install_listener("numba:compile", Compiled()) as compiled:
        compile_model(model)
    return compiled.names


@pytest.mark.parametrize("data", [True, False])
def test_the_numbers_are_nutpies_own(data: bool) -> None:
    theirs = nutpie.compile_pymc_model(make_model(data=data), backend="numba")
    ours = compile_in_one_pass(make_model(data=data))
    assert len(ours.shared_var_keys) == (4 if data else 0)
    np.testing.assert_allclose(evaluated(ours), evaluated(theirs), rtol=1e-13)
    if data:
        other = {"seen": np.array([0.0, 3.0, 1.0]), "spread": np.array(0.7)}
        moved, there = ours.with_data(**other), theirs.with_data(**other)
        assert evaluated(moved)[0] != evaluated(ours)[0]
        np.testing.assert_allclose(evaluated(moved), evaluated(there), rtol=1e-13)


def test_the_graphs_functions_are_not_compiled_apart() -> None:
    """What this is for: a version of PyTensor that wraps them otherwise has to be noticed."""
    theirs = partial(nutpie.compile_pymc_model, backend="numba")
    # of graphs that were never compiled: others are loaded
    assert GRAPH in names_compiled(theirs, make_model(sd=2.0))
    assert GRAPH not in names_compiled(compile_in_one_pass, make_model(sd=3.0))


def test_all_is_left_as_it_was() -> None:
    theirs = nutpie_parts.make_extraction_fn
    with pytest.raises(AttributeError):
        compile_in_one_pass("not a model")
    assert nutpie_parts.make_extraction_fn is theirs
    assert gc.isenabled()
    gc.disable()
    try:
        compile_in_one_pass(make_model(data=False))
        assert not gc.isenabled()
    finally:
        gc.enable()
