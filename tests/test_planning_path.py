"""A path is drawn on the plan page, by mouse or keys: its length and time, what is refused, and what stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from pages import Axe, phone_of
from plan_page import POINT, ROUNDS, Client, K, of, open_plan, titles


@pytest.fixture
def client(server: str) -> Client:
    return Client(server)


ROLL = f"{POINT}/skin_rolling"
ON_BLADE = "335,255 360,264 395,268"
TOKEN = re.compile('name="once" value="[^"]*"')
"""Each page has its own."""
NONE, SHORT = "nothing was drawn", "335,255 337,256"


@pytest.fixture(scope="module")
def rolled(server: str) -> Client:
    """One whose infraspinatus is rolled, and who is not changed."""
    client = Client(server)
    client.do("set", id=f"{POINT}/{ROUNDS}", technique="skin_rolling")
    return client


def try_path(client: Client, points: str, view: str = "back", ident: str = ROLL) -> httpx.Response:
    fields = {"id": ident, "do": "path", "view": view, "points": points}
    return client.web.post(f"{client.plan}/path", data=fields)


def test_a_drawn_path_gives_length_time_and_line_stays_and_goes_back_to_the_muscle(rolled: Client) -> None:
    rolled.text = rolled.web.get(rolled.plan).text
    whole = rolled.row(of(rolled, ROLL))
    assert "Draw its path" in whole and "Along the whole muscle" not in whole
    tried = try_path(rolled, ON_BLADE)
    assert tried.status_code == 200 and "drawn path to its end, about" in tried.text
    rolled.text = rolled.web.get(rolled.plan).text
    assert rolled.row(of(rolled, ROLL)) == whole, "trying keeps nothing"
    rolled.do("path", id=ROLL, view="back", points=ON_BLADE)
    rolled.text = rolled.web.get(rolled.plan).text
    drawn = rolled.row(of(rolled, ROLL))
    length = re.search(r"about (\d+) mm", drawn)
    assert length and f"about {length[1]} mm" in tried.text
    seconds = re.search(r"strokes of ([\d.]+) s", drawn)
    pace = K.dose("skin_rolling", "pace_mm_s")
    assert seconds and float(seconds[1]) == pytest.approx(int(length[1]) / pace, abs=0.1)
    line = "M" + "L".join(ON_BLADE.split()).replace(",", " ")
    assert f'class="way" d="{line}"' in rolled.text
    assert f'class="way" d="{line}"' in rolled.web.get(f"{rolled.plan}/print").text
    shown = rolled.web.post(f"{rolled.plan}/path", data={"id": ROLL}).text
    assert f'value="{ON_BLADE}"' in shown and 'class="path-pad"' in shown
    rolled.do("whole", id=ROLL)
    assert rolled.row(of(rolled, ROLL)) == whole
    rolled.do("undo")
    assert rolled.row(of(rolled, ROLL)) == drawn
    rolled.do("undo")
    assert rolled.row(of(rolled, ROLL)) == whole


def test_a_drawn_path_is_shown_in_the_room(rolled: Client) -> None:
    rolled.text = rolled.web.get(rolled.plan).text
    rolled.do("path", id=ROLL, view="back", points=ON_BLADE)
    begun = rolled.web.post(f"{rolled.base}/sessions").headers["location"]
    line = f'class="fibre" d="M{"L".join(ON_BLADE.split()).replace(",", " ")}"'
    assert line in rolled.web.get(f"{begun}/pictures").json()[ROLL]
    rolled.do("whole", id=ROLL)


@pytest.mark.parametrize(
    ("points", "view", "why"),
    [
        ("", "back", NONE), ("x,y 1,2", "back", NONE), ("335,255", "back", NONE), (SHORT, "back", "mm long"),
        ("335,255 5,255", "back", "it leaves the body"), ("300,330 300,400", "back", "does not cross on the shoulder blade (right)"),
        ("335,255 395,268", "moon", "name a figure and a view"), ("335,255 9999,268", "back", "points on the view"),
        (" ".join(["335,255", "395,268"] * 101), "back", "2 to 200 points"),
        ("360,264 300,262 240,264", "back", "tips of the spinous processes"),
    ],
)  # fmt: skip
def test_a_path_that_may_not_be_is_refused_with_the_reason_and_nothing_changes(
    rolled: Client, points: str, view: str, why: str
) -> None:
    rolled.text = page = rolled.web.get(rolled.plan).text
    before = TOKEN.sub("", page)
    tried = try_path(rolled, points, view)
    assert tried.status_code == 422 and why in tried.text
    assert rolled.do("path", id=ROLL, view=view, points=points).status_code == 422
    assert why in rolled.problem and "@" not in rolled.problem
    assert TOKEN.sub("", rolled.web.get(rolled.plan).text) == before


def test_a_path_over_a_marked_place_is_refused_and_with_fragile_skin_none_is_drawn(client: Client) -> None:
    client.do("set", id=f"{POINT}/{ROUNDS}", technique="skin_rolling")
    across, barred = "360,264 300,262 240,264", "is barred: Skin that is hurt or changed"
    assert barred not in try_path(client, across).text
    mark = {"kind": "skin", "view": "back", "across": "240", "down": "264", "size": "small"}
    client.web.post(f"{client.base}/marks", data=mark)
    tried = try_path(client, across)
    assert tried.status_code == 422 and barred in tried.text
    assert 'class="barred" cx="240" cy="264"' in client.web.post(f"{client.plan}/path", data={"id": ROLL}).text
    client.web.post(
        f"{client.base}/ask", data={"shown": "fragile_skin", "yes.fragile_skin": "1", "yes": "fragile_skin"}
    )
    assert try_path(client, ON_BLADE).status_code == 422
    client.text = client.web.get(client.plan).text
    assert ROLL not in client.rows and "data-draws" not in client.text


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def device(browser: Any) -> Iterator[Page]:
    with phone_of(browser) as page:
        yield page


def test_a_path_is_drawn_by_mouse_kept_and_shown_and_what_is_refused_cannot_be_kept(
    device: Page, server: str, rolled: Client
) -> None:
    open_plan(device, server, rolled)
    device.get_by_role("button", name="Draw the path").click()
    x, y = middle(device)
    draw(device, [(x + 40, y), (x - 120, y)])
    expect(device.locator("#path-told .notice")).to_contain_text("tips of the spinous processes")
    expect(device.get_by_role("button", name="Keep this path")).to_be_disabled()
    x, y = middle(device)
    draw(device, [(x - 12, y), (x, y - 3), (x + 24, y)])
    expect(device.locator("#path-told .dose")).to_contain_text("drawn path to its end, about")
    found = Axe().run(device, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found.response["violations"]] == []
    told = device.locator("#path-told .dose").inner_text()
    line, views = (
        device.locator("form.path-form [name=points], #path [name=points]").first,
        device.locator("[data-path-view]"),
    )
    drawn = line.input_value()
    device.locator("[data-path-view][aria-pressed=false]").first.click()
    expect(line).to_have_value("")
    views.first.click()
    expect(line).to_have_value(drawn)
    expect(device.locator("#path-told .dose")).to_have_text(told)
    device.get_by_role("button", name="Keep this path").click()
    expect(device.locator("#path")).to_be_hidden()
    expect(device.locator(".said")).to_have_text("The path is kept.")
    expect(device.locator(".step.touched .then").first).to_have_text(told)
    expect(device.locator(".plan-picture .way")).to_have_count(1)
    assert "Change the path" in device.evaluate("document.activeElement.ariaLabel")
    device.get_by_role("button", name="Along the whole muscle").click()
    expect(device.locator(".plan-picture .way")).to_have_count(0)


def test_a_path_is_set_by_keys_point_after_point_and_taken_back(device: Page, server: str, rolled: Client) -> None:
    open_plan(device, server, rolled)
    device.get_by_role("button", name="Draw the path").focus()
    keys = device.keyboard
    keys.press("Enter")
    expect(device.locator("#path-pad")).to_be_focused()
    keys.press("ArrowLeft")
    expect(device.locator("#path-at")).to_have_text("on the shoulder blade (right)")
    keys.press("Enter")
    expect(device.locator("#path-told")).to_contain_text("The roll begins here: on the shoulder blade (right)")
    for _ in range(3):
        keys.press("ArrowRight")
    keys.press("Shift+ArrowDown")
    keys.press("Space")
    expect(device.locator("#path-told")).to_contain_text(re.compile(r"about (29|30|31) mm"))
    keys.press("Backspace")
    expect(device.get_by_role("button", name="Keep this path")).to_be_disabled()
    keys.press("Space")
    expect(device.locator("#path-told .dose")).to_be_visible()
    keys.press("Tab")
    assert device.evaluate("document.activeElement.dataset.path") == "keep"
    keys.press("Enter")
    expect(device.locator(".said")).to_have_text("The path is kept.")
    rolled.text = rolled.web.get(rolled.plan).text
    assert "drawn path" in rolled.row(of(rolled, ROLL))
    rolled.do("whole", id=ROLL)


def middle(page: Page) -> tuple[float, float]:
    """Where the point is on the map of the path."""
    box = page.locator(".path-pad .point").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """A line by the mouse."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def test_without_a_line_the_page_says_so_and_keeps_what_is_there(device: Page, server: str, client: Client) -> None:
    before = open_plan(device, server, client)
    device.context.set_offline(True)
    device.locator("#row-1 [value=down]").click()
    expect(device.locator(".said")).to_contain_text("cannot be reached")
    assert titles(device) == before
    device.context.set_offline(False)
    device.said.clear()
