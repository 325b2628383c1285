"""What each release has left behind, a record and a whole practice, is lifted and read to its last paper."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from full_record import ON, K, release_record, rows, rows_at
from unknot.bench import working_day
from unknot.bench.ledger import MARK
from unknot.record.accounts import Accounts, Passwords
from unknot.record.audit import Audit, Wanted
from unknot.record.backup import restore
from unknot.record.erase import erased
from unknot.record.note import Notes
from unknot.record.people import newest
from unknot.record.reports import cover_of
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.record.story import past, story
from unknot.record.verify import verify
from unknot.web.notes import phrases_of
from unknot.web.papers import papers_of
from unknot.web.practice import practice_of

pytestmark = pytest.mark.usefixtures("cheap")

# ---------------------------------------------------------------- what a release has left behind


RELEASES = sorted(p for p in release_record.FOLDER.iterdir() if p.is_dir())


@pytest.mark.parametrize("folder", RELEASES, ids=lambda p: p.name)
def test_a_record_of_every_release_is_lifted_and_read_and_its_backup_restored(
    folder: Path, place: str, tmp_path: Path
) -> None:
    shutil.copy(folder / "unknot.db", tmp_path / "old.db")
    old = open_store(tmp_path / "old.db")
    found = verify(old)
    assert found.wrong == 0 and found.sessions == 2 and found.facts > 100
    desk = Desk(old, K)
    for person in newest(old):
        visit = desk.visits(person.id)[0]
        assert desk.intake(visit).answers and desk.intake(visit).said and desk.marks(visit)
    assert sorted(p.label for p in newest(old)) == [f"Zebedee Quillfeather {n}" for n in range(3)]
    restore(folder / "unknot.backup", place, release_record.PASSPHRASE)
    assert rows_at(place) == rows(old)
    old.close()


@pytest.mark.parametrize("folder", [p for p in RELEASES if (p / "practice.db").exists()], ids=lambda p: p.name)
def test_a_practice_of_every_release_is_read_to_its_last_paper(folder: Path, place: str, tmp_path: Path) -> None:
    """Accounts, sign-ins, the trail, notes, measures, appointments, goals, phrases, and that somebody was erased."""
    restore(folder / "practice.backup", place, release_record.PASSPHRASE)
    shutil.copy(folder / "practice.db", tmp_path / "old.db")
    old = open_store(tmp_path / "old.db")
    assert rows_at(place) == rows(old)
    found = verify(old)
    assert found.wrong == 0 and found.sessions == 2 and found.facts > 100
    accounts = Accounts(old)
    assert [(a.role, a.disabled) for a in accounts.all()] == [
        ("owner", False), ("practitioner", False), ("front", False), ("student", True),
    ]  # fmt: skip
    owner = accounts.all()[0]
    assert Passwords().right(owner, working_day.PASSWORD) and accounts.settings().here_too
    assert {d.body["account"] for d in old.all("sign_in")} == {owner.id} and len(erased(old)) == 1
    assert len(Audit(lambda: old).read(Wanted(act="sign_in"))[0]) == 3
    assert sorted(d.body["off"] for d in old.all("appointment")) == [False, True]
    assert practice_of(old).practitioner == "A. Bench" and phrases_of(old) == [("plan", "Rest, warmth and walking.")]
    people = newest(old)
    assert sorted(len(cover_of(old, p.id).goals) for p in people) == [0, 1]
    desk, notes = Desk(old, K), Notes(old)
    for person in people:
        (visit,) = past(desk, person.id)
        told, note = story(desk, person, visit), notes.of(visit.id)
        assert note is not None and note.signed_by and len(notes.amendments(told)) == 1
        assert len(told.measured) == 3 and told.pains and told.sittings[0].found.takings
        assert MARK.search(note.parts["plan"]) and set(MARK.findall(person.label))
    (tmp_path / "pdf").mkdir()
    printed = papers_of(old, ON)(tmp_path / "pdf", lambda *_: None)
    assert (printed.written, printed.failed) == (10, 0)
    old.close()


def test_there_is_one_of_this_version() -> None:
    from unknot import __version__

    assert {p.name for p in (release_record.FOLDER / __version__).glob("*.db")} == {"unknot.db", "practice.db"}
