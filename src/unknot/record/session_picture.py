"""A session's timeline as an SVG: discomfort against its band and ceiling, the steps of pressure, phases and events.

Each piece of work has a panel of its own; a long one runs over several rows, so that the same picture fits a page and a phone. Colour is
never the only sign: ratings carry their number, phases their word, events a letter that is told below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from unknot.body.ramp import ramp
from unknot.treat.timeline import Mark, Rating, Segment, Timeline, Work
from unknot.words import say

WIDE, NARROW = 760, 360
"""Widths that a page and a phone show without scaling."""
LEFT, RIGHT = 36, 16
LEAST_SCALE, MOST_SCALE = 3.6, 7.0
"""Pixels a second."""
CHART, LETTERS, STEPS, PHASES, CLOCK = 100, 16, 24, 18, 18
ROW = LETTERS + CHART + 8 + STEPS + 4 + PHASES + CLOCK
IDLE = ("waiting", "ending", "stopped", "ended")
LONGEST_IDLE, BREAK, TAIL = 12_000, 10_000, 2000
"""With the hand off and nothing said for longer [ms], a break is drawn of this length; the end of a panel shows so much."""
QUIET = ("same", "end", "off", "more")
"""Marks that the curve or the phases show anyway."""
LINE = 17
COLOURS = (
    "--paper:#f7f4ed;--ink:#23201b;--soft:#615b51;--line:#d9d2c4;--field:#8d8575;--accent:#1c5753;--alarm:#8c2f13",
    "--paper:#191815;--ink:#ece6da;--soft:#aba394;--line:#37342d;--field:#7d7566;--accent:#7cc5b8;--alarm:#f0a582",
)
STYLE = """
.session text{font:12px system-ui,sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
.session .soft{fill:var(--soft)}.session .small{font-size:11px}.session .head{font-weight:600;font-size:14px}
.session .ground{fill:var(--paper)}.session .band{fill:var(--accent);opacity:.13}
.session .ceiling{stroke:var(--alarm);stroke-width:1.5;stroke-dasharray:6 3}.session .over{fill:var(--alarm)}
.session .hair{stroke:var(--line);fill:none}.session .curve{stroke:var(--field);fill:none;stroke-width:1.5}
.session .steps{fill:var(--accent);opacity:.55}.session .on{fill:var(--accent);opacity:.2}.session .off{fill:none;stroke:var(--line)}
.session .on-light{fill:#23201b}.session .on-dark{fill:#fdfbf7}.session .gives{fill:none;stroke:var(--alarm);stroke-width:1.5}.session .dot{stroke:var(--field)}.session .mark{stroke:var(--field);stroke-dasharray:1 3}
""".replace("\n", "")
"""The rules of a picture that stands in a page; the page gives the colours."""


def svg(told: Timeline, *, width: int = WIDE, styled: bool = True, ident: str = "session") -> str:
    """The picture. `styled`: with its own colours, light and dark; without them it takes those of the page, by `STYLE`."""
    page = _Page(told, width)
    page.head()
    for work in told.works:
        _panel(page, work)
    page.key()
    height = round(page.y) + 8
    own = f"<style>.session{{{COLOURS[0]}}}@media(prefers-color-scheme:dark){{.session{{{COLOURS[1]}}}}}{STYLE}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="session" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{ident}-title {ident}-desc">'
        f'<title id="{ident}-title">{escape(title(told))}</title><desc id="{ident}-desc">{escape(describe(told))}</desc>'
        f'{own if styled else ""}<rect class="ground" width="{width}" height="{height}"/>{"".join(page.parts)}</svg>\n'
    )


def heights(told: Timeline, width: int = WIDE) -> dict[int, float]:
    """How high the panel of each piece of work is in a picture of this width [px], by the number of its taking."""
    page, found = _Page(told, width), {}
    for work in told.works:
        above = page.y
        _panel(page, work)
        found[work.taking] = page.y - above
    return found


def span(ms: int) -> str:
    """A length of time in words."""
    seconds = round(ms / 1000)
    if seconds < 60:
        return say("session.seconds", s=seconds)
    return say("session.minutes", m=seconds // 60, s=seconds % 60)


def clock(ms: int) -> str:
    """A moment of the session, like 2:05."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def title(told: Timeline) -> str:
    return say("session.picture", minutes=span(told.length_ms))


def describe(told: Timeline) -> str:
    """The session in sentences, for those who hear the picture."""
    found = [
        say(
            "session.picture_desc", name=w.name, technique=say("technique." + w.technique), end=ended(w),
            change=change(told, w),
        )
        for w in told.works
    ]  # fmt: skip
    return " ".join(found) or say("session.nothing")


def ended(work: Work) -> str:
    return say("session_end." + work.outcome) if work.outcome else say("session.still_on")


def change(told: Timeline, work: Work) -> str:
    """First and last discomfort under the last pressure."""
    rated = [r for r in told.ratings if r.taking == work.taking and r.same]
    alike = [r.value for r in rated if r.same == rated[-1].same]
    if len(alike) < 2:
        return say("session.not_compared")
    first, last = f"{alike[0]:g}", f"{alike[-1]:g}"
    if len(alike) < len(rated):
        return say("session.from_to_last", first=first, last=last)
    return say("session.from_to", first=first, last=last)


def told_mark(mark: Mark) -> str:
    """An event in words."""
    value = f"{mark.value:g}" if mark.value is not None else ""
    time = span(round(mark.value or 0)) if mark.kind == "late" else ""
    if mark.kind == "recheck":
        return _told_recheck(mark, value)
    word = _word_of(mark)
    what = say("session_mark." + mark.kind, word=word, value=value, time=time)
    if mark.kind == "restarted":
        return f"{what}; {say('session.gap', time=span(round(mark.value))) if mark.value is not None else say('session.gap_unknown')}"
    if mark.by == "dial" and not mark.kind.startswith("dial"):
        return say("session.by_dial", what=what)
    if mark.by == "squeezer":
        return say("session.by_squeezer", what=what)
    return say("session.by_teacher", what=what) if mark.by == "teacher" else what


def _word_of(mark: Mark) -> str:
    """The word that an event carries, as people say it."""
    if mark.kind == "breach" and mark.word:
        return say("session_did." + mark.word)
    if mark.kind in ("symptom", "log") and mark.word != "pinch":
        return say("session_choice." + mark.word)
    return mark.word.replace("_", " ")


def _told_recheck(mark: Mark, value: str) -> str:
    """What a recheck found: only what was told."""
    found = [say("session.found_discomfort", value=value)] if value else []
    found += [_found(*word.split(".")) for word in mark.word.split()]
    return say("session.recheck", found=", ".join(found)) if found else say("session_mark.recheck")


def _found(part: str, told: str) -> str:
    if part == "tissue":
        return say("session_tissue." + told)
    return say("session_motion." + told) if part == "motion" else say("session_familiar." + told)


# ---------------------------------------------------------------- the page


@dataclass(slots=True)
class _Page:
    """The picture as it grows downwards."""

    told: Timeline
    width: int
    y: float = 0
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, classes: str = "", anchor: str = "") -> None:
        kind = f' class="{classes}"' if classes else ""
        at = f' text-anchor="{anchor}"' if anchor else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{kind}{at}>{escape(words)}</text>')

    def line(self, x0: float, y0: float, x1: float, y1: float, kind: str) -> None:
        self.parts.append(f'<line class="{kind}" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>')

    def rect(self, x0: float, y0: float, x1: float, height: float, kind: str, hint: str = "") -> None:
        inside = f"<title>{escape(hint)}</title>" if hint else ""
        self.parts.append(
            f'<rect class="{kind}" x="{x0:.1f}" y="{y0:.1f}" width="{max(0.5, x1 - x0):.1f}" height="{height:.1f}">{inside}</rect>'
        )

    def head(self) -> None:
        """How long, how much pressure."""
        self.text(
            LEFT - 20,
            24,
            say("session.of_time", minutes=span(self.told.length_ms), pressed=span(self.told.pressed_ms)),
            "soft",
        )
        self.y = 36

    def key(self) -> None:
        """What the signs mean, once."""
        if not self.told.works:
            self.text(LEFT - 20, self.y + 16, say("session.nothing"))
            self.y += 24
            return
        x, y = LEFT - 20, self.y + 14
        dial = any(r.by == "dial" for r in self.told.ratings)
        signs = [("spoken", say("session.key_spoken")), *([("dial", say("session.key_dial"))] if dial else [])]
        signs += [
            ("band", say("session.band")),
            ("ceiling", say("session.key_ceiling")),
            ("steps", say("session.key_steps")),
        ]
        for sign, words in signs:
            wide = 34 + 6.6 * len(words)
            if x + wide > self.width and x > LEFT:
                x, y = LEFT - 20, y + LINE
            self._sign(sign, x, y)
            self.text(x + 24, y, words, "soft small")
            x += round(wide)
        self.y = y + 8

    def _sign(self, sign: str, x: float, y: float) -> None:
        if sign in ("spoken", "dial"):
            self.parts.append(_dot(x + 9, y - 4, 5, "", square=sign == "dial"))
        elif sign == "ceiling":
            self.line(x, y - 4, x + 18, y - 4, "ceiling")
        else:
            self.rect(x, y - 9, x + 18, 10, sign)


# ---------------------------------------------------------------- time to place


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a moment of one panel stands: its row, and how far along it."""

    pieces: tuple[tuple[int, int, int, int], ...]
    """(from, to, drawn from, drawn to) [ms]: where nothing happened less is drawn than passed."""
    row_ms: int
    per_ms: float

    @property
    def rows(self) -> int:
        return max(1, -(-self.pieces[-1][3] // self.row_ms)) if self.pieces else 1

    def drawn(self, at: int) -> int:
        for start, end, low, high in self.pieces:
            if at <= end:
                share = (at - start) / (end - start) if end > start else 0.0
                return round(low + max(0.0, share) * (high - low))
        return self.pieces[-1][3] if self.pieces else 0

    def place(self, at: int) -> tuple[int, float]:
        where = self.drawn(at)
        row = min(where // self.row_ms, self.rows - 1)
        return row, LEFT + (where - row * self.row_ms) * self.per_ms

    def spread(self, start: int, end: int) -> Iterator[tuple[int, float, float]]:
        """(row, from, to) of a length of time."""
        low, high = self.drawn(start), self.drawn(end)
        for row in range(low // self.row_ms, self.rows):
            left, right = max(low, row * self.row_ms), min(high, (row + 1) * self.row_ms)
            if right > left:
                yield (
                    row,
                    LEFT + (left - row * self.row_ms) * self.per_ms,
                    LEFT + (right - row * self.row_ms) * self.per_ms,
                )


def _scale(told: Timeline, work: Work, width: int) -> _Scale:
    segments = [s for s in told.segments if s.taking == work.taking]
    end = max([s.end_ms for s in segments], default=work.end_ms)
    said = [r.at_ms for r in told.ratings if r.taking == work.taking]
    said += [m.at_ms for m in told.marks if m.taking == work.taking]
    busy = [t for s in segments if s.phase not in IDLE for t in (s.start_ms, s.end_ms)]
    last = max([*said, *busy, work.start_ms])
    stops = sorted({t for t in (*said, *busy, work.start_ms, last) if work.start_ms <= t <= last})
    pieces, drawn = [], 0
    for start, stop in pairwise(stops):
        idle = any(s.phase in IDLE and s.start_ms <= start and stop <= s.end_ms for s in segments)
        length = BREAK if idle and stop - start > LONGEST_IDLE else stop - start
        pieces.append((start, stop, drawn, drawn + length))
        drawn += length
    if end > last:
        pieces.append((last, last + min(TAIL, end - last), drawn, drawn + min(TAIL, end - last)))
        drawn += min(TAIL, end - last)
    room = width - LEFT - RIGHT
    per_s = min(MOST_SCALE, max(LEAST_SCALE, room * 1000 / max(drawn, 1)))
    return _Scale(tuple(pieces), round(room / per_s * 1000), per_s / 1000)


# ---------------------------------------------------------------- a panel


def _panel(page: _Page, work: Work) -> None:
    """One piece of work: its name and end, its rows, and its events in words."""
    told = page.told
    scale = _scale(told, work, page.width)
    page.line(LEFT - 20, page.y + 4, page.width - RIGHT, page.y + 4, "hair")
    page.text(LEFT - 20, page.y + 26, f"{work.taking}  {work.name}", "head")
    for i, words in enumerate(_fitted(f"{say('technique.' + work.technique)}: {ended(work)}", page.width - LEFT)):
        page.text(LEFT - 20, page.y + 44 + LINE * i, words, "soft")
        below = page.y + 44 + LINE * i
    top = below + 10
    marks = [m for m in told.marks if m.taking == work.taking and m.kind not in QUIET]
    marks = [m for m in marks if m.at_ms >= work.start_ms]
    letters = dict(zip(range(len(marks)), _letters(), strict=False))
    for row in range(scale.rows):
        _row_ground(page, scale, work, top + row * (ROW + 10), row)
    for segment in told.segments:
        if segment.taking == work.taking:
            _segment(page, scale, segment, top)
    _steps(page, scale, work, top)
    _breaks(page, scale, top)
    taken = (-1, 0.0)
    for i, mark in enumerate(marks):
        row, x = scale.place(mark.at_ms)
        y = top + row * (ROW + 10)
        page.line(x, y + LETTERS - 2, x, y + LETTERS + CHART, "mark")
        taken = (row, max(x, taken[1] + 9) if taken[0] == row else x)
        page.text(taken[1], y + 10, letters[i], "small", "middle")
    _curve(page, scale, [r for r in told.ratings if r.taking == work.taking], top)
    page.y = top + scale.rows * (ROW + 10)
    _told_marks(page, marks, letters)
    page.y += 8


def _letters() -> Iterator[str]:
    """a to z, then aa, ab ..."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    yield from alphabet
    yield from (a + b for a in alphabet for b in alphabet)


def _fitted(words: str, width: float, per_letter: float = 6.4) -> list[str]:
    """Words in lines that fit."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > width / per_letter:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def _at(y: float, value: float) -> float:
    """Height of a discomfort in a row that begins at y."""
    return y + LETTERS + CHART * (1 - value / 10)


def _row_ground(page: _Page, scale: _Scale, work: Work, y: float, row: int) -> None:
    """The band, the ceiling and the numbers at the side."""
    ends = min(scale.row_ms, scale.pieces[-1][3] - row * scale.row_ms) if scale.pieces else scale.row_ms
    right = LEFT + max(ends * scale.per_ms, 60)
    for end in (0, 10):
        page.line(LEFT, _at(y, end), right, _at(y, end), "hair")
    page.rect(LEFT, _at(y, work.ceiling), right, (work.ceiling - work.band_low) * CHART / 10, "band")
    page.line(LEFT, _at(y, work.ceiling), right, _at(y, work.ceiling), "ceiling")
    for value in sorted({0.0, 10.0, work.band_low, work.ceiling}):
        if value in (0.0, 10.0, work.ceiling) or 1.3 < value < work.ceiling - 1.2:
            over = "over" if value == work.ceiling else "soft"
            page.text(LEFT - 6, _at(y, value) + 4, f"{value:g}", f"{over} small", "end")
    _clock_line(page, scale, work, y, row, right)


def _clock_line(page: _Page, scale: _Scale, work: Work, y: float, row: int, right: float) -> None:
    """The time below the phases, at round moments that have room."""
    bottom = y + LETTERS + CHART + 8 + STEPS + 4 + PHASES
    every = 10_000 if scale.per_ms > 0.0045 else 15_000 if scale.per_ms > 0.003 else 30_000
    taken = -100.0
    start = -(-work.start_ms // every) * every
    stop = scale.pieces[-1][1] if scale.pieces else work.end_ms
    for at in (work.start_ms, *range(start, stop + 1, every)):
        where, x = scale.place(at)
        if where == row and x - taken > 42 and x < right + 10:
            page.text(x, bottom + 14, clock(at), "soft small", "start" if at == work.start_ms else "middle")
            taken = x


SHOWN = {
    "pressing": "on",
    "holding": "on",
    "rising": "on",
    "stroking": "on",
    "halting": "on",
    "rechecking": "on",
    "easing": "gives",
}


def _segment(page: _Page, scale: _Scale, segment: Segment, top: float) -> None:
    """A phase with its word where that has room; else it is told when pointed at."""
    word = say("session_phase." + segment.phase)
    if segment.phase in IDLE:
        return
    for row, x0, x1 in scale.spread(segment.start_ms, segment.end_ms):
        y = top + row * (ROW + 10) + LETTERS + CHART + 8 + STEPS + 4
        hint = f"{word}, {span(segment.end_ms - segment.start_ms)}"
        page.rect(x0 + 0.5, y, x1 - 0.5, PHASES, SHOWN.get(segment.phase, "off"), hint)
        if x1 - x0 > 6.2 * len(word) + 4:
            page.text((x0 + x1) / 2, y + 13, word, "small", "middle")


def _steps(page: _Page, scale: _Scale, work: Work, top: float) -> None:
    """The steps of pressure as blocks of their height."""
    told = page.told
    highest = max([2.0, *(s.level for s in told.steps)])
    ends = [*(s.at_ms for s in told.steps[1:]), told.length_ms]
    stop = scale.pieces[-1][1] if scale.pieces else work.end_ms
    for step, end in zip(told.steps, ends, strict=False):
        if not step.level or end <= work.start_ms or step.at_ms >= stop:
            continue
        for row, x0, x1 in scale.spread(max(step.at_ms, work.start_ms), min(end, stop)):
            high = STEPS * step.level / highest
            y = top + row * (ROW + 10) + LETTERS + CHART + 8 + STEPS
            page.rect(x0, y - high, x1, high, "steps")


def _breaks(page: _Page, scale: _Scale, top: float) -> None:
    """Where less is drawn than passed."""
    for start, end, low, high in scale.pieces:
        if high - low < end - start:
            for row, x0, x1 in scale.spread(start, end):
                y = top + row * (ROW + 10) + LETTERS + CHART + 8 + STEPS + 4
                if x1 - x0 > 20:
                    page.text((x0 + x1) / 2, y + 13, f"… {span(end - start)}", "soft small", "middle")


def _dot(x: float, y: float, r: float, fill: str, *, square: bool, wide: float = 0) -> str:
    """A spoken rating is round, one of the dial has corners; `wide` makes room for decimals."""
    paint = f'fill="{fill}"' if fill else 'fill="none"'
    half, corner = r + wide, 2 if square else r
    return f'<rect class="dot" {paint} x="{x - half:.1f}" y="{y - r:.1f}" width="{2 * half:.1f}" height="{2 * r:.1f}" rx="{corner:g}"/>'


def _curve(page: _Page, scale: _Scale, ratings: list[Rating], top: float) -> None:
    """Ratings as numbered dots; those under the same pressure hang together."""
    spots = []
    for r in ratings:
        row, x = scale.place(r.at_ms)
        spots.append((row, x, _at(top + row * (ROW + 10), r.value), r))
    for (row, x, y, r), (row2, x2, y2, r2) in pairwise(spots):
        if row == row2:
            page.line(x, y, x2, y2, "curve" if r.same and r.same == r2.same else "mark")
    for _, x, y, r in spots:
        step = max(0, min(10, round(r.value)))
        hint = f"<title>{escape(f'{clock(r.at_ms)}  {r.value:g}')}</title>"
        page.parts.append(
            f"<g>{hint}{_dot(x, y, 8, ramp()[step], square=r.by == 'dial', wide=4 if r.value % 1 else 0)}"
        )
        ground = "on-light" if step < 6 else "on-dark"
        page.parts.append(
            f'<text x="{x:.1f}" y="{y + 3.8:.1f}" text-anchor="middle" class="small {ground}">{r.value:g}</text></g>'
        )


def _told_marks(page: _Page, marks: list[Mark], letters: dict[int, str]) -> None:
    """The events of a panel in words, by their letters."""
    for i, mark in enumerate(marks):
        for j, words in enumerate(_fitted(told_mark(mark), page.width - LEFT - 70)):
            if j == 0:
                page.text(LEFT - 20, page.y + 12, letters[i], "small")
                page.text(LEFT + 4, page.y + 12, clock(mark.at_ms), "soft")
            page.text(LEFT + 44, page.y + 12, words)
            page.y += LINE
