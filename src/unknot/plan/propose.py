"""The plan that the program proposes: which places, in which order, with what and why; the practitioner changes it as they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from unknot.case.clearance import Clearance
from unknot.case.model import Case
from unknot.case.plan import Left, Limit, Plan, Wish
from unknot.case.ranking import Ranking
from unknot.knowledge.load import Knowledge
from unknot.knowledge.technique import Routine
from unknot.plan.admitted import Ground, admitted
from unknot.plan.candidates import Candidate, candidates
from unknot.plan.checks import reached
from unknot.plan.choose import Choice, choose
from unknot.plan.gate import admit, cleared, ids
from unknot.plan.limits import of_client
from unknot.plan.lying import lies_of
from unknot.plan.order import Step, Stop, area_of, ordered
from unknot.plan.places import is_point, muscle_of, name_of, site_of, up_of
from unknot.plan.routine import sides_of, wishes_of, within
from unknot.plan.unfound import few_unfound, shares
from unknot.words import join, say

WARM, FINISH, ALONG = 0.5, 0.25, 0.6
"""What a glide before, a glide after and a stroke along the muscle are worth beside the best place that they serve (house rule)."""


def propose(
    ranking: Ranking | None,
    case: Case,
    clearance: Clearance | None,
    k: Knowledge,
    on: date,
    *,
    minutes: float | None = None,
    others: Sequence[Limit] = (),
) -> tuple[Plan, tuple[Wish, ...]]:
    """The proposed plan and the wishes that it is made of. Raises PlanError without a clearance of today."""
    ground, at_hand, chosen, aside = _found(ranking, case, clearance, k, on, minutes, others)
    left: tuple[Left, ...] = ()
    all_chosen = chosen
    while True:
        wishes = _wishes(ground, chosen)
        plan = admit(clearance, wishes, k, on, minutes=at_hand, others=ground.others)
        gone = {row.place for row in plan.left if row.technique != "gliding"} - {a.place for a in plan.applications}
        if not gone:
            break
        left += tuple(row for row in plan.left if row.place in gone)
        chosen = [(c, choice) for c, choice in chosen if c.place not in gone]
    if not plan.applications:
        plan, wishes = _one(ground, all_chosen, at_hand, plan, wishes)
        left = tuple(row for row in left if row.place not in {a.place for a in plan.applications})
    plan, kept = _kept(ground, plan, wishes, at_hand)
    return replace(plan, left=(*left, *plan.left, *aside)), kept


def _one(
    ground: Ground, chosen: Sequence[tuple[Candidate, Choice]], minutes: float, plan: Plan, wishes: tuple[Wish, ...]
) -> tuple[Plan, tuple[Wish, ...]]:
    """Where the time is too short for all: the most useful place that fits by itself, if there is one."""
    for one in sorted(chosen, key=lambda pair: -pair[0].use):
        alone = _wishes(ground, [one])
        found = admit(ground.clearance, alone, ground.k, plan.on, minutes=minutes, others=ground.others)
        if any(a.place == one[0].place for a in found.applications):
            return found, alone
    return plan, wishes


def by_routine(
    routine: Routine,
    ranking: Ranking | None,
    case: Case,
    clearance: Clearance | None,
    k: Knowledge,
    on: date,
    *,
    minutes: float | None = None,
    others: Sequence[Limit] = (),
) -> tuple[Plan, tuple[Wish, ...]]:
    """A routine with the client's own places in it, in the order of the routine. Raises PlanError without a clearance of today."""
    ground, at_hand, chosen, aside = _found(ranking, case, clearance, k, on, minutes, others)
    points = [w for w in _wishes(ground, chosen) if w.technique != "gliding"]
    inside = {w.place for w in points if within(site_of(w.place, k) or "", routine.regions)}
    sides = sides_of([*(p.site for p in case.pains), *inside], routine, k)
    wishes, not_allowed = wishes_of(routine, ground, points, sides)
    plan = admit(clearance, wishes, k, on, minutes=at_hand, others=ground.others)
    plan, kept = _kept(ground, plan, wishes, at_hand)
    here = tuple(row for row in aside if within(site_of(row.place, k) or "", routine.regions))
    return replace(plan, left=(*plan.left, *not_allowed, *here)), kept


def _found(
    ranking: Ranking | None,
    case: Case,
    clearance: Clearance | None,
    k: Knowledge,
    on: date,
    minutes: float | None,
    others: Sequence[Limit],
) -> tuple[Ground, float, list[tuple[Candidate, Choice]], tuple[Left, ...]]:
    """What a plan begins from: the limits, the minutes at hand, the places with technique and contact, and what was left aside, with why."""
    ground = Ground(cleared(clearance, k, on), k, (*of_client(case), *others))
    at_hand = k.dose("plan", "minutes") if minutes is None else minutes
    found, quiet = candidates(ranking, case, k)
    found, many = few_unfound(found, k)
    chosen, barred = _chosen(ground, found)
    return ground, at_hand, chosen, (*barred, *many, *quiet)


def _kept(ground: Ground, plan: Plan, wishes: Sequence[Wish], minutes: float) -> tuple[Plan, tuple[Wish, ...]]:
    """The plan of the wishes that stayed in, what fell out told with it, and those wishes; they give the same plan again."""
    stayed = {a.id for a in plan.applications}
    kept = tuple(wish for ident, wish in zip(ids(wishes), wishes, strict=True) if ident in stayed)
    again = admit(ground.clearance, kept, ground.k, plan.on, minutes=minutes, others=ground.others)
    return replace(again, left=plan.left), kept


def _chosen(ground: Ground, found: Sequence[Candidate]) -> tuple[list[tuple[Candidate, Choice]], tuple[Left, ...]]:
    """Technique and contact of each place; a place on which nothing is allowed is left out, with the reason."""
    k = ground.k
    chosen: list[tuple[Candidate, Choice]] = []
    left, share = [], shares(found, k)
    for candidate in found:
        wish = Wish(
            place=candidate.place,
            technique="",
            use=candidate.use,
            point_s=share.get(candidate.place),
            found=candidate.pressed,
        )
        choice = choose(ground, wish, stubborn=candidate.stubborn)
        if isinstance(choice, Choice):
            chosen.append((candidate, choice))
            continue
        name = name_of(wish, site_of(wish.place, k) or wish.place, k)
        why = join([problem.given for problem in choice], "list.and_also")
        left.append(Left(place=candidate.place, name=name, technique="", why=why, minutes=0.0))
    return chosen, tuple(left)


def _wishes(ground: Ground, chosen: Sequence[tuple[Candidate, Choice]]) -> tuple[Wish, ...]:
    """All wishes in their order, with the glides that warm and finish and the strokes along muscles with a taut band."""
    k = ground.k
    by_place = {c.place: (c, choice) for c, choice in chosen}
    steps = ordered([Stop(c.place, _lies(ground, c.place), c.use, c.tender, c.likely) for c, _ in chosen], k)
    found: list[Wish] = []
    for run in _runs(steps, k):
        lie = run[0].lie.partition("/")[0]
        best = max((by_place[s.place][0] for s in run), key=lambda c: (c.likely, c.use))
        found += _glide(ground, best, lie, "warm")
        for number, step in enumerate(run):
            candidate, choice = by_place[step.place]
            found.append(replace(choice.wish, lie=lie, why=_why(candidate, choice, step, k)))
            rest = [by_place[s.place][0] for s in run[number + 1 :]]
            found += _along(ground, candidate, lie, [by_place[s.place][0] for s in run[: number + 1]], rest)
        found += _glide(ground, best, lie, "finish")
    return tuple(found)


def _lies(ground: Ground, place: str) -> tuple[str, ...]:
    """The ways to lie in which a place can be reached and that the clearance allows."""
    ruled = {position for position, _ in ground.clearance.positions}
    k = ground.k
    own = lies_of(place, k)
    open_to = [lie for lie in (*own, *reached(place, k)) if not ruled & set(k.lyings[lie].forbidden_by)]
    usual = tuple(lie for lie in open_to if lie in own)
    return tuple(dict.fromkeys(_position(lie, place, k) for lie in usual or tuple(open_to)))


def _position(lie: str, place: str, k: Knowledge) -> str:
    """A way to lie with the side that is up: to turn a client from side to side is a turn."""
    up = up_of(place, lie, k)
    return f"{lie}/{up}" if up else lie


def _runs(steps: Sequence[Step], k: Knowledge) -> list[list[Step]]:
    """Steps that follow one another in one body area and one position."""
    runs: list[list[Step]] = []
    for step in steps:
        last = runs[-1][-1] if runs else None
        if last is not None and last.lie == step.lie and area_of(last.place, k) == area_of(step.place, k):
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def _glide(ground: Ground, best: Candidate, lie: str, phase: str) -> list[Wish]:
    """A glide over the site of the best place, where that is likely and gliding is allowed."""
    if not best.likely:
        return []
    share = WARM if phase == "warm" else FINISH
    wish = Wish(
        place=site_of(best.place, ground.k) or best.place,
        technique="gliding",
        lie=lie,
        pass_s=ground.k.dose("plan", f"{phase}_s"),
        turns=1,
        use=best.use * share,
        why=say(f"plan.{phase}"),
    )
    for tried in (wish, replace(wish, lie="")):
        made, _ = admitted(ground, tried, "")
        if made is not None and made.lie == lie:
            return [tried]
    return []


def _along(
    ground: Ground, candidate: Candidate, lie: str, so_far: Sequence[Candidate], rest: Sequence[Candidate]
) -> list[Wish]:
    """A stroke along the muscle, after the last of its points, when a taut band was found in it."""
    k = ground.k
    muscle = muscle_of(candidate.place, k)
    if muscle is None or not is_point(candidate.place, k):
        return []
    same = [c for c in so_far if _same_muscle(c.place, candidate.place, k)]
    if not any(c.band for c in same) or any(_same_muscle(c.place, candidate.place, k) for c in rest):
        return []
    use = ALONG * max(c.use for c in same)
    wish = Wish(
        place=candidate.place,
        technique="muscle_stripping",
        lie=lie,
        use=use,
        found=True,
        why=say("plan.along", muscle=muscle.name),
    )
    best = max(same, key=lambda c: (c.pressed, c.band, c.use)).place
    for tried in (replace(wish, place=best), wish):
        if admitted(ground, tried, "")[0] is not None:
            return [tried]
    return []


def _same_muscle(a: str, b: str, k: Knowledge) -> bool:
    first, second = muscle_of(a, k), muscle_of(b, k)
    return first is not None and first == second and a.partition("@")[2] == b.partition("@")[2]


def _why(candidate: Candidate, choice: Choice, step: Step, k: Knowledge) -> str:
    """Why this place, why here in the order, why this technique and this contact."""
    parts = [candidate.why]
    for places, key in ((step.before, "plan.key_of"), (step.after, "plan.satellite_of")):
        others = [p for p in places if not _same_muscle(p, step.place, k)]
        names = dict.fromkeys(m.name for p in others if (m := muscle_of(p, k)))
        parts += [say(key, names=join(list(names)))] if names else []
    if step.worst_later:
        parts.append(say("plan.worst_later"))
    return " ".join((*parts, *choice.reasons))
