"""Texts of problems as sentences of a page: a capital, one full stop, and commands as code."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from unknot.errors import Problem
from unknot.words import raised, say

COMMAND = re.compile(r"`([^`]+)`")
ENDS = (".", "!", "?")


def sentence(text: str) -> str:
    """Words as one sentence: the first letter large, and one full stop. A sentence stays as it is, and so does nothing."""
    return raised(text) if not text or text.endswith(ENDS) else f"{raised(text)}."


def told(problem: Problem, *, placed: bool = True) -> str:
    """A problem as two sentences: where and what, and what to do."""
    what = f"{problem.place}: {problem.given}" if placed and problem.place else problem.given
    if problem.allowed:
        what += f" ({say('screen.allowed', allowed=problem.allowed)})"
    return f"{sentence(what)} {sentence(problem.todo)}".strip()


def coded(text: str) -> Markup:
    """Text for a page, with what stands between backticks as code, since it is typed letter by letter."""
    return Markup(COMMAND.sub(r"<code>\1</code>", str(escape(text))))
