"""The map of a client's visit: two pages of one drawing, and words told beside it, over HTTP."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from asked import answer_all
from unknot.screen.about import About
from unknot.web.app import create_app

NUMB = "numb between my legs"
PLACES = (("site", "leg.calf.upper@left"), ("age", "45"), ("sex", "male"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(data=tmp_path / "unknot.db", hosts=["*"]), follow_redirects=False) as client:
        yield client


def new_client(app: TestClient, label: str = "K. 7") -> str:
    """A client who has answered no to everything; the address of their pages."""
    base = app.post("/clients", data={"label": label, "age": "45", "sex": "male"}).headers["location"].rsplit("/", 1)[0]
    answer_all(app, base, About(age=45, sex="male"))
    return base


def verdict(app: TestClient, base: str) -> str:
    found = re.search(r'outcome-(\w+)"', app.get(base).text)
    assert found is not None
    return found[1]


class Tab:
    """One opened page of the map, with the hidden fields that it carries."""

    def __init__(self, app: TestClient, base: str) -> None:
        self.app, self.base = app, base
        self.hidden = self.read(app.get(f"{base}/map").text)

    @staticmethod
    def read(text: str) -> dict[str, str]:
        return {
            n: html.unescape(v) for n, v in re.findall(r'type="hidden" name="(client|seen|tab)" value="([^"]*)"', text)
        }

    def post(self, history: str = "", *, answered: bool = True, site: str = "leg.calf.upper@left") -> int:
        """`answered`: whether the answer reached the page, or the next tap came before it."""
        fields = {**self.hidden, "site": site, "age": "45", "sex": "male", "history": history}
        reply = self.app.post("/", data=fields)
        if answered and reply.status_code == 200:
            self.hidden = self.read(reply.text)
        self.text = reply.text
        return reply.status_code


def test_a_page_that_is_behind_writes_nothing_and_is_told(app: TestClient) -> None:
    base = new_client(app)
    one, two = Tab(app, base), Tab(app, base)
    assert one.post(NUMB) == 200 and verdict(app, base) == "emergency"
    assert two.post("", site="buttock.lower@left") == 422 and "changed on another page" in two.text
    assert verdict(app, base) == "emergency"
    assert NUMB in app.get(f"{base}/map").text and "kept.buttock" not in app.get(f"{base}/map").text
    assert Tab(app, base).post("", site="buttock.lower@left") == 200


def test_quick_taps_of_one_page_are_not_behind_each_other(app: TestClient) -> None:
    tab = Tab(app, new_client(app))
    assert tab.post("a", answered=False) == 200
    assert tab.post("b", answered=False) == 200 and tab.post("c") == 200
    assert tab.post("d") == 200


def test_a_page_without_its_version_writes_over_nothing(app: TestClient) -> None:
    base = new_client(app)
    assert Tab(app, base).post(NUMB) == 200
    bare = Tab(app, base)
    bare.hidden = {"client": bare.hidden["client"]}
    assert bare.post("") == 422


def test_words_beside_the_drawing_count_until_they_are_denied_singly_though_they_are_erased(app: TestClient) -> None:
    base = new_client(app)
    tab = Tab(app, base)
    assert tab.post(NUMB) == 200 and tab.post("") == 200
    assert verdict(app, base) == "emergency"
    asked = re.findall(r'name="(confirm\.\w+)"', app.get(f"{base}/words").text)
    assert "confirm.saddle_numb" in asked
    app.post(f"{base}/words", data=dict.fromkeys(asked, "no"))
    assert verdict(app, base) != "emergency"
    assert tab.post("", site="buttock.lower@left") == 200 and verdict(app, base) != "emergency"


def test_a_sentence_beside_the_drawing_is_confirmed_like_any_other(app: TestClient) -> None:
    base = new_client(app)
    assert Tab(app, base).post("I take warfarin") == 200
    assert f'href="{base}/words"' in app.get(base).text
    assert re.search(rf'class="button primary big" href="{base}/words"', app.get(base).text)
    assert "confirm.anticoagulant" in app.get(f"{base}/words").text
    app.post(f"{base}/words", data={"confirm.anticoagulant": "yes"})
    assert re.search(rf'class="button primary big" href="{base}/ask"', app.get(base).text)
    assert app.get(f"{base}/ask").status_code == 200


@pytest.mark.parametrize("label", ["李娜", "김민수", "ไทย", "Zoë Łukasz", "Иван", "😀", "אב"])
def test_a_letter_comes_whatever_script_a_name_is_written_in(
    app: TestClient, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    base = new_client(app, label)
    app.post("/practice", data={"name": label, "practitioner": "M", "address": "S", "phone": "1", "country": "DE"})
    reply = app.get(f"{base}/letter.pdf")
    assert reply.status_code == 200 and reply.content.startswith(b"%PDF")
    assert label not in caplog.text and label[0] not in caplog.text


def test_a_letter_that_cannot_be_set_is_told_without_its_text(
    app: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    base = new_client(app, "Xanthippe")
    monkeypatch.setattr("unknot.web.typeset._set", lambda *_: None)
    reply = app.get(f"{base}/letter.pdf")
    assert reply.status_code == 422 and "Xanthippe" not in reply.text + caplog.text


def test_a_letter_is_one_page_or_two_however_long_its_head(app: TestClient) -> None:
    head = {"name": "Söhne " * 33, "practitioner": "M. Müller " * 20, "address": "Line 1 " * 28, "phone": "+49 1" * 40}
    app.post("/practice", data=head)
    pages = re.findall(rb"/Type\s*/Page\b", app.get(f"{new_client(app, 'W' * 80)}/letter.pdf").content)
    assert len(pages) in (1, 2)


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\u202e"])
def test_characters_that_nobody_sees_are_refused_where_they_are_typed(app: TestClient, sign: str) -> None:
    reply = app.post("/clients", data={"label": f"A{sign}B", "age": "40"})
    assert reply.status_code == 422 and "cannot be seen" in reply.text
    reply = app.post("/practice", data={"name": f"A{sign}B"})
    assert reply.status_code == 422 and "cannot be seen" in reply.text
    assert f"A{sign}B" not in app.get("/clients").text + app.get("/practice").text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"rule.nosuch": "1"}, "a rule that does not exist"),
        ({"on": (date.today() + timedelta(days=3)).isoformat()}, "still to come"),
        ({"on": "2026-01-10", "until": "2026-01-09"}, "earlier than the day of the answer"),
    ],
)
def test_an_approval_that_cannot_be_is_refused_in_words(app: TestClient, more: dict[str, str], told: str) -> None:
    base = new_client(app)
    good = {"by": "Dr A", "answer": "yes", "until": "2099-01-01", "rule.anticoagulant": "1"}
    reply = app.post(f"{base}/approval", data=good | more)
    assert reply.status_code == 422 and told in reply.text and "Dr A" not in app.get(base).text
    assert app.post(f"{base}/approval", data=good).status_code == 303
