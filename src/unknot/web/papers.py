"""The papers of a visit and over visits, as the pages show them and as PDF; and all of them, in folders, for who takes the whole record out."""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from unknot.errors import UnknotError
from unknot.knowledge.load import knowledge
from unknot.record.amounts import day
from unknot.record.export import Papers, Printed, safe_cell
from unknot.record.languages import Language, Languages, answered_in
from unknot.record.lines import Progress
from unknot.record.look import looking
from unknot.record.note import Form, Note, Notes
from unknot.record.note import paper as note_paper
from unknot.record.paper import Paper
from unknot.record.people import everybody
from unknot.record.reports import ALL, Period, cover_of, insurance, progress
from unknot.record.screening import Desk, Visit
from unknot.record.sheet import sheet
from unknot.record.store import Store
from unknot.record.story import Story, past, read_ahead, story
from unknot.record.tables import PAPERS
from unknot.web.codes import Codes
from unknot.web.desk import UUID, At, Screening
from unknot.web.letter import asks_of, letter
from unknot.web.page import Page
from unknot.web.paper import body_picture, curves_of, pdf
from unknot.web.practice import practice_of
from unknot.web.tongue import chosen, speaking
from unknot.words import in_english, say

T = TypeVar("T")


# ---------------------------------------------------------------- one paper


def story_of(at: At, *, ranked: bool = True) -> Story:
    """What happened at a visit."""
    read_ahead(at.desk.store, [at.visit], at.desk.k)
    return story(at.desk, at.person, at.visit, ranked=ranked)


def stories_of(at: At, period: Period = ALL, visits: Sequence[Visit] | None = None) -> list[Story]:
    """What happened at each visit of a client in a period; what comes next is told with the last, whose drawing is shown.

    `visits`: those at which something happened, where they are known.
    """
    every = past(at.desk, at.person.id) if visits is None else visits
    visits = [visit for visit in every if period.holds(visit.on)]
    read_ahead(at.desk.store, visits, at.desk.k)
    last = visits[-1:]
    return [story(at.desk, at.person, v, ahead=v in last, lines=v in last) for v in visits]


def form_of(kept: Note | None, asked: str) -> Form:
    """The form that was asked for, else the one in which the note was kept, else the short one."""
    return "long" if asked == "long" else "short" if asked == "short" or kept is None else kept.form


def note_of(of: Screening, at: At, form: str = "") -> tuple[Paper, Story]:
    """The note of a visit as it was kept, or its draft."""
    notes = Notes(at.desk.store)
    kept = notes.of(at.visit.id)
    s = story_of(at, ranked=kept is None)
    return note_paper(s, of.page.k, kept, form_of(kept, form), notes.amendments(s)), s


def sheet_of(of: Screening, at: At) -> tuple[Paper, Story]:
    """The client's sheet of a visit, in the language that is spoken, with what happened at it."""
    with in_english():  # sessions and screening are kept as they were worked out, and the practice's pages show them
        s = story_of(at, ranked=False)
        clearance = at.desk.clearance(at.visit, of.about(at), licences=of.licences(), keep=False)
    touch = clearance.refusal(at.visit.on, of.page.k.version) is None
    return sheet(s, of.page.k, clearance, practice_of(at.desk.store).emergency, touch=touch), s


def spoken_to(desk: Desk, client: str, every: Sequence[Language], wanted: str = "") -> Language | None:
    """The language of a client's sheet: the one that was chosen, else the one in which they answered last; None for English."""
    return chosen(every, wanted or answered_in(desk.store, client), "")


def pdf_of(of: Screening, at: At, paper: Paper, s: Story | None, *, curve: bool = False) -> bytes:
    """A paper with the drawing of the visit and, if wanted, the curve of its session. Raises PaperError when it cannot be set."""
    body = body_picture(s) if s is not None else ""
    words = say("note.body", on=day(s.visit.on)) if s is not None else ""
    curves = curves_of(s) if curve and s is not None else ()
    return pdf(paper, practice_of(at.desk.store), of.today(), body=body, body_alt=words, curves=curves)


# ---------------------------------------------------------------- all of them


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file: whose it is, of which visit (none: over all), and how it is made."""

    client: str
    visit: Visit | None
    paper: str
    make: Callable[[], bytes]

    @property
    def file(self) -> str:
        """Ids alone, so that no word of a client stands in a name, and none leads out of the folder."""
        parts = [self.client] if self.visit is None else [self.client, self.visit.id]
        return "/".join([*(safe(part) for part in parts), f"{self.paper}.pdf"])


def safe(ident: str) -> str:
    """An id as the name of a folder; one that is not of this program's making gets another name of its own."""
    return ident if UUID.fullmatch(ident) else "id-" + hashlib.sha256(ident.encode()).hexdigest()[:32]


def write_papers(of: Screening, folder: Path, tell: Progress) -> Printed:
    """Each visit's note and sheet, each client's letter and reports, one after the other, with a list of them; nothing is stored.

    What cannot be made is told in the list, and the others go on. Raises OSError when the disk refuses.
    """
    ids = everybody(of.store())
    found = Printed()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "papers.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([column.name for column in PAPERS])
        for done, client in enumerate(ids):
            tell(done, len(ids))
            with looking():  # one client after the other is all that is held in memory
                for wanted, problem in _of_client(of, client, folder):
                    found.failed += bool(problem)
                    found.written += not problem
                    visit, on = (wanted.visit.id, wanted.visit.on.isoformat()) if wanted.visit is not None else ("", "")
                    rows.writerow([safe_cell(cell) for cell in (wanted.file, client, visit, on, wanted.paper, problem)])
        tell(len(ids), len(ids))
    return found


def _of_client(of: Screening, client: str, folder: Path) -> Iterator[tuple[Wanted, str]]:
    """Each paper of a client with what went wrong; when even what there is cannot be read, one row says so."""
    wanted, problem = _tried(lambda: _wanted(of, client))
    if wanted is None:
        yield Wanted(client, None, "all", bytes), problem
        return
    for one in wanted:
        data, problem = _tried(one.make)
        if data is not None:
            path = folder / one.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        yield one, problem


def _tried(make: Callable[[], T]) -> tuple[T | None, str]:
    """What was made, or None with the code or the kind of the failure: what it says might be a client's words."""
    try:
        return make(), ""
    except UnknotError as error:
        return None, error.problems[0].code if error.problems else error.code
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - one damaged visit does not keep the others back
        return None, type(error).__name__


def _wanted(of: Screening, client: str) -> list[Wanted]:
    """The papers of a client."""
    desk = Desk(of.store(), of.page.k)
    person = desk.client(client)
    visits = past(desk, client)
    found: list[Wanted] = []
    told = spoken_to(desk, client, Languages(desk.store, desk.k).all())
    for visit in visits:
        at = At(desk, person, visit, "practitioner", "")
        found += [Wanted(client, visit, "note", _note(of, at)), Wanted(client, visit, "sheet", _sheet(of, at, told))]
    if not visits:
        return found
    at = At(desk, person, visits[-1], "practitioner", "")
    found += [Wanted(client, None, kind, _report(of, at, kind)) for kind in ("progress", "insurance")]
    clearance = of.clearance(at, keep=False)
    if asks_of(clearance):
        found.append(
            Wanted(client, None, "letter", lambda: letter(person, clearance, practice_of(desk.store), of.today()))
        )
    return found


def _note(of: Screening, at: At) -> Callable[[], bytes]:
    return lambda: pdf_of(of, at, *note_of(of, at), curve=True)


def _sheet(of: Screening, at: At, told: Language | None) -> Callable[[], bytes]:
    def make() -> bytes:
        with speaking(told):
            return pdf_of(of, at, *sheet_of(of, at))

    return make


def _report(of: Screening, at: At, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        every, k = stories_of(at), of.page.k
        if kind == "progress":
            return pdf_of(of, at, progress(every, k), every[-1])
        return pdf_of(of, at, insurance(every, k, cover_of(at.desk.store, at.person.id)), None)

    return make


def papers_of(store: Store, today: date) -> Papers:
    """The writer that an export takes: no server, no code, nobody signed in."""
    of = Screening(Page(knowledge()), lambda: store, Codes(time.monotonic), lambda: today)
    return lambda folder, tell: write_papers(of, folder, tell)
