"""One world and one short fit of each shipped hypothesis, shared by all tests of a session."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from bayesdensing.data import DataBundle
from bayesdensing.spec import load_spec
from tests.hypotheses.worlds import N_LLMS, Case, fitted, make_world, short


@pytest.fixture(scope="session")
def design(tiny_frames):
    frames = tiny_frames(n_llms=N_LLMS)
    llms, every = frames["models"], np.arange(N_LLMS)
    # families of one to six LLMs, and every second LLM with experts of which few are active
    families = np.repeat([f"family-{k}" for k in range(7)], [6, 5, 5, 4, 3, 1, 1])
    active = (llms["n_params"] / np.where(every % 2, 8, 1)).round()
    frames["models"] = llms.assign(
        family=families, n_params_active=active, is_moe=(every % 2).astype(bool)
    )
    for table in ("models", "densities"):
        # on both sides of ChatGPT's release, where a shipped trend changes
        earlier = frames[table]["release_date"] - pd.Timedelta(days=400)
        frames[table] = frames[table].assign(release_date=earlier)
    # whose scores a shipped hypothesis uses alone
    frames["scores"] = frames["scores"].replace({"evaluator": {"lab": "self-reported"}})
    values = frames["densities"].sort_values("release_date")["value"]
    # the series that a shipped hypothesis names
    frames["densities"]["series"] = "nmi_5bench"
    frames["densities"]["on_record"] = values > values.cummax().shift(fill_value=0.0)
    return DataBundle.from_frames(name="tiny", **frames)


@pytest.fixture(scope="session")
def case_of(design):
    """Return what gives a hypothesis's world and fit; names of one claim share theirs."""

    @cache
    def of(sha256, name):
        spec = short(name)
        world = make_world(spec, design)
        return Case(spec, world, fitted(spec, world))

    first: dict[str, str] = {}

    def case(name):
        sha256 = load_spec(name).sha256
        return of(sha256, first.setdefault(sha256, name))

    return case
