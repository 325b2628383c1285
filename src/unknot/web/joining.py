"""The way in by a one-time code: a client to one questionnaire, a device of the practice to the desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.web.codes import Pass
from unknot.web.desk import COOKIE, Screening, fields_of, go
from unknot.web.lan import COOKIE as DESK_COOKIE
from unknot.web.practice import COVERED, countries


def routes(of: Screening) -> APIRouter:
    """/join and /q with their codes, and the code for a device on /practice."""
    router = APIRouter(include_in_schema=False)
    _device(router, of)
    _form(router, of)
    return router


async def used_code(of: Screening, request: Request, thing: str) -> Pass | None:
    """What the code of the form opens, if anything."""
    code = (await fields_of(request)).get("code", "")
    return await run_in_threadpool(of.codes.use, code, thing, _address(request))


def wrong_code(of: Screening, request: Request, page: str, thing: str) -> Response:
    """The page again: the code opens nothing, or so many wrong ones came from this address that none is looked at for a minute."""
    shut = of.codes.shut(thing, _address(request))
    return of.show(
        page, 429 if shut else 403, wrong="code.too_many" if shut else "dial.wrong" if thing == "dial" else "code.wrong"
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _device(router: APIRouter, of: Screening) -> None:
    """A device of the practice."""

    @router.get("/join")
    def join() -> Response:
        return of.show("join", wrong="")

    @router.post("/join")
    async def joined(request: Request) -> Response:
        held = await used_code(of, request, "desk")
        if held is None:
            return wrong_code(of, request, "join", "desk")
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
        return of.show("code", wrong="")

    @router.post("/q")
    async def used(request: Request) -> Response:
        held = await used_code(of, request, "form")
        if held is None:
            return wrong_code(of, request, "code", "form")
        reply = go("/mine/ask")
        secure = request.url.scheme == "https"
        reply.set_cookie(COOKIE, held.key, httponly=True, samesite="strict", secure=secure, path="/")
        return reply
