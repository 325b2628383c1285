"""The way in by a one-time code: a client to one questionnaire, a device of the practice to the desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from unknot.web.desk import COOKIE, Screening, fields_of, go
from unknot.web.lan import COOKIE as DESK_COOKIE
from unknot.web.practice import COVERED, countries


def routes(of: Screening) -> APIRouter:
    """/join and /q with their codes, and the code for a device on /practice."""
    router = APIRouter(include_in_schema=False)
    _device(router, of)
    _form(router, of)
    return router


def _device(router: APIRouter, of: Screening) -> None:
    """A device of the practice."""

    @router.get("/join")
    def join() -> Response:
        return of.show("join", wrong=False)

    @router.post("/join")
    async def joined(request: Request) -> Response:
        held = of.codes.use((await fields_of(request)).get("code", ""), "desk")
        if held is None:
            return of.show("join", 403, wrong=True)
        reply = go("/clients")
        reply.set_cookie(
            DESK_COOKIE, held.key, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
        )
        return reply

    @router.post("/practice/device")
    def device(request: Request) -> Response:
        code = of.codes.give("desk", "practice")
        return of.show("practice", countries=countries(), covered=COVERED, code=code, here=of.here(request))


def _form(router: APIRouter, of: Screening) -> None:
    """A client's own phone."""

    @router.get("/q")
    def enter() -> Response:
        return of.show("code", wrong=False)

    @router.post("/q")
    async def used(request: Request) -> Response:
        held = of.codes.use((await fields_of(request)).get("code", ""), "form")
        if held is None:
            return of.show("code", 403, wrong=True)
        reply = go("/mine/ask")
        secure = request.url.scheme == "https"
        reply.set_cookie(COOKIE, held.key, httponly=True, samesite="strict", secure=secure, path="/")
        return reply
