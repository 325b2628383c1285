"""The body map as a picture: views with the drawing, the coloured sites, points and their referral, as one SVG of its own.

Attributes alone, no style sheet, so that it looks the same as a file, in a page under a strict policy, and on paper.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from importlib import resources
from textwrap import wrap

from unknot.body.atlas import Atlas, Spot, atlas
from unknot.body.labels import placed
from unknot.body.ramp import colour
from unknot.case.model import Pain, Stroke
from unknot.case.places import site_name
from unknot.knowledge.load import Knowledge
from unknot.words import say

INK, SOFT, FLESH, LIGHT, ACCENT, ALARM = "#23201b", "#6b6459", "#f3e9da", "#a59a88", "#1c5753", "#8c2f13"
GAP, HEAD, LEGEND = 24, 56, 22
KEY_SIZE, KEY_LINE = 11, 14
FONT = "font-family='system-ui, sans-serif'"
Href = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point shown with a number. `name` stands in the key."""

    point: str
    side: str
    name: str
    essential: frozenset[str] = frozenset()
    spillover: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be seen. `named`: also the names of all regions."""

    figure: str
    views: tuple[str, ...]
    strokes: tuple[Stroke, ...] = ()
    pains: tuple[Pain, ...] = ()
    marks: tuple[Mark, ...] = ()
    muscles: tuple[tuple[str, str], ...] = ()
    alarm: str = ""
    """What stands above the warnings, large and in the colour of alarm."""
    warnings: tuple[str, ...] = ()
    title: str = ""
    named: bool = False
    keyed: bool = True
    """Whether the key to the numbers stands below; where it stands beside the picture, not."""
    numbered: tuple[str, ...] = field(default=())
    """Points of a sheet of all points: rings with their numbers in this order, and beside each view a key of those in it."""
    note: str = ""
    """A line below all else."""
    dangers: tuple[str, ...] = ()
    """Places that are easily hurt, of the client's left side: bands with their names."""


def map_picture(k: Knowledge, show: str, figure: str, views: tuple[str, ...]) -> Picture:
    """A sheet of the map itself: `regions` with their names, `points`, `muscles` or `dangers` of the client's left side."""
    title = say(f"picture.{show}", figure=figure)
    if show == "points":
        some = tuple(v for v in views or k.views if any(atlas().point(p, "left", figure, v) for p in k.points))
        return Picture(figure, some or views, title=title, numbered=tuple(k.points))
    if show == "muscles":
        lines = tuple((muscle, "left") for muscle in k.muscles)
        return Picture(figure, views or tuple(k.views), title=title, muscles=lines, named=True)
    if show == "dangers":
        return Picture(figure, views or tuple(k.views), title=title, dangers=tuple(k.dangers))
    return Picture(figure, views or tuple(k.views), title=title, named=True)


def embedded(name: str) -> str:
    """A picture of the atlas as a data address."""
    data = (resources.files("unknot.body") / "data" / name).read_bytes()
    return "data:image/webp;base64," + base64.b64encode(data).decode()


def svg(picture: Picture, *, href: Href = embedded, height: int = 900, per_row: int = 3) -> str:
    """The picture as SVG text; views stand side by side, each `height` pixels high."""
    of = atlas()
    rows = [picture.views[i : i + per_row] for i in range(0, len(picture.views), per_row)]
    scales = {view: min(height / of.view(view).height, 0.9 * height / of.view(view).width) for view in picture.views}
    keys = {view: _points_key(of, picture, view, of.view(view).height * scales[view]) for view in picture.views}
    room = {view: round(of.view(view).width * scales[view]) + GAP + keys[view][1] for view in picture.views}
    wide = max([640, *(GAP + sum(room[v] for v in row) for row in rows)])
    heading, top = _heading(picture, wide)
    body: list[str] = []
    for row in rows:
        left, low = GAP, 0.0
        for view in row:
            spec, scale = of.view(view), scales[view]
            body.append(
                f"<g transform='translate({left} {top}) scale({scale:.4f})'>{_view(of, picture, view, href)}</g>"
            )
            body.append(_caption(of, view, left, top + spec.height * scale + 18, spec.width * scale))
            body.append(f"<g transform='translate({left + round(spec.width * scale) + GAP} {top})'>{keys[view][0]}</g>")
            left += room[view]
            low = max(low, spec.height * scale)
        top += round(low) + 40
    key = _key(picture, top) if picture.keyed else ""
    tall = top + (LEGEND * (len(picture.marks) + bool(picture.marks)) if picture.keyed else 0) + 16
    note = _lines(picture.note, GAP, tall + 10, wide, SOFT, 13) if picture.note else []
    tall += LEGEND * len(note)
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {tall}' width='{wide}' height='{tall}' role='img'>"
    name = escape(picture.title or say("picture.title"))
    ground = f"<rect width='100%' height='100%' fill='#ffffff'/>{_defs()}"
    return f"{head}<title>{name}</title>{ground}{heading}{''.join(body)}{key}{''.join(note)}</svg>\n"


def _defs() -> str:
    """Shading as ink of its darkness, and the two hatchings of referral."""
    hatch = "".join(
        f"<pattern id='{name}' width='{gap}' height='{gap}' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
        f"<rect width='{gap}' height='{gap}' fill='{ACCENT}' fill-opacity='{tint}'/><path d='M0 0V{gap}' stroke='{ACCENT}' stroke-width='{width}'/></pattern>"
        for name, gap, width, tint in (("dense", 5, 1.8, 0.22), ("light", 10, 1.2, 0.08))
    )
    matrix = "0 0 0 0 0.16  0 0 0 0 0.13  0 0 0 0 0.10  -0.9 0 0 0 0.9"
    shade = f"<filter id='shade' x='0' y='0' width='1' height='1' color-interpolation-filters='sRGB'><feColorMatrix values='{matrix}'/></filter>"
    return f"<defs>{shade}{hatch}</defs>"


def _heading(picture: Picture, wide: int) -> tuple[str, int]:
    """Title, alarm and warnings, broken into lines that fit, and where the views begin."""
    title = (
        f"<text x='{GAP}' y='26' font-size='18' font-weight='600' fill='{INK}' {FONT}>{escape(picture.title)}</text>"
        if picture.title
        else ""
    )
    lines = _lines(picture.alarm, GAP + 16, 48, wide, ALARM, 18, "700") if picture.alarm else []
    for warning in picture.warnings:
        lines += _lines(warning, GAP + 16, 48 + LEGEND * len(lines), wide, ALARM, 14)
    if not lines:
        return title, HEAD if title else 8
    mark = f"<path d='M{GAP} 34h8v{LEGEND * len(lines) - 4}h-8z' fill='{ALARM}'/>"
    return title + mark + "".join(lines), HEAD + LEGEND * (len(lines) - 1)


def _lines(text: str, left: int, top: int, wide: int, ink: str, size: int, weight: str = "400") -> list[str]:
    """A text in lines no longer than the picture is wide; letters are taken as wide as wide ones are on average."""
    lines = wrap(text, max(20, int((wide - left - GAP) / (0.56 * size))))
    return [
        f"<text x='{left}' y='{top + LEGEND * n}' font-size='{size}' font-weight='{weight}' fill='{ink}' {FONT}>{escape(line)}</text>"
        for n, line in enumerate(lines)
    ]


def _caption(of: Atlas, view: str, left: float, top: float, wide: float) -> str:
    spec = of.view(view)
    sides = [say(f"client.{side}") for side in spec.sides] if spec.symmetric else []
    found = f"<text x='{left + wide / 2:.0f}' y='{top:.0f}' font-size='16' text-anchor='middle' fill='{INK}' {FONT}>{escape(spec.name)}</text>"
    for text, x, anchor in zip(sides, (left, left + wide), ("start", "end"), strict=False):
        found += f"<text x='{x:.0f}' y='{top:.0f}' font-size='15' text-anchor='{anchor}' fill='{SOFT}' {FONT}>{escape(text)}</text>"
    return found


def _key(picture: Picture, top: int) -> str:
    if not picture.marks:
        return ""
    lines = [say("picture.key")] + [f"{n}  {mark.name}" for n, mark in enumerate(picture.marks, 1)]
    return "".join(
        f"<text x='{GAP}' y='{top + LEGEND * (i + 1) - 6}' font-size='14' fill='{SOFT if i == 0 else INK}' {FONT}>{escape(line)}</text>"
        for i, line in enumerate(lines)
    )


@lru_cache(maxsize=32)
def outlines(of: Atlas, figure: str, view: str) -> tuple[dict[str, str], str, str]:
    """Path data of each site, of the lines between regions, and of the outline."""
    spec, shape = of.view(view), of.shape(figure, view)
    flips = (False, True) if spec.symmetric else (bool(spec.mirrors),)
    sites: dict[str, str] = {}
    between: set[int] = set()
    for region, rings in shape.regions.items():
        lateral = of.k.regions[region].lateral
        between |= {a if a >= 0 else ~a for ring in rings for a in ring} if lateral else set()
        for side, flip in zip(spec.sides, flips, strict=True):
            site = f"{region}@{side}" if lateral else region
            data = "".join(_path(shape.line(ring).tolist(), spec.width if flip else 0) + "Z" for ring in rings)
            sites[site] = sites.get(site, "") + data
    lines, outline = "", ""
    for number, arc in enumerate(shape.arcs):
        for flip in flips:
            data = _path(arc.tolist(), spec.width if flip else 0)
            if number in shape.outline:
                outline += data
            elif number not in shape.cut and (number not in shape.midline or number in between):
                lines += data
    return sites, lines, outline


def _path(points: Iterable[Iterable[int]], mirror: int) -> str:
    return "M" + "L".join(f"{mirror - x if mirror else x} {y}" for x, y in points)


def _view(of: Atlas, picture: Picture, view: str, href: Href) -> str:
    spec = of.view(view)
    sites, lines, outline = outlines(of, picture.figure, view)
    figure, stored = of.drawn_as(picture.figure, view)
    whole = "".join(sites.values())
    clip = f"clip-{view.replace('.', '-')}"
    flip = f" transform='translate({spec.width} 0) scale(-1 1)'" if spec.mirrors else ""
    parts = [
        f"<clipPath id='{clip}'><path d='{whole}'/></clipPath><path d='{whole}' fill='{FLESH}'/>",
        f"<g clip-path='url(#{clip})'><image href='{href(f'{figure}-{stored}.webp')}' width='{spec.width}' height='{spec.height}' filter='url(#shade)'{flip}/>{_colour(picture, view, sites)}</g>",
        f"<path d='{lines}' fill='none' stroke='{LIGHT}' stroke-width='0.8' vector-effect='non-scaling-stroke'/>",
        f"<path d='{outline}' fill='none' stroke='{INK}' stroke-width='1.2' vector-effect='non-scaling-stroke'/>",
        _dangers(of, picture, view, clip),
        _muscles(of, picture, view),
        _points(of, picture, view),
        _names(of, picture, view) if picture.named else "",
    ]
    return "".join(parts)


def _colour(picture: Picture, view: str, sites: dict[str, str]) -> str:
    """Chosen sites, then the drawing (later strokes over earlier, erased where erased), then referral."""
    found = "".join(
        f"<path d='{sites[p.site]}' fill='{colour(p.intensity)}' fill-opacity='0.55'/>"
        for p in picture.pains
        if p.site in sites
    )
    strokes = [stroke for stroke in picture.strokes if stroke.view == view]
    for figure in dict.fromkeys(stroke.figure for stroke in strokes):
        ink = _ink(f"{view}-{figure}".replace(".", "-"), [s for s in strokes if s.figure == figure])
        found += f"<g opacity='0.75'>{ink}</g>" if ink else ""
    for name in ("spillover", "essential"):
        where = frozenset().union(*(getattr(mark, name) for mark in picture.marks))
        if name == "spillover":
            where -= frozenset().union(*(mark.essential for mark in picture.marks))
        hatch = "light" if name == "spillover" else "dense"
        found += "".join(
            f"<path d='{sites[site]}' fill='url(#{hatch})' fill-opacity='0.55'/>"
            for site in sorted(where)
            if site in sites
        )
    return found


def _ink(name: str, strokes: list[Stroke]) -> str:
    """Strokes of one figure in their order; an eraser takes away what lies below it."""
    ink = ""
    for number, stroke in enumerate(strokes):
        data = _path(stroke.points, 0) + (
            f"L{stroke.points[0][0]} {stroke.points[0][1]}" if len(stroke.points) == 1 else ""
        )
        pen = f"fill='none' stroke-width='{stroke.width}' stroke-linecap='round' stroke-linejoin='round'"
        if stroke.erase:
            mask = f"rub-{name}-{number}"
            ink = (
                f"<mask id='{mask}' maskUnits='userSpaceOnUse' x='0' y='0' width='2000' height='2000'><rect width='2000' height='2000' fill='#fff'/>"
                f"<path d='{data}' stroke='#000' {pen}/></mask><g mask='url(#{mask})'>{ink}</g>"
            )
        else:
            ink += f"<path d='{data}' stroke='{colour(stroke.intensity)}' {pen}/>"
    return ink


def _points(of: Atlas, picture: Picture, view: str) -> str:
    size = max(of.view(view).width, of.view(view).height) / 150
    spots = [of.point(mark.point, mark.side, picture.figure, view) for mark in picture.marks]
    taken = [spot for spot in spots if spot]
    found = ""
    for number, spot in enumerate(spots, 1):
        if spot:
            place = _beside(spot, size, taken, -1 if spot[0] < of.view(view).width / 2 else 1)
            taken.append(place)
            found += _ring(spot, size, str(number), place)
    return found + _numbers(of, picture, view)


def _shown(of: Atlas, picture: Picture, view: str) -> dict[str, tuple[str, Spot]]:
    """Points of a sheet that stand in a view: {point: (number, spot)}."""
    spots = {point: of.point(point, "left", picture.figure, view) for point in picture.numbered}
    return {point: (str(n), spot) for n, (point, spot) in enumerate(spots.items(), 1) if spot}


def _numbers(of: Atlas, picture: Picture, view: str) -> str:
    """Rings with their numbers beside them, and lines to the numbers that stand further away."""
    size = max(of.view(view).width, of.view(view).height) / 150
    shown = list(_shown(of, picture, view).values())
    spots, texts = [spot for _, spot in shown], [text for text, _ in shown]
    places = placed(spots, texts, size, size * 0.4, of.view(view).width / 2)
    lines, rings = "", ""
    for (x, y), text, (u, v) in zip(spots, texts, places, strict=True):
        lines += f"<path d='M{x} {y}L{u:.1f} {v:.1f}' stroke='{ACCENT}' stroke-width='{size / 16:.2f}'/>"
        label = f"<text x='{u:.1f}' y='{v + size * 0.35:.1f}' text-anchor='middle' font-size='{size:.1f}' fill='{INK}' stroke='#fff' stroke-width='{size / 5:.1f}' paint-order='stroke' {FONT}>{text}</text>"
        rings += f"<circle cx='{x}' cy='{y}' r='{size * 0.3:.1f}' fill='#fff' stroke='{ACCENT}' stroke-width='{size / 5:.1f}'/>{label}"
    return lines + rings


def _points_key(of: Atlas, picture: Picture, view: str, tall: float) -> tuple[str, int]:
    """The names to a view's numbers in columns no taller than the view, and how wide they are; nothing where no point is numbered."""
    lines = [(number, _muscle_and_number(of, point)) for point, (number, _) in _shown(of, picture, view).items()]
    if not lines:
        return "", 0
    rows = max(1, int(tall // KEY_LINE))
    broad = 30 + round(0.58 * KEY_SIZE * max(len(name) for _, name in lines)) + GAP
    text = "".join(
        f"<text x='{i // rows * broad + 24}' y='{KEY_LINE * (i % rows + 1)}' font-size='{KEY_SIZE}' fill='{INK}' {FONT}><tspan text-anchor='end' font-weight='600'>{number}</tspan><tspan x='{i // rows * broad + 30}' text-anchor='start'>{escape(name)}</tspan></text>"
        for i, (number, name) in enumerate(lines)
    )
    return text, GAP + broad * math.ceil(len(lines) / rows)


def _muscle_and_number(of: Atlas, point: str) -> str:
    return f"{of.k.muscles[of.k.points[point].muscle].name} {point.rpartition('.')[2]}"


def _beside(spot: Spot, size: float, taken: list[Spot], outward: int) -> Spot:
    """The middle of a ring's number, free of the other rings and numbers; rather `outward` (1 right, -1 left) than on the body."""
    x, y, away = *spot, 3.4 * size
    ways = ((1.0, 0.0), (0.7, -0.7), (0.7, 0.7), (0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (-0.7, -0.7), (-0.7, 0.7))
    places = [(round(x + dx * away * outward), round(y + dy * away)) for dx, dy in ways]
    return max(places, key=lambda p: min(3.4 * size, *(math.dist(p, t) for t in taken)))


def _ring(spot: Spot, size: float, text: str, place: Spot | None = None) -> str:
    x, y = spot
    letters = size * (3.2 if place else 1.5)
    u, v, anchor = (*place, "middle") if place else (x + size * 1.6, y, "start")
    label = f"<text x='{u:.1f}' y='{v + letters * 0.35:.1f}' text-anchor='{anchor}' font-size='{letters:.1f}' fill='{INK}' stroke='#fff' stroke-width='{letters / 5:.1f}' paint-order='stroke' {FONT}>{escape(text)}</text>"
    return f"<circle cx='{x}' cy='{y}' r='{size:.1f}' fill='#fff' fill-opacity='0.7' stroke='{ACCENT}' stroke-width='{size / 3:.1f}'/>{label}"


def _muscles(of: Atlas, picture: Picture, view: str) -> str:
    found = ""
    for muscle, side in picture.muscles:
        lines = of.fibres(muscle, side, picture.figure, view)
        for line in lines:
            found += f"<path d='{_path(line, 0)}' fill='none' stroke='#9d2e5a' stroke-width='1.6'/>"
        for (x, y), begins in of.ends(muscle, side, picture.figure, view):
            found += f"<circle cx='{x}' cy='{y}' r='2.2' fill='{'#9d2e5a' if begins else '#fff'}' stroke='#9d2e5a'/>"
        if lines and picture.named:
            x, y = lines[0][len(lines[0]) // 2]
            found += f"<text x='{x + 3}' y='{y}' font-size='6' fill='#7a1f44' stroke='#fff' stroke-width='1.2' paint-order='stroke' {FONT}>{escape(muscle)}</text>"
    return found


def _dangers(of: Atlas, picture: Picture, view: str, clip: str) -> str:
    """Each place that is easily hurt as a band as broad as it is, on the skin alone, with its name."""
    size = max(of.view(view).width, of.view(view).height) / 150
    bands, names, taken = "", "", list[Spot]()
    for ident in picture.dangers:
        lines = of.danger(ident, "left", picture.figure, view)
        wide = 2 * of.radius_mm(ident) / of.shape(picture.figure, view).mm
        for line in lines:
            data = _path(line, 0) + (f"L{line[0][0]} {line[0][1]}" if len(line) == 1 else "")
            bands += f"<path d='{data}' fill='none' stroke='{ALARM}' stroke-opacity='0.35' stroke-width='{wide:.1f}' stroke-linecap='round' stroke-linejoin='round'/>"
        if lines:
            x, y = _free(_middle(max(lines, key=len)), taken, size)
            taken.append((x, y))
            name = escape(of.k.dangers[ident].name)
            names += f"<text x='{x + size / 2:.1f}' y='{y + size / 3:.1f}' font-size='{size:.1f}' fill='#5c1d0a' stroke='#fff' stroke-width='{size / 5:.1f}' paint-order='stroke' {FONT}>{name}</text>"
    return f"<g clip-path='url(#{clip})'>{bands}</g>{names}" if bands else ""


def _middle(line: list[Spot]) -> Spot:
    """The place in the middle of a line's corners."""
    half = len(line) // 2
    a, b = line[half], line[half - 1 + len(line) % 2]
    return (a[0] + b[0]) // 2, (a[1] + b[1]) // 2


def _free(spot: Spot, taken: list[Spot], size: float) -> Spot:
    """The first height from a place downward at which no other name stands beside it."""
    x, y = spot
    while any(abs(y - v) < size and abs(x - u) < 18 * size for u, v in taken):
        y += 1
    return x, y


def _names(of: Atlas, picture: Picture, view: str) -> str:
    """The name of each region, once, on the client's left side or the midline."""
    if picture.muscles or picture.numbered:
        return ""
    spec, sheet = of.view(view), of.sheet(picture.figure, view)
    size = max(spec.width, spec.height) / 120
    found = ""
    for number, site in enumerate(sheet.sites):
        if site.endswith("@right") and spec.symmetric:
            continue
        ys, xs = (sheet.labels == number).nonzero()
        if len(xs) < 40:
            continue
        near = int(((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2).argmin())
        name = site_name(of.k, site.split("@")[0])
        found += f"<text x='{xs[near]}' y='{ys[near] + size / 3:.1f}' font-size='{size:.1f}' text-anchor='middle' fill='{INK}' stroke='#fff' stroke-width='{size / 5:.1f}' paint-order='stroke' {FONT}>{escape(name)}</text>"
    return found
