"""The sessions of visits, folded once: what has been stored never changes, so that a fold holds for as long as its stream has not grown.

The fold of a session that is over is kept beside its facts, so that the next program need not read them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from unknot.case.plan import Application, Plan
from unknot.case.plan_mapping import plan_of
from unknot.record.derived import SESSION, keep, kept
from unknot.record.sessions import KIND, stream_of
from unknot.record.store import Fact, Store
from unknot.record.went import Went, went
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
    clear_change: float
    store: Store

    @property
    def applications(self) -> Mapping[str, Application]:
        """The pieces of work of its plan and of those that came in its middle, by id; none when it was erased meanwhile."""
        revised = any(told.kind == "revise" for told in self.found.told)
        return _applications(self.store, self.id, self.last, revised)

    @property
    def lines(self) -> Timeline:
        """The session as a timeline, worked out where it is drawn."""
        return _lines(self.store, self.id, self.last)

    def went(self, place: Place) -> Went:
        """How a place went, by what the plan of the session calls clear."""
        return went(self.found, place, self.clear_change)

    @property
    def places(self) -> Iterator[Went]:
        """How each place went."""
        return map(self.went, self.found.places)

    def on_ms(self, place: Place) -> int:
        """The pressure on a place as the ledger counts it; of strokes that only glide, and of stretches, how long the hand was on [ms]."""
        return place.pressed_ms or sum(t.pressed_ms for t in self.found.takings if t.place == place.place)


def sessions_in(facts: Sequence[Fact]) -> list[str]:
    """The ids of the sessions that the facts of a visit begin, in order."""
    return [str(f.body["session"]) for f in facts if f.kind == "session_begun"]


def sittings_of(store: Store, facts: Sequence[Fact]) -> tuple[Sitting, ...]:
    """The sessions of a visit at which anything happened, in order."""
    idents = sessions_in(facts)
    found = folded(store, idents)
    return tuple(found[ident] for ident in idents if ident in found)


def folded(store: Store, idents: Sequence[str]) -> dict[str, Sitting]:
    """Sessions at which anything happened, by id: one query for how far they have grown, one more for all that are not in memory, and a few for those that were never folded."""
    grown = store.lasts([stream_of(ident) for ident in idents])
    wanted = {i: (store, i, grown[stream_of(i)]) for i in idents if stream_of(i) in grown}
    with _LOCK:
        found = {ident: _KEPT[key] for ident, key in wanted.items() if key in _KEPT}
        for ident in found:
            _KEPT.move_to_end(wanted[ident])
    new = {ident: last for ident, (_, _, last) in wanted.items() if ident not in found}
    for ident, sitting in _folded_now(store, new).items():
        found[ident] = sitting
        with _LOCK:
            _KEPT[store, ident, sitting.last] = sitting
            while len(_KEPT) > MOST:
                _KEPT.popitem(last=False)
    return {ident: found[ident] for ident in wanted if ident in found}


def _folded_now(store: Store, grown: Mapping[str, int]) -> dict[str, Sitting]:
    """Sessions by how far they have grown: those that are kept as they stand, the others read and folded. A session whose document is gone was erased meanwhile."""
    found = {ident: _read(store, ident, body) for ident, body in kept(store, SESSION, grown).items()}
    documents = store.some(KIND, [ident for ident in grown if ident not in found])
    facts = store.facts_of([stream_of(ident) for ident in documents])
    new = {
        ident: _sitting(store, ident, plan_of(one.body["plan"]), facts[stream_of(ident)])
        for ident, one in documents.items()
        if facts[stream_of(ident)]
    }
    keep(store, SESSION, {ident: (one.last, _written(one)) for ident, one in new.items() if one.over})
    return found | new


def _sitting(store: Store, ident: str, plan: Plan, stored: Sequence[Fact]) -> Sitting:
    begun, ended = (datetime.fromisoformat(f.at).astimezone() for f in (stored[0], stored[-1]))
    found = summarise(plan, [fact_of(f.body) for f in stored])
    return Sitting(ident, begun, ended, found.ended, stored[-1].sequence, found, plan.manner.clear_change, store)


@lru_cache(maxsize=1)
def form() -> Any:
    """How a fold is written and read; it takes a moment to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[datetime, datetime, int, float, Summary])


def _written(one: Sitting) -> str:
    text: str = form().dump_json((one.begun, one.ended, one.last, one.clear_change, one.found)).decode()
    return text


def _read(store: Store, ident: str, body: str) -> Sitting:
    begun, ended, last, clear_change, found = form().validate_json(body)
    return Sitting(ident, begun.astimezone(), ended.astimezone(), found.ended, last, found, clear_change, store)


@lru_cache(maxsize=512)
def _applications(store: Store, ident: str, last: int, revised: bool) -> Mapping[str, Application]:
    """`last` is how far the session had grown."""
    document = store.some(KIND, [ident]).get(ident)
    if document is None:
        return {}
    facts = store.facts(stream_of(ident), kind="revise", until=last) if revised else ()
    plans = (plan_of(document.body["plan"]), *_revised([fact_of(f.body) for f in facts]))
    return {a.id: a for plan in plans for a in plan.applications}


@lru_cache(maxsize=256)
def _lines(store: Store, ident: str, last: int) -> Timeline:
    """The timeline of a session as far as its fact `last`."""
    plan = plan_of(store.some(KIND, [ident])[ident].body["plan"])
    return timeline(plan, [fact_of(f.body) for f in store.facts(stream_of(ident))[:last]])


def _revised(facts: Sequence[Happened]) -> list[Plan]:
    """Plans that came in the middle of a session."""
    return [plan_of(f.body["data"]) for f in facts if f.kind == "revise"]
