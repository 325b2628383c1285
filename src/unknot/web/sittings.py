"""The sessions of a visit, for the client's page: those that ended, and one that can be gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unknot.record.folded import folded
from unknot.record.sessions import KIND, Sessions
from unknot.record.store import Store
from unknot.words import join, say

FEW = 3


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session in a line."""

    where: str
    told: str
    ended: bool


def sittings(store: Store, visit: str) -> list[Sitting]:
    """In the order in which they began."""
    sessions, found = Sessions(store), []
    idents = sessions.of_visit(visit)
    folds = folded(store, idents)
    store.some(KIND, idents)
    for ident in idents:
        kept = sessions.kept(ident)
        ended = ident in folds and folds[ident].over
        names = list(dict.fromkeys(a.name for a in kept.plan.applications))
        more = [say("end.more", count=len(names) - FEW)] if len(names) > FEW else []
        at = datetime.fromisoformat(kept.at).astimezone().strftime("%H:%M")
        where = f"/sessions/{ident}/end" if ended else f"/sessions/{ident}"
        found.append(Sitting(where, say("end.sitting", at=at, names=join(names[:FEW] + more)), ended))
    return found
