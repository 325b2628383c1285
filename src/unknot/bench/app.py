"""The app as users start it, in a process of its own, for the benches that measure it from outside."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STARTS_S = 60.0
ENDS_S = 10.0


def started(place: str | Path) -> tuple[subprocess.Popen[bytes], int]:
    """The process and its port; it may not listen yet."""
    port = free_port()
    command = [sys.executable, "-m", "unknot", "--no-browser", "--port", str(port), "--data", str(place)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), port


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Until the app listens there. Raises TimeoutError."""
    end = time.monotonic() + STARTS_S
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address under which the app answers. Its listener is made as the app's own, so that no answer waits for Nagle."""
    import uvicorn

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
        thread.join(ENDS_S)
