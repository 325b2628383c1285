"""The log of a session that the terminal conducts: one line of JSON for each step, each chained to the one before, synced before a press.

The first line holds the plan and the versions. A line that was cut short by a power cut was never acknowledged, and is left out; a line
that was changed is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from unknot import __version__
from unknot.case.plan import Plan
from unknot.case.plan_mapping import as_mapping, plan_of
from unknot.errors import Problem, UnknotError
from unknot.treat.engine import replay
from unknot.treat.fact import Fact, fact_of
from unknot.treat.session import Before, Session, start

FORMAT = 1
LARGEST = 64 * 1024 * 1024
"""Bytes: far above the longest session."""


class LogError(UnknotError):
    """A log that cannot be read, or does not say what happened."""

    code = "log"


@dataclass(frozen=True, slots=True)
class Read:
    """A log as it stands."""

    plan: Plan
    before: Before
    alone: frozenset[str]
    """Places that were left alone before it began, for a warning sign earlier in the visit."""
    facts: tuple[Fact, ...]
    session: Session
    written: str
    """When its last line was written: a stamp, never a measure but for the gap of a restart."""
    chain: str
    bytes: int
    """How much of the file is whole."""
    torn: bool
    """Whether its last line was cut short."""


def _line(content: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    chain = hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()[:32]
    whole = json.dumps(
        {**content, "chain": chain}, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return whole.encode() + b"\n", chain


def stamp() -> str:
    """The wall time, for the log's lines."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def gap_ms(then: str, now: str) -> int | None:
    """What passed between two stamps [ms]; None when the clock was put back, so that nobody knows."""
    passed = round((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds() * 1000)
    return passed if passed >= 0 else None


# ---------------------------------------------------------------- reading


def read(path: Path) -> Read:
    """A log, checked line by line and replayed. Raises LogError where it was changed, SessionError where the engine would say something else."""
    lines, torn = _lines(path)
    chain, written, facts = "", "", []
    plan: Plan | None = None
    before, alone = Before(), frozenset[str]()
    for number, raw in enumerate(lines, 1):
        content = _content(path, number, raw)
        told = content.pop("chain", None)
        _, chain = _line(content, chain)
        if told != chain:
            raise _bad(path, number, "was changed after it was written", "keep the log, and look at what changed it")
        try:
            written = str(content["at"])
            datetime.fromisoformat(written)
            if number == 1:
                plan, before = _plan(path, content), Before(**content.get("before", {}))
                alone = frozenset(str(place) for place in content.get("alone", ()))
            else:
                facts += [fact_of(row) for row in content["facts"]]
        except (KeyError, TypeError, ValueError) as error:
            raise _bad(path, number, f"is no line of a log: {str(error)[:80]}") from error
    if plan is None:
        raise _bad(path, 1, "is missing")
    session = replay(start(plan, before), facts)
    return Read(plan, before, alone, tuple(facts), session, written, chain, sum(len(raw) + 1 for raw in lines), torn)


def _lines(path: Path) -> tuple[list[bytes], bool]:
    try:
        with path.open("rb") as handle:
            whole = handle.read(LARGEST + 1)
    except OSError as error:
        given = error.strerror or "cannot be read"
        raise LogError([Problem("unreadable", str(path), given, "a log of unknot treat", "check the path")]) from error
    if len(whole) > LARGEST:
        raise LogError([Problem("too_large", str(path), "too large", f"at most {LARGEST} bytes", "check the path")])
    lines = whole.split(b"\n")
    return lines[:-1], bool(lines[-1])


def _content(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _bad(path, number, "is no JSON") from error
    if not isinstance(content, dict):
        raise _bad(path, number, "is no line of a log")
    return content


def _plan(path: Path, content: Mapping[str, Any]) -> Plan:
    if content.get("log") != FORMAT:
        raise _bad(path, 1, "is no log of this format")
    return plan_of(content["plan"])


def _bad(path: Path, number: int, given: str, todo: str = "name a log that unknot treat wrote") -> LogError:
    return LogError([Problem("log", f"{path.name}, line {number}", given, "a line as it was written", todo)])


# ---------------------------------------------------------------- writing


class Log:
    """A log that is open for writing. One program at a time holds it."""

    def __init__(self, path: Path, handle: BinaryIO, chain: str) -> None:
        self.path = path
        self._handle = handle
        self._chain = chain

    @classmethod
    def begin(
        cls,
        path: Path,
        plan: Plan,
        rules: str,
        *,
        before: Before | None = None,
        alone: Collection[str] = (),
        at: str = "",
    ) -> Log:
        """A new log; `before` is what the visit has counted already, `alone` the places that are left alone; `at` its stamp, that of the clock when not given.

        Raises LogError when the file is there or cannot be made.
        """
        log = cls(path, _opened(path, "xb"), "")
        first = {"log": FORMAT, "at": at or stamp(), "unknot": __version__, "rules": rules, "plan": as_mapping(plan)}
        log._write(first if before is None else {**first, "before": asdict(before), "alone": sorted(alone)}, sync=True)
        return log

    @classmethod
    def goes_on(cls, path: Path, found: Read) -> Log:
        """An older log, to be written on; what was cut short at its end is taken off."""
        handle = _opened(path, "r+b")
        handle.truncate(found.bytes)
        handle.seek(found.bytes)
        return cls(path, handle, found.chain)

    def append(self, facts: Sequence[Fact], *, sync: bool = True, at: str = "") -> None:
        """The facts of one step, stamped as in `begin`. Raises OSError when they cannot be stored."""
        self._write({"at": at or stamp(), "facts": [f.as_mapping() for f in facts]}, sync=sync)

    def _write(self, content: Mapping[str, Any], *, sync: bool) -> None:
        line, chain = _line(content, self._chain)
        self._handle.write(line)
        self._handle.flush()
        if sync:
            os.fsync(self._handle.fileno())
        self._chain = chain

    def close(self) -> None:
        self._handle.close()


def _opened(path: Path, mode: str) -> BinaryIO:
    try:
        handle: BinaryIO = path.open(mode)  # type: ignore[assignment]  # a binary mode
        _hold(handle)
    except OSError as error:
        given = (
            "another program writes it" if isinstance(error, BlockingIOError) else error.strerror or "cannot be written"
        )
        todo = "choose another place with --log, or end the other program"
        raise LogError([Problem("unwritable", str(path), given, "a file that can be written", todo)]) from error
    return handle


def _hold(handle: BinaryIO) -> None:
    """Keep others out, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
