"""A plan in words: the dose of an application, what was cut and by whom, where each ceiling comes from, the load on the hand."""

from __future__ import annotations

from typing import Any

from unknot.case.plan import Application, Cut, Plan
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Lie
from unknot.words import catalogue, say


def dose_words(application: Application) -> str:
    """The dose in a sentence: "6 holds of 9 s with 2.5 s off; discomfort 4 to 6; at most 120 s of pressure here"."""
    dose = application.dose
    values: dict[str, Any] = {
        "turns": dose.turns, "hold": _n(dose.hold_s), "rest": _n(dose.rest_s), "stroke": _n(dose.pass_s),
        "low": _n(dose.band_low), "high": _n(dose.band_high), "point": _n(dose.point_s),
    }  # fmt: skip
    kind = application.verb if application.verb in ("glide", "stretch") else application.family
    first = say(f"dose.{kind}", **values) if dose.turns != 1 else say(f"once.{kind}", **values)
    search = [say("dose.search", search=_n(dose.search_pass_s))] if dose.search_pass_s else []
    gauge = [say("dose.force", force=_n(application.force_n))] if application.force_n is not None else []
    parts = [first, *search, say("dose.band", **values), *gauge, say("dose.point", **values)]
    if application.verb in ("strip", "roll"):
        start, end, length = application.path
        parts.insert(1 + len(search), say("dose.path", start=start, end=end, length=f"{length:.0f}"))
    return "; ".join(parts)


def _n(value: float) -> str:
    return f"{value:g}"


def lie_words(application: Application, k: Knowledge) -> str:
    """How the client lies, and what supports them: "On the side, left side up: a pillow under the head ..."."""
    lie: Lie = application.lie  # type: ignore[assignment]
    name = k.lyings[lie].name
    up = say("plan.side_up", side=say(f"side.{application.up}")) if application.up else ""
    return say("plan.lies", lie=name[:1].upper() + name[1:] + up, support=application.support)


def cut_words(cut: Cut) -> str:
    """What was cut, by whom and why: "a hold: 60 s become 10 s (the place: front of the neck ...)"."""
    what = say(f"cut.{cut.name}", before=_n(cut.before), after=_n(cut.after))
    return say("plan.cut_by", what=what, source=say(f"source.{cut.source}"), why=cut.why)


def ceilings(application: Application) -> tuple[tuple[str, float, str, str], ...]:
    """(limit, its value, its source in words, why) of every limit that holds."""
    limits = application.limits
    return tuple((name, getattr(limits, name), say(f"source.{source}"), why) for name, source, why in limits.set_by)


def ceiling_words(application: Application) -> str:
    """The ceilings of the work with where each comes from: "discomfort 6 (the technique); a hold 10 s (the place)"."""
    told = [row for row in ceilings(application) if f"ceiling.{row[0]}" in catalogue() and row[1]]
    return "; ".join(say(f"ceiling.{name}", value=_n(value), source=source) for name, value, source, _ in told)


def load_words(plan: Plan) -> tuple[str, ...]:
    """The load on each joint of the practitioner's hand."""
    return tuple(
        say("hand.load", joint=say(f"hand.{joint}"), load=f"{load:.0f}", most=_n(most))
        for joint, load, most in plan.load_s
    )
