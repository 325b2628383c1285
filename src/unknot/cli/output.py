"""Printing for people (Rich) and for programs (JSON lines), and one way to fail."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape

from unknot.errors import Problem, UnknotError


@cache
def out() -> Console:
    """The console for people; as wide as the terminal, 100 columns where there is none."""
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110, color_system=None)
    return console


def line(value: Any) -> None:
    """One JSON object on one line."""
    sys.stdout.write(as_line(value))


def as_line(value: Any) -> str:
    """JSON on one line, its end included."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file, its folder too. Raises UnknotError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        given = error.strerror or "cannot be written"
        problem = Problem("unwritable", str(path), given, "a file that can be written", "choose another place")
        raise UnknotError([problem]) from error


def tell(error: UnknotError) -> None:
    """Every problem on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(error.title or 'This cannot be done')}[/bold]")
    for problem in error.problems:
        console.print(f"  {escape(problem.place)}: {escape(problem.given)}")
        if problem.allowed:
            console.print(f"      allowed: {escape(problem.allowed)}")
        if problem.todo:
            console.print(f"      {escape(problem.todo)}")


def fail(error: UnknotError) -> NoReturn:
    """Tell every problem and exit with 2."""
    tell(error)
    sys.exit(2)
