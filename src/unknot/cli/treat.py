"""`unknot treat PLAN`: conducts a session in the terminal; `unknot treat --replay LOG` shows one that was."""

from __future__ import annotations

import signal
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unknot.cli.output import line, out, write_text
from unknot.cli.treat_log import Log, LogError, Read, gap_ms, read, stamp
from unknot.errors import Problem
from unknot.knowledge.load import knowledge
from unknot.treat.course import left_alone, signs_due, without
from unknot.treat.session import Session, counted_by, start
from unknot.treat.summary import summarise
from unknot.treat.timeline import timeline
from unknot.words import say

if TYPE_CHECKING:
    from unknot.case.plan import Plan
    from unknot.cli.treat_live import Conductor


def command(
    plan: Annotated[Path | None, typer.Argument(help="A plan file, as unknot plan --out writes it.")] = None,
    log: Annotated[
        Path | None, typer.Option(help="Where the facts go; beside the plan when not given. One that is there goes on.")
    ] = None,
    after: Annotated[
        Path | None, typer.Option(help="The log of the session before in the same visit: its pressure counts here too.")
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="A log: show the session as a timeline.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="With --replay: draw the timeline to this file.")] = None,
    narrow: Annotated[bool, typer.Option("--narrow", help="With --svg: as narrow as a phone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --replay: the summary as one JSON object.")] = False,
) -> None:
    """Treat: conduct a plan in this terminal, hold by hold, or show a session that was."""
    if (plan is None) == (replay is None):
        given = "neither a plan nor a log" if plan is None else "a plan and a log to show"
        raise LogError([Problem("no_plan", "treat", given, "a plan file, or --replay LOG", "name one of them")])
    if replay is not None:
        if after is not None:
            raise LogError(
                [Problem("no_plan", "treat", "--after with --replay", "--after with a plan", "leave it out")]
            )
        _replay(replay, svg, narrow=narrow, as_json=as_json)
    elif plan is not None:
        if svg is not None or as_json:
            raise LogError([Problem("no_log", "treat", "a plan", "--svg and --json with --replay LOG", "treat first")])
        _conduct(plan, log, after)


def _replay(path: Path, svg: Path | None, *, narrow: bool, as_json: bool) -> None:
    from unknot.cli.treat_show import show
    from unknot.record import session_picture as picture
    from unknot.record.went import told_mapping

    found = read(path)
    summary, told = summarise(found.plan, found.facts), timeline(found.plan, found.facts)
    if svg is not None:
        write_text(svg, picture.svg(told, width=picture.NARROW if narrow else picture.WIDE))
    if as_json:
        line({"log": path.stem, **told_mapping(summary, found.plan.manner.clear_change)})
    elif svg is None:
        show(summary, told, found.plan.manner.clear_change)
    if found.torn and not as_json:
        out().print(say("session.torn"))


def _last(after: Path, plan: Plan, older: Read | None) -> Read:
    """The session before in the same visit. Raises LogError when it goes on, waits for an answer, is of another day or not the one before."""
    last = read(after)
    if last.session.phase != "ended" or last.session.hands_on:
        raise LogError([Problem("goes_on", str(after), "its session has not ended", "one that has", "end it first")])
    if last.session.screen_due:
        given = f"not answered: {', '.join(signs_due(last.facts))}"
        raise LogError([Problem("unsettled", str(after), given, "no open warning sign", "screen again and plan anew")])
    if last.plan.on != plan.on:
        given = f"a session of {last.plan.on}"
        raise LogError([Problem("other_day", str(after), given, f"one of {plan.on}", "leave --after out")])
    if older is not None and older.before != counted_by(last.session):
        given = "the log was begun after another session"
        raise LogError([Problem("other_visit", str(after), given, "the session that it was begun after", "name that")])
    return last


def _conduct(path: Path, log: Path | None, after: Path | None) -> None:
    from unknot.record.plans import read_plan

    k = knowledge()
    plan = read_plan(path, k, date.today())
    where = log if log is not None else path.with_name(f"{path.stem}.session.jsonl")
    older = read(where) if where.exists() else None
    if older is not None and older.session.phase == "ended" and not older.session.hands_on:
        todo = f"see it with unknot treat --replay {where.name}, or name another log with --log"
        raise LogError([Problem("over", str(where), "the session of this log is over", "a new log", todo)])
    last = _last(after, plan, older) if after is not None else None
    alone = older.alone if older is not None else frozenset[str]()
    if last is not None:
        alone |= last.alone | left_alone(last.plan, last.facts)
    plan = without(plan, alone)
    if older is not None and plan not in (older.plan, older.session.plan):
        given = "the log is of another plan"
        raise LogError([Problem("other_plan", str(where), given, "the plan that it began with", "name another --log")])
    before = counted_by(last.session) if last is not None else None
    session = older.session if older is not None else start(plan, before)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        todo = "run it in a terminal, or open the app with unknot"
        raise LogError([Problem("no_terminal", "treat", "no terminal", "a terminal with a keyboard", todo)])
    opened = (
        Log.goes_on(where, older)
        if older is not None
        else Log.begin(where, plan, k.version, before=before, alone=alone)
    )
    try:
        broken = _live(path, session, opened, older)
    finally:
        opened.close()
    found = read(where)
    from unknot.cli.treat_show import show

    show(summarise(found.plan, found.facts), timeline(found.plan, found.facts), found.plan.manner.clear_change)
    out().print(say("session.kept", place=str(where)))
    if broken:
        todo = "what came after was not kept; free some room on the disk"
        raise LogError([Problem("unwritable", str(where), "could not be written", "a file that can be written", todo)])


def _live(path: Path, session: Session, log: Log, older: Read | None) -> bool:
    """The live view until somebody leaves; whether the log failed."""
    from rich.live import Live

    from unknot.cli.treat_keys import keys
    from unknot.cli.treat_live import Conductor, clock
    from unknot.cli.treat_view import view
    from unknot.record.plans import answers, read_plan

    console = out()
    with keys() as pressed, Live(console=console, screen=True, auto_refresh=False, transient=True) as live:

        def draw(c: Conductor) -> None:
            live.update(view(c, console.width, console.height), refresh=True)

        conductor = Conductor(
            session, log, clock(), draw, replan=lambda: (read_plan(path, knowledge(), date.today()), answers(path)), answers=answers(path)
        )  # fmt: skip
        if older is not None:
            conductor.goes_on(older.facts, gap_ms(older.written, stamp()))
        _when_told_to_go(conductor)
        conductor.run(pressed)
    return conductor.broken


def _when_told_to_go(conductor: Conductor) -> None:
    """A closed window or a shutdown lets go and is a fact."""

    def told(number: int, frame: object) -> None:  # noqa: ARG001  # the system's form
        conductor.told_to_go = True

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), told)
