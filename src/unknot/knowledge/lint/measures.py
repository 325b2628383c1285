"""Measures: ranges ascend, a figure of error or of change has a source or is called not found, what is named exists, a claim can be measured or says why not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import LEANING, NOT_FOUND, TO_UNIT, Claim, Leaning, Measure, Norm

PROMISES = ("cure", "heals", "guarantee", "toxin", "detox", "because of the")
"""Words that the wording of a claim never holds: a promise, or a cause."""


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for measure in k.measures.values():
        yield from ((measure.id, problem) for problem in _measure(k, measure))
    for norm in k.norms.values():
        yield from ((norm.id, problem) for problem in _norm(k, norm))
    for claim in k.claims.values():
        yield from ((claim.id, problem) for problem in _claim(k, claim))
    for leaning in k.leanings.values():
        yield from ((leaning.id, problem) for problem in _leaning(k, leaning))


def _sources(k: Knowledge, named: Iterable[str]) -> Iterator[str]:
    yield from (f"names the source {s!r}, which does not exist" for s in named if s not in k.sources)


def _measure(k: Knowledge, m: Measure) -> Iterator[str]:
    if not (math.isfinite(m.low) and math.isfinite(m.high) and m.low < m.high):
        yield f"needs low < high, has {m.low} and {m.high}"
    if m.readings < 1 or not m.where:
        yield "needs at least one reading and one kind of place"
    for unit in m.also_units:
        if (unit, m.unit) not in TO_UNIT:
            yield f"may be given in {unit}, which nobody knows how to turn into {m.unit}"
    if bool(m.landmarks) != bool(m.angle) or len(m.landmarks) not in (0, 2):
        yield "is measured on a photograph by two landmarks and an angle, or by none"
    if bool(m.plus) != bool(m.minus) or (m.plus and m.low >= 0):
        yield "says what both signs of a value mean where there are both, or neither"
    yield from _error(m)
    if (m.spread is not None) != bool(m.spread_why and m.spread_sources) or (m.spread is not None and m.spread <= 0):
        yield "says how far readings may lie apart, why, and with which source, or none of it"
    for muscle in m.mdc_at:
        if muscle not in k.muscles:
            yield f"has an error at {muscle!r}, which is no muscle"
    if not m.sources and not m.house:
        yield "has no source and is not called a house measure"
    leans = any(n.measure == m.id for n in k.leanings.values())
    if m.group in LEANING and leans == bool(m.no_lean):
        yield "leans on the ranking, or says why it does not: one of the two"
    yield from _sources(k, (*m.sources, *m.error_sources, *m.change_sources, *m.spread_sources))


def _error(m: Measure) -> Iterator[str]:
    """A figure stands with its source; without one it is called not found."""
    figures = [v for v in (m.mdc, m.mdc_share, *m.mdc_at.values()) if v is not None]
    if any(not (math.isfinite(v) and v > 0) for v in (*figures, *([] if m.change is None else [m.change]))):
        yield "has a figure of error or change that is not a number above 0"
    if m.mdc is not None and m.mdc_share is not None:
        yield "has its error twice: as a figure and as a share"
    for has, words, sources in (
        (bool(figures), m.error, m.error_sources),
        (m.change is not None, m.change_why, m.change_sources),
    ):
        if has == words.startswith(NOT_FOUND):
            yield f"has {'a' if has else 'no'} figure, but reads {words!r}; a figure that was not found begins with {NOT_FOUND!r}"
        if has and not sources:
            yield f"gives a figure ({words}) without a source"


def _norm(k: Knowledge, n: Norm) -> Iterator[str]:
    if n.measure not in k.measures:
        yield f"is of the measure {n.measure!r}, which does not exist"
    if not n.sources:
        yield "names no source; name at least one"
    if all(v is None for v in (n.mean, n.low, n.high)):
        yield "says nothing: give a mean, a range or a cut"
    if (n.cut == "below" and n.low is None) or (n.cut == "above" and n.high is None):
        yield f"cuts {n.cut} nothing"
    if n.low is not None and n.high is not None and n.low > n.high:
        yield f"has low {n.low} above high {n.high}"
    if n.muscle and n.muscle not in k.muscles:
        yield f"names the muscle {n.muscle!r}, which does not exist"
    yield from _sources(k, n.sources)


def _claim(k: Knowledge, c: Claim) -> Iterator[str]:
    for name in c.measures:
        if name not in k.measures:
            yield f"names the measure {name!r}, which does not exist"
    if bool(c.measures or c.groups) == bool(c.nothing):
        yield "names what would show it, or says why nothing can: one of the two"
    if not c.sources:
        yield "names no source; name at least one"
    for word in PROMISES:
        if word in c.wording.lower():
            yield f"its wording holds {word!r}; it neither promises nor names a cause"
    yield from _sources(k, c.sources)


def _leaning(k: Knowledge, n: Leaning) -> Iterator[str]:
    measure = k.measures.get(n.measure)
    if measure is None:
        yield f"is of the measure {n.measure!r}, which does not exist"
    else:
        yield from _cuts(n, measure)
    if bool(n.muscles and n.sign) == bool(n.habit):
        yield "adds a sign at muscles, or a habit: one of the two"
    for muscle in n.muscles:
        if muscle not in k.muscles:
            yield f"names the muscle {muscle!r}, which does not exist"
    if n.sign and (n.sign not in k.signs or k.signs[n.sign].of != "muscle"):
        yield f"names {n.sign!r}, which is no sign of a muscle"
    if n.habit and n.habit not in k.habits:
        yield f"names the habit {n.habit!r}, which does not exist"
    if not n.sources and not n.house:
        yield "has no source and is not called a house rule"
    yield from _sources(k, n.sources)


def _cuts(n: Leaning, measure: Measure) -> Iterator[str]:
    """Cuts that can be measured, ages that ascend, and sides that there are."""
    yield from (
        f"cuts at {cut}, outside of what can be measured"
        for cut in (n.cut, *(c for _, c in n.by_age))
        if not measure.low <= cut <= measure.high
    )
    ages = [age for age, _ in n.by_age]
    if ages != sorted(set(ages)):
        yield f"has ages that do not ascend: {ages}"
    if n.apart is not None and not (n.apart > 0 and measure.sided):
        yield "compares two sides of a measure that has none, or by nothing"
    if n.muscles and n.side not in (("", "opposite") if measure.sided else ("left", "right", "both")):
        yield "does not say at which side the muscles are"
