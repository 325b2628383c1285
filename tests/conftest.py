"""What the tests share: the knowledge, a real server, a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unknot.knowledge.load import Knowledge
from unknot.knowledge.load import knowledge as load_knowledge

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


@pytest.fixture(scope="session")
def k() -> Knowledge:
    """The knowledge of this checkout."""
    return load_knowledge()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served by uvicorn in this process on a free port, with a store of its own."""
    import uvicorn

    from unknot.web.app import create_app

    listener = socket.socket(proto=socket.IPPROTO_TCP)  # as the app's own
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    running = uvicorn.Server(
        uvicorn.Config(
            create_app(data=tmp_path_factory.mktemp("store") / "unknot.db"), log_level="warning", access_log=False
        )
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join(10)


def browser_path() -> str | None:
    """A Chromium of the system, else the one that Playwright keeps (installed now if need be). Fails with the one line to run."""
    named = os.environ.get("UNKNOT_BROWSER")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return None
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False, timeout=600
    )
    if done.returncode != 0:
        pytest.fail(
            "no browser: install Chromium (for example `apt-get install chromium`), or name one in UNKNOT_BROWSER"
        )
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium, headless."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=quiet)
        yield opened
        opened.close()
