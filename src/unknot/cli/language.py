"""`unknot record language`: a file of the clients' language looked through before the practice adds it, and the file to begin with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from unknot.cli.output import line, out
from unknot.errors import Problem
from unknot.record.place import StoreError
from unknot.words import say

if TYPE_CHECKING:
    from unknot.record.languages import Language

SHOWN = 60
"""Characters of an English text beside its key."""


def command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file of a language; with --new, the file to write.")],
    new: Annotated[bool, typer.Option("--new", help="Write the file to begin with: every text in English.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")] = False,
) -> None:
    """What a file of the clients' language still lacks: exit code 1 when something is missing or cannot be used. The record is not touched."""
    from unknot.knowledge.load import knowledge
    from unknot.record.languages import english, read, template

    k = knowledge()
    if new:
        _write(path, template(k))
        told = f"{path}: {len(english(k)):,} texts in English. Say code and name at its top, and put them into the language."
        line({"path": str(path), "total": len(english(k))}) if as_json else out().print(escape(told), soft_wrap=True)
        return
    found = read(_text(path), k)
    missing, same = found.missing(k), found.same(k)
    if as_json:
        kinds = {"missing": missing, "wrong": found.wrong, "unknown": found.unknown, "same": same}
        line({"code": found.code, "name": found.name, "total": len(english(k)), **{name: list(keys) for name, keys in kinds.items()}})  # fmt: skip
    else:
        _tell(found, missing, same, dict(english(k)))
    raise typer.Exit(1 if missing else 0)


def _text(path: Path) -> str:
    """The text of a file. Raises StoreError for what is no file of text."""
    from unknot.record.languages import LARGEST

    allowed, todo = "a text file (TOML, UTF-8)", "name another; --new writes one to begin with"
    try:
        with path.open("rb") as file:
            return file.read(4 * LARGEST + 4).decode("utf-8-sig")
    except OSError as error:
        given = error.strerror or "cannot be read"
    except ValueError:
        given = "its letters are not UTF-8"
    raise StoreError([Problem("unreadable", str(path), given, allowed, todo)])


def _write(path: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        todo = "name another; nothing is ever written over"
        raise StoreError([Problem("exists", str(path), "something is there already", "a new file", todo)]) from None
    except OSError as error:
        given = error.strerror or "cannot be written"
        raise StoreError([Problem("unwritable", str(path), given, "a new file", "choose another place")]) from None


def _tell(found: Language, missing: Sequence[str], same: Sequence[str], texts: dict[str, str]) -> None:
    """How far it is, then each list with the English beside the keys."""
    console = out()
    whole = say("languages.done", count=len(texts) - len(missing), total=len(texts))
    console.print(escape(f"{found.name} ({found.code}): {whole}"), soft_wrap=True)
    for name, keys in (("missing", missing), ("wrong", found.wrong), ("unknown", found.unknown), ("same", same)):
        if keys:
            console.print(f"\n[bold]{escape(say(f'languages.{name}'))}[/bold] ({len(keys)})")
        for key in keys:
            text = texts.get(key, "")
            short = text if len(text) <= SHOWN else text[:SHOWN].rstrip() + " ..."
            console.print(escape(f"  {key}  {short}".rstrip()), soft_wrap=True)
