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
# # The two modes of the loss law, and what they do to density
#
# The paper's loss law is L = a N^-α + b D^-β, fitted by least squares to 33 reference runs per
# benchmark. In these runs size and tokens rise together, from 10 to 60 tokens per parameter, and
# without an irreducible loss the data support two laws, in which the two terms swap roles.

# %%
import matplotlib.pyplot as plt
import numpy as np

import bayesdensing as bd

data = bd.load_data()
paper = bd.replicate(data)
table = paper.table
optima = table[(table["part"] == "eq. 2") & table["quantity"].str.contains("optimum")].copy()
optima[["law", "parameter"]] = optima["quantity"].str.split(": ", expand=True)
optima.pivot_table(index="law", columns="parameter", values="ours").round(4)

# %% [markdown]
# Multi-start least squares finds both optima. For MMLU, MATH and the average the paper's
# constants sit in the *worse* one:

# %%
rmse = optima[optima["parameter"] == "rmse"][["law", "ours", "note"]]
rmse.round(5)

# %% [markdown]
# ## Two laws that agree where there are runs
#
# Along the runs' own ray the two laws of MMLU predict nearly the same loss. At five trillion
# tokens, a hundred times beyond the runs, they part.

# %%
laws = optima[optima["law"].str.startswith("MMLU,")].pivot_table(
    index="law", columns="parameter", values="ours"
)
sizes = np.geomspace(1e7, 1e12, 100)
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for panel, tokens, title in (
    (panels[0], 60 * sizes, "60 tokens per parameter"),
    (panels[1], np.full_like(sizes, 5e12), "5 trillion tokens"),
):
    for name, law in laws.iterrows():
        loss = law["a"] * sizes ** -law["alpha"] + law["b"] * tokens ** -law["beta"]
        panel.loglog(sizes, loss, label=f"{name} (rmse {law['rmse']:.4f})")
    panel.set_title(title)
    panel.set_xlabel("parameters")
runs = data.reference_runs
runs = runs[runs["benchmark"] == "MMLU"]
panels[0].plot(runs["n_params"], runs["loss"], "k.", markersize=3, label="runs, 10 to 60 tokens")
panels[0].set_ylabel("loss on MMLU (nats)")
panels[0].legend(frameon=False, fontsize=8)
figure.tight_layout()

# %% [markdown]
# ## What the choice does to the doubling time
#
# Densities are inverted through the law, so the other optimum gives other densities, and other
# records among them.

# %%
other = table[table["part"].str.startswith("eq. 2, the other")]
print(f"paper's optimum: {paper.value('nmi_5bench, records: doubling time'):.0f} days")
for row in other[other["quantity"].str.contains("doubling")].itertuples():
    print(f"{row.quantity}: {row.ours:.0f} days ({row.note})")

# %% [markdown]
# A point estimate picks one of the two and says nothing of the other.
#
# ## What the posterior makes of them
#
# Eight chains start at draws of the prior. Where chains stay apart, the mass of each region is
# estimated by bridge sampling; what holds hardly any is left out and named, not averaged in.

# %%
own = bd.fit("paper_law", data, out="../runs/paper_law", refit="on-change", progress=False)
assert own.diagnostics.converged, own.diagnostics.reasons
by_size = own.posterior["n_exponent"] > own.posterior["d_exponent"]
passages = (by_size.astype(int).diff("draw") != 0).sum(("chain", "draw"))
print(*own.diagnostics.left_out or ["no region was left out"])
shares = by_size.mean(("chain", "draw")).rename("share of draws, size the faster").to_dataframe()
shares.assign(passages=passages.to_series()).round(4)

# %% [markdown]
# Size falls off faster than tokens on MMLU and MATH, more slowly on HumanEval and MBPP; BBH has
# both, and chains pass between them often enough for their shares to be those of the posterior.
#
# ## With an irreducible loss there is one mode
#
# The default law has a loss that no size and no data can take away, E > 0. Chains that start far
# apart then agree, and the exponents come with what is not known about them.

# %%
fit = bd.fit("loss_law", data, out="../runs/loss_law", refit="on-change", progress=False)
assert fit.diagnostics.converged, fit.diagnostics.reasons
print(f"largest R-hat {fit.diagnostics.max_rhat:.3f}, modes: {len(fit.diagnostics.modes) or 1}")
summary = fit.summary()
exponents = summary.index.str.startswith(("n_exponent[", "d_exponent[", "irreducible_loss["))
summary.loc[exponents, ["median", "eti95_lb", "eti95_ub"]].round(3)

# %% [markdown]
# Without it the joint model still converges along the runs' ray (`joint_power`), since there both
# laws say nearly the same. At a fixed number of tokens beyond the runs they do not, and the
# choice of mode is then a choice of the answer.
