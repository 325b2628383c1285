"""A session that was, in the terminal: each piece of work with its curve, its phases and events, then what it came to."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from unknot.cli.output import out
from unknot.cli.treat_view import curve
from unknot.record.session_picture import QUIET, SHOWN, clock, ended, span, told_mark
from unknot.record.session_words import taking_words
from unknot.record.went import before_and_after, went
from unknot.treat.summary import Summary, Taking
from unknot.treat.timeline import Timeline, Work
from unknot.words import say

FINE = tuple(range(10, -1, -1))
"""A row for each number: there is room for it here."""


def show(summary: Summary, told: Timeline, clear: float) -> None:
    """Timeline and summary. `clear`: from how many points on less or more counts, 0-10."""
    console = out()
    console.print()
    console.print(say("session.of_time", minutes=span(summary.length_ms), pressed=span(summary.pressed_ms)))
    for work, taking in zip(told.works, summary.takings, strict=True):
        _show_work(console, work, taking, told)
    _show_places(console, summary, clear)
    _show_rest(console, summary)


def _show_work(console: Console, work: Work, taking: Taking, told: Timeline) -> None:
    console.print()
    console.print(f"[bold]{work.taking}  {escape(work.name)}[/bold]  [dim]{clock(work.start_ms)}[/dim]")
    console.print(Padding(f"{escape(say('technique.' + work.technique))}: {escape(ended(work))}", (0, 0, 0, 3)))
    ratings = [(r.at_ms, r.value) for r in told.ratings if r.taking == work.taking]
    for row in curve(ratings, work.ceiling, work.band_low, console.width, FINE) if ratings else ():
        console.print(row)
    console.print(_strip(work, told))
    for line in taking_words(taking):
        console.print(Padding(escape(line), (0, 0, 0, 3)))
    for mark in told.marks:
        if mark.taking == work.taking and mark.kind not in QUIET and mark.at_ms >= work.start_ms:
            console.print(Text(f"   {clock(mark.at_ms):>5}  {told_mark(mark)}", "dim"))


def _strip(work: Work, told: Timeline) -> Text:
    """The phases in words, each with its length."""
    parts = [
        f"{say('session_phase.' + s.phase)} {round((s.end_ms - s.start_ms) / 1000)}"
        for s in told.segments
        if s.taking == work.taking
        and (s.phase in SHOWN or s.phase in ("resting", "between"))
        and s.start_ms < work.end_ms + 1
    ]
    return Text("   " + " · ".join(parts), "dim")


def _show_places(console: Console, summary: Summary, clear: float) -> None:
    console.print()
    for p in summary.places:
        times = say("session.times", count=p.taken_up) if p.taken_up > 1 else ""
        change = (
            say("session.before_after", before=f"{p.before:g}", after=f"{p.after:g}")
            if p.before is not None and p.after is not None
            else before_and_after(p)
        )
        under = say("session_pressure." + p.pressure) if p.pressure else ""
        parts = [part for part in (change, under, say("session.pressed", time=span(p.pressed_ms)), times) if part]
        w = went(summary, p, clear)
        told = say("session.grew_worse") if w.worse else say("session.unresponsive") if w.flat else ""
        console.print(f"[bold]{escape(p.name)}[/bold]  {escape(', '.join(parts))}. {escape(told)}".rstrip())


def _show_rest(console: Console, summary: Summary) -> None:
    """Load on the hands, what was logged, what happened beside."""
    for joint, ms, limit in summary.loads:
        told = say("session.load", joint=say("session_joint." + joint), time=span(ms))
        over = say("session.load_over", s=f"{limit:g}") if limit is not None and ms > limit * 1000 else ""
        console.print(f"{escape(told)}{escape(over)}")
    for found in summary.logged:
        console.print(
            escape(
                f"{clock(found.at_ms)}  {say('session_choice.' + found.kind)}{': ' + found.word if found.word else ''}"
            )
        )
    if summary.undone:
        console.print(escape(say("session.undone", count=len(summary.undone))))
    if not summary.ended:
        console.print(say("session.not_over"))
