"""The ways out of a large record hold a few rows at a time, however many there are and however large each is."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from unknot.record import export as exporting
from unknot.record import lines
from unknot.record.export import export
from unknot.record.lines import put_rows, rows_of
from unknot.record.schema import DOCUMENTS
from unknot.record.store import Fact, as_json, open_store
from unknot.record.whole import with_crc

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PICTURES, LARGE = 150, 200_000
MOST_MIB = 25
"""What a way out may hold of thirty megabytes of pictures, with the copies that it makes of each few."""


def test_parquet_is_written_in_groups_and_says_nothing_of_the_least_and_largest_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    import pyarrow.parquet as pq

    monkeypatch.setattr(exporting, "ROWS_HELD", 2)
    monkeypatch.setattr(exporting, "ROWS_IN_GROUP", 4)
    store = open_store(tmp_path / "unknot.db")
    store.append("client:a", [Fact("said", {"text": f"line {n}", "by": "client"}) for n in range(10)])
    export(store, tmp_path / "out", ["parquet"], NOW)
    store.close()
    file = pq.ParquetFile(tmp_path / "out" / "parquet" / "facts.parquet")
    groups = [file.metadata.row_group(n) for n in range(file.num_row_groups)]
    assert [g.num_rows for g in groups] == [4, 4, 2]
    columns = {name: groups[0].column(n) for n, name in enumerate(file.schema.names)}
    assert columns["body"].statistics is None and columns["sequence"].statistics.max == 4
    assert [row["sequence"] for row in file.read().to_pylist()] == list(range(1, 11))
    empty = pq.ParquetFile(tmp_path / "out" / "parquet" / "sessions.parquet")
    assert empty.read().num_rows == 0


def test_large_documents_leave_and_come_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path / "unknot.db")
    body = as_json({"client": "a", "jpeg": "x" * LARGE})
    for start in range(0, PICTURES, 10):
        with store.writing() as connection:
            row = {"kind": "photo", "version": 1, "schema": 1, "at": NOW.isoformat(), "body": body, "versions": "{}"}
            rows = [with_crc(DOCUMENTS, {**row, "id": f"{n:04d}"}) for n in range(start, start + 10)]
            connection.execute(DOCUMENTS.insert(), rows)
    tracemalloc.start()
    export(store, tmp_path / "out", ["json", "csv"], NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MIB << 20
    sizes: list[int] = []

    def taken(connection: Any, name: str, rows: list[dict[str, Any]]) -> None:
        del connection, name
        sizes.append(sum(len(row["body"]) for row in rows))

    monkeypatch.setattr(lines, "_insert", taken)
    with store.snapshot() as connection:
        put_rows(connection, rows_of(lines.lines_of(store, connection, NOW.isoformat()), "here"))
    store.close()
    assert sum(sizes) >= PICTURES * LARGE and max(sizes) < lines.TEXT_HELD + 2 * LARGE
