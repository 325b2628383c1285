"""`unknot assess CASE...`: case files to rankings."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from unknot.assess.network import network
from unknot.assess.rank import assess, width
from unknot.assess.solve import Use
from unknot.body.coverage import with_drawing
from unknot.case.clearance import Clearance, Open
from unknot.case.model import Case
from unknot.case.places import site_name, site_names
from unknot.case.ranking import Ranked, RankedOther, RankedPoint, Ranking
from unknot.case.read import read_file, read_mapping
from unknot.cli.output import as_line, fail, line, out, tell, write_text
from unknot.errors import CaseError, Problem, UnknotError
from unknot.knowledge.load import Knowledge, knowledge
from unknot.screen.case import opened, screen, with_screening
from unknot.words import join, percent, say

T = TypeVar("T")
WARM = {"format": 1, "pain": [{"site": "neck.throat"}, {"site": "shoulder.front@right"}]}
MANY = 60
"""Cases from which compiling (about a second to load) answers sooner than NumPy."""
WIDE = 14
"""Nodes in one table from which compiling answers sooner even for one case."""
PROGRESS = 200


def command(
    cases: Annotated[list[Path], typer.Argument(help="Case files (TOML or JSON) or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, one a case.")] = False,
    top: Annotated[int, typer.Option(help="How many points to show.", min=1, max=1000)] = 10,
    explain: Annotated[str, typer.Option(help="One point or other explanation in full, by its id.")] = "",
    no_next: Annotated[bool, typer.Option("--no-next", help="Leave out what to press next; faster.")] = False,
    svg: Annotated[
        Path | None,
        typer.Option(help="Write the body map with drawing, points and referral here; a folder for several cases."),
    ] = None,
) -> None:
    """Rank the points, nerves, organs and joints that explain where it hurts."""
    k = knowledge()
    files = list(case_files(cases))
    if svg:
        _check_pictures(files, svg)
    if as_json and not explain and not svg and len(files) > MANY:
        failed = _many(files, next_too=not no_next)
    else:
        failed = _one_by_one(files, k, as_json=as_json, top=top, explain=explain, next_too=not no_next, svg=svg)
    if failed:
        raise typer.Exit(2)


def _one_by_one(
    files: list[Path], k: Knowledge, *, as_json: bool, top: int, explain: str, next_too: bool, svg: Path | None
) -> int:
    """Answer each file in turn; how many could not be."""
    failed = 0
    shown = len(files) > PROGRESS and sys.stderr.isatty()
    for path in _track(files, len(files)) if shown else files:
        try:
            case = read_file(readable(path), k)
            ranking, clearance = rank_one(case, k, many=len(files) > MANY, next_too=next_too and not explain)
            if svg:
                _draw(case, ranking, k, svg / f"{path.stem}.svg" if len(files) > 1 else svg)
            if explain:
                _explain(ranking, explain, k, as_json=as_json)
            elif as_json:
                line(ranking.as_dict())
            else:
                show(ranking, k, top, next_too=next_too, clearance=clearance)
        except UnknotError as error:
            if len(files) == 1:
                fail(error)
            tell(error)
            failed += 1
    return failed


def _check_pictures(files: list[Path], svg: Path) -> None:
    """Refuse, before anything is written, what would write two pictures into one file or a picture over a case."""
    twice = sorted(name for name, n in Counter(path.stem for path in files).items() if n > 1)
    if twice:
        given = f"several cases are called {', '.join(twice)}: they would all be drawn in one file"
        fail(CaseError([Problem("same_name", "--svg", given, "one name a case", "give them different names")]))
    if len(files) == 1 and svg.suffix.lower() != ".svg" and svg.is_file():
        given = f"{svg} is there already and is no picture"
        fail(CaseError([Problem("not_a_picture", "--svg", given, "a name that ends in .svg", f"write {svg.stem}.svg")]))


def _draw(case: Case, ranking: Ranking, k: Knowledge, path: Path) -> None:
    """Write the body map of a case. Raises CaseError when the file cannot be written."""
    from unknot.assess.picture import case_picture
    from unknot.body.draw import svg

    write_text(path, svg(replace(case_picture(case, ranking, k), note=say("page.weak"))))


def _track(what: Iterable[T], total: int) -> Iterable[T]:
    """A progress bar on standard error."""
    from rich.progress import track

    return track(what, description="ranking", total=total, transient=True)


def _many(files: list[Path], *, next_too: bool) -> int:
    """Answer many files on all cores, in their order; how many could not be."""
    import gc
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    failed = 0
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    gc.disable()  # nothing made here hangs together in rings, and looking for rings is a quarter of the time
    _warm()
    try:
        with ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=gc.disable) as pool:
            answers = pool.map(partial(_answer, next_too=next_too), files, chunksize=16)
            shown = len(files) > PROGRESS and sys.stderr.isatty()
            for text, error in _track(answers, len(files)) if shown else answers:
                if error is None:
                    sys.stdout.write(text)
                else:
                    tell(error)
                    failed += 1
    finally:
        gc.enable()
    return failed


def _warm() -> None:
    """Load and compile what every case needs, before the others start: they share it where processes fork."""
    k = knowledge()
    network(k)
    assess(read_mapping(WARM, "warm", k), k, use="numba", next_too=False)


def _answer(path: Path, *, next_too: bool) -> tuple[str, UnknotError | None]:
    k = knowledge()
    try:
        ranking, _ = rank_one(read_file(readable(path), k), k, many=True, next_too=next_too)
    except UnknotError as error:
        return "", error
    return as_line(ranking.as_dict()), None


def rank_one(case: Case, k: Knowledge, *, many: bool, next_too: bool) -> tuple[Ranking, Clearance]:
    """The ranking by the backend that answers first: NumPy for a few narrow cases, Numba for many or wide ones."""
    use: Use = "numba" if many else "numpy"
    case = with_drawing(case)
    if not many and len(case.pains) > WIDE and width(case, k) > WIDE:
        use = "numba"
    clearances: list[Clearance] = []

    def touch(ranking: Ranking) -> Open:
        clearances.append(screen(case, k, date.today(), ranking=ranking))
        return opened(clearances[0], k, date.today())

    ranking = assess(case, k, use=use, touch=touch, next_too=next_too)
    return with_screening(ranking, clearances[0], case), clearances[0]


def case_files(given: list[Path]) -> Iterator[Path]:
    """Files as they are; folders give the case files in them, by name, or themselves when there are none."""
    for path in given:
        found = (
            sorted(p for p in path.iterdir() if p.suffix.lower() in (".toml", ".json") and p.is_file())
            if path.is_dir()
            else []
        )
        yield from found or [path]


def readable(path: Path) -> Path:
    if path.is_dir():
        raise CaseError(
            [Problem("empty_folder", str(path), "no case file in it", ".toml or .json files", "name another folder")]
        )
    return path


def show(ranking: Ranking, k: Knowledge, top: int, *, next_too: bool, clearance: Clearance | None = None) -> None:
    """A ranking for people."""
    console = out()
    console.print()
    console.print(f"[bold]{escape(ranking.case)}[/bold]  {escape(site_names(k, ranking.sites))}")
    for reason in (r for r in ranking.refer.reasons if r.source != "ranking"):
        console.print()
        console.print(
            f"[bold reverse] {escape(say('action.' + reason.action))} [/bold reverse] {escape(reason.why)} [dim]{escape(reason.source)}[/dim]"
        )
    for other in (o for o in ranking.other if o.on_top):
        _show_on_top(other)
    console.print()
    console.print(_points(ranking, top))
    rest = [o for o in ranking.other if not o.on_top][:5]
    if rest:
        told = "; ".join(f"{o.name}{_side(o)} {percent(o.probability)}" for o in rest)
        console.print(Padding(escape(say("cli.also", told=told)), (1, 0, 0, 0)))
    careful = [r.name for r in clearance.reasons if r.outcome == "careful" and not r.lifted] if clearance else []
    if careful:
        console.print(Padding(escape(say("cli.careful", names="; ".join(careful))), (1, 0, 0, 0)))
    if next_too or ranking.withheld:
        _show_next(ranking)
    if ranking.unexplained:
        console.print(escape(say("cli.unexplained", sites=site_names(k, ranking.unexplained))))
    if ranking.set_aside:
        console.print(escape(say("cli.set_aside", words=join([f'"{w}"' for w in ranking.set_aside]))))
    if ranking.not_understood:
        console.print(escape(say("cli.not_understood", words=join([f'"{w}"' for w in ranking.not_understood]))))
    if ranking.method == "approximate":
        console.print(escape(say("cli.approximate", error=ranking.error)))
    console.print(f"[dim]{escape(say('page.weak'))}[/dim]")


def _show_on_top(other: RankedOther) -> None:
    console = out()
    console.print()
    console.print(
        f"[bold reverse] {escape(say('action.' + other.action))} [/bold reverse] [bold]{escape(other.name)}{_side(other)}, {percent(other.probability)}[/bold]"
    )
    console.print(Padding(escape(f"{other.advice} {other.why}"), (0, 0, 0, 2)))


def _side(ranked: Ranked) -> str:
    return f" ({ranked.side})" if ranked.side else ""


def _points(ranking: Ranking, top: int) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("trigger point", min_width=26, overflow="fold")
    table.add_column("chance", no_wrap=True, min_width=16)
    table.add_column("why", overflow="fold", ratio=1)
    before = ("", "")
    for point in ranking.points[:top]:
        name = f"{escape(point.muscle_name)}{_side(point)}"
        first = (point.muscle, point.side) != before
        if first and point.muscle_probability is not None and point.muscle_probability > point.probability:
            name += f"\n[dim]{escape(say('cli.any_point', percent=percent(point.muscle_probability)))}[/dim]"
        before = (point.muscle, point.side)
        table.add_row(
            f"{name if first else ''}\n[dim]{escape(point.id)}[/dim]".lstrip("\n"),
            bar(point.probability),
            escape(point.why),
        )
    return table


def bar(chance: float, width: int = 10) -> str:
    """A chance as a bar and a number; nothing is rounded up."""
    filled = int(chance * width * 8)
    blocks = "█" * (filled // 8) + ("▏▎▍▌▋▊▉"[filled % 8 - 1] if filled % 8 else "")
    return f"{blocks:<{width}} {int(chance * 100):3d} %"


def _show_next(ranking: Ranking) -> None:
    console = out()
    if ranking.press_next is None:
        console.print(escape(say("cli.withheld", why=ranking.withheld)))
        return
    for number, press in enumerate(ranking.press_next):
        if number == 0:
            console.print()
            console.print(f"[bold]{escape(say('cli.press_next'))}[/bold]")
        console.print(Padding(f"{number + 1}. [bold]{escape(press.name)}[/bold]", (0, 0, 0, 2)))
        console.print(Padding(escape(f"{press.where} {press.how} {press.if_yes} {press.if_no}".strip()), (0, 0, 0, 5)))


def _explain(ranking: Ranking, wanted: str, k: Knowledge, *, as_json: bool) -> None:
    """One explanation in full."""
    ident = wanted.strip()
    every: list[RankedPoint | RankedOther] = [*ranking.points, *ranking.other]
    found = [r for r in every if ident in (r.id, r.id.split("@")[0])]
    if not found:
        known = ident.split("@")[0] in {**k.points, **k.causes()}
        given = (
            f"{ident!r} is less likely than all that is listed, or explains nothing that was named"
            if known
            else f"there is no point or explanation {ident!r}"
        )
        raise CaseError(
            [
                Problem(
                    "not_ranked",
                    "--explain",
                    given,
                    ", ".join(r.id for r in every[:5]) + ", ...",
                    "use an id of the ranking",
                )
            ]
        )
    from dataclasses import asdict

    for ranked in found:
        if as_json:
            line({"case": ranking.case, **asdict(ranked)})
        else:
            _explain_one(ranked, k)


def _explain_one(ranked: RankedPoint | RankedOther, k: Knowledge) -> None:
    console = out()
    console.print()
    console.print(f"[bold]{escape(ranked.name)}[/bold]  {escape(ranked.id)}")
    if isinstance(ranked, RankedPoint):
        console.print(
            escape(
                say(
                    "cli.find",
                    region=site_name(k, ranked.region),
                    find=ranked.find,
                    palpation=ranked.palpation,
                    position=ranked.position,
                )
            )
        )
    else:
        console.print(escape(ranked.advice))
    console.print(bar(ranked.probability), escape(ranked.why))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("what moved it", "odds times"):
        table.add_column(heading)
    table.add_row(say("cli.before"), f"{int(ranked.prior * 1000) / 10:g} %")
    for move in ranked.moved:
        table.add_row(escape(move.what), f"{move.factor:.2f}")
    table.add_row(say("cli.after"), f"{int(ranked.probability * 1000) / 10:g} %")
    console.print(Padding(table, (1, 0, 0, 2)))
    if ranked.shares:
        shares = Table(box=None, pad_edge=False, header_style="dim")
        shares.add_column("place that hurts")
        shares.add_column("part it accounts for")
        for site, share in ranked.shares.items():
            shares.add_row(escape(site_name(k, site)), bar(share))
        console.print(Padding(shares, (1, 0, 0, 2)))
    if ranked.doubt:
        console.print(escape(say("cli.doubt", doubt=ranked.doubt)))
