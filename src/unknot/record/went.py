"""How the work on a place went. The one rule by which note, client's sheet, last-visit card, end of the session and reports tell it, so that none says otherwise than another.

House rule: a place *went quietly* only when discomfort was told before and after, it was never above the ceiling, no symptom came and
nobody said stop, it did not rise, the work was not broken off, and nothing says that the place did not respond. Whatever nobody can know
(not told, told once, told under less pressure or pressed anew) did not go quietly.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Literal

from unknot.treat.summary import Change, Place, Summary, Taking, Told
from unknot.words import say

Against = Literal["symptom", "above", "worse", "cut", "flat", "unrated", "once", "other_pressure"]
"""What keeps a place from having gone quietly, the gravest first."""
QUIET = ("eased", "turns", "limit", "end", "let_go")
"""Ends of work that was neither broken off nor answered by nothing."""


@dataclass(frozen=True, slots=True)
class Went:
    """One place in one session."""

    place: Place
    change: Change
    worse: bool
    """It grew worse under the hand: told as clearly more, or the work ended for that."""
    against: tuple[Against, ...]
    felt: tuple[str, ...] = ()
    """The symptoms that were told there, in the engine's words."""

    @property
    def quiet(self) -> bool:
        """Whether all is known and nothing speaks against it."""
        return not self.against

    @property
    def flat(self) -> bool:
        """It did not respond, and did not grow worse either."""
        return self.place.responded is False and not self.worse


def went(found: Summary, place: Place, clear: float) -> Went:
    """How a place went in a session. `clear`: from how many points on less or more counts, 0-10."""
    change = place.change(clear)
    worse = change == "worse" or place.outcomes[-1:] == ("worse",)
    told = [one for t in found.takings if t.place == place.place for one in _told_at(found, t)]
    felt = tuple(dict.fromkeys(one.word for one in told if one.kind == "symptom"))
    return Went(place, change, worse, tuple(_against(found, place, worse, {one.kind for one in told})), felt)


def told_mapping(found: Summary, clear: float) -> dict[str, Any]:
    """A summary as plain data, with the places that did not respond and those that grew worse by the one rule. `clear` as in `went`."""
    every = [went(found, place, clear) for place in found.places]
    return {
        **found.as_mapping(),
        "unresponsive": [w.place.place for w in every if w.flat],
        "grew_worse": [w.place.place for w in every if w.worse],
    }


def _against(found: Summary, place: Place, worse: bool, beside: Set[str]) -> Iterator[Against]:
    takings = [t for t in found.takings if t.place == place.place]
    outcomes = {t.outcome for t in takings}
    rose = place.before is not None and place.after is not None and place.after > place.before
    if "symptom" in beside | outcomes:
        yield "symptom"
    if "above" in outcomes or any(t.breaches for t in takings):
        yield "above"
    if worse or rose or "worse" in outcomes:
        yield "worse"
    if "stop" in beside or outcomes - {*QUIET, "symptom", "above", "worse", "flat", "no_release"}:
        yield "cut"
    if place.responded is False or outcomes & {"flat", "no_release"}:
        yield "flat"
    if place.before is None:
        yield "unrated"
    elif place.after is None:
        yield "once"
    elif place.pressure not in ("same", "harder"):
        yield "other_pressure"


def _told_at(found: Summary, taking: Taking) -> Iterator[Told]:
    """Symptoms and stops from a place being taken up until the next one is: what comes once the hand is off is of that place, too."""
    later = min((t.begun_ms for t in found.takings if t.begun_ms > taking.begun_ms), default=None)
    for told in found.told:
        if told.kind in ("symptom", "stop") and told.at_ms >= taking.begun_ms and (later is None or told.at_ms < later):
            yield told


# ---------------------------------------------------------------- in words


def before_and_after(place: Place) -> str:
    """The discomfort before and after, and under which pressure the last was told where that was another; what was told once alone."""
    if place.before is None:
        return say("end.not_compared")
    if place.after is None:
        return say("end.once", value=f"{place.before:g}")
    told = say("end.before_after", before=f"{place.before:g}", after=f"{place.after:g}")
    return told if place.compared else f"{told}, {say('session_pressure.' + place.pressure)}"


def change_words(w: Went) -> str:
    """The change in a few words; where both were told but do not compare, under which pressure."""
    if w.change == "not_compared" and w.place.pressure:
        return say("session_pressure." + w.place.pressure)
    return say("end." + w.change)
