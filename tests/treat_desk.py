"""What the tests of `unknot treat` share: a desk whose keys and time the test gives, and the command itself."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from unknot.bench.sessions import application, plan
from unknot.case.plan import Plan
from unknot.cli.treat_keys import parse
from unknot.cli.treat_live import Conductor
from unknot.cli.treat_log import Log
from unknot.cli.treat_view import view, word_of
from unknot.knowledge.load import Knowledge
from unknot.treat.engine import next_deadline
from unknot.treat.fact import Fact
from unknot.treat.session import start

HERE = Path(sys.executable).with_name("unknot")


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


class Kept:
    """A log in memory that says what was shown before each line of it."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.full = False
        self.order: list[str] = []

    def append(self, facts: Sequence[Fact], *, sync: bool = True) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")
        assert sync
        self.facts += facts
        self.order.append("stored")


class Desk:
    """A conductor with a clock, a log and a screen that can be looked at."""

    def __init__(self, of: Plan) -> None:
        self.plan, self.time, self.log = of, Time(), Kept()
        self.seen: list[str] = []
        self.c = Conductor(start(of), self.log, self.time, self._draw)

    def _draw(self, c: Conductor) -> None:
        self.seen.append(word_of(c))
        self.log.order.append(word_of(c))

    def keys(self, text: str, every_ms: int = 400) -> None:
        for key in parse(text):
            self.wait(every_ms)
            self.c.press(key)

    def wait(self, ms: int) -> None:
        until = self.time.ms + ms
        while (due := next_deadline(self.c.session)) is not None and due <= until:
            self.time.ms = max(self.time.ms, due)
            self.c.tick()
        self.time.ms = until

    def screen(self, width: int = 80, height: int = 24) -> str:
        console = Console(width=width, height=height, record=True, file=io.StringIO())
        console.print(view(self.c, width, height))
        return console.export_text()


def unknot(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(HERE), "treat", *map(str, args)], capture_output=True, text=True, check=False, timeout=60
    )


def three_places(k: Knowledge) -> Plan:
    """A plan of three techniques on three places."""
    return plan(
        k,
        application(k, "one", "alternating_compression"),
        application(k, "two", "prolonged_compression", "soleus.1@left", site="calf.back@left"),
        application(k, "three", "skin_rolling", "infraspinatus.1@left"),
    )


def short_log(desk: Desk, path: Path) -> Path:
    """A log of a short session at the desk."""
    kept = Log.begin(path, desk.plan, "rules")
    desk.c.log = kept
    desk.keys(" 6")
    desk.wait(4000)
    desk.keys("5s")
    kept.close()
    return path
