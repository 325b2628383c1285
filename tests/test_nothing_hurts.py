"""That nothing hurts today is somebody's word: it is kept as such, told, and counted as 0; that nobody was asked stays something else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from from_home import sealed_for
from unknot.assess.rank import assess
from unknot.case.clearance import Clearance
from unknot.case.nothing import SAID_BY, nothing_hurts
from unknot.case.plan import Wish
from unknot.case.read import read_mapping
from unknot.case.write import as_tables
from unknot.errors import CaseError
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.record.card import card
from unknot.record.followed import drawings, drawn_series
from unknot.record.note import draft
from unknot.record.reports import progress
from unknot.record.screening import Desk, Person
from unknot.record.store import open_store
from unknot.record.story import Story, story
from unknot.record.verdicts import said_of
from unknot.web.app import create_app
from worked import EASES, conducted, drawn

TODAY = date.today()
TAB = "a" * 16
STROKE = {"figure": "neutral", "view": "front", "atlas": 1, "width": 18, "intensity": 7, "points": [[180, 300], [200, 330]]}  # fmt: skip
DRAWN = {"format": 1, "stroke": [STROKE]}
Practice = tuple[TestClient, Desk, Any]


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, k: Knowledge) -> Iterator[Practice]:
    data: Path = tmp_path_factory.mktemp("nothing") / "unknot.db"
    store = open_store(data)
    app = create_app(data=data)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as web:
        yield web, Desk(store, k), app
    store.close()


@pytest.fixture
def client(practice: Practice) -> Person:
    return practice[1].new_client("N. 1", 46.0, "female")


def today(desk: Desk, client: Person, *, ranked: bool = False) -> Story:
    return story(desk, client, desk.visit_of(client.id, TODAY), ranked=ranked)


def subjective(s: Story, k: Knowledge) -> str:
    return draft(s, k, "short")["subjective"]


def test_a_case_file_says_it_by_name_of_who_said_it_and_never_beside_a_pain(k: Knowledge) -> None:
    for by in SAID_BY:
        tables = {"format": 1, **nothing_hurts(by)}
        assert as_tables(read_mapping(tables, "case", k, needs_pain=False)) == tables
        with pytest.raises(CaseError, match="nothing to rank"):
            assess(read_mapping(tables, "case", k), k)
    wrong = ({"said_by": "nobody"}, {}, True, {"said_by": "client", "more": 1})
    for table in wrong:
        with pytest.raises(CaseError) as told:
            read_mapping({"format": 1, "nothing_hurts": table}, "case", k, needs_pain=False)
        assert [p.code for p in told.value.problems] == ["not_said_by"]
    for row in ({"pain": [{"site": "neck.throat"}]}, {"stroke": [STROKE]}):
        with pytest.raises(CaseError) as told:
            read_mapping({"format": 1, **row, **nothing_hurts("client")}, "case", k)
        assert [p.code for p in told.value.problems] == ["contradiction"]


def test_on_the_phone_one_tap_says_it_an_empty_page_does_not_and_a_place_takes_it_back(practice: Practice, client: Person, k: Knowledge) -> None:  # fmt: skip
    _, desk, app = practice
    visit = desk.visit_of(client.id, TODAY)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as phone:
        phone.post("/q", data={"code": app.state.doors.codes.give("form", client.id)})
        assert phone.post("/mine/draw").url.path == "/mine/ask"
        assert desk.store.get("drawing", visit.id) is None and "Nothing was told" in subjective(today(desk, client), k)
        assert phone.post("/mine/draw", data={"nothing": "yes"}).url.path == "/mine/ask"
        assert "No pain drawn or named today: said by the client." in subjective(today(desk, client), k)
        assert "You said that nothing hurts" in phone.get("/mine/draw").text
        phone.post("/mine/draw")
        assert today(desk, client).nothing == "client", "who goes on has not taken it back"
        assert phone.post("/mine/draw", data={"nothing": "no"}).url.path == "/mine/draw"
        assert not today(desk, client).nothing
        phone.post("/mine/draw", data={"nothing": "yes", "much.shoulder.front@right": "4"})
        s = today(desk, client)
        assert not s.nothing and [p.site for p in s.pains] == ["shoulder.front@right"], "what hurts goes before it"


def test_on_the_map_one_tap_says_it_the_page_has_nothing_to_explain_and_a_drawing_takes_its_place(practice: Practice, client: Person, k: Knowledge) -> None:  # fmt: skip
    web, desk, _ = practice
    desk.answer(desk.visit_of(client.id, TODAY), {"fever": "yes"}, "practitioner")
    before = desk.clearance(desk.visit_of(client.id, TODAY), desk.about(client, desk.visit_of(client.id, TODAY)))
    base = {"client": client.id, "tab": TAB, "worse": "reaching back"}
    page = web.post("/", data={**base, "seen": "0", "nothing": "yes"}, headers={"x-part": "main"}).text
    assert "there is nothing to explain" in page and "to the practitioner" in page
    s = today(desk, client, ranked=True)
    assert (s.nothing, s.ranking) == ("practitioner", None)
    assert s.case is not None and s.case.complaint.worse_with == ("reaching back",), "nothing else is lost"
    page = web.get(f"/clients/{client.id}/map").text
    assert "Take that back" in page
    for path in ("", "/plan", "/outcomes", "/words", "/letter.pdf"):
        assert web.get(f"/clients/{client.id}{path}").status_code == 200
    assert "nothing hurts today" in web.get(f"/clients/{client.id}").text, "the step of the drawing is done"
    after = desk.clearance(desk.visit_of(client.id, TODAY), desk.about(client, desk.visit_of(client.id, TODAY)))
    assert (after.outcome, after.barred, after.ceilings) == (before.outcome, before.barred, before.ceilings)
    rest = re.search(r'name="rest" id="rest" value="([^"]*)"', page)
    assert rest is not None
    told = {**base, "seen": "1", "rest": rest[1].replace("&#34;", '"'), "site": "shoulder.front@right"}
    assert web.post("/", data=told, headers={"x-part": "main"}).status_code == 200
    s = today(desk, client)
    assert not s.nothing and s.pains, "a place takes its place"


@pytest.mark.parametrize("how", ["removed", "erased"])
@pytest.mark.parametrize("said", ["yes", "unasked"])
def test_a_map_that_is_emptied_asks_what_that_means_and_guesses_nothing(practice: Practice, client: Person, how: str, said: str) -> None:  # fmt: skip
    web, desk, _ = practice
    base = {"client": client.id, "tab": TAB, "seen": "0"}
    pain = {"site": "shoulder.front@right"} if how == "removed" else {"strokes": json.dumps([STROKE])}
    asks, part = "until you say what that means", {"x-part": "main"}
    assert asks not in web.post("/", data=base, headers=part).text, "nothing was drawn before"
    assert asks not in web.post("/", data=base | pain, headers=part).text and today(desk, client).pains
    rest = {"seen": "1"} | (
        {} if how == "removed" else {"strokes": json.dumps([STROKE, STROKE | {"erase": True, "width": 60}])}
    )
    page = web.post("/", data=base | rest, headers=part).text
    assert asks in page and 'value="unasked"' in page and today(desk, client).pains, "until it is said"
    assert asks in web.post("/", data=base | rest, headers=part).text, "and again"
    page = web.post("/", data=base | rest | {"nothing": said}, headers=part).text
    s = today(desk, client)
    assert asks not in page and not s.pains and s.nothing == ("practitioner" if said == "yes" else "")
    [found] = drawings(desk.store, [(s.visit.id, s.visit.on)], desk.k) or [None]
    assert (found is not None) == (said == "yes"), "as 0 where it was said, and not at all where nobody was asked"


def test_the_plan_proposes_nothing_and_says_why(practice: Practice, client: Person, k: Knowledge) -> None:
    web, desk, _ = practice
    visit = desk.visit_of(client.id, TODAY)
    desk.answer(visit, dict.fromkeys(k.questions, "no"), "practitioner")
    desk.store.put("drawing", visit.id, {"format": 1, **nothing_hurts("client")})
    assert "Nothing hurts today, so nothing is proposed." in web.get(f"/clients/{client.id}/plan").text


@pytest.mark.parametrize("there", [False, True])
def test_at_home_it_is_said_and_not_lost_beside_a_drawing_of_the_visit(practice: Practice, client: Person, k: Knowledge, there: bool) -> None:  # fmt: skip
    web, desk, _ = practice
    page = web.post(f"/clients/{client.id}/home.html").text
    if there:
        drawn(desk, desk.visit_of(client.id, TODAY))
    sealed = sealed_for(page, {"answers": {}, "pains": {}, "nothing": True, "words": ""})
    web.post(f"/clients/{client.id}/home", data={"sealed": sealed})
    s = today(desk, client)
    assert bool(s.pains) == there
    told = (
        "At home the client said that nothing hurts."
        if there
        else "No pain drawn or named today: said by the client, at home."
    )
    assert told in subjective(s, k)


def test_at_home_an_empty_body_says_nothing(practice: Practice, client: Person) -> None:
    web, desk, _ = practice
    page = web.post(f"/clients/{client.id}/home.html").text
    web.post(
        f"/clients/{client.id}/home", data={"sealed": sealed_for(page, {"answers": {}, "pains": {}, "words": "x"})}
    )
    assert desk.store.get("drawing", desk.visit_of(client.id, TODAY).id) is None


def test_it_counts_as_0_in_the_curves_and_the_report_and_stands_on_the_card(practice: Practice, client: Person, k: Knowledge, healthy: Clearance) -> None:  # fmt: skip
    _, desk, _ = practice
    visits = [desk.visit_of(client.id, TODAY - timedelta(days=7 * n)) for n in (3, 2, 1, 0)]
    for visit, body in zip(visits, (DRAWN, {"format": 1}, DRAWN, {"format": 1, **nothing_hurts("client")}), strict=True):  # fmt: skip
        desk.store.put("drawing", visit.id, body)
    plan = admit(healthy, [Wish(place="infraspinatus.1@right", technique="alternating_compression")], k, TODAY)
    conducted(desk, visits[2], plan, EASES)
    found = drawings(desk.store, [(v.id, v.on) for v in visits], k)
    series = drawn_series(found, k)
    assert {s.measure for s in series} == {"drawing.extent", "drawing.weighted"}
    for one in series:
        first, second, last = one.values
        assert first == second > 0
        assert last == 0, (
            f"{one.measure} {one.on}: the curve reaches the bottom, and the visit without a drawing is left out"
        )
    assert said_of(series[0], k).direction == "better"
    assert not drawn_series(drawings(desk.store, [(visits[3].id, TODAY)], k), k), (
        "named places would be hidden by zeros"
    )
    stories = [story(desk, client, v) for v in visits]
    table = next(s.table for s in progress(stories, k).sections if s.key == "pain")
    assert table is not None and [row[1:] for row in table.rows][-1] == ("0", "0", "0") and len(table.rows) == 3
    told = card(stories[2], stories[3], {}, k).flared
    assert any("said by the client" in line for line in told)
