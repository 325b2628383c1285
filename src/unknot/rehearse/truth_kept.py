"""Compiled code kept from one process to the next, in the user's cache folder: compiling takes seconds, reading a blink.

Numba's own keeping looks only at the file of a function and not at those whose code it holds within, and two processes that write at once can mix up its
index. Here each piece is a file of its own, named by all that it depends on: the model's files, the versions, the processor, the function and its types.
Where the folder cannot be written, or is not the user's own, nothing is kept and everything works as before.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import stat
import sys
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numba
import numpy as np
from numba.core import compiler, config, serialize
from platformdirs import user_cache_path

COMPILER, CONFIG, SERIALIZE = cast(Any, compiler), cast(Any, config), cast(Any, serialize)
HERE = Path(__file__).parent
OLD_S = 30 * 86_400
"""Code of another version that was not touched for so long is thrown away."""
SUM = hashlib.sha256().digest_size


@cache
def made_of() -> str:
    """What every piece depends on: the model's files, its numbers, and the versions of what compiles."""
    found = hashlib.sha256(
        repr((numba.__version__, version("llvmlite"), np.__version__, sys.version, CONFIG.OPT)).encode()
    )
    for path in (*sorted(HERE.glob("truth_*.py")), HERE / "data" / "truth_parameters.toml"):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:24]


@cache
def folder() -> Path | None:
    """Where code of this version is kept; nothing where that is not possible. What stands there is run: it must be the user's own and closed to all others."""
    if not sorted(HERE.glob("truth_*.py")):
        return None
    place = user_cache_path("unknot", appauthor=False) / "compiled" / made_of()
    try:
        new = not place.exists()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _own(place) or not os.access(place, os.W_OK):
            return None
        if new:
            _throw_away(place)
    except OSError:
        return None
    return place


def _own(place: Path) -> bool:
    """Whether nobody else can have written here."""
    if not hasattr(os, "getuid"):
        return True  # Windows: the folder lies in the user's profile
    found = place.stat()
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _throw_away(place: Path) -> None:
    """The code of versions that are no longer used."""
    for other in place.parent.iterdir():
        if other != place and time.time() - other.stat().st_mtime > OLD_S:
            shutil.rmtree(other, ignore_errors=True)


class Kept:
    """What numba asks for the code of one function, in place of its own keeping."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kept = True

    @property
    def cache_path(self) -> str:
        """The folder, as numba shows it."""
        return str(folder() or "")

    def enable(self) -> None:
        """From now on code is kept."""
        self.kept = True

    def disable(self) -> None:
        """From now on no code is read or kept."""
        self.kept = False

    def flush(self) -> None:
        """Nothing is held back: each piece is written when it is made."""

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The code for these types, or None where none is kept or what is kept is damaged."""
        context.refresh()
        path = self._path(signature, context.codegen())
        if path is None:
            return None
        try:
            found = path.read_bytes()
        except OSError:
            return None
        total, piece = found[:SUM], found[SUM:]
        if hashlib.sha256(piece).digest() != total:
            return None
        return COMPILER.CompileResult._rebuild(context, *pickle.loads(piece))

    def save_overload(self, signature: Any, made: Any) -> None:
        """Keep the code for these types; a folder that is full or closed is no error."""
        path = self._path(signature, made.library.codegen)
        if path is None or made.lifted or made.library.has_dynamic_globals:
            return
        piece = SERIALIZE.dumps(made._reduce())
        try:
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(piece).digest() + piece)
            Path(name).replace(path)
        except OSError:
            return

    def _path(self, signature: Any, codegen: Any) -> Path | None:
        place = folder() if self.kept else None
        if place is None:
            return None
        key = hashlib.sha256(repr((self.name, signature, codegen.magic_tuple())).encode()).hexdigest()
        return place / f"{self.name.rpartition('.')[2]}-{key[:24]}.bin"
