"""The sessions of visits, folded once: what has been stored never changes, so that a fold holds for as long as its stream has not grown."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import plan_of
from unknot.record.sessions import KIND, stream_of
from unknot.record.store import Fact, Store
from unknot.treat.fact import Fact as Happened
from unknot.treat.fact import fact_of
from unknot.treat.summary import Place, Summary, summarise
from unknot.treat.timeline import Timeline, timeline

MOST = 2048
"""Folds that are kept, some tens of megabytes; those not asked for the longest go first."""
_LOCK = threading.Lock()
_KEPT: OrderedDict[tuple[Store, str, int], Sitting] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of a visit, from its first fact to its last."""

    id: str
    begun: datetime
    """When its first fact was stored."""
    ended: datetime
    """When its last fact was stored."""
    over: bool
    last: int
    """The sequence of its last fact."""
    found: Summary
    applications: Mapping[str, Application]
    clear_change: float
    store: Store

    @property
    def lines(self) -> Timeline:
        """The session as a timeline, worked out where it is drawn."""
        return _lines(self.store, self.id, self.last)

    def change(self, place: Place) -> str:
        """clear, same, worse or not_compared: less or more only when it is clear."""
        if place.before is None or place.after is None:
            return "not_compared"
        less = place.before - place.after
        return "clear" if less >= self.clear_change else "worse" if less <= -self.clear_change else "same"


def sessions_in(facts: Sequence[Fact]) -> list[str]:
    """The ids of the sessions that the facts of a visit begin, in order."""
    return [str(f.body["session"]) for f in facts if f.kind == "session_begun"]


def sittings_of(store: Store, facts: Sequence[Fact]) -> tuple[Sitting, ...]:
    """The sessions of a visit at which anything happened, in order."""
    idents = sessions_in(facts)
    found = folded(store, idents)
    return tuple(found[ident] for ident in idents if ident in found)


def folded(store: Store, idents: Sequence[str]) -> dict[str, Sitting]:
    """Sessions at which anything happened, by id: one query for how far they have grown, two more for all that are not folded yet."""
    grown = store.lasts([stream_of(ident) for ident in idents])
    wanted = {i: (store, i, grown[stream_of(i)]) for i in idents if stream_of(i) in grown}
    with _LOCK:
        found = {ident: _KEPT[key] for ident, key in wanted.items() if key in _KEPT}
        for ident in found:
            _KEPT.move_to_end(wanted[ident])
    new = [ident for ident in wanted if ident not in found]
    for ident, sitting in _folded_now(store, new).items():
        found[ident] = sitting
        with _LOCK:
            _KEPT[store, ident, sitting.last] = sitting
            while len(_KEPT) > MOST:
                _KEPT.popitem(last=False)
    return {ident: found[ident] for ident in wanted if ident in found}


def _folded_now(store: Store, idents: Sequence[str]) -> dict[str, Sitting]:
    """Read and folded. A session whose document is gone was erased meanwhile."""
    kept = store.some(KIND, idents)
    facts = store.facts_of([stream_of(ident) for ident in kept])
    return {
        ident: _sitting(store, ident, plan_of(one.body["plan"]), facts[stream_of(ident)])
        for ident, one in kept.items()
        if facts[stream_of(ident)]
    }


def _sitting(store: Store, ident: str, plan: Plan, stored: Sequence[Fact]) -> Sitting:
    facts = [fact_of(f.body) for f in stored]
    begun, ended = (datetime.fromisoformat(f.at).astimezone() for f in (stored[0], stored[-1]))
    found = summarise(plan, facts)
    applications = {a.id: a for one in (plan, *_revised(facts)) for a in one.applications}
    last, clear_change = stored[-1].sequence, plan.manner.clear_change
    return Sitting(ident, begun, ended, found.ended, last, found, applications, clear_change, store)


@lru_cache(maxsize=256)
def _lines(store: Store, ident: str, last: int) -> Timeline:
    """The timeline of a session as far as its fact `last`."""
    plan = plan_of(store.some(KIND, [ident])[ident].body["plan"])
    return timeline(plan, [fact_of(f.body) for f in store.facts(stream_of(ident))[:last]])


def _revised(facts: Sequence[Happened]) -> list[Plan]:
    """Plans that came in the middle of a session."""
    return [plan_of(f.body["data"]) for f in facts if f.kind == "revise"]
