"""The door: who asks, whether they may, and a row in the trail, for every address and every socket of the app. Plain ASGI.

On this machine alone nobody signs in: who sits at it is the owner, unless the practice wants a sign-in there too. From the network only
accounts and clients' codes get in (docs/decisions/0011-accounts-roles-trail.md).
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot.errors import UnknotError
from unknot.knowledge.load import knowledge
from unknot.record.accounts import Accounts, Passwords, Settings
from unknot.record.audit import BY_CODE, Audit
from unknot.record.languages import Language, Languages
from unknot.record.look import looking
from unknot.record.sign_ins import SignIn, SignIns
from unknot.record.store import Store
from unknot.record.tries import Tries
from unknot.record.whole import DamagedError
from unknot.web import errors
from unknot.web.codes import Codes
from unknot.web.guessing import Guesses
from unknot.web.lan import cookie
from unknot.web.rights import QUIET, Right, Row, row_of
from unknot.web.tongue import COOKIE as TONGUE_COOKIE
from unknot.web.tongue import chosen, speaking
from unknot.web.watching import Watched
from unknot.web.who import NOBODY, THIS_MACHINE, WHO, Who
from unknot.words import say

COOKIE = "unknot-account"
FORM_COOKIE = "unknot-form"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_CLIENTS = ("form", "sheet")
"""What a code opens that is told in the trail of its client."""
NO_CLIENT = "none"
"""What was asked for is no client and no session."""
CAN_WRITE: frozenset[Right] = frozenset({"signed", "list", "health", "practice", "owner"})
"""Rights of pages on which something can be kept: each says when nothing can."""
LOCAL = re.compile(r"/(?:[\w.-]+(?:/[\w.-]+)*)?")
"""Addresses to which a sign-in leads back: of this app alone."""
PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers that a proxy adds and no browser: who stands behind one is not at this machine."""
LOOK_AGAIN_S = 1.0
"""How often an open socket asks whether its sign-in still holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """Who asks; `locked` names the sign-in that waits for its person."""

    who: Who
    locked: SignIn | None = None
    one: SignIn | None = None


class Doors:
    """What the door and the pages of signing in share."""

    def __init__(self, store: Callable[[], Store], is_there: Callable[[], bool], codes: Codes, *, lan: bool) -> None:
        self.store = store
        self.is_there = is_there
        self.codes = codes
        self.lan = lan
        self.passwords = Passwords()
        self.guesses = Guesses(Tries(store))
        self.sign_ins = SignIns(store)
        self.audit = Audit(store)
        self._settings: Settings | None = None

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.store())

    def settings(self) -> Settings:
        """As they stand; as they stood last when the store fails now. Raises StoreError when they were never read."""
        if not self.is_there():
            return Settings()
        try:
            self._settings = self.accounts.settings()
        except UnknotError:
            if self._settings is None:
                raise
        return self._settings or Settings()

    def here(self, scope: Scope) -> bool:
        """Whether this machine itself asks. Without --lan nobody else can, unless a proxy on it lets others in: what a proxy passes on says so."""
        if any(name.decode("latin-1").lower() in PASSED_ON for name, _ in scope.get("headers", ())):
            return False
        if not self.lan:
            return True
        client = scope.get("client")
        try:
            return client is not None and ipaddress.ip_address(client[0]).is_loopback
        except ValueError:
            return False

    def find(self, scope: Scope) -> Found:
        """By the cookie of a sign-in; else this machine, or nobody."""
        settings = self.settings()
        one = self.sign_ins.find(cookie(scope, COOKIE)) if self.is_there() else None
        if one is not None:
            try:
                found = self.of(one, settings)
            except DamagedError:  # who cannot be read is nobody here; the page of signing in tells it
                found = Found(NOBODY)
            if found.who is not NOBODY or found.locked:
                return found
        return Found(THIS_MACHINE if self.here(scope) and not settings.here_too else NOBODY)

    def of(self, one: SignIn, settings: Settings) -> Found:
        """Whose a sign-in is, and whether it is locked by now."""
        account = self.accounts.get(one.account)
        if account is None or account.disabled:
            return Found(NOBODY)
        if one.locked or self.sign_ins.idle(one) > timedelta(minutes=settings.idle_min):
            return Found(NOBODY, one)
        return Found(Who(account.role, account.id, account.name, one.id, settings.idle_min), one=one)

    def holds(self, who: Who, client: str = "") -> bool:
        """Whether who has come in still is, with the same role, and still treats the client."""
        settings = self.settings()
        one = self.sign_ins.by_id(who.sign_in) if who.sign_in else None
        now = self.of(one, settings).who if one is not None else NOBODY
        if not who.sign_in:
            now = NOBODY if settings.here_too else THIS_MACHINE
        return now.role == who.role and (not client or now.may("owner") or now.knows(self.treated_by(client)))

    def touch(self, who: Who) -> None:
        """Somebody is there."""
        one = self.sign_ins.by_id(who.sign_in) if who.sign_in else None
        if one is not None:
            self.sign_ins.touch(one)

    def tongue(self, scope: Scope) -> tuple[Language | None, list[Language]]:
        """The language that a client's page is answered in, and all that there are; English when the store fails."""
        try:
            every = Languages(self.store(), knowledge()).all() if self.is_there() else []
        except UnknotError:
            every = []
        accepts = Request(scope).headers.get("accept-language", "") if scope["type"] == "http" else ""
        return chosen(every, cookie(scope, TONGUE_COOKIE), accepts), every

    def client_of(self, values: dict[str, str]) -> str:
        """The client that an address is about: named in it, or by a session; empty when it is about none."""
        if "session" in values:
            kept = self.store().get("session", values["session"])
            return str(kept.body["client"]) if kept is not None else NO_CLIENT
        given = values.get("client", "")
        return given if not given or UUID.fullmatch(given) else NO_CLIENT

    def treated_by(self, client: str) -> tuple[str, ...]:
        found = self.store().get("client", client)
        return tuple(found.body.get("treated_by", ())) if found is not None else ()


class Access:
    """Nobody gets further who may not."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app = app
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            with looking():
                await self._asked(scope, receive, send)
        else:
            await self._asked(scope, receive, send)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "WS" if scope["type"] == "websocket" else scope["method"]
        row, values = row_of(method, scope["path"])
        try:
            found = await run_in_threadpool(self._found, scope, row)
            scope["unknot.who"] = found.who  # for the page of an error, which is made further out too
            refused = await run_in_threadpool(self._ask, found, row, values, scope)
        except UnknotError as error:
            told = errors.body(error.code, error.title or str(error), error.problems)
            refused, found = await run_in_threadpool(_told, scope, 503, told), Found(NOBODY)
        if refused is None:
            await self._through(scope, receive, send, found.who, values)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, send)

    def _found(self, scope: Scope, row: Row | None) -> Found:
        if row is not None and (row.right == "code" or row.pattern.startswith(("/static/", "/atlas/", "/session.css"))):
            return Found(NOBODY)  # a dial goes on when the store does not
        return self.doors.find(scope)

    def _ask(self, found: Found, row: Row | None, values: dict[str, str], scope: Scope) -> Response | None:
        """What is answered instead, None when they may; with its row in the trail."""
        doors, who = self.doors, found.who
        if row is not None and row.right == "open":
            return None
        if row is not None and row.right == "code":
            held = doors.codes.holder(cookie(scope, FORM_COOKIE)) if row.trail else None
            if held is not None and held.thing in OF_CLIENTS:
                doors.audit.note(BY_CODE, row.trail, row.pattern, held.whose.partition("/")[0])
            return None
        if who is NOBODY:
            return _way_in(scope)
        if row is None:
            return None if who.may("owner") else _told(scope, 403, errors.body("not_yours", say("sign_in.not_yours")))
        client = doors.client_of(values) if values else ""
        if not who.may(row.right):
            less = _less(scope, who, values)
            if less.status_code == 403:
                doors.audit.note(who.told, "refused", row.pattern, client)
            return less
        if client and not who.may("owner") and not who.knows(doors.treated_by(client)):
            doors.audit.note(who.told, "refused", row.pattern, client)
            return _told(scope, 403, errors.body("not_treated", say("sign_in.not_treated")))
        if row.trail:
            doors.audit.note(who.told, row.trail, row.pattern, client)
        elif row.right in CAN_WRITE and scope["type"] == "http" and scope["method"] == "GET" and doors.is_there():
            doors.audit.look_writable()  # such a page leaves no row that would notice it
        if found.one is not None and scope["type"] == "http" and row.pattern not in QUIET:
            doors.sign_ins.touch(found.one)
        return None

    async def _through(self, scope: Scope, receive: Receive, send: Send, who: Who, values: dict[str, str]) -> None:
        token = WHO.set(who)
        try:
            if scope["type"] == "websocket" and who is not NOBODY:
                await self._socket(scope, receive, send, who, values)
            elif scope["path"] == "/q" or scope["path"].startswith("/mine/"):
                language, every = await run_in_threadpool(self.doors.tongue, scope)
                with speaking(language, every):
                    await self.app(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        finally:
            WHO.reset(token)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, who: Who, values: dict[str, str]) -> None:
        """A ping is no hand: only a word keeps a sign-in awake, or hands that are on."""
        client = await run_in_threadpool(self.doors.client_of, values)
        touched = [0.0]

        def touch() -> None:
            if time.monotonic() - touched[0] >= LOOK_AGAIN_S:
                touched[0] = time.monotonic()
                self.doors.touch(who)

        def heard(message: Message) -> None:
            if time.monotonic() - touched[0] >= LOOK_AGAIN_S and not _is_ping(message.get("text")):
                asyncio.get_running_loop().run_in_executor(None, self._quietly, touch)

        scope["unknot.touch"] = touch
        await Watched(lambda: self._still(who, client), LOOK_AGAIN_S, heard).run(self.app, scope, receive, send)

    def _still(self, who: Who, client: str) -> bool:
        """A store that fails in a session closes no socket of it."""
        try:
            return self.doors.holds(who, client)
        except UnknotError:
            return True

    @staticmethod
    def _quietly(touch: Callable[[], None]) -> None:
        try:
            touch()
        except UnknotError:
            return


def _is_ping(text: object) -> bool:
    if not isinstance(text, str) or len(text) > 100:
        return False
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("type") == "ping"


def _way_in(scope: Scope) -> Response:
    """To the sign-in where somebody looks at a page; in words for a program or a form that was sent."""
    if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _wants_page(scope):
        back = scope["path"] if LOCAL.fullmatch(scope["path"]) and len(scope["path"]) > 1 else ""
        return RedirectResponse(f"/sign-in?next={back}" if back else "/sign-in", status_code=303)
    return _told(scope, 401, errors.body("sign_in", say("sign_in.first")))


def _wants_page(scope: Scope) -> bool:
    return not scope["path"].startswith("/api/") and "application/json" not in Request(scope).headers.get("accept", "")


def _less(scope: Scope, who: Who, values: dict[str, str]) -> Response:
    """Who has less to see at a client, or nothing on the map, is led to what is theirs."""
    looks = scope["type"] == "http" and scope["method"] == "GET"
    if looks and who.may("list") and "client" in values:
        return RedirectResponse(f"/clients/{values['client']}/who", status_code=303)
    if looks and scope["path"] == "/":
        return RedirectResponse(home(who), status_code=303)
    return _told(scope, 403, errors.body("not_yours", say("sign_in.not_yours")))


def home(who: Who) -> str:
    """Where a role begins."""
    return "/clients" if who.may("list") else "/" if who.may("map") else "/me"


def _told(scope: Scope, status: int, told: dict[str, object]) -> Response:
    if scope["type"] == "websocket":
        return Response(status_code=status)
    return errors.reply(Request(scope), status, told)
