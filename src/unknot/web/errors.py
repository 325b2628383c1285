"""One shape for every error: {"error": {"code", "message", "problems": [...]}}."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from unknot.errors import Problem, UnknotError


def body(code: str, message: str, problems: tuple[Problem, ...] = ()) -> dict[str, object]:
    """The one shape."""
    return {"error": {"code": code, "message": message, "problems": [p.as_dict() for p in problems]}}


def install(app: FastAPI) -> None:
    """Every way to fail answers in the one shape; nothing of what a client sent is logged."""

    @app.exception_handler(UnknotError)
    async def unknot_error(request: Request, error: UnknotError) -> Response:
        del request
        return JSONResponse(body(error.code, error.title or str(error), error.problems), status_code=422)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        del request
        problems = tuple(
            Problem("invalid", ".".join(map(str, e["loc"])), str(e["msg"]), "", "") for e in error.errors()
        )
        return JSONResponse(body("invalid", "the request is not as documented", problems), status_code=422)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        del request
        return JSONResponse(
            body(f"http_{error.status_code}", str(error.detail)), status_code=error.status_code, headers=error.headers
        )

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        del request, error
        return JSONResponse(body("gone", "the request ended early"), status_code=400)
