"""Amounts and days as they are told: in as few figures as say something, with the unit, and which way where a sign means a direction."""

from __future__ import annotations

from datetime import date

from unknot.knowledge.measure import Measure
from unknot.words import say

SIGNS = {
    "0-10": "",
    "places": "",
    "% of the skin": " %",
    "deg": "°",
    "degC": " °C",
    "degF": " °F",
    "kg/cm2": " kg/cm²",
    "N/cm2": " N/cm²",
}
"""Units that are shown otherwise than they are written in the data."""
MINUS = "\N{MINUS SIGN}"

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def figure(value: float) -> str:
    """A value in as few figures as say something."""
    if abs(value) < 0.005:
        return "0"
    told = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.2f}"  # fmt: skip
    return told.replace("-", MINUS)


def amount(value: float, of: str | Measure, *, whole: bool = False) -> str:
    """A value with its unit, which stays on its line; of a measure whose sign means a direction with that direction in words.

    Those of a scale of ten stand without, unless `whole`.
    """
    if isinstance(of, Measure):
        return _turned(value, of, amount(abs(value) if of.plus else value, of.unit, whole=whole))
    if whole and of == "0-10":
        return say("limit.of_ten", value=figure(value)).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{figure(value)}{SIGNS.get(of, f' {of}')}".replace(" ", "\N{NO-BREAK SPACE}")


def _turned(value: float, measure: Measure, told: str) -> str:
    """With the direction of a value whose sign means one."""
    if not measure.plus or figure(value) == "0":
        return told
    return f"{told} {measure.plus if value > 0 else measure.minus}"


def given(values: list[float], unit: str, measure: Measure | None) -> str:
    """Readings as they were given, with their unit."""
    if measure is not None and measure.plus and len(values) == 1:
        return _turned(values[0], measure, f"{abs(values[0]):g}{SIGNS.get(unit, f' {unit}')}")
    told = ", ".join(f"{v:g}".replace("-", MINUS) for v in values)
    if unit == "0-10":
        return say("limit.of_ten", value=told)
    return f"{told}{SIGNS.get(unit, f' {unit}' if unit else '')}"


def day(on: date) -> str:
    """A day in words."""
    month = MONTHS[on.month - 1]
    return say("calendar.written", day=on.day, month=say(f"calendar.{month}"), year=on.year)
