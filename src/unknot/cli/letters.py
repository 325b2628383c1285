"""Large letters for the terminal, seven rows high, to be read from across the room."""

from __future__ import annotations

from collections.abc import Mapping

ROWS = 7
_DRAWN = """
A .###. #...# #...# ##### #...# #...# #...#
B ####. #...# #...# ####. #...# #...# ####.
C .###. #...# #.... #.... #.... #...# .###.
D ####. #...# #...# #...# #...# #...# ####.
E ##### #.... #.... ####. #.... #.... #####
F ##### #.... #.... ####. #.... #.... #....
G .###. #...# #.... #.### #...# #...# .###.
H #...# #...# #...# ##### #...# #...# #...#
I ###.. .#... .#... .#... .#... .#... ###..
J ..### ...#. ...#. ...#. ...#. #..#. .##..
K #...# #..#. #.#.. ##... #.#.. #..#. #...#
L #.... #.... #.... #.... #.... #.... #####
M #...# ##.## #.#.# #.#.# #...# #...# #...#
N #...# ##..# #.#.# #.#.# #..## #...# #...#
O .###. #...# #...# #...# #...# #...# .###.
P ####. #...# #...# ####. #.... #.... #....
Q .###. #...# #...# #...# #.#.# #..#. .##.#
R ####. #...# #...# ####. #.#.. #..#. #...#
S .#### #.... #.... .###. ....# ....# ####.
T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
U #...# #...# #...# #...# #...# #...# .###.
V #...# #...# #...# #...# #...# .#.#. ..#..
W #...# #...# #...# #.#.# #.#.# ##.## #...#
X #...# #...# .#.#. ..#.. .#.#. #...# #...#
Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
Z ##### ....# ...#. ..#.. .#... #.... #####
"""
LETTERS: Mapping[str, tuple[str, ...]] = {
    row[0]: tuple(part.replace(".", " ") for part in row.split()[1:]) for row in _DRAWN.strip().splitlines()
}
SPACE = ("   ",) * ROWS


def large(word: str, width: int) -> list[str]:
    """A word in large letters, as wide as fits: double, single, or as it stands. Rows of one length."""
    drawn = [LETTERS.get(letter, SPACE) for letter in word.upper()]
    rows = [" ".join(_cut(letter)[row] for letter in drawn) for row in range(ROWS)]
    once = max(len(row) for row in rows)
    if 2 * once <= width:
        return ["".join(("██" if dot == "#" else "  ") for dot in row) for row in rows]
    if once <= width:
        return ["".join(("█" if dot == "#" else " ") for dot in row) for row in rows]
    return [word[:width]]


def _cut(letter: tuple[str, ...]) -> tuple[str, ...]:
    """A letter no wider than it is drawn."""
    widest = max(len(row.rstrip()) for row in letter) or len(letter[0])
    return tuple(row[:widest] for row in letter)
