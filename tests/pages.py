"""What the tests of pages share: axe, told to bring its violations alone, and a clock that moves on without anybody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe as WholeAxe
from playwright.sync_api import Page

SLIP_MS = 800
"""Longer than a tap on what has just appeared is taken for a slip [ms]."""


class Axe(WholeAxe):
    """Axe with every rule. Of what passes it lists one element, not all: that took more time than the rules themselves."""

    def run(self, page: Page, context: Any = None, options: dict[str, Any] | None = None) -> Any:
        return super().run(page, context, {"resultTypes": ["violations"], **(options or {})})


COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe that ask for colours."""


def wrong_in_any_light(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds wrong: every rule in the light, and in the dark, which changes colours alone, those that ask for colours."""
    found = []
    for scheme, options in (("light", {}), ("dark", {"runOnly": COLOURS})):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options=options).response["violations"]
        found += [(scheme, v["id"], node["html"]) for v in violations for node in v["nodes"]]
    return found


def past_the_slip(page: Page) -> None:
    """What the page shows has been there long enough that a tap on it is meant."""
    page.wait_for_function("() => window.unknot")
    page.evaluate(
        "ms => { const now = performance.now.bind(performance); performance.now = () => now() + ms; }", SLIP_MS
    )


def come_to_rest(page: Page) -> None:
    """What fades or moves is where it will be."""
    page.evaluate(
        "() => { for (const each of document.getAnimations()) if (each.effect.getComputedTiming().endTime < Infinity) each.finish(); }"
    )


def laid_out(page: Page) -> None:
    """After the next frame but one, when what was changed has its place."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


@contextmanager
def phone_of(browser: Any) -> Iterator[Page]:
    """A page on a phone that must have said nothing wrong at its end."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.said = []
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.said.append(str(e)))
    yield page
    assert [s for s in page.said if "status of 4" not in s] == []
    context.close()
