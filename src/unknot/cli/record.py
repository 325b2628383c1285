"""`unknot record`: backup, restore, verify, export, import, erase; and keys."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from unknot import __version__
from unknot.cli import language
from unknot.cli.keys import record_key, seal_key
from unknot.cli.output import line, out
from unknot.errors import Problem
from unknot.record.place import StoreError, file_of, is_address, is_there, place_of
from unknot.record.secret import make_key_file

if TYPE_CHECKING:
    from unknot.record.export import Papers
    from unknot.record.store import Store
    from unknot.record.verify import Verified

app = typer.Typer(
    no_args_is_help=True, help="The record: backup and restore, verify, export and import, erase a client."
)
Told = Callable[[int, int], None]
Data = Annotated[
    str | None,
    typer.Option("--data", help="Where the record is; the user's data folder when not given.", envvar="UNKNOT_DATA"),
]
Key = Annotated[
    Path | None, typer.Option("--key-file", help="The key file of an encrypted record.", envvar="UNKNOT_KEY_FILE")
]
Words = Annotated[bool, typer.Option("--passphrase", help="Ask for the passphrase of an encrypted record.")]
Seal = Annotated[
    Path | None, typer.Option("--seal-key", help="The key file of the backup; without it a passphrase is asked for.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask back.")]
KEEPING = """Before you erase: law, the body that licenses you, or your insurer may require you to keep records of treatment for years after the
last visit, and longer for children. A client's wish to be erased may have to wait for that. If you are not sure, ask them first.
Backups and exports that were made before still hold this client; after a restore of one, erase again."""


app.command("language")(language.command)

_NOT_ANEW = " The file could not be written anew, since somebody works on the record just now or the disk has too little room. Stop the app, see that as much is free as the record takes, and run `unknot record erase {client}` once more."

_NOT_NOTED = "The owner will not see this in the trail: its row {why}. Write down what was done and when, and tell the owner; mend the record before the next command."


@app.command("key")
def key(path: Annotated[Path, typer.Argument(help="A new file.")], as_json: Json = False) -> None:
    """Make a key file: 32 bytes of chance. Keep a copy elsewhere; without it nothing that it encrypts can ever be read."""
    make_key_file(path)
    _say(
        as_json,
        {"key": str(path)},
        f"A key is in {path}. Keep a copy in another place: without it nothing can be read.",
    )


@app.command("backup")
def backup_command(
    path: Annotated[Path, typer.Argument(help="A new file.")],
    data: Data = None, key_file: Key = None, passphrase: Words = False, seal_key_file: Seal = None, as_json: Json = False,
) -> None:  # fmt: skip
    """One encrypted file of the whole record, also while the app runs; it is read back and proved before this ends."""
    from unknot.record.backup import backup

    _must_be_there(data)
    secret = seal_key(seal_key_file, twice=True)
    with _opened(data, key_file, ask=passphrase) as store, _progress("backing up") as told:
        made = backup(store, path, secret, datetime.now(UTC), told)
        missing = _noted(store, "look", "backup")
    words = f"{made.path}: {_n(made.facts, 'fact')} and {_n(made.documents, 'version')}, {made.size:,} bytes, read back and proved."
    _say(as_json, asdict(made), words, missing)
    _damaged(made.damaged, made.path, "the backup holds them as they were found; keep the older backups")


@app.command("restore")
def restore_command(
    path: Annotated[Path, typer.Argument(help="A backup.")],
    data: Data = None, key_file: Key = None, passphrase: Words = False, seal_key_file: Seal = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Take a backup back into an empty place, all of it or nothing, and verify it there."""
    from unknot.record.backup import restore
    from unknot.record.place import default_place

    if not path.is_file():
        raise StoreError([Problem("unreadable", str(path), "no such file", "a backup", "check its name")])
    where = str(data or default_place())
    secret = seal_key(seal_key_file, twice=False)
    own = record_key(where, key_file, ask=passphrase)
    with _progress("restoring") as told:
        found = restore(path, where, secret, own, told)
    _verified(found, where, as_json, f"Restored into {place_of(where)}.")


@app.command("verify")
def verify_command(data: Data = None, key_file: Key = None, passphrase: Words = False, as_json: Json = False) -> None:
    """Read every fact and every document again, check their numbering, and play every session from its facts."""
    from unknot.record.verify import verify

    _must_be_there(data)
    with _opened(data, key_file, ask=passphrase) as store, _progress("verifying") as told:
        found = verify(store, told)
        place = store.place
    _verified(found, place, as_json, "")


@app.command("export")
def export_command(
    path: Annotated[Path, typer.Argument(help="A new folder, or a file that ends in .zip.")],
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="json, csv or parquet; all that can be written here when not given."),
    ] = None,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf", help="Also the papers as PDF: each visit's note and sheet, each client's letter and reports. A thousand visits take minutes."
        ),
    ] = False,
    data: Data = None, key_file: Key = None, passphrase: Words = False, as_json: Json = False,
) -> None:  # fmt: skip
    """The whole record in open formats, with a dictionary of its columns. It is not encrypted."""
    from unknot.record.export import FORMATS, export, has_parquet

    _must_be_there(data)
    wanted = formats or [f for f in FORMATS if f != "parquet" or has_parquet()]
    with _opened(data, key_file, ask=passphrase) as store, _progress("exporting") as told:
        made = export(store, path, wanted, datetime.now(UTC), told, _papers(store) if pdf else None)
        missing = _noted(store, "look", "export")
    left = "" if formats or has_parquet() else " Parquet was left out: it needs `pip install 'unknot[parquet]'`."
    words = f"{made.path}: {_n(made.facts, 'fact')} and {_n(made.documents, 'version')} as {', '.join(made.formats)}, readable by anybody.{left}"
    printed = made.papers
    words += f" {_n(printed.written, 'paper')} as PDF." if printed else " The papers as PDF come with --pdf."
    _say(as_json, asdict(made), words, missing)
    _damaged(made.damaged, made.path, "json/ marks them, no table has them")
    if printed is not None and printed.failed:
        given, todo = f"{_n(printed.failed, 'paper')} could not be made", "see pdf/papers.csv for which and why"
        raise StoreError([Problem("papers_missing", made.path, given, "", f"{todo}; all else of the export is whole")])


def _damaged(rows: int, place: str, then: str) -> None:
    if rows:
        given, todo = (
            f"{_n(rows, 'row')} of the record are not what was written",
            f"{then}; `unknot record verify` says which",
        )
        raise StoreError([Problem("damaged", place, given, "", todo)])


def _papers(store: Store) -> Papers:
    from unknot.web.papers import papers_of

    return papers_of(store, date.today())


@app.command("import")
def import_command(
    path: Annotated[Path, typer.Argument(help="An export (a folder or .zip), or a .csv of clients.")],
    data: Data = None, key_file: Key = None, passphrase: Words = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Take an export back: all of it into an empty place, else the clients that are not there yet. Or new clients from CSV."""
    from unknot.record.backup import leave_nothing
    from unknot.record.take_in import Export, clients_of, take_in, take_in_clients

    clients = path.suffix.lower() == ".csv"
    _ = clients_of(path) if clients else Export(path)  # so that nothing is made for what cannot be read
    fresh, done = not is_there(data), False
    try:
        with _opened(data, key_file, ask=passphrase) as store, _progress("importing") as told:
            found = take_in_clients(store, path, datetime.now(UTC)) if clients else take_in(store, path, told)
            done = True
            missing = _noted(store, "change", "import")
    finally:
        if fresh and not done:
            leave_nothing(file_of(data))
    words = (
        f"Taken in: {_n(found.clients, 'client')}, with {_n(found.facts, 'fact')} and {_n(found.documents, 'version')}."
    )
    if found.lines:
        some = ", ".join(map(str, found.lines[:20])) + (", ..." if len(found.lines) > 20 else "")
        words += f" Left out, since somebody here is called so or a line before says the same: {found.left_out} ({'line' if len(found.lines) == 1 else 'lines'} {some}). If one of them is somebody else, enter them in the app."
    elif found.left_out:
        words += f" Left out, since they are here already or were erased here: {found.left_out}."
    if found.ignored:
        words += f" Columns that were not understood: {', '.join(found.ignored)}."
    _say(as_json, asdict(found), words, missing)


@app.command("erase")
def erase_command(
    client: Annotated[str, typer.Argument(help="A client's id, or the name as it stands in the list.")],
    why: Annotated[str, typer.Option(help="A reason that is kept with the fact of erasing; nothing about health.")] = "",
    yes: Yes = False,
    data: Data = None, key_file: Key = None, passphrase: Words = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Erase one client wholly, from the file too. What law or practice may require you to keep is said first."""
    from unknot.record.erase import clients_called, erase, erased, holding, told_apart

    _must_be_there(data)
    with _opened(data, key_file, ask=passphrase) as store:
        ids = clients_called(store, client)
        if len(ids) > 1:
            given = f"{len(ids)} clients are called so"
            raise StoreError(
                [Problem("no_client", "client", given, told_apart(store, ids[:10]), "name one of these ids")]
            )
        if not ids and client in erased(store):
            rest = erase(store, client, why, again=True)
            words = f"This client was erased already. What was still there: {_n(rest.facts, 'fact')} and {_n(rest.documents, 'version')}."
            _say(as_json, asdict(rest), words + ("" if rest.compacted else _NOT_ANEW.format(client=client)))
            return
        held = holding(store, ids[0] if ids else client)
        if not yes:
            _ask_back(held.label, held.facts, held.versions)
        done = erase(store, held.client, why)
        missing = _noted(store, "change", "erase", held.client)
    words = (
        f"Erased: {_n(done.facts, 'fact')} and {_n(done.documents, 'version')}. That it was done is kept, with no name."
    )
    if not done.compacted:
        words += _NOT_ANEW.format(client=done.client)
    _say(as_json, asdict(done), words, missing)


def _ask_back(label: str, facts: int, documents: int) -> None:
    out().print(KEEPING, soft_wrap=True)
    if not sys.stdin.isatty():
        todo = "say --yes when you have read what stands above"
        raise StoreError([Problem("not_asked", "erase", "nobody can be asked here", "--yes", todo)])
    if not typer.confirm(f"Erase {label}, {_n(facts, 'fact')} and {_n(documents, 'version')}, for good?"):
        raise typer.Exit(1)


def _noted(store: Store, act: str, verb: str, client: str = "") -> tuple[Problem, ...]:
    """A row in the trail of what left, came in or went. A record that cannot be written can still be taken out: then why the row is missing."""
    from unknot.record.audit import note_at_once

    return note_at_once(store, act, f"unknot record {verb}", client)


def _must_be_there(data: str | None) -> None:
    empty = is_there(data) and not is_address(data) and file_of(data).stat().st_size == 0
    if empty or not is_there(data):
        given = "the file is empty, as a copy that failed leaves one" if empty else "there is no record"
        raise StoreError([Problem("no_record", place_of(data), given, "a record", "name its place with --data")])


@contextmanager
def _opened(data: str | None, key_file: Path | None, *, ask: bool) -> Iterator[Store]:
    from unknot.record.store import open_store

    store = open_store(data, {"unknot": __version__}, record_key(data, key_file, ask=ask))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _progress(what: str) -> Iterator[Told]:
    """A bar on standard error, where somebody may look at it."""
    from rich.console import Console
    from rich.progress import Progress

    from unknot.record.lines import quiet

    console = Console(stderr=True)
    if not console.is_terminal:
        yield quiet
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of or None)


def _verified(found: Verified, place: str, as_json: bool, before: str) -> None:
    if as_json:
        line({**asdict(found), "place": place_of(place)})
    else:
        told = ", ".join(
            (
                f"{_n(found.facts, 'fact')} in {_n(found.streams, 'stream')}",
                _n(found.documents, "version"),
                _n(found.sessions, "session"),
            )
        )
        words = f"{before} {told} read: all as it should be.".strip()
        out().print(escape(words if not found.wrong else f"{before} {told} read.".strip()), soft_wrap=True)
    if found.wrong:
        problems = found.problems
        more = f"; the first {len(problems)} of {found.wrong}" if found.wrong > len(problems) else ""
        raise StoreError(problems, f"This record is damaged{more}")


def _n(count: int, what: str) -> str:
    """1 fact, 2 facts; 1 version of a document."""
    one = {"version": ("version of a document", "versions of documents")}.get(what, (what, f"{what}s"))
    return f"{count} {one[count != 1]}"


def _say(as_json: bool, value: dict[str, object], words: str, missing: tuple[Problem, ...] = ()) -> None:
    """What was done; and, on standard error too, that it is `missing` from the trail and why: what was asked for is done all the same."""
    why = "; ".join(problem.given for problem in missing)
    if why:
        words += f" {_NOT_NOTED.format(why=why)}"
        sys.stderr.write(f"{_NOT_NOTED.format(why=why)}\n")
    if as_json:
        line(value | ({"not_in_trail": why} if why else {}))
    else:
        out().print(escape(words), soft_wrap=True)
