"""What the tests of the drawing share: the page opened in a real Chromium, places of the body on the screen, and what was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

EXAMPLES = Path(__file__).parent.parent / "examples"
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "laptop": (1366, 820)}


def opened(browser: Any, server: str, size: str, path: str = "/", **more: Any) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=size != "laptop", **more)
    page = context.new_page()
    page.said = []
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.said.append(str(e)))
    page.goto(f"{server}{path}")
    page.wait_for_function("() => window.unknot")
    return page  # type: ignore[no-any-return]


def at(page: Page, view: str, x: float, y: float) -> tuple[float, float]:
    """A place of a view, in units, on the screen."""
    page.locator(f'[data-view="{view}"]').scroll_into_view_if_needed()
    box = page.locator(f'[data-view="{view}"]').bounding_box()
    width, height = {"front": (600, 1200), "back": (600, 1200), "head.front": (500, 800)}[view]
    assert box
    return box["x"] + box["width"] * x / width, box["y"] + box["height"] * y / height


def draw(page: Page, view: str, *points: tuple[float, float]) -> None:
    """A stroke with the mouse."""
    page.mouse.move(*at(page, view, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, view, *point), steps=4)
    page.mouse.up()


def strokes(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("window.unknot.stage.strokes")  # type: ignore[no-any-return]


def drawn(page: Page) -> Any:
    return page.locator(".drawn .name")


SHOULDER = ((170, 250), (168, 270), (176, 285))
