"""A paper that leaves the record: sections of plain lines and tables. The note, the client's sheet and the reports are such; each is text, a page, or a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

WIDTH = 96


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words under a head; `foot` sums them up."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it."""

    key: str
    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written, about whom, and what stands at its foot."""

    kind: str
    title: str
    about: str
    sections: tuple[Section, ...]
    foot: tuple[str, ...] = ()


def as_text(paper: Paper) -> str:
    """Pure text, for the clipboard and for other programs."""
    found = [paper.title, paper.about]
    for section in paper.sections:
        if section.lines or section.table is not None:
            found += ["", section.title.upper(), *section.lines]
            found += _rows(section.table) if section.table is not None else []
    if paper.foot:
        found += ["", *paper.foot]
    return "\n".join(line for text in found for line in _broken(text)) + "\n"


def _broken(text: str) -> list[str]:
    """A text in lines that fit."""
    fits = len(text) <= WIDTH and text.isprintable() and text == text.strip()
    return [text] if fits else wrap(text, WIDTH, break_on_hyphens=False) or [""]


def _rows(table: Table) -> list[str]:
    """A row as "head: word; head: word", which any reader takes in; the sum begins with its own word."""
    rows = [(table.head, row) for row in table.rows]
    rows += [(("", *table.head[1:]), table.foot)] if table.foot else []
    return [
        "- " + "; ".join(f"{head}: {word}" if head else word for head, word in zip(heads, row, strict=True) if word)
        for heads, row in rows
    ]
