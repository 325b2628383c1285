"""The papers of a visit: the note and the client's sheet. Each as a page, as text for the clipboard, and as PDF."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from unknot.errors import Problem, UnknotError
from unknot.record.languages import Languages
from unknot.record.look import unwritten
from unknot.record.note import LONGEST, PARTS, Form, Notes, draft, grown
from unknot.record.note import paper as note_paper
from unknot.record.paper import Paper, as_text
from unknot.record.store import Fact, OvertakenError, Store, UnwrittenError
from unknot.record.story import Story
from unknot.web.desk import At, Screening, fields_of, go
from unknot.web.papers import form_of, note_of, pdf_of, sheet_of, spoken_to, story_of
from unknot.web.practice import keep_name, practice_of
from unknot.web.tongue import speaking
from unknot.web.who import signature, who
from unknot.words import DEFAULT, say

PHRASES = "phrases"
MOST_PHRASES = 60
LIKED = ("less", "right", "more")


def routes(of: Screening) -> APIRouter:
    """What stands under /clients/{client}/visits/{visit}."""
    router = APIRouter(include_in_schema=False)
    _note(router, of)
    _edits(router, of)
    _sheet(router, of)
    return router


def visit_at(of: Screening, request: Request) -> At:
    """A client at the visit that the address names. Raises a 404 when it is not theirs."""
    at = of.of_practitioner(request)
    visit = next((v for v in at.desk.visits(at.person.id) if v.id == request.path_params["visit"]), None)
    if visit is None and unwritten():  # today's has no name that holds until it can be opened
        raise UnwrittenError(unwritten())
    if visit is None:
        raise HTTPException(404, "no such visit")
    return At(at.desk, at.person, visit, at.by, at.base)


# ---------------------------------------------------------------- the note


def _note(router: APIRouter, of: Screening) -> None:
    @router.get("/clients/{client}/visits/{visit}/note")
    def page(request: Request, form: str = "") -> Response:
        return _page(of, visit_at(of, request), form)

    @router.get("/clients/{client}/visits/{visit}/note.txt")
    def text(request: Request, form: str = "") -> Response:
        paper, _ = note_of(of, visit_at(of, request), form)
        return PlainTextResponse(as_text(paper), headers=_as_file("note.txt"))

    @router.get("/clients/{client}/visits/{visit}/note.pdf")
    def as_pdf(request: Request, form: str = "") -> Response:
        at = visit_at(of, request)
        paper, s = note_of(of, at, form)
        return as_reply(of, at, paper, s, curve=True)


def _page(of: Screening, at: At, form: str = "", *, status: int = 200, parts: Mapping[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> HTMLResponse:  # fmt: skip
    """The note: its four parts to be edited while it is unsigned, to be read and amended afterwards."""
    notes, s = Notes(at.desk.store), story_of(at)
    kept = notes.of(at.visit.id)
    shape = form_of(kept, form)
    anew = kept is None or (bool(form) and not kept.signed_by)
    signed = kept is not None and bool(kept.signed_by)
    told = parts if parts and not signed else draft(s, of.page.k, shape) if anew or kept is None else kept.parts
    amendments = notes.amendments(s)
    values: dict[str, Any] = {
        "at": at, "person": at.person, "visit": at.visit, "form": shape, "parts": told, "kept": kept, "problems": problems,
        "signed": signed, "anew": anew and kept is not None, "grown": kept is not None and grown(kept, s),
        "amendments": amendments, "names": PARTS, "longest": LONGEST, "phrases": phrases_of(at.desk.store),
        "text": as_text(note_paper(s, of.page.k, kept, shape, amendments)), "liked": s.liked, "worked": bool(s.sittings),
        "version": kept.version if kept else 0, "signer": signature("", practice_of(at.desk.store).practitioner), "signed_in": bool(who().account), "seen": json.dumps(s.seen), "first": "" if parts else _mark(told),
    }  # fmt: skip
    return of.show("note", status, **values)


def _edits(router: APIRouter, of: Screening) -> None:
    """What a person does to a note."""

    @router.post("/clients/{client}/visits/{visit}/note")
    async def keep(request: Request) -> Response:
        fields = await fields_of(request)
        return await run_in_threadpool(_keep, of, visit_at(of, request), fields)

    @router.post("/clients/{client}/visits/{visit}/amend")
    async def amend(request: Request) -> Response:
        at, fields = visit_at(of, request), await fields_of(request)
        try:
            Notes(at.desk.store).amend(at.visit.id, fields.get("text", ""), signature(fields.get("by", "")))
        except OvertakenError:
            raise
        except UnknotError as error:
            return _page(of, at, status=422, problems=tuple(error.problems))
        return go(f"{at.base}/visits/{at.visit.id}/note")

    @router.post("/clients/{client}/visits/{visit}/liked")
    async def liked(request: Request) -> Response:
        fields = await fields_of(request)
        return await run_in_threadpool(_liked, of, visit_at(of, request), fields)


def _liked(of: Screening, at: At, fields: Mapping[str, str]) -> Response:
    """What the client says of the pressure. Words that were typed into the note before are kept, with this beside them."""
    said = fields.get("pressure", "")
    if said not in LIKED:
        return go(f"{at.base}/visits/{at.visit.id}/note")
    kept, s = Notes(at.desk.store).of(at.visit.id), story_of(at, ranked=False)
    at.desk.store.append(f"visit:{at.visit.id}", [Fact("liked", {"pressure": said, "by": at.by})])
    drafted = kept is None and _mark(fields) == fields.get("first", "")  # the draft says it by itself
    if drafted or (kept is not None and kept.signed_by) or "plan" not in fields:
        return go(f"{at.base}/visits/{at.visit.id}/note")
    others = {say("note_liked." + word) for word in LIKED}
    plan = [line for line in fields["plan"].splitlines() if line not in others]
    seen, stream = _seen(fields) or dict(s.seen), f"visit:{at.visit.id}"
    if seen.get(stream) == s.seen[stream]:
        seen[stream] += 1  # this word, which is told beside it
    now = {"plan": "\n".join([*plan, say("note_liked." + said)]), "do": "keep", "seen": json.dumps(seen)}
    return _keep(of, at, {**fields, **now})


def _mark(parts: Mapping[str, str]) -> str:
    """A short mark of the four parts, by which it is known whether anything was typed into them."""
    text = "\n\n".join("\n".join(parts.get(part, "").split()) for part in PARTS)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _keep(of: Screening, at: At, fields: Mapping[str, str]) -> Response:
    """Keep, sign, add a phrase or keep one, by the button that was pressed."""
    store = at.desk.store
    parts = {part: fields.get(part, "") for part in PARTS}
    form: Form = "long" if fields.get("form") == "long" else "short"
    over = int(fields["version"]) if fields.get("version", "").isdigit() else 0
    phrases = phrases_of(store)
    if fields.get("phrase", "").isdigit() and int(fields["phrase"]) < len(phrases):
        part, text = phrases[int(fields["phrase"])]
        parts[part] = f"{parts[part].rstrip()}\n{text}".strip()
    if fields.get("do") == "phrase" or (fields.get("do") == "keep" and fields.get("phrase_text", "").strip()):
        add_phrase(store, fields.get("phrase_part", ""), fields.get("phrase_text", ""))
    name = signature(fields.get("name", "")) if fields.get("do") == "sign" else ""
    if fields.get("do") == "sign" and not name:
        problem = Problem("no_name", say("note.name"), "no name", "who signs", say("note.name_todo"))
        return _page(of, at, status=422, parts=parts, problems=(problem,))
    try:
        Notes(store).keep(story_of(at, ranked=False), form, parts, over, name, _seen(fields))
        if not who().account:
            keep_name(store, name)
    except UnknotError as error:
        # what was typed stays on the page; the version that somebody else has kept meanwhile stays in the record
        status = 409 if isinstance(error, OvertakenError) else 422
        return _page(of, at, status=status, parts=parts, problems=tuple(error.problems))
    return go(f"{at.base}/visits/{at.visit.id}/note")


def _seen(fields: Mapping[str, str]) -> dict[str, int] | None:
    """How far the visit had grown when the page was made, as its form says; None when it does not."""
    try:
        told = json.loads(fields.get("seen", ""))
    except ValueError:
        return None
    return {str(name): last for name, last in told.items() if isinstance(last, int)} if isinstance(told, dict) else None


def phrases_of(store: Store) -> list[tuple[str, str]]:
    """The practice's own phrases: (part of the note, words)."""
    found = store.get(PHRASES, "practice")
    return [(part, text) for part, text in found.body["phrases"]] if found else []


def add_phrase(store: Store, part: str, text: str) -> None:
    """Keep a phrase; one that is there already, or is empty, changes nothing."""
    found = store.get(PHRASES, "practice")
    now = phrases_of(store)
    text = " ".join(text.split())[:300]
    if text and part in PARTS and (part, text) not in now and len(now) < MOST_PHRASES:
        store.put(
            PHRASES,
            "practice",
            {"phrases": [*(list(p) for p in now), [part, text]]},
            over=found.version if found else 0,
        )


# ---------------------------------------------------------------- the client's sheet


def sheet_file(of: Screening, at: At) -> Response:
    """The sheet of a visit as PDF."""
    paper, s = sheet_of(of, at)
    return as_reply(of, at, paper, s)


def _sheet(router: APIRouter, of: Screening) -> None:
    @router.get("/clients/{client}/visits/{visit}/sheet")
    def page(request: Request, language: str = "") -> Response:
        at = visit_at(of, request)
        every = Languages(at.desk.store, of.page.k).all()
        told = spoken_to(at.desk, at.person.id, every, language)
        with speaking(told):
            paper, _ = sheet_of(of, at)
            text = as_text(paper)
        here, code = f"{at.base}/visits/{at.visit.id}", told.code if told else DEFAULT
        names = [(DEFAULT, say("language.name")), *((one.code, one.name) for one in every)] if every else []
        pdf = f"{here}/sheet.pdf?language={code}" if every else f"{here}/sheet.pdf"
        return of.show("paper", at=at, person=at.person, paper=paper, text=text, pdf=pdf, back=f"{here}/note", here=f"{here}/sheet", lang=code, names=names)  # fmt: skip

    @router.get("/clients/{client}/visits/{visit}/sheet.pdf")
    def as_pdf(request: Request, language: str = "") -> Response:
        at = visit_at(of, request)
        with speaking(spoken_to(at.desk, at.person.id, Languages(at.desk.store, of.page.k).all(), language)):
            return sheet_file(of, at)


def as_reply(of: Screening, at: At, paper: Paper, s: Story | None, *, curve: bool = False) -> Response:
    """A paper as a PDF that is sent."""
    data = pdf_of(of, at, paper, s, curve=curve)
    return Response(data, media_type="application/pdf", headers=_as_file(f"{paper.kind}.pdf"))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
