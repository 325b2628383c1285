"""How a place can be reached: on which side the client lies, or whether they sit."""

from __future__ import annotations

import re

from unknot.knowledge.load import Knowledge

WORDS = (
    ("prone", r"\b(prone|face down)"),
    ("supine", r"\b(supine|face up|on the back)"),
    ("side", r"\b(side lying|lying on the \w+ side|on the (other|same) side)"),
    ("sitting", r"\b(sitting|seated)"),
)
SEEN = (
    ("supine", ("front", "palm", "top")),
    ("prone", ("back", "sole")),
    ("side", ("left", "right", "inner", "outer")),
)


def lies_of(place: str, k: Knowledge) -> tuple[str, ...]:
    """The ways to lie in which a trigger point or a site can be reached, the best first."""
    ident = place.partition("@")[0]
    if ident in k.points:
        told = k.points[ident].position
        found = [(m.start(), lie) for lie, words in WORDS if (m := re.search(words, told))]
        if found:
            return tuple(lie for _, lie in sorted(found))
        ident = k.points[ident].region
    views = [view.rpartition(".")[2] for view in k.regions[ident].views]
    return tuple(lie for lie, names in SEEN if any(view in names for view in views)) or ("sitting",)
