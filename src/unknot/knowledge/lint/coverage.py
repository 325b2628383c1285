"""The knowledge is complete: every muscle of the vocabulary, its points numbered without gaps, the roots C2 to S2, the counts promised."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material

ROOTS = [f"C{n}" for n in range(2, 9)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1", "S2"]
AT_LEAST = {"regions": 118, "muscles": 158, "points": 260, "entrapments": 32, "origins": 30}


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    for vocabulary in material.vocabularies:
        for ident in vocabulary.muscles:
            if ident not in k.muscles:
                yield ident, f"this muscle of the vocabulary ({vocabulary.area}) is not covered"
            elif k.muscles[ident].area != vocabulary.area:
                yield ident, f"stands under {k.muscles[ident].area}, belongs to {vocabulary.area}"
    numbers: dict[str, list[int]] = {ident: [] for ident in k.muscles}
    for point in k.points.values():
        tail = point.id.rsplit(".", 1)[-1]
        if tail.isdigit():
            numbers.setdefault(point.muscle, []).append(int(tail))
    for muscle, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)) or not found:
            yield muscle, f"its points are numbered {sorted(found)}; they must run from 1 without gaps, at least one"
    yield from ((level, "this root is missing") for level in ROOTS if level not in k.roots)
    for what, least in AT_LEAST.items():
        count = len(getattr(k, what))
        if count < least:
            yield what, f"{count} of them; at least {least} are promised"
