"""A test and what it speaks for name each other."""

from __future__ import annotations

from collections.abc import Iterator

from unknot.knowledge.lint import Material


def check(material: Material) -> Iterator[tuple[str, str]]:
    k = material.knowledge
    causes = k.causes()
    for test in k.tests.values():
        for ident in test.of:
            if ident not in causes:
                yield test.id, f"speaks for {ident!r}, which does not exist"
            elif test.id not in causes[ident].tests:
                yield ident, f"does not name the test {test.id}, which speaks for it"
    for cause in causes.values():
        for ident in cause.tests:
            if ident in k.tests and cause.id not in k.tests[ident].of:
                yield cause.id, f"names the test {ident}, which does not speak for it"
