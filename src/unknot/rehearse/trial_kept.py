"""Results of trials that were kept for the app: one JSON file each in a folder beside the store. No client stands in them, virtual ones apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from unknot import __version__
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.record.place import default_place, file_of, is_address
from unknot.rehearse.clinic import RehearseError
from unknot.rehearse.trial import Measured
from unknot.rehearse.trial_file import Arm, Trial
from unknot.rehearse.trial_table import Effect, Result, results

FORMAT = 1
LARGEST = 16_000_000
"""Bytes that a file of a result may have."""
ID = re.compile(r"[a-z0-9-]{1,60}\.[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Safe:
    """How the sessions of an arm went, a client in the mean: releases, words above the ceiling, seconds above it."""

    arm: str
    releases: float
    breaches: float
    over_ceiling_s: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A trial with its results, by which versions, and the day on which it was run."""

    id: str
    trial: Trial
    rows: tuple[Result, ...]
    safe: tuple[Safe, ...]
    on: date
    version: str
    knowledge: str


def folder_of(data: str | Path | None) -> Path:
    """Where results are kept: `trials` beside the store, or in the user's data folder when the store is a database behind an address."""
    return (default_place() if is_address(data) else file_of(data)).parent / "trials"


def keep(folder: Path, trial: Trial, measured: Sequence[Measured], k: Knowledge, on: date) -> Kept:
    """Write the results of a trial; the same trial again takes the place of the one before. Raises RehearseError where nothing can be written."""
    told = asdict(trial)
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]
    name = re.sub(r"[^a-z0-9]+", "-", trial.name.lower()).strip("-")[:60] or "trial"
    kept = Kept(f"{name}.{mark}", trial, tuple(results(measured)), _safe(trial, measured), on, __version__, k.version)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        body = {"format": FORMAT, **asdict(kept), "on": on.isoformat()}
        (folder / f"{kept.id}.json").write_text(json.dumps(body, indent=1), encoding="utf-8")
    except OSError as error:
        given = error.strerror or "cannot be written"
        problem = Problem(
            "unwritable", str(folder), given, "a folder that can be written", "name another one with --data"
        )
        raise RehearseError([problem]) from error
    return kept


def _safe(trial: Trial, measured: Sequence[Measured]) -> tuple[Safe, ...]:
    found = []
    for arm in trial.arms:
        after = [m for m in measured if m.arm == arm.name and m.when == "after"]
        totals = [
            sum(getattr(m, name) for m in after) / len(after) for name in ("releases", "breaches", "over_ceiling_s")
        ]
        found.append(Safe(arm.name, *totals))
    return tuple(found)


def every(folder: Path) -> list[Kept]:
    """All results of a folder, the newest first; a file that is none is left out."""
    found = [kept for path in sorted(folder.glob("*.json")) if (kept := one(folder, path.stem)) is not None]
    return sorted(found, key=lambda kept: (-kept.on.toordinal(), kept.trial.name, kept.id))


def one(folder: Path, ident: str) -> Kept | None:
    """The results of an id; None where there are none that can be read."""
    path = folder / f"{ident}.json"
    if not ID.fullmatch(ident) or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return _read(body) if body.get("format") == FORMAT and body.get("id") == ident else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _read(body: dict[str, Any]) -> Kept:
    """A file's values as they were. Raises TypeError or KeyError where some are missing."""
    told = body["trial"]
    arms = tuple(Arm(**arm) for arm in told["arms"])
    trial = Trial(**{**told, "arms": arms, "after_days": tuple(told["after_days"])})
    rows = tuple(_row(row) for row in body["rows"])
    safe = tuple(Safe(**row) for row in body["safe"])
    return Kept(body["id"], trial, rows, safe, date.fromisoformat(body["on"]), body["version"], body["knowledge"])


def _row(row: dict[str, Any]) -> Result:
    effects = {key: None if row[key] is None else Effect(**row[key]) for key in ("change", "against_first")}
    return Result(**{f.name: row[f.name] for f in fields(Result)} | effects)
