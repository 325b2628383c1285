"""A server that is killed again and again: started once, it forks a child for each life, so that a life costs milliseconds.

Run as a program: each line on its input is a path and a port, `PATH PORT`; the child's process id is answered. The child serves the sockets of
sessions, as the app does, and nothing else; or the whole app, when the program is given the path that it is for.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket

from unknot.record.store import open_store
from unknot.web.app import create_app
from unknot.web.page import Page
from unknot.web.rooms import Rooms
from unknot.web.sockets import attend


def life(place: str, port: int) -> None:
    """One life of the server."""
    store = open_store(place)
    rooms = Rooms(lambda: store, time.monotonic)
    app = FastAPI()

    @app.websocket("/sessions/{session}/ws")
    async def screen(socket: WebSocket, session: str) -> None:
        await attend(socket, await rooms.open(session), "screen")

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws_ping_interval=None)


def whole(place: str) -> Callable[[str, int], None]:
    """Lives of the whole app on one record. What every life would load anew is loaded here; the record itself is opened in the child."""
    Page.warm = lambda _: None  # type: ignore[method-assign]  # a thread that compiles would not live through a fork
    app = create_app(data=place)
    page = app.state.page
    for name in page.templates.list_templates(filter_func=lambda name: name.endswith(".html")):
        page.templates.get_template(name)

    def begin(_: str, port: int) -> None:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)

    return begin


def main() -> None:
    begin = whole(sys.argv[1]) if len(sys.argv) > 1 else life
    for line in sys.stdin:
        place, port = line.rsplit(maxsplit=1)
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            begin(place, int(port))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
