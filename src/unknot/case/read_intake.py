"""The reader of what screening works on: `[history]`, `[today]`, `[consent]`, `[[approval]]`, `[[override]]`, `[[mark]]` and `[wishes]`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast, get_args

from unknot.case.intake import ANSWERS, Answer, Approval, Intake, Marked, Override
from unknot.case.places import read_site
from unknot.errors import shown
from unknot.guards import number_problem
from unknot.knowledge.safety import Mark

if TYPE_CHECKING:
    from unknot.case.read import Reader

KINDS: tuple[str, ...] = get_args(Mark)
NOW = "today"
"""The word for a day that is the one on which the file is read: what was asked just now."""
DAILY = ("today", "after")
"""Groups that are asked again at every visit."""
LIMITS = {"discomfort_max": 0, "hold_s_max": 1, "point_s_max": 1, "session_min_max": 1}
"""Limits that a physician may set or a client wish, with the least of each; the most is what holds for everybody."""
WIDEST_MARK = 300


def read_intake(reader: Reader, content: Mapping[str, Any]) -> Intake:
    """All of it; every problem is told to the reader."""
    history, today = reader.table(content, "history"), reader.table(content, "today")
    daily = {q.id for q in reader.k.questions.values() if q.group in DAILY}
    once = set(reader.k.questions) - daily
    others = {*reader.k.symptoms, *reader.k.habits}
    answers = _answers(reader, "history", history, {*once, *others}, ("said", "denied", "asked"))
    told = _answers(reader, "today", today, daily, ("date", "asked", "came_before"))
    consents = _answers(reader, "consent", reader.table(content, "consent"), set(reader.k.consent_areas), ())
    came = today.get("came_before", any(reader.k.questions[q].group == "after" for q in told))
    if not isinstance(came, bool):
        reader.wrong(
            "not_yes_no", "today, came_before", shown(came), "true or false", "write came_before = true or false"
        )
    return Intake(
        answers={key: value for key, value in answers.items() if key in once},
        confirmed=frozenset((*answers, *told)),
        asked=_all_asked(reader, "history", history),
        today=told,
        today_asked=_all_asked(reader, "today", today),
        on=None if today.get("date") == NOW else _date(reader, today, "date", "today"),
        told_now=today.get("date") == NOW,
        consents=consents,
        approvals=_rows(reader, content, "approval", _approval),
        overrides=_rows(reader, content, "override", _override),
        marks=_rows(reader, content, "mark", _mark),
        wishes=_numbers(reader, reader.table(content, "wishes"), "wishes"),
        came_before=came is True,
        said=tuple(dict.fromkeys((*reader.texts(history, "said", "history"), *_complained(reader, content)))),
        denied=reader.texts(history, "denied", "history"),
    )


def _complained(reader: Reader, content: Mapping[str, Any]) -> list[str]:
    """The complaint's own words: a client says there too what rules massage out."""
    complaint = reader.table(content, "complaint")
    return [text for key in ("said", "neuro") for text in reader.texts(complaint, key, "complaint")]


def _rows(reader: Reader, content: Mapping[str, Any], key: str, read: Any) -> tuple[Any, ...]:
    found = (read(reader, row, f"{key} {i + 1}") for i, row in enumerate(reader.rows(content, key)))
    return tuple(row for row in found if row is not None)


def _answers(
    reader: Reader, place: str, table: Mapping[str, Any], known: set[str], besides: tuple[str, ...]
) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for key, value in table.items():
        if key in besides:
            continue
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            todo = f"did you mean {near[0]!r}?" if near else "`unknot screen --questions` lists them"
            reader.wrong("unknown_question", place, f"no question {str(key)[:60]!r}", "the id of a question", todo)
        elif isinstance(value, str) and value in ANSWERS:
            found[key] = value
        else:
            todo = f'write {key} = "yes", "no" or "unknown"'
            reader.wrong("not_an_answer", f"{place}, {key}", shown(value), "yes, no or unknown", todo)
    return found


def _all_asked(reader: Reader, place: str, table: Mapping[str, Any]) -> bool:
    """`asked = "all"`: the whole questionnaire was gone through; what is not listed was answered no."""
    value = table.get("asked", "")
    if value not in ("", "all"):
        reader.wrong("not_all", f"{place}, asked", shown(value), '"all"', 'write asked = "all" or leave it out')
    return bool(value == "all")


def _date(reader: Reader, table: Mapping[str, Any], key: str, place: str, *, needed: bool = False) -> date | None:
    value = table.get(key)
    if value is None and not needed:
        return None
    if isinstance(value, date) and type(value) is date:
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date.fromisoformat("")
    except ValueError:
        given = shown(value) if key in table else "no date"
        reader.wrong("not_a_date", f"{place}, {key}", given, "a day like 2026-11-26", f"write {key} = 2026-11-26")
        return None


def _text(reader: Reader, row: Mapping[str, Any], key: str, place: str, *, needed: bool = False) -> str:
    value = row.get(key, "")
    if not isinstance(value, str) or len(value) > 500 or (needed and not value.strip()):
        given = shown(value) if key in row else f"no {key} is named"
        reader.wrong("not_words", f"{place}, {key}", given, "words, at most 500 characters", f'write {key} = "..."')
        return ""
    return value.strip()


def _approval(reader: Reader, row: Mapping[str, Any], place: str) -> Approval | None:
    reader.keys(place, row, ("by", "date", "until", "answer", "rules", "scope", "said", "limits", "regions"))
    before = len(reader.problems)
    answer = row.get("answer", "waiting")
    if answer not in ("yes", "no", "waiting"):
        reader.wrong("not_an_answer", f"{place}, answer", shown(answer), "yes, no or waiting", 'write answer = "yes"')
    by = _text(reader, row, "by", place, needed=True)
    on = _date(reader, row, "date", place, needed=True)
    until = _date(reader, row, "until", place, needed=answer == "yes")
    rules = reader.texts(row, "rules", place)
    known = {*reader.k.screens, *(f"rule:{r}" for r in reader.k.rules), *(f"ranking:{c}" for c in reader.k.causes())}
    for rule in rules:
        if rule not in known:
            near = difflib.get_close_matches(rule, known, n=1)
            todo = f"did you mean {near[0]!r}?" if near else "name the rules that `unknot screen` shows"
            reader.wrong("unknown_rule", f"{place}, rules", f"no rule {rule!r}", "ids of rules", todo)
    regions = reader.texts(row, "regions", place)
    for region in regions:
        if not any(r == region or r.startswith(f"{region}.") for r in reader.k.regions):
            reader.wrong(
                "unknown_region", f"{place}, regions", f"no region {region!r}", "ids of regions", "see regions"
            )
    limits = _limits(reader, row, place)
    scope, said = _text(reader, row, "scope", place), _text(reader, row, "said", place)
    if len(reader.problems) > before or on is None:
        return None
    return Approval(by, on, answer, until, rules, scope, said, limits, regions)


def _limits(reader: Reader, row: Mapping[str, Any], place: str) -> dict[str, float]:
    """A physician's limits; one that is no number in its range is refused, never left out."""
    table = row.get("limits", {})
    if not isinstance(table, Mapping):
        reader.wrong(
            "not_a_table", f"{place}, limits", shown(table), ", ".join(LIMITS), "write limits = { hold_s_max = 10 }"
        )
        return {}
    return _numbers(reader, table, f"{place}, limits")


def _numbers(reader: Reader, table: Mapping[str, Any], place: str) -> dict[str, float]:
    reader.keys(place, table, LIMITS)
    found: dict[str, float] = {}
    for key, low in LIMITS.items():
        if key in table:
            high = reader.k.base_limits[key.removesuffix("_max")].value
            problem = number_problem(table[key], f"{place}, {key}", low, high, "give a number in that range")
            if problem is not None:
                reader.problems.append(problem)
            else:
                found[key] = float(table[key])
    return found


def _override(reader: Reader, row: Mapping[str, Any], place: str) -> Override | None:
    """A word against a rule. Refused where the rule is not the practitioner's to lift: an absolute rule has no override."""
    reader.keys(place, row, ("rule", "name", "reason"))
    before = len(reader.problems)
    rule = _text(reader, row, "rule", place, needed=True)
    name, reason = _text(reader, row, "name", place, needed=True), _text(reader, row, "reason", place, needed=True)
    found = reader.k.screens.get(rule)
    if rule and found is None:
        reader.wrong("unknown_rule", f"{place}, rule", f"no rule {rule!r}", "the id of a rule", "name one that held")
    elif found is not None and found.lifted_by != "practitioner":
        who = "a physician's approval" if found.lifted_by == "physician" else "nobody"
        reader.wrong(
            "not_yours_to_lift",
            f"{place}, rule",
            f"{rule!r} is lifted by {who}",
            "rules that a practitioner may lift",
            "take it out",
        )
    return Override(rule, name, reason) if len(reader.problems) == before else None


def _mark(reader: Reader, row: Mapping[str, Any], place: str) -> Marked | None:
    reader.keys(place, row, ("kind", "site", "figure", "view", "at", "radius_mm", "said"))
    before = len(reader.problems)
    kind = row.get("kind")
    if kind not in KINDS:
        reader.wrong("unknown_kind", f"{place}, kind", shown(kind), ", ".join(KINDS), f'write kind = "{KINDS[0]}"')
    said = _text(reader, row, "said", place)
    if "site" in row:
        site, problem = read_site(reader.k, row["site"], place)
        if problem is not None:
            reader.problems.append(problem)
        return Marked(cast(str, kind), site=site or "", said=said) if len(reader.problems) == before else None
    return _spot(reader, row, place, before, cast(str, kind), said)


def _spot(reader: Reader, row: Mapping[str, Any], place: str, before: int, kind: str, said: str) -> Marked | None:
    figure, view, at = row.get("figure", "neutral"), row.get("view"), row.get("at")
    if figure not in reader.k.figures:
        reader.wrong(
            "unknown_figure", f"{place}, figure", shown(figure), ", ".join(reader.k.figures), "name one of them"
        )
    if view not in reader.k.views:
        reader.wrong("unknown_view", f"{place}, view", shown(view), ", ".join(reader.k.views), "name a view, or a site")
        return None
    size = reader.k.views[view]
    whole = isinstance(at, list) and len(at) == 2 and all(isinstance(n, int) and not isinstance(n, bool) for n in at)
    if not whole or not (0 <= cast(list[int], at)[0] <= size.width and 0 <= cast(list[int], at)[1] <= size.height):
        allowed = f"two whole numbers, 0 to {size.width} across and 0 to {size.height} down"
        reader.wrong("not_points", f"{place}, at", shown(at), allowed, "write at = [210, 340]")
        return None
    radius = reader.number(row, "radius_mm", place, 0, WIDEST_MARK)
    if len(reader.problems) > before:
        return None
    across, down = cast(list[int], at)
    return Marked(kind, figure=figure, view=view, at=(across, down), radius_mm=radius or 0.0, said=said)
