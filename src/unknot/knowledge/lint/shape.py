"""Every table has just the keys of its class, of the right type; ids are unique."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from unknot.knowledge.load import KINDS, builder, deep_tuple

Tables = dict[str, list[dict[str, Any]]]


def check(tables: Tables) -> tuple[Tables, list[tuple[str, str]]]:
    """(the rows that are well formed, findings for the rest)."""
    good: Tables = {}
    broken: list[tuple[str, str]] = []
    for kind, rows in tables.items():
        if kind not in KINDS:
            broken.append((kind, f"unknown kind of table; known are {', '.join(sorted(KINDS))}"))
            continue
        good[kind] = []
        seen: set[str] = set()
        for row in rows:
            ident = str(row.get("id", row.get("area", kind)))
            problems = _row_problems(kind, row)
            if "id" in row and ident in seen:
                problems.append("this id is used twice; give one of them another id")
            seen.add(ident)
            broken.extend((ident, p) for p in problems)
            if not problems:
                good[kind].append(row)
    return good, broken


def _row_problems(kind: str, row: dict[str, Any]) -> list[str]:
    cls = KINDS[kind]
    unknown = sorted(set(row) - {f.name for f in fields(cls)})
    problems = [f"unknown key {key!r} in [[{kind}]]" for key in unknown]
    try:
        made: Any = builder(cls)({k: v for k, v in row.items() if k not in unknown})
    except TypeError as error:
        return [*problems, f"[[{kind}]]: {str(error).split('missing')[-1].strip()} missing"]
    try:
        _adapter(cls).validate_python({f: deep_tuple(getattr(made, f)) for f in (x.name for x in fields(cls))})
    except ValidationError as error:
        problems.extend(
            f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']} (given {e['input']!r:.60})" for e in error.errors()
        )
    return problems


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    return TypeAdapter(cls)
