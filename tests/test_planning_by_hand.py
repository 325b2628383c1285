"""The plan page in real Chromium: rows moved by finger and keys, fields checked as they are left, one page of paper, nothing that axe finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pages import Axe, phone_of
from plan_page import POINT, ROUNDS, Client, of, open_plan, titles


@pytest.fixture
def client(server: str) -> Client:
    return Client(server)


@pytest.fixture(scope="module")
def looked_at(server: str) -> Client:
    """One who is not changed."""
    return Client(server)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def device(browser: Any) -> Iterator[Page]:
    with phone_of(browser) as page:
        yield page


def test_a_row_is_dragged_by_a_finger(device: Page, server: str, client: Client) -> None:
    before = open_plan(device, server, client)
    grip, below = device.locator("#row-2 .grip"), device.locator("#row-1 .grip")
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), below.bounding_box()
    assert start and end
    x, y = start["x"] + 20, start["y"] + 20
    touch = device.context.new_cdp_session(device)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x, "y": y + (end["y"] - start["y"] - 10) * step / 8}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    expect(device.locator(".step.dragged")).to_have_count(1)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(device.locator(".said")).to_contain_text("Now 1 of")
    assert titles(device)[:2] == [before[1], before[0]]


def test_a_row_is_moved_by_keys_and_the_focus_goes_with_it(device: Page, server: str, client: Client) -> None:
    before = open_plan(device, server, client)
    device.locator("#row-1 [value=down]").focus()
    device.keyboard.press("Alt+ArrowDown")
    expect(device.locator(".said")).to_contain_text("Now 2 of")
    assert titles(device)[:2] == [before[1], before[0]]
    assert device.evaluate("document.activeElement.closest('.step').id") == "row-2"
    device.keyboard.press("Enter")
    expect(device.locator(".said")).to_contain_text("Now 3 of")
    assert device.evaluate("document.activeElement.closest('.step').id") == "row-3"


def test_a_field_is_checked_as_soon_as_it_is_left_and_stays_in_focus(device: Page, server: str, client: Client) -> None:
    open_plan(device, server, client)
    row = of(client, f"{POINT}/{ROUNDS}")
    device.locator(f"#edit-{row} summary").click()
    device.locator(f"#edit-{row} [name=hold_s]").fill("60")
    device.keyboard.press("Tab")
    expect(device.locator(f"#row-{row} .cut").first).to_contain_text("a hold 60 to 12 s")
    assert device.evaluate("document.activeElement.name") == "rest_s"
    device.locator(f"#edit-{row} [name=rest_s]").fill("600")
    device.keyboard.press("Tab")
    expect(device.locator(f"#edit-{row} .notice")).to_contain_text("out of range")
    device.locator(f"#limits-{row} summary").click()
    expect(device.locator(f"#limits-{row} table")).to_be_visible()


@pytest.mark.parametrize("state", ["open", "empty", "closed", "sheet"])
def test_axe_finds_nothing(device: Page, server: str, looked_at: Client, state: str) -> None:
    client = looked_at if state in ("open", "sheet") else Client(server, asked=state == "empty", drawn=False)
    device.add_init_script("window.print = () => {}")
    device.goto(f"{server}{client.plan}" + ("/print" if state == "sheet" else ""))
    if state == "open":
        device.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    found = Axe().run(device, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found.response["violations"]] == []
    if state != "sheet":
        assert device.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_sheet_fits_on_one_page(device: Page, server: str, looked_at: Client) -> None:
    device.add_init_script("window.print = () => {}")
    device.goto(f"{server}{looked_at.plan}/print")
    for size in ("A4", "Letter"):
        assert re.findall(rb"/Count (\d+)", device.pdf(format=size)) == [b"1"]
