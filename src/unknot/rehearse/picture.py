"""A rehearsed session as an SVG: what the hand did, what the tissue and the blood did, what was felt and what was told, and the cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from unknot.record.session_picture import COLOURS, clock
from unknot.rehearse.run import Rehearsed
from unknot.rehearse.truth_state import Array
from unknot.words import say

WIDTH, LEFT, RIGHT = 760, 56, 16
CHART, GAP, TOP, FOOT = 78, 26, 62, 60
CUE_ROOM, CUE_DRIFT = 9, 27
"""From the letter of one cue to the next, and how far one may stand behind its line, before it is left out."""
STYLE = """
.rehearsed text{font:12px system-ui,sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
.rehearsed .soft{fill:var(--soft)}.rehearsed .small{font-size:11px}.rehearsed .head{font-weight:600;font-size:14px}
.rehearsed .ground{fill:var(--paper)}.rehearsed .hair{stroke:var(--line);fill:none}.rehearsed .band{fill:var(--accent);opacity:.13}
.rehearsed .curve{stroke:var(--accent);fill:none;stroke-width:1.6}.rehearsed .told{fill:var(--paper);stroke:var(--ink);stroke-width:1.4}
.rehearsed .ceiling{stroke:var(--alarm);stroke-width:1.5;stroke-dasharray:6 3}.rehearsed .cue{stroke:var(--field);stroke-dasharray:1 3}
.rehearsed .let_go{stroke:var(--alarm)}.rehearsed .place{fill:var(--soft);font-size:11px}
""".replace("\n", "")
LETTERS = {"press": "P", "hold": "H", "more": "+", "ease": "−", "let_go": "G", "recheck": "R", "stroke": "S"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One panel: which curve, its largest number at least, and its words."""

    curve: str
    least: float
    words: str


def rows() -> tuple[_Row, ...]:
    """The panels from top to bottom."""
    return (
        _Row("force_n", 20, say("rehearse.force")), _Row("pressure_kpa", 20, say("rehearse.pressure")), _Row("give_mm", 5, say("rehearse.give")),
        _Row("flow", 2, say("rehearse.flow")), _Row("felt", 10, say("rehearse.felt")),
    )  # fmt: skip


def svg(of: Rehearsed, name: str, *, ident: str = "rehearsed") -> str:
    """The picture of a session, its curves one below the other on one line of time."""
    length = float(of.at_ms[-1]) if len(of.at_ms) else 1.0
    per_ms = (WIDTH - LEFT - RIGHT) / length
    parts = [f'<text class="head" x="16" y="24">{escape(say("rehearse.title", name=name))}</text>']
    parts += _works(of, per_ms)
    y = TOP
    for row in rows():
        parts += _panel(of, row, y, per_ms)
        y += CHART + GAP
    parts += _times(length, per_ms, y - GAP + 14)
    parts += _cues(of, per_ms, y - GAP)
    parts += _key(y + 16)
    height = y + FOOT
    style = f"<style>.rehearsed{{{COLOURS[0]}}}@media(prefers-color-scheme:dark){{.rehearsed{{{COLOURS[1]}}}}}{STYLE}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rehearsed" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-labelledby="{ident}-title {ident}-desc"><title id="{ident}-title">{escape(say("rehearse.title", name=name))}</title>'
        f'<desc id="{ident}-desc">{escape(_told(of))}</desc>{style}<rect class="ground" width="{WIDTH}" height="{height}"/>{"".join(parts)}</svg>\n'
    )


def _told(of: Rehearsed) -> str:
    """The picture in words."""
    told = [
        say(
            "rehearse.place_told",
            place=t.place,
            releases=t.releases,
            felt=f"{t.most_felt:.1f}",
            over=f"{t.over_ceiling_s:.1f}",
        )
        for t in of.treated
    ]
    return " ".join(told)


def _panel(of: Rehearsed, row: _Row, y: float, per_ms: float) -> list[str]:
    curve = of.curves[row.curve]
    most = max(row.least, float(curve.max()) if len(curve) else 0.0)
    base = y + CHART
    parts = [f'<text class="small" x="{LEFT}" y="{y - 6:.0f}">{escape(row.words)}</text>']
    for value in (0.0, most):
        at = base - CHART * value / most
        parts.append(f'<line class="hair" x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}"/>')
        parts.append(f'<text class="soft small" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    if row.curve == "felt":
        parts += _bands(of, base, per_ms)
    parts.append(f'<polyline class="curve" points="{_points(of.at_ms, curve, most, base, per_ms)}"/>')
    if row.curve == "felt":
        parts += [
            f'<circle class="told" cx="{LEFT + f.at * per_ms:.1f}" cy="{base - CHART * float(f.body["value"]) / 10:.1f}" r="3.5">'
            f"<title>{clock(f.at)}  {float(f.body['value']):g}</title></circle>"
            for f in of.facts if f.kind in ("rate", "recheck") and f.body.get("value") is not None
        ]  # fmt: skip
    return parts


def _points(at: Array, curve: Array, most: float, base: float, per_ms: float) -> str:
    """One point a pixel: the largest of what falls on it, so that no peak is lost."""
    pixel = np.floor(at * per_ms).astype(int)
    starts = np.flatnonzero(np.diff(pixel, prepend=-1))
    highest = np.maximum.reduceat(curve, starts) if len(starts) else curve
    return " ".join(f"{LEFT + x},{base - CHART * v / most:.1f}" for x, v in zip(pixel[starts], highest, strict=True))


def _taken(of: Rehearsed) -> list[tuple[int, int, str, float]]:
    """(from, to, application, ceiling) of each time that a place was taken up."""
    begun = [(f.at, str(f.body["application"]), float(f.body["ceiling"])) for f in of.facts if f.kind == "taken_up"]
    ends = [at for at, _, _ in begun[1:]] + [int(of.at_ms[-1]) if len(of.at_ms) else 0]
    return [(at, end, a, ceiling) for (at, a, ceiling), end in zip(begun, ends, strict=True)]


def _bands(of: Rehearsed, base: float, per_ms: float) -> list[str]:
    """The working band and the ceiling of each place."""
    low = {a.id: a.dose.band_low for a in of.plan.applications}
    parts = []
    for at, end, application, ceiling in _taken(of):
        x0, x1, top = LEFT + at * per_ms, LEFT + end * per_ms, base - CHART * ceiling / 10
        high = CHART * (ceiling - min(low[application], ceiling)) / 10
        parts.append(f'<rect class="band" x="{x0:.1f}" y="{top:.1f}" width="{x1 - x0:.1f}" height="{high:.1f}"/>')
        parts.append(f'<line class="ceiling" x1="{x0:.1f}" y1="{top:.1f}" x2="{x1:.1f}" y2="{top:.1f}"/>')
    return parts


def _works(of: Rehearsed, per_ms: float) -> list[str]:
    """The name of each place above its stretch of time, as long as it has room."""
    names = {a.id: a.name for a in of.plan.applications}
    parts = []
    for at, end, application, _ in _taken(of):
        letters = max(3, int((end - at) * per_ms / 5.8))
        name = names[application]
        short = name if len(name) <= letters else name[: letters - 1] + "…"
        parts.append(
            f'<text class="place" x="{LEFT + at * per_ms:.1f}" y="42">{escape(short)}<title>{escape(name)}</title></text>'
        )
    return parts


def _times(length: float, per_ms: float, y: float) -> list[str]:
    every = next((s for s in (10_000, 15_000, 30_000, 60_000, 120_000, 300_000) if s * per_ms >= 48), 600_000)
    return [
        f'<text class="soft small" x="{LEFT + at * per_ms:.1f}" y="{y:.0f}" text-anchor="middle">{clock(at)}</text>'
        for at in range(0, int(length) + 1, every)
    ]


def _cues(of: Rehearsed, per_ms: float, bottom: float) -> list[str]:
    """A dotted line at each cue, with its letter where there is room."""
    parts, free = [], 0.0
    for at, word in of.cues:
        x = LEFT + at * per_ms
        kind = "cue let_go" if word == "let_go" else "cue"
        parts.append(
            f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 10}" x2="{x:.1f}" y2="{bottom:.1f}"><title>{escape(say("rehearse_cue." + word))}</title></line>'
        )
        at_letter = max(x + 2, free)
        if at_letter <= min(x + 2 + CUE_DRIFT, WIDTH - CUE_ROOM):
            parts.append(f'<text class="small" x="{at_letter:.1f}" y="{bottom + 28:.1f}">{LETTERS[word]}</text>')
            free = at_letter + CUE_ROOM
    return parts


def _key(y: float) -> list[str]:
    words: Sequence[str] = [f"{letter} {say('rehearse_cue.' + word)}" for word, letter in LETTERS.items()]
    return [
        f'<text class="soft small" x="16" y="{y + 8:.0f}">{escape(say("rehearse.key"))}</text>',
        f'<text class="soft small" x="16" y="{y + 26:.0f}">{escape("   ".join(words))}</text>',
    ]
