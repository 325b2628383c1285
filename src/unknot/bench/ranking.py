"""How well the ranking finds what hurts, in virtual clients whose referral it has not seen: from the drawing, with measures, with findings, press by press, beside a guide."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import numpy as np

from unknot.assess.leanings import of_values
from unknot.assess.press import may_press, next_points
from unknot.assess.rank import Worked, work
from unknot.bench.calibration import all_muscles, equal_error
from unknot.case.clearance import Open
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse.clinic import client as virtual
from unknot.rehearse.clinic import felt, muscle_at, name_of, tables
from unknot.rehearse.measuring import read
from unknot.rehearse.portions import worked
from unknot.rehearse.truth_life import Life
from unknot.screen.case import opened, screen

MOST = 12
"""Presses after which a search is given up."""
LOOKED = 8
"""Presses down the list after which the ranking is asked again: as many as a visit of a rehearsal makes."""
PORTION = 100
"""Clients that a process works out in one go."""
WAYS = ("guide", "list", "next")
"""In which order is pressed: by a guide alone, down the list of the drawing, what the program says next after each finding."""
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Searched:
    """One client: whether an active muscle stands first and among three, and after which press it was confirmed (0: not within `MOST`)."""

    active: bool
    """Whether any muscle that can be felt there is active: the others cannot be found."""
    touched: bool
    """Whether today's clearance lets the finger look."""
    hits: dict[str, tuple[bool, bool]]
    """`guide`, `drawing`, `measured`, `findings` to (first, among three)."""
    presses: dict[str, int]
    told: dict[str, list[tuple[float, bool]]]
    """`drawing`, `measured`, `findings` to each muscle's chance and whether it is active."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A share of clients with its 95 % interval (Wilson)."""

    first: tuple[float, float, float]
    among_three: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Presses:
    """Presses until a right point was confirmed: share within 1, 3, `MOST`; median and mean, a search that was given up counting as `MOST` + 1."""

    within_1: float
    within_3: float
    within_most: float
    median: float
    mean: float


@dataclass(frozen=True, slots=True)
class Found:
    """What came of all clients."""

    clients: int
    with_point: int
    touched: int
    hits: dict[str, Hits]
    presses: dict[str, Presses]
    error: dict[str, float]
    """Expected calibration error of chances from 5 % on, by `drawing`, `measured` and `findings`."""


def search(clients: int, seed: int, workers: int = 1, told: Callable[[int, int], None] | None = None) -> Found:
    """So many clients of a seed; the same for any number of workers."""
    jobs = [(seed, start, min(start + PORTION, clients)) for start in range(0, clients, PORTION)]
    found: dict[int, list[Searched]] = {}
    for n, rows in worked(portion, jobs, workers if clients > 2 * PORTION else 1):
        found[n] = rows
        if told is not None:
            told(sum(map(len, found.values())), clients)
    return summary([one for n in range(len(jobs)) for one in found[n]])


def portion(job: tuple[int, int, int]) -> list[Searched]:
    """Some clients, in whatever process."""
    seed, start, stop = job
    k = knowledge()
    return [searched(k, virtual(k, seed, i)) for i in range(start, stop)]


# ---------------------------------------------------------------- one client


def searched(k: Knowledge, one: Life) -> Searched:
    """One client by every way."""
    first = _worked(k, one, ())
    chances = all_muscles(first, "numba")
    listed = sorted(chances, key=lambda m: -chances[m])
    orders = {"guide": guide(k, one), "list": listed}
    allowed = _open(k, one)
    hits = {"guide": _hit(one, orders["guide"]), "drawing": _hit(one, listed)}
    told = {"drawing": _told(one, chances)}
    presses: dict[str, int] = {}
    if not allowed.withheld:
        presses = {way: _confirmed(k, one, _by_order(k, one, allowed, first, order)) for way, order in orders.items()}
        presses["next"] = _confirmed(k, one, _by_next(k, one, allowed, first))
        hits["measured"], told["measured"] = _rated(
            one, _worked(k, one, *of_values(read(k, one, allowed.barred), k, one.age))
        )
        looked = tuple(islice(_by_order(k, one, allowed, first, listed), LOOKED))
        hits["findings"], told["findings"] = _rated(one, _worked(k, one, looked))
    return Searched(any(m in one.person.active for m in chances), bool(presses), hits, presses, told)


def _rated(one: Life, of: Worked) -> tuple[tuple[bool, bool], list[tuple[float, bool]]]:
    """(whether an active muscle stands first and among three, what is told) of a case that was worked through."""
    chances = all_muscles(of, "numba")
    return _hit(one, sorted(chances, key=lambda m: -chances[m])), _told(one, chances)


def _worked(k: Knowledge, one: Life, findings: Sequence[dict[str, Any]], habits: Sequence[str] = ()) -> Worked:
    """The drawing of a client with what was found and the habits that were observed, worked through."""
    pain = [{"site": site, "intensity": value} for site, value in sorted(one.person.drawn.items())]
    found = {"finding": [dict(f) for f in findings]} if findings else {}
    named = {"complaint": {"habits": [k.habits[h].name for h in habits]}} if habits else {}
    return work(read_mapping({"format": 1, "pain": pain, **found, **named}, name_of(one), k), k, "numba")


def _open(k: Knowledge, one: Life) -> Open:
    """What today's clearance leaves open, as the finger of a visit is told."""
    on = date(2026, 1, 1)
    return opened(screen(read_mapping(tables(one, on), name_of(one), k), k, on), k, on)


def guide(k: Knowledge, one: Life) -> list[str]:
    """Muscles as somebody finds them who looks each painful place up in a guide: those that explain most of the places first, an essential referral before a spillover."""
    score: dict[str, float] = {}
    drawn = one.person.drawn
    for point in k.points.values():
        for side in ("left", "right"):
            hit = 0.0
            for weight, pattern in ((1.0, point.essential), (0.5, point.spillover)):
                hit += weight * len(_sites(k, list(pattern), side) & set(drawn))
            name = f"{point.muscle}@{side}"
            score[name] = max(score.get(name, 0.0), hit)
    found = [m for m in score if score[m] > 0]
    return sorted(found, key=lambda m: (-score[m], m))


def _sites(k: Knowledge, keys: list[str], side: str) -> set[str]:
    """The sites of a referral on the side of its point."""
    found: set[str] = set()
    for key in keys:
        region, _, where = key.partition("@")
        if not k.regions[region].lateral:
            found.add(region)
            continue
        other = "right" if side == "left" else "left"
        sides = {"": (side,), "other": (other,), "both": (side, other)}.get(where, (where,))
        found |= {f"{region}@{s}" for s in sides}
    return found


def _hit(one: Life, order: list[str]) -> tuple[bool, bool]:
    active = one.person.active
    return bool(order) and order[0] in active, any(m in active for m in order[:3])


def _told(one: Life, chances: dict[str, float]) -> list[tuple[float, bool]]:
    return [(chance, muscle in one.person.active) for muscle, chance in chances.items()]


def _by_order(k: Knowledge, one: Life, allowed: Open, first: Worked, order: list[str]) -> Iterator[dict[str, Any]]:
    """Findings one after the other, down a list of muscles; in each its likeliest point that may be pressed."""
    for muscle in order:
        point = _likeliest(k, allowed, first, muscle)
        if point:
            yield felt(one, muscle, point, k.points[point.partition("@")[0]].region, allowed.discomfort)


def _likeliest(k: Knowledge, allowed: Open, of: Worked, muscle: str) -> str:
    """The likeliest point of a muscle that may be pressed; empty where there is none."""
    posterior = of.answer.posterior[0]
    found = [
        (float(posterior[e]), of.net.explanations[e].id)
        for e in of.net.by_muscle.get(muscle, ())
        if may_press(of.net.explanations[e].id, k, allowed)
    ]
    return max(found)[1] if found else ""


def _by_next(k: Knowledge, one: Life, allowed: Open, first: Worked) -> Iterator[dict[str, Any]]:
    """Findings as the program asks for them, each entered before it is asked again; where nothing is in doubt, the likeliest muscle not pressed yet."""
    found: list[dict[str, Any]] = []
    now = first
    while len(found) < MOST:
        pressed = {muscle_at(k, str(f["point"])) for f in found}
        parts = (now.case, now.evidence, now.net, now.problem, now.answer)
        asked = [p for p in next_points(*parts, k, "numba", allowed) if muscle_at(k, p) not in pressed]
        point = asked[0] if asked else _likeliest_left(k, allowed, now, pressed)
        if not point:
            return
        finding = felt(one, muscle_at(k, point), point, k.points[point.partition("@")[0]].region, allowed.discomfort)
        found.append(finding)
        yield finding
        now = _worked(k, one, tuple(found))


def _likeliest_left(k: Knowledge, allowed: Open, now: Worked, pressed: set[str]) -> str:
    posterior = now.answer.posterior[0]
    for e in map(int, np.argsort(-posterior, kind="stable")):
        x = now.net.explanations[e]
        if x.kind == "point" and muscle_at(k, x.id) not in pressed and may_press(x.id, k, allowed):
            return x.id
    return ""


def _confirmed(k: Knowledge, one: Life, findings: Iterator[dict[str, Any]]) -> int:
    """The press at which the familiar pain of an active muscle was found; 0 when it was not within `MOST`."""
    for n, finding in enumerate(findings, 1):
        if n > MOST:
            break
        if finding["familiar_pain"] and muscle_at(k, str(finding["point"])) in one.person.active:
            return n
    return 0


# ---------------------------------------------------------------- all clients


def summary(rows: list[Searched]) -> Found:
    """Shares and middles over clients in whom something can be found."""
    some = [r for r in rows if r.active]
    able = [r for r in some if r.touched]
    hits = {of: Hits(*(_share([r.hits[of][n] for r in some if of in r.hits]) for n in (0, 1))) for of in OF}
    presses = {way: _presses(np.array([r.presses[way] or MOST + 1 for r in able])) for way in WAYS}
    error = {}
    for of in ("drawing", "measured", "findings"):
        told = [pair for r in rows for pair in r.told.get(of, []) if pair[0] >= 0.05]
        error[of] = equal_error(np.array([p for p, _ in told]), np.array([y for _, y in told]))
    return Found(len(rows), len(some), len(able), hits, presses, error)


def _presses(n: np.ndarray) -> Presses:
    one, three, most = (float((n <= presses).mean()) for presses in (1, 3, MOST))
    return Presses(one, three, most, float(np.median(n)), float(n.mean()))


def _share(found: list[bool]) -> tuple[float, float, float]:
    """(share, low, high) by Wilson."""
    n, p = len(found), sum(found) / max(len(found), 1)
    middle, half = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return p, (middle - half) / (1 + Z * Z / n), (middle + half) / (1 + Z * Z / n)


HEADS_OF_HITS = ("an active muscle stands", "first", "among three")
HEADS_OF_PRESSES = ("in which order", "at the first press", "within 3", f"within {MOST}", "median", "mean")
OF = {
    "guide": "looked up in a guide",
    "drawing": "ranked by the drawing",
    "measured": "ranked by the drawing and measures of posture and motion",
    "findings": f"ranked after {LOOKED} presses",
}
IN = {
    "guide": "down the guide's list",
    "list": "down the ranking of the drawing",
    "next": "what to press next, after each finding",
}


def rows_of(found: Found) -> tuple[list[list[str]], list[list[str]]]:
    """The two tables in words: hits, then presses until an active muscle was confirmed."""
    hits = []
    for of, of_this in found.hits.items():
        shares = (of_this.first, of_this.among_three)
        hits.append([OF[of], *(f"{100 * p:.1f} % ({100 * a:.1f} to {100 * b:.1f})" for p, a, b in shares)])
    presses = []
    for way, p in found.presses.items():
        within = (p.within_1, p.within_3, p.within_most)
        presses.append([IN[way], *(f"{100 * s:.1f} %" for s in within), f"{p.median:g}", f"{p.mean:.2f}"])
    return hits, presses


def told_of(found: Found) -> str:
    """Whom the tables count, and the calibration."""
    return (
        f"{found.clients} virtual clients; {found.with_point} have an active muscle that the drawing reaches, {found.touched} of them may be pressed. "
        f"Expected calibration error of chances from 5 % on: {found.error['drawing']:.3f} by the drawing, {found.error['measured']:.3f} with measures, {found.error['findings']:.3f} after the presses."
    )
