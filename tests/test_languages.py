"""A language that a practice adds: what a client sees is said in it, what is missing in English, and the practice itself is not touched by it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from serving import served
from unknot.knowledge.load import knowledge
from unknot.record.erase import erase
from unknot.record.languages import KIND, LanguageError, Languages, answered_in, english, read, template
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.web.app import create_app
from unknot.web.codes import Codes
from unknot.web.desk import Screening
from unknot.web.marks import KINDS
from unknot.web.page import Page
from unknot.web.papers import _wanted
from unknot.web.tongue import chosen
from unknot.words import say

K = knowledge()
CODE, NAME = "zxx", "Ṗṡëüḋö"
LETTERS = str.maketrans("aeiouyAEIOUn", "äëïöüÿÄËÏÖÜñ")


def pseudo(text: str) -> str:
    """A text as a language that nobody speaks (`zxx`, no linguistic content), its {names} kept: whatever has no such letters was not put into it."""
    return "".join(part if part.startswith("{") else part.translate(LETTERS) for part in re.split(r"(\{[^}]*\})", text))


def file_of(skip: str = "") -> str:
    """The template of the practice put into the language; keys that begin with `skip` are left out."""
    lines = template(K).splitlines()
    found = []
    for line in lines:
        key, _, text = line.partition(" = ")
        if line.startswith('"') and not (skip and key.strip('"').startswith(skip)):
            found.append(f"{key} = {pseudo(text)}")
    return f'[language]\ncode = "{CODE}"\nname = "{NAME}"\n[messages]\n' + "\n".join(found)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Desk, Any]]:
    data = tmp_path_factory.mktemp("languages") / "unknot.db"
    app = create_app(data=data)
    with served(app) as server:
        reply = httpx.post(f"{server}/languages", data={"text": file_of("consent.")}, timeout=30)
        assert reply.status_code == 303, reply.text
        yield server, Desk(open_store(data), K), app


@contextmanager
def phone(practice: tuple[str, Desk, Any], thing: str, whose: str, accepts: str) -> Iterator[httpx.Client]:
    """A client's phone that has used a code."""
    server, _, app = practice
    with httpx.Client(base_url=server, headers={"accept-language": accepts}, follow_redirects=True, timeout=30) as web:
        web.post("/q", data={"code": app.state.doors.codes.give(thing, whose)})
        yield web


def visit(desk: Desk) -> tuple[str, str]:
    person = desk.new_client("L. 1", 46.0, "female")
    return person.id, desk.visit_of(person.id, date.today()).id


def test_a_phone_that_asks_for_the_language_gets_its_pages_in_it_with_its_code_and_english_where_it_is_missing(
    practice: tuple[str, Desk, Any],
) -> None:
    client, _ = visit(practice[1])
    with phone(practice, "form", client, f"{CODE},en;q=0.5") as web:
        drawn = web.get("/mine/draw").text
        assert f'<html lang="{CODE}">' in drawn and pseudo("Where does it hurt?") in drawn
        assert f"{pseudo('front of the shoulder')} ({pseudo('right')})" in drawn and pseudo("ache") in drawn
        asked = web.get("/mine/ask").text
        assert pseudo(say("ask.rest_no")) in asked and pseudo("Do you need help to stand up") in asked
        kind, at = KINDS[0], {"view": "front", "across": "270", "down": "330", "size": "small"}
        marked = web.post("/mine/marks", data={"kind": kind, **at}).text
        row = re.search(r'<ul class="rows"><li>.*?<span>(.*?)</span>', marked, re.S)
        assert row is not None and not re.search("[aeiou]", row[1].replace("amp;", "")), row
        assert escape(pseudo(say("pictures.view", view="front", left="right", right="left"))) in marked
        consent = web.get("/mine/consent").text
        area = next(iter(K.consent_areas.values()))
        assert "<h1>Agreed areas</h1>" in consent and pseudo(area.ask) in consent, (
            "a title that was left out is English"
        )
        changed = web.post("/mine/language", data={"language": "en", "back": "/mine/draw"}).text
        assert '<html lang="en">' in changed and "Where does it hurt?" in changed and NAME in changed
        evil = web.post("/mine/language", data={"language": CODE, "back": "//evil.example"}, follow_redirects=False)
        assert evil.headers["location"] == "/mine/draw"
    with phone(practice, "form", client, "de,en;q=0.5") as web:
        assert '<html lang="en">' in web.get("/mine/draw").text


def test_the_practice_is_spoken_to_in_english_whatever_its_browser_asks_for(practice: tuple[str, Desk, Any]) -> None:
    client, _ = visit(practice[1])
    shown = httpx.get(f"{practice[0]}/clients/{client}", headers={"accept-language": CODE}, timeout=30).text
    assert '<html lang="en">' in shown and pseudo("Agreed areas") not in shown


def test_the_sheet_by_code_and_the_page_for_home_are_in_the_language(practice: tuple[str, Desk, Any]) -> None:
    client, seen = visit(practice[1])
    with phone(practice, "sheet", f"{client}/{seen}", CODE) as web:
        sheet = web.get("/mine/sheet")
        assert sheet.status_code == 200 and pseudo("What to do at home") in sheet.text
        assert web.get("/mine/sheet.pdf").content.startswith(b"%PDF")
        assert web.get("/mine/ask").status_code == 403, "one code, one thing"
    made = httpx.post(f"{practice[0]}/clients/{client}/home.html", data={"language": CODE}, timeout=30).text
    assert f'<html lang="{CODE}">' in made and pseudo("Before your visit") in made
    plain = httpx.post(f"{practice[0]}/clients/{client}/home.html", timeout=30).text
    assert '<html lang="en">' in plain and pseudo("Before your visit") not in plain


def test_the_practice_gives_the_sheet_in_the_language_in_which_the_client_answered_or_in_the_one_that_is_chosen(
    practice: tuple[str, Desk, Any],
) -> None:
    server, desk, _ = practice
    client, seen = visit(desk)
    there, home = f"{server}/clients/{client}/visits/{seen}/sheet", pseudo("What to do at home")
    plain = httpx.get(there, timeout=30).text
    assert home not in plain and NAME in plain and 'aria-current="true">English' in plain, "nobody knows yet"
    assert home in httpx.get(f"{there}?language={CODE}", timeout=30).text
    with phone(practice, "form", client, CODE) as web:
        web.get("/mine/ask")
        assert answered_in(desk.store, client) == "", "a look is no answer"
        web.post("/mine/ask", data={"shown": "fever"})
    assert answered_in(desk.store, client) == CODE
    shown = httpx.get(there, timeout=30).text
    assert '<html lang="en">' in shown and home in shown and f'<div lang="{CODE}">' in shown
    assert f"sheet.pdf?language={CODE}" in shown
    assert home not in httpx.get(f"{there}?language=en", timeout=30).text
    pdf = {
        code: httpx.get(f"{there}.pdf{code}", timeout=30).content for code in ("", f"?language={CODE}", "?language=en")
    }
    assert f"({CODE})".encode() in pdf[""] and f"({CODE})".encode() in pdf[f"?language={CODE}"]
    assert f"({CODE})".encode() not in pdf["?language=en"]
    of = Screening(Page(K), lambda: desk.store, Codes(time.monotonic), date.today)
    exported = {one.paper: one.make() for one in _wanted(of, client) if one.paper in ("sheet", "note")}
    assert {paper: f"({CODE})".encode() in data for paper, data in exported.items()} == {"sheet": True, "note": False}
    erase(desk.store, client)
    assert answered_in(desk.store, client) == ""


def test_the_owners_page_counts_what_is_missing_and_names_what_cannot_be_used(practice: tuple[str, Desk, Any]) -> None:
    server, desk, _ = practice
    missing = [key for key in english(K) if key.startswith("consent.")]
    shown = httpx.get(f"{server}/languages", timeout=30).text
    assert f"{len(english(K)) - len(missing)} of {len(english(K))} messages" in shown
    assert all(f"<code>{key}</code>" in shown for key in missing)
    odd = '[language]\ncode = "xx"\nname = "X"\n[messages]\n"draw.on" = "\\u202eon"\n"ask.along" = "{numbr}"\n"no.such" = "x"\n"words.title" = ""\n"draw.add" = "ok"'
    found = read(odd, K)
    assert set(found.wrong) == {"draw.on", "ask.along"} and found.unknown == ("no.such",)
    assert dict(found.messages) == {"draw.add": "ok"}
    for bad in (
        "no toml =",
        "",
        '[language]\ncode = "en"\nname = "E"',
        '[language]\ncode = "../x"\nname = "E"',
        "x" * 500_000,
    ):
        with pytest.raises(LanguageError):
            read(bad, K)
        assert httpx.post(f"{server}/languages", data={"text": bad}, timeout=30).status_code == 422
    of = Languages(desk.store, K)
    of.keep(odd)
    assert [one.code for one in of.all()] == ["xx", CODE] and desk.store.get(KIND, "xx") is not None
    httpx.post(f"{server}/languages/remove", data={"code": "xx"}, timeout=30)
    assert [one.code for one in of.all()] == [CODE]


def test_no_name_of_a_language_becomes_part_of_a_page_and_what_is_worked_out_stays_english(
    practice: tuple[str, Desk, Any],
) -> None:
    server, desk, _ = practice
    evil = '\\"><b id=evil>'
    names = "".join(
        f'"{key}" = "{evil}"\n' for key in english(K) if key.startswith(("region.", "view.", "side.", "sheet."))
    )
    Languages(desk.store, K).keep(
        f'[language]\ncode = "xx"\nname = "X"\n[messages]\n{names}"list.and" = "{{rest}} ZUND {{last}}"'
    )
    client, seen = visit(desk)
    sites = [{"site": s, "intensity": 6} for s in ("shoulder.front@right", "shoulder.front@left", "arm.side@right")]
    with phone(practice, "form", client, "xx") as web:
        drawn = web.get("/mine/draw").text
    desk.store.put("drawing", seen, {"format": 1, "pain": sites})
    with phone(practice, "sheet", f"{client}/{seen}", "xx") as web:
        sheet = web.get("/mine/sheet").text
    home = httpx.post(f"{server}/clients/{client}/home.html", data={"language": "xx"}, timeout=30).text
    for text in (drawn, sheet, home):
        assert "<b id=evil>" not in text and "&lt;b id=evil&gt;" in text
    httpx.post(f"{server}/languages/remove", data={"code": "xx"}, timeout=30)
    mapped = httpx.get(f"{server}/clients/{client}/map", timeout=60).text
    assert "front of the shoulder" in mapped and "ZUND" not in mapped and "evil" not in mapped


def test_the_language_is_the_chosen_one_then_what_the_browser_likes_best() -> None:
    every = [read(f'[language]\ncode = "{c}"\nname = "{c}"', K) for c in ("cy", "pt-BR", "pt")]
    for wanted, accepts, code in (
        ("cy", "pt", "cy"), ("en", "cy", None), ("", "pt-BR,pt;q=0.9", "pt-BR"), ("", "pt-PT", "pt"), ("", "en-GB,cy;q=0.8", None),
        ("", "de, cy;q=0.3", "cy"), ("zz", "*;q=x,,;", None), ("", "cy;q=0", None),
    ):  # fmt: skip
        found = chosen(every, wanted, accepts)
        assert (found.code if found else None) == code, (wanted, accepts)


def test_a_client_draws_and_goes_on_in_their_language_and_axe_finds_nothing(
    practice: tuple[str, Desk, Any], browser: Any
) -> None:
    server, desk, app = practice
    client, seen = visit(desk)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale=CODE)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(f"{server}/q#{app.state.doors.codes.give('form', client)}")
    page.wait_for_url("**/mine/draw")
    shown = page.locator(".views figure:not([hidden])")
    tabs = page.locator(".parts button:visible")
    assert tabs.count() == 7 and all(
        box["height"] >= 48 and box["width"] >= 48 for tab in tabs.all() if (box := tab.bounding_box())
    )
    seen_views = set()
    for tab in tabs.all():
        tab.tap()
        assert page.locator('.parts [aria-pressed="true"]:visible').count() == 1
        seen_views |= {one.get_attribute("aria-label") for one in shown.locator("svg").all()}
    assert seen_views == {pseudo(v.name) for v in K.views.values()}, "all that the body map has"
    page.locator("#add").select_option("foot.ball@left")
    page.locator('.parts [data-part="left"]').tap()
    page.locator("#add").select_option("neck.throat")
    assert shown.count() == 1 and shown.get_attribute("data-part") == "left", "it is in sight there"
    page.locator("#add").select_option("hand.palm@right")
    assert (
        shown.first.get_attribute("data-part") != "left"
        and shown.locator('[data-site="hand.palm@right"].hurts').count() > 0
    )
    for site in ("foot.ball@left", "neck.throat", "hand.palm@right"):
        page.locator(f'button[value="{site}"]').tap()
    page.locator('.parts [data-part="front"]').tap()
    shown.locator('.place[data-site="shoulder.front@right"]').tap()
    page.locator("#last button").nth(6).tap()
    page.locator('[name="feel.shoulder.front@right"]').select_option("burning")
    page.locator("#add").select_option("arm.side@right")
    page.locator('button[value="arm.side@right"]').tap()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    for width in (320, 390, 820):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_navigation():
        page.locator(".foot .primary").tap()
    kept = desk.store.get("drawing", seen)
    assert kept and kept.body["pain"] == [{"site": "shoulder.front@right", "intensity": 7, "quality": ["burning"]}]
    assert page.locator("html").get_attribute("lang") == CODE and said == []
    page.goto(f"{server}/languages")
    assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    context.close()


def test_a_drawing_that_the_practitioner_has_worked_on_is_not_asked_for_again_nor_written_over(
    practice: tuple[str, Desk, Any],
) -> None:
    _, desk, _ = practice
    client, seen = visit(desk)
    body = {"format": 1, "pain": [{"site": "neck.throat"}], "complaint": {"worse_with": ["gripping"]}}
    desk.store.put("drawing", seen, body)
    with phone(practice, "form", client, "en") as web:
        assert web.get("/mine/draw").url.path == "/mine/ask"
        web.post("/mine/draw", data={"much.shoulder.front@right": "9"})
        kept = desk.store.get("drawing", seen)
        assert kept is not None and kept.body == body
    client, seen = visit(desk)
    with phone(practice, "form", client, "en") as web:
        assert web.post("/mine/draw", data={"add": "shoulder.front@right"}).url.path == "/mine/draw"
        rest = {
            "much.shoulder.front@right": "",
            "much.nowhere": "4",
            "much.arm.side@left": "99",
            "remove": "arm.side@left",
        }
        web.post("/mine/draw", data=rest)
        kept = desk.store.get("drawing", seen)
        assert kept is not None and kept.body["pain"] == [{"site": "shoulder.front@right"}], (
            "what was not said stays unsaid"
        )
