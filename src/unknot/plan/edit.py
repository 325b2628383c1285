"""One change to a plan by the practitioner: moved, taken out, added, another technique, contact, position, number or path; checked at once as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal, cast, get_args

from unknot.case.clearance import Clearance
from unknot.case.plan import Cut, Left, Limit, Plan, Route, Wish, route_of
from unknot.errors import Problem, shown
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import PlanError, admit, ids

Do = Literal["move", "remove", "technique", "contact", "lie", "numbers", "path", "add"]
NUMBERS = ("band_low", "discomfort", "hold_s", "rest_s", "turns", "pass_s", "force_n")
TEXTS = ("place", "technique", "contact", "lie", "site", "name", "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to which application. `to` is a technique, a contact or a way to lie; `at` the place in the order, counted from 0."""

    do: Do
    id: str = ""
    to: str = ""
    at: int | None = None
    numbers: tuple[tuple[str, float | None], ...] = ()
    """A number that is None goes back to the usual dose."""
    wish: Wish | None = None
    path: Route | None = None
    """Where strokes run from now on; None for the whole muscle."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The new plan, the wishes that it is made of, and what the change met: its cuts, and what fell out that stood before."""

    plan: Plan
    wishes: tuple[Wish, ...]
    cuts: tuple[Cut, ...]
    fell_out: tuple[Left, ...]


def edited(
    clearance: Clearance | None,
    wishes: Sequence[Wish],
    change: Change,
    k: Knowledge,
    on: date,
    *,
    minutes: float | None = None,
    others: Sequence[Limit] = (),
) -> Edited:
    """The plan with one change. Raises PlanError, with every reason, when the change is not allowed; the old plan then stands as it was."""
    changed, touched = changed_wishes(wishes, change)
    plan = admit(clearance, changed, k, on, minutes=minutes, others=others)
    kept = {a.id: a for a in plan.applications}
    names = ids(changed)
    ident = names[touched] if touched is not None else ""
    cuts = kept[ident].cuts if ident in kept else ()
    return Edited(plan, tuple(changed), cuts, plan.left)


def changed_wishes(wishes: Sequence[Wish], change: Change) -> tuple[list[Wish], int | None]:
    """The wishes after a change, and which of them it touched."""
    now = list(wishes)
    if change.do == "add":
        if change.wish is None:
            raise PlanError([Problem("no_wish", "change, add", "nothing is named", "", "say what to add")])
        at = len(now) if change.at is None else _place(change.at, len(now))
        now.insert(at, change.wish)
        return now, at
    number = _number(now, change.id)
    wish = now.pop(number)
    if change.do == "remove":
        return now, None
    if change.do == "move":
        if change.at is None:
            raise PlanError([Problem("no_order", "change, move", "no place in the order is named", "", "say where to")])
        number = _place(change.at, len(now))
    elif change.do == "numbers":
        wish = replace(wish, **cast(dict[str, Any], dict(change.numbers)))
    elif change.do == "path":
        # a time that was set for the old way is not that of the new one
        wish = replace(wish, path=change.path, pass_s=None)
    else:
        wish = _another(wish, change)
    now.insert(number, wish)
    return now, number


def _another(wish: Wish, change: Change) -> Wish:
    """Another technique has its own usual contact and dose: what was set for the old one goes."""
    if change.do == "technique":
        usual: dict[str, Any] = dict.fromkeys(NUMBERS)
        return replace(wish, technique=change.to, contact="", path=None, **usual)
    return replace(wish, contact=change.to) if change.do == "contact" else replace(wish, lie=change.to)


def _number(wishes: Sequence[Wish], ident: str) -> int:
    names = ids(wishes)
    if ident not in names:
        raise PlanError(
            [Problem("unknown_application", "change, id", shown(ident), ", ".join(names), "name one of them")]
        )
    return names.index(ident)


def _place(at: int, count: int) -> int:
    if not 0 <= at <= count:
        raise PlanError([Problem("out_of_range", "change, at", str(at), f"0 to {count}", "name a place in the order")])
    return at


def read_change(content: object) -> Change:
    """A change from plain values, as a page sends it. Raises PlanError with every problem."""
    if not isinstance(content, Mapping) or content.get("do") not in get_args(Do):
        given = shown(content.get("do") if isinstance(content, Mapping) else content)
        raise PlanError([Problem("unknown_change", "change, do", given, ", ".join(get_args(Do)), "name one of them")])
    problems = _unknown(content, ("do", "id", "to", "at", "numbers", "wish", "path"), "change")
    ident, to, at = content.get("id", ""), content.get("to", ""), content.get("at")
    if not isinstance(ident, str) or not isinstance(to, str):
        problems.append(Problem("not_words", "change", shown((ident, to)), "words", "write id and to as words"))
    if at is not None and (isinstance(at, bool) or not isinstance(at, int)):
        problems.append(Problem("not_whole", "change, at", shown(at), "a whole number", "name a place in the order"))
    numbers = content.get("numbers", {})
    if not isinstance(numbers, Mapping):
        problems.append(Problem("not_a_table", "change, numbers", shown(numbers), ", ".join(NUMBERS), "name numbers"))
        numbers = {}
    problems += _unknown(numbers, NUMBERS, "change, numbers")
    path = _path(content, "change", problems)
    if problems:
        raise PlanError(problems)
    wish = read_wish(content["wish"], "change, wish") if "wish" in content else None
    return Change(do=content["do"], id=ident, to=to, at=at, numbers=tuple(numbers.items()), wish=wish, path=path)


def read_wish(content: object, at: str) -> Wish:
    """A wish from plain values. Raises PlanError with every problem; whether its numbers are allowed is the gate's to say."""
    if not isinstance(content, Mapping):
        raise PlanError([Problem("not_a_table", at, shown(content), "a wish", "write its keys")])
    known = {f.name for f in fields(Wish)}
    problems = _unknown(content, sorted(known), at)
    for key in TEXTS:
        if not isinstance(content.get(key, ""), str) or len(content.get(key, "")) > 1000:
            problems.append(Problem("not_words", f"{at}, {key}", shown(content[key]), "words", f'write {key} = "..."'))
    for key in ("place", "technique"):
        if not content.get(key):
            problems.append(Problem("not_words", f"{at}, {key}", f"no {key} is named", "", f"name a {key}"))
    for key in ("both", "found"):
        if not isinstance(content.get(key, False), bool):
            problems.append(Problem("not_yes_no", f"{at}, {key}", shown(content[key]), "true or false", "say which"))
    use = content.get("use", 1.0)
    if isinstance(use, bool) or not isinstance(use, int | float) or not 0 <= use <= 10:
        problems.append(Problem("out_of_range", f"{at}, use", shown(use), "0 to 10", "give a number"))
    path = _path(content, at, problems)
    if problems:
        raise PlanError(problems)
    return Wish(**{**content, "path": path})


def _path(content: Mapping[Any, Any], at: str, problems: list[Problem]) -> Route | None:
    """A path as it was sent; what is none is added to the problems."""
    try:
        return route_of(content.get("path"))
    except ValueError as error:
        todo = "write figure, view and points"
        problems.append(Problem("not_a_path", f"{at}, path", str(error), "[[x, y], [x, y], ...]", todo))
        return None


def _unknown(row: Mapping[Any, Any], allowed: Sequence[str], at: str) -> list[Problem]:
    return [
        Problem("unknown_key", at, f"unknown key {str(key)[:60]!r}", ", ".join(allowed), "take it out")
        for key in row
        if key not in allowed
    ]
