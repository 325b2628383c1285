"""A form is taken once, whoever taps twice; and no page of questions is answered by a tap that began before anybody could read it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from unknot.knowledge.load import Knowledge, knowledge
from unknot.record.measures import Measures
from unknot.record.people import appointments, find
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.web import once
from unknot.web.app import create_app

K = knowledge()
TEMPLATES = Path(once.__file__).parent / "templates"
NOT_ONCE = {
    "/join", "/d", "/q", "/find", "/sign-in", "/join/account", "/prove", "/lock", "/sign-out", "/me/end", "/me/password",
    "/me/passkey/remove", "/mine/language", "{{ at.base }}/home.html", "{{ at.base }}/plan", "{{ action }}", "/",
}  # fmt: skip
"""Forms that make nothing in a client's record, open a door, or are told by their version what they change (the plan)."""


def token_of(text: str, action: str) -> str:
    found = re.search(rf'action="{re.escape(action)}"[^>]*><input type="hidden" name="once" value="([^"]+)"', text)
    assert found, action
    return found[1]


@pytest.fixture
def web(place: str) -> Iterator[TestClient]:
    with TestClient(create_app(data=place), base_url="http://127.0.0.1", follow_redirects=False) as opened:
        yield opened


def test_whatever_form_is_sent_twice_makes_one_thing_and_is_answered_twice_alike(web: TestClient, place: str) -> None:
    def twice(page: str, action: str, **fields: str) -> str:
        told = {"once": token_of(web.get(page).text, action), **fields}
        first, second = web.post(action, data=told), web.post(action, data=told)
        assert first.status_code == second.status_code == 303, (action, second.text)
        assert first.headers["location"] == second.headers["location"]
        return str(first.headers["location"])

    base = twice("/clients", "/clients", label="Twice T", age="33").removesuffix("/ask")
    client = base.rpartition("/")[2]
    twice(f"{base}/measures", f"{base}/measures", **{"when": "before", "v|pain.now|0||0": "4"})
    soon = date.today() + timedelta(days=7)
    twice(f"/day?on={soon}&who={client}", "/day", who=client, on=soon.isoformat(), time="10:00")
    store = open_store(place)
    desk = Desk(store, K)
    (person,) = find(store, "twice t")
    (visit,) = desk.visits(person.id)
    assert len(Measures(store, K).of_visit(visit.id)) == 1
    (kept,) = appointments(store, soon)
    twice(f"/day?on={soon}", "/day/off", appointment=kept.id, on=soon.isoformat())
    assert appointments(store, soon) == []
    note = f"{base}/visits/{visit.id}"
    twice(f"{note}/note", f"{note}/note", version="0", subjective="told", do="keep")
    twice(f"{note}/note", f"{note}/note", version="1", subjective="told", do="sign", name="A. Weber")
    twice(f"{note}/note", f"{note}/amend", text="rang: all well", by="A. Weber")
    assert web.get(f"{note}/note").text.count('<p class="amended">') == 1
    store.close()


def test_other_words_on_the_same_form_are_taken_and_what_was_refused_is_looked_at_anew(
    web: TestClient, place: str
) -> None:
    told = {"once": token_of(web.get("/clients").text, "/clients"), "label": "", "age": "33"}
    assert [web.post("/clients", data=told).status_code for _ in range(2)] == [422, 422]
    made = {
        web.post("/clients", data={**told, "label": name}).headers["location"]
        for name in ("Once A", "Once B", "Once A")
    }
    assert len(made) == 2
    plain = {web.post("/clients", data={"label": "Once C"}).headers["location"] for _ in range(2)}
    assert len(plain) == 2, "without a token nobody can know that they are the same"
    store = open_store(place)
    assert len(find(store, "once")) == 4
    store.close()


def test_four_taps_at_once_make_one_client(server: str) -> None:
    told = {"once": token_of(httpx.get(f"{server}/clients").text, "/clients"), "label": "Quick Q"}
    with ThreadPoolExecutor(4) as taps:
        went = list(taps.map(lambda _: httpx.post(f"{server}/clients", data=told).headers["location"], range(4)))
    assert len(set(went)) == 1
    assert len(re.findall("Quick Q", httpx.get(f"{server}/clients").text)) == 1


def test_a_note_that_somebody_else_has_kept_says_so_without_the_path_of_the_record(tmp_path: Path) -> None:
    web = TestClient(create_app(data=tmp_path / "hidden.db"), base_url="http://127.0.0.1", follow_redirects=False)
    base = web.post("/clients", data={"label": "N"}).headers["location"].removesuffix("/ask")
    found = re.search(rf'{base}/visits/[^"/]+/note', web.get(base).text)
    assert found
    web.post(found[0], data={"version": "0", "subjective": "one", "do": "keep"})
    late = web.post(
        found[0], data={"version": "0", "subjective": "two said", "do": "keep"}, headers={"accept": "text/html"}
    )
    assert late.status_code == 409 and "This note has changed since. Look at it again." in late.text
    assert "hidden.db" not in late.text and "two said" in late.text


def test_every_form_that_makes_something_is_taken_once() -> None:
    missing = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        for action, rest in re.findall(
            r'<form method="post" action="([^"]*)"([^\n]*)', path.read_text(encoding="utf-8")
        ):
            if action not in NOT_ONCE and not re.match(r"[^>]*>\{\{ once\(\) \}\}", rest.replace(" }}>", ">")):
                missing.append((path.name, action))
    assert missing == []


# ---------------------------------------------------------------- a page of questions


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users have it: a page of questions stands a second before a tap on it is taken."""
    monkeypatch.setattr(once, "LOOK_MS", 1000)


def open_of(store: Any, client: str) -> int:
    desk = Desk(store, K)
    (visit,) = desk.visits(client)
    return len(desk.intake(visit).answers) + len(desk.intake(visit).today)


def test_the_server_takes_no_page_of_questions_sooner_than_it_can_be_read(tmp_path: Path, looks: None) -> None:
    store = open_store(tmp_path / "u.db")
    web = TestClient(create_app(data=tmp_path / "u.db"), base_url="http://127.0.0.1", follow_redirects=False)
    person = Desk(store, K).new_client("S", 46, "female")
    base = f"/clients/{person.id}"
    page = web.get(f"{base}/ask").text
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    first = shown[1].split()[0]
    told = {"once": token_of(page, f"{base}/ask"), "shown": shown[1], f"yes.{first}": "1"}
    early = web.post(f"{base}/ask", data=told)
    assert early.status_code == 422 and "This page has only just come up" in early.text
    assert open_of(store, person.id) == 0, "nothing is said that nobody said"
    assert shown[0] in early.text and re.search(rf'name="yes.{first}" value="1" checked', early.text), (
        "the same page, with its ticks"
    )
    for other in ("words", "consent", "marks"):
        text = web.get(f"{base}/{other}").text
        now = re.findall(r'name="once" value="([^"]+)"', text)[-1]
        went = web.post(
            f"{base}/{other}", data={"once": now, "said": "never", "name": "S", "on": "1", "area.breast": "1"}
        )
        assert went.headers["location"] == f"{base}/{other}"
    assert open_of(store, person.id) == 0 and Desk(store, K).intake(Desk(store, K).visits(person.id)[0]).said == ()
    made = int(told["once"].rpartition("-")[2])
    told["once"] = f"{told['once'].rpartition('-')[0]}-{made - 1000}"
    assert web.post(f"{base}/ask", data=told).status_code == 303
    assert open_of(store, person.id) == len(shown[1].split())
    store.close()


def test_an_older_page_takes_back_no_answer_that_it_did_not_show(tmp_path: Path, k: Knowledge) -> None:
    store = open_store(tmp_path / "u.db")
    web = TestClient(create_app(data=tmp_path / "u.db"), base_url="http://127.0.0.1", follow_redirects=False)
    desk = Desk(store, k)
    person = desk.new_client("O", 46, "female")
    base = f"/clients/{person.id}"
    page = web.get(f"{base}/ask?group=conditions").text
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', page)
    visit, first = desk.visits(person.id)[0], shown.split()[0]
    desk.answer(visit, {first: "yes"}, "client")
    told = {"once": token_of(page, f"{base}/ask"), "shown": shown, "stood": ""}
    late = web.post(f"{base}/ask", data=told)
    assert late.status_code == 422 and "answered elsewhere meanwhile" in late.text
    assert re.search(rf'name="yes.{first}" value="1" checked', late.text)
    assert desk.intake(visit).answers == {first: "yes"}, "nothing of the page is kept yet"
    (stood,) = re.findall(r'name="stood" value="([^"]*)"', late.text)
    assert stood.split() == [first]
    seen = web.post(f"{base}/ask", data={"shown": shown, "stood": stood})
    assert seen.status_code == 303 and desk.intake(visit).answers[first] == "no", "who has seen it may take it back"
    store.close()


def test_a_page_from_before_the_machine_was_started_anew_has_stood_long_enough() -> None:
    ahead = once.token(lambda: 1e6)
    assert not once.too_soon({"once": ahead}, lambda: 10.0) and not once.too_soon({"shown": "fever"})
    assert once.LOOK_MS == 0 or once.too_soon({"once": ahead}, lambda: 1e6)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_taps_on_no_to_everything_else_answer_one_page(
    browser: Browser, server: str, looks: None, script: bool
) -> None:
    made = httpx.post(f"{server}/clients", data={"label": "Two taps", "age": "46", "sex": "female"})
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, java_script_enabled=script)
    page = context.new_page()
    page.goto(server + made.headers["location"])
    page.wait_for_timeout(once.LOOK_MS + 200)
    before = shown_on(page)
    with page.expect_navigation():
        tap(page)
    second = shown_on(page)
    page.wait_for_timeout(300)
    tap(page)
    page.wait_for_timeout(400)
    assert second == shown_on(page) != before, "the second page is still unanswered"
    assert page.locator("input:checked").count() == 0
    if script:
        expect(page.locator(".slip")).to_contain_text("This page has only just come up")
        tap(page)  # nor by one of many quick taps
        page.wait_for_timeout(400)
        assert second == shown_on(page)
    page.wait_for_timeout(once.LOOK_MS)
    with page.expect_navigation():
        tap(page)
    assert shown_on(page) not in (before, second), "a tap that is meant goes on"
    context.close()


def shown_on(page: Page) -> str:
    return page.locator('[name="shown"]').get_attribute("value") or ""


def tap(page: Page) -> None:
    """A finger where the foot's button stands on every page of questions, whatever lies there now."""
    page.touchscreen.tap(195, 800)


def test_a_page_that_comes_back_from_the_browsers_memory_is_a_new_form(browser: Browser, server: str) -> None:
    page = browser.new_page()
    page.goto(f"{server}/clients")
    field = page.locator('.card [name="once"]')
    before = field.get_attribute("value") or ""
    page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    after = field.get_attribute("value") or ""
    assert before != after and re.fullmatch(r"[0-9a-f]{32}-\d+", after) and before.split("-")[1] == after.split("-")[1]
    page.close()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST", 2)
    layer = once.Once(lambda *_: None)  # type: ignore[arg-type,return-value]
    start = {"type": "http.response.start", "status": 303}
    for n in range(4):
        layer._remember(str(n), once.Answer([start, {"type": "http.response.body", "body": b"12"}]))
    assert list(layer._taken) == ["2", "3"] and layer._bytes == 4


def posted(layer: once.Once, body: bytes, got: list[int]) -> Any:
    """One post of a form to a layer; `got` gathers the statuses it is answered with."""
    scope = {
        "type": "http", "method": "POST", "path": "/clients", "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if "status" in message:
            got.append(message["status"])

    return layer(scope, receive, send)


def test_a_page_that_was_the_answer_is_forgotten_after_a_while_and_a_way_on_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(once, "PAGE_S", 0.0)

    async def remembered(status: int) -> tuple[int, int]:
        layer = once.Once(lambda *_: None)  # type: ignore[arg-type,return-value]
        start = {"type": "http.response.start", "status": status}
        layer._remember("a", once.Answer([start, {"type": "http.response.body", "body": b"a code"}]))
        now = len(layer._taken)
        await asyncio.sleep(0.01)
        return now, len(layer._taken) + layer._bytes

    with ThreadPoolExecutor(1) as aside:
        assert aside.submit(asyncio.run, remembered(200)).result() == (1, 0)
        assert aside.submit(asyncio.run, remembered(303)).result() == (1, 1 + len("a code"))


def test_a_second_post_waits_for_the_first_and_only_what_was_taken_is_remembered() -> None:
    answers, begun, got = [422, 303, 303], list[int](), list[int]()
    body = f"label=A&once={once.token()}".encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append(len(begun))
        status = answers[len(begun) - 1]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def both() -> None:
        layer = once.Once(app)
        await posted(layer, body, got)
        await asyncio.gather(*(posted(layer, body, got) for _ in range(3)))
        await posted(layer, body.replace(b"=A", b"=B"), got)

    with ThreadPoolExecutor(1) as aside:  # beside the loop that the browser of other tests keeps here
        aside.submit(asyncio.run, both()).result()
    assert got == [422, 303, 303, 303, 303] and len(begun) == 3
