"""A server that is killed again and again: started once, it forks a child for each life, so that a life costs a fraction of a second.

Run as a program: each line on its input is a place and a port, `PLACE PORT`; the child's process id is answered. The child serves the whole
app, or the sockets of sessions alone, as the app does, when the program is told so.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from unknot.bench.app import served
from unknot.bench.forks import SOCKETS
from unknot.bench.ledger import Ledger
from unknot.bench.working_day import AtWork, Clock, prepared
from unknot.knowledge.load import knowledge
from unknot.record.store import FILE, open_store
from unknot.web.app import create_app
from unknot.web.page import Page
from unknot.web.rooms import Rooms
from unknot.web.sockets import attend


def sockets(place: str, port: int) -> None:
    """One life of the sockets."""
    store = open_store(place)
    rooms = Rooms(lambda: store, time.monotonic)

    async def screen(socket: WebSocket) -> None:
        await attend(socket, await rooms.open(socket.path_params["session"]), "screen")

    app = Starlette(routes=[WebSocketRoute("/sessions/{session}/ws", screen)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws_ping_interval=None)


@cache
def app_of(place: str) -> FastAPI:
    """The whole app for one record, with its pages compiled; the record itself is opened in the child alone."""
    app = create_app(data=place)
    page = app.state.page
    for name in page.templates.list_templates(filter_func=lambda name: name.endswith(".html")):
        page.templates.get_template(name)
    return app


def whole(place: str, port: int) -> None:
    """One life of the whole app."""
    uvicorn.run(app_of(place), host="127.0.0.1", port=port, log_level="error", access_log=False)


def warmed() -> None:
    """What every life would load and work out anew stands before the first one: one client is treated on a record that is thrown away.

    Raises RuntimeError when that failed or a thread of it is left, which would not live through a fork.
    """
    Page.warm = lambda _: None  # type: ignore[method-assign, assignment]  # a thread that compiles would not live through it either
    clock, ledger = Clock(), Ledger()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / FILE
        prepared(place)
        app = create_app(data=place)
        with served(app) as address:
            clock.tell(int(address.rpartition(":")[2]), life=1)
            AtWork(clock, ledger, knowledge(), 1).treat()
        app.state.doors.store().close()
    if ledger.failed or threading.active_count() > 1:
        raise RuntimeError(f"{ledger.failed} {threading.enumerate()}")


def main() -> None:
    """Fork a life for each line of the input."""
    begin: Callable[[str, int], None] = sockets
    uvicorn.Config(Starlette()).load()  # its protocols
    if SOCKETS not in sys.argv:
        warmed()
        begin = whole
    gc.freeze()  # a life does not copy what it only looks through
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)  # the one before is wholly gone, and what it cost is counted
        place, port = line.rsplit(maxsplit=1)
        if begin is whole:
            app_of(place)
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            begin(place, int(port))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
