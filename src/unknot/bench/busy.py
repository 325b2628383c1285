"""A practice at work: people who ask the app for pages side by side, and the ways out of a large record with their time and memory.

The app and the commands run as users run them, each in a process of its own.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from unknot import __version__
from unknot.bench.app import started, wait_for
from unknot.bench.pages import FIND, PAGES, Page, asked, filled
from unknot.bench.records import Made, generate, patterns
from unknot.knowledge.load import Knowledge
from unknot.record.ahead import ahead_of
from unknot.record.place import StoreError, problem_of
from unknot.record.schema import DOCUMENTS, FACTS
from unknot.record.secret import make_key_file
from unknot.record.store import open_store

PATIENCE_S = 60.0
THINK_S = (2.0, 8.0)
"""How long somebody looks at a page before the next."""
LETTERS_S = (0.15, 0.3)
"""Between two letters that are typed."""
LETTERS = 6
ALONE = 12
FOLLOWED = 3
"""How far somebody is led on from a page, as to the next questions where these are answered; it counts as one page."""
CODE = re.compile(r'class="code">(\w+) (\w+)<')
"""How a page shows a code for a phone."""
SEEN = 1000
"""Clients, beside those who are here, whom people ask for."""
AT_ONCE = 50
"""Visits that are worked out together."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KIBI = 1024


@dataclass(frozen=True, slots=True)
class Timed:
    """One page [ms]: asked for by one person alone, and with all at work."""

    page: str
    kind: str
    alone_ms: float
    processor_ms: float | None
    """Of the app, for one; None where the system does not tell."""
    asked: int
    median_ms: float
    p95_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: how long it took, the most memory that it held (None where the system does not tell), what it wrote."""

    what: str
    seconds: float
    peak_mib: float | None
    bytes: int


@dataclass(slots=True)
class Measured:
    """A practice on one kind of store."""

    store: str
    clients: int
    visits: int
    facts: int
    documents: int
    written_s: float
    pages: list[Timed] = field(default_factory=list)
    app_mib: float | None = None
    failed: int = 0
    """Pages that did not come as they should."""
    ran: list[Ran] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """How the people work."""

    people: int
    seconds: float
    seed: int
    think: tuple[float, float] = THINK_S
    least: int = 0
    """They go on until each page has come up so often."""


def measure(
    k: Knowledge,
    place: str,
    folder: Path,
    clients: int,
    visits: int,
    work: Work,
    told: Callable[[str], None],
    keep: Path | None = None,
) -> Measured:
    """Fill an empty place, open the app on it, and take the ways out. Raises StoreError when the place is not empty.

    `keep`: a folder in which a practice in a file is kept as it was written, and from which the next run of that day takes a copy.
    """
    told("writing the practice")
    begun = time.perf_counter()
    if keep is None or "://" in place:
        made = _filled(k, place, clients, visits, work.seed)
    else:
        made = _copied(k, Path(place), keep, clients, visits, work.seed)
    found = Measured(
        "PostgreSQL" if "://" in place else "SQLite", clients, len(made.visits), made.facts, made.documents,
        time.perf_counter() - begun,
    )  # fmt: skip
    told("what was worked out as it happened")
    made = _seen(k, place, made, work.seed)
    told(f"{work.people} people at work")
    process, port = started(place)
    try:
        wait_for(port)
        device = device_of(port, made)
        one = alone(port, made, work.seed, device, pid=process.pid)
        times, found.failed = at_work(port, made, work, device)
    finally:
        process.terminate()
        found.app_mib = _ended(process)
    found.pages = [_timed(page, *one[name], times.get(name, [])) for name, page in asked(made).items()]
    for what, arguments, written in _ways(place, folder):
        told(what)
        found.ran.append(_run(what, arguments, written))
    return found


def _copied(k: Knowledge, place: Path, keep: Path, clients: int, visits: int, seed: int) -> Made:
    """A copy of the practice that is kept, which is written when there is none of today; work never touches what is kept."""
    name = f"practice-{clients}-{visits}-{seed}-{date.today()}-{__version__}"
    file, ids = keep / f"{name}.db", keep / f"{name}.json"
    if not (file.exists() and ids.exists()):
        keep.mkdir(parents=True, exist_ok=True)
        for left in keep.glob(f"{name}*"):  # of a run that was stopped
            left.unlink()
        made = _filled(k, str(file), clients, visits, seed)
        ids.write_text(json.dumps(asdict(made)), encoding="utf-8")
    shutil.copyfile(file, place)
    told = json.loads(ids.read_text(encoding="utf-8"))
    return Made(**{**told, "visits": [(client, visit) for client, visit in told["visits"]]})


def _filled(k: Knowledge, place: str, clients: int, visits: int, seed: int) -> Made:
    store = open_store(place)
    try:
        with store.reading() as connection:
            if any(connection.execute(table.select().limit(1)).first() for table in (FACTS, DOCUMENTS)):
                raise StoreError([problem_of(place, "there is a record already", "name a database that is empty")])
        on = date.today()
        return generate(store, clients, visits, seed, on, patterns(k, on, seed))
    finally:
        store.close()


def _seen(k: Knowledge, place: str, made: Made, seed: int) -> Made:
    """The practice with the visits of those clients alone whom people ask for.

    What their drawings and sessions come to is worked out, as it is at work when each is first looked at, or ahead by the program beside
    the app; for all it would take long.
    """
    known = {*made.here, *random.Random(seed).sample(made.clients, min(SEEN, len(made.clients)))}
    visits = [(client, visit) for client, visit in made.visits if client in known]
    sessions: list[str] = []
    store = open_store(place)
    try:
        for first in range(0, len(visits), AT_ONCE):
            sessions += ahead_of(store, k, [visit for _, visit in visits[first : first + AT_ONCE]])
    finally:
        store.close()
    return replace(made, visits=visits, sessions=sessions)


# ---------------------------------------------------------------- processes


def _ended(process: subprocess.Popen[bytes]) -> float | None:
    """Wait for a process; the most memory that it ever held [MiB], None where the system does not tell."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss / (KIBI * KIBI if sys.platform == "darwin" else KIBI)


def _ways(place: str, folder: Path) -> Iterator[tuple[str, list[str], Path | None]]:
    """(name, arguments of `unknot record`, what it writes) of each way out."""
    key, sealed, out = folder / "seal.key", folder / "practice.backup", folder / "export"
    make_key_file(key)
    yield "verify and replay", ["verify", "--data", place], None
    yield "backup", ["backup", str(sealed), "--seal-key", str(key), "--data", place], sealed
    yield "export", ["export", str(out), "--data", place], out


BETWEEN = """
import os, sys
with os.fdopen(int(sys.argv[1]), "w") as told:
    pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[2:]], os.environ)
    _, status, used = os.wait4(pid, 0)
    told.write(str(used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small program that starts another and tells how much memory that held: Linux counts to a program what the one that started it had held before."""


def _run(what: str, arguments: list[str], written: Path | None) -> Ran:
    """One command, in a process of its own. Raises StoreError when it fails."""
    begun = time.perf_counter()
    command, peak = ["-m", "unknot", "record", *arguments], None
    if hasattr(os, "wait4"):
        reads, writes = os.pipe()
        between = [sys.executable, "-c", BETWEEN, str(writes), *command]
        process = subprocess.Popen(between, stdout=subprocess.DEVNULL, pass_fds=(writes,))
        os.close(writes)
        with os.fdopen(reads) as told:
            peak = float(told.read() or "nan") / (KIBI * KIBI if sys.platform == "darwin" else KIBI)
    else:
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    if process.wait():
        raise StoreError([problem_of(what, f"it ended with {process.returncode}", "see what it says above")])
    took = time.perf_counter() - begun
    files = (
        [] if written is None else [written] if written.is_file() else [p for p in written.rglob("*") if p.is_file()]
    )
    return Ran(what, took, peak, sum(f.stat().st_size for f in files))


# ---------------------------------------------------------------- people


class Deck:
    """Which page is asked for next: each comes up as often as it weighs before any comes up again, in an order of chance."""

    def __init__(self, pages: Mapping[str, Page], chance: random.Random) -> None:
        self._pages = [name for name, page in pages.items() for _ in range(page.weight)]
        self._chance, self._lock = chance, threading.Lock()
        self._left: list[str] = []
        self.dealt = 0
        """How often all of them have come up."""

    def next(self) -> str:
        with self._lock:
            if not self._left:
                self._left = self._chance.sample(self._pages, len(self._pages))
            page = self._left.pop()
            self.dealt += not self._left
            return page


class Person:
    """One line to the app, and what it asks for."""

    def __init__(self, port: int, made: Made, chance: random.Random, device: str = "") -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.made, self.chance, self.device = made, chance, device
        self.times: list[tuple[str, float]] = []
        self.failed = 0

    def look(self, name: str, pause: Callable[[], None] = lambda: None) -> None:
        """Ask for a page of somebody; `pause` stands between two letters."""
        if name == FIND:
            label = self.chance.choice(self.made.labels)
            for n in range(1, min(len(label), LETTERS) + 1):
                self._ask(name, "POST", "/find", urlencode({"typed": label[:n]}))
                pause()
        else:
            self._ask(name, "GET", filled(PAGES[name], self.made, self.chance))

    def _ask(self, name: str, method: str, address: str, body: str | None = None) -> None:
        headers = dict(FORM) if body else {}
        if name.startswith("/mine/"):
            headers["Cookie"] = self.device
        begun = time.perf_counter()
        try:
            for _ in range(FOLLOWED):
                self.line.request(method, address, body, headers)
                reply = self.line.getresponse()
                reply.read()
                good = reply.status == http.client.OK
                method, address, body = "GET", reply.getheader("location", ""), None
                if not address:
                    break
        except (OSError, http.client.HTTPException):
            self.line.close()
            good = False
        self.failed += not good
        self.times.append((name, (time.perf_counter() - begun) * 1000))


def device_of(port: int, made: Made) -> str:
    """The phone of a client who has not drawn today: the cookie that it gets for a code. Raises StoreError when the app gives none."""
    client = next((c for c in made.clients if c not in made.here), made.clients[0])
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", f"/clients/{client}/phone")
        code = CODE.search(line.getresponse().read().decode())
        line.request("POST", "/q", urlencode({"code": "".join(code.groups()) if code else ""}), FORM)
        reply = line.getresponse()
        reply.read()
        told = reply.getheader("set-cookie", "")
    finally:
        line.close()
    if not told:
        raise StoreError([problem_of("bench", "the app lets no phone in by its code", "look at its page for a phone")])
    return told.partition(";")[0]


def alone(
    port: int, made: Made, seed: int, device: str, times: int = ALONE, pid: int = 0
) -> dict[str, tuple[float, float | None]]:
    """Each page with nobody else at work: its median, and the processor time of the app `pid` for one [ms], None where the system does not tell.

    The first of each is left out, since it loads what it needs.
    """
    person = Person(port, made, random.Random(seed), device)
    found = {}
    for name in asked(made):
        person.look(name)
        person.times.clear()
        before = _processor_ms(pid)
        for _ in range(times):
            person.look(name)
        after, count = _processor_ms(pid), len(person.times)
        used = None if before is None or after is None else (after - before) / count
        found[name] = float(np.median([ms for _, ms in person.times])), used
    person.line.close()
    return found


def _processor_ms(pid: int) -> float | None:
    """The processor time of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def at_work(port: int, made: Made, work: Work, device: str) -> tuple[dict[str, list[float]], int]:
    """The times of each page [ms] while all work, and how many pages did not come as they should."""
    deck = Deck(asked(made), random.Random(work.seed))
    people = [Person(port, made, random.Random(work.seed * 101 + n), device) for n in range(work.people)]
    end = time.monotonic() + work.seconds
    threads = [threading.Thread(target=_works, args=(person, deck, end, work)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times: dict[str, list[float]] = {}
    for person in people:
        person.line.close()
        for page, ms in person.times:
            times.setdefault(page, []).append(ms)
    return times, sum(person.failed for person in people)


def _works(person: Person, deck: Deck, end: float, work: Work) -> None:
    chance = person.chance
    low, high = LETTERS_S if work.think[1] else (0.0, 0.0)
    time.sleep(chance.uniform(0, work.think[1]))
    while time.monotonic() < end or deck.dealt < work.least:
        person.line.close()  # a browser too connects anew after so long
        person.look(deck.next(), lambda: time.sleep(chance.uniform(low, high)))
        time.sleep(chance.uniform(*work.think))


def _timed(page: Page, alone_ms: float, processor_ms: float | None, times: list[float]) -> Timed:
    if not times:
        return Timed(page.address, page.kind, alone_ms, processor_ms, 0, float("nan"), float("nan"), float("nan"))
    middle, most = float(np.median(times)), float(np.percentile(times, 95))
    return Timed(page.address, page.kind, alone_ms, processor_ms, len(times), middle, most, max(times))
