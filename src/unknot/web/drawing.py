"""Where it hurts, shown by the client on their own phone: a tap on the body or a name, how much, and how it feels.

It is asked once a visit: a drawing that the practitioner has made or added to stays as it is, and the page is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.body.atlas import atlas
from unknot.body.draw import outlines
from unknot.body.ramp import colour, ramp, word
from unknot.case.model import Sex
from unknot.case.nothing import NOTHING, nothing_hurts, said_nothing
from unknot.case.read import read_mapping
from unknot.case.write import as_tables
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge
from unknot.record.called import site as place
from unknot.record.called import view as called_view
from unknot.record.screening import Visit
from unknot.record.store import Document, Store
from unknot.web.desk import At, Screening, fields_of, go
from unknot.web.marks import figure_of
from unknot.words import say

KIND = "drawing"
OWN = frozenset({"format", "pain", NOTHING})
"""All that a client's own drawing holds, that nothing hurts too; one with more has been worked on by the practitioner."""
STRONG = range(1, 11)
BACK = "no"
"""As a form says that something hurts after all."""
WHOLE = ("body", "sides")
"""Sheets of the body map whose views show all of the body; each has its own button on a phone."""
CLOSE = ("head", "hands", "feet")
"""Sheets of close views, one button each."""


@dataclass(frozen=True, slots=True)
class View:
    """One view to tap on, behind the button `part` of the switch; `whole`: one of the whole body. `sites`: (id, name, path)."""

    part: str
    whole: bool
    name: str
    caption: str
    width: int
    height: int
    sites: tuple[tuple[str, str, str], ...]
    outline: str


def routes(of: Screening) -> APIRouter:
    """/mine/draw."""
    router = APIRouter(include_in_schema=False)

    @router.get("/mine/draw")
    def draw(request: Request) -> Response:
        at = of.of_client(request)
        if not is_clients_own(at.desk.store.get(KIND, at.visit.id), at.since):
            return go("/mine/ask")
        return _page(of, at, pains_of(at.desk.store, at.visit))

    @router.post("/mine/draw")
    async def drawn(request: Request) -> Response:
        at, fields = of.of_client(request), await fields_of(request)
        return await run_in_threadpool(_take, of, at, fields)

    return router


def _page(of: Screening, at: At, pains: Mapping[str, Mapping[str, Any]]) -> Response:
    k = of.page.k
    steps = [(n, word(n), ramp()[n]) for n in STRONG]
    others = [(site, place(k, site)) for site in every_site(k)]
    rows = [(site, place(k, site), told) for site, told in pains.items()]
    return of.show(
        "draw",
        at=at,
        views=views_of(k, at.person.sex),
        parts=parts_of(k),
        others=others,
        rows=rows,
        nothing=said_nothing(kept.body) if (kept := at.desk.store.get(KIND, at.visit.id)) else "",
        steps=steps,
        unsaid=colour(None),
    )


def _take(of: Screening, at: At, fields: Mapping[str, str]) -> Response:
    """Keep what the form shows. Without a script a place is added, or taken away, by a round of the page."""
    found, said = read_pains(fields, of.page.k), fields.get("nothing", "")
    keep(at, found, of.page.k, said)
    stays = fields.get("add") or fields.get("remove") or said == BACK
    return go("/mine/draw" if stays else "/mine/ask")


# ---------------------------------------------------------------- what was drawn


def is_clients_own(kept: Document | None, since: str) -> bool:
    """Whether a drawing is shown to a client's device, to be changed: there is none yet, or it was drawn since the device came in, and is nothing but places."""
    return kept is None or (set(kept.body) <= OWN and kept.at >= since)


def pains_of(store: Store, visit: Visit) -> dict[str, Mapping[str, Any]]:
    """Site to how much [0-10] and how it feels, as drawn at this visit."""
    kept = store.get(KIND, visit.id)
    return {row["site"]: row for row in kept.body.get("pain", [])} if kept is not None else {}


def read_pains(fields: Mapping[str, str], k: Knowledge) -> list[dict[str, Any]]:
    """The rows of a form: `much.SITE` [1-10] and `feel.SITE`, one more by `add`, one less by `remove`. What is no place is left out."""
    told = {key[5:]: value for key, value in fields.items() if key.startswith("much.")}
    if fields.get("add"):
        told.setdefault(fields["add"], "")
    told.pop(fields.get("remove", ""), None)
    known = set(every_site(k))
    rows = []
    for site, value in told.items():
        if site not in known:
            continue
        row: dict[str, Any] = {"site": site}
        if value in {str(n) for n in STRONG}:  # what was not said stays unsaid
            row["intensity"] = int(value)
        if (feel := fields.get(f"feel.{site}", "")) in k.qualities:
            row["quality"] = [feel]
        rows.append(row)
    return rows


def keep(at: At, rows: list[dict[str, Any]], k: Knowledge, nothing: str = "") -> None:
    """The drawing as a version of its own; none when nothing was said, or the practitioner has drawn meanwhile. Raises StoreError.

    `nothing`: `yes` says that nothing hurts, which counts where no place stands; `no` takes that back; an empty one leaves it as it was.
    """
    store, visit = at.desk.store, at.visit
    kept = store.get(KIND, visit.id)
    if not is_clients_own(kept, at.since) or (not rows and kept is None and nothing != "yes"):
        return
    stands = kept is not None and bool(said_nothing(kept.body)) and nothing != BACK
    try:
        tables = as_tables(read_mapping({"format": 1, "pain": rows}, "visit", k)) if rows else {"format": 1}
    except UnknotError:
        return
    if not rows and (nothing == "yes" or stands):
        tables |= nothing_hurts("client")
    if kept is None or kept.body != tables:
        store.put(KIND, visit.id, tables, over=kept.version if kept else 0)


# ---------------------------------------------------------------- the body


def every_site(k: Knowledge) -> list[str]:
    """Every place that can hurt, with its side, in the order of the knowledge."""
    return [
        f"{r.id}@{side}" if side else r.id
        for r in k.regions.values()
        for side in (("right", "left") if r.lateral else ("",))
    ]


def views_of(k: Knowledge, sex: Sex | None) -> list[View]:
    """All views of the body map to tap on, with the names of their places in the language that is spoken."""
    figure, found = figure_of(sex), []
    for spec in k.views.values():
        paths, _, outline = outlines(atlas(), figure, spec.id)
        named = tuple((site, place(k, site), path) for site, path in paths.items())
        whole = spec.sheet in WHOLE
        caption = "pictures.caption" if spec.symmetric else "pictures.caption_side"
        side = spec.sides[0]
        told = say(caption, view=called_view(spec), left=say(f"draw.{side}"))
        part = spec.id if whole else spec.sheet
        found.append(View(part, whole, called_view(spec), told, spec.width, spec.height, named, outline))
    return found


def parts_of(k: Knowledge) -> list[tuple[str, str, str]]:
    """The buttons of the switch: (part, name, the group in whose place it stands where there is little room)."""
    single = [(v.id, called_view(v), "body") for v in k.views.values() if v.sheet in WHOLE]
    return [("body", say("sheet.body"), ""), *single, *((s, say(f"sheet.{s}"), "") for s in CLOSE)]
