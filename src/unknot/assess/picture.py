"""A case as a picture: the drawing, the likeliest points and where they send pain."""

from __future__ import annotations

from unknot.assess.network import sided
from unknot.body.atlas import atlas
from unknot.body.coverage import with_drawing
from unknot.body.draw import Mark, Picture
from unknot.body.warp import warped
from unknot.case.model import Case
from unknot.case.ranking import RankedPoint, Ranking, Refer
from unknot.knowledge.load import Knowledge
from unknot.words import percent, say

MOST_MARKS = 4
"""Muscles whose likeliest point is shown."""
SEEN = 150
"""Pixels from which a site is well seen in a view."""


def case_picture(case: Case, ranking: Ranking, k: Knowledge, figure: str = "") -> Picture:
    """The picture of a case on `figure`, by default the one it was drawn on."""
    figure = figure or (case.strokes[0].figure if case.strokes else "neutral")
    marks = tuple(_mark(point, k) for point in _likeliest(ranking))
    alarm = say("picture.emergency") if ranking.refer.urgency == "emergency" else ""
    pains = with_drawing(case).pains
    views = _views(figure, marks, tuple(s.view for s in case.strokes), tuple(p.site for p in pains))
    strokes = tuple(warped(s, figure) for s in case.strokes)
    shown = tuple(p for p in pains if p.site in {p.site for p in case.pains})
    title = say("picture.title")
    return Picture(figure, views, strokes, shown, marks, alarm=alarm, warnings=_warnings(ranking.refer), title=title)


def _warnings(refer: Refer) -> tuple[str, ...]:
    """Every reason as urgent as the most urgent one; the first says what comes first where nothing stands above it."""
    worst = [reason.why for reason in refer.reasons if reason.action == refer.urgency]
    if refer.urgency == "emergency":
        return tuple(why[:1].upper() + why[1:] for why in worst)
    return tuple(say("picture.warning", why=why) for why in worst)


def _likeliest(ranking: Ranking) -> list[RankedPoint]:
    """The first point of each of the first muscles; none in an emergency, when nothing is to be pressed."""
    if ranking.press_next is None:
        return []
    found: dict[tuple[str, str], RankedPoint] = {}
    for point in ranking.points:
        found.setdefault((point.muscle, point.side), point)
    return list(found.values())[:MOST_MARKS]


def _mark(point: RankedPoint, k: Knowledge) -> Mark:
    bare, side = point.id.split("@")[0], point.side
    pattern = k.points[bare]
    name = f"{point.muscle_name}, {point.name}" + (f" ({side})" if side else "")
    essential = frozenset(sided(pattern.essential, side, k))
    return Mark(
        bare, side, f"{name}: {percent(point.probability)}", essential, frozenset(sided(pattern.spillover, side, k))
    )


def _views(figure: str, marks: tuple[Mark, ...], drawn: tuple[str, ...], sites: tuple[str, ...]) -> tuple[str, ...]:
    """Front and back, what was drawn on, and one view for whatever shows in none of these."""
    of = atlas()
    found = ["front", "back", *drawn]
    for mark in marks:
        shows = [view for view in of.k.views if of.point(mark.point, mark.side, figure, view)]
        if shows and not set(shows) & set(found):
            found.append(shows[0])
    for site in sites:
        shows = [view for view, pixels in of.views_of(site, figure) if pixels >= SEEN]
        if shows and not set(shows) & set(found):
            found.append(shows[0])
    return tuple(view for view in of.k.views if view in found)
