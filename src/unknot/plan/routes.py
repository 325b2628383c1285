"""A path that was drawn for strokes: how long it is, what it crosses, and what is wrong with it."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, dist

from unknot.body.atlas import atlas
from unknot.case.plan import Route, Wish
from unknot.errors import Problem, shown
from unknot.knowledge.load import Knowledge

ALONG = ("roll", "strip", "glide")
"""Verbs that can follow a drawn path."""
SHORTEST_MM, LONGEST_MM = 20.0, 1000.0
MOST_POINTS = 200
EVERY = 2.0
"""How densely a path is looked at [units of the view]."""


def route_mm(route: Route) -> float:
    """Its length on the figure it was drawn on [mm]."""
    return sum(dist(a, b) for a, b in pairwise(route.points)) * atlas().shape(route.figure, route.view).mm


def route_sites(route: Route) -> tuple[str, ...]:
    """Every site that it crosses, in order; an empty one where it leaves the body."""
    sheet = atlas().sheet(route.figure, route.view)
    found: dict[str, None] = {}
    for (x0, y0), (x1, y1) in pairwise(route.points):
        steps = max(1, ceil(dist((x0, y0), (x1, y1)) / EVERY))
        for n in range(steps + 1):
            x, y = round(x0 + (x1 - x0) * n / steps), round(y0 + (y1 - y0) * n / steps)
            found[sheet.site_at(x, y) or ""] = None
    return tuple(found)


def route_problems(wish: Wish, site: str, k: Knowledge, at: str) -> list[Problem]:
    """What is wrong with the path of a wish, whatever the clearance says."""
    route, place = wish.path, f"{at}, path"
    if route is None:
        return []
    if k.techniques[wish.technique].verb not in ALONG:
        return [Problem("no_strokes", place, f"{wish.technique} has no strokes along a path", "", "leave it out")]
    if wish.both:
        return [Problem("path", place, "a path lies on one side", "", "plan the other side with a path of its own")]
    spec = k.views.get(route.view)
    if spec is None or route.figure not in k.figures:
        allowed = f"{', '.join(k.figures)}; {', '.join(k.views)}"
        return [Problem("path", place, f"{route.figure}, {route.view}", "name a figure and a view", allowed)]
    inside = all(0 <= x < spec.width and 0 <= y < spec.height for x, y in route.points)
    if not 2 <= len(route.points) <= MOST_POINTS or not inside:
        allowed = f"2 to {MOST_POINTS} points on the view"
        return [Problem("path", place, shown(list(route.points)), allowed, "draw it on the body")]
    length, sites = route_mm(route), route_sites(route)
    if not SHORTEST_MM <= length <= LONGEST_MM:
        allowed = f"{SHORTEST_MM:g} to {LONGEST_MM:g} mm"
        return [Problem("path", place, f"{length:.0f} mm long", allowed, "draw it longer or shorter")]
    if "" in sites:
        return [Problem("path", place, "it leaves the body", "", "draw it on the body")]
    if site not in sites:
        return [Problem("path", place, f"it does not cross {site}", "", "name a place that it crosses")]
    return []
