"""One expression serves numbers, arrays and graphs: NumPy and PyTensor agree on every law."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bayesdensing.laws import deviation, loss, score
from bayesdensing.laws._array import exp, log, sigmoid, sqrt

SHAPE = 3


def span(low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    return arrays(float, SHAPE, elements=st.floats(low, high))


def share() -> st.SearchStrategy[np.ndarray]:
    return span(0.001, 0.999)


def _pivoted(pivot: Any, one: Any, other: Any, *exponents: Any) -> Sequence[Any]:
    law = loss.coefficients(
        pivot_loss=pivot,
        d_share=one,
        irreducible_share=other,
        n_exponent=exponents[0],
        d_exponent=exponents[1],
        log_pivot_n=18.0,
        log_pivot_d=22.0,
    )
    return tuple(law)


def _loss(n: Any, d: Any, *law: Any) -> Any:
    names = loss.Coefficients._fields
    return loss.loss(n_params=n, n_tokens=d, **dict(zip(names, law, strict=True)))


def _student(own: Any, shared: Any, df: Any, total: Any) -> Any:
    return deviation.shared_student_t(
        total=total,
        total_square=total**2 + 1,
        count=np.full(SHAPE, 2.0),
        own_variance=own,
        shared_variance=shared,
        df=df,
        log_constant=-df,
    )


CASES: dict[str, tuple[Callable[..., Any], list[st.SearchStrategy[np.ndarray]]]] = {
    "exp": (exp, [span(-50, 50)]),
    "log": (log, [span(1e-12, 1e12)]),
    "sqrt": (sqrt, [span(0, 1e12)]),
    "sigmoid": (sigmoid, [span(-800, 800)]),
    "loss": (
        _loss,
        [span(1e6, 1e13), span(1e8, 1e14), span(0, 5), *2 * [span(0, 1e4), span(0, 1)]],
    ),
    "coefficients": (
        _pivoted,
        [span(0.01, 10), share(), share(), span(0.01, 1), span(0.01, 1)],
    ),
    "logit_strength": (
        lambda x, m, s: score.logit_strength(loss=x, midpoint_loss=m, slope=s),
        [span(0, 10), span(0, 10), span(0.01, 100)],
    ),
    "link": (
        lambda w, a, b: score.link(w, floor=a, ceiling=b),
        [span(-800, 800), share(), share()],
    ),
    "score": (
        lambda x, a, b, m, s: score.score(loss=x, floor=a, ceiling=b, midpoint_loss=m, slope=s),
        [span(0, 10), share(), share(), span(0, 10), span(0.01, 100)],
    ),
    "logit": (score.logit, [share()]),
    "smeared_moments": (score.smeared_moments, [span(-9, 9), span(-9, 9), span(-9, 9)]),
    "binomial_variance": (score.binomial_variance, [share(), span(1, 1e5)]),
    "shifted": (score.shifted, [share(), span(-5, 5)]),
    "shared_student_t": (
        _student,
        [span(1e-6, 4), span(0, 4), span(0.5, 99), span(-9, 9)],
    ),
}


def compiled(law: Callable[..., Any], count: int) -> Callable[..., Any]:
    inputs = [pt.vector(f"x{i}") for i in range(count)]
    out = law(*inputs)
    outputs = list(out) if isinstance(out, tuple) else [out]
    # without rewrites, so that the graph is the expression as it is written
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    return pytensor.function(inputs, outputs, mode=mode, on_unused_input="ignore")


@pytest.mark.parametrize("name", CASES)
def test_numpy_and_pytensor_agree(name: str) -> None:
    law, strategies = CASES[name]
    graph = compiled(law, len(strategies))

    @given(st.tuples(*strategies))
    def agree(values: tuple[np.ndarray, ...]) -> None:
        plain = law(*values)
        plain = plain if isinstance(plain, tuple) else (plain,)
        for ours, theirs in zip(plain, graph(*values), strict=True):
            assert isinstance(ours, np.ndarray)
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)

    agree()


def test_a_law_of_numbers_is_a_number_and_of_graphs_a_graph() -> None:
    given = {"floor": 0.2, "ceiling": 0.8}
    assert float(score.link(0.0, **given)) == pytest.approx(0.5)
    assert isinstance(score.link(pt.dscalar("w"), **given), pytensor.graph.basic.Variable)


def test_sigmoid_neither_overflows_nor_leaves_the_unit_interval() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
