"""How fast screening is on random histories, whether the same history gives the same bytes, and whom it sends to a physician."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from unknot.assess.rank import assess
from unknot.bench.published import as_case
from unknot.case.intake import Answer, Intake
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge
from unknot.record.store import as_json
from unknot.screen.about import About
from unknot.screen.case import screen
from unknot.screen.clear import clear, sites_under
from unknot.screen.questions import DAILY
from unknot.screen.show import as_dict

DAY = date(2026, 1, 1)
SENT = ("refer", "emergency", "approval")
"""Outcomes that send somebody to a physician first."""
AGAIN = 200
"""Every so many histories are screened twice, to compare the bytes."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Times of one clearance [ms], the share of each outcome, and histories whose second clearance differed."""

    histories: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    outcomes: dict[str, int]
    differed: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A published case, whether a physician should see it, what screening says, and the rules that say so."""

    case: str
    should: bool
    outcome: str
    rules: tuple[str, ...]


def history(k: Knowledge, chance: random.Random) -> tuple[Intake, About]:
    """Any history at all: up to eight answers that are not no, up to six sites, up to three symptoms."""
    told: dict[str, Answer] = {
        q: chance.choice(("yes", "yes", "no", "unknown"))
        for q in chance.sample(sorted(k.questions), chance.randint(0, 8))
    }
    sites = frozenset(chance.sample(sites_under(k, "*"), chance.randint(0, 6)))
    symptoms = frozenset(chance.sample(sorted(k.symptoms), chance.randint(0, 3)))
    daily = {q: a for q, a in told.items() if k.questions[q].group in DAILY}
    intake = Intake(
        answers={q: a for q, a in told.items() if q not in daily}, today=daily, asked=True, today_asked=True,
        consents=dict.fromkeys(k.consent_areas, "yes"), came_before=True,
    )  # fmt: skip
    return intake, About(
        age=chance.choice((None, 8.0, 34.0, 52.0, 71.0, 88.0)),
        sex=chance.choice((None, "female", "male")),
        sites=sites,
        symptoms=symptoms,
    )


def speed(k: Knowledge, histories: int, seed: int) -> Speed:
    """Screen so many random histories, one after the other; nothing is kept between them but the rules themselves."""
    chance = random.Random(seed)
    times: list[float] = []
    outcomes: Counter[str] = Counter()
    differed = 0
    clear(*history(k, random.Random(0)), k, DAY)  # the rules are put in order once a process
    for number in range(histories):
        intake, of = history(k, chance)
        start = time.perf_counter()
        clearance = clear(intake, of, k, DAY)
        times.append(1000 * (time.perf_counter() - start))
        outcomes[clearance.outcome] += 1
        if number % AGAIN == 0:
            again = clear(intake, of, k, DAY)
            differed += as_json(as_dict("", clearance)) != as_json(as_dict("", again))
    times.sort()
    return Speed(
        histories,
        times[len(times) // 2],
        times[int(0.95 * len(times))],
        times[-1],
        dict(sorted(outcomes.items())),
        differed,
    )


def published(path: Path, k: Knowledge) -> list[Sent]:
    """Each published case with all that its report tells; questions that were not asked count as no."""
    found = []
    for told in json.loads(path.read_text(encoding="utf-8")):
        case = read_mapping(as_case(told), told["id"], k)
        case = replace(case, intake=replace(case.intake, asked=True, today_asked=True))
        ranking = assess(case, k, use="numba", next_too=False)
        clearance = screen(case, k, DAY, ranking=ranking)
        rules = tuple(r.rule for r in clearance.reasons if r.outcome in SENT)
        found.append(Sent(told["id"], bool(told["refer_out"]), clearance.outcome, rules))
    return found
