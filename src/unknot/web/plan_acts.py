"""What is done on the plan page: one change, checked at once by the plan room, and kept as a new version of what the visit wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unknot.body.atlas import atlas
from unknot.case.plan import Application, Wish
from unknot.errors import Problem, shown
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge
from unknot.plan.admitted import Ground, admitted
from unknot.plan.checks import reached
from unknot.plan.choose import Choice, choose
from unknot.plan.edit import Change, changed_wishes, edited
from unknot.plan.gate import PlanError, ids
from unknot.plan.places import site_of
from unknot.plan.propose import by_routine
from unknot.record.wanted import Wanted, keep, undo
from unknot.web.desk import At, Screening
from unknot.web.marks import VIEWS, figure_of
from unknot.web.own import keep_own, limits_of, put_own
from unknot.web.path_map import path_of
from unknot.web.plan_state import Standing, proposed, standing, stands
from unknot.web.routines import drop_routine, keep_routine, routines
from unknot.words import say

NUMBERS = ("discomfort", "hold_s", "rest_s", "turns", "pass_s", "force_n")
LONGEST_NAME = 80
MINUTES = (5.0, 240.0)


@dataclass(frozen=True, slots=True)
class Done:
    """The plan after a change, which row it touched (counted from 0), and what is said of it."""

    now: Standing
    row: int | None = None
    said: str = ""


class Act:
    """One request to change the plan of a visit. Raises PlanError when it is not allowed, OvertakenError when another was quicker."""

    def __init__(self, of: Screening, at: At, now: Standing, fields: Mapping[str, str]) -> None:
        self.of = of
        self.at = at
        self.now = now
        self.fields = fields
        self.k: Knowledge = of.page.k

    def done(self) -> Done:
        """The change carried out and kept."""
        do = self.fields.get("do", "")
        acts = {
            "set": self._set, "remove": self._remove, "up": self._move, "down": self._move, "move": self._move,
            "add": self._add, "again": self._again, "swap": self._swap, "undo": self._undo, "minutes": self._minutes,
            "propose": self._propose, "routine": self._routine, "keep_routine": self._keep_routine,
            "drop_routine": self._drop_routine, "client": self._own, "practitioner": self._own, "path": self._path, "whole": self._path,
        }  # fmt: skip
        if do not in acts:
            raise PlanError([Problem("unknown_change", "do", shown(do), ", ".join(acts), "name one of them")])
        return acts[do]()

    # ---------------------------------------------------------- one row

    def _application(self) -> Application:
        ident = self.fields.get("id", "")
        found = next((a for a in self.now.plan.applications if a.id == ident), None)
        if found is None:
            raise _no("unknown_application", say("plan_page.gone"))
        return found

    def _own_id(self, ident: str) -> str:
        """The id of an application among the wishes that are allowed."""
        of_all = [i for i, _ in self.now.good]
        return ids(self.now.wishes)[of_all.index(ident)]

    def _changed(self, changes: Sequence[Change], said: str = "") -> Done:
        """Changes to one wish; the plan room checks the plan as a whole with them."""
        now, ready = self.now, self.now.ready
        before, last, touched = list(now.wishes), changes[0], None
        wishes = before
        for number, change in enumerate(changes):
            last = replace(change, id=ids(wishes)[touched or 0]) if number else change
            before = wishes
            wishes, touched = changed_wishes(before, last)
        edited(ready.clearance, before, last, self.k, self.of.today(), minutes=now.wanted.minutes, others=ready.others)
        return self._kept(wishes, touched, said)

    def _kept(self, wishes: Sequence[Wish], touched: int | None, said: str, wanted: Wanted | None = None) -> Done:
        """New wishes, those that are not allowed now behind them, as a new version."""
        now = self.now
        waiting = [w for i, w in zip(ids(now.wanted.wishes), now.wanted.wishes, strict=True) if i in dict(now.refused)]
        new = replace(wanted or now.wanted, wishes=(*wishes, *waiting))
        after = stands(self.of, now.ready, self._store(new))
        ident = ids(after.wanted.wishes)[touched] if touched is not None else ""
        row = next((n for n, a in enumerate(after.plan.applications) if a.id == ident), None)
        if touched is not None and row is None:
            said = say("plan_page.no_time_for_it")
        return Done(after, row, said)

    def _store(self, new: Wanted) -> Wanted:
        """A proposal that is changed for the first time is kept as it was before, so that the change can be undone."""
        store, visit, over = self.at.desk.store, self.at.visit.id, self.now.wanted.version
        with store.together(self.at.person.id):
            if not over:
                was = self.now.wanted
                over = keep(store, visit, was.wishes, was.minutes, 0, left=was.left)
            limits = new.limits_before if new.limits_before is not self.now.wanted.limits_before else None
            version = keep(store, visit, new.wishes, new.minutes, over, left=new.left, limits_before=limits)
        return replace(new, version=version, before=over)

    def _set(self) -> Done:
        a, fields = self._application(), self.fields
        own = self._own_id(a.id)
        technique, contact, lie = fields.get("technique", ""), fields.get("contact", ""), fields.get("lie", "")
        other = technique not in ("", a.technique)
        changes = [Change(do="technique", id=own, to=technique)] if other else []
        if contact not in ("", a.contact):
            changes.append(Change(do="contact", id=own, to=contact))
        if lie not in ("", a.lie):
            changes.append(Change(do="lie", id=own, to=lie))
        numbers = {} if other else _numbers(a, fields)
        if numbers:
            changes.append(Change(do="numbers", id=own, numbers=tuple(numbers.items())))
        if not changes:
            return Done(self.now, self.now.plan.applications.index(a), say("plan_page.same"))
        return self._changed(changes, say("plan_page.changed"))

    def _path(self) -> Done:
        """Strokes along the drawn path, or along the whole muscle again."""
        said = say("plan_path.kept" if self.fields.get("do") == "path" else "plan_path.whole_again")
        return self._changed([self._path_change()], said)

    def _path_change(self) -> Change:
        path = path_of(self.fields, self.at.person.sex) if self.fields.get("do") == "path" else None
        return Change(do="path", id=self._own_id(self._application().id), path=path)

    def path_tried(self) -> Application | None:
        """What the path that was drawn would come to, nothing kept; None when there is no time for it."""
        now, change = self.now, self._path_change()
        made = edited(
            now.ready.clearance, now.wishes, change, self.k, self.of.today(), minutes=now.wanted.minutes, others=now.ready.others
        )  # fmt: skip
        return next((a for a in made.plan.applications if a.id == change.id), None)

    def _remove(self) -> Done:
        ident = self.fields.get("id", "")
        if ident in dict(self.now.refused):
            every = zip(ids(self.now.wanted.wishes), self.now.wanted.wishes, strict=True)
            new = replace(self.now.wanted, wishes=tuple(w for i, w in every if i != ident))
            return Done(stands(self.of, self.now.ready, self._store(new)), None, say("plan_page.removed"))
        a = self._application()
        done = self._changed([Change(do="remove", id=self._own_id(a.id))])
        return replace(done, said=say("plan_page.removed_name", name=a.name))

    def _move(self) -> Done:
        rows = self.now.plan.applications
        here = rows.index(self._application())
        do = self.fields["do"]
        to = here + (-1 if do == "up" else 1) if do in ("up", "down") else _whole(self.fields.get("to", "")) - 1
        to = min(max(to, 0), len(rows) - 1)
        if to == here:
            return Done(self.now, here, say("plan_page.at_the_end"))
        order = [i for i, _ in self.now.good]
        target = order.index(rows[to].id)
        own = self._own_id(rows[here].id)
        done = self._changed([Change(do="move", id=own, at=target)])
        return replace(done, said=say("plan_page.moved", to=(done.row or 0) + 1, count=len(rows)))

    def _swap(self) -> Done:
        a = self._application()
        contact = self.fields.get("contact", "")
        return self._changed([Change(do="contact", id=self._own_id(a.id), to=contact)], say("plan_page.swapped"))

    # ---------------------------------------------------------- new rows

    def _add(self) -> Done:
        place, site = self._place()
        return self._put_in(
            Wish(
                place=place,
                technique="",
                site=site,
                name=self.fields.get("name", "").strip()[:LONGEST_NAME] if site else "",
            )
        )

    def _place(self) -> tuple[str, str]:
        """(place, site of a spot) of what is to be added: a point, a site, a tap on the body."""
        fields = self.fields
        place = fields.get("place", "")
        if not place and fields.get("view"):
            place = self._tapped()
        if not place or site_of(place, self.k) is None:
            raise _no("no_place", say("plan_page.no_place"))
        if not fields.get("name", "").strip():
            return place, ""
        spots = sum(w.place.startswith("spot.") for w in self.now.wanted.wishes)
        return f"spot.{spots + 1}", place

    def _tapped(self) -> str:
        view, at = self.fields["view"], (_whole(self.fields.get("across", "")), _whole(self.fields.get("down", "")))
        figure = figure_of(self.at.person.sex)
        site = atlas().sheet(figure, view).site_at(*at) if view in VIEWS else None
        if site is None:
            raise _no("no_place", say("plan_page.beside"))
        return site

    def _put_in(self, wish: Wish) -> Done:
        """A new wish with technique and contact chosen, behind the last of those who lie the same way."""
        now, k = self.now, self.k
        if wish.place in now.ready.gone:
            raise _no("left_alone", say("room.left_alone"))
        ground = Ground(now.ready.clearance, k, now.ready.others)
        choice = choose(ground, wish)
        if not isinstance(choice, Choice):
            raise PlanError([replace(p, place=say("plan_page.not_there")) for p in choice])
        twin = [
            n
            for n, a in enumerate(now.plan.applications)
            if (a.place, a.technique) == (wish.place, choice.wish.technique)
        ]
        if twin:
            return Done(now, twin[0], say("plan_page.there_already"))
        why = " ".join((say("plan_page.added"), *choice.reasons))
        new = replace(choice.wish, why=why, lie=_near_lie(ground, choice, now))
        at = _behind(now, new.lie or choice.application.lie)
        return self._changed(
            [Change(do="add", wish=new, at=at)], say("plan_page.added_name", name=choice.application.name)
        )

    def _again(self) -> Done:
        """What had no time: it comes in, and what is least useful besides falls out."""
        place, technique = self.fields.get("place", ""), self.fields.get("technique", "")
        most = min(10.0, max((w.use for w in self.now.wishes), default=1.0) + 0.01)
        for number, wish in enumerate(self.now.wishes):
            if (wish.place, wish.technique) == (place, technique):
                wishes = [*self.now.wishes]
                wishes[number] = replace(wish, use=most)
                return self._kept(wishes, number, say("plan_page.added_back"))
        return self._put_in(Wish(place=place, technique=technique, use=most))

    # ---------------------------------------------------------- the whole plan

    def _undo(self) -> Done:
        store, said = self.at.desk.store, say("plan_page.undone")
        limits = self.now.wanted.limits_before
        undo(store, self.at.visit.id, self.now.wanted.version)
        if limits is not None:
            put_own(store, self.at.person.id, *limits)
            said = (
                say("plan_page.limits_undone_client")
                if limits[0] == "client"
                else say("plan_page.limits_undone_practitioner")
            )
        return Done(standing(self.of, self.at, self.now.ready.gone), None, said)

    def _minutes(self) -> Done:
        minutes = _number(self.fields.get("minutes", ""))
        wrong = number_problem(minutes, say("plan_page.minutes"), *MINUTES, say("plan_page.number_todo"))
        if wrong is not None:
            raise PlanError([wrong])
        assert minutes is not None
        if not self.now.wanted.version:
            new = proposed(self.of, self.now.ready, self.now.wanted, minutes)
            return Done(
                stands(self.of, self.now.ready, self._store(new.wanted)),
                None,
                say("plan_page.minutes_now", minutes=f"{minutes:g}"),
            )
        new_wanted = replace(self.now.wanted, minutes=minutes)
        return self._kept(self.now.wishes, None, say("plan_page.minutes_now", minutes=f"{minutes:g}"), new_wanted)

    def _propose(self) -> Done:
        new = proposed(self.of, self.now.ready, self.now.wanted)
        return Done(stands(self.of, self.now.ready, self._store(new.wanted)), None, say("plan_page.proposed"))

    def _routine(self) -> Done:
        found = dict(routines(self.at.desk.store, self.k)).get(self.fields.get("routine", ""))
        if found is None:
            raise _no("unknown_routine", say("plan_page.no_routine"))
        ready = self.now.ready
        plan, wishes = by_routine(
            found, ready.ranking, ready.case, ready.clearance, self.k, self.of.today(), minutes=self.now.wanted.minutes,
            others=ready.others,
        )  # fmt: skip
        new = replace(self.now.wanted, wishes=wishes, left=plan.left)
        return Done(stands(self.of, ready, self._store(new)), None, say("plan_page.by_routine", name=found.name))

    def _keep_routine(self) -> Done:
        name = self.fields.get("name", "").strip()[:LONGEST_NAME]
        if not name or not self.now.plan.applications:
            raise _no("no_name", say("plan_page.no_name"))
        keep_routine(self.at.desk.store, self.k, name, self.now.plan, own_points=bool(self.fields.get("own_points")))
        return Done(self.now, None, say("plan_page.routine_kept", name=name))

    def _drop_routine(self) -> Done:
        drop_routine(self.at.desk.store, self.fields.get("routine", ""))
        return Done(self.now, None, say("plan_page.routine_dropped"))

    def _own(self) -> Done:
        store, whose = self.at.desk.store, self.fields["do"]
        before = limits_of(store, self.at.person.id, whose)
        problems = keep_own(store, self.at.person.id, self.fields, whose)
        if problems:
            raise PlanError(problems)
        if self.now.wanted.wishes and before != limits_of(store, self.at.person.id, whose):
            self._store(replace(self.now.wanted, limits_before=(whose, before)))
        return Done(standing(self.of, self.at, self.now.ready.gone), None, say("plan_page.limits_kept"))


def _numbers(a: Application, fields: Mapping[str, str]) -> dict[str, Any]:
    """Numbers of the form that are not those that stand there; an empty field goes back to the usual dose."""
    found: dict[str, Any] = {}
    for name, stood in numbers_of(a).items():
        text = fields.get(name)
        if text is None or text.strip() == ("" if stood is None else f"{round(stood, 1):g}"):
            continue
        value = _number(text) if text.strip() else None
        if name == "turns" and isinstance(value, float) and value.is_integer():
            value = int(value)
        found[name] = value
    return found


def numbers_of(a: Application) -> dict[str, float | None]:
    """The numbers of a dose that can be changed, by their names in a wish."""
    dose = a.dose
    values: dict[str, float | None] = {
        "discomfort": dose.band_high, "hold_s": dose.hold_s, "rest_s": dose.rest_s, "turns": dose.turns, "pass_s": dose.pass_s,
        "force_n": a.force_n,
    }  # fmt: skip
    without: tuple[str, ...] = {"passes": ("hold_s",), "rounds": ("pass_s",), "release": ("pass_s",)}[a.family]
    if a.verb != "press":
        without = (*without, "force_n")
    return {name: values[name] for name in NUMBERS if name not in without}


def _number(text: str) -> Any:
    """A number as people write it; what is none stays the words that were typed, and is refused as such."""
    try:
        return float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        return text.strip()[:LONGEST_NAME]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1


def _near_lie(ground: Ground, choice: Choice, now: Standing) -> str:
    """A way to lie that the plan has already, so that the client is not turned for one place more."""
    wish = choice.wish
    reach = reached(wish.site or wish.place, ground.k)
    for lie in dict.fromkeys(a.lie for a in now.plan.applications):
        if lie in reach and admitted(ground, replace(wish, lie=lie), "")[0] is not None:
            return lie
    return ""


def _behind(now: Standing, lie: str) -> int:
    """Behind the last that is pressed while the client lies so; at the end where there is none."""
    order = [i for i, _ in now.good]
    same = [a for a in now.plan.applications if a.lie == lie]
    pressed = [a for a in same if a.verb != "glide"] or same
    return order.index(pressed[-1].id) + 1 if pressed else len(order)


def _no(code: str, given: str) -> PlanError:
    return PlanError([Problem(code, say("plan_page.title"), given, "", "")])
