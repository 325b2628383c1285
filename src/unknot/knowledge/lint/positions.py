"""How the client lies for a point: the ids agree with the words, the best way first, none twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unknot.knowledge.lint import Material

WORDS = {
    "prone": r"\bprone\b|face down",
    "supine": r"\bsupine\b|face up|on the back\b|lying with the foot",
    "side": r"side lying|on the (?:same|other|painful) side",
    "sitting": r"\bsitting\b|\bseated\b",
}
"""How a position begins in the texts."""


def check(material: Material) -> Iterator[tuple[str, str]]:
    for point in material.knowledge.points.values():
        told = lies_in(point.position)
        if not told:
            yield (
                point.id,
                "the position does not say how the client lies; begin with face down, face up, side lying or sitting",
            )
        if len(set(point.lie)) != len(point.lie):
            yield point.id, f"lie names one way twice: {', '.join(point.lie)}"
        if list(point.lie[: len(told)]) != told:
            yield point.id, f"lie is {list(point.lie)}, but the position reads {told}; what the words say comes first"


def lies_in(position: str) -> list[str]:
    """The ways of lying that a position names, in its order."""
    found = [(match.start(), lie) for lie, words in WORDS.items() if (match := re.search(words, position))]
    return [lie for _, lie in sorted(found)]
