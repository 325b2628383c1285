"""`unknot bench`: how well and how fast, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from unknot.cli.output import line, out
from unknot.knowledge.load import Knowledge, knowledge

if TYPE_CHECKING:
    from unknot.bench.busy import Measured
    from unknot.bench.rehearse import Speed

T = TypeVar("T")
ROOM_S = 60.0
"""How long the sessions of the room run."""
app = typer.Typer(no_args_is_help=True, help="Measure how well and how fast Unknot is, beside its peers.")


@app.command("assess")
def assess(
    cases: Annotated[int, typer.Option(help="Seeded drawings per size.", min=2, max=10_000)] = 200,
    files: Annotated[
        int, typer.Option(help="Case files for the whole-process times; 0 leaves them out.", min=0, max=10_000)
    ] = 1000,
    no_peers: Annotated[bool, typer.Option("--no-peers", help="Leave the peers out.")] = False,
    published: Annotated[
        Path | None,
        typer.Option(help="A JSON list of published cases with known answers.", exists=True, dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Exactness and time of the ranking at 3 to 40 coloured sites, whole processes, hit rates on published cases."""
    from unknot.bench import assess as bench
    from unknot.bench import peers

    k = knowledge()
    console = out()
    if not as_json:
        console.print(bench.machine())
        missing = {"pyagrum", "pgmpy"} - set(peers.available())
        if missing and not no_peers:
            console.print(f"Not installed and left out: {', '.join(sorted(missing))} (uv sync --group peers)")
    for size in bench.SIZES:
        rows = bench.speed(k, size, cases, with_peers=not no_peers)
        error, compared = bench.exactness(k, size, max(5, cases // 10))
        if as_json:
            for row in rows:
                line(asdict(row))
            line({"what": "largest error", "size": size, "error": error, "compared": compared})
            continue
        table = Table(box=None, header_style="dim", title=f"{size} coloured sites", title_justify="left")
        for heading in ("", "cases", "median ms", "p95 ms", "worst ms", ""):
            table.add_column(heading, justify="right" if heading else "left")
        for row in rows:
            table.add_row(
                row.what, str(row.cases), f"{row.median_ms:.2f}", f"{row.p95_ms:.2f}", f"{row.worst_ms:.2f}", row.note
            )
        console.print(table)
        console.print(
            f"  largest difference from another order in extended precision: {error:.1e} ({compared} drawings)"
        )
    if files:
        for label, seconds in bench.whole_process(files, k):
            if as_json:
                line({"what": label, "seconds": seconds})
            else:
                console.print(f"unknot assess, {label}: {seconds:.2f} s")
    if published:
        _published(published, as_json=as_json)


def _published(path: Path, *, as_json: bool) -> None:
    from unknot.bench.published import PLACES, measure

    found = measure(path, knowledge())
    if as_json:
        line(asdict(found))
        return
    hits = ", ".join(f"top-{n} {share:.3f}" for n, share in zip(PLACES, found.hits, strict=True))
    right, should, needless = found.referred
    out().print(f"{found.cases} published cases: {hits}, mean reciprocal rank {found.reciprocal:.3f}")
    out().print(f"referred {right} of {should} that should be, and {needless} of the {found.cases} others")


@app.command("draw")
def draw(
    drawings: Annotated[int, typer.Option(help="Seeded drawings per size.", min=2, max=1000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """From the end of a stroke to the ranking on the page, and pictures a second while drawing, in a real browser."""
    from unknot.bench import assess as bench
    from unknot.bench import draw as page

    console = out()
    if not as_json:
        console.print(bench.machine())
    table = Table(box=None, header_style="dim")
    for heading in ("coloured sites", "drawings", "median ms", "p95 ms", "worst ms"):
        table.add_column(heading, justify="right")
    rows, frames = page.measure(drawings)
    for row in rows:
        if as_json:
            line(asdict(row))
        table.add_row(
            str(row.sites), str(row.drawings), f"{row.median_ms:.0f}", f"{row.p95_ms:.0f}", f"{row.worst_ms:.0f}"
        )
    if as_json:
        line(asdict(frames))
        return
    console.print(table)
    console.print(
        f"while drawing at phone size, {frames.scale} pixels a point: {frames.per_second:.0f} pictures a second, longest gap {frames.longest_ms:.0f} ms"
    )


@app.command("calibration")
def calibration(
    people: Annotated[int, typer.Option(help="Virtual people.", min=20, max=100_000)] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the first.")] = 1,
    svg: Annotated[Path | None, typer.Option(help="Write the reliability curve here.", dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Does 30 % come true 30 % of the time? On virtual people whose referral the ranking has not seen."""
    from unknot.bench.calibration import calibrate, picture

    found = calibrate(knowledge(), people, seed)
    if svg:
        svg.write_text(picture(found), encoding="utf-8")
    if as_json:
        line(asdict(found))
        return
    console = out()
    table = Table(box=None, header_style="dim")
    for heading in ("told", "answers", "mean told", "came true"):
        table.add_column(heading, justify="right")
    for low, high, answers, mean, share in found.bins:
        table.add_row(f"{low:.0%} to {high:.0%}", str(answers), f"{mean:.3f}", f"{share:.3f}")
    console.print(table)
    console.print(
        f"{found.people} virtual people, {found.answers} answers: expected calibration error {found.error:.3f}, {found.error_above:.3f} among chances from 5 %"
    )
    console.print(
        f"Brier score {found.brier:.4f} (base rate alone {found.brier_base:.4f}); an active muscle first in {found.top_1:.0%}, among three in {found.top_3:.0%}"
    )
    console.print(f"distance of the two encodings of referral: {found.distance:.2f} (0 the same, 1 nothing in common)")


def _over_clients(run: Callable[[int, int, int, Callable[[int, int], None]], T], clients: int, seed: int, workers: int, *, quiet: bool) -> T:  # fmt: skip
    """What came of so many virtual clients, on all cores when no number is given, with a bar unless `quiet`."""
    import os

    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("clients", total=clients)
        return run(clients, seed, workers or os.cpu_count() or 1, lambda done, _: progress.update(task, completed=done))


@app.command("ranking")
def ranking(
    clients: Annotated[int, typer.Option(help="Virtual clients.", min=20, max=1_000_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the clients.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes; all cores when not given.", min=0, max=256)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """How often an active muscle stands first, and how many presses confirm one: by a guide, by the list, by what to press next."""
    from unknot.bench import ranking as bench

    found = _over_clients(bench.search, clients, seed, workers, quiet=as_json)
    if as_json:
        line(asdict(found))
        return
    console = out()
    for heads, rows in zip((bench.HEADS_OF_HITS, bench.HEADS_OF_PRESSES), bench.rows_of(found), strict=True):
        table = Table(box=None, header_style="dim")
        for n, heading in enumerate(heads):
            table.add_column(heading, justify="right" if n else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(bench.told_of(found))


@app.command("path")
def path(
    clients: Annotated[int, typer.Option(help="Virtual clients.", min=1, max=1_000_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the clients.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes; all cores when not given.", min=0, max=256)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The whole path with virtual clients: draw, screen, rank, look, plan, conduct, note. Exits with 1 when a rule of safety does not hold."""
    from unknot.bench import path as bench

    found = _over_clients(bench.walk, clients, seed, workers, quiet=as_json)
    if as_json:
        line(asdict(found))
    else:
        counts = ", ".join(f"{n} {name}" for name, n in found.techniques.items())
        why = ", ".join(f"{n} {name}" for name, n in found.why.items())
        console = out()
        console.print(
            f"{found.clients:,} clients in {found.seconds:.1f} s; {found.treated:,} treated, {found.facts:,} facts, {found.notes:,} notes"
        )
        console.print(f"places taken up: {counts}")
        console.print(f"not treated: {why}; {found.absolute} had an answer that rules it out")
        console.print(
            f"{found.breaches} words above the ceiling, {found.stops} stops; rules broken: {len(found.broken)}"
        )
        for rule in found.broken[:20]:
            console.print(rule)
    raise typer.Exit(1 if found.broken else 0)


@app.command("cluster")
def cluster(
    clients: Annotated[int, typer.Option(help="Virtual clients of the trial.", min=40, max=100_000)] = 400,
    workers: Annotated[int, typer.Option(help="Processes and workers; all cores when not given.", min=0, max=256)] = 0,
    address: Annotated[str, typer.Option("--cluster", help="The address of a scheduler, or local.")] = "local",
    seed: Annotated[int, typer.Option(help="Seed of the trial.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """One trial in one process, on processes and on a dask cluster: seconds, what each adds, and whether the digits are the same."""
    import os

    from unknot.bench import cluster as bench

    for row in bench.measure(clients, seed, workers or os.cpu_count() or 1, address):
        if as_json:
            line(asdict(row))
        else:
            same = "the same digits" if row.same else "OTHER DIGITS"
            out().print(
                f"{row.what}: {row.seconds:.1f} s, of it {row.begins_s:.1f} s until the first portion came; {1000 * row.a_portion_s:.0f} ms a portion more than alone; {same}"
            )


@app.command("screen")
def screen(
    histories: Annotated[int, typer.Option(help="Random histories.", min=10, max=10_000_000)] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of the histories.")] = 1,
    published: Annotated[
        Path | None,
        typer.Option(help="A JSON list of published cases with known answers.", exists=True, dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Time of a clearance, its outcomes on random histories, and whom it sends to a physician among published cases."""
    from unknot.bench import screen as bench

    k = knowledge()
    found = bench.speed(k, histories, seed)
    sent = bench.published(published, k) if published else []
    if as_json:
        line(asdict(found))
        for row in sent:
            line(asdict(row))
        return
    out().print(
        f"{found.histories} histories: median {found.median_ms:.3f} ms, p95 {found.p95_ms:.3f} ms, worst {found.worst_ms:.1f} ms"
    )
    out().print("outcomes: " + ", ".join(f"{name} {count}" for name, count in found.outcomes.items()))
    out().print(f"clearances that differed the second time: {found.differed}")
    for row in sent:
        if row.should or row.outcome in bench.SENT:
            out().print(
                f"{row.case}: {row.outcome}, should {'' if row.should else 'not '}be sent; {', '.join(row.rules)}"
            )


@app.command("treat")
def treat(
    cases: Annotated[
        Path | None,
        typer.Option(
            help="A folder of sessions in words; without it random ones are invented.", exists=True, file_okay=False
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long the engine is timed.", min=0.1, max=600)] = 5.0,
    steps: Annotated[
        int, typer.Option(help="Random steps that the naive twin watches; 0 leaves them out.", min=0, max=1_000_000_000)
    ] = 100_000,
    jobs: Annotated[int, typer.Option(help="Cores for the random steps.", min=1, max=256)] = 1,
    sessions: Annotated[
        int, typer.Option(help="Live sessions at once for the lateness of cues; 0 leaves them out.", min=0, max=1000)
    ] = 100,
    presses: Annotated[int, typer.Option(help="Presses on a dial; 0 leaves them out.", min=0, max=100_000)] = 500,
    kills: Annotated[int, typer.Option(help="Kills of the app in a hold; 0 leaves them out.", min=0, max=10_000)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the first.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The session engine: events a second, random steps under the rules of safety; and the room: late cues, the dial, kills."""
    from unknot.bench import treat as bench

    k = knowledge()
    recordings = bench.recorded(cases, k) if cases else bench.invented(k, 40, seed)
    found = bench.speed(recordings, seconds)
    if as_json:
        line(asdict(found))
    else:
        out().print(
            f"{found.sessions} recorded sessions, {found.events} events: {found.per_second:,.0f} events a second on one core, slowest round {found.slowest:,.0f}"
        )
    if steps:
        _steps(steps, seed, jobs, as_json=as_json)
    _room(k, sessions, presses, kills, seed, as_json=as_json)


def _steps(steps: int, seed: int, jobs: int, *, as_json: bool) -> None:
    """Random steps under the eyes of the twin."""
    from unknot.bench import treat as bench

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("random steps", total=steps)
        walked = bench.walked(steps, seed, jobs, lambda done: progress.update(task, completed=done))
    if as_json:
        line(asdict(walked))
    else:
        out().print(
            f"{walked.steps:,} random steps in {walked.sessions:,} sessions, {walked.facts:,} facts, {walked.refused:,} refusals: no rule broken"
        )


def _room(k: Knowledge, sessions: int, presses: int, kills: int, seed: int, *, as_json: bool) -> None:
    """The app as users run it: how late its cues are, how quick the dial is, what a kill loses."""
    from unknot.bench import kills as killing
    from unknot.bench import room

    plan = room.ordinary(k)
    if sessions:
        late = room.lateness(plan, sessions, ROOM_S)
        rows = {"let go, ease": late.at_once, "press, more": late.stored}
        if as_json:
            line(asdict(late))
        for name, (count, middle, most, worst) in {} if as_json else rows.items():
            told = f"{name}: {count} cues, late by {middle:.1f} ms in the middle, p99 {most:.1f}, worst {worst:.1f}"
            out().print(f"{sessions} live sessions, {told}; one commit {late.commit_ms:.1f} ms; {late.lost} lost")
    if presses:
        count, middle, most, worst = room.dial_to_screen(plan, presses)
        if as_json:
            line({"what": "dial", "presses": count, "median_ms": middle, "p99_ms": most, "worst_ms": worst})
        else:
            out().print(
                f"{count} presses on the dial, to the screen in {middle:.1f} ms, p99 {most:.1f}, worst {worst:.1f}"
            )
    if kills:
        found = killing.of_apps(plan, kills, seed)
        if as_json:
            line(asdict(found))
        else:
            lost = f"{found.lost} lost, {found.twice} twice, {found.not_let_go} times not at let go"
            out().print(
                f"{kills} kills, {found.in_contact} in contact, {found.acknowledged} facts acknowledged: {lost}"
            )


@app.command("record")
def record(
    clients: Annotated[int, typer.Option(help="Clients of the practice.", min=1, max=1_000_000)] = 1000,
    visits: Annotated[int, typer.Option(help="Visits of all of them.", min=1, max=10_000_000)] = 10_000,
    people: Annotated[int, typer.Option(help="People at work side by side.", min=1, max=1000)] = 20,
    seconds: Annotated[float, typer.Option(help="How long they work.", min=0.1, max=3600)] = 60.0,
    think: Annotated[
        float, typer.Option(help="Seconds that somebody looks at a page, in the middle; 0 asks without a pause.", min=0)
    ] = 5.0,
    least: Annotated[
        int, typer.Option(help="They go on until each page was asked for so often, however long it takes.", min=0)
    ] = 0,
    postgres: Annotated[
        str | None, typer.Option(help="The address of an empty PostgreSQL database, measured beside SQLite.")
    ] = None,
    kills: Annotated[
        int,
        typer.Option(help="Kills of the app on a scripted busy day of its own; 0 leaves them out.", min=0, max=10_000),
    ] = 0,
    keep: Annotated[
        Path | None, typer.Option(help="A folder where the made-up practice is kept for the next run of the day.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the practice and of the people.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """A large practice at work: every page with many people side by side, search as you type, verify, backup and export."""
    from unknot.bench import assess as bench
    from unknot.bench import busy
    from unknot.record.store import FILE

    console = out()
    if not as_json:
        console.print(bench.machine())
    work = busy.Work(people, seconds, seed, (0.4 * think, 1.6 * think), least)
    with TemporaryDirectory() as name, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for n, place in enumerate([str(Path(name) / FILE), *([postgres] if postgres else [])]):
            folder = Path(name) / f"out{n}"
            folder.mkdir()
            found = busy.measure(
                knowledge(),
                place,
                folder,
                clients,
                visits,
                work,
                lambda what: progress.update(task, description=what),
                keep,
            )
            if as_json:
                line(asdict(found))
            else:
                _of_practice(console, found, people)
        if kills:
            progress.update(task, description=f"{kills} kills")
            _of_kills(console, str(Path(name) / "day" / FILE), kills, seed, as_json=as_json)


def _of_kills(console: Console, place: str, kills: int, seed: int, *, as_json: bool) -> None:
    """A busy day in an empty record, the app killed at random moments."""
    from unknot.bench.forks import CAN_FORK, Forks
    from unknot.bench.kills import Apps
    from unknot.bench.working_day import busy_day

    lives = Forks() if CAN_FORK else Apps()
    try:
        found = busy_day(lives, place, knowledge(), kills, 2, seed)
    finally:
        lives.end()
    if as_json:
        line(asdict(found))
        return
    counts = f"{len(found.lost)} lost, {len(found.twice)} twice, {len(found.half)} by half, {len(found.failed)} failed, {found.wrong} wrong"
    console.print(
        f"{kills} kills of a busy day, {found.amid} amid a request, {found.acknowledged} requests acknowledged: {counts}"
    )
    for words in (*found.lost, *found.twice, *found.half, *found.failed):
        console.print(f"  {words}", soft_wrap=True, markup=False)


def _of_practice(console: Console, found: Measured, people: int) -> None:
    """The tables of one store."""
    console.print(
        f"{found.store}: {found.clients:,} clients, {found.visits:,} visits, {found.facts:,} facts and {found.documents:,} documents, written in {found.written_s:.1f} s"
    )
    table = Table(box=None, header_style="dim", title=f"{people} people at work", title_justify="left")
    for heading in ("page", "alone ms", "processor ms", "asked", "p50 ms", "p95 ms", "worst ms"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for row in sorted(found.pages, key=lambda row: row.kind):
        used = "" if row.processor_ms is None else f"{row.processor_ms:.0f}"
        times = (f"{ms:.0f}" for ms in (row.median_ms, row.p95_ms, row.worst_ms))
        table.add_row(row.page, f"{row.alone_ms:.0f}", used, str(row.asked), *(times if row.asked else ("", "", "")))
    console.print(table)
    memory = "" if found.app_mib is None else f"; the app held at most {found.app_mib:.0f} MiB"
    console.print(f"pages that failed: {found.failed}{memory}")
    table = Table(box=None, header_style="dim")
    for heading in ("", "seconds", "peak MiB", "written MB"):
        table.add_column(heading, justify="right" if heading else "left")
    for ran in found.ran:
        peak = "" if ran.peak_mib is None else f"{ran.peak_mib:.0f}"
        table.add_row(ran.what, f"{ran.seconds:.1f}", peak, f"{ran.bytes / 1e6:.1f}" if ran.bytes else "")
    console.print(table)


@app.command("rehearse")
def rehearse(
    clients: Annotated[
        int, typer.Option(help="Virtual clients, each in five rounds of a minute.", min=2, max=100_000)
    ] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the first.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The tissue of virtual clients: seconds of life a second, beside scipy's solve_ivp at equal accuracy."""
    from unknot.bench import rehearse as bench
    from unknot.rehearse.truth_step import STILL

    rows = bench.speeds(clients, seed)
    still, together = rows[1], rows[2]
    of = bench.bound(still, STILL)
    clock = together.per_second / still.per_second / together.threads
    processor = together.processor / still.processor
    if as_json:
        for row in rows:
            line({key: None if isinstance(v, float) and isnan(v) else v for key, v in asdict(row).items()})
        line(
            {
                **asdict(of),
                "efficiency": clock,
                "efficiency_processor": processor,
                "bytes_per_client": bench.bytes_per_client(),
            }
        )
        return
    out().print(_speeds_table(rows))
    out().print(
        f"one core does {of.operations_per_second / 1e9:.1f} thousand million operations and moves {of.bytes_per_second / 1e9:.1f} GB a second: "
        f"the model uses {of.operations_used:.0%} and {of.bytes_used:.1%}"
    )
    out().print(
        f"{together.threads} threads: {clock:.0%} of as many single ones by the clock, {processor:.0%} by the time of the processors; "
        f"{bench.bytes_per_client()} bytes a client"
    )
    if not bench.peers():
        out().print("scipy is not installed and left out (uv sync --group peers)")


def _speeds_table(rows: list[Speed]) -> Table:
    """The first three are the model's own; all stand beside the second, the model on one thread where the force stays."""
    table = Table(box=None, header_style="dim")
    headings = ("", "clients", "threads", "client-seconds a second", "slowest round", "largest error", "times slower")
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        wrong = "" if isnan(row.error) else f"{row.error:.1e}"
        slower = rows[1].per_second / row.per_second
        told = f"{slower:,.2g}" if row in rows[:3] else f"{slower:,.0f}"
        counts = row.what, str(row.clients), str(row.threads)
        table.add_row(*counts, f"{row.per_second:,.0f}", f"{row.slowest:,.0f}", wrong, told)
    return table
