"""Clients, their questionnaire, and what follows from it: for the practitioner's device, and in part for the client's own phone by a code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from unknot.assess.rank import assess
from unknot.case.clearance import Clearance
from unknot.case.intake import ANSWERS, Answer, Approval, Override
from unknot.case.model import Case, Sex
from unknot.case.ranking import Ranking
from unknot.case.read import MOST_WORDS, read_mapping
from unknot.case.understand import understand
from unknot.errors import CaseError, Problem, UnknotError
from unknot.record.screening import Desk, Person, Visit
from unknot.record.store import OvertakenError, Store
from unknot.screen.about import About, about
from unknot.screen.show import site_ranges
from unknot.screen.words import search
from unknot.web.codes import Codes
from unknot.web.form import Form, form_of
from unknot.web.lan import COOKIE as DESK_COOKIE
from unknot.web.lan import addresses
from unknot.web.letter import letter
from unknot.web.marks import read_mark
from unknot.web.page import Page
from unknot.web.pictures import clearance_picture
from unknot.web.practice import COVERED, countries, keep, practice_of
from unknot.web.questionnaire import Questionnaire, told
from unknot.words import say

LARGEST = 100_000
COOKIE = "unknot-form"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class At:
    """Whose questionnaire a request is about, who answers, and where its pages stand."""

    desk: Desk
    person: Person
    visit: Visit
    by: str
    base: str

    @property
    def asks(self) -> Questionnaire:
        return Questionnaire(self.desk, self.visit, self.desk.about(self.person))


Find = Callable[[Request], At]


class Screening:
    """The pages of screening. `today` is the calendar, `store` opens the store when first needed."""

    def __init__(
        self, page: Page, store: Callable[[], Store], codes: Codes, today: Callable[[], date], *, lan: bool = False
    ) -> None:
        self.page = page
        self._store = store
        self.codes = codes
        self.today = today
        self.lan = lan
        self.is_there: Callable[[], bool] = lambda: True

    def here(self, request: Request) -> str:
        """The address under which another device in the room reaches this app; empty when none can."""
        if not self.lan:
            return ""
        port = request.url.port
        return next((f"https://{a}:{port}/" if port else f"https://{a}/" for a in addresses()), "")

    @property
    def desk(self) -> Desk:
        return Desk(self._store(), self.page.k)

    def store(self) -> Store:
        """The store, opened when first needed."""
        return self._store()

    def show(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        values.setdefault("practice", practice_of(self._store()))
        text = self.page.templates.get_template(f"screen/{name}.html").render(**values)
        return HTMLResponse(text, status_code=status)

    # ---------------------------------------------------------- for the map

    def licences(self) -> tuple[str, ...]:
        """What the practice has said that its licence covers. Who only draws does not get a store made for it."""
        return practice_of(self._store()).licences if self.is_there() else ()

    def of_form(self, client: str, case: Case, ranking: Ranking) -> Clearance:
        """The clearance of a client's visit of today with the drawing on the page, which is kept. Raises StoreError for no such client."""
        desk = self.desk
        person = desk.client(client)
        visit = desk.visit_of(client, self.today())
        self.page.keep_drawing(desk, visit, case)
        said = tuple(dict.fromkeys((*case.history.said, *desk.intake(visit).said)))
        whole = replace(case, history=replace(case.history, said=said))
        of = replace(about(whole, understand(whole, self.page.k), ranking), age=person.age, sex=person.sex)
        return desk.clearance(visit, of, said=case.intake.said, licences=self.licences())

    def form_of(self, request: Request) -> Form:
        """The map with what was drawn at this visit."""
        at = self.of_practitioner(request)
        case = self.drawing(at)
        form = form_of(case) if case else Form()
        form.client = at.person.id
        form.age = f"{at.person.age:g}" if at.person.age is not None else ""
        form.sex = at.person.sex or ""
        return form

    def check(self, form: Form) -> Response:
        """A client without a name yet for what stands on the map, and the first page of questions."""
        case = form.case(self.page.k)
        if case is None:
            return HTMLResponse(self.page.render(form), status_code=422)
        age = case.client.age
        person = self.desk.new_client(say("clients.unnamed", on=self.today().isoformat()), age, case.client.sex)
        self.page.keep_drawing(self.desk, self.desk.visit_of(person.id, self.today()), case)
        return _go(f"/clients/{person.id}/ask")

    # ---------------------------------------------------------- whose

    def of_practitioner(self, request: Request) -> At:
        """By the client in the address. Raises a 404 when there is none."""
        ident = request.path_params["client"]
        if not UUID.fullmatch(ident):
            raise HTTPException(404, "no such client")
        try:
            person = self.desk.client(ident)
        except UnknotError as error:
            raise HTTPException(404, "no such client") from error
        visit = self.desk.visit_of(ident, self.today())
        return At(self.desk, person, visit, "practitioner", f"/clients/{ident}")

    def of_client(self, request: Request) -> At:
        """By the key of the device that used a code. Raises a 403 when it opens nothing any more."""
        held = self.codes.holder(request.cookies.get(COOKIE, ""))
        if held is None or held.thing != "form":
            raise HTTPException(403, say("code.over"))
        person = self.desk.client(held.whose)
        return At(self.desk, person, self.desk.visit_of(held.whose, self.today()), "client", "/mine")

    # ---------------------------------------------------------- what follows

    def clearance(self, at: At) -> Clearance:
        """With the drawing of the visit and its ranking taken in."""
        case = self.drawing(at)
        said = case.intake.said if case else ()
        return at.desk.clearance(at.visit, self.about(at), said=said, licences=self.licences())

    def about(self, at: At) -> About:
        case = self.drawing(at)
        if case is None:
            return at.desk.about(at.person, at.visit)
        said = (*case.history.said, *at.desk.intake(at.visit).said)
        case = replace(case, history=replace(case.history, said=tuple(dict.fromkeys(said))))
        ranking = assess(case, self.page.k, use=self.page.use, next_too=False)
        return replace(about(case, understand(case, self.page.k), ranking), age=at.person.age, sex=at.person.sex)

    def drawing(self, at: At) -> Case | None:
        """What was drawn and told on the map at this visit."""
        kept = at.desk.store.get("drawing", at.visit.id)
        if kept is None:
            return None
        try:
            return read_mapping(kept.body, "visit", self.page.k)
        except CaseError:
            return None


def routes(of: Screening) -> APIRouter:
    """Everything under /clients (the practice), /mine (a client by code) and /practice."""
    router = APIRouter(include_in_schema=False)
    _clients(router, of)
    _client(router, of)
    _decisions(router, of)
    _questions(router, of, "/clients/{client}", of.of_practitioner)
    _questions(router, of, "/mine", of.of_client)
    _code(router, of)
    return router


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a small form. Raises a 413 when it is larger than any of ours."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            raise HTTPException(413, f"larger than {LARGEST:,} bytes")
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise HTTPException(400, "not a form") from error


def _go(where: str) -> RedirectResponse:
    return RedirectResponse(where, status_code=303)


def _clients(router: APIRouter, of: Screening) -> None:
    @router.get("/clients")
    def clients() -> Response:
        return of.show("clients", people=of.desk.clients(), problems=(), fields={})

    @router.post("/clients")
    async def new(request: Request) -> Response:
        fields = await fields_of(request)
        label, age, sex, problems = read_person(fields)
        if problems:
            return of.show("clients", 422, people=of.desk.clients(), problems=problems, fields=fields)
        person = of.desk.new_client(label, age, sex)
        return _go(f"/clients/{person.id}/ask")

    @router.get("/practice")
    def practice() -> Response:
        return of.show("practice", countries=countries(), covered=COVERED, code="", here="")

    @router.post("/practice")
    async def keep_practice(request: Request) -> Response:
        fields = await fields_of(request)
        store = of.desk.store
        keep(store, fields, practice_of(store).version)
        return _go("/clients")


def read_person(fields: Mapping[str, str]) -> tuple[str, float | None, Sex | None, tuple[Problem, ...]]:
    """A client's label, age and sex from a form, with what is wrong."""
    problems = []
    label = fields.get("label", "").strip()
    if not label or len(label) > 80:
        problems.append(
            Problem("no_label", say("clients.label"), "no name", "1 to 80 characters", say("clients.label_todo"))
        )
    age: float | None = None
    if fields.get("age", "").strip():
        try:
            age = float(fields["age"])
        except ValueError:
            age = -1.0
        if not 0 <= age <= 120:  # NaN and infinity are refused by the same comparison
            problems.append(Problem("age", say("clients.age"), fields["age"][:20], "0 to 120", say("clients.age_todo")))
    sex = fields.get("sex", "")
    return label, age, cast(Sex, sex) if sex in ("female", "male") else None, tuple(problems)


def _client(router: APIRouter, of: Screening) -> None:
    @router.get("/clients/{client}")
    def client(request: Request) -> Response:
        return view(of, of.of_practitioner(request))

    @router.post("/clients/{client}/code")
    def code(request: Request) -> Response:
        at = of.of_practitioner(request)
        return view(of, at, code=of.codes.give("form", at.person.id), here=of.here(request))

    @router.post("/clients/{client}/person")
    async def person(request: Request) -> Response:
        at = of.of_practitioner(request)
        label, age, sex, problems = read_person(await fields_of(request))
        if problems:
            return view(of, at, problems=problems, status=422)
        at.desk.change_client(replace(at.person, label=label, age=age, sex=sex))
        return _go(at.base)


def view(of: Screening, at: At, *, status: int = 200, **more: Any) -> HTMLResponse:
    """The practitioner's view: what was answered, what follows, what is still open."""
    k = of.page.k
    clearance = of.clearance(at)
    intake = at.desk.intake(at.visit)
    values: dict[str, Any] = {
        "code": "", "here": "", "problems": (), "at": at, "person": at.person, "clearance": clearance,
        "refusal": clearance.refusal(of.today(), k.version), "told": told(intake, of.about(at), k), "intake": intake,
        "barred": site_ranges(clearance.barred, k), "light": site_ranges(clearance.light, k), "step": at.asks.step(),
        "areas": k.consent_areas.values(), "marks": at.desk.marks(at.visit), "confirm": at.asks.to_confirm(),
        "liftable": [r for r in clearance.reasons if r.lifted_by == "practitioner" and not r.lifted and r.rule in k.screens],
        "approvable": [r for r in clearance.reasons if r.lifted_by == "physician" and not r.lifted],
        "picture": clearance_picture(clearance, at.person.sex), "drawing": of.drawing(at) is not None,
    }  # fmt: skip
    return of.show("client", status, **values | more)


def _decisions(router: APIRouter, of: Screening) -> None:
    """What a practitioner records: a physician's answer, an override, consent."""

    @router.post("/clients/{client}/approval")
    async def approval(request: Request) -> Response:
        at = of.of_practitioner(request)
        found, problems = read_approval(await fields_of(request), of.today())
        if problems or found is None:
            return view(of, at, problems=problems, status=422)
        at.desk.approve(at.visit, found)
        return _go(at.base)

    @router.post("/clients/{client}/override")
    async def override(request: Request) -> Response:
        at = of.of_practitioner(request)
        fields = await fields_of(request)
        word = Override(
            fields.get("rule", ""), fields.get("name", "").strip()[:80], fields.get("reason", "").strip()[:500]
        )
        try:
            at.desk.override(at.visit, word)
        except OvertakenError:
            raise
        except UnknotError as error:
            return view(of, at, problems=error.problems, status=422)
        return _go(at.base)

    @router.get("/clients/{client}/letter.pdf")
    def pdf(request: Request) -> Response:
        at = of.of_practitioner(request)
        data = letter(at.person, of.clearance(at), practice_of(at.desk.store), of.today())
        headers = {"Content-Disposition": 'attachment; filename="letter.pdf"'}
        return Response(data, media_type="application/pdf", headers=headers)


def read_approval(fields: Mapping[str, str], on: date) -> tuple[Approval | None, tuple[Problem, ...]]:
    """What a physician was asked and said, from the form."""
    problems: list[Problem] = []
    by, answer = fields.get("by", "").strip(), fields.get("answer", "")
    if not by:
        problems.append(Problem("no_name", say("approval.by"), "no name", "who was asked", say("approval.by_todo")))
    if answer not in ("yes", "no", "waiting"):
        problems.append(
            Problem("not_an_answer", say("approval.answer"), answer[:20], "yes, no or waiting", "choose one")
        )
    when, until = _day(fields.get("on", "")) if fields.get("on") else on, _day(fields.get("until", ""))
    if when is None:
        problems.append(Problem("not_a_date", say("approval.on"), fields["on"][:20], "2026-11-26", "write a day"))
    if (fields.get("until") or answer == "yes") and until is None:
        problems.append(
            Problem(
                "not_a_date",
                say("approval.until"),
                fields.get("until", "")[:20] or "no day",
                "2026-11-26",
                "write a day",
            )
        )
    limits: dict[str, float] = {}
    for key, most in (("discomfort_max", 6), ("hold_s_max", 90), ("session_min_max", 90)):
        text = fields.get(key, "").strip()
        if not text:
            continue
        try:
            limits[key] = float(text)
        except ValueError:
            limits[key] = -1.0
        if not 0 < limits[key] <= most:
            problems.append(
                Problem("out_of_range", key, text[:20], f"above 0 to {most}", "give a number or leave it out")
            )
    rules = tuple(sorted(key[5:] for key in fields if key.startswith("rule.")))
    if answer == "yes" and not rules:
        problems.append(
            Problem("no_rule", say("approval.rules"), "nothing is named", "at least one", say("approval.rules_todo"))
        )
    if problems or when is None:
        return None, tuple(problems)
    scope, said = fields.get("scope", "").strip()[:500], fields.get("said", "").strip()[:500]
    return Approval(by[:120], when, cast(Any, answer), until, rules, scope, said, limits), ()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _questions(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    """The questionnaire's pages, the same for both devices."""

    @router.get(f"{base}/ask")
    def ask(request: Request, group: str = "") -> Response:
        at = find(request)
        step = at.asks.step(group)
        if step is None:
            return _go(f"{at.base}/words" if not group else f"{at.base}/ask")
        return of.show("ask", at=at, step=step, answers=at.asks.answers())

    @router.post(f"{base}/ask")
    async def answers(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        at.asks.take(fields, tuple(fields.get("shown", "").split()), at.by)
        marks = [q for q in fields.get("shown", "").split() if fields.get(f"yes.{q}") and _wants_mark(of, q)]
        return _go(f"{at.base}/marks" if marks else f"{at.base}/ask")

    @router.post(f"{base}/search")
    async def typed(request: Request) -> dict[str, list[dict[str, str]]]:
        find(request)
        k, words = of.page.k, (await fields_of(request)).get("words", "")[:60]
        return {
            "found": [{"id": q, "ask": k.questions[q].ask, "short": k.questions[q].short} for q in search(words, k)]
        }

    @router.get(f"{base}/words")
    def words(request: Request) -> Response:
        at = find(request)
        asked = [a for a in at.desk.intake(at.visit).approvals if not a.rules]
        return of.show("words", at=at, confirm=at.asks.to_confirm(), strange=at.asks.strange(), asked=asked)

    @router.post(f"{base}/words")
    async def said(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        return _go(take_words(at, fields, of.today()))

    _consent(router, of, base, find)
    _marks(router, of, base, find)

    @router.get(f"{base}/done")
    def done(request: Request) -> Response:
        at = find(request)
        if at.by == "practitioner":
            return _go(at.base)
        of.codes.end(request.cookies.get(COOKIE, ""))
        return of.show("done", at=at)


def _wants_mark(of: Screening, question: str) -> bool:
    return question in of.page.k.questions and bool(of.page.k.questions[question].mark)


def _to_mark(at: At) -> str:
    """The kind of mark that an answer asks for and that is not there yet."""
    there = {mark.kind for mark in at.desk.marks(at.visit).values()}
    yes = [at.desk.k.questions[q] for q, answer in at.asks.answers().items() if answer == "yes"]
    return next((q.mark for q in reversed(yes) if q.mark and q.mark not in there), "")


def take_words(at: At, fields: Mapping[str, str], on: date) -> str:
    """Keep a sentence, what was confirmed of it and what a physician said; where to go next."""
    confirmed = {key[8:]: value for key, value in fields.items() if key.startswith("confirm.")}
    known = at.desk.k.questions
    told = {q: value for q, value in confirmed.items() if q in known and value in ANSWERS}
    at.desk.answer(at.visit, told, at.by, singly=True)
    text = fields.get("said", "").strip()[:MOST_WORDS]
    if text:
        at.desk.say(at.visit, text, at.by)
    physician = fields.get("physician", "").strip()[:120]
    if physician:
        when = _day(fields.get("physician_on", "")) or on
        at.desk.approve(
            at.visit, Approval(physician, when, "waiting", said=fields.get("physician_said", "").strip()[:500])
        )
    return f"{at.base}/words" if text and at.asks.to_confirm() else f"{at.base}/consent"


def _consent(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    @router.get(f"{base}/consent")
    def consent(request: Request) -> Response:
        at = find(request)
        areas = of.page.k.consent_areas.values()
        return of.show("consent", at=at, areas=areas, given=at.desk.intake(at.visit).consents, problems=())

    @router.post(f"{base}/consent")
    async def consented(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        k = of.page.k
        if (area := fields.get("withdraw", "")) in k.consent_areas:
            at.desk.consent(at.visit, area, "no", at.by)
            return _go(fields.get("back") if fields.get("back") in (at.base, f"{at.base}/consent") else at.base)  # type: ignore[arg-type]
        wanted = [area for area in k.consent_areas if fields.get(f"area.{area}")]
        name = fields.get("name", "").strip()[:80]
        if wanted and not name:
            problem = Problem("no_name", say("consent.name"), "no name", "", say("consent.name_todo"))
            given = dict.fromkeys(wanted, "yes")
            return of.show("consent", 422, at=at, areas=k.consent_areas.values(), given=given, problems=(problem,))
        old = at.desk.intake(at.visit).consents
        for area in k.consent_areas:
            answer: Answer = "yes" if area in wanted else "no"
            if old.get(area) != answer:
                at.desk.consent(at.visit, area, answer, f"{at.by}: {name}" if name else at.by)
        return _go(f"{at.base}/done")


def _marks(router: APIRouter, of: Screening, base: str, find: Find) -> None:
    @router.get(f"{base}/marks")
    def marks(request: Request) -> Response:
        at = find(request)
        kind = _to_mark(at)  # what was answered stands in the store, never in the address
        return of.show(
            "marks",
            at=at,
            kind=kind,
            marks=at.desk.marks(at.visit),
            problems=(),
        )

    @router.post(f"{base}/marks")
    async def marked(request: Request) -> Response:
        at = find(request)
        fields = await fields_of(request)
        if fields.get("remove"):
            at.desk.unmark(at.visit, fields["remove"], at.by)
            return _go(f"{at.base}/marks")
        mark, problems = read_mark(fields, of.page.k, at.person.sex)
        if mark is None:
            values = {"marks": at.desk.marks(at.visit)}
            return of.show("marks", 422, at=at, kind=fields.get("kind", ""), problems=problems, **values)
        at.desk.mark(at.visit, mark, at.by)
        return _go(f"{at.base}/marks")


def _code(router: APIRouter, of: Screening) -> None:
    """The way in by a one-time code: a client to one questionnaire, a device of the practice to the desk."""

    @router.get("/join")
    def join() -> Response:
        return of.show("join", wrong=False)

    @router.post("/join")
    async def joined(request: Request) -> Response:
        held = of.codes.use((await fields_of(request)).get("code", ""), "desk")
        if held is None:
            return of.show("join", 403, wrong=True)
        reply = _go("/clients")
        reply.set_cookie(
            DESK_COOKIE, held.key, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
        )
        return reply

    @router.post("/practice/device")
    def device(request: Request) -> Response:
        code = of.codes.give("desk", "practice")
        return of.show("practice", countries=countries(), covered=COVERED, code=code, here=of.here(request))

    @router.get("/q")
    def enter() -> Response:
        return of.show("code", wrong=False)

    @router.post("/q")
    async def used(request: Request) -> Response:
        fields = await fields_of(request)
        held = of.codes.use(fields.get("code", ""), "form")
        if held is None:
            return of.show("code", 403, wrong=True)
        reply = _go("/mine/ask")
        secure = request.url.scheme == "https"
        reply.set_cookie(COOKIE, held.key, httponly=True, samesite="strict", secure=secure, path="/")
        return reply
