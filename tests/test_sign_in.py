"""Signing in: cookies, locks, guessing, how long it takes; the codes by which people come in."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import Request
from sqlalchemy import delete, event, select

from house import PASSWORD, House, Web
from unknot.record import tries
from unknot.record.accounts import Account, AccountError, Passwords
from unknot.record.schema import TRIES
from unknot.record.sign_ins import LONGEST, SignIns
from unknot.record.store import Store, StoreError, open_store
from unknot.record.tries import Tries
from unknot.web.access import COOKIE, Doors
from unknot.web.app import create_app
from unknot.web.codes import MOST_TRIES, Codes
from unknot.web.guessing import ADDRESS_FREE, FORGOTTEN_S, FREE, LONGEST_S, Guesses
from unknot.web.passkeys import MOST, Passkeys
from unknot.web.signing import back_of

# ---------------------------------------------------------------- signing in


def test_signing_in_gives_a_cookie_that_no_script_reads_and_no_other_site_sends(house: House) -> None:
    web = house.web()
    reply = web.post("/sign-in", name=" pia", password=PASSWORD)
    assert reply.status_code == 303 and reply.headers["location"] == "/clients"
    for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"):
        assert part in reply.headers["set-cookie"]
    assert web.get("/clients").status_code == 200
    before = web.http.cookies[COOKIE]
    web.post("/sign-in", name="Pia", password=PASSWORD)
    assert web.http.cookies[COOKIE] != before
    web.http.cookies.set(COOKIE, before, domain="unknot.local")
    old = Web(house)
    old.http.cookies.set(COOKIE, before)
    assert old.get("/clients").status_code == 303, "the one before has ended"


def test_a_sign_in_is_kept_as_a_hash_and_survives_a_restart(house: House) -> None:
    token = house.doors.sign_ins.begin(house.people["Pia"].id, "test")
    stored = json.dumps([d.body | {"id": d.id} for d in house.doors.store().all("sign_in")])
    assert token not in stored
    assert SignIns(house.doors.store).find(token) is not None


@pytest.mark.parametrize("cookie", ["", "forged", "a" * 5000, "\x7f;=", "%00", "../../x"])
def test_a_forged_cookie_opens_nothing(cookie: str, house: House) -> None:
    reply = house.web().get("/clients", headers={"cookie": f"{COOKIE}={cookie}"})
    assert reply.status_code == 303


def test_signing_out_and_ending_a_sign_in_hold_at_once(house: House) -> None:
    one, two = house.web("Pia"), house.web("Pia")
    ident = house.doors.sign_ins.find(two.http.cookies[COOKIE])
    assert ident is not None and ident.id in one.get("/me").text
    stranger = house.web("Paul")
    stranger.post("/me/end", sign_in=ident.id)
    assert two.get("/clients").status_code == 200, "only one's own, or the owner's to end"
    one.post("/me/end", sign_in=ident.id)
    assert two.get("/clients").status_code == 303
    one.post("/sign-out")
    assert one.get("/clients").status_code == 303


def test_a_cookie_is_found_beside_those_of_other_programs(house: House) -> None:
    token = house.doors.sign_ins.begin(house.people["Pia"].id, "test")
    for other in ('a={"b":1,"c":[2]}', "d=e f@g", "h", "=i"):
        reply = house.web().get("/clients", headers={"cookie": f"{other}; {COOKIE}={token}; {other}"})
        assert reply.status_code == 200, other


def test_a_device_that_was_locked_by_hand_opens_nothing(house: House) -> None:
    web = house.web("Pia")
    assert web.post("/lock").headers["clear-site-data"] == '"cache"', "nor does its way back"
    assert web.get("/clients").status_code == 303 and "Locked" in web.get("/sign-in").text
    assert web.post("/clients", label="x").status_code == 401


def test_a_device_locks_when_idle_and_goes_on_with_the_password(house: House) -> None:
    web = house.web("Pia")
    assert web.get("/clients").status_code == 200
    shift, wall = [timedelta(0)], house.doors.sign_ins.wall
    house.doors.sign_ins.wall = lambda: datetime.now(UTC) + shift[0]
    try:
        shift[0] = timedelta(minutes=9)
        assert web.get("/clients").status_code == 200, "who works stays in"
        shift[0] = timedelta(minutes=20)
        assert web.get(f"/clients/{house.client}").headers["location"] == f"/sign-in?next=/clients/{house.client}"
        page = web.get(f"/sign-in?next=/clients/{house.client}").text
        assert "Locked" in page and 'value="Pia"' in page and "<nav" not in page
        back = web.post("/sign-in", name="Pia", password=PASSWORD, next=f"/clients/{house.client}")
        assert back.headers["location"] == f"/clients/{house.client}" and web.get("/clients").status_code == 200
        shift[0] = LONGEST + timedelta(minutes=30)
        assert web.get("/clients").status_code == 303
    finally:
        house.doors.sign_ins.wall = wall


def test_where_the_calendar_was_set_back_a_device_locks_and_what_began_ahead_of_it_has_run_out(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    with closing(open_store(tmp_path / "u.db")) as store:
        sign_ins = SignIns(lambda: store, lambda: now[0])
        token = sign_ins.begin("a", "tablet")
        now[0] += timedelta(minutes=30)
        one = sign_ins.find(token)
        assert one is not None
        sign_ins.touch(one)
        now[0] -= timedelta(seconds=20)
        assert sign_ins.idle(one) < timedelta(minutes=1), "a clock that is put right by seconds locks nobody out"
        now[0] -= timedelta(minutes=20)
        again = sign_ins.find(token)
        assert again is not None and sign_ins.idle(again) > timedelta(days=1)
        sign_ins.touch(again)
        seen = sign_ins.find(token)
        assert seen is not None and sign_ins.idle(seen) == timedelta(0), "whoever has shown who they are goes on"
        now[0] -= timedelta(hours=3)
        assert sign_ins.find(token) is None and sign_ins.of("a") == []


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil", "/a//b", "javascript:x", "/x?y=1", "/\n/x"]
)
def test_a_sign_in_leads_to_no_other_site(to: str) -> None:
    assert back_of(to) == "" and back_of("/clients/x") == "/clients/x"


def test_guessing_a_password_takes_longer_each_time_for_the_name_and_less_for_the_house() -> None:
    now = [1000.0]
    guesses = Guesses(Tries(lambda: None, lambda: now[0]))
    for _ in range(FREE):
        assert guesses.wait_s("Anna", "192.0.2.1") == 0
        guesses.missed("Anna", "192.0.2.1")
    first = guesses.wait_s(" anna ", "192.0.2.9")
    assert first > 0 and guesses.wait_s("Bert", "192.0.2.1") == 0
    now[0] += first
    assert guesses.wait_s("Anna", "192.0.2.1") == 0
    guesses.missed("Anna", "192.0.2.1")
    assert guesses.wait_s("Anna", "192.0.2.1") > first
    for _ in range(40):
        guesses.missed("Anna", "2001:db8::1")
    assert guesses.wait_s("Anna", "x") <= LONGEST_S and guesses.wait_s("Bert", "2001:db8::2") > 0
    guesses.right("Anna")
    assert guesses.wait_s("Anna", "192.0.2.99") == 0


def test_too_many_wrong_passwords_make_even_the_right_one_wait(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    web = house.web()
    house.doors.guesses.tries.wall = lambda: 1e9  # it stands: no machine is so slow that a wait is over while it tries
    told = [web.post("/sign-in", name="Pia", password="wrong").status_code for _ in range(FREE + 1)]
    assert told == [403] * FREE + [429]
    late = web.post("/sign-in", name="Pia", password=PASSWORD)
    assert late.status_code == 429 and int(late.headers["retry-after"]) > 0
    unknown = [web.post("/sign-in", name="Nobody", password="wrong") for _ in range(FREE + 1)]
    assert [r.status_code for r in unknown] == told, "a name that nobody has is not told apart"


def test_one_device_that_asks_for_passkeys_without_end_takes_away_nobody_elses_question() -> None:
    def asked(address: str) -> Request:
        headers = [(b"host", b"unknot.local")]
        return Request({"type": "http", "method": "POST", "path": "/", "scheme": "https", "server": ("unknot.local", 443),
                        "client": (address, 1), "headers": headers, "query_string": b""})  # fmt: skip

    passkeys = Passkeys()
    pias = passkeys.ask(asked("192.0.2.1"))["key"]
    flood = [passkeys.ask(asked("192.0.2.66"))["key"] for _ in range(MOST + 5)]
    assert passkeys._take(pias, "") and passkeys._take(flood[-1], "")
    assert passkeys._take(pias, "") is None and passkeys._take(flood[0], "") is None


def test_a_tablet_in_a_clients_hands_keeps_no_page_to_go_back_to(house: House) -> None:
    web = house.web("Pia")
    assert web.post(f"/clients/{house.client}/hand").headers["clear-site-data"] == '"cache"'
    assert web.get(f"/clients/{house.client}").status_code == 303


def test_who_guesses_a_name_from_elsewhere_keeps_nobody_from_their_own_locked_screen(
    tmp_path: Path, plan_of_one: Any
) -> None:
    house = House(tmp_path, plan_of_one)
    pia, guesser = house.web("Pia"), Web(house, sender=("192.0.2.66", 1))
    house.doors.guesses.tries.wall = lambda: 1e9
    pia.post("/lock")
    for _ in range(FREE + 1):
        told = guesser.post("/sign-in", name="Pia", password="wrong").status_code
    assert told == 429
    assert pia.post("/sign-in", name="Pia", password=PASSWORD).status_code == 303
    pia.post("/lock")
    here = [pia.post("/sign-in", name="Pia", password="wrong").status_code for _ in range(FREE + 1)]
    assert here == [403] * FREE + [429], "who holds the screen guesses no quicker than others"
    assert guesser.post("/sign-in", name="Pia", password=PASSWORD).status_code == 429


def test_a_restart_forgets_no_wrong_try_and_keeps_neither_name_nor_address(place: str) -> None:
    now = [1_000_000.0]

    def started() -> tuple[Store, Guesses, Codes]:
        """As after each start of the program: nothing in memory."""
        store = open_store(place)
        codes = Codes(lambda: 0.0, lambda: store, lambda: now[0])
        return store, Guesses(Tries(lambda: store, lambda: now[0])), codes

    for n in range(1, FREE + 2):
        store, guesses, codes = started()
        guesses.missed("Anna", "192.0.2.1")
        assert (guesses.wait_s(" anna", "192.0.2.9") > 0) == (n >= FREE), n
        store.close()
    for _ in range(MOST_TRIES):
        assert codes.use("WRONGWRONG", "form", "2001:db8::1") is None
    store, guesses, codes = started()
    right = codes.give("form", "c")
    assert codes.shut("form", "2001:db8::2") and codes.use(right, "form", "2001:db8::2") is None, "one house"
    assert not codes.shut("dial", "2001:db8::1") and guesses.wait_s("Bert", "192.0.2.1") == 0
    first = guesses.wait_s("Anna", "x")
    now[0] -= 86_400
    waits = guesses.wait_s("Anna", "x")
    assert 0 < waits <= first, "a calendar that is set back makes nobody wait a day"
    now[0] += waits
    assert guesses.wait_s("Anna", "x") == 0, "and the wait ends"
    now[0] -= waits
    with store.reading() as connection:
        rows = connection.execute(select(TRIES)).all()
    assert len(rows) == 3 and not any(word in str(rows).casefold() for word in ("anna", "192.0", "db8", "form"))
    now[0] += 86_400 + FORGOTTEN_S + 1
    assert guesses.wait_s("Anna", "192.0.2.1") == 0 and codes.use(right, "form", "2001:db8::2")
    guesses.missed("Bert", "192.0.2.1")
    with store.reading() as connection:
        assert len(connection.execute(select(TRIES)).all()) == 2, "what has run out is gone"
    guesses.right("Bert")
    with store.reading() as connection:
        assert len(connection.execute(select(TRIES)).all()) == 1
    store.close()


def test_wrong_tries_count_where_the_store_takes_none_and_many_names_fill_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> Store:
        raise StoreError([])

    clock = [500_000.0]
    guesses = Guesses(Tries(fails, lambda: clock[0]))
    for _ in range(FREE):
        guesses.missed("Anna", "x")
    assert guesses.wait_s("Anna", "y") > 0
    clock[0] -= 400_000
    waits = guesses.wait_s("Anna", "y")
    assert waits > 0
    clock[0] += waits
    assert guesses.wait_s("Anna", "y") == 0, "the calendar was set back"
    store, now = open_store(tmp_path / "u.db"), [1.0]
    monkeypatch.setattr(tries, "MOST", 4)
    kept = Tries(lambda: store, lambda: now[0])
    for n in range(9):
        now[0] += 1
        kept.missed([f"name {n}"], 1000)
    assert [count for count, _ in kept.of([f"name {n}" for n in range(9)])] == [0] * 5 + [1] * 4


def test_wrong_passkeys_shut_out_the_address_and_not_everybody() -> None:
    guesses = Guesses(Tries(lambda: None, lambda: 5.0))
    for _ in range(ADDRESS_FREE):
        guesses.missed("", "192.0.2.1")
    assert guesses.wait_s("", "192.0.2.1") > 0 and guesses.wait_s("", "192.0.2.2") == 0


def test_an_unknown_name_costs_the_same_hash_as_a_known_one() -> None:
    passwords, seen = Passwords(), []

    class Counts(PasswordHasher):
        def verify(self, hashed: str | bytes, text: str | bytes) -> Any:
            seen.append(str(hashed).rsplit("$", 2)[0])
            return super().verify(hashed, text)

        def hash(self, text: str | bytes, *, salt: bytes | None = None) -> str:
            raise AssertionError("a second hash: the first unknown name would take twice as long")

    known = Account("1", "Anna", "owner", passwords.hashed(PASSWORD))
    passwords._hasher = Counts()
    accounts = (known, replace(known, disabled=True), replace(known, hashed=""), None)
    assert [passwords.right(a, PASSWORD) for a in accounts] == [True, False, False, False]
    assert len(seen) == 4 and len(set(seen)) == 1 and "argon2id" in seen[0] and "m=65536" in seen[0]


def test_a_wrong_password_takes_as_long_for_a_name_that_nobody_has(house: House) -> None:
    """What is read and written is the same, statement by statement, and so is the time, each name in turn so that a busy machine is no difference."""
    doors, web = house.doors, house.web()
    off = doors.accounts.keep(replace(doors.accounts.new("Otto", "student"), hashed="x", disabled=True))
    names, told = ("Pia", off.name, "Nobody"), {}
    for name in names:
        forget_tries(doors)
        said: list[str] = []
        with statements(doors.store().engine, said):
            assert web.post("/sign-in", name=name, password="wrong").status_code == 403
        told[name] = said
    assert told["Pia"] == told[off.name] == told["Nobody"] and any("INSERT INTO tries" in s for s in told["Nobody"])
    for _ in range(4):
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(12):
            forget_tries(doors)
            for name in names:
                begun = time.perf_counter()
                web.post("/sign-in", name=name, password="wrong")
                times[name].append(time.perf_counter() - begun)
        least = [min(found) for found in times.values()]  # what a busy machine adds is in all others
        if max(least) < 1.3 * min(least):
            return
    pytest.fail(f"one kind of name takes longer than another: {least}")


def forget_tries(doors: Doors) -> None:
    """As if an hour had gone by."""
    with doors.store().writing() as connection:
        connection.execute(delete(TRIES))


@contextmanager
def statements(engine: Any, said: list[str]) -> Iterator[None]:
    """What a database is asked meanwhile."""

    def heard(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", heard)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "x" * 201, "Anna Annasen"])
def test_a_password_that_is_easily_guessed_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(AccountError):
        Passwords().hashed(password, "anna annasen")


# ---------------------------------------------------------------- codes


def test_the_first_owner_comes_in_by_the_code_of_the_terminal_once(tmp_path: Path) -> None:
    house = House.__new__(House)
    house.app = create_app(["*"], tmp_path / "unknot.db", lan=True)
    house.doors, house.loop = house.app.state.doors, asyncio.new_event_loop()
    threading.Thread(target=house.loop.run_forever, daemon=True).start()
    web, code = Web(house), house.doors.codes.give("account", "owner")
    assert web.get("/join/account").headers["location"] == "/join"
    assert web.post("/join", code=code).headers["location"] == "/join/account"
    assert Web(house).post("/join", code=code).status_code == 403, "used"
    assert web.post("/join/account", name="Olga", password=PASSWORD, again="other").status_code == 422
    assert web.post("/join/account", name="Olga", password="short", again="short").status_code == 422
    made = web.post("/join/account", name="Olga", password=PASSWORD, again=PASSWORD)
    assert made.headers["location"] == "/clients" and web.get("/people").status_code == 200
    assert web.post("/join/account", name="Eve", password=PASSWORD, again=PASSWORD).headers["location"] == "/join"
    assert [a.role for a in house.doors.accounts.all()] == ["owner"]


def test_a_code_for_an_account_opens_that_one_alone_and_ends_its_sign_ins(house: House) -> None:
    before = house.web("Stu")
    page = house.web("Olga").post(f"/people/{house.people['Stu'].id}", do="code").text
    code = re.search(r"([A-Z2-9]{5}) ([A-Z2-9]{5})", page)
    assert code
    web = house.web()
    assert web.post("/q", code=code[1] + code[2]).status_code == 403, "another door"
    web.post("/join", code=code[1] + code[2])
    web.post("/join/account", name="Olga", password=PASSWORD, again=PASSWORD)
    assert "Stu" in web.get("/me").text and before.get("/me").status_code == 303


def test_a_clients_code_opens_one_questionnaire_and_nothing_of_the_practice(house: House) -> None:
    web = house.web()
    web.post("/q", code=house.doors.codes.give("form", house.client))
    assert web.get("/mine/ask").status_code in (200, 303)
    for path in ("/clients", f"/clients/{house.client}", "/people", "/audit", "/"):
        assert web.get(path).headers["location"].startswith("/sign-in")
