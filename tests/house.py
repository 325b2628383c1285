"""A practice in the network for the tests of who may see what: its people, a client with a session, browsers without a screen, open sockets."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from late import PATIENCE_S, until
from unknot.record.accounts import Account
from unknot.record.sessions import Sessions
from unknot.web.access import COOKIE, Doors
from unknot.web.app import create_app
from unknot.web.rights import table

SECRET = "Zoster of Quixotania"
"""Stands in a client's words: it may be nowhere else."""
PASSWORD = "four easy words here"
ELSEWHERE = ("192.0.2.7", 5000)


class Web:
    """A browser without a screen, at an address, with or without an account."""

    def __init__(self, house: House, account: str = "", sender: tuple[str, int] = ELSEWHERE) -> None:
        self.house = house
        transport = httpx.ASGITransport(app=house.app, client=sender, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="https://unknot.local", timeout=60)
        if account:
            self.http.cookies.set(COOKIE, house.doors.sign_ins.begin(account, "test"))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.house.run(self.http.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.ask("POST", path, data=fields)

    def socket(self, path: str, **more: str) -> str:
        """What a socket of this browser is answered first. `more` are headers."""
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)
        given = {"cookie": cookies, "host": "unknot.local"} | more
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        told: list[str] = []

        async def send(message: Any) -> None:
            told.append(message["type"])

        async def receive() -> Any:
            return {"type": "websocket.connect"} if not told else {"type": "websocket.disconnect", "code": 1000}

        scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers, "client": ELSEWHERE,
            "server": ("unknot.local", 443), "scheme": "wss", "subprotocols": [], "root_path": "",
        }  # fmt: skip

        async def call() -> None:
            with suppress(Exception):
                await asyncio.wait_for(self.house.app(scope, receive, send), 20)

        self.house.run(call())
        return told[0]


class House:
    """A practice in the network: an owner, two practitioners, a front desk and a student; a client of the first with a session."""

    def __init__(self, place: Path, plan: Any) -> None:
        self.app: FastAPI = create_app(["*"], place / "unknot.db", lan=True)
        self.doors: Doors = self.app.state.doors
        self.doors.passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        accounts = self.doors.accounts
        self.people: dict[str, Account] = {}
        for name, role in (
            ("Olga", "owner"),
            ("Pia", "practitioner"),
            ("Paul", "practitioner"),
            ("Fred", "front"),
            ("Stu", "student"),
        ):
            made = accounts.new(name, role)
            self.people[name] = accounts.keep(replace(made, hashed=self.doors.passwords.hashed(PASSWORD)))
        pia = self.web("Pia")
        where = pia.post("/clients", label="Zoe Zimt", age="41", sex="female").headers["location"]
        self.client = where.split("/")[2]
        pia.post(f"/clients/{self.client}/words", said=f"I have {SECRET}")
        self.plan = plan
        self.session = self.begin()

    def begin(self) -> str:
        """A session of the client."""
        facts = self.doors.store().facts(f"client:{self.client}")
        visit = next(f.body["visit"] for f in facts if f.kind == "visit_opened")
        return Sessions(self.doors.store()).begin(self.client, visit, self.plan, ())

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    client = ""

    def web(self, name: str = "") -> Web:
        """A browser of somebody; the client is Pia's."""
        self.heal()
        return Web(self, self.people[name].id if name else "")

    def heal(self) -> None:
        """The client is Pia's, whatever a walk over all addresses did before."""
        kept = self.doors.store().get("client", self.client)
        if kept is not None and kept.body["treated_by"] != [self.people["Pia"].id]:
            body = kept.body | {"treated_by": [self.people["Pia"].id]}
            self.doors.store().put("client", self.client, body, over=kept.version)

    def at(self, pattern: str) -> str:
        values = {
            "client": self.client, "session": self.session, "account": self.people["Stu"].id, "version": "1", "name": "x", "path": "app.css",
        }  # fmt: skip
        return re.sub(r"\{(\w+)(?::path)?\}", lambda m: values.get(m[1], "x"), pattern)


class Line:
    """An open socket of a session's screen."""

    def __init__(self, house: House, token: str, session: str, sender: tuple[str, int] = ELSEWHERE) -> None:
        self.house, self.closed, self.count = house, False, 0
        self.told: dict[str, Any] = {}
        self.ins: asyncio.Queue[Any] = asyncio.Queue()
        path = f"/sessions/{session}/ws"
        scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "client": sender, "scheme": "wss",
            "headers": [(b"cookie", f"{COOKIE}={token}".encode()), (b"host", b"unknot.local")], "server": ("unknot.local", 443),
            "subprotocols": [], "root_path": "",
        }  # fmt: skip
        self.view: dict[str, Any] = {}
        self.put({"type": "websocket.connect"})
        self.say("hello")
        asyncio.run_coroutine_threadsafe(house.app(scope, self.ins.get, self.send), house.loop)

    async def send(self, message: Any) -> None:
        self.count += 1
        if message["type"] == "websocket.close":
            self.closed = True
        elif "text" in message:
            self.told = json.loads(message["text"])
            self.view = self.told.get("view", self.view)

    def put(self, message: Any) -> None:
        self.house.loop.call_soon_threadsafe(self.ins.put_nowait, message)

    def say(self, sort: str, **more: Any) -> None:
        self.put(
            {
                "type": "websocket.receive",
                "text": json.dumps({"v": 1, "type": sort, "id": f"line-{time.monotonic_ns()}", **more}),
            }
        )

    def until(self, wanted: Callable[[], Any], wait_s: float = PATIENCE_S) -> bool:
        return until(wanted, wait_s)


def every() -> list[str]:
    """Every address of the app, as METHOD pattern, taken from the app itself."""
    found: list[str] = []

    def walk(routes: Any) -> None:
        for route in routes:
            inside = getattr(route, "original_router", None)
            if inside is not None:
                walk(inside.routes)
            elif type(route).__name__ == "Mount":
                found.append(f"GET {route.path}/{{path}}")
            elif "WebSocket" in type(route).__name__:
                found.append(f"WS {route.path}")
            else:
                found.extend(f"{m} {route.path}" for m in route.methods if m != "HEAD")

    walk(create_app().routes)
    return sorted(set(found))


EVERY = every()
GUARDED = [a for a in EVERY if (row := table().get(a)) is None or row.right not in ("open", "code")]


def asked(web: Web, house: House, address: str) -> httpx.Response:
    method, pattern = address.split()
    sent = (
        {"content": b"label=x", "headers": {"content-type": "application/x-www-form-urlencoded"}}
        if method == "POST"
        else {}
    )
    return web.ask(method, house.at(pattern), **sent)
