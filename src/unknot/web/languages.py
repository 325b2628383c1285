"""The owner's page of languages: what the practice has put into its clients' languages, what is missing, and the file to begin with."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.errors import Problem
from unknot.record.languages import LARGEST, LanguageError, Languages, english, template
from unknot.web.desk import Screening, fields_of, go

MOST_BYTES = 4 * LARGEST
"""Of a form with one file: a character can take several bytes when it is sent."""


def routes(of: Screening) -> APIRouter:
    """/languages."""
    router = APIRouter(include_in_schema=False)

    def page(status: int = 200, problems: tuple[Problem, ...] = (), text: str = "") -> Response:
        k = of.page.k
        rows = [(found, found.missing(k), found.same(k)) for found in Languages(of.store(), k).all()]
        return of.show("languages", status, rows=rows, total=len(english(k)), problems=problems, text=text)

    @router.get("/languages")
    def shown() -> Response:
        return page()

    @router.get("/languages/template.toml")
    def begin() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="language.toml"'}
        return Response(template(of.page.k), media_type="application/toml", headers=headers)

    @router.post("/languages")
    async def add(request: Request) -> Response:
        text = (await fields_of(request, MOST_BYTES)).get("text", "")
        try:
            await run_in_threadpool(Languages(of.store(), of.page.k).keep, text)
        except LanguageError as error:
            problems = tuple(error.problems)
            return await run_in_threadpool(lambda: page(422, problems, text[:LARGEST]))
        return go("/languages")

    @router.post("/languages/remove")
    async def remove(request: Request) -> Response:
        code = (await fields_of(request)).get("code", "")
        await run_in_threadpool(Languages(of.store(), of.page.k).remove, code)
        return go("/languages")

    return router
