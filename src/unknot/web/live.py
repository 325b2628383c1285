"""The driver of a hands-on session: it holds the clock, stores facts before the hand is told to press, and tells every screen in the room.

The engine decides; here its effects are performed. *Let go* and *ease* are sent at once. *Press* and *more* are sent when their facts are
stored, and not at all when something else has been said meanwhile. A store that fails means let go, and nothing else until it works again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from unknot.errors import Problem, UnknotError
from unknot.record.sessions import Sessions
from unknot.record.store import Batch, Store, StoreError
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event
from unknot.treat.fact import Effect, Fact
from unknot.treat.session import Session

DIAL_S = 1.5
"""A dial that has not been heard for so long is lost; with the time to notice it stays under two seconds."""
SCREEN_S = 2.5
"""A practitioner's screen that has once beaten and was not heard for so long is lost; by then it shows *let go* by itself."""
RETRY_S = 2.0
NEEDS_SIGHT = ("next", "begin", "repeat", "more", "resume", "hand_over", "recheck", "halt", "release")
"""Events whose meaning hangs on what the screen showed: one that was sent from an older phase is refused."""
PRESSES = ("resume", "begin", "next", "repeat")
"""What is refused while the store does not work."""
NOT_STORED = Problem("store", "session", "cannot be stored", "", "free some room; the hand stays off until then")


class Listener(Protocol):
    """A screen of the room."""

    role: str

    def show(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        """What is to be done, and what has happened. Never waits."""

    def leave(self, code: int) -> None:
        """It is sent away. Never waits."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an event."""

    ok: bool
    reason: str = ""


class Writer:
    """Stores the facts of all sessions, those that wait together in one transaction: one sync of the disk serves many."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._waiting: list[tuple[Batch, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, batch: Batch) -> None:
        """Returns when the facts are stored. Raises StoreError when they cannot be."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            batches = _joined([batch for batch, _ in taken])
            try:
                await asyncio.to_thread(self._store().append_all, batches)
            except (UnknotError, OSError) as error:
                if len({b.stream for b in batches}) > 1:
                    await self._one_by_one(taken)
                else:
                    _fail([done for _, done in taken], error)
                continue
            for _, done in taken:
                if not done.done():
                    done.set_result(None)

    async def _one_by_one(self, taken: Sequence[tuple[Batch, asyncio.Future[None]]]) -> None:
        """One bad stream must not keep the others from being stored."""
        for stream in dict.fromkeys(batch.stream for batch, _ in taken):
            of = [(batch, done) for batch, done in taken if batch.stream == stream]
            try:
                await asyncio.to_thread(self._store().append_all, _joined([batch for batch, _ in of]))
            except (UnknotError, OSError) as error:
                _fail([done for _, done in of], error)
                continue
            for _, done in of:
                if not done.done():
                    done.set_result(None)


def _fail(waiting: Sequence[asyncio.Future[None]], error: Exception) -> None:
    for done in waiting:
        if not done.done():
            done.set_exception(error)


def _joined(batches: Sequence[Batch]) -> list[Batch]:
    """Batches of one stream made one, in their order."""
    found: dict[str, Batch] = {}
    for batch in batches:
        before = found.get(batch.stream)
        found[batch.stream] = replace(before, facts=[*before.facts, *batch.facts]) if before else batch
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Cue:
    """The last thing that the hand was told, and when [ms of the epoch]. `lighter`: the press or stroke at hand is a lighter one."""

    word: str = ""
    at: int = 0
    lighter: bool = False


@dataclass(eq=False)
class Live:
    """One session that is being conducted. `clock` is monotonic [s]; the epoch's zero is when it was opened."""

    ident: str
    session: Session
    writer: Writer
    clock: Callable[[], float]
    seen: set[str] = field(default_factory=set)
    """Ids of messages that are facts already."""
    facts: list[Fact] = field(default_factory=list)
    """All facts of the session, those on their way into the store included."""

    def __post_init__(self) -> None:
        self._zero = self.clock() - self.session.now / 1000
        self._listeners: list[Listener] = []
        self._timer: asyncio.TimerHandle | None = None
        self._unsaved: list[Fact] = []
        self._saving: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._held = 0
        self._behind: list[tuple[Sequence[Effect], Sequence[Fact]]] = []
        self._generation = 0
        self._phase_sequence = 0
        self._taken_up_at = 0
        self.cue = Cue()
        self.screening = asyncio.Lock()
        self.screened: dict[str, dict[str, Any]] = {}
        """What messages about a warning sign were answered, so that one sent again changes nothing."""
        self.curve: list[tuple[int, float, str]] = []
        """Ratings of the work at hand in this epoch: (since it was taken up [ms], rating, by whom)."""
        self.seen |= {str(f.body["ident"]) for f in self.facts if f.is_input and f.body.get("ident")}
        known, self.facts = self.facts, []
        self._remember(known)

    # ---------------------------------------------------------- time

    def now(self) -> int:
        """The time of the epoch [ms]."""
        return max(0, math.floor((self.clock() - self._zero) * 1000))

    def _arm(self) -> None:
        """Be called at the next deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = next_deadline(self.session)
        if at is not None:
            wait_s = max(0.0, (at - self.now()) / 1000)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._due)

    def _due(self) -> None:
        self._timer = None
        at = next_deadline(self.session)
        if at is not None and self.now() >= at:
            self._apply(Event(self.now(), "tick", "program"))
        else:
            self._arm()

    def restart(self, gap_ms: float | None) -> None:
        """The session had begun in another process: a new epoch, hands off. `gap_ms`: how long nobody looked, None when that is not known."""
        self._zero = self.clock()
        self._apply(Event(0, "restarted", "program", value=gap_ms))

    # ---------------------------------------------------------- events

    async def tell(self, event: Event, seen: int | None = None) -> Told:
        """Something happened now. Answers when it is stored, or why it was refused. An id that was told before is not taken twice.

        `seen` is the last fact that the teller had been shown.
        """
        if event.ident and event.ident in self.seen:
            saving = self._saving.get(event.ident)
            return Told(ok=True, reason="known") if saving is None else await self._answer("", saving)
        if event.kind in NEEDS_SIGHT and seen is not None and seen < self._phase_sequence:
            return Told(ok=False, reason="moved_on")
        if self._unsaved and event.kind in PRESSES:
            return Told(ok=False, reason="not_stored")
        refused, saving = self._apply(replace(event, at=self.now()))
        return await self._answer(refused, saving)

    async def _answer(self, refused: str, saving: asyncio.Task[None] | None) -> Told:
        if saving is not None:
            try:
                await asyncio.shield(saving)
            except UnknotError:
                return Told(ok=False, reason="not_stored")
        return Told(ok=not refused, reason=refused)

    def _apply(self, event: Event) -> tuple[str, asyncio.Task[None] | None]:
        """One step, and its effects; (why it was refused, the saving of its facts)."""
        self.session, facts, effects = step(self.session, event)
        refused = next((e.word for e in effects if e.kind == "refuse"), "")
        saving = self._keep(facts, effects) if facts else None
        if saving is not None and event.ident and not refused:
            self.seen.add(event.ident)
            self._saving[event.ident] = saving
            saving.add_done_callback(lambda _: self._saving.pop(event.ident, None))
        self._arm()
        return refused, saving

    def _keep(self, facts: Sequence[Fact], effects: Sequence[Effect]) -> asyncio.Task[None]:
        """Perform what does not wait, and have the facts stored."""
        self._remember(facts)
        shown = [e for e in effects if e.kind != "refuse"]
        waits = any(e.waits for e in shown)
        if waits:
            self._held += 1
        elif any(e.kind == "cue" for e in shown):
            self._generation += 1
            self._behind = []
            self._send(shown, facts)
        else:
            self._publish(shown, facts)
        saving = asyncio.create_task(self._save(facts, shown if waits else ()))
        self._tasks.add(saving)
        saving.add_done_callback(self._done)
        return saving

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever told the event has been answered with it

    def _remember(self, facts: Sequence[Fact]) -> None:
        self.facts += facts
        for fact in facts:
            if fact.kind in ("phase", "restarted"):
                self._phase_sequence = fact.sequence
            if fact.kind in ("taken_up", "restarted"):
                self._taken_up_at, self.curve = fact.at, []
            if fact.kind == "restarted":
                self.cue = Cue()
            if fact.kind == "cue":
                self._cued(fact)
            if fact.kind == "rate":
                self.curve.append((fact.at - self._taken_up_at, fact.body["value"], fact.body["by"]))

    def _cued(self, fact: Fact) -> None:
        """A *hold* that comes with another cue at one moment says only how it goes on: the other is what the hand does now."""
        word, before = fact.body["word"], self.cue
        if word == "hold" and before.word != "hold" and before.at == fact.at:
            return
        self.cue = Cue(word, fact.at, bool(fact.body.get("lighter", before.lighter)))

    async def _save(self, facts: Sequence[Fact], waited: Sequence[Effect]) -> None:
        """Store, then perform what waited, unless the hand was told to let go or ease meanwhile."""
        generation = self._generation
        try:
            if self._unsaved:
                raise StoreError([NOT_STORED])
            await self.writer.put(Sessions.batch(self.ident, facts))
        except (UnknotError, OSError) as error:
            self._held -= bool(waited)
            self._not_stored(facts)
            self._catch_up()
            raise StoreError([NOT_STORED]) from error
        if not waited:
            return
        self._held -= 1
        if generation == self._generation:
            self._send(waited, facts)
        self._catch_up()

    def _catch_up(self) -> None:
        """What stood behind a cue is told when nothing is held back any more."""
        if not self._held:
            behind, self._behind = self._behind, []
            for effects, of in behind:
                self._send(effects, of)

    def _not_stored(self, facts: Sequence[Fact]) -> None:
        """The store failed: let go is the only effect, and the facts are kept until it works again."""
        first = not self._unsaved
        self._unsaved += facts
        if not first:
            return
        self.session, more, effects = step(self.session, Event(self.now(), "fail", "program", word="store"))
        self._remember(more)
        self._unsaved += more
        self._generation += 1
        self._behind = []
        self._send([e for e in effects if e.kind == "cue"], more)
        self._arm()
        task = asyncio.create_task(self._try_again())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _try_again(self) -> None:
        while self._unsaved:
            await asyncio.sleep(RETRY_S)
            facts = sorted(self._unsaved, key=lambda f: f.sequence)
            try:
                await self.writer.put(Sessions.batch(self.ident, facts))
            except (UnknotError, OSError):
                continue
            kept = {f.sequence for f in facts}
            self._unsaved = [f for f in self._unsaved if f.sequence not in kept]
        self._send([Effect("announce", "stored_again")], ())

    @property
    def stored(self) -> bool:
        """Whether the store works: nothing waits for it to come back."""
        return not self._unsaved

    # ---------------------------------------------------------- the room

    def join(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> bool:
        """Whether it was there until now."""
        there = listener in self._listeners
        if there:
            self._listeners.remove(listener)
        return there

    def has(self, role: str) -> bool:
        """Whether such a screen is there."""
        return any(one.role == role for one in self._listeners)

    def those(self, role: str) -> list[Listener]:
        """The screens of a role."""
        return [one for one in self._listeners if one.role == role]

    def _publish(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        """Tell every screen; behind a cue to press that is still being stored, so that none shows it early."""
        if self._held:
            self._behind.append((effects, facts))
        else:
            self._send(effects, facts)

    def _send(self, effects: Sequence[Effect], facts: Sequence[Fact]) -> None:
        for listener in tuple(self._listeners):
            listener.show(effects, facts)

    async def close(self) -> None:
        """No more timers; what is being stored is waited for."""
        if self._timer is not None:
            self._timer.cancel()
        retries = [t for t in self._tasks if not t.done()]
        if retries:
            await asyncio.wait(retries, timeout=3)
