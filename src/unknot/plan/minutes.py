"""What a plan takes: minutes per application and in all, turns of the client included, and the load on the practitioner's own hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from unknot.case.plan import Application, Cut, Left
from unknot.knowledge.load import Knowledge
from unknot.plan.places import muscle_of
from unknot.words import say

Position = tuple[str, str]
"""How the client lies, and which side is up."""
ROUNDED_S = 0.6
"""Minutes are rounded to hundredths."""
JOINTS = ("thumb", "wrist", "elbow")


def pressing_s(application: Application) -> float:
    """How long the hand presses at most, the recheck included [s]."""
    dose = application.dose
    each = dose.pass_s if application.family == "passes" else dose.hold_s
    sooner = dose.pass_s - dose.stroke_s(1) if application.family == "passes" else 0.0
    return min(each * dose.turns - sooner, dose.point_s - dose.recheck_s) + dose.recheck_s


def working_s(application: Application, k: Knowledge) -> float:
    """One application from hand on to hand off: pressing, the slow rise, rests, ratings and the recheck [s]."""
    dose = application.dose
    rises = 1 if application.family == "passes" else dose.turns if application.family == "release" else 2
    asked = k.dose("all", "answer_s") * (2 if dose.recheck_s else 1)
    follow = k.dose("plan", "follow_s") if application.follow else 0.0
    return pressing_s(application) + rises * k.dose("all", "rise_s") + dose.rest_s * dose.turns + asked + follow


def timed(applications: Sequence[Application], k: Knowledge, lying: Position | None = None) -> tuple[Application, ...]:
    """The applications, each with its minutes: settling down before the first, a turn of the client where it lies otherwise than before.

    `lying` is how the client lies already, in a session that has begun.
    """
    found, now = [], lying
    for number, application in enumerate(applications):
        took = working_s(application, k) + k.dose("plan", "setup_s")
        if number == 0 and lying is None:
            took += k.dose("plan", "start_s")
        wanted = (application.lie, application.up)
        if now is None or now[0] != wanted[0] or (wanted[1] and now[1] and now[1] != wanted[1]):
            took += k.lyings[application.lie].turn_s
            now = wanted
        elif wanted[1]:
            now = wanted
        found.append(replace(application, minutes=round(took / 60, 2)))
    return tuple(found)


def stretched_once(applications: Sequence[Application], k: Knowledge) -> list[Application]:
    """A muscle is stretched once, after the last work on it."""
    found: list[Application] = []
    done: set[tuple[str, str]] = set()
    for application in reversed(applications):
        muscle = muscle_of(application.place, k)
        key = (muscle.id if muscle else application.place, application.place.partition("@")[2])
        found.append(replace(application, follow="") if application.follow and key in done else application)
        if application.follow or application.verb == "stretch":
            done.add(key)
    return found[::-1]


def total(applications: Sequence[Application]) -> float:
    """Minutes in all."""
    return round(sum(a.minutes for a in applications), 2)


def fit(
    applications: Sequence[Application],
    uses: Sequence[float],
    at_hand: float,
    k: Knowledge,
    lying: Position | None = None,
) -> tuple[tuple[Application, ...], tuple[Left, ...]]:
    """What fits into the minutes at hand: while it is too long, the least useful falls out, of equals the last. Where nothing would be left, what is shorter comes back."""

    def planned(which: Iterable[int]) -> tuple[Application, ...]:
        return timed(stretched_once([applications[i] for i in sorted(which)], k), k, lying)

    kept = list(range(len(applications)))
    left: dict[int, Left] = {}
    now = planned(kept)
    while kept and total(now) > at_hand:
        if len(kept) == 1 and (short := _shorter(now[0], total(now) - at_hand, at_hand)) is not None:
            now = timed(stretched_once([short], k), k, lying)
            break
        out = min(kept, key=lambda i: (uses[i], -i))
        gone = now[kept.index(out)]
        left[out] = Left(place=gone.place, name=gone.name, technique=gone.technique, why="", minutes=gone.minutes)
        kept.remove(out)
        now = planned(kept)
    for back in reversed(list(left)) if not kept else ():
        if total(more := planned([*kept, back])) <= at_hand:
            kept, now = [*kept, back], more
            del left[back]
    return now, tuple(_with(row, total(planned([*kept, i])), at_hand) for i, row in left.items())


def _with(row: Left, all_min: float, at_hand: float) -> Left:
    """What fell out, told with what the plan would take with it."""
    return replace(row, why=say("plan.no_time", at_hand=f"{at_hand:g}", all=f"{all_min:.1f}"))


def _shorter(application: Application, over_min: float, at_hand: float) -> Application | None:
    """The last that is left with as many rounds or strokes less as make it fit, not fewer than its least; None where that is too long."""
    dose = application.dose
    each = {"rounds": dose.hold_s, "passes": dose.pass_s, "release": 0.0}[application.family]
    spare = min(each * dose.turns, dose.point_s - dose.recheck_s)
    for turns in range(dose.turns - 1, max(dose.turns_least, 1) - 1, -1):
        saved = spare - min(each * turns, spare) + dose.rest_s * (dose.turns - turns)
        if each and saved >= over_min * 60 + ROUNDED_S:
            why = say("plan.short_of_time", at_hand=f"{at_hand:g}")
            cut = Cut("turns", dose.turns, turns, "practitioner", why)
            less = replace(dose, turns=turns, turns_least=min(dose.turns_least, turns))
            cuts = (*(c for c in application.cuts if c.name != "turns"), cut)
            wish = application.wish and replace(application.wish, turns=turns)
            return replace(application, dose=less, cuts=cuts, wish=wish)
    return None


def load(applications: Sequence[Application], k: Knowledge) -> tuple[tuple[str, float, float], ...]:
    """(thumb, wrist or elbow; seconds of load; seconds from which another contact is proposed)."""
    sums = dict.fromkeys(JOINTS, 0.0)
    for application in applications:
        for joint, share in application.loads:
            sums[joint] += share * pressing_s(application)
    return tuple((joint, round(value, 1), k.hand_limits[joint].value) for joint, value in sums.items())
