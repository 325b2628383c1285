"""Keys that are pressed on the screen of a session so quickly that no machine is too slow for it, and what the screen says then."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page


def events(page: Page) -> list[dict[str, Any]]:
    """The events that the next page says to the server, as they come."""
    said: list[dict[str, Any]] = []

    def sent(told: str | bytes) -> None:
        message = json.loads(told)
        said.extend([message] if message["type"] == "event" else [])

    page.on("websocket", lambda ws: ws.on("framesent", sent))
    return said


def presses(page: Page, key: str, *, times: int, apart_ms: int) -> None:
    """A key that is pressed several times, `apart_ms` and more after it was lifted, on a page that is so busy that it hears of all at once."""
    page.evaluate(
        """async ([key, times, apart]) => { const made = [];
        for (let n = 0; n < times; n++) {
          if (n) for (const end = performance.now() + apart; performance.now() < end;);
          for (const kind of ['keydown', 'keyup']) made.push(new KeyboardEvent(kind, { key, bubbles: true, cancelable: true }));
        }
        for (const one of made) document.body.dispatchEvent(one); }""",
        [key, times, apart_ms],
    )
