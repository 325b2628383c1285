"""Photographs of posture that are kept: as documents of the record, so that backup, export and erasing take them along.

A picture carries no more than what is seen: every other part of the file (place, time, camera, thumbnail, remarks) is dropped before it is stored.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from unknot.errors import Problem, UnknotError
from unknot.record.erase import take_out
from unknot.record.screening import Visit
from unknot.record.store import Batch, Fact, Store
from unknot.words import say

KIND = "photo"
TAKEN_OUT = "photo_taken_out"
"""A fact of the visit."""
LARGEST = 400_000
"""Bytes of one picture."""
MOST = 6
"""Pictures of one visit."""
LONGEST_EDGE = 1600
"""Width and height [pixels]."""
START, END, SCAN, JFIF, REMARK = 0xD8, 0xD9, 0xDA, 0xE0, 0xFE
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Beginnings of a picture that browsers show: baseline, extended, progressive."""


class PhotoError(UnknotError):
    """What is no picture that can be kept; nothing was stored."""

    code = "photo"


@dataclass(frozen=True, slots=True)
class Photo:
    """A kept picture: its visit and its number there."""

    visit: Visit
    number: int


class Photos:
    """The pictures of a client. Raises StoreError when the record cannot be read or written."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def of(self, visits: Sequence[Visit]) -> list[Photo]:
        """Those of some visits, in order, told without reading a picture: one that was removed has a second version."""
        found = self.store.versions_of(KIND, [_ident(v, n) for v in visits for n in range(MOST)])
        return [Photo(v, n) for v in visits for n in range(MOST) if found.get(_ident(v, n)) == 1]

    def read(self, visit: Visit, number: int) -> bytes | None:
        """A picture as JPEG; None when there is none."""
        kept = self.store.get(KIND, _ident(visit, number))
        return base64.b64decode(kept.body["jpeg"]) if kept is not None and _there(kept) else None

    def keep(self, visit: Visit, data: bytes) -> Photo:
        """Store a picture, bare. Raises PhotoError for what is no JPEG, too large, or one too many."""
        bare = without_words(data)
        taken = self.store.versions_of(KIND, [_ident(visit, n) for n in range(MOST)])
        number = next((n for n in range(MOST) if _ident(visit, n) not in taken), None)
        if number is None:
            raise _refused(say("photos.many"), str(MOST), say("photos.many_todo"))
        body = {"client": visit.client, "visit": visit.id, "jpeg": base64.b64encode(bare).decode()}
        self.store.put(KIND, _ident(visit, number), body)
        return Photo(visit, number)

    def remove(self, visit: Visit, number: int, by: str) -> bool:
        """Take a picture out for good; that it was there, when it was kept, and when and by whom it was taken out stays as a fact of the visit.

        False when its bytes are overwritten only later, since somebody else reads the record just now.
        """
        kept = self.store.get(KIND, _ident(visit, number))
        if kept is None:
            return True
        left = Fact(TAKEN_OUT, {"photo": number, "kept": kept.at, "by": by[:80]})
        return take_out(self.store, KIND, kept.id, Batch(f"visit:{visit.id}", [left]))

    def taken_out(self, visits: Sequence[Visit]) -> list[Fact]:
        """What is left of those that were taken out of some visits, in order."""
        every = self.store.facts_of([f"visit:{v.id}" for v in visits])
        return [f for v in visits for f in every[f"visit:{v.id}"] if f.kind == TAKEN_OUT]


def _ident(visit: Visit, number: int) -> str:
    return f"{visit.id}.{number}"


def _there(kept: object) -> bool:
    return bool(getattr(kept, "body", {}).get("jpeg"))


def without_words(data: bytes) -> bytes:
    """A JPEG with nothing but its picture: tables, frame and scans; what else it holds, or what stands behind its end, is dropped. Raises PhotoError."""
    if len(data) > LARGEST:
        raise _refused(f"{len(data):,}", f"{LARGEST:,}", say("photos.todo"))
    if data[:2] != bytes([0xFF, START]):
        raise _refused(say("photos.no_jpeg"), "JPEG", say("photos.todo"))
    out, at, sized = bytearray(data[:2]), 2, False
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == END:
            return bytes(out + data[at : at + 2]) if sized else _no_picture()
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            break
        if marker in FRAMES:
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            if not (0 < height <= LONGEST_EDGE and 0 < width <= LONGEST_EDGE):
                raise _refused(f"{width} x {height}", f"{LONGEST_EDGE} x {LONGEST_EDGE}", say("photos.todo"))
            sized = True
        if marker == SCAN:
            end = _scan_end(data, end)
        if not (JFIF < marker <= 0xEF or marker == REMARK):
            out += data[at:end]
        at = end
    if data[at : at + 2] == bytes([0xFF, END]) and sized:
        return bytes(out + data[at : at + 2])
    return _no_picture()


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded picture ends: at the next marker that is no restart and no stuffed byte."""
    while (at := data.find(0xFF, at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)


def _no_picture() -> bytes:
    raise _refused(say("photos.no_jpeg"), "JPEG", say("photos.todo"))


def _refused(given: str, allowed: str, todo: str) -> PhotoError:
    return PhotoError([Problem("photo", say("measures.photo_file"), given, allowed, todo)])
