"""The page that tells an error: what is wrong, what became of what was sent, and the way on for who sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from unknot.errors import Problem, UnknotError
from unknot.record.people import named
from unknot.web.sentences import coded, sentence, told
from unknot.web.who import NOBODY, Who
from unknot.words import say

HERE = Path(str(resources.files("unknot.web")))
CLIENT = re.compile(r"\bclient[: ]([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""A client as the record calls one."""
BY_CODE = re.compile(r"/mine/.*|/q|/d|/dial")
"""Pages that a client's own device shows."""
OF_MAP = ("/", "/example", "/open", "/refers", "/case.toml", "/print")
OF_STORE = ("store", "damaged", "trail", "failed")
"""Errors of the record or of the program: whose words are for the practice."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What the page says: its heading, sentences, the problems, what became of what was sent, and (address, words) of the way on."""

    title: str
    lead: str
    problems: tuple[str, ...]
    then: str
    way: tuple[str, str]
    by_code: bool = False


def page(request: Request, status: int, error: Mapping[str, Any]) -> str:
    """The page for an error in its one shape. Nothing is read from the record but names of clients, and only where one is meant."""
    asks: Who = request.scope.get("unknot.who", NOBODY)
    by_code = BY_CODE.fullmatch(request.url.path) is not None
    told = _of_client(request, status, error) if by_code else _of_practice(request, status, error, asks)
    return _template().render(say=say, who=lambda: asks, wrong=told)


@cache
def _template() -> Template:
    loader = FileSystemLoader(HERE / "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["coded"] = coded
    return made.get_template("error.html")


def _looks(request: Request) -> bool:
    return request.method in ("GET", "HEAD")


def _of_client(request: Request, status: int, error: Mapping[str, Any]) -> Wrong:
    """For a client: back to the start of what the code opens, or a new code. Nothing of the record's inside."""
    path = request.url.path
    dial = path.startswith("/d")
    if status == 403:  # what the code has opened is over: nothing of it is taken any more
        then = "" if _looks(request) else say("code.not_kept")
        way = ("/d" if dial else "/q", say("code.anew"))
        return Wrong(say("code.title"), sentence(str(error["message"])), (), then, way, by_code=True)
    inside = error["code"] in OF_STORE or status >= 500
    start = "/dial" if dial else "/mine/sheet" if path.startswith("/mine/sheet") else "/mine/draw"
    return Wrong(
        title=say("code.none" if status == 404 else "code.failed"),
        lead=say("code.not_now") if inside else _lead(status, error),
        problems=() if inside else _problems(error, {}),
        then="" if _looks(request) else say("code.go_back"),
        way=(start if path != "/q" else path, say("code.start")),
        by_code=True,
    )


def _of_practice(request: Request, status: int, error: Mapping[str, Any], asks: Who) -> Wrong:
    none = status == 404
    then = say("page.error_back" if not _looks(request) else "page.error_gone" if none else "page.error_looked")
    names = _names(request, error, asks)
    return Wrong(
        title=say("page.error_none" if none else "page.error_title"),
        lead=_lead(status, error),
        problems=_problems(error, names),
        then=then,
        way=_way(request, status, asks),
    )


def _lead(status: int, error: Mapping[str, Any]) -> str:
    """The message, where the problems below do not say the same."""
    message = str(error["message"])
    if status == 404 or any(p["given"] in message for p in error["problems"]):
        return ""
    return sentence(message)


def _problems(error: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, ...]:
    """Each problem as two sentences: what is wrong, and what to do. `names` are those of clients, by id."""
    found = []
    for p in error["problems"]:
        given = CLIENT.sub(lambda found: say("page.error_of", name=names.get(found[1], found[1])), p["given"])
        if given.startswith("cannot be "):  # of a record it is told without its place, which is a path of this machine
            given = say("page.error_record", given=given)
        found.append(told(Problem(**(p | {"given": given})), placed=False))
    return tuple(found)


def _way(request: Request, status: int, asks: Who) -> tuple[str, str]:
    """The way on: to the map from what belongs to it, else to the clients for who may see them."""
    path = request.url.path
    if status == 503 and _looks(request):
        return path, say("page.error_again")
    if status == 401:
        return "/sign-in", say("sign_in.go")
    if asks.may("map") and (path in OF_MAP or not asks.may("list")):
        return "/", say("page.error_start")
    if asks.may("list"):
        return "/clients", say("page.error_clients")
    return ("/me", asks.name) if asks.account else ("/", say("page.error_start"))


def _names(request: Request, error: Mapping[str, Any], asks: Who) -> dict[str, str]:
    """What the clients in the problems are called, by id: of those whom who asks may know, where a name can be read."""
    ids = [ident for p in error["problems"] for ident in CLIENT.findall(p["given"])]
    doors = getattr(getattr(request.scope.get("app"), "state", None), "doors", None)
    if not ids or doors is None or not asks.may("list"):
        return {}
    try:
        return {
            p.id: p.label
            for p in named(doors.store(), ids).values()
            if asks.knows(p.treated_by) and p.label and not p.damaged
        }
    except UnknotError:
        return {}
