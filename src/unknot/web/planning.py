"""The plan page: what is proposed or was chosen, in order, with doses, reasons and what every limit cut; changed by drag, keys or buttons; and its sheet for paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from unknot.body.atlas import atlas
from unknot.case.nothing import said_nothing
from unknot.case.plan import Application, Wish
from unknot.errors import Problem, UnknotError
from unknot.plan.checks import reached
from unknot.plan.gate import PlanError
from unknot.plan.places import is_point, name_of, site_of
from unknot.plan.tell import ceilings
from unknot.record.store import OvertakenError
from unknot.treat.event import SYMPTOMS
from unknot.web.another import another
from unknot.web.desk import At, fields_of
from unknot.web.marks import VIEWS, figure_of
from unknot.web.own import CLIENT, PRACTITIONER, likes_of
from unknot.web.path_map import path_map
from unknot.web.pictures import body
from unknot.web.plan_acts import Act, Done, numbers_of
from unknot.web.plan_picture import plan_pictures
from unknot.web.plan_state import Standing, standing
from unknot.web.room import Room, alone
from unknot.web.routines import own_routines
from unknot.words import catalogue, join, say

DRAWN = "roll"
"""The verb whose way can be drawn on the page."""
WORKED = ("discomfort", "hold_s", "point_s")
"""The ceilings that hold while a place is worked on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One application as the page shows it."""

    a: Application
    title: str
    """What is worked on; where in it stands in `detail`."""
    detail: str
    dose: str
    technique: str
    contact: str
    path: str
    """From where to where a stroke runs."""
    ceilings: tuple[tuple[str, str, str, str, str, tuple[str, ...]], ...]
    """(limit, in short, its value, its source, why, what was cut before it) of each ceiling."""
    cuts: tuple[tuple[str, str, str, bool], ...]
    """(what, by whom, why, whether a ceiling says why already) of what the dose lost."""
    turn: bool
    """The client turns before it, or lies down so at the beginning."""
    options: dict[str, list[tuple[str, str]]]
    numbers: dict[str, str]
    near: str


class Planning:
    """The pages of a plan."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.of = room.of

    def shown(self, at: At, part: bool = False, **more: Any) -> HTMLResponse:
        """The plan as it stands, or why there is none yet."""
        status, touched = more.pop("status", 200), more.pop("row", None)
        now = more.pop("now", None)
        values: dict[str, Any] = {"problems": (), "said": "", "words": "", "open": ""} | more
        try:
            now = now or standing(self.of, at, alone(at))
        except UnknotError as error:
            closed = {
                "at": at,
                "person": at.person,
                "why": error.problems,
                "step": at.asks.step(),
                "confirm": at.asks.to_confirm(),
            }
            return self.of.show("plan_closed", status, **values | closed)
        name = "plan_part" if part else "plan"
        return self.of.show(
            name, status, **values, **self.values(at, now), touched=touched, **self.found(values["words"])
        )

    def found(self, words: str) -> dict[str, Any]:
        """Points by name, to be added."""
        found = another(self.of.page.k, words)
        return {"points": found.points, "more": found.more}

    def values(self, at: At, now: Standing) -> dict[str, Any]:
        """What the templates show of a plan."""
        k, store, case = self.of.page.k, at.desk.store, self.of.drawing(at)
        rows = [self.row(a, now.plan.applications[n - 1].lie if n else "") for n, a in enumerate(now.plan.applications)]
        sheets = plan_pictures(now.plan.applications, at.person.sex)
        pictures = [(body(figure_of(at.person.sex), view, to_tap=True), view) for view in VIEWS]
        return {
            "at": at, "person": at.person, "now": now, "plan": now.plan, "rows": rows, "turns": sum(r.turn for r in rows[1:]),
            "loads": now.plan.load_s, "swaps": self.swaps(now), "proposals": self.proposals(now), "sheets": sheets,
            "left": now.left, "refused": now.refused, "drawn": case is not None and bool(case.pains or case.strokes), "nothing": case is not None and bool(said_nothing(case.kept)), "bodies": pictures,
            "own": own_routines(store, k), "known": list(k.routines.items()), "likes": likes_of(store, at.person.id),
            "running": self.running(at), "client_names": CLIENT, "own_names": PRACTITIONER, "day": self.of.today().isoformat(),
        }  # fmt: skip

    def running(self, at: At) -> bool:
        """Whether a session of this visit is open: then one goes back to it."""
        sessions = self.room.rooms.sessions
        idents = sessions.of_visit(at.visit.id)
        return bool(idents) and sessions.stands(idents[-1])[0].phase != "ended"

    def row(self, a: Application, lie_before: str) -> Row:
        """One application as it is shown."""
        k = self.of.page.k
        return Row(
            a=a,
            **self.named(a),
            dose=_dose(a),
            technique=k.techniques[a.technique].name,
            contact=k.contacts[a.contact].name,
            path=_path(a),
            ceilings=tuple(self.ceiling(a, *told) for told in ceilings(a) if told[0] in WORKED and told[1]),
            cuts=tuple(
                (
                    say(f"plan_cut.{c.name}", before=_n(c.before), after=_n(c.after)),
                    say(f"source.{c.source}"),
                    self.cited(c.why),
                    any(c.why == why for _, _, why in a.limits.set_by),
                )
                for c in a.cuts
            ),
            turn=a.lie != lie_before,
            options={
                "technique": [(t.id, t.name) for t in k.techniques.values()],
                "contact": [(c, k.contacts[c].name) for c in k.techniques[a.technique].contacts],
                "lie": [(lie, k.lyings[lie].name) for lie in reached(a.place if is_point(a.place, k) else a.site, k)],
            },
            numbers={name: "" if value is None else _n(value) for name, value in numbers_of(a).items()},
            near=", ".join(k.dangers[d].name for d in a.dangers),
        )

    def named(self, a: Application) -> dict[str, str]:
        """A point by its muscle with the side, and where in it; anything else by its name."""
        k = self.of.page.k
        ident, _, side = a.place.partition("@")
        if not is_point(a.place, k):
            return {"title": a.name, "detail": ""}
        point = k.points[ident]
        of_side = say("plan.of_side", side=say(f"side.{side}")) if side else ""
        return {"title": k.muscles[point.muscle].name + of_side, "detail": point.name}

    def ceiling(
        self, a: Application, name: str, value: float, source: str, why: str
    ) -> tuple[str, str, str, str, str, tuple[str, ...]]:
        """A ceiling with what was cut on the way to it by others than its own source."""
        way = tuple(
            say(
                "plan_page.way",
                before=_n(c.before),
                after=_n(c.after),
                source=say(f"source.{c.source}"),
                why=self.cited(c.why),
            )
            for c in a.limits.cuts
            if c.name == name and c.why != why
        )
        short = say(f"plan_most.{name}", value=_n(value), source=source)
        return say(f"plan_ceiling.{name}"), short, _n(value), source, self.cited(why), way

    def cited(self, text: str) -> str:
        """A reason with its sources by author and year."""
        sources = self.of.page.k.sources
        named = {
            s: f"{surname(sources[s].authors)} {sources[s].year}" for s in re.findall(r"\w+", text) if s in sources
        }
        return re.sub(r"\w+", lambda found: named.get(found[0], found[0]), text)

    def swaps(self, now: Standing) -> list[tuple[Application, str, str]]:
        """(application, contact that spares the hand, in words)."""
        k = self.of.page.k
        by_id = {a.id: a for a in now.plan.applications}
        return [
            (
                a,
                contact,
                say("plan_page.swap", name=a.name, contact=k.contacts[contact].name, now=k.contacts[a.contact].name),
            )
            for ident, contact in now.plan.swaps
            if (a := by_id.get(ident)) is not None
        ]

    def proposals(self, now: Standing) -> list[str]:
        """What the program would change beside those."""
        k = self.of.page.k
        known = [
            say("plan.spare_hand", name=a.name, contact=k.contacts[contact].name, now="\0", joint="", load="", most="")
            for a, contact, _ in self.swaps(now)
        ]
        return [p for p in now.plan.proposals if not any(p.startswith(text.split("\0")[0]) for text in known)]

    # ---------------------------------------------------------- changes

    def change(self, at: At, fields: Mapping[str, str], *, part: bool) -> Response:
        """One change; what was refused stands above the plan, which then is as it was."""
        do = fields.get("do", "")
        if do == "find":
            return self.shown(at, part, words=fields.get("words", "")[:100], open="add")
        try:
            now = standing(self.of, at, alone(at))
            if str(now.wanted.version) != fields.get("version", ""):
                return self.overtaken(at, part)
            done = Act(self.of, at, now, fields).done()
        except OvertakenError:
            return self.overtaken(at, part)
        except UnknotError as error:
            return self.shown(at, part, problems=tuple(_plain(p, do) for p in error.problems), status=422, open=do)
        return self.after(at, done, part)

    def after(self, at: At, done: Done, part: bool) -> Response:
        """The part of the page that changed, or the way back to it."""
        if part:
            return self.shown(at, True, now=done.now, row=done.row, said=done.said)
        return RedirectResponse(f"{at.base}/plan" + (f"#row-{done.row + 1}" if done.row is not None else ""), 303)

    def path(self, at: At, fields: Mapping[str, str]) -> Response:
        """The map to draw the path of a roll on; with `do=path` what a drawn path would come to, nothing kept."""
        try:
            now = standing(self.of, at, alone(at))
            a = next((a for a in now.plan.applications if a.id == fields.get("id") and a.verb == DRAWN), None)
            if a is None:
                raise PlanError([Problem("unknown_application", say("plan_page.title"), say("plan_page.gone"), "", "")])
            if fields.get("do") == "path":
                tried = Act(self.of, at, now, fields).path_tried()
                told = None if tried is None else self.row(tried, tried.lie)
                return self.of.show("plan_path_told", row=told)
        except UnknotError as error:
            return self.of.show(
                "plan_path_told", 422, row=None, problems=tuple(_plain(p, "path") for p in error.problems)
            )
        shown = path_map(a, at.person.sex, now.ready.clearance, fields.get("view", ""))
        return self.of.show("plan_path", at=at, now=now, a=a, map=shown, row=self.row(a, a.lie))

    def overtaken(self, at: At, part: bool) -> Response:
        """Somebody else was quicker: the plan as it stands now, and nothing of the change."""
        told = Problem(
            "overtaken", say("plan_page.title"), say("plan_page.overtaken"), "", say("plan_page.overtaken_todo")
        )
        return self.shown(at, part, problems=(told,), status=409)


def surname(authors: str) -> str:
    """The first author without initials."""
    return re.sub(r"( [A-Z]{1,3})+$", "", authors.split(",")[0].strip())


def _n(value: float) -> str:
    """A number as it is read at the table: no more than one digit behind the point."""
    return f"{round(value, 1):g}"


def _dose(a: Application) -> str:
    """The dose in one line: holds, rest, rounds, band."""
    dose = a.dose
    kind = a.verb if a.verb in ("glide", "stretch") else a.family
    kind = "once" if kind == "glide" and dose.turns == 1 else kind
    first = say(
        f"plan_dose.{kind}", turns=dose.turns, hold=_n(dose.hold_s), rest=_n(dose.rest_s), stroke=_n(dose.pass_s)
    )
    if dose.search_pass_s:
        first = say("plan_dose.search", dose=first, search=_n(dose.search_pass_s))
    band = say("plan_dose.band", dose=first, low=_n(dose.band_low), high=_n(dose.band_high))
    return band if a.force_n is None else say("plan_dose.force", dose=band, force=_n(a.force_n))


def _path(a: Application) -> str:
    start, end, length = a.path
    return say("dose.path", start=start, end=end, length=f"{length:.0f}") if a.verb in ("strip", "roll") else ""


def _plain(problem: Problem, do: str = "") -> Problem:
    """A problem of the gate in the words of the page: the field's own name for where it is."""
    where, _, name = problem.place.rpartition(", ")
    words = f"plan_field.{'path' if do == 'path' else name}"
    place = say(words) if words in catalogue() else where if where.startswith("change") else problem.place
    given, allowed, todo = map(in_words, (problem.given, problem.allowed, problem.todo.removesuffix(".")))
    return Problem(problem.code, place, given, allowed, todo)


def in_words(text: str) -> str:
    """A reason of the gate with places and techniques by their names: their ids are for files."""
    return re.sub(r"\w[\w.]*\w(@\w+)?", lambda found: _name(found[0]), text)


def _name(word: str) -> str:
    k = atlas().k
    if word in k.techniques:
        return k.techniques[word].name
    site = site_of(word, k) if "@" in word or word in k.regions else None
    return name_of(Wish(place=word, technique=""), site, k) if site else word


def signs() -> str:
    """Every word at which the hand lets go at once."""
    return join([say("session_choice." + word) for word in SYMPTOMS if word != "pinch"])


def routes(room: Room) -> APIRouter:
    """The plan of a client's visit of today, and its sheet."""
    router = APIRouter(include_in_schema=False)
    pages, of = Planning(room), room.of

    @router.get("/clients/{client}/plan")
    def plan(request: Request) -> Response:
        return pages.shown(of.of_practitioner(request))

    @router.post("/clients/{client}/plan")
    async def change(request: Request) -> Response:
        fields = await fields_of(request)
        part = request.headers.get("x-part") == "plan"
        return await run_in_threadpool(lambda: pages.change(of.of_practitioner(request), fields, part=part))

    @router.post("/clients/{client}/plan/path")
    async def path(request: Request) -> Response:
        fields = await fields_of(request)
        return await run_in_threadpool(lambda: pages.path(of.of_practitioner(request), fields))

    @router.get("/clients/{client}/plan/print")
    def printed(request: Request) -> Response:
        at = of.of_practitioner(request)
        try:
            now = standing(of, at, alone(at))
        except UnknotError:
            return RedirectResponse(f"{at.base}/plan", 303)
        return of.show("plan_print", **pages.values(at, now), scale=room.of.page.k.discomfort, signs=signs())

    return router
