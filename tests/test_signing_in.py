"""Signing in, in a real Chromium: the first owner, people, a passkey of a virtual device, the lock; looked at by axe in light and dark."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from serving import served
from unknot.record.accounts import Settings
from unknot.record.sessions import Sessions
from unknot.web.access import COOKIE
from unknot.web.app import create_app
from unknot.web.codes import Codes

PASSWORD = "four easy words here"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any, Codes]]:
    """(address, doors, codes) of an app that knows nobody on this machine: who comes by its name signs in."""
    codes = Codes(time.monotonic)
    app = create_app(["localhost", "127.0.0.1"], tmp_path_factory.mktemp("store") / "u.db", codes=codes, lan=True)
    app.state.doors.here = lambda scope: False
    with served(app) as address:
        yield address.replace("127.0.0.1", "localhost"), app.state.doors, codes


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: said.append(str(e)))
    yield opened
    assert [s for s in said if "status of 4" not in s and "response code: 403" not in s] == []
    context.close()


def device(page: Page) -> Callable[[], None]:
    """A device that keeps passkeys and knows its person; what takes it away again."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    keeps = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": {**keeps, "automaticPresenceSimulation": True}})
    return lambda: line.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})


def seen_by_axe(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == [], f"{page.url} {scheme}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def owner(page: Page, where: str, codes: Codes) -> None:
    """By the link of the terminal to an account."""
    page.goto(f"{where}/join#{codes.give('account', 'owner')}")
    page.wait_for_url("**/join/account")
    name = page.locator("#name")
    if name.is_visible():
        name.fill(f"Olga {time.monotonic_ns() % 100000}")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url("**/clients")


def test_from_the_link_to_an_account_to_people_and_a_passkey_that_signs_in(
    page: Page, practice: tuple[str, Any, Codes]
) -> None:
    where, doors, codes = practice
    device(page)
    page.goto(f"{where}/clients")
    expect(page.locator("h1")).to_have_text("Sign in")
    seen_by_axe(page)
    owner(page, where, codes)
    assert "#" not in page.url
    page.goto(f"{where}/people")
    page.fill("#name", "Fred")
    page.locator('label:has([value="front"])').click()
    page.get_by_role("button", name="Add, and give a code").click()
    expect(page.locator("#code .code")).to_have_text(re.compile(r"[A-Z2-9]{5} [A-Z2-9]{5}"))
    seen_by_axe(page)
    page.goto(f"{where}/me")
    page.fill("#key-name", "my tablet")
    page.locator("#new-passkey").click()
    expect(page.get_by_text("my tablet")).to_be_visible()
    seen_by_axe(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.locator("#passkey").click()
    page.wait_for_url("**/clients")
    page.goto(f"{where}/audit")
    expect(page.locator(".trail")).to_contain_text("signed in")
    seen_by_axe(page)
    token = next(c["value"] for c in page.context.cookies() if c["name"] == COOKIE)
    doors.sign_ins._change(doors.sign_ins.find(token).id, proved="")
    page.goto(f"{where}/people")
    page.locator(".person", has_text="Fred").locator("select").select_option("practitioner")
    page.locator(".person", has_text="Fred").get_by_role("button", name="Change").click()
    expect(page.locator("h1")).to_have_text("Say who you are again")
    seen_by_axe(page)
    page.locator("#prove-passkey").click()
    expect(page.locator("h2", has_text="Fred")).to_contain_text("Practitioner")
    doors.sign_ins._change(doors.sign_ins.find(token).id, proved="")
    page.goto(f"{where}/me")
    page.locator("#new-passkey").click()
    page.wait_for_url("**/prove?next=/me")
    page.fill("#proof", PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url("**/me")
    assert page.locator("#old").count() == 0


def test_a_passkey_of_another_practice_or_none_signs_in_to_nothing(
    page: Page, practice: tuple[str, Any, Codes]
) -> None:
    where, _, codes = practice
    lost = device(page)
    owner(page, where, codes)
    page.goto(f"{where}/me")  # where nobody has a passkey none is asked for
    page.fill("#key-name", "a phone that was lost")
    page.locator("#new-passkey").click()
    expect(page.get_by_text("a phone that was lost")).to_be_visible()
    lost()
    page.context.clear_cookies()
    device(page)
    page.goto(f"{where}/sign-in")
    page.locator("#passkey").click()
    expect(page.locator("#told")).to_contain_text("Sign in with the password", timeout=20_000)
    made_up = """async () => {
      const asked = await (await fetch('/sign-in/options', { method: 'POST' })).json();
      const body = new URLSearchParams({ key: asked.key, credential: JSON.stringify({ id: 'x', rawId: 'x', type: 'public-key', response: {} }) });
      return (await fetch('/sign-in/passkey', { method: 'POST', body })).status;
    }"""
    assert page.evaluate(made_up) == 403


def test_a_page_without_a_hand_on_it_locks_itself_and_leads_back(page: Page, practice: tuple[str, Any, Codes]) -> None:
    where, doors, codes = practice
    owner(page, where, codes)
    now = doors.settings()
    doors.accounts.keep_settings(Settings(1.0, now.here_too, now.version))
    page.goto(f"{where}/practice")
    page.evaluate(
        "localStorage.setItem('unknot-seen', String(Date.now() - 61_000)); document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_url("**/sign-in?next=/practice")
    expect(page.locator("h1")).to_have_text("Locked")
    seen_by_axe(page)
    page.go_back()
    expect(page.locator("h1")).not_to_have_text("Practice")
    page.goto(f"{where}/sign-in?next=/practice")
    page.fill("#password", PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url("**/practice")
    now = doors.settings()
    doors.accounts.keep_settings(Settings(10.0, now.here_too, now.version))


def test_by_a_bare_address_no_passkey_is_offered(page: Page, practice: tuple[str, Any, Codes]) -> None:
    where, _, _ = practice
    page.goto(where.replace("localhost", "127.0.0.1") + "/sign-in")
    assert page.locator("#passkey").count() == 0 and page.locator("#password").is_visible()


def test_the_page_of_who_treats_a_client_is_seen_by_axe(page: Page, practice: tuple[str, Any, Codes]) -> None:
    where, _, codes = practice
    owner(page, where, codes)
    page.goto(f"{where}/clients")
    page.fill("#label", "K. 7")
    page.locator("button.primary").click()
    page.wait_for_url("**/phone")
    page.goto(page.url.replace("/phone", "/who"))
    assert page.locator('input[type="checkbox"]:checked').count() == 1, "who makes a client treats them"
    seen_by_axe(page)


def test_the_screen_of_a_session_leads_to_the_sign_in_when_it_is_locked_with_the_hands_off(
    page: Page, practice: tuple[str, Any, Codes], plan_of_one: Any
) -> None:
    where, doors, codes = practice
    owner(page, where, codes)
    page.goto(f"{where}/clients")
    page.fill("#label", "L. 8")
    page.locator("button.primary").click()
    page.wait_for_url("**/phone")
    client = page.url.split("/")[-2]
    visit = next(f.body["visit"] for f in doors.store().facts(f"client:{client}") if f.kind == "visit_opened")
    session = Sessions(doors.store()).begin(client, visit, plan_of_one, ())
    page.goto(f"{where}/sessions/{session}")
    page.wait_for_selector("body:not([data-phase=joining])")
    token = next(c["value"] for c in page.context.cookies() if c["name"] == COOKIE)
    doors.sign_ins.lock(doors.sign_ins.find(token).id)
    page.wait_for_url(f"**/sign-in?next=/sessions/{session}", timeout=20_000)
    expect(page.locator("h1")).to_have_text("Locked")
