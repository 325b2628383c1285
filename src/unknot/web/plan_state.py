"""Where the plan of a visit stands: the wishes that were kept, or the program's proposal, under the clearance and the limits of now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from unknot.case.clearance import Clearance
from unknot.case.model import Case, Client, Complaint, History
from unknot.case.plan import Left, Limit, Plan, Wish
from unknot.case.ranking import Ranking
from unknot.errors import Problem, UnknotError
from unknot.plan.admitted import Ground, admitted
from unknot.plan.gate import PlanError, admit, cleared, ids
from unknot.plan.places import name_of, site_of_wish
from unknot.plan.propose import propose
from unknot.plan.show import as_dict
from unknot.record.ranked import ranking_of
from unknot.record.wanted import Wanted, wanted
from unknot.web.desk import At, Screening
from unknot.web.own import own_limits
from unknot.words import join, say

NOBODY = Case("visit", Client(), (), Complaint(), (), History())
"""Somebody of whom nothing was drawn or told on the map."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A visit at which touch is allowed, with all that a plan is made from."""

    clearance: Clearance
    case: Case
    ranking: Ranking | None
    others: tuple[Limit, ...]
    gone: frozenset[str]
    """Places that are left alone for the rest of the visit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The plan as it stands, with the wishes that it is made of."""

    ready: Ready
    wanted: Wanted
    plan: Plan
    good: tuple[tuple[str, Wish], ...]
    """(application, wish) of what is allowed, in order; what has no time is among them."""
    refused: tuple[tuple[str, Left], ...] = ()
    """(application, why) of what was kept and is not allowed now."""

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What the plan is made of."""
        return tuple(wish for _, wish in self.good)

    @property
    def token(self) -> str:
        """Changes with anything that the page shows of the plan."""
        shown = json.dumps([as_dict(self.plan), self.wanted.version], sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:20]

    @property
    def left(self) -> tuple[Left, ...]:
        """What is not in the plan: for want of time, or as the proposal left it out."""
        planned = {(a.place, a.technique) for a in self.plan.applications}
        rows = [
            row
            for row in (*self.plan.left, *self.wanted.left)
            if (row.place, row.technique) not in planned and not (row.technique == "" and _places(planned, row.place))
        ]
        return tuple({(row.place, row.technique): row for row in reversed(rows)}.values())[::-1]


def _places(planned: Collection[tuple[str, str]], place: str) -> bool:
    return any(p == place for p, _ in planned)


def ready(of: Screening, at: At, gone: Collection[str] = ()) -> Ready:
    """Everything that a plan of today stands on. Raises PlanError without a clearance of today."""
    clearance = cleared(of.clearance(at), of.page.k, of.today())
    case = of.drawing(at)
    drawn = case is not None and bool(case.pains or case.strokes)
    ranking = ranking_of(case, of.page.k, of.page.use) if case is not None and drawn else None
    return Ready(clearance, case or NOBODY, ranking, own_limits(at.desk.store, at.person.id, case), frozenset(gone))


def standing(of: Screening, at: At, gone: Collection[str] = ()) -> Standing:
    """The plan of the visit: of the wishes that were kept, else as proposed. Raises PlanError without a clearance of today."""
    now = wanted(at.desk.store, at.visit.id)
    have = ready(of, at, gone)
    return stands(of, have, now) if now.version else proposed(of, have, now)


def proposed(of: Screening, have: Ready, now: Wanted, minutes: float | None = None) -> Standing:
    """What the program proposes, without places that were left alone."""
    at_hand = minutes if minutes is not None else now.minutes
    k = of.page.k
    plan, wishes = propose(
        have.ranking, have.case, have.clearance, k, of.today(), minutes=at_hand, others=have.others
    )  # fmt: skip
    found = replace(now, wishes=wishes, minutes=plan.at_hand if at_hand is None else at_hand, left=plan.left)
    return stands(of, have, found)


def stands(of: Screening, have: Ready, now: Wanted) -> Standing:
    """The plan of wishes; what is not allowed any more stays a wish and is told with its reasons."""
    k = of.page.k
    ground = Ground(have.clearance, k, have.others)
    good: list[tuple[str, Wish]] = []
    refused: list[tuple[str, Left]] = []
    for ident, wish in zip(ids(now.wishes), now.wishes, strict=True):
        why = say("room.left_alone") if wish.place in have.gone else _why_not(ground, wish)
        if why:
            name = name_of(wish, site_of_wish(wish, k) or wish.place, k)
            refused.append((ident, Left(place=wish.place, name=name, technique=wish.technique, why=why, minutes=0.0)))
        else:
            good.append((ident, wish))
    at_hand = k.dose("plan", "minutes") if now.minutes is None else now.minutes
    wishes = tuple(wish for _, wish in good)
    plan = admit(have.clearance, wishes, k, of.today(), minutes=at_hand, others=have.others)
    plan = _named(plan, dict(zip(ids(wishes), [ident for ident, _ in good], strict=True)))
    return Standing(have, replace(now, minutes=at_hand), plan, tuple(good), tuple(refused))


def _named(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The plan by the ids of all wishes, also where a refused one shifts their numbers."""
    found = tuple(replace(a, id=names[a.id]) for a in plan.applications)
    return replace(plan, applications=found, swaps=tuple((names[ident], contact) for ident, contact in plan.swaps))


def _why_not(ground: Ground, wish: Wish) -> str:
    try:
        made, problems = admitted(ground, wish, "")
    except UnknotError as error:
        made, problems = None, list(error.problems)
    return "" if made is not None else join(list(dict.fromkeys(p.given for p in problems)), "list.and_also")


def startable(of: Screening, at: At, gone: Collection[str], seen: str) -> Standing:
    """What a session begins with: the plan as the page showed it. Raises PlanError when it is empty, or another than was `seen`."""
    now = standing(of, at, gone)
    if seen and seen != now.token:
        raise PlanError([Problem("overtaken", say("plan_page.title"), say("plan_page.overtaken"), "", "")])
    if not now.plan.applications:
        raise PlanError(
            [Problem("empty", say("plan_page.title"), say("plan_page.nothing"), "", say("plan_page.empty_todo"))]
        )
    return now
