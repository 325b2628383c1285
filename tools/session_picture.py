"""The picture of the session's screen in the documents: a hold on the infraspinatus, at the size of a laptop, light.

Run `uv run python tools/session_picture.py [BROWSER]`; it starts the app on a store of its own.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import uvicorn
from playwright.sync_api import sync_playwright

from unknot.knowledge.load import knowledge
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.web.app import create_app

PICTURE = Path(__file__).parent.parent / "docs" / "img" / "session.png"


def serve(store: Path) -> str:
    """The address of the app, in a thread of this process."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    server = uvicorn.Server(uvicorn.Config(create_app(data=store), log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def begin(address: str, store: Path) -> str:
    """The address of a session of somebody who was screened."""
    desk = Desk(open_store(store), knowledge())
    person = desk.new_client("K. 7", 46.0, "female")
    visit = desk.visit_of(person.id, date.today())
    desk.answer(visit, dict.fromkeys(desk.k.questions, "no"), "practitioner")
    for area in desk.k.consent_areas:
        desk.consent(visit, area, "yes", "practitioner")
    for place in ("levator_scapulae.1@right", "infraspinatus.1@right"):
        told = urlencode({"place": place, "technique": "prolonged_compression"}).encode()
        with urlopen(f"{address}/clients/{person.id}/here", told) as reply:
            found = str(reply.url)
    return found


def take(browser: str | None) -> None:
    """Press, rate twice, and keep what is seen."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = Path(folder) / "unknot.db"
        address = serve(store)
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(begin(address, store))
        page.wait_for_selector("body[data-phase]:not([data-phase=joining])")
        for key, wait_ms in (("Space", 2500), ("6", 6000), ("5", 2500)):
            page.keyboard.press(key)
            page.wait_for_timeout(wait_ms)
        page.screenshot(path=PICTURE)
        opened.close()


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else None)
