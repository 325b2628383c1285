"""What the whole suite logs, in every worker, against every name, sentence, password and code that any test has given to the app.

A run in which one of them stands in a log fails at its end, whichever test it came from.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from unknot.record.accounts import Passwords
from unknot.record.store import Store
from unknot.web.codes import Codes
from unknot.web.quiet import WithoutValues

CLIENTS = ("httpx", "httpcore", "websockets.client", "hypothesis", "faker", "asyncio.test")
"""Logs of the tests' own browsers, which are no part of the app."""
SHORTEST = 6
"""A shorter value may stand in a log as a word of its own."""
SENTENCES = ("said", "on_map", "amended")
MOST_TOLD = 20


class Logs:
    """The values that were given to the app, and the lines that were logged."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.lines: dict[str, None] = {}

    def know(self, value: object, what: str) -> None:
        """A value that may stand in no log."""
        text = str(value).strip()
        if len(text) >= SHORTEST and re.search(r"[^\W\d_]", text):
            self.values.setdefault(text, what)

    def saw(self, text: str) -> None:
        """Something that was logged; also the output of a server in a process of its own."""
        self.lines.setdefault(text)

    def record(self, record: logging.LogRecord) -> None:
        """As the running app would write it."""
        if record.name.startswith(CLIENTS):
            return
        written = copy.copy(record)
        WithoutValues().filter(written)
        self.saw(f"{written.name}: {logging.Formatter().format(written)}")

    def leaks(self) -> list[str]:
        """What stands in a log and may not: what it is and the line."""
        found = []
        for line in self.lines:
            for value, what in self.values.items():
                if value in line and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", line):
                    found.append(f"{what} {value[:40]!r} in the log: {line[:300]}")
        return found[:MOST_TOLD]


def listen(logs: Logs) -> None:
    """From now on, for as long as this process runs."""
    _before(logging.Logger, "handle", lambda _, record: logs.record(record))
    _before(Passwords, "hashed", lambda _, password, *more: logs.know(password, "a password"))
    _before(
        Store,
        "put",
        lambda _, kind, ident, body, **more: kind == "client" and logs.know(str(body.get("label", "")), "a client"),
    )
    _before(Store, "append_all", lambda _, batches: _facts(logs, batches))
    give = Codes.give

    @wraps(give)
    def given(self: Codes, *of: str) -> str:
        code = give(self, *of)
        logs.know(code, "a code")
        return code

    Codes.give = given  # type: ignore[method-assign]


def _facts(logs: Logs, batches: Any) -> None:
    for batch in batches:
        for fact in batch.facts:
            if fact.kind in SENTENCES:
                logs.know(fact.body.get("text", ""), "a client's words")


def _before(of: type, name: str, heard: Callable[..., object]) -> None:
    """Be told of every call before it is made."""
    call = getattr(of, name)

    @wraps(call)
    def told(*args: Any, **more: Any) -> Any:
        heard(*args, **more)
        return call(*args, **more)

    setattr(of, name, told)
