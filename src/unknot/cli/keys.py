"""Keys on the command line: a key file, a passphrase from the environment, or one that is asked without showing it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from unknot.errors import Problem
from unknot.record.place import StoreError, file_of, is_address
from unknot.record.secret import PLAIN, SALT, Secret, key_file, passphrase

RECORD, SEAL = "UNKNOT_PASSPHRASE", "UNKNOT_BACKUP_PASSPHRASE"


def record_key(data: str | None, file: Path | None, *, ask: bool) -> Secret | None:
    """The key of a record; None for one that has none. An encrypted one is noticed, and its passphrase asked for.

    Raises StoreError when a key is needed and nobody can be asked.
    """
    if file is not None:
        return key_file(file)
    if words := os.environ.get(RECORD):
        return passphrase(words, RECORD)
    if is_address(data):
        return None
    there = file_of(data)
    encrypted = there.with_name(there.name + SALT).exists() and not _plain(there)
    if not (ask or encrypted):
        return None
    return _asked("Passphrase of the record", RECORD, "--key-file", twice=not there.exists())


def seal_key(file: Path | None, *, twice: bool) -> Secret:
    """The key of a backup. Raises StoreError when none is given and nobody can be asked."""
    if file is not None:
        return key_file(file)
    if words := os.environ.get(SEAL):
        return passphrase(words, SEAL)
    return _asked("Passphrase of the backup", SEAL, "--seal-key", twice=twice)


def _plain(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(PLAIN)) == PLAIN
    except OSError:
        return False


def _asked(what: str, variable: str, option: str, *, twice: bool) -> Secret:
    if not sys.stdin.isatty():
        todo = f"name a key file with {option}, or put the passphrase into {variable}"
        raise StoreError([Problem("bad_key", what, "it is needed, and nobody can be asked here", "", todo)])
    words = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
    return passphrase(str(words))
