"""Keys of the terminal, one by one as they are pressed, and what each means in a session."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any, Protocol

from unknot.treat.session import Session, ms

SEQUENCES = {
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left", "[5~": "left",
    "[6~": "right",
}  # fmt: skip
"""What arrows send, and a page turner: page up and page down."""
NAMES = {"\r": "right", "\n": "right", " ": "right", "\x03": "break", "\x1b": "escape", "\x7f": "left", "\x08": "left"}
GONE = "gone"
"""The terminal is no longer there."""


class Keys(Protocol):
    """Where keys come from."""

    def read(self, wait_s: float) -> list[str]:
        """Keys pressed within a time [s], the first ones at once; `GONE` when there can be no more."""


def parse(text: str) -> list[str]:
    """What a terminal sent, as keys. An escape that begins nothing known is the key itself: stopping too often is safe."""
    found, i = [], 0
    while i < len(text):
        if text[i] == "\x1b":
            known = next((s for s in SEQUENCES if text.startswith(s, i + 1)), "")
            found.append(SEQUENCES[known] if known else "escape")
            i += 1 + len(known)
        else:
            found.append(NAMES.get(text[i], text[i].lower()))
            i += 1
    return found


class PosixKeys:
    """Raw keys of a terminal on Linux and macOS. A context: the terminal is as before when it ends."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    def __enter__(self) -> PosixKeys:
        import termios

        self._before = termios.tcgetattr(self._fd)
        raw = termios.tcgetattr(self._fd)
        raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        raw[0] &= ~(termios.IXON | termios.ICRNL)
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._fd, termios.TCSANOW, raw)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        import termios

        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def read(self, wait_s: float) -> list[str]:
        data = self._some(wait_s)
        if data is None:
            return [GONE]
        while data.endswith((b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[5", b"\x1b[6")):
            more = self._some(0.02)  # the rest of an arrow may be on its way
            if not more:
                break
            data += more
        return parse(data.decode("utf-8", "replace"))

    def _some(self, wait_s: float) -> bytes | None:
        """What was sent; empty when nothing was, None when the terminal is gone."""
        import select

        ready, _, _ = select.select([self._fd], [], [], max(0.0, wait_s))
        if not ready:
            return b""
        try:
            return os.read(self._fd, 64) or None
        except OSError:
            return None


class WindowsKeys:
    """Raw keys of a console on Windows."""

    ARROWS: dict[str, str] = {"H": "up", "P": "down", "M": "right", "K": "left", "I": "left", "Q": "right"}  # noqa: RUF012

    def __enter__(self) -> WindowsKeys:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(self, wait_s: float) -> list[str]:
        console: Any = __import__("msvcrt")
        until = time.monotonic() + wait_s
        while not console.kbhit():
            if time.monotonic() >= until:
                return []
            time.sleep(0.01)
        first = console.getwch()
        if first in ("\x00", "\xe0"):
            return [self.ARROWS.get(console.getwch(), "")]
        return parse(first)


def keys() -> PosixKeys | WindowsKeys:
    """The keys of this terminal."""
    return WindowsKeys() if sys.platform == "win32" else PosixKeys(sys.stdin.fileno())


# ---------------------------------------------------------------- what they mean

PLAIN = {
    "left": "ease", "s": "stop", "escape": "stop", "break": "stop", "r": "resume", "o": "off", "p": "pause", "k": "park",
    "x": "skip", "b": "repeat", "h": "halt", "f": "referral", "-": "less", "down": "less", "+": "more", "up": "more", "=": "same",
    "v": "voice",
}  # fmt: skip
"""Keys that are one event; `v` hands a lost dial over to the voice."""
MENUS = {"y": "symptom", "l": "log", "c": "recheck", "g": "begin", "e": "end", "?": "help"}
"""Keys that ask one question more."""


def event_of(key: str, s: Session, now_ms: int) -> tuple[str, dict[str, Any]] | None:
    """The event that a key is, in the phase in which it was pressed; None for a key that is none."""
    if key == "u":
        return "stuck", {"value": along(s, now_ms)}
    if len(key) == 1 and key in "0123456789":
        return "rate", {"value": float(key)}
    if key == "t":
        return "rate", {"value": 10.0}
    if key == "i":
        return "symptom", {"word": "pinch"}
    if key == "right":
        released = s.family == "release" and s.phase in ("holding", "easing")
        return ("release" if released else "next"), {}
    if key == "v":
        return "hand_over", {}
    return (PLAIN[key], {}) if key in PLAIN else None


def along(s: Session, now_ms: int) -> float:
    """How far along the stroke the hand is now, 0 to 1; the middle between two strokes, when it is not known."""
    length = ms(s.application.dose.stroke_s(s.turn)) if s.family == "passes" else 0
    if s.phase != "stroking" or s.phase_at is None or not length:
        return 0.5
    return round(min(1.0, max(0.0, 1 - (s.phase_at - now_ms) / length)), 3)


class Held:
    """A key that is held down repeats itself. The left one, held, means stop; its repetitions ease only once."""

    WITHIN_S, REPEAT_S, TIMES = 1.2, 0.16, 4

    def __init__(self) -> None:
        self._times: list[float] = []

    def seen(self, key: str, now_s: float) -> str:
        """The key to be taken: itself, `s` for a held left, empty for a repetition."""
        if key != "left":
            self._times = []
            return key
        repeated = bool(self._times) and now_s - self._times[-1] < self.REPEAT_S
        self._times = [t for t in self._times if now_s - t < self.WITHIN_S] + [now_s]
        if not repeated:
            self._times = self._times[-2:]
            return key
        return "s" if len(self._times) > self.TIMES else ""
