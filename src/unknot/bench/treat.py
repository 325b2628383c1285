"""How fast the session engine is on recorded sessions, and millions of random steps under the eyes of its naive twin."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from unknot.bench.cases import play, read_session
from unknot.bench.sessions import STEPS, Walked, events_of, random_event, random_plan, walk
from unknot.knowledge.load import Knowledge
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.treat.fact import Fact
from unknot.treat.session import Session, start

CHUNK = 20_000
"""Steps of one seed."""
ROUNDS = 9
Recording = tuple[Session, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Speed:
    """Recorded sessions, their events, and events a second on one core: the middle and the slowest of several rounds."""

    sessions: int
    events: int
    per_second: float
    slowest: float


def recorded(folder: Path, k: Knowledge) -> list[Recording]:
    """The sessions in words of a folder, played once: where each begins, and its events."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        case = read_session(path, k)
        found.append((start(case.plan), tuple(events_of(play(case).facts))))
    return found


def invented(k: Knowledge, count: int, seed: int) -> list[Recording]:
    """Random calm sessions, played once."""
    found = []
    for number in range(count):
        chance = random.Random(seed + number)
        first = s = start(random_plan(k, chance))
        facts: list[Fact] = []
        for _ in range(STEPS):
            s, new, _ = step(s, random_event(k, s, chance, "falls"))
            facts += new
        found.append((first, tuple(events_of(facts))))
    return found


def speed(recordings: Sequence[Recording], seconds: float) -> Speed:
    """Events a second of processor time of the engine alone. Each round plays all recordings again, from their beginning, until its time is over."""
    events = sum(len(told) for _, told in recordings)
    rates = []
    for _ in range(ROUNDS):
        done, began = 0, time.process_time()
        while (took := time.process_time() - began) < seconds / ROUNDS or not done:
            for first, told in recordings:
                s = first
                for event in told:
                    s, _, _ = step(s, event)
            done += events
        rates.append(done / took)
    return Speed(len(recordings), events, statistics.median(rates), min(rates))


def _chunk(given: tuple[int, int]) -> Walked:
    return walk(*given)


def walked(steps: int, seed: int, jobs: int, told: Callable[[int], None] | None = None) -> Walked:
    """So many random steps, every one watched; on several cores if wished. Raises `twin.BrokenError` with the seed and step of the first rule broken."""
    chunks = [(seed + n, min(CHUNK, steps - n * CHUNK)) for n in range((steps + CHUNK - 1) // CHUNK)]
    if jobs == 1:
        return _sum(map(_chunk, chunks), told)
    with ProcessPoolExecutor(jobs) as pool:
        return _sum(pool.map(_chunk, chunks), told)


def _sum(parts: Iterable[Walked], told: Callable[[int], None] | None) -> Walked:
    taken = sessions = refused = facts = 0
    for part in parts:
        taken, sessions = taken + part.steps, sessions + part.sessions
        refused, facts = refused + part.refused, facts + part.facts
        if told is not None:
            told(taken)
    return Walked(taken, sessions, refused, facts)
