"""Weights stand in their ranges, and no region is essential and spillover at once."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material
from unknot.knowledge.model import Movement, Pattern, Symptom

ESSENTIAL = (0.5, 0.9)
SPILLOVER = (0.05, 0.5)
SYMPTOM = (0.01, 0.95)


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for record in k.records():
        yield from _range(record.id, record.essential, ESSENTIAL)
        yield from _range(record.id, record.spillover, SPILLOVER)
        yield from _range(record.id, record.symptoms, SYMPTOM)
        yield from (
            (record.id, f"{key} is both essential and spillover")
            for key in set(record.essential) & set(record.spillover)
        )
        yield from _twice(record.id, record.essential | record.spillover)
    for cause in k.causes().values():
        if not 0 < cause.prior <= 0.2:
            yield cause.id, f"prior {cause.prior} must lie above 0 and at most 0.2"
        if not 0.01 <= cause.threshold < 1:
            yield cause.id, f"threshold {cause.threshold} must lie between 0.01 and 1"
    nodes: list[Movement | Symptom] = [*k.movements.values(), *k.symptoms.values()]
    for node in nodes:
        if not 0 < node.common < 0.5:
            yield node.id, f"common {node.common} must lie above 0 and below 0.5"
    for test in k.tests.values():
        if not (0 < test.sensitivity < 1 and 0 < test.specificity < 1):
            yield test.id, "sensitivity and specificity must lie between 0 and 1"
    for sign in k.signs.values():
        if not 0 < sign.false_rate < sign.sensitivity < 1:
            yield sign.id, "needs 0 < false_rate < sensitivity < 1"


def _range(ident: str, pattern: Pattern, bounds: tuple[float, float]) -> Iterator[tuple[str, str]]:
    low, high = bounds
    for key, value in pattern.items():
        if not low <= value <= high:
            yield ident, f"{key} = {value} must lie from {low} to {high}"


def _twice(ident: str, pattern: Pattern) -> Iterator[tuple[str, str]]:
    for key in pattern:
        if key.endswith("@both") and (
            key.removesuffix("@both") in pattern or key.replace("@both", "@other") in pattern
        ):
            yield ident, f"{key} and a single side of it are both given; give each side once"
