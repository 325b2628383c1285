"""How long a stroke along a muscle is, measured on the neutral figure.

Assumed: the client is built like the neutral figure, and the longest piece of a fibre path that one view shows stands for the whole. What runs
towards the eye is shortened and what is hidden is missing, so a length is rather too short than too long: by little on the limbs, by up to a
third where fibres run round the trunk or the shoulder. The views from the side raise the arm, which makes the back of the deltoid too long. The pace
of a stroke is felt, not measured; this is good for its time, not for anatomy.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import dist

from unknot.body.atlas import Spot, atlas
from unknot.knowledge.load import Knowledge

FIGURE = "neutral"


@cache
def fibre_length_mm(k: Knowledge, muscle: str) -> float | None:
    """The length of the longest fibre path of a muscle [mm], None where the map has no path of it. Raises KeyError for an unknown muscle."""
    side = "left" if k.muscles[muscle].lateral else ""
    found = [
        _length(line) * atlas().shape(FIGURE, view).mm
        for view, spec in k.views.items()
        if not spec.mirrors
        for line in atlas().fibres(muscle, side, FIGURE, view)
    ]
    return max(found, default=None)


def _length(line: list[Spot]) -> float:
    return sum(dist(a, b) for a, b in pairwise(line))
