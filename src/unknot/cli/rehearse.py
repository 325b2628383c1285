"""`unknot rehearse`: virtual clients, their case files and whole sessions with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tomli_w
import typer
from rich.markup import escape
from rich.table import Table

from unknot.cli.output import line, out, write_text
from unknot.cli.screen import day_of
from unknot.knowledge.load import Knowledge, knowledge
from unknot.words import say

if TYPE_CHECKING:
    from unknot.rehearse.clinic import Visit
    from unknot.rehearse.run import Rehearsed
    from unknot.rehearse.sensitivity import Sensitivity
    from unknot.rehearse.trial import Measured
    from unknot.rehearse.trial_file import Trial
    from unknot.rehearse.trial_table import Effect, Result
    from unknot.rehearse.truth_life import Life

KG = 98.0665
SHOWN = 12
"""Numbers that a table of the sensitivity shows."""
app = typer.Typer(no_args_is_help=True, help="Virtual clients: draw, screen, rank, plan and treat without a person.")
Seed = Annotated[int, typer.Argument(help="The same seed gives the same life.", min=0, max=2**63 - 1)]
Number = Annotated[int, typer.Option("--number", help="Which client of the seed.", min=0, max=10**9)]
Day = Annotated[str, typer.Option("--on", help="The day of the visit, like 2026-11-26; today when not given.")]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster", help="Work on a dask cluster: the address of its scheduler, or local. Needs the extra cluster."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command("client")
def client(
    seed: Seed,
    number: Number = 0,
    on: Day = "",
    to: Annotated[Path | None, typer.Option("--out", help="Write the case file here.")] = None,
    truth: Annotated[bool, typer.Option("--truth", help="Tell what is really there, which no client could.")] = False,
    as_json: Json = False,
) -> None:
    """One virtual client as a case file: story, drawing, history, today's answers."""
    from unknot.rehearse import clinic

    one = clinic.client(knowledge(), seed, number)
    tables = clinic.tables(one, day_of(on))
    text = "".join(f"# {words}\n" for words in _truth_words(one)) if truth else ""
    text += tomli_w.dumps(tables)
    if to is not None:
        write_text(to, text)
    if as_json:
        line({"case": tables, **({"truth": _truth(one)} if truth else {})})
    elif to is None:
        out().print(text, markup=False, emoji=False, soft_wrap=True, end="")


def _truth(one: Life) -> dict[str, Any]:
    return {
        "active": sorted(one.person.active),
        "latent": sorted(one.latent),
        "area": one.person.area,
        "build": round(one.body.build, 1),
        "habits": one.habits,
        "says": round(one.manner.says, 2),
        "nobody_treats": list(one.absolute),
    }


def _truth_words(one: Life) -> list[str]:
    return [
        f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in _truth(one).items()
    ]


@app.command("session")
def session(
    seed: Seed,
    technique: Annotated[
        str, typer.Option(help="Do this on every found place; the proposed plan when not given.")
    ] = "",
    minutes: Annotated[float, typer.Option(help="Minutes at hand.", min=1, max=90)] = 20.0,
    number: Number = 0,
    on: Day = "",
    log: Annotated[
        Path | None, typer.Option(help="Write the log of the session here, for unknot treat --replay.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw the curves to this file.")] = None,
    as_json: Json = False,
) -> None:
    """One whole treatment by a scripted practitioner: draw, screen, rank, look, plan, treat."""
    from unknot.rehearse import clinic, picture
    from unknot.rehearse.run import rehearse

    k, day = knowledge(), day_of(on)
    one = clinic.client(k, seed, number)
    seen = clinic.visit(k, one, day, technique, minutes)
    done = rehearse(k, one, seen.plan) if seen.plan is not None else None
    if done is not None and log is not None:
        _write(log, done, k, day)
    if done is not None and svg is not None:
        write_text(svg, picture.svg(done, clinic.name_of(one)))
    if as_json:
        line(_as_mapping(one, seen, done))
    else:
        _show(one, seen, done, k)
        if done is not None and log is not None:
            out().print(say("rehearse.kept", place=str(log)), markup=False)


def _write(path: Path, done: Rehearsed, k: Knowledge, day: date) -> None:
    """The log as `unknot treat` writes it, its stamps in the session's own time, so that it is the same each time."""
    from unknot.cli.treat_log import Log

    begun = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    opened = Log.begin(path, done.plan, k.version, at=begun.isoformat(timespec="milliseconds"))
    try:
        for facts in done.steps:
            at = begun + timedelta(milliseconds=facts[-1].at)
            opened.append(facts, sync=False, at=at.isoformat(timespec="milliseconds"))
    finally:
        opened.close()


def _as_mapping(one: Life, seen: Visit, done: Rehearsed | None) -> dict[str, Any]:
    from dataclasses import asdict

    from unknot.record.went import told_mapping
    from unknot.treat.summary import summarise

    told: dict[str, Any] = {
        "seed": one.seed, "number": one.index, "outcome": seen.clearance.outcome, "treated": done is not None, "why": seen.why,
        "truth": _truth(one),
    }  # fmt: skip
    if done is not None:
        told["places"] = [asdict(t) for t in done.treated]
        told["summary"] = told_mapping(summarise(done.plan, done.facts), done.plan.manner.clear_change)
    return told


def _show(one: Life, seen: Visit, done: Rehearsed | None, k: Knowledge) -> None:
    from unknot.rehearse.clinic import name_of

    console = out()
    console.print(say("rehearse.head", name=name_of(one), age=f"{one.age:.0f}", sex=one.sex, weeks=f"{one.weeks:.0f}"))
    if done is None:
        console.print(say("rehearse.not_treated", why=seen.why))
        return
    kinds = [f.kind for f in done.facts]
    length = done.at_ms[-1] / 60_000
    console.print(
        say(
            "rehearse.session",
            minutes=f"{length:.1f}",
            facts=len(kinds),
            breaches=kinds.count("breach"),
            stops=kinds.count("stop"),
        )
    )
    names = {a.id: a.name for a in done.plan.applications}
    table = Table(box=None, header_style="dim")
    for key in ("place", "holds", "technique", "threshold", "releases", "most", "above"):
        table.add_column(say(f"rehearse.{key}"), justify="left" if key in ("place", "holds", "technique") else "right")
    for t in done.treated:
        holds = t.holds or "nothing"
        table.add_row(
            names[t.application], say("rehearse_holds." + holds), k.techniques[t.technique].name,
            f"{t.before_kpa / KG:.1f} → {t.after_kpa / KG:.1f}", str(t.releases), f"{t.most_felt:.1f}", f"{t.over_ceiling_s:.1f} s",
        )  # fmt: skip
    console.print(table)


@app.command("trial")
def trial(
    file: Annotated[Path, typer.Argument(help="A trial as TOML: cohort, arms, visits.")],
    workers: Annotated[
        int, typer.Option(help="Processes; all cores when not given. The results are the same for any.", min=0, max=256)
    ] = 0,
    cluster: Cluster = "",
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Write every measurement here; needs the extra parquet.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the results for the app, at /rehearse.")] = False,
    data: Annotated[
        str | None,
        typer.Option(help="Where the record is kept; with --keep the results go beside it.", envvar="UNKNOT_DATA"),
    ] = None,
    as_json: Json = False,
) -> None:
    """A virtual trial: arms of virtual clients through their visits, with effect sizes and their intervals."""
    from unknot.rehearse import trial_parquet
    from unknot.rehearse.trial_file import read_trial

    k = knowledge()
    of = read_trial(file, k)
    if parquet is not None:
        trial_parquet.ready(parquet)
    measured = _run(of, workers, cluster, quiet=as_json)
    if parquet is not None:
        trial_parquet.write(parquet, measured)
    from unknot.rehearse.trial_table import results

    _results(results(measured), as_json=as_json)
    if keep:
        from unknot.rehearse import trial_kept

        kept = trial_kept.keep(trial_kept.folder_of(data), of, measured, k, day_of(""))
        if not as_json:
            out().print(say("trial.kept", id=kept.id))


def _run(of: Trial, workers: int, cluster: str = "", *, quiet: bool) -> list[Measured]:
    import os

    from rich.progress import Progress

    from unknot.rehearse.trial import run_trial

    with Progress(console=out(), transient=True, disable=quiet or not out().is_terminal) as progress:
        task = progress.add_task(escape(of.name), total=None)
        return run_trial(
            of,
            workers=workers or os.cpu_count() or 1,
            cluster=cluster,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _results(rows: list[Result], *, as_json: bool) -> None:
    from dataclasses import asdict

    from unknot.rehearse.figures import outcome_words

    if as_json:
        line({"results": [asdict(row) for row in rows]})
        return
    for outcome in dict.fromkeys(row.outcome for row in rows):
        table = Table(box=None, header_style="dim", title=outcome_words(outcome), title_justify="left")
        for key in ("arm", "when", "clients", "mean", "change", "against"):
            table.add_column(say(f"trial.{key}"), justify="left" if key in ("arm", "when") else "right")
        for row in (r for r in rows if r.outcome == outcome):
            table.add_row(
                escape(row.arm),
                row.when,
                str(row.clients),
                f"{row.mean:.2f} ± {row.sd:.2f}",
                _effect(row.change),
                _effect(row.against_first),
            )
        out().print(table)


def _effect(found: Effect | None) -> str:
    return "" if found is None else f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


@app.command("published")
def published(
    clients: Annotated[int, typer.Option(help="Virtual clients in each arm.", min=20, max=100_000)] = 400,
    seed: Annotated[int, typer.Option(help="Seed of the cohorts.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes; all cores when not given.", min=0, max=256)] = 0,
    cluster: Cluster = "",
    as_json: Json = False,
) -> None:
    """The model beside published trials: what was found, what is simulated, and whether it lies inside; misses stay."""
    from dataclasses import asdict

    from unknot.rehearse.published import STUDIES
    from unknot.rehearse.published_tissue import FIGURES

    k = knowledge()
    table = Table(box=None, header_style="dim")
    for key in ("study", "found", "simulated", "inside"):
        table.add_column(say(f"trial.{key}"), overflow="fold")
    for study in STUDIES:
        measured = _run(study.trial(clients, seed, k), workers, cluster, quiet=as_json)
        compared = study.compare(measured)
        if as_json:
            line({"study": study.source, "found": study.found, **asdict(compared), "fitted": study.fitted})
        name = say("trial.fitted", study=study.name) if study.fitted else study.name
        table.add_row(name, study.found, compared.simulated, say("trial.yes" if compared.inside else "trial.no"))
    for figure in FIGURES:
        simulated, inside = figure.simulated()
        if as_json:
            line({"study": figure.source, "figure": figure.name, "found": figure.found, "simulated": simulated, "inside": inside, "fitted": figure.used})  # fmt: skip
        name = say("trial.used", figure=figure.name) if figure.used else figure.name
        table.add_row(name, figure.found, simulated, say("trial.yes" if inside else "trial.no"))
    if not as_json:
        out().print(table)


@app.command("sensitivity")
def sensitivity(
    technique: Annotated[str, typer.Option(help="The technique of the sessions.")] = "prolonged_compression",
    clients: Annotated[int, typer.Option(help="Virtual clients, the same for every number.", min=4, max=10_000)] = 60,
    sets: Annotated[
        int, typer.Option(help="Sets of all numbers at once, anywhere in their ranges; 0 leaves them out.", min=0, max=10_000)
    ] = 100,
    every: Annotated[bool, typer.Option("--every", help="Numbers with a source too, not the assumed ones alone.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the clients.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes; all cores when not given.", min=0, max=256)] = 0,
    cluster: Cluster = "",
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw what moves each outcome most to this file.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Which assumed numbers matter: each at both ends of its range, alone, with the same clients; then all at once."""
    import os
    from dataclasses import asdict

    from rich.progress import Progress

    from unknot.rehearse import figures
    from unknot.rehearse import sensitivity as study

    with Progress(console=out(), transient=True, disable=as_json or not out().is_terminal) as progress:
        task = progress.add_task(technique, total=None)
        found = study.sensitivity(
            knowledge(), technique, clients, seed, sets=sets, every=every, workers=workers or os.cpu_count() or 1, cluster=cluster,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    if svg is not None:
        write_text(svg, figures.tornado(found))
    if as_json:
        line(asdict(found))
    else:
        _sensitive(found)


def _sensitive(found: Sensitivity) -> None:
    """A table for each outcome, then what moves none."""
    from unknot.rehearse.figures import outcome_words
    from unknot.rehearse.sensitivity import ordered, without_effect
    from unknot.rehearse.truth_parameters import parameters

    together = {t.outcome: t for t in found.together}
    for outcome, base in found.base.items():
        rows = ordered(found, outcome)
        table = Table(box=None, header_style="dim", title=outcome_words(outcome), title_justify="left")
        for key in ("number", "range", "low", "high", "apart"):
            table.add_column(say(f"sensitivity.{key}"), justify="left" if key == "number" else "right")
        for row in rows[:SHOWN]:
            p = parameters()[row.parameter]
            apart = f"{row.apart:+.2f} ({row.apart_low:+.2f} to {row.apart_high:+.2f})"
            table.add_row(p.id, f"{p.low:g} to {p.high:g} {p.unit}", f"{row.low:.2f}", f"{row.high:.2f}", apart)
        out().print(table)
        if len(rows) > SHOWN:
            out().print(say("sensitivity.more", count=len(rows) - SHOWN))
        out().print(say("sensitivity.base", value=f"{base:.2f}"))
        if (t := together.get(outcome)) is not None:
            ends = {"middle": f"{t.middle:.2f}", "low": f"{t.low:.2f}", "high": f"{t.high:.2f}"}
            out().print(say("sensitivity.together", **ends))
        out().print()
    names = without_effect(found)
    out().print(say("sensitivity.without", count=len(names), names=", ".join(names)))
