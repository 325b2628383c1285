"""The day and the hour of a stamp. Stamps are kept in UTC; a practice lives by the clock on its wall, and a visit has the day of that clock."""

from __future__ import annotations

from datetime import date, datetime


def day_of(at: str) -> date:
    """The day of a stamp by the clock of this machine."""
    return datetime.fromisoformat(at).astimezone().date()


def clock_of(at: str, seconds: str = "") -> str:
    """Day, hour and minute of a stamp by the clock of this machine; with any word for `seconds` those too."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
