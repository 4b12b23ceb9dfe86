"""One model sampled once, and once more in smaller steps where a few transitions diverge."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

from bayesdensing import sampling
from bayesdensing.inference.progress import SilentReporter
from bayesdensing.inference.settling import Settled
from bayesdensing.spec import load_spec

TARGET = load_spec("joint").sampler.target_accept


class FakeSampler:
    """Give draws with so many divergences in each run, and remember what was asked."""

    compile_seconds, size = 1.0, 1

    def __init__(self, *divergences: int, slow: float = 0.0, apart: float = 0.0) -> None:
        self.left = list(divergences)
        self.slow, self.apart = [slow, 0.0], [apart, 0.0]
        self.asked: list[dict[str, Any]] = []

    def sample(self, **asked: Any) -> Any:
        self.asked.append(asked)
        rng = np.random.default_rng(len(self.asked))
        shape = (4, 1000)
        diverging = np.zeros(shape, dtype=bool)
        diverging.flat[: self.left.pop(0)] = True
        # an autoregression that forgets as slowly as is asked, about places that lie so far apart
        slow, apart = (part.pop(0) for part in (self.slow, self.apart))
        noise = rng.normal(size=shape) * np.sqrt(1 - slow**2)
        values = lfilter([1.0], [1.0, -slow], noise, axis=1) + apart * np.arange(4)[:, None]
        draws = xr.Dataset({"x": (("chain", "draw"), values)})
        stats = xr.Dataset(
            {
                "diverging": (("chain", "draw"), diverging),
                "maxdepth_reached": (("chain", "draw"), np.zeros(shape, dtype=bool)),
                "energy": (("chain", "draw"), rng.normal(size=shape)),
            }
        )
        number = len(self.asked)
        return SimpleNamespace(
            posterior=draws, stats=stats, seconds=2.0, warmth=number, relearn=lambda: -number
        )


def run(
    monkeypatch: pytest.MonkeyPatch, *divergences: int, name: str = "joint", **kinds: float
) -> tuple[sampling.Sampled, FakeSampler]:
    fake = FakeSampler(*divergences, **kinds)
    monkeypatch.setattr(sampling, "assemble", lambda spec, bundle: "the model")
    monkeypatch.setattr(sampling, "sampler_of", lambda assembled: fake)
    spec = load_spec(name)
    found = sampling.sample_joint(spec, None, seed=3, report=SilentReporter())  # type: ignore[arg-type]
    return found, fake


def test_draws_without_divergence_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found, fake = run(monkeypatch, 0)
    assert found.diagnostics.converged
    assert [asked["target_accept"] for asked in fake.asked] == [TARGET]
    assert found.sample_seconds == 2.0


def test_a_few_divergences_are_answered_with_smaller_steps_from_where_the_chains_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, fake = run(monkeypatch, 2, 0)
    first, second = fake.asked
    assert second["target_accept"] == pytest.approx(1 - (1 - TARGET) / 4)
    assert "warmth" not in first
    assert second["warmth"] == 1
    assert (first["draws"], first["seed"]) == (second["draws"], second["seed"])
    assert found.diagnostics.converged
    assert found.sample_seconds == 4.0


def test_what_still_diverges_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found, fake = run(monkeypatch, 2, 1)
    assert len(fake.asked) == 2
    assert not found.diagnostics.converged
    assert found.diagnostics.divergences == 1


def test_chains_that_agree_but_are_slow_start_again_in_coordinates_learned_from_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, fake = run(monkeypatch, 0, 0, slow=0.95)
    first, second = fake.asked
    assert second["target_accept"] == first["target_accept"]
    assert second["warmth"] == -1
    assert found.diagnostics.converged
    assert found.sample_seconds == 4.0


def test_chains_in_different_places_are_not_sampled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, fake = run(monkeypatch, 0, apart=3.0)
    assert len(fake.asked) == 1
    assert not found.diagnostics.converged


def test_many_divergences_are_a_fault_of_the_model_and_no_second_run_hides_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_spec("joint").sampler
    many = int(sampling.FEW_DIVERGENCES * settings.draws * settings.chains) + 1
    found, fake = run(monkeypatch, many)
    assert len(fake.asked) == 1
    assert found.diagnostics.divergences == many


def test_chains_from_dispersed_starts_that_stayed_apart_start_again_where_there_is_mass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = {"chains": [3], "differs": "x is 9 here, 0 elsewhere", "mass": 2e-6}
    settled = Settled(warmth="starts", negligible=(left,), regions=1)  # type: ignore[arg-type]
    monkeypatch.setattr(sampling, "settle", lambda sampler, draws, seed: settled)
    found, fake = run(monkeypatch, 0, 0, apart=3.0, name="paper_law")
    assert fake.asked[1]["warmth"] == "starts"
    assert found.diagnostics.converged
    assert found.diagnostics.negligible_modes == (left,)
    assert "2e-06 of the posterior mass" in found.diagnostics.left_out[0]
    again = type(found.diagnostics).from_dict(found.diagnostics.to_dict())
    assert again.negligible_modes == (left,)


def test_chains_from_dispersed_starts_whose_masses_cannot_be_told_are_judged_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "settle", lambda sampler, draws, seed: None)
    found, fake = run(monkeypatch, 0, apart=3.0, name="paper_law")
    assert len(fake.asked) == 1
    assert not found.diagnostics.converged
    assert found.diagnostics.negligible_modes == ()
