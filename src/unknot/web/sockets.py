"""The sockets of the room: what screens and dials send and are sent.

Every message is one JSON object with `v` (the version of this language) and `type`. A screen sends `hello`, `event` (with an `id` of its own
and the last sequence it has `seen`), `ping`; it is sent `state`, `ack`, `pong`, and `reload` when it speaks another version.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.web.live import DIAL_S, Live
from unknot.web.room_view import dial, screen

VERSION = 1
LARGEST = 4096
MOST_WAITING = 256
"""Messages that wait for a slow screen; one that is slower is cut off and comes again by itself."""
GOING_AWAY, POLICY, TOO_BIG, AGAIN = 1001, 1008, 1009, 1013
OF_SCREEN = frozenset({
    "begin", "next", "repeat", "skip", "park", "pause", "end", "rate", "less", "same", "more", "stop", "resume", "symptom",
    "referral", "release", "ease", "off", "halt", "stuck", "recheck", "log", "hand_over",
})  # fmt: skip
OF_DIAL = frozenset({"rate", "less", "same", "more", "stop", "symptom"})
"""What a client's device may say. Everything else is refused."""


class Screen:
    """One socket: messages out are queued, so that nobody waits for a slow screen."""

    def __init__(self, socket: WebSocket, live: Live, role: str) -> None:
        self.socket = socket
        self.live = live
        self.role = role
        self._out: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_WAITING)

    def show(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        view = dial(self.live) if self.role == "dial" else screen(self.live)
        told = [{"kind": e.kind, "word": e.word, **dict(e.body)} for e in effects]
        if self.role == "dial":
            told = [e for e in told if e["kind"] in ("cue", "ask")]
        self.send({"type": "state", "view": view, "effects": told, "events": _events(facts, self.role)})

    def send(self, message: dict[str, Any]) -> None:
        """Queue a message; a screen that is too slow is cut off."""
        try:
            self._out.put_nowait({"v": VERSION, **message})
        except asyncio.QueueFull:
            self._out = asyncio.Queue(MOST_WAITING)
            self._out.put_nowait(None)

    async def write(self) -> None:
        """Send what is queued until the end."""
        while True:
            message = await self._out.get()
            if message is None:
                await self.socket.close(AGAIN)
                return
            await self.socket.send_text(json.dumps(message, separators=(",", ":"), allow_nan=False))


def _events(facts: Sequence[Fact], role: str) -> list[dict[str, Any]]:
    """What is noted for the practitioner, in short."""
    if role == "dial":
        return []
    return [f.as_mapping() for f in facts if f.kind not in ("tick", "due", "revise")]


def same_origin(socket: WebSocket) -> bool:
    """Whether the page that opened the socket is one of ours: another page could open it too, with our cookies."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


async def attend(socket: WebSocket, live: Live, role: str, on: Callable[[dict[str, Any]], Any] | None = None) -> None:
    """One screen from its hello to its end. `on` answers the messages that are no event of the engine."""
    await socket.accept()
    screen_ = Screen(socket, live, role)
    writing = asyncio.create_task(screen_.write())
    try:
        await _greet(screen_)
        if role == "dial":
            await live.tell(Event(0, "dial_joined", "program", ident=f"join-{secrets.token_hex(8)}"))
        live.join(screen_)
        screen_.show((), ())
        await _listen(screen_, on)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        live.leave(screen_)
        writing.cancel()
        if role == "dial" and not live.has("dial"):
            await live.tell(Event(0, "dial_lost", "program"))


async def _greet(of: Screen) -> None:
    hello = await _message(of, 10.0)
    if hello is None or hello.get("type") != "hello" or hello.get("v") != VERSION:
        of.send({"type": "reload"})
        await asyncio.sleep(0.2)
        raise WebSocketDisconnect(POLICY)


async def _listen(of: Screen, on: Callable[[dict[str, Any]], Any] | None) -> None:
    while True:
        message = await _message(of, DIAL_S if of.role == "dial" else None)
        if message is None:
            await of.socket.close(AGAIN)
            return
        kind = message.get("type")
        if kind == "ping":
            of.send({"type": "pong"})
        elif kind == "event":
            task = asyncio.create_task(_event(of, message))
            task.add_done_callback(lambda t: None if t.cancelled() else t.exception())
        elif on is not None and of.role == "screen":
            of.send({"type": "ack", "id": str(message.get("id", ""))[:80], **await on(message)})


async def _message(of: Screen, wait_s: float | None) -> dict[str, Any] | None:
    """The next message; None when none came in time. What is no message of this language ends the talk."""
    try:
        text = await asyncio.wait_for(of.socket.receive_text(), wait_s)
    except TimeoutError:
        return None
    except KeyError as error:  # bytes
        raise WebSocketDisconnect(POLICY) from error
    if len(text) > LARGEST:
        await of.socket.close(TOO_BIG)
        raise WebSocketDisconnect(TOO_BIG)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        await of.socket.close(POLICY)
        raise WebSocketDisconnect(POLICY)
    return found


async def _event(of: Screen, message: dict[str, Any]) -> None:
    """One event of a screen, and its answer."""
    ident = message.get("id")
    if not isinstance(ident, str) or not 8 <= len(ident) <= 80:
        of.send({"type": "ack", "id": "", "ok": False, "reason": "no_id"})
        return
    event = _read(message, of.role, ident)
    seen = message.get("seen")
    if event is None:
        of.send({"type": "ack", "id": ident, "ok": False, "reason": "not_yours"})
        return
    told = await of.live.tell(event, seen if isinstance(seen, int) else None)
    of.send({"type": "ack", "id": ident, "ok": told.ok, "reason": told.reason})


def _read(message: dict[str, Any], role: str, ident: str) -> Event | None:
    """The event of a message; None when this screen may not say it. Who speaks is what the socket says, never the message."""
    kind, by = message.get("kind"), message.get("by", "practitioner")
    allowed = {"dial": OF_DIAL, "screen": OF_SCREEN}.get(role, frozenset())
    if not isinstance(kind, str) or kind not in allowed:
        return None
    voice = (
        "dial" if role == "dial" else "squeezer" if by == "squeezer" and kind in ("less", "stop") else "practitioner"
    )
    value, data = message.get("value"), message.get("data")
    return Event(
        0, kind, voice, value if isinstance(value, int | float) and not isinstance(value, bool) else None,
        _text(message.get("word")), _text(message.get("application")), data if isinstance(data, dict) else {}, ident,
    )  # fmt: skip


def _text(value: object) -> str:
    return value[:120] if isinstance(value, str) else ""
