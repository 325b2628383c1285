"""Papers of the record as tagged PDF by typst, with the body drawing and the session's curve as pictures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
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
from unknot.record.session_picture import COLOURS, STYLE, WIDE, heights, svg, title
from unknot.record.story import Story
from unknot.record.went import Against, Went
from unknot.treat.timeline import Timeline
from unknot.web.marks import figure_of
from unknot.web.practice import Practice
from unknot.web.typeset import typeset
from unknot.words import say

VIEWS = ("front", "back", "left", "right")
CURVE_WIDTHS = (WIDE, 860)
"""Widths at which a curve may be drawn [px]: in the wider one a long session has fewer rows, and its letters are still legible."""
ROOM = (166.0, 232.0)
"""Width and height that a curve has on a page of its own [mm], its caption and the foot of the paper aside."""
LETTERS_PX, PT_MM, LEGIBLE_PT = 11.0, 0.3528, 6.0
"""Height of the smallest letters in a curve [px], of a point [mm], and the least height that those letters have on paper [pt]."""
BESIDE_PX = 120.0
"""What a curve has above and below its panels [px], at most."""
PARTS = (1.0, 0.5)
"""Shares of a page that the panels may have which are shown of a session that is too long."""
GRAVEST: tuple[Against, ...] = ("symptom", "above", "worse", "cut", "flat")
"""Which pieces of work are shown first where not all can be."""
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


@dataclass(frozen=True, slots=True)
class Curve:
    """A picture of a session with what it says, and what of it is not shown, in words; empty when all is."""

    picture: str
    alt: str
    left_out: str = ""

    @property
    def least_mm(self) -> float:
        """The least height at which its letters can be read [mm]."""
        return _size_of(self.picture)[1] * LEGIBLE_PT * PT_MM / LETTERS_PX

    @property
    def full_mm(self) -> float:
        """Its height at the full width of a page [mm]."""
        width, height = _size_of(self.picture)
        return height * ROOM[0] / width

    @property
    def legible(self) -> bool:
        """Whether it can be read on one page."""
        return self.least_mm <= min(ROOM[1], self.full_mm)


def pdf(paper: Paper, practice: Practice, on: date, *, body: str = "", body_alt: str = "", curves: Sequence[Curve] = ()) -> bytes:  # fmt: skip
    """The paper as PDF/UA-1. That of a visit has two pages at most: a long one is set smaller, and has the first of `curves` that can be read on them.

    What such a curve leaves out is told and named; where none can be read, that is told. Raises PaperError when it cannot be set.
    """
    data = {
        "title": paper.title, "about": paper.about, "short": f"{paper.title} · {paper.about}", "date": day(on),
        "practice": practice.name or say("letter.no_practice"), "practitioner": practice.practitioner,
        "address": practice.address, "phone": practice.phone, "sections": [_section(s) for s in paper.sections if s.lines or s.table],
        "body": body, "body_alt": body_alt, "curve_caption": say("note.curve"), "lang": say("language.code").partition("-")[0],
    }  # fmt: skip
    none = Curve("", "", say("note.no_curve") if curves else "")
    ways = [(size, one) for one in (*(c for c in curves if c.legible), none) for size in SIZES]
    made = b""
    for size, one in ways if paper.kind in OF_A_VISIT else ways[:1]:
        made = typeset("paper.typ", data | {"size": size} | _with(one, paper), paper.title)
        if len(re.findall(rb"/Type\s*/Page\b", made)) <= MOST_PAGES:
            break
    return made


def _with(one: Curve, paper: Paper) -> dict[str, Any]:
    """What a curve adds to a paper."""
    foot = [*([one.left_out] if one.left_out else []), *paper.foot]
    drawn = {"curve_full": one.full_mm, "curve_least": one.least_mm} if one.picture else {}
    return {"curve": one.picture, "curve_alt": one.alt, "foot": foot, **drawn}


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


def curves_of(s: Story) -> tuple[Curve, ...]:
    """The curve of the visit's longest session in plain colours: all of it where that can be read on a page, then parts of it, the largest first.

    A part shows the pieces of work that went less well before others, in the order of the session, and names what it leaves out.
    """
    with_work = [t for t in s.sittings if t.lines.works]
    if not with_work:
        return ()
    sitting = max(with_work, key=lambda t: t.found.pressed_ms)
    lines = sitting.lines
    whole = [Curve(_drawn(lines, wide), title(lines)) for wide in CURVE_WIDTHS]
    found = [next((one for one in whole if one.full_mm <= ROOM[1]), whole[-1])]
    high, ranks = heights(lines), {w.place.place: _rank(w) for w in sitting.places}
    first = sorted(lines.works, key=lambda work: (ranks.get(work.place, len(GRAVEST)), work.taking))
    for share in PARTS:
        room, shown = share * ROOM[1] * LETTERS_PX / (LEGIBLE_PT * PT_MM) - BESIDE_PX, set[int]()
        for work in first:
            if high[work.taking] <= room:
                shown.add(work.taking)
                room -= high[work.taking]
        if shown and len(shown) < len(lines.works):
            found.append(_part(lines, shown))
    return tuple(found)


def _rank(went: Went) -> int:
    """How grave what speaks against a place is: 0 the gravest."""
    return min((GRAVEST.index(why) for why in went.against if why in GRAVEST), default=len(GRAVEST))


def _part(lines: Timeline, shown: Set[int]) -> Curve:
    """Some pieces of work of a session, and the others by name."""
    kept = replace(lines, works=tuple(work for work in lines.works if work.taking in shown))
    gone = Counter(work.name for work in lines.works if work.taking not in shown)
    names = "; ".join(name if n == 1 else f"{name} ({say('session.times', count=n)})" for name, n in gone.items())
    told = say("note.part_curve", shown=len(kept.works), all=len(lines.works), names=names)
    return Curve(_drawn(kept, WIDE), title(kept), told)


def _drawn(lines: Timeline, wide: int) -> str:
    drawn = svg(lines, width=wide, styled=False)
    return drawn.replace("</desc>", f"</desc><style>{_plain_style()}</style>", 1)


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
