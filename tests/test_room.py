"""The practitioner's screen of a session in real Chromium: by keys, by touch, over a reload and a lost line; what it says, shows and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from late import PATIENCE_S
from pages import Axe
from pedals import events, presses
from serving import served
from unknot.body.atlas import atlas
from unknot.knowledge.load import Knowledge, knowledge
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.treat.engine import REASONS
from unknot.treat.event import LOGGED, SYMPTOMS
from unknot.treat.session import PHASES
from unknot.web.app import create_app
from unknot.web.place_picture import best_view
from unknot.web.room_page import places, scale
from unknot.web.room_view import WORDS
from unknot.words import catalogue

PLACE = "infraspinatus.1@right"
OF_THE_WEB = ("moved_on", "not_stored", "no_id", "not_yours", "refused", "no_line", "too_old")
"""Why the driver, the sockets and the page itself refuse, beside the engine."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Desk]]:
    """A server of its own, and the desk that shares its store: a client who was asked everything is made at once."""
    data = tmp_path_factory.mktemp("room") / "unknot.db"
    with served(create_app(data=data)) as server:
        yield server, Desk(open_store(data), knowledge())


@pytest.fixture(scope="module")
def begin(room: tuple[str, Desk]) -> Callable[..., str]:
    """Begins a session on one place, with a client of its own who may be touched everywhere; its address."""
    server, desk = room

    def begun(place: str = PLACE, **fields: str) -> str:
        person = desk.new_client("R. 5", 46.0, "female")
        visit = desk.visit_of(person.id, date.today())
        desk.answer(visit, dict.fromkeys(desk.k.questions, "no"), "practitioner")
        for area in desk.k.consent_areas:
            desk.consent(visit, area, "yes", "practitioner")
        reply = httpx.post(f"{server}/clients/{person.id}/here", data={"place": place, **fields}, timeout=30)
        assert reply.status_code == 303, reply.text
        return server + reply.headers["location"]

    return begun


@pytest.fixture(scope="module")
def shared(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.said = []
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.said.append(str(e)))
    page.on("dialog", lambda d: (page.said.append(d.type), d.accept()))
    yield page
    context.close()


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    shared.said.clear()  # type: ignore[attr-defined]
    yield shared
    assert [s for s in shared.said if s != "beforeunload" and "ERR_INTERNET" not in s] == []  # type: ignore[attr-defined]
    shared.context.set_offline(False)


def at(page: Page, *phases: str) -> str:
    """The word that the screen shows when it comes to one of the phases; soon it may be another."""
    here = "(phases) => phases.includes(document.body.dataset.phase) && [document.getElementById('word').textContent]"
    return str(page.wait_for_function(here, arg=list(phases), timeout=1000 * PATIENCE_S).json_value()[0])


def go(page: Page, address: str) -> None:
    page.goto(address)
    at(page, *PHASES)


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.wait_for_timeout(70)  # the same key twice at once is a pedal that repeats
        page.keyboard.press(key)


def word(page: Page) -> str:
    return page.locator("#word").inner_text()


def facts_of(page: Page) -> str:
    return page.locator("#notes").inner_text()


def end(page: Page) -> None:
    """Leave no session with a hand on, so that the next page may be gone to."""
    page.evaluate("() => document.querySelector('[data-say=stop]').click()")
    at(page, "stopped")


# ---------------------------------------------------------------- a session


def test_a_whole_session_with_keys_alone(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin(technique="alternating_compression"))
    assert word(page) == "Ready"
    keys(page, "Space")
    at(page, "pressing")
    expect(page.locator("#asked")).to_have_text("Ask: how is it?")
    keys(page, "5")
    assert at(page, "holding") == "Hold" and page.locator("#turn").inner_text().startswith("Round 1 of")
    keys(page, "7")
    assert at(page, "easing") == "Ease"
    keys(page, "5")
    at(page, "holding")
    keys(page, "ArrowRight")
    assert at(page, "resting") == "Let go" and page.locator("#primary").inner_text() == "Hands are off"
    keys(page, "p")
    at(page, "waiting")
    keys(page, "PageDown")
    expect(page.locator("#word")).to_have_text("Ready")
    at(page, "waiting")
    keys(page, "Escape")
    assert at(page, "stopped") == "Stop"
    keys(page, "Space")
    at(page, "waiting")
    keys(page, "Space")  # what was parked is returned to
    at(page, "pressing")
    keys(page, "a")
    at(page, "waiting")
    keys(page, "Space")
    expect(page.locator("#primary")).to_have_text("End the session")
    keys(page, "Space")
    expect(page.locator("#panel-title")).to_have_text("End the session?")
    keys(page, "Tab", "Tab", "Enter")
    at(page, "ended")
    expect(page.get_by_role("link", name="What came of it")).to_be_visible()


def test_a_whole_session_with_one_finger(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin(technique="prolonged_compression"))
    page.locator("#primary").tap()
    at(page, "pressing")
    page.locator("#strip button").nth(7).tap()
    at(page, "easing")
    page.locator("#strip button").nth(5).tap()
    at(page, "holding")
    expect(page.locator("#notes")).to_have_text("7, eased within 1 s, back to 5")
    assert page.locator("#now").inner_text() == "5" and "hurts good" in page.locator("#now-word").inner_text()
    page.get_by_role("button", name="Release felt").tap()
    expect(page.locator("#asked")).to_have_text("Ask: how is it now?")
    page.locator('[data-say="off"]').tap()
    at(page, "waiting")
    page.locator("#menu").tap()
    page.get_by_role("button", name="Log", exact=True).tap()
    page.get_by_role("button", name="heat", exact=True).tap()
    expect(page.locator("#panel")).to_be_hidden()
    page.locator("#menu").tap()
    page.get_by_role("button", name="End", exact=True).tap()
    page.get_by_role("button", name="End it now").tap()
    at(page, "ended")
    expect(page.get_by_role("link", name="What came of it")).to_be_visible()


def test_a_session_ended_under_the_hand_asks_for_the_hands_first(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin())
    keys(page, "Space", "5")
    at(page, "holding")
    page.locator("#menu").tap()
    page.get_by_role("button", name="End", exact=True).tap()
    page.get_by_role("button", name="End it now").tap()
    at(page, "ended")
    expect(page.get_by_role("link", name="What came of it")).to_be_hidden()
    page.get_by_role("button", name="Hands are off").tap()
    expect(page.get_by_role("link", name="What came of it")).to_be_visible()


def test_a_slide_along_the_strip_says_the_number_on_which_the_finger_is_lifted(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin())
    keys(page, "Space")
    at(page, "pressing")
    box = page.locator("#strip").bounding_box()
    assert box and box["height"] >= 56 and box["width"] > 0.9 * 390
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8.5 * box["width"] / 11, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 4.5 * box["width"] / 11, middle, steps=4)
    page.mouse.up()
    expect(page.locator("#now")).to_have_text("4")
    at(page, "holding")
    end(page)


NOTED = """() => { window.noted = []; const asked = document.getElementById('asked');
    new MutationObserver(() => noted.push(`${document.body.dataset.phase} ${asked.textContent}`)).observe(asked, { childList: true }); }"""
"""All that the screen asks is noted, with the phase in which it asked."""


def test_the_left_pedal_eases_at_once_and_stops_when_it_is_held_however_it_repeats(
    page: Page, begin: Callable[..., str]
) -> None:
    said = events(page)
    go(page, begin())
    page.evaluate(NOTED)
    keys(page, "Space", "5")
    at(page, "holding")
    page.keyboard.down("PageUp")
    for _ in range(3):
        page.keyboard.down("PageUp")  # the system's own repeat
    at(page, "stopped")
    page.keyboard.up("PageUp")
    assert "holding Ask: is it better?" in page.evaluate("window.noted"), "it eased before it stopped"
    eased, stopped = [one for one in said if one["kind"] in ("less", "ease", "stop")]
    assert stopped["kind"] == "stop" and stopped["at"] - eased["at"] > 550


def test_a_right_pedal_that_repeats_itself_while_it_is_held_is_one_word(page: Page, begin: Callable[..., str]) -> None:
    said = events(page)
    go(page, begin())
    presses(page, "PageDown", times=6, apart_ms=1)
    at(page, "pressing")
    assert [one["kind"] for one in said] == ["next"]
    assert page.locator("body").get_attribute("data-phase") == "pressing"
    end(page)


def test_two_presses_that_a_busy_page_hears_of_at_once_are_two(page: Page, begin: Callable[..., str]) -> None:
    said = events(page)
    go(page, begin())
    keys(page, "Space", "5")
    at(page, "holding")
    presses(page, "l", times=2, apart_ms=100)
    keys(page, "Escape")
    at(page, "stopped")
    assert [one["kind"] for one in said] == ["next", "rate", "less", "less", "stop"]


def test_nothing_sounds_before_a_gesture_and_press_rises_while_let_go_falls(
    browser: Any, begin: Callable[..., str]
) -> None:
    context = browser.new_context()
    context.add_init_script(
        "window.heard = []; const Real = OscillatorNode;"
        "window.OscillatorNode = class extends Real { constructor(c, o) { super(c, o); heard.push(o.frequency); } };"
    )
    page = context.new_page()
    go(page, begin())
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    assert page.evaluate("heard") == []
    keys(page, "s")
    expect(page.get_by_role("button", name="Sound on")).to_be_hidden()
    page.evaluate("heard.length = 0")
    keys(page, "Space")
    page.wait_for_function("() => heard.length >= 2")
    low, high = page.evaluate("heard.slice(0, 2)")
    assert low < high
    page.evaluate("heard.length = 0")
    keys(page, "o")
    page.wait_for_function("() => heard.length >= 3")
    falls = page.evaluate("heard.slice(0, 3)")
    assert falls == sorted(falls, reverse=True)
    context.close()


def test_a_lost_dial_is_said_and_one_press_goes_on_by_voice(page: Page, begin: Callable[..., str]) -> None:
    address = begin()
    go(page, address)
    page.locator("#menu").tap()
    page.get_by_role("button", name="Dial", exact=True).tap()
    code = page.locator(".typed-code").inner_text()
    page.locator("#shut").tap()
    with httpx.Client(base_url=address.split("/sessions")[0]) as phone:
        phone.post("/d", data={"code": code})
        cookie = "; ".join(f"{c.name}={c.value}" for c in phone.cookies.jar)
    where = address.split("/sessions")[0].replace("http", "ws") + "/dial/ws"
    with connect(where, additional_headers={"Cookie": cookie}) as dial:
        dial.send(json.dumps({"v": 1, "type": "hello", "role": "dial"}))
        expect(page.locator("#dial-state")).to_have_text("Dial joined")
    expect(page.locator("#dial-state")).to_contain_text("The dial is lost")
    page.get_by_role("button", name="Go on by voice").tap()
    expect(page.locator("#dial-state")).to_be_hidden()


def test_a_squeezer_is_learnt_by_pressing_it_and_its_words_are_the_clients(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin())
    page.locator("#menu").tap()
    page.get_by_role("button", name="Sound and keys").tap()
    page.get_by_role("button", name="Squeezer of the client").tap()
    keys(page, "F9")
    expect(page.get_by_role("button", name="Squeezer of the client")).to_contain_text("F9", ignore_case=True)
    page.locator("#shut").tap()
    sent: list[str] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda told: sent.append(str(told))))
    page.reload()
    at(page, "waiting")
    keys(page, "Space", "5")
    at(page, "holding")
    keys(page, "F9")
    expect(page.locator("#asked")).to_have_text("Ask: is it better?")
    page.keyboard.down("F9")
    at(page, "stopped")
    page.keyboard.up("F9")
    said = [s for s in sent if '"squeezer"' in s]
    assert any('"less"' in s for s in said) and any('"stop"' in s for s in said)
    page.evaluate("() => localStorage.clear()")


# ---------------------------------------------------------------- what goes wrong


def test_a_page_loaded_again_in_a_hold_warns_first_and_then_stands_at_let_go_and_says_why(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin(technique="prolonged_compression"))
    page.locator("#primary").tap()
    keys(page, "5")
    at(page, "holding")
    page.reload()
    assert "beforeunload" in page.said  # type: ignore[attr-defined]
    at(page, "waiting")
    assert word(page) == "Let go" and page.locator("#primary").inner_text() == "Hands are off"
    assert page.locator("#asked").inner_text().startswith("The page was reloaded or its line was lost.")
    page.locator("#primary").tap()
    page.locator("#primary").tap()
    at(page, "pressing")
    end(page)


def test_one_of_two_screens_may_go_and_the_last_one_may_not(page: Page, begin: Callable[..., str]) -> None:
    address = begin(technique="prolonged_compression")
    go(page, address)
    keys(page, "Space", "5")
    at(page, "holding")
    other = page.context.new_page()
    other.goto(address)
    at(other, "holding")
    other.close()
    page.wait_for_timeout(700)
    at(page, "holding")
    assert page.locator("#asked").inner_text() == "" and word(page) == "Hold"
    page.goto("about:blank")
    page.goto(address)
    at(page, "waiting")
    assert page.locator("#asked").inner_text().startswith("The page was reloaded or its line was lost.")
    end(page)


def test_a_lost_line_shows_let_go_at_once_and_the_session_stands_there_when_it_is_back(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin(technique="prolonged_compression"))
    keys(page, "Space", "5")
    at(page, "holding")
    page.context.set_offline(True)
    at(page, "lost")
    assert word(page) == "Let go"
    assert "No line to the server" in page.locator("#line").inner_text()
    keys(page, "6")
    expect(page.locator("#said")).to_contain_text("It was not heard")
    page.wait_for_timeout(2200)
    page.context.set_offline(False)
    at(page, "waiting")
    assert page.locator("#line").inner_text() == ""
    expect(page.locator("#asked")).to_contain_text("its line was lost")
    assert page.locator("#now").inner_text() != "6", "a number that is old is not said again"


def test_a_wrong_tap_is_refused_aloud_and_changes_nothing(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin())
    keys(page, "m")
    expect(page.locator("#said")).to_have_text("Not now.")
    assert word(page) == "Ready" and page.locator("#said").get_attribute("role") == "alert"
    assert page.locator('[data-say="more"]').is_disabled()


def test_a_says_ten_which_lets_go_and_the_word_stays_until_the_hands_are_off(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin())
    keys(page, "Space")
    at(page, "pressing")
    keys(page, "a")
    at(page, "waiting")
    assert word(page) == "Let go" and page.locator("#primary").inner_text() == "Hands are off"
    expect(page.locator("#notes")).to_contain_text("10, let go within 1 s")
    keys(page, "PageDown")
    expect(page.locator("#word")).to_have_text("Done")


def test_after_a_warning_sign_nothing_goes_on_before_it_was_asked_whether_it_has_gone(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin("infraspinatus.2@right"))
    keys(page, "Space", "5")
    at(page, "holding")
    keys(page, "e")
    page.get_by_role("button", name="sweating").tap()
    at(page, "stopped")
    expect(page.locator("#panel-title")).to_have_text("Has it gone?")
    expect(page.locator("#panel")).to_contain_text("sweating")
    page.locator("#shut").tap()
    keys(page, "e")
    page.get_by_role("button", name="dizzy").tap()
    expect(page.locator("#panel")).to_contain_text("dizzy")
    expect(page.locator("#panel")).to_contain_text("sweating")
    page.locator("#primary").tap()  # hands are off
    expect(page.locator("#primary")).to_have_text("Has it gone?")
    page.locator("#shut").tap()
    expect(page.locator("#panel")).to_be_hidden()
    keys(page, "PageDown")  # by pedal, too, the question comes back
    expect(page.locator("#panel-title")).to_have_text("Has it gone?")
    page.get_by_role("button", name="It has gone").tap()
    expect(page.locator("#panel-title")).to_have_text("Screening says")
    page.locator("#panel").get_by_role("button", name="Go on").tap()
    at(page, "waiting")


def test_by_pedal_alone_a_session_is_begun_and_ended_and_a_panel_takes_no_key_from_it(
    page: Page, begin: Callable[..., str]
) -> None:
    go(page, begin())
    keys(page, "PageDown")
    at(page, "pressing")
    keys(page, "a")
    at(page, "waiting")
    keys(page, "Space")
    expect(page.locator("#word")).to_have_text("Done")
    expect(page.locator("#primary")).to_have_text("End the session")
    assert page.locator("#asked").inner_text().startswith("All that was planned is done")
    presses(page, "PageDown", times=2, apart_ms=100)  # at once again: one press that bounced ends nothing
    expect(page.locator("#panel-title")).to_have_text("End the session?")
    expect(page.locator("#primary")).to_have_text("Yes, end it")
    page.wait_for_timeout(500)
    assert page.locator("body").get_attribute("data-phase") == "waiting"
    keys(page, "Space")  # the panel has the focus
    at(page, "ended")
    expect(page.locator("#to-end")).to_be_visible()
    for gone in (".stop", ".side", ".strip", "#primary"):
        expect(page.locator(gone)).to_be_hidden()


HELD = """() => { const ask = window.fetch, list = new Promise((arrives) => { window.arrives = arrives; });
    window.fetch = async (...all) => { if (String(all[0]).endsWith('/places')) await list; return ask(...all); }; }"""
"""The list of places is long on its way."""


def test_treat_here_adds_a_place_to_the_running_session(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin())
    page.evaluate(HELD)
    page.locator("#menu").tap()
    page.get_by_role("button", name="Places").tap()
    page.locator(".another summary").tap()
    name = next(n for n, place in places(knowledge()).items() if place == "infraspinatus.1@left")
    page.locator('#panel input[name="place"]').fill("nowhere at all")
    page.get_by_role("button", name="Treat here").tap()  # before the list has come
    page.evaluate("window.arrives()")
    expect(page.locator("#panel [role=status]")).to_have_text("Choose a place from the list.")
    page.locator('#panel input[name="place"]').fill(name)
    page.get_by_role("button", name="Treat here").tap()
    expect(page.locator(".list li")).to_have_count(2)
    page.locator(".list li").first.get_by_role("button", name="Begin").tap()
    at(page, "pressing")
    assert "(left)" in page.locator("#place").inner_text()
    expect(page.locator("#picture svg .point")).to_have_count(1)
    end(page)


# ---------------------------------------------------------------- what it shows


def test_what_sticks_is_told_along_the_fibres_whose_two_ends_are_shown(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin(technique="skin_rolling"))
    keys(page, "Space")
    at(page, "stroking")
    assert word(page) == "Roll"
    assert (
        page.locator("#picture .fibre").count()
        and page.locator("#picture .from").count()
        and page.locator("#picture .to").count()
    )
    stop = page.locator(".stop").bounding_box()
    assert stop and stop["y"] + stop["height"] <= 844 and stop["x"] + stop["width"] <= 390, (
        "stop is in sight whatever else is shown"
    )
    page.locator("#along button").nth(3).tap()
    expect(page.locator("#said")).to_have_text("")
    end(page)


def test_axe_finds_nothing_in_any_state_and_nothing_slides_sideways(page: Page, begin: Callable[..., str]) -> None:
    def clean(state: str, *schemes: str) -> None:
        for scheme in schemes or ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = Axe().run(page)
            assert found.violations_count == 0, f"{state}, {scheme}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, state

    go(page, begin(technique="prolonged_compression"))
    clean("waiting")
    keys(page, "Space", "5")
    at(page, "holding")
    clean("holding")
    keys(page, "e")
    clean("something else", "light")
    keys(page, "e", "Escape")
    at(page, "stopped")
    clean("stopped")
    keys(page, "Space")
    for name in ("Places", "Sound and keys", "Dial"):
        page.locator("#menu").tap()
        page.get_by_role("button", name=name, exact=True).tap()
        clean(name, "dark")
        page.locator("#shut").tap()


def test_who_watches_sees_the_same_and_can_say_nothing(page: Page, begin: Callable[..., str]) -> None:
    go(page, begin() + "/watch")
    assert word(page) == "Ready" and page.locator("button[data-say], #strip, #primary").count() == 0
    keys(page, "Space", "5")
    page.wait_for_timeout(150)
    assert page.locator("body").get_attribute("data-phase") == "waiting"


def test_without_script_the_page_says_what_it_needs(browser: Any, begin: Callable[..., str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(begin())
    assert "JavaScript" in plain.locator("body").inner_text() and not plain.locator("#room").is_visible()
    context.close()


def test_every_reason_of_a_refusal_and_every_word_of_the_screen_has_words() -> None:
    words = catalogue()
    assert [r for r in (*REASONS, *OF_THE_WEB) if f"refused.{r}" not in words] == []
    assert [w for w in WORDS.values() if f"room_word.{w}" not in words] == []
    assert [w for w in SYMPTOMS if f"room_symptom.{w}" not in words] + [
        w for w in LOGGED if f"room_log.{w}" not in words
    ] == []


def test_the_words_of_discomfort_reach_every_step_and_are_not_those_of_pain(k: Knowledge) -> None:
    found = scale(k)
    assert (
        len(found) == 11 and found[0] == "nothing" and found[5].startswith("hurts good") and found[10] == "unbearable"
    )
    assert not set(found) & {text for key, text in catalogue().items() if re.fullmatch(r"intensity\.\d+", key)}


@pytest.mark.parametrize(
    ("point", "side", "view"),
    [
        ("infraspinatus.1", "right", "back"), ("masseter.superficial.1", "left", "head.left"),
        ("masseter.superficial.1", "right", "head.right"), ("flexor_digitorum_brevis.1", "left", "foot.sole"),
        ("adductor_pollicis.1", "left", "hand"), ("tibialis_anterior.1", "right", "front"),
    ],
)  # fmt: skip
def test_a_place_is_shown_on_the_view_that_shows_it_best(k: Knowledge, point: str, side: str, view: str) -> None:
    region = k.points[point].region
    site = f"{region}@{side}" if k.regions[region].lateral else region
    assert best_view(atlas(), "female", point, side, site).startswith(view)
