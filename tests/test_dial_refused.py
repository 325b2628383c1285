"""What the dial's socket refuses, and that nobody gets in who should not: bad messages, another version, a wrong code, a device from elsewhere."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

import serving
from dial_line import PLACES, Screen, opened, screened
from late import PATIENCE_S
from unknot.treat.event import KINDS
from unknot.web.app import create_app
from unknot.web.codes import MINUTES, MOST_TRIES, Codes
from unknot.web.sockets import LARGEST, MOST_A_SECOND, OVER, REPLACED

PLACE = "infraspinatus.1@right"
MAY_SAY = {"rate", "less", "same", "more", "stop", "symptom"}
"""What a client's device may say."""


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
