"""Small pictures of the body for the pages of screening: what must not be touched, and views to tap on. Styled by class alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from io import BytesIO

import segno

from unknot.body.atlas import atlas
from unknot.body.danger import barred_points
from unknot.body.draw import outlines
from unknot.case.clearance import Clearance
from unknot.case.intake import Marked
from unknot.case.model import Sex
from unknot.record.called import view as called_view
from unknot.web.marks import VIEWS, figure_of
from unknot.words import say

LEAST_RING = 8.0


def body(figure: str, view: str, inside: str = "", *, to_tap: bool = False) -> str:
    """One view as SVG with `inside` drawn on it."""
    of = atlas()
    spec = of.view(view)
    sites, lines, outline = outlines(of, figure, view)
    tapped = f' data-view="{view}"' if to_tap else ""
    left, right = (spec.sides[0], spec.sides[1]) if spec.symmetric else (spec.sides[0], spec.sides[0])
    words = {"left": say(f"side.{left}"), "right": say(f"side.{right}")}
    name = escape(say("pictures.view", view=called_view(spec), **words))
    skin = "".join(sites.values())
    return (
        f'<svg viewBox="0 0 {spec.width} {spec.height}" role="img" aria-label="{name}"{tapped}><path class="skin" d="{skin}"/>'
        f'<path class="inner" d="{lines}"/>{inside}<path class="edge" d="{outline}"/></svg>'
    )


def clearance_picture(clearance: Clearance, sex: Sex | None) -> str:
    """Front and back with barred sites, sites for light contact, and marked spots with every trigger point that they bar, on whatever side it lies."""
    figure = figure_of(sex)
    barred, light = clearance.barred_sites(), {row.site for row in clearance.light}
    points = barred_points(atlas().k, tuple(spot for spot in clearance.spots if spot.view))
    found = ""
    for view in VIEWS:
        sites, _, _ = outlines(atlas(), figure, view)
        drawn = "".join(f'<path class="light-only" d="{d}"/>' for site, d in sites.items() if site in light - barred)
        drawn += "".join(f'<path class="no-touch" d="{d}"/>' for site, d in sites.items() if site in barred)
        mm = atlas().shape(figure, view).mm
        for spot in clearance.spots:
            if spot.view == view:
                radius = max(LEAST_RING, spot.radius_mm / mm)
                drawn += f'<circle class="no-touch" cx="{spot.at[0]}" cy="{spot.at[1]}" r="{radius:.0f}"/>'
        drawn += "".join(
            f'<circle class="no-touch reached" cx="{x}" cy="{y}" r="{LEAST_RING:.0f}"/>'
            for x, y in _reached(points, clearance, figure, view)
        )
        found += f"<figure>{body(figure, view, drawn)}<figcaption>{escape(_caption(view))}</figcaption></figure>"
    return found


def _reached(points: frozenset[str], clearance: Clearance, figure: str, view: str) -> list[tuple[int, int]]:
    """Barred trigger points that a view shows outside the circles on it: a radius reaches round to what its own view does not show."""
    mm = atlas().shape(figure, view).mm
    here = [spot for spot in clearance.spots if spot.view == view]
    found = []
    for ident, _, side in (point.partition("@") for point in sorted(points)):
        at = atlas().point(ident, side, figure, view)
        if at and not any(math.dist(at, spot.at) * mm <= spot.radius_mm for spot in here):
            found.append(at)
    return found


def marks_picture(sex: Sex | None, marks: Iterable[Marked]) -> str:
    """The views to tap on, with what is marked already."""
    figure, every = figure_of(sex), list(marks)
    found = ""
    for view in VIEWS:
        mm = atlas().shape(figure, view).mm
        rings = "".join(
            f'<circle class="marked" cx="{m.at[0]}" cy="{m.at[1]}" r="{max(LEAST_RING, m.radius_mm / mm):.0f}"/>'
            for m in every
            if m.view == view
        )
        found += f"<figure>{body(figure, view, rings, to_tap=True)}<figcaption>{escape(_caption(view))}</figcaption></figure>"
    return found


def _caption(view: str) -> str:
    spec = atlas().view(view)
    side = spec.sides[0]
    return say("pictures.caption", view=called_view(spec), left=say(f"client.{side}"))


def qr(text: str) -> str:
    """An address as a square to be scanned."""
    out = BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, svgclass=None, lineclass=None
    )
    return out.getvalue().decode()
