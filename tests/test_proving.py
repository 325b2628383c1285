"""What lets somebody in is changed only by who has just shown who they are; what keeps somebody out never waits for that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from house import PASSWORD, House, Web
from unknot.record.sign_ins import PROOF_HOLDS
from unknot.web.access import COOKIE
from unknot.web.passkeys import why_not

LETS_IN = (
    ("POST /people", {"name": "Eve", "role": "owner"}),
    ("POST /people", {"name": "Eve", "role": "front"}),
    ("POST /people/settings", {"idle_min": "10"}),
    ("POST /people/{Stu}", {"do": "role", "role": "owner"}),
    ("POST /people/{Stu}", {"do": "code"}),
    ("POST /people/{Stu}", {"do": "enable"}),
    ("POST /me/password", {"password": "another four words", "again": "another four words"}),
    ("POST /me/passkey/remove", {"passkey": "x"}),
    ("POST /me/passkey/options", {}),
)
"""Everything by which somebody gets in, or gets in as more than before."""


@pytest.fixture
def later(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[timedelta]]:
    """A calendar that can be moved on."""
    shift = [timedelta(0)]
    monkeypatch.setattr(house.doors.sign_ins, "wall", lambda: datetime.now(UTC) + shift[0])
    yield shift


def stands(house: House) -> list[Any]:
    """All that says who gets in."""
    return [(a.id, a.version) for a in house.doors.accounts.all()] + [house.doors.settings(), dict(house.doors.codes._out)]  # fmt: skip


def asked(house: House, web: Web, address: str, fields: dict[str, str]) -> Any:
    path = re.sub(r"\{(\w+)\}", lambda m: house.people[m[1]].id, address.split()[1])
    return web.ask("POST", path, data=fields, headers={"host": "unknot.local"})


def test_nothing_that_lets_somebody_in_is_changed_on_a_device_that_was_found_signed_in(
    house: House, later: list[timedelta]
) -> None:
    web, before = house.web("Olga"), stands(house)
    later[0] = PROOF_HOLDS
    for address, fields in LETS_IN:
        reply = asked(house, web, address, fields)
        assert reply.status_code == 403 and ("/prove" in reply.text or 'name="old"' in reply.text), address
        assert "another four words" not in reply.text, "a new password is not sent back"
        assert stands(house) == before, address
    later[0] = timedelta(0)
    web = house.web("Olga")
    later[0] = -timedelta(seconds=30)
    assert asked(house, web, *LETS_IN[0]).status_code == 403, "a calendar that was set back is no proof"
    later[0] = -timedelta(minutes=2)
    assert asked(house, web, *LETS_IN[0]).status_code == 401, "and further back it has run out"


def test_a_role_that_was_asked_for_is_given_after_the_password_and_for_five_minutes_more(
    house: House, later: list[timedelta]
) -> None:
    web, stu = house.web("Olga"), house.people["Stu"].id
    later[0], start = timedelta(minutes=6), house.doors.store().last("audit")
    page = web.post(f"/people/{stu}", do="role", role="front").text
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert sent == {"then": f"/people/{stu}", "sends": "1", "do": "role", "role": "front"}
    wrong = web.post("/prove", **sent, proof="wrong")
    assert wrong.status_code == 403 and 'value="front"' in wrong.text and "not your password" in wrong.text
    right = web.post("/prove", **sent, proof=PASSWORD)
    assert right.status_code == 307 and right.headers["location"] == f"/people/{stu}"
    assert web.post(f"/people/{stu}", **sent).status_code == 303
    found = house.doors.accounts.get(stu)
    assert found is not None and found.role == "front"
    later[0] += PROOF_HOLDS - timedelta(seconds=20)
    assert web.post(f"/people/{stu}", do="role", role="student").status_code == 303
    later[0] += timedelta(seconds=30)
    assert web.post(f"/people/{stu}", do="role", role="front").status_code == 403
    kinds = [f.kind for f in house.doors.store().facts("audit", start) if f.body["what"] in ("/prove", "")]
    assert kinds == ["wrong", "sign_in"]


def test_only_ones_own_proof_counts_and_it_leads_to_no_other_site(house: House, later: list[timedelta]) -> None:
    web = house.web("Pia")
    later[0] = timedelta(minutes=6)
    one = house.doors.sign_ins.find(web.http.cookies[COOKIE])
    assert one is not None
    assert web.post("/prove/passkey", key="x", credential="{}").status_code == 403
    assert web.post("/prove", proof="five easy words here").status_code == 403
    assert not house.doors.sign_ins.proved(one)
    for then, led in (("https://evil.example/", "/me"), ("//evil.example", "/me"), ("/people", "/people")):
        reply = web.post("/prove", proof=PASSWORD, then=then)
        assert reply.status_code == 303 and reply.headers["location"] == led
    other = house.doors.sign_ins.find(house.doors.sign_ins.begin(one.account, "another device"))
    later[0] += PROOF_HOLDS
    assert other is not None and not house.doors.sign_ins.proved(other)


def test_what_keeps_somebody_out_never_waits(house: House, later: list[timedelta]) -> None:
    web, stranger = house.web("Olga"), house.web("Stu")
    stu = house.people["Stu"].id
    later[0] = timedelta(minutes=6)
    assert web.post(f"/people/{stu}", do="end").status_code == 303 and stranger.get("/me").status_code == 303
    assert web.post(f"/people/{stu}", do="disable").status_code == 303
    web.post("/prove", proof=PASSWORD)
    assert web.post(f"/people/{stu}", do="enable").status_code == 303


def test_a_password_is_changed_by_the_one_until_now_or_by_who_has_just_shown_who_they_are(
    house: House, later: list[timedelta]
) -> None:
    new = "another four words"
    web = house.web("Paul")
    assert 'name="old"' not in web.get("/me").text
    assert web.post("/me/password", password=new, again=new).status_code == 303
    later[0] = timedelta(minutes=6)
    assert 'name="old"' in web.get("/me").text
    assert web.post("/me/password", old=PASSWORD, password=new, again=new).status_code == 403
    assert web.post("/me/password", old=new, password=PASSWORD, again=PASSWORD).status_code == 303
    assert 'name="old"' not in web.get("/me").text, "the new sign-in was proved by it"


def test_a_sign_in_from_before_proofs_were_noted_works_on_and_has_none(house: House) -> None:
    ins, store = house.doors.sign_ins, house.doors.store()
    one = ins.find(ins.begin(house.people["Pia"].id, "old"))
    assert one is not None
    found = store.get("sign_in", one.id)
    assert found is not None
    store.put("sign_in", one.id, {k: v for k, v in found.body.items() if k != "proved"}, over=found.version)
    again = ins.by_id(one.id)
    assert again is not None and not ins.proved(again)


@pytest.mark.parametrize(
    ("scheme", "host", "self_made", "reason"),
    [
        ("https", "unknot.practice.example", False, ""), ("https", "tablet.local", False, ""), ("http", "localhost", False, ""),
        ("https", "192.0.2.7", False, "bare"), ("https", "::1", False, "bare"), ("https", "a_b", False, "bare"), ("https", "1.2", False, "bare"),
        ("https", "", False, "bare"), ("http", "unknot.practice.example", False, "plain"), ("https", "unknot.practice.example", True, "self_made"),
        ("https", "localhost", True, "self_made"),
    ],
)  # fmt: skip
def test_a_passkey_is_offered_only_where_a_browser_keeps_one(
    scheme: str, host: str, self_made: bool, reason: str
) -> None:
    request = Mock()
    request.url.scheme, request.url.hostname = scheme, host
    request.scope = {"app": Mock(state=Mock(self_made=self_made))}
    assert why_not(request) == reason


def test_where_no_passkey_works_one_line_says_why(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    web = house.web("Pia")
    assert "No passkeys here" not in web.get("/me").text
    monkeypatch.setattr(house.app.state, "self_made", True)
    page = web.get("/me").text
    assert page.count("No passkeys here: the certificate of this app is self-made") == 1 and "new-passkey" not in page
    refused = web.post("/me/passkey/options")
    assert refused.status_code == 400 and "self-made" in refused.text
    assert "self-made" not in house.web().get("/sign-in").text, "where nobody has one, nobody is told"
