"""`unknot know`: what Unknot knows, and whether it keeps its own rules."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from unknot.case.lexicon import stems
from unknot.case.places import match_places
from unknot.cli.output import line, out, write_text
from unknot.errors import KnowledgeError, Problem
from unknot.knowledge.load import Knowledge, knowledge

app = typer.Typer(
    no_args_is_help=True, help="What Unknot knows: muscles, points, regions, roots, entrapments, origins, sources."
)
KINDS = (
    "muscle",
    "point",
    "region",
    "root",
    "entrapment",
    "origin",
    "source",
    "test",
    "symptom",
    "movement",
    "habit",
    "sign",
    "weight",
    "measure",
    "claim",
)
Ident = Annotated[str, typer.Argument(metavar="ID", help="Its id; `unknot know search WORDS` finds it.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def _table(k: Knowledge, kind: str) -> Mapping[str, Any]:
    return getattr(k, {"habit": "habits", "source": "sources"}.get(kind, f"{kind}s"))  # type: ignore[no-any-return]


def _show(kind: str, ident: str, *, as_json: bool) -> None:
    k = knowledge()
    known = _table(k, kind)
    ident = ident.strip().split("@")[0]
    ident = next((i for i in known if i.lower() == ident.lower()), ident)
    if ident not in known:
        near = difflib.get_close_matches(ident, list(known), n=4, cutoff=0.4)
        todo = "use one of these, or `unknot know search WORDS`"
        raise KnowledgeError(
            [
                Problem(
                    f"unknown_{kind}",
                    kind,
                    f"there is no {kind} {ident[:80]!r}",
                    ", ".join(near) or f"{len(known)} ids",
                    todo,
                )
            ]
        )
    record = asdict(known[ident])
    extra = _belongs(k, kind, ident)
    if as_json:
        line({**record, **extra, "kind": kind, **({"of_kind": record["kind"]} if "kind" in record else {})})
        return
    console = out()
    console.print(
        f"[bold]{escape(str(record.get('name') or record.get('title') or ident))}[/bold]  {kind} {escape(ident)}"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in {**record, **extra}.items():
        if value not in ("", (), {}, [], None) and key not in ("id", "name"):
            table.add_row(key.replace("attach_", "attached ").replace("_", " ").strip(), escape(_told(value)))
    console.print(Padding(table, (0, 0, 0, 2)))


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_told(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _belongs(k: Knowledge, kind: str, ident: str) -> dict[str, Any]:
    """What belongs to a record: a muscle's points, a region's senders, what rests on a source."""
    if kind == "muscle":
        return {"points": [p.id for p in k.points.values() if p.muscle == ident]}
    if kind == "region":
        senders: dict[str, float] = {}
        for record in k.records():
            for key, weight in {**record.spillover, **record.essential}.items():
                if key.split("@")[0] == ident:
                    senders[record.id] = max(weight, senders.get(record.id, 0.0))
        return {"sent_from": dict(sorted(senders.items(), key=lambda item: -item[1]))}
    if kind == "source":
        tables: tuple[Mapping[str, Any], ...] = (
            k.muscles,
            k.points,
            k.causes(),
            k.tests,
            k.measures,
            k.norms,
            k.claims,
        )
        return {"named_by": [name for table in tables for name, r in table.items() if ident in r.sources]}
    return {}


def _make(kind: str) -> None:
    def command(ident: Ident, as_json: Json = False) -> None:
        _show(kind, ident, as_json=as_json)

    app.command(kind, help=f"One {kind}, with its sources.")(command)


for _kind in KINDS:
    _make(_kind)


@app.command("map")
def body_map(
    to: Annotated[Path, typer.Argument(metavar="OUT", help="The SVG file to write.")],
    show: Annotated[str, typer.Option(help="regions, points, muscles or dangers.")] = "regions",
    figure: Annotated[str, typer.Option(help="neutral, female or male.")] = "neutral",
    view: Annotated[list[str] | None, typer.Option(help="Only this view; may be given several times.")] = None,
) -> None:
    """Draw the body map: all regions named, all trigger points, all muscles' fibres, or all places that are easily hurt."""
    from unknot.body.draw import map_picture, svg

    k = knowledge()
    _one_of("show", show, ("regions", "points", "muscles", "dangers"))
    _one_of("figure", figure, tuple(k.figures))
    for one in view or ():
        _one_of("view", one, tuple(k.views))
    write_text(to, svg(map_picture(k, show, figure, tuple(view or ())), height=1200, per_row=3))
    out().print(f"{to}: {show} of the {figure} figure")


def _one_of(what: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        problem = Problem(
            f"unknown_{what}", what, f"there is no {what} {given[:60]!r}", ", ".join(allowed), "use one of these"
        )
        raise KnowledgeError([problem])


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help="Words: a place, a muscle, a complaint.")],
    as_json: Json = False,
    top: Annotated[int, typer.Option(min=1, max=500)] = 20,
) -> None:
    """Find ids by words."""
    k = knowledge()
    found = find(k, " ".join(words))[:top]
    if as_json:
        line([{"kind": kind, "id": ident, "name": name} for kind, ident, name in found])
        return
    if not found:
        raise KnowledgeError(
            [
                Problem(
                    "nothing_found",
                    "search",
                    f"nothing is called {' '.join(words)[:80]!r}",
                    "names, synonyms and ids",
                    "try other words",
                )
            ]
        )
    table = Table(box=None, pad_edge=False, show_header=False)
    for kind, ident, name in found:
        table.add_row(f"[dim]{kind}[/dim]", f"[bold]{escape(ident)}[/bold]", escape(name))
    out().print(table)


def find(k: Knowledge, text: str) -> list[tuple[str, str, str]]:
    """(kind, id, name) of everything whose names hold the words, best first."""
    wanted = set(stems(text)) or {text.lower()}
    scored: list[tuple[float, str, str, str]] = [
        (m.score, "region", m.region, k.regions[m.region].name) for m in match_places(k, text)
    ]
    for kind in KINDS:
        for ident, record in _table(k, kind).items():
            phrases = [
                ident.replace("_", " ").replace(".", " "),
                getattr(record, "name", ""),
                getattr(record, "title", ""),
            ]
            phrases += [*getattr(record, "also", ()), *getattr(record, "groups", ()), getattr(record, "authors", "")]
            best = max(len(wanted & set(stems(p))) / (len(wanted) + 0.1 * len(stems(p))) for p in phrases)
            if any(text.strip().lower() == p.lower() for p in (ident, *phrases)):
                best += 2
            elif re.search(rf"\b{re.escape(text.strip().lower())}", ident.replace("_", " ")):
                best += 0.5
            if best > 0.4:
                scored.append((best, kind, ident, str(getattr(record, "name", "") or getattr(record, "title", ""))))
    seen: dict[tuple[str, str], tuple[float, str]] = {}
    for score, kind, ident, name in scored:
        if score > seen.get((kind, ident), (0.0, ""))[0]:
            seen[(kind, ident)] = (score, name)
    return [
        (kind, ident, name)
        for (kind, ident), (score, name) in sorted(seen.items(), key=lambda item: (-item[1][0], item[0]))
    ]


@app.command("check")
def check_all(as_json: Json = False) -> None:
    """Run every rule over the knowledge; all problems at once, with file and line."""
    from unknot.knowledge.lint import check

    findings = check()
    for finding in findings:
        if as_json:
            line(asdict(finding))
        else:
            out().print(escape(str(finding)), soft_wrap=True)
    if findings:
        if not as_json:
            out().print(f"{len(findings)} problems")
        raise typer.Exit(1)
    if not as_json:
        k = knowledge()
        counts = ", ".join(
            f"{len(_table(k, kind))} {kind}s"
            for kind in ("region", "muscle", "point", "root", "entrapment", "origin", "source")
        )
        out().print(f"All rules hold: {counts}; version {k.version}.")
