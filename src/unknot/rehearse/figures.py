"""Pictures of what virtual clients brought: arms over time with intervals, a forest of effects, what each number moves. SVG, styled by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from unknot.record.session_picture import COLOURS
from unknot.rehearse.sensitivity import Sensitivity, ordered
from unknot.rehearse.trial_table import Effect, Result, quantile_t
from unknot.words import say

WIDTH = 720
STYLE = """
.study text{font:13px system-ui,sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
.study .soft{fill:var(--soft)}.study .small{font-size:12px}.study .end{text-anchor:end}.study .mid{text-anchor:middle}.study .head{font-weight:600}
.study .ground{fill:var(--paper)}.study .hair{stroke:var(--line);fill:none}.study .zero{stroke:var(--field);fill:none}
.study .arm{stroke:var(--accent);fill:none;stroke-width:1.8}.study .whisker{stroke:var(--accent);fill:none;stroke-width:1.4}
.study .first{stroke:var(--soft)}.study .mark{fill:var(--accent);stroke:var(--accent)}.study .open{fill:var(--paper);stroke:var(--accent);stroke-width:1.8}
.study .mark.first{fill:var(--soft);stroke:var(--soft)}.study .up{fill:var(--accent)}.study .down{fill:var(--paper);stroke:var(--accent);stroke-width:1.4}
""".replace("\n", "")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 6")
"""An arm is known by its dash and its mark as well as by its word."""
MOST_ROWS = 10
"""Numbers that a panel of the sensitivity shows."""
LINE = 24


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


def framed(parts: Iterable[str], height: float, title: str, told: str, *, styled: bool) -> str:
    """The whole picture: `told` is what it shows in words; with `styled` it carries its own colours, otherwise the page's."""
    own = f"<style>.study{{{COLOURS[0]}}}@media(prefers-color-scheme:dark){{.study{{{COLOURS[1]}}}}}{STYLE}</style>" if styled else ""  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="study" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" role="img" '
        f'aria-label="{escape(f"{title}. {told}", quote=True)}">{own}<rect class="ground" width="{WIDTH}" height="{height:g}"/>{"".join(parts)}</svg>\n'
    )


# ---------------------------------------------------------------- a trial


def over_time(rows: Sequence[Result], outcome: str, *, styled: bool = True) -> str:
    """One outcome of every arm at every time, means with their 95 % intervals; times stand in their order, not to scale."""
    mine = [r for r in rows if r.outcome == outcome]
    times, arms = list(dict.fromkeys(r.when for r in mine)), list(dict.fromkeys(r.arm for r in mine))
    y = _axis([v for r in mine for v in _interval(r)], 232, 20)
    left, right = 52.0, WIDTH - 210.0
    step = (right - left) / max(len(times), 1)
    parts = [f'<path class="hair" d="M{left:g} {y.at(t):g}H{right:g}"/><text class="soft small end" x="{left - 6:g}" y="{y.at(t) + 4:g}">{t:g}</text>' for t in y.ticks()]  # fmt: skip
    middles = [left + (n + 0.5) * step for n in range(len(times))]
    parts += [f'<text class="soft small mid" x="{x:g}" y="254">{escape(t)}</text>' for x, t in zip(middles, times, strict=True)]  # fmt: skip
    ends: list[tuple[float, float, int, str]] = []
    for n, arm in enumerate(arms):
        shift = (n - (len(arms) - 1) / 2) * min(14.0, 0.5 * step / len(arms))
        at = [(middles[times.index(r.when)] + shift, r) for r in mine if r.arm == arm]
        parts += _arm(n, at, y)
        ends.append((y.at(at[-1][1].mean), at[-1][0], n, arm))
    parts += _names(ends, right + 12)
    told = " ".join(say("trial.told", arm=r.arm, when=r.when, mean=f"{r.mean:.2f}") for r in mine)
    return framed(parts, 266, outcome_words(outcome), told, styled=styled)


def _interval(r: Result) -> tuple[float, float]:
    half = quantile_t(r.clients - 1) * r.sd / math.sqrt(r.clients)
    return r.mean - half, r.mean + half


def _arm(n: int, at: Sequence[tuple[float, Result]], y: Axis) -> list[str]:
    """The line of an arm, its intervals and its marks."""
    kind = " first" if n == 0 else ""
    line = " L".join(f"{x:g} {y.at(r.mean):g}" for x, r in at)
    dash = f' stroke-dasharray="{DASHES[n % len(DASHES)]}"' if DASHES[n % len(DASHES)] else ""
    parts = [f'<path class="arm{kind}" d="M{line}"{dash}/>']
    for x, r in at:
        low, high = _interval(r)
        parts.append(
            f'<path class="whisker{kind}" d="M{x:g} {y.at(low):g}V{y.at(high):g}"/>{_mark(n, x, y.at(r.mean))}'
        )
    return parts


def _mark(n: int, x: float, y: float) -> str:
    """Round for the first arm, then square, diamond and triangle, full and open."""
    kind = "mark first" if n == 0 else "mark" if n % 2 else "open"
    if n % 4 == 0:
        return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="4"/>'
    shape = {1: "M-4 -4H4V4H-4Z", 2: "M0 -5.5L5.5 0L0 5.5L-5.5 0Z", 3: "M0 -5L5 4H-5Z"}[n % 4]
    return f'<path class="{kind}" transform="translate({x:g} {y:g})" d="{shape}"/>'


def _names(ends: Sequence[tuple[float, float, int, str]], x: float) -> list[str]:
    """The arms' names at the right, beside the end of their lines, none over another."""
    parts, lowest = [], 0.0
    for y, _, n, arm in sorted(ends):
        lowest = max(y, lowest + 18 if lowest else y)
        parts.append(f'{_mark(n, x, lowest)}<text x="{x + 12:g}" y="{lowest + 4:g}">{escape(_short(arm, 26))}</text>')
    return parts


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def forest(rows: Sequence[Result], *, styled: bool = True) -> str:
    """Every arm against the first: the standardised difference of changes with its interval, by outcome and time."""
    mine = [(r, r.against_first) for r in rows if r.against_first is not None]
    if not mine:
        return ""
    x = _axis([v for _, e in mine for v in (e.low, e.high)], 320, WIDTH - 150.0, zero=True)
    parts, y, last = [], 18.0, ""
    begun = y
    for r, effect in mine:
        if r.outcome != last:
            y += 8 if last else 0
            parts.append(f'<text class="head" x="8" y="{y + 4:g}">{escape(outcome_words(r.outcome))}</text>')
            y, last = y + LINE, r.outcome
        parts.append(f'<text x="20" y="{y + 4:g}">{escape(_short(r.arm, 26))}</text><text class="soft small" x="228" y="{y + 4:g}">{escape(r.when)}</text>')  # fmt: skip
        parts.append(
            f'<path class="whisker" d="M{x.at(effect.low):g} {y:g}H{x.at(effect.high):g}"/>{_mark(1, x.at(effect.value), y)}'
        )
        parts.append(f'<text class="small end" x="{WIDTH - 8}" y="{y + 4:g}">{in_words(effect)}</text>')
        y += LINE
    foot = y - LINE + 12
    grid = [f'<path class="{"zero" if abs(t) < 1e-9 else "hair"}" d="M{x.at(t):g} {begun:g}V{foot:g}"/><text class="soft small mid" x="{x.at(t):g}" y="{foot + 16:g}">{t:g}</text>' for t in x.ticks()]  # fmt: skip
    told = " ".join(f"{r.arm}, {r.when}: {in_words(e)}." for r, e in mine)
    return framed([*grid, *parts], foot + 28, say("trial.forest"), told, styled=styled)


def in_words(effect: Effect) -> str:
    """An effect with its interval."""
    return f"{effect.value:+.2f} ({effect.low:+.2f} to {effect.high:+.2f})".replace("-", "−")


def outcome_words(outcome: str) -> str:
    """An outcome of a trial or of a session in words with its unit."""
    return say(f"rehearse_outcome.{outcome}")


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
    return framed(parts, y + 12, say("sensitivity.title"), " ".join(told), styled=styled)


def _bar(base: float, end: float, y: float, kind: str) -> str:
    """One half of a row; the two halves lie side by side where both go the same way."""
    left, wide = min(base, end), abs(end - base)
    top = y - 7 if kind == "down" else y
    return f'<rect class="{kind}" x="{left:g}" y="{top:g}" width="{wide:.1f}" height="7"/>'
