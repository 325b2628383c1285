"""Which technique and which contact on a place, and why: from the muscle's depth, how it is picked up, what was found, and what is allowed there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from unknot.case.plan import Application, Wish
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.plan.admitted import Ground, admitted
from unknot.plan.places import is_point, muscle_of
from unknot.words import say

THICK = ("pelvis", "hip_thigh")
"""Areas in which a deep muscle lies under so much that the elbow reaches it best (house rule)."""
FACE = "head"


@dataclass(frozen=True, slots=True)
class Choice:
    """A wish that passes the gate as it stands, with its application and the reasons for technique and contact."""

    wish: Wish
    application: Application
    reasons: tuple[str, ...]


def choose(ground: Ground, wish: Wish, *, stubborn: bool = False) -> Choice | list[Problem]:
    """The first usual technique that is allowed on a place, with the contact that suits it; or why none is, told for the first choice.

    What the wish already names (technique, contact, numbers) is kept.
    """
    first: list[Problem] = []
    at = say("plan.at", place=wish.place)
    for technique, why in techniques(wish, ground.k, stubborn=stubborn):
        for contact, because in contacts(wish, technique, ground.k):
            tried = replace(wish, technique=technique, contact=contact)
            made, problems = admitted(ground, tried, at)
            if made is not None:
                usual = say("plan.contact_usual", contact=ground.k.contacts[made.contact].name)
                return Choice(replace(tried, contact=made.contact), made, (why, because or usual))
            first = first or problems
    return first


def techniques(wish: Wish, k: Knowledge, *, stubborn: bool) -> list[tuple[str, str]]:
    """Techniques for a point in the order in which they are thought of, each with its reason."""
    if wish.technique:
        return [(wish.technique, say("plan.as_chosen"))]
    muscle = muscle_of(wish.place, k)
    deep = muscle is not None and muscle.depth == "deep"
    holds = ("prolonged_compression", say("plan.stubborn" if stubborn else "plan.deep"))
    rounds = ("alternating_compression", say("plan.eases"))
    short = ("alternating_compression", say("plan.no_long"))
    light = ("gliding", say("plan.only_light"))
    return [holds, short, light] if deep or stubborn else [rounds, ("prolonged_compression", say("plan.holds")), light]


def contacts(wish: Wish, technique: str, k: Knowledge) -> list[tuple[str, str]]:
    """Contacts in the order in which they are thought of; the empty one leaves it to the gate."""
    if wish.contact:
        return [(wish.contact, say("plan.as_chosen"))]
    return [c for c in (_suits(wish.place, k),) if c[0] in k.techniques[technique].contacts] + [("", "")]


def _suits(place: str, k: Knowledge) -> tuple[str, str]:
    muscle = muscle_of(place, k)
    if muscle is None or not is_point(place, k):
        return "thumb", say("plan.contact_thumb")
    palpation = k.points[place.partition("@")[0]].palpation
    if palpation == "pincer":
        return "pincer", say("plan.contact_pincer")
    if palpation == "inside" or muscle.area == FACE:
        return "thumb", say("plan.contact_small")
    if muscle.depth == "deep" and muscle.area in THICK:
        return "elbow", say("plan.contact_elbow")
    if palpation == "flat or pincer" and muscle.depth == "superficial":
        return "pincer", say("plan.contact_pincer")
    return "thumb", say("plan.contact_thumb")
