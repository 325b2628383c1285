"""What a session came to, on a page: before and after, dose, what was above the ceiling, the hands, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from unknot.body.ramp import colour
from unknot.case.model import Sex
from unknot.case.plan import Application, Plan
from unknot.errors import UnknotError
from unknot.record.session_picture import NARROW, STYLE, WIDE, clock, span, svg, told_mark
from unknot.record.session_words import breach_words, recheck_words, taking_words
from unknot.record.sessions import Kept
from unknot.record.went import Went, before_and_after, change_words, went
from unknot.treat.fact import Fact
from unknot.treat.session import Session
from unknot.treat.summary import TOLD, Place, Summary, summarise
from unknot.treat.timeline import Timeline, timeline
from unknot.web.place_picture import place_picture
from unknot.web.room import Room
from unknot.words import raised, say

SETTLED = ("dial_joined", "hand_over", "resume", "revise")
"""What is no news afterwards."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A place as the page tells it."""

    name: str
    change: str
    """clear, same, worse or not_compared."""
    words: str
    picture: str
    dose: str
    works: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(technique, how it ended, what is to be said of it)."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one joint of the practitioner had."""

    name: str
    told: str
    part: float
    """Of what is good for it, from 0 to 1; 0 when no such figure is known."""
    over: bool


def routes(room: Room) -> APIRouter:
    """The page at the end of a session."""
    router = APIRouter(include_in_schema=False)

    @router.get("/session.css")
    def rules() -> Response:
        return Response(STYLE, media_type="text/css")

    @router.get("/sessions/{session}/end")
    async def end(session: str) -> HTMLResponse:
        try:
            kept = await run_in_threadpool(room.rooms.kept, session)
            stands, facts = await room.rooms.seen(session)
        except UnknotError as error:
            raise HTTPException(404, "no such session") from error
        return await run_in_threadpool(_page, room, kept, stands, facts)

    return router


def _page(room: Room, kept: Kept, stands: Session, facts: Sequence[Fact]) -> HTMLResponse:
    at = room.at(kept)
    found, lines = summarise(kept.plan, facts), timeline(kept.plan, facts)
    places = [went(found, p, kept.plan.manner.clear_change) for p in found.places]
    applications = _applications(kept.plan, stands.plan)
    values: dict[str, Any] = {
        "at": at, "person": at.person, "kept": kept, "begun": begun_at(kept), "ended": stands.phase == "ended",
        "of_time": say("session.of_time", minutes=span(found.length_ms), pressed=span(found.pressed_ms)),
        "in_all": in_all(places), "worked": [_worked(w, found) for w in places],
        "clear_at": say("end.clear_at", points=f"{kept.plan.manner.clear_change:g}"),
        "flat": [w.place.name for w in places if w.flat], "worse": [w.place.name for w in places if w.worse], "above": _above(found), "follow": _follow(found, applications),
        "hands": _hands(found), "beside": _beside(lines), "undone": [applications[i].name for i in found.undone if i in applications],
        "skipped": [applications[i].name for i in found.skipped if i in applications],
        "stuck": _stuck(found, applications, at.person.sex),
        "wide": svg(lines, width=WIDE, styled=False, ident="wide") if lines.works else "",
        "narrow": svg(lines, width=NARROW, styled=False, ident="narrow") if lines.works else "",
    }  # fmt: skip
    return room.of.show("end", **values)


def _stuck(found: Summary, applications: Mapping[str, Application], sex: Sex | None) -> list[tuple[str, str]]:
    """(name, picture) of each way on which it stuck; each dot has the number of its stroke."""
    return [
        (t.name, place_picture(applications[t.application], sex, [(str(turn), share) for turn, share in t.sticks]))
        for t in found.takings
        if t.sticks and t.application in applications
    ]


def _applications(*plans: Plan) -> dict[str, Application]:
    """What was planned at first and in the end, by id."""
    return {a.id: a for plan in plans for a in plan.applications}


def begun_at(kept: Kept) -> datetime:
    """When it was begun, by the clock of this machine."""
    return datetime.fromisoformat(kept.at).astimezone()


# ---------------------------------------------------------------- before and after


def in_all(places: Sequence[Went]) -> dict[str, Any] | None:
    """How all places went, counted, and the mean before and after of those that were compared; None when nothing was worked on."""
    if not places:
        return None
    compared = [
        (w.place.before, w.place.after)
        for w in places
        if w.place.compared and w.place.before is not None and w.place.after is not None
    ]
    words = ["other_pressure" if w.change == "not_compared" and w.place.pressure else w.change for w in places]
    told = [
        say("end.counted", what=say("end." + word), count=words.count(word))
        for word in ("clear", "same", "worse", "other_pressure", "not_compared")
        if word in words
    ]
    found: dict[str, Any] = {"told": say("end.of_places", count=", ".join(told)), "mean": ""}
    if not compared:
        return found
    before, after = fmean(b for b, _ in compared), fmean(a for _, a in compared)
    mean = say("end.mean", count=len(compared))
    return found | {"mean": mean, "before": f"{before:.2g}", "after": f"{after:.2g}"}


def _pressure_words(place: Place) -> str:
    return say("session_pressure." + place.pressure) if place.pressure else ""


def _dumbbell(before: float, after: float) -> str:
    """Before and after on the scale from 0 to 10: a ring above the line, a disc below it, each with its number."""
    x0, x1 = 16 + 20.8 * before, 16 + 20.8 * after
    ticks = "".join(f'<path class="tick" d="M{16 + 20.8 * n:.1f} 26v4"/>' for n in range(11))
    arrow = ""
    if abs(x1 - x0) > 1:
        way = 1 if x1 > x0 else -1
        arrow = f'<path class="way" d="M{x0 + 7 * way:.1f} 28H{x1 - 9 * way:.1f}"/>' if abs(x1 - x0) > 17 else ""
    name = say("end.before_after", before=f"{before:.2g}", after=f"{after:.2g}")
    return (
        f'<svg class="dumbbell" viewBox="0 0 240 56" role="img" aria-label="{name}"><path class="axis" d="M16 28H224"/>{ticks}{arrow}'
        f'<circle class="was" cx="{x0:.1f}" cy="28" r="6.5"/><circle class="is" cx="{x1:.1f}" cy="28" r="8" fill="{colour(after)}"/>'
        f'<text x="{x0:.1f}" y="15" text-anchor="middle">{before:.2g}</text>'
        f'<text class="strong" x="{x1:.1f}" y="53" text-anchor="middle">{after:.2g}</text></svg>'
    )


def _worked(w: Went, found: Summary) -> Worked:
    place = w.place
    dose = [say("end.dose", pressed=span(place.pressed_ms)), *([p] if (p := _pressure_words(place)) else [])]
    if place.taken_up > 1:
        dose.append(say("end.times", count=place.taken_up))
    works = []
    for t in found.takings:
        if t.place != place.place:
            continue
        above = [breach_words(b) for b in t.breaches]
        told = [
            *(x for x in taking_words(t, only=place.taken_up == 1) if x not in above),
            *([say("end.rechecked", found=r)] if (r := recheck_words(t.recheck)) else []),
        ]
        ended = say("session_end." + t.outcome) if t.outcome else say("session.still_on")
        works.append((say("technique." + t.technique), ended, tuple(told)))
    picture = _dumbbell(place.before, place.after) if place.before is not None and place.after is not None else ""
    once = place.before is not None and place.after is None
    words = before_and_after(place) if once else change_words(w)
    return Worked(place.name, w.change, words, picture, ", ".join(dose), tuple(works))


# ---------------------------------------------------------------- the rest


def _above(found: Summary) -> list[str]:
    return [
        say("end.above_at", at=clock(b.at_ms), name=t.name, what=breach_words(b)) for t in found.takings for b in t.breaches
    ]  # fmt: skip


def _follow(found: Summary, applications: Mapping[str, Application]) -> list[str]:
    """The stretch or movement that follows what was worked on, once each."""
    worked = [applications[t.application] for t in found.takings if t.application in applications]
    return list(dict.fromkeys(say("end.follow", name=raised(a.name), follow=a.follow) for a in worked if a.follow))


def _hands(found: Summary) -> list[Load]:
    loads = []
    for joint, load_ms, most_s in found.loads:
        time = span(load_ms)
        told = say("end.hands_of", time=time, most=say("end.minutes", m=f"{most_s / 60:.3g}")) if most_s else time
        part = min(1.0, load_ms / 1000 / most_s) if most_s else 0.0
        loads.append(Load(say("session_joint." + joint), told, part, bool(most_s) and load_ms > (most_s or 0) * 1000))
    return [load for load, (_, load_ms, _) in zip(loads, found.loads, strict=True) if load_ms]


def _beside(lines: Timeline) -> list[str]:
    """What happened beside the work, and what was logged."""
    return [
        f"{clock(m.at_ms)}  {told_mark(m)}"
        for m in lines.marks
        if m.kind == "log" or (m.kind in TOLD and m.kind not in SETTLED)
    ]
