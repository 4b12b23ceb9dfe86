"""Short keys for long source strings.

The collected facts name their source in full on every row. The bundle keeps that text once, in
``sources.csv``, under a key that a person can still recognise.
"""

import hashlib
import re
from collections.abc import Iterable

import pandas as pd

__all__ = ["SourceBook"]

COLLECTED = "2026-11-24"
"""Day on which the facts were compiled from stored public copies."""

_LONGEST = 56
_GITHUB = re.compile(
    r"github:(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+?)(?:@(?P<commit>[0-9a-f]+))?"
    r"(?P<rest>[: ].*)?"
)
_ARXIV = re.compile(r"ar[xX]iv[: ./]*(?:org/(?:abs|pdf)/)?(?P<id>\d{4}\.\d{4,5})(?:v\d+)?")
_LICENCES = (("doi 10.1038/s42256-025-01137-0", "CC BY 4.0"),)


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z0-9.]+", "-", text.lower()).replace(".", "-")
    return re.sub(r"-+", "-", words).strip("-")


def _shorten(citation: str) -> str:
    """Return a readable key, not yet unique."""
    via, arrow, origin = citation.partition(" <- ")
    if arrow:
        arxiv = _ARXIV.search(origin)
        origin = f"arxiv-{arxiv['id']}" if arxiv else re.sub(r"https?://(www\.)?", "", origin)
        benchmark = via.rpartition("external_benchmark_")[2].removesuffix(".csv")
        return _slug(f"epoch-{benchmark}-{origin}")
    github = _GITHUB.fullmatch(citation)
    if github:
        path = re.sub(r"\.\w+$", "", (github["rest"] or "").strip(": "))
        parts = [part for part in path.split("/") if part.lower() not in ("index", "readme")]
        return _slug("-".join([github["repo"], *parts[-2:]]))
    text = re.sub(r"^NMI 7:1823-1833 \(doi [^)]*\)", "nmi", citation)
    text = re.sub(r"https?://(www\.)?", "", text)
    return _slug(text)


def _url(citation: str) -> str | None:
    """Return where the source can be read, when its text gives that away."""
    if "10.1038/s42256-025-01137-0" in citation:
        return "https://doi.org/10.1038/s42256-025-01137-0"
    plain = re.search(r"https?://[^\s;,)]+", citation)
    if plain:
        return plain[0]
    github = _GITHUB.match(citation)
    if github:
        home = f"https://github.com/{github['owner']}/{github['repo']}"
        path = (github["rest"] or "").strip(": ").partition(" ")[0]
        if github["commit"] and path:
            return f"{home}/blob/{github['commit']}/{path}"
        return home
    arxiv = _ARXIV.search(citation)
    if arxiv:
        return f"https://arxiv.org/abs/{arxiv['id']}"
    hub = re.match(r"HF ([\w.-]+/[\w.-]+)", citation)
    return f"https://huggingface.co/{hub[1]}" if hub else None


class SourceBook:
    """Keys handed out so far.

    Parameters
    ----------
    citations : iterable of str
        Every source text of the bundle. Keys depend on the set, not on its order.
    """

    def __init__(self, citations: Iterable[str]) -> None:
        self._keys: dict[str, str] = {}
        wanted: dict[str, list[str]] = {}
        for citation in sorted(set(citations)):
            key = _shorten(citation)[:_LONGEST].strip("-")
            wanted.setdefault(key, []).append(citation)
        for key, claimants in wanted.items():
            for citation in claimants:
                # A digest of the text keeps a contested key stable when others come and go.
                mark = hashlib.sha256(citation.encode()).hexdigest()[:4]
                self._keys[citation] = key if len(claimants) == 1 else f"{key}-{mark}"

    def key(self, citation: str) -> str:
        """Return the key of a source text."""
        return self._keys[citation]

    def frame(self) -> pd.DataFrame:
        """Return ``sources.csv``."""
        rows = []
        for citation, key in sorted(self._keys.items(), key=lambda item: item[1]):
            licence = next((name for mark, name in _LICENCES if mark in citation), None)
            rows.append((key, citation, _url(citation), licence, COLLECTED))
        return pd.DataFrame(rows, columns=["source", "citation", "url", "licence", "retrieved"])
