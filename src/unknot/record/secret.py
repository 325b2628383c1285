"""Keys of what is encrypted: a passphrase or a key file to 32 bytes by Argon2id, and the opening of an encrypted record.

The record is encrypted by SQLCipher with the raw key. The salt and the cost lie beside the file; they are no secret. The salt stands in the
first 16 bytes of the file too, so that a lost salt file loses nothing as long as the cost is the usual one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unknot.errors import Problem
from unknot.record.place import StoreError

SHORTEST = 8
"""Characters of a passphrase."""
SMALLEST, LARGEST = 16, 65536
"""Bytes of a key file."""
PLAIN = b"SQLite format 3\0"
SALT = "-salt"
"""What the salt's file is called after the record's."""
KEY = "a passphrase, or a file with --key-file"
SEAL_KEY = "a passphrase, or a file with --seal-key"


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens something. It is never shown."""

    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """How dear one guess is (Argon2id, RFC 9106): passes, lanes, memory [KiB]. With its salt it may be known to anybody."""

    salt: str
    passes: int = 3
    lanes: int = 4
    memory_kib: int = 65536
    kdf: str = "argon2id"


def passphrase(words: str, place: str = "passphrase") -> Secret:
    """Raises StoreError when it is too short."""
    if len(words) < SHORTEST:
        given = f"{len(words)} characters are too short for a passphrase"
        raise StoreError(
            [Problem("bad_key", place, given, f"{SHORTEST} or more", "choose some words that nobody guesses")]
        )
    return Secret(words.encode())


def key_file(path: Path) -> Secret:
    """Raises StoreError when it cannot be read or holds too little."""
    try:
        with path.open("rb") as file:  # no further: a device taken by mistake has no end
            held = file.read(2 * LARGEST)
    except OSError as error:
        todo = "check it, or make one with `unknot record key`"
        raise StoreError(
            [Problem("bad_key", str(path), error.strerror or "cannot be read", "a key file", todo)]
        ) from error
    if not SMALLEST <= len(held.strip()) <= LARGEST:
        allowed = f"{SMALLEST} to {LARGEST} bytes"
        given = f"{len(held)}{' or more' if len(held) == 2 * LARGEST else ''} bytes are no key"
        raise StoreError([Problem("bad_key", str(path), given, allowed, "name another file")])
    return Secret(held.strip())


def make_key_file(path: Path) -> None:
    """A new key of 32 bytes of chance, for its owner's eyes alone. Raises StoreError when something is there already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        given = (
            "something is there already"
            if isinstance(error, FileExistsError)
            else error.strerror or "cannot be written"
        )
        raise StoreError([Problem("bad_key", str(path), given, "a new file", "name another place")]) from error


def new_cost() -> Cost:
    """The usual cost with a salt of its own."""
    return Cost(os.urandom(16).hex())


def derived(secret: Secret, cost: Cost) -> bytes:
    """The key of 32 bytes."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    made = Argon2id(
        salt=bytes.fromhex(cost.salt), length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return bytes(made.derive(secret.value))


def cost_of(read: object, place: str) -> Cost:
    """A cost as it was written. Raises StoreError when it is none, or one that no machine should be asked for."""
    try:
        cost = Cost(**read) if isinstance(read, dict) else Cost("")
        bytes.fromhex(cost.salt)
        whole = all(type(n) is int for n in (cost.passes, cost.lanes, cost.memory_kib))
        fits = whole and 1 <= cost.passes <= 64 and 1 <= cost.lanes <= 64 and 8 * cost.lanes <= cost.memory_kib <= 2**21
        if cost.kdf == "argon2id" and fits and len(cost.salt) == 32:
            return cost
    except (TypeError, ValueError):
        pass
    raise StoreError([Problem("bad_key", place, "its salt cannot be read", "as it was written", "take it from a copy")])


def connector(path: Path, secret: Secret | None, wait_s: int) -> Callable[[], Any] | None:
    """How to open an encrypted record; None for one that is not. Raises StoreError when key and file do not belong together."""
    head = _head(path)
    beside = path.with_name(path.name + SALT)
    if secret is None:
        if beside.exists() and head != PLAIN:
            raise StoreError([Problem("locked", str(path), "it is encrypted", KEY, "give its key")])
        return None
    if head == PLAIN:
        todo = "leave the key out; to encrypt it, make a backup and restore it into a new place with a key"
        raise StoreError([Problem("locked", str(path), "it is not encrypted, but a key was given", "no key", todo)])
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        todo = "install it with `pip install 'unknot[encryption]'`"
        raise StoreError([Problem("locked", str(path), "sqlcipher3 is not installed", "", todo)]) from None
    cost = _cost_beside(beside, head)
    raw = derived(secret, cost).hex() + cost.salt

    def connect() -> Any:
        connection = dbapi2.connect(str(path), timeout=wait_s, check_same_thread=False)
        connection.execute("PRAGMA cipher_log_level = NONE")  # or it speaks on standard error beside our own message
        connection.execute(f"PRAGMA key = \"x'{raw}'\"")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except dbapi2.DatabaseError as error:
            connection.close()
            if "not a database" not in str(error):
                raise
            given = "the key does not open it"
            todo = "give the key that it was made with; if it is the right one, the file is damaged: restore a backup"
            raise StoreError([Problem("wrong_key", str(path), given, KEY, todo)]) from None
        return connection

    return connect


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except FileNotFoundError:
        return b""


def _cost_beside(beside: Path, head: bytes) -> Cost:
    """The cost of a record: from beside it, from its own head, or a new one for a new record."""
    if beside.exists():
        try:
            return cost_of(json.loads(beside.read_text(encoding="utf-8")), str(beside))
        except ValueError:
            return cost_of(None, str(beside))
    if len(head) == 16:
        return Cost(head.hex())
    cost = new_cost()
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(cost)))
        file.flush()
        os.fsync(file.fileno())
    return cost
