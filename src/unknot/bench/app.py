"""The app as users start it, in a process of its own, for the benches that measure it from outside."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

STARTS_S = 60.0


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
