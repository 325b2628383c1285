"""Starting the app on this machine: find a port, say the address, open the browser, stop on Ctrl-C."""

from __future__ import annotations

import gc
import ipaddress
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from unknot.errors import Problem, UnknotError
from unknot.record.accounts import Accounts
from unknot.record.place import default_place, place_of
from unknot.record.secret import Secret
from unknot.record.store import check_place, is_there, open_store
from unknot.record.whole import DamagedError
from unknot.web.ahead import Ahead
from unknot.web.app import create_app
from unknot.web.codes import MINUTES, Codes
from unknot.web.lan import addresses, made_certificate, names, own_certificate
from unknot.web.quiet import install, log_config
from unknot.web.signing import FIRST_OWNER
from unknot.web.warm import begin
from unknot.words import say

PORT = 8765
LOOKS_THROUGH = (5_000, 10, 1_000)
"""How often the program looks through its memory for rings: a full look takes 40 ms with a hundred sessions, and a cue would wait for it."""
LARGEST_FRAME = 65_536
"""Bytes of a socket's message; a larger one is not read to its end. What is refused in words is shorter: see `sockets.LARGEST`."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve. `data`: where the store is. `lan`: other devices in the room may join, over TLS with `cert` and `key` or a self-made pair.

    `secret` opens an encrypted store.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    data: str | None = None
    lan: bool = False
    cert: Path | None = None
    key: Path | None = None
    owner_code: bool = False
    """Whether a code for one more owner is given, for a practice whose owners cannot sign in any more."""
    secret: Secret | None = None


def serve(how: Serving, *, open_browser: bool, announce: Callable[[str], None]) -> None:
    """Serve until stopped; `announce` is told the address and, with --lan, the other addresses, the fingerprint and the code.

    Raises UnknotError when the address is not this machine's own, the port is taken, nothing can be kept at `data` or a certificate
    cannot be had. Without a port, 8765 or a free one.
    """
    install()
    _check_certificate(how)
    check_place(how.data, how.secret)
    listener = _listen("0.0.0.0" if how.lan else _loopback(how.host), how.port)
    number = listener.getsockname()[1]
    config: dict[str, Any] = {
        "log_config": log_config(), "log_level": "warning", "access_log": False, "forwarded_allow_ips": "127.0.0.1", "server_header": False, "date_header": False, "ws_max_size": LARGEST_FRAME,
    }  # fmt: skip
    if how.lan:
        address = f"https://127.0.0.1:{number}/"
        app = _in_the_room(how, number, address, config, announce)
    else:
        address = f"http://{'[::1]' if ':' in how.host else how.host}:{number}/"
        codes = Codes(time.monotonic)
        app = create_app(data=how.data, codes=codes, secret=how.secret)
        if how.owner_code:
            announce(say("cli.code", code=codes.give("account", FIRST_OWNER), minutes=MINUTES))
        announce(say("cli.open", address=address))
    announce(say("cli.store", place=place_of(how.data)))
    if open_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again
    gc.set_threshold(*LOOKS_THROUGH)
    begin(app.state.page)

    def damaged() -> None:
        app.state.page.damage = place_of(how.data)

    with Ahead(app, how.data, how.secret, damaged=damaged) as served:
        uvicorn.Server(uvicorn.Config(served, **config)).run(sockets=[listener])


def _check_certificate(how: Serving) -> None:
    """Raises UnknotError for half a certificate, or one that nothing would be served with."""
    named = [option for option, given in (("--cert", how.cert), ("--key", how.key)) if given is not None]
    if named and not how.lan:
        given, todo = "named without --lan: this machine alone is served without TLS", "add --lan, or leave them out"
        raise UnknotError([Problem("certificate", " and ".join(named), given, "with --lan", todo)])
    if len(named) == 1:
        problem = Problem(
            "certificate", "--cert, --key", "only one of the two is named", "both, or neither", "name both files"
        )
        raise UnknotError([problem])


def _in_the_room(
    how: Serving, number: int, address: str, config: dict[str, Any], announce: Callable[[str], None]
) -> FastAPI:
    """The app for devices of the room: its certificate goes into `config`, addresses, fingerprint and code are announced."""
    folder = default_place().parent if how.data is None or "://" in how.data else Path(how.data).absolute().parent
    own = how.cert is not None
    found = own_certificate(how.cert, how.key) if how.cert and how.key else made_certificate(folder)
    config |= {"ssl_certfile": str(found.cert), "ssl_keyfile": str(found.key)}
    codes = Codes(time.monotonic)
    announce(say("cli.open", address=address))
    for other in addresses():
        announce(say("cli.lan", address=f"https://{other}:{number}/join"))
    if not own:
        announce(say("cli.fingerprint", fingerprint=found.fingerprint))
    unread = _owner_unread(how, codes, announce)
    app = create_app(names(), how.data, codes=codes, lan=True, secret=how.secret, self_made=not own)
    if unread:
        app.state.page.damage = place_of(how.data)
    return app


def _owner_unread(how: Serving, codes: Codes, announce: Callable[[str], None]) -> bool:
    """Announce a code for an owner where one is asked for or there is none yet.

    Where an account that may be the owner's cannot be read, no code is given unasked: that is told, and is the answer.
    """
    try:
        wanted, told = not _has_owner(how), ""
    except DamagedError as error:
        wanted, told = False, "; ".join(f"{p.given}: {p.todo}" for p in error.problems)
    if told:
        announce(say("cli.owner_unread", told=told))
    if how.owner_code or wanted:
        announce(say("cli.code", code=codes.give("account", FIRST_OWNER), minutes=MINUTES))
    return bool(told)


def _has_owner(how: Serving) -> bool:
    """Whether somebody can sign in as the owner; no store is made to find out. Raises DamagedError where that cannot be known."""
    if not is_there(how.data):
        return False
    store = open_store(how.data, secret=how.secret)
    try:
        return Accounts(store).has_owner()
    finally:
        store.close()


def _loopback(host: str) -> str:
    name = {"localhost": "127.0.0.1"}.get(host, host)
    try:
        inside = ipaddress.ip_address(name).is_loopback
    except ValueError:
        inside = False
    if not inside:
        todo = "leave --host out; --lan lets other devices in the room join, over TLS"
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
        # without the protocol named, asyncio leaves Nagle's delay on, and every answer of two packets waits 40 ms
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
