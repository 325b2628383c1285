"""The engine of a session: `step(session, event) -> (session, facts, effects)` and `next_deadline(session)`.

The moves stand in `table`; what is here is what stands above it: what passed while nobody looked comes first, at its true time; a late
driver, a clock that runs backwards and a reading that is not finite mean let go; what is refused changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from unknot.errors import Problem
from unknot.treat.acts import ACTS, Out, quiet, settle
from unknot.treat.conditions import CONDITIONS
from unknot.treat.event import MALFORMED, PRESSES, Event, malformed
from unknot.treat.fact import Effect, Fact, told
from unknot.treat.session import Session, SessionError, copy_of, ms
from unknot.treat.table import REFUSE, SAME, TABLE, rows

Stepped = tuple[Session, list[Fact], list[Effect]]
DUES = (
    ("limit_due", "limit_at"), ("answer_due", "answer_at"), ("phase_due", "phase_at"), ("top_due", "top_at"), ("ask_due", "ask_at"),
)  # fmt: skip
"""Deadlines, the stricter first where two fall together."""

REASONS = tuple(sorted({*MALFORMED, "not_now", "was_late", *(row.do[0] for row in TABLE if row.to == REFUSE)}))
"""Why an event may be refused."""


def next_deadline(s: Session) -> int | None:
    """When the engine wants to be called, in the time of the epoch [ms]; None when it waits for a person."""
    return min((at for at in (s.limit_at, s.answer_at, s.phase_at, s.top_at, s.ask_at) if at is not None), default=None)


def step(session: Session, event: Event) -> Stepped:
    """What an event makes of a session. The session given is not changed; a refused event gives it back as it was.

    Facts are to be stored before an effect that `waits` is performed; `let_go` and `ease` never wait.
    """
    event, after = _honest(session, event)
    wrong = malformed(event)
    if wrong:
        return session, [], [Effect("refuse", wrong, {"event": str(event.kind)[:40]})]
    s, out = copy_of(session), Out()
    if event.kind == "restarted":
        _new_epoch(s, event)
    else:
        _pass_time(s, event.at, out)
    reason = "" if event.kind == "tick" else _moved(s, event, out)
    if not reason and event.kind != "tick":
        if after is not None:
            _move(s, after, out)
        return s, out.facts, out.effects
    if not out.facts:
        return session, [], [Effect("refuse", reason, {"event": event.kind})] if reason else []
    # time has passed: that stands, also when what came then is refused
    out.fact(s, "tick", by="program")
    if reason:
        out.effect("refuse", reason, event=event.kind)
    return s, out.facts, out.effects


def _honest(s: Session, event: Event) -> tuple[Event, Event | None]:
    """A clock that runs backwards or a reading that is not finite is a fault, and a fault is told as what it is; what must not be lost comes after it."""
    timed = isinstance(event.at, int) and not isinstance(event.at, bool)
    if event.kind != "restarted" and timed and event.at < s.now:
        after = replace(event, at=s.now)
        keep = event.kind in ("stop", "symptom") and not malformed(after)
        return Event(s.now, "fail", "program", word="clock"), after if keep else None
    if event.kind in ("rate", "recheck") and isinstance(event.value, float) and not math.isfinite(event.value):
        return Event(event.at, "fail", "program", word="reading", ident=event.ident), None
    return event, None


def _moved(s: Session, event: Event, out: Out) -> str:
    """One move by a person or a device. What presses must be said after it was heard that the hand lets go."""
    if event.kind in PRESSES and any(f.kind == "cue" and f.body["word"] == "let_go" for f in out.facts):
        return "was_late"
    return _move(s, event, out)


def _pass_time(s: Session, at: int, out: Out) -> None:
    """Every deadline up to now, at its true time. One that was noticed too late means let go."""
    while True:
        due = min(
            ((t, i, name) for i, (name, field) in enumerate(DUES) if (t := getattr(s, field)) is not None), default=None
        )
        if due is None or due[0] > at:
            break
        when, _, name = due
        late = at - when > ms(s.plan.manner.late_s)
        s.now = at if late else when
        settle(s, s.now)
        out.fact(s, "due", when, name=name, noticed=at)
        setattr(s, dict(DUES)[name], None)
        if late:
            out.fact(s, "late", by_ms=at - when)
            _move(s, Event(at, "late", "program"), out)
        else:
            _move(s, Event(when, name, "program"), out)
    settle(s, at)
    s.now = at


def _move(s: Session, event: Event, out: Out) -> str:
    """One move by the table, and what follows from it at once; the reason when it is refused."""
    out.was = s.phase
    for row in rows(s.family, s.phase, event.kind):
        if CONDITIONS[row.when](s, event):
            break
    else:
        return "" if event.kind.endswith("_due") or event.kind == "late" else "not_now"
    if row.to == REFUSE:
        return row.do[0]
    if not event.kind.endswith("_due") and event.kind not in ("late", "decide"):
        out.fact(s, event.kind, **told(event))
    if row.to != SAME:
        s.phase = row.to  # type: ignore[assignment]  # the table's own phases, see tests
    for name in row.do:
        ACTS[name](s, event, out)
    if row.to not in (SAME, out.was):
        out.fact(s, "phase", to=s.phase, application=s.current)
    if s.phase == "ended":
        quiet(s)
    if out.then:
        out.then = ""
        _move(s, Event(event.at, "decide", "program"), out)
    return ""


def _new_epoch(s: Session, event: Event) -> None:
    """After a restart the clock begins anew. The gap counts as pressure where the hand was on; an unknown one uses up the place."""
    gap = int(event.value) if event.value is not None and event.value >= 0 else None
    if s.hands_on:
        settle(s, s.now + (gap if gap is not None else _unspent(s)))
    s.spent = s.elapsed(s.now) + ((gap or 0) if s.begun else 0)
    s.epoch += 1
    s.now = s.on_since = s.begun_at = event.at
    s.voices, s.rating, s.rated_at = (), None, event.at
    if s.dial == "joined":
        s.dial, s.word_due = "lost", True


def _unspent(s: Session) -> int:
    """What the place under the hand may still have, in all [ms]."""
    used = [s.ledger.get(key, 0) for key, _ in s.under if key.split(":")[0] in ("point", "stretch", "glide")]
    return max(0, s.under_ms - min(used, default=0))


def replay(session: Session, facts: Sequence[Fact]) -> Session:
    """The session that a log leads to, from its beginning. Raises SessionError where the log says something else than the engine does."""
    s = session
    made: list[Fact] = []
    for fact in facts:
        if fact.is_input:
            s, new, _ = step(s, fact.event())
            made += new
    for was, now in zip_longest(facts, made):
        if was is None or now is None or was.line() != now.line():
            number = (was or now).sequence if was or now else 0
            given = f"fact {number} does not follow from the events before it"
            raise SessionError([Problem("log", "session", given, "", "keep the log, and look at what changed it")])
    return s
