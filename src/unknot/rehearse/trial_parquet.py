"""Every measurement of a trial as a Parquet file, one row a client and time."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from unknot.errors import Problem
from unknot.rehearse.clinic import RehearseError
from unknot.rehearse.trial import Measured


def ready(path: Path) -> None:
    """That the file can be written, asked before the work whose results it shall hold. Raises RehearseError where pyarrow is not installed or the place is none."""
    if importlib.util.find_spec("pyarrow") is None:
        todo = "install it with `pip install 'unknot[parquet]'`, or leave --parquet out"
        raise RehearseError([Problem("unknown_format", "--parquet", "pyarrow is not installed", "no Parquet", todo)])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.exists()
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def write(path: Path, measured: Sequence[Measured]) -> None:
    """Write the file. Raises RehearseError where it cannot be written."""
    ready(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({f.name: [getattr(m, f.name) for m in measured] for f in fields(Measured)})
    try:
        pq.write_table(table, path, compression="zstd")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> RehearseError:
    given = error.strerror or "cannot be written"
    return RehearseError(
        [Problem("unwritable", str(path), given, "a file that can be written", "choose another place")]
    )
