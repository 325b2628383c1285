"""The rules that the knowledge must keep: one file a rule, all of them run, every finding told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from unknot.knowledge.compile import DATA, data_files, read_tables
from unknot.knowledge.load import Knowledge, build, builder
from unknot.knowledge.model import KnownGap, Vocabulary

Rule = Callable[["Material"], Iterator[tuple[str, str]]]
"""A rule yields (id, what is wrong and what to do)."""

RULES = (
    "references",
    "sides",
    "weights",
    "reach",
    "coverage",
    "texts",
    "tests_point_home",
    "order",
    "orphans",
    "body_map",
    "screening",
    "positions",
    "techniques",
    "measures",
)


LISTS = ("vocabulary.toml",)
"""Files in which a line of its own is an id."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a rule looks at."""

    knowledge: Knowledge
    vocabularies: tuple[Vocabulary, ...]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule, with its place in the data files."""

    file: str
    line: int
    rule: str
    id: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: [{self.rule}] {self.id}: {self.message}"


def check(folder: Path = DATA) -> list[Finding]:
    """Every finding of every rule, known gaps taken out, stale gaps put in; sorted by place. Empty when all is well."""
    places = _places(folder)

    def place(rule: str, ident: str, message: str) -> Finding:
        file, line = places.get(ident, ("", 0))
        return Finding(file, line, rule, ident, message)

    try:
        tables = read_tables(folder)
    except tomllib.TOMLDecodeError as error:
        return [Finding(" ".join(error.__notes__), 0, "toml", "", str(error))]
    shape = import_module("unknot.knowledge.lint.shape")
    good, broken = shape.check(tables)
    findings = [place("shape", ident, message) for ident, message in broken]
    material = Material(build("check", good), tuple(map(builder(Vocabulary), good.get("vocabulary", []))))
    for name in RULES:
        rule: Rule = import_module(f"unknot.knowledge.lint.{name}").check
        findings.extend(place(name, ident, message) for ident, message in rule(material))
    gaps = [KnownGap(**row) for row in good.get("known_gap", [])]
    return sorted(_without_gaps(findings, gaps))


def _without_gaps(findings: list[Finding], gaps: list[KnownGap]) -> list[Finding]:
    accepted = {(g.rule, g.id) for g in gaps}
    met = {(f.rule, f.id) for f in findings}
    kept = [f for f in findings if (f.rule, f.id) not in accepted]
    stale = [g for g in gaps if (g.rule, g.id) not in met]
    return kept + [
        Finding("known_gaps.toml", 0, "stale_gap", g.id, f"rule {g.rule} no longer finds it; take the gap out")
        for g in stale
    ]


def _places(folder: Path) -> dict[str, tuple[str, int]]:
    """Where each id is defined: the first line `id = "..."`, or `[id]` for regions; numbered rows and muscles of the vocabulary too."""
    found: dict[str, tuple[str, int]] = {}
    # the words for how pain feels share ids with symptoms, which are meant
    for path in sorted(data_files(folder), key=lambda p: p.name == "qualities.toml"):
        name = path.relative_to(folder).as_posix()
        rows = 0
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            text = line.strip()
            if text == "[[prevalence]]":
                rows += 1
                found[f"prevalence {rows}"] = (name, number)
            if text == "[[discomfort]]":
                found.setdefault("discomfort scale", (name, number))
            match = re.match(r'id = "([^"]+)"|\[([a-z_.]+)\]$', text)
            if match is None and name in LISTS:
                match = re.match(r'"([^"]+)",?$()', text)
            if match:
                found.setdefault(match[1] or match[2], (name, number))
    return found
