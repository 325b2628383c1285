"""The body with the places of a plan as small numbered rings, for the plan page and its printed sheet. Styled by class alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from unknot.body.atlas import atlas
from unknot.body.draw import outlines
from unknot.case.model import Sex
from unknot.case.plan import Application
from unknot.web.marks import figure_of
from unknot.words import say

WHOLE = ("front", "back")
ROOM, AROUND, LEAST, APART = 96, 150, 520, 66
"""Beside the body for the numbers, above and below the places, the least that is shown, and from number to number [units of the view]."""
RING, DISC = 11, 29


@dataclass(frozen=True, slots=True)
class Shown:
    """A place on a view with the numbers of the rows that work there."""

    at: tuple[int, int]
    numbers: str
    site: str
    wide: bool


def plan_pictures(applications: Sequence[Application], sex: Sex | None) -> tuple[tuple[str, str], ...]:
    """(picture, caption) of each view that a plan needs; front and back first."""
    figure = figure_of(sex)
    by_view: dict[str, dict[tuple[int, int], list[tuple[int, Application]]]] = {}
    for number, a in enumerate(applications, 1):
        found = _where(a, figure)
        if found is not None:
            view, at = found
            by_view.setdefault(view, {}).setdefault(at, []).append((number, a))
    views = sorted(by_view, key=lambda v: (v not in WHOLE, list(atlas().k.views).index(v)))
    return tuple((_picture(figure, view, by_view[view]), _caption(view)) for view in views)


def _where(a: Application, figure: str) -> tuple[str, tuple[int, int]] | None:
    """The view on which a place is drawn: of the whole body where it shows there, else the one that shows most of its site."""
    of = atlas()
    ident, _, side = a.place.partition("@")
    sites = dict(of.views_of(a.site, figure))
    for view in (*sorted((v for v in WHOLE if v in sites), key=lambda v: -sites[v]), *sites):
        spot = of.point(ident, side, figure, view)
        if spot is not None:
            return view, (int(spot[0]), int(spot[1]))
    view = next((v for v in sorted(WHOLE, key=lambda v: -sites.get(v, 0)) if v in sites), next(iter(sites), ""))
    return (view, _middle(figure, view, a.site)) if view else None


@lru_cache(maxsize=512)
def _middle(figure: str, view: str, site: str) -> tuple[int, int]:
    """The pixel of a site nearest to the middle of it."""
    sheet = atlas().sheet(figure, view)
    rows, columns = np.nonzero(sheet.labels == sheet.sites.index(site))
    nearest = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    return int(columns[nearest]), int(rows[nearest])


def _picture(figure: str, view: str, places: dict[tuple[int, int], list[tuple[int, Application]]]) -> str:
    spec = atlas().view(view)
    shown = [
        Shown(at, ", ".join(str(n) for n, _ in rows), rows[0][1].site, all(a.verb == "glide" for _, a in rows))
        for at, rows in places.items()
    ]
    top = max(0, min(s.at[1] for s in shown) - AROUND)
    bottom = min(spec.height, max(s.at[1] for s in shown) + AROUND)
    if bottom - top < LEAST:
        top = max(0, min(top - (LEAST - bottom + top) // 2, spec.height - LEAST))
        bottom = min(spec.height, top + LEAST)
    sites, lines, outline = outlines(atlas(), figure, view)
    soft = "".join(f'<path class="worked" d="{sites[s.site]}"/>' for s in shown if s.wide and s.site in sites)
    marks = "".join(
        _mark(s, x, y)
        for left in (True, False)
        for s, x, y in _beside([s for s in shown if (s.at[0] < spec.width / 2) == left], left, spec.width, top, bottom)
    )
    name = escape(say("pictures.view", view=spec.name, left=spec.sides[0], right=spec.sides[-1]))
    return (
        f'<svg viewBox="{-ROOM} {top} {spec.width + 2 * ROOM} {bottom - top}" role="img" aria-label="{name}"><path class="skin" d="{"".join(sites.values())}"/>'
        f'{soft}<path class="inner" d="{lines}"/><path class="edge" d="{outline}"/>{marks}</svg>'
    )


def _beside(shown: list[Shown], left: bool, width: int, top: int, bottom: int) -> list[tuple[Shown, int, int]]:
    """Where the number of each place stands: in a column beside the body, none on another, each as near as can be."""
    rows = sorted(shown, key=lambda s: (s.at[1], s.at[0] if left else -s.at[0]))
    heights: list[float] = []
    for s in rows:
        heights.append(max(float(s.at[1]), heights[-1] + APART if heights else float(top + DISC + 6)))
    over = heights[-1] - (bottom - DISC - 6) if heights else 0.0
    for i in range(len(heights) - 1, -1, -1):
        if over <= 0:
            break
        heights[i] -= over
        over = heights[i - 1] + APART - heights[i] if i else 0.0
    x = -ROOM + DISC + 12 if left else width + ROOM - DISC - 12
    return [(s, x, round(y)) for s, y in zip(rows, heights, strict=True)]


def _mark(s: Shown, x: int, y: int) -> str:
    """A ring on the place, a line, and a disc with its numbers."""
    long = max(0, len(s.numbers) - 2) * 9
    dx, dy = x - s.at[0], y - s.at[1]
    far = max(1.0, (dx * dx + dy * dy) ** 0.5)
    start = (round(s.at[0] + dx / far * RING), round(s.at[1] + dy / far * RING))
    return (
        f'<path class="lead" d="M{start[0]} {start[1]}L{x} {y}"/><circle class="spot" cx="{s.at[0]}" cy="{s.at[1]}" r="{RING}"/>'
        f'<rect class="disc" x="{x - DISC - long}" y="{y - DISC}" width="{2 * (DISC + long)}" height="{2 * DISC}" rx="{DISC}"/>'
        f'<text class="n" x="{x}" y="{y + 13}" text-anchor="middle">{escape(s.numbers)}</text>'
    )


def _caption(view: str) -> str:
    spec = atlas().view(view)
    return say("pictures.caption", view=spec.name, left=say(f"client.{spec.sides[0]}"))
