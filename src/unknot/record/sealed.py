"""A sealed file: a head that anybody may read, then chunks that only the key opens, each bound to its place and the last one marked.

Version 1: `UNKNOTBK`, the length of the head (4 bytes), the head as JSON (version, what it is, the cost of the key, four bytes for nonces), then
chunks: the length of what follows (4 bytes), and AES-256-GCM of at most 64 KiB. The nonce is the head's four bytes and the number of the
chunk; authenticated along with it are the head's digest, that number and whether it is the last. So nothing can be left out, doubled,
swapped, cut off or put in from another file without being noticed. The key is made for this file alone, by Argon2id with its own salt.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from unknot.errors import Problem
from unknot.record import secret as keys
from unknot.record.place import StoreError
from unknot.record.secret import Secret, cost_of, derived

MAGIC = b"UNKNOTBK"
VERSION = 1
CHUNK = 65536
TAG = 16
LONGEST_HEAD = 65536


def _refused(place: str, given: str, todo: str) -> StoreError:
    return StoreError([Problem("bad_backup", place, given, "a backup as it was made", todo)])


def _bound(digest: bytes, number: int, last: bool) -> bytes:
    return digest + struct.pack(">QB", number, last)


class Sealing:
    """Writes a sealed file. It stands under its name only when it is whole; else nothing is left behind."""

    def __init__(self, path: Path, secret: Secret, about: dict[str, Any]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.path = path
        self.partial = path.with_name(path.name + ".part")
        cost = keys.new_cost()
        self.nonce = os.urandom(4)
        head = json.dumps({**about, "version": VERSION, "key": asdict(cost), "nonce": self.nonce.hex()}).encode()
        self.digest = hashlib.sha256(head).digest()
        self.cipher = AESGCM(derived(secret, cost))
        self.held = bytearray()
        self.number = 0
        handle = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.file: BinaryIO = os.fdopen(handle, "wb")
        self.file.write(MAGIC + struct.pack(">I", len(head)) + head)

    def write(self, data: bytes) -> None:
        self.held += data
        while len(self.held) > CHUNK:
            self._seal(bytes(self.held[:CHUNK]), last=False)
            del self.held[:CHUNK]

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = self.nonce + struct.pack(">Q", self.number)
        sealed = self.cipher.encrypt(nonce, plain, _bound(self.digest, self.number, last))
        self.file.write(struct.pack(">I", len(sealed)) + sealed)
        self.number += 1

    def __enter__(self) -> Sealing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._seal(bytes(self.held), last=True)
                self.file.flush()
                os.fsync(self.file.fileno())
                if self.path.exists():
                    raise FileExistsError(17, "something is there already")
                self.partial.replace(self.path)
        finally:
            with suppress(OSError):  # what it held did not fit: it goes anyway
                self.file.close()
            self.partial.unlink(missing_ok=True)


def head_of(file: BinaryIO, place: str) -> tuple[dict[str, Any], bytes]:
    """The head of a sealed file and its digest. Raises StoreError when it is none or newer than this program."""
    start = file.read(len(MAGIC) + 4)
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + 4:
        raise _refused(place, "it is no backup of Unknot", "name a file that `unknot record backup` has made")
    (length,) = struct.unpack(">I", start[len(MAGIC) :])
    raw = file.read(length) if length <= LONGEST_HEAD else b""
    try:
        head = json.loads(raw)
        version = head["version"]
    except (ValueError, KeyError, TypeError):
        raise _refused(place, "its head cannot be read", "take another backup") from None
    if version != VERSION:
        raise _refused(place, f"made in form {version!s:.10}, this program reads form {VERSION}", "update Unknot")
    return head, hashlib.sha256(raw).digest()


def unsealed(file: BinaryIO, place: str, secret: Secret) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece, each only when it is proved. Raises StoreError for a wrong key or anything changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head, digest = head_of(file, place)
    try:
        first = bytes.fromhex(head["nonce"])
    except (KeyError, TypeError, ValueError):
        raise _refused(place, "its head cannot be read", "take another backup") from None
    cipher = AESGCM(derived(secret, cost_of(head.get("key"), place)))
    number, last = 0, False
    while not last:
        sealed = _chunk(file, place)
        nonce = first + struct.pack(">Q", number)
        ahead = file.peek(1) if hasattr(file, "peek") else b""
        last = not ahead
        try:
            yield cipher.decrypt(nonce, sealed, _bound(digest, number, last))
        except (InvalidTag, ValueError):
            if number == 0:
                todo = "give the key that it was made with; if it is the right one, the file is damaged: take another backup"
                raise StoreError(
                    [Problem("wrong_key", place, "the key does not open it", keys.SEAL_KEY, todo)]
                ) from None
            raise _refused(place, f"damaged or cut off at part {number + 1}", "take another backup") from None
        number += 1


def _chunk(file: BinaryIO, place: str) -> bytes:
    size = file.read(4)
    length = struct.unpack(">I", size)[0] if len(size) == 4 else 0
    sealed = file.read(length) if TAG <= length <= CHUNK + TAG else b""
    if len(sealed) != length or length < TAG:
        raise _refused(place, "damaged or cut off", "take another backup")
    return sealed
