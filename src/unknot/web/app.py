"""The application: the page, its fragments, and the same answer as JSON."""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from unknot import __version__
from unknot.assess.rank import assess
from unknot.assess.solve import Use
from unknot.case.places import site_name, site_names
from unknot.case.ranking import RankedPoint, Ranking
from unknot.case.read import LARGEST, read_bytes, read_mapping
from unknot.knowledge.load import Knowledge, knowledge
from unknot.web import errors
from unknot.web.form import LARGEST as LARGEST_FORM
from unknot.web.form import Form, read_form
from unknot.web.schema import ASSESS
from unknot.words import percent, say

HERE = Path(str(resources.files("unknot.web")))
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
SHOWN = 4
"""Muscles that stand open in the list; the rest is one tap away."""
MOST = 25
HOSTS = ["127.0.0.1", "localhost", "[::1]"]
EXAMPLE: dict[str, Any] = {
    "site": ["shoulder.front@right", "arm.side@right", "forearm.back.thumb_side@right"],
    "intensity": {"shoulder.front@right": 7, "arm.side@right": 5, "forearm.back.thumb_side@right": 3},
    "quality": {"shoulder.front@right": "ache"},
    "worse": "reaching back, lying on it",
    "age": "46",
    "sex": "female",
}


def create_app(hosts: list[str] | None = None) -> FastAPI:
    """The application. `hosts` are the names it answers to; another one is refused, so no other page can reach it by a name of its own."""
    app = FastAPI(title="Unknot", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    errors.install(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    page = Page(knowledge())
    threading.Thread(target=page.warm, daemon=True).start()

    @app.middleware("http")
    async def secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if _host(request) in (hosts or HOSTS) or hosts == ["*"]:
            response = await call_next(request)
        else:
            response = JSONResponse(
                errors.body("unknown_host", "this app answers to this machine's own names alone"), status_code=400
            )
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def start() -> str:
        return page.render(Form())

    @app.get("/example", response_class=HTMLResponse, include_in_schema=False)
    def example() -> str:
        return page.render(example_form())

    @app.post("/", response_class=HTMLResponse, include_in_schema=False)
    async def answer(request: Request) -> HTMLResponse:
        data = await _limited(request, LARGEST_FORM)
        form = read_form(data, page.k)
        part = request.headers.get("x-part") == "main"
        text = await run_in_threadpool(page.render, form, part=part)
        return HTMLResponse(text, status_code=422 if form.problems else 200)

    @app.post("/api/assess", openapi_extra=ASSESS, responses=ERRORS)
    async def api_assess(request: Request) -> JSONResponse:
        """Rank the points, nerves, organs and joints that explain a case."""
        data = await _limited(request, LARGEST)
        case = read_bytes(data, "case", page.k, is_json=True)
        ranking = await run_in_threadpool(assess, case, page.k, use=page.use)
        return JSONResponse(ranking.as_dict())

    @app.get("/api/regions")
    def api_regions() -> list[dict[str, Any]]:
        """The ids of the places on the body, with their names and the views that show them."""
        return [
            {"id": r.id, "name": r.name, "lateral": r.lateral, "views": list(r.views), "also": list(r.also)}
            for r in page.k.regions.values()
        ]

    return app


def _host(request: Request) -> str:
    """The name that was asked for, without its port."""
    name = request.headers.get("host", "")
    return name.rsplit(":", 1)[0] if re.search(r":\d+$", name) else name


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


def example_form() -> Form:
    """The worked example as it would have been filled in."""
    form = Form(age=EXAMPLE["age"], sex=EXAMPLE["sex"])
    form.texts["worse"] = EXAMPLE["worse"]
    for site in EXAMPLE["site"]:
        pain: dict[str, Any] = {"site": site, "intensity": EXAMPLE["intensity"][site]}
        if site in EXAMPLE["quality"]:
            pain["quality"] = [EXAMPLE["quality"][site]]
        form.pains.append(pain)
    return form


class Page:
    """The one page of this version."""

    def __init__(self, k: Knowledge) -> None:
        self.k = k
        self.use: Use = "numpy"  # answers at once; compiling takes over when it is ready
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.globals.update(
            say=say, percent=percent, factor=factor, site_name=self._site, site_names=self._sites
        )

    def _site(self, site: str) -> str:
        return site_name(self.k, site)

    def _sites(self, sites: tuple[str, ...]) -> str:
        return site_names(self.k, sites)

    def warm(self) -> None:
        """Compile, then answer with what was compiled; a first start may take half a minute, and nobody waits for it."""
        case = read_mapping(
            {"format": 1, "pain": [{"site": "neck.throat"}, {"site": "shoulder.front@right"}]}, "warm", self.k
        )
        assess(case, self.k, use="numba")
        self.use = "numba"

    def render(self, form: Form, *, part: bool = False) -> str:
        """The page, or its main part alone."""
        case = form.case(self.k)
        ranking = assess(case, self.k, use=self.use) if case else None
        template = self.templates.get_template("main.html" if part else "page.html")
        return template.render(
            form=form, ranking=ranking, groups=_groups(ranking), shown=SHOWN, areas=self._areas(), qualities=[q.id for q in self.k.qualities.values()],
            names=self._finding_names(form), version=__version__, knowledge=self.k.version, sources=self.k.sources, k=self.k,
        )  # fmt: skip

    def _areas(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Regions by area of complaint, each on its sides: (site, name)."""
        found = []
        for area in self.k.complaint_areas.values():
            sites = [
                (site, site_name(self.k, site))
                for region in area.regions
                for site in ((f"{region}@left", f"{region}@right") if self.k.regions[region].lateral else (region,))
            ]
            found.append((area.name, sites))
        return found

    def _finding_names(self, form: Form) -> dict[str, str]:
        names = {}
        for kind, ident, _ in form.findings:
            bare, _, side = ident.partition("@")
            if kind == "test" and bare in self.k.tests:
                name = self.k.tests[bare].name
            elif bare in self.k.points:
                point = self.k.points[bare]
                name = f"{self.k.muscles[point.muscle].name}, {point.name}"
            else:
                name = bare
            names[ident] = f"{name} ({side})" if side else name
        return names


@dataclass(frozen=True, slots=True)
class Group:
    """The points of one muscle on one side, in the order of the ranking; `chance` that any of them is active, None if not worked out."""

    name: str
    side: str
    chance: float | None
    points: list[RankedPoint]


def _groups(ranking: Ranking | None) -> list[Group]:
    found: dict[tuple[str, str], Group] = {}
    for point in ranking.points if ranking else ():
        group = found.setdefault(
            (point.muscle, point.side), Group(point.muscle_name, point.side, point.muscle_probability, [])
        )
        group.points.append(point)
    return list(found.values())[:MOST]


def factor(value: float) -> str:
    """A factor on odds, in two figures."""
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
