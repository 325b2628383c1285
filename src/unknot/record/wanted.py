"""What the practitioner wants to do at a visit: wishes in order and the minutes at hand. The plan itself is made anew from them each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from unknot.case.plan import Wish
from unknot.record.store import Store

KIND = "plan"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wishes of a visit; `version` is that of the document, 0 when nothing was kept yet."""

    wishes: tuple[Wish, ...] = ()
    minutes: float | None = None
    version: int = 0


def wanted(store: Store, visit: str) -> Wanted:
    """What was kept for a visit."""
    found = store.get(KIND, visit)
    if found is None:
        return Wanted()
    return Wanted(tuple(Wish(**row) for row in found.body["wishes"]), found.body["minutes"], found.version)


def keep(store: Store, visit: str, wishes: Sequence[Wish], minutes: float | None, over: int) -> int:
    """Keep the wishes as a new version. Raises OvertakenError when somebody else has changed them since."""
    return store.put(KIND, visit, {"wishes": [asdict(w) for w in wishes], "minutes": minutes}, over=over)
