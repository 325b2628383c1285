"""What is lit is seen, what is found can be told, and nothing is wider than the screen; in real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drawing_page import at, opened
from pages import laid_out, past_the_slip
from unknot.knowledge.load import Knowledge

SIZES = {"narrow": (320, 640), "phone": (390, 844), "tablet": (820, 1180), "laptop": (1366, 820)}


def views(page: Page) -> list[str]:
    return page.evaluate("Object.keys(window.unknot.stage.views)")  # type: ignore[no-any-return]


def typed(page: Page, words: str) -> None:
    page.fill("#typed", words)
    page.keyboard.press("Enter")
    expect(page.locator(".muscle").first).to_be_visible()


def test_a_point_of_the_sole_is_shown_on_the_sole(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone")
    lit = page.evaluate(
        """async () => { const { stage } = window.unknot;
        await stage.show({ point: 'quadratus_plantae.1', muscle: 'quadratus_plantae', side: 'right', at: 'foot.arch@right', essential: ['foot.heel@right'], spillover: [] });
        stage.reveal(); return [...Object.keys(stage.views), document.querySelectorAll('.ring').length]; }"""
    )
    assert lit[0].startswith("foot.sole") and lit[1] == 1, lit
    page.context.close()


def test_another_explanation_is_shown_where_most_of_it_is_seen(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone")
    typed(page, "left low back beside the spine, lower part")
    assert views(page) == ["front"]
    other = page.locator(".others li[data-show]").first
    other.click()
    page.wait_for_function("() => Object.keys(window.unknot.stage.views)[0] !== 'front'")
    expect(other.locator(".close-up svg")).to_be_in_viewport()
    page.context.close()


@pytest.mark.parametrize("foot", [0.5, 0.99], ids=["middle", "foot"])
@pytest.mark.parametrize("size", ["phone", "tablet"])
def test_an_opened_point_has_its_picture_beside_it_where_the_body_is_out_of_sight(
    browser: Any, server: str, size: str, foot: float
) -> None:
    page = opened(browser, server, size, "/example")
    point = page.locator(".points details").nth(1)
    past_the_slip(page)
    line = point.locator("summary").first
    line.evaluate("(line, foot) => scrollBy(0, line.getBoundingClientRect().bottom - foot * innerHeight)", foot)
    box = line.bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 8)
    expect(point.locator(".close-up svg")).to_be_in_viewport(ratio=0.99)
    expect(line).to_be_in_viewport()
    assert point.locator(".close-up .ring").count() == 1
    point.get_by_role("button", name="Tender only").scroll_into_view_if_needed()
    past_the_slip(page)
    point.get_by_role("button", name="Tender only").click()
    expect(page.locator(".found li").first).to_contain_text("tender only")
    expect(page.locator(".points details[open] .close-up svg").first).to_be_attached()
    page.context.close()


DIMMED = """() => { const told = document.querySelector('.answer'), going = told.getAnimations();
    const lasts = going.map((each) => each.effect.getComputedTiming().endTime); for (const each of going) each.finish();
    return [Number(getComputedStyle(told).opacity), Math.max(0, ...lasts)]; }"""
"""How much of the answer is seen when its change is over, and how long that change takes [ms]."""


def test_an_old_ranking_begins_to_dim_when_150_ms_have_passed(browser: Any, server: str) -> None:
    page = opened(browser, server, "laptop", "/example")
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")  # an answer that does not come
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.evaluate("() => { window.unknot.stage.tell(); }")
    page.clock.run_for(149)
    assert page.evaluate(DIMMED) == [1, 0]
    page.clock.run_for(1)
    opacity, lasts = page.evaluate(DIMMED)
    assert opacity < 0.56 and 0 < lasts <= 250
    page.context.close()


def test_look_says_how_many_refer_there_and_shows_all(browser: Any, server: str) -> None:
    page = opened(browser, server, "laptop")
    page.get_by_role("button", name="Look").click()
    page.mouse.click(*at(page, "back", 280, 520))
    expect(page.locator("#refers-title")).to_be_visible()
    counts = page.locator("#refers h3 .count").all_inner_texts()
    assert sum(map(int, counts)) == page.locator("#refers li").count() > 16
    hidden = page.locator("#refers details li").first
    expect(hidden).to_be_hidden()
    page.locator("#refers summary").first.click()
    expect(hidden).to_be_visible()
    page.context.close()


def test_every_ranked_point_is_told_in_two_taps(browser: Any, server: str) -> None:
    """Open it and answer; of those in the fold, open the fold and answer."""
    page = opened(browser, server, "laptop", "/example")
    folded = page.locator("#more-points .points details")
    barred = page.locator("#more-points .barred-here").count()
    assert folded.count() == page.locator("#more-points .quick").count() + barred > 5
    page.locator("#more-points > summary").click()
    past_the_slip(page)
    page.locator("#more-points .quick").last.get_by_role("button", name="Nothing").click()
    expect(page.locator(".found li")).to_contain_text("nothing")
    page.context.close()


def test_a_point_that_is_not_ranked_can_be_told_too(browser: Any, server: str, k: Knowledge) -> None:
    page = opened(browser, server, "phone", "/example")
    page.locator("#another > summary").click()
    page.fill("#another-words", "soleus right")
    page.keyboard.press("Enter")
    first = page.locator("#another li.press").first
    expect(first).to_contain_text("oleus")
    past_the_slip(page)
    first.get_by_role("button", name="Tender only").click()
    expect(page.locator(".found li")).to_contain_text("tender only")
    page.fill("#another-words", "nonesuch")
    page.keyboard.press("Enter")
    expect(page.locator("#another .empty")).to_contain_text("nonesuch")
    page.context.close()


OPENED = {
    "points": ".points details > summary",
    "names": "#choose > summary, #choose details > summary",
    "more": "#more-points > summary, #more > summary, #next-more > summary, #how > summary, #another > summary",
}


@pytest.mark.parametrize("letters", [100, 200])
@pytest.mark.parametrize("path", ["/", "/example"])
def test_nothing_opened_is_wider_than_the_screen(browser: Any, server: str, letters: int, path: str) -> None:
    page = opened(browser, server, "phone", path)
    page.evaluate(f"document.documentElement.style.fontSize = '{letters}%'")
    for what in ("nothing", *OPENED):
        if what in OPENED:
            page.evaluate(
                "(s) => document.querySelectorAll(s).forEach((one) => (one.parentNode.open = true))", OPENED[what]
            )
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            laid_out(page)
            wide = page.evaluate(
                """() => { const w = document.documentElement.clientWidth; const far = [...document.querySelectorAll('body *')].filter((e) => !e.closest('.table, .unseen, .default, .skip') && e.getBoundingClientRect().right > w + 1);
                return [innerWidth, document.documentElement.scrollWidth - w, far.slice(0, 4).map((e) => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 30))]; }"""
            )
            assert wide[0] == width
            assert wide[1] <= 0, (what, size, wide)
    page.context.close()
