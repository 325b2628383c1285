"""The way in by a one-time code for a client: to drawing and questions, or to the sheet of a visit. People of the practice come in by `signing`."""

from __future__ import annotations

import re
from functools import partial

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.record.languages import CODE
from unknot.web.codes import Pass
from unknot.web.desk import COOKIE, Screening, fields_of, go, set_cookie
from unknot.web.tongue import COOKIE as TONGUE_COOKIE
from unknot.words import DEFAULT

PAGE = re.compile(r"/mine/[a-z]+")
"""A client's page to go back to."""


def routes(of: Screening) -> APIRouter:
    """/q with its code."""
    router = APIRouter(include_in_schema=False)
    _form(router, of)
    return router


async def used_code(of: Screening, request: Request, thing: str, also: str = "") -> Pass | None:
    """What the code of the form opens, if anything; `also` is a second thing behind the same door."""
    code = (await fields_of(request)).get("code", "")
    return await run_in_threadpool(partial(of.codes.use, code, thing, _address(request), also=also))


def wrong_code(of: Screening, request: Request, page: str, thing: str) -> Response:
    """The page again: the code opens nothing, or so many wrong ones came from this address that none is looked at for a minute."""
    shut = of.codes.shut(thing, _address(request))
    return of.show(
        page, 429 if shut else 403, wrong="code.too_many" if shut else "dial.wrong" if thing == "dial" else "code.wrong"
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _form(router: APIRouter, of: Screening) -> None:
    """A client's own phone, and the language it is spoken to in."""

    @router.post("/mine/language")
    async def language(request: Request) -> Response:
        fields = await fields_of(request)
        code, back = fields.get("language", ""), fields.get("back", "")
        reply = go(back if PAGE.fullmatch(back) else "/mine/draw")
        if code == DEFAULT or CODE.fullmatch(code):
            set_cookie(reply, request, TONGUE_COOKIE, code)
        return reply

    @router.get("/q")
    def enter() -> Response:
        return of.show("code", wrong="")

    @router.post("/q")
    async def used(request: Request) -> Response:
        held = await used_code(of, request, "form", "sheet")
        if held is None:
            return await run_in_threadpool(wrong_code, of, request, "code", "form")
        reply = go("/mine/sheet" if held.thing == "sheet" else "/mine/draw")
        set_cookie(reply, request, COOKIE, held.key)
        return reply
