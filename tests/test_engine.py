"""The engine of a session against its naive twin: whatever is said and whenever, the rules of safety hold."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from unknot.bench import sessions, treat
from unknot.bench.sessions import ends, random_before, random_plan, replays, walk, watched
from unknot.bench.treat import recorded, speed, walked
from unknot.bench.twin import Twin
from unknot.case.plan_mapping import as_mapping
from unknot.knowledge.load import knowledge
from unknot.treat import engine
from unknot.treat.acts import ACTS
from unknot.treat.conditions import CONDITIONS
from unknot.treat.engine import REASONS, next_deadline
from unknot.treat.event import DUE, INNER, KINDS, LOGGED, MALFORMED, SYMPTOMS, TISSUE, VOICES, Event
from unknot.treat.fact import Fact
from unknot.treat.session import PHASES, Session, start
from unknot.treat.table import REFUSE, SAME, TABLE, Row, rows

STEPS = 100_000
SECONDS = 10
SELDOM = (107, 108)
"""Seeds that take the rows which come up seldom; when they do so no more, others are tried."""
RATINGS = st.one_of(
    st.floats(0, 10).map(lambda v: round(v, 1)), st.sampled_from((4.0, 5.0, 6.0, 6.5, 8.0, float("nan"), -1.0, 11.0))
)
SOON = st.integers(0, 4_000)


class AnySession(RuleBasedStateMachine):
    """Hypothesis looks for a session that breaks a rule; the twin watches every step."""

    s: Session
    twin: Twin
    facts: list[Fact]

    @initialize(seed=st.integers(0, 5_000))
    def begin(self, seed: int) -> None:
        self.first = self.s = start(random_plan(knowledge(), random.Random(seed)), random_before(random.Random(seed)))
        self.twin, self.facts = Twin.of(self.s), []

    def tell(self, wait: int, kind: str, by: str = "practitioner", **told: object) -> None:
        due = next_deadline(self.s)
        at = self.s.now + wait
        while due is not None and due <= at:  # a driver in time
            self.step(Event(due, "tick", "program"))
            due = next_deadline(self.s)
        self.step(Event(at, kind, by, **told))  # type: ignore[arg-type]

    def step(self, event: Event) -> None:
        self.s, facts, _ = watched(self.s, event, self.twin, deep=True)
        self.facts += facts

    @rule(wait=SOON, value=RATINGS, by=st.sampled_from(VOICES))
    def rate(self, wait: int, value: float, by: str) -> None:
        self.tell(wait, "rate", by, value=value)

    @rule(
        wait=SOON, kind=st.sampled_from(("next", "next", "release", "more", "less", "same", "halt", "off", "referral"))
    )
    def hand(self, wait: int, kind: str) -> None:
        self.tell(wait, kind)

    @rule(
        wait=SOON,
        kind=st.sampled_from(("park", "pause", "skip", "begin", "repeat", "ease", "resume")),
        app=st.integers(0, 3),
    )
    def order(self, wait: int, kind: str, app: int) -> None:
        self.tell(wait, kind, application=f"a{app}" if app and kind in ("skip", "begin", "repeat") else "")

    @rule(wait=SOON, kind=st.sampled_from(("stop", "fail", "dial_joined", "dial_lost", "hand_over")))
    def room(self, wait: int, kind: str) -> None:
        self.tell(wait, kind, "program" if kind != "hand_over" else "practitioner")

    @rule(wait=SOON, word=st.sampled_from(SYMPTOMS), by=st.sampled_from(VOICES))
    def symptom(self, wait: int, word: str, by: str) -> None:
        self.tell(wait, "symptom", by, word=word)

    @rule(wait=SOON, value=st.floats(0, 10), tissue=st.sampled_from(TISSUE))
    def recheck(self, wait: int, value: float, tissue: str) -> None:
        self.tell(wait, "recheck", value=value, data={"tissue": tissue})

    @rule(wait=SOON, word=st.sampled_from(LOGGED))
    def log(self, wait: int, word: str) -> None:
        self.tell(wait, "log", word=word)

    @rule(at=st.integers(0, 100), gap=st.one_of(st.none(), st.integers(0, 10**6)))
    def killed(self, at: int, gap: int | None) -> None:
        self.step(Event(at, "restarted", "program", value=gap))

    @rule(wait=SOON, seed=st.one_of(st.none(), st.integers(0, 5_000)))
    def revise(self, wait: int, seed: int | None) -> None:
        plan = self.s.plan if seed is None else random_plan(knowledge(), random.Random(seed))
        self.tell(wait, "revise", word="screened" if wait % 2 else "", data=as_mapping(plan))

    @rule()
    def due(self) -> None:
        self.step(Event(next_deadline(self.s) or self.s.now, "tick", "program"))

    @rule(by_ms=st.integers(-10_000, 200_000), kind=st.sampled_from(("tick", "next", "stop", "rate")))
    def late_or_backwards(self, by_ms: int, kind: str) -> None:
        at = max(0, (next_deadline(self.s) or self.s.now) + by_ms)
        self.step(Event(at, kind, value=5.0 if kind == "rate" else None))

    @invariant()
    def left_alone_it_ends(self) -> None:
        if hasattr(self, "s"):
            ends(self.s, self.twin)

    def teardown(self) -> None:
        if hasattr(self, "s"):
            replays(self.first, self.s, self.facts, self.twin)


AnySession.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnySession = AnySession.TestCase


class Counted:
    """A row that notes when it is taken."""

    hit: ClassVar[set[int]] = set()

    def __init__(self, row: Row) -> None:
        self.row, self.when, self.do = row, row.when, row.do

    @property
    def to(self) -> str:
        self.hit.add(id(self.row))
        return self.row.to


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[int]]:
    known: dict[tuple[str, ...], tuple[Counted, ...]] = {}

    def counting(*key: str) -> tuple[Counted, ...]:
        if key not in known:
            known[key] = tuple(Counted(row) for row in rows(*key))  # type: ignore[arg-type]
        return known[key]

    monkeypatch.setattr(engine, "rows", counting)
    Counted.hit = set()
    yield Counted.hit


def test_a_hundred_thousand_random_steps_break_no_rule_and_take_every_row(counted: set[int]) -> None:
    quickest = float("inf")
    for seed in range(STEPS // 10_000):
        began = time.process_time()
        walk(seed, 10_000, deep_every=100)
        quickest = min(quickest, time.process_time() - began)
    for seed in (*SELDOM, *range(100, 160)):
        if len(counted) < len(TABLE):
            walk(seed, 5_000, deep_every=1000)
    assert [r for r in TABLE if id(r) not in counted] == []
    assert quickest * STEPS / 10_000 < SECONDS, "the quickest: what else runs on the core slows the others"


# ---------------------------------------------------------------- the table


def test_every_condition_and_every_act_is_used_and_every_row_names_one() -> None:
    assert {r.when for r in TABLE} == set(CONDITIONS)
    assert {name for r in TABLE if r.to != REFUSE for name in r.do} == set(ACTS)


def test_every_row_names_phases_and_events_that_there_are() -> None:
    for r in TABLE:
        assert set(r.phases) <= set(PHASES), r
        assert r.event in (*KINDS, *DUE, *INNER), r
        assert r.to in (*PHASES, SAME, REFUSE), r
        assert r.family in ("", "rounds", "release", "passes"), r


def test_every_phase_but_the_first_is_entered_and_every_one_left_but_the_last() -> None:
    assert {r.to for r in TABLE} - {SAME, REFUSE} == set(PHASES)
    left = {p for r in TABLE if r.to not in (SAME, REFUSE, p0(r)) for p in r.phases}
    assert left == set(PHASES) - {"ended"}


def p0(r: Row) -> str:
    return r.phases[0] if len(r.phases) == 1 else ""


def test_no_row_stands_behind_one_that_always_fits() -> None:
    for number, r in enumerate(TABLE):
        before = [b for b in TABLE[:number] if b.event == r.event and b.family in ("", r.family) and not b.when]
        assert not set(r.phases) <= {p for b in before for p in b.phases}, r


def test_every_reason_to_refuse_is_in_the_list() -> None:
    assert set(MALFORMED) <= set(REASONS)
    assert {r.do[0] for r in TABLE if r.to == REFUSE} <= set(REASONS)
    assert all(len(r.do) == 1 for r in TABLE if r.to == REFUSE)


def test_the_generator_speaks_of_every_event() -> None:
    spoken = {kind for kinds in sessions.LIKELY.values() for kind in kinds} | set(sessions.SELDOM) | {"tick"}
    assert spoken == set(KINDS)


def test_the_engine_takes_twenty_thousand_events_a_second_on_a_core() -> None:
    recordings = recorded(Path(__file__).parent / "data" / "sessions", knowledge())
    assert speed(recordings, 0.5).per_second >= 20_000


def test_the_bench_counts_the_steps_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(treat, "CHUNK", 2_000)
    done: list[int] = []
    assert walked(2_500, 7, 1, done.append).steps == 2_500 and done == [2_000, 2_500]
