"""Other devices in the room: over TLS alone, by a code that works once; without a pass nothing of a client is seen."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from late import until
from logs import Logs
from unknot.errors import UnknotError
from unknot.record.store import FILE, open_store
from unknot.web.codes import MINUTES, MOST_TRIES, Codes
from unknot.web.lan import addresses, made_certificate, own_certificate
from unknot.web.serve import _listen


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# ---------------------------------------------------------------- codes


def test_a_code_opens_its_one_thing_once() -> None:
    codes = Codes(Clock())
    code = codes.give("form", "anna")
    held = codes.use(f" {code[:5].lower()}-{code[5:]} ", "form")
    assert held is not None and (held.thing, held.whose) == ("form", "anna")
    assert codes.use(code, "form") is None
    assert codes.holder(held.key) is not None
    codes.end(held.key)
    assert codes.holder(held.key) is None


def test_a_code_and_a_pass_run_out() -> None:
    clock = Clock()
    codes = Codes(clock)
    code = codes.give("form", "anna")
    clock.now += MINUTES * 60
    assert codes.use(code, "form") is None
    held = codes.use(codes.give("form", "anna"), "form")
    assert held is not None
    clock.now += MINUTES * 60 - 1
    assert codes.holder(held.key) is not None, "who works stays in"
    clock.now += MINUTES * 60 - 1
    assert codes.holder(held.key) is not None
    clock.now += MINUTES * 60
    assert codes.holder(held.key) is None


def test_a_new_code_for_the_same_thing_ends_the_old_one() -> None:
    codes = Codes(Clock())
    old, other = codes.give("form", "anna"), codes.give("form", "bert")
    new = codes.give("form", "anna")
    assert codes.use(old, "form") is None
    assert codes.use(new, "form") is not None and codes.use(other, "form") is not None


def test_a_code_tried_at_another_door_opens_nothing_there_and_is_not_used_up() -> None:
    codes = Codes(Clock())
    code = codes.give("form", "anna")
    assert codes.use(code, "desk") is None
    assert codes.use(code, "form") is not None


def test_guessing_is_stopped_after_a_few_tries_and_goes_on_after_a_minute() -> None:
    clock = Clock()
    codes = Codes(clock)
    code = codes.give("form", "anna")
    for _ in range(MOST_TRIES):
        assert not codes.shut("form", "192.0.2.7")
        assert codes.use("WRONGWRONG", "form", "192.0.2.7") is None
    assert codes.shut("form", "192.0.2.7") and codes.use(code, "form", "192.0.2.7") is None, "nor the right one"
    clock.now += 61
    assert codes.use(code, "form", "192.0.2.7") is not None


def test_guessing_shuts_one_door_to_one_address_and_burns_no_code() -> None:
    codes = Codes(Clock())
    code, other = codes.give("dial", "s"), codes.give("desk", "practice")
    for _ in range(1000):
        assert codes.use("WRONGWRONG", "dial", "192.0.2.7") is None
    assert codes.use(other, "desk", "192.0.2.7") is not None
    assert codes.use(code, "dial", "192.0.2.8") is not None


def test_the_key_of_a_device_outlives_the_program_and_nothing_secret_is_kept(tmp_path: Path) -> None:
    wall = Clock()
    with closing(open_store(tmp_path / FILE)) as store:
        codes = Codes(Clock(), lambda: store, wall)
        unused, keys = codes.give("dial", "s-1"), {}
        for thing, whose in (("dial", "s-1"), ("desk", "practice"), ("form", "c-1")):
            held = codes.use(codes.give(thing, whose), thing)
            assert held is not None
            keys[thing] = held.key
        again = Codes(Clock(), lambda: store, wall)
        for thing, key in keys.items():
            found = again.holder(key)
            assert found is not None and found.thing == thing
        assert again.holder("") is None and again.holder("unknown") is None and again.use(unused, "dial") is None
        told = [str(d) for d in store.all("device")]
        assert len(told) == 3 and not any(key in one for key in keys.values() for one in told)
        assert {d.body.get("client") for d in store.all("device")} == {None, "c-1"}, "erased with the client"
        again.end(keys["desk"])
        again.end_all("dial", "s-1")
        assert again.holder(keys["desk"]) is None and again.holder(keys["dial"]) is None
        assert until(lambda: sum("ended" in d.body for d in store.all("device")) == 2)
        third = Codes(Clock(), lambda: store, wall)
        assert third.holder(keys["desk"]) is None and third.holder(keys["dial"]) is None
        assert third.holder(keys["form"]) is not None
        wall.now += MINUTES * 60
        assert Codes(Clock(), lambda: store, wall).holder(keys["form"]) is None, "it runs out while the program is away"


def test_a_code_is_long_and_holds_no_letter_that_is_taken_for_another() -> None:
    made = {Codes(Clock()).give("form", "x") for _ in range(200)}
    assert len(made) == 200 and all(len(code) == 10 and not set(code) & set("ILO01") for code in made)


# ---------------------------------------------------------------- certificates


def test_a_made_certificate_names_this_machine_is_kept_and_its_key_is_secret(tmp_path: Path) -> None:
    from cryptography import x509

    first = made_certificate(tmp_path)
    assert made_certificate(tmp_path) == first, "the same one until it runs out, or devices would warn each day"
    found = x509.load_pem_x509_certificate(first.cert.read_bytes())
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ips = set(named.get_values_for_type(x509.IPAddress))
    assert {ipaddress.ip_address(a) for a in ("127.0.0.1", *addresses())} <= ips
    assert first.key.stat().st_mode & 0o077 == 0
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", first.fingerprint)


def test_a_key_that_others_could_read_is_made_anew_for_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "lan.key").write_text("old")
    (tmp_path / "lan.key").chmod(0o644)
    assert made_certificate(tmp_path).key.stat().st_mode & 0o077 == 0


def test_a_certificate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.crt").write_text("not a certificate")
    with pytest.raises(UnknotError, match="PEM"):
        own_certificate(tmp_path / "bad.crt", tmp_path / "none.key")


def test_a_fingerprint_is_printed_letter_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    from unknot.cli import _announce

    _announce("fingerprint: 91:E1:AB:43:OK:[bold]")
    assert "91:E1:AB:43:OK:[bold]" in capsys.readouterr().out


# ---------------------------------------------------------------- the running app


def test_no_answer_waits_for_the_network_to_gather_more() -> None:
    """With Nagle's delay on, every answer of two packets took 45 ms instead of 5."""
    listener = _listen("127.0.0.1", 0)
    told: list[int] = []

    class Asked(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            told.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    async def ask() -> None:
        async with await asyncio.get_running_loop().create_server(Asked, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()

    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, ask()).result(20)
    assert told == [1]


@pytest.fixture
def room(tmp_path: Path, logs: Logs) -> Iterator[tuple[str, str, str]]:
    """(address, code, fingerprint) of an app that serves the room."""
    program = "from unknot.cli import main; main()"
    command = [
        sys.executable,
        "-u",
        "-c",
        program,
        "--lan",
        "--no-browser",
        "--port",
        "0",
        "--data",
        str(tmp_path / "u.db"),
    ]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    told = ""
    while "kept in" not in told:
        line = running.stdout.readline()
        assert line, told
        told += line
    address, code = re.search(r"https://127\.0\.0\.1:\d+", told), re.search(r"minutes: (\w{10})", told)
    print_ = re.search(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", told)
    assert address and code and print_, told
    for _ in range(200):
        try:
            httpx.get(address[0], verify=False, timeout=2)
            break
        except httpx.HTTPError:
            pass
    yield address[0], code[1], print_[0]
    running.terminate()
    rest = running.communicate(timeout=20)[0]
    logs.saw(rest)
    assert "Traceback" not in rest


def test_the_room_is_served_over_tls_alone_with_the_certificate_that_was_announced(room: tuple[str, str, str]) -> None:
    import hashlib

    address, code, told = room
    port = int(address.rsplit(":", 1)[1])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain) as secured:
        der = secured.getpeercert(binary_form=True)
    assert der is not None and hashlib.sha256(der).hexdigest().upper() == told.replace(":", "")
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
    joined = httpx.post(f"{address}/join", data={"code": code}, verify=False, timeout=60)
    assert (
        joined.status_code == 303
        and "Secure" in joined.headers["set-cookie"]
        and "HttpOnly" in joined.headers["set-cookie"]
    )
    assert httpx.post(f"{address}/join", data={"code": code}, verify=False, timeout=60).status_code == 403
