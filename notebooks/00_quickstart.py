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
# # How fast does the capability density of open LLMs grow?
#
# Capability density is the number of parameters a reference recipe would need for an LLM's
# scores, over the number the LLM has
# ([Xiao et al. 2025](https://doi.org/10.1038/s42256-025-01137-0)). This notebook estimates its
# growth with the default settings of the package, looks at whether the result can be trusted, and
# changes one line of the hypothesis.

# %%
import bayesdensing as bd

data = bd.load_data()
data.summary()

# %% [markdown]
# ## Fit
#
# A hypothesis has a name, `joint` being the default. The run in `../runs/joint` is used again where
# hypothesis, data, seed and settings are unchanged, and made anew otherwise (one to two minutes on
# two cores).

# %%
fit = bd.fit("joint", data, out="../runs/joint", refit="on-change", progress=False)
print(fit)

# %% [markdown]
# Before any number: did the draws pass their checks? `converged` asks for R-hat below 1.01 of every
# parameter and every LLM's density, at least 400 effective draws, no divergences and one mode.

# %%
fit.diagnostics.to_dict()

# %% [markdown]
# ## Headline
#
# Median and equal-tailed intervals. The label says what the rate is the rate of: it belongs to the
# number.

# %%
headline = fit.headline()
print(headline.label)
for name in ("doubling_time_days", "growth_rate_per_year"):
    found = getattr(headline, name)
    print(f"{name}: {found.median:.3g}, 95 % {found.eti95[0]:.3g} to {found.eti95[1]:.3g}")
print(f"P(no growth): {fit.prob_rate_not_positive():.4f}")

# %%
bd.plot.doubling_time(fit)

# %% [markdown]
# ## Parameters and densities
#
# `summary()` has every parameter in natural units, here the loss law of each benchmark.

# %%
summary = fit.summary()
law = summary.index.str.startswith(("irreducible_loss", "n_exponent[", "d_exponent["))
summary.loc[law, ["median", "eti95_lb", "eti95_ub", "rhat", "ess_bulk"]].round(3)

# %% [markdown]
# Every LLM has a density. The most recent ones:

# %%
known = ["release_date", "n_params", "n_scores"]
found = ["density_median", "density_eti95_lb", "density_eti95_ub"]
fit.density_table()[known + found].tail(8).round(dict.fromkeys(found, 2))

# %%
bd.plot.density_trend(fit)

# %% [markdown]
# Everything is made of draws, labelled xarray objects with their units, so any question is a line.
# How probable is it that Qwen3-14B-Base is denser than Qwen2.5-14B, released half a year earlier?

# %%
density = fit.density()
float((density.sel(llm="Qwen3-14B-Base") > density.sel(llm="Qwen2.5-14B")).mean())

# %% [markdown]
# ## Another hypothesis: change one line
#
# Few LLMs of the bundle are from before 2023, so the early slope is mostly the straight line's
# assumption. Without these:

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

with TemporaryDirectory() as folder:
    path = Path(folder) / "since_2023.toml"
    path.write_text('extends = "joint"\n[data]\nreleased_from = "2023-01-01"\n')
    since_2023 = bd.load_spec(path)

recent = bd.fit(since_2023, data, progress=False)
for each in (fit, recent):
    found = each.headline().doubling_time_days
    print(
        f"{each.spec.name}: {found.median:.0f} days, 95 % {found.eti95[0]:.0f} to "
        f"{found.eti95[1]:.0f}; {each.posterior.sizes['llm']} LLMs; "
        f"converged: {each.diagnostics.converged}"
    )

# %% [markdown]
# Both use the same ruler (60 tokens per effective parameter), so they speak of the same quantity
# over different LLMs. Under another ruler density is another quantity, and its rate must not be
# averaged with this one.
#
# ## Load a run
#
# A run on disk, made in Python or by `bayesdensing fit joint`, reads back without any sampling; its
# files are listed in the README.

# %%
again = bd.load_fit("../runs/joint")
print(again, again.headline().doubling_time_days == headline.doubling_time_days)
