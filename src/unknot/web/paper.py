"""Papers of the record as tagged PDF by typst, with the body drawing and the session's curve as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any

from unknot.body.atlas import atlas
from unknot.body.draw import outlines
from unknot.body.ramp import colour
from unknot.case.model import Pain, Sex, Stroke
from unknot.record.amounts import day
from unknot.record.called import view as called_view
from unknot.record.paper import Paper, Section
from unknot.record.session_picture import COLOURS, STYLE, WIDE, svg, title
from unknot.record.story import Story
from unknot.web.marks import figure_of
from unknot.web.practice import Practice
from unknot.web.typeset import typeset
from unknot.words import say

VIEWS = ("front", "back", "left", "right")
CURVE_WIDTHS = (WIDE, 900, 1050, 1200, 1400)
"""Widths at which a curve may be drawn [px]: in a wider one a long session has fewer rows and smaller letters."""
ROOM = (166.0, 232.0)
"""Width and height that a curve has on a page of its own [mm], its caption and the foot of the paper aside."""
LETTERS_PX, PT_MM = 12.0, 0.3528
"""Height of the letters in a curve [px], and of a point [mm]."""
LEGIBLE = (5.0, 3.5)
"""The least height of those letters on paper [pt]: as they should be, and as they may be where there is no more room."""
WIDER = {
    "report.said": 4.0,
    "report.first": 1.6,
    "report.latest": 1.6,
    "report.now": 1.8,
    "report.start": 1.4,
} | dict.fromkeys(
    ("report.treated", "report.place", "report.goal", "report.service", "report.measure", "report.shown"), 3.0
)
"""Columns that need more room than a number."""


SIZES = (10.0, 9.0, 8.2)
"""Of the letters [pt], as far as they are needed."""
MOST_PAGES = 2
OF_A_VISIT = ("note", "sheet")


def pdf(paper: Paper, practice: Practice, on: date, *, body: str = "", body_alt: str = "", curve: str = "", curve_alt: str = "") -> bytes:  # fmt: skip
    """The paper as PDF/UA-1. That of a visit has two pages at most: a long one is set smaller, its curve is drawn as high as there is room for,
    and only where nobody could read that it goes without the curve and says so.

    Raises PaperError when it cannot be set.
    """
    data = {
        "title": paper.title, "about": paper.about, "short": f"{paper.title} · {paper.about}", "date": day(on),
        "practice": practice.name or say("letter.no_practice"), "practitioner": practice.practitioner,
        "address": practice.address, "phone": practice.phone, "sections": [_section(s) for s in paper.sections if s.lines or s.table],
        "foot": list(paper.foot), "body": body, "body_alt": body_alt, "curve": curve, "curve_alt": curve_alt,
        "curve_caption": say("note.curve"), "lang": say("language.code").partition("-")[0],
    }  # fmt: skip
    ways = [(size, drawn) for drawn in (*_curves(curve), {"curve": ""}) for size in SIZES]
    made = b""
    for size, drawn in ways if paper.kind in OF_A_VISIT else ways[:1]:
        left_out = [say("note.no_curve")] if curve and not drawn["curve"] else []
        made = typeset("paper.typ", data | {"size": size, "foot": [*left_out, *paper.foot], **drawn}, paper.title)
        if len(re.findall(rb"/Type\s*/Page\b", made)) <= MOST_PAGES:
            break
    return made


def _curves(curve: str) -> Iterator[dict[str, Any]]:
    """The curve with how high it is at its full width, and the least height at which it can be read [mm]; none where a page is not high enough."""
    if not curve:
        return
    width, height = _size_of(curve)
    full, seen = height * ROOM[0] / width, set[float]()
    for points in LEGIBLE:
        least = min(full, height * points * PT_MM / LETTERS_PX)
        if least <= ROOM[1] and least not in seen:
            seen.add(least)
            yield {"curve": curve, "curve_full": full, "curve_least": least}


def _size_of(picture: str) -> tuple[float, float]:
    """Width and height of a picture [px]."""
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', picture)
    return (float(found[1]), float(found[2])) if found else (float(WIDE), float(WIDE))


def _section(s: Section) -> dict[str, Any]:
    head = list(s.table.head) if s.table is not None and s.table.rows else []
    wider = {say(key): share for key, share in WIDER.items()}
    return {
        "title": s.title, "lines": list(s.lines), "bullets": len(s.lines) > 1, "head": head,
        "rows": [list(row) for row in s.table.rows] if s.table is not None else [],
        "foot": list(s.table.foot) if s.table is not None else [],
        "columns": [wider.get(name, 1.0) for name in head],
    }  # fmt: skip


# ---------------------------------------------------------------- pictures


def body_picture(s: Story) -> str:
    """The drawing on front and back, and on a side that was drawn on; empty when nothing was drawn."""
    strokes = s.case.strokes if s.case is not None else ()
    if not s.pains:
        return ""
    views = [v for v in VIEWS if v in VIEWS[:2] or any(stroke.view == v for stroke in strokes)]
    figure = figure_of(s.person.sex)
    parts, x = [], 0
    for view in views:
        spec = atlas().view(view)
        parts.append(f'<g transform="translate({x} 0)">{_view(figure, view, s.pains, strokes)}</g>')
        left, right = spec.sides[0], spec.sides[-1]
        words = say("client." + left) if left == right else f"{say('client.' + left)} | {say('client.' + right)}"
        parts.append(_caption(x + spec.width / 2, spec.height + 56, f"{called_view(spec)}: {words}"))
        x += spec.width + 120
    height = atlas().view("front").height + 76
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x} {height}" width="{x}" height="{height}">{"".join(parts)}</svg>'


def _caption(x: float, y: float, words: str) -> str:
    style = 'font-size="46" text-anchor="middle" fill="#3a352c" font-family="sans-serif"'
    return f'<text x="{x:.0f}" y="{y}" {style}>{escape(words)}</text>'


def _view(figure: str, view: str, pains: tuple[Pain, ...], strokes: tuple[Stroke, ...]) -> str:
    sites, lines, outline = outlines(atlas(), figure, view)
    found = f'<path d="{"".join(sites.values())}" fill="#f3ece1"/>'
    drawn = [s for s in strokes if s.view == view and not s.erase]
    for pain in pains:
        if pain.site in sites and (pain.coverage == 1.0 or not drawn):
            found += f'<path d="{sites[pain.site]}" fill="{colour(pain.intensity)}" fill-opacity="0.6"/>'
    for stroke in strokes:
        if stroke.view == view:
            ink = "#f3ece1" if stroke.erase else colour(stroke.intensity)
            path = "M" + "L".join(f"{x} {y}" for x, y in (*stroke.points, *stroke.points[-1:]))
            found += f'<path d="{path}" fill="none" stroke="{ink}" stroke-opacity="0.75" stroke-width="{stroke.width}" stroke-linecap="round" stroke-linejoin="round"/>'
    return (
        f'{found}<path d="{lines}" fill="none" stroke="#b6aa97" stroke-width="1"/>'
        f'<path d="{outline}" fill="none" stroke="#6d6355" stroke-width="2"/>'
    )


def curve_picture(s: Story) -> tuple[str, str]:
    """The curve of the visit's longest session with what it says, in plain colours, as wide as it must be to stand on a page; empty when there is none."""
    with_work = [t for t in s.sittings if t.lines.works]
    if not with_work:
        return "", ""
    lines = max(with_work, key=lambda t: t.found.pressed_ms).lines
    drawn = ""
    for wide in CURVE_WIDTHS:
        drawn = svg(lines, width=wide, styled=False)
        width, height = _size_of(drawn)
        if height * ROOM[0] <= width * ROOM[1]:
            break
    return drawn.replace("</desc>", f"</desc><style>{_plain_style()}</style>", 1), title(lines)


@lru_cache(maxsize=1)
def _plain_style() -> str:
    """The rules of the curve without variables, which a PDF's renderer does not know."""
    rules = STYLE.replace("font:12px system-ui,sans-serif", "font-size:12px;font-family:sans-serif")
    for pair in COLOURS[0].split(";"):
        name, value = pair.split(":")
        rules = rules.replace(f"var({name})", value)
    return rules


@lru_cache(maxsize=4)
def _shapes(figure: str) -> tuple[dict[str, dict[str, str]], str]:
    """The sites of the front and the back, and both outlines as symbols that are drawn once a page."""
    drawn = {view: outlines(atlas(), figure, view) for view in VIEWS[:2]}
    symbols = "".join(
        f'<symbol id="small-{view}" viewBox="0 0 {atlas().view(view).width} {atlas().view(view).height}">'
        f'<path class="skin" d="{"".join(sites.values())}"/><path class="edge" d="{outline}"/></symbol>'
        for view, (sites, _, outline) in drawn.items()
    )
    return {view: sites for view, (sites, _, _) in drawn.items()}, symbols


def small_bodies(rows: list[tuple[str, tuple[Pain, ...]]], sex: Sex | None) -> list[tuple[str, str]]:
    """(day, small picture of the front and the back with what hurt), styled by class."""
    shapes, symbols = _shapes(figure_of(sex))
    width, height = atlas().view("front").width, atlas().view("front").height
    found = []
    for number, (on, pains) in enumerate(rows):
        inner = f"<defs>{symbols}</defs>" if number == 0 else ""
        for i, (view, sites) in enumerate(shapes.items()):
            hurt = "".join(
                f'<path d="{sites[p.site]}" fill="{colour(p.intensity)}"/>' for p in pains if p.site in sites
            )
            use = f'<use href="#small-{view}" width="{width}" height="{height}"/>'
            inner += f'<g transform="translate({i * width} 0)">{use}{hurt}</g>'
        words = escape(say("record_page.small", on=on, count=len(pains)))
        picture = (
            f'<svg class="small-body" viewBox="0 0 {2 * width} {height}" role="img" aria-label="{words}">{inner}</svg>'
        )
        found.append((on, picture))
    return found
