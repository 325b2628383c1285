"""Pictures of what virtual clients brought: arms over time with intervals, a forest of effects, what each number moves. SVG, styled by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from unknot.record.session_picture import COLOURS
from unknot.rehearse.sensitivity import Sensitivity, ordered
from unknot.rehearse.trial_table import Effect, Result
from unknot.words import say

WIDTH, NARROW = 600.0, 344.0
"""Widths that a page and a phone show without scaling."""
NAMES = 196.0
"""Room for the names of arms beside their lines."""
FOOT = 250
"""Where the times of a trial stand."""
STYLE = """
.study text{font:13px system-ui,sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.study .soft{fill:var(--soft)}.study .small{font-size:12px}.study .end{text-anchor:end}.study .mid{text-anchor:middle}.study .head{font-weight:600}
.study .ground{fill:var(--paper)}.study .hair{stroke:var(--line);fill:none}.study .zero{stroke:var(--field);fill:none}
.study .arm{stroke:var(--accent);fill:none;stroke-width:1.8}.study .whisker{stroke:var(--accent);fill:none;stroke-width:1.4}
.study .first{stroke:var(--soft)}.study .mark{fill:var(--accent);stroke:var(--accent)}.study .open{fill:var(--paper);stroke:var(--accent);stroke-width:1.8}
.study .mark.first{fill:var(--soft);stroke:var(--soft)}.study .up{fill:var(--accent)}.study .down{fill:var(--paper);stroke:var(--accent);stroke-width:1.4}
""".replace("\n", "")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 6")
"""An arm is known by its dash and its mark as well as by its word."""
OUTCOME_WORDS = {
    "threshold_kgcm2": "rehearse_outcome.threshold",
    "evoked_0_10": "rehearse_outcome.evoked",
    "complaint_0_10": "rehearse_outcome.complaint",
    "motion_lost_deg": "rehearse_outcome.motion_lost",
    "contracted": "rehearse_outcome.contracted",
    "gain_kgcm2": "rehearse_outcome.gain",
    "over_ceiling_s": "rehearse_outcome.over_ceiling",
    "releases": "rehearse_outcome.releases",
}
MOST_ROWS = 10
"""Numbers that a panel of the sensitivity shows."""
LINE, NAME = 24, 18
"""From one line to the next, and from one arm's name to the next."""
LETTER, ASLANT = 6.8, 13.0
"""Width of a small letter, and from one time to the next where they stand aslant."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to places on a line of the picture."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values, not more than so many steps."""
        step = _step((self.high - self.low) / most)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))


def _axis(values: Iterable[float], start: float, end: float, *, zero: bool = False) -> Axis:
    """An axis that holds all values with a little room."""
    every = [v for v in values if math.isfinite(v)] + ([0.0] if zero else [])
    low, high = min(every), max(every)
    room = 0.06 * (high - low) or max(0.5, 0.1 * abs(high))
    return Axis(low - room, high + room, start, end)


def framed(parts: Iterable[str], size: tuple[float, float], title: str, told: str, *, styled: bool) -> str:
    """The whole picture: `told` is what it shows in words; with `styled` it carries its own colours, otherwise the page's."""
    width, height = size
    own = f"<style>.study{{{COLOURS[0]}}}@media(prefers-color-scheme:dark){{.study{{{COLOURS[1]}}}}}{STYLE}</style>" if styled else ""  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="study" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(f"{title}. {told}", quote=True)}">{own}<rect class="ground" width="{width:g}" height="{height:g}"/>{"".join(parts)}</svg>\n'
    )


# ---------------------------------------------------------------- a trial


def over_time(rows: Sequence[Result], outcome: str, *, width: float = WIDTH, styled: bool = True) -> str:
    """How one outcome changed in every arm, means with their 95 % intervals; times stand in their order, not to scale."""
    mine = [(r, r.change or Effect(0.0, 0.0, 0.0)) for r in rows if r.outcome == outcome]
    times = list(dict.fromkeys(r.when for r, _ in mine))
    arms = list(dict.fromkeys(r.arm for r, _ in mine))
    beside = width >= WIDTH
    y = _axis([v for _, e in mine for v in (e.low, e.high)], FOOT - 22, 12, zero=True)
    left, right = 44.0, width - (NAMES if beside else 8.0)
    step = (right - left) / max(len(times), 1)
    parts = [f'<path class="{"zero" if abs(t) < 1e-9 else "hair"}" d="M{left:g} {y.at(t):g}H{right:g}"/><text class="soft small end" x="{left - 6:g}" y="{y.at(t) + 4:g}">{_signed(t)}</text>' for t in y.ticks()]  # fmt: skip
    middles = [left + (n + 0.5) * step for n in range(len(times))]
    words, room = _times(times, middles, step)
    parts += words
    ends: list[tuple[float, int, str]] = []
    for n, arm in enumerate(arms):
        shift = (n - (len(arms) - 1) / 2) * min(12.0, 0.6 * step / len(arms))
        at = [(middles[times.index(r.when)] + shift, e) for r, e in mine if r.arm == arm]
        parts += _arm(n, at, y)
        ends.append((y.at(at[-1][1].value), n, arm) if beside else (FOOT + room + 26.0 + LINE * n, n, arm))
    height = max(FOOT + room + 12, LINE + NAME * len(arms)) if beside else FOOT + room + 16 + LINE * len(arms)
    parts += _names(ends, right + 14 if beside else 12, 24 if beside else 44, height - 12)
    told = " ".join(f"{r.arm}, {r.when}: {in_words(e)}." for r, e in mine if r.change is not None)
    return framed(parts, (width, height), say("trial.changed", outcome=outcome_words(outcome)), told, styled=styled)


def _signed(value: float) -> str:
    """A figure of a change with its sign; zero has none."""
    return "0" if abs(value) < 1e-9 else f"{value:+g}".replace("-", "−")


def _arm(n: int, at: Sequence[tuple[float, Effect]], y: Axis) -> list[str]:
    """The line of an arm, its intervals and its marks."""
    kind = " first" if n == 0 else ""
    line = " L".join(f"{x:g} {y.at(e.value):g}" for x, e in at)
    dash = f' stroke-dasharray="{DASHES[n % len(DASHES)]}"' if DASHES[n % len(DASHES)] else ""
    parts = [f'<path class="arm{kind}" d="M{line}"{dash}/>']
    for x, e in at:
        parts.append(f'<path class="whisker{kind}" d="M{x:g} {y.at(e.low):g}V{y.at(e.high):g}"/>{_mark(n, x, y.at(e.value))}')  # fmt: skip
    return parts


def _mark(n: int, x: float, y: float) -> str:
    """Round for the first arm, then square, diamond and triangle, full and open."""
    kind = "mark first" if n == 0 else "mark" if n % 2 else "open"
    if n % 4 == 0:
        return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="4"/>'
    shape = {1: "M-4 -4H4V4H-4Z", 2: "M0 -5.5L5.5 0L0 5.5L-5.5 0Z", 3: "M0 -5L5 4H-5Z"}[n % 4]
    return f'<path class="{kind}" transform="translate({x:g} {y:g})" d="{shape}"/>'


def _times(times: Sequence[str], middles: Sequence[float], step: float) -> tuple[list[str], float]:
    """(the times below a picture, how much more room they take): aslant where they have no room beside each other, and then only as many as can be read."""
    longest = max(map(len, times), default=0)
    if longest * LETTER <= step or len(times) < 2:
        return [f'<text class="soft small mid" x="{x:g}" y="{FOOT}">{escape(t)}</text>' for x, t in zip(middles, times, strict=True)], 0.0  # fmt: skip
    every = max(1, math.ceil(ASLANT / step))
    shown = list(zip(middles, times, strict=True))[::-1][::every]
    words = [f'<text class="soft small end" transform="translate({x + 4:g} {FOOT - 6}) rotate(-45)">{escape(t)}</text>' for x, t in shown]  # fmt: skip
    return words, round(0.71 * longest * LETTER) - 6.0


def _names(ends: Sequence[tuple[float, int, str]], x: float, letters: int, lowest: float) -> list[str]:
    """The arms' names, each with its mark, beside the end of its line or below the picture; none over another and none below `lowest`."""
    rows = sorted(ends)
    places = [y for y, _, _ in rows]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + NAME)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], lowest if i + 1 == len(places) else places[i + 1] - NAME)
    return [
        f'{_mark(n, x, y)}<text x="{x + 12:g}" y="{y + 4:g}">{escape(_short(arm, letters))}</text>'
        for y, (_, n, arm) in zip(places, rows, strict=True)
    ]


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def forest(rows: Sequence[Result], outcome: str, *, width: float = WIDTH, styled: bool = True) -> str:
    """Every arm against the first: the standardised difference of changes of an outcome with its interval, by time. Empty where there is one arm."""
    mine = [(r, r.against_first) for r in rows if r.against_first is not None and r.outcome == outcome]
    if not mine:
        return ""
    arms = list(dict.fromkeys(r.arm for r, _ in mine))
    x = _axis([v for _, e in mine for v in (e.low, e.high)], 78, width - 150.0, zero=True)
    parts, y = [], 16.0
    for n, arm in enumerate(arms, 1):
        parts.append(f'<text x="8" y="{y + 4:g}">{escape(_short(arm, int(width / 8)))}</text>')
        for r, effect in ((r, e) for r, e in mine if r.arm == arm):
            y += 20
            parts.append(f'<text class="soft small" x="20" y="{y + 4:g}">{escape(r.when)}</text><text class="small end" x="{width - 8:g}" y="{y + 4:g}">{in_words(effect)}</text>')  # fmt: skip
            parts.append(f'<path class="whisker" d="M{x.at(effect.low):g} {y:g}H{x.at(effect.high):g}"/>{_mark(n, x.at(effect.value), y)}')  # fmt: skip
        y += LINE + 4
    foot = y - LINE + 6
    grid = [f'<path class="{"zero" if abs(t) < 1e-9 else "hair"}" d="M{x.at(t):g} 26V{foot:g}"/><text class="soft small mid" x="{x.at(t):g}" y="{foot + 16:g}">{_signed(t)}</text>' for t in x.ticks()]  # fmt: skip
    told = " ".join(f"{r.arm}, {r.when}: {in_words(e)}." for r, e in mine)
    title = say("trial.forest", outcome=outcome_words(outcome))
    return framed([*grid, *parts], (width, foot + 24), title, told, styled=styled)


def in_words(effect: Effect) -> str:
    """An effect with its interval."""
    return f"{effect.value:+.2f} ({effect.low:+.2f} to {effect.high:+.2f})".replace("-", "−")


def outcome_words(outcome: str) -> str:
    """An outcome of a trial or of a session in words with its unit."""
    return say(OUTCOME_WORDS[outcome])


# ---------------------------------------------------------------- sensitivity


def tornado(of: Sensitivity, *, styled: bool = True) -> str:
    """For each outcome the numbers that move it most: a bar from the low end of the number (open) to its high end (full), about what all middles bring."""
    parts, y, told = [], 18.0, []
    for outcome, base in of.base.items():
        rows = ordered(of, outcome)[:MOST_ROWS]
        parts.append(f'<text class="head" x="8" y="{y + 4:g}">{escape(outcome_words(outcome))}</text>')
        y += LINE
        if not rows:
            parts.append(f'<text class="soft" x="20" y="{y + 4:g}">{escape(say("sensitivity.nothing"))}</text>')
            y += LINE + 12
            continue
        x = _axis([v for r in rows for v in (r.low, r.high)] + [base], 210, WIDTH - 24.0)
        top = y - 10
        bars = []
        for r in rows:
            bars.append(f'<text x="20" y="{y + 4:g}">{escape(r.parameter)}</text>')
            bars += [_bar(x.at(base), x.at(value), y, kind) for value, kind in ((r.low, "down"), (r.high, "up"))]
            y += LINE
        foot = y - LINE + 12
        parts += [f'<path class="hair" d="M{x.at(t):g} {top:g}V{foot:g}"/><text class="soft small mid" x="{x.at(t):g}" y="{foot + 15:g}">{t:g}</text>' for t in x.ticks()]  # fmt: skip
        parts += [f'<path class="zero" d="M{x.at(base):g} {top:g}V{foot:g}"/>', *bars]
        told.append(f"{outcome_words(outcome)}: {', '.join(r.parameter for r in rows)}.")
        y = foot + 40
    parts.append(f'<text class="soft small" x="8" y="{y:g}">{escape(say("sensitivity.key"))}</text>')
    return framed(parts, (WIDTH, y + 12), say("sensitivity.title"), " ".join(told), styled=styled)


def _bar(base: float, end: float, y: float, kind: str) -> str:
    """One half of a row; the two halves lie side by side where both go the same way."""
    left, wide = min(base, end), abs(end - base)
    top = y - 7 if kind == "down" else y
    return f'<rect class="{kind}" x="{left:g}" y="{top:g}" width="{wide:.1f}" height="7"/>'
