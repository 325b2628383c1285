"""One-time codes: a code opens one thing, once, for a while, and nothing else. Codes are kept in memory, as hashes: a restart ends them all.
Wrong ones are counted in the store.

The keys of devices that have used one are kept in the store too, as hashes, so that a device is still let in when the program comes back.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from unknot.errors import UnknotError
from unknot.record.store import Store
from unknot.record.tries import Tries
from unknot.web.guessing import network_of

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without letters and digits that are taken for one another."""
LENGTH = 10
MINUTES = 30
"""How long a code waits to be used; a device that has used it stays in for as long as it works."""
MOST_TRIES = 20
"""Wrong codes at one door from one address, each within a minute of the one before, until that door is shut to it for a minute."""
SHUT_S = 60.0
NEVER = "9999"
"""Since when a device has spoken whose key was kept before that was noted: it is shown nothing."""
KIND = "device"
WHOSE = {"dial": ("session",), "form": ("client",), "sheet": ("client", "visit")}
"""Under which names the record keeps whose a key is, parts of it with a stroke between: what belongs to a client is erased with them."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a code opens: the thing and whose; `key` is what the device that used it carries from then on."""

    thing: str
    whose: str
    until: float
    key: str = ""
    since: str = ""
    """When the code was used [UTC], so that its device is shown what it has said itself and nothing from before."""


class Codes:
    """The codes that are out. `now` is a clock [s]; with a `store` the keys outlive the program, by the calendar's time `wall` [s]."""

    def __init__(
        self, now: Callable[[], float], store: Callable[[], Store] | None = None, wall: Callable[[], float] = time.time
    ) -> None:
        self.now = now
        self.store = store
        self.wall = wall
        self._out: dict[str, Pass] = {}
        self._used: dict[str, Pass] = {}
        self._kept: dict[str, float] = {}
        """Until when a key is good by the record [s of the calendar]."""
        self._ended: set[str] = set()
        self._over: set[tuple[str, str]] = set()
        self.tries = Tries(
            lambda: self.store() if self.store else None, lambda: self.wall() if self.store else self.now()
        )
        self._lock = threading.RLock()
        self._writing = threading.Lock()

    def give(self, thing: str, whose: str) -> str:
        """A new code for one thing; an older one for the same ends."""
        with self._lock:
            self._over.discard((thing, whose))
            self._out = {
                h: p for h, p in self._out.items() if (p.thing, p.whose) != (thing, whose) and p.until > self.now()
            }
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            self._out[_hash(code)] = Pass(thing, whose, self.now() + MINUTES * 60)
            return code

    def use(self, code: str, thing: str, address: str = "", *, also: str = "") -> Pass | None:
        """What the code opens, once; None when it is unknown, used, too old, for another thing, or the door is shut to this address.

        `also` is a second thing that the same door leads to.
        """
        if self.shut(thing, address):
            return None
        held = self._used_up(_hash(code.strip().upper().replace("-", "").replace(" ", "")), (thing, also or thing))
        if held is None:
            self.tries.missed([_door(thing, address)], SHUT_S)
            return None
        self._keep(_hash(held.key), held)
        return held

    def _used_up(self, hashed: str, things: tuple[str, ...]) -> Pass | None:
        """What a code opens, with the key of the device; tried at another door it is not used up."""
        with self._lock:
            found = self._out.get(hashed)
            if found is None or found.thing not in things or found.until <= self.now():
                return None
            del self._out[hashed]
            key = secrets.token_urlsafe(24)
            since = datetime.fromtimestamp(self.wall(), UTC).isoformat(timespec="milliseconds")
            held = replace(found, key=key, until=self.now() + MINUTES * 60, since=since)
            self._used[_hash(key)] = held
        return held

    def stands(self, thing: str, whose: str) -> str:
        """Where a thing that was given a code stands: *waits* for its code, is *open* on a device, or nothing."""
        with self._lock:
            for word, held in (("open", self._used), ("waits", self._out)):
                if any((p.thing, p.whose) == (thing, whose) and p.until > self.now() for p in held.values()):
                    return word
        return ""

    def shut(self, thing: str, address: str) -> bool:
        """Whether too many wrong codes came from this address to this door: then the right one is not looked at either."""
        return self.tries.of([_door(thing, address)])[0][0] >= MOST_TRIES

    def holder(self, key: str) -> Pass | None:
        """What the device with this key may open; each use keeps it open for a while more."""
        if not key:
            return None
        hashed = _hash(key)
        with self._lock:
            found = self._used.get(hashed)
            if found is None and hashed not in self._ended:
                found = self._known(hashed)
            if found is None or found.until <= self.now():
                if self._used.pop(hashed, None):
                    self._ended.add(hashed)
                return None
            held = replace(found, until=self.now() + MINUTES * 60)
            self._used[hashed] = held
            renew = self.store is not None and self._kept.get(hashed, 0) < self.wall() + MINUTES * 30
            if renew:
                self._kept[hashed] = self.wall() + MINUTES * 60
        if renew:
            self._aside(lambda: self._keep(hashed, held))
        return found

    def end_all(self, thing: str, whose: str) -> None:
        """The thing is done: its codes and the devices that used them are out."""
        with self._lock:
            self._over.add((thing, whose))
            for held in (self._out, self._used):
                for hashed in [h for h, p in held.items() if (p.thing, p.whose) == (thing, whose)]:
                    del held[hashed]
                    self._ended.add(hashed)
        self._aside(lambda: self._end_kept(thing, whose))

    def end(self, key: str) -> None:
        """The thing is done: the device is out."""
        if not key:
            return
        with self._lock:
            self._used.pop(_hash(key), None)
            self._ended.add(_hash(key))
        self._aside(lambda: self._write(_hash(key), None))

    # ---------------------------------------------------------- the record

    def _aside(self, work: Callable[[], None]) -> None:
        """Whoever asked does not wait for the disk."""
        if self.store is not None:
            threading.Thread(target=work, daemon=True).start()

    def _keep(self, hashed: str, held: Pass) -> None:
        until = self.wall() + MINUTES * 60
        self._kept[hashed] = until
        names = WHOSE.get(held.thing, ("whose",))
        whose = dict(zip(names, held.whose.split("/", len(names) - 1), strict=True))
        self._write(hashed, {"thing": held.thing, **whose, "until": until, "since": held.since})

    def _write(self, hashed: str, body: dict[str, Any] | None) -> None:
        """A key in the record; without a body it has ended, and nothing more is told of it. What cannot be kept holds until the program ends."""
        if self.store is None:
            return
        with contextlib.suppress(UnknotError, OSError), self._writing:
            store = self.store()
            before = store.get(KIND, hashed)
            if body is None and (before is None or "until" not in before.body):
                return
            if body is not None and hashed in self._ended:
                return
            store.put(KIND, hashed, body or {"ended": True}, over=before.version if before else 0)

    def _end_kept(self, thing: str, whose: str) -> None:
        if self.store is None:
            return
        with contextlib.suppress(UnknotError, OSError):
            for found in self.store().all(KIND):
                held = _pass(found.body, 0)
                if held is not None and (held.thing, held.whose) == (thing, whose):
                    self._write(found.id, None)

    def _known(self, hashed: str) -> Pass | None:
        """A key that the record knows from before the program was started again."""
        if self.store is None:
            return None
        try:
            found = self.store().get(KIND, hashed)
        except (UnknotError, OSError):
            return None
        left_s = found.body.get("until", 0) - self.wall() if found else 0
        held = _pass(found.body, self.now() + min(left_s, MINUTES * 60)) if found and left_s > 0 else None
        if held is None or (held.thing, held.whose) in self._over:
            return None
        self._kept[hashed] = self.wall() + left_s
        return held


def _pass(body: Any, until: float) -> Pass | None:
    names = WHOSE.get(body.get("thing", ""), ("whose",))
    whose = "/".join(str(body[name]) for name in names if name in body)
    return Pass(body["thing"], whose, until, since=body.get("since", NEVER)) if whose else None


def _door(thing: str, address: str) -> str:
    return f"code {thing} {network_of(address)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
