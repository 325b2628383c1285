"""A server killed in the middle of a hold, again and again: nothing that was acknowledged may be lost, nothing may stand there twice.

`lives` starts the server's lives; the client here taps as a practitioner does, remembers what was acknowledged, and says again what was not.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from unknot.bench.app import started
from unknot.case.plan import Plan
from unknot.record.sessions import Sessions
from unknot.record.store import FILE, open_store
from unknot.treat.fact import Fact
from unknot.treat.session import CONTACT

TAPS = ("rate", "rate", "rate", "less", "same", "release", "ease", "log", "next")
PATIENCE_S = 10.0
A_SESSION = 10
"""Kills of one session of the bench: a place is taken up four times at most."""


@dataclass
class Seen:
    """What the client knows: ids that were acknowledged as done, and those that never were."""

    done: set[str] = field(default_factory=set)
    open: list[dict[str, Any]] = field(default_factory=list)
    phase: str = ""
    stood: list[str] = field(default_factory=list)
    """The phase in which each life after the first began."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run of kills showed."""

    kills: int
    in_contact: int
    """Kills while the hand pressed."""
    acknowledged: int
    lost: int
    twice: int
    not_let_go: int

    def __add__(self, other: Found) -> Found:
        return Found(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


class Lives(Protocol):
    """Starts the server's lives and ends them."""

    def begin(self, place: str | Path) -> int:
        """A new life; its port."""

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""

    def end(self) -> None:
        """No life comes any more."""


class Apps:
    """The app as users start it, in a process of its own each time."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None

    def begin(self, place: str | Path) -> int:
        self.kill()  # one that nobody could reach is still there
        self._running, port = started(place)
        return port

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def end(self) -> None:
        """Nothing is left of the last life."""
        self.kill()


def of_apps(plan: Plan, kills: int, seed: int) -> Found:
    """Kill the app so many times while it conducts sessions of the plan, a fresh one before the places have had enough."""
    found = Found(0, 0, 0, 0, 0, 0)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / FILE
        for number, some in enumerate(min(A_SESSION, kills - done) for done in range(0, kills, A_SESSION)):
            store = open_store(place)
            session = Sessions(store).begin("bench", f"bench{number}", plan, [])
            store.close()
            found = found + asyncio.run(killed(Apps(), place, session, some, seed + number))
    return found


async def killed(lives: Lives, place: Path, session: str, kills: int, seed: int) -> Found:
    """Kill the server so many times at random moments; what became of the facts."""
    chance, seen = random.Random(seed), Seen()
    for life in range(kills + 1):
        port = lives.begin(place)
        try:
            await _live(port, session, chance, seen, first=life == 0, lives=lives, last=life == kills)
        except (OSError, WebSocketException, TimeoutError):
            continue
    lives.kill()
    return _looked_at(place, session, kills, seen)


async def _live(
    port: int, session: str, chance: random.Random, seen: Seen, *, first: bool, lives: Lives, last: bool
) -> None:
    """Tap until the server is killed; in the last life until all that was open is answered."""
    async with await _joined(port, session) as line:
        await line.send(json.dumps({"v": 1, "type": "hello", "role": "screen"}))
        view = json.loads(await asyncio.wait_for(line.recv(), PATIENCE_S))["view"]
        if not first and view["phase"] != "ended":
            seen.stood.append(view["phase"])
        reading = asyncio.create_task(_read(line, seen))
        for told in seen.open:
            await line.send(json.dumps(told))
        if last:
            await _answered(seen)
            reading.cancel()
            return
        seen.phase = view["phase"]
        killer = None
        for tap in chain(("resume", "next"), iter(lambda: chance.choice(TAPS), "")):
            if reading.done():
                break
            if killer is None and seen.phase in CONTACT:
                killer = asyncio.get_running_loop().call_later(chance.uniform(0, 0.15), lives.kill)
            await _tap(line, chance, seen, tap)
            await asyncio.sleep(chance.uniform(0, 0.02))


async def _joined(port: int, session: str) -> ClientConnection:
    """A line to the new life, as soon as it listens."""
    for _ in range(4000):
        try:
            return await connect(f"ws://127.0.0.1:{port}/sessions/{session}/ws", max_size=None)
        except OSError:
            await asyncio.sleep(0.01)
    raise TimeoutError


async def _tap(line: ClientConnection, chance: random.Random, seen: Seen, kind: str) -> None:
    told: dict[str, Any] = {"v": 1, "type": "event", "id": f"{chance.getrandbits(96):024x}", "kind": kind}
    if kind == "rate":
        told["value"] = chance.randint(2, 6)
    if kind == "log":
        told["word"] = "talk"
    seen.open.append(told)
    await line.send(json.dumps(told))


async def _read(line: ClientConnection, seen: Seen) -> None:
    """Until the line breaks: it always does."""
    with suppress(WebSocketException):
        async for text in line:
            _heard(json.loads(text), seen)


def _heard(told: dict[str, Any], seen: Seen) -> None:
    if told["type"] == "state":
        seen.phase = told["view"]["phase"]
    if told["type"] == "ack":
        seen.open = [t for t in seen.open if t["id"] != told["id"]]
        if told["ok"]:
            seen.done.add(told["id"])


async def _answered(seen: Seen) -> None:
    for _ in range(500):
        if not seen.open:
            return
        await asyncio.sleep(0.01)


def _in_contact(facts: Sequence[Fact]) -> int:
    """Restarts that found the hand pressing."""
    found, phase = 0, "waiting"
    for fact in facts:
        if fact.kind == "restarted":
            found += phase in CONTACT
        elif fact.kind == "phase":
            phase = fact.body["to"]
    return found


def _looked_at(place: Path, session: str, kills: int, seen: Seen) -> Found:
    store = open_store(place)
    facts = Sessions(store).facts(session)
    Sessions(store).stands(session)  # the facts follow from one another, or this raises
    store.close()
    idents = [str(f.body["ident"]) for f in facts if f.is_input and f.body.get("ident")]
    numbers: Sequence[int] = [f.sequence for f in facts]
    assert numbers == list(range(1, len(numbers) + 1))
    return Found(
        kills, _in_contact(facts), len(seen.done), len(seen.done - set(idents)), len(idents) - len(set(idents)),
        sum(phase not in ("stopped", "waiting") for phase in seen.stood),
    )  # fmt: skip
