"""Ranges run upward, ages ascend, published shares are shares."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for weight in k.weights.values():
        if not weight.low <= weight.value <= weight.high:
            yield weight.id, f"needs low <= value <= high, has {weight.low}, {weight.value}, {weight.high}"
        if not weight.sources and "assumed" not in weight.basis:
            yield weight.id, "has no source and does not say `assumed`"
    for cause in k.causes().values():
        ages = [age for age, _ in cause.age]
        if ages != sorted(set(ages)):
            yield cause.id, f"ages {ages} must ascend"
        if any(factor <= 0 for _, factor in cause.age) or any(f <= 0 for f in cause.sex.values()):
            yield cause.id, "odds factors of age and sex must be above 0"
        if set(cause.sex) - {"female", "male"}:
            yield cause.id, f"sex factors are for female and male, not {sorted(cause.sex)}"
    for number, prevalence in enumerate(k.prevalences):
        if not (0 <= prevalence.active <= 1 and prevalence.people > 0):
            yield f"prevalence {number + 1}", "active is a share from 0 to 1, people a number above 0"
    for source in k.sources.values():
        if not 1850 <= source.year <= 2026:
            yield source.id, f"year {source.year} cannot be"
