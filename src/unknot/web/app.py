"""The application: the page, its fragments, and the same answer as JSON."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from functools import lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot import __version__
from unknot.assess.rank import assess
from unknot.case.clearance import Clearance, Open
from unknot.case.model import Case
from unknot.case.places import read_site
from unknot.case.ranking import Ranking
from unknot.case.read import LARGEST, read_bytes
from unknot.case.write import as_toml
from unknot.errors import CaseError, Problem
from unknot.knowledge.load import knowledge
from unknot.record.audit import Audit
from unknot.record.secret import Secret
from unknot.record.store import is_there, open_store
from unknot.screen.case import opened, screen, with_screening
from unknot.screen.show import as_dict
from unknot.web import (
    asking,
    atlas,
    day,
    drawing,
    ending,
    errors,
    handing,
    home,
    joining,
    languages,
    measuring,
    notes,
    outcomes,
    people,
    phone,
    photos,
    practitioner,
    proving,
    reports,
    signing,
    trials,
)  # fmt: skip
from unknot.web.access import Access, Doors
from unknot.web.codes import Codes
from unknot.web.desk import Screening
from unknot.web.form import LARGEST as LARGEST_FORM
from unknot.web.form import Form, form_of, read_form, read_opened
from unknot.web.head import Head
from unknot.web.once import Once
from unknot.web.page import Page
from unknot.web.planning import routes as plan_routes
from unknot.web.room import Room
from unknot.web.room import routes as room_routes
from unknot.web.rooms import Rooms
from unknot.web.schema import ASSESS
from unknot.web.searched import Searched

HERE = Path(str(resources.files("unknot.web")))
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
AT_ONCE = 2
"""Answers of the page that are worked out side by side. More would only make each later; who has asked again meanwhile is passed over."""
OF_CLIENTS = (
    practitioner,
    phone,
    drawing,
    asking,
    joining,
    measuring,
    outcomes,
    notes,
    reports,
    day,
    home,
    languages,
    photos,
)
"""Pages of clients and of the practice, each with its routes."""
HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def create_app(
    hosts: list[str] | None = None,
    data: str | Path | None = None,
    today: Callable[[], date] = date.today,
    codes: Codes | None = None,
    *,
    lan: bool = False,
    secret: Secret | None = None,
    self_made: bool = False,
) -> FastAPI:
    """The application. `hosts` are the names it answers to; another one is refused, so no other page can reach it by a name of its own.

    `data` is where the store is, the user's data folder when not given; it is opened when first needed. `today` is the calendar. With `lan`
    who is not at this machine signs in, or comes by one of the `codes`. `secret` opens an encrypted store. `self_made`: the app
    is reached behind a certificate of its own making.
    """
    app = FastAPI(title="Unknot", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    errors.install(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    page = Page(knowledge())
    page.today = today
    codes = codes or Codes(time.monotonic)
    screening = Screening(
        page, lru_cache(maxsize=1)(lambda: open_store(data, page.versions(), secret)), codes, today, lan=lan
    )
    codes.store = codes.store or screening.store
    screening.is_there = lambda: is_there(data)
    page.of_client, page.licences, page.keep_map = screening.of_form, screening.licences, screening.keep_map
    page.stands = screening.stands
    for pages in OF_CLIENTS:
        app.include_router(pages.routes(screening))
    doors = Doors(screening.store, screening.is_there, codes, lan=lan)
    screening.audit, app.state.doors, app.state.page = doors.audit, doors, page
    screening.searched = app.state.searched = Searched(doors.audit)
    app.state.self_made = self_made
    at_the_door = signing.Signing(screening, doors)
    for ways_in in (signing, people, proving, handing):
        app.include_router(ways_in.routes(at_the_door))
    rooms = Rooms(screening.store, awake_or_asleep)
    room = Room(screening, rooms)
    app.include_router(room_routes(room))
    app.include_router(ending.routes(room))
    app.include_router(plan_routes(room))
    app.router.lifespan_context = _lifespan(rooms, doors.audit, screening.searched)
    for own in (atlas.routes(page.k), trials.routes(page, data)):
        app.include_router(own)
    app.add_middleware(Once)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    threading.Thread(target=page.warm, daemon=True).start()

    app.add_middleware(Access, doors=doors)
    app.add_middleware(Secure, hosts=hosts or HOSTS)
    app.add_middleware(Head)
    _pages(app, page, screening)
    return _api(app, page)


def awake_or_asleep() -> float:
    """A clock [s] that never runs backwards and goes on while the machine sleeps: a lid that was closed in a hold is noticed afterwards."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


def _lifespan(rooms: Rooms, audit: Audit, searched: Searched) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """When the server stops, what is being stored is waited for, and rows of the trail that wait are tried once more."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await rooms.close()
        await run_in_threadpool(searched.write)
        await run_in_threadpool(audit.write)

    return life


def _pages(app: FastAPI, page: Page, screening: Screening) -> None:
    """What a browser shows."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def worked(request: Request, work: Callable[[], str]) -> str:
        async with turns:
            if await request.is_disconnected():
                raise HTTPException(400, "the page has asked again")
            return await run_in_threadpool(work)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def start() -> str:
        return page.render(Form())

    @app.get("/example", response_class=HTMLResponse, include_in_schema=False)
    def example() -> str:
        return page.render(page.example())

    @app.get("/clients/{client}/map", response_class=HTMLResponse, include_in_schema=False)
    def map_of(request: Request) -> str:
        return page.render(screening.form_of(request))

    @app.post("/", response_class=HTMLResponse, include_in_schema=False)
    async def answer(request: Request) -> HTMLResponse:
        form = read_form(await _limited(request, LARGEST_FORM), page.k)
        part = request.headers.get("x-part") == "main"
        text = await worked(request, partial(page.render, form, part=part))
        return HTMLResponse(text, status_code=422 if form.problems else 200)

    @app.post("/open", response_class=HTMLResponse, include_in_schema=False)
    async def opened(request: Request) -> HTMLResponse:
        case = read_opened(await _limited(request, LARGEST), page.k)
        return HTMLResponse(await worked(request, partial(page.render, form_of(case), part=True)))

    @app.post("/check", include_in_schema=False)
    async def check(request: Request) -> Response:
        form = read_form(await _limited(request, LARGEST_FORM), page.k)
        return await run_in_threadpool(screening.check, form)

    _files(app, page)

    @app.post("/refers", response_class=HTMLResponse, include_in_schema=False)
    async def refers(request: Request) -> HTMLResponse:
        form = read_form(await _limited(request, LARGEST_FORM), page.k)
        # where somebody looks is where it hurts: it stands in the body of the request, never in its address
        site, problem = read_site(page.k, form.looked_at, "look")
        if site is None or problem is not None:
            raise HTTPException(404, "no such place")
        return HTMLResponse(await worked(request, partial(page.refers, form, site)))


def _files(app: FastAPI, page: Page) -> None:
    """What leaves the page: the case as a file, the sheet for paper."""

    @app.post("/case.toml", include_in_schema=False)
    async def save(request: Request) -> Response:
        form = read_form(await _limited(request, LARGEST_FORM), page.k)
        case = form.case(page.k)
        if case is None:
            nothing = Problem(
                "no_pain", "form", "no pain is named or drawn", "at least one", "draw where it hurts first"
            )
            raise CaseError(form.problems or [nothing])
        headers = {"Content-Disposition": 'attachment; filename="unknot-case.toml"'}
        return Response(as_toml(case), media_type="application/toml", headers=headers)

    @app.post("/print", response_class=HTMLResponse, include_in_schema=False)
    async def printed(request: Request) -> HTMLResponse:
        form = read_form(await _limited(request, LARGEST_FORM), page.k)
        return HTMLResponse(await run_in_threadpool(page.printed, form))


def _api(app: FastAPI, page: Page) -> FastAPI:
    """The same answer for programs."""

    @app.post("/api/assess", openapi_extra=ASSESS, responses=ERRORS)
    async def api_assess(request: Request) -> JSONResponse:
        """Rank the points, nerves, organs and joints that explain a case."""
        data = await _limited(request, LARGEST)
        case = read_bytes(data, "case", page.k, is_json=True)
        return JSONResponse(await run_in_threadpool(answered, case, page))

    @app.post("/api/screen", openapi_extra=ASSESS, responses=ERRORS)
    async def api_screen(request: Request) -> JSONResponse:
        """The clearance of a case on this day: what rules massage out, bars a place or lowers a limit."""
        case = read_bytes(await _limited(request, LARGEST), "case", page.k, is_json=True, needs_pain=False)
        return JSONResponse(await run_in_threadpool(screened, case, page))

    @app.get("/api/regions")
    def api_regions() -> list[dict[str, Any]]:
        """The ids of the places on the body, with their names and the views that show them."""
        return [
            {"id": r.id, "name": r.name, "lateral": r.lateral, "views": list(r.views), "also": list(r.also)}
            for r in page.k.regions.values()
        ]

    return app


def answered(case: Case, page: Page) -> dict[str, Any]:
    """The ranking of a case for programs; what to press next needs the answers of today's check in the case itself."""
    clearances: list[Clearance] = []

    def touch(ranking: Ranking) -> Open:
        clearances.append(screen(case, page.k, page.today(), ranking=ranking, licences=page.licences()))
        return opened(clearances[0], page.k, page.today())

    ranking = assess(case, page.k, use=page.use, touch=touch)
    return with_screening(ranking, clearances[0], case).as_dict()


def screened(case: Case, page: Page) -> dict[str, Any]:
    """The clearance of a case for programs."""
    ranking = assess(case, page.k, use=page.use, next_too=False) if case.pains or case.strokes else None
    return as_dict(case.name, screen(case, page.k, page.today(), ranking=ranking, licences=page.licences()))


class Secure:
    """The headers of every answer; a name that is not the app's own is refused. Plain ASGI, so that a request still learns that its asker has gone."""

    def __init__(self, app: ASGIApp, hosts: list[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # the server starts or stops: nobody asks
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._socket(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        given = Headers(scope=scope)
        known = self._known(given)
        foreign = scope["method"] not in ("GET", "HEAD") and _of_another_site(given)
        app = errors.unknown_host if not known else errors.foreign if foreign else self.app
        await errors.guarded(app, scope, receive, headed)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page that reaches this machine by a name of its own may not open a socket either, nor one of another site with our cookies."""
        given = Headers(scope=scope)
        if scope["type"] == "websocket" and not (self._known(given) and _same_origin(given)):
            await send({"type": "websocket.close", "code": 1008})
            return
        await (self.app if scope["type"] == "lifespan" else partial(errors.guarded, self.app))(scope, receive, send)

    def _known(self, given: Headers) -> bool:
        return self.hosts == ["*"] or _host(given) in self.hosts


def _host(headers: Headers) -> str:
    """The name that was asked for, without its port."""
    name = headers.get("host", "")
    return name.rsplit(":", 1)[0] if re.search(r":\d+$", name) else name


def _of_another_site(headers: Headers) -> bool:
    """Whether another page sends this, as the browser says: by the site, or where that is missing by the origin."""
    site = headers.get("sec-fetch-site")
    return site not in OWN_SITES if site is not None else not _same_origin(headers)


def _same_origin(headers: Headers) -> bool:
    """Whether the page that asks is one of ours; a program names none. *null* is a page that hides whose it is, which none of ours does."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


OWN_SITES = ("same-origin", "none")
"""Where a post may come from, as the browser says it: this app's own pages, or no page at all."""
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request ended early or names an unknown host."},
    413: {"description": "Larger than a case can be."},
    422: {"description": "Not a case; every problem is listed with its place."},
}


async def _limited(request: Request, largest: int) -> bytes:
    """The body, read no further than its limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > largest:
            raise HTTPException(413, f"larger than {largest:,} bytes")
    return bytes(data)
