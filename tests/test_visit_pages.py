"""A whole visit on a tablet, from the name that is typed to the signed note, in real Chromium, counted in taps; the pages of the record."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from from_home import sealed_for
from pages import Axe
from serving import served
from unknot.case.clearance import Clearance
from unknot.case.plan import Plan, Wish
from unknot.case.read import read_mapping
from unknot.case.write import as_tables
from unknot.knowledge.load import knowledge
from unknot.plan.gate import admit
from unknot.record.amounts import day
from unknot.record.languages import answered_in
from unknot.record.measures import Measures, Taken
from unknot.record.note import Notes, draft
from unknot.record.screening import Desk, Person
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, open_store
from unknot.record.story import story
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.web.app import create_app
from unknot.web.practice import keep_name, practice_of
from unknot.words import say

TODAY = date.today()
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "laptop": (1280, 800)}
DRAWN = {
    "format": 1, "client": {"age": 46, "sex": "female"}, "pain": [{"site": "shoulder.front@right", "intensity": 7}],
    "finding": [{"point": "infraspinatus.1@right", "tenderness": 8, "familiar_pain": True}],
}  # fmt: skip


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Desk]]:
    """A server of its own, and the desk that shares its store."""
    data = tmp_path_factory.mktemp("visit") / "unknot.db"
    with served(create_app(data=data)) as server:
        httpx.post(f"{server}/practice", data={"name": "Mill", "practitioner": "A. Weber"}, timeout=30)
        yield server, Desk(open_store(data), knowledge())


def known(desk: Desk, label: str) -> Person:
    """A client who was here last week and answered everything then; the drawing of today is there already."""
    person = desk.new_client(label, 46.0, "female")
    before = desk.visit_of(person.id, TODAY - timedelta(days=7))
    desk.answer(before, dict.fromkeys(desk.k.questions, "no"), "practitioner")
    desk.store.put("drawing", desk.visit_of(person.id, TODAY).id, as_tables(read_mapping(DRAWN, "visit", desk.k)))
    return person


@pytest.fixture
def tablet(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
    page = context.new_page()
    page.said = []
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.said.append(str(e)))
    yield page
    assert page.said == []
    context.close()


class Taps:
    """Counts what a finger does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def tap(self, what: Any) -> None:
        self.count += 1
        (self.page.locator(what) if isinstance(what, str) else what).first.tap()

    def go(self, what: Any) -> None:
        with self.page.expect_navigation():
            self.tap(what)


def at(page: Page, phase: str) -> None:
    page.wait_for_function("(phase) => document.body.dataset.phase === phase", arg=phase, timeout=15_000)


def test_a_whole_visit_to_a_signed_note_takes_few_taps_and_no_typing_but_the_name(
    tablet: Page, practice: tuple[str, Desk]
) -> None:
    server, desk = practice
    known(desk, "Visiting V")
    page, taps = tablet, Taps(tablet)
    page.goto(f"{server}/clients")
    page.locator("#typed").press_sequentially("visi")
    taps.go(page.get_by_role("link", name="Visiting V"))
    expect(page.locator('.way [aria-current="step"]')).to_contain_text("check")
    taps.go(".way a")
    while page.url.endswith(("/ask", "/marks", "/words", "/consent")):
        taps.go(".foot .primary")
    before = taps.count
    assert before <= 14, "what is asked anew at a visit is a few pages, one tap each"
    taps.go(page.locator(".way").get_by_role("link", name="Plan"))
    taps.go(".begin button")
    at(page, "waiting")
    taps.tap("#primary")
    page.wait_for_function(
        "() => !['waiting', 'stopped', 'ended'].includes(document.body.dataset.phase)", timeout=15_000
    )
    taps.tap(page.locator("#strip button").nth(5))
    taps.tap('[data-say="stop"]')
    at(page, "stopped")
    taps.tap("#menu")
    taps.tap(page.get_by_role("button", name="End", exact=True))
    taps.tap(page.get_by_role("button", name="End it now"))
    at(page, "ended")
    taps.tap(page.get_by_role("button", name="Hands are off"))
    hands_off = taps.count
    taps.go(page.get_by_role("link", name="What came of it"))
    taps.go(page.get_by_role("link", name="To the note"))
    begun = time.monotonic()
    taps.go(page.get_by_role("button", name="Right", exact=True))
    assert "infraspinatus" in page.locator("#plan").input_value()
    taps.go(page.get_by_role("button", name="Sign", exact=True))
    expect(page.locator("p.signed")).to_contain_text("Signed by A. Weber")
    assert taps.count - hands_off == 4 and time.monotonic() - begun < 60
    assert before + taps.count - hands_off < 20, "all that stands around the hands-on session"
    assert page.locator("textarea[data-part]").count() == 0, "a signed note has no field to change it in"
    page.goto(page.url.partition("/visits/")[0] + "/measures")
    expect(page.locator('[name="when"][value="after"]')).to_be_checked()


def test_the_words_of_a_client_stand_with_the_day_on_which_they_were_told(practice: tuple[str, Desk]) -> None:
    server, desk = practice
    person = known(desk, "Words W")
    told = "2026-01-15T12:00:00.000+00:00"
    long_ago = Fact("said", {"text": "a night of cramps", "by": "client"}, at=told)
    desk.store.append(f"client:{person.id}", [long_ago, Fact("said", {"text": "better now", "by": "client"})])
    shown = httpx.get(f"{server}/clients/{person.id}", timeout=30).text
    here = datetime.fromisoformat(told).astimezone().date()  # east of Greenwich it may have been the next day
    assert f"“a night of cramps” <small>{day(here)}</small>" in shown
    assert shown.index("“better now”") < shown.index("“a night of cramps”"), "the latest first"


def test_a_name_that_is_typed_once_is_kept_and_one_that_is_there_stays(tmp_path: Path) -> None:
    store = open_store(tmp_path / "unknot.db")
    for name in ("A. Weber", "B. Adler"):
        keep_name(store, name)
    assert practice_of(store).practitioner == "A. Weber"
    store.close()


def note_of(practice: tuple[str, Desk], label: str) -> str:
    """The address of today's note of a client of their own."""
    server, desk = practice
    person = known(desk, label)
    return f"{server}/clients/{person.id}/visits/{desk.visit_of(person.id, TODAY).id}/note"


def test_a_note_is_edited_with_a_phrase_of_ones_own_signed_copied_and_added_to(
    tablet: Page, practice: tuple[str, Desk]
) -> None:
    page = tablet
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(note_of(practice, "N. 1"))
    page.locator("summary", has_text="My phrases").click()
    page.select_option("#phrase_part", "plan")
    page.fill("#phrase_text", "Heat on the shoulder in the evening.")
    page.get_by_role("button", name="Keep the phrase").click()
    page.get_by_role("button", name="Heat on the shoulder").click()
    expect(page.locator("#plan")).to_have_value(re.compile(r"Heat on the shoulder in the evening\.$"))
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    assert "Heat on the shoulder" in page.evaluate("navigator.clipboard.readText()")
    page.fill("#objective", "<script>alert(1)</script> & my words")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#p-objective + p")).to_have_text("<script>alert(1)</script> & my words")
    page.fill("#text-added", "The left side was looked at, too.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".amended")).to_contain_text("A. Weber: The left side was looked at, too.")


def test_who_signs_an_older_version_is_told_and_nothing_is_overwritten(practice: tuple[str, Desk]) -> None:
    address = note_of(practice, "N. 2")
    first = {"version": "0", "form": "short", "objective": "first", "do": "keep"}
    assert httpx.post(address, data=first, timeout=30).status_code == 303
    late = httpx.post(address, data={**first, "objective": "late", "do": "sign", "name": "B"}, timeout=30)
    assert late.status_code == 409 and "late" in late.text, "what was typed is not lost"
    assert "first" in httpx.get(address, timeout=30).text
    nameless = httpx.post(address, data={**first, "version": "1", "do": "sign", "name": " "}, timeout=30)
    assert nameless.status_code == 422 and "who signs" in nameless.text and "first" in nameless.text
    assert httpx.get(address.replace(address.split("/")[4], "0" * 8 + address.split("/")[4][8:])).status_code == 404
    other = note_of(practice, "N. 3")
    crossed = "/".join([*address.split("/")[:6], *other.split("/")[6:]])
    assert httpx.get(crossed, timeout=30).status_code == 404, "a visit is found under its own client alone"


def test_an_appointment_is_made_by_finding_a_client_and_called_off(tablet: Page, practice: tuple[str, Desk]) -> None:
    server, desk = practice
    desk.new_client("Appointed A", None, None)
    page = tablet
    page.goto(f"{server}/day")
    page.locator("#typed").press_sequentially("appoin")
    page.get_by_role("link", name="Appointed A").click()
    page.fill("#time", "23:15")
    page.get_by_role("button", name="Keep the appointment").click()
    expect(page.locator(".day-rows")).to_contain_text("23:15 Appointed A expected")
    page.get_by_role("button", name="Call off: Appointed A").click()
    expect(page.get_by_role("link", name="Appointed A")).to_have_count(0)
    bad = httpx.post(f"{server}/day", data={"who": "x", "on": "soon", "time": "25:00"}, timeout=30)
    assert bad.status_code == 422 and bad.text.count("<p>") >= 3
    past = httpx.post(f"{server}/day", data={"who": "x", "on": "2020-01-01", "time": "10:00"}, timeout=30)
    assert past.status_code == 422 and f"{day(date(2020, 1, 1))} (allowed: today or later)" in past.text


def test_reports_keep_goals_and_leave_as_pdf(practice: tuple[str, Desk]) -> None:
    base = note_of(practice, "N. 4").split("/visits/")[0]
    told = {"version": "0", "goal.0": "reach up", "aim.0": "8", "name.0": "service", "code.0": "X-1", "unit_min": "15"}
    assert httpx.post(f"{base}/reports", data=told, timeout=30).status_code == 303
    shown = httpx.get(f"{base}/reports", timeout=30).text
    assert "reach up" in shown and "service: X-1" in shown
    for kind in ("progress", "insurance"):
        assert httpx.get(f"{base}/{kind}.pdf", timeout=30).content.startswith(b"%PDF")
    more = {"goal.0": "lie flat", "now.2": "a half-filled row", "name.1": "a name alone", "version": "1"}
    for unit in ("15.5", "0", "1_5", "²"):
        refused = httpx.post(f"{base}/reports", data={**told, **more, "unit_min": unit}, timeout=30)
        assert refused.status_code == 422 and f"in minutes: {unit} (" in refused.text and "5 to 60 min" in refused.text
        for name, value in {**told, **more, "unit_min": unit}.items():
            assert re.search(f'name="{re.escape(name)}"[^>]* value="{value}"', refused.text), "what was typed stays"
    assert "reach up" in httpx.get(f"{base}/reports", timeout=30).text


def test_reports_begin_with_the_year_up_to_the_last_visit_and_all_is_one_tap_away(practice: tuple[str, Desk]) -> None:
    address, desk = practice
    person = desk.new_client("Long L", 46.0, "female")
    on = [date.today() - timedelta(days=ago) for ago in (800, 365, 40)]
    for one in on:
        desk.answer(desk.visit_of(person.id, one), {"fever": "no"}, "practitioner")
    base = f"{address}/clients/{person.id}"
    first = httpx.get(f"{base}/reports", timeout=30).text
    since = on[2] - timedelta(days=365)
    assert [f">{day(one)}</td>" in first for one in on] == [False, True, True]
    assert (
        f'name="from" type="date" value="{since.isoformat()}"' in first
        and f'progress.pdf?from={since.isoformat()}"' in first
    )
    assert 'href="/clients/' in first and '/reports?from=&amp;to="' in first
    every = httpx.get(f"{base}/reports?from=&to=", timeout=30).text
    assert [f">{day(one)}</td>" in every for one in on] == [True, True, True] and 'progress.pdf"' in every
    told = {"version": "0", "goal.0": "reach up", "unit_min": "15", "from": "", "to": ""}
    assert httpx.post(f"{base}/reports", data=told, timeout=30).headers["location"].endswith("/reports?from=&to=")


def test_reports_are_of_the_period_that_is_asked_for_and_bad_days_get_one_message(practice: tuple[str, Desk]) -> None:
    address, desk = practice
    person = desk.new_client("Period P", 46.0, "female")
    for ago in (40, 20, 0):
        desk.answer(desk.visit_of(person.id, date.today() - timedelta(days=ago)), {"fever": "no"}, "practitioner")
    days = [(date.today() - timedelta(days=ago)).isoformat() for ago in (40, 20, 0)]
    base = f"{address}/clients/{person.id}"
    for asked, seen in (
        ("", days),
        (f"?from={days[1]}", days[1:]),
        (f"?to={days[1]}", days[:2]),
        (f"?from={days[1]}&to={days[1]}", days[1:2]),
    ):
        text = httpx.get(f"{base}/reports{asked}", timeout=30).text
        report = text[text.index("<article") : text.index('<form method="post"')]
        assert [d for d in days if f">{day(date.fromisoformat(d))}</td>" in report] == seen, asked
        assert f'insurance.pdf{asked.replace("&", "&amp;")}"' in report
    told = {"version": "0", "goal.0": "reach up", "unit_min": "15", "from": days[1], "to": ""}
    assert httpx.post(f"{base}/reports", data=told, timeout=30).headers["location"].endswith(f"/reports?from={days[1]}")
    for bad in (f"from={days[2]}&to={days[1]}", "from=soon", "from=2026-02-30&to=x"):
        for page in ("reports", "insurance.pdf"):
            shown = httpx.get(f"{base}/{page}?{bad}", timeout=30)
            assert shown.status_code == 422 and shown.text.count('role="alert"') == 1, bad
            notice = shown.text.split('role="alert"')[1].split("</div>")[0]
            assert (
                notice.count("<p>") == 1
                and "all visits are shown here" in notice
                and all(day(date.fromisoformat(d)) in shown.text for d in days)
            )


def test_axe_finds_nothing_on_the_pages_of_the_record_and_nothing_slides_sideways(
    browser: Any, practice: tuple[str, Desk]
) -> None:
    note = note_of(practice, "N. 5")
    base = note.split("/visits/")[0]
    pages = (
        base,
        note,
        note.removesuffix("note") + "sheet",
        f"{base}/reports",
        f"{practice[0]}/day",
        f"{practice[0]}/clients",
    )
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        for address in pages:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(address)
            page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
            for width, height in SIZES.values():
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
                beyond = "[...document.querySelectorAll('.told td')].filter((c) => c.getBoundingClientRect().right > innerWidth).length"
                assert page.evaluate(beyond) == 0, "every column of a report is seen"
        context.close()


def test_a_client_answers_at_home_in_one_file_that_only_the_practice_opens_and_only_once(
    browser: Any, practice: tuple[str, Desk], tmp_path: Any
) -> None:
    server, desk = practice
    person, other = desk.new_client("Home H", 46.0, "female"), desk.new_client("Home O", 46.0, "female")
    given = httpx.post(f"{server}/clients/{person.id}/home.html", timeout=30)
    (tmp_path / "home.html").write_bytes(given.content)
    assert (
        "Home H" not in given.text
        and person.id not in given.text
        and "http" not in given.text.replace("http-equiv", "")
    )
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    page = context.new_page()
    page.goto((tmp_path / "home.html").as_uri())
    nothing = page.locator("#nothing button")
    nothing.click()
    expect(nothing).to_have_attribute("aria-pressed", "true")
    page.locator("#place").select_option("shoulder.front@right")
    page.get_by_role("combobox", name=re.compile("front of the shoulder")).select_option("7")
    expect(nothing).to_be_hidden()  # what hurts takes it back
    expect(nothing).to_have_attribute("aria-pressed", "false")
    for part, views in (("back", 1), ("left", 1), ("head", 4), ("hands", 2), ("feet", 4)):
        page.locator(f'.parts [data-part="{part}"]').click()
        assert page.locator(".views figure:visible").count() == views
    page.locator('figure:visible .place[data-site="foot.heel@left"]').first.click()
    page.get_by_role("combobox", name=re.compile("heel")).select_option("3")
    page.locator("fieldset:not([hidden])").first.get_by_label("yes").check()
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator("#said")).to_contain_text("Still open")
    for _ in range(2):  # what a yes asks for comes up, and is answered, too
        for button in page.get_by_role("button", name="No to everything else here").all():
            button.click()
    page.fill("#words", "It began after the garden.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the file").click()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]][:2]) for v in found] == []
    sealed = download.value.path().read_text()
    context.close()
    assert "garden" not in sealed
    wrong = httpx.post(f"{server}/clients/{other.id}/home", data={"sealed": sealed}, timeout=30)
    assert wrong.status_code == 422 and "cannot be opened" in wrong.text
    assert httpx.post(f"{server}/clients/{person.id}/home", data={"sealed": sealed[:-8]}, timeout=30).status_code == 422
    assert httpx.post(f"{server}/clients/{person.id}/home", data={"sealed": sealed}, timeout=30).status_code == 303
    again = httpx.post(f"{server}/clients/{person.id}/home", data={"sealed": sealed}, timeout=30)
    assert again.status_code == 422, "what was opened once counts once"
    intake = desk.intake(desk.visit_of(person.id, TODAY))
    assert (
        list(intake.answers.values()).count("yes") == 1
        and not intake.today
        and intake.said == ("It began after the garden.",)
    )
    kept = desk.store.get("drawing", desk.visit_of(person.id, TODAY).id)
    assert kept is not None and kept.body["pain"] == [
        {"site": "shoulder.front@right", "intensity": 7},
        {"site": "foot.heel@left", "intensity": 3},
    ]


def test_at_home_nothing_is_asked_twice_and_no_to_everything_takes_no_yes_back(practice: tuple[str, Desk]) -> None:
    server, desk = practice
    person = desk.new_client("Home Again", 46.0, "female")
    visit = desk.visit_of(person.id, TODAY)
    answered = {"anticoagulant": "yes", "cancer": "unknown", "diabetes": "no", "steroids": "no"}
    before = httpx.post(f"{server}/clients/{person.id}/home.html", timeout=30).text
    desk.answer(visit, {q: a for q, a in answered.items() if q in desk.k.questions}, "practitioner")
    old = dict(desk.intake(visit).answers)
    every = re.findall(r'data-question="([^"]+)"', before)
    assert set(old) & set(every) == set(old)
    page = httpx.post(f"{server}/clients/{person.id}/home.html", timeout=30).text
    asked = re.findall(r'data-question="([^"]+)"(?: data-after="([^"]*)")?', page)
    assert set(old).isdisjoint(q for q, _ in asked)
    assert {one for _, after in asked for one in after.split()} <= {q for q, _ in asked}, (
        "a follow-up of what is not asked"
    )
    told = dict.fromkeys(every, "no") | {"diabetes": "yes"}
    sent = httpx.post(
        f"{server}/clients/{person.id}/home", data={"sealed": sealed_for(page, {"answers": told})}, timeout=30
    )
    assert sent.status_code == 303
    now = desk.intake(visit).answers
    assert {q: now[q] for q in old} == old | {"diabetes": "yes"}, "only what is more careful stands above the record"
    assert len(now) > len(old) and answered_in(desk.store, person.id) == "en"


def worked_on(desk: Desk, person: Person, days_ago: int, plan: Plan, *, over: bool = True) -> str:
    """A visit with a session of an earlier day, of which there is only its beginning and its end; its id."""
    visit = desk.visit_of(person.id, TODAY - timedelta(days=days_ago))
    sessions = Sessions(desk.store)
    ident = sessions.begin(person.id, visit.id, plan, [])
    session, facts = sessions.stands(ident)[0], []
    for at_ms, kind in [(1000, "next"), (2000, "end")] if over else [(1000, "next")]:
        session, new, _ = step(session, Event(at_ms, kind))
        facts += new
    desk.store.append_all([Sessions.batch(ident, facts)])
    return visit.id


def test_a_client_who_was_asked_nothing_is_not_called_go_on_their_page_nor_in_the_note(
    practice: tuple[str, Desk],
) -> None:
    server, desk = practice
    base = str(
        httpx.post(f"{server}/clients", data={"label": "New N", "age": "40"}, timeout=30).headers["location"]
    ).removesuffix("/ask")
    page = httpx.get(server + base, timeout=30).text
    assert '<h2 id="verdict">Not complete</h2>' in page and "Nothing may be touched" in page and ">Go<" not in page
    person = desk.client(base.rsplit("/", 1)[1])
    visit = desk.visit_of(person.id, TODAY)
    taken = Taken(measure="pain.now", values=(3.0,), when="at", by="A")
    Measures(desk.store, desk.k).keep(visit.id, [taken])
    note = httpx.get(f"{server}{base}/visits/{visit.id}/note", timeout=30).text
    assert say("note.not_screened") in note and "Screening:" not in note


def test_a_visit_at_which_something_was_only_measured_is_listed_so_however_old_it_is(
    practice: tuple[str, Desk],
) -> None:
    server, desk = practice
    person, measures = desk.new_client("Measured M", 40.0, "female"), Measures(desk.store, desk.k)
    for days in range(9, 1, -1):
        visit = desk.visit_of(person.id, TODAY - timedelta(days=days))
        taken = Taken(measure="pain.now", values=(3.0,), when="at", by="A")
        first, _ = measures.keep(visit.id, [taken, replace(taken, measure="pain.worst")])
        measures.take_back(visit.id, first, "A")
    page = httpx.get(f"{server}/clients/{person.id}", timeout=30).text
    assert page.count("Measured: 1") == 8 and ">Asked<" not in page


def test_what_was_left_open_stays_in_sight_however_long_ago(practice: tuple[str, Desk], healthy: Clearance) -> None:
    server, desk = practice
    person = desk.new_client("Long Ago", 46.0, "female")
    plan = admit(healthy, [Wish(place="infraspinatus.1@right", technique="alternating_compression")], desk.k, TODAY)
    first = worked_on(desk, person, 90, plan, over=False)
    signed = worked_on(desk, person, 80, plan)
    notes = Notes(desk.store)
    s = story(desk, person, next(v for v in desk.visits(person.id) if v.id == signed))
    notes.keep(s, "short", draft(s, desk.k, "short"), 0, "A. Weber")
    for days in range(70, 0, -10):  # visits without hands
        desk.answer(
            desk.visit_of(person.id, TODAY - timedelta(days=days)),
            {"after_sore": "no" if days < 70 else "yes"},
            "client",
        )
    page = httpx.get(f"{server}/clients/{person.id}", timeout=30).text
    left = re.search(r'<section class="left-open".*?</section>', page, re.S)
    assert left is not None
    where = re.findall(r'href="([^"]+)"', left[0])
    assert [w.split("/")[1] for w in where] == ["sessions", "clients"] and first in where[1] and signed not in left[0]
    assert httpx.get(server + where[0], timeout=30).status_code == 200, "it can be ended there"
    listed = re.search(r'<ul class="rows visit-rows">.*?</ul>', page, re.S)
    assert listed is not None and listed[0].count("Hands-on session") == 2
    assert listed[0].count("<small>signed") == 1 and listed[0].count("<small>ready to sign") == 8
    card = re.search(r'<section class="last".*?</section>', page, re.S)
    assert card is not None and day(TODAY - timedelta(days=80)) in card[0]
    assert "Sore after the last visit" in card[0], "what was told at a visit without hands is not lost"


def test_words_typed_into_a_note_outlive_a_tap_and_enter_signs_nothing(
    tablet: Page, practice: tuple[str, Desk], healthy: Clearance
) -> None:
    server, desk = practice
    person = desk.new_client("Typed T", 46.0, "female")
    plan = admit(healthy, [Wish(place="infraspinatus.1@right", technique="alternating_compression")], desk.k, TODAY)
    visit = worked_on(desk, person, 0, plan)
    page = tablet
    page.goto(f"{server}/clients/{person.id}/visits/{visit}/note")
    page.fill("#objective", "Stiff on the left, in my own words.")
    with page.expect_navigation():
        page.get_by_role("button", name="Too much").tap()
    expect(page.locator("#objective")).to_have_value("Stiff on the left, in my own words.")
    expect(page.locator("#plan")).to_have_value(re.compile("less would have been better"))
    expect(page.locator(".forms [role=status]")).to_have_text("Kept as it was edited.")
    with page.expect_navigation():
        page.get_by_role("button", name="Right", exact=True).tap()
    expect(page.locator("#plan")).to_have_value(re.compile("Pressure: it was right"))
    assert "less would" not in page.locator("#plan").input_value()
    page.locator("details", has=page.locator("#phrase_text")).locator("summary").tap()
    page.fill("#name", "A. Weber")
    page.fill("#phrase_text", "Nothing new.")
    with page.expect_navigation():
        page.press("#phrase_text", "Enter")
    kept = Notes(desk.store).of(visit)
    assert kept is not None and kept.signed_by == "", "a name is put under a note by the button alone"
    page.locator("details", has=page.locator("#phrase_text")).locator("summary").tap()
    expect(page.get_by_role("button", name="Nothing new.")).to_have_count(1)
