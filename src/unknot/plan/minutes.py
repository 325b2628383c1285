"""What a plan takes: minutes per application and in all, turns of the client included, and the load on the practitioner's own hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unknot.case.plan import Application, Left
from unknot.knowledge.load import Knowledge
from unknot.words import say

JOINTS = ("thumb", "wrist", "elbow")


def pressing_s(application: Application) -> float:
    """How long the hand presses at most, the recheck included [s]."""
    dose = application.dose
    each = dose.pass_s if application.family == "passes" else dose.hold_s
    return min(each * dose.turns, dose.point_s - dose.recheck_s) + dose.recheck_s


def working_s(application: Application, k: Knowledge) -> float:
    """One application from hand on to hand off: pressing, the slow rise, rests, ratings and the recheck [s]."""
    dose = application.dose
    rises = 1 if application.family == "passes" else dose.turns if application.family == "release" else 2
    asked = k.dose("all", "answer_s") * (2 if dose.recheck_s else 1)
    follow = k.dose("plan", "follow_s") if application.follow else 0.0
    return pressing_s(application) + rises * k.dose("all", "rise_s") + dose.rest_s * dose.turns + asked + follow


def timed(applications: Sequence[Application], k: Knowledge) -> tuple[Application, ...]:
    """The applications, each with its minutes: getting ready before the first, a turn of the client where it lies otherwise than before."""
    found, lie = [], ""
    for number, application in enumerate(applications):
        took = working_s(application, k) + k.dose("plan", "setup_s") + (0.0 if number else k.dose("plan", "start_s"))
        if application.lie != lie:
            took += k.lyings[application.lie].turn_s
        lie = application.lie
        found.append(replace(application, minutes=round(took / 60, 2)))
    return tuple(found)


def total(applications: Sequence[Application]) -> float:
    """Minutes in all."""
    return round(sum(a.minutes for a in applications), 2)


def fit(
    applications: Sequence[Application], uses: Sequence[float], at_hand: float, k: Knowledge
) -> tuple[tuple[Application, ...], tuple[Left, ...]]:
    """What fits into the minutes at hand: while it is too long, the least useful falls out, of equals the last."""
    kept = list(range(len(applications)))
    left: list[Left] = []
    now = timed(applications, k)
    while kept and total(now) > at_hand:
        out = min(kept, key=lambda i: (uses[i], -i))
        gone = now[kept.index(out)]
        why = say("plan.no_time", at_hand=f"{at_hand:g}", all=f"{total(now):g}")
        left.append(Left(place=gone.place, name=gone.name, technique=gone.technique, why=why, minutes=gone.minutes))
        kept.remove(out)
        now = timed([applications[i] for i in kept], k)
    return now, tuple(left)


def load(applications: Sequence[Application], k: Knowledge) -> tuple[tuple[str, float, float], ...]:
    """(thumb, wrist or elbow; seconds of load; seconds from which another contact is proposed)."""
    sums = dict.fromkeys(JOINTS, 0.0)
    for application in applications:
        for joint, share in application.loads:
            sums[joint] += share * pressing_s(application)
    return tuple((joint, round(value, 1), k.hand_limits[joint].value) for joint, value in sums.items())
