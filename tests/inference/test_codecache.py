"""Code on disk: the numbers of what was compiled, loaded where it fits and nowhere else."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt
import pytest
from numba.core.errors import NumbaError
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from bayesdensing.inference import Sampler, codecache
from bayesdensing.inference.codecache import compile_model, logp_and_gradient
from bayesdensing.inference.onepass import compile_in_one_pass
from tests.inference import evaluating

compile_anew = nutpie.compile_pymc_model
AT = np.array([0.3, -0.2, 0.7, 1.1, -0.4])


def make_model(*, seen: Any = (1.0, 2.0, 0.5), sd: float = 1.0, known: float = 0.5) -> pm.Model:
    """Return a model with data, a transform, a check of a parameter and a product by BLAS."""
    with pm.Model(coords={"unit": list("abc")}) as model:
        data = pm.Data("seen", np.array(seen), dims="unit")
        spread = pm.Data("known", known)
        scale = pm.LogNormal("scale", 0, 0.5)
        level = pm.Normal("level", 0, sd)
        unit = pm.Normal("unit_effect", 0, scale, dims="unit")
        mixed = pm.Deterministic("mixed", pm.math.dot(np.eye(3) + 0.1, unit), dims="unit")
        pm.Normal("y", level + mixed, spread, observed=data, dims="unit")
    return model


class Compiles:
    """A count of how often a model was compiled, whatever was loaded."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.count += 1
        return compile_anew(*args, **kwargs)


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> Compiles:
    counter = Compiles()
    monkeypatch.setattr(nutpie, "compile_pymc_model", counter)
    return counter


@pytest.fixture(scope="module")
def plain() -> Any:
    return compile_in_one_pass(make_model())


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the model's code."""
    folder = tmp_path_factory.mktemp("code") / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecache, "_folder", lambda: folder)
        compile_model(make_model())
    (file,) = folder.iterdir()
    return file


@pytest.fixture
def folder(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of its own that holds that file."""
    (tmp_path / stored.name).write_bytes(stored.read_bytes())
    monkeypatch.setattr(codecache, "_folder", lambda: tmp_path)
    return tmp_path


def evaluated(compiled: Any, at: np.ndarray = AT) -> np.ndarray:
    return evaluating.evaluated(compiled, at)


# --- the same numbers -----------------------------------------------------------------------------


def test_loaded_code_computes_what_was_compiled(
    folder: Path, compiles: Compiles, plain: Any
) -> None:
    ready = compile_model(make_model())
    assert compiles.count == 0
    np.testing.assert_array_equal(evaluated(ready), evaluated(plain))
    logp, gradient = plain.logp_func(AT)
    np.testing.assert_allclose(evaluated(ready)[:6], [logp, *gradient], rtol=1e-12)


def test_the_rest_is_nutpies_too(folder: Path, plain: Any) -> None:
    ready = compile_model(make_model())
    for name in ("n_dim", "n_expanded", "shapes", "dims", "reparameterized_names"):
        assert getattr(ready, name) == getattr(plain, name), name
    assert ready.shape_info[:2] == plain.shape_info[:2]
    assert [v.name for v in ready.shared_var_keys] == [v.name for v in plain.shared_var_keys]
    assert set(ready.coords) == set(plain.coords)
    for name, values in ready.coords.items():
        assert values.equals(plain.coords[name])


def test_the_first_run_is_of_the_code_that_is_stored(folder: Path, compiles: Compiles) -> None:
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1, shape=4)
        pm.Deterministic("total", x.sum())
    first = Sampler(model).sample(seed=1, draws=40, tune=90, chains=2)
    second = Sampler(model).sample(seed=1, draws=40, tune=90, chains=2)
    assert compiles.count == 1
    assert first.posterior.equals(second.posterior)
    assert first.stats.equals(second.stats)


def test_code_can_be_let_go_and_loaded_again(folder: Path) -> None:
    values = [evaluated(compile_model(make_model())) for _ in range(5)]
    assert all(np.array_equal(value, values[0]) for value in values)


# --- data -----------------------------------------------------------------------------------------


def test_data_are_those_of_the_model_at_hand(folder: Path, compiles: Compiles) -> None:
    there = compile_model(make_model(seen=(-1.0, 4.0, 0.0)))
    here = compile_model(make_model())
    assert compiles.count == 0
    assert logp_and_gradient(there, AT)[0] != logp_and_gradient(here, AT)[0]
    moved = here.with_data(seen=[-1.0, 4.0, 0.0])
    np.testing.assert_array_equal(evaluated(moved), evaluated(there))


def test_errors_inside_the_code_are_told_and_do_no_harm(folder: Path) -> None:
    compiled = compile_model(make_model())
    with pytest.raises(ValueError, match="cannot be evaluated"):
        logp_and_gradient(compiled.with_data(seen=[1.0, 2.0]), AT)
    with pytest.raises(ValueError, match="cannot be evaluated"):
        logp_and_gradient(compiled, AT[:-1])
    assert logp_and_gradient(compiled.with_data(known=-1.0), AT)[0] == -np.inf
    assert np.isfinite(logp_and_gradient(compiled, AT)[0])


def test_a_start_has_to_be_given(folder: Path) -> None:
    compiled = compile_model(make_model())
    with pytest.raises(RuntimeError, match="start"):
        compiled.initial_point_func(1)
    compiled = dataclasses.replace(compiled, initial_point_func=lambda _: AT)
    drawn = nutpie.sample(compiled, draws=5, tune=5, chains=1, seed=1, progress_bar=False)
    assert drawn["posterior"]["mixed"].shape == (1, 5, 3)


# --- which code -----------------------------------------------------------------------------------


def key(model: pm.Model) -> str:
    return codecache._Request.of(model).key


def test_another_model_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [key(make_model()), key(make_model(sd=2.0)), key(make_model(seen=(1, 2, 3)))]
    unchecked, renamed, more = make_model(), make_model(), make_model()
    unchecked.check_bounds = False
    renamed["mixed"].name = "blend"
    pm.Deterministic("twice", 2 * more["level"], model=more)
    keys += [key(unchecked), key(renamed), key(more)]
    monkeypatch.setattr(codecache, "version", lambda name: "0" if name == "pytensor" else "1")
    keys.append(key(make_model()))
    assert len(set(keys)) == len(keys)
    assert keys[-1] == key(make_model(known=3.0))


class Twice(Op):
    """An operation of this test's own."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, storage: Any) -> None:
        storage[0][0] = 2 * inputs[0]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        return [2 * cotangents[0]]


@pytest.mark.filterwarnings("ignore:Numba will use object mode:UserWarning")
def test_an_unknown_operation_is_compiled_and_not_stored(folder: Path, compiles: Compiles) -> None:
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1, shape=2)
        pm.Potential("p", -(Twice()(x) ** 2).sum())
    before = sorted(folder.iterdir())
    at = np.array([1.0, 2.0])
    np.testing.assert_allclose(logp_and_gradient(compile_model(model), at)[1], -9 * at)
    assert compiles.count == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("fault", [NumbaError, AttributeError, ImportError])
def test_where_libraries_have_changed_inside_nutpie_compiles(
    fault: type[Exception], folder: Path, plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(model: Any) -> Any:
        raise fault("not where it was")

    monkeypatch.setattr(codecache, "compile_in_one_pass", changed)
    model = make_model(sd=2.0)  # nothing is stored of it
    with pytest.warns(RuntimeWarning, match="every process will compile anew"):
        compiled = compile_model(model)
    assert compiled.n_dim == plain.n_dim
    assert np.isfinite(evaluated(compiled)).all()
    assert len(list(folder.iterdir())) == 1


def test_code_with_addresses_of_its_process_is_not_stored(folder: Path, compiles: Compiles) -> None:
    # numba writes arrays of more than a megabyte into the code as addresses
    large = np.linspace(0, 1, 200_000)
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Potential("p", -((x - pt.constant(large)) ** 2).sum())
    before = sorted(folder.iterdir())
    for _ in range(2):
        gradient = logp_and_gradient(compile_model(model), np.zeros(1))[1]
        np.testing.assert_allclose(gradient, 2 * large.sum())
    assert compiles.count == 2
    assert sorted(folder.iterdir()) == before


# --- files ----------------------------------------------------------------------------------------


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut short": lambda content: content[:-1],
    "a bit of the checksum": lambda content: flipped(content, 3),
    "a bit of the head": lambda content: flipped(content, 90),
    "a bit of the code": lambda content: flipped(content, len(content) // 2),
    "no text": lambda _: b"\xff\xfe\n\xff",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_not_read(damage: str, stored: Path, tmp_path: Path) -> None:
    file = tmp_path / stored.name
    file.write_bytes(DAMAGE[damage](stored.read_bytes()))
    assert codecache._read(file) is None
    file.write_bytes(stored.read_bytes())
    assert codecache._read(file)


def test_a_damaged_file_is_made_anew(folder: Path, stored: Path, compiles: Compiles) -> None:
    file = folder / stored.name
    file.write_bytes(file.read_bytes()[:-1])
    evaluated(compile_model(make_model()))
    assert compiles.count == 1
    assert codecache._read(file)


def test_code_under_another_models_name_is_not_read(stored: Path, tmp_path: Path) -> None:
    other = tmp_path / ("0" * 64 + ".code")
    other.write_bytes(stored.read_bytes())
    assert codecache._read(other) is None


def test_code_that_calls_what_is_not_there_is_not_read(stored: Path, tmp_path: Path) -> None:
    code = codecache._read(stored)
    assert code
    lacking = dataclasses.replace(code, externals=[*code.externals, "no_such_function"])
    file = tmp_path / stored.name
    file.write_bytes(lacking.packed())
    assert codecache._read(file) is None


def test_loaded_code_that_disagrees_is_not_used(
    folder: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / stored.name).unlink()
    monkeypatch.setattr(codecache, "_agree", lambda *_: False)
    assert compile_model(make_model()).logp_func
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiles: Compiles, plain: Any
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(codecache, "_folder", lambda: tmp_path / "file" / "below")
    ready = compile_model(make_model())
    assert compiles.count == 1
    np.testing.assert_allclose(evaluated(ready), evaluated(plain), rtol=1e-12)


def test_those_used_last_are_kept(
    folder: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codecache, "_KEPT", 2)
    code = codecache._read(stored)
    assert code
    first, second = (folder / f"{name}.code" for name in ("first", "second"))
    for seconds, file in enumerate((folder / stored.name, first)):
        file.write_bytes(code.packed())
        os.utime(file, (seconds, seconds))
    compile_model(make_model())
    codecache._write(second, code)
    assert {file.name for file in folder.iterdir()} == {stored.name, "second.code"}


SCRIPT = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("models", sys.argv[1])
models = importlib.util.module_from_spec(spec)
spec.loader.exec_module(models)
models.codecache._folder = lambda: Path(sys.argv[2])
print(models.key(models.make_model()))
print(models.evaluated(models.compile_model(models.make_model())).tobytes().hex())
"""


@pytest.mark.slow
def test_two_processes_at_once_leave_code_for_a_third(tmp_path: Path, compiles: Compiles) -> None:
    place = tmp_path / "code"
    running = []
    for seed in ("1", "2"):
        # PyTensor's own files are what processes race for
        flags = f"base_compiledir={tmp_path / seed}"
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTENSOR_FLAGS": flags}
        command = [sys.executable, "-c", SCRIPT, __file__, str(place)]
        running.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        )
    printed = [process.communicate()[0].split() for process in running]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecache, "_folder", lambda: place)
        ready = compile_model(make_model())
    assert compiles.count == 0
    assert {found for found, _ in printed} == {key(make_model())}
    (file,) = place.iterdir()
    assert file.stem == printed[0][0]
    for _, content in printed:
        there = np.frombuffer(bytes.fromhex(content))
        np.testing.assert_allclose(evaluated(ready), there, rtol=1e-12)
