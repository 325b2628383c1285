"""A session that was, in the terminal: each piece of work with its curve, its phases and events, then what it came to."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from unknot.cli.output import out
from unknot.cli.treat_view import curve
from unknot.record.session_picture import QUIET, SHOWN, clock, ended, span, told_mark
from unknot.treat.summary import Breach, Summary, Taking
from unknot.treat.timeline import Timeline, Work
from unknot.words import join, say

STRIP = 70


def show(summary: Summary, told: Timeline) -> None:
    """Timeline and summary."""
    console = out()
    console.print()
    console.print(say("session.of_time", minutes=span(summary.length_ms), pressed=span(summary.pressed_ms)))
    for work, taking in zip(told.works, summary.takings, strict=True):
        _show_work(console, work, taking, told)
    _show_places(console, summary)
    _show_rest(console, summary)


def _show_work(console: Console, work: Work, taking: Taking, told: Timeline) -> None:
    console.print()
    console.print(f"[bold]{work.taking}  {escape(work.name)}[/bold]  [dim]{clock(work.start_ms)}[/dim]")
    console.print(Padding(f"{escape(say('technique.' + work.technique))}: {escape(ended(work))}", (0, 0, 0, 3)))
    ratings = [(r.at_ms, r.value) for r in told.ratings if r.taking == work.taking]
    if ratings:
        start = [(work.start_ms, ratings[0][1])] if ratings[0][0] - work.start_ms < 1000 else []
        for row in curve([*start, *ratings] if start else ratings, work.ceiling, work.band_low, console.width):
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


def taking_words(t: Taking) -> list[str]:
    """One piece of work in sentences; only what there is to say."""
    found = [say("session_done." + t.family, count=t.turns, pressed=span(t.pressed_ms))]
    if t.first is not None:
        found.append(say("session.from_to", first=f"{t.first:g}", last=f"{t.last:g}"))
    if t.releases:
        after = [say("session.seconds", s=round(ms / 1000)) for _, ms in t.releases]
        found.append(say("session.released", after=join(after)))
    found += [breach_words(b) for b in t.breaches]
    if t.silences:
        found.append(say("session.silences", count=t.silences))
    if t.referrals:
        found.append(say("session.referrals", count=t.referrals))
    if t.sticks:
        places = [f"{round(100 * at)} %" for _, at in t.sticks]
        found.append(say("session.sticks", places=join(places)))
    return found


def breach_words(b: Breach) -> str:
    """A rating above the ceiling, plainly: "8, eased within 1 s, back to 5 after 3 s"."""
    within = max(1, -(-(b.within_ms or 0) // 1000))
    did = say("session_did." + (b.did or "let_go"))
    if b.back is None or b.back_ms is None:
        return say("session.breach", value=f"{b.value:g}", did=did, s=within)
    back = say("session.seconds", s=max(1, -(-b.back_ms // 1000)))
    return say("session.breach_back", value=f"{b.value:g}", did=did, s=within, back=f"{b.back:g}", after=back)


def _show_places(console: Console, summary: Summary) -> None:
    console.print()
    for p in summary.places:
        times = say("session.times", count=p.taken_up) if p.taken_up > 1 else ""
        change = (
            say("session.before_after", before=f"{p.before:g}", after=f"{p.after:g}")
            if p.before is not None and p.after is not None
            else say("session.no_comparison")
        )
        parts = [part for part in (change, say("session.pressed", time=span(p.pressed_ms)), times) if part]
        told = "" if p.responded else f" {say('session.unresponsive')}"
        console.print(f"[bold]{escape(p.name)}[/bold]  {escape(', '.join(parts))}.{escape(told)}")


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
