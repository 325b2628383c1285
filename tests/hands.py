"""Sessions on the usual place, as tests of the engine begin them."""

from __future__ import annotations

from typing import Any

from unknot.bench.cases import Room
from unknot.bench.sessions import application, plan
from unknot.case.plan import Application
from unknot.knowledge.load import knowledge

RIGHT, LEFT = "infraspinatus.1@right", "infraspinatus.1@left"
K = knowledge()


def alternating(ident: str = "1", place: str = RIGHT, **told: Any) -> Application:
    return application(K, ident, "alternating_compression", place, **told)


def prolonged(ident: str = "1", place: str = RIGHT, **told: Any) -> Application:
    return application(K, ident, "prolonged_compression", place, **told)


def holding(*applications: Application, rating: float = 5) -> Room:
    """A room in its first hold, at 4 s."""
    room = Room(plan(K, *(applications or (prolonged(),))))
    room.at(1, "next")
    room.at(4, "rate", rating)
    assert room.s.phase == "holding"
    return room
