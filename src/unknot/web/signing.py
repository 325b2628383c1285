"""Signing in and out, locking, and the way in by a one-time code for a new account."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from unknot.errors import Problem, UnknotError
from unknot.record.accounts import Account, Accounts
from unknot.record.audit import UNKNOWN
from unknot.web.access import COOKIE, LOCAL, Doors, home
from unknot.web.desk import Screening, fields_of, go, set_cookie
from unknot.web.joining import used_code
from unknot.web.passkeys import Passkeys, why_not
from unknot.web.who import Who, who
from unknot.words import say

JOIN_COOKIE = "unknot-join"
FIRST_OWNER = "owner"
"""Whose the code is that makes the first owner."""
BROWSERS = ("Edg", "Firefox", "Chrome", "Safari")
SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux")


class Signing:
    """The pages of signing in. Two passwords are looked at side by side: each takes 64 MiB."""

    def __init__(self, of: Screening, doors: Doors) -> None:
        self.of = of
        self.doors = doors
        self.passkeys = Passkeys()
        self._turns = asyncio.Semaphore(2)

    async def try_password(self, request: Request, name: str, password: str) -> tuple[Account | None, float]:
        """The account when it was its password, and for how long nothing is tried otherwise [s].

        A device on which this account is signed in, locked or not, has tries of its own: who guesses the name from elsewhere keeps nobody
        from their own screen.
        """
        doors, address = self.doors, address_of(request)
        async with self._turns:
            account = await run_in_threadpool(doors.accounts.named, name)
            at = await run_in_threadpool(doors.find, request.scope)
            one = at.locked or at.one
            whose = one.id if one is not None and account is not None and one.account == account.id else name
            wait = await run_in_threadpool(doors.guesses.wait_s, whose, address)
            if wait:
                return None, wait
            if await run_in_threadpool(doors.passwords.right, account, password):
                await run_in_threadpool(doors.guesses.right, whose)
                return account, 0.0
            await run_in_threadpool(doors.guesses.missed, whose, address)
        # a name that nobody has is noted too: as long for both, and whoever guesses names is seen
        await run_in_threadpool(doors.audit.note, account.id if account is not None else UNKNOWN, "wrong", "")
        return None, 0.0

    async def hashed(self, password: str, name: str) -> str:
        """Raises AccountError for a password that will not do."""
        async with self._turns:
            return await run_in_threadpool(self.doors.passwords.hashed, password, name)

    def enter(self, request: Request, account: Account, reply: Response) -> Response:
        """A new sign-in of an account on this device; what it had before ends."""
        doors = self.doors
        before = doors.sign_ins.find(request.cookies.get(COOKIE, ""))
        if before is not None:
            doors.sign_ins.end(before.id)
        token = doors.sign_ins.begin(account.id, device_of(request))
        doors.audit.note(account.id, "sign_in", "")
        set_cookie(reply, request, COOKIE, token)
        return reply

    def shown(
        self, request: Request, status: int = 200, *, wait: float = 0.0, wrong: bool = False, name: str = ""
    ) -> Response:
        """The page of signing in; where the device is only locked, with the name on it."""
        locked = self.doors.find(request.scope).locked if self.doors.is_there() else None
        account = self.doors.accounts.get(locked.account) if locked is not None else None
        every = self.doors.accounts.all() if self.doors.is_there() else []
        unread = len(self.doors.accounts.unread()) if self.doors.is_there() else 0
        some = any(a.passkeys for a in every)
        reply = self.of.show(
            "sign_in", status, wrong=wrong, wait=math.ceil(wait), given=name or (account.name if account else ""), locked=account,
            passkeys=some, no_passkeys=why_not(request), there=bool(every) or bool(unread), unread=unread, back=back_of(request.query_params.get("next", "")),
        )  # fmt: skip
        if wait:
            reply.headers["Retry-After"] = str(math.ceil(wait))
        return reply


def routes(signing: Signing) -> APIRouter:
    """/sign-in, /sign-out, /lock, /seen and /join."""
    router = APIRouter(include_in_schema=False)
    _password(router, signing)
    _passkey(router, signing)
    _leaving(router, signing)
    _joining(router, signing)
    return router


def _password(router: APIRouter, signing: Signing) -> None:
    @router.get("/sign-in")
    def sign_in(request: Request) -> Response:
        return go(home(who())) if who().sign_in else signing.shown(request)

    @router.post("/sign-in")
    async def signed(request: Request) -> Response:
        fields = await fields_of(request)
        name = fields.get("name", "")[:200]
        account, wait = await signing.try_password(request, name, fields.get("password", ""))
        if account is None:
            status = 429 if wait else 403
            return await run_in_threadpool(
                lambda: signing.shown(request, status, wait=wait, wrong=not wait, name=name[:60])
            )
        reply = go(back_of(fields.get("next", "")) or home(Who(account.role)))
        return await run_in_threadpool(signing.enter, request, account, reply)


def _passkey(router: APIRouter, signing: Signing) -> None:
    doors = signing.doors

    @router.post("/sign-in/options")
    def options(request: Request) -> Response:
        if reason := why_not(request):
            raise HTTPException(400, say(f"no_passkey.{reason}"))
        return JSONResponse(signing.passkeys.ask(request))

    @router.post("/sign-in/passkey")
    async def by_passkey(request: Request) -> Response:
        fields = await fields_of(request)
        address = address_of(request)
        if await run_in_threadpool(doors.guesses.wait_s, "", address):
            return JSONResponse({"ok": False}, 429)
        account = await run_in_threadpool(signing.passkeys.answered, request, fields, doors.accounts)
        if account is None:
            await run_in_threadpool(doors.guesses.missed, "", address)
            await run_in_threadpool(doors.audit.note, UNKNOWN, "wrong", "")
            return JSONResponse({"ok": False, "told": say("sign_in.passkey_wrong")}, 403)
        there = back_of(fields.get("next", "")) or home(Who(account.role))
        return await run_in_threadpool(signing.enter, request, account, JSONResponse({"ok": True, "there": there}))


def _leaving(router: APIRouter, signing: Signing) -> None:
    doors = signing.doors

    @router.post("/sign-out")
    def out(request: Request) -> Response:
        reply = go("/sign-in")
        one = doors.sign_ins.find(request.cookies.get(COOKIE, "")) if doors.is_there() else None
        if one is not None:
            doors.sign_ins.end(one.id)
            doors.audit.note(one.account, "sign_out", "")
        reply.delete_cookie(COOKIE, path="/")
        return forgotten(reply)

    @router.post("/lock")
    def lock(request: Request) -> Response:
        one = doors.sign_ins.find(request.cookies.get(COOKIE, "")) if doors.is_there() else None
        if one is not None:
            doors.sign_ins.lock(one.id)
        return forgotten(go("/sign-in"))

    @router.post("/seen")
    def seen() -> Response:
        return Response(status_code=204)  # the door has noted that somebody is there


def forgotten(reply: Response) -> Response:
    """The browser keeps no page to go back to: some keep them in spite of *no-store*."""
    reply.headers["Clear-Site-Data"] = '"cache"'
    return reply


def _joining(router: APIRouter, signing: Signing) -> None:
    of, doors = signing.of, signing.doors

    @router.get("/join")
    def join() -> Response:
        return of.show("join", wrong=False)

    @router.post("/join")
    async def joined(request: Request) -> Response:
        held = await used_code(of, request, "account")
        if held is None:
            return await run_in_threadpool(lambda: of.show("join", 403, wrong=True))
        reply = go("/join/account")
        set_cookie(reply, request, JOIN_COOKIE, held.key)
        return reply

    @router.get("/join/account")
    def account(request: Request) -> Response:
        held = of.codes.holder(request.cookies.get(JOIN_COOKIE, ""))
        if held is None or held.thing != "account":
            return go("/join")
        return of.show("join_account", given=_name(doors, held.whose), first=held.whose == FIRST_OWNER, problems=())

    @router.post("/join/account")
    async def made(request: Request) -> Response:
        fields = await fields_of(request)
        key = request.cookies.get(JOIN_COOKIE, "")
        held = of.codes.holder(key)
        if held is None or held.thing != "account":
            return go("/join")
        try:
            kept = await _made(signing, held.whose, fields)
        except UnknotError as error:
            given, problems = fields.get("name", "")[:60] or _name(doors, held.whose), error.problems
            first = held.whose == FIRST_OWNER
            return await run_in_threadpool(
                lambda: of.show("join_account", 422, given=given, first=first, problems=problems)
            )
        of.codes.end(key)
        await run_in_threadpool(doors.sign_ins.end_all, kept.id)
        reply = await run_in_threadpool(signing.enter, request, kept, go(home(Who(kept.role))))
        reply.delete_cookie(JOIN_COOKIE, path="/")
        return reply


async def _made(signing: Signing, whose: str, fields: dict[str, str]) -> Account:
    """The account of a code with the password that was chosen; the first owner's is made now. Raises UnknotError."""
    accounts = signing.doors.accounts
    password = fields.get("password", "")
    if password != fields.get("again", ""):
        raise UnknotError([Problem("not_the_same", say("sign_in.again"), say("sign_in.differs"), "", "")])
    found = None if whose == FIRST_OWNER else await run_in_threadpool(accounts.get, whose)
    name = found.name if found else fields.get("name", "").strip()
    hashed = await signing.hashed(password, name)
    kept = await run_in_threadpool(_kept, accounts, found, name, hashed)
    await run_in_threadpool(signing.doors.audit.note, kept.id, "account", "password")
    return kept


def _kept(accounts: Accounts, found: Account | None, name: str, hashed: str) -> Account:
    """The account with its password, in one go: a first owner without one would keep the name and let nobody in."""
    with accounts.store.together("accounts"):
        account = found if found is not None else accounts.new(name, "owner")
        return accounts.keep(replace(account, hashed=hashed))


def _name(doors: Doors, whose: str) -> str:
    found = doors.accounts.get(whose) if whose != FIRST_OWNER else None
    return found.name if found else ""


def back_of(text: str) -> str:
    """An address of this app to go back to; empty for any other."""
    return text if len(text) < 200 and LOCAL.fullmatch(text) else ""


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def device_of(request: Request) -> str:
    """A device in a few words, so that one can tell it in a list."""
    told = request.headers.get("user-agent", "")
    browser = next((b for b in BROWSERS if b in told), "")
    system = next((s for s in SYSTEMS if s in told), "")
    return ", ".join(part for part in (browser.replace("Edg", "Edge"), system, address_of(request)) if part)
