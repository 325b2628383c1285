"""The drawing in real Chromium: mouse, touch and keys; undo, erase, zoom; findings, files, paper; the same ranking as the case file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drawing_page import EXAMPLES, SHOULDER, at, draw, drawn, opened, strokes
from pages import laid_out, past_the_slip
from unknot.assess.rank import assess
from unknot.case.read import read_bytes, read_file
from unknot.knowledge.load import Knowledge
from unknot.words import percent


def test_a_drawn_shoulder_is_ranked_as_its_case_file_is(browser: Any, server: str, size: str, k: Knowledge) -> None:
    page = opened(browser, server, size)
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    (stroke,) = strokes(page)
    case = read_bytes(json.dumps({"format": 1, "stroke": [stroke]}).encode(), "case", k)
    ranking = assess(case, k, use="numba")
    first = page.locator(".points details").first
    assert first.get_attribute("id") == f"point-{ranking.points[0].id}"
    expect(first.locator(".number")).to_have_text(percent(ranking.points[0].probability))
    assert page.said == []  # type: ignore[attr-defined]
    page.context.close()


def test_a_finger_draws_and_two_fingers_zoom(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone")
    touch = page.context.new_cdp_session(page)
    x, y = at(page, "front", 170, 250)

    def send(kind: str, *fingers: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(fingers)]},
        )

    send("touchStart", (x, y))
    for step in range(1, 6):
        send("touchMove", (x, y + step * 4))
    send("touchEnd")
    expect(drawn(page).first).to_be_visible()
    assert len(strokes(page)) == 1
    x, y = at(page, "front", 300, 500)
    send("touchStart", (x - 20, y))
    send("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 6):
        send("touchMove", (x - 20 - 8 * step, y), (x + 20 + 8 * step, y))
    send("touchEnd")
    assert page.evaluate("window.unknot.stage.hand.zoom.scale") > 1.5
    assert len(strokes(page)) == 1, "two fingers draw nothing"
    page.context.close()


def test_undo_redo_erase_and_clear(laptop: Page) -> None:
    page = laptop
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(drawn(page)).to_have_count(0)
    page.get_by_role("button", name="Redo").click()
    expect(drawn(page).first).to_be_visible()
    page.get_by_role("button", name="Erase").click()
    page.select_option("#brush\\.size", "40")
    draw(page, "front", *SHOULDER)
    expect(drawn(page)).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(drawn(page).first).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(drawn(page)).to_have_count(0)


def test_a_tap_chooses_a_whole_region_with_what_the_pencil_says_and_a_second_takes_it_back(laptop: Page) -> None:
    page = laptop
    page.get_by_role("button", name="Choose", exact=True).click()
    page.evaluate(
        "document.getElementById('brush.level').value = 8; document.getElementById('brush.level').dispatchEvent(new Event('input'))"
    )
    page.get_by_label("Deep, not in the skin").first.check()
    page.mouse.click(*at(page, "back", 245, 270))
    expect(page.locator(".places .name")).to_have_text("on the shoulder blade (left)")
    expect(page.locator("#intensity\\.scapula\\.body\\@left")).to_have_value("8")
    expect(page.locator(".places .tick input")).to_be_checked()
    expect(page.locator('[data-site="scapula.body@left"]').first).to_have_attribute("aria-checked", "true")
    page.wait_for_timeout(350)  # sooner, it would be one tap that slipped into two
    page.mouse.click(*at(page, "back", 245, 270))
    expect(page.locator(".places .name")).to_have_count(0)


def test_a_deep_tap_takes_the_deep_place_under_a_region_that_has_one(laptop: Page) -> None:
    page = laptop
    page.get_by_role("button", name="Choose", exact=True).click()
    page.get_by_label("Deep, not in the skin").first.check()
    for tapped, taken in (("pelvis.genital", "pelvis.floor"), ("face.eye@left", "face.eye@left")):
        page.locator(f'[data-view="front"] [data-site="{tapped}"]').focus()
        page.keyboard.press("Space")
        expect(page.locator(f'.places li[data-site="{taken}"][data-deep="yes"]')).to_have_count(1)
        expect(page.locator(".places .name")).to_have_count(1)
        page.keyboard.press("Space")
        expect(page.locator(".places .name")).to_have_count(0)
    page.get_by_label("Deep, not in the skin").first.uncheck()
    page.locator('[data-view="front"] [data-site="pelvis.genital"]').focus()
    page.keyboard.press("Space")
    expect(page.locator(".places li")).to_have_attribute("data-site", "pelvis.genital")


def test_the_keyboard_alone_draws_and_is_told_what_it_does(laptop: Page) -> None:
    page = laptop
    page.locator('[data-view="front"] [tabindex="0"]').focus()
    for key in ("ArrowDown", "ArrowDown", "7", "Space"):
        page.keyboard.press(key)
    expect(page.locator(".places .name")).to_have_count(1)
    site = page.locator(".places li").get_attribute("data-site")
    region = page.locator(f'[data-view="front"] [data-site="{site}"]')
    expect(region).to_have_attribute("aria-checked", "true")
    assert "7 of 10" in (region.get_attribute("aria-label") or "")
    expect(page.locator(".spoken")).to_contain_text("coloured")
    page.keyboard.press("+")
    assert page.evaluate("window.unknot.stage.hand.zoom.scale") > 1
    region.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".places .name")).to_have_count(0)


def test_a_key_that_changes_what_a_tap_says_is_told(laptop: Page) -> None:
    page = laptop
    page.locator('[data-view="front"] [tabindex="0"]').focus()
    for key, told in (
        ("d", "deep, for the next tap"),
        ("3", "3 of 10, deep, for the next tap"),
        ("d", "3 of 10, not deep, for the next tap"),
        ("0", "10 of 10, for the next tap"),
    ):
        page.keyboard.press(key)
        expect(page.locator(".spoken")).to_have_text(told)


def test_every_region_is_reached_by_the_arrow_keys(laptop: Page) -> None:
    reached = laptop.evaluate(
        """() => {
      const { hand, views } = window.unknot.stage;
      const view = views.front;
      const seen = new Set([Object.keys(view.sites)[0]]);
      const queue = [...seen];
      while (queue.length) {
        const site = queue.pop();
        for (const way of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
          view.sites[site].focus();
          hand.walk(view.sites[site], way);
          const next = document.activeElement.dataset.site;
          if (!seen.has(next)) { seen.add(next); queue.push(next); }
        }
      }
      return [seen.size, Object.keys(view.sites).length];
    }"""
    )
    assert reached[0] >= reached[1] * 0.97, reached


def test_look_lists_what_refers_to_a_place(laptop: Page) -> None:
    page = laptop
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    page.get_by_role("button", name="Look").click()
    page.mouse.click(*at(page, "front", 176, 265))
    expect(page.locator("#refers-title")).to_contain_text("front of the shoulder (right)")
    assert page.locator("#refers li").count() > 5
    expect(page.locator("#refers")).to_contain_text("nfraspinatus")


def test_a_point_of_the_list_lights_up_its_place_and_referral(laptop: Page) -> None:
    page = laptop
    page.goto(page.url + "example")  # screened: only then is there something to press
    page.wait_for_function("() => window.unknot")
    expect(page.locator(".stack .ring")).to_have_count(1)
    assert page.locator(".stack .lit").count() > 2
    page.locator(".points summary").nth(2).click()
    lit = page.evaluate("window.unknot.stage.shown.point")
    assert (page.locator(".points details").nth(2).get_attribute("id") or "").startswith(f"point-{lit}@")
    other = page.locator(".others li[data-show]").first
    other.click()
    assert page.evaluate("window.unknot.stage.shown.area.length") > 0


def test_a_finding_takes_two_taps_and_moves_the_ranking(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone", "/example")
    past_the_slip(page)
    page.locator(".points summary").nth(1).click()
    page.locator(".points details").nth(1).get_by_role("button", name="Tender only").click()
    expect(page.locator(".found li")).to_contain_text("tender only")
    past_the_slip(page)
    page.locator(".points details[open]").get_by_role("button", name="+ Twitch").first.click()
    expect(page.locator(".found li")).to_contain_text("twitch")
    page.context.close()


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.toml")))
def test_an_opened_example_is_ranked_as_the_program_ranks_it(
    browser: Any, server: str, k: Knowledge, name: str
) -> None:
    page = opened(browser, server, "laptop")
    page.set_input_files("#open", EXAMPLES / f"{name}.toml")
    expect(page.locator(".places, .drawn").first).to_be_visible()
    ranking = assess(read_file(EXAMPLES / f"{name}.toml", k), k, use="numba")
    shown = [d.get_attribute("id") for d in page.locator(".points details[id^=point-]").all()]
    if ranking.press_next is not None:
        assert shown[0] == f"point-{ranking.points[0].id}"
        expect(page.locator(f'[id="{shown[0]}"] .number')).to_have_text(percent(ranking.points[0].probability))
    page.context.close()


def test_what_is_saved_is_the_case_and_opens_again(browser: Any, server: str, k: Knowledge, tmp_path: Path) -> None:
    page = opened(browser, server, "laptop", "/", accept_downloads=True)
    page.set_input_files("#open", EXAMPLES / "front-of-shoulder.toml")
    expect(page.locator(".places .name")).to_have_count(3)
    expect(page.locator('[data-view="front"] image[href*="female-front"]')).to_have_count(1)
    page.wait_for_load_state("networkidle")
    laid_out(page)
    draw(page, "back", (245, 260), (245, 290))
    expect(page.locator(".drawn")).to_contain_text("shoulder blade")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    download.value.save_as(tmp_path / "saved.toml")
    assert download.value.suggested_filename == "unknot-case.toml"
    saved, first = read_file(tmp_path / "saved.toml", k), read_file(EXAMPLES / "front-of-shoulder.toml", k)
    assert saved.strokes[:1] == first.strokes and len(saved.strokes) == 2
    assert (saved.client, saved.complaint, saved.findings, saved.history) == (
        first.client, first.complaint, first.findings, first.history,
    )  # fmt: skip
    assert sorted(saved.pains, key=lambda p: p.site) == sorted(first.pains, key=lambda p: p.site)
    page.context.close()


def test_a_file_that_is_no_case_is_told_and_loses_nothing(laptop: Page, tmp_path: Path) -> None:
    page = laptop
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    (tmp_path / "bad.toml").write_text('format = 1\n[[stroke]]\nfigure = "child"\n')
    page.set_input_files("#open", tmp_path / "bad.toml")
    expect(page.locator("#status")).to_contain_text("there is no figure 'child' (neutral, female, male)")
    assert len(strokes(page)) == 1
    page.said = [s for s in page.said if "422" not in s]  # type: ignore[attr-defined]


def test_without_the_app_the_drawing_stays_and_the_page_says_so(browser: Any, server: str) -> None:
    page = opened(browser, server, "laptop")
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    page.context.set_offline(True)
    draw(page, "back", (245, 260), (245, 290))
    expect(page.locator("#status")).to_contain_text("not answering")
    assert len(strokes(page)) == 2
    expect(page.locator("#told")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Look").click()
    page.mouse.click(*at(page, "front", 300, 520))
    expect(page.locator("#status")).to_contain_text("cannot be listed now")
    page.context.set_offline(False)
    expect(page.locator(".drawn")).to_contain_text("shoulder blade")
    expect(page.locator("#told")).to_have_attribute("aria-busy", "false")
    page.context.close()


def test_quick_taps_are_all_taken_in(laptop: Page) -> None:
    """A tap whose answer is overtaken by the next one is not lost."""
    page = laptop
    page.get_by_role("button", name="Choose", exact=True).click()
    first, second = at(page, "back", 245, 270), at(page, "front", 300, 520)
    page.mouse.click(*first)
    page.mouse.click(*second)
    expect(page.locator(".places .name")).to_have_count(2)


def test_the_last_of_many_quick_strokes_does_not_wait_for_those_before_it(laptop: Page) -> None:
    page = laptop
    rows = [
        {"figure": "neutral", "view": view, "atlas": 1, "width": 12, "points": [[x, y]]}
        for view in ("front", "back")
        for x in (170, 230, 370, 430)
        for y in (240, 300, 520, 640, 900)
    ]
    last, alone = page.evaluate(
        """async (rows) => {
      const { stage } = window.unknot, told = document.getElementById('told');
      const answered = async (n) => {
        await stage.setStrokes(rows.slice(0, n));
        told.append(Object.assign(document.createElement('i'), { id: 'old' }));
        const asked = performance.now();
        stage.tell();
        while (document.getElementById('old')) await new Promise((r) => setTimeout(r, 10));
        return performance.now() - asked;
      };
      for (let n = 20; n < rows.length; n++) { await stage.setStrokes(rows.slice(0, n)); stage.tell(); await new Promise((r) => setTimeout(r, 60)); }
      return [await answered(rows.length), Math.max(await answered(20), await answered(30))];
    }""",
        rows,
    )
    assert last < max(2000, 5 * alone), "the app worked through what nobody waited for any more"


def test_findings_of_an_opened_file_are_listed_and_can_be_taken_back_or_answered_anew(laptop: Page) -> None:
    page = laptop
    text = (EXAMPLES / "front-of-shoulder.toml").read_text("utf-8")
    dated = text.replace('date = "today"', f"date = {date.today().isoformat()}").encode()
    page.set_input_files("#open", {"name": "case.toml", "mimeType": "application/toml", "buffer": dated})
    expect(page.locator(".found li")).to_have_count(1)
    expect(page.locator(".found li")).to_contain_text("tender under the finger, 8 of 10")
    page.locator("#more > summary").click()
    expect(page.locator("#more small")).to_contain_text("hard to fasten a bra")
    past_the_slip(page)
    page.locator('[id="point-infraspinatus.1@right"] summary').click()
    page.locator('[id="point-infraspinatus.1@right"]').get_by_role("button", name="Nothing").click()
    expect(page.locator(".found li")).to_contain_text("nothing")
    expect(page.locator(".found li")).to_have_count(1)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".found li")).to_have_count(0)


def test_a_file_that_calls_its_check_todays_is_asked_again_when_it_is_opened(laptop: Page) -> None:
    laptop.set_input_files("#open", EXAMPLES / "front-of-shoulder.toml")
    expect(laptop.locator(".first-touch")).to_contain_text("no date")
    assert laptop.locator(".press").count() == 0


def test_a_field_that_cannot_be_used_leaves_drawing_warnings_and_answer_in_place(laptop: Page) -> None:
    page = laptop
    page.set_input_files("#open", EXAMPLES / "saddle-numbness.toml")
    expect(page.locator(".warning.emergency").first).to_be_visible()
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    page.locator("#more > summary").click()
    page.fill("#age", "200")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("200")
    expect(drawn(page).first).to_be_visible()
    expect(page.locator(".warning.emergency").first).to_be_visible()
    expect(page.locator("#told")).to_have_attribute("aria-busy", "true")
    page.fill("#age", "44")
    page.keyboard.press("Tab")
    expect(page.locator("#told")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.said = [s for s in page.said if "422" not in s]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("field", "value"), [("age", "abc"), ("typed", "zorgl")])
def test_a_field_that_cannot_be_used_is_marked_and_tied_to_its_message(laptop: Page, field: str, value: str) -> None:
    page = laptop
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    page.evaluate("document.getElementById('more').open = true")
    page.locator(f"#{field}").fill(value)
    page.keyboard.press("Enter")
    expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    told = (page.locator(f"#{field}").get_attribute("aria-describedby") or "").split()
    assert value in page.locator(f"#{told[-1]}").inner_text()
    assert all(page.locator(f"#{ident}").count() == 1 for ident in told)
    expect(page.locator("[aria-invalid]")).to_have_count(1)
    page.said[:] = [said for said in page.said if "422" not in said]  # type: ignore[attr-defined]


def test_the_place_that_is_looked_at_stands_in_no_address(laptop: Page) -> None:
    page = laptop
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Look").click()
    page.mouse.click(*at(page, "front", 176, 265))
    expect(page.locator("#refers-title")).to_contain_text("front of the shoulder (right)")
    assert [url for url in asked if "shoulder" in url] == []


def test_how_much_is_not_said_before_the_slider_or_a_number_says_it(laptop: Page) -> None:
    page = laptop
    expect(page.locator("#level-said")).to_have_text("not said yet")
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    assert "intensity" not in strokes(page)[0]
    expect(page.locator(".drawn .said").first).not_to_contain_text("of 10")
    slider = page.locator("#brush\\.level")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box and box["height"] >= 48
    page.mouse.click(box["x"] + box["width"] / 2 - 12, box["y"] + box["height"] / 2)
    expect(page.locator("#level-said")).to_have_text("5, moderate")
    draw(page, "back", (245, 260), (245, 290))
    expect(page.locator(".drawn")).to_contain_text("5 of 10")
    assert strokes(page)[1]["intensity"] == 5


def test_a_message_can_be_closed(laptop: Page, tmp_path: Path) -> None:
    page = laptop
    (tmp_path / "letter.toml").write_text("hello, this is a letter")
    page.set_input_files("#open", tmp_path / "letter.toml")
    expect(page.locator("#status")).to_have_text(
        "This file was not opened; all you entered is still here. It is not a case saved by Unknot."
    )
    page.locator(".status").get_by_role("button", name="Close").click()
    expect(page.locator("#status")).to_have_text("")
    expect(page.locator(".status .shut")).to_be_hidden()
    page.said = [s for s in page.said if "422" not in s]  # type: ignore[attr-defined]
