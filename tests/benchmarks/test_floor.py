import numba
import numpy as np
import pytest

from benchmarks.floor import best_seconds, pointer_seconds

_SIGNATURE = "int64(uint64, CPointer(float64), CPointer(float64), CPointer(float64), voidptr)"


@numba.cfunc(_SIGNATURE)
def _sum_of_logs(dim, x_, out_, logp_, data_):
    x, calls, total = numba.carray(x_, (3,)), numba.carray(data_, (1,), np.float64), 0.0
    calls[0] += 1
    for i in range(3):
        total += np.log(x[i])
    logp_[0] = total
    return 0 if np.isfinite(total) else 4


def test_the_function_that_is_timed_is_called_with_what_it_needs() -> None:
    calls = np.zeros(1)
    pointer_seconds(_sum_of_logs.address, calls, np.ones((2, 3)))
    assert calls[0] > 100


def test_points_without_a_density_are_an_error() -> None:
    with pytest.raises(ValueError, match="not finite"):
        pointer_seconds(_sum_of_logs.address, np.zeros(1), np.full((1, 3), -1.0))


def test_a_batch_is_long_enough_to_be_timed_and_taken_several_times() -> None:
    batches: list[int] = []
    clock = np.zeros(1)

    def call(repeats: int) -> None:
        batches.append(repeats)
        clock[0] += np.ones(200 * repeats).sum()

    assert best_seconds(call) > 0
    assert batches[-1] == max(batches)
    assert batches.count(batches[-1]) > 5
