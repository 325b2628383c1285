"""Measures in real Chromium: entered in any unit, side by side, before and after; an angle from a photograph that never leaves the browser; charts with their verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pages import Axe
from unknot.knowledge.load import knowledge
from unknot.record.amounts import amount, day, figure
from unknot.record.erase import erase
from unknot.record.ids import uuid7
from unknot.record.measures import Point, Series
from unknot.record.outcome import error_of, in_mean, outcome
from unknot.record.photos import PhotoError, Photos
from unknot.record.screening import Visit
from unknot.record.store import open_store
from unknot.record.verdicts import short
from unknot.web.charts import Chart, band, scale_of, svg
from unknot.web.outcomes import chart_of, claims
from unknot.words import say

K = knowledge()
DAY = date(2026, 9, 1)
KEEP = ".foot button"


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 820, "height": 1180})
    opened = context.new_page()
    opened.said = []
    opened.on("console", lambda m: opened.said.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: opened.said.append(str(e)))
    yield opened
    assert [s for s in opened.said if "status of 4" not in s] == []
    context.close()


@pytest.fixture
def client(page: Page, server: str) -> str:
    page.goto(f"{server}/clients")
    page.fill("#label", "M. 1")
    page.fill("#age", "46")
    with page.expect_navigation():
        page.click("button.primary")
    return page.url.removesuffix("/ask")


def keep(page: Page) -> None:
    with page.expect_navigation():
        page.click(KEEP)


def field(page: Page, measure: str, side: str = "", row: int = 0, reading: int = 0) -> Any:
    return page.locator(f'[name="v|{measure}|{row}|{side}|{reading}"]')


def fine(page: Page) -> None:
    found = Axe().run(page)
    assert [v["id"] for v in found.response["violations"]] == []


def test_what_is_measured_is_kept_with_its_unit_and_shown_with_its_verdict(page: Page, client: str) -> None:
    page.goto(f"{client}/measures?group=threshold")
    page.fill('[name="on|ppt|0"]', page.locator("#points option").nth(0).get_attribute("value") or "")
    for n, value in enumerate(("3,0", "3.5", "4")):
        field(page, "ppt", reading=n).fill(value)
    page.select_option('[name="unit|ppt"]', "kg/cm2")
    fine(page)
    keep(page)
    expect(page.locator(".rows").first).to_contain_text(
        re.compile(r"3 / 3\.5 / 4.kg/cm² = 343.kPa \(before the work\)")
    )
    expect(page.locator('[name="unit|ppt"]')).to_have_value("kg/cm2")
    expect(page.locator(".place label").first).to_contain_text("Point, left")
    expect(page.locator(".last")).to_contain_text(re.compile("last: 343.kPa"))
    page.goto(f"{client}/measures?group=motion&part=neck")
    field(page, "rom.neck.rotation", "left").fill("52")
    field(page, "rom.neck.rotation", "right").fill("71")
    keep(page)
    page.check('[name="when"][value="after"]')
    field(page, "rom.neck.rotation", "left").fill("66")
    keep(page)
    expect(page.locator('[name="when"][value="after"]')).to_be_checked()
    expect(page.locator(".last")).to_contain_text("left 52")
    page.goto(f"{client}/outcomes")
    fine(page)
    left = page.locator("article", has_text="Neck, turning, left")
    expect(left).to_contain_text("Too few points: 1 so far, 2 are needed.")
    expect(left).to_contain_text(
        f"On {day(date.today())}, before and after the work. Changed, for the better: from 52° to 66°"
    )
    expect(left.locator("svg")).to_have_attribute("aria-label", re.compile("^neck, turning, left. Too few"))
    left.locator("summary").click()
    expect(left.locator("tbody tr")).to_have_text(re.compile(r"52\s*66$"))
    expect(page.locator(".claims li", has_text="More blood flows")).to_contain_text(
        "Flow in a muscle needs an ultrasound"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_slip_of_the_pen_is_refused_in_words_and_nothing_is_lost(page: Page, client: str) -> None:
    page.goto(f"{client}/measures?group=pain")
    field(page, "pain.now").fill("6")
    field(page, "pain.worst").fill("88")
    keep(page)
    expect(page.get_by_role("alert")).to_contain_text("88 is out of range (allowed: 0 to 10)")
    expect(field(page, "pain.now")).to_have_value("6")
    field(page, "pain.worst").fill("8")
    keep(page)
    expect(page.locator(".rows li")).to_have_count(2)
    with page.expect_navigation():
        page.locator(".rows li button").first.click()
    expect(page.locator(".rows li")).to_have_count(1)


def test_words_of_a_client_are_shown_as_words(page: Page, client: str) -> None:
    page.goto(f"{client}/measures?group=function")
    page.fill('[name="on|psfs.activity|0"]', '<b id="x">"lifting\'</b>')
    field(page, "psfs.activity").fill("4")
    keep(page)
    expect(page.locator(".rows li")).to_contain_text('<b id="x">')
    page.goto(f"{client}/outcomes")
    expect(page.locator("article h3")).to_contain_text('<b id="x">"lifting\'</b>')
    assert page.locator("#x").count() == 0


def test_a_tap_without_a_value_says_so(page: Page, client: str) -> None:
    page.goto(f"{client}/measures")
    keep(page)
    expect(page.get_by_role("alert")).to_contain_text("nothing is filled in")


def test_an_angle_is_taken_from_a_photograph_that_never_leaves_the_browser(
    page: Page, client: str, tmp_path: Path
) -> None:
    page.goto(f"{client}/measures?group=posture")
    page.screenshot(path=tmp_path / "photo.png", clip={"x": 0, "y": 0, "width": 400, "height": 400})
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.post_data or "") if r.method == "POST" else None)
    page.click("#photo summary")
    page.set_input_files("#photo-file", tmp_path / "photo.png")
    canvas = page.locator("#photo-canvas")
    expect(canvas).to_be_visible()
    expect(page.locator("#photo-told")).to_have_text("Tap: spine of C7")
    canvas.click(position={"x": 100, "y": 300})
    canvas.click(position={"x": 200, "y": 180})
    expect(page.locator("#photo-told")).to_have_text(re.compile(r"50\.\d°"))
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 210, box["y"] + 190)  # beside the ring, so that the finger does not hide it
    page.mouse.down()
    page.mouse.move(box["x"] + 216, box["y"] + 190)
    page.mouse.move(box["x"] + 236, box["y"] + 210, steps=4)
    page.mouse.up()
    expect(page.locator("#photo-told")).to_have_text(re.compile(r"39\.\d°"))
    canvas.click(position={"x": 200, "y": 180})
    expect(page.locator("#photo-told")).to_have_text(re.compile(r"50\.\d°"))
    fine(page)
    page.click("#photo-take")
    expect(field(page, "posture.cva")).to_have_value(re.compile(r"50\.\d"))
    page.select_option("#photo-what", "v|posture.shoulder_tilt|0||0")
    canvas.click(position={"x": 100, "y": 180})
    canvas.click(position={"x": 300, "y": 200})
    page.click("#photo-take")
    expect(field(page, "posture.shoulder_tilt")).to_have_value(re.compile(r"^5\.\d$"))
    assert page.locator("[name='turn|posture.shoulder_tilt|0|']").input_value() == "minus", (
        "the right side stands higher"
    )
    keep(page)
    expect(page.locator(".rows li").first).to_contain_text("Craniovertebral angle")
    assert len(sent) == 1
    assert "photo.png" not in sent[0]
    assert len(sent[0]) < 4000


def test_a_photograph_that_is_kept_is_bare_small_shown_and_gone_with_its_client(
    page: Page, client: str, tmp_path: Path
) -> None:
    page.goto(f"{client}/measures?group=posture")
    page.screenshot(path=tmp_path / "photo.png", clip={"x": 0, "y": 0, "width": 400, "height": 400})
    page.click("#photo summary")
    page.set_input_files("#photo-file", tmp_path / "photo.png")
    page.click("#photo-keep")
    expect(page.locator("#photo-kept")).to_contain_text("Kept")
    page.reload()
    picture = page.locator(".kept-photos img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 400)
    fine(page)
    bare = page.request.get(page.url.split("/clients")[0] + (picture.get_attribute("src") or "")).body()
    store, ident = open_store(tmp_path / "u.db"), uuid7()
    visit, told = Visit(uuid7(), ident, DAY, came_before=False), b"Exif\0\0 made at 51.5 N by A. Client"
    app1 = b"\xff\xe1" + (len(told) + 2).to_bytes(2, "big") + told
    remark = b"\xff\xfe" + (len(told) + 2).to_bytes(2, "big") + told
    photos = Photos(store)
    photos.keep(visit, bare[:2] + app1 + remark + bare[2:] + told)
    assert photos.read(visit, 0) == bare and len(bare) < 100_000, "all but the picture is dropped"
    for bad in (
        b"",
        bare[:-2],
        bare[: len(bare) // 2],
        b"GIF89a" + bare,
        bare[:2] + bare[-2:],
        bare + b"x" * 500_000,
        b"\xff\xd8\xff\xda",
    ):
        with pytest.raises(PhotoError):
            photos.keep(visit, bad)
    for _ in range(5):
        photos.keep(visit, bare)
    with pytest.raises(PhotoError):
        photos.keep(visit, bare)
    photos.remove(visit, 3, "A. P.")
    assert [p.number for p in photos.of([visit])] == [0, 1, 2, 4, 5]
    store.put("client", ident, {"label": "P. 1"})
    erase(store, ident)
    assert photos.of([visit]) == [] and store.get("photo", f"{visit.id}.0") is None
    page.locator(".kept-photos summary").click()
    page.get_by_role("button", name="Take it out for good").click()
    expect(page.locator(".kept-photos img")).to_have_count(0)
    expect(page.locator(".kept-photos")).to_contain_text(
        re.compile(r"Taken out by .+ on \S+ \S+: a photograph kept on")
    )
    told = say("photos.later")
    expect(page.locator(".kept-photos")).not_to_contain_text(told)
    page.goto(f"{page.url}&later=yes")
    expect(page.locator(".kept-photos")).to_contain_text(told)
    big = page.request.post(f"{client}/photos", data=b"x" * 500_000)
    assert big.status == 413 and page.request.post(f"{client}/photos", data=b"nothing").status == 422


def test_what_is_measured_reaches_the_map_as_a_finding_that_can_be_taken_back(page: Page, client: str) -> None:
    page.goto(f"{client}/measures?group=length")
    field(page, "length.slr", "left").fill("50")
    keep(page)
    page.goto(f"{client}/map")
    rest = page.locator('[name="rest"]').get_attribute("value", timeout=1000) or ""
    assert "biceps_femoris@left" in rest
    assert "restricted_motion" in rest
    page.goto(f"{client}/measures?group=motion&part=neck")
    for side, value in (("left", "20"), ("right", "60")):
        field(page, "rom.neck.rotation", side).fill(value)
    keep(page)
    page.goto(f"{client}/map")
    many = page.locator("details", has=page.locator(".found"))
    expect(many.locator("summary")).to_have_text("From what was measured: 13 muscles")
    expect(many.locator("li").first).to_be_hidden()
    many.locator("summary").click()
    many.get_by_role("button", name="Take back").first.click()
    expect(many.locator("summary")).to_have_text("From what was measured: 12 muscles")


# ---------------------------------------------------------- the pictures


def series_of(measure: str, *values: float, on: str = "") -> Series:
    return Series(measure, on, "", tuple(Point(DAY + timedelta(7 * n), str(n), v) for n, v in enumerate(values)))


def drawn(measure: str, *values: float) -> Chart:
    return chart_of(series_of(measure, *values), K)


def test_the_scale_never_makes_noise_look_large() -> None:
    for measure, values in (("ppt", (300, 310)), ("posture.cva", (50, 51)), ("rom.jaw.opening", (40, 41))):
        chart = drawn(measure, *values)
        scale, limits = scale_of([chart]), band(chart)
        assert limits is not None
        assert scale.high - scale.low >= 1.9 * (limits[1] - limits[0])
    tilted = scale_of([drawn("posture.shoulder_tilt", -2.5, -2.2)])
    assert tilted.high - tilted.low >= 18, "where no error is known a tenth of a degree is no mountain"
    assert (scale_of([drawn("pain.now", 5, 4)]).low, scale_of([drawn("pain.now", 5, 4)]).high) == (0, 10)


@pytest.mark.parametrize(("measure", "on"), [("drawing.extent", ""), ("drawing.extent", "area:neck"), ("drawing.weighted", "")])  # fmt: skip
def test_the_scale_of_a_drawing_begins_at_0_and_is_wider_than_two_drawings_of_one_day_differ(
    measure: str, on: str
) -> None:
    for values in ((0.54, 0.48), (0.54, 0.48, 0), (0.03, 0.03), (0.7,) * 6):
        scale = scale_of([chart_of(series_of(measure, *values, on=on), K)])
        assert scale.low == 0, "half as much must look like half"
        assert 4 * 0.38 * values[0] <= scale.high <= max(2.5 * values[0], 0.1)
        if 0 in values:
            assert scale.y(0) == scale.y(scale.low), "no pain is drawn at the bottom"


@pytest.mark.parametrize("measure", [m.id for m in K.measures.values()])
def test_every_measure_can_be_drawn_at_its_limits_and_stays_in_the_picture(measure: str) -> None:
    m = K.measures[measure]
    for values in ((m.low, m.high), (m.low,), (m.high, m.high, m.high), ((m.low + m.high) / 2, m.low, m.high, m.low)):
        chart = drawn(measure, *values)
        picture = svg(chart, scale_of([chart]))
        ys = [float(y) for y in re.findall(r'c?y="([\d.-]+)"', picture)]
        assert ys
        assert all(0 <= y <= 184 for y in ys)
        assert "nan" not in picture


def test_a_picture_shows_its_error_and_the_least_change_or_neither_where_none_is_known() -> None:
    known, unknown = drawn("pain.now", 7, 3), drawn("mood", 7, 3)
    assert 'class="error"' in svg(known, scale_of([known]))
    assert 'class="least"' in svg(known, scale_of([known]))
    assert 'class="error"' not in svg(unknown, scale_of([unknown]))
    assert "nothing can be said" in unknown.words


def test_the_two_means_that_are_compared_are_drawn_where_there_are_two() -> None:
    few, many = drawn("pain.now", 7, 3), drawn("pain.now", 7, 6, 6, 5, 3, 2)
    assert 'class="mean"' not in svg(few, scale_of([few]))
    assert svg(many, scale_of([many])).count('class="mean"') == 2


@pytest.mark.parametrize(
    ("measure", "values"), [("pain.now", (7, 7, 7, 7, 7, 3)), ("pain.usual", (7, 6, 6, 5, 4, 3)), ("ndi", (30, 19)), ("pain.now", (5, 3, 6, 4))]
)  # fmt: skip
def test_no_bar_and_no_dashed_line_strikes_a_figure_through(measure: str, values: tuple[float, ...]) -> None:
    chart = drawn(measure, *values)
    picture = svg(chart, scale_of([chart]))
    lines = [
        tuple(map(float, m)) for m in re.findall(r'class="(?:least|mean)" d="M([\d.]+) ([\d.]+)H([\d.]+)"', picture)
    ]
    figures = [tuple(map(float, m)) for m in re.findall(r'class="value[^"]*" x="([\d.]+)" y="([\d.]+)"', picture)]
    assert lines and len(figures) == 2
    assert not [1 for x, foot in figures for x0, y, x1 in lines if x0 < x < x1 and foot - 9 < y < foot]


def test_the_head_of_the_charts_says_from_when_on_means_are_compared() -> None:
    assert min(n for n in range(2, 30) if in_mean(n) > 1) == 6 and "from six visits on" in say("charts.lead")


def test_the_area_of_a_drawing_has_no_published_error() -> None:
    chart = chart_of(series_of("drawing.extent", 3, 1, on="area:neck"), K)
    assert chart.outcome.verdict == "error_unknown"
    assert chart_of(series_of("drawing.extent", 3, 1), K).outcome.verdict == "changed"


def test_a_claim_tells_what_was_measured_and_never_more() -> None:
    found = {c.claim.id: c for c in claims([drawn("pain.usual", 7, 6.5)], K)}
    assert found["less_pain"].measured == ("usual pain of the last week: not more than measuring error",)
    assert found["limb_flow"].measured == ()
    assert found["mood"].measured == ()


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "0"), (0.123, "0.12"), (5.0, "5"), (5.25, "5.2"), (342.8, "343"), (-0.001, "0")]
)
def test_a_figure_has_as_few_digits_as_say_something(value: float, told: str) -> None:
    assert figure(value) == told


def test_units_are_written_as_people_write_them() -> None:
    assert amount(52, "deg") == "52°"
    assert amount(3.5, "kg/cm2") == "3.5\N{NO-BREAK SPACE}kg/cm²"
    assert amount(5, "0-10") == "5"
    assert (
        short(outcome([7, 2], K.measures["pain.now"], error_of(K.measures["pain.now"], "", K)))
        == "changed, for the better"
    )
