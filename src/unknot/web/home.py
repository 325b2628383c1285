"""Before the visit, at home: one page as a file that works without a network. What is given back can be opened by this practice alone, once.

The page carries a public key that was made for it. The browser seals the answers with it (ECDH on P-256, HKDF-SHA-256, AES-256-GCM); the key
that opens them lies in the record; once it was used, a version without it stands above it, and it opens nothing any more.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from unknot.body.ramp import colour, ramp, word
from unknot.case.intake import ANSWERS, Answer
from unknot.case.nothing import nothing_hurts
from unknot.case.read import read_mapping
from unknot.case.write import as_tables
from unknot.errors import Problem, UnknotError
from unknot.guards import json_of
from unknot.record.called import site as place
from unknot.record.languages import Languages, note_answered
from unknot.record.store import Fact, Store
from unknot.record.story import DRAWN_AT_HOME
from unknot.screen.questions import DAILY, asked_of
from unknot.web.desk import At, Screening, fields_of, go
from unknot.web.drawing import STRONG, every_site, parts_of, views_of
from unknot.web.tongue import chosen, speaking
from unknot.words import DEFAULT, say, spoken

KIND = "home"
INFO = b"unknot home 1"
BY = "client at home"
LONGEST_WORDS = 1000
CARE: tuple[Answer, ...] = ("no", "unknown", "yes")
"""Answers, the more careful the later."""
STATIC = Path(__file__).parent / "static"


class HomeError(UnknotError):
    """What came back from home cannot be opened; nothing was stored."""

    code = "home"


def routes(of: Screening) -> APIRouter:
    """The page to give away, and where its answer is opened."""
    router = APIRouter(include_in_schema=False)

    @router.get("/clients/{client}/home")
    def shown(request: Request) -> Response:
        return _page(of, of.of_practitioner(request))

    @router.post("/clients/{client}/home.html")
    async def given(request: Request) -> Response:
        at, wanted = of.of_practitioner(request), (await fields_of(request)).get("language", "")
        text = await run_in_threadpool(_made, of, at, wanted)
        headers = {"Content-Disposition": 'attachment; filename="before-your-visit.html"'}
        return Response(text, media_type="text/html", headers=headers)

    @router.post("/clients/{client}/home")
    async def back(request: Request) -> Response:
        at, fields = of.of_practitioner(request), await fields_of(request)
        try:
            await run_in_threadpool(take, of, at, fields.get("sealed", ""))
        except HomeError as error:
            return await run_in_threadpool(_page, of, at, 422, tuple(error.problems))
        return go(at.base)

    return router


def _page(of: Screening, at: At, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    every = Languages(at.desk.store, of.page.k).all()
    return of.show("home", status, at=at, problems=problems, languages=[(found.code, found.name) for found in every])


def _made(of: Screening, at: At, wanted: str) -> str:
    """The file for a client with a new key, in the language of that code; in English when there is none."""
    every = Languages(at.desk.store, of.page.k).all()
    with speaking(chosen(every, wanted, "")):
        return page_for(of, at, give_key(at.desk.store, at.person.id, say("language.code")))


# ---------------------------------------------------------------- keys


def give_key(store: Store, client: str, language: str = DEFAULT) -> str:
    """A new key pair for one answer of a client, asked for in a language; the public one. An older one opens nothing any more."""
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    found = store.get(KIND, client)
    body = {"client": client, "key": base64.b64encode(secret).decode(), "language": language}
    store.put(KIND, client, body, over=found.version if found else 0)
    form = serialization.PublicFormat.UncompressedPoint
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.X962, form)).decode()


def unseal(store: Store, client: str, sealed: str) -> Any:
    """What was sealed for this client. Raises HomeError when it was not, was changed, or has been opened already."""
    found = store.get(KIND, client)
    if found is None or not found.body["key"]:
        raise _not_opened()
    try:
        parts = json.loads(base64.b64decode(sealed.strip(), validate=True))
        theirs, nonce, data = (base64.b64decode(parts[name], validate=True) for name in ("key", "nonce", "data"))
        key = ec.derive_private_key(int.from_bytes(base64.b64decode(found.body["key"]), "big"), ec.SECP256R1())
        shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        secret = HKDF(hashes.SHA256(), 32, salt=None, info=INFO).derive(shared)
        return json_of(AESGCM(secret).decrypt(nonce, data, INFO).decode())
    except (ValueError, TypeError, KeyError, InvalidTag) as error:
        raise _not_opened() from error


def _not_opened() -> HomeError:
    return HomeError([Problem("not_sealed", say("home.sealed"), say("home.wrong"), "", say("home.wrong_todo"))])


# ---------------------------------------------------------------- what came back


def take(of: Screening, at: At, sealed: str) -> None:
    """Keep the answers, the words and the drawing of what came back; the key is taken out, so that it counts once. Raises HomeError."""
    store = at.desk.store
    told = unseal(store, at.person.id, sealed)
    if not isinstance(told, Mapping):
        raise _not_opened()
    k = of.page.k
    asked = {q for q in k.questions if k.questions[q].group not in DAILY}
    given = told.get("answers")
    answers = (
        {q: a for q, a in given.items() if q in asked and isinstance(a, str) and a in ANSWERS}
        if isinstance(given, Mapping)
        else {}
    )
    answers = _not_less_careful(answers, at.asks.answers())
    kept = store.get(KIND, at.person.id)
    with store.together(at.person.id):  # were the key gone and the answers not there, they could never be opened again
        store.put(KIND, at.person.id, {"client": at.person.id, "key": ""}, over=kept.version if kept else 0)
        at.desk.answer(at.visit, answers, BY)
        note_answered(store, at.person.id, str(kept.body.get("language", DEFAULT)) if kept else DEFAULT)
        text = told.get("words")
        if isinstance(text, str) and text.strip():
            at.desk.say(at.visit, text.strip()[:LONGEST_WORDS], BY)
        _keep_drawing(of, at, told.get("pains"), nothing=told.get("nothing") is True)


def _not_less_careful(given: Mapping[str, Answer], there: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers that are new, or more careful than the one in the record: one tap at home says *no* to a whole group, and takes no *yes* back."""
    return {q: a for q, a in given.items() if q not in there or CARE.index(a) > CARE.index(there[q])}


def _keep_drawing(of: Screening, at: At, pains: Any, *, nothing: bool) -> None:
    """The places that were shown, or that nothing hurts where none was. A drawing that was made at the visit stays, and what came from home is kept beside it."""
    if not isinstance(pains, Mapping):
        return
    rows = [_row(site, value) for site, value in pains.items() if value is None or value in STRONG]
    if not rows and not nothing:
        return
    told = {"pain": rows} if rows else nothing_hurts("client_at_home")
    try:
        tables = as_tables(read_mapping({"format": 1, **told}, "home", of.page.k, needs_pain=False))
    except UnknotError as error:
        raise _not_opened() from error
    store = at.desk.store
    if store.get("drawing", at.visit.id) is None:
        store.put("drawing", at.visit.id, tables)
    else:
        store.append(f"visit:{at.visit.id}", [Fact(DRAWN_AT_HOME, {"pain": [], **tables, "by": BY})])


def _row(site: str, value: int | None) -> dict[str, Any]:
    """A place as a case file has it; what was not said stays unsaid."""
    return {"site": site} if value is None else {"site": site, "intensity": int(value)}


# ---------------------------------------------------------------- the page itself


def _asked(of: Screening, at: At) -> list[dict[str, Any]]:
    """The questions of the page: those of the history that are open, and what a yes to one of them asks for.

    What follows from an answer in the record is left to the practice: that it is asked would tell the answer.
    """
    k, there, sex = of.page.k, at.asks.answers(), at.person.sex
    found = {q.id: q for q in asked_of(of.desk.about(at.person), {}, k) if q.group not in DAILY and q.id not in there}
    follow = [q for q in k.questions.values() if q.after and q.group not in DAILY and q.id not in there and not (q.sex and sex and q.sex != sex)]  # fmt: skip
    for _ in follow:  # some follow one that follows another itself, in any order
        found |= {q.id: q for q in follow if not found.keys().isdisjoint(q.after)}
    return [
        {"id": q.id, "group": q.group, "ask": spoken(f"question.{q.id}.ask", q.ask), "after": [one for one in q.after if one in found],
         "help": spoken(f"question.{q.id}.help", q.help) if q.help else ""}
        for q in found.values()
    ]  # fmt: skip


def page_for(of: Screening, at: At, key: str) -> str:
    """The page in one file. It names nobody: the practice knows by its key whose it is. Nothing is asked that has an answer in the record."""
    k = of.page.k
    rows = _asked(of, at)
    views, others = views_of(k, at.person.sex), [(site, place(k, site)) for site in every_site(k)]
    groups = list(dict.fromkeys(row["group"] for row in rows))
    steps = [(n, word(n), ramp()[n]) for n in range(1, 11)]
    found = of.page.templates.get_template("screen/home_page.html")
    script, style = (
        "".join((STATIC / f"{name}.{kind}").read_text(encoding="utf-8") for name in ("views", "home"))
        for kind in ("js", "css")
    )
    return found.render(
        rows=rows,
        groups=groups,
        views=views,
        parts=parts_of(k),
        others=others,
        steps=steps,
        unsaid=colour(None),
        key=key,
        info=INFO.decode(),
        script=script,
        style=style,
    )
