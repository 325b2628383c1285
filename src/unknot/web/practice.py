"""What the practice has said of itself: its head for letters, its country's emergency number, what its licence covers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from unknot.knowledge.safety import LICENCES
from unknot.record.store import Store

ID = "practice"
LONGEST = 200
HEAD = ("name", "practitioner", "address", "phone")
"""What stands at the head of a letter."""
COVERED = tuple(sorted(v for v in LICENCES.values() if v))


@dataclass(frozen=True, slots=True)
class Practice:
    """Empty until somebody fills it in; the emergency number is 112 until then, which mobile networks take nearly everywhere."""

    name: str = ""
    practitioner: str = ""
    address: str = ""
    phone: str = ""
    country: str = ""
    licences: tuple[str, ...] = ()
    habit: dict[str, float] = field(default_factory=dict)
    """The practitioner's own usual numbers: limits that can only lower what is allowed."""
    version: int = 0

    @property
    def emergency(self) -> str:
        """The number to call in an emergency."""
        return countries().get(self.country, ("", "112"))[1]


@cache
def countries() -> dict[str, tuple[str, str]]:
    """Country code to (name, emergency number for an ambulance)."""
    table = tomllib.loads((Path(__file__).parent / "emergency.toml").read_text(encoding="utf-8"))
    return {row["code"]: (row["name"], row["number"]) for row in table["country"]}


def practice_of(store: Store) -> Practice:
    """What is stored, or an empty one."""
    found = store.get("practice", ID)
    if found is None:
        return Practice()
    body = {key: str(found.body.get(key, "")) for key in ("name", "practitioner", "address", "phone", "country")}
    return Practice(
        **body, licences=tuple(found.body["licences"]), habit=found.body.get("habit", {}), version=found.version
    )


def keep(store: Store, fields: Mapping[str, str], version: int) -> None:
    """Store what the form says; countries and licences that are not known are left out."""
    body: dict[str, Any] = asdict(Practice())
    del body["version"]
    body["habit"] = practice_of(store).habit
    for key in HEAD:
        body[key] = fields.get(key, "").strip()[:LONGEST]
    body["country"] = fields.get("country", "") if fields.get("country", "") in countries() else ""
    body["licences"] = [licence for licence in COVERED if fields.get(f"licence.{licence}")]
    store.put("practice", ID, body, over=version)


def keep_name(store: Store, name: str) -> None:
    """Store the name of who works here where the practice has none yet, so that nobody types it at every visit."""
    now = practice_of(store)
    if not now.practitioner and name:
        body = asdict(now) | {"practitioner": name[:LONGEST]}
        del body["version"]
        store.put("practice", ID, body, over=now.version)


def keep_habit(store: Store, habit: Mapping[str, float]) -> None:
    """Store the practitioner's usual numbers beside what the practice says of itself."""
    now = practice_of(store)
    body = asdict(now) | {"habit": dict(habit)}
    del body["version"]
    store.put("practice", ID, body, over=now.version)
