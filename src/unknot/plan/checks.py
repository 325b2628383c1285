"""What a wish must not be: on a barred place, with a forbidden technique, over what is easily hurt, without the licence. Every reason is told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from unknot.body.danger import near_dangers, near_spot
from unknot.case.clearance import Clearance
from unknot.case.plan import Limit, Wish
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import NEVER_PRESSED, Danger
from unknot.plan.lying import lies_of
from unknot.plan.places import is_point, licence_of, muscle_of, other_side, path_sites, site_of, site_of_wish
from unknot.plan.routes import route_problems, route_sites
from unknot.words import say

GENTLE = ("gliding", "stretch")
"""What a region that holds something never to be pressed takes, and that with the flat hand."""
OVER_AVOID = (("hold_s", 5.0), ("discomfort", 2.0))
"""Limits there (house rule)."""
LIGHTER = 5.0
"""Discomfort at most where a stroke passes a region that holds something easily hurt (house rule)."""
ALONG = ("strip", "roll")
"""Verbs that run along the whole muscle of a point."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A wish with all that its checks look at: its site, every site it touches, and what is easily hurt there and on the way."""

    wish: Wish
    site: str
    sites: tuple[str, ...]
    dangers: tuple[Danger, ...]
    """At the place."""
    on_way: tuple[Danger, ...]
    """At other points of the muscle, for what runs along all of it."""
    beside: tuple[Danger, ...]
    """Elsewhere in the regions of the way: the work is lighter there."""
    at: str
    """How problems call it."""


def _problem(code: str, place: str, given: str, todo: str, allowed: str = "") -> Problem:
    return Problem(code, place, given, allowed, todo)


def look(wish: Wish, k: Knowledge, at: str) -> Looked | list[Problem]:
    """A wish looked up in the knowledge, or why it cannot be."""
    if wish.technique not in k.techniques:
        return [_problem("unknown_technique", at, wish.technique, "name one of them", ", ".join(k.techniques))]
    if wish.contact and wish.contact not in k.contacts:
        return [_problem("unknown_contact", at, wish.contact, "name one of them", ", ".join(k.contacts))]
    site = site_of_wish(wish, k)
    if site is None:
        return [
            _problem("unknown_place", at, wish.place, "name a point or a site with its side, or a spot with its site")
        ]
    wrong = route_problems(wish, site, k, at)
    if wrong:
        return wrong
    place = wish.place if is_point(wish.place, k) else site
    along = k.techniques[wish.technique].verb in ALONG
    sites = (site, *(path_sites(wish.place, k) if along and wish.path is None else ()))
    if wish.path is not None:
        sites = (site, *route_sites(wish.path))
    if wish.both:
        sites = (*sites, *(other_side(s) for s in sites))
    dangers = near_dangers(k, place)
    sites = tuple(dict.fromkeys(sites))
    if wish.path is not None:
        return Looked(wish, site, sites, dangers, _crossed(sites, k, dangers), (), at)
    return Looked(wish, site, sites, dangers, *_on_way(wish.place, k, dangers, along=along), at)


def _crossed(sites: tuple[str, ...], k: Knowledge, here: tuple[Danger, ...]) -> tuple[Danger, ...]:
    """What is easily hurt anywhere in the sites that a drawn path crosses."""
    found = {d.id: d for s in sites for d in near_dangers(k, s) if d not in here}
    return tuple(found.values())


def _on_way(
    place: str, k: Knowledge, here: tuple[Danger, ...], *, along: bool
) -> tuple[tuple[Danger, ...], tuple[Danger, ...]]:
    muscle = muscle_of(place, k)
    if muscle is None or not along:
        return (), ()
    points = (p.id for p in k.points.values() if p.muscle == muscle.id)
    on_way = {d.id: d for p in points for d in near_dangers(k, p) if d not in here}
    beside = {d.id: d for r in muscle.strip_regions for d in near_dangers(k, r) if d not in here and d.id not in on_way}
    return tuple(on_way.values()), tuple(beside.values())


def place_problems(looked: Looked, clearance: Clearance, k: Knowledge) -> list[Problem]:
    """What speaks against the place and the technique, whatever it is pressed with."""
    found = [*_barred(looked, clearance, k), *_forbidden(looked, clearance)]
    for danger in (*looked.dangers, *looked.on_way):
        found += _near_danger(danger, looked, k)
    return found


def _barred(looked: Looked, clearance: Clearance, k: Knowledge) -> list[Problem]:
    """A barred site, a barred spot, or a muscle that the practitioner's licence does not cover."""
    wish, todo = looked.wish, "choose another place"
    found = [
        _problem("barred", looked.at, f"{b.site} is barred: {b.why} ({b.rule})", todo)
        for b in clearance.barred
        if b.site in looked.sites
    ]
    own = {wish.place, other_side(wish.place)} if wish.both else {wish.place}
    places = (own if is_point(wish.place, k) else set()) | set(looked.sites if not is_point(wish.place, k) else ())
    way = [s for s in looked.sites if s not in (looked.site, other_side(looked.site))]
    for spot in clearance.spots:
        if any(near_spot(k, place, spot) for place in (*sorted(places), *way)):
            found.append(_problem("barred", looked.at, f"{wish.place} is barred: {spot.why} ({spot.rule})", todo))
    licence = licence_of(wish.place, k)
    if licence and licence not in clearance.licences:
        text = say("screen.no_licence", area=licence)
        found.append(_problem("licence", looked.at, text, "refer, or name the licence"))
    return found


def _forbidden(looked: Looked, clearance: Clearance) -> list[Problem]:
    wish = looked.wish
    return [
        _problem(
            "forbidden", looked.at, f"{wish.technique} is forbidden: {f.why} ({f.rule})", "choose another technique"
        )
        for f in clearance.forbidden
        if f.technique == wish.technique
    ]


def _near_danger(danger: Danger, looked: Looked, k: Knowledge) -> list[Problem]:
    """What a place that is easily hurt forbids. What is never pressed bars a point within it; of a region that holds it only the flat hand works, or nothing."""
    wish, found = looked.wish, []
    if danger.contact == "avoid_region" or (danger.contact == "avoid" and is_point(wish.place, k)):
        found.append(_problem("danger", looked.at, f"{wish.place}: {danger.name}", danger.watch))
    elif danger.contact == "avoid" and wish.technique not in GENTLE:
        given = f"{wish.technique} over {danger.name}"
        found.append(_problem("danger", looked.at, given, danger.watch, ", ".join(GENTLE)))
    if danger.contact == "no_sustained" and k.techniques[wish.technique].family == "release":
        given = f"{wish.technique} near {danger.name}"
        found.append(_problem("danger", looked.at, given, danger.watch, "short holds with thumb or flat hand"))
    if wish.both and not danger.both_sides:
        given = f"both sides of {danger.name} at once"
        found.append(_problem("danger", looked.at, given, danger.watch, "one side at a time"))
    return found


def contact_problems(looked: Looked, contact: str, clearance: Clearance, k: Knowledge) -> list[Problem]:
    """What speaks against pressing there with this part of the hand."""
    hand, wish = k.contacts[contact], looked.wish
    found: list[Problem] = []
    allowed = k.techniques[wish.technique].contacts
    if contact not in allowed:
        given = f"{wish.technique} with the {contact}"
        found.append(_problem("wrong_contact", looked.at, given, "choose one of them", ", ".join(allowed)))
    flat = ", ".join(c.id for c in k.contacts.values() if c.broad)
    for danger in (*looked.dangers, *looked.on_way):
        given = f"{contact} near {danger.name}"
        if danger.contact in (*NEVER_PRESSED, "broad_and_light") and not hand.broad:
            found.append(_problem("danger", looked.at, given, danger.watch, flat))
        if danger.contact == "no_sustained" and hand.hard:
            found.append(_problem("danger", looked.at, given, danger.watch, "short holds with thumb or flat hand"))
    light = next((row for row in clearance.light if row.site in looked.sites), None)
    if light is not None and not hand.broad:
        given = f"{contact} on {light.site}: {light.why}"
        found.append(_problem("light_only", looked.at, given, "choose one of them", flat))
    return found


def chosen_contact(looked: Looked, clearance: Clearance, k: Knowledge) -> tuple[str, list[Problem]]:
    """The contact that is wished, or the first usual one that nothing speaks against; with what speaks against it."""
    if looked.wish.contact:
        return looked.wish.contact, contact_problems(looked, looked.wish.contact, clearance, k)
    usual = usual_contacts(looked, k)
    for contact in usual:
        if not contact_problems(looked, contact, clearance, k):
            return contact, []
    return usual[0], contact_problems(looked, usual[0], clearance, k)


def usual_contacts(looked: Looked, k: Knowledge) -> tuple[str, ...]:
    """The technique's contacts, the pincer first where the muscle is picked up and last where it cannot be."""
    contacts = k.techniques[looked.wish.technique].contacts
    ident = looked.wish.place.partition("@")[0]
    palpation = k.points[ident].palpation if ident in k.points else ""
    if "pincer" not in contacts or len(contacts) == 1:
        return contacts
    others = tuple(c for c in contacts if c != "pincer")
    return ("pincer", *others) if palpation == "pincer" else (*others, "pincer") if palpation == "flat" else contacts


@lru_cache(maxsize=4096)
def reached(place: str, k: Knowledge) -> tuple[str, ...]:
    """The ways to lie in which a place can be worked on, the best first: its own, then those of its site and of the points that lie there."""
    site = site_of(place, k) or place
    region = site.partition("@")[0]
    points = [lie for p in k.points.values() if p.region == region for lie in lies_of(p.id, k)]
    return tuple(dict.fromkeys((*lies_of(place, k), *lies_of(site, k), *points)))


def chosen_lie(looked: Looked, clearance: Clearance, k: Knowledge) -> tuple[str, list[Problem]]:
    """How the client lies: as wished, or the first way in which the place is reached and that the clearance allows."""
    ruled = dict(clearance.positions)
    wish = looked.wish
    every = reached(wish.place if is_point(wish.place, k) else looked.site, k)
    if wish.lie:
        if wish.lie not in every:
            return wish.lie, [
                _problem("lie", looked.at, f"{looked.site} while {wish.lie}", "choose another", ", ".join(every))
            ]
        every = (wish.lie,)
    for lie in every:
        if not any(p in ruled for p in k.lyings[lie].forbidden_by):
            return lie, []
    why = next(
        f"{k.lyings[every[0]].name}: {say('position.' + p)} ({ruled[p]})"
        for p in k.lyings[every[0]].forbidden_by
        if p in ruled
    )
    allowed = ", ".join(x.id for x in k.lyings.values() if not any(p in ruled for p in x.forbidden_by))
    return every[0], [_problem("lie", looked.at, why, "choose another place or position", allowed)]


def site_limits(looked: Looked) -> list[Limit]:
    """What lies under the place limits the work; on the way of a stroke it makes the work lighter."""
    found: list[Limit] = []
    for danger in (*looked.dangers, *looked.on_way):
        named = [("hold_s", danger.hold_s_max), ("discomfort", danger.discomfort_max)]
        named += OVER_AVOID if danger.contact in NEVER_PRESSED else ()
        why = f"{danger.name}: {danger.under}"
        found += [Limit(name, value, "site", why) for name, value in named if value is not None]
    found += [Limit("discomfort", LIGHTER, "site", say("plan.on_way", name=d.name)) for d in looked.beside[:1]]
    return found
