"""Setting a paper as tagged PDF by typst, whatever script its words are written in. What typst says of a failure holds those words, so it goes no further."""

from __future__ import annotations

import json
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from unknot.errors import Problem, UnknotError
from unknot.words import say

STRANGE = re.compile(r"[^\n\x20-\x7e\u00a0-\u024f\u0370-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]")
"""Characters beyond Latin, Greek and Cyrillic, which the font of the papers has."""
SIGN = "□"
TAGGED = ("ua-1",)
_ONE = threading.Lock()
"""A compiler that is at work refuses a second paper, so one is set after the other; each takes a twentieth of a second."""


class PaperError(UnknotError):
    """A paper cannot be set. It says nothing of what stands in it."""

    code = "letter"


def typeset(template: str, data: dict[str, Any], title: str) -> bytes:
    """The PDF of a template of this folder, PDF/UA-1 where it can be. `data` is told by name; `note` in it says what the font lacks.

    Raises PaperError, with the paper's `title`, when it cannot be set at all.
    """
    told = data | {"note": ""}
    found = _set(template, told, TAGGED)
    if found is None:
        told = _printable(data) | {"note": say("letter.note", sign=SIGN)}
        found = _set(template, told, TAGGED) or _set(template, told, ())
    if found is None:
        raise PaperError([Problem("letter", title, say("letter.not_set"), "", say("letter.not_set_todo"))])
    return found


def _set(template: str, data: dict[str, Any], standards: tuple[str, ...]) -> bytes | None:
    """The PDF, or None where typst refuses."""
    import typst

    told = json.dumps(data, ensure_ascii=False)
    try:
        with _ONE:
            made = _compiler(template).compile(format="pdf", sys_inputs={"data": told}, pdf_standards=list(standards))
    except typst.TypstError:
        return None
    return bytes(made)


@cache
def _compiler(template: str) -> Any:
    import typst

    return typst.Compiler(str(Path(__file__).parent / template))


def _printable(value: Any) -> Any:
    """The same with a sign for each character of a script that the fonts at hand may lack."""
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_printable(one) for one in value]
    return STRANGE.sub(SIGN, value) if isinstance(value, str) else value
