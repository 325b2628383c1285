"""The room of a hands-on session: its pages, its sockets, and what its screens may ask for beside the events of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.websockets import WebSocket

from unknot.case.plan import Limit, Plan, Wish
from unknot.case.plan_mapping import as_mapping
from unknot.errors import Problem, UnknotError
from unknot.plan.gate import PlanError, admit, ids
from unknot.plan.here import treat_here
from unknot.record.sessions import Kept, Sessions
from unknot.record.store import Fact
from unknot.record.wanted import keep as keep_wanted
from unknot.record.wanted import wanted
from unknot.treat.course import signs_due
from unknot.treat.event import OF_THE_PLACE, SCREENED, Event
from unknot.web.desk import At, Screening, fields_of, go, set_cookie
from unknot.web.dial_scale import scale
from unknot.web.joining import used_code, wrong_code
from unknot.web.lan import cookie
from unknot.web.live import Live
from unknot.web.own import own_limits
from unknot.web.pictures import qr
from unknot.web.place_picture import session_pictures as pictures
from unknot.web.plan_state import startable
from unknot.web.room_page import places, room_data
from unknot.web.rooms import Rooms
from unknot.web.sockets import IDENT, attend
from unknot.words import say

DIAL_COOKIE = "unknot-dial"
WEEK = timedelta(days=7)


class Room:
    """What the pages and sockets of sessions share."""

    def __init__(self, screening: Screening, rooms: Rooms) -> None:
        self.of = screening
        self.rooms = rooms

    def at(self, kept: Kept) -> At:
        """Whose session it is. Raises StoreError when the client is gone."""
        desk = self.of.desk
        person = desk.client(kept.client)
        visit = next(v for v in desk.visits(kept.client) if v.id == kept.visit)
        return At(desk, person, visit, "practitioner", f"/clients/{kept.client}")

    # ---------------------------------------------------------- beginning

    def begin(self, at: At, plan: Plan, wishes: Sequence[Wish]) -> str:
        """A session of this plan; its id. Sessions of one visit share their totals."""
        day = at.visit.on
        lately = [v.id for v in at.desk.visits(at.person.id) if day - WEEK <= v.on < day]
        sessions = self.rooms.sessions
        unsettled(sessions, at.visit.id)
        week = sessions.pressed(lately)
        return sessions.begin(at.person.id, at.visit.id, plan, [asdict(w) for w in wishes], week)

    async def open_of(self, at: At) -> Live | None:
        """The session of this visit that has not ended."""
        idents = await run_in_threadpool(self.rooms.sessions.of_visit, at.visit.id)
        live = await self.rooms.open(idents[-1]) if idents else None
        return live if live is not None and live.session.phase != "ended" else None

    def limits(self, at: At) -> tuple[Limit, ...]:
        """What the client and the practitioner set for themselves."""
        return own_limits(at.desk.store, at.person.id, self.of.drawing(at))

    def start(self, at: At, seen: str = "") -> str:
        """A session of what the plan page shows for the visit, `seen` there by its token. Raises PlanError when it is another by now."""
        now = startable(self.of, at, alone(at), seen)
        return self.begin(at, now.plan, now.wishes)

    def here(self, at: At, fields: Mapping[str, str]) -> str:
        """Treat a place at once: in a session of its own, or in the one that is open. Raises PlanError when nothing is allowed there."""
        k = self.of.page.k
        place = fields.get("place", "")
        if place in alone(at):
            raise PlanError([left_alone(place)])
        plan = treat_here(
            place, self.of.clearance(at), k, self.of.today(), technique=fields.get("technique", ""),
            contact=fields.get("contact", ""), site=fields.get("site", ""), name=fields.get("name", "")[:80],
            others=self.limits(at),
        )  # fmt: skip
        (a,) = plan.applications
        wish = a.wish
        assert wish is not None  # the gate notes it
        now = wanted(at.desk.store, at.visit.id)
        wishes = now.wishes
        if a.id not in ids(wishes):
            wishes = (*wishes, wish)
            keep_wanted(at.desk.store, at.visit.id, wishes, now.minutes, now.version, left=now.left)
        return self.begin(at, plan, (wish,))

    # ---------------------------------------------------------- under way

    async def asked(self, live: Live, message: Mapping[str, Any]) -> dict[str, Any]:
        """A message of the practitioner's screen that is no event of the engine."""
        kept = await run_in_threadpool(self.rooms.kept, live.ident)
        kind = message.get("type")
        try:
            if kind == "dial_code":
                return {"ok": True, **self.dial_code(live, str(message.get("base", "")))}
            if kind == "gone":
                return await self.gone(live, kept, message)
            if kind == "here":
                return await self.add(live, kept, {k: v for k, v in message.items() if isinstance(v, str)})
        except UnknotError as error:
            return {"ok": False, "reason": "refused", "told": [str(p) for p in error.problems][:6]}
        return {"ok": False, "reason": "unknown_event"}

    def dial_code(self, live: Live, base: str) -> dict[str, Any]:
        """A code for the client's dial, as text and as a square to scan."""
        if live.session.phase == "ended":
            return {"ok": False, "reason": "not_now"}
        code = self.of.codes.give("dial", live.ident)
        address = f"{base.rstrip('/')}/d" if base.startswith(("http://", "https://")) else "/d"
        return {"code": code, "address": address, "square": qr(f"{address}#{code}")}

    async def gone(self, live: Live, kept: Kept, message: Mapping[str, Any]) -> dict[str, Any]:
        """After a symptom: it has gone with the pressure, or it has not. What is left of the plan follows from screening.

        It is taken once, while screening is due, and for all that were told: an answer to fewer is no answer to the one that came since.
        """
        ident, gone = message.get("id"), message.get("gone")
        if not isinstance(ident, str) or not IDENT.fullmatch(ident):
            return {"ok": False, "reason": "no_id"}
        async with live.screening:
            if ident in live.screened:
                return live.screened[ident]
            words = signs_due(live.facts)
            if not live.session.screen_due or not words:
                return {"ok": False, "reason": "not_now"}
            if not isinstance(gone, bool):
                return {"ok": False, "reason": "malformed"}
            if message.get("words") != list(words):
                return {"ok": False, "reason": "moved_on"}
            at = await run_in_threadpool(self.at, kept)
            place = live.session.application.place if live.session.family else ""
            await run_in_threadpool(_note_signs, at, live.ident, words, place, gone=gone)
            told = await self.revise(live, at)
            if told["ok"]:
                live.screened[ident] = told
            return told

    async def add(self, live: Live, kept: Kept, fields: Mapping[str, str]) -> dict[str, Any]:
        """Treat here, in the running session."""
        at = await run_in_threadpool(self.at, kept)
        before = {a.id for a in live.session.plan.applications}
        plan = await run_in_threadpool(self._with, at, live, fields)
        told = await live.tell(Event(0, "revise", "program", data=as_mapping(plan)))
        new = next((a.id for a in plan.applications if a.id not in before), "")
        return {"ok": told.ok, "reason": told.reason, "application": new}

    def _with(self, at: At, live: Live, fields: Mapping[str, str]) -> Plan:
        k = self.of.page.k
        clearance = self.of.clearance(at)
        place = fields.get("place", "")
        one = treat_here(
            place, clearance, k, self.of.today(), technique=fields.get("technique", ""), contact=fields.get("contact", ""),
            site=fields.get("site", ""), name=fields.get("name", "")[:80], others=self.limits(at),
        )  # fmt: skip
        (a,) = one.applications
        if place in alone(at):
            raise PlanError([left_alone(place)])
        now = live.session.plan
        found = tuple(b for b in now.applications if b.id != a.id)
        return replace(now, applications=(a, *found), load_s=one.load_s)

    async def freshen(self, live: Live, at: At) -> None:
        """Today's answers may have changed since the page was left: with the hands off, the rest of the plan follows them."""
        s = live.session
        if s.phase not in ("waiting", "stopped") or s.screen_due:
            return
        plan, _ = await run_in_threadpool(self._remaining, at, s.plan)
        if plan.applications != s.plan.applications and live.session is s:
            await live.tell(Event(0, "revise", "program", data=as_mapping(plan)))

    async def revise(self, live: Live, at: At) -> dict[str, Any]:
        """The rest of the plan under the clearance of now. What it bars is taken out; without touch nothing is left."""
        plan, told = await run_in_threadpool(self._remaining, at, live.session.plan)
        answer = await live.tell(Event(0, "revise", "program", word=SCREENED, data=as_mapping(plan)))
        return {"ok": answer.ok, "reason": answer.reason, "told": told, "left": len(plan.applications)}

    def _remaining(self, at: At, plan: Plan) -> tuple[Plan, list[str]]:
        """What was wished for in a plan, admitted anew; and why something is not any more. What nothing has changed for stays as it is."""
        clearance, others = self.of.clearance(at), self.limits(at)
        k, on, gone = self.of.page.k, self.of.today(), alone(at)
        kept, told = [], []
        for a in plan.applications:
            if a.place in gone or a.wish is None:
                told.append(str(left_alone(a.name) if a.place in gone else of_earlier(a.name)))
                continue
            try:
                (new,) = admit(clearance, [a.wish], k, on, others=others).applications
            except UnknotError as error:
                told += [str(p) for p in error.problems]
                continue
            cuts = a.cuts if new.dose == a.dose else new.cuts
            kept.append(replace(new, id=a.id, minutes=a.minutes, follow=a.follow and new.follow, cuts=cuts))
        return replace(plan, applications=tuple(kept)), list(dict.fromkeys(told))[:6]


def alone(at: At) -> frozenset[str]:
    """Places that are left alone for the rest of the visit, because a warning sign was felt there."""
    facts = at.desk.store.facts(f"visit:{at.visit.id}")
    return frozenset(f.body["place"] for f in facts if f.kind == "symptom_told" and f.body["stays"] and f.body["place"])


def unsettled(sessions: Sessions, visit: str) -> None:
    """Raises PlanError while the last session of a visit waits for a word: a warning sign that nobody answered, or a hand that may still be on."""
    done = sessions.of_visit(visit)
    last = sessions.stands(done[-1])[0] if done else None
    if last is not None and (last.screen_due or last.hands_on):
        told, todo = say("room.unsettled_hand"), say("room.unsettled_hand_todo")
        if last.screen_due:
            told, todo = say("room.unsettled_sign"), say("room.unsettled_sign_todo")
        raise PlanError([Problem("unsettled", say("end.sessions"), told, "", todo)])


def left_alone(place: str) -> Problem:
    return Problem("left_alone", place, say("room.left_alone"), "", say("room.left_alone_todo"))


def of_earlier(place: str) -> Problem:
    """A place of a plan that an earlier version wrote, which did not note what was wished for: it cannot be admitted anew."""
    return Problem("earlier_plan", place, say("room.earlier_plan"), "", say("room.earlier_plan_todo"))


def _note_signs(at: At, session: str, words: Sequence[str], place: str, *, gone: bool) -> None:
    """Warning signs of a session become facts of the visit; where they have not gone they are new symptoms of today."""
    told = [
        {"session": session, "word": word[:40], "place": place, "gone": gone, "stays": not gone or word in OF_THE_PLACE}
        for word in words
    ]
    at.desk.store.append(f"visit:{at.visit.id}", [Fact("symptom_told", body) for body in told])
    if not gone:
        at.desk.answer(at.visit, {"new_symptoms": "yes"}, "practitioner", singly=True)


def routes(room: Room) -> APIRouter:
    """Everything under /sessions (the practice), /d and /dial (the client's dial)."""
    router = APIRouter(include_in_schema=False)
    _begins(router, room)
    _pages(router, room)
    _sockets(router, room)
    _dial(router, room)
    return router


def _begins(router: APIRouter, room: Room) -> None:
    of = room.of

    @router.post("/clients/{client}/sessions")
    async def start(request: Request) -> Response:
        fields = await fields_of(request)
        at = await run_in_threadpool(of.of_practitioner, request)
        live = await room.open_of(at)
        if live is not None:  # one visit, one session at a time
            return go(f"/sessions/{live.ident}")
        try:
            return go(f"/sessions/{await run_in_threadpool(room.start, at, fields.get('seen', ''))}")
        except UnknotError as error:
            problems = error.problems
        return await run_in_threadpool(lambda: of.show("refused", 422, at=at, problems=problems, to_plan=True))

    @router.post("/clients/{client}/here")
    async def here(request: Request) -> Response:
        fields = await fields_of(request)
        at = await run_in_threadpool(of.of_practitioner, request)
        try:
            live = await room.open_of(at)
            if live is None:
                return go(f"/sessions/{await run_in_threadpool(room.here, at, fields)}")
            kept = await run_in_threadpool(room.rooms.kept, live.ident)
            await room.add(live, kept, fields)
            return go(f"/sessions/{live.ident}")
        except UnknotError as error:
            problems = error.problems
        return await run_in_threadpool(lambda: of.show("refused", 422, at=at, problems=problems))


async def _live(room: Room, ident: str) -> tuple[Kept, Live]:
    """Raises a 404 when there is no such session."""
    try:
        kept = await run_in_threadpool(room.rooms.kept, ident)
        return kept, await room.rooms.open(ident)
    except UnknotError as error:
        raise HTTPException(404, "no such session") from error


def _pages(router: APIRouter, room: Room) -> None:
    async def page(request: Request, session: str, role: str) -> HTMLResponse:
        kept, live = await _live(room, session)
        at = await run_in_threadpool(room.at, kept)
        if role == "screen":
            await room.freshen(live, at)
        drawn = await run_in_threadpool(pictures, live.session.plan, at.person.sex)
        base = room.of.here(request) or (str(request.base_url) if not _is_here(request.url.hostname or "") else "")
        data = room_data(room.of.page.k, kept, role, base)

        def shown() -> HTMLResponse:
            return room.of.show("room", at=at, kept=kept, data=data, role=role, pictures=drawn)

        return await run_in_threadpool(shown)

    @router.get("/sessions/{session}")
    async def screen(request: Request, session: str) -> Response:
        _, live = await _live(room, session)
        if live.session.phase == "ended" and not live.session.hands_on:
            return go(f"/sessions/{session}/end")
        return await page(request, session, "screen")

    @router.get("/sessions/{session}/watch")
    async def watch(request: Request, session: str) -> HTMLResponse:
        return await page(request, session, "watch")

    @router.get("/sessions/{session}/pictures")
    async def drawn(session: str) -> JSONResponse:
        """The pictures of a plan that has changed under way."""
        kept, live = await _live(room, session)
        at = await run_in_threadpool(room.at, kept)
        return JSONResponse(await run_in_threadpool(pictures, live.session.plan, at.person.sex))

    @router.get("/sessions/{session}/pass")
    def let_in() -> Response:
        """For a page whose line is down: whether its device is still let in, which the gate answers."""
        return Response(status_code=204)

    @router.get("/sessions/{session}/places")
    async def named(session: str) -> JSONResponse:
        await _live(room, session)
        return JSONResponse(await run_in_threadpool(places, room.of.page.k))


def _is_here(host: str) -> bool:
    """Whether a name means this machine itself, which no other device reaches by it."""
    return host in ("localhost", "127.0.0.1", "::1")


def _sockets(router: APIRouter, room: Room) -> None:
    @router.websocket("/sessions/{session}/ws")
    async def screen(socket: WebSocket, session: str, role: str = "screen") -> None:
        if role not in ("screen", "watch"):
            await socket.close(1008)
            return
        try:
            live = await room.rooms.open(session)
        except UnknotError:
            await socket.close(1008)
            return
        touch = socket.scope.get("unknot.touch", bool)

        def heard() -> None:
            if live.session.hands_on:  # the room does not lock while hands are on
                touch()

        await attend(socket, live, role, lambda message: room.asked(live, message), heard)

    @router.websocket("/dial/ws")
    async def dial(socket: WebSocket) -> None:
        codes, key = room.of.codes, cookie(socket.scope, DIAL_COOKIE)
        held = codes.holder(key)
        if held is None or held.thing != "dial":
            await socket.close(1008)
            return
        try:
            live = await room.rooms.open(held.whose)
        except UnknotError:
            await socket.close(1008)
            return
        await attend(socket, live, "dial", heard=lambda: codes.holder(key))
        if live.session.phase == "ended":
            codes.end_all("dial", held.whose)


def _dial(router: APIRouter, room: Room) -> None:
    """The way in for the client's dial: a code, once; then this one session and nothing else."""
    of = room.of

    @router.get("/d")
    def enter() -> Response:
        return of.show("dial_code", wrong="")

    @router.post("/d")
    async def used(request: Request) -> Response:
        held = await used_code(of, request, "dial")
        if held is None:
            return await run_in_threadpool(wrong_code, of, request, "dial_code", "dial")
        of.codes.end(request.cookies.get(DIAL_COOKIE, ""))  # one device, one session
        reply = go("/dial")
        set_cookie(reply, request, DIAL_COOKIE, held.key)
        return reply

    @router.get("/dial")
    def dial(request: Request) -> Response:
        held = of.codes.holder(request.cookies.get(DIAL_COOKIE, ""))
        if held is None or held.thing != "dial":
            reply = go("/d")
            reply.delete_cookie(DIAL_COOKIE, path="/")
            return reply
        return of.show("dial", **scale(of.page.k))
