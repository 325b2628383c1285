"""Other sites, large things, script, forged headers: every address of the app."""

from __future__ import annotations

import base64
import json
import logging
import sys

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import Request

from house import EVERY, PASSWORD, SECRET, House
from logs import Logs
from unknot.record.sign_ins import SignIns
from unknot.web import home
from unknot.web.app import HEADERS
from unknot.web.passkeys import rp_of
from unknot.web.quiet import WithoutValues, log_config

# ---------------------------------------------------------------- other sites, large things, script


POSTS = [a.split()[1] for a in EVERY if a.startswith("POST")]


def test_a_page_of_another_site_sends_nothing(house: House) -> None:
    web = house.web("Olga")
    told: list[dict[str, str]] = [
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"},
    ]  # fmt: skip
    for pattern in POSTS:
        for headers in told:
            reply = web.ask("POST", house.at(pattern), headers=headers, content=b"do=disable")
            assert reply.status_code == 403 and "another page" in reply.text, (pattern, headers)


@pytest.mark.parametrize("path", [a.split()[1] for a in EVERY if a.startswith("WS")])
def test_a_socket_is_for_this_apps_own_pages_and_a_cookie_that_holds(path: str, house: House) -> None:
    pia, where = house.web("Pia"), house.at(path)
    if path == "/dial/ws":
        pia.post("/d", code=house.doors.codes.give("dial", house.session))
    own = "https://unknot.local"
    assert pia.socket(where, origin=own) == "websocket.accept"
    for origin in ("https://evil.example", "null", "https://unknot.local.evil.example", "https://unknot.local:444"):
        assert pia.socket(where, origin=origin) == "websocket.close", origin
    for cookie in ("", "unknot-account=forged; unknot-dial=forged", "unknot-account=; unknot-dial=", "\x7f"):
        assert house.web().socket(where, origin=own, cookie=cookie) == "websocket.close", cookie
    client = house.web()
    client.post("/q", code=house.doors.codes.give("form", house.client))
    assert client.socket(where) == "websocket.close", "a client's questionnaire opens no socket"
    pia.post("/lock")
    house.doors.codes.end_all("dial", house.session)
    assert pia.socket(where) == "websocket.close"


def test_a_huge_upload_is_refused_or_not_read(house: House) -> None:
    web, huge = house.web("Olga"), b"label=" + b"x" * 6_000_000
    for pattern in POSTS:
        reply = web.ask("POST", house.at(pattern), content=huge)
        assert reply.status_code < 500 and (reply.status_code in (400, 413) or len(reply.content) < 400_000), pattern


def sealed(public: str, told: str) -> str:
    """What a page for home gives back, whatever its script has put into it."""
    key, nonce = ec.generate_private_key(ec.SECP256R1()), bytes(12)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(public))
    secret = HKDF(hashes.SHA256(), 32, salt=None, info=home.INFO).derive(key.exchange(ec.ECDH(), theirs))
    form = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    parts = {"key": form, "nonce": nonce, "data": AESGCM(secret).encrypt(nonce, told.encode(), home.INFO)}
    text = json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()})
    return base64.b64encode(text.encode()).decode()


def test_half_a_character_that_a_script_has_cut_is_no_reason_to_lose_the_rest(house: House) -> None:
    web, store = house.web("Pia"), house.doors.store()
    told = r'{"words": "it began on the stairs \ud83d", "answers": {"frail": {"a": 1}}}'
    given = sealed(home.give_key(store, house.client), told)
    assert web.post(f"/clients/{house.client}/home", sealed=given).status_code == 303
    said = [f.body["text"] for f in store.facts(f"client:{house.client}") if f.kind == "said"]
    assert said[-1] == "it began on the stairs ?"
    rest = r'{"complaint": {"said": ["a \ud83d"]}}'
    assert web.post("/", typed="front of my left shoulder", rest=rest).status_code < 500


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar_are_no_days_of_a_practice(day: str, house: House) -> None:
    assert house.web("Olga").get(f"/day?on={day}").status_code == 200


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


def test_every_answer_carries_the_headers(house: House) -> None:
    wanted = {n: v for n, v in HEADERS.items() if n != "Cache-Control"}
    for web in (house.web(), house.web("Olga")):
        for pattern in [a.split()[1] for a in EVERY if a.startswith("GET")]:
            reply = web.get(house.at(pattern))
            assert {n: reply.headers.get(n) for n in wanted} == wanted, pattern


@pytest.mark.parametrize("path", ["%0d%0aset-cookie:a=b", "..%2f..%2fetc%2fpasswd", "%00", "%e2%80%ae", "a" * 3000])
def test_no_value_in_an_address_reaches_a_file_a_header_or_the_log(path: str, house: House) -> None:
    for who in ("", "Fred", "Olga"):
        web = house.web(who)
        for pattern in ("/clients/{}/letter.pdf", "/static/{}", "/atlas/1/{}", "/sessions/{}/end", "/{}"):
            reply = web.get(pattern.format(path))
            assert reply.status_code in (303, 400, 403, 404, 422), (who, pattern)
            assert "set-cookie" not in reply.headers and "root:" not in reply.text


def test_what_nobody_foresaw_is_answered_in_the_one_shape_and_logged_without_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        try:
            raise KeyError(f"Zoe Zimt has {SECRET}")
        except KeyError as error:
            raise ValueError(f"{SECRET} is no number") from error

    monkeypatch.setattr(SignIns, "of", fails)
    reply = house.web("Olga").get("/people")
    assert reply.status_code == 500 and reply.json()["error"]["code"] == "failed"
    assert SECRET not in reply.text and reply.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    (told,) = [r for r in caplog.records if "has failed" in r.getMessage()]
    assert "ValueError from KeyError at " in told.getMessage() and "test_attacks.py" in told.getMessage()
    assert SECRET not in told.getMessage() and told.exc_info is None


def test_a_log_of_the_server_of_the_loop_and_of_a_thread_holds_no_words_of_an_error() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        trace = sys.exc_info()
    records = [
        logging.LogRecord("uvicorn.error", logging.ERROR, "x", 1, "Exception in ASGI application\n", (), trace),
        logging.LogRecord(
            "asyncio", logging.ERROR, "x", 1, f"never retrieved\nfuture: <Task exception={SECRET}>", (), trace
        ),
        logging.LogRecord("asyncio", logging.ERROR, "x", 1, f"a task exception=ValueError('{SECRET}')", (), None),
    ]
    for record in records:
        assert WithoutValues().filter(record)
        told = logging.Formatter("%(message)s").format(record)
        assert SECRET not in told and len(told.splitlines()) == 1
    assert log_config()["handlers"]["told"]["filters"] == ["without_values"]


@pytest.mark.parametrize(
    ("host", "scheme", "name"),
    [
        ("unknot.example", "https", "unknot.example"), ("tablet.local:8765", "https", "tablet.local"), ("localhost:8765", "http", "localhost"),
        ("unknot.example", "http", ""), ("192.0.2.5:8765", "https", ""), ("[2001:db8::5]:8765", "https", ""), ("127.0.0.1", "https", ""),
    ],
)  # fmt: skip
def test_passkeys_are_made_where_the_name_allows_them(host: str, scheme: str, name: str, house: House) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "scheme": scheme,
        "headers": [(b"host", host.encode())],
    }
    assert rp_of(Request(scope)) == name
    status = 200 if name else 400
    assert house.web().ask("POST", f"{scheme}://{host}/sign-in/options").status_code == status
    assert house.web("Olga").ask("POST", "/me/passkey/options").status_code == 200


def test_the_run_fails_when_a_name_a_sentence_a_password_or_a_code_stands_in_any_log(house: House, logs: Logs) -> None:
    code = house.doors.codes.give("form", house.client)
    assert {
        "Zoe Zimt": "a client",
        f"I have {SECRET}": "a client's words",
        PASSWORD: "a password",
        code: "a code",
    }.items() <= logs.values.items()
    own = Logs()
    own.values = dict(logs.values)
    logging.getLogger("unknot.web.errors").warning("a row of %s", "nobody")
    assert any("a row of nobody" in line for line in logs.lines), "every record of every logger is read"
    for told in ("Zoe Zimt came", f"said: I have {SECRET}.", f"password={PASSWORD}", f"/q?{code}"):
        own.lines = {told: None}
        assert len(own.leaks()) == 1, told
    own.lines = {"nobody came": None, "Zoe Zimtstern": None}
    assert own.leaks() == []
