"""A clearance as plain values for programs, and its places in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from unknot.body.atlas import atlas
from unknot.case.clearance import Barred, BarredSpot, Ceiling, Clearance
from unknot.case.intake import Marked
from unknot.case.places import site_name
from unknot.knowledge.load import Knowledge
from unknot.screen.clear import sites_under
from unknot.words import say


def as_dict(name: str, clearance: Clearance) -> dict[str, Any]:
    """Plain values for JSON. The same answers give the same bytes."""
    touch = clearance.outcome in ("go", "careful") and not clearance.open
    return {
        "case": name,
        "outcome": clearance.outcome,
        "urgency": clearance.urgency,
        "touch": touch,
        "reasons": [_reason(asdict(reason)) for reason in clearance.reasons],
        "ceilings": [asdict(ceiling) for ceiling in clearance.ceilings],
        "barred": [asdict(barred) for barred in clearance.barred],
        "spots": [asdict(spot) | {"at": list(spot.at)} for spot in clearance.spots],
        "light": [asdict(light) for light in clearance.light],
        "forbidden": [asdict(forbidden) for forbidden in clearance.forbidden],
        "positions": [{"position": position, "rule": rule} for position, rule in clearance.positions],
        "reminders": [{"remind": text, "rule": rule} for text, rule in clearance.reminders],
        "licences": list(clearance.licences),
        "open": list(clearance.open),
        "not_known": list(clearance.not_known),
        "heard": [{"words": words, "question": question} for words, question in clearance.heard],
        "not_understood": list(clearance.not_understood),
        "rules": clearance.rules,
        "valid_until": clearance.on.isoformat(),
    }


def amount(ceiling: Ceiling) -> str:
    """The value of a limit with its unit: "6 of 10", "90 s"."""
    return (
        say("limit.of_ten", value=f"{ceiling.value:g}")
        if ceiling.unit == "0-10"
        else f"{ceiling.value:g} {ceiling.unit}"
    )


def spot_place(spot: BarredSpot | Marked, k: Knowledge) -> str:
    """Where a marked spot lies, in words."""
    site = spot.site if not spot.view else atlas().sheet(spot.figure, spot.view).site_at(*spot.at)
    return site_name(k, site) if site else spot.view


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"because": list(row["because"]), "source": list(row.pop("sources"))}


def site_ranges(rows: Sequence[Barred], k: Knowledge, most: int = 6) -> list[tuple[str, str]]:
    """(rule, its places in words): the whole body as such, a few places by name, many by their number."""
    whole = len(sites_under(k, "*"))
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.rule, []).append(row.site)
    told = []
    for rule, sites in found.items():
        names = list(dict.fromkeys(k.regions[site.partition("@")[0]].name for site in sites))
        if len(sites) >= whole:
            told.append((rule, "the whole body"))
        else:
            more = f" and {len(names) - most} more" if len(names) > most else ""
            told.append((rule, ", ".join(names[:most]) + more))
    return told
