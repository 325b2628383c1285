"""Where an application is, as a picture for the screen of a session: the part of the body about it, in the view that shows it best."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import dist

import numpy as np

from unknot.body.atlas import Atlas, Sheet, Spot, atlas
from unknot.body.draw import outlines
from unknot.case.model import Sex
from unknot.case.plan import Application, Plan, Route
from unknot.web.atlas import address
from unknot.web.marks import figure_of
from unknot.words import say

WIDE_MM = 420.0
"""How much of the body is seen about a place, at least."""
NEAR_EDGE_MM = 12.0
"""A point nearer than this to the edge of the figure is seen from the side there: another view is better."""
ALONG = ("roll", "strip", "glide")
"""Verbs that follow the fibres."""


def session_pictures(plan: Plan, sex: Sex | None) -> dict[str, str]:
    """Application to its picture."""
    return {a.id: place_picture(a, sex) for a in plan.applications}


def place_picture(a: Application, sex: Sex | None, stuck: Sequence[tuple[str, float]] = ()) -> str:
    """Its site shaded, its point as a ring, what is easily hurt near it; for strokes the fibres, or the drawn path, and their two ends.

    `stuck` is (label, place along the way from 0 to 1) of what stuck there.
    """
    if a.route is not None:
        return _route_picture(a, a.route, stuck)
    of, figure = atlas(), figure_of(sex)
    ident, _, side = a.place.partition("@")
    side = side or a.site.partition("@")[2]
    view = best_view(of, figure, ident, side, a.site)
    muscle = of.k.points[ident].muscle if ident in of.k.points else ident if ident in of.k.muscles else ""
    spot = of.point(ident, side, figure, view)
    fibres = of.fibres(muscle, side, figure, view) if muscle and a.verb in ALONG else []
    box = window_about(of, figure, view, [spot] if spot else [], fibres, a.site)
    unit = box[2] / 100
    drawn = dangers_on(of, a.dangers, side, figure, view) + fibres_on(of, muscle, side, figure, view, fibres, unit)
    if spot is not None:
        drawn += ring_on(spot, unit)
    drawn += _stuck(begun_first(of, muscle, side, figure, view, fibres), stuck, unit)
    return _svg(of, figure, view, a.site, drawn, box, [spot] if spot else [])


def _route_picture(a: Application, route: Route, stuck: Sequence[tuple[str, float]]) -> str:
    """A drawn path on the view on which it was drawn."""
    of, line = atlas(), list(route.points)
    side = a.site.partition("@")[2]
    box = window_about(of, route.figure, route.view, [], [line], a.site)
    unit = box[2] / 100
    drawn = dangers_on(of, a.dangers, side, route.figure, route.view) + f'<path class="fibre" d="{line_of(line)}"/>'
    for (x, y), kind in ((line[0], "from"), (line[-1], "to")):
        drawn += f'<circle class="{kind}" cx="{x}" cy="{y}" r="{1.6 * unit:.1f}"/>'
    return _svg(of, route.figure, route.view, a.site, drawn + _stuck(line, stuck, unit), box, line)


def begun_first(of: Atlas, muscle: str, side: str, figure: str, view: str, fibres: list[list[Spot]]) -> list[Spot]:
    """The longest fibre, from the end where strokes begin."""
    if not fibres:
        return []
    line = max(fibres, key=_long)
    begins = [spot for spot, first in of.ends(muscle, side, figure, view) if first]
    backwards = bool(begins) and min(dist(b, line[-1]) for b in begins) < min(dist(b, line[0]) for b in begins)
    return line[::-1] if backwards else list(line)


def _long(line: list[Spot]) -> float:
    return sum(dist(a, b) for a, b in pairwise(line))


def _stuck(line: list[Spot], stuck: Sequence[tuple[str, float]], unit: float) -> str:
    """A labelled dot for each place along a line where it stuck."""
    if len(line) < 2:
        return ""
    found = ""
    for label, share in stuck:
        x, y = _along(line, share)
        found += (
            f'<circle class="stuck" cx="{x:.0f}" cy="{y:.0f}" r="{2.6 * unit:.1f}"/>'
            f'<text class="stuck-n" x="{x:.0f}" y="{y + 1.3 * unit:.1f}" font-size="{3.6 * unit:.1f}" text-anchor="middle">{escape(label)}</text>'
        )
    return found


def _along(line: list[Spot], share: float) -> tuple[float, float]:
    """The place at a share of the length of a line."""
    left = min(1.0, max(0.0, share)) * _long(line)
    for a, b in pairwise(line):
        piece = dist(a, b)
        if piece and left <= piece:
            return a[0] + (b[0] - a[0]) * left / piece, a[1] + (b[1] - a[1]) * left / piece
        left -= piece
    return float(line[-1][0]), float(line[-1][1])


def best_view(of: Atlas, figure: str, ident: str, side: str, site: str) -> str:
    """Of the views in which the point shows, or else the site: the one that shows most of its site, and the point not at the figure's edge."""
    shown = [v for v in of.k.views if ident in of.k.points and of.point(ident, side, figure, v) is not None]
    return max(shown or of.k.views, key=lambda v: _worth(of, figure, v, of.point(ident, side, figure, v), site))


def _worth(of: Atlas, figure: str, view: str, spot: Spot | None, site: str) -> float:
    """How well a view shows a place: the pixels of its site, much less where the point stands at the edge of the figure."""
    sheet = of.sheet(figure, view)
    pixels = float(sheet.area[sheet.sites.index(site)]) if site in sheet.sites else 0.0
    if spot is None:
        return pixels
    x, y = spot
    reach = max(1, round(NEAR_EDGE_MM / sheet.mm))
    around = sheet.labels[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return (1.0 + pixels) * float(np.mean(around >= 0)) ** 4


Box = tuple[float, float, float, float]


def window_about(of: Atlas, figure: str, view: str, spots: list[Spot], fibres: list[list[Spot]], site: str) -> Box:
    """The square about a place: its point, else its site, and all of its fibres, and enough of the body to know it by."""
    spec, sheet = of.view(view), of.sheet(figure, view)
    told = [*spots, *(corner for line in fibres for corner in line)]
    if not told and site in sheet.sites:
        ys, xs = np.nonzero(sheet.labels == sheet.sites.index(site))
        told = [(int(xs.min()), int(ys.min())), (int(xs.max()), int(ys.max()))] if len(xs) else []
    if not told:
        return 0.0, 0.0, float(spec.width), float(spec.height)
    low, high = np.min(told, axis=0), np.max(told, axis=0)
    size = min(max(WIDE_MM / sheet.mm, 1.4 * float(max(high - low))), float(max(spec.width, spec.height)))
    middle = (low + high) / 2
    x = min(
        max(middle[0] - size / 2, min(0.0, (spec.width - size) / 2)), max(spec.width - size, (spec.width - size) / 2)
    )
    y = min(
        max(middle[1] - size / 2, min(0.0, (spec.height - size) / 2)), max(spec.height - size, (spec.height - size) / 2)
    )
    return float(x), float(y), size, size


def line_of(line: list[Spot]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in (line if len(line) > 1 else [*line, *line]))


def dangers_on(of: Atlas, dangers: tuple[str, ...], side: str, figure: str, view: str) -> str:
    """Bands as broad as what is easily hurt, on the side that is worked on, with an edge that needs no colour."""
    found = ""
    for ident in dangers:
        width = 2 * of.radius_mm(ident) / of.shape(figure, view).mm
        for line in of.danger(ident, side if of.k.dangers[ident].lateral else "", figure, view):
            found += f'<path class="hurt" d="{line_of(line)}" stroke-width="{width:.0f}"/><path class="hurt-line" d="{line_of(line)}"/>'
    return found


def fibres_on(of: Atlas, muscle: str, side: str, figure: str, view: str, fibres: list[list[Spot]], unit: float) -> str:
    """The fibres, a filled end where strokes begin and a hollow one where they stop."""
    if not fibres:
        return ""
    found = "".join(f'<path class="fibre" d="{line_of(line)}"/>' for line in fibres)
    for (x, y), begins in of.ends(muscle, side, figure, view):
        found += f'<circle class="{"from" if begins else "to"}" cx="{x}" cy="{y}" r="{1.6 * unit:.1f}"/>'
    return found


def ring_on(spot: Spot, unit: float) -> str:
    x, y = spot
    return (
        f'<circle class="halo" cx="{x}" cy="{y}" r="{5 * unit:.1f}"/><circle class="point" cx="{x}" cy="{y}" r="{4 * unit:.1f}"/>'
        f'<circle class="dot" cx="{x}" cy="{y}" r="{unit:.1f}"/>'
    )


def _svg(of: Atlas, figure: str, view: str, site: str, drawn: str, box: Box, spots: list[Spot]) -> str:
    """The window on a view; in a corner the whole figure with the window on it, where the view is of the whole figure."""
    spec = of.view(view)
    sites, lines, outline = outlines(of, figure, view)
    whole, stored = "".join(sites.values()), of.drawn_as(figure, view)
    left, right = (spec.sides[0], spec.sides[1]) if spec.symmetric else (spec.sides[0], spec.sides[0])
    name = escape(say("pictures.view", view=spec.name, left=left, right=right))
    flip = f' transform="translate({spec.width} 0) scale(-1 1)"' if spec.mirrors else ""
    clip = f"clip-{view.replace('.', '-')}"
    shade = (
        f'<clipPath id="{clip}"><path d="{whole}"/></clipPath><g class="shade" clip-path="url(#{clip})">'
        f'<image href="/atlas/{address(of.k)}/{stored[0]}-{stored[1]}.webp" width="{spec.width}" height="{spec.height}"{flip}/></g>'
    )
    here = f'<path class="site" d="{sites[site]}"/>' if site in sites else ""
    frame = " ".join(f"{n:.0f}" for n in box)
    caption = (
        say("pictures.caption", view=spec.name, left=say(f"client.{spec.sides[0]}")) if spec.symmetric else spec.name
    )
    return (
        f'<figure><svg viewBox="{frame}" role="img" aria-label="{name}"><g class="under"><path class="skin" d="{whole}"/>'
        f'{shade}</g>{here}<path class="inner" d="{lines}"/>{drawn}<path class="edge" d="{outline}"/>{_inset(whole, of.sheet(figure, view), spots, box)}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _inset(whole: str, sheet: Sheet, spots: list[Spot], box: Box) -> str:
    """The whole figure, small, with the window on it, in the corner where least of the body is; nothing where the window is nearly the whole."""
    x, y, size, _ = box
    tall, wide = sheet.labels.shape
    if size > 0.7 * tall:
        return ""
    scale = 0.36 * size / tall
    w, h = scale * wide, scale * tall
    corners = [(u, v) for v in (y + size - h - 0.02 * size, y + 0.02 * size) for u in (x + size - w, x)]
    at_x, at_y = min(corners, key=lambda at: _covered(sheet, spots, at, w, h))
    seen = max(0.0, x), max(0.0, y)
    return (
        f'<g class="inset" transform="translate({at_x:.1f} {at_y:.1f}) scale({scale:.4f})"><rect class="card" width="{wide}" height="{tall}" rx="20"/>'
        f'<path class="whole" d="{whole}"/><rect class="seen" x="{seen[0]:.0f}" y="{seen[1]:.0f}" width="{min(x + size, wide) - seen[0]:.0f}"'
        f' height="{min(y + size, tall) - seen[1]:.0f}"/></g>'
    )


def _covered(sheet: Sheet, spots: list[Spot], at: tuple[float, float], wide: float, tall: float) -> float:
    """How much of the body a card would cover; more than anything where it would cover the point."""
    x, y = max(0, round(at[0])), max(0, round(at[1]))
    over = any(
        at[0] - wide / 2 < u < at[0] + 1.5 * wide and at[1] - tall / 4 < v < at[1] + 1.25 * tall for u, v in spots
    )
    return float(np.sum(sheet.labels[y : y + round(tall), x : x + round(wide)] >= 0)) + 1e9 * over
