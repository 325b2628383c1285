"""Saying who one is once more: whoever finds a device that is signed in may work on it, but lets nobody in by it.

What lets somebody in (a passkey, a password, an account, a role, a code, whether this machine asks at all) is changed only by who has shown
who they are in the last minutes. What keeps somebody out (closing an account, ending a sign-in, locking) never waits for that.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from unknot.web.desk import fields_of, go
from unknot.web.passkeys import why_not
from unknot.web.signing import Signing, address_of, back_of
from unknot.web.who import who

OWN = ("proof", "then", "sends")
"""Fields of the page itself: the password, the address that is waited for, and whether a form is sent to it."""
SECRET = ("password", "again", "old")
"""Fields that are never sent back to the browser."""


def proved(signing: Signing) -> bool:
    """Whether who asks has shown who they are in the last minutes. On this machine, where nobody signs in, there is nothing to show."""
    asks, ins = who(), signing.doors.sign_ins
    one = ins.by_id(asks.sign_in) if asks.sign_in else None
    return not asks.account or (one is not None and ins.proved(one))


def first(signing: Signing, request: Request, fields: Mapping[str, str]) -> Response | None:
    """The page that asks who one is, which then sends the same form again; None when that is known."""
    if proved(signing):
        return None
    sent = {name: value for name, value in fields.items() if name not in (*OWN, *SECRET)}
    return _page(signing, request, request.url.path, 403, sent=sent, sends=True)


def routes(signing: Signing) -> APIRouter:
    """/prove."""
    router = APIRouter(include_in_schema=False)
    doors = signing.doors

    @router.get("/prove")
    def asked(request: Request) -> Response:
        return _page(signing, request, back_of(request.query_params.get("next", "")))

    @router.post("/prove")
    async def by_password(request: Request) -> Response:
        fields = await fields_of(request)
        then, sends = back_of(fields.get("then", "")), bool(fields.get("sends"))
        account, wait = await signing.try_password(who().name, fields.get("proof", ""), address_of(request))
        if account is None or account.id != who().account:
            sent = {name: value for name, value in fields.items() if name not in (*OWN, *SECRET)}
            return await run_in_threadpool(
                lambda: _page(signing, request, then, 429 if wait else 403, sent=sent, sends=sends, wait=wait, wrong=not wait)
            )  # fmt: skip
        await run_in_threadpool(_kept, signing)
        return (
            RedirectResponse(then, 307) if sends and then else go(then or "/me")
        )  # 307: the browser sends the same form

    @router.post("/prove/passkey")
    async def by_passkey(request: Request) -> Response:
        fields, address = await fields_of(request), address_of(request)
        if await run_in_threadpool(doors.guesses.wait_s, who().name, address):
            return JSONResponse({"ok": False}, 429)
        account = await run_in_threadpool(signing.passkeys.answered, request, fields, doors.accounts)
        if account is None or account.id != who().account:
            await run_in_threadpool(doors.guesses.missed, who().name, address)
            await run_in_threadpool(doors.audit.note, who().told, "wrong", "")
            return JSONResponse({"ok": False}, 403)
        await run_in_threadpool(_kept, signing)
        return JSONResponse({"ok": True, "there": back_of(fields.get("next", "")) or "/me"})

    return router


def _kept(signing: Signing) -> None:
    signing.doors.sign_ins.prove(who().sign_in)
    signing.doors.audit.note(who().told, "sign_in", "/prove")


def _page(
    signing: Signing, request: Request, then: str, status: int = 200, *, sent: Mapping[str, str] | None = None,
    sends: bool = False, wait: float = 0.0, wrong: bool = False,
) -> Response:  # fmt: skip
    account = signing.doors.accounts.get(who().account) if who().account else None
    if account is None:
        return go("/people")  # on this machine without a sign-in
    passkeys = bool(account.passkeys) and not why_not(request)
    back = "/people" if then.startswith("/people") else "/me"
    return signing.of.show(
        "prove", status, account=account, then=then, back=back, sent=sent or {}, sends=sends, passkeys=passkeys,
        wait=int(-(-wait // 1)), wrong=wrong,
    )  # fmt: skip
