"""The practitioner's pages: clients, what was answered and what follows, a physician's answer, overrides, the letter, the practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from unknot.case.intake import Approval, Override
from unknot.case.model import Sex
from unknot.errors import Problem, UnknotError
from unknot.record.amounts import day
from unknot.record.days import day_of
from unknot.record.names import lookalikes, unread_clients
from unknot.record.screening import SENTENCES, Person
from unknot.record.store import OvertakenError
from unknot.screen.show import site_ranges
from unknot.web.desk import At, Screening, fields_of, go, hidden_in, read_day
from unknot.web.letter import letter
from unknot.web.people import treats
from unknot.web.pictures import clearance_picture
from unknot.web.practice import COVERED, HEAD, countries, keep, practice_of
from unknot.web.questionnaire import told
from unknot.web.record_page import record_of
from unknot.web.sittings import sittings
from unknot.web.who import who
from unknot.words import say


def routes(of: Screening) -> APIRouter:
    """What stands under /clients for the practitioner, and /practice."""
    router = APIRouter(include_in_schema=False)
    _clients(router, of)
    _client(router, of)
    _decisions(router, of)
    return router


def _clients(router: APIRouter, of: Screening) -> None:
    @router.get("/clients")
    def clients() -> Response:
        return _listed(of)

    @router.post("/clients")
    async def new(request: Request) -> Response:
        fields = await fields_of(request)
        label, age, sex, problems = read_person(fields)
        if problems:
            return _listed(of, 422, problems, fields)
        twins = [] if fields.get("another") else lookalikes(of.store(), label, of.only())
        if twins:
            return _listed(of, 409, fields=fields, twins=twins)
        person = of.new_client(label, age, sex)
        return go(f"/clients/{person.id}/{'phone' if fields.get('on') == 'phone' else 'ask'}")

    @router.get("/practice")
    def practice() -> Response:
        return of.show("practice", countries=countries(), covered=COVERED)

    @router.post("/practice")
    async def keep_practice(request: Request) -> Response:
        fields = await fields_of(request)
        store = of.desk.store
        problems = hidden_in(fields, {key: say(f"practice.{key}") for key in HEAD})
        if problems:
            return of.show("practice", 422, countries=countries(), covered=COVERED, code="", here="", problems=problems)
        keep(store, fields, practice_of(store).version)
        return go("/clients")


def _listed(
    of: Screening, status: int = 200, problems: Sequence[Problem] = (), fields: Mapping[str, str] = MappingProxyType({}),
    twins: Sequence[Person] = (),
) -> HTMLResponse:  # fmt: skip
    """The list of clients, with how many of the practice cannot be read, and a form for a new one; `twins`: whose names look like the one that was typed."""
    people = of.people()  # first: who turns out to be damaged in it is counted
    unread = len(unread_clients(of.store()))
    return of.show(
        "clients", status, people=people, unread=unread, problems=problems, fields=fields, lan=of.lan, twins=twins
    )


def read_person(fields: Mapping[str, str]) -> tuple[str, float | None, Sex | None, tuple[Problem, ...]]:
    """A client's label, age and sex from a form, with what is wrong."""
    problems = hidden_in(fields, {"label": say("clients.label")})
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
        if not who().may("health"):
            return treats(of, request, of.codes.give("form", of.person(request).id))
        of.codes.end_all("form", of.person(request).id)
        return go(f"/clients/{of.person(request).id}/phone")

    @router.post("/clients/{client}/person")
    async def person(request: Request) -> Response:
        at = of.of_practitioner(request)
        label, age, sex, problems = read_person(await fields_of(request))
        if problems:
            return view(of, at, problems=problems, status=422)
        at.desk.change_client(replace(at.person, label=label, age=age, sex=sex))
        return go(at.base)


def view(of: Screening, at: At, *, status: int = 200, **more: Any) -> HTMLResponse:
    """The practitioner's view: what was answered, what follows, what is still open."""
    k = of.page.k
    clearance = of.clearance(at)
    intake = at.desk.intake(at.visit)
    values: dict[str, Any] = {
        "problems": (), "at": at, "person": at.person, "clearance": clearance,
        "refusal": clearance.refusal(of.today(), k.version), "told": told(intake, of.about(at), k), "intake": intake, "words": _words(at),
        "barred": site_ranges(clearance.barred, k), "light": site_ranges(clearance.light, k), "step": at.asks.step(),
        "areas": k.consent_areas.values(), "marks": at.desk.marks(at.visit), "confirm": at.asks.to_confirm(),
        "liftable": [r for r in clearance.reasons if r.lifted_by == "practitioner" and not r.lifted and r.rule in k.screens],
        "approvable": [r for r in clearance.reasons if r.lifted_by == "physician" and not r.lifted],
        "picture": clearance_picture(clearance, at.person.sex), "drawing": of.drawing(at) is not None,
        "sittings": sittings(at.desk.store, at.visit.id), **record_of(of, at),
    }  # fmt: skip
    return of.show("client", status, **values | more)


def _decisions(router: APIRouter, of: Screening) -> None:
    """What a practitioner records: a physician's answer, an override, consent."""

    @router.post("/clients/{client}/approval")
    async def approval(request: Request) -> Response:
        at = of.of_practitioner(request)
        found, problems = read_approval(
            await fields_of(request),
            of.today(),
            frozenset(r.rule for r in of.clearance(at).reasons) | frozenset(of.page.k.screens),
        )
        if problems or found is None:
            return view(of, at, problems=problems, status=422)
        at.desk.approve(at.visit, found)
        return go(at.base)

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
        return go(at.base)

    @router.get("/clients/{client}/letter.pdf")
    def pdf(request: Request) -> Response:
        at = of.of_practitioner(request)
        data = letter(at.person, of.clearance(at), practice_of(at.desk.store), of.today())
        headers = {"Content-Disposition": 'attachment; filename="letter.pdf"'}
        return Response(data, media_type="application/pdf", headers=headers)


def read_approval(
    fields: Mapping[str, str], on: date, known: frozenset[str]
) -> tuple[Approval | None, tuple[Problem, ...]]:
    """What a physician was asked and said, from the form. `known`: the rules that there are."""
    problems: list[Problem] = []
    by, answer = fields.get("by", "").strip(), fields.get("answer", "")
    if not by:
        problems.append(Problem("no_name", say("approval.by"), "no name", "who was asked", say("approval.by_todo")))
    if answer not in ("yes", "no", "waiting"):
        problems.append(
            Problem("not_an_answer", say("approval.answer"), answer[:20], "yes, no or waiting", "choose one")
        )
    when, until = read_day(fields.get("on", "")) if fields.get("on") else on, read_day(fields.get("until", ""))
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
        label = say(f"approval.{key.removesuffix('_max').split('_')[0]}")
        text = fields.get(key, "").strip()
        if not text:
            continue
        try:
            limits[key] = float(text)
        except ValueError:
            limits[key] = -1.0
        if not 0 < limits[key] <= most:
            problems.append(
                Problem("out_of_range", label, text[:20], f"above 0 to {most}", "give a number or leave it out")
            )
    problems += _wrong_days(when, until, on)
    rules = tuple(sorted(key[5:] for key in fields if key.startswith("rule.")))
    if set(rules) - known:
        problems.append(
            Problem("unknown_rule", say("approval.rules"), say("approval.no_such"), "", say("approval.rules_todo"))
        )
    if answer == "yes" and not rules:
        problems.append(
            Problem("no_rule", say("approval.rules"), "nothing is named", "at least one", say("approval.rules_todo"))
        )
    if problems or when is None:
        return None, tuple(problems)
    scope, said = fields.get("scope", "").strip()[:500], fields.get("said", "").strip()[:500]
    return Approval(by[:120], when, cast(Any, answer), until, rules, scope, said, limits), ()


def _wrong_days(when: date | None, until: date | None, on: date) -> list[Problem]:
    """An answer of a day to come, and one that was over before it was given."""
    found = []
    if when is not None and when > on:
        found.append(Problem("not_yet", say("approval.on"), say("approval.future"), "", say("approval.future_todo")))
    if when is not None and until is not None and until < when:
        found.append(Problem("over_before", say("approval.until"), say("approval.over"), "", say("approval.over_todo")))
    return found


def _words(at: At) -> list[tuple[str, str]]:
    """(day, sentence) of what the client has told in words, the latest first; one told twice has its last day."""
    every = at.desk.store.facts_of([f"client:{at.person.id}", f"visit:{at.visit.id}"])
    said = {f.body["text"]: f.at for facts in every.values() for f in facts if f.kind in SENTENCES}
    return [(day(day_of(stamp)), text) for text, stamp in sorted(said.items(), key=lambda row: row[1], reverse=True)]
