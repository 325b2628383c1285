"""One shape for every error: {"error": {"code", "message", "problems": [...]}}; the same as a page for people in a browser."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot.errors import Problem, UnknotError
from unknot.web.quiet import where
from unknot.web.wrong import page
from unknot.words import say

LOG = logging.getLogger(__name__)


def body(code: str, message: str, problems: tuple[Problem, ...] = ()) -> dict[str, object]:
    """The one shape."""
    return {"error": {"code": code, "message": message, "problems": [p.as_dict() for p in problems]}}


def reply(request: Request, status: int, told: dict[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """A page where a browser goes to an address, JSON for programs and for the scripts of the page."""
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/"):
        text = page(request, status, cast("Mapping[str, Any]", told["error"]))
        return HTMLResponse(text, status_code=status, headers=dict(headers or {}))
    return JSONResponse(told, status_code=status, headers=dict(headers or {}))


async def unknown_host(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to who asks for the app by a name that is not its own."""
    told = body("unknown_host", "this app answers to this machine's own names alone")
    await reply(Request(scope), 400, told)(scope, receive, send)


async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a page of another site that sends something here."""
    told = body("foreign", "another page may not send anything here")
    await reply(Request(scope), 403, told)(scope, receive, send)


async def guarded(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """An error that nobody foresaw ends in the one shape too. It is logged by its kind and place: its words may hold a client's value."""
    begun = False

    async def told(message: Message) -> None:
        nonlocal begun
        begun = begun or message["type"] in ("http.response.start", "websocket.close")
        await send(message)

    try:
        await app(scope, receive, told)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody further out may print it
        LOG.error("a request has failed: %s", where(error))
        if begun:
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1011})
        else:
            await reply(Request(scope), 500, body("failed", say("failed.told")))(scope, receive, send)


def install(app: FastAPI) -> None:
    """Every way to fail answers in the one shape; nothing of what a client sent is logged. Where a page may need the record, it is made aside."""

    @app.exception_handler(UnknotError)
    def unknot_error(request: Request, error: UnknotError) -> Response:
        return reply(request, 422, body(error.code, error.title or str(error), error.problems))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        problems = tuple(
            Problem("invalid", ".".join(map(str, e["loc"])), str(e["msg"]), "", "") for e in error.errors()
        )
        return reply(request, 422, body("invalid", "the request is not as documented", problems))

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        return reply(request, error.status_code, body(f"http_{error.status_code}", str(error.detail)), error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        del error
        return reply(request, 400, body("gone", "the request ended early"))
