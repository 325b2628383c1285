"""The way in by a one-time code for a client: to one questionnaire. People of the practice come in by `signing`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.web.codes import Pass
from unknot.web.desk import COOKIE, Screening, fields_of, go, set_cookie


def routes(of: Screening) -> APIRouter:
    """/q with its code."""
    router = APIRouter(include_in_schema=False)
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
        set_cookie(reply, request, COOKIE, held.key)
        return reply
