"""Starting the app on this machine: find a port, say the address, open the browser, stop on Ctrl-C."""

from __future__ import annotations

import ipaddress
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from unknot.errors import Problem, UnknotError
from unknot.web.app import create_app

PORT = 8765


def serve(host: str, port: int | None, *, open_browser: bool, announce: Callable[[str], None]) -> None:
    """Serve until stopped; `announce` is told the address.

    Raises UnknotError when the address is not this machine's own or the port is taken. Without a port, 8765 or a free one.
    """
    listener = _listen(_loopback(host), port)
    number = listener.getsockname()[1]
    address = f"http://{'[::1]' if ':' in host else host}:{number}/"
    app = create_app()
    announce(address)
    if open_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, date_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _loopback(host: str) -> str:
    name = {"localhost": "127.0.0.1"}.get(host, host)
    try:
        inside = ipaddress.ip_address(name).is_loopback
    except ValueError:
        inside = False
    if not inside:
        todo = "leave --host out; other devices in the room come with a later version, over TLS"
        raise UnknotError(
            [
                Problem(
                    "not_this_machine",
                    "--host",
                    f"{host!r} is not this machine alone",
                    "127.0.0.1, ::1 or localhost",
                    todo,
                )
            ]
        )
    return name


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in (port,) if port is not None else (PORT, 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, attempt))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reason = error.strerror or "it cannot be opened"
            continue
        return listener
    raise UnknotError(
        [
            Problem(
                "port_taken",
                "--port",
                f"port {port} of {host}: {reason}",
                "a free port, or 0 for any",
                "stop what uses it or choose another port",
            )
        ]
    )
