"""`report`: everything about runs on one page that needs nothing but itself."""

import base64
import hashlib
import json
import shlex
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdensing import __version__
from bayesdensing.analysis import Fit
from bayesdensing.analysis.naming import names_of
from bayesdensing.analysis.rulers import other_rulers, shipped_record
from bayesdensing.analysis.summary import plain
from bayesdensing.analysis.tables import law_rows
from bayesdensing.errors import BayesdensingError, DataNeedError
from bayesdensing.files import write_text
from bayesdensing.fitting import load_fit
from bayesdensing.pulling import pull_line
from bayesdensing.reporting import words
from bayesdensing.reporting.graph import graph_svg
from bayesdensing.reporting.limits import limits
from bayesdensing.reporting.numbers import (
    DRAWS,
    has_scores,
    has_trend,
    quantity_of,
    run_numbers,
)
from bayesdensing.reporting.pictures import pictures_of, rates_picture
from bayesdensing.reporting.sensitivity import sensitivity_beside
from bayesdensing.spec import describe

if TYPE_CHECKING:
    import jinja2

__all__ = ["report"]

_PLACE = "bayesdensing.reporting"
#: Pictures whose titles say whether the model fits what it saw.
_CHECKS = ("posterior_predictive", "loo_pit", "residuals")
#: Posterior draws on the page, shared by its runs.
_ALL_DRAWS = 4 * DRAWS


def report(
    runs: str | Path | Fit | Sequence[str | Path | Fit],
    *,
    out: str | Path | None = None,
    checks: bool = True,
    seed: int = 0,
    fits: Sequence[Fit] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Return one self-contained HTML page of one run or several.

    Parameters
    ----------
    runs : str, Path, Fit or a sequence of them
        Folders that `fit` wrote, or fits; two of one hypothesis are told apart by folder or seed.
    out : str or Path, optional
        File to write the page to.
    checks : bool
        Draw scores anew and predict left-out LLMs too, which takes some seconds.
    seed : int
        Seed of the LLMs that the page draws, and of its checks.
    fits : sequence of Fit, optional
        What lies in the folders, where it has been loaded already.
    tell : callable
        Called with a line per step.

    Returns
    -------
    str
        The page. It asks no network for anything, and all text of the data is escaped.

    Raises
    ------
    DataNeedError
        For no run, or one run twice; where jinja2 is missing.
    RunError
        For a folder that cannot be read.

    Examples
    --------
    >>> import bayesdensing as bd
    >>> page = bd.report("runs/joint", out="report.html")  # doctest: +SKIP
    """
    template = _template()
    items = [runs] if isinstance(runs, str | Path | Fit) else list(runs)
    if not items:
        raise DataNeedError("a report needs a run")
    if fits is None:
        fits = [item if isinstance(item, Fit) else load_fit(item) for item in items]
    named = [None if isinstance(item, Fit) else str(item) for item in items]
    names = names_of(fits, folders=named)
    if len(set(names)) < len(names):
        raise DataNeedError("two runs are one and the same: give each once")
    folders = [
        f"runs/{fit.spec.name}" if place is None else place
        for place, fit in zip(named, fits, strict=True)
    ]
    draws = max(200, min(DRAWS, _ALL_DRAWS // len(fits)))
    sections, numbers = [], []
    for fit, folder, name in zip(fits, folders, names, strict=True):
        tell(f"drawing {name}")
        sections.append(_section(fit, folder, name=name, checks=checks, seed=seed))
        numbers.append(run_numbers(fit, name=name, draws=draws, seed=seed))
    style, script = (_asset(name) for name in ("report.css", "report.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rates = rates_picture(fits, names=names)
    page = template.render(
        title=_title(fits, names, marked=any(section["banner"] for section in sections)),
        runs=sections,
        rates=rates,
        numbers=_json(numbers),
        style=style,
        script=script,
        script_hash=f"sha256-{digest}",
        version=__version__,
        any_rates=rates is not None
        or any("doubling_time" in section["pictures"] for section in sections),
        any_trend=any(has_trend(fit) for fit in fits),
        any_llms=any(has_trend(fit) and not fit.spec.is_series_alone for fit in fits),
        any_published=any(has_trend(fit) and fit.spec.is_series_alone for fit in fits),
        any_scores=any(has_scores(fit) for fit in fits),
        command=_command(folders, out=out, checks=checks, seed=seed),
    )
    if out is not None:
        tell(f"writing {out}")
        write_text(Path(out), page)
    return page


def _title(fits: Sequence[Fit], names: Sequence[str], *, marked: bool) -> str:
    quantities = {quantity_of(fit) for fit in fits if has_trend(fit)} or {"loss law"}
    told = "Hypotheses"
    if len(names) < 4:
        told = f"{', '.join(names)}: {' and '.join(sorted(quantities))}"
    return f"NOT TO BE TRUSTED: {told}" if marked else told


def _command(folders: Sequence[str], *, out: str | Path | None, checks: bool, seed: int) -> str:
    words = ["bayesdensing", "report", *folders]
    if out is not None:
        words += ["--out", Path(out).name]
    if not checks:
        words.append("--no-checks")
    if seed:
        words += ["--seed", str(seed)]
    return shlex.join(words)


def _section(fit: Fit, folder: str, *, name: str, checks: bool, seed: int) -> dict[str, Any]:
    described = describe(fit.spec)
    found = fit.headline()
    pictures = pictures_of(fit, checks=checks, seed=seed)
    checked = [pictures[check].title for check in _CHECKS if check in pictures]
    return {
        "name": name,
        "title": fit.spec.title,
        "description": " ".join(fit.spec.description.split()),
        "sentence": words.growth_sentence(fit),
        "label": found.label,
        "banner": words.banner(fit),
        "rows": words.headline_rows(fit),
        "law": [] if has_trend(fit) else law_rows(fit.posterior),
        "limits": limits(fit, pulled=pull_line(fit, folder=Path(folder)), checked=checked),
        "checks": words.checks(fit),
        "counts": words.counts(fit),
        "coverage": _frame(words.coverage(fit)),
        "pictures": pictures,
        "rulers": _rulers(fit, folder),
        "sensitivity": sensitivity_beside(fit, Path(folder)),
        "equations": described.equations,
        "priors": described.priors.to_dict("records"),
        "graph": graph_svg(described.graph),
        "spec": fit.spec.to_toml(),
        "versions": dict(fit.versions),
        "data": {"name": fit.data.name, "version": fit.data.version, "sha256": fit.data.sha256},
        "seed": fit.seed,
        "seconds": round(float(fit.timing["total"])),
        "commands": words.reproduce(fit, folder),
        "llms": _llm_rows(fit) if has_trend(fit) else [],
        "scores": has_scores(fit),
        "trend": has_trend(fit),
        "constant": fit.spec.assumes_no_growth,
        "published": fit.spec.is_series_alone,
    }


def _frame(table: Any) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [
        [str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return {"columns": ["released", *map(str, table.columns)], "rows": rows}


def _rulers(fit: Fit, folder: str) -> list[dict[str, str]]:
    if "growth" not in fit.spec.blocks:
        return []
    try:
        found = other_rulers(fit, folder=Path(folder), record=shipped_record())
    except BayesdensingError:
        return []
    rows = []
    for ruler in found:
        if ruler.median is None or ruler.eti95 is None:
            continue
        low, high = ruler.eti95
        rows.append(
            {
                "name": ruler.name,
                "title": ruler.title,
                "median": words.days(ruler.median),
                "interval": f"{words.days(low)} to {words.days(high)}",
                "state": "passed" if ruler.converged else "NOT CONVERGED",
            }
        )
    return rows


def _llm_rows(fit: Fit) -> list[dict[str, str]]:
    rows = []
    for name, row in fit.density_table().to_dict("index").items():
        size = row.get("n_params")
        rows.append(
            {
                "name": str(name),
                "date": f"{row['release_date']:%Y-%m-%d}",
                "size": "" if size is None else f"{size / 1e9:,.3g}",
                "density": f"{row['density_median']:.3g}",
                "interval": f"{row['density_eti89_lb']:.3g} to {row['density_eti89_ub']:.3g}",
            }
        )
    return rows


def _json(value: Any) -> str:
    """Return JSON that can stand inside a script element: nothing in it can end the element."""
    text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files(_PLACE).joinpath(name).read_text(encoding="utf-8")


def _template() -> "jinja2.Template":
    try:
        import jinja2
    except ImportError:
        raise DataNeedError("a report needs jinja2: pip install 'bayesdensing[report]'") from None
    # undefined names are errors; everything that is not marked as safe is escaped
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("report.html.jinja"))
