"""The client's dial on its page: what it says, that its loss is noticed, and how it comes back. Real sockets, real Chromium."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from dial_line import PLACES, Screen, screened
from late import PATIENCE_S, Late
from pages import Axe

NOTICED_S = 2.0
"""Within this a lost dial must be known."""


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
