"""Where a store can be, what stands in the way, and how that is told. No value of a client ever stands in it."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

from unknot.errors import Problem, UnknotError

FILE = "unknot.db"
ALLOWED = "a file or a folder that can be written, or postgresql://..."
ELSEWHERE = "name another place with --data, or make this one writable"


class StoreError(UnknotError):
    """The store cannot be opened, read or written. Nothing was lost that had been stored before."""

    code = "store"


class UnwrittenError(StoreError):
    """Nothing can be written now, for want of room, of the right, or of a turn. What is there can be read for all that."""


class OvertakenError(StoreError):
    """Somebody else has written in between."""

    code = "overtaken"


def default_place() -> Path:
    """The file in the user's data folder."""
    return user_data_path("unknot", appauthor=False) / FILE


def is_address(where: str | Path | None) -> bool:
    """Whether a place is a database behind an address and no file."""
    return "://" in str(where)


def place_of(where: str | Path | None) -> str:
    """A place as it may be shown: an address without its user, its password and its settings."""
    place = str(where or default_place())
    return place.split("@")[-1].split("?")[0] if is_address(place) else place


def is_there(where: str | Path | None) -> bool:
    """Whether something has been stored at a place already; a database behind an address is taken to be there."""
    return is_address(where) or file_of(where).exists()


def file_of(where: str | Path | None) -> Path:
    """The file of a place that is no address; a folder holds one."""
    place = Path(where or default_place())
    return place / FILE if place.is_dir() else place


def problem_of(place: str, given: str, todo: str, allowed: str = "") -> Problem:
    """A problem of the store at a place."""
    return Problem("store", place_of(place), given, allowed, todo)


def no_place(where: str | Path | None, error: OSError) -> Problem:
    """Why nothing can be kept at a place."""
    in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
    reason = "a file stands where a folder is needed" if in_the_way else error.strerror or "it cannot be written"
    return problem_of(str(where or default_place()), f"cannot be made: {reason}", ELSEWHERE, ALLOWED)
