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
# # What does a doubling time depend on?
#
# A doubling time is worth as much as its robustness. This notebook takes one from start to end:
# the trend through the 51 densities that the Densing Law paper's figure shows, which a second
# fits.

# %%
from pathlib import Path

import bayesdensing as bd

data = bd.load_data()
trend = bd.load_spec("trend")
trend = type(trend)(**{**dict(trend), "name": "trend_nmi", "data": {"series": "nmi_5bench"}})
found = bd.sensitivity(trend, data, out="../runs/sensitivity-trend_nmi")
assert found.converged
base = found.base
print(
    f"as it is: {base['doubling_time_days']:.0f} days "
    f"(95 % ETI {base['eti95_lb']:.0f} to {base['eti95_ub']:.0f})"
)
print(f"{len(found.table)} fits")

# %% [markdown]
# ## One choice at a time
#
# Each fit makes one choice otherwise: a prior half or twice as wide, no values of one year, no
# single value, another series, the records alone. The specification curve has all of them in
# order, and below which choice it was.

# %%
bd.plot.sensitivity(found)

# %%
columns = ["n", "days_min", "days_max", "furthest", "furthest_days", "shift_sd", "share"]
found.axes[columns].round(2)

# %%
for line in found.sentences:
    print(line)

# %% [markdown]
# Which densities are looked at matters; the priors do not. `elpd_difference` says whether a prior
# would have predicted values that it has not seen any better: it is empty where the data are
# others, since predictions of different things cannot be compared.

# %%
shown = ["choice", "doubling_time_days", "shift_sd", "elpd_difference", "elpd_difference_se"]
found.table[found.table["axis"] == "prior"][shown].round(2)

# %% [markdown]
# ## What drives the rate
#
# Raising a prior or the likelihood to a power about 1 shows the same without another fit (power-
# scaling); a prior at 0.05 or more drives the rate.

# %%
found.scaling.round(3)

# %% [markdown]
# The ten values without which the rate moves most, first by importance weights and then by a fit
# without each: `exact_shift_sd` is what really happens to the median rate.

# %%
found.influence[["doubling_time_days", "shift_sd", "pareto_k", "exact_shift_sd"]].round(2)

# %% [markdown]
# ## Where the width comes from
#
# What of the rate's variance would go if level and dispersion were known: by regression over the
# draws, and by a fit in which both are held at their means. Nothing goes, and that is right: a
# slope about the mean date does not depend on the level there. The width comes from there being
# 51 values.

# %%
found.budget[["variance_share", "variance_share_refit", "sd_left", "sd_left_refit"]].round(3)

# %% [markdown]
# ## Two choices together
#
# One choice at a time does not see what two do together. A grid in a TOML file makes every
# combination:

# %%
print(Path("../docs/grids/trend.toml").read_text())

# %%
grid = bd.sensitivity(
    trend, data, grid="../docs/grids/trend.toml", out="../runs/sensitivity-trend_nmi-grid"
)
grid.variance.round(4)

# %% [markdown]
# The variance of the median rate over the grid is shared out between the axes and what they do
# beyond the sum of both. In days, by series and year:

# %%
cells = grid.cells.assign(days=grid.table["doubling_time_days"])
cells.pivot(index="series", columns="without_year", values="days").round(0)

# %% [markdown]
# ## The joint posterior
#
# The same command, `bayesdensing sensitivity joint`, varies definitions, data and priors of the
# whole model, in an hour rather than a minute. What was found is in [its
# page](../docs/sensitivity.md); its table:

# %%
page = Path("../docs/sensitivity.md").read_text(encoding="utf-8")
print(page[page.index("┏") : page.index("┘") + 1])
