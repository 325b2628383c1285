"""Nothing stands unused: every source, movement, symptom, habit and test is named by some statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from unknot.knowledge.lint import Material


class HasSources(Protocol):
    """Anything that names its sources."""

    @property
    def sources(self) -> tuple[str, ...]: ...


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    records = k.records()
    groups_of: list[Iterable[HasSources]] = [
        records,
        k.muscles.values(),
        k.tests.values(),
        k.signs.values(),
        k.rules.values(),
        k.screens.values(),
        k.dangers.values(),
        k.consent_areas.values(),
        k.base_limits.values(),
    ]
    groups_of += [k.prevalences, k.weights.values()]
    groups_of += [
        k.techniques.values(),
        k.doses.values(),
        k.contacts.values(),
        k.hand_limits.values(),
        k.routines.values(),
    ]
    groups_of += [k.norms.values(), k.claims.values(), k.leanings.values()]
    used_sources = {s for group in groups_of for r in group for s in r.sources}
    used_sources |= {
        s for m in k.measures.values() for s in (*m.sources, *m.error_sources, *m.change_sources, *m.spread_sources)
    }
    movements = {m for r in records for m in r.provoked_by} | {m for r in k.muscles.values() for m in r.stretch_limits}
    symptoms = {s for r in records for s in r.symptoms}
    habits = {h for r in records for h in r.habits}
    tests = {t for r in k.causes().values() for t in r.tests}
    groups = (("source", k.sources, used_sources), ("movement", k.movements, movements), ("symptom", k.symptoms, symptoms),
              ("habit", k.habits, habits), ("test", k.tests, tests))  # fmt: skip
    for what, known, used in groups:
        yield from ((ident, f"no statement names this {what}") for ident in known if ident not in used)
