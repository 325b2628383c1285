"""Error classes with stable codes, and the one shape in which every problem is told.

A problem names its place, what was given, what is allowed and what to do. Readers collect every problem before they raise.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


def shown(value: object) -> str:
    """A value as it may stand in a message: short, whatever it is."""
    try:
        return _short.repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} too long to show"


_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxlevel = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was given."""

    code: str
    place: str
    given: str
    allowed: str
    todo: str

    def __str__(self) -> str:
        parts = [f"{self.place}: {self.given}"]
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.todo:
            parts.append(self.todo)
        return "; ".join(parts)

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class UnknotError(Exception):
    """Bad input or a state that must not go on. `code` is stable, `problems` lists every finding.

    Raised with at least one problem; the message lists all of them.
    """

    code = "unknot"

    def __init__(self, problems: Iterable[Problem], title: str = "") -> None:
        self.problems = tuple(problems)
        self.title = title
        lines = ([title] if title else []) + [str(p) for p in self.problems]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[UnknotError], tuple[tuple[Problem, ...], str]]:
        """So that it can come back from another process."""
        return type(self), (self.problems, self.title)


class CaseError(UnknotError):
    """A case file that cannot be read as it stands."""

    code = "case"


class KnowledgeError(UnknotError):
    """Knowledge that breaks its own rules, or an id that nothing in the knowledge carries."""

    code = "knowledge"


class GuardError(UnknotError):
    """A number that is missing, NaN, infinite or out of its range where a number must stand."""

    code = "guard"
