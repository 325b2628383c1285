"""The ranking of a stored drawing, worked out once for as long as nothing of it changes: several pages of a visit ask for it.

What leads in it is kept beside the drawing, for the note that is opened weeks later.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from unknot.assess.rank import assess
from unknot.assess.solve import Use
from unknot.case.model import Case
from unknot.case.ranking import Ranking
from unknot.knowledge.load import Knowledge
from unknot.record.derived import RANKING, keep, kept
from unknot.record.drawn import under_of
from unknot.record.store import Store
from unknot.words import in_english

MOST = 256
MOST_POINTS = 10
_LOCK = threading.Lock()
_KEPT: OrderedDict[Any, Ranking] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Leading:
    """What stands first in a ranking."""

    points: tuple[str, ...]
    """Ids of the points, the likeliest first."""
    beside: tuple[str, ...]
    """Names of what is not muscle and passes its threshold."""
    unexplained: tuple[str, ...]
    """Sites that nothing explains."""


def leading(store: Store, visit: str, version: int, case: Case, k: Knowledge) -> Leading:
    """What leads in the ranking of the drawing of a visit, `case` being its version `version`."""
    found = kept(store, RANKING, {visit: version}, under_of(k))
    if visit in found:
        read: Leading = form().validate_json(found[visit])
        return read
    whole = ranking_of(case, k)
    beside = tuple(o.name for o in whole.other if o.on_top)
    new = Leading(tuple(p.id for p in whole.points[:MOST_POINTS]), beside, whole.unexplained)
    keep(store, RANKING, {visit: (version, form().dump_json(new).decode())}, under_of(k))
    return new


@lru_cache(maxsize=1)
def form() -> Any:
    """How it is written and read; it takes a moment to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(Leading)


def ranking_of(case: Case, k: Knowledge, use: Use = "numpy") -> Ranking:
    """The ranking without what to press next. Two cases that tell the same have the same one."""
    key = (repr(case), k.version, use)
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    with in_english():
        found = assess(case, k, use=use, next_too=False)
    with _LOCK:
        _KEPT[key] = found
        while len(_KEPT) > MOST:
            _KEPT.popitem(last=False)
    return found
