"""`unknot plan CASE...`: case files to plans, each with its order, doses, reasons, minutes and what every limit cut."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from unknot.assess.rank import assess
from unknot.body.length import FIGURE
from unknot.case.model import Case
from unknot.case.plan import Application, Left, Limit, Plan, Route, Wish
from unknot.case.read import read_file
from unknot.cli.assess import case_files, readable
from unknot.cli.output import as_line, fail, line, out, tell, write_text
from unknot.cli.screen import day_of, licences_of
from unknot.errors import CaseError, Problem, UnknotError, shown
from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.technique import Routine
from unknot.plan.gate import admit
from unknot.plan.limits import UNITS, of_client
from unknot.plan.propose import by_routine, propose
from unknot.plan.routine import read_routine
from unknot.plan.tell import ceiling_words, cut_words, dose_words, lie_words, load_words
from unknot.plan.write import Planned
from unknot.record.plans import plan_file, screening
from unknot.words import join, say


def command(
    cases: Annotated[list[Path], typer.Argument(help="Case files (TOML or JSON) or folders of them.")],
    minutes: Annotated[float | None, typer.Option(help="Minutes at hand; 45 when not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one a case: the plan file.")] = False,
    on: Annotated[str, typer.Option(help="The day of the visit, like 2026-11-26; today when not given.")] = "",
    routine: Annotated[str, typer.Option(help="A routine by its id, or the file of your own copy.")] = "",
    licence: Annotated[
        list[str] | None, typer.Option(help="What your licence covers beyond the usual: mouth, pelvic_floor.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="A limit of your own, like hold_s=20; may be given often.")
    ] = None,
    roll: Annotated[
        list[str] | None,
        typer.Option(help="Skin rolling along a path: PLACE=VIEW:X,Y X,Y ...; may be given often."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Write the plan to this file; a folder for several.")] = None,
) -> None:
    """Plan: which places, in which order, with what technique and dose, and what every limit cut. Needs a clearance of today."""
    k = knowledge()
    day, licences, limits = day_of(on), licences_of(licence or []), [_limit(text) for text in limit or []]
    rolls = [_roll(text) for text in roll or []]
    template = _routine(routine, k) if routine else None
    files, failed = list(case_files(cases)), 0
    for path in files:
        try:
            case = read_file(readable(path), k, needs_pain=False)
            plan, planned = _planned(case, k, day, minutes, tuple(limits), licences, template, rolls)
            if as_json or to:
                content = plan_file(planned, k)
                if to:
                    write_text(to / f"{path.stem}.plan.json" if len(files) > 1 else to, as_line(content))
            if as_json:
                line(content)
            else:
                show(case.name, plan, k)
        except UnknotError as error:
            if len(files) == 1:
                fail(error)
            tell(error)
            failed += 1
    if failed:
        raise typer.Exit(2)


def _planned(
    case: Case,
    k: Knowledge,
    day: date,
    minutes: float | None,
    limits: tuple[Limit, ...],
    licences: tuple[str, ...],
    routine: Routine | None,
    rolls: list[Wish],
) -> tuple[Plan, Planned]:
    ranking = assess(case, k, next_too=False) if case.pains or case.strokes else None
    clearance = screening(k)(case, day, licences)
    at_hand = k.dose("plan", "minutes") if minutes is None else minutes
    found: tuple[Plan, tuple[Wish, ...]] = (
        propose(ranking, case, clearance, k, day, minutes=at_hand, others=limits)
        if routine is None
        else by_routine(routine, ranking, case, clearance, k, day, minutes=at_hand, others=limits)
    )
    plan, wishes = found
    if rolls:
        wishes = (*rolls, *wishes)
        again = admit(clearance, wishes, k, day, minutes=at_hand, others=(*of_client(case), *limits))
        plan = replace(again, left=(*again.left, *plan.left))
    made = Planned(
        case=case, wishes=wishes, on=day, minutes=at_hand, others=limits, licences=licences, left=plan.left
    )  # fmt: skip
    return plan, made


def _limit(text: str) -> Limit:
    """A practitioner's own limit from NAME=VALUE; what is no number is refused here, what is too high only lowers nothing."""
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if name not in UNITS or not 0 <= number <= 10_000:
        allowed = f"NAME=VALUE with one of {', '.join(UNITS)}"
        raise CaseError([Problem("unknown_limit", "--limit", text[:60], allowed, "write --limit hold_s=20")])
    return Limit(name, number, "practitioner", say("plan.habit"))


def _roll(text: str) -> Wish:
    """A wish to roll the skin along a path, from PLACE=VIEW:X,Y X,Y."""
    place, _, rest = text.partition("=")
    view, _, points = rest.partition(":")
    try:
        spots = tuple((int(x), int(y)) for x, y in (point.split(",") for point in points.split()))
    except ValueError:
        spots = ()
    if not place or not view or len(spots) < 2:
        todo = 'write --roll "low_back.lower@left=back:260,460 262,540"'
        raise CaseError([Problem("not_a_path", "--roll", text[:60], "PLACE=VIEW:X,Y X,Y", todo)])
    path = Route(FIGURE, view, spots)
    return Wish(place=place, technique="skin_rolling", path=path, why=say("plan.as_chosen"))


def _routine(given: str, k: Knowledge) -> Routine:
    if given in k.routines:
        return k.routines[given]
    path = Path(given)
    if path.suffix.lower() not in (".toml", ".json"):
        allowed = f"{', '.join(k.routines)}, or a file"
        raise CaseError([Problem("unknown_routine", "--routine", shown(given), allowed, "name one of them")])
    try:
        text = path.read_text(encoding="utf-8")
        content: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise CaseError(
            [Problem("unreadable", str(path), str(error)[:200], "a routine as TOML or JSON", "check the file")]
        ) from error
    return read_routine(content, k)


def show(name: str, plan: Plan, k: Knowledge) -> None:
    """A plan for people: the order with doses and reasons, then minutes, hands, what would be changed and what fell out."""
    console = out()
    console.print()
    head = say("plan.head", minutes=f"{plan.minutes:.0f}", at_hand=f"{plan.at_hand:g}", count=len(plan.applications))
    console.print(f"[bold]{escape(name)}[/bold]  {escape(head)}")
    lie = ("", "")
    for number, application in enumerate(plan.applications, 1):
        if (application.lie, application.up) != lie:
            lie = (application.lie, application.up)
            console.print(f"\n[bold]{escape(lie_words(application, k))}[/bold]")
        _show_one(number, application, k)
    if not plan.applications:
        console.print(Padding(escape(say("plan.empty")), (0, 0, 0, 2)))
    console.print()
    for text in load_words(plan) if plan.applications else ():
        console.print(escape(text))
    for text in plan.proposals:
        console.print(escape(say("plan.proposal", text=text)))
    _show_left(plan.left, k)


def _show_one(number: int, application: Application, k: Knowledge) -> None:
    console = out()
    both = f" ({say('side.both')})" if application.both else ""
    console.print(
        f"[bold]{number:2}  {escape(application.name + both)}[/bold]  [dim]{application.minutes:.1f} min[/dim]"
    )
    technique, hand = k.techniques[application.technique].name, k.contacts[application.contact].name
    console.print(Padding(escape(say("plan.with", technique=technique, contact=hand)), (0, 0, 0, 4)))
    console.print(Padding(escape(dose_words(application)), (0, 0, 0, 4)))
    if application.why:
        console.print(Padding(escape(application.why), (0, 0, 0, 4)))
    for cut in application.cuts:
        console.print(Padding(escape(say("plan.cut", what=cut_words(cut))), (0, 0, 0, 4)))
    if application.follow:
        console.print(Padding(escape(say("plan.follow", what=application.follow)), (0, 0, 0, 4)))
    if application.dangers:
        near = join([k.dangers[danger].name for danger in application.dangers])
        console.print(Padding(escape(say("plan.near", what=near)), (0, 0, 0, 4)))
    console.print(Padding(f"[dim]{escape(say('plan.ceilings', what=ceiling_words(application)))}[/dim]", (0, 0, 0, 4)))


def _show_left(left: tuple[Left, ...], k: Knowledge) -> None:
    console = out()
    if left:
        console.print(f"\n{escape(say('plan.left'))}")
    for row in left:
        technique = f", {k.techniques[row.technique].name}" if row.technique else ""
        took = f" ({row.minutes:.1f} min)" if row.minutes else ""
        console.print(Padding(escape(f"{row.name}{technique}{took}: {row.why}"), (0, 0, 0, 2)))
