"""Small charts of a measure over the visits, drawn on the server and styled by class: the measuring error is always in the picture, and the scale never makes noise look large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise

from unknot.knowledge.measure import Measure
from unknot.record.amounts import day, figure
from unknot.record.measures import Series
from unknot.record.outcome import Error, Outcome

WIDTH, HEIGHT = 340, 184
LEFT, RIGHT, TOP, BOTTOM = 40, 20, 16, 28
INSIDE = 20
"""From the edge of the plot to the first and the last visit."""
ERRORS_SHOWN = 4.0
"""The scale spans at least so many times the measuring error, so that noise stays small."""
RANGE_SHOWN = 0.2
"""Of what can be measured at all, the scale spans at least so much where no measuring error is known."""
LEAST_DRAWN = 0.1
"""The narrowest scale of a drawing [% of the skin], about a tenth of a hand."""
STEPS = (1, 2, 5, 10)
LINES = 4
TALL, HALF, CLEAR = 9, 10, 3
"""Height and half the width of a figure at a dot, and how far lines stay off it."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What one picture shows."""

    name: str
    series: Series
    measure: Measure
    outcome: Outcome
    error: Error
    words: str
    """The verdict as a sentence."""
    spread: Error | None = None
    """By how much two measurements of a like kind differ, where none is published of this one: it makes the scale wide and decides nothing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to the picture's units."""

    low: float
    high: float
    days: tuple[date, ...]

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return round(TOP + (self.high - inside) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM), 1)

    def x(self, number: int) -> float:
        """The place of a visit, in true distance of days."""
        span, wide = (self.days[-1] - self.days[0]).days, WIDTH - LEFT - RIGHT
        part = (self.days[number] - self.days[0]).days / span if span else (number + 0.5) / len(self.days)
        return round(LEFT + INSIDE + part * (wide - 2 * INSIDE), 1)


def band(chart: Chart) -> tuple[float, float] | None:
    """The lowest and highest value that is not more than measuring error away from the first mean; None when the error is not known."""
    values = chart.series.values
    if not values:
        return None
    first = values[0] if chart.outcome.first is None else chart.outcome.first
    limit = chart.outcome.error if chart.outcome.error is not None else chart.error.at(first)
    return None if limit is None else (first - limit, first + limit)


def scale_of(charts: Sequence[Chart]) -> Scale:
    """One scale for charts that stand beside each other: all of them in, never narrower than several measuring errors; of a drawing it begins at 0."""
    measure = charts[0].measure
    drawing = measure.group == "drawing"
    days = tuple(sorted({p.on for c in charts for p in c.series.points}))
    if measure.unit == "0-10":
        return Scale(0.0, 10.0, days)
    shown = [v for c in charts for p in c.series.points for v in (p.value, p.after) if v is not None]
    for chart in charts:
        shown += band(chart) or ()
        first = chart.outcome.first
        if first is not None and measure.change is not None:
            shown += [first - measure.change, first + measure.change]
    low, high = min(shown), max(shown)
    errors = [b[1] - b[0] for c in charts if (b := band(c)) is not None]
    errors += [2 * (c.spread.at(high) or 0.0) for c in charts if c.spread is not None]
    whole = LEAST_DRAWN if drawing else 0.0 if errors else RANGE_SHOWN * (measure.high - measure.low)
    least = max([ERRORS_SHOWN * max(errors, default=0.0) / 2, 0.2 * max(abs(low), abs(high)), whole, 1e-6])
    room = max(0.08 * (high - low), (least - (high - low)) / 2)
    step = _step((high - low + 2 * room) / LINES)
    if drawing:  # less than nothing cannot be drawn, and half as much must look like half
        top = max(high + room, least)
        step = _step(top / LINES)
        return Scale(0.0, min(math.ceil(top / step - 1e-9) * step, measure.high), days)
    low, high = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    return Scale(max(low, measure.low), min(high, measure.high), days)


def _step(least: float) -> float:
    """A round distance of the lines of a scale."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((n * power for n in STEPS if n * power >= least - 1e-12), 10 * power)


def svg(chart: Chart, scale: Scale) -> str:
    """The picture of one series."""
    points = [(scale.x(scale.days.index(p.on)), p) for p in chart.series.points]
    curve = [(x, scale.y(p.value)) for x, p in points if p.value is not None]
    parts = [*_lines(scale), *_limits(chart, scale)]
    if len(curve) > 1:
        parts.append(f'<path class="curve" d="M{" L".join(f"{x:g} {y:g}" for x, y in curve)}"/>')
    for x, p in points:
        if p.after is not None:
            if p.value is not None:
                parts.append(f'<path class="to" d="M{x + 6:g} {scale.y(p.value):g}L{x + 6:g} {scale.y(p.after):g}"/>')
            parts.append(f'<circle class="after" cx="{x + 6:g}" cy="{scale.y(p.after):g}" r="3.5"/>')
    parts += _means(chart, curve, scale)
    parts += [f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="4"/>' for x, y in curve]
    parts += _figures(chart, curve, scale)
    parts += _days(scale)
    label = escape(f"{chart.name}. {chart.words}", quote=True)
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _lines(scale: Scale) -> list[str]:
    """Hairlines of the scale with their figures."""
    step = _step((scale.high - scale.low) / LINES)
    found, value = [], math.ceil(scale.low / step - 1e-9) * step
    while value <= scale.high + 1e-9:
        y = scale.y(value)
        found.append(f'<path class="hair" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/><text class="soft end" x="{LEFT - 6}" y="{y + 4:g}">{figure(value)}</text>')  # fmt: skip
        value += step
    return found


def _limits(chart: Chart, scale: Scale) -> list[str]:
    """The band of the measuring error about the first mean, and the least change that matters beside it."""
    found, limits = [], band(chart)
    if limits is not None:
        top, bottom = scale.y(limits[1]), scale.y(limits[0])
        found.append(f'<rect class="error" x="{LEFT}" y="{top:g}" width="{WIDTH - LEFT - RIGHT}" height="{max(bottom - top, 1):g}"/>')  # fmt: skip
    found += [f'<path class="least" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/>' for y in _least(chart, scale)]
    return found


def _least(chart: Chart, scale: Scale) -> list[float]:
    """Where the lines of the least change that matters stand."""
    values = chart.series.values
    if not values or chart.measure.change is None:
        return []
    first = values[0] if chart.outcome.first is None else chart.outcome.first
    ways = {"up": (1,), "down": (-1,), "neither": (-1, 1)}[chart.measure.better]
    levels = [first + way * chart.measure.change for way in ways]
    return [scale.y(level) for level in levels if scale.low <= level <= scale.high]


def _means(chart: Chart, curve: Sequence[tuple[float, float]], scale: Scale) -> list[str]:
    """The two means that are compared, as bars over their visits; nothing where each is a single visit."""
    return [f'<path class="mean" d="M{x0:g} {y:g}H{x1:g}"/>' for x0, x1, y in _bars(chart, curve, scale)]


def _bars(chart: Chart, curve: Sequence[tuple[float, float]], scale: Scale) -> list[tuple[float, float, float]]:
    """(from, to, height) of the bars of the means."""
    said = chart.outcome
    if said.in_mean < 2 or said.first is None or said.latest is None:
        return []
    ends = ((curve[: said.in_mean], said.first), (curve[-said.in_mean :], said.latest))
    return [(some[0][0] - 6, some[-1][0] + 6, scale.y(level)) for some, level in ends]


def _figures(chart: Chart, curve: Sequence[tuple[float, float]], scale: Scale) -> list[str]:
    """The first and the last value in figures, each where the fewest lines cross it."""
    values = chart.series.values
    if not curve:
        return []
    shown = [p for p in chart.series.points if p.value is not None]
    lines = [*((LEFT, WIDTH - RIGHT, y) for y in _least(chart, scale)), *_bars(chart, curve, scale)]
    lines += [(x, x + 12, scale.y(p.after)) for (x, _), p in zip(curve, shown, strict=True) if p.after is not None]
    lines += [part for one, two in pairwise(curve) for part in _near((one, two))]
    told = [(curve[-1], values[-1])] if len(curve) == 1 else [(curve[0], values[0]), (curve[-1], values[-1])]
    found = []
    for number, ((x, y), value) in enumerate(told):
        stands = min(_free(y), key=lambda foot: _crossed(x, foot, lines))
        last = number == len(told) - 1 and len(told) > 1
        found.append(f'<text class="{"value" if last else "value start"}" x="{x:g}" y="{stands:g}">{figure(value)}</text>')  # fmt: skip
    return found


def _free(y: float) -> list[float]:
    """Where the foot of a figure may stand beside the dot of its value, the best first: above or below, near or a little further off."""
    feet = [y - 9, y + 18, y - 14, y + 23, y - 19, y + 28]
    return [foot for foot in feet if foot - TALL > 1 and foot < HEIGHT - BOTTOM - 2] or feet[:1]


def _crossed(x: float, foot: float, lines: Sequence[tuple[float, float, float]]) -> int:
    """How many lines (from, to, height) cross a figure that stands at a place."""
    return sum(x0 < x + HALF and x1 > x - HALF and foot - TALL - CLEAR < y < foot + CLEAR for x0, x1, y in lines)


def _near(ends: tuple[tuple[float, float], tuple[float, float]]) -> list[tuple[float, float, float]]:
    """A piece of the curve as what crosses a figure at either end of it: its height where the figure would begin."""
    (x0, y0), (x1, y1) = ends
    slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
    reach = min(HALF, x1 - x0)
    return [(x0, x0 + reach, y0 + slope * reach), (x1 - reach, x1, y1 - slope * reach)]


def _days(scale: Scale) -> list[str]:
    """A tick at each visit, the first and the last day in words."""
    base = HEIGHT - BOTTOM
    found = [f'<path class="axis" d="M{LEFT} {base}H{WIDTH - RIGHT}"/>']
    found += [f'<path class="axis" d="M{scale.x(n):g} {base}v4"/>' for n in range(len(scale.days))]
    found.append(f'<text class="soft" x="{LEFT}" y="{base + 19}">{day(scale.days[0])}</text>')
    if len(scale.days) > 1:
        found.append(f'<text class="soft end" x="{WIDTH - RIGHT}" y="{base + 19}">{day(scale.days[-1])}</text>')
    return found
