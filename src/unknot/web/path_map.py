"""The part of the body map on which the path of a roll is drawn: the muscle with its fibres and ends, what is barred there, and what is easily hurt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from unknot.body.atlas import Atlas, Spot, atlas
from unknot.body.draw import outlines
from unknot.case.clearance import Clearance
from unknot.case.model import Sex
from unknot.case.places import site_name
from unknot.case.plan import Application, Route
from unknot.errors import Problem
from unknot.plan.gate import PlanError
from unknot.web.atlas import address
from unknot.web.marks import figure_of
from unknot.web.pictures import LEAST_RING
from unknot.web.place_picture import best_view, dangers_on, fibres_on, ring_on, window_about
from unknot.words import say

MOST_VIEWS = 6
"""Views that are offered to draw on, those that show most of the place first."""
LEAST_SHARE = 0.25
"""Of what the view with most of the place shows: a view that shows less is not offered."""


@dataclass(frozen=True, slots=True)
class PathMap:
    """One view to draw on."""

    view: str
    caption: str
    mm: float
    """Of one unit of the view."""
    svg: str
    route: str
    """The path that holds now on this view, as `x,y x,y`; empty when there is none."""
    views: tuple[tuple[str, str], ...]
    """(view, its name) of every view that shows the place."""


def path_map(a: Application, sex: Sex | None, clearance: Clearance, view: str = "") -> PathMap:
    """The view that was asked for if it shows the place; else that of the path that holds, else the one that shows the place best."""
    of, figure = atlas(), figure_of(sex)
    ident, _, side = a.place.partition("@")
    pixels = of.views_of(a.site, figure)
    shows = [v for v, count in pixels if count >= LEAST_SHARE * pixels[0][1]][:MOST_VIEWS]
    route = a.route if a.route is not None and a.route.figure == figure else None
    best = best_view(of, figure, ident, side or a.site.partition("@")[2], a.site)
    views = list(dict.fromkeys([best, *shows, *([route.view] if route else [])]))
    shown = view if view in views else route.view if route else best
    held = route if route is not None and route.view == shown else None
    spec = of.view(shown)
    caption = (
        say("pictures.caption", view=spec.name, left=say(f"client.{spec.sides[0]}")) if spec.symmetric else spec.name
    )
    points = " ".join(f"{x},{y}" for x, y in held.points) if held else ""
    names = tuple((v, of.view(v).name) for v in views)
    return PathMap(shown, caption, of.shape(figure, shown).mm, _svg(a, clearance, figure, shown, held), points, names)


def _svg(a: Application, clearance: Clearance, figure: str, view: str, held: Route | None) -> str:
    of, spec = atlas(), atlas().view(view)
    ident, _, side = a.place.partition("@")
    side = side or a.site.partition("@")[2]
    muscle = of.k.points[ident].muscle if ident in of.k.points else ""
    fibres = of.fibres(muscle, side, figure, view) if muscle else []
    lines: list[list[Spot]] = [*fibres, *([list(held.points)] if held else [])]
    spot = of.point(ident, side, figure, view)
    box = window_about(of, figure, view, [spot] if spot else [], lines, a.site)
    sites, inner, outline = outlines(of, figure, view)
    whole, stored = "".join(sites.values()), of.drawn_as(figure, view)
    flip = f' transform="translate({spec.width} 0) scale(-1 1)"' if spec.mirrors else ""
    skin = "".join(f'<path class="skin" data-name="{escape(site_name(of.k, s))}" d="{d}"/>' for s, d in sites.items())
    image = (
        f'<image href="/atlas/{address(of.k)}/{stored[0]}-{stored[1]}.webp" width="{spec.width}" height="{spec.height}"{flip}/>'
    )  # fmt: skip
    drawn = dangers_on(of, a.dangers, side, figure, view) + fibres_on(
        of, muscle, side, figure, view, fibres, box[2] / 100
    )
    drawn += ring_on(spot, box[2] / 100) if spot is not None else ""
    return (
        f'<svg viewBox="{" ".join(f"{n:.0f}" for n in box)}" aria-hidden="true"><defs><clipPath id="path-clip"><path d="{whole}"/></clipPath>'
        f'<pattern id="path-barred" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="stripe" d="M0 6H12"/></pattern></defs>'
        f'<g class="under">{skin}<g class="shade" clip-path="url(#path-clip)">{image}</g></g>'
        f'<g class="over"><path class="site" d="{sites.get(a.site, "")}"/>{_barred(of, clearance, figure, view, sites)}'
        f'<path class="inner" d="{inner}"/>{drawn}<path class="edge" d="{outline}"/><g class="drawn"></g></g></svg>'
    )


def _barred(of: Atlas, clearance: Clearance, figure: str, view: str, sites: Mapping[str, str]) -> str:
    """Barred sites and marked spots, hatched: what must not be crossed."""
    barred = clearance.barred_sites()
    found = "".join(f'<path class="barred" d="{d}"/>' for site, d in sites.items() if site in barred)
    mm = of.shape(figure, view).mm
    for spot in clearance.spots:
        if spot.view == view:
            radius = max(LEAST_RING, spot.radius_mm / mm)
            found += f'<circle class="barred" cx="{spot.at[0]}" cy="{spot.at[1]}" r="{radius:.0f}"/>'
    return found


def path_of(fields: Mapping[str, str], sex: Sex | None) -> Route:
    """The path that was drawn, from `view` and `points` (`x,y x,y`). Raises PlanError when it is none; whether it is allowed is the gate's to say."""
    try:
        points = tuple((int(x), int(y)) for x, y in (one.split(",") for one in fields.get("points", "").split()))
    except ValueError:
        points = ()
    if len(points) < 2:
        place, given = say("plan_field.path"), say("plan_path.none")
        raise PlanError([Problem("not_a_path", place, given, "", say("plan_path.none_todo"))])
    return Route(figure_of(sex), fields.get("view", ""), points)
