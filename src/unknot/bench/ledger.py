"""What people at work were told is kept, remembered outside of the app; and what a record says of it afterwards.

Every request carries a mark of its own that it leaves in the rows that it writes. What was acknowledged must be there exactly once, what was
not at most once, and each of them whole.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.store import Store
from unknot.record.verify import verify

MARK = re.compile(r"zq[0-9a-f]{14}")
PARTS = 4
"""Parts of a note, each with the mark of who kept it."""


@dataclass(slots=True)
class Attempt:
    """One request. `rows`: how many rows bear its mark when it was carried out. Of those of one `group` one is carried out, the others find it done."""

    what: str
    mark: str
    rows: int
    group: str = ""
    acknowledged: bool = False


@dataclass(slots=True)
class Answers:
    """One page of questions that was sent, as often as it took."""

    of: tuple[str, str]
    """The streams of the client and the visit."""
    questions: frozenset[str]
    sent: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a day of kills showed. `amid`: kills while an answer was waited for; `failed`: answers that are none."""

    kills: int
    amid: int
    acknowledged: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    half: tuple[str, ...]
    failed: tuple[str, ...]
    wrong: int
    """Problems that verifying found."""

    @property
    def good(self) -> bool:
        """Whether anything was done, and nothing is missing, doubled, halved or wrong."""
        return self.acknowledged > 0 and not (self.lost or self.twice or self.half or self.failed or self.wrong)


@dataclass
class Ledger:
    """Shared by all who are at work."""

    attempts: list[Attempt] = field(default_factory=list)
    answers: dict[tuple[tuple[str, str], frozenset[str]], Answers] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """What a page did not show."""
    waiting: int = 0
    """Requests without an answer yet."""
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, attempt: Attempt | Answers | None) -> None:
        with self.lock:
            self.waiting += 1
            if isinstance(attempt, Attempt):
                self.attempts.append(attempt)
            elif attempt is not None:
                attempt.sent += 1

    def end(self, attempt: Attempt | Answers | None, *, good: bool) -> None:
        with self.lock:
            self.waiting -= 1
            if good and attempt is not None:
                self.done += 1
                if isinstance(attempt, Attempt):
                    attempt.acknowledged = True
                else:
                    attempt.acknowledged += 1

    def page(self, client: str, visit: str, questions: frozenset[str]) -> Answers:
        """The page of questions of a client at a visit."""
        of = (f"client:{client}", f"visit:{visit}")
        with self.lock:
            return self.answers.setdefault((of, questions), Answers(of, questions))

    def looked_at(self, store: Store, kills: int, amid: int) -> Found:
        """What became of everything."""
        rows, answered, half = _rows(store)
        lost, twice = list(self.lost), list[str]()
        groups: dict[str, list[Attempt]] = {}
        for a in self.attempts:
            groups.setdefault(a.group or a.mark, []).append(a)
            count = rows[a.what, a.mark]
            if count % a.rows:
                half.append(f"{a.what}: {count} of {a.rows} rows")
            if count > a.rows:
                twice.append(a.what)
        for some in groups.values():
            there = sum(rows[a.what, a.mark] > 0 for a in some)
            if not there and any(a.acknowledged for a in some):
                lost.append(some[0].what)
            if there > 1:
                twice.append(some[0].what)
        for page in self.answers.values():
            counts = {sum(answered[s, q] for s in page.of) for q in page.questions}
            if len(counts) > 1:
                half.append("answers of one page")
            if max(counts) < bool(page.acknowledged):
                lost.append("answers")
            if max(counts) > page.sent:
                twice.append("answers")
        return Found(
            kills, amid, self.done, tuple(lost), tuple(twice), (*self.half, *half), tuple(self.failed), verify(store).wrong,
        )  # fmt: skip


def _rows(store: Store) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]], list[str]]:
    """How many rows bear each mark, how often each question was answered, and what is there by half."""
    rows: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    half: list[str] = []
    pairs: dict[str, set[str]] = {name: set() for name in ("came", "visit_opened", "session", "session_begun")}
    with store.snapshot() as connection:
        for row in store.rows(connection, FACTS):
            body = json.loads(row.body)
            if row.kind == "answered":
                answered[row.stream, body["question"]] += 1
            elif row.kind in ("visit_opened", "session_begun"):
                pairs[row.kind].add(body["visit" if row.kind == "visit_opened" else "session"])
            else:
                rows.update((row.kind, mark) for mark in _marks(row))
                ident = body.get("body", {}).get("ident") if row.stream.startswith("session:") else None
                rows.update([("tap", str(ident))] if ident else [])
        for row in store.rows(connection, DOCUMENTS):
            body = json.loads(row.body)
            if row.kind in ("came", "session"):
                pairs[row.kind].add(body["visit"] if row.kind == "came" else row.id)
            half += ["a note"] if row.kind == "note" and _is_half(body) else []
            rows.update(_of_document(row, body))
    for one, other in (("came", "visit_opened"), ("session", "session_begun")):
        half += [f"{one} without {other} or the other way round"] * len(pairs[one] ^ pairs[other])
    return rows, answered, half


def _of_document(row: Row[Any], body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if row.kind == "appointment":
        yield "appointment", f"{body['client']} {body['on']} {body['time']}"
    elif row.kind == "sign_in":
        if row.version == 1:
            yield "sign_in", row.id
    elif row.kind == "note":
        yield "signed" if body["signed_by"] else "note", next(iter(MARK.findall(body["parts"]["plan"])), "")
    else:
        for mark in _marks(row):
            yield row.kind, mark


def _marks(row: Row[Any]) -> set[str]:
    return set(MARK.findall(row.body))


def _is_half(note: dict[str, Any]) -> bool:
    """Whether the parts of a note are not all of one hand."""
    marks = [frozenset(MARK.findall(text)) for text in note["parts"].values()]
    return len(set(marks)) != 1
