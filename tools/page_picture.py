"""The picture of the page in the documents: the worked example at the size of a laptop, light.

Run `uv run unknot --no-browser --port 8765`, then `uv run python tools/page_picture.py [ADDRESS] [BROWSER]`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent.parent / "docs" / "img" / "page.png"


def take(address: str, browser: str | None) -> None:
    """Open the example, wait until its point is lit, and keep what is seen."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 1340, "height": 1000}, color_scheme="light")
        page.goto(f"{address}/example")
        page.wait_for_selector(".stack .ring")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURE)
        opened.close()


if __name__ == "__main__":
    given: list[str | None] = [*sys.argv[1:], None, None]
    take(given[0] or "http://127.0.0.1:8765", given[1])
