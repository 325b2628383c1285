"""The reader of drawn strokes: rows of `[[stroke]]` to values, every problem with its place."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unknot.case.model import Stroke
from unknot.errors import shown
from unknot.knowledge.model import View

if TYPE_CHECKING:
    from unknot.case.read import Reader

ATLAS = 1
"""The version of the atlas whose units strokes are written in."""
THINNEST, WIDEST = 2, 120
MOST_POINTS = 2000
MOST_STROKES = 400
"""Strokes that colour; as many again may erase, so that a full drawing can still be mended."""
DRAWN = ("figure", "view", "atlas", "width", "points")
SAID = ("intensity", "quality", "deep")


def read_stroke(reader: Reader, row: Mapping[str, Any], place: str) -> Stroke | None:
    """One stroke, or None after its problems were told."""
    before = len(reader.problems)
    erase = flag(reader, row, "erase", place)
    reader.keys(place, row, (*DRAWN, "erase", *(() if erase else SAID)))
    k = reader.k
    figure = _one_of(reader, row, "figure", place, list(k.figures))
    name = _one_of(reader, row, "view", place, list(k.views))
    version = _whole(reader, row, "atlas", place, ATLAS, ATLAS)
    width = _whole(reader, row, "width", place, THINNEST, WIDEST)
    points = _points(reader, row, place, k.views[name]) if name else ()
    intensity = reader.number(row, "intensity", place, 0, 10)
    if intensity == 0:
        reader.wrong("no_pain", place, "an intensity of 0 is no pain", "above 0 to 10", "erase it, or leave it out")
    quality = reader.quality(reader.texts(row, "quality", place))
    deep = flag(reader, row, "deep", place)
    if len(reader.problems) > before or not (figure and name and version and width):
        return None
    return Stroke(figure, name, width, points, intensity, quality, erase, deep, version)


def flag(reader: Reader, row: Mapping[str, Any], key: str, place: str) -> bool:
    """True or false; false where it is not said."""
    value = row.get(key, False)
    if not isinstance(value, bool):
        reader.wrong("not_yes_no", f"{place}, {key}", shown(value), "true or false", f"write {key} = true or false")
        return False
    return value


def _one_of(reader: Reader, row: Mapping[str, Any], key: str, place: str, known: list[str]) -> str | None:
    value = row.get(key)
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(value, known, n=1) if isinstance(value, str) else []
    todo = f"did you mean {near[0]!r}?" if near else f"write {key} = {known[0]!r}"
    given = f"there is no {key} {shown(value)}" if key in row else f"no {key} is named"
    reader.wrong(f"unknown_{key}", f"{place}, {key}", given, ", ".join(known), todo)
    return None


def _whole(reader: Reader, row: Mapping[str, Any], key: str, place: str, low: int, high: int) -> int | None:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    allowed = f"the whole number {low}" if low == high else f"a whole number from {low} to {high}"
    reader.wrong("not_whole", f"{place}, {key}", shown(value), allowed, f"give {key} such a number")
    return None


def _points(reader: Reader, row: Mapping[str, Any], place: str, view: View) -> tuple[tuple[int, int], ...]:
    value = row.get("points")
    pairs = isinstance(value, list) and all(
        isinstance(p, list) and len(p) == 2 and all(isinstance(n, int) and not isinstance(n, bool) for n in p)
        for p in value
    )
    if not pairs or not value:
        reader.wrong(
            "not_points",
            f"{place}, points",
            shown(value),
            "pairs of whole numbers",
            "write points = [[210, 340], [214, 346]]",
        )
        return ()
    if len(value) > MOST_POINTS:
        reader.wrong("too_many", f"{place}, points", f"{len(value)} of them", f"at most {MOST_POINTS}", "split it")
        return ()
    outside = [p for p in value if not (0 <= p[0] <= view.width and 0 <= p[1] <= view.height)]
    if outside:
        allowed = f"0 to {view.width} across and 0 to {view.height} down in the view {view.id}"
        reader.wrong("off_the_view", f"{place}, points", shown(outside[0]), allowed, "draw inside the view")
        return ()
    return tuple((p[0], p[1]) for p in value)
