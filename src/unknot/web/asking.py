"""The questionnaire's pages, the same on the practitioner's device and on a client's own phone: questions, own words, consent, marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from unknot.case.intake import ANSWERS, Answer, Approval
from unknot.case.read import MOST_WORDS
from unknot.errors import Problem
from unknot.record.languages import note_answered
from unknot.screen.words import search
from unknot.web.desk import COOKIE, HANDED, UUID, At, Screening, fields_of, go, read_day
from unknot.web.marks import read_mark
from unknot.web.once import too_soon
from unknot.web.questionnaire import ticked
from unknot.words import say, spoken

Find = Callable[[Request], At]


def routes(of: Screening) -> APIRouter:
    """The questionnaire under /clients/{client} (the practice) and /mine (a client by code)."""
    router = APIRouter(include_in_schema=False)
    _questions(router, of, "/clients/{client}", of.of_practitioner)
    _questions(router, of, "/mine", of.of_client)
    return router


def _questions(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    """The questionnaire's pages, the same for both devices."""

    @router.get(f"{base}/ask")
    def ask(request: Request, group: str = "") -> Response:
        at = find(request)
        step = at.asks.step(group)
        if step is None:
            return go(f"{at.base}/words" if not group else f"{at.base}/ask")
        return of.show("ask", at=at, step=step, answers=at.asks.shown())

    @router.post(f"{base}/ask")
    async def answers(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        shown = tuple(fields.get("shown", "").split())
        since = at.asks.since(fields, shown)
        if (since or too_soon(fields)) and (again := at.asks.again(shown)) is not None:
            told = {q: ticked(fields, q) for q in shown} | since
            return of.show("ask", 422, at=at, step=again, answers=told, problems=(_since() if since else _soon(),))
        at.asks.take(fields, shown, at.by)
        if at.by == "client":
            note_answered(at.desk.store, at.person.id, say("language.code"))
        marks = [q for q in shown if fields.get(f"yes.{q}") and _wants_mark(of, q)]
        return go(f"{at.base}/marks" if marks else f"{at.base}/ask")

    _words(router, of, base, find)
    _consent(router, of, base, find)
    _marks(router, of, base, find)

    @router.post(f"{base}/search")
    async def typed(request: Request) -> dict[str, list[dict[str, str]]]:
        find(request)
        k, words = of.page.k, (await fields_of(request)).get("words", "")[:60]
        return {
            "found": [
                {"id": q, "ask": spoken(f"question.{q}.ask", k.questions[q].ask), "short": k.questions[q].short}
                for q in search(words, k)
            ]
        }

    @router.get(f"{base}/done")
    def done(request: Request) -> Response:
        at = find(request)
        if at.by == "practitioner":
            return go(at.base)
        of.codes.end(request.cookies.get(COOKIE, ""))
        handed = request.cookies.get(HANDED, "")
        reply = of.show("done", at=at, handed=handed if UUID.fullmatch(handed) else "")
        for name in (COOKIE, HANDED):
            reply.delete_cookie(name, path="/")
        return reply


def _words(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    @router.get(f"{base}/words")
    def words(request: Request) -> Response:
        at = find(request)
        asked = [a for a in at.told.approvals if not a.rules]
        return of.show("words", at=at, confirm=at.asks.to_confirm(), strange=at.asks.strange(), asked=asked)

    @router.post(f"{base}/words")
    async def said(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        if too_soon(fields):
            return go(f"{at.base}/words")
        with at.desk.store.together(at.person.id):
            return go(take_words(at, fields, of.today()))


def _soon() -> Problem:
    return Problem("too_soon", "", say("ask.soon"), "", say("ask.soon_todo"))


def _since() -> Problem:
    return Problem("overtaken", "", say("ask.since"), "", say("ask.since_todo"))


def _wants_mark(of: Screening, question: str) -> bool:
    return question in of.page.k.questions and bool(of.page.k.questions[question].mark)


def _to_mark(at: At) -> str:
    """The kind of mark that an answer asks for and that is not there yet."""
    there = {mark.kind for mark in at.marks.values()}
    yes = [at.desk.k.questions[q] for q, answer in at.asks.shown().items() if answer == "yes"]
    return next((q.mark for q in reversed(yes) if q.mark and q.mark not in there), "")


def take_words(at: At, fields: Mapping[str, str], on: date) -> str:
    """Keep a sentence, what was confirmed of it and what a physician said; where to go next."""
    confirmed = {key[8:]: value for key, value in fields.items() if key.startswith("confirm.")}
    known = {q.id for _, q in at.asks.to_confirm()} if at.since else at.desk.k.questions
    told = {q: value for q, value in confirmed.items() if q in known and value in ANSWERS}
    at.desk.answer(at.visit, told, at.by, singly=True)
    text = fields.get("said", "").strip()[:MOST_WORDS]
    if text:
        at.desk.say(at.visit, text, at.by)
    physician = fields.get("physician", "").strip()[:120]
    if physician:
        when = read_day(fields.get("physician_on", "")) or on
        at.desk.approve(
            at.visit, Approval(physician, when, "waiting", said=fields.get("physician_said", "").strip()[:500])
        )
    return f"{at.base}/words" if text and at.asks.to_confirm() else f"{at.base}/consent"


def _consent(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    @router.get(f"{base}/consent")
    def consent(request: Request) -> Response:
        at = find(request)
        areas = of.page.k.consent_areas.values()
        return of.show("consent", at=at, areas=areas, given=at.told.consents, problems=())

    @router.post(f"{base}/consent")
    async def consented(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        k = of.page.k
        if (area := fields.get("withdraw", "")) in k.consent_areas:
            at.desk.consent(at.visit, area, "no", at.by)
            return go(fields.get("back") if fields.get("back") in (at.base, f"{at.base}/consent") else at.base)  # type: ignore[arg-type]
        if too_soon(fields):
            return go(f"{at.base}/consent")
        wanted = [area for area in k.consent_areas if fields.get(f"area.{area}")]
        name = fields.get("name", "").strip()[:80]
        if wanted and not name:
            problem = Problem("no_name", say("consent.name"), "no name", "", say("consent.name_todo"))
            given = dict.fromkeys(wanted, "yes")
            return of.show("consent", 422, at=at, areas=k.consent_areas.values(), given=given, problems=(problem,))
        old = at.desk.intake(at.visit).consents
        with at.desk.store.together(at.person.id):
            for area in k.consent_areas:
                answer: Answer = "yes" if area in wanted else "no"
                if old.get(area) != answer:
                    at.desk.consent(at.visit, area, answer, f"{at.by}: {name}" if name else at.by)
        return go(f"{at.base}/done")


def _marks(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    @router.get(f"{base}/marks")
    def marks(request: Request) -> Response:
        at = find(request)
        kind = _to_mark(at)  # what was answered stands in the store, never in the address
        return of.show("marks", at=at, kind=kind, marks=at.marks, problems=(), fields={})

    @router.post(f"{base}/marks")
    async def marked(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        if fields.get("remove"):
            if fields["remove"] not in at.marks:
                raise HTTPException(404, "no such mark")
            at.desk.unmark(at.visit, fields["remove"], at.by)
            return go(f"{at.base}/marks")
        if too_soon(fields):
            return go(f"{at.base}/marks")
        on = f"{at.base}/{'ask' if fields.get('on') else 'marks'}"
        if fields.get("on") and not fields.get("view") and not fields.get("where", "").strip():
            return go(on)
        mark, problems = read_mark(fields, of.page.k, at.person.sex)
        if mark is None:
            values = {"marks": at.marks, "fields": fields, "problems": problems}
            return of.show("marks", 422, at=at, kind=fields.get("kind", ""), **values)
        at.desk.mark(at.visit, mark, at.by)
        return go(on)
