"""The page of an error says the next step: by what was asked, by who sees it, and in whole sentences."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from starlette.requests import Request

from unknot.errors import Problem
from unknot.record.languages import Language
from unknot.web.errors import body, reply
from unknot.web.sentences import coded, sentence
from unknot.web.tongue import speaking
from unknot.web.who import NOBODY, THIS_MACHINE, Who
from unknot.words import say

FULL = Problem(
    "store", "/data/u.db", "cannot be written: the disk is full", "", "free some room; what was stored before is safe"
)
STUDENT = Who("student", "s", "Stu", "x", 10.0)
FRONT = Who("front", "f", "Fred", "x", 10.0)


def page(
    path: str, status: int, told: dict[str, object], who: Who = THIS_MACHINE, method: str = "GET"
) -> tuple[str, str, list[str]]:
    """The page, its words alone, and where its links in the main part lead."""
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": [(b"accept", b"text/html")], "unknot.who": who,
    }  # fmt: skip
    text = bytes(reply(Request(scope), status, told).body).decode()
    main = text[text.index("<main") :]
    return text, " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split()), re.findall(r'href="([^"]+)"', main)


def test_a_full_disk_is_told_once_and_what_was_only_looked_at_has_entered_nothing() -> None:
    told = body("store", f"{FULL}", (FULL,))
    _, words, ways = page("/clients/x", 422, told)
    assert words.count("the disk is full") == 1 and "/data" not in words
    assert "The record cannot be written: the disk is full. Free some room; what was stored before is safe." in words
    assert "Nothing was entered here" in words and "Go back" not in words and ways == ["/clients"]
    _, words, ways = page("/clients/x/words", 422, told, method="POST")
    assert "Go back in the browser: what you entered is still there." in words and "Nothing was entered" not in words
    assert page("/day", 503, told, NOBODY)[2] == ["/day"], "the same page again, when the record answers"


@pytest.mark.parametrize(
    ("who", "path", "status", "way"),
    [
        (THIS_MACHINE, "/clients/x", 404, "/clients"), (THIS_MACHINE, "/print", 422, "/"), (FRONT, "/clients/x/who", 404, "/clients"),
        (FRONT, "/", 403, "/clients"), (STUDENT, "/clients/x", 403, "/"), (NOBODY, "/find", 401, "/sign-in"), (NOBODY, "/x", 400, "/"),
    ],
)  # fmt: skip
def test_the_way_on_is_one_that_its_reader_may_go(who: Who, path: str, status: int, way: str) -> None:
    text, words, ways = page(path, status, body("x", "some words"), who)
    assert ways == [way]
    assert ('href="/clients"' in text.split("<main")[0]) == who.may("list"), "the head leads where its reader may"
    assert ("data-idle" in text) == bool(who.sign_in)
    assert ".." not in words


def test_a_client_whose_code_is_over_is_led_to_a_new_one_in_their_language() -> None:
    over = body("http_403", say("code.over"))
    text, words, ways = page("/mine/ask", 403, over, NOBODY)
    assert "This page is over. Ask your practitioner for a new code." in words and ".." not in words
    assert ways == ["/q"] and "Go back" not in words and "not kept" not in words and "<nav" not in text
    assert "What you sent last was not kept." in page("/mine/ask", 403, over, NOBODY, "POST")[1]
    assert page("/dial", 403, over, NOBODY)[2] == ["/d"]
    with speaking(Language("cy", "Cymraeg", {"code.anew": "Cod newydd"})):
        text, words, _ = page("/mine/ask", 403, over, NOBODY)
    assert 'lang="cy"' in text and "Cod newydd" in words


def test_a_client_is_told_nothing_of_the_records_inside_and_led_to_the_start_of_their_page() -> None:
    told = body("damaged", "A part of the record is damaged", (Problem("damaged", "", "client:1", "", "`x`"),))
    _, words, ways = page("/mine/words", 422, told, NOBODY, "POST")
    assert "Tell your practitioner." in words and "client:1" not in words and ways == ["/mine/draw"]
    assert "Go back in the browser" in words
    assert page("/mine/sheet.pdf", 404, body("http_404", "no such visit"), NOBODY)[2] == ["/mine/sheet"]


def test_words_become_sentences_with_one_full_stop_and_commands_code() -> None:
    assert [sentence(t) for t in ("", "so it is", "So. And so.", "why?")] == ["", "So it is.", "So. And so.", "Why?"]
    assert coded("run `unknot <x>` now") == "run <code>unknot &lt;x&gt;</code> now"
