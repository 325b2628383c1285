"""The sockets of the room: what screens and dials send and are sent.

Every message is one JSON object with `v` (the version of this language) and `type`. A screen sends `hello`, `event` (with an `id` of its own
and the last sequence it has `seen`), `ping`; it is sent `state`, `ack`, `pong`, and `reload` when it speaks another version. What is no
message is refused with an `ack` that says why, and changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import ACTIVE
from unknot.web.live import DIAL_S, SCREEN_S, Live
from unknot.web.room_view import dial, screen

VERSION = 1
LARGEST = 4096
"""Characters of a message."""
MOST_WAITING = 256
"""Messages that wait for a slow screen; one that is slower is cut off and comes again by itself."""
MOST_A_SECOND = 60
"""Messages that a device may send in a second; no hand and no held key is quicker."""
OLD_MS = 2000
ABOUT_NOW = ("rate", "same", "more")
"""Words about what is felt now: one that was said longer ago than `OLD_MS` is refused. *Stop* and *less* are never too old."""
TEXTS = ("word", "application", "by")
"""What of an event is text where it is given at all."""
REASONS = ("no_id", "not_yours", "old", "malformed", "too_long", "version")
"""Why a message is refused before it reaches the engine."""
GOING_AWAY, POLICY, AGAIN = 1001, 1008, 1013
REPLACED, OVER = 4001, 4002
"""Another device is the dial now; the session has ended. Neither comes again by itself."""
IDENT = re.compile(r"[A-Za-z0-9_-]{8,80}")
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
        self.page = ""
        """Which page it is: the same one that comes back on a new line, or another."""
        self.beats = False
        """It sends pings: when they no longer come, it is lost."""
        self.over = 0
        """The code with which it is being closed."""
        self.tasks: set[asyncio.Task[None]] = set()
        self._out: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_WAITING)
        self._came: deque[float] = deque(maxlen=MOST_A_SECOND)

    def show(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        view = dial(self.live) if self.role == "dial" else screen(self.live)
        told = [{"kind": e.kind, "word": e.word, **dict(e.body)} for e in effects]
        if self.role == "dial":
            told = [e for e in told if e["kind"] in ("cue", "ask")]
        self.send({"type": "state", "view": view, "effects": told, "events": _events(facts, self.role)})
        if self.role == "dial" and self.live.session.phase == "ended":
            self.leave(OVER)

    def send(self, message: dict[str, Any]) -> None:
        """Queue a message; a screen that is too slow is cut off."""
        self._put({"v": VERSION, **message})

    def leave(self, code: int) -> None:
        """Close it, behind what is queued. What it says from now on is not heard."""
        if not self.over:
            self.over = code
            self._put(None)

    def _put(self, message: dict[str, Any] | None) -> None:
        try:
            self._out.put_nowait(message)
        except asyncio.QueueFull:
            self.over = self.over or AGAIN
            self._out = asyncio.Queue(MOST_WAITING)
            self._out.put_nowait(None)

    def too_many(self) -> bool:
        """Whether one more message now is more than a device may send."""
        now = time.monotonic()
        full = len(self._came) == MOST_A_SECOND and now - self._came[0] < 1
        self._came.append(now)
        return full

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside the listening: whoever waits for an answer can still say stop."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def write(self) -> None:
        """Send what is queued until the end."""
        try:
            while (message := await self._out.get()) is not None:
                await self.socket.send_text(json.dumps(message, separators=(",", ":"), allow_nan=False))
            await self.socket.close(self.over)
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # it has gone; whoever listens to it notices


def _events(facts: Sequence[Fact], role: str) -> list[dict[str, Any]]:
    """What is noted for the practitioner, in short."""
    if role == "dial":
        return []
    return [f.as_mapping() for f in facts if f.kind not in ("tick", "due", "revise")]


async def attend(
    socket: WebSocket,
    live: Live,
    role: str,
    on: Callable[[dict[str, Any]], Any] | None = None,
    heard: Callable[[], object] = lambda: None,
) -> None:
    """One screen from its hello to its end. `on` answers the messages that are no event of the engine; `heard` is called with each message."""
    await socket.accept()
    one = Screen(socket, live, role)
    writing = asyncio.create_task(one.write())
    try:
        await _greet(one)
        await _join(one)
        await _listen(one, on, heard)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        # the loss is told first: closing a line on which nobody answers takes its time
        await _left(one)
        await _hang_up(one, writing)


async def _left(of: Screen) -> None:
    """It is there no more. Without its dial the session goes on by voice; with no practitioner's screen left the hand lets go."""
    live = of.live
    if not live.leave(of) or live.has(of.role):
        return
    if of.role == "dial" and live.session.dial == "joined":
        await live.tell(Event(0, "dial_lost", "program"))
    if of.role == "screen" and live.session.phase in ACTIVE:
        await live.tell(Event(0, "pause", "program", word="line"))


async def _hang_up(of: Screen, writing: asyncio.Task[None]) -> None:
    of.leave(AGAIN)
    await asyncio.wait([writing], timeout=0.2)
    writing.cancel()


async def _join(of: Screen) -> None:
    """It is there from now on. A session has one dial: a new one takes the place of the one before, whose device is told so."""
    if of.role == "screen":
        for same in [s for s in of.live.those("screen") if isinstance(s, Screen) and of.page and s.page == of.page]:
            await _left(same)  # the line of this very page was lost, and that is noticed only now
            same.leave(GOING_AWAY)
    before = of.live.those("dial") if of.role == "dial" else []
    of.live.join(of)
    of.show((), ())
    if of.role != "dial":
        return
    for other in before:
        of.live.leave(other)
        other.leave(REPLACED)
    await of.live.tell(Event(0, "dial_joined", "program", ident=f"join-{secrets.token_hex(8)}"))


async def _greet(of: Screen) -> None:
    hello = await _message(of, 10.0)
    if hello is None or hello.get("type") != "hello" or hello.get("v") != VERSION:
        of.send({"type": "reload"})
        of.leave(POLICY)
        raise WebSocketDisconnect(POLICY)
    of.page = _text(hello.get("page"))


async def _listen(of: Screen, on: Callable[[dict[str, Any]], Any] | None, heard: Callable[[], object]) -> None:
    """Until it is silent for too long, says too much, or is sent away."""
    while not of.over:
        message = await _message(of, DIAL_S if of.role == "dial" else SCREEN_S if of.beats else None)
        if message is None or of.over:
            return
        heard()
        kind = message.get("type")
        if kind and message.get("v") != VERSION:
            of.send({"type": "ack", "id": _ident(message), "ok": False, "reason": "version"})
        elif kind == "ping":
            of.beats = True
            of.send({"type": "pong"})
        elif kind == "event":
            of.beside(_event(of, message))
        elif kind and on is not None and of.role == "screen":
            of.beside(_other(of, message, on))
        elif kind:
            of.send({"type": "ack", "id": _ident(message), "ok": False, "reason": "not_yours"})


async def _other(of: Screen, message: dict[str, Any], on: Callable[[dict[str, Any]], Any]) -> None:
    of.send({"type": "ack", "id": _ident(message), **await on(message)})


async def _message(of: Screen, wait_s: float | None) -> dict[str, Any] | None:
    """The next message; None when none came in time, or too many came. What is no message is refused, and is an empty one."""
    try:
        received = await asyncio.wait_for(of.socket.receive(), wait_s)
    except TimeoutError:
        return None
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", GOING_AWAY))
    if of.too_many():
        of.leave(POLICY)
        return None
    found, reason = parsed(received.get("text"))
    if reason:
        of.send({"type": "ack", "id": "", "ok": False, "reason": reason})
    return found


def parsed(text: object) -> tuple[dict[str, Any], str]:
    """A message, or why it is none: too long, no JSON object, a number that is not finite, a letter that cannot be stored."""
    if not isinstance(text, str):
        return {}, "malformed"
    if len(text) > LARGEST:
        return {}, "too_long"
    try:
        found = json.loads(text)
        again = json.dumps(found, ensure_ascii=False, allow_nan=False)
        again.encode()
    except (ValueError, RecursionError):
        return {}, "malformed"
    if not isinstance(found, dict) or "\\u0000" in again:
        return {}, "malformed"
    return found, ""


def _ident(message: dict[str, Any]) -> str:
    given = message.get("id")
    return given if isinstance(given, str) and IDENT.fullmatch(given) else ""


async def _event(of: Screen, message: dict[str, Any]) -> None:
    """One event of a screen, and its answer."""
    ident, seen = _ident(message), message.get("seen")
    if any(not isinstance(message.get(name, ""), str) for name in TEXTS):
        of.send({"type": "ack", "id": ident, "ok": False, "reason": "malformed"})
        return
    event = _read(message, of.role, ident) if ident else None
    if event is None:
        of.send({"type": "ack", "id": ident, "ok": False, "reason": "not_yours" if ident else "no_id"})
        return
    if _old(message, of.live):
        of.send({"type": "ack", "id": ident, "ok": False, "reason": "old"})
        return
    told = await of.live.tell(event, seen if isinstance(seen, int) else 0 if of.role == "dial" else None)
    of.send({"type": "ack", "id": ident, "ok": told.ok, "reason": told.reason})


def _old(message: dict[str, Any], live: Live) -> bool:
    """Whether a word about now was said too long ago, or in another epoch, by the server's time that the screen knew."""
    at = message.get("at")
    return message.get("kind") in ABOUT_NOW and isinstance(at, int | float) and abs(live.now() - at) > OLD_MS


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
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Event(
        0, kind, voice, value if number else None, _text(message.get("word")), _text(message.get("application")),
        data if isinstance(data, dict) and role != "dial" else {}, ident,
    )  # fmt: skip


def _text(value: object) -> str:
    return value[:120] if isinstance(value, str) else ""
