"""Nothing that was drawn or entered is lost: saving, undo, erasing, opening, a full drawing; in real Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drawing_page import EXAMPLES, SHOULDER, at, draw, drawn, opened, strokes
from pages import Axe, come_to_rest
from unknot.case.read import read_file
from unknot.knowledge.load import Knowledge

RUB = ((140, 230), (200, 230), (140, 260), (210, 260), (140, 290), (210, 290), (140, 320), (200, 320))
INK = """() => { const c = document.querySelector('[data-view="front"] .ink');
    return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 40).length; }"""


@pytest.fixture
def page(browser: Any, server: str) -> Any:
    found = opened(browser, server, "laptop", "/", accept_downloads=True)
    yield found
    found.context.close()


def shoulder(page: Page) -> None:
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()


def places(page: Page) -> Any:
    return page.locator(".places .name")


def named(page: Page, words: str) -> None:
    before = places(page).count()
    page.fill("#typed", words)
    page.keyboard.press("Enter")
    expect(places(page)).to_have_count(before + 1)


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").click()


def test_a_save_that_is_refused_or_unanswered_is_told_and_loses_nothing(page: Page) -> None:
    shoulder(page)
    page.locator("#more > summary").click()
    page.fill("#age", "forty")
    page.keyboard.press("Tab")
    for button in ("Save", "Print"):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#status")).to_contain_text("forty")
        page.locator(".status .shut").click()
    page.fill("#age", "40")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.context.set_offline(True)
    for button in ("Save", "Print"):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#status")).to_contain_text("nothing was saved or printed")
        page.locator(".status .shut").click()
    page.context.set_offline(False)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "unknot-case.toml"
    assert len(strokes(page)) == 1 and page.url.endswith("/")


def start_over(page: Page) -> None:
    """A tap on the link away, of which the page asks whether it is meant."""
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Start over").click()


def test_leaving_asks_until_the_case_is_saved(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    shoulder(page)
    start_over(page)
    assert asked == ["beforeunload"] and len(strokes(page)) == 1
    with page.expect_download():
        page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Start over").click()
    page.wait_for_function("() => window.unknot && !window.unknot.stage.strokes.length")
    assert asked == ["beforeunload"]


def test_a_changed_example_is_not_thrown_away_without_asking(browser: Any, server: str) -> None:
    page = opened(browser, server, "laptop", "/example")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    draw(page, "back", (245, 260), (245, 290))
    expect(page.locator(".drawn")).to_contain_text("shoulder blade")
    start_over(page)
    assert asked == ["beforeunload"]
    page.context.close()


def test_opening_a_file_over_an_unsaved_drawing_asks_first(page: Page) -> None:
    shoulder(page)
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.set_input_files("#open", EXAMPLES / "front-of-shoulder.toml")
    assert "replaces what you have drawn" in asked.value.message
    page.wait_for_timeout(100)  # had it been opened all the same
    assert len(strokes(page)) == 1 and places(page).count() == 0
    page.once("dialog", lambda dialog: dialog.accept())
    page.set_input_files("#open", EXAMPLES / "front-of-shoulder.toml")
    expect(places(page)).to_have_count(3)


def test_clear_is_one_step_and_undo_brings_back_strokes_taps_and_typed_places(page: Page) -> None:
    shoulder(page)
    named(page, "throat")
    page.get_by_role("button", name="Choose", exact=True).click()
    page.mouse.click(*at(page, "back", 245, 270))
    expect(places(page)).to_have_count(2)
    page.get_by_role("button", name="Clear").click()
    expect(places(page)).to_have_count(0)
    expect(drawn(page)).to_have_count(0)
    undo(page)
    expect(places(page)).to_have_count(2)
    expect(drawn(page).first).to_be_visible()
    undo(page)
    expect(places(page)).to_have_text(["throat"])
    undo(page)
    expect(places(page)).to_have_count(0)
    undo(page)
    expect(drawn(page)).to_have_count(0)
    for _ in range(3):
        page.get_by_role("button", name="Redo").click()
    expect(places(page)).to_have_count(2)


def test_undo_brings_a_place_back_with_all_that_was_said_of_it(page: Page) -> None:
    page.get_by_role("button", name="Choose", exact=True).click()
    page.mouse.click(*at(page, "back", 245, 270))
    expect(places(page)).to_have_count(1)
    page.select_option('[id="intensity.scapula.body@left"]', "9")
    page.wait_for_function("() => window.unknot.stage.picked.get('scapula.body@left')?.intensity === 9")
    page.select_option('[id="quality.scapula.body@left"]', "burning")
    page.wait_for_function("() => window.unknot.stage.picked.get('scapula.body@left')?.quality?.[0] === 'burning'")
    page.wait_for_load_state("networkidle")  # the page stands still before it is tapped
    page.mouse.click(*at(page, "back", 245, 270))
    expect(places(page)).to_have_count(0)
    undo(page)
    expect(page.locator('[id="intensity.scapula.body@left"]')).to_have_value("9")
    expect(page.locator('[id="quality.scapula.body@left"]')).to_have_value("burning")
    undo(page)
    expect(page.locator('[id="quality.scapula.body@left"]')).to_have_value("")
    undo(page)
    expect(page.locator('[id="intensity.scapula.body@left"]')).to_have_value("")


def test_the_keys_of_undo_work_while_the_slider_has_the_focus(page: Page) -> None:
    shoulder(page)
    page.locator("#brush\\.level").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")
    expect(drawn(page)).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(drawn(page).first).to_be_visible()


def test_the_eraser_takes_what_is_seen_whichever_figure_it_was_drawn_on(page: Page) -> None:
    shoulder(page)
    page.select_option("#figure", "female")
    expect(page.locator('[data-view="front"] image[href*="female-front"]')).to_have_count(1)
    page.get_by_role("button", name="Erase").click()
    page.select_option("#brush\\.size", "40")
    draw(page, "front", *RUB)
    expect(drawn(page)).to_have_count(0)
    assert page.evaluate(INK) == 0
    undo(page)
    expect(drawn(page).first).to_be_visible()
    assert page.evaluate(INK) > 100


def test_the_eraser_takes_a_chosen_region_out(page: Page) -> None:
    page.get_by_role("button", name="Choose", exact=True).click()
    page.mouse.click(*at(page, "back", 245, 270))
    expect(places(page)).to_have_count(1)
    page.get_by_role("button", name="Erase").click()
    draw(page, "back", (245, 265), (250, 280))
    expect(places(page)).to_have_count(0)
    undo(page)
    expect(places(page)).to_have_count(1)


def test_a_double_tap_in_choose_chooses_once_and_does_not_zoom(page: Page) -> None:
    page.get_by_role("button", name="Choose", exact=True).click()
    page.mouse.dblclick(*at(page, "back", 245, 270))
    expect(places(page)).to_have_count(1)
    page.wait_for_timeout(400)
    assert places(page).count() == 1
    assert page.evaluate("window.unknot.stage.hand.zoom.scale") == 1


def many(page: Page, count: int) -> None:
    page.evaluate(
        """async (n) => { const s = [];
        for (let i = 0; i < n; i++) s.push({figure: 'neutral', view: 'front', atlas: 1, width: 8, intensity: 5, points: [[160 + i % 20, 240 + Math.floor(i / 20) * 2]]});
        await window.unknot.stage.setStrokes(s); window.unknot.stage.tell(); }""",
        count,
    )
    expect(drawn(page).first).to_be_visible()


def test_a_full_drawing_says_so_in_sight_and_can_still_be_erased(page: Page) -> None:
    many(page, 400)
    page.evaluate(
        "window.unknot.stage.strokes = window.unknot.stage.strokes.map((s, i) => ({ ...s, width: 2, points: [[140 + (i % 20) * 4, 240 + Math.floor(i / 20) * 4]] }))"
    )
    draw(page, "front", (300, 500), (300, 560))
    expect(page.locator("#status")).to_contain_text("The drawing is full")
    expect(page.locator(".status")).to_be_in_viewport()
    page.get_by_role("button", name="Erase").click()
    page.select_option("#brush\\.size", "40")
    draw(
        page,
        "front",
        (120, 230),
        (230, 230),
        (120, 260),
        (230, 260),
        (120, 290),
        (230, 290),
        (120, 320),
        (230, 320),
        (180, 340),
    )
    expect(drawn(page)).to_have_count(0)


def test_a_stroke_keeps_only_the_points_that_bend_it(page: Page) -> None:
    draw(page, "front", (300, 400), (300, 440), (300, 480), (300, 520))
    expect(drawn(page).first).to_be_visible()
    (stroke,) = strokes(page)
    assert len(stroke["points"]) < 6
    kept = page.evaluate(
        """async () => { const { thinned } = await import('/static/body/line.js');
        const round = Array.from({ length: 400 }, (_, i) => [300 + 50 * Math.cos(i / 60), 600 + 50 * Math.sin(i / 60)]);
        const kept = thinned(round, { width: 600, height: 1200 });
        const far = Math.max(...round.map(([x, y]) => Math.min(...kept.slice(1).map(([u, v], i) => { const [a, b] = kept[i], dx = u - a, dy = v - b, l = dx * dx + dy * dy || 1;
          const t = Math.min(1, Math.max(0, ((x - a) * dx + (y - b) * dy) / l)); return Math.hypot(x - a - t * dx, y - b - t * dy); }))));
        return [kept.length, far]; }"""
    )
    assert kept[0] < 80 and kept[1] < 1.3, "half a unit, and what rounding to whole units moves"


def test_thirty_long_strokes_are_ranked(page: Page) -> None:
    page.evaluate(
        """async () => { const s = [];
        for (let i = 0; i < 30; i++) { const points = []; for (let j = 0; j < 1950; j++) points.push([160 + (j * 3) % 25, 240 + (j % 2 ? 3 : 0) + j % 30]);
          s.push({figure: 'neutral', view: 'front', atlas: 1, width: 8, intensity: 5, points}); }
        await window.unknot.stage.setStrokes(s); window.unknot.stage.tell(); }"""
    )
    expect(page.locator(".muscle").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_an_entry_is_refused_or_the_app_is_away(browser: Any, server: str, scheme: str) -> None:
    page = opened(browser, server, "laptop", "/example", color_scheme=scheme)
    page.locator("#more > summary").click()
    page.fill("#age", "forty")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("forty")
    come_to_rest(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_address_that_is_none_is_a_page_with_title_and_language(browser: Any, server: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{server}/nowhere")
    assert page.title() and page.locator("html").get_attribute("lang") == "en"
    expect(page.get_by_role("heading")).to_contain_text("no such page")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_a_third_finger_leaves_no_ink(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone")
    touch = page.context.new_cdp_session(page)
    x, y = at(page, "front", 300, 500)

    def send(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(fingers)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (x - 20, y))
    send("touchStart", (x - 20, y), (x + 20, y))
    send("touchStart", (x - 20, y), (x + 20, y), (x, y + 40))
    for step in range(5):
        send("touchMove", (x - 20, y), (x + 20, y), (x + step * 8, y + 40 + step * 5))
    send("touchEnd")
    page.wait_for_timeout(200)
    live = page.evaluate(
        "() => { const c = document.querySelector('.live'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v); }"
    )
    assert not live and strokes(page) == []
    page.context.close()


def test_the_middle_button_moves_what_is_zoomed_and_the_keys_keep_their_region_in_sight(page: Page) -> None:
    page.locator('[data-view="front"] [tabindex="0"]').focus()
    for _ in range(8):
        page.keyboard.press("+")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        inside = page.evaluate(
            """() => { const t = document.querySelector('.table').getBoundingClientRect(), e = document.activeElement.getBoundingClientRect();
            const x = (e.left + e.right) / 2, y = (e.top + e.bottom) / 2; return x > t.left && x < t.right && y > t.top && y < t.bottom; }"""
        )
        assert inside, page.evaluate("document.activeElement.dataset.site")
    before = page.evaluate("({ ...window.unknot.stage.hand.zoom })")
    box = page.locator(".table").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down(button="middle")
    page.mouse.move(box["x"] + 160, box["y"] + 150, steps=4)
    page.mouse.up(button="middle")
    after = page.evaluate("({ ...window.unknot.stage.hand.zoom })")
    assert (after["x"], after["y"]) != (before["x"], before["y"])
    assert strokes(page) == [] and places(page).count() == 0


def test_what_is_saved_after_an_erasing_on_another_figure_has_no_site_left(
    page: Page, k: Knowledge, tmp_path: Path
) -> None:
    shoulder(page)
    named(page, "throat")
    page.select_option("#figure", "male")
    page.get_by_role("button", name="Erase").click()
    page.select_option("#brush\\.size", "40")
    draw(page, "front", *RUB)
    expect(drawn(page)).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    download.value.save_as(tmp_path / "saved.toml")
    assert [s.erase for s in read_file(tmp_path / "saved.toml", k).strokes] == [False, True]
    assert json.dumps(strokes(page)).count('"erase"') == 1
