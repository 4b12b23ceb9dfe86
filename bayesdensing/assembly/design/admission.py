"""Which LLMs and values a hypothesis admits, and why too few are left."""

from collections.abc import Iterator

import pandas as pd

from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec

__all__ = [
    "eligible_llms",
    "eligible_scores",
    "refuse_few_dates",
    "refuse_few_llms",
    "refuse_few_values",
    "released_within",
    "table_of",
]

_LEFT_OUT = ("pruned", "quantized", "pruned+distilled")
#: How counts are led in: those of one rule, those of several.
_ARE = ("are", "are, in turn,")
#: Least that a trend can be laid through.
_FEWEST = 3


def table_of(bundle: DataBundle, name: str) -> pd.DataFrame:
    """Return a table that the hypothesis cannot do without.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    name : str
        Its name, without ``.csv``.

    Returns
    -------
    pandas.DataFrame
        All its rows.

    Raises
    ------
    DataNeedError
        Where the bundle does not hold it.
    """
    frame = bundle.frames.get(name)
    if frame is None:
        raise DataNeedError(f"{name}.csv is missing: this hypothesis needs it")
    return frame


def eligible_llms(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    """Return the LLMs that the hypothesis admits.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    pandas.DataFrame
        Rows of models.csv.
    """
    *_, (left, _) = _admitted(spec, bundle)
    return left


def _admitted(spec: Spec, bundle: DataBundle) -> Iterator[tuple[pd.DataFrame, str]]:
    """Yield the LLMs that are left after each rule, and the rule in words."""
    llms = table_of(bundle, "models")
    yield llms, "in models.csv"
    if spec.data.base_only:
        llms = llms[llms["is_base"]]
        yield llms, "base models (data.base_only = true)"
    if not spec.data.compressed:
        llms = llms[~llms["compression"].isin(_LEFT_OUT)]
        yield llms, "not compressed (data.compressed = false)"
    within = released_within(spec, llms)
    if within is not llms:
        yield within, _dates(spec, llms)


def _dates(spec: Spec, rows: pd.DataFrame) -> str:
    """Return the rule of dates in words, and where the dates of the data lie."""
    since, until = spec.data.released_from, spec.data.released_until
    asked = [f"from {since} on"] * (since is not None) + [f"until {until}"] * (until is not None)
    if rows.empty:
        return f"released {' and '.join(asked)}"
    first, last = (
        f"{day:%Y-%m-%d}" for day in (rows["release_date"].min(), rows["release_date"].max())
    )
    return f"released {' and '.join(asked)} (their dates: {first} to {last})"


def released_within(spec: Spec, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows between the hypothesis's first and last release date.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    rows : pandas.DataFrame
        With ``release_date``.

    Returns
    -------
    pandas.DataFrame
        The rows.
    """
    if spec.data.released_from is not None:
        rows = rows[rows["release_date"] >= pd.Timestamp(spec.data.released_from)]
    if spec.data.released_until is not None:
        rows = rows[rows["release_date"] <= pd.Timestamp(spec.data.released_until)]
    return rows


def eligible_scores(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    """Return the scores of the LLMs that the hypothesis admits.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    pandas.DataFrame
        Rows of scores.csv, on any benchmark.

    Raises
    ------
    DataNeedError
        For an evaluator who has no scores there.
    """
    scores = table_of(bundle, "scores")
    if spec.data.evaluators:
        known = sorted(scores["evaluator"].unique())
        for name in spec.data.evaluators:
            if name not in known:
                shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
                raise DataNeedError(
                    f"scores.csv: no evaluator {name!r} of [data] evaluators; there are: {shown}"
                )
        scores = scores[scores["evaluator"].isin(spec.data.evaluators)]
    return scores[scores["model"].isin(eligible_llms(spec, bundle)["model"])]


def refuse_few_llms(spec: Spec, bundle: DataBundle, scores: pd.DataFrame) -> None:
    """Refuse LLMs that no trend can be laid through, and say which rule left the others out.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    scores : pandas.DataFrame
        Scores of the LLMs that the hypothesis admits, on the benchmarks that count.

    Raises
    ------
    DataNeedError
        For fewer than three LLMs with enough scores or a single date, with the counts.
    """
    found = list(_admitted(spec, bundle))
    stages, admitted = [(len(left), rule) for left, rule in found], found[-1][0]
    by = f" by {' or '.join(spec.data.evaluators)}" if spec.data.evaluators else ""
    benchmarks = scores.groupby("model")["benchmark"].nunique()
    llms = admitted[admitted["model"].isin(benchmarks.index)]
    stages.append((len(llms), f"with scores{by}"))
    least = spec.data.min_scores
    if least > 1:
        llms = llms[llms["model"].isin(benchmarks.index[benchmarks >= least])]
        most = f"; the most of one LLM: {benchmarks.max()}" if len(benchmarks) else ""
        stages.append((len(llms), f"with {least} benchmarks or more ([data] min_scores{most})"))
    (total, where), *rules = stages
    # the rule that leaves nothing is the cause: those after it only repeat it
    last = next((place for place, (count, _) in enumerate(rules) if not count), len(rules))
    rules = rules[: last + 1]
    counts = ", ".join(f"{count} {rule}" for count, rule in rules)
    refuse_few_dates(
        llms, "LLMs with scores", why=f": of {total} {where} {_ARE[len(rules) > 1]} {counts}"
    )


def refuse_few_values(spec: Spec, rows: pd.DataFrame, *, series: str) -> pd.DataFrame:
    """Return the values of a series that are within the dates, where they are enough.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    rows : pandas.DataFrame
        All values of the series, with ``release_date``.
    series : str
        Its name.

    Returns
    -------
    pandas.DataFrame
        The rows between the hypothesis's first and last release date.

    Raises
    ------
    DataNeedError
        For fewer than three values or a single date, with the counts.
    """
    within = released_within(spec, rows)
    why = "" if within is rows else f": of {len(rows)}, {len(within)} are {_dates(spec, rows)}"
    refuse_few_dates(within, f"values of series {series}", why=why)
    return within


def refuse_few_dates(rows: pd.DataFrame, what: str, *, why: str = "") -> None:
    """Refuse what no trend can be laid through.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``release_date``.
    what : str
        What the rows are, in words.
    why : str
        What left the others out, in words; said where rows are too few.

    Raises
    ------
    DataNeedError
        For fewer than three rows or a single date.
    """
    if len(rows) < _FEWEST:
        number = f"no {what} are" if rows.empty else f"only {len(rows)} {what} are"
        if len(rows) == 1:
            number = f"only one of the {what} is"
        raise DataNeedError(f"{number} left, and a trend needs three{why}")
    if rows["release_date"].nunique() < 2:
        raise DataNeedError(f"the {what} share one release date: a trend needs two")
