"""Hit rates on published cases whose answer is known: a JSON list of cases as the case reports gave them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unknot.assess.rank import assess
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge

PLACES = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Published:
    """cases: with an answer; hits: share with a responsible muscle among the first 1, 3, 5, 10; referred: (rightly, should, needlessly)."""

    cases: int
    hits: tuple[float, ...]
    reciprocal: float
    referred: tuple[int, int, int]
    places: dict[str, int | None]


def measure(path: Path, k: Knowledge) -> Published:
    """Every case of the file through the program, with all that its report tells."""
    places: dict[str, int | None] = {}
    right = should = needless = 0
    for case in json.loads(path.read_text(encoding="utf-8")):
        ranking = assess(read_mapping(as_case(case), case["id"], k), k, use="numba", next_too=False)
        if case["refer_out"]:
            should += 1
            right += ranking.refer.needed
            continue
        needless += ranking.refer.needed
        muscles = list(dict.fromkeys(p.muscle for p in ranking.points))
        wanted = [[g] if isinstance(g, str) else g for g in case["gold_muscles"]]
        places[case["id"]] = next(
            (i + 1 for i, m in enumerate(muscles) if any(_is(m, one) for group in wanted for one in group)), None
        )
    found = list(places.values())
    hits = tuple(sum(p is not None and p <= n for p in found) / len(found) for n in PLACES)
    return Published(len(found), hits, sum(1 / p for p in found if p) / len(found), (right, should, needless), places)


def _is(muscle: str, wanted: str) -> bool:
    return muscle == wanted or muscle.startswith(f"{wanted}.") or re.sub(r"\..*", "", muscle) == wanted


def as_case(case: dict[str, Any]) -> dict[str, Any]:
    """A published case as the tables of a case file."""
    client: dict[str, Any] = {"age": case["age"]} if case["age"] is not None else {}
    if case["sex"]:
        client["sex"] = {"F": "female", "M": "male"}[case["sex"]]
    pains = []
    for pain in case["pain"]:
        row: dict[str, Any] = {"site": pain["region"], "quality": pain["quality"]}
        if pain["intensity"] is not None:
            row["intensity"] = pain["intensity"]
        pains.append(row)
    return {
        "format": 1,
        "client": client,
        "pain": pains,
        "complaint": {"worse_with": case["aggravated_by"], "neuro": case["neuro"]},
        "history": {"said": case["history"], "denied": case["denied"]},
        "finding": [{"said": text} for text in case["exam"]],
    }
