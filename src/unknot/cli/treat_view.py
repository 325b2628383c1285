"""What the terminal shows of a session that goes on: one large word, the time left, the discomfort and its curve, what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from unknot.body.ramp import ramp
from unknot.cli.letters import ROWS, large
from unknot.cli.treat_live import TOLD_MS, Conductor, Menu
from unknot.record.session_picture import clock
from unknot.treat.course import signs_due
from unknot.treat.session import Session
from unknot.words import say

CUE_MS = 2500
"""How long the word of a cue stands before the word of the phase takes its place."""
SHORT = ("ease", "more", "let_go")
WARNING = ("let_go", "stop", "ease")
CURVE_ROWS = (10, 8, 6, 4, 2, 0)
CURVE_LEAST = 22
"""Rows of a terminal that has room for the curve."""
NARROW = 60


def view(c: Conductor, width: int, height: int) -> RenderableType:
    """The whole screen: what is to be done above, what comes next below."""
    s, menu = c.session, c.shown.menu
    middle: list[RenderableType] = []
    if menu is not None:
        middle = _menu(menu, s, signs_due(c.facts) if menu.kind == "gone" else ())
    elif height >= CURVE_LEAST and c.shown.ratings:
        middle = curve(c.shown.ratings, s.ceiling, _low(s), width)
    below: list[RenderableType] = [_next(s), _message(c), _keys(width)]
    about: list[RenderableType] = [_head(s, width), _work(s), Text("")]
    asked: list[RenderableType] = [_left(c, width), _asked(c)]
    room = height - len(about) - len(asked) - len(middle) - len(below) - 1
    word = _word(c, width, room)
    gap: list[RenderableType] = [Text("")] * max(0, room - len(word))
    return Group(*about, *word, *asked, *middle, *gap, *below)


def word_of(c: Conductor) -> str:
    """The one word: that of the newest cue, then that of the phase."""
    s, shown = c.session, c.shown
    young = shown.cue in SHORT and (s.hands_on or shown.cue != "let_go")
    if young and s.now - shown.cue_at < CUE_MS and c.now() - shown.cue_at < CUE_MS and s.phase != "ended":
        return "stop" if s.phase == "stopped" else shown.cue
    if s.phase in ("pressing", "stroking") and s.current:
        return s.application.verb
    if s.phase in ("waiting", "ending") and s.hands_on:
        return "let_go"
    return {
        "waiting": "ready", "holding": "hold", "rising": "more", "easing": "ease", "resting": "rest", "halting": "hold", "between": "rest",
        "ending": "off", "rechecking": "recheck", "stopped": "stop", "ended": "done",
    }.get(s.phase, "press")  # fmt: skip


def _head(s: Session, width: int) -> Text:
    ids = [a.id for a in s.plan.applications]
    told = Text(no_wrap=True, overflow="ellipsis")
    if s.current in ids:
        told.append(f"{say('session.of', n=ids.index(s.current) + 1, all=len(ids))}  ", "dim")
        told.append(s.application.name, "bold")
        if s.application.both:
            told.append(f" ({say('side.both')})")
    else:
        told.append(say("session.begin_with", count=len(ids)), "bold")
    time = clock(s.elapsed(s.now))
    told.truncate(max(10, width - len(time) - 2), overflow="ellipsis")
    told.append(" " * max(1, width - told.cell_len - len(time)) + time, "dim")
    return told


def _work(s: Session) -> Text:
    if not s.current:
        return Text("")
    a = s.application
    turns = say("session_turn." + a.family, n=max(1, s.turn), all=a.dose.turns)
    path = f", {a.path[0]} → {a.path[1]}" if a.path[0] else ""
    search = f", {say('session.searches')}" if a.dose.search_pass_s and s.turn <= 1 else ""
    force = f", {say('session.force', force=f'{a.force_n:g}')}" if a.force_n is not None else ""
    return Text(
        f"{turns}{search}, {say('technique.' + a.technique)}{force}{path}", "dim", no_wrap=True, overflow="ellipsis"
    )


def _word(c: Conductor, width: int, room: int) -> list[RenderableType]:
    """The word, as large as there is room for."""
    word = word_of(c)
    said = say("session_word." + word)
    style = "bold reverse" if word in WARNING else "bold"
    drawn = large(said, width - 4) if room >= ROWS else [said.upper()]
    rows: list[RenderableType] = [Text(f" {row} ", style, no_wrap=True) for row in drawn]
    return [*rows, Text("")] if len(rows) < room else rows


def _left(c: Conductor, width: int) -> Text:
    """A bar that empties, and the seconds as a number."""
    start, end = c.shown.span
    now = c.now()
    if end <= start or now > end:
        return Text("")
    room = max(10, min(60, width - 12))
    full = round(room * (end - now) / (end - start))
    told = Text("█" * full, "default", no_wrap=True)
    told.append("░" * (room - full), "dim")
    told.append(f"  {say('session.seconds', s=-(-(end - now) // 1000))}", "bold")
    return told


def _asked(c: Conductor) -> Text:
    """What is asked; else the discomfort of now; with the hand off, why it is."""
    s = c.session
    told = Text(no_wrap=True, overflow="ellipsis")
    off = s.phase in ("waiting", "ending", "stopped", "ended")
    if off and s.hands_on:
        told.append(say("session.say_off"), "bold")
    elif s.asked:
        told.append(say("session_ask." + s.asked), "bold")
        if s.answer_at is not None:
            told.append(f"  {say('session.answer_in', s=max(0, -(-(s.answer_at - c.now()) // 1000)))}", "dim")
    elif off:
        told.append(why(s))
    elif s.rating is not None:
        told.append(say("session.now", value=f"{s.rating:g}", ceiling=f"{s.ceiling:g}"))
    return told


def why(s: Session) -> str:
    """Why the session stands where it stands."""
    if s.phase == "stopped" and s.screen_due:
        return say("session.screen_due")
    key = {"start": "session.start", "resumed": "session.resumed"}.get(s.why, "")
    told = say(key) if key else say("session_end." + s.why)
    return say("session.stopped_since", why=told) if s.phase == "stopped" else told


def _low(s: Session) -> float:
    return min(s.application.dose.band_low, s.ceiling) if s.current else 0.0


def curve(
    ratings: Sequence[tuple[int, float]], ceiling: float, low: float, width: int, rows: Sequence[int] = CURVE_ROWS
) -> list[RenderableType]:
    """Ratings as numbers over time; the ceiling is a line, the band is dotted."""
    room = max(10, min(70, width - 18))
    first, last = ratings[0][0], max(ratings[-1][0], ratings[0][0] + 60_000)
    spots: list[dict[int, float]] = [{} for _ in rows]
    for at, value in ratings:
        spots[_nearest(rows, value)][min(room - 3, (at - first) * (room - 3) // (last - first))] = value
    return [_curve_row(i, rows, spots[i], ceiling, low, room) for i in range(len(rows))]


def _nearest(rows: Sequence[int], value: float) -> int:
    return min(range(len(rows)), key=lambda i: (abs(rows[i] - value), i))


def _curve_row(row: int, rows: Sequence[int], spots: dict[int, float], ceiling: float, low: float, room: int) -> Text:
    at, here = rows[row], _nearest(rows, ceiling) == row
    ground = "╌" if here else "·" if low <= at <= ceiling else " "
    told = Text(f"{at:>3} " if at % 2 == 0 else "    ", "dim", no_wrap=True)
    for x, value in sorted(spots.items()):
        start = told.cell_len - 4
        told.append(ground * (x - start), "dim")
        words = f"{value:g}"[: max(1, min((n for n in spots if n > x), default=room) - x)]
        told.append(words, f"bold {_light(value)}")
    told.append(ground * (room - told.cell_len + 4), "dim")
    if here:
        told.append(f" {say('session.ceiling', value=f'{ceiling:g}')}", "dim")
    return told


def _light(value: float) -> str:
    """The ramp's colour where it can be seen on dark and light ground; above that the number alone tells."""
    step = max(1, min(7, round(value)))
    return f"on {ramp()[step]} {'black' if step < 6 else 'white'}"


def _menu(menu: Menu, s: Session, signs: Sequence[str]) -> list[RenderableType]:
    named = "".join(f" {say('session_choice.' + word)}." for word in signs)
    rows: list[RenderableType] = [Text(say("session_menu." + menu.kind) + named, "bold")]
    if menu.kind == "help":
        return rows + [Text(f"  {line}") for line in say("session.help").splitlines()]
    for key, word in menu.choices:
        told = next((f"{a.name}, {say('technique.' + a.technique)}" for a in s.plan.applications if a.id == word), "")
        rows.append(Text(f"  {key}  {told or say('session_choice.' + word)}", no_wrap=True, overflow="ellipsis"))
    return rows


def _next(s: Session) -> Text:
    if s.phase == "ended":
        return Text(say("session.any_key"), "bold")
    following = s.following()
    if following is not None and following.id == s.current:
        ids = [a.id for a in s.plan.applications]
        after = ids.index(s.current) + 1
        later = [a for a in s.plan.applications[after:] if s.outcomes.get(a.id) is None]
        following = later[0] if s.phase not in ("waiting", "stopped") and later else following
    told = say("session.nothing_next")
    if following is not None:
        told = say("session.next", name=following.name, technique=say("technique." + following.technique))
    return Text(told, "dim", no_wrap=True, overflow="ellipsis")


def _message(c: Conductor) -> Text:
    if c.shown.message and c.now() - c.shown.message_at < TOLD_MS:
        return Text(say(c.shown.message, **c.shown.words), "bold")
    return Text("")


def _keys(width: int) -> Text:
    return Text(
        say("session.keys" if width >= NARROW else "session.keys_short"), "dim", no_wrap=True, overflow="ellipsis"
    )
