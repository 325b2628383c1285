"""Points that nobody has pressed yet: of one muscle only a few are proposed, and together they get no more pressure than one that was found (house rules)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from unknot.case.plan import Left, Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.candidates import Candidate
from unknot.plan.places import muscle_of, name_of, site_of
from unknot.words import say


def few_unfound(found: Sequence[Candidate], k: Knowledge) -> tuple[tuple[Candidate, ...], tuple[Left, ...]]:
    """The candidates, the most useful first, with no more unpressed points of one muscle than are proposed; and those left out."""
    most = int(k.dose("plan", "unfound_points"))
    count: Counter[str] = Counter()
    kept, left = [], []
    for candidate in found:
        muscle = _muscle(candidate, k)
        count[muscle] += bool(muscle)
        if muscle and count[muscle] > most:
            left.append(_left(candidate, most, k))
        else:
            kept.append(candidate)
    return tuple(kept), tuple(left)


def shares(found: Sequence[Candidate], k: Knowledge) -> dict[str, float]:
    """Unpressed point to the pressure that it gets at most [s], where several share that of their muscle."""
    count = Counter(muscle for c in found if (muscle := _muscle(c, k)))
    most = k.dose("plan", "unfound_s")
    return {c.place: most / count[m] for c in found if (m := _muscle(c, k)) and count[m] > 1}


def _muscle(candidate: Candidate, k: Knowledge) -> str:
    """The muscle and side of a point that nobody pressed; empty for all else."""
    muscle = None if candidate.pressed else muscle_of(candidate.place, k)
    return f"{muscle.id}@{candidate.place.partition('@')[2]}" if muscle is not None else ""


def _left(candidate: Candidate, most: int, k: Knowledge) -> Left:
    muscle = muscle_of(candidate.place, k)
    name = name_of(Wish(place=candidate.place, technique=""), site_of(candidate.place, k) or candidate.place, k)
    why = say("plan.too_many_unfound", count=most, muscle=muscle.name if muscle else "")
    return Left(place=candidate.place, name=name, technique="", why=why, minutes=0.0)
