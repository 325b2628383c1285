"""What the practitioner wants to do at a visit: wishes in order and the minutes at hand. The plan itself is made anew from them each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from unknot.case.plan import Left, Wish, route_of
from unknot.record.store import Document, Store

KIND = "plan"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wishes of a visit; `version` is that of the document, 0 when nothing was kept yet."""

    wishes: tuple[Wish, ...] = ()
    minutes: float | None = None
    version: int = 0
    left: tuple[Left, ...] = ()
    """What a proposal left out, and why: kept to be looked at."""
    before: int = 0
    """The version that the last change was made to; 0 when there is none to go back to."""
    limits_before: tuple[str, dict[str, float]] | None = None
    """Where the last change was one of limits: whose, and what they were."""


def wanted(store: Store, visit: str) -> Wanted:
    """What was kept for a visit."""
    return _wanted(store.get(KIND, visit))


def keep(
    store: Store,
    visit: str,
    wishes: Sequence[Wish],
    minutes: float | None,
    over: int,
    *,
    left: Sequence[Left] = (),
    before: int | None = None,
    limits_before: tuple[str, dict[str, float]] | None = None,
) -> int:
    """Keep the wishes as a new version. Raises OvertakenError when somebody else has changed them since."""
    body: dict[str, Any] = {
        "wishes": [asdict(w) for w in wishes],
        "minutes": minutes,
        "left": [asdict(row) for row in left],
        "before": over if before is None else before,
    }
    if limits_before is not None:
        body["limits_before"] = {"whose": limits_before[0], "limits": limits_before[1]}
    return store.put(KIND, visit, body, over=over)


def undo(store: Store, visit: str, over: int) -> int:
    """The wishes as they were before the last change, as a new version; `over` when there is nothing to undo."""
    now = _wanted(store.get(KIND, visit))
    if not now.before:
        return over
    then = _wanted(store.get(KIND, visit, now.before))
    return keep(
        store,
        visit,
        then.wishes,
        then.minutes,
        over,
        left=then.left,
        before=then.before,
        limits_before=then.limits_before,
    )


def _wanted(found: Document | None) -> Wanted:
    if found is None:
        return Wanted()
    body = found.body
    wishes = tuple(Wish(**{**row, "path": route_of(row.get("path"))}) for row in body["wishes"])
    left = tuple(Left(**row) for row in body.get("left", ()))
    told = body.get("limits_before")
    limits = (str(told["whose"]), dict(told["limits"])) if told else None
    return Wanted(wishes, body["minutes"], found.version, left, body.get("before", 0), limits)
