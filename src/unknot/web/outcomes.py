"""The page of what was measured over the visits: small charts with their verdicts, treated points beside untreated ones, and what the therapy is said to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from unknot.body.atlas import atlas
from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Claim, Norm
from unknot.record.amounts import amount, day, figure
from unknot.record.followed import (
    Left,
    between,
    drawings,
    drawn_series,
    left_out,
    middles,
    pressed_on,
    session_series,
    sittings_at,
)
from unknot.record.measures import Measures, Series
from unknot.record.outcome import Against, against, error_of
from unknot.record.sticks import Stuck, sticks
from unknot.record.verdicts import ORDER, at_once, said_of, sentence, series_name, short
from unknot.record.went import before_and_after
from unknot.web.charts import Chart, scale_of, svg
from unknot.web.desk import At, Screening
from unknot.web.marks import VIEWS
from unknot.web.pictures import body
from unknot.web.place_picture import place_picture
from unknot.words import join, raised, say

UNDER_HAND = "session.discomfort"
COMPARED = "ppt"
"""The measure whose treated points are set against untreated ones: discomfort under the hand is there for treated ones alone."""

WHYS = ("worse", "clear", "lighter", "harder", "anew", "once", "unrated")
"""What is told of places that are in no curve, in this order."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as the page shows it."""

    chart: Chart
    picture: str
    norms: tuple[tuple[str, tuple[str, ...]], ...]
    """What is usual, in words, and its sources."""
    pressed: str
    """Whether the point was treated, in a word; empty where nothing is compared."""
    at_once: str
    """What the last visit with a before and an after says, in words."""
    left: str
    """How often the place was worked on without being compared, in words; empty when it never was."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim with what was measured for this client."""

    claim: Claim
    measured: tuple[str, ...]


def routes(of: Screening) -> APIRouter:
    """What stands under /clients/ID/outcomes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/clients/{client}/outcomes")
    def outcomes(request: Request) -> Response:
        at = of.of_practitioner(request)
        return of.show("outcomes", **view(of, at))

    return router


def view(of: Screening, at: At) -> dict[str, Any]:
    """Everything that the page shows."""
    k, store = of.page.k, at.desk.store
    visits = [(v.id, v.on) for v in at.desk.visits(at.person.id)]
    drawn = drawings(store, visits, k)
    sat = sittings_at(store, visits)
    told = [(one, [sitting.found for sitting in some]) for one, some in sat]
    worked, left = left_out(sat)
    every = [*Measures(store, k).series(visits), *drawn_series(drawn, k), *session_series(told)]
    pressed = pressed_on(told)
    charts = [chart_of(series, k) for series in every if series.points]
    groups = [
        (group, [_drawn(row, k, pressed, at, left) for row in _rows(list(some))])
        for group, some in groupby(sorted(charts, key=lambda c: ORDER.index(c.measure.group)), lambda c: c.measure.group)
    ]  # fmt: skip
    return {
        "at": at, "person": at.person, "groups": groups, "against": _against(every, pressed, k), "middles": _middles(middles(drawn)), "stuck": _stuck(sticks(store, visits), at),
        "left": left, "left_told": left_told(worked, left), "left_words": left_words, "claims": claims(charts, k), "day": day, "figure": figure,
    }  # fmt: skip


def left_told(worked: int, left: Sequence[Left]) -> str:
    """How many of the places that were worked on no curve shows, and why, in words."""
    counts = Counter(one.why for one in left)
    whys = join([say("charts.left_count", why=say(f"charts_left.{w}"), count=counts[w]) for w in WHYS if counts[w]])
    return say("charts.left_told", worked=worked, drawn=worked - len(left), left=whys)


def left_words(one: Left) -> str:
    """A place that is in no curve: its day, what was told of it, and why that cannot be compared."""
    told = [before_and_after(one.went.place)]
    if one.why in ("worse", "clear"):
        told.append(say(f"charts_left.{one.why}"))
    name = raised(one.went.place.name.replace("^", ""))
    return say("charts.left_line", on=day(one.on), name=name, what=", ".join(told))


def _stuck(found: Sequence[Stuck], at: At) -> list[tuple[str, str, str]]:
    """(name, picture, the visits in words) of each way that was rolled; each dot has the number of its visit."""
    rows = []
    for one in found:
        marks = [(str(n), share) for n, (_, places) in enumerate(one.visits, 1) for share in places]
        told = [
            say("charts.stuck_at", n=n, on=day(on), count=len(places)) for n, (on, places) in enumerate(one.visits, 1)
        ]
        rows.append((one.application.name, place_picture(one.application, at.person.sex, marks), "; ".join(told)))
    return rows


def chart_of(series: Series, k: Knowledge) -> Chart:
    """A series with its verdict in words."""
    measure, said = k.measures[series.measure], said_of(series, k)
    error = error_of(measure, series.on, k)
    spread = error_of(k.measures["drawing.extent"], "", k) if measure.group == "drawing" and not error.known else None
    return Chart(series_name(series, k), series, measure, said, error, sentence(said, measure), spread)


def _rows(charts: Sequence[Chart]) -> list[list[Chart]]:
    """Charts that share a scale: the sides and places of one measure."""
    return [list(some) for _, some in groupby(charts, lambda c: (c.measure.id, c.series.on.split("@")[0]))]  # fmt: skip


def _drawn(
    row: Sequence[Chart], k: Knowledge, pressed: Mapping[str, Sequence[date]], at: At, left: Sequence[Left]
) -> list[Drawn]:
    scale = scale_of(row)
    return [
        Drawn(c, svg(c, scale), tuple((_usual(n, c.measure.unit), n.sources) for n in norms(c, k, at)), _pressed(c, pressed), at_once(c.series, k), _left_here(c.series, left))
        for c in row
    ]  # fmt: skip


def _left_here(series: Series, left: Sequence[Left]) -> str:
    """That a curve of discomfort under the hand does not hold every session at its place."""
    count = sum(one.went.place.place == series.on for one in left) if series.measure == UNDER_HAND else 0
    return say("charts.left_here", count=count) if count else ""


def norms(chart: Chart, k: Knowledge, at: At) -> list[Norm]:
    """What is usual for this client: those of another sex or age, or of another muscle, are left out."""
    age, sex = at.person.age, at.person.sex
    muscle = k.points[ident].muscle if (ident := chart.series.on.split("@")[0]) in k.points else ""
    return [
        n for n in k.norms.values()
        if n.measure == chart.measure.id and n.muscle in ("", muscle) and (not n.sex or sex is None or n.sex == sex)
        and (age is None or (n.age_from or 0) <= age <= (n.age_to or 200))
    ]  # fmt: skip


def _usual(norm: Norm, unit: str) -> str:
    """A normal value in words."""
    if norm.mean is not None:
        what = amount(norm.mean, unit) + (f" ± {amount(norm.sd, unit)}" if norm.sd is not None else "")
    elif norm.cut == "below" or norm.high is None:
        what = say("charts.below", value=amount(norm.low or 0.0, unit))
    elif norm.cut == "above" or norm.low is None:
        what = say("charts.above", value=amount(norm.high, unit))
    else:
        same = norm.low == norm.high
        what = amount(norm.high, unit) if same else say("charts.range", low=amount(norm.low, unit), high=amount(norm.high, unit))  # fmt: skip
    return f"{norm.who}: {what}" + (f" ({norm.note})" if norm.note else "")


def _pressed(chart: Chart, pressed: Mapping[str, Sequence[date]]) -> str:
    """Whether a point was treated between its measurements; nothing where it was treated before or after them alone."""
    if chart.measure.id != COMPARED:
        return ""
    on = pressed.get(chart.series.on, ())
    return say("charts.treated") if between(chart.series, on) else "" if on else say("charts.untreated")


def _against(
    every: Sequence[Series], pressed: Mapping[str, Sequence[date]], k: Knowledge
) -> list[tuple[str, Against, str]]:
    """(measure, treated against untreated points, in words)."""
    found = []
    measure = k.measures[COMPARED]
    rows = [(s, error_of(measure, s.on, k), between(s, pressed.get(s.on, ()))) for s in every if s.measure == measure.id and s.on]  # fmt: skip
    if rows:
        a = [(s.values, e) for s, e, worked in rows if worked]
        b = [(s.values, e) for s, e, worked in rows if worked is False]
        said = against(a, b)
        found.append((measure.name, said, _compared(said, measure.unit)))
    return found


def _compared(said: Against, unit: str) -> str:
    if said.change_treated is None or said.change_untreated is None or said.difference is None or said.error is None:
        return say("charts.against_few", treated=said.treated, untreated=said.untreated)
    values: dict[str, Any] = {
        "a": _signed(said.change_treated, unit), "b": _signed(said.change_untreated, unit), "difference": amount(abs(said.difference), unit),
        "error": amount(said.error, unit), "treated": said.treated, "untreated": said.untreated,
    }  # fmt: skip
    return say("charts.against_changed", **values) if said.verdict == "changed" else say("charts.against_within", **values)  # fmt: skip


def _signed(change: float, unit: str) -> str:
    """A change with its sign."""
    return ("+" if change > 0 else "") + amount(change, unit)


def _middles(found: Sequence[tuple[str, str, list[tuple[date, float, float]]]]) -> list[tuple[str, str]]:
    """(picture, words) of where the middle of the drawing lay at each visit."""
    rows = []
    for build, view, places in found:
        if view not in VIEWS:
            continue
        line = " L".join(f"{x:.0f} {y:.0f}" for _, x, y in places)
        rings = "".join(
            f'<circle class="{"middle last" if n == len(places) - 1 else "middle"}" cx="{x:.0f}" cy="{y:.0f}" r="{9 if n == len(places) - 1 else 6}"/>'
            for n, (_, x, y) in enumerate(places)
        )
        mm = atlas().shape(build, view).mm
        moved = ((places[-1][1] - places[0][1]) ** 2 + (places[-1][2] - places[0][2]) ** 2) ** 0.5 * mm
        words = say("charts.moved", cm=f"{moved / 10:.0f}", view=atlas().view(view).name)
        rows.append((body(build, view, f'<path class="way" d="M{line}"/>{rings}'), words))
    return rows


def claims(charts: Sequence[Chart], k: Knowledge) -> list[Claimed]:
    """Every claim with what was measured for it; a claim for which nothing was measured says so."""
    found = []
    for claim in k.claims.values():
        every = [c for c in charts if c.measure.id in claim.measures or c.measure.group in claim.groups]
        rows = [c for c in every if not c.series.on.startswith("area:")]
        found.append(Claimed(claim, tuple(f"{c.name}: {short(c.outcome)}" for c in rows)))
    return found
