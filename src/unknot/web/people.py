"""Who works in the practice: the owner's page of people, everybody's own page, who treats a client, and the trail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from unknot.errors import UnknotError
from unknot.record.accounts import ROLES, Account, Settings, idle_problem
from unknot.record.audit import ACTS, BY_CODE, HERE, UNKNOWN, Wanted
from unknot.record.people import named
from unknot.web.access import UUID
from unknot.web.desk import Screening, fields_of, go
from unknot.web.passkeys import why_not
from unknot.web.proving import first, proved
from unknot.web.searched import WHERE
from unknot.web.signing import Signing
from unknot.web.who import who
from unknot.words import say

TREATS = ("owner", "practitioner")
ROLE = re.compile(rf"\b(new: |role )({'|'.join(ROLES)})\b")
"""How the trail tells of a role."""
PLACES = (("/clients/{client}", "record"), ("/sessions", "session"), ("/mine", "mine"), ("/q", "code"), ("/d", "dial"))
"""How addresses begin that say little to people, and what they are called in the trail."""
KEEPS_OUT = ("disable", "end")
"""What may be done to an account without saying once more who one is."""


def routes(signing: Signing) -> APIRouter:
    """/people, /me, /clients/{client}/who and /audit."""
    router = APIRouter(include_in_schema=False)
    _settings(router, signing)
    _people(router, signing)
    _me(router, signing)
    _own_keys(router, signing)
    _treats(router, signing)
    _audit(router, signing)
    return router


# ---------------------------------------------------------- the owner's page


def _everybody(signing: Signing, request: Request, status: int = 200, **more: Any) -> Response:
    """The page of people."""
    of, doors = signing.of, signing.doors
    rows = [(a, doors.sign_ins.of(a.id)) for a in doors.accounts.all()]
    values: dict[str, Any] = {"problems": (), "code": "", "whose": "", "fields": {}} | more
    unread = len(doors.accounts.unread())
    return of.show(
        "people",
        status,
        rows=rows,
        unread=unread,
        roles=ROLES,
        settings=doors.settings(),
        here=of.here(request),
        **values,
    )


def _settings(router: APIRouter, signing: Signing) -> None:
    doors = signing.doors

    @router.post("/people/settings")
    async def settings(request: Request) -> Response:
        fields = await fields_of(request)
        if (asked := await run_in_threadpool(first, signing, request, fields)) is not None:
            return asked
        typed = fields.get("idle_min", "").strip()
        try:
            idle = float(typed.replace(",", "."))
        except ValueError:
            return _everybody(signing, request, 422, problems=[idle_problem(typed[:40])])
        try:
            new = Settings(idle, bool(fields.get("here_too")), doors.settings().version)
            doors.accounts.keep_settings(new)
        except UnknotError as error:
            return _everybody(signing, request, 422, problems=error.problems)
        doors.audit.note(
            who().told, "settings", say("audit.set_here" if new.here_too else "audit.set", minutes=f"{idle:g}")
        )
        return go("/people")


def _people(router: APIRouter, signing: Signing) -> None:
    of, doors = signing.of, signing.doors
    page = partial(_everybody, signing)

    @router.get("/people")
    def people(request: Request) -> Response:
        return page(request)

    @router.post("/people")
    async def new(request: Request) -> Response:
        fields = await fields_of(request)
        if (asked := await run_in_threadpool(first, signing, request, fields)) is not None:
            return asked
        try:
            account = doors.accounts.new(fields.get("name", ""), fields.get("role", ""))
        except UnknotError as error:
            return page(request, 422, problems=error.problems, fields=fields)
        doors.audit.note(who().told, "account", f"new: {account.role}: {account.id}")
        return page(request, code=of.codes.give("account", account.id), whose=account.name)

    @router.post("/people/{account}")
    async def change(request: Request, account: str) -> Response:
        fields = await fields_of(request)
        found = doors.accounts.get(account)
        if found is None:
            raise HTTPException(404, "no such account")
        do = fields.get("do", "")
        asked = None if do in KEEPS_OUT else await run_in_threadpool(first, signing, request, fields)
        if asked is not None:
            return asked
        if do == "code":
            doors.audit.note(who().told, "account", f"code: {found.id}")
            return page(request, code=of.codes.give("account", found.id), whose=found.name)
        try:
            told = _change(signing, found, do, fields)
        except UnknotError as error:
            return page(request, 422, problems=error.problems)
        doors.audit.note(who().told, "account", f"{told}: {found.id}")
        return go("/people")


def _change(signing: Signing, account: Account, do: str, fields: Mapping[str, str]) -> str:
    """What the owner does to an account, as the trail tells it. Raises AccountError."""
    doors = signing.doors
    if do == "role" and fields.get("role", "") in ROLES:
        doors.accounts.keep(replace(account, role=fields["role"]))  # type: ignore[arg-type]
        return f"role {fields['role']}"
    if do in ("disable", "enable"):
        doors.accounts.keep(replace(account, disabled=do == "disable"))
        if do == "disable":
            doors.sign_ins.end_all(account.id)
            signing.of.codes.end_all("account", account.id)
        return do
    if do == "end":
        one = fields.get("sign_in", "")
        if not one:
            doors.sign_ins.end_all(account.id)
        elif one in {s.id for s in doors.sign_ins.of(account.id)}:
            doors.sign_ins.end(one)
        return "sign-in ended"
    raise HTTPException(400, "nothing of that kind can be done")


# ---------------------------------------------------------- one's own


def _me(router: APIRouter, signing: Signing) -> None:
    doors = signing.doors

    @router.get("/me")
    def me(request: Request) -> Response:
        return own(signing, request)

    @router.post("/me/password")
    async def password(request: Request) -> Response:
        fields = await fields_of(request)
        now = await _proved_by(signing, request, fields)
        if now is None:
            return await run_in_threadpool(lambda: own(signing, request, 403, wrong=say("sign_in.wrong_old")))
        if fields.get("password", "") != fields.get("again", ""):
            return own(signing, request, 422, wrong=say("sign_in.differs"))
        try:
            hashed = await signing.hashed(fields.get("password", ""), now.name)
        except UnknotError as error:
            return own(signing, request, 422, problems=error.problems)
        doors.accounts.keep(replace(now, hashed=hashed))
        doors.sign_ins.end_all(now.id)
        doors.audit.note(now.id, "account", "password")
        return signing.enter(request, now, go("/me"))

    @router.post("/me/end")
    async def end(request: Request) -> Response:
        one = (await fields_of(request)).get("sign_in", "")
        if one in {s.id for s in doors.sign_ins.of(who().account)}:
            doors.sign_ins.end(one)
            doors.audit.note(who().told, "account", "sign-in ended")
        return go("/me")


async def _proved_by(signing: Signing, request: Request, fields: Mapping[str, str]) -> Account | None:
    """Whose password is changed: of who has just shown who they are, or gives the password until now."""
    if await run_in_threadpool(proved, signing):
        return await run_in_threadpool(signing.doors.accounts.get, who().account)
    now, _ = await signing.try_password(request, who().name, fields.get("old", ""))
    return now if now is not None and now.id == who().account else None


def own(signing: Signing, request: Request, status: int = 200, **more: Any) -> Response:
    """One's own page: password, passkeys, sign-ins."""
    account = signing.doors.accounts.get(who().account) if who().account else None
    if account is None:
        return go("/people")  # on this machine without a sign-in
    values = {"problems": (), "wrong": "", "no_passkeys": why_not(request), "proved": proved(signing)} | more
    rows = signing.doors.sign_ins.of(account.id)
    return signing.of.show("me", status, account=account, rows=rows, **values)


def _own_keys(router: APIRouter, signing: Signing) -> None:
    doors = signing.doors

    @router.post("/me/passkey/options")
    def options(request: Request) -> Response:
        account = doors.accounts.get(who().account)
        reason = why_not(request)
        if account is None or reason:
            raise HTTPException(400, say(f"no_passkey.{reason or 'bare'}"))
        if not proved(signing):  # without this there is no question that a new passkey could answer
            return JSONResponse({"ok": False, "prove": "/prove?next=/me"}, 403)
        return JSONResponse(signing.passkeys.offer(request, account))

    @router.post("/me/passkey")
    async def made(request: Request) -> Response:
        signing.passkeys.made(request, await fields_of(request), who(), doors.accounts)
        doors.audit.note(who().told, "account", "passkey")
        return JSONResponse({"ok": True, "there": "/me"})

    @router.post("/me/passkey/remove")
    async def remove(request: Request) -> Response:
        fields = await fields_of(request)
        if (asked := await run_in_threadpool(first, signing, request, fields)) is not None:
            return asked
        ident = fields.get("passkey", "")
        account = doors.accounts.get(who().account)
        if account is not None:
            doors.accounts.keep(replace(account, passkeys=tuple(p for p in account.passkeys if p.id != ident)))
            doors.audit.note(who().told, "account", "passkey removed")
        return go("/me")


# ---------------------------------------------------------- who treats a client


def _treats(router: APIRouter, signing: Signing) -> None:
    of, doors = signing.of, signing.doors

    @router.get("/clients/{client}/who")
    def shown(request: Request) -> Response:
        return treats(of, request)

    @router.post("/clients/{client}/who")
    async def kept(request: Request) -> Response:
        person = of.person(request)
        fields = await fields_of(request)
        can = {a.id for a in doors.accounts.all() if a.role in TREATS}
        wanted = tuple(i for i in can if fields.get(f"by.{i}"))
        stays = tuple(i for i in person.treated_by if i not in can)
        of.desk.change_client(replace(person, treated_by=tuple(sorted(wanted + stays))))
        doors.audit.note(who().told, "change", f"treated by: {' '.join(sorted(wanted)) or 'nobody'}", person.id)
        return go("/clients" if not who().knows(wanted) else f"/clients/{person.id}/who")


def treats(of: Screening, request: Request, code: str = "") -> Response:
    """A client without anything of health: the label, a code for their own phone, who treats them."""
    accounts = of.accounts()
    people = [a for a in accounts.all() if a.role in TREATS and not a.disabled]
    person = of.person(request)
    return of.show("who", person=person, people=people, code=code, here=of.here(request), base=f"/clients/{person.id}")


# ---------------------------------------------------------- the trail


def _audit(router: APIRouter, signing: Signing) -> None:
    of, doors = signing.of, signing.doors

    @router.get("/audit")
    def audit(by: str = "", client: str = "", act: str = "", before: str = "") -> Response:
        wanted = Wanted(by, client, act, int(before) if before.isdecimal() and len(before) < 12 else 0)
        entries, more = doors.audit.read(wanted)
        names = {a.id: a.name for a in doors.accounts.all()} | {
            HERE: say("audit.here"),
            BY_CODE: say("audit.by_code"),
            UNKNOWN: say("audit.unknown"),
        }
        labels = {p.id: p.label for p in named(of.store(), [e.client for e in entries if e.client]).values()}
        shown = [replace(e, what=_in_words(e.what, names)) for e in entries]
        return of.show("audit", entries=shown, more=more, names=names, labels=labels, wanted=wanted, acts=ACTS)


def _in_words(what: str, names: Mapping[str, str]) -> str:
    """Where something was done, with names for the ids of accounts."""
    where, _, count = what.partition(": ")
    if where == WHERE:
        return say("audit.found", count=count) if count else say("audit.find")
    told = _place(what) if what.startswith("/") else ROLE.sub(lambda found: found[1] + say(f"role.{found[2]}"), what)
    return UUID.sub(lambda found: names.get(found[0], found[0]), told)


def _place(address: str) -> str:
    """The pattern of an address as the places that somebody passes on the way to it."""
    for pattern, key in PLACES:
        address = re.sub(f"^{re.escape(pattern)}(?=/|$)", f"/{say(f'audit.{key}')}", address)
    parts = [part for part in address.split("/") if part and not part.startswith("{")]
    return ", ".join(parts) or say("audit.map")
