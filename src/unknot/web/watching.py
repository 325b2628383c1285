"""An open socket of the practice, for as long as who opened it may have it: also one that says nothing and is only told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = 1008
OFTEN_S = 0.05
"""A socket is not looked at more often than this."""


class Watched:
    """Runs an app on a socket until `still` says no, which is asked every `each_s` seconds; then it is closed and nothing more is told on it.

    `heard` is called with every message that comes in, and must not wait.
    """

    def __init__(self, still: Callable[[], bool], each_s: float, heard: Callable[[Message], None]) -> None:
        self._still = still
        self._each_s = max(each_s, OFTEN_S)
        self._heard = heard
        self._over = asyncio.Event()
        self._next: asyncio.Future[Message] | None = None

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        looking = asyncio.create_task(self._look(send))

        async def told(message: Message) -> None:
            if not self._over.is_set():
                await send(message)

        async def heard() -> Message:
            return await self._receive(receive)

        try:
            await app(scope, heard, told)
        finally:
            looking.cancel()
            if self._next is not None:
                self._next.cancel()

    async def _look(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._each_s * random.random())  # not all at the same moment
        while await loop.run_in_executor(None, self._still):
            await asyncio.sleep(self._each_s)
        self._over.set()
        with suppress(RuntimeError, OSError):  # it has gone by itself
            await send({"type": "websocket.close", "code": POLICY})

    async def _receive(self, receive: Receive) -> Message:
        """The next message. Who is called off while waiting for it has lost none: it is there at the next call."""
        if self._next is None:
            self._next = asyncio.ensure_future(receive())
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait((self._next, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if self._over.is_set():
            return {"type": "websocket.disconnect", "code": POLICY}
        message, self._next = self._next.result(), None
        if message["type"] == "websocket.receive":
            self._heard(message)
        return message
