"""The data files made into one file that loads fast; a changed checkout is noticed by its hash."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
COMPILED = Path(__file__).parent / "compiled.json"
RENAMED = {"from": "attach_from", "to": "attach_to", "class": "class_"}
"""Keys of the data files that are words of Python."""


def data_files(folder: Path = DATA) -> list[Path]:
    """All data files, in a stable order."""
    return sorted(folder.rglob("*.toml"))


def fingerprint(folder: Path = DATA) -> str:
    """The hash of every data file's name and bytes: the version of the knowledge."""
    digest = hashlib.sha256()
    for path in data_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def read_tables(folder: Path = DATA) -> dict[str, list[dict[str, Any]]]:
    """Every table of every file, by kind; `regions.toml` holds one table per region.

    Raises tomllib.TOMLDecodeError (with the file named in a note) when a file is not TOML.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for path in data_files(folder):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            error.add_note(str(path.relative_to(folder)))
            raise
        if path.name == "regions.toml":
            content = {"region": [{"id": key, **body} for key, body in _flat_regions(content)]}
        for kind, rows in content.items():
            tables.setdefault(kind, []).extend({RENAMED.get(k, k): v for k, v in row.items()} for row in rows)
    return tables


def _flat_regions(content: dict[str, Any], prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for key, value in content.items():
        if not isinstance(value, dict):
            continue
        name = f"{prefix}{key}"
        if "lateral" in value:
            found.append((name, {k: v for k, v in value.items() if not isinstance(v, dict)}))
        found.extend(_flat_regions(value, f"{name}."))
    return found


def load_tables() -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """(version, tables), from the compiled file when it is up to date, otherwise from the data files."""
    version = fingerprint()
    try:
        compiled = json.loads(COMPILED.read_bytes())
        if compiled["version"] == version:
            return version, compiled["tables"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    tables = read_tables()
    write_compiled(version, tables)
    return version, tables


def write_compiled(version: str, tables: dict[str, list[dict[str, Any]]]) -> bool:
    """Write the compiled file in one move; False where the folder cannot be written (nothing is lost then but speed)."""
    text = json.dumps({"version": version, "tables": tables}, ensure_ascii=False, separators=(",", ":"))
    try:
        with tempfile.NamedTemporaryFile("w", dir=COMPILED.parent, delete=False, encoding="utf-8") as handle:
            handle.write(text)
        Path(handle.name).chmod(0o644)
        os.replace(handle.name, COMPILED)  # noqa: PTH105
    except OSError:
        return False
    return True
