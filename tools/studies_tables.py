"""Writes the figures of the documentation that come from studies with virtual clients; each takes minutes, so each is made when it is named.

`uv run python tools/studies_tables.py published sensitivity ranking` works out those that are named and writes their part of the page.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from unknot.bench import ranking
from unknot.knowledge.load import knowledge
from unknot.rehearse import figures
from unknot.rehearse.published import STUDIES
from unknot.rehearse.published_tissue import FIGURES
from unknot.rehearse.sensitivity import Sensitivity, ordered, sensitivity, without_effect
from unknot.rehearse.trial import run_trial
from unknot.rehearse.truth_parameters import parameters

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- made by tools/studies_tables.py: {} -->", "<!-- end of this study -->"
CLIENTS = {"published": 120, "sensitivity": 40, "ranking": 10_000}
SETS, SHOWN = 40, 10


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *rows)) + "\n"


def put(path: Path, name: str, made: str) -> None:
    """One part of a page, between its marks. Raises ValueError where they are missing."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN.format(name))
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} needs the marks of {name}")
    path.write_text(f"{before}{begin}\n{made}{end}{after}", encoding="utf-8")


def published() -> None:
    """The model beside published trials and figures."""
    rows = []
    for study in STUDIES:
        found = study.compare(run_trial(study.trial(CLIENTS["published"], 1, knowledge()), workers=os.cpu_count() or 1))
        rows.append(
            [
                study.name + (" (used to fit)" if study.fitted else ""),
                study.found,
                found.simulated,
                _inside(found.inside),
            ]
        )
    put(ROOT / "docs/how/rehearse.md", "published", table(["trial", "published", "simulated", "inside"], rows))
    put(ROOT / "docs/how/rehearse.md", "tissue", tissue())


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
    found = sensitivity(
        knowledge(), "prolonged_compression", CLIENTS["sensitivity"], 1, sets=SETS, workers=os.cpu_count() or 1
    )
    (ROOT / "docs/img/rehearse-sensitivity.svg").write_text(figures.tornado(found), encoding="utf-8")
    put(ROOT / "docs/how/rehearse.md", "sensitivity", of_sensitivity(found))


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
    put(ROOT / "docs/calibration.md", "ranking", of_ranking(ranking.search(CLIENTS["ranking"], 1, os.cpu_count() or 1)))


def of_ranking(found: ranking.Found) -> str:
    """The tables of the search."""
    hits, presses = ranking.rows_of(found)
    told = ranking.told_of(found).replace(". ", ".\n")
    return f"{told}\n\n{table(ranking.HEADS_OF_HITS, hits)}\n{table(ranking.HEADS_OF_PRESSES, presses)}"


PARTS = {"published": published, "sensitivity": matters, "ranking": ranked}


def main() -> None:
    for name in sys.argv[1:]:
        PARTS[name]()
        print(name)


if __name__ == "__main__":
    main()
