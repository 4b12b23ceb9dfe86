import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.operations import kind_of, operation_seconds


def test_every_kind_of_operation_takes_its_time() -> None:
    x, matrix = pt.vector("x", shape=(600,)), pt.matrix("matrix", shape=(600, 600))
    at = np.random.default_rng(1).integers(0, 600, 900)
    out = pt.exp(matrix @ x)[at].sum() + pt.zeros(600)[at].inc(pt.log(x)[at]).max()
    function = pytensor.function([x, matrix], out, mode="NUMBA")
    found = operation_seconds(function.maker.fgraph, [np.ones(600), np.ones((600, 600))])
    assert found["products with matrices"] > found["all else"]
    assert found["loops over pairs and scores"] > 0
    assert found["sums by index"] > 0
    # 360,000 products take longer than what nobody could do in less than a nanosecond a hundred
    assert found["products with matrices"] > 360_000e-11


def test_a_loop_is_told_by_its_length() -> None:
    function = pytensor.function([x := pt.vector("x", shape=(9,))], pt.exp(x), mode="NUMBA")
    (node,) = [n for n in function.maker.fgraph.toposort() if "Elemwise" in type(n.op).__name__]
    assert kind_of(node.op, 499) == "all else"
    assert kind_of(node.op, 500) == "loops over pairs and scores"
