"""The sessions that are open in this process. One is opened when a screen first asks for it, and stands at *let go* when it had begun before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from unknot.record.sessions import Kept, Sessions
from unknot.record.store import Store
from unknot.treat.event import LONGEST_MS
from unknot.treat.fact import Fact as Happened
from unknot.treat.session import Session
from unknot.web.live import Live, Writer


class Rooms:
    """All live sessions. `clock` is monotonic [s], `wall` the calendar's time."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float]) -> None:
        self._store = store
        self.clock = clock
        self.wall: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.writer = Writer(store)
        self._open: dict[str, Live] = {}
        self._kept: dict[str, Kept] = {}
        self._lock = asyncio.Lock()

    @property
    def sessions(self) -> Sessions:
        return Sessions(self._store())

    async def open(self, ident: str) -> Live:
        """The live session. Raises StoreError when there is none, SessionError when its facts do not follow from one another."""
        async with self._lock:
            if ident not in self._open:
                self._open[ident] = await self._opened(ident)
            return self._open[ident]

    def kept(self, ident: str) -> Kept:
        """How the session was begun. Raises StoreError when there is none."""
        if ident not in self._kept:
            self._kept[ident] = self.sessions.kept(ident)
        return self._kept[ident]

    async def seen(self, ident: str) -> tuple[Session, Sequence[Happened]]:
        """Where a session stands and what happened in it, without opening it. Raises StoreError when there is none."""
        live = self._open.get(ident)
        if live is not None:
            return live.session, tuple(live.facts)
        session, _ = await asyncio.to_thread(self.sessions.stands, ident)
        return session, await asyncio.to_thread(self.sessions.facts, ident)

    async def _opened(self, ident: str) -> Live:
        session, last = await asyncio.to_thread(self.sessions.stands, ident)
        facts = await asyncio.to_thread(self.sessions.facts, ident)
        live = Live(ident, session, self.writer, self.clock, facts=facts)
        if facts and (session.phase != "ended" or session.hands_on):
            gap_ms = (self.wall() - last).total_seconds() * 1000 if last else -1.0
            known = 0 <= gap_ms <= LONGEST_MS
            live.restart(gap_ms if known else None)
        return live

    async def close(self) -> None:
        """The server stops: what is being stored is waited for."""
        for live in self._open.values():
            await live.close()
