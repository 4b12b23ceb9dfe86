from collections import Counter

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from benchmarks.opcount import count, exp_and_log


def counted(inputs: list, outputs: list, values: list[np.ndarray]) -> Counter[str]:
    function = pytensor.function(inputs, outputs, mode="NUMBA")
    return count(function.maker.fgraph, values)


def test_every_evaluation_of_a_fused_graph_is_counted() -> None:
    x, y = pt.vector("x", shape=(7,)), pt.matrix("y", shape=(3, 7))
    found = counted([x, y], [(pt.exp(x) + 1) * y, pt.log(y) - y], [np.ones(7), np.ones((3, 7))])
    # exp is fused into the loop over the matrix where it is not worth a pass of its own
    assert found["log"] == 21
    assert found["exp"] in (7, 21)
    assert set(found) == {"exp", "log"}


def test_reads_by_index_and_sums_in_the_same_loop_are_looked_into() -> None:
    x, at = pt.vector("x", shape=(4,)), np.array([0, 1, 1, 2, 3, 3, 3, 0, 2])
    found = counted([x], [pt.sigmoid(x[at] * 2).sum()], [np.ones(4)])
    assert found == Counter(sigmoid=9)


def test_sizes_that_only_the_values_tell_are_taken_from_them() -> None:
    x = pt.vector("x")
    assert counted([x], [pt.log1p(x) * 2], [np.ones(11)]) == Counter(log1p=11)


def test_arithmetic_is_not_counted() -> None:
    x = pt.vector("x", shape=(5,))
    assert not counted([x], [x * x + 2 / x], [np.ones(5)])


@pytest.mark.parametrize(
    ("counts", "needed"),
    [({"exp": 3, "log": 2}, (3, 2)), ({"softplus": 4, "sigmoid": 1}, (5, 4)), ({"pow": 2}, (2, 2))],
)
def test_what_functions_need(counts: dict[str, int], needed: tuple[int, int]) -> None:
    assert exp_and_log(Counter(counts)) == needed
