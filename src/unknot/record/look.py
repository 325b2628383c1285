"""One look at the record: while a page is made, each document and each stream is read from the database once.

A look is as long as one request that only reads, and belongs to it alone: the next page looks anew, so that nothing that changed is
shown late. What is written within a look is read again. What could not be written in one is told on its page and holds nothing back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from unknot.errors import Problem, UnknotError


@dataclass(slots=True)
class Seen:
    """What was read of one kind of thing, by its name."""

    of: dict[Hashable, Any] = field(default_factory=dict)

    def keep(self, name: Hashable, value: Any) -> None:
        """What stands there now; None where nothing is."""
        self.of[name] = value

    def forget(self, name: Hashable) -> None:
        """It is read anew when it is wanted again."""
        self.of.pop(name, None)


@dataclass(slots=True)
class Look:
    """Documents by (store, kind, id); streams of facts, and how far they have grown, by (store, name); what was worked out by (store, kind, id)."""

    documents: Seen = field(default_factory=Seen)
    streams: Seen = field(default_factory=Seen)
    lasts: Seen = field(default_factory=Seen)
    derived: Seen = field(default_factory=Seen)
    unwritten: tuple[Problem, ...] = ()
    """Why what the page would have kept was not written; empty when all was."""

    def forget_stream(self, name: Hashable) -> None:
        """It has grown."""
        self.streams.forget(name)
        self.lasts.forget(name)


_LOOK: ContextVar[Look | None] = ContextVar("look", default=None)


@contextmanager
def looking() -> Iterator[Look]:
    """Everything that is read inside is read once. A look within a look is the outer one."""
    now = _LOOK.get()
    if now is not None:
        yield now
        return
    new = Look()
    token = _LOOK.set(new)
    try:
        yield new
    finally:
        _LOOK.reset(token)


def look() -> Look | None:
    """The look that goes on; None outside of one."""
    return _LOOK.get()


def only_looks(error: UnknotError) -> bool:
    """Whether somebody only looks, so that what could not be written holds nothing back: then the look remembers why it was not."""
    now = _LOOK.get()
    if now is not None:
        now.unwritten = now.unwritten or error.problems
    return now is not None


def unwritten() -> tuple[Problem, ...]:
    """Why what this look would have kept was not written."""
    now = _LOOK.get()
    return now.unwritten if now is not None else ()
