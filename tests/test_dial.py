"""The client's dial: what it says, that its loss is noticed, and that nobody gets in who should not. Real sockets, real Chromium."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import serving
from asked import answer_all
from late import PATIENCE_S, Late
from pages import Axe
from unknot.knowledge.load import knowledge
from unknot.screen.about import About
from unknot.treat.event import KINDS
from unknot.web.app import create_app
from unknot.web.codes import MINUTES, MOST_TRIES, Codes
from unknot.web.sockets import LARGEST, MOST_A_SECOND, OVER, REPLACED

K = knowledge()
PLACE = "infraspinatus.1@right"
PLACES = cycle(
    f"{point}@{side}"
    for point in K.points
    if point.startswith(("infraspinatus", "gluteus_medius", "deltoid"))
    for side in ("right", "left")
)
"""A place may be taken up a few times in a visit and no more."""
MAY_SAY = {"rate", "less", "same", "more", "stop", "symptom"}
"""What a client's device may say."""
NOTICED_S = 2.0
"""Within this a lost dial must be known."""


def opened(address: str, **how: Any) -> ClientConnection:
    """A plain socket."""
    one: ClientConnection = connect(address, **how).__enter__()
    return one


def screened(web: Any) -> str:
    """The address of a client of today whose clearance is open."""
    base = (
        web.post("/clients", data={"label": "D", "age": "40", "sex": "female"}).headers["location"].removesuffix("/ask")
    )
    answer_all(web, base, About(age=40, sex="female"))
    web.post(f"{base}/consent", data={**{f"area.{a}": "1" for a in K.consent_areas}, "name": "D"})
    return str(base)


class Screen:
    """The practitioner's screen as a plain socket: remembers what it was told, and when."""

    def __init__(self, server: str, session: str) -> None:
        self.server = server
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.socket = opened(f"{server.replace('http', 'ws')}{session}/ws")
        self.send({"type": "hello"})
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda: self.view)

    def _read(self) -> None:
        try:
            for text in self.socket:
                self.told.append((time.monotonic(), json.loads(text)))
        except ConnectionClosed:
            return

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps({"v": 1, **message}))

    def say(self, kind: str, **more: Any) -> dict[str, Any]:
        """An event and its answer."""
        return self.ask("event", kind=kind, **more)

    def ask(self, what: str, **more: Any) -> dict[str, Any]:
        ident = f"screen-{len(self.told)}-{time.monotonic_ns()}"
        self.send({"type": what, "id": ident, **more})
        told: dict[str, Any] = self.wait(
            lambda: next((m for _, m in self.told if m["type"] == "ack" and m["id"] == ident), None)
        )
        return told

    def wait(self, what: Any, within_s: float = PATIENCE_S) -> Any:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.01)
        raise AssertionError(f"not within {within_s} s: {self.view}")

    @property
    def view(self) -> dict[str, Any]:
        return next((m["view"] for _, m in reversed(self.told) if m["type"] == "state"), {})

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [f for _, m in self.told if m["type"] == "state" for f in m["events"] if f["kind"] == kind]

    def came(self, at: float, kind: str, word: str) -> float | None:
        """When after a moment an effect came [s]."""
        return next(
            (
                t for t, m in self.told
                if t >= at and m["type"] == "state" and any((e["kind"], e["word"]) == (kind, word) for e in m["effects"])
            ),
            None,
        )  # fmt: skip

    def code(self, base: str = "") -> dict[str, Any]:
        return self.ask("dial_code", base=base or self.server)

    def hold(self) -> None:
        """Into a hold with a rating in the band."""
        self.say("resume")
        assert self.say("next")["ok"]
        assert self.say("rate", value=5)["ok"]
        self.wait(lambda: self.view["phase"] == "holding")


class Line:
    """A way to the server that can go dead without a word, as a phone's does that sleeps or leaves the network."""

    def __init__(self, server: str) -> None:
        self.target = int(server.rsplit(":", 1)[1])
        self.dead = threading.Event()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait(PATIENCE_S)

    def _run(self, started: threading.Event) -> None:
        async def serve() -> None:
            self.listening = await asyncio.start_server(self._one, "127.0.0.1", 0)
            self.address = f"http://127.0.0.1:{self.listening.sockets[0].getsockname()[1]}"
            started.set()

        self.loop.run_until_complete(serve())
        self.loop.run_forever()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """While it is dead nothing arrives and nothing is closed; what was sent meanwhile arrives afterwards, as in a tunnel."""
        while data := await reader.read(65536):
            while self.dead.is_set():
                await asyncio.sleep(0.02)
            writer.write(data)
            await writer.drain()
        writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture(scope="module")
def client(server: str) -> str:
    with httpx.Client(base_url=server, timeout=30) as web:
        return screened(web)


@pytest.fixture
def session(server: str, client: str) -> str:
    return str(httpx.post(f"{server}{client}/here", data={"place": next(PLACES)}).headers["location"])


@pytest.fixture
def screen(server: str, session: str) -> Iterator[Screen]:
    one = Screen(server, session)
    yield one
    one.say("off")
    one.say("end")  # one visit, one session at a time
    one.socket.close()


@pytest.fixture
def phone(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.said = []
    page.on("pageerror", lambda e: page.said.append(str(e)))
    page.on("console", lambda m: page.said.append(m.text) if m.type == "error" and "WebSocket" not in m.text else None)
    yield page
    assert [s for s in page.said if "status of 4" not in s and "net::ERR" not in s] == []
    context.close()


def join(page: Page, screen: Screen, base: str = "") -> None:
    """By the square: its address is opened."""
    given = screen.code(base)
    page.goto(f"{given['address']}#{given['code']}")
    up(page)
    screen.wait(lambda: screen.view["dial"] == "joined")


def up(page: Page) -> None:
    expect(page.locator("#dial[data-line=up]")).to_be_visible()


def key_of(server: str, screen: Screen) -> str:
    """The cookie of a device that has used a code."""
    reply = httpx.post(f"{server}/d", data={"code": screen.code()["code"]})
    return f"unknot-dial={reply.cookies['unknot-dial']}"


def dial(server: str, key: str, **headers: str) -> ClientConnection:
    """A dial as a plain socket, greeted."""
    one = opened(f"{server.replace('http', 'ws')}/dial/ws", additional_headers={"Cookie": key, **headers})
    one.send(json.dumps({"v": 1, "type": "hello"}))
    assert json.loads(one.recv())["type"] == "state"
    return one


def answer(one: ClientConnection, message: object) -> dict[str, Any]:
    """What a socket is answered, states left out."""
    one.send(message if isinstance(message, str | bytes) else json.dumps(message))
    while True:
        told = json.loads(one.recv(PATIENCE_S))
        if told["type"] != "state":
            return dict(told)


def clean(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


# ---------------------------------------------------------------- a whole session, with the dial cut off in a hold


def test_a_session_with_a_dial_that_is_cut_off_in_a_hold_and_comes_back(
    phone: Page, screen: Screen, server: str
) -> None:
    join(phone, screen)
    assert phone.url == f"{server}/dial"
    clean(phone)
    up(phone)  # a page that was looked through for longer than a dial may be silent is lost, and comes back
    screen.wait(lambda: screen.view["dial"] == "joined")
    assert screen.say("next")["ok"]
    expect(phone.locator("#prompt")).to_have_text("How is it now?")
    phone.keyboard.press("5")
    expect(phone.locator("#prompt")).to_have_text("5: heard")
    expect(phone.locator("#word")).to_have_text("hurts good, I can breathe")
    screen.wait(lambda: screen.view["phase"] == "holding" and screen.view["rating"] == 5)
    assert screen.facts("rate")[-1]["body"]["by"] == "dial"

    before = time.monotonic()
    phone.context.set_offline(True)
    cut = Late()
    screen.wait(lambda: screen.view["dial"] == "lost")
    lost, eased = screen.came(before, "announce", "dial_lost"), screen.came(before, "cue", "ease")
    assert lost is not None and eased is not None and cut.since(max(lost, eased)) < NOTICED_S
    expect(phone.locator("#prompt")).to_have_text("Not connected: say it aloud")
    clean(phone)
    phone.keyboard.press("3")
    assert screen.say("hand_over")["ok"] and screen.say("rate", value=4)["ok"]
    assert screen.view["dial"] == "none" and screen.view["pressing"]

    phone.context.set_offline(False)
    up(phone)
    screen.wait(lambda: screen.view["dial"] == "joined")
    assert [f["body"]["value"] for f in screen.facts("rate")] == [5, 4], (
        "what was said on a dead line is not said again"
    )

    phone.locator("#stop").tap()
    screen.wait(lambda: screen.view["phase"] == "stopped")
    assert screen.facts("stop")[-1]["body"]["by"] == "dial"
    expect(phone.locator("#prompt")).to_have_text("Stopped. The hand lets go.")
    assert screen.say("end")["ok"]
    expect(phone.locator("#over")).to_be_visible()
    clean(phone)
    phone.goto(f"{server}/dial")
    assert phone.url == f"{server}/d", "its key opens nothing any more"


ALARMS = """() => { window.alarms = []; const alarm = document.getElementById('alarm');
    new MutationObserver(() => alarms.push(alarm.textContent)).observe(alarm, { childList: true }); }"""
"""All that the dial warns of is noted: a warning may give way to the next one before anybody looks."""


def test_a_line_that_dies_without_a_word_is_noticed_and_nothing_old_arrives(
    phone: Page, screen: Screen, server: str
) -> None:
    line = Line(server)
    join(phone, screen, line.address)
    screen.hold()
    before = len(screen.facts("rate"))
    phone.evaluate(ALARMS)
    cut = Late()
    line.dead.set()
    phone.keyboard.press("2")
    phone.wait_for_function("() => window.alarms.includes('Not heard: say it aloud')")
    screen.wait(lambda: screen.view["dial"] == "lost")
    lost, eased = screen.came(cut.begun, "announce", "dial_lost"), screen.came(cut.begun, "cue", "ease")
    assert lost is not None and eased is not None and cut.since(max(lost, eased)) < NOTICED_S
    expect(phone.locator("#prompt")).to_have_text("Not connected: say it aloud")
    line.dead.clear()
    screen.wait(lambda: screen.view["dial"] == "joined")
    time.sleep(0.3)
    assert len(screen.facts("rate")) == before
    line.stop()


def test_a_dial_that_falls_asleep_is_lost_at_once_and_wakes_without_a_code(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    screen.hold()
    hide = "(gone) => { Object.defineProperty(document, 'hidden', {value: gone, configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }"
    before = time.monotonic()
    phone.evaluate(hide, True)
    gone = Late()
    screen.wait(lambda: screen.view["dial"] == "lost")
    eased = screen.came(before, "cue", "ease")
    assert eased is not None and gone.since(eased) < 1
    time.sleep(0.5)
    assert screen.view["dial"] == "lost", "it does not come back while nobody sees it"
    phone.evaluate(hide, False)
    screen.wait(lambda: screen.view["dial"] == "joined")


def test_a_reload_joins_again_by_itself(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    phone.reload()
    up(phone)
    screen.wait(lambda: screen.view["dial"] == "joined")
    phone.keyboard.press("4")
    screen.wait(lambda: screen.view["rating"] == 4)
    assert (screen.view["dial"], screen.view["rating"]) == ("joined", 4)


def test_a_second_dial_takes_the_place_of_the_first_which_says_so(phone: Page, screen: Screen, browser: Any) -> None:
    join(phone, screen)
    other = browser.new_context().new_page()
    join(other, screen)
    expect(phone.locator("#replaced")).to_be_visible()
    assert screen.view["dial"] == "joined" and screen.came(0, "announce", "dial_lost") is None
    clean(phone)
    phone.locator("#here").click()
    expect(other.locator("#replaced")).to_be_visible()
    up(phone)
    other.context.close()


# ---------------------------------------------------------------- the page


SIZES = ((320, 568), (390, 844), (820, 1180), (844, 390), (1280, 800))


def test_stop_is_over_half_of_the_screen_and_nothing_is_cut_off(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    for width, height in SIZES:
        phone.set_viewport_size({"width": width, "height": height})
        box = phone.locator("#stop").bounding_box()
        assert box and box["width"] * box["height"] >= width * height / 2
        size = phone.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size == [width, height]
        tall = phone.locator(".three button, .strip").evaluate_all(
            "all => all.map((e) => e.getBoundingClientRect().height)"
        )
        assert min(tall) >= 48


def test_the_thumb_says_what_it_is_lifted_from(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    box = phone.locator("#strip").bounding_box()
    assert box
    step = box["width"] / 11
    phone.mouse.move(box["x"] + step * 2.5, box["y"] + 30)
    phone.mouse.down()
    phone.mouse.move(box["x"] + step * 6.5, box["y"] + 90, steps=4)
    expect(phone.locator("#number")).to_have_text("6")
    assert screen.facts("rate") == []
    phone.mouse.up()
    screen.wait(lambda: screen.view["rating"] == 6)
    assert len(screen.facts("rate")) == 1


def test_keys_move_say_and_stop(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    phone.locator("#range").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # at once: what rests on a number says it
        phone.keyboard.press(key)
    screen.wait(lambda: screen.view["rating"] == 6)
    expect(phone.locator("#range")).to_have_attribute("aria-valuetext", "6: more than: hurts good, I can breathe")
    phone.keyboard.press("ArrowLeft")
    screen.wait(lambda: screen.view["rating"] == 5)
    phone.keyboard.press("a")
    screen.wait(lambda: screen.view["rating"] == 10)
    phone.keyboard.press("Space")
    screen.wait(lambda: screen.view["phase"] == "stopped")
    assert len(screen.facts("rate")) == 3 and len(screen.facts("stop")) == 1


def test_a_word_that_is_refused_is_said_to_be(phone: Page, screen: Screen) -> None:
    join(phone, screen)
    screen.hold()
    screen.say("less")
    phone.locator("[data-say=more]").click()
    expect(phone.locator("#prompt")).to_have_text(re.compile("Not now|No more pressure now|Say a number first"))


def test_the_code_can_be_typed_in_any_way_and_a_wrong_one_is_refused(phone: Page, screen: Screen, server: str) -> None:
    phone.goto(f"{server}/d")
    clean(phone)
    phone.fill("#code", "wrong")
    phone.keyboard.press("Enter")
    expect(phone.locator("[role=alert]")).to_contain_text("Ask for a new one")
    code = screen.code()["code"]
    phone.fill("#code", f"{code[:5].lower()} {code[5:]}")
    phone.keyboard.press("Enter")
    up(phone)


# ---------------------------------------------------------------- bad input


def test_a_message_that_is_none_is_refused_and_changes_nothing(server: str, screen: Screen) -> None:
    one = dial(server, key_of(server, screen))
    screen.wait(lambda: screen.view["dial"] == "joined")
    before = screen.view["sequence"]
    event = {"v": 1, "type": "event", "id": "forged-0001", "kind": "rate", "value": 4}
    bad: list[tuple[object, str]] = [
        ("no json", "malformed"), ("[1]", "malformed"), ("[" * 4000, "malformed"), (b"\x00\x01", "malformed"),
        (json.dumps({**event, "value": float("nan")}), "malformed"),
        ('{"v":1,"type":"event","id":"forged-0001","kind":"rate","value":1e999}', "malformed"),
        ('{"v":1,"type":"event","id":"forged-0001","kind":"symptom","word":"\\ud800"}', "malformed"),
        (json.dumps({**event, "word": "\0"}), "malformed"),
        (json.dumps(event | {"pad": "x" * LARGEST}), "too_long"),
        ({**event, "id": "short"}, "no_id"), ({**event, "id": "x' OR 1 --"}, "no_id"), ({**event, "id": 7}, "no_id"),
        ({**event, "value": 11}, "not_a_rating"), ({**event, "value": 10**400}, "not_plain"),
        ({**event, "value": "4"}, "not_a_rating"), ({**event, "value": True}, "not_a_rating"),
        ({**event, "kind": "symptom", "word": "fine"}, "unknown_symptom"), ({**event, "kind": []}, "not_yours"),
        ({**event, "at": -10_000}, "old"), ({**event, "at": 10**9}, "old"),
        ({"v": 1, "type": "here", "id": "forged-0001", "place": PLACE}, "not_yours"),
        ({"v": 1, "type": "dial_code", "id": "forged-0001"}, "not_yours"),
    ]  # fmt: skip
    for message, reason in bad:
        told = answer(one, message)
        assert (told["type"], told.get("ok"), told.get("reason")) == ("ack", False, reason), message
        time.sleep(0.02)
    assert answer(one, {"v": 1, "type": "ping"})["type"] == "pong"
    assert screen.view["sequence"] == before and screen.view["dial"] == "joined"
    one.close()


def test_what_is_no_text_and_another_version_are_refused_and_change_nothing(screen: Screen) -> None:
    before = screen.view["sequence"]
    for wrong in ({"application": 7}, {"application": ["x"]}, {"word": {}}):
        assert screen.say("skip", **wrong)["reason"] == "malformed"
    assert screen.ask("event", kind="next", v=2)["reason"] == "version"
    assert screen.view["sequence"] == before


def test_that_a_warning_sign_has_gone_is_taken_once_and_only_for_all_that_were_told(
    server: str, client: str, screen: Screen
) -> None:
    assert screen.ask("gone", words=["sharp"], gone=True)["reason"] == "not_now", "nothing was told"
    assert screen.say("next")["ok"] and screen.say("symptom", word="sweating")["ok"]
    assert screen.say("symptom", word="electric")["ok"]
    both = ["sweating", "electric"]
    screen.say("off")
    before = screen.view["sequence"]
    assert screen.view["signs"] == both
    for wrong in ({"words": ["electric"], "gone": True}, {"gone": True}, {"words": "sweating", "gone": False}):
        assert screen.ask("gone", **wrong)["reason"] == "moved_on"
    assert screen.ask("gone", words=both, gone="yes")["reason"] == "malformed"
    assert (screen.view["screen_due"], screen.view["sequence"]) == (True, before)
    ident = "gone-and-said-twice"
    for _ in range(2):
        screen.send({"type": "gone", "id": ident, "words": both, "gone": True})
    screen.wait(lambda: sum(m["type"] == "ack" and m["id"] == ident for _, m in screen.told) == 2)
    assert all(m["ok"] for _, m in screen.told if m["type"] == "ack" and m["id"] == ident)
    assert not screen.view["screen_due"]
    assert len(screen.facts("revise")) <= 1
    assert screen.ask("gone", words=both, gone=False)["reason"] == "not_now"


def test_a_sign_nobody_answered_or_a_hand_that_may_be_on_keeps_the_visit_from_a_new_session(server: str) -> None:
    with httpx.Client(base_url=server, timeout=60) as web:
        base, place = screened(web), "infraspinatus.1@right"

        def here(where: str) -> httpx.Response:
            return web.post(f"{base}/here", data={"place": where})

        one = Screen(server, here(place).headers["location"])
        assert one.say("next")["ok"] and one.say("symptom", word="numb")["ok"] and one.say("end")["ok"]
        for _ in range(2):
            reply = here("infraspinatus.1@left")
            assert reply.status_code == 422 and "warning sign of the session before was not answered" in reply.text
            one.say("off")
        assert one.view["primary"]["kind"] == "gone"
        assert one.ask("gone", words=["numb"], gone=True)["ok"] and not one.view["screen_due"]
        reply = here(place)
        assert reply.status_code == 422 and "a warning sign was felt here" in reply.text
        two = Screen(server, here("infraspinatus.1@left").headers["location"])
        assert two.say("next")["ok"] and two.say("end")["ok"]
        assert "nobody has said that the hands are off" in here("infraspinatus.2@left").text
        assert two.say("off")["ok"]
        assert here("infraspinatus.2@left").status_code == 303


def test_the_last_screen_that_goes_or_falls_silent_lets_go_and_one_of_two_does_not(server: str, session: str) -> None:
    one, two = Screen(server, session), Screen(server, session)
    assert one.say("next")["ok"]
    two.socket.close()
    time.sleep(0.3)
    assert one.view["phase"] == "pressing"
    one.send({"type": "ping"})  # it beats, and then no more
    watch = opened(f"{server.replace('http', 'ws')}{session}/ws?role=watch")
    watch.send(json.dumps({"v": 1, "type": "hello"}))
    end, seen = time.monotonic() + PATIENCE_S, ""
    while time.monotonic() < end and seen != "waiting":
        told = json.loads(watch.recv(PATIENCE_S))
        seen = told["view"]["phase"] if told["type"] == "state" else seen
    assert seen == "waiting"
    again = Screen(server, session)
    assert (again.view["word"], again.view["why"], again.view["hands_on"]) == ("let_go", "line", True)
    again.say("off")
    again.say("end")
    watch.close()
    again.socket.close()


def test_a_message_sent_twice_is_taken_once(server: str, screen: Screen) -> None:
    one = dial(server, key_of(server, screen))
    event = {"v": 1, "type": "event", "id": "repeated-1", "kind": "rate", "value": 4, "by": "practitioner"}
    assert answer(one, event)["ok"] and answer(one, event) == {
        "v": 1,
        "type": "ack",
        "id": "repeated-1",
        "ok": True,
        "reason": "known",
    }
    assert answer(one, event | {"value": 9})["reason"] == "known"
    screen.wait(lambda: screen.view["rating"] == 4)
    assert [f["body"]["by"] for f in screen.facts("rate")] == ["dial"], "who speaks is what the socket says"
    one.close()


def test_a_dial_may_not_say_what_only_the_practitioner_may(server: str, screen: Screen) -> None:
    one = dial(server, key_of(server, screen))
    screen.hold()
    before = screen.view["sequence"]
    for number, kind in enumerate(sorted(set(KINDS) - MAY_SAY)):
        told = answer(one, {"v": 1, "type": "event", "id": f"more-{number:04}", "kind": kind, "by": "practitioner"})
        assert (told["ok"], told["reason"]) == (False, "not_yours"), kind
        time.sleep(0.02)
    assert screen.view["sequence"] == before and len(set(KINDS) - MAY_SAY) > 15
    one.close()


def test_a_device_that_says_too_much_is_cut_off_as_a_lost_one(server: str, screen: Screen) -> None:
    one = dial(server, key_of(server, screen))
    screen.hold()
    with pytest.raises(ConnectionClosed):
        for number in range(3 * MOST_A_SECOND):
            one.send(json.dumps({"v": 1, "type": "event", "id": f"flood-{number:04}", "kind": "same"}))
        for _ in range(4 * MOST_A_SECOND):
            one.recv(PATIENCE_S)
    screen.wait(lambda: screen.view["dial"] == "lost" and screen.view["phase"] in ("easing", "holding"))
    assert len(screen.facts("same")) <= MOST_A_SECOND


def test_who_asks_from_elsewhere_gets_no_socket(server: str, session: str, screen: Screen) -> None:
    key, address = key_of(server, screen), server.replace("http", "ws")
    port = address.rsplit(":", 1)[1]
    for path, headers in (
        ("/dial/ws", {"Cookie": key, "Origin": "https://evil.example"}),
        ("/dial/ws", {"Cookie": key, "Origin": "null"}),
        ("/dial/ws", {}), ("/dial/ws", {"Cookie": "unknot-dial=guessed"}),
        (f"{session}/ws", {"Origin": "https://evil.example"}),
        (f"{session}/ws?role=dial", {}), (f"{session[:-4]}0000/ws", {}),
    ):  # fmt: skip
        with pytest.raises(InvalidStatus):
            opened(f"{address}{path}", additional_headers=headers)
    # a name that leads to this machine: host and origin agree, and are not ours
    with pytest.raises(InvalidStatus):
        opened(
            f"ws://evil.example:{port}{session}/ws", additional_headers={"Origin": f"http://evil.example:{port}"},
            sock=socket.create_connection(("127.0.0.1", int(port))),
        )  # fmt: skip
    assert screen.view["dial"] == "none"


def test_another_version_is_told_to_load_anew_and_let_go(server: str, screen: Screen) -> None:
    one = opened(f"{server.replace('http', 'ws')}/dial/ws", additional_headers={"Cookie": key_of(server, screen)})
    one.send(json.dumps({"v": 2, "type": "hello"}))
    assert json.loads(one.recv(PATIENCE_S))["type"] == "reload"
    with pytest.raises(ConnectionClosed):
        one.recv(PATIENCE_S)
    assert screen.view["dial"] == "none"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An app of its own; who sends the header `x-from` comes from that address."""

    async def from_elsewhere(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"x-from")
        await app(scope | {"client": (given.decode(), 50000)} if given else scope, receive, send)

    with serving.served(from_elsewhere) as address:
        yield address


def begun(web: httpx.Client) -> str:
    return str(web.post(f"{screened(web)}/here", data={"place": PLACE}).headers["location"])


def test_a_code_guessed_a_thousand_times_opens_nothing(tmp_path: Path) -> None:
    codes = Codes(clock := Clock(), wall=clock)
    with served(create_app(data=tmp_path / "unknot.db", codes=codes)) as server, httpx.Client(base_url=server) as web:
        here = begun(web)
        screen = Screen(server, here)
        code, other = screen.code()["code"], codes.give("form", "somebody")
        assert web.post("/d", data={"code": other}).status_code == 403
        assert codes.use(other, "form") is not None, "a code at the wrong door stays good for its own"
        clock.now += 61
        before = screen.view["sequence"]
        with ThreadPoolExecutor(20) as many:
            replies = set(many.map(lambda n: web.post("/d", data={"code": f"GUESS{n:05}"}).status_code, range(1000)))
        assert replies == {403, 429} and "unknot-dial" not in web.cookies and MOST_TRIES < 1000
        shut = web.post("/d", data={"code": code})
        assert shut.status_code == 429 and "Too many wrong codes" in shut.text, "where somebody guesses, nobody gets in"
        assert (screen.view["sequence"], screen.view["dial"]) == (before, "none")
        clock.now += 61
        assert web.post("/d", data={"code": code}).status_code == 303
        assert web.post("/d", data={"code": code}).status_code == 403, "once"
        screen.socket.close()


def test_a_key_stays_good_while_its_dial_works_and_ends_with_the_session(tmp_path: Path) -> None:
    codes = Codes(clock := Clock(), wall=clock)
    with served(create_app(data=tmp_path / "unknot.db", codes=codes)) as server, httpx.Client(base_url=server) as web:
        screen = Screen(server, begun(web))
        key = key_of(server, screen)
        one = dial(server, key)
        for _ in range(4):
            clock.now += MINUTES * 60 - 1
            assert answer(one, {"v": 1, "type": "ping"})["type"] == "pong"
        assert web.get("/dial", headers={"Cookie": key}).status_code == 200
        unused = screen.code()["code"]
        assert screen.say("end")["ok"]
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                one.recv(PATIENCE_S)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == OVER != REPLACED
        screen.wait(lambda: web.get("/dial", headers={"Cookie": key}).headers.get("location") == "/d")
        assert codes.use(unused, "dial") is None and not screen.code()["ok"]
        screen.socket.close()


def test_a_dial_comes_back_after_the_program_was_started_again(tmp_path: Path) -> None:
    data = tmp_path / "unknot.db"
    codes = Codes(Clock())
    with served(create_app(["*"], data=data, codes=codes, lan=True)) as server, httpx.Client(base_url=server) as web:
        here = begun(web)
        screen = Screen(server, here)
        key = key_of(server, screen)
        dial(server, key).close()
        screen.socket.close()
    with served(create_app(["*"], data=data, codes=Codes(Clock()), lan=True)) as server:
        dial(server, key).close()
        assert httpx.get(f"{server}/dial", headers={"Cookie": "unknot-dial=other"}).headers["location"] == "/d"


def test_in_the_room_a_device_without_a_sign_in_gets_no_screen_but_a_dial_by_its_key(tmp_path: Path) -> None:
    codes = Codes(Clock())
    app = create_app(["*"], tmp_path / "unknot.db", codes=codes, lan=True)
    with served(app) as server, httpx.Client(base_url=server) as web:
        here, address = begun(web), server.replace("http", "ws")
        elsewhere = {"x-from": "192.0.2.7"}
        for path in (f"{here}/ws", f"{here}/ws?role=watch", "/dial/ws"):
            with pytest.raises(InvalidStatus):
                opened(f"{address}{path}", additional_headers=elsewhere)
        assert web.get(here, headers=elsewhere).headers["location"].startswith("/sign-in")
        code = codes.give("dial", here.rsplit("/", 1)[1])
        key = f"unknot-dial={httpx.post(f'{server}/d', data={'code': code}, headers=elsewhere).cookies['unknot-dial']}"
        one = dial(server, key, **elsewhere)
        with pytest.raises(InvalidStatus):
            opened(f"{address}{here}/ws", additional_headers={**elsewhere, "Cookie": key})
        one.close()
        doors = app.state.doors
        owner = doors.accounts.keep(replace(doors.accounts.new("Olga", "owner"), hashed="x"))
        signed = f"unknot-account={doors.sign_ins.begin(owner.id, 'a tablet')}"
        two = opened(f"{address}{here}/ws", additional_headers={**elsewhere, "Cookie": signed})
        two.close()
