"""What is said after a visit, each thing of what it is meant of: soreness, symptoms, stretches, days; and the page leads to what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from unknot.case.clearance import Clearance
from unknot.case.nothing import nothing_hurts
from unknot.case.plan import Plan
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.card import card, way
from unknot.record.note import Notes, draft
from unknot.record.paper import as_text
from unknot.record.reports import progress
from unknot.record.screening import Desk
from unknot.record.sheet import sheet
from unknot.record.store import open_store
from unknot.record.story import Story, story
from unknot.web.app import create_app
from unknot.words import say
from worked import BEGUN, DAY, EASES, Script, conducted, drawn

NUMB: Script = [BEGUN, (3, "rate", {"value": 5}), (6, "symptom", {"word": "numb"}), (7, "off", {}), (9, "end", {})]
Visited = Callable[..., Story]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("after") / "unknot.db"


@pytest.fixture(scope="module")
def desk(place: Path, k: Knowledge) -> Iterator[Desk]:
    store = open_store(place)
    yield Desk(store, k)
    store.close()


@pytest.fixture(scope="module")
def web(place: Path, desk: Desk) -> TestClient:
    return TestClient(create_app(data=place), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def visited(desk: Desk, rounds: Plan) -> Visited:
    """A visit of somebody new, with a session that went as the script says where there is one."""

    def make(script: Script | None, on: date = DAY, *, hurts: bool = True) -> Story:
        person = desk.new_client("K. 7", 46, "female")
        visit = desk.visit_of(person.id, on)
        if hurts:
            drawn(desk, visit)
        else:
            desk.store.put("drawing", visit.id, {"format": 1, **nothing_hurts("client")})
        if script is not None:
            conducted(desk, visit, rounds, script)
        return story(desk, person, visit)

    return make


def on_the_sheet(s: Story, k: Knowledge, clearance: Clearance) -> str:
    return " ".join(as_text(sheet(s, k, clearance, "112", touch=True)).split())


def test_how_long_it_lasted_is_said_of_the_soreness_and_of_nothing_else(
    visited: Visited, desk: Desk, k: Knowledge
) -> None:
    last = visited(EASES)
    visit = desk.visit_of(last.person.id, DAY + timedelta(7))
    told = {"after_sore": "yes", "after_sore_long": "no", "after_bruised": "yes", "after_tingling": "yes"}
    desk.answer(visit, told, "client")  # type: ignore[arg-type]
    lines = card(last, story(desk, last.person, visit), {}, k).flared
    sore = lines.index("Sore after the last visit.")
    assert lines[sore + 1] == "The soreness was gone within 36 hours."
    assert not any("hours" in line for line in (*lines[:sore], *lines[sore + 2 :]))


def test_where_a_symptom_came_no_stretch_is_advised_either(visited: Visited, k: Knowledge, healthy: Clearance) -> None:
    good, numb = visited(EASES), visited(NUMB)
    assert "Stretch or move, infraspinatus" in on_the_sheet(good, k, healthy)
    assert "To follow, infraspinatus" in draft(good, k, "short")["plan"] + draft(good, k, "short")["objective"]
    told = on_the_sheet(numb, k, healthy)
    assert "Stretch or move" not in told
    assert "Do not stretch before the next visit: infraspinatus" in told
    assert not any("To follow" in part for part in draft(numb, k, "long").values())


def test_a_sheet_promises_nothing_of_hands_where_none_were_on(
    visited: Visited, k: Knowledge, healthy: Clearance
) -> None:
    told = on_the_sheet(visited(None, hurts=False), k, healthy)
    assert "No hands-on work" in told and "This is what your own words showed." in told
    assert "WHAT TO EXPECT" not in told and "less tender" not in told and "what hands" not in told
    assert "less tender" in on_the_sheet(visited(EASES), k, healthy)


def test_one_visit_is_no_span_of_days(visited: Visited, k: Knowledge) -> None:
    s = visited(EASES)
    told = as_text(progress([s], k))
    assert f"One visit, on {day(DAY)}." in told and "Visits: 1" not in told


def test_where_nothing_hurts_or_a_session_has_ended_the_page_leads_to_the_note(
    visited: Visited, web: TestClient, desk: Desk, k: Knowledge
) -> None:
    def first(s: Story) -> str:
        page = web.get(f"/clients/{s.person.id}").text
        found = re.search(r'<p class="go-on[^"]*">.*?class="button primary big" href="([^"]*)"', page)
        assert found, page
        return found[1]

    quiet, treated = visited(None, date.today(), hurts=False), visited(EASES, date.today())
    for s in (quiet, treated):
        desk.answer(s.visit, dict.fromkeys(k.questions, "no"), "client")
        base = f"/clients/{s.person.id}"
        while shown := re.search(r'name="shown" value="([^"]*)"', web.get(f"{base}/ask").text):
            web.post(f"{base}/ask", data={"shown": shown[1]})
        assert first(s) == f"{base}/visits/{s.visit.id}/note"
    steps = {step.key: step.state for step in way(quiet, Notes(desk.store), "", asked=0, planned=0, open_session="")}
    assert steps == {"check": "done", "drawing": "done", "findings": "skipped", "plan": "skipped", "session": "skipped", "recheck": "skipped", "note": "now"}  # fmt: skip
    ended = {step.key: step.state for step in way(treated, Notes(desk.store), "", asked=0, planned=0, open_session="")}
    assert (ended["session"], ended["recheck"], ended["note"]) == ("done", "skipped", "now"), (
        "the way and the button say the same"
    )
    planned = {step.key: step.state for step in way(quiet, Notes(desk.store), "", asked=0, planned=2, open_session="")}
    assert planned["session"] == "now", "a routine was chosen all the same"
    plan = web.get(f"/clients/{quiet.person.id}/plan").text
    assert re.search(rf'class="button primary" href="[^"]*/visits/{quiet.visit.id}/note"', plan)
    assert len(re.findall('class="button primary"', plan)) == 1, "one thing to do"


def test_a_field_that_is_refused_is_where_the_page_opens_and_says_why(
    visited: Visited, server: str, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    made = httpx.post(f"{server}/clients", data={"label": "Unit"}).headers["location"].removesuffix("/ask")
    page.goto(f"{server}{made}/reports")
    page.fill("#unit", "0")
    with page.expect_navigation():
        page.locator(".card button.primary").click()
    field = page.locator("#unit")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()
    expect(field).to_have_attribute("aria-invalid", "true")
    said = page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(said).to_be_in_viewport()
    expect(said).to_contain_text("in minutes: 0 (allowed: a whole number from 5 to 60 min)")
    page.close()
    late = httpx.get(f"{server}{made}/reports?from=2026-12-01&to=2026-11-01").text
    assert "from 1 Dec 2026 to 1 Nov 2026" in late


def test_a_name_of_the_day_is_not_broken_within_a_word_on_a_phone(server: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    name = "Maximiliane-Charlotte Hohenlohe-Waldenburg"
    client = httpx.post(f"{server}/clients", data={"label": name}).headers["location"].split("/")[2]
    on = date.today() + timedelta(days=3)
    for hour in range(8, 16):
        httpx.post(f"{server}/day", data={"who": client, "on": on.isoformat(), "time": f"{hour}:00"})
    page.goto(f"{server}/day?on={on}")
    link = page.locator(".day-rows li > a").first
    assert link.bounding_box()["width"] > 250  # type: ignore[index]
    page.get_by_role("link", name=say("day.new")).click()
    expect(page.locator("#new")).to_be_in_viewport()
    page.close()


def test_days_are_written_alike(visited: Visited, web: TestClient, desk: Desk) -> None:
    s = visited(EASES, date.today())
    end = web.get(f"/sessions/{s.sittings[0].id}/end").text
    assert f"Session of {day(date.today())}, " in end
    note = f"/clients/{s.person.id}/visits/{s.visit.id}/note"
    web.post(note, data={"version": "0", "subjective": "x", "do": "sign", "name": "A. Weber"})
    web.post(note.replace("/note", "/amend"), data={"text": "later", "by": "A. Weber"})
    assert web.get(note).text.count(f"{day(date.today())}") >= 3 and f"on {date.today()}" not in web.get(note).text
