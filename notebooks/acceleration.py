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
# # Did density growth accelerate after ChatGPT?
#
# The paper reports that density doubled every 144 days before ChatGPT's release and every 95 days
# after it: an acceleration by half. What do the data say once nothing is thrown away?

# %%
import numpy as np
import pandas as pd

import bayesdensing as bd

data = bd.load_data()
paper = bd.replicate(data)
for era in ("before", "after"):
    for which in ("records", "all models"):
        name = f"nmi_mmlu, {era} ChatGPT, {which}: doubling time"
        print(f"{era:7} {which:11} {paper.value(name):6.0f} days")

# %% [markdown]
# The 144 days rest on three records. Their slope has a standard error of two thirds of itself, so
# that "before" says next to nothing.
#
# ## A change at a known date
#
# `changepoint_chatgpt` gives density one rate up to 2022-11-30 and another since, each with the
# prior of a growth rate, and neither bound to be the larger.

# %%
options = {"refit": "on-change", "progress": False}
change = bd.fit("changepoint_chatgpt", data, out="../runs/changepoint_chatgpt", **options)
assert change.diagnostics.converged, change.diagnostics.reasons
released = pd.to_datetime(change.density_table()["release_date"])
print(f"LLMs before the change: {(released < '2022-11-30').sum()} of {len(released)}")
for part in change.headline().segments:
    days = part.doubling_time_days
    print(f"{part.name}: {days.median:.0f} days (95 % {days.eti95[0]:.0f} to {days.eti95[1]:.0f})")

# %%
before, after = (change.posterior[f"growth_rate_{era}"] for era in ("before", "after"))
ratio = np.quantile(after / before, [0.025, 0.5, 0.975])
print(f"P(faster after) = {float((after > before).mean()):.2f}")
print(
    f"rate after less rate before: {float((after - before).median()):.2f} per year, 95 % "
    f"{np.round(np.quantile(after - before, [0.025, 0.975]), 2)}"
)

# %% [markdown]
# Whether growth was faster after ChatGPT than before cannot be told from these data: few LLMs of
# the bundle are older, and the paper's three records are not more.
#
# ## Let the rate change, and it falls
#
# A change at one given date is a narrow question. `accelerating` lets the rate rise or fall
# steadily, `saturating` lets it level off.

# %%
fits = {"changepoint_chatgpt": change}
for name in ("joint", "accelerating", "saturating"):
    fits[name] = bd.fit(name, data, out=f"../runs/{name}", **options)
    assert fits[name].diagnostics.converged, fits[name].diagnostics.reasons
bend = fits["accelerating"].posterior["acceleration"]
print(
    f"acceleration: {float(bend.median()):.2f} per year squared, 95 % "
    f"{np.round(np.quantile(bend, [0.025, 0.975]), 2)}; P(> 0) = {float((bend > 0).mean()):.4f}"
)
for part in fits["accelerating"].headline().segments:
    days = part.doubling_time_days
    print(f"{part.name}: {days.median:.0f} days (95 % {days.eti95[0]:.0f} to {days.eti95[1]:.0f})")

# %% [markdown]
# ## Do they predict better?
#
# Each LLM is left out in turn, its density integrated out. Differences within two standard errors
# mean that the data cannot tell; weights are for mixing predictions and are not probabilities.

# %%
found = bd.compare(list(fits.values()), data, max_refits=0, max_draws=600)
columns = ["hypothesis", "elpd_diff", "diff_se", "verdict", "weight", "not_reliable"]
found.table[columns].round(2)

# %% [markdown]
# The bending trends predict best, but the straight line is less than two standard errors behind:
# from predictions of single LLMs the data cannot tell them apart, whatever the interval of the
# acceleration says given that there is one. What the data do not support is the opposite, a
# faster pace of late.
#
# ## The trends

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(8, 4))
table = fits["joint"].density_table()
axes.semilogy(pd.to_datetime(table["release_date"]), table["density_median"], ".", color="0.7")
dates = pd.date_range("2021-01-01", released.max(), periods=80)
for name, fit in fits.items():
    middle = fit.trend(dates).median(("chain", "draw"))
    axes.semilogy(dates, middle, label=name)
axes.set_ylim(3e-3, 1e3)
axes.set_xlim(dates[0], dates[-1])
axes.set_ylabel("capability density")
axes.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# Dots are densities under the straight line; each trend has its own, within the same scores. What
# a slowing trend is not: proof that the field slows down. Benchmarks that are nearly solved have
# little room for better scores, recent base LLMs are often very large ones, which this ruler
# finds less dense, and labs report fewer scores of base LLMs than they did. The hypotheses above
# share all of that; `family` and `size_term` change some of it.
