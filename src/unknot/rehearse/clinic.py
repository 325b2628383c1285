"""A virtual client in the practice: their case file, the questions of screening, the ranking, what is measured, the looking finger, and the plan.

From here on the program itself works; the truth is asked only by the finger and by the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from unknot.assess.leanings import of_values
from unknot.assess.rank import assess
from unknot.case.clearance import Clearance
from unknot.case.model import Case
from unknot.case.plan import Plan, Wish
from unknot.case.ranking import Ranking
from unknot.case.read import read_mapping
from unknot.errors import Problem, UnknotError
from unknot.knowledge.load import Knowledge
from unknot.plan.admitted import Ground
from unknot.plan.candidates import candidates
from unknot.plan.choose import Choice, choose
from unknot.plan.gate import admit
from unknot.plan.propose import propose
from unknot.rehearse.measuring import read
from unknot.rehearse.truth_life import Life, life
from unknot.rehearse.truth_pain import bearing, sent
from unknot.rehearse.truth_parameters import middle
from unknot.rehearse.truth_place import under
from unknot.rehearse.truth_posture import Standing
from unknot.rehearse.truth_state import B_NODULE, KPA, resting
from unknot.screen.case import opened, screen

LOOKED = 8
"""Muscles that the finger looks at."""
FINGER_CM2 = 1.0
USUAL = 5.0
"""Discomfort up to which a palpation goes when nothing lowers it."""
HURTS = 2
"""A place is told to hurt from here on."""
ON_POINTS = ("press", "strip", "stretch")
"""Verbs of techniques that can be tried on every found point; glides and rolled skin belong to regions and are done as a plan has them."""


class RehearseError(UnknotError):
    """A rehearsal that cannot be."""

    code = "rehearse"


@dataclass(frozen=True, slots=True)
class Visit:
    """A client in the practice on a day. `plan` is None where nothing is done, and `why` says why not."""

    life: Life
    case: Case
    clearance: Clearance
    ranking: Ranking | None
    plan: Plan | None
    why: str
    measured: Standing = field(default_factory=dict)
    """What was measured by (measure, side); nothing where the client may not be touched."""


def client(k: Knowledge, seed: int, index: int = 0) -> Life:
    """The virtual client of a seed and a number."""
    beside = {r.id: r.beside for r in k.regions.values()}
    return life(seed, index, beside, {r.id: r.lateral for r in k.regions.values()})


def tables(one: Life, on: date, findings: Sequence[dict[str, Any]] = (), habits: Sequence[str] = ()) -> dict[str, Any]:
    """Their case file: story, drawing, history, and today's answers; with what was found, and the names of habits that were observed."""
    yes = {table: dict.fromkeys(answers, "yes") for table, answers in one.yes.items()}
    return {
        "format": 1,
        "client": {"age": one.age, "sex": one.sex},
        "pain": [{"site": site, "intensity": value} for site, value in sorted(one.person.drawn.items())],
        "complaint": {"weeks": one.weeks, **({"habits": list(habits)} if habits else {})},
        **({"finding": [dict(f) for f in findings]} if findings else {}),
        "history": {"asked": "all", **yes["history"]},
        "today": {"date": on.isoformat(), "asked": "all", **yes["today"]},
        "consent": {"buttock": "yes"},
    }


def name_of(one: Life) -> str:
    """What a virtual client is called."""
    return f"virtual-{one.seed}-{one.index}"


def simulated(k: Knowledge, technique: str) -> None:
    """Raises RehearseError for a technique that there is not, or that is not done on a point."""
    known = [t.id for t in k.techniques.values() if t.verb in ON_POINTS]
    if technique and technique not in known:
        given = "no technique" if technique not in k.techniques else "cannot be tried on a point"
        todo = "name one of them, or leave it out to follow the proposed plan"
        raise RehearseError([Problem("unknown_technique", technique[:60], given, ", ".join(known), todo)])


def visit(k: Knowledge, one: Life, on: date, technique: str = "", minutes: float = 30.0) -> Visit:
    """Draw, screen, rank, measure, look, plan: as far as the client may be treated. Raises RehearseError for a technique that is not done on a point."""
    simulated(k, technique)
    case = read_mapping(tables(one, on), name_of(one), k)
    ranking = assess(case, k, use="numba", next_too=False)
    clearance = screen(case, k, on, ranking=ranking)
    may = opened(clearance, k, on)
    if may.withheld:
        return Visit(one, case, clearance, None, None, may.withheld)
    measured = read(k, one, may.barred)
    signs, habits = of_values(measured, k, one.age)
    named = [k.habits[h].name for h in habits]
    ranking = assess(read_mapping(tables(one, on, signs, named), name_of(one), k), k, use="numba", next_too=False)
    found = palpate(k, one, ranking, may.barred, may.barred_points, may.discomfort)
    case = read_mapping(tables(one, on, (*signs, *found), named), name_of(one), k)
    ranking = assess(case, k, use="numba", next_too=False)
    clearance = screen(case, k, on, ranking=ranking)
    may = opened(clearance, k, on)
    if may.withheld:
        return Visit(one, case, clearance, ranking, None, may.withheld, measured)
    plan = _plan(k, case, ranking, clearance, on, technique, minutes)
    why = "" if plan is not None else "no place was found that may be worked on"
    return Visit(one, case, clearance, ranking, plan, why, measured)


def muscle_at(k: Knowledge, place: str) -> str:
    """The muscle with its side of a place of a plan, as the truth names it; empty for a place that is no point."""
    point, _, side = place.partition("@")
    return f"{k.points[point].muscle}@{side}" if point in k.points else ""


def palpate(
    k: Knowledge,
    one: Life,
    ranking: Ranking,
    barred: frozenset[str],
    barred_points: frozenset[str],
    most: float = USUAL,
) -> tuple[dict[str, Any], ...]:
    """What the finger finds at the likeliest point of each of the likeliest muscles that may be pressed."""
    found: dict[str, dict[str, Any]] = {}
    for ranked in ranking.points:
        muscle = muscle_at(k, ranked.id)
        if muscle in found or ranked.region in barred or ranked.id in barred_points:
            continue
        found[muscle] = felt(one, muscle, ranked.id, ranked.region.partition("@")[0], most)
        if len(found) == LOOKED:
            break
    return tuple(found.values())


def felt(one: Life, muscle: str, point: str, region: str, most: float = USUAL) -> dict[str, Any]:
    """One place under the looking finger, in the client's manner, with the signs that a hand may miss.

    Tenderness is what the usual push sends there. For the familiar pain the finger rises further, up to the discomfort that today's clearance
    allows (`most`, 0-10) or the hardest push of a finger, and tells it where that hurt.
    """
    rng = one.rng("palpation", muscle)
    c = under(one.place(muscle, region), FINGER_CM2)
    s = resting(c[None])[0]
    usual, hardest = middle("operator.palpates"), middle("operator.palpates_most")
    risen = min(hardest, max(usual, bearing(s, c, most)))
    noise = one.manner.offset + one.manner.noise * float(rng.standard_normal())

    def told(force: float) -> int:
        pain = sent(s, c, KPA * force / FINGER_CM2 * c[B_NODULE])
        return min(10, max(0, round(pain * one.manner.says + noise)))

    holds = one.holds(muscle)
    recognised = rng.random() < middle("operator.recognised" if holds == "active" else "operator.mistaken")
    familiar = bool(recognised and told(risen) >= HURTS)
    band = rng.random() < (middle("operator.band") if holds else middle("operator.mistaken"))
    return {
        "point": point,
        "tenderness": max(told(usual), int(familiar)),  # what hurts beyond the usual push is a little tender
        "familiar_pain": familiar,
        "taut_band": bool(band),
    }


def _plan(
    k: Knowledge, case: Case, ranking: Ranking, clearance: Clearance, on: date, technique: str, minutes: float
) -> Plan | None:
    """The proposed plan, or the found places with one technique; None when nothing is in it."""
    if not technique:
        plan, _ = propose(ranking, case, clearance, k, on, minutes=minutes)
        return plan if any(a.verb in ON_POINTS for a in plan.applications) else None
    ground = Ground(clearance, k, ())
    wishes = []
    for candidate in candidates(ranking, case, k)[0]:
        wish = Wish(place=candidate.place, technique=technique, contact="", use=candidate.use, why=candidate.why)
        chosen = choose(ground, wish)
        if isinstance(chosen, Choice):
            wishes.append(replace(chosen.wish, use=candidate.use))
    if not wishes:
        return None
    plan = admit(clearance, wishes, k, on, minutes=minutes)
    return plan if plan.applications else None
