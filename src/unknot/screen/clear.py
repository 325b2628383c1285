"""The decision: intake and what else is known to a `Clearance`. Rules are data; nothing here knows a condition by name.

What is added can only make it stricter: no rule asks that something is not so. Not known counts as yes for a red flag, elsewhere
it means careful work until it is answered. A physician's approval or a practitioner's override takes back what its rule
says may be lifted, and nothing else (docs/decisions/0008-screening-as-a-value.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from unknot.case.clearance import (
    OUTCOMES,
    URGENCIES,
    Barred,
    BarredSpot,
    Ceiling,
    Clearance,
    Forbidden,
    Outcome,
    Reason,
)
from unknot.case.intake import Approval, Intake
from unknot.case.ranking import ReferReason
from unknot.errors import KnowledgeError, Problem
from unknot.guards import finite
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import ScreenRule
from unknot.screen.about import ANY_AGE, About, above, atoms
from unknot.screen.questions import answered, unanswered
from unknot.screen.words import hear, same_words
from unknot.words import say

OF_RANKING: dict[str, tuple[Outcome, str]] = {
    "ask": ("careful", ""),
    "refer": ("refer", "soon"),
    "emergency": ("emergency", "now"),
}
"""What a referral by the ranking, or by a rule that stands above it, means here."""
NUMBERS = {
    "discomfort_max": "discomfort",
    "hold_s_max": "hold_s",
    "point_s_max": "point_s",
    "session_min_max": "session_min",
}
"""Key of a rule to the limit that it lowers."""
STEPS = {"discomfort": 0.5, "hold_s": 1.0, "point_s": 5.0, "session_min": 5.0}
"""What is lowered by a share is rounded down to a multiple of this."""
LEAST = {"discomfort": 1.0, "hold_s": 2.0, "point_s": 5.0, "session_min": 5.0}
"""No share lowers a limit below this: a dose, not a ban."""
GRAVE = ("red_flag", "combination")
"""Kinds of rules for which an age that is not known counts as the one they ask for."""
BASE = ("discomfort", "palpation_discomfort", "hold_s", "point_s", "session_min")


@dataclass(frozen=True, slots=True)
class _Held:
    """A rule that held: what met it, and who lifted it."""

    rule: ScreenRule
    because: tuple[str, ...]
    approval: Approval | None
    lifted: str
    refused: str
    """The physician who said no to it."""

    @property
    def outcome(self) -> Outcome:
        """What it asks for now. Lifted by a physician it still means careful work; a physician's no asks for another answer first."""
        if self.refused and OUTCOMES.index(self.own) < OUTCOMES.index("approval"):
            return "approval"
        if self.lifted:
            return "careful" if self.approval else "go"
        return self.own

    @property
    def own(self) -> Outcome:
        """What the rule itself asks for; a reminder changes nothing."""
        return "go" if self.rule.outcome == "remind" else self.rule.outcome


def clear(intake: Intake, of: About, k: Knowledge, on: date, licences: tuple[str, ...] = ()) -> Clearance:
    """The clearance of a day. Raises KnowledgeError when a limit that holds for everybody is missing, GuardError when one is no number."""
    heard = hear(intake.said, intake.denied, k)
    answers = answered(intake, of, heard, k)
    true = atoms(of) | {q for q, a in answers.items() if a == "yes" or (a == "unknown" and k.questions[q].red_flag)}
    true |= {f"mark:{mark.kind}" for mark in intake.marks}
    true -= {f"symptom:{symptom}" for symptom in _taken_back(intake, of, answers, k)}
    not_known = tuple(sorted(q for q, a in answers.items() if a == "unknown"))
    if any(not k.questions[q].red_flag for q in not_known):
        true.add("not_known")
    index = _by_first_group(k)
    grave = true | ANY_AGE if of.age is None else true
    possible = {rule.id: rule for atom in grave for rule in index.get(atom, ())}
    held = [
        found
        for rule in possible.values()
        if (found := _held(rule, grave if rule.kind in GRAVE else true, intake, on, answers, k))
    ]
    held.sort(key=lambda h: (-OUTCOMES.index(h.outcome), h.rule.id))
    reasons = [*(_reason(h) for h in held), *(_of_ranking(r, intake, on) for r in of.referred)]
    reasons.sort(key=lambda r: (-OUTCOMES.index(r.outcome if not r.lifted else "careful"), r.rule, r.why))
    standing = [r for r in reasons if not r.lifted]
    approved = [a for r in of.referred if (a := _approval(r.source, _lifted_by(r), intake, on))]
    lifted_by_physician = [*(h.approval for h in held if h.approval is not None), *approved]
    outcome = max((r.outcome for r in standing), key=OUTCOMES.index, default="careful" if lifted_by_physician else "go")
    if outcome == "go" and lifted_by_physician:
        outcome = "careful"
    return Clearance(
        outcome=outcome,
        urgency=max((r.urgency for r in standing if r.outcome == outcome), key=URGENCIES.index, default=""),
        reasons=tuple(reasons),
        ceilings=_ceilings(held, approved, k),
        barred=(*_barred(held, k), *_without_consent(intake, k, licences)),
        spots=_spots(held, intake),
        light=_light(held, k),
        forbidden=tuple(Forbidden(t, h.rule.id, h.rule.why) for h in _working(held) for t in h.rule.forbid),
        positions=tuple(dict.fromkeys((p, h.rule.id) for h in _working(held) for p in h.rule.position)),
        reminders=tuple((h.rule.remind, h.rule.id) for h in _working(held) if h.rule.remind),
        licences=tuple(sorted(licences)),
        open=unanswered(intake, of, answers, k),
        not_known=not_known,
        heard=heard.yes,
        not_understood=heard.strange,
        on=on,
        rules=k.version,
    )


def standing_words(intake: Intake, of: About, k: Knowledge) -> tuple[str, ...]:
    """The client's own sentences without those of which a person has denied, singly, every symptom that was read from them."""
    taken = _taken_back(intake, of, answered(intake, of, hear(intake.said, intake.denied, k), k), k)
    read = {text: {s for s, one in of.read if one == text} for text in intake.said}
    return tuple(text for text in intake.said if not read[text] or not read[text] <= taken)


def _taken_back(intake: Intake, of: About, answers: Mapping[str, str], k: Knowledge) -> set[str]:
    """Symptoms that a person's single no has denied: those that mean the same, and those that were read from nothing but the same words."""
    denied = [q for q in intake.confirmed if answers.get(q) == "no"]
    found = {symptom for q in denied for symptom in k.questions[q].symptoms}
    for symptom, question in ((symptom, q) for q in denied for symptom in k.questions[q].closes):
        texts = {text for one, text in of.read if one == symptom}
        if texts and texts <= {*intake.said} and all(same_words(text, symptom, question, k) for text in texts):
            found.add(symptom)
    return found


@lru_cache(maxsize=4)
def _by_first_group(k: Knowledge) -> dict[str, tuple[ScreenRule, ...]]:
    """Each atom to the rules whose first group it meets, so that only those are looked at."""
    found: dict[str, tuple[ScreenRule, ...]] = {}
    for rule in k.screens.values():
        for atom in rule.all[0]:
            found[atom] = (*found.get(atom, ()), rule)
    return found


def _held(
    rule: ScreenRule, true: set[str], intake: Intake, on: date, answers: Mapping[str, str], k: Knowledge
) -> _Held | None:
    """The rule with what met it, None when a group of its condition is not met."""
    for group in rule.all:
        if true.isdisjoint(group):
            return None
    met = [atom for group in rule.all for atom in group if atom in true]
    approval = _approval(rule.id, rule.lifted_by, intake, on)
    override = next(
        (o for o in intake.overrides if o.rule == rule.id and rule.lifted_by == "practitioner" and o.name and o.reason),
        None,
    )
    refused = _refusal(rule.id, intake, on)
    lifted = "" if refused else approval.by if approval else override.name if override else ""
    return _Held(rule, tuple(sorted({_said(atom, answers, k) for atom in met})), approval, lifted, refused)


def _last_words(rule: str, intake: Intake, on: date) -> list[Approval]:
    """What physicians answered on the newest day on which one answered about a rule; a question that waits is no answer."""
    answered = [a for a in intake.approvals if rule in a.rules and a.on <= on and a.answer != "waiting"]
    newest = max((a.on for a in answered), default=on)
    return [a for a in answered if a.on == newest]


def _approval(rule: str, lifted_by: str, intake: Intake, on: date) -> Approval | None:
    """The physician's yes that names the rule and is valid on the day. A no of the same day or later takes it back."""
    last = _last_words(rule, intake, on) if lifted_by == "physician" else []
    if not last or any(a.answer == "no" for a in last):
        return None
    approval = last[-1]
    return approval if approval.until is None or approval.until >= on else None


def _refusal(rule: str, intake: Intake, on: date) -> str:
    """The physician whose last word on a rule is a no; empty when there is none."""
    return next((a.by for a in _last_words(rule, intake, on) if a.answer == "no"), "")


def _lifted_by(reason: ReferReason) -> str:
    return "nobody" if OF_RANKING[reason.action][0] == "emergency" else "physician"


def _said(atom: str, answers: Mapping[str, str], k: Knowledge) -> str:
    """An atom in words."""
    kind, _, value = atom.partition(":")
    if atom in k.questions:
        short = k.questions[atom].short
        return say("screen.not_known", what=short) if answers.get(atom) == "unknown" else short
    if kind == "symptom":
        return k.symptoms[value].name
    if kind in ("site", "only", "both"):
        return say(f"screen.{kind}", place=_place(value, k))
    if kind == "likely":
        return say("screen.likely", name=k.cause(value).name)
    if kind == "test":
        return say("screen.test", name=k.tests[value].name)
    if kind == "sign":
        return k.signs[value].name
    if atom.startswith("age"):
        return say("screen.age", bound=atom[3:].replace(">=", "from ").replace("<", "under "))
    return say(f"screen.{kind}", value=value) if value else say("screen.atom_not_known")


def _place(prefix: str, k: Knowledge) -> str:
    return k.regions[prefix].name if prefix in k.regions else prefix.replace(".", ", ").replace("_", " ")


def _reason(held: _Held) -> Reason:
    rule = held.rule
    return Reason(
        rule=rule.id, name=rule.name, outcome=held.outcome if held.refused else held.own,
        urgency=rule.urgency, why=_why(held), do_now=rule.do_now, remind=rule.remind, because=held.because,
        lifted_by=rule.lifted_by, lifted=held.lifted, sources=rule.sources, confidence=rule.confidence, house=rule.house,
    )  # fmt: skip


def _why(held: _Held) -> str:
    return f"{say('screen.refused', by=held.refused)} {held.rule.why}" if held.refused else held.rule.why


def _of_ranking(reason: ReferReason, intake: Intake, on: date) -> Reason:
    outcome, urgency = OF_RANKING[reason.action]
    lifted_by = _lifted_by(reason)
    approval = _approval(reason.source, lifted_by, intake, on)
    return Reason(
        rule=reason.source, name=say("screen.of_ranking"), outcome=outcome, urgency=urgency, why=reason.why,
        do_now=reason.why if outcome == "emergency" else "", remind="", because=(), lifted_by=lifted_by,
        lifted=approval.by if approval else "", sources=(), confidence="medium", house=False,
    )  # fmt: skip


def _working(held: Iterable[_Held]) -> list[_Held]:
    """Rules whose limits hold: all but those that a practitioner has overridden."""
    return [h for h in held if not (h.lifted and h.approval is None)]


def _ceilings(held: list[_Held], approved: list[Approval], k: Knowledge) -> tuple[Ceiling, ...]:
    """One ceiling a limit: the lowest. Of equal ones the first rule by id, so that order never matters."""
    found: dict[str, list[Ceiling]] = {name: [_base(name, k)] for name in BASE}
    for h in sorted(_working(held), key=lambda h: h.rule.id):
        for key, limit in NUMBERS.items():
            value = h.approval.limits.get(key) if h.approval else None
            value = getattr(h.rule, key) if value is None else value
            if value is None:
                continue
            value = finite(value, f"{h.rule.id}, {key}", 0, 1000)
            of = Ceiling(limit, value, found[limit][0].unit, h.rule.id, h.rule.why, h.rule.house)
            found[limit].append(of)
            if limit == "discomfort":  # the hand that looks never goes where the hand that treats may not
                found["palpation_discomfort"].append(
                    Ceiling("palpation_discomfort", value, of.unit, of.rule, of.why, of.house)
                )
    for approval in approved:  # what a physician set for what the ranking had referred
        for key, value in sorted(approval.limits.items()):
            limit = NUMBERS[key]
            most = finite(value, f"approval, {key}", 0, 1000)
            found[limit].append(
                Ceiling(
                    limit, most, found[limit][0].unit, "approval", say("screen.by_physician", by=approval.by), False
                )
            )
    found["palpation_discomfort"] += [
        replace(c, limit="palpation_discomfort") for c in found["discomfort"] if c.rule == "approval"
    ]
    _lower(found, held)
    return tuple(min(ceilings, key=lambda c: c.value) for ceilings in found.values())


def _lower(found: dict[str, list[Ceiling]], held: list[_Held]) -> None:
    """What is to be lower than the last time is a share of what holds otherwise, since a limit that is low already would stay as it was."""
    lower = [h for h in sorted(_working(held), key=lambda h: h.rule.id) if h.rule.less is not None]
    names = {h.rule.id for h in lower}
    else_ = {limit: min(c.value for c in ceilings if c.rule not in names) for limit, ceilings in found.items()}
    for h in lower:
        share = finite(h.rule.less, f"{h.rule.id}, less", 0, 1)
        for key, limit in NUMBERS.items():
            if getattr(h.rule, key) is None:
                continue
            before, step = else_[limit], STEPS[limit]
            value = min(before, max(LEAST[limit], math.floor(before * share / step) * step))
            why = say("screen.less", why=h.rule.why, before=f"{before:g}")
            of = Ceiling(limit, value, found[limit][0].unit, h.rule.id, why, house=True)
            found[limit].append(of)
            if limit == "discomfort":
                found["palpation_discomfort"].append(replace(of, limit="palpation_discomfort"))


def _base(name: str, k: Knowledge) -> Ceiling:
    if name not in k.base_limits:
        raise KnowledgeError(
            [Problem("no_limit", "screen/limits.toml", f"no limit {name!r}", "", "add it with a source")]
        )
    base = k.base_limits[name]
    return Ceiling(name, finite(base.value, name, 0, 1000), base.unit, "everybody", base.why, base.house)


@lru_cache(maxsize=4096)
def sites_under(k: Knowledge, prefix: str) -> tuple[str, ...]:
    """All sites of a region and of what lies below it; "*" is the whole body."""
    found: list[str] = []
    for region in k.regions.values():
        if prefix == "*" or prefix in above(region.id):
            found += [f"{region.id}@left", f"{region.id}@right"] if region.lateral else [region.id]
    return tuple(found)


def _barred(held: list[_Held], k: Knowledge) -> list[Barred]:
    found: dict[str, Barred] = {}
    for h in sorted(_working(held), key=lambda h: h.rule.id):
        opened = {site for region in (h.approval.regions if h.approval else ()) for site in sites_under(k, region)}
        for prefix in h.rule.bar:
            for site in sites_under(k, prefix):
                if site not in opened:
                    found.setdefault(site, Barred(site, h.rule.id, h.rule.why))
    return [found[site] for site in sorted(found)]


def _light(held: list[_Held], k: Knowledge) -> tuple[Barred, ...]:
    found: dict[str, Barred] = {}
    for h in sorted(_working(held), key=lambda h: h.rule.id):
        for prefix in h.rule.light:
            for site in sites_under(k, prefix):
                found.setdefault(site, Barred(site, h.rule.id, h.rule.why))
    return tuple(found[site] for site in sorted(found))


def _without_consent(intake: Intake, k: Knowledge, licences: tuple[str, ...]) -> list[Barred]:
    """Sensitive areas that were not agreed to today; areas that the practitioner's licence does not cover."""
    found: list[Barred] = []
    for area in k.consent_areas.values():
        unlicensed = bool(area.licence) and area.licence not in licences
        if intake.consents.get(area.id) == "yes" and not unlicensed:
            continue
        why = say("screen.no_licence" if unlicensed else "screen.no_consent", area=area.name)
        rule = f"licence:{area.licence}" if unlicensed else f"consent:{area.id}"
        found += [Barred(site, rule, why) for region in area.regions for site in sites_under(k, region)]
    return sorted(found, key=lambda b: (b.site, b.rule))


def _spots(held: list[_Held], intake: Intake) -> tuple[BarredSpot, ...]:
    """Round places about what was marked, with the largest radius that any rule asks for."""
    found: list[BarredSpot] = []
    for mark in sorted(intake.marks, key=lambda m: (m.kind, m.site, m.view, m.at)):
        rules = [h for h in _working(held) if mark.kind in h.rule.bar_marks]
        if not rules:
            continue
        widest = max(rules, key=lambda h: (h.rule.bar_marks[mark.kind], h.rule.id))  # type: ignore[index]
        radius = widest.rule.bar_marks[mark.kind] + mark.radius_mm  # type: ignore[index]
        found.append(
            BarredSpot(mark.kind, mark.figure, mark.view, mark.at, radius, mark.site, widest.rule.id, widest.rule.why)
        )
    return tuple(found)
