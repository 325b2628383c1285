"""How late a cue is: from its deadline to the socket of a screen, with many live sessions; and from a press on the dial to the practitioner's screen.

The app runs as users run it, in a process of its own, on a store of its own; the screens are sockets in this process.
"""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect

from unknot.bench.app import started, wait_for
from unknot.case.intake import Answer, Intake
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.record.sessions import Sessions
from unknot.record.store import FILE, Fact, open_store
from unknot.screen.about import About
from unknot.screen.clear import clear

MUSCLES = ("infraspinatus", "teres_minor")
RATING = 5
PRESS_S = 0.03
"""Between two presses: a dial that says more than sixty words a second is cut off."""
LONGEST = 2**22
VERSION = 1
"""Of the language of the sockets; an unknown one is told to load the page anew."""


@dataclass
class Watched:
    """What one screen was sent: cues with the time of their deadline and of their coming [s]."""

    zero: float = float("inf")
    cues: list[tuple[float, float, str, bool]] = field(default_factory=list)
    """(deadline in the session's time, when it came, cue, whether it waited for the disk)"""
    sequences: set[int] = field(default_factory=set)

    def late_ms(self, *, waited: bool) -> list[float]:
        return [(came - self.zero - at) * 1000 for at, came, _, w in self.cues if w == waited]


@dataclass(frozen=True, slots=True)
class Lateness:
    """Cues that a deadline brought: their number and lateness [ms] at the middle, the 99th of a hundred and the worst."""

    sessions: int
    seconds: float
    at_once: tuple[int, float, float, float]
    """*Let go* and *ease*, which never wait for the disk."""
    stored: tuple[int, float, float, float]
    """*Press* and *more*, which do."""
    commit_ms: float
    """One commit of this disk, with nothing else going on."""
    lost: int


def ordinary(k: Knowledge) -> Plan:
    """Alternating compression on the points of a muscle that lies near nothing that is easily hurt, for a healthy client of today."""
    today = date.today()
    agreed: dict[str, Answer] = dict.fromkeys(k.consent_areas, "yes")
    clearance = clear(Intake(asked=True, today_asked=True, consents=agreed), About(age=40), k, today)
    places = [f"{p.id}@{side}" for p in k.points.values() if p.muscle in MUSCLES for side in ("left", "right")]
    wishes = [Wish(place=place, technique="alternating_compression") for place in places]
    return admit(clearance, wishes, k, today)


def measured_commit(folder: Path, times: int = 30) -> float:
    """The median of one commit on a disk [ms]."""
    store = open_store(folder / "commit.db")
    took = []
    for n in range(times):
        begun = time.perf_counter()
        store.append("visit:bench", [Fact("n", {"n": n})])
        took.append((time.perf_counter() - begun) * 1000)
    store.close()
    return statistics.median(took)


@contextmanager
def served(place: Path) -> Iterator[int]:
    """The app on a store, in a process of its own; its port."""
    running, port = started(place)
    try:
        wait_for(port)
        yield port
    finally:
        running.terminate()
        running.wait(20)


@contextmanager
def quiet_stopwatch() -> Iterator[None]:
    """What measures does not stop to look through its own memory meanwhile: that would be told as lateness of the app."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def lateness(plan: Plan, sessions: int, seconds: float) -> Lateness:
    """Conduct so many sessions at once for so long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commit = measured_commit(folder)
        store = open_store(folder / FILE)
        idents = [Sessions(store).begin("bench", f"bench{n}", plan, []) for n in range(sessions)]
        store.close()
        with served(folder / FILE) as port, quiet_stopwatch():
            watched = asyncio.run(_all(port, idents, seconds))
        lost = _lost(folder, idents, watched)
    at_once = [t for w in watched for t in w.late_ms(waited=False)]
    stored = [t for w in watched for t in w.late_ms(waited=True)]
    return Lateness(sessions, seconds, summed(at_once), summed(stored), commit, lost)


def summed(times: list[float]) -> tuple[int, float, float, float]:
    """(number, median, 99th of a hundred, worst)."""
    if not times:
        return 0, 0.0, 0.0, 0.0
    ordered = sorted(times)
    return (
        len(ordered),
        statistics.median(ordered),
        ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        ordered[-1],
    )


def _lost(folder: Path, idents: list[str], watched: list[Watched]) -> int:
    """Cues that stand in the store and never came to the screen."""
    store = open_store(folder / FILE)
    lost = 0
    for ident, of in zip(idents, watched, strict=True):
        cues = {f.sequence for f in Sessions(store).facts(ident) if f.kind == "cue"}
        newest = max(of.sequences, default=0)
        lost += len({n for n in cues if n <= newest} - of.sequences)
    store.close()
    return lost


async def _all(port: int, idents: list[str], seconds: float) -> list[Watched]:
    return list(await asyncio.gather(*(_one(port, ident, n, seconds) for n, ident in enumerate(idents))))


async def _one(port: int, ident: str, number: int, seconds: float) -> Watched:
    """One practitioner: begins, rates when asked, goes on when there is a next."""
    of = Watched()
    await asyncio.sleep(number % 20 * 0.11)
    async with connect(f"ws://127.0.0.1:{port}/sessions/{ident}/ws", max_size=LONGEST, open_timeout=60) as line:
        await line.send(json.dumps({"v": VERSION, "type": "hello", "role": "screen"}))
        end, told = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            try:
                message = json.loads(await asyncio.wait_for(line.recv(), 1.0))
            except TimeoutError:
                continue
            came = time.monotonic()
            if message["type"] != "state":
                continue
            _note(of, message, came)
            kind = _answer(message["view"])
            if kind:
                told += 1
                more = {"value": RATING + told % 2} if kind == "rate" else {}
                await line.send(
                    json.dumps({"v": VERSION, "type": "event", "id": f"{ident}-{told}", "kind": kind, **more})
                )
    return of


def _answer(view: dict[str, Any]) -> str:
    """What the practitioner does now."""
    if view["asked"] in ("contact", "check", "between", "rise", "round", "eased", "release"):
        return "rate"
    return {"waiting": "next", "ending": "next", "stopped": "resume"}.get(view["phase"], "")


def _note(of: Watched, message: dict[str, Any], came: float) -> None:
    """Keep the cues that a deadline brought, not those that follow from a tap."""
    of.zero = min(of.zero, came - message["view"]["now"] / 1000)
    events = message["events"]
    of.sequences |= {e["sequence"] for e in events if e["kind"] == "cue"}
    if any("by" in e["body"] for e in events):
        return
    waits = {"press", "more", "recheck", "stroke"}
    for e in events:
        if e["kind"] == "cue":
            of.cues.append((e["at"] / 1000, came, e["body"]["word"], e["body"]["word"] in waits))


# ---------------------------------------------------------------- the dial


def dial_to_screen(plan: Plan, presses: int) -> tuple[int, float, float, float]:
    """From a press on the dial to the practitioner's screen [ms]: (number, median, 99th of a hundred, worst)."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name) / FILE)
        ident = Sessions(store).begin("bench", "bench", plan, [])
        store.close()
        with served(Path(name) / FILE) as port:
            return summed(asyncio.run(_dialled(port, ident, presses)))


async def _dialled(port: int, ident: str, presses: int) -> list[float]:
    took: list[float] = []
    async with connect(f"ws://127.0.0.1:{port}/sessions/{ident}/ws", max_size=LONGEST, open_timeout=60) as screen:
        await screen.send(json.dumps({"v": VERSION, "type": "hello", "role": "screen"}))
        await screen.send(json.dumps({"v": VERSION, "type": "dial_code", "id": "bench-code", "base": ""}))
        code = await _until(screen, lambda m: m["type"] == "ack" and m["id"] == "bench-code")
        key = await asyncio.to_thread(_enter, port, code["code"])
        address = f"ws://127.0.0.1:{port}/dial/ws"
        async with connect(address, additional_headers={"Cookie": key}, max_size=LONGEST) as dial:
            await dial.send(json.dumps({"v": VERSION, "type": "hello", "role": "dial"}))
            for n in range(presses):
                ident_ = f"bench-{n:06d}"
                begun = time.perf_counter()
                await dial.send(
                    json.dumps({"v": VERSION, "type": "event", "id": ident_, "kind": "rate", "value": n % 5})
                )
                await _until(screen, lambda m, i=ident_: any(e["body"].get("ident") == i for e in m.get("events", ())))
                took.append((time.perf_counter() - begun) * 1000)
                await asyncio.sleep(PRESS_S)
    return took


async def _until(line: ClientConnection, wanted: Any) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(line.recv(), 10))
        if wanted(message):
            return message


def _enter(port: int, code: str) -> str:
    """The cookie of a device that has used the code."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("POST", "/d", urlencode({"code": code}), {"Content-Type": "application/x-www-form-urlencoded"})
    answer = line.getresponse()
    found = re.match(r"[^;]+", answer.getheader("set-cookie", ""))
    line.close()
    return found[0] if found else ""
