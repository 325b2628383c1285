"""The page and the API: real server, real Chromium, axe, malformed requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from playwright.sync_api import Page, Route, expect

from pages import Axe, past_the_slip, wrong_in_any_light
from unknot.assess.rank import assess
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge
from unknot.web.app import create_app
from unknot.web.form import Form, Found, read_form

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "laptop": (1366, 820), "narrow": (320, 640)}
schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(hosts=["*"]))


@pytest.fixture
def page(browser: Any, server: str) -> Iterator[Page]:
    """A page of its own, whose console must stay silent."""
    context = browser.new_context(viewport={"width": 1366, "height": 820})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert [s for s in said if "422" not in s] == []


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_to_the_api_is_answered_with_a_server_error(case: schemathesis.Case) -> None:
    response = case.call()
    assert response.status_code < 500
    if response.status_code >= 400:
        assert set(response.json()["error"]) == {"code", "message", "problems"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"not json", 422),
        (b"\xff\xfe", 422),
        (b'{"format": 1}', 422),
        (b'{"format": 1, "pain": [{"site": "shoulder.front@up"}]}', 422),
        (b'{"format": 1, "pain": [{"site": "neck.throat", "intensity": NaN}]}', 422),
        (b'{"format": 1, "pain": [{"site": "\\ud800"}]}', 422),
        (b"[" * 100_000, 422),
        (b" " * 1_000_001, 413),
        (json.dumps({"format": 1, "pain": [{"site": "neck.throat", "intensity": 10**400}]}).encode(), 422),
    ],
)
def test_a_malformed_case_gets_a_4xx_in_the_one_error_shape(server: str, data: bytes, status: int) -> None:
    answer = httpx.post(f"{server}/api/assess", content=data, timeout=20)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "problems"}


def test_any_bytes_posted_to_the_page_get_an_answer_below_500(server: str) -> None:
    for data in (
        b"",
        b"%ff%fe",
        b"typed=%00",
        b"site=nowhere",
        b"found=||",
        b"site=" + b"x" * 5000,
        b"&" * 3000,
        b"age=nan&site=neck.throat",
        b"x" * 1_200_000,
        b"strokes=[1",
        b"strokes=[1]",
        b"strokes={}",
        b"rest=[]",
        b"rest=%7B%22complaint%22:3%7D&site=neck.throat",
        b"site=neck.throat&kept.neck.throat=3",
    ):
        assert httpx.post(server, content=data, timeout=20).status_code < 500


def test_the_api_gives_the_same_ranking_as_the_program(server: str, k: Knowledge) -> None:
    case = {
        "format": 1,
        "pain": [{"site": "shoulder.front@right", "intensity": 7}],
        "complaint": {"worse_with": ["reaching back"]},
    }
    told = httpx.post(f"{server}/api/assess", json=case, timeout=20).json()
    ours = assess(read_mapping(case, "case", k), k, use="numba").as_dict()
    assert [p["id"] for p in told["points"]] == [p["id"] for p in ours["points"]]
    assert told["points"][0]["probability"] == pytest.approx(ours["points"][0]["probability"], abs=1e-9)


def test_an_unknown_host_name_is_refused(server: str) -> None:
    assert httpx.get(server, headers={"host": "evil.example"}, timeout=20).status_code == 400


def test_an_unknown_path_and_a_wrong_method_answer_in_the_one_shape(server: str) -> None:
    for answer in (httpx.get(f"{server}/nowhere"), httpx.delete(f"{server}/api/assess")):
        assert answer.status_code in (404, 405)
        assert set(answer.json()["error"]) == {"code", "message", "problems"}


def test_every_answer_carries_a_strict_policy_and_nothing_is_inline(server: str) -> None:
    answer = httpx.get(f"{server}/example", timeout=20)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    assert "//" not in answer.text.replace("http://www.w3.org", "").split("<body>")[0]


def test_health_data_never_stands_in_an_address(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server}/example")
    past_the_slip(page)
    page.get_by_role("button", name="Known pain").first.click()
    expect(page.get_by_text("Take back")).to_be_visible()
    assert all("?" not in url for url in asked)


def test_axe_as_the_tests_run_it_finds_what_is_wrong(page: Page, server: str) -> None:
    page.goto(server)
    page.evaluate(
        "() => { document.documentElement.lang = ''; document.body.append(document.createElement('button')); }"
    )
    assert {v["id"] for v in Axe().run(page).response["violations"]} >= {"html-has-lang", "button-name"}
    page.goto("about:blank")  # the rules of the app let no style in
    page.set_content(
        "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style><p>dim</p>"
    )
    found = wrong_in_any_light(page)
    assert ("dark", "color-contrast") in [one[:2] for one in found]
    assert ("light", "color-contrast") not in [one[:2] for one in found]


def test_the_worked_example_is_one_click_away_and_answers(page: Page, server: str) -> None:
    page.goto(server)
    page.get_by_role("link", name="Show a worked example").click()
    expect(page.locator(".muscle").first).to_contain_text("nfraspinatus")
    expect(page.locator(".press").first).to_be_visible()


def test_typed_words_name_a_place_and_the_answer_follows(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#typed", "outside of my left elbow")
    page.keyboard.press("Enter")
    expect(page.locator(".places .name")).to_have_text("outer elbow (left)")
    expect(page.locator(".muscle").first).to_be_visible()


def test_ambiguous_words_are_asked_back(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#typed", "my elbow")
    page.click("#add")
    page.get_by_role("button", name="Inner elbow (right)").click()
    expect(page.locator(".places .name")).to_have_text("inner elbow (right)")


def test_words_that_name_no_place_are_told_and_kept(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#typed", "qwertz")
    page.click("#add")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#typed")).to_have_value("qwertz")


def test_a_finding_moves_its_point_and_can_be_taken_back(page: Page, server: str) -> None:
    page.goto(f"{server}/example")
    before = page.locator(".muscle .number").first.inner_text()
    past_the_slip(page)
    page.get_by_role("button", name="Known pain").first.click()
    expect(page.get_by_text("Take back")).to_be_visible()
    after = page.locator(".muscle .number").first.inner_text()
    assert int(after.split()[0]) > int(before.split()[0])
    page.get_by_text("Take back").click()
    expect(page.get_by_text("Take back")).to_have_count(0)
    expect(page.locator(".muscle .number").first).to_have_text(before)


def test_an_emergency_stands_on_top_in_view_and_nothing_is_offered_to_press(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#typed", "lower back on the left, upper part")
    page.click("#add")
    page.locator("#more > summary").click()
    page.fill("#history", "saddle numbness, trouble passing water")
    page.locator("#more button").click()
    warning = page.locator(".warning.emergency").first
    expect(warning).to_be_in_viewport()
    expect(page.locator(".press")).to_have_count(0)
    expect(page.locator(".warning.carry_on, .warning.ask")).to_have_count(0)
    after = page.locator("#warnings > :last-child")
    expect(after).to_have_class("held")
    expect(page.locator("#held")).not_to_have_attribute("open", "")
    expect(page.locator("a.go.alarm")).to_have_attribute("href", "#warnings")


def test_words_typed_while_an_answer_is_on_its_way_stay_and_are_answered(page: Page, server: str) -> None:
    """Not every browser tells of a change when the field is taken from the page."""
    page.goto(server)
    held: list[Route] = []
    page.route("**/", lambda route: route.continue_() if held else held.append(route))
    page.fill("#typed", "lower back on the left, upper part")
    page.click("#add")
    page.locator("#more > summary").click()
    page.locator("#history").evaluate("(field) => { field.value = 'saddle numbness, trouble passing water' }")
    page.locator("#denied").focus()
    held[0].continue_()
    expect(page.locator(".warning.emergency").first).to_be_visible()
    expect(page.locator("#history")).to_have_value("saddle numbness, trouble passing water")


def test_a_button_that_is_held_down_while_the_answer_comes_is_still_pressed(page: Page, server: str) -> None:
    page.goto(server)
    page.fill("#typed", "lower back on the left, upper part")
    page.click("#add")
    page.locator(".muscle .number").first.wait_for()
    page.locator("#more > summary").click()
    page.fill("#worse", "sitting")
    button = page.locator(".places .quiet")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate("() => { document.querySelector('.places .quiet').seen = true; }")
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # no machine is so slow that the button counts as held for too long
    with page.expect_response(lambda reply: reply.request.method == "POST") as answer:
        page.mouse.down()  # leaving the field asks
    answer.value.finished()
    page.wait_for_timeout(100)
    assert button.evaluate("(button) => button.seen"), "the answer waits"
    page.mouse.up()
    page.clock.resume()
    expect(page.locator(".places")).to_have_count(0)


def test_what_is_good_to_know_stands_below_what_to_press_and_no_answer_leads(page: Page, server: str) -> None:
    page.goto(f"{server}/example")
    order = page.evaluate(
        "[...document.querySelectorAll('.next, .warning.carry_on')].map(e => e.classList.contains('next') ? 'next' : 'good')"
    )
    assert order == ["next", "good"]
    expect(page.locator(".go")).to_have_attribute("href", "#next-title")
    looks = page.locator(".press.first .two button").evaluate_all(
        "bs => bs.map(b => getComputedStyle(b).backgroundColor + b.offsetWidth + b.offsetTop)"
    )
    assert len(looks) == 3 and len(set(looks)) == 1, looks


def test_the_page_works_without_script(browser: Any, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server)
    page.fill("#typed", "throat")
    page.click("#add")
    expect(page.locator(".places .name")).to_have_text("throat")
    expect(page.locator(".muscle").first).to_be_visible()
    context.close()


def test_the_keyboard_alone_adds_a_place_and_opens_a_point(page: Page, server: str) -> None:
    page.goto(server)
    page.locator("#typed").focus()
    page.keyboard.type("throat")
    page.keyboard.press("Enter")
    first = page.locator(".points summary").first
    expect(first).to_be_visible()
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".points details[open]")).to_have_count(1)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(browser: Any, server: str, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{server}/example")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input:not([type=hidden])')].filter(b => b.offsetParent && !b.classList.contains('default') && !['range', 'checkbox', 'file'].includes(b.type)).filter(b => b.getBoundingClientRect().height < 47.5).map(b => b.outerHTML.slice(0, 80))"
    )
    assert small == []
    context.close()


@pytest.mark.parametrize("state", ["empty", "filled", "error", "emergency"])
def test_axe_finds_nothing(browser: Any, server: str, state: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{server}/example" if state == "filled" else server)
    if state == "error":
        page.fill("#typed", "qwertz")
        page.click("#add")
        expect(page.get_by_role("alert")).to_be_visible()
    if state == "emergency":
        page.fill("#typed", "low back on the left, lower part")
        page.click("#add")
        expect(page.locator(".muscle").first).to_be_visible()
        page.locator("#more > summary").click()
        page.fill("#history", "saddle numbness, trouble passing water")
        page.locator("#more button").click()
        expect(page.locator(".warning").first).to_be_visible()
    for details in page.locator("details").all()[:4]:
        details.evaluate("d => { d.open = true }")
    assert wrong_in_any_light(page) == []
    context.close()


def test_the_form_reads_back_what_it_shows(k: Knowledge) -> None:
    data = b"site=neck.throat&intensity.neck.throat=4&quality.neck.throat=ache&worse=swallowing&age=40&sex=female&finding=point|longus_colli.1@left|familiar%2Btaut_band"
    form = read_form(data, k)
    case = form.case(k)
    assert case is not None
    assert case.pains[0].intensity == 4
    assert case.client.age == 40
    assert case.findings[0].on == "longus_colli.1@left"
    assert case.findings[0].signs == {"familiar_pain": True, "taut_band": True}


def test_first_load_is_small(page: Page, server: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(server)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < 400_000


def test_an_unknown_host_is_answered_in_the_one_shape_too(server: str) -> None:
    answer = httpx.get(server, headers={"host": "evil.example"}, timeout=20)
    assert set(answer.json()["error"]) == {"code", "message", "problems"}
    assert answer.json()["error"]["code"] == "unknown_host"


def posted(k: Knowledge, *fields: tuple[str, str]) -> Form:
    return read_form(urlencode(fields).encode(), k)


def test_a_sign_alone_notes_nothing_that_was_not_told(k: Knowledge) -> None:
    form = posted(k, ("site", "neck.throat"), ("found", "point|longus_colli.1@left|+twitch"))
    assert form.mapping()["finding"] == [{"point": "longus_colli.1@left", "twitch": True}]


def test_signs_and_answers_join_in_whatever_order_they_are_told(k: Knowledge) -> None:
    place = "point|longus_colli.1@left|"
    form = posted(k, ("finding", f"{place}+twitch"), ("found", f"{place}+jump"), ("found", f"{place}familiar"))
    assert form.findings == [Found("point", "longus_colli.1@left", "familiar", ("twitch", "jump"))]
    form = posted(k, ("finding", form.findings[0].field), ("found", f"{place}no"))
    assert form.findings == [Found("point", "longus_colli.1@left", "no", ())]
    form = posted(k, ("finding", f"{place}no"), ("take_back", "point|longus_colli.1@left"), ("found", f"{place}tender"))
    assert form.findings == [Found("point", "longus_colli.1@left", "tender", ())]


def test_taps_that_came_at_once_count_in_their_order(k: Knowledge) -> None:
    form = posted(
        k,
        ("site", "neck.throat"),
        ("pick", "elbow.inner@left"),
        ("pick", "elbow.outer@left"),
        ("remove", "neck.throat"),
    )
    assert [p["site"] for p in form.pains] == ["elbow.inner@left", "elbow.outer@left"]


def test_an_answer_takes_the_place_of_an_opened_files_finding_and_other_visits_stay(k: Knowledge) -> None:
    old = [
        {"point": "longus_colli.1@left", "tenderness": 8, "familiar_pain": True},
        {"point": "longus_colli.1@left", "tenderness": 6, "visit": "2026-01-02"},
    ]
    rest = json.dumps({"finding": old})
    place = "point|longus_colli.1@left|"
    form = posted(k, ("site", "neck.throat"), ("rest", rest), ("found", f"{place}no"))
    assert form.others == old[1:]
    assert form.case(k) is not None, "no contradiction with what was found before"
    form = posted(k, ("site", "neck.throat"), ("rest", rest), ("found", f"{place}+twitch"))
    assert form.others[0] == {**old[0], "twitch": True}
    assert form.findings == []
    form = posted(k, ("site", "neck.throat"), ("rest", rest), ("take_back", "rest|0"))
    assert form.others == old[1:]


@pytest.mark.parametrize(
    "rest", ['{"finding": ["x"]}', '{"history": []}', '{"complaint": {"habits": 7, "weeks": []}}', "[", "7"]
)
def test_a_hidden_field_that_was_tampered_with_is_a_problem_and_no_crash(server: str, rest: str) -> None:
    data = {"site": "neck.throat", "rest": rest, "found": "point|longus_colli.1@left|+twitch"}
    assert httpx.post(server, data=data, timeout=20).status_code == 422


def test_a_look_at_no_place_is_refused_in_the_one_shape(server: str) -> None:
    answer = httpx.post(f"{server}/refers", data={"look": "nowhere@left"}, timeout=20)
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message", "problems"}


@pytest.mark.parametrize(
    ("words", "sites"),
    [
        ("Behind the eye on the right", ["face.eye@right"]),
        ("behind the eye (right)", ["face.eye@right"]),
        ("behind both eyes", ["face.eye@left", "face.eye@right"]),
        ("deep in the shoulder on the right", ["shoulder.front@right", "shoulder.back@right"]),
        ("deep in the hip on the left side", ["pelvis.groin@left", "hip.front@left"]),
        ("right side, behind the eye", ["face.eye@right"]),
        ("deep pain in my left hip", ["pelvis.groin@left", "hip.front@left"]),
    ],
)
def test_a_deep_place_is_deep_however_its_side_is_said(k: Knowledge, words: str, sites: list[str]) -> None:
    form = posted(k, ("typed", words))
    assert form.pains == [{"site": site, "deep": True} for site in sites]


def test_a_deep_place_without_its_side_is_asked_back_as_deep(k: Knowledge) -> None:
    form = posted(k, ("typed", "deep in the shoulder"))
    assert form.choice and form.choice.deep
    assert form.choice.options[1] == ("shoulder.front@right shoulder.back@right", "deep in the shoulder joint (right)")


def test_all_places_can_be_put_back_as_they_stood_and_later_taps_count_after_them(k: Knowledge) -> None:
    stood = json.dumps([{"site": "scapula.body@left", "intensity": 9, "quality": ["burning"]}])
    form = posted(k, ("site", "neck.throat"), ("places", stood), ("pick", "elbow.inner@left"))
    assert [pain["site"] for pain in form.pains] == ["scapula.body@left", "elbow.inner@left"]
    assert form.pains[0]["quality"] == ["burning"]


@pytest.mark.parametrize("places", ["3", "[3]", '[{"site": 3}]', "{"])
def test_places_that_were_tampered_with_are_a_problem_and_no_crash(server: str, places: str) -> None:
    answer = httpx.post(server, data={"site": "neck.throat", "places": places}, timeout=20)
    assert answer.status_code == 422 and answer.json()["error"]["problems"][0]["code"] == "not_a_form"


def test_a_browser_gets_an_error_as_a_page_and_a_program_as_json(server: str) -> None:
    page = httpx.get(f"{server}/nowhere", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    assert '<html lang="en">' in page.text and "<title>" in page.text
    assert httpx.get(f"{server}/nowhere").json()["error"]["code"] == "http_404"
    refused = httpx.post(
        f"{server}/case.toml", data={"age": "<b>forty", "site": "neck.throat"}, headers={"accept": "text/html"}
    )
    assert refused.status_code == 422 and "&lt;b&gt;forty" in refused.text
    api = httpx.post(f"{server}/api/assess", content=b"{}", headers={"accept": "text/html"})
    assert api.json()["error"]["problems"]


def test_the_sheet_for_paper_of_an_emergency_names_no_muscle_and_says_so_on_every_page(server: str) -> None:
    told = {"site": "low_back.upper@left", "history": "saddle numbness, trouble passing water"}
    sheet = httpx.post(f"{server}/print", data=told, timeout=20).text
    assert "<thead>" in sheet and "Emergency: press nothing." in sheet
    assert "Trigger points" not in sheet and "Press next" not in sheet
    asked = json.dumps({"history": {"asked": "all"}, "today": {"date": "today", "asked": "all"}})
    calm = httpx.post(f"{server}/print", data={"site": told["site"], "rest": asked, "age": "46"}, timeout=20).text
    assert "<thead>" not in calm
    unasked = httpx.post(f"{server}/print", data={"site": told["site"]}, timeout=20).text
    assert "<thead>" not in unasked and "Press next" not in unasked and "withheld" in unasked
    assert "Press next" in calm and "weak evidence" in calm
    assert calm.split("Trigger points")[1].split("</ol>")[0].count("<li>") == 6


def test_how_much_is_left_out_until_it_is_said(k: Knowledge, server: str) -> None:
    assert '<input type="hidden" name="brush.level" id="level-kept" value="">' in httpx.get(server).text
    assert posted(k, ("brush.level", ""), ("pick", "neck.throat")).pains == [{"site": "neck.throat"}]
    assert posted(k, ("brush.level", "8"), ("pick", "neck.throat")).pains == [{"site": "neck.throat", "intensity": 8.0}]


def test_what_refers_to_a_place_is_listed_muscle_first_and_the_rest_with_its_kind(server: str) -> None:
    told = httpx.post(f"{server}/refers", data={"look": "shoulder.front@right"}, timeout=20).text
    muscle, other = told.split("Not muscle: for a physician or a test")
    assert "Muscle points" in muscle and "<small>" not in muscle
    assert other.count("<small>") == other.count("<li") > 0
    assert any(kind in other for kind in ("nerve root", "trapped nerve", "organ, joint or other"))


def test_a_file_that_cannot_be_opened_is_told_without_ids_and_without_how_files_are_written(server: str) -> None:
    letter = httpx.post(f"{server}/open", content=b"hello, this is a letter").json()["error"]["problems"]
    assert [p["given"] for p in letter] == ["It is not a case saved by Unknot"]
    text = b'format = 1\n[[pain]]\nwhere = "left knee"\n'
    (knee,) = httpx.post(f"{server}/open", content=text).json()["error"]["problems"]
    assert "front of the knee" in knee["allowed"] and "knee.front" not in knee["allowed"]
