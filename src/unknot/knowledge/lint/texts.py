"""Texts say something of their own: landmarks are unique and long enough to follow, doubts are told, nothing promises too much."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from unknot.knowledge.lint import Material

FORBIDDEN = re.compile(r"\b(detox\w*|toxins?|flush\w*|cures?|heals?|guarantee\w*)\b", re.IGNORECASE)
CONFIRMED = "two sources"


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    landmarks: dict[str, list[str]] = defaultdict(list)
    for point in k.points.values():
        landmarks[point.find.strip().lower()].append(point.id)
        if len(point.find) < 40:
            yield point.id, "the landmark text is too short for a hand to follow"
        if point.confirmed != CONFIRMED and not point.doubt:
            yield point.id, f"confirmed is {point.confirmed!r}: say in `doubt` what could not be confirmed"
        if point.confirmed == CONFIRMED and len(point.sources) < 2:
            yield point.id, "confirmed by two sources, but names fewer"
        yield from _promises(point.id, f"{point.find} {point.doubt}")
    for same in landmarks.values():
        yield from ((ident, f"shares its landmark text with {same[0]}") for ident in same[1:])
    for muscle in k.muscles.values():
        if len(muscle.sources) < 2:
            yield muscle.id, "anatomy needs two sources"
        yield from _promises(muscle.id, f"{muscle.action} {' '.join(muscle.risk)}")
    for cause in k.causes().values():
        if len(cause.advice) < 20:
            yield cause.id, "the advice is too short to act on"
        yield from _promises(cause.id, f"{cause.advice} {cause.makes_likely}")


def _promises(ident: str, text: str) -> Iterator[tuple[str, str]]:
    for word in FORBIDDEN.findall(text):
        yield ident, f"says {word!r}, which the evidence does not carry"
