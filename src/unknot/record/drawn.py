"""What a stored drawing colours, worked out once for each version of it and kept beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from unknot.body.atlas import atlas
from unknot.body.coverage import drawn
from unknot.body.extent import centres
from unknot.case.model import Pain
from unknot.case.nothing import said_nothing
from unknot.case.read import read_mapping
from unknot.errors import CaseError
from unknot.knowledge.load import Knowledge
from unknot.record.derived import DRAWING, keep, kept
from unknot.record.store import Store


@dataclass(frozen=True, slots=True)
class Coloured:
    """The drawing of a visit in figures."""

    lines: int
    """How many strokes there are; 0 where nothing was drawn, or where it can no longer be read."""
    pains: tuple[Pain, ...]
    """The sites that the strokes colour."""
    centres: tuple[tuple[str, str, float, float], ...]
    """(figure, view, x, y): the middle of what is coloured there [units of the view]."""
    nothing: bool = False
    """Whether somebody said that nothing hurts: a drawing whose extent is 0."""


def coloured(store: Store, visits: Sequence[str], k: Knowledge) -> dict[str, Coloured]:
    """The drawings of those visits that have one: two queries, one more for those that were not worked out since they were last drawn."""
    versions, under = store.versions_of("drawing", visits), under_of(k)
    found = {visit: form().validate_json(body) for visit, body in kept(store, DRAWING, versions, under).items()}
    new = {}
    for visit, document in store.some("drawing", [visit for visit in versions if visit not in found]).items():
        new[visit] = document.version, _worked_out(document.body, k)
    keep(store, DRAWING, {v: (n, form().dump_json(one).decode()) for v, (n, one) in new.items()}, under)
    found |= {visit: one for visit, (_, one) in new.items()}
    return {visit: found[visit] for visit in visits if visit in found}


def under_of(k: Knowledge) -> str:
    """What else has a say in a drawing: the knowledge and the atlas."""
    return f"{k.version} {atlas().version}"


@lru_cache(maxsize=1)
def form() -> Any:
    """How it is written and read; it takes a moment to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(Coloured)


def _worked_out(body: Mapping[str, Any], k: Knowledge) -> Coloured:
    try:
        strokes = read_mapping(body, "visit", k).strokes
    except CaseError:
        strokes = ()
    if not strokes:
        return Coloured(0, (), (), bool(said_nothing(body)))
    middles = tuple((figure, view, x, y) for (figure, view), (x, y) in centres(strokes).items())
    return Coloured(len(strokes), drawn(strokes), middles)
