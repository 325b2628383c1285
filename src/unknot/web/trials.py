"""The pages of virtual trials: which were kept, and what one of them found, with its doses and what was assumed. No client's record is touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.rehearse import figures
from unknot.rehearse.trial import OUTCOMES
from unknot.rehearse.trial_file import Arm
from unknot.rehearse.trial_kept import Kept, every, folder_of, one
from unknot.rehearse.trial_table import Result
from unknot.rehearse.truth_parameters import ASSUMED, parameters
from unknot.web.page import Page
from unknot.words import say


@dataclass(frozen=True, slots=True)
class Shown:
    """One outcome as the page shows it: pictures for a page and for a phone, and its rows."""

    id: str
    name: str
    wide: str
    narrow: str
    forest_wide: str
    forest_narrow: str
    rows: tuple[Result, ...]


def routes(page: Page, data: str | Path | None) -> APIRouter:
    """What stands under /rehearse. `data` is where the store is; results lie beside it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/study.css")
    def rules() -> Response:
        return Response(figures.STYLE, media_type="text/css")

    @router.get("/rehearse")
    def trials() -> HTMLResponse:
        return _show(page, "trials", every(folder_of(data)), None)

    @router.get("/rehearse/{trial}")
    def trial(trial: str) -> HTMLResponse:
        kept = one(folder_of(data), trial)
        if kept is None:
            raise HTTPException(404, "no such trial")
        return _show(page, "trial", [], kept)

    return router


def _show(page: Page, name: str, trials: list[Kept], kept: Kept | None) -> HTMLResponse:
    guessed = sum(p.source == ASSUMED for p in parameters().values())
    text = page.templates.get_template(f"screen/{name}.html").render(
        trials=trials, kept=kept, shown=shown(kept) if kept else (), day=day, dose=dose, effect=figures.in_words, numbers=len(parameters()),
        assumed=guessed, clients_of=clients_of, point=point_of(kept, page.k) if kept else "",
        by_cues={arm.name for arm in kept.trial.arms if arm.technique} if kept else set(),
    )  # fmt: skip
    return HTMLResponse(text)


def clients_of(kept: Kept) -> int:
    """All virtual clients of a trial."""
    return sum(arm.clients for arm in kept.trial.arms)


def point_of(kept: Kept, k: Knowledge) -> str:
    """The point that everybody in the trial has, in words."""
    point = k.points.get(kept.trial.point)
    return kept.trial.point if point is None else k.muscles[point.muscle].name


def shown(kept: Kept) -> tuple[Shown, ...]:
    """Every outcome with its pictures."""
    found = []
    for outcome in (o for o in OUTCOMES if any(r.outcome == o for r in kept.rows)):
        rows = tuple(r for r in kept.rows if r.outcome == outcome)
        lines, against = (
            [draw(rows, outcome, width=width, styled=False) for width in (figures.WIDTH, figures.NARROW)]
            for draw in (figures.over_time, figures.forest)
        )
        name = figures.outcome_words(outcome)
        found.append(Shown(outcome, name, lines[0], lines[1], against[0], against[1], rows))
    return tuple(found)


def dose(arm: Arm, k: Knowledge) -> str:
    """What is done in an arm, in words."""
    if arm.technique:
        what = say("trials.by_cues", technique=k.techniques[arm.technique].name if arm.technique in k.techniques else arm.technique)  # fmt: skip
    elif arm.pressure == "none":
        what = say("trials.no_pressure")
    else:
        what = say(f"trials_pressure.{arm.pressure}", hold=f"{arm.hold_s:g}")
        if arm.times > 1:
            what += say("trials.times", times=arm.times, rest=f"{arm.rest_s:g}")
        if arm.rises > 1:
            what += say("trials.rises", rises=arm.rises)
    if arm.stretches:
        what += say("trials.stretches", stretches=arm.stretches, hold=f"{arm.stretch_s:g}")
    if arm.visits > 1:
        what += say("trials.visits", visits=arm.visits, days=f"{arm.every_days:g}")
    return what
