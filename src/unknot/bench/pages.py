"""The pages that the bench of the record asks for: every address of the app that somebody may look at, or why it is left out."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal

from unknot.bench.records import Made

Kind = Literal["page", "paper"]
FIND = "find"
"""Search as one types, letter by letter: the only one that is sent."""
HERE_SHARE = 0.7
"""How often the page of a client is that of somebody who is here today."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `weight`: how often it is asked for, beside the others; a paper is typeset as PDF."""

    address: str
    weight: int = 1
    kind: Kind = "page"
    of: Literal["visit", "here", "either", "planned"] = "visit"
    """Of whom: of somebody who came once, of somebody who is here today, mostly of the latter, of somebody with a plan for today."""


_PAGES = (
    Page(FIND, 6), Page("/clients", 2), Page("/day", 3), Page("/clients/{client}", 4, of="either"),
    Page("/clients/{client}/visits/{visit}/note", 2), Page("/clients/{client}/outcomes", 2),
    Page("/clients/{client}/plan", 2, of="here"), Page("/sessions/{session}/end", 2),
    Page("/"), Page("/example"), Page("/practice"), Page("/people"), Page("/audit"), Page("/languages"), Page("/rehearse"),
    Page("/clients/{client}/map", of="here"), Page("/clients/{client}/ask", of="either"), Page("/clients/{client}/words", of="here"),
    Page("/clients/{client}/consent", of="here"), Page("/clients/{client}/marks", of="here"),
    Page("/clients/{client}/phone", of="here"), Page("/clients/{client}/waiting", of="here"), Page("/clients/{client}/who", of="here"),
    Page("/clients/{client}/home", of="here"), Page("/clients/{client}/plan/print", of="planned"), Page("/clients/{client}/measures", of="either"),
    Page("/clients/{client}/reports"), Page("/clients/{client}/visits/{visit}/note.txt"), Page("/clients/{client}/visits/{visit}/sheet"),
    Page("/sessions/{session}/watch"), Page("/sessions/{session}/pictures"), Page("/sessions/{session}/places"),
    Page("/mine/draw"), Page("/mine/ask"), Page("/mine/words"), Page("/mine/consent"), Page("/mine/marks"),
    Page("/clients/{client}/letter.pdf", 1, "paper", "here"), Page("/clients/{client}/progress.pdf", 1, "paper"),
    Page("/clients/{client}/insurance.pdf", 1, "paper"), Page("/clients/{client}/visits/{visit}/note.pdf", 1, "paper"),
    Page("/clients/{client}/visits/{visit}/sheet.pdf", 1, "paper"),
)  # fmt: skip
PAGES = {page.address: page for page in _PAGES}
"""By address."""
LEFT_OUT = {
    "/sign-in": "nobody is in yet", "/join": "nobody is in yet", "/join/account": "nobody is in yet",
    "/q": "nobody is in yet", "/d": "nobody is in yet", "/session.css": "the same for all", "/study.css": "the same for all",
    "/atlas/{version}/{name}": "the same for all", "/static/{path}": "the same for all", "/api/openapi.json": "the same for all",
    "/api/regions": "the same for all", "/languages/template.toml": "the same for all", "/rehearse/{trial}": "no client's",
    "/dial": "shows nothing of the record", "/sessions/{session}/pass": "answers without a page",
    "/sessions/{session}": "leads on to its end when the session is over; while it runs see the bench of the session",
    "/prove": "asks for a password again, and shows nothing of the record",
    "/me": "leads on to the people of the practice where nobody has signed in", "/clients/{client}/done": "leads on to the client",
    "/mine/done": "ends what the code opened",
    "/mine/sheet": "the sheet of a visit, by a code", "/mine/sheet.pdf": "the sheet of a visit, by a code",
    "/clients/{client}/visits/{visit}/photos/{number}": "a picture as it is stored",
}  # fmt: skip
"""Addresses that are not asked for, and why."""
NAMED = re.compile(r"\{(\w+)\}")


def filled(page: Page, made: Made, chance: random.Random) -> str:
    """The address of a page of somebody."""
    client, visit = chance.choice(made.visits)
    if page.of == "here" or (page.of == "either" and chance.random() < HERE_SHARE):
        client = chance.choice(made.here)
    elif page.of == "planned":
        client = chance.choice(made.planned)
    names = {"client": client, "visit": visit, "session": chance.choice(made.sessions or [""])}
    return NAMED.sub(lambda name: names[name[1]], page.address)


def asked(made: Made) -> dict[str, Page]:
    """Those that there can be in a practice: none of a session where none was held, none of a plan where there is none."""
    return {
        name: page
        for name, page in PAGES.items()
        if (made.sessions or "{session}" not in name) and (made.planned or page.of != "planned")
    }
