"""The ranking of a stored drawing, worked out once for as long as nothing of it changes: several pages of a visit ask for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from unknot.assess.rank import assess
from unknot.assess.solve import Use
from unknot.case.model import Case
from unknot.case.ranking import Ranking
from unknot.knowledge.load import Knowledge

MOST = 256
_LOCK = threading.Lock()
_KEPT: OrderedDict[Any, Ranking] = OrderedDict()


def ranking_of(case: Case, k: Knowledge, use: Use = "numpy") -> Ranking:
    """The ranking without what to press next. Two cases that tell the same have the same one."""
    key = (repr(case), k.version, use)
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    found = assess(case, k, use=use, next_too=False)
    with _LOCK:
        _KEPT[key] = found
        while len(_KEPT) > MOST:
            _KEPT.popitem(last=False)
    return found
