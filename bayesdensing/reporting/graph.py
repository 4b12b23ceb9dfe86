"""A hypothesis's graph as a drawing: boxes in columns, arrows between them."""

import re
from dataclasses import dataclass
from html import escape

__all__ = ["graph_svg"]

_EDGE = re.compile(r"^\s*(\w+)(\[.*?\]+)?\s*-->\s*(\w+)(\[.*\])?\s*$")
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 168, 44, 46, 18


@dataclass(frozen=True)
class _Graph:
    labels: dict[str, str]
    stores: frozenset[str]
    edges: tuple[tuple[str, str], ...]


def graph_svg(mermaid: str) -> str:
    """Draw a graph that is given as Mermaid text.

    Parameters
    ----------
    mermaid : str
        Lines such as ``trend[trend] --> density[density of each LLM]``; ``[( )]`` is data.

    Returns
    -------
    str
        An SVG element, its text escaped; empty for a text without edges.

    Examples
    --------
    >>> "<svg" in graph_svg("a[first] --> b[(second)]")
    True
    """
    graph = _parse(mermaid)
    if not graph.edges:
        return ""
    place = _places(graph)
    width = (max(x for x, _ in place.values()) + 1) * (_WIDTH + _GAP_X) - _GAP_X + 4
    height = (max(y for _, y in place.values()) + 1) * (_HEIGHT + _GAP_Y) - _GAP_Y + 4
    parts = [_arrow(place[a], place[b]) for a, b in graph.edges]
    parts += [
        _box(place[name], label, data=name in graph.stores) for name, label in graph.labels.items()
    ]
    told = "; ".join(f"{graph.labels[a]} informs {graph.labels[b]}" for a, b in graph.edges)
    head = '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    head += 'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
    return (
        f'<svg class="graph" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="{escape(told)}" '
        f'style="min-width:{0.72 * width:.0f}px;max-width:{width:.0f}px">'
        f"{head}{''.join(parts)}</svg>"
    )


def _parse(mermaid: str) -> _Graph:
    labels: dict[str, str] = {}
    stores, edges = set(), []
    for line in mermaid.splitlines():
        found = _EDGE.match(line)
        if found is None:
            continue
        for name, label in ((found[1], found[2]), (found[3], found[4])):
            if label:
                labels[name] = label.strip("[]()")
                if label.startswith("[("):
                    stores.add(name)
            labels.setdefault(name, name)
        edges.append((found[1], found[3]))
    return _Graph(labels, frozenset(stores), tuple(edges))


def _places(graph: _Graph) -> dict[str, tuple[float, float]]:
    """Return column and row of each box: as far left as arrows allow, then close to its target."""
    depth = dict.fromkeys(graph.labels, 0)
    for _ in graph.labels:
        for a, b in graph.edges:
            depth[b] = max(depth[b], depth[a] + 1)
    # what nothing leads to stands right before what it leads to
    for a in graph.labels:
        if all(b != a for _, b in graph.edges):
            depth[a] = min(depth[b] for x, b in graph.edges if x == a) - 1
    columns: dict[int, list[str]] = {}
    for name in graph.labels:
        columns.setdefault(depth[name], []).append(name)
    first = min(columns)
    most = max(len(names) for names in columns.values())
    place = {}
    for column, names in columns.items():
        # data last, so that the chain from trend to scores runs along the top
        for row, name in enumerate(sorted(names, key=lambda n: (n in graph.stores, n != "trend"))):
            place[name] = (float(column - first), float(min(row, most)))
    return place


def _corner(place: tuple[float, float]) -> tuple[float, float]:
    return 2 + place[0] * (_WIDTH + _GAP_X), 2 + place[1] * (_HEIGHT + _GAP_Y)


def _box(place: tuple[float, float], label: str, *, data: bool) -> str:
    x, y = _corner(place)
    radius = _HEIGHT / 2 if data else 5
    kind = "data" if data else "part"
    return (
        f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'rx="{radius:.0f}"/><text x="{x + _WIDTH / 2:.0f}" y="{y + _HEIGHT / 2 + 5:.0f}" '
        f'text-anchor="middle">{escape(label)}</text>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x0, y0 = _corner(start)
    x1, y1 = _corner(end)
    x0, y0, y1 = x0 + _WIDTH, y0 + _HEIGHT / 2, y1 + _HEIGHT / 2
    middle = (x0 + x1) / 2
    path = f"M{x0:.0f},{y0:.0f} C{middle:.0f},{y0:.0f} {middle:.0f},{y1:.0f} {x1:.0f},{y1:.0f}"
    return f'<path class="edge" d="{path}" marker-end="url(#tip)"/>'
