"""`unknot screen CASE...`: case files to clearances; `unknot screen --questions` lists what is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from unknot.assess.rank import assess
from unknot.case.clearance import Clearance, Reason
from unknot.case.read import read_file
from unknot.cli.assess import case_files, readable
from unknot.cli.output import fail, line, out, tell
from unknot.errors import CaseError, Problem, UnknotError
from unknot.knowledge.load import Knowledge, knowledge
from unknot.screen.case import screen
from unknot.screen.questions import GROUPS
from unknot.screen.show import amount, as_dict, site_ranges, spot_place
from unknot.words import say

LICENCES = ("mouth", "pelvic_floor")


def command(
    cases: Annotated[list[Path] | None, typer.Argument(help="Case files (TOML or JSON) or folders of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one a case.")] = False,
    questions: Annotated[bool, typer.Option("--questions", help="List every question with its key.")] = False,
    on: Annotated[str, typer.Option(help="The day of the visit, like 2026-11-26; today when not given.")] = "",
    licence: Annotated[
        list[str] | None, typer.Option(help="What your licence covers beyond the usual: mouth, pelvic_floor.")
    ] = None,
) -> None:
    """Screen: what rules massage out, bars a place or lowers a limit, from history, today's answers, drawing and ranking."""
    k = knowledge()
    if questions:
        _questions(k, as_json=as_json)
        return
    if not cases:
        raise CaseError(
            [Problem("no_case", "screen", "no case file is named", "case files, folders, or --questions", "name one")]
        )
    day, licences, failed = day_of(on), licences_of(licence or []), 0
    files = list(case_files(cases))
    for path in files:
        try:
            case = read_file(readable(path), k, needs_pain=False)
            ranking = assess(case, k, next_too=False) if case.pains or case.strokes else None
            clearance = screen(case, k, day, ranking=ranking, licences=licences)
            if as_json:
                line(as_dict(case.name, clearance))
            else:
                show(case.name, clearance, k, day)
        except UnknotError as error:
            if len(files) == 1:
                fail(error)
            tell(error)
            failed += 1
    if failed:
        raise typer.Exit(2)


def day_of(given: str) -> date:
    """The day that was asked for. Raises CaseError when it is no day."""
    try:
        return date.fromisoformat(given) if given else date.today()
    except ValueError as error:
        raise CaseError(
            [Problem("not_a_date", "--on", given[:40], "a day like 2026-11-26", "write --on 2026-11-26")]
        ) from error


def licences_of(given: list[str]) -> tuple[str, ...]:
    """The licences that were named. Raises CaseError for one that nobody knows."""
    for name in given:
        if name not in LICENCES:
            raise CaseError(
                [Problem("unknown_licence", "--licence", name[:40], ", ".join(LICENCES), "name one of them")]
            )
    return tuple(given)


def _questions(k: Knowledge, *, as_json: bool) -> None:
    for group in GROUPS:
        found = [q for q in k.questions.values() if q.group == group]
        if as_json:
            for q in found:
                line(
                    {
                        "id": q.id,
                        "group": q.group,
                        "ask": q.ask,
                        "help": q.help,
                        "red_flag": q.red_flag,
                        "after": list(q.after),
                    }
                )
            continue
        if found:
            out().print(f"\n[bold]{escape(say('group.' + group))}[/bold]")
        for q in found:
            flag = " [bold]*[/bold]" if q.red_flag else ""
            out().print(Padding(f"{escape(q.ask)}{flag}  [dim]{escape(q.id)}[/dim]", (0, 0, 0, 4 if q.after else 2)))
    if not as_json:
        out().print(f"\n[dim]{escape(say('screen.star'))}[/dim]")


def show(name: str, clearance: Clearance, k: Knowledge, day: date) -> None:
    """A clearance for people: the outcome first, what to do, then what is limited and what is still open."""
    console = out()
    console.print()
    console.print(
        f"[bold]{escape(name)}[/bold]  [bold reverse] {escape(say('outcome.' + clearance.word))} [/bold reverse]"
    )
    refusal = clearance.refusal(day, k.version)
    if refusal is not None:
        console.print(
            Padding(escape(say("screen.no_touch", why=say(f"clearance.{refusal[0]}", **refusal[1]))), (0, 0, 0, 2))
        )
    for reason in clearance.reasons:
        _show_reason(reason)
    _show_limits(clearance, k)
    for title, values in (("screen.still_open", clearance.open), ("screen.unknown", clearance.not_known)):
        if values:
            asked = [k.questions[q].ask if q in k.questions else say("screen.age_open") for q in values[:12]]
            more = [say("screen.more", count=len(values) - 12)] if len(values) > 12 else []
            console.print()
            console.print(escape(say(title)))
            for text in (*asked, *more):
                console.print(Padding(escape(text), (0, 0, 0, 2)))
    for words, question in clearance.heard:
        console.print(escape(say("screen.heard", words=words, short=k.questions[question].short)))
    if clearance.not_understood:
        console.print(escape(say("cli.not_understood", words=", ".join(f'"{w}"' for w in clearance.not_understood))))
    console.print(f"[dim]{escape(say('screen.ask_physician'))}[/dim]")


def _show_reason(reason: Reason) -> None:
    console = out()
    console.print()
    lifted = f" ({say('screen.lifted', by=reason.lifted)})" if reason.lifted else ""
    head = f"{say('outcome.' + reason.outcome)}: {reason.name}{lifted}"
    console.print(f"[bold]{escape(head)}[/bold]  [dim]{escape(reason.rule)}[/dim]")
    told: list[Any] = [reason.why, reason.do_now if reason.do_now != reason.why else "", reason.remind]
    console.print(Padding(escape(" ".join(t for t in told if t)), (0, 0, 0, 2)))
    because = "; ".join(reason.because)
    ground = ", ".join(reason.sources) + (f"; {say('screen.house')}" if reason.house else "")
    if because or ground:
        console.print(Padding(f"[dim]{escape('; '.join(t for t in (because, ground) if t))}[/dim]", (0, 0, 0, 2)))


def _show_limits(clearance: Clearance, k: Knowledge) -> None:
    console = out()
    console.print()
    for ceiling in clearance.ceilings:
        console.print(
            escape(
                say(
                    "screen.ceiling",
                    limit=say("limit." + ceiling.limit),
                    amount=amount(ceiling),
                    rule=ceiling.rule,
                )
            )
        )
    for forbidden in clearance.forbidden:
        console.print(
            escape(say("screen.forbidden", technique=say("technique." + forbidden.technique), rule=forbidden.rule))
        )
    for title, rows in (("screen.barred", clearance.barred), ("screen.light", clearance.light)):
        for rule, places in site_ranges(rows, k):
            console.print(escape(say(title, places=places, rule=rule)))
    for spot in clearance.spots:
        place = spot_place(spot, k)
        if spot.view:
            console.print(
                escape(
                    say(
                        "screen.spot",
                        kind=say(f"mark.{spot.kind}"),
                        radius=f"{spot.radius_mm:g}",
                        place=place,
                        rule=spot.rule,
                    )
                )
            )
        else:
            console.print(escape(say("screen.spot_site", kind=say(f"mark.{spot.kind}"), place=place, rule=spot.rule)))
    for position, rule in clearance.positions:
        console.print(escape(say("screen.position", position=say("position." + position), rule=rule)))
