"""The practice's tablet in the client's hands: its sign-in is locked, and it opens one client's drawing and questions and nothing else."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from unknot.web.desk import COOKIE, HANDED, go, set_cookie
from unknot.web.signing import Signing, forgotten
from unknot.web.who import who
from unknot.words import say


def routes(signing: Signing) -> APIRouter:
    """/clients/{client}/hand."""
    router = APIRouter(include_in_schema=False)
    of, doors = signing.of, signing.doors

    @router.post("/clients/{client}/hand")
    def hand(request: Request) -> Response:
        if (
            not who().sign_in
        ):  # without a sign-in whoever holds this machine is its owner: it cannot be locked to one form
            raise HTTPException(409, say("phone.no_lock"))
        client = of.person(request).id
        held = of.codes.use(of.codes.give("form", client), "form")
        if held is None:
            raise HTTPException(409, say("code.over"))
        doors.sign_ins.lock(who().sign_in)
        reply = go("/mine/draw")
        set_cookie(reply, request, COOKIE, held.key)
        set_cookie(reply, request, HANDED, client)
        return forgotten(reply)

    return router
