"""The client's own phone beside the practice's tablet: the code for drawing and questions, how far they are, and the sheet of a visit by code."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from unknot.record.screening import Desk
from unknot.web.desk import At, Screening
from unknot.web.notes import sheet_file, visit_at
from unknot.web.papers import sheet_of
from unknot.web.who import who
from unknot.words import say


def routes(of: Screening) -> APIRouter:
    """/clients/{client}/phone and what it asks by itself; the sheet on the client's side."""
    router = APIRouter(include_in_schema=False)

    @router.get("/clients/{client}/phone")
    def phone(request: Request) -> Response:
        at = of.of_practitioner(request)
        stands = of.codes.stands("form", at.person.id)
        code = of.codes.give("form", at.person.id) if stands != "open" else ""
        return of.show("phone", at=at, code=code, here=of.here(request), told=far(of, at), lockable=bool(who().sign_in))

    @router.get("/clients/{client}/waiting")
    def waiting(request: Request) -> dict[str, str]:
        at = of.of_practitioner(request)
        stands = of.codes.stands("form", at.person.id)
        return {"stands": stands or ("done" if at.asks.step() is None else "over"), "told": far(of, at)}

    _sheet(router, of)
    return router


def far(of: Screening, at: At) -> str:
    """How far a client is, in words; nothing of what they answered."""
    stands = of.codes.stands("form", at.person.id)
    if stands != "open":
        return say("phone.waits" if stands else "phone.over")
    step = at.asks.step()
    if step is None:
        return say("phone.last")
    if not at.asks.answers():
        return say("phone.drawing")
    return say("phone.step", number=step.number, total=step.total)


def _sheet(router: APIRouter, of: Screening) -> None:
    @router.post("/clients/{client}/visits/{visit}/sheet/code")
    def code(request: Request) -> Response:
        at = visit_at(of, request)
        made = of.codes.give("sheet", f"{at.person.id}/{at.visit.id}")
        return of.show("sheet_code", at=at, code=made, here=of.here(request))

    @router.get("/mine/sheet")
    def shown(request: Request) -> Response:
        at = _mine(of, request)
        return of.show("my_sheet", at=at, paper=sheet_of(of, at)[0])

    @router.get("/mine/sheet.pdf")
    def as_pdf(request: Request) -> Response:
        return sheet_file(of, _mine(of, request))


def _mine(of: Screening, request: Request) -> At:
    """The visit whose sheet a device may see. Raises a 403 or a 404."""
    client, _, ident = of.held(request, "sheet").whose.partition("/")
    desk: Desk = of.desk
    visit = next((v for v in desk.visits(client) if v.id == ident), None)
    if visit is None:
        raise HTTPException(404, "no such visit")
    return At(desk, desk.client(client), visit, "client", "/mine")
