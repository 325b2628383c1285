"""An app served in this process by a real uvicorn on a free port, as long as a test needs it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

STARTS_S = 30


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address under which the app answers. Its listener is made as the app's own, so that no answer waits for Nagle."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    running = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + STARTS_S
    while not running.started:
        if time.monotonic() > end:
            raise TimeoutError("the app has not started")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(10)
