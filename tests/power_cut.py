"""A disk whose power can be cut: what SQLite has not had synced is gone. The store runs on it as on any other file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import Engine, create_engine, event

from unknot.record import database, store


class Disk:
    """The bytes of each file as they were at its last sync, and how often it was synced."""

    def __init__(self) -> None:
        self.safe: dict[str, bytes] = {}
        self.syncs = 0

    def after_the_cut(self, folder: Path) -> Path:
        """What is found when the power is back, written as ordinary files; the place of the store among them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.safe.items():
            if not name.endswith("-shm"):
                (folder / Path(name).name).write_bytes(data)
        return folder / store.FILE


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self.disk.safe[self.name] = Path(self.name).read_bytes()
        self.disk.syncs += 1


class _System(apsw.VFS):
    def __init__(self, disk: Disk, name: str) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.disk.safe.pop(filename, None)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self.disk, name, flags) if name is not None else super().xOpen(name, flags)


class _Cursor:
    """A cursor of the sqlite3 module's shape over one of apsw's."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self._of = connection.of.cursor()
        self._of.exec_trace = self._describe
        self.description: tuple[Any, ...] | None = None
        self.rowcount, self.lastrowid = -1, 0
        self._rows: list[Any] = []

    def _describe(self, cursor: Any, *_: Any) -> bool:
        """The columns are known before the first row, and only then also when there is none."""
        self.description = (
            tuple((name, None, None, None, None, None, None) for name, *_ in cursor.get_description()) or None
        )
        return True

    def execute(self, statement: str, given: Any = ()) -> _Cursor:
        self._of.execute(statement, tuple(given))
        self._rows = list(self._of)
        self.rowcount = self.connection.of.changes()
        return self

    def executemany(self, statement: str, rows: Any) -> _Cursor:
        for row in rows:
            self.execute(statement, row)
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._of.close()


class _Connection:
    """A connection of the sqlite3 module's shape over one of apsw's."""

    isolation_level = None

    def __init__(self, path: Path, system: str) -> None:
        self.of = apsw.Connection(str(path), vfs=system)

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    def execute(self, statement: str, given: Any = ()) -> _Cursor:
        return self.cursor().execute(statement, given)

    def create_function(self, name: str, arguments: int, function: Any, **_: Any) -> None:
        self.of.create_scalar_function(name, function, arguments)

    def commit(self) -> None:
        if self.of.in_transaction:
            self.of.execute("COMMIT")

    def rollback(self) -> None:
        if self.of.in_transaction:
            self.of.execute("ROLLBACK")

    def close(self) -> None:
        self.of.close()


def open_on(disk: Disk, path: Path, *, pragmas: Any = database.pragmas) -> store.Store:
    """The store on a disk whose power can be cut. `pragmas` sets up each connection as the store itself does."""
    system = _System(disk, f"cut-{id(disk)}")
    engine: Engine = create_engine(
        "sqlite://", creator=lambda: _Connection(path, f"cut-{id(disk)}"), poolclass=None, hide_parameters=True
    )
    event.listen(engine, "connect", pragmas)
    event.listen(engine, "begin", database.begin)
    database.lift(engine, str(path))
    found = store.Store(engine, str(path), {})
    found.system = system  # type: ignore[attr-defined]  # it lives as long as the store
    return found
