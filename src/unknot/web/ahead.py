"""The program beside the app that looks the record's file through and works out ahead what pages need.

It is started a while after the app, and each day again, and told when people ask for something.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unknot.record.ahead import DAMAGED, head_of
from unknot.record.place import default_place, is_there
from unknot.record.secret import Secret

PROGRAM = "unknot.record.ahead"
AFTER_S = 5.0
"""After the app's own start, so that it takes nothing from the first pages."""
AGAIN_S = 24 * 3600.0
SELDOM_S = 0.1
"""It is not told more often that the same goes on."""
ENDS_S = 2.0


class Ahead:
    """The app with its helper. `data` and `secret` are those of the app's record. Use it as the app, within `with`.

    `damaged` is called when the record's file turns out to be damaged.
    """

    def __init__(
        self,
        app: ASGIApp,
        data: str | Path | None,
        secret: Secret | None,
        after_s: float = AFTER_S,
        damaged: Callable[[], None] = lambda: None,
    ) -> None:
        self.app, self.data, self.secret, self.damaged = app, data, secret, damaged
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
        with self._lock:
            self._later.cancel()
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
        threading.Thread(target=self._ended, args=(process,), daemon=True).start()

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        """What the program found, and when it is started again."""
        if process.wait() == DAMAGED:
            self.damaged()
        with self._lock:
            if not self._over:
                self.process = None
                with suppress(OSError):
                    self._pipe_of(process).close()
                self._later = threading.Timer(AGAIN_S, self._start)
                self._later.daemon = True
                self._later.start()

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
