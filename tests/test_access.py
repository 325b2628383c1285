"""Who may see the record: every address of the app against no account, the wrong role, somebody else's client, forged and used things."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from unknot.record.accounts import Account, AccountError, Accounts, Passwords, Settings
from unknot.record.audit import HERE, STREAM, Audit, Wanted
from unknot.record.sessions import Sessions
from unknot.record.sign_ins import LONGEST, SignIns
from unknot.record.store import Fact, StoreError, open_store
from unknot.web import access
from unknot.web.access import COOKIE, Doors
from unknot.web.app import HEADERS, create_app
from unknot.web.guessing import FREE, LONGEST_S, Guesses
from unknot.web.rights import MAY, row_of, table
from unknot.web.signing import back_of

SECRET = "Zoster of Quixotania"
"""Stands in a client's words: it may be nowhere else."""
PASSWORD = "four easy words here"
ELSEWHERE = ("192.0.2.7", 5000)


class Web:
    """A browser without a screen, at an address, with or without an account."""

    def __init__(self, house: House, account: str = "", sender: tuple[str, int] = ELSEWHERE) -> None:
        self.house = house
        transport = httpx.ASGITransport(app=house.app, client=sender, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="https://unknot.local", timeout=60)
        if account:
            self.http.cookies.set(COOKIE, house.doors.sign_ins.begin(account, "test"))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.house.run(self.http.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.ask("POST", path, data=fields)

    def socket(self, path: str) -> str:
        """What a socket of this browser is answered first."""
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)
        headers = [(b"cookie", cookies.encode()), (b"host", b"unknot.local")]
        told: list[str] = []

        async def send(message: Any) -> None:
            told.append(message["type"])

        async def receive() -> Any:
            return {"type": "websocket.connect"} if not told else {"type": "websocket.disconnect", "code": 1000}

        scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers, "client": ELSEWHERE,
            "server": ("unknot.local", 443), "scheme": "wss", "subprotocols": [], "root_path": "",
        }  # fmt: skip

        async def call() -> None:
            with suppress(Exception):
                await asyncio.wait_for(self.house.app(scope, receive, send), 20)

        self.house.run(call())
        return told[0]


class House:
    """A practice in the network: an owner, two practitioners, a front desk and a student; a client of the first with a session."""

    def __init__(self, place: Path, plan: Any) -> None:
        self.app: FastAPI = create_app(["*"], place / "unknot.db", lan=True)
        self.doors: Doors = self.app.state.doors
        self.doors.passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        accounts = self.doors.accounts
        self.people: dict[str, Account] = {}
        for name, role in (
            ("Olga", "owner"),
            ("Pia", "practitioner"),
            ("Paul", "practitioner"),
            ("Fred", "front"),
            ("Stu", "student"),
        ):
            made = accounts.new(name, role)
            self.people[name] = accounts.keep(replace(made, hashed=self.doors.passwords.hashed(PASSWORD)))
        pia = self.web("Pia")
        where = pia.post("/clients", label="Zoe Zimt", age="41", sex="female").headers["location"]
        self.client = where.split("/")[2]
        pia.post(f"/clients/{self.client}/words", said=f"I have {SECRET}")
        self.plan = plan
        self.session = self.begin()

    def begin(self) -> str:
        """A session of the client."""
        facts = self.doors.store().facts(f"client:{self.client}")
        visit = next(f.body["visit"] for f in facts if f.kind == "visit_opened")
        return Sessions(self.doors.store()).begin(self.client, visit, self.plan, ())

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    client = ""

    def web(self, name: str = "") -> Web:
        """A browser of somebody; the client is Pia's, whatever a walk over all addresses did before."""
        kept = self.doors.store().get("client", self.client)
        if kept is not None and kept.body["treated_by"] != [self.people["Pia"].id]:
            body = kept.body | {"treated_by": [self.people["Pia"].id]}
            self.doors.store().put("client", self.client, body, over=kept.version)
        return Web(self, self.people[name].id if name else "")

    def at(self, pattern: str) -> str:
        values = {
            "client": self.client, "session": self.session, "account": self.people["Stu"].id, "version": "1", "name": "x", "path": "app.css",
        }  # fmt: skip
        return re.sub(r"\{(\w+)(?::path)?\}", lambda m: values.get(m[1], "x"), pattern)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, plan_of_one: Any) -> House:
    return House(tmp_path_factory.mktemp("house"), plan_of_one)


@pytest.fixture(autouse=True)
def no_health_in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does: no client's words, name or id, no password and no code in a log."""
    caplog.set_level(logging.INFO)
    yield
    told = "\n".join(
        r.getMessage() + (r.exc_text or "") for r in caplog.records if not r.name.startswith(("httpx", "asyncio"))
    )
    assert SECRET not in told and "Zoe Zimt" not in told and PASSWORD not in told


def every() -> list[str]:
    """Every address of the app, as METHOD pattern, taken from the app itself."""
    found: list[str] = []

    def walk(routes: Any) -> None:
        for route in routes:
            inside = getattr(route, "original_router", None)
            if inside is not None:
                walk(inside.routes)
            elif type(route).__name__ == "Mount":
                found.append(f"GET {route.path}/{{path}}")
            elif "WebSocket" in type(route).__name__:
                found.append(f"WS {route.path}")
            else:
                found.extend(f"{m} {route.path}" for m in route.methods if m != "HEAD")

    walk(create_app().routes)
    return sorted(set(found))


EVERY = every()
GUARDED = [a for a in EVERY if (row := table().get(a)) is None or row.right not in ("open", "code")]


def asked(web: Web, house: House, address: str) -> httpx.Response:
    method, pattern = address.split()
    sent = (
        {"content": b"label=x", "headers": {"content-type": "application/x-www-form-urlencoded"}}
        if method == "POST"
        else {}
    )
    return web.ask(method, house.at(pattern), **sent)


# ---------------------------------------------------------------- every address


def test_the_app_has_addresses_and_the_walk_finds_those_of_included_routers() -> None:
    assert len(EVERY) > 60 and {"GET /clients/{client}", "WS /dial/ws", "GET /static/{path}", "GET /audit"} <= set(
        EVERY
    )


def test_every_address_of_the_app_stands_in_the_table_of_rights_and_no_other_does() -> None:
    assert set(EVERY) == set(table())


@pytest.mark.parametrize("address", EVERY)
def test_an_address_finds_its_own_row(address: str, house: House) -> None:
    method, pattern = address.split()
    row, _ = row_of(method, house.at(pattern))
    assert row is not None and row.pattern == pattern


@pytest.mark.parametrize("address", GUARDED)
def test_without_an_account_nothing_is_answered(address: str, house: House) -> None:
    web = house.web()
    if address.startswith("WS"):
        assert web.socket(house.at(address.split()[1])) == "websocket.close"
        return
    reply = asked(web, house, address)
    refused = reply.status_code == 401 or reply.headers.get("location", "").startswith("/sign-in")
    assert refused and "Zoe" not in reply.text and SECRET not in reply.text


@pytest.mark.parametrize("address", GUARDED)
@pytest.mark.parametrize("name", ["Paul", "Fred", "Stu"])
def test_who_does_not_treat_a_client_learns_nothing_of_them(name: str, address: str, house: House) -> None:
    """The wrong role, and another practitioner: on no page the words of the client; the name only for the front desk."""
    web = house.web(name)
    method, pattern = address.split()
    if method == "WS":
        assert web.socket(house.at(pattern)) == "websocket.close"
        return
    reply = asked(web, house, address)
    assert SECRET not in reply.text
    if name != "Fred":
        assert "Zoe" not in reply.text
    row = table()[address]
    role = house.people[name].role
    if row.right not in MAY[role]:
        assert reply.status_code == 403 or reply.headers.get("location", "") in (
            "/clients",
            f"/clients/{house.client}/who",
        )
    elif re.search(r"\{(client|session)\}", pattern) and role != "front":
        assert reply.status_code == 403


def test_who_treats_a_client_and_the_owner_see_them(house: House) -> None:
    for typed in ("Zoe", "zimt"):
        assert "Zoe" not in house.web("Paul").post("/find", typed=typed).text
        assert "Zoe" in house.web("Pia").post("/find", typed=typed).text
    for name in ("Pia", "Olga"):
        web = house.web(name)
        assert SECRET in web.get(f"/clients/{house.client}").text
        assert "Zoe Zimt" in web.get("/clients").text
        assert web.socket(f"/sessions/{house.session}/ws") == "websocket.accept"
    assert "Zoe" not in house.web("Paul").get("/clients").text


def test_a_client_in_a_form_is_guarded_as_one_in_an_address(house: House) -> None:
    fields = {"site": "shoulder.front@right", "client": house.client, "age": "40"}
    for name, status in (("Paul", 403), ("Stu", 403), ("Pia", 200)):
        assert house.web(name).post("/", **fields).status_code == status, name


def test_an_address_that_is_not_in_the_table_is_closed_to_all_but_the_owner(house: House) -> None:
    assert house.web("Pia").get("/nowhere").status_code == 403
    assert house.web("Olga").get("/nowhere").status_code == 404


# ---------------------------------------------------------------- roles


def test_the_front_desk_sees_names_and_gives_codes_and_nothing_of_health(house: House) -> None:
    fred = house.web("Fred")
    assert "Zoe Zimt" in fred.get("/clients").text
    assert fred.get(f"/clients/{house.client}").headers["location"] == f"/clients/{house.client}/who"
    coded = fred.post(f"/clients/{house.client}/code")
    assert re.search(r"[A-Z2-9]{5} [A-Z2-9]{5}", coded.text) and SECRET not in coded.text
    assert "41" not in re.sub(r"[0-9a-f-]{36}", "", coded.text), "not even the age"
    assert fred.get("/").headers["location"] == "/clients"


def test_a_record_is_shared_and_handed_over(house: House) -> None:
    pia, paul = house.web("Pia"), house.web("Paul")
    made = pia.post("/clients", label="Shared S.").headers["location"].split("/")[2]
    here = f"/clients/{made}"
    assert paul.get(here).status_code == 403
    both = {f"by.{house.people[n].id}": "1" for n in ("Pia", "Paul")}
    pia.post(f"{here}/who", **both)
    assert paul.get(here).status_code == 200 and pia.get(here).status_code == 200
    pia.post(f"{here}/person", label="Shared T.")
    assert paul.get(here).status_code == 200, "a new label hands nobody over"
    pia.post(f"{here}/who", **{f"by.{house.people['Paul'].id}": "1"})
    assert pia.get(here).status_code == 403 and paul.get(here).status_code == 200


def test_a_change_of_role_and_a_closed_account_hold_at_once(house: House) -> None:
    olga = house.web("Olga")
    new = house.doors.accounts.new("Nina", "practitioner")
    new = house.doors.accounts.keep(replace(new, hashed="x"))
    nina = Web(house, new.id)
    assert nina.get("/clients").status_code == 200
    olga.post(f"/people/{new.id}", do="role", role="student")
    assert nina.get("/clients").status_code == 403
    olga.post(f"/people/{new.id}", do="disable")
    assert nina.get("/", headers={"accept": "text/html"}).headers["location"].startswith("/sign-in")


def test_the_last_owner_stays_one(tmp_path: Path) -> None:
    accounts = Accounts(open_store(tmp_path / "u.db"))
    with pytest.raises(AccountError, match="owner"):
        accounts.keep_settings(Settings(here_too=True))
    one = accounts.keep(replace(accounts.new("One", "owner"), hashed="x"))
    accounts.new("Two", "owner")  # nobody has come in to it yet
    for changed in (replace(one, role="student"), replace(one, disabled=True), replace(one, hashed="")):
        with pytest.raises(AccountError, match="owner"):
            accounts.keep(changed)


@pytest.mark.parametrize(("name", "role"), [("", "owner"), ("x" * 61, "owner"), (" olga ", "owner"), ("New", "king")])
def test_an_account_without_a_name_of_its_own_or_a_role_is_refused(name: str, role: str, house: House) -> None:
    reply = house.web("Olga").post("/people", name=name, role=role)
    assert reply.status_code == 422 and 'role="alert"' in reply.text


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


def test_a_device_that_was_locked_by_hand_opens_nothing(house: House) -> None:
    web = house.web("Pia")
    web.post("/lock")
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


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil", "/a//b", "javascript:x", "/x?y=1", "/\n/x"]
)
def test_a_sign_in_leads_to_no_other_site(to: str) -> None:
    assert back_of(to) == "" and back_of("/clients/x") == "/clients/x"


def test_guessing_a_password_takes_longer_each_time_for_the_name_and_less_for_the_house() -> None:
    now = [1000.0]
    guesses = Guesses(lambda: now[0])
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
    told = [web.post("/sign-in", name="Pia", password="wrong").status_code for _ in range(FREE + 1)]
    assert told == [403] * FREE + [429]
    late = web.post("/sign-in", name="Pia", password=PASSWORD)
    assert late.status_code == 429 and int(late.headers["retry-after"]) > 0
    unknown = [web.post("/sign-in", name="Nobody", password="wrong") for _ in range(FREE + 1)]
    assert [r.status_code for r in unknown] == told, "a name that nobody has is not told apart"


def test_an_unknown_name_costs_the_same_hash_as_a_known_one() -> None:
    passwords = Passwords()
    seen: list[str] = []

    class Counts:
        def hash(self, text: str) -> str:
            return PasswordHasher().hash(text)

        def verify(self, hashed: str, text: str) -> bool:
            seen.append(hashed.rsplit("$", 2)[0])
            return PasswordHasher().verify(hashed, text)

    passwords._hasher = Counts()  # type: ignore[assignment]
    known = Account("1", "Anna", "owner", passwords.hashed(PASSWORD))
    passwords.right(None, "x")
    seen.clear()
    told = [
        passwords.right(a, PASSWORD) for a in (known, replace(known, disabled=True), replace(known, hashed=""), None)
    ]
    assert told == [True, False, False, False]
    assert len(seen) == 4 and len(set(seen)) == 1 and "argon2id" in seen[0] and "m=65536" in seen[0]


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


# ---------------------------------------------------------------- other sites, large things, script


@pytest.mark.parametrize("address", [a for a in EVERY if a.startswith("POST")])
def test_a_page_of_another_site_sends_nothing(address: str, house: House) -> None:
    web = house.web("Olga")
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        reply = web.ask("POST", house.at(address.split()[1]), headers=headers, content=b"do=disable")
        assert reply.status_code == 403 and "another page" in reply.text


@pytest.mark.parametrize("address", [a for a in EVERY if a.startswith("POST")])
def test_a_huge_upload_is_refused_or_not_read(address: str, house: House) -> None:
    reply = house.web("Olga").ask("POST", house.at(address.split()[1]), content=b"label=" + b"x" * 6_000_000)
    unread = row_of("POST", house.at(address.split()[1]))[0]
    assert unread is not None
    assert reply.status_code < 500 and (reply.status_code in (400, 413) or len(reply.content) < 400_000)


SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def harmless(reply: httpx.Response) -> bool:
    """Whether no browser runs what was typed; it shows JSON and plain text as they are, since it may not guess."""
    page = "text/html" in reply.headers.get("content-type", "")
    return not page or ("<script>alert" not in reply.text and "<img src=x" not in reply.text)


@pytest.mark.parametrize("name", ["Olga", "Pia"])
def test_script_in_every_field_comes_back_as_text(name: str, house: House) -> None:
    web = house.web(name)
    made = web.post("/clients", label=SCRIPT[:80], age=SCRIPT, sex=SCRIPT)
    assert "<script>alert" not in made.text
    client = web.post("/clients", label=SCRIPT[:80]).headers["location"].split("/")[2]
    names = [
        "label",
        "age",
        "sex",
        "name",
        "role",
        "code",
        "password",
        "next",
        "said",
        "words",
        "physician",
        "physician_said",
        "by",
        "answer",
        "scope",
        "reason",
        "rule",
        "where",
        "size",
        "kind",
        "view",
        "site",
        "typed",
        "client",
        "practitioner",
        "address",
        "phone",
        "idle_min",
        "do",
        "act",
    ]
    skip = ("sign-out", "/lock", "/me/", "/people/{account}")
    for address in [a for a in EVERY if a.startswith("POST") and not any(s in a for s in skip)]:
        path = house.at(address.split()[1]).replace(house.client, client)
        reply = web.ask("POST", path, data=dict.fromkeys(names, SCRIPT))
        assert harmless(reply), address
        assert reply.status_code < 500, address
    for address in [a for a in EVERY if a.startswith("GET") and "/atlas" not in a and "/static" not in a]:
        path = house.at(address.split()[1]).replace(house.client, client)
        reply = web.get(path, params={"by": SCRIPT, "client": SCRIPT, "act": SCRIPT, "group": SCRIPT, "next": SCRIPT})
        assert harmless(reply), address


@pytest.mark.parametrize("address", [a for a in EVERY if a.startswith("GET")])
def test_every_answer_carries_the_headers(address: str, house: House) -> None:
    for web in (house.web(), house.web("Olga")):
        reply = web.get(house.at(address.split()[1]))
        assert {n: reply.headers.get(n) for n in HEADERS if n != "Cache-Control"} == {
            n: v for n, v in HEADERS.items() if n != "Cache-Control"
        }


@pytest.mark.parametrize("address", EVERY)
def test_no_address_carries_anything_but_ids(address: str) -> None:
    assert set(re.findall(r"\{(\w+)", address)) <= {"client", "session", "visit", "account", "version", "name", "path"}


# ---------------------------------------------------------------- this machine


def test_on_this_machine_nobody_signs_in_until_the_practice_wants_it(tmp_path: Path, plan_of_one: Any) -> None:
    house = House(tmp_path, plan_of_one)
    here = Web(house, sender=("127.0.0.1", 5000))
    assert SECRET in here.get(f"/clients/{house.client}").text and here.get("/people").status_code == 200
    assert {e.who for e in house.doors.audit.read(Wanted(client=house.client))[0]} >= {HERE}
    assert here.post("/people/settings", idle_min="5", here_too="1").status_code == 303
    assert here.get("/clients").headers["location"].startswith("/sign-in")
    for odd in ("0", "nan", "1e9", "x", ""):
        assert Web(house, house.people["Olga"].id).post("/people/settings", idle_min=odd).status_code == 422


# ---------------------------------------------------------------- an open socket


class Line:
    """An open socket of a session's screen."""

    def __init__(self, house: House, token: str, session: str) -> None:
        self.house, self.closed = house, False
        self.told: dict[str, Any] = {}
        self.ins: asyncio.Queue[Any] = asyncio.Queue()
        path = f"/sessions/{session}/ws"
        scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "client": ELSEWHERE, "scheme": "wss",
            "headers": [(b"cookie", f"{COOKIE}={token}".encode()), (b"host", b"unknot.local")], "server": ("unknot.local", 443),
            "subprotocols": [], "root_path": "",
        }  # fmt: skip
        self.view: dict[str, Any] = {}
        self.put({"type": "websocket.connect"})
        self.say("hello")
        asyncio.run_coroutine_threadsafe(house.app(scope, self.ins.get, self.send), house.loop)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = True
        elif "text" in message:
            self.told = json.loads(message["text"])
            self.view = self.told.get("view", self.view)

    def put(self, message: Any) -> None:
        self.house.loop.call_soon_threadsafe(self.ins.put_nowait, message)

    def say(self, sort: str, **more: Any) -> None:
        self.put(
            {
                "type": "websocket.receive",
                "text": json.dumps({"v": 1, "type": sort, "id": f"line-{time.monotonic_ns()}", **more}),
            }
        )

    def until(self, wanted: Callable[[], Any], wait_s: float = 10.0) -> bool:
        end = time.monotonic() + wait_s
        while not wanted() and time.monotonic() < end:
            time.sleep(0.02)
        return bool(wanted())


def test_a_screen_stays_while_hands_are_on_and_locks_when_they_are_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "LOOK_AGAIN_S", 0.0)
    ins, shift = house.doors.sign_ins, [timedelta(0)]
    monkeypatch.setattr(ins, "wall", lambda: datetime.now(UTC) + shift[0])
    line = Line(house, ins.begin(house.people["Pia"].id, "tablet"), house.begin())
    assert line.until(lambda: line.view)
    line.say("event", kind="next", seen=line.view["sequence"])
    line.say("event", kind="rate", value=5)
    assert line.until(lambda: line.view["hands_on"]), line.told
    for _ in range(4):
        shift[0] += timedelta(minutes=9)
        line.say("ping")
        assert not line.until(lambda: line.closed, 0.3), "hands are on: 36 minutes without a tap"
    line.say("event", kind="stop")
    line.say("event", kind="off")
    assert line.until(lambda: not line.view["hands_on"])
    shift[0] += timedelta(minutes=30)
    line.say("ping")
    assert line.until(lambda: line.closed)


def test_a_socket_closes_when_its_sign_in_is_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LOOK_AGAIN_S", 0.0)
    token = house.doors.sign_ins.begin(house.people["Olga"].id, "tablet")
    line = Line(house, token, house.begin())
    assert line.until(lambda: line.view)
    found = house.doors.sign_ins.find(token)
    assert found is not None
    house.doors.sign_ins.end(found.id)
    line.say("ping")
    assert line.until(lambda: line.closed)


# ---------------------------------------------------------------- the trail


def test_every_look_and_every_change_stands_in_the_trail_without_a_name_or_health(house: House) -> None:
    pia, audit = house.web("Pia"), house.doors.audit
    start = house.doors.store().last("audit")
    pia.get(f"/clients/{house.client}")
    pia.post(f"/clients/{house.client}/person", label="Zoe Zimt", age="42")
    house.web("Paul").get(f"/clients/{house.client}")
    pia.get(f"/sessions/{house.session}/end")
    rows = [(f.kind, f.body["who"], f.body["client"]) for f in house.doors.store().facts("audit", start)]
    me, other = house.people["Pia"].id, house.people["Paul"].id
    assert rows == [(a, w, house.client) for a, w in (("look", me), ("change", me), ("refused", other), ("look", me))]
    everything = json.dumps([f.body for f in house.doors.store().facts("audit")])
    assert "Zoe" not in everything and SECRET not in everything and "Pia" not in everything
    entries, _ = audit.read(Wanted(who=other, client=house.client))
    assert entries and {e.who for e in entries} == {other}


def test_the_trail_is_read_page_by_page_without_a_gap_and_by_the_owner_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "u.db")
    audit = Audit(lambda: store)
    rows = [{"who": "a" if n % 400 == 0 else "b", "what": "/x", "client": "c"} for n in range(1203)]
    store.append(STREAM, [Fact("look", row) for row in rows])
    seen, before = [], 0
    while True:
        entries, before = audit.read(Wanted(before=before), most=250)
        seen += [e.sequence for e in entries]
        if not before:
            break
    assert seen == list(range(1203, 0, -1))
    assert [e.sequence for e in audit.read(Wanted(who="a"))[0]] == [1201, 801, 401, 1]


def test_a_row_that_the_store_did_not_take_waits_and_comes_first(tmp_path: Path) -> None:
    store, broken = open_store(tmp_path / "u.db"), [True]

    def opened() -> Any:
        if broken[0]:
            raise StoreError([])
        return store

    audit = Audit(opened)
    audit.note("a", "look", "/first")
    broken[0] = False
    audit.note("a", "look", "/second")
    assert [e.what for e in audit.read(Wanted())[0]] == ["/second", "/first"]


def test_the_page_of_the_trail_filters_and_leads_on(house: House) -> None:
    olga = house.web("Olga")
    for _ in range(60):
        house.doors.audit.note(house.people["Fred"].id, "look", "/x", house.client)
    page = olga.get("/audit", params={"by": house.people["Fred"].id, "act": "look"}).text
    assert page.count("<tr>") == 51 and "Zoe Zimt" in page and "before=" in page
    older = re.search(r'href="(/audit\?[^"]*before=\d+)"', page)
    assert older and "Fred" in olga.get(older[1].replace("&amp;", "&")).text
