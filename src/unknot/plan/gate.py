"""The gate that every plan passes: without a clearance of today nothing is planned, and nothing that it bars is in a plan.

There is no other way to a plan: `Plan` is made by `admit` alone, from a clearance, today's date and the rules of now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from unknot.body.danger import near_dangers, near_spot
from unknot.case.clearance import Clearance
from unknot.errors import Problem, UnknotError
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import LICENCES, NEVER_PRESSED, TECHNIQUES, Danger
from unknot.plan.limits import Limit, ResolvedLimits, resolve
from unknot.words import say

CONTACTS = ("thumb", "pincer", "knuckle", "elbow", "broad", "palm")
BROAD = ("broad", "palm")
HARD = ("elbow", "knuckle")
GENTLE = ("gliding", "stretch")
"""What a region that holds something never to be pressed takes, and that with the flat hand."""
OVER_AVOID = (("hold_s", 5.0), ("discomfort", 2.0))
"""Limits there (house rule)."""


class PlanError(UnknotError):
    """A plan that must not be: every reason is told, and nothing is planned."""

    code = "plan"


@dataclass(frozen=True, slots=True)
class Wish:
    """One technique on one place, as the practitioner wants it. `place` is a trigger point with its side, or a site; both sides at once if `both`."""

    place: str
    technique: str
    contact: str = "thumb"
    hold_s: float | None = None
    discomfort: float | None = None
    both: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """A wish that passed the gate, with its limits."""

    place: str
    site: str
    technique: str
    contact: str
    both: bool
    limits: ResolvedLimits
    dangers: tuple[str, ...]
    """Places easily hurt that lie near."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Applications in order, under the clearance that admitted them."""

    applications: tuple[Application, ...]
    on: date
    rules: str


def admit(
    clearance: Clearance | None, wishes: Sequence[Wish], k: Knowledge, on: date, others: Sequence[Limit] = ()
) -> Plan:
    """The plan of these wishes. Raises PlanError with every reason when there is no clearance of today or anything breaks it."""
    if clearance is None:
        raise PlanError([_problem("no_clearance", "plan", say("clearance.none"), "screen the client first")])
    refusal = clearance.refusal(on, k.version)
    if refusal is not None:
        key, values = refusal
        raise PlanError(
            [_problem("no_clearance", "plan", say(f"clearance.{key}", **values), "screen the client today")]
        )
    problems: list[Problem] = []
    made: list[Application] = []
    for number, wish in enumerate(wishes):
        found, wrong = _admitted(clearance, wish, k, f"application {number + 1}", others)
        problems += wrong
        if found is not None:
            made.append(found)
    if problems:
        raise PlanError(problems, "nothing is planned")
    return Plan(tuple(made), on, k.version)


def _problem(code: str, place: str, given: str, todo: str, allowed: str = "") -> Problem:
    return Problem(code, place, given, allowed, todo)


def _admitted(
    clearance: Clearance, wish: Wish, k: Knowledge, place: str, others: Sequence[Limit]
) -> tuple[Application | None, list[Problem]]:
    if wish.technique not in TECHNIQUES:
        return None, [_problem("unknown_technique", place, wish.technique, "name one of them", ", ".join(TECHNIQUES))]
    if wish.contact not in CONTACTS:
        return None, [_problem("unknown_contact", place, wish.contact, "name one of them", ", ".join(CONTACTS))]
    site = site_of(wish.place, k)
    if site is None:
        return None, [_problem("unknown_place", place, wish.place, "name a point or a site with its side")]
    problems = [*_barred(clearance, wish, site, k, place), *_forbidden(clearance, wish, place)]
    dangers = near_dangers(k, wish.place)
    for danger in dangers:
        problems += _near_danger(danger, wish, k, place)
    sites = {site, _other_side(site)} if wish.both else {site}
    if any(light.site in sites for light in clearance.light) and wish.contact not in BROAD:
        why = next(light.why for light in clearance.light if light.site in sites)
        problems.append(
            _problem("light_only", place, f"{wish.contact} on {site}: {why}", "choose one of them", ", ".join(BROAD))
        )
    if problems:
        return None, problems
    limits = resolve(clearance, [*others, *_wished(wish), *(limit for d in dangers for limit in _of_danger(d))])
    return Application(
        wish.place, site, wish.technique, wish.contact, wish.both, limits, tuple(d.id for d in dangers)
    ), []


def _near_danger(danger: Danger, wish: Wish, k: Knowledge, place: str) -> list[Problem]:
    """What a place that is easily hurt forbids. What is never pressed bars a point within it; of a region that holds it only the flat hand works, or nothing."""
    on_point = wish.place.partition("@")[0] in k.points
    found = []
    if danger.contact == "avoid_region" or (danger.contact == "avoid" and on_point):
        found.append(_problem("danger", place, f"{wish.place}: {danger.name}", danger.watch))
    elif danger.contact == "avoid" and wish.technique not in GENTLE:
        given = f"{wish.technique} over {danger.name}"
        found.append(_problem("danger", place, given, danger.watch, ", ".join(GENTLE)))
    elif danger.contact in ("avoid", "broad_and_light") and wish.contact not in BROAD:
        given = f"{wish.contact} near {danger.name}"
        found.append(_problem("danger", place, given, danger.watch, ", ".join(BROAD)))
    if danger.contact == "no_sustained" and (wish.contact in HARD or wish.technique == "prolonged_compression"):
        given = f"{wish.technique} with the {wish.contact} near {danger.name}"
        found.append(_problem("danger", place, given, danger.watch, "short holds with thumb or flat hand"))
    if wish.both and not danger.both_sides:
        given = f"both sides of {danger.name} at once"
        found.append(_problem("danger", place, given, danger.watch, "one side at a time"))
    return found


def _barred(clearance: Clearance, wish: Wish, site: str, k: Knowledge, place: str) -> list[Problem]:
    """A barred site, a barred spot, or a muscle that the practitioner's licence does not cover."""
    sites = {site, _other_side(site)} if wish.both else {site}
    sides = (wish.place, _other_side(wish.place)) if wish.both else (wish.place,)
    found = [
        _problem("barred", place, f"{b.site} is barred: {b.why} ({b.rule})", "choose another place")
        for b in clearance.barred
        if b.site in sites
    ]
    for spot in clearance.spots:
        if any(near_spot(k, place_of_side, spot) for place_of_side in sides):
            found.append(
                _problem("barred", place, f"{wish.place} is barred: {spot.why} ({spot.rule})", "choose another place")
            )
    licence = licence_of(wish.place, k)
    if licence and licence not in clearance.licences:
        found.append(_problem("licence", place, say("screen.no_licence", area=licence), "refer, or name the licence"))
    return found


def _forbidden(clearance: Clearance, wish: Wish, place: str) -> list[Problem]:
    return [
        _problem("forbidden", place, f"{wish.technique} is forbidden: {f.why} ({f.rule})", "choose another technique")
        for f in clearance.forbidden
        if f.technique == wish.technique
    ]


def _wished(wish: Wish) -> list[Limit]:
    """What the practitioner wants is a limit too: it can only lower what is allowed."""
    found = []
    if wish.hold_s is not None:
        found.append(Limit("hold_s", wish.hold_s, "practitioner", say("plan.wished")))
    if wish.discomfort is not None:
        found.append(Limit("discomfort", wish.discomfort, "practitioner", say("plan.wished")))
    return found


def _of_danger(danger: Danger) -> list[Limit]:
    named = [("hold_s", danger.hold_s_max), ("discomfort", danger.discomfort_max)]
    named += OVER_AVOID if danger.contact in NEVER_PRESSED else ()
    return [Limit(name, value, "site", f"{danger.name}: {danger.under}") for name, value in named if value is not None]


def _other_side(site: str) -> str:
    region, _, side = site.partition("@")
    return f"{region}@{'right' if side == 'left' else 'left'}" if side else site


def site_of(place: str, k: Knowledge) -> str | None:
    """The site of a trigger point (`infraspinatus.1@right`) or a site itself; None for anything else."""
    ident, _, side = place.partition("@")
    region = k.points[ident].region if ident in k.points else ident
    if region not in k.regions or side not in ("", "left", "right") or (k.regions[region].lateral and not side):
        return None
    return f"{region}@{side}" if k.regions[region].lateral else region


def licence_of(place: str, k: Knowledge) -> str:
    """The licence that a point's muscle asks for; empty where the usual one does."""
    ident = place.partition("@")[0]
    licence = k.muscles[k.points[ident].muscle].licence if ident in k.points else "none"
    return LICENCES[licence]
