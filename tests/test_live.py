"""The driver of a live session: facts before press, let go at once, a store that fails, messages that come twice or too late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import loops
from unknot.case.clearance import Clearance
from unknot.case.plan import Plan, Wish
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.record.screening import Desk
from unknot.record.sessions import Sessions
from unknot.record.store import FILE, Batch, Store, StoreError, open_store
from unknot.treat.engine import next_deadline
from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.web.desk import At
from unknot.web.live import Live, Writer
from unknot.web.room import Room
from unknot.web.room_view import MOMENT_MS, screen
from unknot.web.rooms import Rooms

PATIENCE_S = 30.0
"""So long a test waits for what must come; nothing is proved by how long it took."""


@dataclass
class Ear:
    """A screen that only listens."""

    role: str = "screen"
    heard: list[str] = field(default_factory=list)

    def show(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        self.heard += [e.word for e in effects]


class Clock:
    """It stands until a test moves it on."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


class Disk:
    """The real store, which stands still or fails where a test says so."""

    def __init__(self, of: Store) -> None:
        self.of = of
        self.free = threading.Event()
        self.free.set()
        self.reached = threading.Event()
        self.broken = False
        self.calls = 0

    def append_all(self, batches: Sequence[Batch]) -> list[int]:
        self.calls += 1
        self.reached.set()
        assert self.free.wait(PATIENCE_S)
        if self.broken:
            raise StoreError([Problem("store", "disk", "full", "", "free some room")])
        return self.of.append_all(batches)


async def soon(what: Callable[[], object]) -> None:
    """When it is so, however busy the machine."""
    async with asyncio.timeout(PATIENCE_S):
        while not what():
            await asyncio.sleep(0.005)


@dataclass
class Setting:
    live: Live
    ear: Ear
    disk: Disk
    ident: str
    store: Store
    clock: Clock

    async def say(self, kind: str, **more: Any) -> tuple[bool, str]:
        told = await self.live.tell(Event(0, kind, **more))
        return told.ok, told.reason

    async def writing(self, kind: str, **more: Any) -> asyncio.Task[tuple[bool, str]]:
        """Something that was told and is being stored on a disk that stands still."""
        self.disk.free.clear()
        self.disk.reached.clear()
        telling = asyncio.create_task(self.say(kind, **more))
        await soon(self.disk.reached.is_set)
        return telling

    def stored(self) -> list[str]:
        return [f.kind for f in Sessions(self.store).facts(self.ident)]


def conducted(tmp_path: Path, plan: Plan, doing: Callable[[Setting], Awaitable[None]]) -> None:
    """Run `doing` on a live session of the plan."""

    async def run() -> None:
        store = open_store(tmp_path / FILE)
        ident = Sessions(store).begin("c", "v", plan, [])
        session, _ = Sessions(store).stands(ident)
        disk, ear = Disk(store), Ear()
        clock = Clock()
        live = Live(ident, session, Writer(lambda: disk), clock)  # type: ignore[arg-type, return-value]
        live.join(ear)
        try:
            await doing(Setting(live, ear, disk, ident, store, clock))
        finally:
            disk.free.set()
        await live.close()
        store.close()

    loops.run(run())


def test_the_hand_is_told_to_press_only_when_that_is_stored(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        telling = await at.writing("next")
        assert at.ear.heard == [] and "cue" not in at.stored()
        at.disk.free.set()
        assert await telling == (True, "")
        assert at.ear.heard == ["press", "contact"]
        assert "cue" in at.stored()

    conducted(tmp_path, plan_of_one, doing)


def test_let_go_never_waits_for_the_disk_and_takes_back_a_press_that_still_does(
    tmp_path: Path, plan_of_one: Plan
) -> None:
    async def doing(at: Setting) -> None:
        telling = await at.writing("next")
        stopping = asyncio.create_task(at.say("stop", by="dial"))
        await soon(lambda: "let_go" in at.ear.heard)
        assert not telling.done() and not stopping.done() and "stop" not in at.stored()
        at.disk.free.set()
        await telling
        await stopping
        assert "press" not in at.ear.heard
        assert at.live.session.phase == "stopped"

    conducted(tmp_path, plan_of_one, doing)


def test_ease_does_not_wait_either(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        telling = await at.writing("rate", value=7.0)
        await soon(lambda: "ease" in at.ear.heard)
        assert not telling.done() and "rate" not in at.stored()
        at.disk.free.set()
        await telling

    conducted(tmp_path, plan_of_one, doing)


def test_a_store_that_fails_means_let_go_and_nothing_else_until_it_works(
    tmp_path: Path, plan_of_one: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unknot.web.live.RETRY_S", 0.05)

    async def doing(at: Setting) -> None:
        at.disk.broken = True
        assert await at.say("next") == (False, "not_stored")
        assert at.ear.heard == ["let_go"]
        assert at.live.session.phase == "stopped" and not at.live.stored
        assert await at.say("resume") == (False, "not_stored")
        assert await at.say("log", word="talk") == (False, "not_stored")
        at.disk.broken = False
        await soon(lambda: at.live.stored)
        assert at.stored() == [f.kind for f in at.live.facts]
        assert await at.say("resume") == (True, "")
        assert (await at.say("next"))[0]

    conducted(tmp_path, plan_of_one, doing)


def test_a_message_that_comes_twice_is_one_event(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        told = await asyncio.gather(*(at.say("rate", value=5.0, ident="the-same-one") for _ in range(3)))
        assert all(ok for ok, _ in told)
        assert at.stored().count("rate") == 1

    conducted(tmp_path, plan_of_one, doing)


def test_a_tap_on_what_the_screen_showed_before_is_refused(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        seen = at.live.session.sequence
        await at.say("next")
        told = await at.live.tell(Event(0, "next"), seen)
        assert (told.ok, told.reason) == (False, "moved_on")
        assert (await at.live.tell(Event(0, "less"), seen)).ok

    conducted(tmp_path, plan_of_one, doing)


def test_a_deadline_is_kept_by_the_server_alone(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        due = next_deadline(at.live.session)
        assert due is not None
        # the client has said nothing for almost as long as pressing waits
        at.clock.s += (due - at.live.now()) / 1000 - 0.1
        at.live._arm()
        at.clock.s += 0.1
        assert "ease" not in at.ear.heard
        await soon(lambda: "ease" in at.ear.heard)
        assert "silence" in [f.kind for f in at.live.facts]

    conducted(tmp_path, plan_of_one, doing)


def test_a_server_that_slept_lets_go(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        at.clock.s += 60
        await at.say("rate", value=5.0)
        assert at.live.session.why == "late" and at.ear.heard[-1] == "let_go"

    conducted(tmp_path, plan_of_one, doing)


def test_many_sessions_share_a_sync_and_a_bad_one_does_not_spoil_the_others(tmp_path: Path, plan_of_one: Plan) -> None:
    async def run() -> None:
        store = open_store(tmp_path / FILE)
        disk = Disk(store)
        writer = Writer(lambda: disk)  # type: ignore[arg-type, return-value]
        idents = [Sessions(store).begin("c", "v", plan_of_one, []) for _ in range(10)]
        lives = [Live(i, Sessions(store).stands(i)[0], writer, Clock()) for i in idents]
        store.append(f"session:{idents[3]}", Sessions.batch(idents[3], [Fact(1, 1, 0, "log")]).facts)
        told = await asyncio.gather(*(live.tell(Event(0, "next")) for live in lives))
        assert [t.ok for t in told] == [i != 3 for i in range(10)]
        assert disk.calls < 25
        for live in lives:
            live._unsaved = []
            await live.close()
        store.close()

    loops.run(run())


def test_a_session_opened_again_stands_at_let_go_with_the_gap_counted(tmp_path: Path, plan_of_one: Plan) -> None:
    async def run() -> None:
        store = open_store(tmp_path / FILE)
        ident = Sessions(store).begin("c", "v", plan_of_one, [])
        first = Rooms(lambda: store, Clock())
        live = await first.open(ident)
        await live.tell(Event(0, "next"))
        await first.close()
        second = Rooms(lambda: store, Clock())
        second.wall = lambda: datetime.now(UTC) + timedelta(seconds=0.3)
        again = await second.open(ident)
        s = again.session
        assert (s.phase, s.why, s.epoch, s.hands_on) == ("stopped", "restarted", 2, True)
        assert s.ledger["point:infraspinatus.1@right"] >= 300
        await again.close()
        store.close()

    loops.run(run())


# ---------------------------------------------------------------- what the ring says


def test_the_ring_shows_the_newest_cue_for_its_moment_also_after_a_reload(tmp_path: Path, plan_of_one: Plan) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        assert screen(at.live)["word"] == "press"
        at.clock.s += 1
        await at.say("rate", value=5.0)
        assert (at.live.session.phase, screen(at.live)["word"]) == ("holding", "hold")
        at.clock.s += 1
        await at.say("less", by="dial")
        view = screen(at.live)
        assert (view["phase"], view["word"], view["word_then"]) == ("holding", "ease", "hold")
        again = Live(at.ident, at.live.session, at.live.writer, at.live.clock, facts=list(at.live.facts))
        assert again.cue == at.live.cue
        at.clock.s += MOMENT_MS / 1000
        assert (screen(at.live)["word"], screen(at.live)["word_until"]) == ("hold", None)

    conducted(tmp_path, plan_of_one, doing)


def test_less_while_it_is_pressed_is_ease_and_not_the_hold_that_comes_with_it(
    tmp_path: Path, plan_of_one: Plan
) -> None:
    async def doing(at: Setting) -> None:
        await at.say("next")
        await at.say("less", by="squeezer")
        view = screen(at.live)
        assert (view["phase"], view["word"], view["word_then"]) == ("holding", "ease", "hold")

    conducted(tmp_path, plan_of_one, doing)


def test_the_press_of_a_later_round_is_a_press_on_the_ring(tmp_path: Path, k: Knowledge, healthy: Clearance) -> None:
    wish = Wish(place="infraspinatus.1@right", technique="alternating_compression")
    plan = admit(healthy, [wish], k, date.today())

    async def doing(at: Setting) -> None:
        await at.say("next")
        await at.say("rate", value=5.0)
        for _ in range(400):
            at.clock.s += 0.1
            await at.say("rate", value=5.0)
            at.live._due()
            await asyncio.sleep(0)
            if at.live.session.turn == 2 and at.live.session.phase == "holding":
                break
        assert (at.live.session.phase, screen(at.live)["word"]) == ("holding", "press")

    conducted(tmp_path, plan, doing)


def test_a_place_of_an_earlier_plan_is_left_out_with_that_reason(
    tmp_path: Path, plan_of_one: Plan, k: Knowledge
) -> None:
    with closing(open_store(tmp_path / FILE)) as store:
        desk = Desk(store, k)
        person = desk.new_client("somebody", 40.0, "female")
        at = At(desk, person, desk.visit_of(person.id, date(2026, 3, 2)), "practitioner", "")
        of: Any = SimpleNamespace(
            clearance=lambda _: None,
            page=SimpleNamespace(k=k),
            today=lambda: date(2026, 3, 2),
            desk=desk,
            drawing=lambda _: None,
        )
        old = replace(plan_of_one, applications=tuple(replace(a, wish=None) for a in plan_of_one.applications))
        kept, told = Room(of, Rooms(lambda: store, Clock()))._remaining(at, old)
    assert kept.applications == ()
    assert "earlier version" in told[0]
    assert "warning sign" not in told[0]
