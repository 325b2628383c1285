"""What a series of measurements says, in words: for the charts, the reports and the goals. Always with the measuring error, never with a cause."""

from __future__ import annotations

from unknot.case.places import site_name
from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Measure
from unknot.record.amounts import amount, day
from unknot.record.measures import Series
from unknot.record.outcome import Outcome, error_of, outcome
from unknot.words import say

ORDER = (
    "pain", "function", "wellbeing", "drawing", "threshold", "motion", "length", "posture", "tissue", "control", "session", "habit",
)  # fmt: skip
"""The groups in the order in which they are shown."""


def place_name(k: Knowledge, on: str) -> str:
    """A place as it is called: a point, a region, an area of the drawing, an activity in the client's words."""
    ident, _, side = on.partition("@")
    if on.startswith("area:"):
        return k.complaint_areas[on.removeprefix("area:")].name
    if ident in k.points:
        point = k.points[ident]
        return f"{k.muscles[point.muscle].name}, {point.name}" + (f" ({say(f'side.{side}')})" if side else "")
    if ident in k.regions:
        return site_name(k, on)
    return f"“{on}”" if on and ident not in k.muscles else k.muscles[ident].name if on else ""


def series_name(series: Series, k: Knowledge) -> str:
    """What was measured, where, on which side."""
    side = say(f"side.{series.side}") if series.side else ""
    return ", ".join(part for part in (k.measures[series.measure].name, place_name(k, series.on), side) if part)


def said_of(series: Series, k: Knowledge) -> Outcome:
    """The verdict on a series, by the published error at its place."""
    measure = k.measures[series.measure]
    return outcome(series.values, measure, error_of(measure, series.on, k))


def sentence(said: Outcome, measure: Measure) -> str:
    """The verdict as a sentence."""
    if said.verdict == "too_few" or said.first is None or said.latest is None:
        return say("charts.too_few", count=said.points)
    values = {"first": amount(said.first, measure), "latest": amount(said.latest, measure)}
    if said.error is None:
        return say("charts.error_unknown", **values)
    values["error"] = amount(said.error, measure.unit)
    varies = f" {say('charts.varies')}" if said.varies else ""
    if said.verdict == "within_error":
        return say("charts.within_error", **values) + varies
    text = say("charts.changed_better", **values) if said.direction == "better" else say("charts.changed_worse", **values) if said.direction == "worse" else say("charts.changed", **values)  # fmt: skip
    if measure.change is None or said.matters is None:
        return text + varies
    least = amount(measure.change, measure.unit)
    return f"{text}{varies} {say('charts.matters', least=least) if said.matters else say('charts.matters_not', least=least)}"


def short(said: Outcome) -> str:
    """The verdict in a few words."""
    word = said.direction if said.direction in ("better", "worse") else said.verdict
    return say(f"verdict.{word}")


def at_once(series: Series, k: Knowledge) -> str:
    """What the last visit says at which something was taken before and after the work; empty when there is none."""
    both = [p for p in series.points if p.value is not None and p.after is not None]
    if not both or both[-1].value is None or both[-1].after is None:
        return ""
    measure = k.measures[series.measure]
    said = outcome([both[-1].value, both[-1].after], measure, error_of(measure, series.on, k))
    return say("charts.at_once", on=day(both[-1].on), what=sentence(said, measure))


def first_and_latest(series: Series, k: Knowledge) -> tuple[str, str]:
    """The value of the first visit and of the latest with their days: before the work, or after it where there is no other."""
    measure = k.measures[series.measure]
    told = [p for p in series.points if p.value is not None] or list(series.points)
    found = []
    for point in (told[0], told[-1]):
        value = point.value if point.value is not None else point.after
        found.append(f"{amount(value, measure, whole=True)} ({day(point.on)})" if value is not None else "")
    return found[0], found[1] if len(told) > 1 else ""
