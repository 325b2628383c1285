"""Taking in: an export of a whole record into an empty place or, client by client, into one that is in use; and new clients from a CSV file.

All of it or nothing. What came from outside is read line by line, and every line must be a row as it was written.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from unknot.errors import Problem
from unknot.guards import HIDDEN, number_problem
from unknot.record.database import take_turn
from unknot.record.erase import erased
from unknot.record.ids import uuid7
from unknot.record.lines import LONGEST, TABLES, Progress, as_row, count, put_rows, quiet, refused
from unknot.record.place import StoreError
from unknot.record.schema import HEAD
from unknot.record.store import Store, as_json

SEPARATOR = re.compile("sep=(.)", re.IGNORECASE)
"""A first line by which a spreadsheet says what stands between two cells."""
LARGEST_CSV = 10_000_000
MOST_PROBLEMS = 20
LABELS = ("label", "name", "client")
SEXES = {"": None, "female": "female", "f": "female", "male": "male", "m": "male"}
OWNED = ("client", "visit", "session")
Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came in, how many clients were left out since they were here already or had been erased here, and what was not understood."""

    clients: int
    facts: int = 0
    documents: int = 0
    left_out: int = 0
    ignored: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    """Of a CSV file, the lines of those who were left out."""


class Export:
    """An export of a record, in a folder or a zip file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = str(path)
        manifest = self._manifest()
        schema = manifest.get("schema")
        if not isinstance(schema, str) or manifest.get("format") != 1:
            raise refused(self.place, "its manifest cannot be read")
        if schema > HEAD:
            raise StoreError(
                [Problem("bad_backup", self.place, f"written by a newer Unknot (schema {schema})", "", "update Unknot")]
            )
        self.manifest = manifest

    def _manifest(self) -> Mapping[str, Any]:
        try:
            with self._open("manifest.json") as file:
                read = json.loads(file.read(1_000_000))
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise refused(self.place, "its manifest cannot be read")
        return read

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        try:
            if self.path.is_dir():
                with (self.path / "json" / name).open("rb") as file:
                    yield file
            else:
                with zipfile.ZipFile(self.path) as packed, packed.open(f"json/{name}") as inner:
                    yield inner  # type: ignore[misc]  # it reads as a file does
        except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            allowed = "a folder or a .zip of `unknot record export` with json in it, or a .csv of clients"
            given = "no export of a record can be read there"
            raise StoreError([Problem("bad_backup", self.place, given, allowed, "name another")]) from error

    def rows(self) -> Iterator[Row]:
        """Every row, in order. Raises StoreError when one is not as it was written, or they are not those of the manifest."""
        for name in TABLES:
            digest, lines = hashlib.sha256(), 0
            with self._open(f"{name}.jsonl") as file:
                while line := file.readline(LONGEST):
                    digest.update(line)
                    lines += 1
                    yield self._row(name, line, lines)
            if self.manifest.get(name) != {"rows": lines, "sha256": digest.hexdigest()}:
                raise refused(self.place, f"{name}.jsonl was changed or cut off since it was written")

    def _row(self, name: str, line: bytes, number: int) -> Row:
        place = f"{self.place} {name}.jsonl line {number}"
        try:
            read = json.loads(line)
            values = [
                as_json(read[c.name]) if c.name in ("body", "versions") else read[c.name]
                for c in TABLES[name].columns
                if c.name != "crc"
            ]
            bad = read.get("damaged") is True
            whole = (
                len(read) == len(values) + bad and isinstance(read["body"], dict) and isinstance(read["versions"], dict)
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise refused(place, "it is no row") from None
        if not whole:
            raise refused(place, "it is no row")
        table, row = as_row([name, *values], place)
        return table, {**row, "crc": row["crc"] ^ 1} if bad else row  # what was damaged stays known as such


def take_in(store: Store, path: Path, told: Progress = quiet) -> TakenIn:
    """Take an export in. Into an empty place goes all of it, into another one the clients that are not there yet, with all that is theirs.

    Raises StoreError when it is not whole; then nothing was taken in.
    """
    export = Export(path)
    gone = erased(store)
    with store.writing() as connection:
        take_turn(connection, ["import"])
        empty = not count(connection)
        owners = _owners(export)
        theirs = {ident for ident, owner in owners.items() if owner == ident}
        if empty:
            counts = put_rows(connection, _numbered(export.rows(), export.place), told)
            return TakenIn(len(theirs), counts["facts"], counts["documents"])
        new = {ident for ident in theirs if ident not in gone and not _is_here(connection, ident)}

        def wanted(row: Row) -> bool:
            return _owner(row, owners) in new

        counts = put_rows(connection, _numbered(export.rows(), export.place, wanted), told)
        return TakenIn(len(new), counts["facts"], counts["documents"], len(theirs - new))


def _is_here(connection: Connection, client: str) -> bool:
    documents = TABLES["documents"]
    where = (documents.c.kind == "client") & (documents.c.id == client)
    return connection.execute(documents.select().where(where).limit(1)).first() is not None


def _owners(export: Export) -> dict[str, str]:
    """Every id that belongs to a client, to that client."""
    of: dict[str, str] = {}
    for name, row in export.rows():
        if name == "documents":
            if row["kind"] == "client":
                of[row["id"]] = row["id"]
            elif named := _named(row):
                of.setdefault(row["id"], named)
        elif row["kind"] in ("visit_opened", "session_begun"):
            body = json.loads(row["body"])
            ident = body.get("visit") if row["kind"] == "visit_opened" else body.get("session")
            if isinstance(ident, str):
                of[ident] = row["stream"].partition(":")[2]
    return {ident: owner for ident in of if (owner := _root(ident, of))}


def _root(ident: str, of: Mapping[str, str]) -> str | None:
    for _ in range(4):  # a session's visit's client, and one to spare
        if of.get(ident) == ident:
            return ident
        ident = of.get(ident, "")
    return None


def _named(row: Mapping[str, Any]) -> str:
    """Whose a document says that it is."""
    body = json.loads(row["body"])
    return next((body[key] for key in OWNED if isinstance(body.get(key), str)), "")


def _owner(row: Row, owners: Mapping[str, str]) -> str | None:
    name, values = row
    ident = values["id"] if name == "documents" else values["stream"].partition(":")[2]
    if ident in owners:
        return owners[ident]
    return owners.get(_named(values)) if name == "documents" else None


def _numbered(rows: Iterator[Row], place: str, wanted: Callable[[Row], bool] = lambda _: True) -> Iterator[Row]:
    """The rows that are wanted, each stream and document numbered from 1 without a gap."""
    of: tuple[Any, ...] = ()
    last = 0
    for name, row in rows:
        keys = [column.name for column in TABLES[name].primary_key.columns]
        key, number = (name, *(row[k] for k in keys[:-1])), row[keys[-1]]
        last = last if key == of else 0
        if number != last + 1:
            raise refused(place, f"a row of {name} is missing or out of order")
        of, last = key, number
        if wanted((name, row)):
            yield name, row


# ---------------------------------------------------------------- clients from a CSV file


def clients_of(path: Path) -> tuple[list[tuple[int, dict[str, Any]]], tuple[str, ...]]:
    """The clients of a CSV file with their lines, and the columns that were not understood. Raises StoreError with every row that cannot be read."""
    rows = _csv_rows(path)
    header = [name.strip().lower() for name in next(rows, [])]
    label = next((name for name in LABELS if name in header), None)
    twice = next((name for name in (label, "age", "sex") if header.count(name or "") > 1), None)
    if label is None or twice is not None:
        given = (
            "its first line names no column label" if label is None else f"its first line names column {twice} twice"
        )
        todo = "add a first line" if label is None else "name each column once"
        raise StoreError(
            [Problem("bad_csv", str(path), given, "columns label (or name), and if wanted age and sex", todo)]
        )
    found, problems = [], []
    for number, values in enumerate(rows, 2):
        if not any(value.strip() for value in values):
            continue
        told = dict(zip(header, (value.strip() for value in values), strict=False))
        client, wrong = _client(told, label, f"{path} line {number}")
        if any(value.strip() for value in values[len(header) :]):
            given, todo = (
                f"{len(values)} cells",
                "put a name with the separator in it between quotation marks, or name the column",
            )
            wrong.append(
                Problem("bad_csv", f"{path} line {number}", given, f"at most {len(header)}, as columns are named", todo)
            )
        problems += wrong
        found.append((number, client))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise StoreError(problems[:MOST_PROBLEMS], "These clients cannot be read; none was taken in")
    return found, tuple(name for name in header if name not in (label, "age", "sex", ""))


def _csv_rows(path: Path) -> Iterator[list[str]]:
    try:
        if path.stat().st_size > LARGEST_CSV:
            given = f"larger than {LARGEST_CSV:,} bytes"
            raise StoreError([Problem("bad_csv", str(path), given, "a list of clients", "split it")])
        text = path.read_text(encoding="utf-8-sig")
        first, _, rest = text.partition("\n")
        named = SEPARATOR.fullmatch(first.strip())
        between = named[1] if named else max(",;\t", key=first.count)
        yield from csv.reader(io.StringIO(rest if named else text, newline=""), delimiter=between, strict=True)
    except OSError as error:
        raise StoreError(
            [Problem("unreadable", str(path), error.strerror or "cannot be read", "a CSV file", "check it")]
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        given, todo = (
            "it is no CSV file in UTF-8",
            "save it as CSV in UTF-8, with as many closing quotation marks as opening ones",
        )
        if "field limit" in str(error):
            given, todo = (
                f"a cell of more than {csv.field_size_limit():,} characters",
                "look for a quotation mark that is not closed, or shorten it",
            )
        raise StoreError([Problem("bad_csv", str(path), given, "a list of clients", todo)]) from error


def _client(told: Mapping[str, str], label: str, place: str) -> tuple[dict[str, Any], list[Problem]]:
    problems = []
    name, age, sex = " ".join(told.get(label, "").split()), told.get("age", ""), told.get("sex", "").lower()
    if not 1 <= len(name) <= 80:
        problems.append(Problem("bad_csv", place, f"a name of {len(name)} characters", "1 to 80", "correct it"))
    if HIDDEN.search(name):
        given, todo = "a name with a character that nobody sees", "type the name anew"
        problems.append(Problem("bad_csv", place, given, "signs that can be seen", todo))
    years: float | None = None
    if age:
        try:
            years = float(age.replace(",", "."))
        except ValueError:
            todo = "correct it, or leave it empty"
            problems.append(Problem("bad_csv", f"{place}, age", "no number", "a number from 0 to 120", todo))
        else:
            wrong = number_problem(years, f"{place}, age", 0, 120, "correct it, or leave it empty")
            problems += [wrong] if wrong else []
    if sex not in SEXES:
        problems.append(
            Problem("bad_csv", place, "a sex that is not known here", "female, male or empty", "correct it")
        )
    return {"label": name, "age": years, "sex": SEXES.get(sex)}, problems


def take_in_clients(store: Store, path: Path, now: datetime) -> TakenIn:
    """New clients from a CSV file. Raises StoreError when a row cannot be read.

    Left out are lines that say the same as one before, and of those who are called alike as many as are here already.
    """
    found, ignored = clients_of(path)
    here = Counter(str(d.body.get("label")) for d in store.all("client"))
    told: set[tuple[Any, ...]] = set()
    ms, rows, left = int(now.timestamp() * 1000), [], []
    for n, (line, client) in enumerate(found):
        if (same := tuple(client.values())) in told or here[client["label"]] > 0:
            here[client["label"]] -= same not in told
            left.append(line)
        else:
            rows.append(
                {"kind": "client", "id": uuid7(ms + n), "version": 1, "schema": 1, "at": now.isoformat(timespec="milliseconds"),
                 "body": as_json(client), "versions": as_json(store.versions)}
            )  # fmt: skip
        told.add(same)
    with store.writing() as connection:
        put_rows(connection, (("documents", row) for row in rows))
    return TakenIn(len(rows), 0, len(rows), len(left), ignored, tuple(left))
