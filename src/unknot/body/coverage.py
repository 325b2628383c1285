"""Strokes to coverage: which share of each site is coloured, how strongly, and with what quality.

A stroke covers the pixels whose centres lie within half its width of its line; later strokes lie over earlier ones, an eraser clears what
is under it. All in whole numbers (twice the units, so that centres are whole): the browser finds the same pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unknot.body.atlas import Atlas, atlas
from unknot.case.model import Case, Pain, Stroke
from unknot.errors import CaseError, Problem

LEAST = 0.04
"""Share of a site below which colour on it counts as a slip of the pencil, unless it is where a stroke mainly lies."""
TENTH = 0.1
"""Share of a site's colour that an intensity or a quality must cover to count for the site."""
AT_ONCE = 400_000
"""Pixels of boxes around segments that are worked on together; bounds the memory."""
SMALL = 72
"""Side of a line's box up to which no square of a product of two lengths, in twice the units, passes 32 bits: 64 x 72^4 < 2^31."""
Ink = NDArray[np.int32]
Places = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class _Patch:
    """What the strokes of one figure and view left on one site."""

    coverage: float
    pixels: int
    by_stroke: dict[int, int]


def drawn(strokes: tuple[Stroke, ...], of: Atlas | None = None) -> tuple[Pain, ...]:
    """The coloured sites of a drawing, in the order of the atlas' sites."""
    return _drawn(strokes, of or atlas())


@lru_cache(maxsize=512)
def _drawn(strokes: tuple[Stroke, ...], of: Atlas) -> tuple[Pain, ...]:
    patches: dict[str, list[_Patch]] = defaultdict(list)
    chief: set[str] = set()
    by_view: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, stroke in enumerate(strokes):
        by_view[stroke.figure, stroke.view].append(number)
    for (figure, view), numbers in by_view.items():
        _view(of, figure, view, {n: strokes[n] for n in numbers}, patches, chief)
    found = []
    for site, many in patches.items():
        best = max(many, key=lambda patch: (patch.coverage, patch.pixels))
        if best.coverage >= LEAST or site in chief:
            found.append(_pain(site, best, strokes))
    return tuple(sorted(found, key=lambda pain: pain.site))


def _view(
    of: Atlas,
    figure: str,
    view: str,
    strokes: dict[int, Stroke],
    patches: dict[str, list[_Patch]],
    chief: set[str],
) -> None:
    """Add what the strokes of one view left on each site, and on which site each stroke mainly lies."""
    sheet = of.sheet(figure, view)
    box = within(strokes, *sheet.labels.shape)
    ink, labels = inked(strokes, box), sheet.labels[box]
    painted = (ink >= 0) & (labels >= 0)
    if not painted.any():
        return
    count = max(strokes) + 1
    pairs = labels[painted].astype(np.int64) * count + ink[painted]
    keys, pixels = np.unique(pairs, return_counts=True)
    table: dict[int, dict[int, int]] = defaultdict(dict)
    mainly: dict[int, tuple[int, int]] = {}
    for key, n in zip(keys.tolist(), pixels.tolist(), strict=True):
        site, stroke = divmod(key, count)
        table[site][stroke] = n
        mainly[stroke] = max(mainly.get(stroke, (0, 0)), (n, -site))
    chief |= {sheet.sites[-site] for _, site in mainly.values()}
    largest = of.largest_mm2(figure)
    for site, by_stroke in table.items():
        name, total = sheet.sites[site], sum(by_stroke.values())
        whole = max(float(sheet.area[site]) * sheet.mm**2, largest[name] / 2)
        patches[name].append(_Patch(min(1.0, total * sheet.mm**2 / whole), total, by_stroke))


def within(strokes: dict[int, Stroke], height: int, width: int) -> tuple[slice, slice]:
    """The part `[y, x]` of a view outside of which none of some strokes colours anything: mostly a small one."""
    low, high = [height, width], [0, 0]
    for stroke in strokes.values():
        reach = (stroke.width + 1) // 2 + 1
        for axis, places in enumerate(((y for _, y in stroke.points), (x for x, _ in stroke.points))):
            some = list(places)
            low[axis], high[axis] = min(low[axis], min(some) - reach), max(high[axis], max(some) + reach)
    part = [[min(max(0, at), most) for at in (low[axis], high[axis])] for axis, most in enumerate((height, width))]
    return slice(*part[0]), slice(*part[1])


def inked(strokes: dict[int, Stroke], box: tuple[slice, slice]) -> Ink:
    """The number of the stroke that lies on top at each pixel of a part `[y, x]` of a view; -1 where there is none."""
    corner = np.array([box[1].start, box[0].start], dtype=np.int64)
    ink = np.full((box[0].stop - box[0].start, box[1].stop - box[1].start), -1, dtype=np.int32)
    for number, stroke in strokes.items():
        points = np.array(stroke.points, dtype=np.int64) - corner
        ends: Places = points[1:] if len(points) > 1 else points
        starts: Places = points[: len(ends)]
        reach = (stroke.width + 1) // 2 + 1
        size = int(np.abs(ends - starts).max() + 2 * reach)
        if size <= SMALL:
            starts, ends = starts.astype(np.int32), ends.astype(np.int32)
        for first in range(0, len(ends), max(1, AT_ONCE // size**2)):
            some = slice(first, first + max(1, AT_ONCE // size**2))
            value = -1 if stroke.erase else number
            _segments(ink, starts[some], ends[some], stroke.width, value)
    return ink


def _segments(ink: Ink, a: Places, b: Places, width: int, value: int) -> None:
    """Colour the pixels within half a width of the lines from a to b `[n, 2]`. All is counted from the corner of each line's box, so that numbers stay small."""
    reach = (width + 1) // 2 + 1
    corner, size = np.minimum(a, b) - reach, np.abs(b - a).max(axis=0) + 2 * reach
    x, y = np.arange(size[0], dtype=a.dtype), np.arange(size[1], dtype=a.dtype)
    across = (2 * (corner - a)[:, 0, None] + 1 + 2 * x)[:, None, :]
    down = (2 * (corner - a)[:, 1, None] + 1 + 2 * y)[:, :, None]
    dx, dy = (2 * (b - a).T)[:, :, None, None]
    long, disc = dx * dx + dy * dy, width * width
    along = across * dx + down * dy
    near = np.where(along > 0, (across * dy - down * dx) ** 2 <= disc * long, across * across + down * down <= disc)
    past = (along >= long) & (long > 0)
    near = np.where(past, (across - dx) ** 2 + (down - dy) ** 2 <= disc, near)
    n, row, column = np.nonzero(near)
    row, column = row + corner[n, 1], column + corner[n, 0]
    inside = (row >= 0) & (column >= 0) & (row < ink.shape[0]) & (column < ink.shape[1])
    ink[row[inside], column[inside]] = value


def _pain(site: str, patch: _Patch, strokes: tuple[Stroke, ...]) -> Pain:
    """One coloured site: the highest intensity and all qualities that cover at least a tenth of its colour."""
    shares: dict[float, int] = defaultdict(int)
    words: dict[str, int] = defaultdict(int)
    deep = 0
    for number, pixels in patch.by_stroke.items():
        stroke = strokes[number]
        if stroke.intensity is not None:
            shares[stroke.intensity] += pixels
        for word in stroke.quality:
            words[word] += pixels
        deep += pixels if stroke.deep else 0
    enough = TENTH * patch.pixels
    strong = [level for level, pixels in shares.items() if pixels >= enough]
    quality = tuple(sorted(word for word, pixels in words.items() if pixels >= enough))
    return Pain(site, max(strong, default=None), quality, patch.coverage, deep >= enough and deep > 0)


def with_drawing(case: Case, coloured: Sequence[Pain] | None = None) -> Case:
    """The case with the coloured sites of its drawing among its pains: of a site that is also named, the stronger counts.

    `coloured`: the sites that its strokes colour, where they are known already.
    Raises CaseError when nothing of the drawing lies on the body and nothing else is named.
    """
    if not case.strokes:
        return case
    found = together(case.pains, drawn(case.strokes) if coloured is None else coloured)
    if not found:
        rubbed = drawn(tuple(stroke for stroke in case.strokes if not stroke.erase))
        given = "all of the drawing was erased" if rubbed else "the drawing lies beside the body"
        problem = Problem("no_pain", "stroke", given, "a stroke on the body, or a [[pain]]", "draw where it hurts")
        raise CaseError([problem], f"{case.name}: nothing was ranked")
    return replace(case, pains=found, strokes=())


def together(named: Sequence[Pain], coloured: Sequence[Pain]) -> tuple[Pain, ...]:
    """The sites that are named and those that are coloured; of one that is both, the stronger counts."""
    found = {pain.site: pain for pain in named}
    for pain in coloured:
        found[pain.site] = joined(found[pain.site], pain) if pain.site in found else pain
    return tuple(found.values())


def joined(a: Pain, b: Pain) -> Pain:
    """Two tellings of one site as one."""
    levels = [level for level in (a.intensity, b.intensity) if level is not None]
    quality = tuple(dict.fromkeys((*a.quality, *b.quality)))
    return Pain(a.site, max(levels, default=None), quality, max(a.coverage, b.coverage), a.deep or b.deep)
