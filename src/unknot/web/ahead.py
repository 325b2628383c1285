"""The program beside the app that works out ahead what pages need: it is started a while after the app, and told when people ask for something."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot.record.ahead import head_of
from unknot.record.place import default_place, is_there
from unknot.record.secret import Secret

PROGRAM = "unknot.record.ahead"
AFTER_S = 5.0
"""After the app's own start, so that it takes nothing from the first pages."""
SELDOM_S = 0.1
"""It is not told more often that the same goes on."""
ENDS_S = 2.0


class Ahead:
    """The app with its helper. `data` and `secret` are those of the app's record. Use it as the app, within `with`."""

    def __init__(self, app: ASGIApp, data: str | Path | None, secret: Secret | None, after_s: float = AFTER_S) -> None:
        self.app, self.data, self.secret = app, data, secret
        self.process: subprocess.Popen[bytes] | None = None
        self._lock, self._over = threading.Lock(), False
        self._told: dict[bytes, float] = {}
        self._later = threading.Timer(after_s, self._start)
        self._later.daemon = True

    def __enter__(self) -> Ahead:
        self._later.start()
        return self

    def __exit__(self, *_: object) -> None:
        """It ends when its pipe does."""
        self._later.cancel()
        with self._lock:
            process, self.process = self.process, None
            self._over = True
        if process is None:
            return
        with suppress(OSError):
            self._pipe_of(process).close()
        try:
            process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> None:
        with self._lock:
            if self._over or not is_there(self.data):
                return
            place = str(self.data or default_place())
            process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, bufsize=0,
            )  # fmt: skip
            with suppress(OSError):
                self._pipe_of(process).write(head_of(place, self.secret, date.today()))
                os.set_blocking(self._pipe_of(process).fileno(), False)
            self.process = process

    @staticmethod
    def _pipe_of(process: subprocess.Popen[bytes]) -> BinaryIO:
        if process.stdin is None:
            raise OSError("it has no input")
        return cast(BinaryIO, process.stdin)

    def tell(self, what: bytes) -> None:
        """That somebody asks for a page (r), or that something happens in a session (s). Never waits, never fails."""
        process, now = self.process, time.monotonic()
        if process is None or now - self._told.get(what, 0.0) < SELDOM_S:
            return
        self._told[what] = now
        with suppress(OSError, ValueError):
            self._pipe_of(process).write(what)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":

            async def heard() -> Message:
                message = await receive()
                self.tell(b"s")
                return message

            await self.app(scope, heard, send)
            return
        self.tell(b"r")
        try:
            await self.app(scope, receive, send)
        finally:
            self.tell(b"r")
