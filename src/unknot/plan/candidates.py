"""Which places could be worked on: what the fingers found comes before what is only ranked, and what was found quiet is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from unknot.case.model import Case, Finding, corrected
from unknot.case.places import site_name
from unknot.case.plan import Left, Wish
from unknot.case.ranking import Ranking
from unknot.knowledge.load import Knowledge
from unknot.plan.places import is_point, name_of
from unknot.words import join, percent, say

FAMILIAR, TENDER, IN_MUSCLE = 3.0, 2.0, 1.0
"""What a found place is worth above a ranked one, whose worth is its chance (house rule)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place with what speaks for it. `use` orders places by worth; `tender` is what the fingers found, 0 to 10."""

    place: str
    use: float
    tender: float
    band: bool
    """A taut band was found."""
    stubborn: bool
    """As tender as at the visit before."""
    why: str
    pressed: bool = True
    """The fingers found something at this very place."""
    likely: bool = True
    """It or its muscle was found, or its chance is not low."""


@dataclass(frozen=True, slots=True)
class Felt:
    """What was found at one place, all visits together; of a sign at several visits the last counts."""

    tender: float | None
    familiar: bool
    band: bool
    other: bool
    """Another sign of an active point."""
    stubborn: bool
    looked: bool


def candidates(ranking: Ranking | None, case: Case, k: Knowledge) -> tuple[tuple[Candidate, ...], tuple[Left, ...]]:
    """Places that speak for themselves, the most useful first; and those that were pressed and found quiet."""
    felt = {place: _felt(rows, k) for place, rows in _by_place(case).items()}
    chance = {p.id: p.probability for p in ranking.points} if ranking else {}
    found: dict[str, Candidate] = {}
    left: list[Left] = []
    for place, what in felt.items():
        if is_point(place, k) or place.partition("@")[0] in k.regions:
            made = _found(place, what, chance.get(place, 0.0), k)
            if made is not None:
                found[place] = made
            elif what.looked:
                left.append(_quiet(place, k))
    quiet = {row.place for row in left}
    for ident, probability in chance.items():
        if ident not in found and ident not in quiet:
            made = _ranked(ident, probability, felt, k)
            if made is not None:
                found[ident] = made
    return tuple(sorted(found.values(), key=lambda c: (-c.use, c.place))), tuple(left)


def _by_place(case: Case) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in corrected(case.findings):
        if finding.kind in ("point", "muscle", "spot") and finding.on:
            found.setdefault(finding.on, []).append(finding)
    return found


def _felt(rows: list[Finding], k: Knowledge) -> Felt:
    signs: dict[str, bool | float] = {}
    for row in rows:
        signs |= row.signs
    tender = _tender(signs.get("tenderness"))
    series = [value for row in rows if (value := _tender(row.signs.get("tenderness"))) is not None]
    change = k.dose("all", "clear_change")
    stubborn = len(series) > 1 and series[-1] > series[0] - change and series[-1] >= k.dose("plan", "tender_from")
    other = any(signs.get(name) is True for name in ("referred_pain", "twitch", "jump", "present"))
    return Felt(
        tender, signs.get("familiar_pain") is True, signs.get("taut_band") is True, other, stubborn, bool(signs)
    )


def _tender(value: bool | float | None) -> float | None:
    """Tenderness as a number; a plain yes counts as the middle of the scale."""
    if value is None:
        return None
    return (5.0 if value else 0.0) if isinstance(value, bool) else float(value)


def _worth(what: Felt, k: Knowledge) -> float | None:
    """What was found is worth; None when it is quiet."""
    tender = what.tender or 0.0
    if what.familiar:
        return FAMILIAR + tender / 10
    if tender >= k.dose("plan", "tender_from") or (what.tender is None and (what.band or what.other)):
        return TENDER + tender / 10
    return None


def _found(place: str, what: Felt, chance: float, k: Knowledge) -> Candidate | None:
    worth = _worth(what, k)
    if worth is None:
        return None
    return Candidate(place, worth + chance / 100, what.tender or 0.0, what.band, what.stubborn, _told(what))


def _told(what: Felt, key: str = "plan.why_found") -> str:
    parts = [say("plan.why_familiar")] if what.familiar else []
    parts += [say("plan.why_tender", value=f"{what.tender:g}")] if what.tender else []
    parts += [say("plan.why_band")] if what.band else []
    parts += [say("plan.why_stubborn")] if what.stubborn else []
    parts = parts or [say("plan.why_signs")]
    return say(key, what=join(parts))


def _ranked(ident: str, probability: float, felt: dict[str, Felt], k: Knowledge) -> Candidate | None:
    """A point that nobody pressed: worked on when it is likely enough, sooner when its muscle was found."""
    if probability < k.dose("plan", "ranked_from"):
        return None
    point, _, side = ident.partition("@")
    muscle = felt.get(f"{k.points[point].muscle}@{side}" if side else k.points[point].muscle)
    why = say("plan.why_ranked", chance=percent(probability))
    if muscle is None or _worth(muscle, k) is None:
        likely = probability >= k.dose("plan", "likely_from")
        return Candidate(ident, probability, 0.0, False, False, why, pressed=False, likely=likely)
    told = say("plan.why_muscle", found=_told(muscle, "plan.why_in_muscle"), ranked=why)
    worth = IN_MUSCLE + probability
    return Candidate(ident, worth, muscle.tender or 0.0, muscle.band, muscle.stubborn, told, pressed=False)


def _quiet(place: str, k: Knowledge) -> Left:
    name = name_of(Wish(place=place, technique=""), place, k) if is_point(place, k) else site_name(k, place)
    return Left(place=place, name=name, technique="", why=say("plan.quiet"), minutes=0.0)
