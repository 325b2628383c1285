"""Writes the figures of the documentation that come from studies with virtual clients; each takes minutes, so each is made when it is named.

`uv run python tools/studies_tables.py published sensitivity ranking` works out those that are named and writes their part of the page.

Beside each stands a mark: a digest of what the same study brings with a few clients, rounded. A test works out the mark anew, in seconds, and fails
where it differs: then the tables were made by a model or a ranking that gave other results. What changes no result changes no mark.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

from unknot.bench import ranking
from unknot.knowledge.load import knowledge
from unknot.rehearse import figures
from unknot.rehearse.clinic import client
from unknot.rehearse.published import STUDIES
from unknot.rehearse.published_tissue import FIGURES
from unknot.rehearse.sensitivity import Sensitivity, ordered, sensitivity, session, studied, without_effect
from unknot.rehearse.trial import run_trial
from unknot.rehearse.truth_parameters import parameters

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- made by tools/studies_tables.py: {}", "<!-- end of this study -->"
CLIENTS = {"published": 120, "sensitivity": 40, "ranking": 10_000}
FEW = 4
"""Clients of the small run that a mark is made of."""
SETS, SHOWN = 40, 10
TECHNIQUE = "prolonged_compression"
PAGES = {
    "published": ROOT / "docs/how/rehearse.md",
    "sensitivity": ROOT / "docs/how/rehearse.md",
    "ranking": ROOT / "docs/calibration.md",
}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *rows)) + "\n"


def put(path: Path, name: str, made: str, mark: str = "") -> None:
    """One part of a page, between its marks. Raises ValueError where they are missing."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN.format(name))
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} needs the marks of {name}")
    path.write_text(f"{before}{begin}{f', {mark}' if mark else ''} -->\n{made}{end}{after}", encoding="utf-8")


def kept(name: str) -> str:
    """The mark that stands on the page of a study; empty where there is none."""
    found = re.search(re.escape(BEGIN.format(name)) + r", (\w+) -->", PAGES[name].read_text(encoding="utf-8"))
    return found[1] if found else ""


def digest(*of: object) -> str:
    return blake2b(repr(of).encode(), digest_size=6).hexdigest()


def published() -> None:
    """The model beside published trials and figures."""
    put(PAGES["published"], "published", of_published(CLIENTS["published"], os.cpu_count() or 1), mark_of_published())
    put(PAGES["published"], "tissue", tissue())


def of_published(clients: int, workers: int = 1) -> str:
    """The table of published trials with so many clients in an arm."""
    rows = []
    for study in STUDIES:
        found = study.compare(run_trial(study.trial(clients, 1, knowledge()), workers=workers))
        name = study.name + (" (used to fit)" if study.fitted else "")
        rows.append([name, study.found, found.simulated, _inside(found.inside)])
    return table(["trial", "published", "simulated", "inside"], rows)


def mark_of_published() -> str:
    """The same table with a few clients."""
    return digest(of_published(FEW))


def tissue() -> str:
    """The figures of stiffness, relaxation, layers and blood."""
    rows = []
    for f in FIGURES:
        told, inside = f.simulated()
        rows.append([f.name + (" (used)" if f.used else ""), f.found, told, _inside(inside)])
    return table(["figure", "published", "simulated", "inside"], rows)


def _inside(inside: bool) -> str:
    return "yes" if inside else "**no**"


def matters() -> None:
    """Which assumed numbers matter, as tables and as a picture."""
    found = sensitivity(knowledge(), TECHNIQUE, CLIENTS["sensitivity"], 1, sets=SETS, workers=os.cpu_count() or 1)
    (ROOT / "docs/img/rehearse-sensitivity.svg").write_text(figures.tornado(found), encoding="utf-8")
    put(PAGES["sensitivity"], "sensitivity", of_sensitivity(found), mark_of_sensitivity())


def mark_of_sensitivity() -> str:
    """What is moved between which ends, and what a few sessions bring with all numbers at their middles."""
    ends = [(p.id, p.low, p.value, p.high) for p in studied()]
    return digest(ends, session((TECHNIQUE, FEW, 1, ())).round(2).tolist())


def of_sensitivity(found: Sensitivity) -> str:
    """The tables of a sensitivity study."""
    parts = [
        f"{found.clients} clients, prolonged compression, seed 1; {len({m.parameter for m in found.moved})} numbers.\n"
    ]
    for outcome, base in found.base.items():
        rows = []
        for m in ordered(found, outcome)[:SHOWN]:
            p = parameters()[m.parameter]
            apart = f"{m.apart:+.2f} ({m.apart_low:+.2f} to {m.apart_high:+.2f})"
            rows.append([f"`{p.id}`", f"{p.low:g} to {p.high:g} {p.unit}", f"{m.low:.2f}", f"{m.high:.2f}", apart])
        together = next(t for t in found.together if t.outcome == outcome)
        parts.append(
            f"\n**{figures.outcome_words(outcome)}**: {base:.2f} with all numbers at their middles; {together.low:.2f} to {together.high:.2f}"
            f" (middle {together.middle:.2f}) in nine of ten of {found.sets} sets of numbers drawn from their ranges.\n\n"
            + table(["number", "range", "at the low end", "at the high end", "apart (95 %)"], rows)
        )
    names = without_effect(found)
    parts.append(
        f"\n{len(names)} numbers move none of the three by more than chance in so few clients: {', '.join(f'`{n}`' for n in names)}.\n"
    )
    return "".join(parts)


def ranked() -> None:
    """The ranking press by press."""
    found = ranking.search(CLIENTS["ranking"], 1, os.cpu_count() or 1)
    put(PAGES["ranking"], "ranking", of_ranking(found), mark_of_ranking())


def mark_of_ranking() -> str:
    """How a few clients are searched, and the likeliest muscles that they are told."""
    some = [ranking.searched(knowledge(), client(knowledge(), 1, i)) for i in range(FEW)]
    likeliest = [[sorted((round(p, 2) for p, _ in told), reverse=True)[:3] for told in s.told.values()] for s in some]
    return digest([(s.hits, s.presses) for s in some], likeliest)


def of_ranking(found: ranking.Found) -> str:
    """The tables of the search."""
    hits, presses = ranking.rows_of(found)
    told = ranking.told_of(found).replace(". ", ".\n")
    return f"{told}\n\n{table(ranking.HEADS_OF_HITS, hits)}\n{table(ranking.HEADS_OF_PRESSES, presses)}"


PARTS: dict[str, Callable[[], None]] = {"published": published, "sensitivity": matters, "ranking": ranked}
MARKS = {"published": mark_of_published, "sensitivity": mark_of_sensitivity, "ranking": mark_of_ranking}


def main() -> None:
    for name in sys.argv[1:]:
        PARTS[name]()
        print(name)


if __name__ == "__main__":
    main()
