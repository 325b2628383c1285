"""Draws the equations of the virtual clients to docs/img/rehearse-equations.svg, for a person in the middle of every range.

`uv run python tools/rehearse_curves.py` writes it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from unknot.rehearse import truth_state as r
from unknot.rehearse.truth_pain import sent
from unknot.rehearse.truth_place import body, place
from unknot.rehearse.truth_state import Array, boussinesq, resting
from unknot.rehearse.truth_step import DT, advance

TO = Path(__file__).resolve().parent.parent / "docs/img/rehearse-equations.svg"
WIDE, HIGH, GAP, LEFT = 330, 150, 60, 44
DASHES = ("", "6 3", "2 3")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#23201b}.soft{fill:#615b51;font-size:11px}.axis{stroke:#8d8575;fill:none}"
    ".curve{stroke:#1c5753;fill:none;stroke-width:1.6}.ground{fill:#f7f4ed}"
)
Line = tuple[str, Array, Array]


def middle(*, active: bool) -> Array:
    """The constants of a place of somebody in the middle of every range."""

    class Middle:
        """Every draw is the middle one."""

        def standard_normal(self) -> float:
            return 0.0

        def random(self) -> float:
            return 1.0

    rng: np.random.Generator = Middle()  # type: ignore[assignment]
    return place(rng, body(rng, "male", 25.0), "shoulder.top", active=active)


def panels() -> list[tuple[str, str, str, list[Line]]]:
    """(title, along, up, lines) of each panel."""
    depth = np.linspace(0.1, 40, 120)
    areas = [(f"{area:g} cm2", depth, np.asarray(boussinesq(depth, area))) for area in (1.0, 2.0, 4.0)]
    force = np.linspace(0.5, 90, 120)
    felt = []
    for name, active in (("active point", True), ("latent point", False)):
        c = middle(active=active)
        s = resting(c[None])[0]
        felt.append((name, force, np.array([min(10.0, sent(s, c, 10 * f / c[r.AREA] * c[r.B_NODULE])) for f in force])))
    c = middle(active=True)[None]
    hold = np.concatenate([np.full(round(60 / DT), 45.0), np.zeros(round(20 / DT))])[None]
    _, seen = advance(resting(c), c, hold, rows=(r.GIVE, r.CONTRACTED))
    at: Array = np.arange(hold.size, dtype=np.float64) * DT
    give = [("give, mm", at, seen[0, :, 0]), ("contracture, times ten", at, 10 * seen[0, :, 1])]
    flows: list[Line] = []
    for seconds in (8, 30, 90):
        held, _ = advance(resting(c), c, np.full((1, round(seconds / DT)), 60.0))
        _, after = advance(held, c, np.zeros((1, round(120 / DT))), rows=(r.FLOW,))
        flows.append((f"after {seconds} s", np.arange(after.shape[1], dtype=np.float64) * DT, after[0, :, 0]))
    return [
        ("Pressure left at depth", "mm", "", areas), ("What a press sends", "N on 2 cm2", "0-10", felt),
        ("A hold of 60 s at 45 N, and let go", "s", "", give), ("Blood flow after letting go", "s", "of rest", flows),
    ]  # fmt: skip


def draw() -> str:
    """The picture."""
    parts = [f'<rect class="ground" width="{2 * (WIDE + GAP)}" height="{2 * (HIGH + 84)}"/>']
    for n, (title, along, up, lines) in enumerate(panels()):
        parts += _panel(title, along, up, lines, LEFT + n % 2 * (WIDE + GAP), 46 + n // 2 * (HIGH + 80))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * (WIDE + GAP)} {2 * (HIGH + 84)}" width="{2 * (WIDE + GAP)}" role="img">'
        f"<title>The equations of the virtual clients</title><style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _panel(title: str, along: str, up: str, lines: list[Line], x: float, y: float) -> list[str]:
    right = max(float(xs[-1]) for _, xs, _ in lines)
    top = max(float(ys.max()) for _, _, ys in lines)
    parts = [f'<text x="{x}" y="{y - 26}">{escape(title)}{escape(f", {up}" if up else "")}</text>']
    parts.append(f'<path class="axis" d="M{x} {y}V{y + HIGH}H{x + WIDE}"/>')
    parts.append(f'<text class="soft" x="{x - 6}" y="{y + 5}" text-anchor="end">{top:.3g}</text>')
    parts.append(f'<text class="soft" x="{x + WIDE}" y="{y + HIGH + 15}" text-anchor="end">{right:.3g} {along}</text>')
    for n, (name, xs, ys) in enumerate(lines):
        step = max(1, len(xs) // 300)
        spots = " ".join(
            f"{x + WIDE * a / right:.1f},{y + HIGH - HIGH * b / top:.1f}"
            for a, b in zip(xs[::step], ys[::step], strict=True)
        )
        parts.append(f'<polyline class="curve" stroke-dasharray="{DASHES[n]}" points="{spots}"/>')
        key = x + n * 106
        parts.append(
            f'<line class="curve" stroke-dasharray="{DASHES[n]}" x1="{key}" y1="{y - 13}" x2="{key + 20}" y2="{y - 13}"/>'
        )
        parts.append(f'<text class="soft" x="{key + 24}" y="{y - 9}">{escape(name)}</text>')
    return parts


if __name__ == "__main__":
    TO.write_text(draw(), encoding="utf-8")
