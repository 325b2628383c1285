"""The whole path with virtual clients, as a practice walks it: draw, screen, rank, look, plan, conduct, note; and the rules that must hold on the way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from unknot.case.write import as_tables
from unknot.knowledge.load import Knowledge, knowledge
from unknot.record.note import PARTS, draft
from unknot.record.screening import Desk
from unknot.record.sessions import Sessions
from unknot.record.store import open_store
from unknot.record.story import story
from unknot.rehearse.clinic import Visit, client, name_of, visit
from unknot.rehearse.portions import worked
from unknot.rehearse.run import Rehearsed, rehearse
from unknot.treat.engine import replay
from unknot.treat.fact import Fact
from unknot.treat.session import start

PORTION = 25
"""Clients that a process walks with in one go, with a store of their own."""
WORTH = 100
"""Fewer clients are walked in one process."""
ON = date(2026, 1, 5)
LESS = ("ease", "let_go")
MORE = ("press", "more", "recheck", "stroke")


@dataclass(frozen=True, slots=True)
class Walked:
    """What came of the clients. `broken` names each rule that did not hold, with the client; `why` counts who was not treated, by screening's outcome."""

    clients: int
    treated: int
    places: int
    facts: int
    notes: int
    absolute: int
    """Clients with an answer that rules treatment out."""
    techniques: dict[str, int]
    """Applications that were taken up, by technique."""
    why: dict[str, int]
    breaches: int
    stops: int
    broken: tuple[str, ...]
    seconds: float


def walk(clients: int, seed: int, workers: int = 1, told: Callable[[int, int], None] | None = None) -> Walked:
    """So many clients of a seed; all but the seconds is the same for any number of workers."""
    begun = time.perf_counter()
    jobs = [(seed, start, min(start + PORTION, clients)) for start in range(0, clients, PORTION)]
    found: dict[int, Walked] = {}
    for n, some in worked(portion, jobs, workers if clients > WORTH else 1):
        found[n] = some
        if told is not None:
            told(sum(w.clients for w in found.values()), clients)
    return _together([found[n] for n in range(len(jobs))], time.perf_counter() - begun)


def portion(job: tuple[int, int, int]) -> Walked:
    """Some clients, in whatever process."""
    seed, begin, end = job
    k = knowledge()
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "path.db", {"knowledge": k.version})
        try:
            walked = [one_client(k, Desk(store, k), seed, number) for number in range(begin, end)]
        finally:
            store.close()
    return _together(walked, 0.0)


def _together(some: Sequence[Walked], seconds: float) -> Walked:
    def total(name: str) -> int:
        return sum(getattr(w, name) for w in some)

    counted = {
        name: dict(sorted(sum((Counter(getattr(w, name)) for w in some), Counter()).items()))
        for name in ("techniques", "why")
    }
    return Walked(
        total("clients"), total("treated"), total("places"), total("facts"), total("notes"), total("absolute"), counted["techniques"],
        counted["why"], total("breaches"), total("stops"), tuple(b for w in some for b in w.broken), seconds,
    )  # fmt: skip


# ---------------------------------------------------------------- one client


def one_client(k: Knowledge, desk: Desk, seed: int, number: int) -> Walked:
    """One client through the whole path, kept in the store as a practice keeps it."""
    one = client(k, seed, number)
    seen = visit(k, one, ON)
    absolute = int(bool(one.absolute))
    if seen.plan is None:
        return Walked(1, 0, 0, 0, 0, absolute, {}, {seen.clearance.outcome: 1}, 0, 0, (), 0.0)
    done = rehearse(k, one, seen.plan)
    parts = _noted(k, desk, seen, done)
    broken = tuple(rules_broken(seen, done, parts))
    kinds = Counter(f.kind for f in done.facts)
    techniques = Counter(t.technique for t in done.treated)
    return Walked(
        1, 1, len(done.treated), len(done.facts), int(all(parts[p] for p in PARTS)), absolute, dict(techniques), {}, kinds["breach"],
        kinds["stop"], _named(seen, broken), 0.0,
    )  # fmt: skip


def _named(seen: Visit, broken: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name_of(seen.life)}: {rule}" for rule in broken)


def _noted(k: Knowledge, desk: Desk, seen: Visit, done: Rehearsed) -> dict[str, str]:
    """The visit is kept, its session's facts are appended, and the note is drafted from what was stored."""
    person = desk.new_client(name_of(seen.life), seen.life.age, "female" if seen.life.sex == "female" else "male")
    day = desk.visit_of(person.id, ON)
    desk.store.put("drawing", day.id, as_tables(seen.case))
    sessions = Sessions(desk.store)
    ident = sessions.begin(person.id, day.id, done.plan, [])
    desk.store.append_all([Sessions.batch(ident, list(done.facts))])
    return draft(story(desk, person, day), k, "short")


# ---------------------------------------------------------------- the rules


def rules_broken(seen: Visit, done: Rehearsed, parts: dict[str, str]) -> Iterator[str]:
    """Every rule that did not hold with this client."""
    if seen.life.absolute:
        yield f"treated in spite of {', '.join(seen.life.absolute)}"
    if done.session.phase != "ended" or done.session.hands_on:
        yield "the session did not end with the hand off"
    if replay(start(done.plan), done.facts).as_mapping() != done.session.as_mapping():
        yield "the log replays to another state"
    yield from _unanswered(done.facts)
    yield from _after_stop(done.facts)
    if not all(parts[p] for p in PARTS):
        yield "a part of the note is empty"


def _unanswered(facts: Sequence[Fact]) -> Iterator[str]:
    """Words above the ceiling under the hand that are no breach, or not answered at their moment."""
    ceiling, on = 10.0, False
    for n, fact in enumerate(facts):
        if fact.kind == "taken_up":
            ceiling = float(fact.body["ceiling"])
        on = fact.body["word"] in MORE or on if fact.kind == "cue" else on and fact.kind != "hands_off"
        if fact.kind in ("rate", "recheck") and on and float(fact.body.get("value") or 0.0) > ceiling:
            same = [f for f in facts[n:] if f.at == fact.at]
            if not any(f.kind == "breach" for f in same):
                yield f"a word above the ceiling at {fact.at} ms is no fact"
            if not any(f.kind == "cue" and f.body["word"] in LESS for f in same):
                yield f"a word above the ceiling at {fact.at} ms is not answered"


def _after_stop(facts: Sequence[Fact]) -> Iterator[str]:
    at = next((n for n, f in enumerate(facts) if f.kind == "stop"), len(facts))
    if any(f.kind == "cue" and f.body["word"] in MORE for f in facts[at:]):
        yield "pressed after stop"
