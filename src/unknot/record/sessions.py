"""What the store keeps of hands-on sessions: the plan as it began, and every fact of the engine, in a stream of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unknot.case.plan import Plan
from unknot.case.plan_mapping import as_mapping, plan_of
from unknot.errors import Problem
from unknot.record.ids import uuid7
from unknot.record.store import Batch, Fact, Store, StoreError
from unknot.treat.engine import replay
from unknot.treat.fact import Fact as Happened
from unknot.treat.fact import fact_of
from unknot.treat.session import Session, start

KIND = "session"


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was begun: whose, at which visit, and what was wanted."""

    id: str
    client: str
    visit: str
    plan: Plan
    wishes: tuple[dict[str, Any], ...]
    week_s: Mapping[str, float]
    at: str


def stream_of(session: str) -> str:
    return f"session:{session}"


class Sessions:
    """Reads and writes sessions. Nothing here reads a clock but the store's own stamp."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(
        self, client: str, visit: str, plan: Plan, wishes: Sequence[Mapping[str, Any]], week_s: Mapping[str, float]
    ) -> str:
        """A new session; its id. Raises SessionError when the plan is none that can be conducted."""
        start(plan, week_s=week_s)
        ident = uuid7()
        body = {
            "client": client, "visit": visit, "plan": as_mapping(plan), "wishes": [dict(w) for w in wishes],
            "week_s": dict(week_s),
        }  # fmt: skip
        self.store.put(KIND, ident, body)
        self.store.append(f"visit:{visit}", [Fact("session_begun", {"session": ident})])
        return ident

    def kept(self, ident: str) -> Kept:
        """Raises StoreError when there is no such session."""
        found = self.store.get(KIND, ident)
        if found is None:
            raise StoreError([Problem("no_session", "session", "no such session", "", "begin one from a plan")])
        b = found.body
        return Kept(ident, b["client"], b["visit"], plan_of(b["plan"]), tuple(b["wishes"]), b["week_s"], found.at)

    def of_visit(self, visit: str) -> list[str]:
        """The sessions of a visit, in order."""
        return [f.body["session"] for f in self.store.facts(f"visit:{visit}") if f.kind == "session_begun"]

    def facts(self, ident: str) -> list[Happened]:
        """The facts of a session, in order."""
        return [fact_of(f.body) for f in self.store.facts(stream_of(ident))]

    def stands(self, ident: str) -> tuple[Session, datetime | None]:
        """Where a session stands by its facts, and when the last of them was stored.

        Raises SessionError when the facts do not follow from one another.
        """
        kept = self.kept(ident)
        stored = self.store.facts(stream_of(ident))
        session = replay(start(kept.plan, week_s=kept.week_s), [fact_of(f.body) for f in stored])
        return session, datetime.fromisoformat(stored[-1].at) if stored else None

    @staticmethod
    def batch(ident: str, facts: Sequence[Happened]) -> Batch:
        """Facts as the store takes them: in the order in which they happened, behind those that are there."""
        rows = [Fact(f.kind, f.as_mapping()) for f in facts]
        return Batch(stream_of(ident), rows, facts[0].sequence - 1)
