"""In which order places are worked on: key before satellite, few turns of the client, superficial before deep, the most tender not first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unknot.knowledge.load import Knowledge
from unknot.plan.places import is_point, muscle_of, site_of

DEPTHS = ("superficial", "middle", "deep")


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to be put in order: the ways to lie in which it can be reached, what it is worth, and how tender it is."""

    place: str
    lies: tuple[str, ...]
    use: float
    tender: float
    likely: bool = True
    """What is neither found nor likely comes last among what is done in one position."""


@dataclass(frozen=True, slots=True)
class Step:
    """A place in its order, with how the client lies and what decided."""

    place: str
    lie: str
    before: tuple[str, ...]
    """Places that it comes before since it is their key."""
    after: tuple[str, ...]
    worst_later: bool
    """It stands first because the most tender place does not."""


def leads(a: str, b: str, k: Knowledge) -> bool:
    """Whether one point is a key of the other, on the same side."""
    first, _, side = a.partition("@")
    second, _, other = b.partition("@")
    if a == b or first not in k.points or second not in k.points or (side and other and side != other):
        return False
    key, satellite = k.points[first], k.points[second]
    named = {key.id, key.muscle} & set(satellite.keys)
    return bool(named) or bool({satellite.id, satellite.muscle} & set(key.satellites))


def must_precede(places: Sequence[str], k: Knowledge) -> dict[str, frozenset[str]]:
    """Place to the places that come before it. Two that are each other's key, straight or by way of others, bind neither."""
    reach = {a: {b for b in places if leads(a, b, k)} for a in places}
    for through in places:
        for a in places:
            if through in reach[a]:
                reach[a] |= reach[through]
    return {b: frozenset(a for a in places if b in reach[a] and a not in reach[b]) for b in places}


def ordered(stops: Sequence[Stop], k: Knowledge) -> tuple[Step, ...]:
    """All stops in order; the order in which they are given does not matter."""
    stops = sorted(stops, key=lambda s: (-s.use, s.place))
    before = _before(stops, k)
    worst = max(stops, key=lambda s: (s.tender, s.use)) if stops else None
    waiting, done = {s.place: s for s in stops}, set[str]()
    found: list[Step] = []
    lie, area = "", ""
    while waiting:
        ready = [s for s in waiting.values() if before[s.place] <= done]
        later = not found and len(ready) > 1 and worst is not None and worst.tender > 0 and _not_first(worst, ready)
        open_now = [s for s in ready if not (later and s is worst)]
        if not any(lie in s.lies for s in open_now):
            of = {p: s for p, s in waiting.items() if not (later and s is worst)}
            lie = _next_lie(of, before, done)
        pool = [s for s in open_now if lie in s.lies]
        stop = min(
            pool, key=lambda s: (not s.likely, area_of(s.place, k) != area, depth_of(s.place, k), -s.use, s.place)
        )
        found.append(_step(stop, lie, before, worst_later=later))
        area = area_of(stop.place, k)
        done.add(stop.place)
        del waiting[stop.place]
    return tuple(found)


def _before(stops: Sequence[Stop], k: Knowledge) -> dict[str, frozenset[str]]:
    """What comes before what: a key that is not likely keeps no likely place waiting."""
    likely = frozenset(s.place for s in stops if s.likely)
    found = must_precede([s.place for s in stops], k)
    return {place: firsts & likely if place in likely else firsts for place, firsts in found.items()}


def _not_first(worst: Stop, ready: Sequence[Stop]) -> bool:
    """Whether the most tender place can wait: something as likely stands beside it."""
    return worst in ready and any(s.likely for s in ready if s is not worst)


def _step(stop: Stop, lie: str, before: Mapping[str, frozenset[str]], *, worst_later: bool) -> Step:
    leading = tuple(sorted(b for b, firsts in before.items() if stop.place in firsts))
    return Step(stop.place, lie, leading, tuple(sorted(before[stop.place])), worst_later)


def _next_lie(waiting: Mapping[str, Stop], before: Mapping[str, frozenset[str]], done: set[str]) -> str:
    """The way to lie in which most can be done before the next turn; of equals the one worth most, then the usual one of the best place."""
    lies = dict.fromkeys(lie for s in waiting.values() for lie in s.lies)
    return max(lies, key=lambda lie: _run(lie, waiting, before, done))


def _run(
    lie: str, waiting: Mapping[str, Stop], before: Mapping[str, frozenset[str]], done: set[str]
) -> tuple[int, int, float, float]:
    now, reached = set(done), [s for s in waiting.values() if lie in s.lies]
    run: list[Stop] = []
    while more := [s for s in reached if s.place not in now and before[s.place] <= now]:
        run += more
        now |= {s.place for s in more}
    return sum(s.likely for s in run), len(run), sum(s.use for s in run), sum(s.lies[0] == lie for s in run)


def area_of(place: str, k: Knowledge) -> str:
    """The body area of a place: its muscle's; that of most muscles which lie in a site, or the site's own first word."""
    muscle = muscle_of(place, k)
    return muscle.area if muscle is not None else _area_of_region((site_of(place, k) or place).partition("@")[0], k)


@lru_cache(maxsize=512)
def _area_of_region(region: str, k: Knowledge) -> str:
    areas = Counter(m.area for m in k.muscles.values() if region in m.lies_in)
    return areas.most_common(1)[0][0] if areas else region.partition(".")[0]


def depth_of(place: str, k: Knowledge) -> int:
    """0 superficial, 1 middle, 2 deep; a site or a spot is superficial."""
    muscle = muscle_of(place, k)
    return DEPTHS.index(muscle.depth) if muscle is not None and is_point(place, k) else 0
