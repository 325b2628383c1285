"""The course of a session: its facts in the session's own time, each with what stood when it came. Summary and timeline are folds of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import plan_of
from unknot.treat.event import OF_THE_PLACE, SCREENED
from unknot.treat.fact import Fact
from unknot.treat.session import ms, under_of

LIGHTEST = 0.5
"""The least step of pressure while the hand is on; 0 is hands off."""
PRESSES = ("press", "stroke", "recheck")
"""Cues that bring the hand on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One fact, and what stands after it.

    `at` is the time since the first piece of work was taken up [ms]; what came before has 0. Epochs follow each other with their gaps.
    """

    at: int
    fact: Fact
    plan: Plan
    phase: str = "waiting"
    application: str = ""
    taking: int = 0
    """How many pieces of work were taken up so far."""
    ceiling: float = 0.0
    turn: int = 0
    level: float = 0.0
    """Step of pressure, relative: 1 when first pressed, one more at *more*, one less at *ease*, 0 with the hand off."""
    same: int = 0
    """Grows with every change of pressure: ratings with the same number were given under the same pressure."""
    hands_on: bool = False
    """From a cue to press until letting go was acknowledged, as the ledger counts."""
    under: tuple[tuple[str, float], ...] = ()
    """What the hand is on: (account of the ledger, its share)."""
    under_ms: int = 0
    """The total that the place under the hand may have [ms]."""
    eased: bool = False
    """Whether it was eased since it was last pressed: what is *lighter* then is lighter already."""
    gap_ms: int | None = 0
    """Of a restart: how long nobody looked; None when nobody knows."""

    @property
    def work(self) -> Application | None:
        return next((a for a in self.plan.applications if a.id == self.application), None)


def course(plan: Plan, facts: Sequence[Fact]) -> Iterator[Moment]:
    """Each fact in the session's time. Pure: nothing but the plan and the facts."""
    at, before, epoch, begun, held = 0, 0, facts[0].epoch if facts else 1, False, 1.0
    now = Moment(0, Fact(0, epoch, 0, "start"), plan)
    for fact in facts:
        gap: int | None = 0
        if fact.epoch != epoch:
            epoch, gap = fact.epoch, gap_of(fact)
            before = now.at + (gap or 0) - fact.at
        if fact.kind == "taken_up" and not begun:
            begun, before = True, -fact.at
        at = max(now.at, before + fact.at) if begun else 0
        changes, held = _after(now, fact, held)
        now = replace(now, at=at, fact=fact, gap_ms=gap, **changes)
        yield now


def signs_due(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Warning signs that were told since screening last answered, in order and each once. A pinch of the skin is none."""
    told: dict[str, None] = {}
    for fact in facts:
        if fact.kind == "revise" and fact.body.get("word") == SCREENED:
            told.clear()
        elif fact.kind == "symptom" and fact.body.get("word") != "pinch":
            told[str(fact.body["word"])] = None
    return tuple(told)


def left_alone(plan: Plan, facts: Sequence[Fact]) -> frozenset[str]:
    """Places where a warning sign of the place was felt: they are left alone for the rest of the visit."""
    felt = (m for m in course(plan, facts) if m.fact.kind == "symptom" and m.fact.body.get("word") in OF_THE_PLACE)
    return frozenset(m.work.place for m in felt if m.work is not None)


def without(plan: Plan, places: Collection[str]) -> Plan:
    """A plan with these places left alone."""
    return replace(plan, applications=tuple(a for a in plan.applications if a.place not in places))


def gap_of(fact: Fact) -> int | None:
    """The gap that a restart tells [ms]; None when it is unknown."""
    value = fact.body.get("value")
    return int(value) if value is not None and value >= 0 else None


def _after(now: Moment, fact: Fact, held: float) -> tuple[dict[str, Any], float]:
    """What is otherwise after a fact than it was `now`, before it; and the pressure of the last hold."""
    kind, body = fact.kind, fact.body
    if kind == "cue":
        return _cued(now, body, held)
    if kind == "phase":
        return {"phase": str(body["to"])}, held
    if kind == "taken_up":
        taken = {"application": str(body["application"]), "taking": now.taking + 1, "turn": 0}
        return {**taken, "ceiling": float(body["ceiling"]), "same": now.same + 1}, 1.0
    if kind == "hands_off":
        return {"hands_on": False, "under": ()}, held
    if kind == "revise":
        plan = plan_of(body["data"])
        gone = all(a.id != now.application for a in plan.applications)
        return {"plan": plan} | ({"application": ""} if gone else {}), held
    return {}, held


def _cued(now: Moment, body: Mapping[str, Any], held: float) -> tuple[dict[str, Any], float]:
    word, turn = str(body.get("word", "")), int(body.get("turn") or now.turn)
    level, same, eased = now.level, now.same, now.eased
    changes: dict[str, Any] = {"turn": turn}
    if word in PRESSES:
        lighter = bool(body.get("lighter")) and not eased
        level = max(LIGHTEST, held - 1.0) if lighter else held
        same, eased = same + int(lighter), False
        if not now.hands_on and (work := now.work) is not None:
            most = ms(min(work.dose.point_s, work.limits.point_s))
            changes |= {"hands_on": True, "under": under_of(work), "under_ms": most}
    elif word == "more":
        level, same = (now.level + 1.0 if now.level >= 1.0 else 1.0), same + 1
    elif word == "ease" and now.level:
        level, same, eased = max(LIGHTEST, now.level - 1.0), same + 1, True
    elif word == "let_go":
        level = 0.0
    return {**changes, "level": level, "same": same, "eased": eased}, (level or held)


def counted(ledger: dict[str, int], last: Moment | None, now: Moment) -> int:
    """Add the pressure between two facts to a ledger, as the engine counts it; how long it was [ms]."""
    if last is None or not last.hands_on:
        return 0
    passed = now.at - last.at
    if now.gap_ms is None:
        passed += used_up_ms(last, ledger)
    if passed <= 0:
        return 0
    for key, share in last.under:
        ledger[key] = ledger.get(key, 0) + (passed if share == 1.0 else round(passed * share))
    return passed


def used_up_ms(now: Moment, ledger: Mapping[str, int]) -> int:
    """What an unknown gap adds to a place that was pressed when it began: all that was left of its total."""
    used = [ledger.get(key, 0) for key, _ in now.under if key.split(":")[0] in ("point", "stretch", "glide")]
    return max(0, now.under_ms - min(used, default=0))
