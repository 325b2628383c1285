"""Every id that a statement names exists; every statement names a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause, Entrapment, Muscle, Point, Rule, Sign, Test

LEVELS = (
    {f"C{n}" for n in range(1, 9)}
    | {f"T{n}" for n in range(1, 13)}
    | {f"L{n}" for n in range(1, 6)}
    | {f"S{n}" for n in range(1, 6)}
)
CRANIAL = {"V", "V3", "VII", "XI", "XII", "X"}


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for muscle in k.muscles.values():
        yield from _muscle(k, muscle)
    for point in k.points.values():
        yield from _point(k, point)
    for cause in k.causes().values():
        yield from _cause(k, cause)
    for rule in k.rules.values():
        yield from _missing(rule.id, "symptom", rule.symptoms, k.symptoms, needed=True)
        yield from _missing(rule.id, "sign", rule.signs, k.signs)
        yield from _missing(rule.id, "region", rule.regions, k.regions)
        yield from _missing(rule.id, "test", rule.tests, k.tests)
    sourced: list[Test | Sign | Rule] = [*k.tests.values(), *k.signs.values(), *k.rules.values()]
    for record in sourced:
        yield from _missing(record.id, "source", record.sources, k.sources, needed=True)
    for number, prevalence in enumerate(k.prevalences):
        name = f"prevalence {number + 1}"
        yield from _missing(name, "source", prevalence.sources, k.sources, needed=True)
        yield from _missing(name, "muscle", prevalence.muscles, k.muscles, needed=True)
        yield from _missing(name, "complaint area", [prevalence.area], k.complaint_areas)
    for quality in k.qualities.values():
        yield from _missing(quality.id, "symptom", [quality.symptom] if quality.symptom else [], k.symptoms)
    yield from _missing("frequency", "muscle", k.frequency, k.muscles)
    for area in k.complaint_areas.values():
        yield from _missing(area.id, "region", area.regions, k.regions, needed=True)
    for region in k.regions.values():
        yield from _missing(region.id, "region", region.beside, k.regions)


def _missing(
    ident: str, what: str, named: Iterable[str], known: Iterable[str], *, needed: bool = False
) -> Iterator[tuple[str, str]]:
    named, known = list(named), set(known)
    if needed and not named:
        yield ident, f"names no {what}; name at least one"
    for name in named:
        if name not in known:
            yield ident, f"names the {what} {name!r}, which does not exist"


def _muscle(k: Knowledge, muscle: Muscle) -> Iterator[tuple[str, str]]:
    yield from _missing(muscle.id, "source", muscle.sources, k.sources, needed=True)
    yield from _missing(muscle.id, "region", (*muscle.lies_in, *muscle.strip_regions), k.regions, needed=True)
    yield from _missing(muscle.id, "movement", muscle.stretch_limits, k.movements)
    yield from _missing(muscle.id, "level", muscle.roots, LEVELS | CRANIAL, needed=True)


def _point(k: Knowledge, point: Point) -> Iterator[tuple[str, str]]:
    yield from _missing(point.id, "source", point.sources, k.sources, needed=True)
    yield from _missing(point.id, "muscle", [point.muscle], k.muscles)
    yield from _missing(point.id, "region", [point.region], k.regions)
    yield from _missing(
        point.id, "region", (key.split("@")[0] for key in (*point.essential, *point.spillover)), k.regions, needed=True
    )
    yield from _missing(point.id, "movement", point.provoked_by, k.movements, needed=True)
    yield from _missing(point.id, "habit", point.habits, k.habits)
    yield from _missing(point.id, "symptom", point.symptoms, k.symptoms)
    yield from _missing(point.id, "muscle or point", (*point.satellites, *point.keys), {*k.muscles, *k.points})


def _cause(k: Knowledge, cause: Cause) -> Iterator[tuple[str, str]]:
    yield from _missing(cause.id, "source", cause.sources, k.sources, needed=True)
    yield from _missing(
        cause.id, "region", (key.split("@")[0] for key in (*cause.essential, *cause.spillover)), k.regions
    )
    yield from _missing(cause.id, "movement", cause.provoked_by, k.movements)
    yield from _missing(cause.id, "habit", cause.habits, k.habits)
    yield from _missing(cause.id, "symptom", cause.symptoms, k.symptoms)
    yield from _missing(cause.id, "test", cause.tests, k.tests)
    if isinstance(cause, Entrapment):
        yield from _missing(cause.id, "muscle", cause.muscles, k.muscles)
