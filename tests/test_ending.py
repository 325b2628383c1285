"""The end of a session on its page, the sessions on the client's page, and the way into one from a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from asked import answer_all
from pages import Axe
from serving import served
from unknot.knowledge.load import knowledge
from unknot.record.sessions import Kept, Sessions
from unknot.record.store import Store, open_store
from unknot.screen.about import About
from unknot.treat.engine import next_deadline, step
from unknot.treat.event import Event
from unknot.web.app import create_app

K = knowledge()
PLACE = "infraspinatus.1@right"
Script = list[tuple[float, str, dict[str, Any]]]


def rate(value: float, by: str = "practitioner") -> dict[str, Any]:
    return {"value": value, "by": by}


HALVES: Script = [
    (1, "next", {}), (3, "rate", rate(6)), (11, "rate", rate(8)), (12, "off", {}), (20, "repeat", {}), (22, "rate", rate(5)),
    (31.5, "off", {}), (32, "rate", rate(5, "dial")), (43, "off", {}), (43.5, "rate", rate(2)), (54.8, "off", {}),
    (55.2, "rate", rate(2)), (60, "next", {}), (62, "rate", rate(2)), (63, "off", {}), (64, "recheck", {"data": {"tissue": "softer"}}),
]  # fmt: skip
"""Above the ceiling once, taken up again one step lower, and clearly less in the end."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """An app with a store of its own that the test can write facts into."""
    place: Path = tmp_path_factory.mktemp("ending") / "unknot.db"
    with served(create_app(data=place)) as address:
        httpx.get(f"{address}/clients")
        yield address, open_store(place)


def screened(server: str, label: str = "E. 9") -> str:
    """The address of a client of today whose clearance is open."""
    with httpx.Client(base_url=server, timeout=30) as web:
        given = {"label": label, "age": "40", "sex": "female"}
        base = str(web.post("/clients", data=given).headers["location"]).removesuffix("/ask")
        answer_all(web, base, About(age=40, sex="female"))
        web.post(f"{base}/consent", data={**{f"area.{a}": "1" for a in K.consent_areas}, "name": "E"})
        return base


def conducted(server: str, store: Store, script: Script, *, ends: bool = True) -> tuple[str, Kept]:
    """A session of one place that went as the script says; its address, and how it was begun."""
    address = str(httpx.post(f"{server}{screened(server)}/here", data={"place": PLACE}).headers["location"])
    kept = Sessions(store).kept(address.rsplit("/", 1)[1])
    session, facts = Sessions(store).stands(kept.id)[0], []
    for at, kind, more in [*script, *([(100.0, "end", {})] if ends else [])]:
        at_ms = int(at * 1000)
        while (due := next_deadline(session)) is not None and due <= at_ms:
            session, new, _ = step(session, Event(due, "tick", "program"))
            facts += new
        session, new, _ = step(session, Event(at_ms, kind, **more))
        facts += new
    if facts:
        store.append_all([Sessions.batch(kept.id, facts)])
    return address, kept


def read(reply: httpx.Response) -> str:
    """The words of a page."""
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", reply.text, flags=re.DOTALL)))


def test_the_end_tells_before_and_after_what_was_above_and_what_comes_next(
    kept: tuple[str, Store],
) -> None:
    address, begun = conducted(*kept, HALVES)
    reply = httpx.get(f"{kept[0]}{address}", follow_redirects=True)
    assert str(reply.url) == f"{kept[0]}{address}/end", "a session that has ended opens at its end"
    words = read(reply)
    assert "In all 6 before 2 after" in words and "clearly less: 1" in words
    assert re.search(r"0:10, infraspinatus.*?: 8, let go within 1 s\.", words)
    assert begun.plan.applications[0].follow in words and "Thumb" in words and "taken up 2 times" in words
    assert "Rechecked: discomfort 2, tissue softer." in words
    assert 'aria-label="6 before, 2 after"' in reply.text and reply.text.count('class="session"') == 2
    assert "style=" not in reply.text and "<style" not in reply.text


def test_what_did_not_respond_is_named_and_a_session_without_ratings_says_so(
    kept: tuple[str, Store],
) -> None:
    flat: Script = [(1, "next", {}), (3, "rate", rate(6))]
    for off in (12.5, 24.2, 35.7):  # the hand is said to be off in each rest, and the round is rated
        flat += [(off, "off", {}), (off + 0.5, "rate", rate(6))]
    address, begun = conducted(*kept, flat)
    words = read(httpx.get(f"{kept[0]}{address}/end"))
    assert "Did not respond " + begun.plan.applications[0].name in words and "Never above the ceiling." in words
    address, _ = conducted(*kept, [])
    words = read(httpx.get(f"{kept[0]}{address}/end"))
    assert "Nothing was worked on." in words and "there is no mean before and after" in words
    assert httpx.get(f"{kept[0]}/sessions/01890000-0000-7000-8000-000000000000/end").status_code == 404


def test_what_grew_worse_under_less_pressure_is_told_once_and_without_a_contradiction(kept: tuple[str, Store]) -> None:
    grew: Script = [
        (1, "next", {}), (3, "rate", rate(4)), (11, "rate", rate(5)), (12, "off", {}), (22, "rate", rate(6)), (24, "off", {}),
        (33, "rate", rate(6)), (36, "off", {}),
    ]  # fmt: skip
    address, begun = conducted(*kept, grew)
    words, name = read(httpx.get(f"{kept[0]}{address}/end")), begun.plan.applications[0].name
    assert "Places, clearly more: 1." in words and "so there is no mean before and after" in words
    assert "4 before, 6 after" in httpx.get(f"{kept[0]}{address}/end").text and f"{name} clearly more" in words
    assert f"Grew worse {name} Lighter next time, or another place." in words and "Did not respond" not in words
    assert "under the same pressure." not in words.replace("twice under the same pressure", "")
    address, _ = conducted(*kept, [(1, "next", {}), (3, "rate", rate(5)), (12, "off", {})])
    words = read(httpx.get(f"{kept[0]}{address}/end"))
    assert "5 once, no before and after" in words and "Places, no before and after: 1." in words


def test_a_session_that_is_open_is_not_called_over_and_its_page_does_not_touch_it(
    kept: tuple[str, Store],
) -> None:
    address, _ = conducted(*kept, HALVES[:2], ends=False)
    ident = address.rsplit("/", 1)[1]
    before = len(Sessions(kept[1]).facts(ident))
    reply = httpx.get(f"{kept[0]}{address}/end")
    assert "This session has not ended." in read(reply) and f'href="{address}"' in reply.text
    assert len(Sessions(kept[1]).facts(ident)) == before, "looking is not going back into it"


def test_the_clients_page_lists_the_sessions_of_the_visit(kept: tuple[str, Store]) -> None:
    over, begun = conducted(*kept, HALVES)
    still = Sessions(kept[1]).begin(begun.client, begun.visit, begun.plan, [], {})
    page = httpx.get(f"{kept[0]}/clients/{begun.client}").text
    assert f'href="{over}/end"' in page
    assert re.search(rf'href="/sessions/{still}">[^<]*</a> <span class="open-mark">not ended', page)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_end_is_clean_and_no_wider_than_the_screen(kept: tuple[str, Store], browser: Any, width: int) -> None:
    address, _ = conducted(*kept, HALVES)
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme="dark" if width == 390 else "light"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("response", lambda r: wrong.append(r.url) if r.status >= 400 else None)
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.goto(f"{kept[0]}{address}/end")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width and wrong == []
    expect(page.locator(".curve:visible svg.session")).to_have_count(1)
    context.close()


def drawn(kept: tuple[str, Store], client: str) -> str:
    """The map of the client with a pain on it and the point found by the finger."""
    data = {
        "client": client.rsplit("/", 1)[1],
        "site": "shoulder.front@right",
        "intensity": "7",
        "finding": f"point|{PLACE}|familiar",
    }
    return httpx.post(f"{kept[0]}/", data=data, timeout=30).text


def test_a_finding_can_be_treated_at_once_by_one_action(kept: tuple[str, Store]) -> None:
    client = screened(kept[0], "F. 2")
    page = drawn(kept, client)
    assert f'<form method="post" action="{client}/here" id="treat-here">' in page
    found = page[page.index('class="found"') :]
    assert (
        f'<button form="treat-here" name="place" value="{PLACE}">Treat here</button>' in found[: found.index("</ul>")]
    )
    begun = httpx.post(f"{kept[0]}{client}/here", data={"place": PLACE})
    assert begun.status_code == 303 and begun.headers["location"].startswith("/sessions/")


def test_without_a_client_whose_clearance_is_open_nothing_is_offered_to_be_treated(kept: tuple[str, Store]) -> None:
    with httpx.Client(base_url=kept[0], timeout=30) as web:
        assert "treat-here" not in web.post("/", data={"site": "shoulder.front@right", "intensity": "7"}).text
        closed = str(
            web.post("/clients", data={"label": "N. 1", "age": "40", "sex": "male"}).headers["location"]
        ).removesuffix("/ask")
        assert 'name="place" value="infra' not in drawn(kept, closed)
        assert web.post(f"{closed}/here", data={"place": PLACE}).status_code == 422
