"""A form is taken once: the same post, sent a second time, is answered as the first was and changes nothing.

Each form carries a token of its own, with the time at which its page was made. The first says that two posts are the same one, the second
that a page of questions was answered sooner than anybody can have read it (docs/decisions/0017-a-form-is-taken-once.md).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot.web.form import LARGEST
from unknot.web.lan import cookie
from unknot.web.who import who
from unknot.words import say

FIELD = "once"
TOKEN = re.compile(rb"(?:^|&)once=[0-9a-f]{32}-[0-9]{1,15}(?:&|$)")
LOOK_MS = 1000
"""How long a page of questions stands before a tap on it is taken [ms]. The style sheet and the script of the page keep the same time."""
MOST = 1000
"""Answers that are remembered, the latest."""
MOST_BYTES = 8_000_000
"""What they may take in memory, all together."""
PAGE_S = 60.0
"""How long an answer is remembered that is a page, not a way on: a client's facts or a new code may stand in it [s]."""
REDIRECT, WRONG = 300, 400


def token(now: Callable[[], float] = time.monotonic) -> str:
    """A new token, with the time of its page [ms of a clock that goes on when the program is started anew]."""
    return f"{secrets.token_hex(16)}-{int(now() * 1000)}"


def once() -> Markup:
    """The field of a form that makes or changes something."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def looked_at() -> Markup:
    """The mark of a form of questions: how long its page must have stood before a tap on it is taken [ms]."""
    return Markup(' data-look="{}"').format(LOOK_MS) if LOOK_MS else Markup("")


def slip() -> Markup:
    """Where the page says that a tap came too soon."""
    return Markup('<p class="slip" role="status" data-slip="{}"></p>').format(
        f"{say('ask.soon')} {say('ask.soon_todo')}"
    )


def too_soon(fields: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> bool:
    """Whether a form came back before anybody can have looked at its page. What carries no token comes from a program, which reads no page."""
    made = fields.get(FIELD, "").rpartition("-")[2]
    return made.isdecimal() and 0 <= now() * 1000 - int(made) < LOOK_MS


@dataclass(slots=True)
class Answer:
    """What a post was answered with, message by message."""

    messages: list[Message] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the post was taken. One that was refused has changed nothing and is looked at anew."""
        return bool(self.messages) and self.messages[0].get("status", WRONG) < WRONG

    @property
    def leads_on(self) -> bool:
        """Whether it only says where to go: nothing of a client stands in it."""
        return bool(self.messages) and self.messages[0].get("status", WRONG) >= REDIRECT

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(len(message.get("body", b"")) for message in self.messages)

    @property
    def whole(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)


class Once:
    """Posts with a token are answered once. Plain ASGI, behind the door: who sends is known, and a second post is let in as the first was."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._taken: OrderedDict[str, Answer] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not _is_form(scope):
            await self.app(scope, receive, send)
            return
        body, heard = await _read(receive)
        if not TOKEN.search(body):
            await self.app(scope, _again(heard, receive), send)
            return
        key = _key(scope, body)
        while (first := self._under_way.get(key)) is not None:
            await asyncio.shield(first)
        taken = self._taken.get(key)
        if taken is not None:
            for message in taken.messages:
                await send(message)
            return
        await self._take(key, scope, _again(heard, receive), send)

    async def _take(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """The first post: whoever sends it again meanwhile waits for its answer."""
        answer, done = Answer(), asyncio.get_running_loop().create_future()
        self._under_way[key] = done

        async def told(message: Message) -> None:
            answer.messages.append(message)
            await send(message)

        try:
            await self.app(scope, receive, told)
            if answer.holds and answer.whole:
                self._remember(key, answer)
        finally:
            del self._under_way[key]
            done.set_result(None)

    def _remember(self, key: str, answer: Answer) -> None:
        self._taken[key] = answer
        self._bytes += answer.size
        if not answer.leads_on:
            asyncio.get_running_loop().call_later(PAGE_S, self._forget, key)
        while len(self._taken) > MOST or self._bytes > MOST_BYTES:
            self._forget(next(iter(self._taken)))

    def _forget(self, key: str) -> None:
        gone = self._taken.pop(key, None)
        self._bytes -= gone.size if gone is not None else 0


def _is_form(scope: Scope) -> bool:
    return Headers(scope=scope).get("content-type", "").startswith("application/x-www-form-urlencoded")


async def _read(receive: Receive) -> tuple[bytes, list[Message]]:
    """The body of a form with the messages that brought it; of one that is too large for any form the beginning."""
    body, heard = bytearray(), list[Message]()
    more = True
    while more and len(body) <= LARGEST:
        message = await receive()
        heard.append(message)
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    return (b"" if more else bytes(body)), heard


def _again(heard: list[Message], receive: Receive) -> Receive:
    """What was read is read again by the app, then what comes after it."""
    left = iter(heard)

    async def read() -> Message:
        message = next(left, None)
        return message if message is not None else await receive()

    return read


def _key(scope: Scope, body: bytes) -> str:
    """The same for the same form with the same words in it, sent to the same address by the same hand. Only its hash is kept."""
    asks = who()
    parts = (scope["path"], scope["query_string"], asks.account, asks.sign_in, cookie(scope, "unknot-form"))
    told = hashlib.sha256()
    for part in (*(p if isinstance(p, bytes) else p.encode() for p in parts), body):
        told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()
