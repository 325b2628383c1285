"""The page of reports over visits, for a physician and for an insurer, of all visits or those of a period; each leaves as text and as PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from unknot.errors import Problem, UnknotError
from unknot.record.amounts import day as written
from unknot.record.paper import as_text
from unknot.record.reports import (
    ALL,
    MOST,
    Goal,
    Period,
    cover_of,
    insurance,
    keep_cover,
    measured_over,
    progress,
    read_cover,
    read_rows,
    series_key,
)
from unknot.record.screening import Visit
from unknot.record.store import OvertakenError
from unknot.record.story import past
from unknot.record.verdicts import series_name
from unknot.web.desk import At, Screening, fields_of, go, read_day
from unknot.web.notes import as_reply
from unknot.web.papers import stories_of
from unknot.words import say

DAYS = ("from", "to")
A_YEAR = timedelta(days=365)
"""What is shown at first, so that the page of somebody who has come for ten years opens as quickly as any."""
R = TypeVar("R")


def routes(of: Screening) -> APIRouter:
    """What stands under /clients/{client}/reports, and its two PDFs."""
    router = APIRouter(include_in_schema=False)
    _pages(router, of)
    _papers(router, of)
    return router


def _pages(router: APIRouter, of: Screening) -> None:
    @router.get("/clients/{client}/reports")
    def page(request: Request) -> Response:
        return _page(of, of.of_practitioner(request), request.query_params)

    @router.post("/clients/{client}/reports")
    async def keep(request: Request) -> Response:
        at, fields = of.of_practitioner(request), await fields_of(request)
        over = int(fields["version"]) if fields.get("version", "").isdigit() else 0
        try:
            keep_cover(at.desk.store, at.person.id, read_cover(fields, over))
        except OvertakenError:
            raise
        except UnknotError as error:
            return _page(of, at, fields, status=422, problems=tuple(error.problems), typed=True)
        every = "?from=&to=" if all(name in fields for name in DAYS) else ""
        return go(f"{at.base}/reports{_asked(fields) or every}")


def _papers(router: APIRouter, of: Screening) -> None:
    @router.get("/clients/{client}/progress.pdf")
    def progress_pdf(request: Request) -> Response:
        at, (period, problems) = of.of_practitioner(request), read_period(request.query_params)
        if problems:
            return _page(of, at, request.query_params)
        stories = stories_of(at, period)
        return as_reply(of, at, progress(stories, of.page.k, period), stories[-1] if stories else None)

    @router.get("/clients/{client}/insurance.pdf")
    def insurance_pdf(request: Request) -> Response:
        at, (period, problems) = of.of_practitioner(request), read_period(request.query_params)
        if problems:
            return _page(of, at, request.query_params)
        cover = cover_of(at.desk.store, at.person.id)
        return as_reply(of, at, insurance(stories_of(at, period), of.page.k, cover, period), None)


def _page(of: Screening, at: At, asked: Mapping[str, str], *, status: int = 200, problems: tuple[Problem, ...] = (), typed: bool = False) -> HTMLResponse:  # fmt: skip
    """The reports of the period that is asked for; of all visits where that is none. `typed`: the form as it stands in `asked`, not as it is kept."""
    visits = past(at.desk, at.person.id)
    if not any(name in asked for name in DAYS):
        asked = {**asked, **last_year(visits)}
    period, wrong = read_period(asked)
    stories, cover = stories_of(at, period, visits), cover_of(at.desk.store, at.person.id)
    over = measured_over(stories, of.page.k)
    papers = (progress(stories, of.page.k, period, over), insurance(stories, of.page.k, cover, period, over))
    values = {
        "papers": [(paper, as_text(paper), f"{at.base}/{paper.kind}.pdf{_asked(asked) if not wrong else ''}") for paper in papers],
        "problems": (*wrong, *(p for p in problems if p.place != say("report.unit"))),
        "unfit": next((p for p in problems if p.place == say("report.unit")), None), "asked": {name: asked.get(name, "") for name in DAYS}, "chosen": period != ALL,
        "shown": [(series_key(s), series_name(s, of.page.k)) for s in over.series],
        "goals": [*cover.goals, Goal("")][:MOST], "codes": [*cover.codes, ("", "")][:MOST], "unit": f"{cover.unit_min}", "over": f"{cover.version}",
    }  # fmt: skip
    if typed:
        goals, codes = read_rows(asked)
        values |= {"goals": _filled(goals, Goal("")), "codes": _filled(codes, ("", "")), "unit": asked.get("unit_min", ""), "over": asked.get("version", "")}  # fmt: skip
    return of.show("reports", 422 if wrong else status, at=at, person=at.person, **values)


def _filled(rows: list[R], empty: R) -> list[R]:
    """Rows up to the last one that anything was typed in, and an empty one."""
    return [*rows[: max((n for n, row in enumerate(rows, 1) if row != empty), default=0)], empty][:MOST]


def last_year(visits: Sequence[Visit]) -> dict[str, str]:
    """The year up to the last of some visits, as the form of the page asks for it; nothing where no visit is older."""
    first = visits[-1].on - A_YEAR if visits else None
    return {"from": first.isoformat(), "to": ""} if first is not None and visits[0].on < first else {}


def read_period(asked: Mapping[str, str]) -> tuple[Period, tuple[Problem, ...]]:
    """The period of `from` and `to`; all days, with one problem, where that is none."""
    given = {name: asked.get(name, "").strip() for name in DAYS}
    days = {name: read_day(text) for name, text in given.items()}
    first, last = days["from"], days["to"]
    unread = any(given[name] and days[name] is None for name in DAYS)
    if not unread and not (first is not None and last is not None and last < first):
        return Period(first, last), ()
    words = {name: written(on) if on is not None else given[name][:20] or "-" for name, on in days.items()}
    told = say("report.given", first=words["from"], last=words["to"])
    return ALL, (Problem("period", say("report.period"), told, say("report.period_allowed"), say("report.period_todo")),)  # fmt: skip


def _asked(asked: Mapping[str, str]) -> str:
    """The period as the end of an address; empty for all days."""
    told = {name: asked[name].strip() for name in DAYS if asked.get(name, "").strip()}
    return f"?{urlencode(told)}" if told else ""
