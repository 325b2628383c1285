"""Who asks: known for the time of one request, so that what is worked out for it can ask too."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from unknot.record.audit import HERE
from unknot.web.rights import SEES_ALL, Right, may


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody with a role. `account` and `sign_in` are empty for this machine, where nobody signs in."""

    role: str
    account: str = ""
    name: str = ""
    sign_in: str = ""
    idle_min: float = 0.0

    @property
    def told(self) -> str:
        """As the trail calls them."""
        return self.account or HERE

    def may(self, right: Right) -> bool:
        return may(self.role, right)

    def treats(self, treated_by: tuple[str, ...]) -> bool:
        """Whether they may see the record of a client who is treated by these."""
        return self.may("health") and (self.role in SEES_ALL or (self.account != "" and self.account in treated_by))

    def knows(self, treated_by: tuple[str, ...]) -> bool:
        """Whether they may see a client's name: who treats them, and the front desk."""
        return self.may("list") and (not self.may("health") or self.treats(treated_by))


NOBODY = Who("")
THIS_MACHINE = Who("owner")
WHO: ContextVar[Who] = ContextVar("who", default=NOBODY)


def who() -> Who:
    """Who asks now; nobody outside of a request."""
    return WHO.get()


def signature(typed: str, usual: str = "") -> str:
    """Whose name stands under what is written: that of who is signed in, whatever was typed; on this machine, where nobody signs in, what was typed, else the usual one."""
    asks = who()
    return asks.name if asks.account else typed.strip() or usual
