"""Names that look alike though they are written in the letters of another alphabet: a short table of Cyrillic and Greek letters that pass for Latin ones.

Small and large letters are compared apart, since *В* passes for *B* and *в* passes for nothing.
"""

from __future__ import annotations

import unicodedata

_SMALL = str.maketrans("асеорхуіјѕһԁԛԝοανρικυχγϲϳ", "aceopxyijshdqwoavpikuxycj")
_LARGE = str.maketrans("АВЕКМНОРСТУХІЈЅԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϿ", "ABEKMHOPCTYXIJSQWABEZHIKMNOPTYXCJ")


def alike(one: str, other: str) -> bool:
    """Whether two names cannot be told apart by sight, in small letters or in large ones; spaces and widths aside."""
    return any(a == b for a, b in zip(_looks(one), _looks(other), strict=True))


def _looks(name: str) -> tuple[str, str]:
    """A name as it looks in small letters and in large ones, with Latin letters for those that pass for them."""
    flat = " ".join(unicodedata.normalize("NFKC", name).split())
    return flat.casefold().translate(_SMALL), flat.upper().translate(_LARGE)
