"""How the page of the drawing looks: paper, every size and figure, what stays in sight while something is asked, and nothing that axe finds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from drawing_page import EXAMPLES, SHOULDER, at, draw, drawn, opened
from pages import Axe, laid_out, past_the_slip, wrong_in_any_light


def test_the_sheet_for_paper_has_drawing_points_and_date_and_nothing_to_press(browser: Any, server: str) -> None:
    context = browser.new_context()
    context.add_init_script("window.print = () => {}")
    page = context.new_page()
    page.goto(f"{server}/example")
    page.wait_for_function("() => window.unknot")
    with context.expect_page() as paper:
        page.get_by_role("button", name="Print").click()
    sheet = paper.value
    expect(sheet.locator(".picture svg")).to_be_visible()
    expect(sheet.locator(".date")).to_be_visible()
    expect(sheet.locator(".columns ol")).to_contain_text("infraspinatus")
    assert sheet.locator("button, input, select").count() == 0
    found = Axe().run(sheet)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_the_same_drawing_stands_on_another_figure(laptop: Page) -> None:
    page = laptop
    draw(page, "front", *SHOULDER)
    expect(drawn(page).first).to_be_visible()
    before = drawn(page).all_inner_texts()
    for figure in ("male", "female"):
        page.select_option("#figure", figure)
        expect(page.locator(f'[data-view="front"] image[href*="{figure}-front"]')).to_have_count(1)
        assert page.evaluate("window.unknot.stage.strokes[0].figure") == "neutral"
        inked = page.evaluate(
            """() => { const c = document.querySelector('[data-view="front"] .ink');
            return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 0).length; }"""
        )
        assert inked > 100
    assert drawn(page).all_inner_texts() == before


def test_every_sheet_and_view_can_be_had(browser: Any, server: str, size: str) -> None:
    page = opened(browser, server, size)
    seen = set()
    for sheet in ("Body", "Sides", "Head", "Hands", "Feet"):
        page.get_by_role("button", name=sheet, exact=True).click()
        while True:
            seen |= {v.get_attribute("data-view") for v in page.locator(".stack").all()}
            rest = [
                b for b in page.locator(".single button:visible").all() if b.get_attribute("aria-pressed") == "false"
            ]
            names = [b.inner_text() for b in rest]
            for name in names:
                page.locator(".single").get_by_role("button", name=name, exact=True).click()
                seen |= {v.get_attribute("data-view") for v in page.locator(".stack").all()}
            break
    assert len(seen) == 14
    assert page.said == []  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("path", ["/", "/example"])
def test_axe_finds_nothing_at_any_size(browser: Any, server: str, size: str, path: str) -> None:
    page = opened(browser, server, size, path)
    for details in page.locator("details").all()[:6]:
        details.evaluate("d => { d.open = true }")
    assert wrong_in_any_light(page) == []
    page.context.close()


def test_twice_the_text_is_not_wider_than_the_screen(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone", "/example")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    laid_out(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_the_first_load_is_under_400_kb(browser: Any, server: str) -> None:
    """As it goes over the wire, everything that an empty page asks for."""
    page = browser.new_page()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(server)
    page.wait_for_function("() => window.unknot")
    page.wait_for_load_state("networkidle")
    assert 50_000 < sum(sizes) < 400_000
    page.close()


def test_the_atlas_is_kept_by_the_browser_and_another_version_is_not_found(server: str) -> None:
    text = httpx.get(server).text
    base = text.split('data-atlas="')[1].split('"')[0]
    answer = httpx.get(f"{server}{base}/neutral.json")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["content-encoding"] == "gzip"
    assert httpx.get(f"{server}/atlas/000000000000/neutral.json").status_code == 404
    assert httpx.get(f"{server}{base}/..%2f..%2fpyproject.toml").status_code == 404


@pytest.mark.parametrize("held", ["phone", "tablet"])
def test_the_line_at_the_foot_goes_while_the_warning_is_in_sight(browser: Any, server: str, held: str) -> None:
    page = opened(browser, server, held)
    page.set_input_files("#open", EXAMPLES / "saddle-numbness.toml")
    expect(page.locator(".warning.emergency").first).to_be_in_viewport()
    expect(page.locator(".go")).to_be_hidden()
    page.evaluate("document.documentElement.scrollTop = 0")
    expect(page.locator(".go")).to_contain_text("Emergency. Press nothing.")
    expect(page.locator(".go")).to_be_visible()
    page.context.close()


def test_on_a_laptop_the_line_to_the_next_press_covers_nothing_of_the_answer(laptop: Page) -> None:
    page = laptop
    page.goto(page.url + "example")
    page.wait_for_function("() => window.unknot")
    page.locator(".points > li").nth(3).scroll_into_view_if_needed()
    line, head, answer = (page.locator(each).bounding_box() for each in (".go", "#where", "#answer"))
    assert line and head and answer
    expect(page.locator(".go")).to_be_in_viewport(ratio=0.99)
    assert line["x"] >= head["x"] and line["x"] + line["width"] <= answer["x"]
    assert page.evaluate(
        """() => { const a = document.querySelector('.go').getBoundingClientRect(); const range = document.createRange();
      range.selectNodeContents(document.getElementById('where')); return range.getBoundingClientRect().right <= a.left; }"""
    )


@pytest.mark.parametrize(("wide", "high", "text"), [(390, 844, "100%"), (667, 375, "100%"), (390, 844, "200%")])
def test_the_line_is_held_on_the_screen_only_where_it_takes_little_of_it(
    browser: Any, server: str, wide: int, high: int, text: str
) -> None:
    page = opened(browser, server, "phone", "/example")
    page.set_viewport_size({"width": wide, "height": high})
    page.evaluate("(size) => (document.documentElement.style.fontSize = size)", text)
    page.evaluate("document.getElementById('more').scrollIntoView({ block: 'end' })")
    laid_out(page)
    line = page.locator(".go").bounding_box()
    assert line
    seen = line["y"] >= 0 and line["y"] + line["height"] <= high
    assert seen == (text == "100%" and high > 480)
    assert not seen or line["height"] <= 0.15 * high
    page.context.close()


@pytest.mark.parametrize("held", ["phone", "tablet"])
def test_what_to_press_is_seen_asked_and_answered_on_one_screen(browser: Any, server: str, held: str) -> None:
    page = opened(browser, server, held, "/example")
    expect(page.locator(".go")).to_have_text("Press next: infraspinatus (right)")
    page.locator(".go").click()
    expect(page.locator(".press.first .close-up .ring")).to_have_count(1)
    for part in ("#next-title", ".press.first .close-up", ".press.first .two button >> nth=2"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)
    before = page.locator(".press.first h3").inner_text()
    past_the_slip(page)
    page.locator(".press.first").get_by_role("button", name="Known pain").click()
    expect(page.locator(".press.first h3")).not_to_have_text(before)
    expect(page.locator("#next-title")).to_be_in_viewport(ratio=1)
    expect(page.locator(".press.first h3")).to_be_in_viewport(ratio=1)
    assert page.said == []  # type: ignore[attr-defined]
    page.context.close()


def test_the_tab_of_the_view_with_the_lit_point_says_so(browser: Any, server: str) -> None:
    page = opened(browser, server, "phone", "/example")
    expect(page.locator('.single [data-tab="back"]')).to_contain_text("point here")
    page.locator('.single [data-tab="back"]').click()
    expect(page.locator('[data-view="back"] .ring')).to_have_count(1)
    expect(page.locator(".single small")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("held", ["phone", "tablet"])
def test_what_is_looked_up_leaves_the_body_in_sight_and_can_be_closed(browser: Any, server: str, held: str) -> None:
    page = opened(browser, server, held, "/example")
    page.get_by_role("button", name="Look").click()
    page.mouse.click(*at(page, "front", 176, 265))
    expect(page.locator("#refers-title")).to_contain_text("front of the shoulder (right)")
    expect(page.locator(".looked")).to_have_count(1)
    box, sheet = page.locator(".looked").bounding_box(), page.locator("#refers").bounding_box()
    assert box and sheet and box["y"] >= 0 and box["y"] + box["height"] <= sheet["y"]
    shut = page.locator("#refers .shut")
    size_of = shut.bounding_box()
    assert size_of and size_of["height"] >= 48 and size_of["width"] >= 48
    shut.click()
    expect(page.locator("#refers > *")).to_have_count(0)
    expect(page.locator(".looked")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("wide", [320, 390])
@pytest.mark.parametrize("path", ["/", "/example"])
def test_the_page_does_not_slide_and_the_body_stands_in_the_middle(
    browser: Any, server: str, wide: int, path: str
) -> None:
    context = browser.new_context(viewport={"width": wide, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server}{path}")
    page.wait_for_function("() => window.unknot")
    for text in ("100%", "200%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
        laid_out(page)
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [wide, wide], text
        middle = page.evaluate(
            "['.stack', '.table'].map(s => document.querySelector(s).getBoundingClientRect()).map(b => b.x + b.width / 2)"
        )
        assert abs(middle[0] - middle[1]) <= 1, text
    context.close()


@pytest.mark.parametrize("words", ["knee", "qwertz"])
def test_what_the_page_asks_back_about_a_word_comes_into_sight(browser: Any, server: str, words: str) -> None:
    page = opened(browser, server, "phone")
    page.fill("#typed", words)
    page.locator("#add").evaluate(
        "b => { scrollTo(0, b.getBoundingClientRect().bottom + scrollY - innerHeight); b.click() }"
    )
    expect(page.locator(".choice, .notice")).to_be_in_viewport(ratio=1)
    page.context.close()


def test_referred_pain_is_hatched_below_the_ink(laptop: Page) -> None:
    """What the client coloured keeps its colour."""
    page = laptop
    page.goto(page.url + "example")  # screened: only then is there something to press
    page.wait_for_function("() => window.unknot")
    expect(page.locator(".stack .ring")).to_have_count(1)
    order = page.locator('[data-view="front"]').evaluate("s => [...s.children].map(e => e.getAttribute('class'))")
    assert order.index("glow") < order.index("ink")
