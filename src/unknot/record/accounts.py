"""Who works in the practice: accounts with a role, a password as argon2id and passkeys, and what the practice has set about signing in."""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from unknot.errors import Problem, UnknotError
from unknot.guards import HIDDEN, number_problem
from unknot.record.ids import uuid7
from unknot.record.looks import alike
from unknot.record.store import Store
from unknot.record.whole import DamagedError
from unknot.words import say

Role = Literal["owner", "practitioner", "front", "student"]
ROLES: tuple[Role, ...] = ("owner", "practitioner", "front", "student")
KIND = "account"
SETTINGS = "access"
LONGEST_NAME = 60
PASSWORD = (10, 200)
"""Fewest and most characters of a password."""
IDLE_MIN = (1.0, 120.0)
DEFAULT_IDLE_MIN = 10.0
ALIKE = ("LATIN", "CYRILLIC", "GREEK")
"""Scripts whose letters pass for one another. No word of a name needs two of them."""
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""Signs beside those of format (Cf) that leave nothing, or a blank, on the page."""


class AccountError(UnknotError):
    """An account that may not be as it was asked for."""

    code = "account"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key that a device keeps: its id and public key [base64url], how often it has signed, what it is called."""

    id: str
    key: str
    count: int
    name: str
    added: str


@dataclass(frozen=True, slots=True)
class Account:
    """One person who works in the practice. Without a password and a passkey nobody can sign in to it yet."""

    id: str
    name: str
    role: Role
    hashed: str = ""
    passkeys: tuple[Passkey, ...] = ()
    disabled: bool = False
    version: int = 0

    @property
    def ready(self) -> bool:
        """Whether somebody can sign in."""
        return not self.disabled and bool(self.hashed or self.passkeys)


@dataclass(frozen=True, slots=True)
class Settings:
    """After how long without a touch a device locks [min]; whether this machine asks for a sign-in too."""

    idle_min: float = DEFAULT_IDLE_MIN
    here_too: bool = False
    version: int = 0


class Accounts:
    """Reads and writes accounts. Names are one apart from another, however they are written: the trail tells people by them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def all(self) -> list[Account]:
        """In the order in which they were made."""
        return [_account(d.id, d.body, d.version) for d in reversed(self.store.all(KIND))]

    def get(self, ident: str) -> Account | None:
        found = self.store.get(KIND, ident)
        return None if found is None else _account(found.id, found.body, found.version)

    def named(self, name: str) -> Account | None:
        """The account of a name, in large letters or small, with one space or two."""
        wanted = _one_space(name).casefold()
        return next((a for a in self.all() if _one_space(a.name).casefold() == wanted), None)

    def with_passkey(self, ident: str) -> tuple[Account, Passkey] | None:
        """The account that a passkey signs in to."""
        return next(((a, p) for a in self.all() for p in a.passkeys if p.id == ident), None)

    def new(self, name: str, role: str) -> Account:
        """Raises AccountError for a name that nobody could tell by sight from another or from nothing, is too long or taken, or a role that is none."""
        wrong = _name_problem(name)
        if wrong is not None:
            raise AccountError([wrong])
        name = _one_space(name)
        if any(alike(_seen(a.name), _seen(name)) for a in self.all()):
            todo = say("people.taken_todo")
            raise AccountError([Problem("name_taken", say("sign_in.name"), say("people.taken"), "", todo)])
        if role not in ROLES:
            allowed, todo = ", ".join(say(f"role.{one}") for one in ROLES), say("people.role_todo")
            raise AccountError(
                [Problem("no_role", say("people.role"), role[:20] or say("people.no_role"), allowed, todo)]
            )
        return self.keep(Account(uuid7(), name, role))

    def keep(self, account: Account) -> Account:
        """Store a new version. Raises AccountError when no owner could sign in any more, OvertakenError when somebody was quicker."""
        before = self.get(account.id)
        if before is not None and before.role == "owner" and before.ready and not _owns(account):
            others = [a for a in self.all() if a.id != account.id and _owns(a)]
            if not others:
                given, todo = "this is the last owner", "make somebody else an owner first"
                raise AccountError([Problem("last_owner", say("people.role"), given, "", todo)])
        body = {
            "name": account.name, "role": account.role, "hashed": account.hashed, "disabled": account.disabled,
            "passkeys": [asdict(p) for p in account.passkeys],
        }  # fmt: skip
        return replace(account, version=self.store.put(KIND, account.id, body, over=account.version))

    def has_owner(self) -> bool:
        """Whether an owner can sign in. Raises DamagedError where none is found and an account that cannot be read may be an owner's."""
        if any(_owns(a) for a in self.all()):
            return True
        if unread := self.unread():
            given = say("people.owner_unread", n=len(unread))
            raise DamagedError([Problem("damaged", say("people.title"), given, "", say("people.unread_todo"))])
        return False

    def unread(self) -> list[str]:
        """The ids of accounts that are damaged or hidden: `all` leaves them out, and they let nobody in."""
        return self.store.unread(KIND)

    # ---------------------------------------------------------- settings

    def settings(self) -> Settings:
        found = self.store.get(SETTINGS, SETTINGS)
        return Settings() if found is None else Settings(found.body["idle_min"], found.body["here_too"], found.version)

    def keep_settings(self, settings: Settings) -> None:
        """Raises AccountError for a time out of range, or when this machine would ask for a sign-in that nobody has."""
        wrong = idle_problem(settings.idle_min)
        if wrong is not None:
            raise AccountError([wrong])
        if settings.here_too and not self.has_owner():
            given, todo = "no owner can sign in", "make an owner with a password first"
            raise AccountError([Problem("no_owner", say("people.here_too"), given, "", todo)])
        body = {"idle_min": settings.idle_min, "here_too": settings.here_too}
        self.store.put(SETTINGS, SETTINGS, body, over=settings.version)


def idle_problem(minutes: object) -> Problem | None:
    """What is wrong with a time after which a device locks [min]; None when nothing is."""
    if isinstance(minutes, float) and minutes.is_integer():
        minutes = int(minutes)  # told as it was typed
    return number_problem(minutes, say("people.idle"), *IDLE_MIN, say("people.idle_todo"))


def _name_problem(name: str) -> Problem | None:
    """What is wrong with a name by itself: hidden characters, nothing to see, too long, a word of letters that pass for one another."""
    place = say("sign_in.name")
    if HIDDEN.search(name):
        allowed, todo = say("clients.hidden_allowed"), say("clients.hidden_todo")
        return Problem("hidden_character", place, say("clients.hidden"), allowed, todo)
    if not _seen(name) or len(_one_space(name)) > LONGEST_NAME:
        given, allowed = f"{len(_one_space(name))} characters", f"1 to {LONGEST_NAME} characters that can be seen"
        return Problem("no_name", place, given, allowed, "write a name")
    if any(len(_scripts(word)) > 1 for word in re.split(r"[\W\d_]+", name)):
        return Problem(
            "mixed_letters", place, say("people.mixed"), say("people.mixed_allowed"), say("clients.hidden_todo")
        )
    return None


def _one_space(name: str) -> str:
    """A name with one space between its words."""
    return " ".join(name.split())


def _seen(name: str) -> str:
    """A name as far as two of them differ by sight: no widths or styles of letters, nothing that leaves no mark, no case."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return _one_space(unicodedata.normalize("NFKC", UNSEEN.sub("", plain).casefold()))


def _scripts(word: str) -> set[str]:
    """Which of the scripts that look alike a word is written in."""
    return {script for c in word for script in ALIKE if script in unicodedata.name(c, "").split(" ")}


def _owns(account: Account) -> bool:
    return account.role == "owner" and account.ready


def _account(ident: str, body: Mapping[str, Any], version: int) -> Account:
    keys = tuple(Passkey(**p) for p in body["passkeys"])
    return Account(ident, body["name"], body["role"], body["hashed"], keys, bool(body["disabled"]), version)


class Passwords:
    """Argon2id by RFC 9106's second choice: 64 MiB, three passes. An unknown name costs the same as a known one."""

    def __init__(self) -> None:
        from argon2 import PasswordHasher

        self._hasher = PasswordHasher()

    def hashed(self, password: str, name: str = "") -> str:
        """Raises AccountError for a password that is too short, too long, or the name."""
        low, high = PASSWORD
        if not low <= len(password) <= high:
            allowed = f"{low} to {high} characters"
            todo = "choose a longer one; a few words are easy to keep in mind"
            raise AccountError(
                [Problem("password", say("sign_in.password"), f"{len(password)} characters", allowed, todo)]
            )
        if (name and password.strip().casefold() == name.strip().casefold()) or len(set(password)) < 4:
            raise AccountError(
                [Problem("password", say("sign_in.password"), "easily guessed", "", "choose another one")]
            )
        return self._hasher.hash(password)

    def right(self, account: Account | None, password: str) -> bool:
        """Whether it is the password of an account that may sign in. As long without an account as with one."""
        from argon2.exceptions import InvalidHashError, VerificationError

        usable = account is not None and not account.disabled and bool(account.hashed)
        against = account.hashed if usable and account is not None else self._of_nobody()
        try:
            self._hasher.verify(against, password[: PASSWORD[1] + 1])
        except (VerificationError, InvalidHashError):
            return False
        return usable

    def _of_nobody(self) -> str:
        """A hash of nothing, with the costs of now. It is not worked out: the first unknown name would take twice as long as a known one."""
        h = self._hasher
        salt, key = (b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (h.salt_len, h.hash_len))
        return f"$argon2id$v=19$m={h.memory_cost},t={h.time_cost},p={h.parallelism}${salt}${key}"
