"""The whole record in open formats: JSON lines that lose nothing, and flat tables as CSV and Parquet with a data dictionary."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO

from unknot import __version__
from unknot.errors import Problem
from unknot.record.lines import FORMAT, TABLES, Progress, count, quiet
from unknot.record.place import StoreError
from unknot.record.schema import HEAD
from unknot.record.store import ROWS_AT_ONCE, Store, as_json
from unknot.record.tables import FLAT, PAPERS, Flat, flat_rows
from unknot.record.whole import is_whole
from unknot.record.withheld import DEVICES, SECRETS, TOLD, without_secrets

FORMATS = ("json", "csv", "parquet")
ROWS_HELD, TEXT_HELD = 5000, 2 << 20
"""Rows of a table, and characters in them, that wait in memory to become columns."""
ROWS_IN_GROUP, BYTES_IN_GROUP = 1 << 16, 8 << 20
"""Rows of a table, and bytes as columns, that Parquet keeps together: each group is held once in memory, and is named in the file's end, which is held too."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula."""
READ_ME = f"""This is a whole record of Unknot, readable by anybody who holds it: keep it as you keep the record.

json/       every row, losing nothing; `unknot record import` takes it back
csv/        flat tables for spreadsheets; a text that a spreadsheet would take for a formula has a ' before it
parquet/    the same tables with their types, for statistics
pdf/        each visit's note and sheet (in the client's language where the practice has one), each client's letter and reports, in folders by id; papers.csv lists them (with --pdf)
dictionary.csv says what each column of the tables means.

Left out, so that nobody gets in by it: {TOLD}.
"""


@dataclass(slots=True)
class Printed:
    """Papers that were written as PDF, and those that could not be made; papers.csv says which."""

    written: int = 0
    failed: int = 0


Papers = Callable[[Path, Progress], Printed]
"""Writes all papers as PDF into a folder, with a list of them."""


@dataclass(slots=True)
class Exported:
    """What was written."""

    path: str
    formats: tuple[str, ...]
    facts: int = 0
    documents: int = 0
    damaged: int = 0
    """Rows that are not what was written: json/ has them, marked; no table has."""
    tables: dict[str, int] = field(default_factory=dict)
    papers: Printed | None = None


class Writer(Protocol):
    """Takes rows of one table."""

    def row(self, values: Sequence[Any]) -> None: ...


def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


def export(
    store: Store, out: Path, formats: Sequence[str], now: datetime, told: Progress = quiet, papers: Papers | None = None
) -> Exported:
    """Write a folder, or one file when its name ends in .zip. It stands under its name only when it is whole.

    `papers` writes the PDFs, after the tables: while others go on writing they may be some moments newer.

    Raises StoreError when something is there already, a format is unknown or cannot be written here, or the disk refuses.
    """
    _check(out, formats)
    partial = out.with_name(out.name + ".part")
    mine = False
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        mine = True
        found = _write(store, partial, tuple(f for f in FORMATS if f in formats), now, told)
        if papers is not None:
            found.papers = papers(partial / "pdf", told)
        _dictionary(partial / "dictionary.csv", papers=papers is not None)
        (partial / "README.txt").write_text(READ_ME, encoding="utf-8")
        if out.suffix == ".zip":
            _zip(partial, out)
        else:
            if out.exists():
                out.rmdir()
            partial.rename(out)
    except OSError as error:
        if not mine and isinstance(error, FileExistsError) and partial.exists():
            given = "something is there already: yours, or of an export that was broken off or still runs"
            todo = "look at it and take it away, or name another place; nothing is ever written over"
            raise StoreError([Problem("exists", str(partial), given, "a new place", todo)]) from None
        given = error.strerror or "cannot be written"
        raise StoreError(
            [Problem("unwritable", str(out), given, "a place that can be written", "choose another place")]
        ) from error
    finally:
        if mine:
            shutil.rmtree(partial, ignore_errors=True)
    found.path = str(out)
    return found


def _check(out: Path, formats: Sequence[str]) -> None:
    wrong = [f for f in formats if f not in FORMATS]
    if wrong or not formats:
        given = f"{', '.join(wrong) or 'none'} is no format"
        raise StoreError([Problem("unknown_format", "--format", given, ", ".join(FORMATS), "name one of them")])
    if "parquet" in formats and not has_parquet():
        todo = "install it with `pip install 'unknot[parquet]'`, or leave parquet out"
        raise StoreError([Problem("unknown_format", "--format", "pyarrow is not installed", "json, csv", todo)])
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        todo = "name another; nothing is ever written over"
        raise StoreError(
            [Problem("exists", str(out), "something is there already", "a new place or an empty folder", todo)]
        )


def _write(store: Store, folder: Path, formats: tuple[str, ...], now: datetime, told: Progress) -> Exported:
    found = Exported("", formats)
    with ExitStack() as stack, store.snapshot() as connection:
        json_ = {name: _Json(stack, folder / "json" / f"{name}.jsonl") for name in TABLES} if "json" in formats else {}
        tables = {flat.name: _tables(stack, folder, flat, formats) for flat in FLAT}
        total, done = count(connection), 0
        for name, table in TABLES.items():
            for row in store.rows(connection, table):
                done += 1
                values, whole = dict(row._mapping), is_whole(row)
                del values["crc"]
                left = without_secrets(name, values) if whole else _marked(name, values)
                if left is None:
                    continue
                values = left
                found.damaged += not whole
                if json_:
                    json_[name].row(values)
                if tables["facts"] and whole:
                    for flat, flattened in flat_rows(name, values):
                        found.tables[flat.name] = found.tables.get(flat.name, 0) + 1
                        for writer in tables[flat.name]:
                            writer.row(flattened)
                setattr(found, name, getattr(found, name) + 1)
                if done % ROWS_AT_ONCE == 0:
                    told(done, total)
        told(done, total)
        manifest = {
            "format": FORMAT, "schema": HEAD, "unknot": __version__, "made": now.isoformat(timespec="seconds"),
            **{name: {"rows": getattr(found, name), "sha256": part.digest.hexdigest()} for name, part in json_.items()},
        }  # fmt: skip
    if json_:
        (folder / "json" / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return found


def _marked(name: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A damaged row as it leaves: told as such, without a content that cannot be read or that might hold a secret."""
    if name == "documents" and row["kind"] in DEVICES:
        return None
    secret = name == "documents" and row["kind"] in SECRETS
    try:
        readable = not secret and all(isinstance(json.loads(row[key]), dict) for key in ("body", "versions"))
    except (ValueError, TypeError, RecursionError):
        readable = False
    return {**row, "damaged": True} | ({} if readable else {"body": "{}", "versions": "{}"})


class _Json:
    """Rows as lines of JSON, their content as values and not as text."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self.file: BinaryIO = stack.enter_context(_new(path).open("wb"))
        self.digest = hashlib.sha256()

    def row(self, values: dict[str, Any]) -> None:
        opened = {**values, "body": json.loads(values["body"]), "versions": json.loads(values["versions"])}
        line = (as_json(opened) + "\n").encode()
        self.digest.update(line)
        self.file.write(line)


def _tables(stack: ExitStack, folder: Path, flat: Flat, formats: tuple[str, ...]) -> list[Writer]:
    made: list[Writer] = []
    if "csv" in formats:
        made.append(_Csv(stack, folder / "csv" / f"{flat.name}.csv", flat))
    if "parquet" in formats:
        made.append(_Parquet(stack, folder / "parquet" / f"{flat.name}.parquet", flat))
    return made


class _Csv:
    def __init__(self, stack: ExitStack, path: Path, flat: Flat) -> None:
        file: TextIO = stack.enter_context(_new(path).open("w", encoding="utf-8", newline=""))
        self.writer = csv.writer(file)
        self.writer.writerow([column.name for column in flat.columns])

    def row(self, values: Sequence[Any]) -> None:
        self.writer.writerow([safe_cell(value) for value in values])


def safe_cell(value: Any) -> Any:
    """A value as a cell of CSV that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


class _Parquet:
    def __init__(self, stack: ExitStack, path: Path, flat: Flat) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = {
            "text": pa.string(),
            "json": pa.string(),
            "whole": pa.int64(),
            "number": pa.float64(),
            "yes_no": pa.bool_(),
        }
        self.schema = pa.schema(
            [pa.field(c.name, types[c.type], metadata={"meaning": c.meaning, "unit": c.unit}) for c in flat.columns]
        )
        self.held: list[Sequence[Any]] = []
        self.text = 0
        self.group: list[pa.RecordBatch] = []
        small = [
            c.name for c in flat.columns if c.type != "json"
        ]  # the least and largest of a text of JSON say nothing
        path = _new(path)
        self.writer = pq.ParquetWriter(
            path, self.schema, compression="zstd", write_statistics=small, use_dictionary=small
        )
        stack.callback(self._close)

    def row(self, values: Sequence[Any]) -> None:
        self.held.append(values)
        self.text += sum(len(value) for value in values if isinstance(value, str))
        if len(self.held) >= ROWS_HELD or self.text >= TEXT_HELD:
            self._gather()

    def _gather(self) -> None:
        """What waits becomes columns, which take a few times less memory; enough of them become a group of the file."""
        import pyarrow as pa

        if self.held:
            columns = zip(*self.held, strict=True)
            arrays = [pa.array(list(c), f.type) for c, f in zip(columns, self.schema, strict=True)]
            self.group.append(pa.record_batch(arrays, schema=self.schema))
        self.held, self.text = [], 0
        if sum(b.num_rows for b in self.group) >= ROWS_IN_GROUP or sum(b.nbytes for b in self.group) >= BYTES_IN_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        table = pa.Table.from_batches(self.group, schema=self.schema)
        self.writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.group = []

    def _close(self) -> None:
        self._gather()
        self._flush()
        self.writer.close()


def _new(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return path


def _dictionary(path: Path, *, papers: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["table", "column", "type", "unit", "meaning", "table_meaning"])
        for flat in FLAT:
            rows.writerows([flat.name, c.name, c.type, c.unit, c.meaning, flat.meaning] for c in flat.columns)
        if papers:
            rows.writerows(["papers", c.name, c.type, c.unit, c.meaning, "a paper as PDF"] for c in PAPERS)


def _zip(folder: Path, out: Path) -> None:
    partial = out.with_name(out.name + ".part.zip")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                    packed.write(path, path.relative_to(folder))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
