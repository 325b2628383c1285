"""What a page leaves out it says: places under the hand that no curve holds, a drawing from home that stands beside another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from from_home import sealed_for
from unknot.case.clearance import Clearance
from unknot.case.plan import Plan
from unknot.record.amounts import day
from unknot.record.followed import left_out, sittings_at
from unknot.record.note import draft
from unknot.record.screening import Desk, Person
from unknot.record.store import Store, open_store
from unknot.record.story import story
from unknot.web.app import create_app
from unknot.web.letter import _data
from unknot.web.practice import practice_of
from unknot.words import say
from worked import EASES, LIGHTER, ONCE, UNRATED, WORSE, conducted, drawn

TODAY = date.today()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole") / "unknot.db"


@pytest.fixture(scope="module")
def web(place: Path) -> Iterator[TestClient]:
    open_store(place).close()
    with TestClient(create_app(data=place), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as found:
        yield found


@pytest.fixture
def store(place: Path, web: TestClient) -> Iterator[Store]:
    found = open_store(place)
    yield found
    found.close()


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# ---------------------------------------------------------- under the hand


def test_every_place_under_the_hand_is_in_a_curve_or_listed_with_why_it_is_not(
    web: TestClient, desk: Desk, client: Person, rounds: Plan
) -> None:
    visits = [desk.visit_of(client.id, on) for on in (TODAY - timedelta(7), TODAY)]
    conducted(desk, visits[0], rounds, UNRATED)
    for script in (EASES, WORSE, LIGHTER, ONCE):
        conducted(desk, visits[1], rounds, script)
    worked, left = left_out(sittings_at(desk.store, [(v.id, v.on) for v in visits]))
    assert (worked, [one.why for one in left]) == (5, ["unrated", "worse", "lighter", "once"])
    shown = plain(web.get(f"/clients/{client.id}/outcomes").text)
    assert "Places worked on: 5. Rated before and after under the same pressure, and so in the curves: 1." in shown
    assert "Left out: 1 grew worse, 1 rated last under less pressure, 1 rated once and 1 not rated." in shown
    assert ": 4 before, 6 after, the last under less pressure, grew worse." in shown, "the numbers that the curve lacks"
    assert ": 5 once, no before and after." in shown
    assert "Sessions here that this curve cannot hold: 4, listed below." in shown
    assert f"On {day(TODAY)}, before and after the work." in shown, "the visit with a before and an after has its day"


def test_a_letter_without_a_concern_ends_its_sentence_once(healthy: Clearance, client: Person, store: Store) -> None:
    (reason,) = _data(client, healthy, practice_of(store), TODAY)["reasons"]
    assert reason["name"] == say("letter.none") and not reason["name"].endswith("."), "the paper sets the full stop"


# ---------------------------------------------------------- what came from home


def from_home(web: TestClient, client: Person, pains: dict[str, int | None]) -> None:
    page = web.post(f"/clients/{client.id}/home.html").text
    sealed = sealed_for(page, {"answers": {}, "pains": pains, "words": ""})
    assert web.post(f"/clients/{client.id}/home", data={"sealed": sealed}, follow_redirects=False).status_code == 303


def test_what_was_shown_at_home_is_never_lost_beside_a_drawing_of_the_visit(
    web: TestClient, desk: Desk, client: Person
) -> None:
    visit = desk.visit_of(client.id, TODAY)
    drawn(desk, visit)
    kept = desk.store.get("drawing", visit.id)
    from_home(
        web, client, {"knee.front@left": 8, "foot.heel@left": None, "shoulder.front@right": 7, "arm.front@right": 9}
    )
    assert desk.store.get("drawing", visit.id) == kept, "the drawing of the visit stays as it is"
    shown = plain(web.get(f"/clients/{client.id}").text)
    assert "Shown at home and not on today’s drawing: front of the knee (left), 8 of 10; heel (left)." in shown
    note = draft(story(desk, client, visit), desk.k, "short")["subjective"]
    assert "front of the knee (left), 8 of 10; heel (left); front of the upper arm (right), 9 of 10." in note
    assert "Shown at home, otherwise than on the drawing of the visit" in note


def test_a_place_whose_strength_was_not_said_at_home_has_none(web: TestClient, desk: Desk, client: Person) -> None:
    page = web.post(f"/clients/{client.id}/home.html").text
    choices = page.split('<template id="strength">')[1].split("</template>")[0]
    assert choices.startswith('<select><option value="" ') and "selected" not in choices
    from_home(web, client, {"shoulder.front@right": None})
    kept = desk.store.get("drawing", desk.visit_of(client.id, TODAY).id)
    assert kept is not None and kept.body["pain"] == [{"site": "shoulder.front@right"}]
