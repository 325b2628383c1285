"""What virtual clients feel: the second reader's encoding of referred pain. Made apart from the knowledge that the ranking uses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "truth_referral.toml"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a muscle (or another cause) that sends pain. `sends` is region with side words to the chance that it is drawn."""

    of: str
    is_muscle: bool
    area: str
    lateral: bool
    prevalence: float
    sends: dict[str, float]


@cache
def spots() -> tuple[Spot, ...]:
    """Every spot and every other cause of the encoding."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = [Spot(t["muscle"], True, t["area"], True, t["prevalence"], t["sends"]) for t in content["truth"]]
    found += [
        Spot(t["id"], False, t["area"], t["lateral"], t["prevalence"], t["sends"]) for t in content["truth_other"]
    ]
    return tuple(found)
