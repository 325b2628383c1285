"""The body with the places of a plan as small numbered rings, for the plan page and its printed sheet. Styled by class alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from unknot.body.atlas import atlas
from unknot.body.draw import outlines
from unknot.case.model import Sex
from unknot.case.plan import Application, Route
from unknot.web.marks import figure_of
from unknot.words import say

WHOLE = ("front", "back")
AROUND, LEAST_HALF, LEAST_TALL = 150, 215, 400
"""About the places, and the least that is shown of the width (half) and of the height [units of the view]."""
RING, DISC, APART, LETTER = 0.019, 0.051, 0.121, 0.065
"""Rings, discs, from number to number, and their letters, as shares of the larger side, so that they are as large in every picture."""


Places = Mapping[tuple[int, int], Sequence[tuple[int, Application]]]
"""The places of a view with the (number, application) of what is done there."""


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
    return tuple((_picture(figure, view, by_view[view], _window(view, by_view)), _caption(view)) for view in views)


def _routes(places: Places, view: str) -> list[Route]:
    """The drawn paths of the places on a view."""
    every = (a.route for rows in places.values() for _, a in rows)
    return [route for route in every if route is not None and route.view == view]


def _window(view: str, by_view: Mapping[str, Places]) -> tuple[int, int, int, int]:
    """(left, top, width, height) of what is shown of a view; front and back show the same part of the body."""
    spec = atlas().view(view)
    views = [v for v in by_view if v in WHOLE] if view in WHOLE else [view]
    every = [
        at for v in views for at in (*by_view[v], *(spot for route in _routes(by_view[v], v) for spot in route.points))
    ]
    half = min(spec.width // 2, max(LEAST_HALF, max(abs(x - spec.width // 2) for x, _ in every) + AROUND))
    tall = min(spec.height, max(LEAST_TALL, max(y for _, y in every) - min(y for _, y in every) + 2 * AROUND))
    middle = (max(y for _, y in every) + min(y for _, y in every)) // 2
    top = max(0, min(middle - tall // 2, spec.height - tall))
    return spec.width // 2 - half, top, 2 * half, tall


def _where(a: Application, figure: str) -> tuple[str, tuple[int, int]] | None:
    """The view on which a place is drawn: of the whole body where it shows there, else the one that shows most of its site."""
    of = atlas()
    if a.route is not None and a.route.figure == figure:
        return a.route.view, a.route.points[len(a.route.points) // 2]
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


def _picture(
    figure: str,
    view: str,
    places: Places,
    window: tuple[int, int, int, int],
) -> str:
    spec = atlas().view(view)
    shown = [
        Shown(at, ", ".join(str(n) for n, _ in rows), rows[0][1].site, all(a.verb == "glide" for _, a in rows))
        for at, rows in places.items()
    ]
    unit = max(window[2], window[3] * 0.8)
    sites, lines, outline = outlines(atlas(), figure, view)
    soft = "".join(f'<path class="worked" d="{sites[s.site]}"/>' for s in shown if s.wide and s.site in sites)
    soft += "".join(_way(route) for route in _routes(places, view) if route.figure == figure)
    marks = "".join(
        _mark(s, x, y, unit)
        for left in (True, False)
        for s, x, y in _beside([s for s in shown if (s.at[0] < spec.width / 2) == left], left, window, unit)
    )
    name = escape(say("pictures.view", view=spec.name, left=spec.sides[0], right=spec.sides[-1]))
    return (
        f'<svg viewBox="{" ".join(map(str, window))}" role="img" aria-label="{name}"><path class="skin" d="{"".join(sites.values())}"/>'
        f'{soft}<path class="inner" d="{lines}"/><path class="edge" d="{outline}"/>{marks}</svg>'
    )


def _way(route: Route) -> str:
    """A path that was drawn for strokes; its number stands at its middle."""
    return f'<path class="way" d="M{"L".join(f"{x} {y}" for x, y in route.points)}"/>'


def _beside(
    shown: list[Shown], left: bool, window: tuple[int, int, int, int], unit: float
) -> list[tuple[Shown, int, int]]:
    """Where the number of each place stands: in a column beside the body, none on another, each as near as can be."""
    start, top, width, tall = window
    bottom, disc, apart = top + tall, DISC * unit, APART * unit
    rows = sorted(shown, key=lambda s: (s.at[1], s.at[0] if left else -s.at[0]))
    heights: list[float] = []
    for s in rows:
        heights.append(max(float(s.at[1]), heights[-1] + apart if heights else top + disc + 3))
    over = heights[-1] - (bottom - disc - 3) if heights else 0.0
    for i in range(len(heights) - 1, -1, -1):
        if over <= 0:
            break
        heights[i] -= over
        over = heights[i - 1] + apart - heights[i] if i else 0.0
    found = []
    for s, y in zip(rows, heights, strict=True):
        half = disc + _longer(s.numbers, unit) + 3
        found.append((s, round(start + half if left else start + width - half), round(y)))
    return found


def _longer(numbers: str, unit: float) -> float:
    """How much longer than a disc several numbers are, to each side."""
    return max(0, len(numbers) - 2) * 0.018 * unit


def _mark(s: Shown, x: int, y: int, unit: float) -> str:
    """A ring on the place, a line, and a disc with its numbers."""
    ring, disc, letter = RING * unit, DISC * unit, LETTER * unit
    long = disc + _longer(s.numbers, unit)
    dx, dy = x - s.at[0], y - s.at[1]
    far = max(1.0, (dx * dx + dy * dy) ** 0.5)
    start = (round(s.at[0] + dx / far * ring), round(s.at[1] + dy / far * ring))
    return (
        f'<path class="lead" d="M{start[0]} {start[1]}L{x} {y}"/><circle class="spot" cx="{s.at[0]}" cy="{s.at[1]}" r="{ring:.0f}"/>'
        f'<rect class="disc" x="{x - long:.0f}" y="{y - disc:.0f}" width="{2 * long:.0f}" height="{2 * disc:.0f}" rx="{disc:.0f}"/>'
        f'<text class="n" x="{x}" y="{y + letter * 0.36:.0f}" font-size="{letter:.0f}" text-anchor="middle">{escape(s.numbers)}</text>'
    )


def _caption(view: str) -> str:
    spec = atlas().view(view)
    return say("pictures.caption", view=spec.name, left=say(f"client.{spec.sides[0]}"))
