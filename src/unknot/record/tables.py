"""The record as flat tables for spreadsheets and statistics, and the dictionary that says what each column means.

Nothing is lost in `facts` and `documents`: the other tables repeat, ready to use, what most people look for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unknot.record.withheld import TOLD

Type = Literal["text", "whole", "number", "yes_no", "json"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, its unit where it has one, and what it says."""

    name: str
    type: Type
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Flat:
    """One table. `of` makes its row from a row of the store, or None when it has nothing to do with it."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    of: Callable[[str, Row, Row], dict[str, Any] | None]


KEYS = (
    Column("at", "text", "when it was stored, ISO 8601 with its offset"),
    Column("schema", "whole", "number of the shape of the body"),
    Column("body", "json", "the content as it was stored"),
    Column("versions", "json", "program, knowledge and atlas that it was written under"),
)
CLIENT = Column("client", "text", "id of the client (UUID)")
VISIT = Column("visit", "text", "id of the visit (UUID)")
SESSION = Column("session", "text", "id of the session (UUID)")
AT = KEYS[0]


def _stream(row: Row) -> tuple[str, str]:
    kind, _, ident = str(row["stream"]).partition(":")
    return kind, ident


def _fact(table: str, row: Row, _: Row) -> dict[str, Any] | None:
    return dict(row) if table == "facts" else None


def _document(table: str, row: Row, _: Row) -> dict[str, Any] | None:
    return dict(row) if table == "documents" else None


def _client(table: str, row: Row, body: Row) -> dict[str, Any] | None:
    if table != "documents" or row["kind"] != "client":
        return None
    return {"client": row["id"], "version": row["version"], "at": row["at"], **_some(body, "label", "age", "sex")}


def _visit(table: str, row: Row, body: Row) -> dict[str, Any] | None:
    if table != "facts" or row["kind"] != "visit_opened":
        return None
    return {"client": _stream(row)[1], "at": row["at"], **_some(body, "visit", "on", "came_before")}


def _answer(table: str, row: Row, body: Row) -> dict[str, Any] | None:
    if table != "facts" or row["kind"] != "answered":
        return None
    of, ident = _stream(row)
    told = _some(body, "question", "answer", "by", "singly")
    return {"of": of, "id": ident, "sequence": row["sequence"], "at": row["at"], **told}


def _session(table: str, row: Row, body: Row) -> dict[str, Any] | None:
    if table != "documents" or row["kind"] != "session":
        return None
    plan = body.get("plan")
    count = len(plan["applications"]) if isinstance(plan, dict) and "applications" in plan else None
    return {"session": row["id"], "at": row["at"], "applications": count, **_some(body, "client", "visit")}


def _session_fact(table: str, row: Row, body: Row) -> dict[str, Any] | None:
    if table != "facts" or _stream(row)[0] != "session":
        return None
    inner = body.get("body")
    told = inner if isinstance(inner, dict) else {}
    value = told.get("value")
    return {
        "session": _stream(row)[1], "sequence": row["sequence"], "epoch": body.get("epoch"), "at_ms": body.get("at"),
        "kind": row["kind"], "by": told.get("by"), "value": value if isinstance(value, int | float) else None,
        "application": told.get("application"),
    }  # fmt: skip


def _some(body: Row, *names: str) -> dict[str, Any]:
    return {name: body.get(name) for name in names}


FLAT = (
    Flat("facts", "everything that happened, in the order of its stream", (
        Column("stream", "text", "whose: client:ID, visit:ID, session:ID, or one of the practice"),
        Column("sequence", "whole", "number in its stream, from 1"),
        Column("kind", "text", "what kind of thing happened"), *KEYS,
    ), _fact),
    Flat("documents", f"everything that is edited as a whole, each version a row; {TOLD}", (
        Column("kind", "text", "what it is: client, drawing, plan, session, practice and others"),
        Column("id", "text", "its id; a drawing and a plan have that of their visit"),
        Column("version", "whole", "number of the version, from 1; the highest holds"), *KEYS,
    ), _document),
    Flat("clients", "clients, each version a row", (
        CLIENT, Column("version", "whole", "number of the version; the highest holds"), AT,
        Column("label", "text", "what the practice calls them"),
        Column("age", "number", "age as it was told", "years"), Column("sex", "text", "female, male or empty"),
    ), _client),
    Flat("visits", "visits", (
        CLIENT, VISIT, Column("on", "text", "day of the visit, ISO 8601"), AT,
        Column("came_before", "yes_no", "whether there was an earlier visit"),
    ), _visit),
    Flat("answers", "answers of the questionnaire; the last to a question holds", (
        Column("of", "text", "client (history) or visit (today)"), Column("id", "text", "id of that client or visit"),
        Column("sequence", "whole", "number in its stream"), AT,
        Column("question", "text", "key of the question, see `unknot screen --questions`"),
        Column("answer", "text", "yes, no or unknown"), Column("by", "text", "who answered"),
        Column("singly", "yes_no", "asked one by one"),
    ), _answer),
    Flat("sessions", "hands-on sessions", (
        SESSION, CLIENT, VISIT, AT, Column("applications", "whole", "how many applications were planned"),
    ), _session),
    Flat("session_facts", "what happened in sessions", (
        SESSION, Column("sequence", "whole", "number in the session"),
        Column("epoch", "whole", "which life of the program: a restart begins a new one"),
        Column("at_ms", "whole", "true time since the epoch began", "ms"),
        Column("kind", "text", "input or what followed from it"), Column("by", "text", "who gave an input"),
        Column("value", "number", "the number of an input; of a rating the discomfort", "0-10"),
        Column("application", "text", "which application it belongs to"),
    ), _session_fact),
)  # fmt: skip


def flat_rows(table: str, row: Row) -> Iterator[tuple[Flat, list[Any]]]:
    """What a row of the store becomes in the flat tables."""
    read = json.loads(row["body"])
    for flat in FLAT:
        made = flat.of(table, row, read)
        if made is not None:
            yield flat, [fitting(made.get(column.name), column) for column in flat.columns]


def fitting(value: Any, column: Column) -> Any:
    """A value as its column takes it; what does not fit stays in `facts` and `documents` alone."""
    if column.type in ("text", "json"):
        return None if value is None else str(value)
    if column.type == "yes_no":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if column.type == "number":
        return float(value)
    return int(value) if abs(value) < 2**63 else None


PAPERS: tuple[Column, ...] = (
    Column("file", "text", "the PDF beside this list, named by ids"),
    CLIENT,
    Column("visit", "text", "id of the visit (UUID); empty for a paper over all visits"),
    Column("on", "text", "day of the visit, ISO 8601"),
    Column(
        "paper",
        "text",
        "note, sheet (the client's), progress (to a physician), insurance, letter (to a physician); all where a client's papers cannot be read",
    ),
    Column("problem", "text", "empty; else why there is no such file"),
)
"""The list of papers beside the PDFs."""
