"""Who is signed in on which device. Kept as hashes in the store, so that a restart sends nobody out; ended by their owner or the practice's."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from unknot.record.store import OvertakenError, Store, UnwrittenError
from unknot.record.whole import DamagedError

KIND = "sign_in"
LONGEST = timedelta(hours=14)
"""After so long a sign-in ends by itself, however busy."""
PROOF_HOLDS = timedelta(minutes=5)
"""For how long somebody who has shown who they are may change what lets people in."""
WRITE_EACH_S = 60
"""How often *last seen* is written down; in between it is kept in memory."""
AHEAD = timedelta(minutes=1)
"""What was noted further ahead of the calendar is from before that was set back, and says nothing of how long ago it was."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: whose, on what, since when, last seen when; locked until somebody shows who they are; ended for good.

    `proved`: when somebody last showed who they are, empty for one from before that was noted.
    """

    id: str
    account: str
    device: str
    began: str
    seen: str
    locked: bool = False
    ended: bool = False
    proved: str = ""
    version: int = 0


class SignIns:
    """All sign-ins. `wall` is the calendar's time."""

    def __init__(self, store: Callable[[], Store], wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self.wall = wall
        self._seen: dict[str, datetime] = {}

    def begin(self, account: str, device: str) -> str:
        """A new sign-in; the secret that its device carries, which is kept nowhere else."""
        token, now = secrets.token_urlsafe(32), self.wall().isoformat()
        self._put(SignIn(_hash(token), account, device[:60], now, now, proved=now))
        return token

    def find(self, token: str) -> SignIn | None:
        """The sign-in of a device; None when there is none, it was ended or has run out."""
        return self.by_id(_hash(token)) if token else None

    def by_id(self, ident: str) -> SignIn | None:
        """The sign-in by its id, as `find`."""
        try:
            found = self._store().get(KIND, ident)
        except DamagedError:  # whoever it was signs in anew
            return None
        if found is None:
            return None
        one = SignIn(found.id, **found.body, version=found.version)
        return None if one.ended or self._is_old(one) else one

    def _is_old(self, one: SignIn) -> bool:
        since = self.wall() - datetime.fromisoformat(one.began)
        return not -AHEAD <= since <= LONGEST

    def idle(self, one: SignIn) -> timedelta:
        """For how long nobody has touched the device; without end where the calendar was set back, so that it locks."""
        since = self.wall() - max(self._seen.get(one.id, _START), datetime.fromisoformat(one.seen))
        return since if since >= -AHEAD else timedelta.max

    def touch(self, one: SignIn) -> None:
        """Somebody is there."""
        now = self.wall()
        self._seen[one.id] = now
        if abs((now - datetime.fromisoformat(one.seen)).total_seconds()) >= WRITE_EACH_S:
            with suppress(UnwrittenError):  # then memory alone knows it
                self._change(one.id, seen=now.isoformat())

    def proved(self, one: SignIn) -> bool:
        """Whether somebody has shown there in the last minutes who they are; a calendar that was set back is no proof."""
        since = self.wall() - datetime.fromisoformat(one.proved) if one.proved else PROOF_HOLDS
        return timedelta(0) <= since < PROOF_HOLDS

    def prove(self, ident: str) -> None:
        """Somebody has shown who they are once more."""
        self._change(ident, proved=self.wall().isoformat())

    def lock(self, ident: str) -> None:
        """Whoever goes on says who they are first."""
        self._change(ident, locked=True)

    def end(self, ident: str) -> None:
        """For good."""
        self._change(ident, ended=True)
        self._seen.pop(ident, None)

    def of(self, account: str) -> list[SignIn]:
        """Those of an account that are open, the newest first."""
        every = [SignIn(d.id, **d.body, version=d.version) for d in self._store().all(KIND)]
        mine = [s for s in every if s.account == account and not s.ended and not self._is_old(s)]
        shown = [replace(s, seen=max(s.seen, self._seen.get(s.id, _START).isoformat())) for s in mine]
        return sorted(shown, key=lambda s: s.began, reverse=True)

    def end_all(self, account: str, but: str = "") -> None:
        """All of an account, but for one."""
        for one in self.of(account):
            if one.id != but:
                self.end(one.id)

    def _change(self, ident: str, **values: object) -> None:
        """Over what is newest: an ended one stays ended, whoever else writes at the same moment."""
        for _ in range(5):
            found = self._store().get(KIND, ident)
            if found is None:
                return
            try:
                self._store().put(KIND, ident, {**found.body, **values}, over=found.version)
            except OvertakenError:
                continue
            return

    def _put(self, one: SignIn) -> None:
        body = asdict(one)
        del body["id"], body["version"]
        self._store().put(KIND, one.id, body, over=one.version)


_START = datetime(2000, 1, 1, tzinfo=UTC)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
