"""A scripted busy day over HTTP against an app that is killed again and again at random moments.

Several people work side by side, each with one client after the other: sign-in, a new client, today's questions, words, consent, a drawing with
findings, measures, a plan, the session by its socket, the note kept, signed and amended, the next appointment. Who gets no answer does as
people do: looks at the page that the next life shows, and does again what is not there.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from unknot.bench.kills import Lives
from unknot.bench.ledger import MARK, PARTS, Answers, Attempt, Found, Ledger
from unknot.knowledge.load import Knowledge
from unknot.record.accounts import Account, Accounts
from unknot.record.store import open_store

PATIENCE_S = 20.0
STARTS_S = 120.0
"""How long a life may take to begin."""
NAME, PASSWORD = "A. Bench", "a long day at work"
POINT = "infraspinatus.1@right"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
ACTIVITIES = 3
"""Activities of a client's own that are rated together: what they are called bears the mark."""
TAPS = ("next", "rate", "less", "release", "log", "rate", "ease", "same", "next", "log")
MOST_A_LIFE = 8
"""Acknowledged requests after which a life is ended at the latest."""
LAST_MS = 30.0
"""How long after that, at most, the kill comes."""


class AgainError(Exception):
    """No answer came: the app was killed."""


class StrangeError(Exception):
    """An answer came that is none."""


class OverError(Exception):
    """The day is over."""


@dataclass
class Clock:
    """Where the app of now listens; 0 while there is none."""

    port: int = 0
    life: int = 0
    over: bool = False
    turned: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, port: int, *, life: int = 0) -> None:
        with self.turned:
            self.port, self.life = port, life or self.life
            self.turned.notify_all()

    def wait(self) -> tuple[int, int]:
        """The port of the life that is on, and its number."""
        with self.turned:
            self.turned.wait_for(lambda: self.port or self.over, STARTS_S)
            if self.over:
                raise OverError
            if not self.port:
                raise TimeoutError
            return self.port, self.life


@dataclass
class Client:
    """Whom somebody works with, as far as it has come."""

    id: str = ""
    visit: str = ""
    label: str = ""
    asked: list[str] = field(default_factory=list)
    """Labels that were asked for since, without an answer: one of them may stand there."""
    kept: str = ""
    """The mark of the note that was acknowledged last."""
    planned: bool = False
    session: str = ""

    @property
    def base(self) -> str:
        return f"/clients/{self.id}"

    @property
    def note(self) -> str:
        return f"{self.base}/visits/{self.visit}/note"


class AtWork(threading.Thread):
    """One person, with one client after the other until the day is over."""

    def __init__(self, clock: Clock, ledger: Ledger, k: Knowledge, seed: int) -> None:
        super().__init__(daemon=True)
        self.clock, self.ledger, self.k = clock, ledger, k
        self.chance = random.Random(seed)
        self.line: http.client.HTTPConnection | None = None
        self.life = 0
        self.cookie = ""
        self.c = Client()
        self.days = 0

    def run(self) -> None:
        try:
            while True:
                self.treat()
        except OverError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the bench tells it
            self.ledger.failed.append(f"{type(error).__name__}: {error}"[:300])

    def treat(self) -> None:
        """Everything with one new client. Raises OverError when the day ends amid it."""
        self.c = Client()
        steps: tuple[Callable[[], None], ...] = (
            self._sign_in, self._new, self._answers, self._words, self._consent, self._draw, self._measures, self._relabel,
            self._plan, self._begin, self._taps, self._note, self._sign, self._amend, self._appoint,
        )  # fmt: skip
        for step in steps:
            while True:
                try:
                    step()
                except AgainError:
                    self._look()
                    continue
                except StrangeError as error:
                    self.ledger.failed.append(f"{step.__name__[1:]}: {error}")
                    return
                break

    # ---------------------------------------------------------- asking

    def _mark(self) -> str:
        return f"zq{self.chance.getrandbits(56):014x}"

    def _ask(self, method: str, path: str, fields: Mapping[str, Any] | None = None, attempt: Attempt | Answers | None = None) -> tuple[int, str, str]:  # fmt: skip
        """(status, address it leads on to, text). Raises AgainError when the app was killed meanwhile, StrangeError for a failure of its own."""
        line = self._joined()
        headers = FORM | ({"Cookie": self.cookie} if self.cookie else {})
        self.ledger.begin(attempt)
        good = False
        try:
            line.request(method, path, urlencode(fields, doseq=True) if fields is not None else None, headers)
            reply = line.getresponse()
            text = reply.read().decode()
            good = reply.status in (200, 303)
        except (OSError, http.client.HTTPException):
            line.close()
            self.line = None
            raise AgainError from None
        finally:
            self.ledger.end(attempt, good=good)
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            self.cookie = cookie.partition(";")[0]
        where = reply.headers.get("Location", "")
        if not good or where.startswith("/sign-in"):
            told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))[-200:]
            raise StrangeError(f"{method} {path.replace(self.c.id or '-', 'ID')} {reply.status} {where}: {told}")
        return reply.status, where, text

    def _joined(self) -> http.client.HTTPConnection:
        """A line to the life that is on. Raises AgainError, once, when it is another one than before."""
        port, life = self.clock.wait()
        if self.line is None or life != self.life:
            if self.line is not None:
                self.line.close()
            before, self.life = self.life, life
            self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            self._connected(life)
            if before and life != before:
                raise AgainError
        return self.line

    def _connected(self, life: int) -> None:
        """As soon as it listens."""
        end = time.monotonic() + PATIENCE_S
        while self.line is not None and self.clock.life == life and time.monotonic() < end:
            try:
                self.line.connect()
            except OSError:
                time.sleep(0.005)
            else:
                return
        self.line = None
        raise AgainError

    def _get(self, path: str) -> str:
        return self._ask("GET", path)[2]

    # ---------------------------------------------------------- looking

    def _look(self) -> None:
        """What the pages show in the next life: nothing by half, and all that was acknowledged. Whoever is killed at it looks again."""
        while True:
            try:
                self._pages()
            except AgainError:
                continue
            except StrangeError as error:
                self.ledger.failed.append(f"after a kill: {error}")
            return

    def _pages(self) -> None:
        c = self.c
        if self.cookie and "/me" not in self._get("/me"):
            self.ledger.lost.append("a sign-in")
        self._get("/day")
        if c.id:
            page = self._get(c.base)
            if not any(label in page for label in (c.label, *c.asked)):
                self.ledger.lost.append("a client on the page")
        if c.visit:
            self._note_whole(self._get(c.note))
        if c.session:
            self._get(f"/sessions/{c.session}")

    def _note_whole(self, page: str) -> None:
        """The note on its page: each mark as often in one part as in the others, and the one that was kept."""
        if not (signed := 'class="signed"' in page) and _hidden(page, "version") == "0":  # a draft of the facts
            self.ledger.lost += ["a note on its page"] if self.c.kept else []
            return
        parts = re.findall(r'<textarea id="\w+" name="(?:subjective|objective|assessment|plan)"[^>]*>(.*?)</textarea>', page, re.S)  # fmt: skip
        parts = re.findall(r'<section class="part".*?</section>', page, re.S) if signed else parts
        marks = [frozenset(MARK.findall(part)) for part in parts]
        if len(marks) != PARTS or len(set(marks)) > 1 or not marks[0]:
            self.ledger.half.append("a note on its page")

    # ---------------------------------------------------------- the steps

    def _sign_in(self) -> None:
        """As somebody who comes back to a device that asks; the sign-in is known by the secret that the device got."""
        self.cookie = ""
        attempt = Attempt("sign_in", "", 1)
        self._ask("POST", "/sign-in", {"name": NAME, "password": PASSWORD})
        attempt.mark = hashlib.sha256(self.cookie.partition("=")[2].encode()).hexdigest()
        self.ledger.begin(attempt)
        self.ledger.end(attempt, good=True)

    def _new(self) -> None:
        mark = self._mark()
        fields = {"label": mark, "age": "46", "sex": "female"}
        _, where, _ = self._ask("POST", "/clients", fields, Attempt("client", mark, 1))
        self.c = Client(where.split("/")[2], label=mark)

    def _answers(self) -> None:
        while shown := re.search(r'name="shown" value="([^"]*)"', self._ask("GET", f"{self.c.base}/ask")[2]):
            self._of_visit()
            page = self.ledger.page(self.c.id, self.c.visit, frozenset(shown[1].split()))
            self._ask("POST", f"{self.c.base}/ask", {"shown": shown[1]}, page)

    def _of_visit(self) -> None:
        """The visit that the client's page leads to."""
        if not self.c.visit:
            found = re.search(r"/visits/([0-9a-f-]{36})/", self._get(self.c.base) + self._get(f"{self.c.base}/reports"))
            self.c.visit = found[1] if found else ""

    def _words(self) -> None:
        mark = self._mark()
        said = {"said": f"It began in the garden {mark}"}
        self._ask("POST", f"{self.c.base}/words", said, Attempt("said", mark, 1))

    def _consent(self) -> None:
        mark, areas = self._mark(), self.k.consent_areas
        fields = {"name": mark} | {f"area.{area}": "1" for area in areas}
        self._ask(
            "POST", f"{self.c.base}/consent", fields, Attempt("consented", mark, len(areas), self.c.id + " consent")
        )

    def _draw(self) -> None:
        """A stroke, a place, two findings and words, over what the page shows."""
        page, mark = self._get(f"{self.c.base}/map"), self._mark()
        seen, tab = (_hidden(page, name) for name in ("seen", "tab"))
        x, y = self.chance.randint(150, 190), self.chance.randint(280, 320)
        stroke = {"figure": "female", "view": "front", "atlas": 1, "width": 26, "intensity": 6, "points": [[x, y], [x + 8, y + 12]]}  # fmt: skip
        fields = {
            "client": self.c.id, "seen": seen, "tab": tab, "age": "46", "sex": "female", "strokes": json.dumps([stroke]), "history": f"note {mark}",
            "site": "shoulder.front@right", "intensity.shoulder.front@right": "7", "found": [f"point|{POINT}|familiar"],
        }  # fmt: skip
        self._ask("POST", "/", fields, Attempt("drawing", mark, 1))

    def _measures(self) -> None:
        mark = self._mark()
        fields = {f"v|psfs.activity|{n}||0": str(self.chance.randint(1, 8)) for n in range(ACTIVITIES)}
        fields |= {f"on|psfs.activity|{n}": f"{mark} {n}" for n in range(ACTIVITIES)}
        fields |= {"when": "before", "group": "function"}
        self._ask("POST", f"{self.c.base}/measures", fields, Attempt("measured", mark, ACTIVITIES))

    def _relabel(self) -> None:
        mark = self._mark()
        fields = {"label": mark, "age": "47", "sex": "female"}
        self.c.asked.append(mark)
        self._ask("POST", f"{self.c.base}/person", fields, Attempt("client", mark, 1))
        self.c.label, self.c.asked = mark, []

    def _plan(self) -> None:
        page = self._get(f"{self.c.base}/plan")
        fields = {"version": _hidden(page, "version"), "do": "add", "place": POINT}
        if f'value="{POINT}' not in page:
            self._ask("POST", f"{self.c.base}/plan", fields)
        self.c.planned = True

    def _begin(self) -> None:
        page = self._get(f"{self.c.base}/plan")
        _, where, _ = self._ask("POST", f"{self.c.base}/sessions", {"seen": _hidden(page, "seen")})
        self.c.session = where.rpartition("/")[2]

    def _taps(self) -> None:
        """Part of the session by its socket; each tap has an id, and is a fact once it is acknowledged."""
        self._get(f"/sessions/{self.c.session}")
        port, life = self.clock.wait()
        address = f"ws://127.0.0.1:{port}/sessions/{self.c.session}/ws"
        try:
            with connect(address, additional_headers={"Cookie": self.cookie}, max_size=None, open_timeout=PATIENCE_S) as line:  # fmt: skip
                line.send(json.dumps({"v": 1, "type": "hello", "role": "screen"}))
                for tap in ("resume", *TAPS, "end"):
                    self._tap(line, tap)
        except (OSError, WebSocketException, TimeoutError):
            if self.clock.life == life and self.clock.port:
                time.sleep(0.05)  # the kill is just being told
            raise AgainError from None

    def _tap(self, line: Any, kind: str) -> None:
        ident = f"{self.chance.getrandbits(96):024x}"
        told: dict[str, Any] = {"v": 1, "type": "event", "id": ident, "kind": kind}
        told |= {"value": self.chance.randint(2, 5)} if kind == "rate" else {"word": "talk"} if kind == "log" else {}
        attempt = Attempt("tap", ident, 1)
        self.ledger.begin(attempt)
        good = False
        try:
            line.send(json.dumps(told))
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end:
                answer = json.loads(line.recv(PATIENCE_S))
                if answer["type"] == "ack" and answer["id"] == ident:
                    good = bool(answer["ok"])
                    break
        finally:
            self.ledger.end(attempt, good=good)

    def _note(self) -> None:
        page, mark = self._get(self.c.note), self._mark()
        fields = {part: f"{part} {mark}" for part in ("subjective", "objective", "assessment", "plan")}
        fields |= {"version": _hidden(page, "version"), "form": "short", "do": "keep"}
        self._ask("POST", self.c.note, fields, Attempt("note", mark, 1))
        self.c.kept = mark

    def _sign(self) -> None:
        page, mark = self._get(self.c.note), self._mark()
        if 'class="signed"' in page:
            return
        fields = {part: f"{part} {mark}" for part in ("subjective", "objective", "assessment", "plan")}
        fields |= {"version": _hidden(page, "version"), "form": "short", "do": "sign"}
        self._ask("POST", self.c.note, fields, Attempt("signed", mark, 1))

    def _amend(self) -> None:
        mark = self._mark()
        fields = {"text": f"added {mark}", "by": NAME}
        self._ask("POST", self.c.note.replace("/note", "/amend"), fields, Attempt("note_amended", mark, 1))

    def _appoint(self) -> None:
        self.days += 1
        on, time_ = (date.today() + timedelta(days=self.days)).isoformat(), f"{self.chance.randint(8, 18):02d}:00"
        attempt = Attempt("appointment", f"{self.c.id} {on} {time_}", 1)
        self._ask("POST", "/day", {"who": self.c.id, "on": on, "time": time_}, attempt)


def _hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def prepared(place: str | Path) -> None:
    """A record with one account, that of who works. Its hash is a light one: what a guess costs is measured elsewhere."""
    from argon2 import PasswordHasher

    store = open_store(place)
    accounts = Accounts(store)
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    accounts.keep(replace(accounts.keep(Account("00000000-0000-7000-8000-000000000001", NAME, "owner")), hashed=hashed))
    store.close()


def busy_day(lives: Lives, place: str | Path, k: Knowledge, kills: int, people: int, seed: int) -> Found:
    """Kill the app so many times while people work; what became of all that they did. The place is an empty one."""
    prepared(place)
    chance, clock, ledger = random.Random(seed), Clock(), Ledger()
    every = [AtWork(clock, ledger, k, seed * 1009 + n) for n in range(people)]
    amid = 0
    for person in every:
        person.start()
    for life in range(1, kills + 2):
        clock.tell(lives.begin(place), life=life)
        before = ledger.done
        _until(ledger, before + chance.randint(1, MOST_A_LIFE), every)
        time.sleep(chance.uniform(0, LAST_MS / 1000))
        if life > kills:
            break
        amid += ledger.waiting > 0
        lives.kill()
        clock.tell(0)
    clock.over = True
    for person in every:
        person.join(PATIENCE_S)
    lives.kill()
    store = open_store(place)
    try:
        return ledger.looked_at(store, kills, amid)
    finally:
        store.close()


def _until(ledger: Ledger, done: int, every: list[AtWork]) -> None:
    """Until so much was acknowledged."""
    end = time.monotonic() + PATIENCE_S
    while ledger.done < done and time.monotonic() < end and any(person.is_alive() for person in every):
        time.sleep(0.002)
