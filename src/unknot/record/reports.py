"""Reports over visits: progress for a physician; goals, timed units and measures for an insurer. Folds of the facts, as the note is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from unknot.case.clearance import word_of
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.measures import Series, fold, kept_of
from unknot.record.note import complaint, next_words
from unknot.record.paper import Paper, Section, Table
from unknot.record.session_picture import span
from unknot.record.store import Store, StoreError
from unknot.record.story import Story, place_name
from unknot.record.verdicts import ORDER, at_once, first_and_latest, said_of, sentence, series_name, short
from unknot.record.went import change_words
from unknot.words import join, raised, say

KIND = "goals"
MOST = 10
"""Goals and codes that fit a page."""
LONGEST = 200
UNIT_MIN = (5, 60)
FULL_UNIT = 15
LONGEST_UNIT = 10
"""Characters of what is typed as its length that are read, and shown."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached, where it began, and where it stands: in the practice's own words, or by a measure that shows it."""

    text: str
    start: str = ""
    aim: str = ""
    now: str = ""
    shown: str = ""
    """The key of a series, as in `series_key`; what was measured then stands where no words were written."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What an insurer asks for beside the facts: goals, the practice's own codes, how long one unit of treatment is [min]."""

    goals: tuple[Goal, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    unit_min: int = FULL_UNIT
    version: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, both with it; None where it is open."""

    first: date | None = None
    last: date | None = None

    def holds(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)

    @property
    def told(self) -> str:
        """In words; empty for all days."""
        if self.first is not None and self.last is not None:
            return say("report.from_to", first=day(self.first), last=day(self.last))
        if self.first is not None:
            return say("report.since", first=day(self.first))
        return say("report.until", last=day(self.last)) if self.last is not None else ""


ALL = Period()


@dataclass(frozen=True, slots=True)
class Over:
    """What was measured over some visits: its series, and the part of a report that tells them."""

    series: list[Series]
    section: Section


def cover_of(store: Store, client: str) -> Cover:
    """What was kept for a client."""
    found = store.get(KIND, client)
    if found is None:
        return Cover()
    goals = tuple(Goal(**row) for row in found.body["goals"])
    return Cover(goals, tuple((n, c) for n, c in found.body["codes"]), int(found.body["unit_min"]), found.version)


def keep_cover(store: Store, client: str, cover: Cover) -> None:
    """Keep goals and codes over the version that was seen. Raises StoreError for what is too much or out of range."""
    words = [w for g in cover.goals for w in asdict(g).values()] + [w for pair in cover.codes for w in pair]
    if len(cover.goals) > MOST or len(cover.codes) > MOST or any(len(w) > LONGEST for w in words):
        allowed = f"{MOST} goals, {MOST} codes, {LONGEST} characters each"
        raise StoreError([Problem("too_long", "goals", "more than fits the report", allowed, "shorten it")])
    if not UNIT_MIN[0] <= cover.unit_min <= UNIT_MIN[1]:
        raise _unfit(f"{cover.unit_min}")
    body = {
        "client": client, "goals": [asdict(g) for g in cover.goals], "codes": [list(pair) for pair in cover.codes],
        "unit_min": cover.unit_min,
    }  # fmt: skip
    store.put(KIND, client, body, over=cover.version)


def progress(stories: Sequence[Story], k: Knowledge, period: Period = ALL, over: Over | None = None) -> Paper:
    """A progress report to a physician over the visits; `period` is the one that they were chosen by, `over` what was measured where that is known."""
    last = stories[-1] if stories else None
    sections = (
        Section("complaint", say("report.complaint"), tuple(_complaint(stories, k))),
        Section("visits", say("report.visits"), tuple(_span_of(stories)), _visits(stories)),
        Section("pain", say("report.pain"), (say("report.pain_what"),), _pains(stories)),
        (over or measured_over(stories, k)).section,
        Section("places", say("report.places"), (say("note.what_discomfort"),), _places(stories)),
        Section("events", say("report.events"), tuple(_events(stories, k)) or (say("report.no_events"),)),
        Section("comes", say("report.comes"), (next_words(last),) if last is not None else ()),
    )
    return Paper("progress", say("report.progress"), _about(stories, period), sections, (say("report.foot"),))


def insurance(
    stories: Sequence[Story], k: Knowledge, cover: Cover, period: Period = ALL, over: Over | None = None
) -> Paper:
    """Goals, timed units with start, end and their sum, measures against goals, and the practice's own codes; the rest as of `progress`."""
    over = over or measured_over(stories, k)
    goals = Table(
        tuple(say("report." + h) for h in ("goal", "shown", "start", "aim", "now")),
        tuple(_goal(g, over.series, k) for g in cover.goals),
    )
    codes = tuple(say("report.code", name=name, code=code) for name, code in cover.codes)
    sections = (
        Section("codes", say("report.codes"), codes),
        Section("goals", say("report.goals"), () if cover.goals else (say("report.no_goals"),), goals if cover.goals else None),
        Section("units", say("report.units"), (say("report.units_what", unit=cover.unit_min),), _units(stories, cover.unit_min)),
        over.section,
        Section("pain", say("report.pain"), (say("report.pain_what"),), _pains(stories)),
    )  # fmt: skip
    return Paper("insurance", say("report.insurance"), _about(stories, period), sections, (say("report.foot"),))


def _about(stories: Sequence[Story], period: Period) -> str:
    """Whom it is about, and of which days."""
    if not stories:
        return say("report.none_in", period=period.told) if period.told else say("report.no_visits")
    person = stories[0].person
    age = say("letter.age", age=f"{person.age:g}") if person.age is not None else ""
    return "; ".join(filter(None, (say("letter.client", label=person.label, age=age), period.told)))


def _complaint(stories: Sequence[Story], k: Knowledge) -> Iterator[str]:
    """What was told and drawn at the first visit that has any, and at the latest."""
    told = [(s.visit.on, " ".join(complaint(s, k, "short"))) for s in stories]
    told = [(on, words) for on, words in told if words]
    for on, words in told[:1] + told[1:][-1:]:
        yield f"{day(on)}: {words}"


def _span_of(stories: Sequence[Story]) -> Iterator[str]:
    """How many visits in which time, and by what techniques."""
    if not stories:
        yield say("report.no_visits")
        return
    first, last = day(stories[0].visit.on), day(stories[-1].visit.on)
    yield say("report.span" if len(stories) > 1 else "report.span_one", count=len(stories), first=first, last=last)
    used = list(dict.fromkeys(t.technique for s in stories for sitting in s.sittings for t in sitting.found.takings))
    if used:
        yield say("report.techniques", names=join([say("technique." + t) for t in used]))


def _visits(stories: Sequence[Story]) -> Table:
    rows = []
    for s in stories:
        takings = [t for sitting in s.sittings for t in sitting.found.takings]
        done = list(dict.fromkeys(raised(t.name.replace("^", "")) for t in takings))
        pressed = sum(sitting.found.pressed_ms for sitting in s.sittings)
        outcome = (
            say("outcome." + word_of(s.cleared["outcome"], s.cleared["open"]))
            if s.cleared
            else say("report.not_screened")
        )
        rows.append((day(s.visit.on), outcome, "; ".join(done), span(pressed) if takings else ""))
    head = (say("report.day"), say("report.screening"), say("report.treated"), say("report.pressed"))
    return Table(head, tuple(rows))


def _pains(stories: Sequence[Story]) -> Table:
    """The drawing over the visits: how many places, the strongest, their mean; 0 where it was said that nothing hurts, no line where nobody said anything."""
    rows = []
    for s in stories:
        strong = [p.intensity for p in s.pains if p.intensity is not None]
        if s.pains:
            mean = f"{sum(strong) / len(strong):.1f}" if strong else ""
            rows.append((day(s.visit.on), f"{len(s.pains)}", f"{max(strong):g}" if strong else "", mean))
        elif s.nothing:
            rows.append((day(s.visit.on), "0", "0", "0"))
    head = (say("report.day"), say("report.extent"), say("report.worst"), say("report.mean"))
    return Table(head, tuple(rows))


def _places(stories: Sequence[Story]) -> Table:
    """Before and after at each place and visit; never joined with the pain of the complaint."""
    rows = [
        (
            day(s.visit.on), raised(place.name.replace("^", "")), _number(place.before), _number(place.after),
            change_words(sitting.went(place)),
        )
        for s in stories
        for sitting in s.sittings
        for place in sitting.found.places
    ]  # fmt: skip
    head = tuple(say("report." + h) for h in ("day", "place", "before", "after", "change"))
    return Table(head, tuple(rows))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def measured_series(stories: Sequence[Story], k: Knowledge) -> list[Series]:
    """What was measured over the visits, as series in the order of the page of outcomes."""
    every = fold([(s.visit.id, s.visit.on, [kept_of(body, s.visit.id) for body in s.measured]) for s in stories], k)
    return sorted(every, key=lambda s: ORDER.index(k.measures[s.measure].group))


def series_key(series: Series) -> str:
    """A series by name, as a goal keeps it."""
    return "|".join(series.key)


def measured_over(stories: Sequence[Story], k: Knowledge) -> Over:
    """What was measured over the visits."""
    every = measured_series(stories, k)
    table = _measures(every, k)
    return Over(
        every, Section("measures", say("report.measures"), (say("report.measures_what"),) if table else (), table)
    )


def _measures(every: Sequence[Series], k: Knowledge) -> Table | None:
    """A line a series: the first and the latest value with their days, and what the rule of the charts says of them."""
    rows = []
    for series in every:
        told = (sentence(said_of(series, k), k.measures[series.measure]), at_once(series, k))
        rows.append((raised(series_name(series, k)), *first_and_latest(series, k), " ".join(t for t in told if t)))
    head = tuple(say("report." + h) for h in ("measure", "first", "latest", "said"))
    return Table(head, tuple(rows)) if rows else None


def _goal(goal: Goal, every: Sequence[Series], k: Knowledge) -> tuple[str, ...]:
    """A goal with what was measured against it; words of the practice's own stand above that."""
    series = next((s for s in every if series_key(s) == goal.shown), None)
    if series is None:
        return goal.text, "", goal.start, goal.aim, goal.now
    first, latest = first_and_latest(series, k)
    now = f"{latest or first}: {short(said_of(series, k))}"
    return goal.text, raised(series_name(series, k)), goal.start or first, goal.aim, goal.now or now


def _events(stories: Sequence[Story], k: Knowledge) -> Iterator[str]:
    """Symptoms under the hand, what was above the ceiling, what the days after brought, what reproduced the pain."""
    for s in stories:
        on = day(s.visit.on)
        for sitting in s.sittings:
            for told in sitting.found.told:
                if told.kind == "symptom":
                    yield f"{on}: {say('note.symptom', word=told.word.replace('_', ' '))}"
            above = sum(len(t.breaches) for t in sitting.found.takings)
            if above:
                yield f"{on}: {say('report.above', count=above)}"
        after = [k.questions[q].short for q, a in s.answers.items() if a == "yes" and k.questions[q].group == "after"]
        if after:
            yield f"{on}: {'; '.join(after)}."
        familiar = [place_name(f.on, k) for f in s.findings if f.signs.get("familiar_pain") is True]
        if familiar:
            yield f"{on}: {say('note.familiar', names='; '.join(dict.fromkeys(familiar)))}"


def _units(stories: Sequence[Story], unit_min: int) -> Table:
    """Sessions with start and end, and the sum of their minutes and units as they stand there; only whole ones count."""
    rows, minutes, units = [], 0, 0
    for s in stories:
        for sitting in s.sittings:
            if not sitting.found.takings:
                continue
            long = int((sitting.ended - sitting.begun).total_seconds() // 60)
            kinds = list(dict.fromkeys(say("technique." + t.technique) for t in sitting.found.takings))
            rows.append((
                day(s.visit.on), sitting.begun.strftime("%H:%M"), sitting.ended.strftime("%H:%M"),
                f"{long}", f"{long // unit_min}", join(kinds),
            ))  # fmt: skip
            minutes, units = minutes + long, units + long // unit_min
    head = ("day", "begun", "ended", "minutes", "count", "service")
    foot = (say("report.sessions", count=len(rows)), "", "", f"{minutes}", f"{units}", "")
    return Table(tuple(say("report." + h) for h in head), tuple(rows), foot if rows else ())


def read_cover(fields: Mapping[str, Any], version: int) -> Cover:
    """Goals and codes from a form: what is to be reached, start, aim, now and what shows it, by number. Raises StoreError for a unit that is no whole number."""
    goals, pairs = read_rows(fields)
    unit = str(fields.get("unit_min", "")).strip() or f"{FULL_UNIT}"
    if not (unit.isascii() and unit.isdigit() and len(unit) < LONGEST_UNIT):
        raise _unfit(unit)
    return Cover(tuple(g for g in goals if g.text), tuple(p for p in pairs if p[1]), int(unit), version)


def read_rows(fields: Mapping[str, Any]) -> tuple[list[Goal], list[tuple[str, str]]]:
    """All rows of the form as they were typed, empty and half-filled ones too: goals, and codes with their names."""
    told = {name: str(value).strip() for name, value in fields.items()}
    goals = [Goal(*(told.get(f"{part}.{i}", "") for part in ("goal", "start", "aim", "now", "shown"))) for i in range(MOST)]  # fmt: skip
    return goals, [(told.get(f"name.{i}", ""), told.get(f"code.{i}", "")) for i in range(MOST)]


def _unfit(unit: str) -> StoreError:
    """That a length of the unit of treatment is none."""
    allowed = say("report.unit_allowed", least=UNIT_MIN[0], most=UNIT_MIN[1])
    return StoreError([Problem("out_of_range", say("report.unit"), unit[:LONGEST_UNIT], allowed, say("report.unit_todo"))])  # fmt: skip
