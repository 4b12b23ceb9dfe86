# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From the paper's 106 days to an interval, one change a step
#
# The Densing Law paper finds that capability density doubles every 106 days: least squares on
# nine record-holders, whose densities are point estimates. This notebook changes one thing a
# step, until all of what is not known is in the answer.

# %%
import numpy as np
import pandas as pd

import bayesdensing as bd

data = bd.load_data()
ladder = []


def step(what, days, low=np.nan, high=np.nan, kind=""):
    ladder.append({"step": what, "days": days, "lower": low, "upper": high, "interval": kind})


# %% [markdown]
# ## The paper's line, and the same line through all models
#
# `replicate` repeats the paper's chain. Nine records give its number; the 51 models of the same
# figure, of which the records are the upper edge, give another.

# %%
paper = bd.replicate(data)
for which in ("records", "all models"):
    step(f"least squares, {which}", paper.value(f"nmi_5bench, {which}: doubling time"))
pd.DataFrame(ladder)

# %% [markdown]
# Which of the two is the rate? Neither comes with an interval that can be trusted: least squares
# on records does not know that they are records. With no growth at all, the best of more and more
# models still rises ([records](../docs/records.md)).
#
# ## The same densities, as a model
#
# First a trend through all 51 published densities, then a trend behind the nine records, whose
# likelihood knows that only what beats all before is seen.


# %%
def add(what, fit):
    assert fit.diagnostics.converged, fit.diagnostics.reasons
    found = fit.headline().doubling_time_days
    step(what, found.median, *found.eti95, "95 % ETI")
    return fit


options = {"refit": "on-change", "progress": False}
trend = bd.load_spec("trend")
trend = type(trend)(**{**dict(trend), "name": "trend_nmi", "data": {"series": "nmi_5bench"}})
add(
    "posterior, all 51 published densities", bd.fit(trend, data, out="../runs/trend_nmi", **options)
)
add("posterior, nine records as records", bd.fit("records", data, out="../runs/records", **options))
pd.DataFrame(ladder).round(0)

# %% [markdown]
# The nine records alone say much less than their line seems to. These densities are still point
# estimates: each rests on a loss law, a score link and an extrapolation, whose errors all models
# share.
#
# ## All blocks in one posterior
#
# Loss law, score link, evaluators, densities and growth are now fitted jointly to the scores of
# 276 LLMs: first at the paper's 5 trillion reference tokens, then along the reference runs' own
# ray, which is the default.

# %%
five = add(
    "joint posterior, 5T tokens", bd.fit("joint_5T", data, out="../runs/joint_5T", **options)
)
joint = add(
    "joint posterior, 60 tokens per parameter",
    bd.fit("joint", data, out="../runs/joint", **options),
)
pd.DataFrame(ladder).round(0)

# %% [markdown]
# The two are rates of different quantities, since density is relative to its ruler: they stand
# side by side and are not averaged.
#
# ## What the residuals ask for
#
# Models of one family share a recipe, and the residuals say so. With a random effect per family,
# seven sizes of one recipe count as less than seven recipes, and the interval widens.

# %%
add("joint posterior, family effects", bd.fit("family", data, out="../runs/family", **options))
table = pd.DataFrame(ladder)
table.round(0)

# %% [markdown]
# ## The ladder

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(8, 3.2))
rows = np.arange(len(table))[::-1]
axes.hlines(rows, table["lower"], table["upper"], color="0.6", linewidth=3)
axes.plot(table["days"], rows, "o", color="black")
axes.set_yticks(rows, table["step"])
axes.set_xlabel("doubling time (days); bars: 95 % ETI")
axes.set_xlim(60, 240)
figure.tight_layout()

# %% [markdown]
# Every step is a rate of its own quantity, and the intervals hold what each model does not know
# given its assumptions. All of these trends are straight lines: whether growth is, is the
# question of [the next notebook](acceleration.ipynb).
