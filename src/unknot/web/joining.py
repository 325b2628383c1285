"""The way in by a one-time code for a client: to one questionnaire. People of the practice come in by `signing`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from unknot.web.desk import COOKIE, Screening, fields_of, go


def routes(of: Screening) -> APIRouter:
    """/q with its code."""
    router = APIRouter(include_in_schema=False)
    _form(router, of)
    return router


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
