"""What the store keeps of hands-on sessions: the plan as it began, and every fact of the engine, in a stream of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
from unknot.treat.session import Before, Session, counted_by, start

KIND = "session"


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was begun: whose, at which visit, and what was wanted."""

    id: str
    client: str
    visit: str
    plan: Plan
    wishes: tuple[dict[str, Any], ...]
    before: Before
    at: str


def stream_of(session: str) -> str:
    return f"session:{session}"


def kept_of(ident: str, body: Mapping[str, Any], at: str) -> Kept:
    """A session from its document. Raises CaseError or GuardError when its plan is none."""
    plan, before = plan_of(body["plan"]), Before(**body["before"])
    return Kept(ident, body["client"], body["visit"], plan, tuple(body["wishes"]), before, at)


def played(kept: Kept, bodies: Sequence[Mapping[str, Any]]) -> Session:
    """Where a session stands by the bodies of its facts. Raises SessionError when they do not follow from one another."""
    return replay(start(kept.plan, kept.before), [fact_of(body) for body in bodies])


class Sessions:
    """Reads and writes sessions. Nothing here reads a clock but the store's own stamp."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(
        self,
        client: str,
        visit: str,
        plan: Plan,
        wishes: Sequence[Mapping[str, Any]],
        week: Mapping[str, int] | None = None,
    ) -> str:
        """A new session; its id. What was pressed at this visit already counts on; `week` is what places had in the days before [ms].

        Raises SessionError when the plan is none that can be conducted.
        """
        before = self.before(visit, week or {})
        start(plan, before)
        ident = uuid7()
        body = {
            "client": client, "visit": visit, "plan": as_mapping(plan), "wishes": [dict(w) for w in wishes],
            "before": asdict(before),
        }  # fmt: skip
        with self.store.together(client):
            self.store.put(KIND, ident, body)
            self.store.append(f"visit:{visit}", [Fact("session_begun", {"session": ident})])
        return ident

    def before(self, visit: str, week: Mapping[str, int]) -> Before:
        """What the sessions of a visit have counted so far."""
        done = self.of_visit(visit)
        if not done:
            return Before({f"week:{place}": n for place, n in week.items()})
        last, _ = self.stands(done[-1])
        return counted_by(last)

    def pressed(self, visits: Sequence[str]) -> dict[str, int]:
        """Pressure on each place over visits [ms]."""
        found: dict[str, int] = {}
        for visit in visits:
            for session in self.of_visit(visit)[-1:]:
                for key, n in self.stands(session)[0].ledger.items():
                    kind, _, place = key.partition(":")
                    if kind == "point":
                        found[place] = found.get(place, 0) + n
        return found

    def kept(self, ident: str) -> Kept:
        """Raises StoreError when there is no such session."""
        found = self.store.get(KIND, ident)
        if found is None:
            raise StoreError([Problem("no_session", "session", "no such session", "", "begin one from a plan")])
        return kept_of(ident, found.body, found.at)

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
        stored = self.store.facts(stream_of(ident))
        session = played(self.kept(ident), [f.body for f in stored])
        return session, datetime.fromisoformat(stored[-1].at) if stored else None

    @staticmethod
    def batch(ident: str, facts: Sequence[Happened]) -> Batch:
        """Facts as the store takes them: in the order in which they happened, behind those that are there."""
        rows = [Fact(f.kind, f.as_mapping()) for f in facts]
        return Batch(stream_of(ident), rows, facts[0].sequence - 1)
