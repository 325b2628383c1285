"""Screening in real Chromium: a healthy client, one on a blood thinner after an operation, an emergency; codes, consent, and no way round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from asked import answer_all as at_one_stroke
from asked import answer_rest
from pages import phone_of, wrong_in_any_light
from unknot.case.model import Sex
from unknot.knowledge.load import knowledge
from unknot.screen.about import About

K = knowledge()
ON_REST = ".foot .primary"
EMERGENCY = next(
    q for r in K.screens.values() if r.outcome == "emergency" and len(r.all) == 1
    for q in r.all[0] if q in K.questions and not K.questions[q].after and not K.questions[q].sex and not K.questions[q].age_from
)  # fmt: skip
"""A question that is an emergency by itself."""


@pytest.fixture
def phone(browser: Any) -> Iterator[Page]:
    with phone_of(browser) as page:
        yield page


class Taps:
    """Counts what a finger does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def tap(self, what: str) -> None:
        self.count += 1
        self.page.locator(what).first.click()

    def go(self, what: str = ON_REST) -> None:
        """A tap that leads to another page."""
        with self.page.expect_navigation():
            self.tap(what)


def new_client(page: Page, server: str, label: str = "K. 7", age: str = "46", sex: str = "female") -> Taps:
    page.goto(f"{server}/clients")
    page.fill("#label", label)
    page.fill("#age", age)
    page.select_option("#sex", sex)
    taps = Taps(page)
    taps.go("button.primary")
    return taps


def answer_all(taps: Taps, *yes: str) -> None:
    """Page after page: tick what is so, no to the rest."""
    page = taps.page
    for _ in range(60):
        if not page.url.split("?")[0].endswith(("/ask", "/marks")):
            return
        if "/marks" in page.url:
            taps.go()
            continue
        for question in yes:
            box = page.locator(f'[name="yes.{question}"]')
            if box.count() and not box.is_checked():
                taps.tap(f'label:has([name="yes.{question}"])')
        taps.go()
    raise AssertionError("the questions never end")


def answered(server: str, label: str, age: str, sex: Sex, *yes: str) -> str:
    """The address of a client whose questions were answered without a browser; where the walk itself is not what is tested."""
    with httpx.Client() as web:
        made = web.post(f"{server}/clients", data={"label": label, "age": age, "sex": sex})
        base = f"{server}{made.headers['location'].removesuffix('/ask')}"
        at_one_stroke(web, base, About(age=float(age) if age else None, sex=sex), *yes)
    return base


def finish(taps: Taps) -> None:
    """Own words, consent, and back to the practitioner."""
    taps.go()
    taps.go()


def outcome(page: Page) -> str:
    return page.locator("#verdict").inner_text()


def client_of(page: Page) -> str:
    found = re.search(r"/clients/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def test_a_healthy_client_is_through_in_under_25_taps_and_may_be_touched(phone: Page, server: str) -> None:
    taps = new_client(phone, server)
    answer_all(taps)
    finish(taps)
    assert taps.count < 25
    assert outcome(phone).startswith("Go")
    phone.get_by_role("link", name="To the body map").click()
    phone.wait_for_function("() => window.unknot")
    phone.locator("#typed").fill("front of my right shoulder")
    phone.locator("#typed").press("Enter")
    expect(phone.locator(".press.first")).to_be_visible()


def test_without_screening_nothing_is_offered_to_press_and_a_finding_is_refused(phone: Page, server: str) -> None:
    phone.goto(server)
    phone.wait_for_function("() => window.unknot")
    phone.locator("#typed").fill("front of my right shoulder")
    phone.locator("#typed").press("Enter")
    expect(phone.locator(".first-touch")).to_be_visible()
    assert phone.locator(".press, button[name=found]").count() == 0
    fields = {"site": "shoulder.front@right", "found": "point|infraspinatus.1@right|familiar"}
    reply = httpx.post(server, data=fields)
    assert reply.status_code == 422
    assert 'name="finding"' not in reply.text and "screen the client first" in reply.text.lower()


def test_screening_begins_from_the_map_and_the_drawing_goes_along(phone: Page, server: str) -> None:
    phone.goto(server)
    phone.wait_for_function("() => window.unknot")
    phone.locator("#typed").fill("front of my right shoulder")
    phone.locator("#typed").press("Enter")
    with phone.expect_navigation():
        phone.locator(".first-touch button").click()
    answer_rest(phone.url.removesuffix("/ask"))
    phone.goto(phone.url.removesuffix("/ask"))
    phone.fill("#age", "46")  # the map did not know it
    with phone.expect_navigation():
        phone.locator('form[action$="/person"] button').click()
    phone.get_by_role("link", name="To the body map").click()
    phone.wait_for_function("() => window.unknot")
    expect(phone.locator('.places [data-site="shoulder.front@right"]')).to_be_visible()
    expect(phone.locator(".press.first")).to_be_visible()


def test_a_blood_thinner_and_an_operation_make_the_work_careful_and_bar_the_scar(phone: Page, server: str) -> None:
    base = answered(server, "B. 3", "63", "male", "anticoagulant")
    phone.goto(f"{base}/marks")
    phone.select_option("#kind", "surgery")
    phone.locator('svg[data-view="back"]').scroll_into_view_if_needed()
    box = phone.locator('svg[data-view="back"]').bounding_box()
    assert box
    phone.mouse.click(box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.25)
    phone.locator(".fields button.big").click()
    expect(phone.locator(".rows li")).to_have_count(1)
    phone.goto(base)
    assert outcome(phone).startswith(("Careful", "A physician's approval"))
    assert phone.locator("circle.no-touch:not(.reached)").count() == 1
    words = phone.locator("main").inner_text()
    assert "blood thinner" in words.lower()
    assert phone.locator(".limits").inner_text() != ""


def test_an_emergency_says_what_to_do_now_and_whom_to_call_and_leads_nowhere_near_a_touch(
    phone: Page, server: str
) -> None:
    phone.goto(answered(server, "E. 1", "58", "male", EMERGENCY))
    assert outcome(phone).startswith("Emergency")
    assert re.search(r"Call [\d or]+ now", phone.locator(".call").inner_text())
    assert phone.evaluate("document.querySelector('.call').getBoundingClientRect().bottom < innerHeight / 2")
    assert phone.get_by_role("link", name="To the body map").count() == 0
    rule = next(r for r in K.screens.values() if r.outcome == "emergency" and EMERGENCY in r.all[0])
    assert rule.do_now in phone.locator("main").inner_text()
    ident = client_of(phone)
    fields = {"client": ident, "site": "shoulder.front@right", "found": "point|infraspinatus.1@right|familiar"}
    assert httpx.post(server, data=fields).status_code == 422


def test_what_was_answered_is_kept_when_the_browser_closes_and_the_next_page_is_the_next_open_one(
    phone: Page, browser: Any, server: str
) -> None:
    taps = new_client(phone, server, "R. 9")
    first = phone.locator("h1").inner_text()
    taps.go()
    ident = client_of(phone)
    phone.wait_for_url("**/ask*")
    again = browser.new_page()
    again.goto(f"{server}/clients/{ident}/ask")
    assert again.locator("h1").inner_text() != first
    again.close()


def test_not_sure_is_an_answer_of_its_own(phone: Page, server: str) -> None:
    new_client(phone, server, "N. 2")
    question = next(
        q for q in K.questions.values() if not q.red_flag and not q.after and q.group == "conditions" and not q.sex
    )
    ident = client_of(phone)
    phone.goto(f"{server}/clients/{ident}/ask?group=conditions")
    phone.locator(f'label:has([name="unknown.{question.id}"])').click()
    with phone.expect_navigation():
        phone.locator(ON_REST).click()
    answer_rest(f"{server}/clients/{ident}")
    phone.goto(f"{server}/clients/{ident}")
    assert outcome(phone).startswith("Careful")
    assert question.short in phone.locator("main").inner_text()


def test_a_code_opens_one_questionnaire_once_and_nothing_else(phone: Page, browser: Any, server: str) -> None:
    new_client(phone, server, "C. 4")
    ident = client_of(phone)
    phone.goto(f"{server}/clients/{ident}")
    phone.get_by_role("link", name="own phone").click()
    code = phone.locator("p.code").inner_text()
    assert "--lan" in phone.locator(".code-card").inner_text(), "without --lan no other device can reach this machine"
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    own = context.new_page()
    own.goto(f"{server}/q")
    own.fill("#code", code.lower())
    own.locator(".primary").click()
    taps = Taps(own)
    assert "/mine/draw" in own.url and own.get_by_role("link", name="Clients").count() == 0
    taps.go()
    taps.go()
    answer_rest(f"{server}/mine", key=next(c["value"] for c in context.cookies() if c["name"] == "unknot-form"))
    own.goto(f"{server}/mine/words")
    finish(taps)
    assert "Thank you" in own.locator("h1").inner_text()
    assert own.goto(f"{server}/mine/ask").status == 403  # type: ignore[union-attr]
    own.goto(f"{server}/q")
    own.fill("#code", code)
    own.locator(".primary").click()
    assert "opens nothing" in own.locator("[role=alert]").inner_text()
    context.close()
    phone.wait_for_url(f"{server}/clients/{ident}")  # by itself, since they are done
    assert outcome(phone).startswith("Go")


def test_consent_is_given_with_a_name_and_taken_back_with_one_tap_which_bars_at_once(phone: Page, server: str) -> None:
    phone.goto(f"{answered(server, 'A. 5', '46', 'female')}/consent")
    area = next(a for a in K.consent_areas.values() if not a.licence)
    phone.locator(f'label:has([name="area.{area.id}"])').click()
    phone.locator(ON_REST).click()
    assert "signature" in phone.locator("[role=alert]").inner_text()
    assert phone.locator(f'[name="area.{area.id}"]').is_checked()
    phone.fill("#name", "A. Client")
    phone.locator(ON_REST).click()
    agreed = phone.locator("path.no-touch").count()
    with phone.expect_navigation():
        phone.get_by_role("button", name="Take back").click()
    assert phone.locator("path.no-touch").count() > agreed
    assert f"{area.name}: not agreed today" in phone.locator("main").inner_text()


def test_own_words_are_shown_for_confirmation_and_what_is_not_understood_is_said(phone: Page, server: str) -> None:
    phone.goto(f"{answered(server, 'W. 6', '46', 'female')}/words")
    ident = client_of(phone)
    phone.fill("#said", "my budgerigar is blue")
    phone.locator(ON_REST).click()
    phone.goto(f"{server}/clients/{ident}/words")
    assert "budgerigar" in phone.locator("main").inner_text()


def test_words_written_after_the_questions_are_asked_back_and_hold_until_they_are_denied(
    phone: Page, server: str
) -> None:
    base = answered(server, "W. 7", "46", "female")
    phone.goto(f"{base}/words")
    phone.fill("#said", "I take Eliquis")
    with phone.expect_navigation():
        phone.locator(ON_REST).click()
    assert "Did we read this right?" in phone.locator("main").inner_text()
    phone.goto(base)
    assert not outcome(phone).startswith("Go")
    phone.goto(f"{base}/words")
    phone.locator('label:has([name="confirm.anticoagulant"][value="no"])').click()
    with phone.expect_navigation():
        phone.locator(ON_REST).click()
    phone.goto(base)
    assert outcome(phone).startswith("Go")


def test_a_client_without_an_age_is_not_cleared_before_it_is_known(phone: Page, server: str) -> None:
    phone.goto(answered(server, "Y. 1", "", "female"))
    assert "Nothing may be touched" in phone.locator("main").inner_text()
    phone.fill("#age", "46")
    with phone.expect_navigation():
        phone.locator('form[action$="/person"] button').click()
    assert "Nothing may be touched" not in phone.locator("main").inner_text()


def test_a_physicians_approval_is_recorded_and_a_nameless_one_is_refused(phone: Page, server: str) -> None:
    rule = next(
        r for r in K.screens.values() if r.lifted_by == "physician" and r.outcome == "approval" and len(r.all) == 1
        and r.all[0][0] in K.questions and not K.questions[r.all[0][0]].after and not K.questions[r.all[0][0]].sex
    )  # fmt: skip
    phone.goto(answered(server, "P. 8", "50", "male", rule.all[0][0]))
    assert outcome(phone).startswith(("A physician's approval", "A physician first"))
    url = phone.url
    assert httpx.post(f"{url}/approval", data={"answer": "yes", f"rule.{rule.id}": "1"}).status_code == 422
    assert httpx.post(f"{url}/approval", data={"by": "Dr", "answer": "yes"}).status_code == 422
    assert (
        httpx.post(
            f"{url}/approval", data={"by": "Dr", "answer": "yes", "hold_s_max": "nan", f"rule.{rule.id}": "1"}
        ).status_code
        == 422
    )
    phone.locator("summary", has_text="Record what a physician said").click()
    phone.fill("#by", "Dr Example")
    phone.fill("#until", "2099-01-01")
    phone.locator('label:has([name="answer"][value="yes"])').first.click()
    phone.locator(f'label:has([name="rule.{rule.id}"])').click()
    phone.get_by_role("button", name="Keep").first.click()
    expect(phone.locator("main")).to_contain_text("lifted by Dr Example")


def test_an_absolute_rule_is_not_overridden_by_a_crafted_post(phone: Page, server: str) -> None:
    phone.goto(answered(server, "O. 1", "58", "male", EMERGENCY))
    rule = next(r.id for r in K.screens.values() if r.outcome == "emergency" and EMERGENCY in r.all[0])
    reply = httpx.post(f"{phone.url}/override", data={"rule": rule, "name": "P", "reason": "because"})
    assert reply.status_code == 422 and "cannot be lifted" in reply.text
    phone.reload()
    assert outcome(phone).startswith("Emergency")


def test_the_letter_is_one_page_of_tagged_pdf_with_the_reasons(server: str) -> None:
    reply = httpx.get(f"{answered(server, 'L. 2', '63', 'male', 'anticoagulant')}/letter.pdf")
    assert reply.headers["content-type"] == "application/pdf" and reply.content.startswith(b"%PDF")
    assert (
        reply.content.count(b"/Type /Page\n")
        + reply.content.count(b"/Type/Page/")
        + reply.content.count(b"/Type /Page ")
        <= 1
    )
    assert b"/MarkInfo" in reply.content or b"/StructTreeRoot" in reply.content


def test_going_on_keeps_the_place_that_was_named_and_without_one_just_goes_on(server: str) -> None:
    base = answered(server, "M. 1", "46", "female")
    path = base.removeprefix(server)
    nothing = httpx.post(f"{base}/marks", data={"kind": "skin", "where": " ", "on": "1"})
    named = httpx.post(f"{base}/marks", data={"kind": "skin", "where": "back of my left shoulder", "on": "1"})
    another = httpx.post(f"{base}/marks", data={"kind": "numb", "where": "front of my left knee"})
    assert [r.headers["location"] for r in (nothing, named, another)] == [f"{path}/ask", f"{path}/ask", f"{path}/marks"]
    assert httpx.get(f"{base}/marks").text.count('name="remove"') == 2


def test_a_place_that_is_not_understood_is_asked_again_in_words_and_what_was_typed_stays(server: str) -> None:
    base = answered(server, "M. 2", "46", "female")
    fields = {"kind": "implant", "where": "shoulder", "size": "large", "said": "steel", "on": "1"}
    reply = httpx.post(f"{base}/marks", data=fields)
    assert reply.status_code == 422
    assert (
        "back of the shoulder" in reply.text and "shoulder.back" not in reply.text and "unknot know" not in reply.text
    )
    for kept in ('value="shoulder"', '"implant" selected', '"large" selected', 'value="steel"'):
        assert kept in reply.text


@pytest.mark.parametrize("path", ["q", "join"])
def test_the_way_in_by_a_code_shows_nothing_of_the_practice(server: str, path: str) -> None:
    assert "<nav" not in httpx.get(f"{server}/{path}").text
    wrong = httpx.post(f"{server}/{path}", data={"code": "WRONGWRONG"})
    assert wrong.status_code == 403 and "<nav" not in wrong.text and 'role="alert"' in wrong.text


def test_a_code_for_somebody_new_says_where_it_is_typed(server: str) -> None:
    assert "/join" in httpx.post(f"{server}/people", data={"name": "Dora", "role": "front"}).text


@pytest.mark.parametrize(
    "path", ["/clients/nobody", "/clients/01a21667-0000-7000-8000-000000000000", "/clients/../x/ask"]
)
def test_a_client_that_is_none_is_not_found(server: str, path: str) -> None:
    assert httpx.get(f"{server}{path}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": "x" * 81},
        {"label": "A", "age": "forty"},
        {"label": "A", "age": "nan"},
        {"label": "A", "age": "-3"},
    ],
)
def test_a_client_is_refused_with_what_is_wrong(server: str, fields: dict[str, str]) -> None:
    reply = httpx.post(f"{server}/clients", data=fields)
    assert reply.status_code == 422 and 'role="alert"' in reply.text


def test_another_page_in_the_browser_may_not_post_into_the_app(server: str) -> None:
    for site in ("cross-site", "same-site"):
        reply = httpx.post(f"{server}/clients", data={"label": "A"}, headers={"Sec-Fetch-Site": site})
        assert reply.status_code == 403


def test_a_drug_is_found_by_the_beginning_of_its_name(phone: Page, server: str) -> None:
    new_client(phone, server, "D. 1")
    ident = client_of(phone)
    found = httpx.post(f"{server}/clients/{ident}/search", data={"words": "eliq"}).json()["found"]
    assert found[0]["id"] == "anticoagulant"
    phone.goto(f"{server}/clients/{ident}/ask?group=drugs")
    phone.locator("#find").press_sequentially("Eliq")
    expect(phone.locator(".questions li.hit").first).to_contain_text("blood thinner")
    expect(phone.locator("#found")).to_contain_text("blood thinner")


# ---------------------------------------------------------------- how it looks


def states(page: Page, server: str) -> Iterator[str]:
    """Every page of screening, one after the other, each in a state of its own."""
    yield page.goto(f"{server}/clients") and "clients"  # type: ignore[misc]
    page.fill("#label", "x")
    page.fill("#age", "old")
    page.locator("button.primary").click()
    yield "clients refused"
    new_client(page, server, "S. 1", "63", "male")
    yield "ask"
    base = answered(server, "S. 3", "63", "male", "anticoagulant")
    page.goto(f"{base}/ask?group=drugs")
    yield "answered"
    page.goto(f"{base}/words")
    yield "words"
    page.fill("#said", "I take Eliquis, and my budgerigar is blue")
    with page.expect_navigation():
        page.locator(ON_REST).click()
    yield "words or consent"
    httpx.post(f"{base}/marks", data={"kind": "surgery", "where": "back of my left shoulder", "said": "rotator cuff"})
    for path in ("consent", "marks", "", "map"):
        page.goto(f"{base}/{path}".rstrip("/"))
        if path == "map":
            page.wait_for_function("() => window.unknot")
        yield path or "client"
    page.goto(base)
    with page.expect_navigation():
        page.get_by_role("link", name="own phone").click()
    yield "client with a code"
    page.goto(answered(server, "S. 2", "58", "male", EMERGENCY))
    yield "emergency"
    for path in ("practice", "q", "join"):
        page.goto(f"{server}/{path}")
        yield path


SMALL = """() => [...document.querySelectorAll('main :is(button, select, input, textarea, summary, .button, .tick, .unsure, .pill, .rows a)')]
  .filter((e) => !e.closest('label') || e.matches('label')).map((e) => [e.getBoundingClientRect(), e])
  .filter(([box]) => box.height && box.height < 47.5).map(([box, e]) => `${e.outerHTML.slice(0, 80)} ${box.height}`)"""
"""What a finger is to hit and is too low for it."""


def test_every_page_of_screening_is_for_everyone(browser: Any, server: str) -> None:
    """Axe finds nothing, nothing slides sideways on a small screen or in large letters, and all that is tapped is large enough for a thumb."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    wrong: list[tuple[object, ...]] = []
    for state in states(page, server):
        page.wait_for_load_state("load")
        wrong += [(state, "axe", *one) for one in wrong_in_any_light(page)]
        wrong += [(state, "too low", small) for small in page.evaluate(SMALL)] if state != "map" else []
        for width, text in ((320, 100), (390, 200), (1366, 100)):
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append((state, "slides sideways", width, text))
        page.set_viewport_size({"width": 390, "height": 844})
        page.evaluate("document.documentElement.style.fontSize = ''")
    context.close()
    assert wrong == []
