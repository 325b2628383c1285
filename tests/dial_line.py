"""What the tests of the client's dial share: the practitioner's screen and the dial's line, both over real sockets."""

from __future__ import annotations

import json
import threading
import time
from itertools import cycle
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from asked import answer_all
from late import PATIENCE_S
from unknot.knowledge.load import knowledge
from unknot.screen.about import About

K = knowledge()
PLACES = cycle(
    f"{point}@{side}"
    for point in K.points
    if point.startswith(("infraspinatus", "gluteus_medius", "deltoid"))
    for side in ("right", "left")
)
"""A place may be taken up a few times in a visit and no more."""


def opened(address: str, **how: Any) -> ClientConnection:
    """A plain socket."""
    one: ClientConnection = connect(address, **how).__enter__()
    return one


def screened(web: Any) -> str:
    """The address of a client of today whose clearance is open."""
    base = (
        web.post("/clients", data={"label": "D", "age": "40", "sex": "female"}).headers["location"].removesuffix("/ask")
    )
    answer_all(web, base, About(age=40, sex="female"))
    web.post(f"{base}/consent", data={**{f"area.{a}": "1" for a in K.consent_areas}, "name": "D"})
    return str(base)


class Screen:
    """The practitioner's screen as a plain socket: remembers what it was told, and when."""

    def __init__(self, server: str, session: str) -> None:
        self.server = server
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.socket = opened(f"{server.replace('http', 'ws')}{session}/ws")
        self.send({"type": "hello"})
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda: self.view)

    def _read(self) -> None:
        try:
            for text in self.socket:
                self.told.append((time.monotonic(), json.loads(text)))
        except ConnectionClosed:
            return

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps({"v": 1, **message}))

    def say(self, kind: str, **more: Any) -> dict[str, Any]:
        """An event and its answer."""
        return self.ask("event", kind=kind, **more)

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        ident = f"screen-{len(self.told)}-{time.monotonic_ns()}"
        self.send({"type": what, "id": ident, **more})
        told: dict[str, Any] = self.wait(
            lambda: next((m for _, m in self.told if m["type"] == "ack" and m["id"] == ident), None)
        )
        return told

    def wait(self, what: Any, within_s: float = PATIENCE_S) -> Any:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.01)
        raise AssertionError(f"not within {within_s} s: {self.view}")

    @property
    def view(self) -> dict[str, Any]:
        return next((m["view"] for _, m in reversed(self.told) if m["type"] == "state"), {})

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [f for _, m in self.told if m["type"] == "state" for f in m["events"] if f["kind"] == kind]

    def came(self, at: float, kind: str, word: str) -> float | None:
        """When after a moment an effect came [s]."""
        return next(
            (
                t for t, m in self.told
                if t >= at and m["type"] == "state" and any((e["kind"], e["word"]) == (kind, word) for e in m["effects"])
            ),
            None,
        )  # fmt: skip

    def code(self, base: str = "") -> dict[str, Any]:
        return self.ask("dial_code", base=base or self.server)

    def hold(self) -> None:
        """Into a hold with a rating in the band."""
        self.say("resume")
        assert self.say("next")["ok"]
        assert self.say("rate", value=5)["ok"]
        self.wait(lambda: self.view["phase"] == "holding")
