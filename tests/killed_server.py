"""A server that is killed again and again: started once, it forks a child for each life, so that a life costs milliseconds.

Run as a program: each line on its input is a path and a port, `PATH PORT`; the child's process id is answered. The child serves the sockets of
sessions, as the app does, and nothing else.
"""

from __future__ import annotations

import os
import sys
import time

import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket

from unknot.record.store import open_store
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


def main() -> None:
    for line in sys.stdin:
        place, port = line.rsplit(maxsplit=1)
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            life(place, int(port))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
