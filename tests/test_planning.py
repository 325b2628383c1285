"""The plan page: opened by a clearance alone, changed with every change checked, nothing lost, and begun as it was shown; without script."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from websockets.sync.client import connect

from plan_page import KNOT, POINT, ROUNDS, Client, K, begun, of
from unknot.case.clearance import Clearance
from unknot.case.plan import Limit, Plan, Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.treat.event import SYMPTOMS
from unknot.web.plan_picture import plan_pictures
from unknot.web.routines import routine_of
from unknot.words import say


@pytest.fixture
def client(server: str) -> Client:
    return Client(server)


@pytest.fixture(scope="module")
def looked_at(server: str) -> Client:
    """One who is not changed."""
    return Client(server)


# ---------------------------------------------------------------- opening


def test_without_a_clearance_the_page_says_what_is_open_and_leads_there(server: str) -> None:
    client = Client(server, asked=False, drawn=False)
    assert "Nothing is planned yet" in client.text and "have no answer yet" in client.text
    assert f'href="{client.base}/ask"' in client.text
    assert 'name="do"' not in client.text
    reply = client.web.post(client.plan, data={"version": "0", "do": "add", "place": POINT})
    assert 'name="do"' not in reply.text
    assert client.web.get(f"{client.plan}/print").status_code == 303
    assert client.web.post(f"{client.base}/sessions").status_code == 422


def test_it_opens_with_a_proposal_with_dose_reason_and_where_each_ceiling_comes_from(looked_at: Client) -> None:
    row = looked_at.row(of(looked_at, f"{POINT}/{ROUNDS}"))
    assert re.search(r"\d × [\d.]+ s, [\d.]+ s off · discomfort \d to \d", row)
    assert "it brings the pain that the client knows" in row
    assert re.search(r"At most: discomfort \d \(the \w+\), a hold \d+ s \(the technique\)", row)
    assert looked_at.version == "0"


def test_nothing_drawn_offers_routines_and_places(server: str) -> None:
    client = Client(server, drawn=False)
    assert client.rows == [] and "Nothing is drawn yet" in client.text
    assert all(f'value="{r}"' in client.text for r in K.routines)
    assert client.do("routine", routine="neck").status_code == 200
    assert client.rows and "neck" in client.said
    client.do("undo")
    assert client.rows == []


# ---------------------------------------------------------------- changes


def test_a_row_moves_up_down_and_to_a_place_and_undo_brings_the_order_back(client: Client) -> None:
    first = client.rows
    client.do("down", id=first[0])
    assert client.rows[1] == first[0]
    client.do("undo")
    assert client.rows == first
    client.do("move", id=first[0], to=str(len(first)))
    assert client.rows != first and client.said == f"Now {len(first)} of {len(first)}."
    client.do("undo")
    assert client.rows == first


def test_undo_takes_back_a_limit_before_an_older_change_and_says_so(client: Client) -> None:
    first, ident = client.rows, f"{POINT}/{ROUNDS}"
    client.do("down", id=first[0])
    moved = client.rows
    client.do("client", discomfort="2")
    assert "discomfort 0 to 2" in client.row(of(client, ident))
    client.do("undo")
    assert "discomfort 0 to 2" not in client.row(of(client, ident))
    assert client.rows == moved
    assert "the client’s limits" in client.said
    client.do("undo")
    assert client.rows == first
    client.do("practitioner", hold_s="5")
    assert "5 s" in client.row(of(client, ident))
    client.do("undo")
    assert "your own limits" in client.said


@pytest.mark.parametrize("typed", ["abc", "five", "9 s"])
def test_what_is_no_number_is_answered_with_what_was_typed(client: Client, typed: str) -> None:
    for fields in (
        {"do": "set", "id": f"{POINT}/{ROUNDS}", "hold_s": typed},
        {"do": "minutes", "minutes": typed},
        {"do": "client", "discomfort": typed},
    ):
        assert client.do(**fields).status_code == 422
        assert typed in client.problem and "is not a number" in client.problem
        assert "nan" not in client.problem


def test_a_force_for_the_gauge_is_kept_beside_the_discomfort(client: Client) -> None:
    ident = f"{POINT}/{ROUNDS}"
    client.do("set", id=ident, force_n="25")
    assert "25 N on a gauge" in client.row(of(client, ident)) and "discomfort" in client.row(of(client, ident))
    assert client.do("set", id=ident, force_n="90").status_code == 422
    client.do("set", id=ident, force_n="")
    assert "on a gauge" not in client.row(of(client, ident))


def test_a_number_above_its_ceiling_is_cut_and_the_cut_says_by_whom(client: Client) -> None:
    ident = f"{POINT}/{ROUNDS}"
    assert client.do("set", id=ident, hold_s="60").status_code == 200
    assert "Cut: a hold 60 to 12 s, the technique" in client.row(of(client, ident))
    client.do("set", id=ident, hold_s="")
    assert "Cut: a hold" not in client.row(of(client, ident))


def test_what_is_refused_says_why_and_changes_nothing(client: Client) -> None:
    rows, ident = client.rows, f"{POINT}/{ROUNDS}"
    before = client.row(of(client, ident))
    for fields, why in (
        ({"rest_s": "600"}, "Rest, s"), ({"rest_s": "nan"}, "not a finite number"), ({"turns": "2.5"}, "whole number"),
        ({"contact": "feather"}, "feather"), ({"lie": "hanging"}, "hanging"), ({"technique": "reiki"}, "reiki"),
    ):  # fmt: skip
        assert client.do("set", id=ident, **fields).status_code == 422
        assert why in client.problem
        assert client.rows == rows and client.row(of(client, ident)) == before
    assert client.do("dance").status_code == 422


def test_technique_contact_and_position_change_with_what_follows_from_them(client: Client) -> None:
    client.do("set", id=f"{POINT}/{ROUNDS}", technique="prolonged_compression")
    ident = f"{POINT}/prolonged_compression"
    assert "Until it lets go" in client.row(of(client, ident))
    client.do("set", id=ident, contact="elbow")
    assert "elbow" in client.row(of(client, ident)).partition("Found")[0]


def test_a_point_a_site_and_a_spot_are_added_by_name_and_taken_out(client: Client) -> None:
    client.do("find", words="gluteus medius left")
    assert 'value="gluteus_medius.1@left"' in client.text
    client.do("add", place="gluteus_medius.1@left")
    assert any(i.startswith("gluteus_medius.1@left/") for i in client.rows)
    client.do("add", place="scapula.body@left", name="old scar")
    spot = next(i for i in client.rows if i.startswith("spot.1/"))
    assert "Old scar" in client.row(of(client, spot))
    client.do("remove", id=spot)
    assert spot not in client.rows
    assert client.do("add", place="moon").status_code == 422
    count = len(client.rows)
    client.do("add", place=POINT)
    assert len(client.rows) == count and "already" in client.said


def test_a_tap_on_the_body_adds_the_site_under_it_and_one_beside_it_is_told(client: Client) -> None:
    assert client.do("add", view="back", across="3", down="3").status_code == 422
    assert "beside the body" in client.problem
    count = len(client.rows)
    client.do("add", view="back", across="330", down="330")
    assert len(client.rows) == count + 1


@pytest.mark.parametrize("kept", [False, True])
def test_short_time_drops_the_least_useful_and_one_tap_puts_it_in_again(client: Client, kept: bool) -> None:
    if kept:
        client.do("down", id=client.rows[0])
    every = client.rows
    client.do("minutes", minutes="9")
    assert 0 < len(client.rows) < len(every)
    assert "Left out" in client.text
    out = re.search(
        r'name="place" value="([^"]*)"><input type="hidden" name="technique" value="([^"]*)"><button aria-label="Put in',
        client.text,
    )
    assert out
    client.do("again", place=out[1], technique=out[2])
    assert f"{out[1]}/{out[2]}" in client.rows
    client.do("minutes", minutes="45")
    assert set(client.rows) >= set(every) - {i for i in every if "gliding" in i}
    assert client.do("minutes", minutes="-3").status_code == 422


def test_the_clients_wish_and_the_practitioners_habit_can_only_lower(client: Client) -> None:
    ident = f"{POINT}/{ROUNDS}"
    client.do("client", discomfort="4")
    assert "discomfort 4 (the client's wish)" in client.row(of(client, ident))
    client.do("practitioner", hold_s="7")
    assert "a hold 7 s (your own limit)" in client.row(of(client, ident))
    client.do("client", discomfort="10")
    assert "discomfort 10" not in client.row(of(client, ident))
    assert client.do("client", discomfort="nan").status_code == 422
    client.web.post("/practice", data={"name": "Here"})
    client.text = client.web.get(client.plan).text
    assert "a hold 7 s (your own limit)" in client.row(of(client, ident))
    client.do("practitioner")
    assert "your own limit" not in client.row(of(client, ident))


def test_a_page_that_somebody_else_overtook_says_so_and_changes_nothing(client: Client) -> None:
    stale = client.text
    client.do("remove", id=client.rows[0])
    now = client.rows
    client.text = stale
    assert client.do("remove", id=client.rows[-1]).status_code == 409
    assert "has changed since this page was shown" in client.problem and client.rows == now


def test_an_order_is_kept_as_a_routine_chosen_for_another_and_forgotten(client: Client, server: str) -> None:
    client.do("keep_routine", name="My shoulder", own_points="1")
    other = Client(server)
    found = re.search(r'name="routine" value="([^"]*)">My shoulder', other.text)
    assert found
    other.do("routine", routine=found[1])
    assert f"{POINT}/{ROUNDS}" in other.rows and "My shoulder" in other.said
    client.do("keep_routine", name="My shoulder")
    assert client.web.get(client.plan).text.count(">My shoulder</button>") == 1
    other.do("drop_routine", routine=found[1])
    assert ">My shoulder</button>" not in other.text
    assert other.do("keep_routine", name=" ").status_code == 422


def test_what_new_answers_forbid_stays_to_be_seen_and_the_rest_can_still_be_changed(client: Client) -> None:
    client.do("add", place="gluteus_medius.1@left")
    ident = next(i for i in client.rows if i.startswith("gluteus_medius"))
    rows = [i for i in client.rows if i != ident]
    client.web.post(f"{client.base}/consent", data={"withdraw": "buttock"})
    client.text = client.web.get(client.plan).text
    assert "Not allowed now" in client.text and client.rows == rows
    client.do("down", id=rows[0])
    assert "Not allowed now" in client.text and client.rows != rows
    client.do("undo")
    assert client.rows == rows
    client.do("remove", id=ident)
    assert "Not allowed now" not in client.text


def test_begin_starts_what_the_page_showed_and_nothing_else(client: Client) -> None:
    seen = re.search(r'name="seen" value="([^"]*)"', client.text)
    assert seen
    client.do("client", discomfort="4")
    reply = client.web.post(f"{client.base}/sessions", data={"seen": seen[1]})
    assert reply.status_code == 422 and "has changed since" in reply.text and f'href="{client.plan}"' in reply.text
    seen = re.search(r'name="seen" value="([^"]*)"', client.text)
    assert seen
    reply = client.web.post(f"{client.base}/sessions", data={"seen": seen[1]})
    assert reply.status_code == 303 and reply.headers["location"].startswith("/sessions/")
    assert "Back to the session" in client.web.get(client.plan).text


def stands(client: Client, session: str) -> dict[str, Any]:
    """What a screen of the session is shown when it comes."""
    with connect(f"{str(client.web.base_url).replace('http', 'ws')}{session}/ws") as socket:
        socket.send('{"v": 1, "type": "hello"}')
        while (told := json.loads(socket.recv(5)))["type"] != "state":
            pass
    return dict(told["view"])


def test_a_plan_stays_as_it_was_when_its_session_is_looked_at_and_only_what_changed_today_changes_it(
    client: Client,
) -> None:
    ident = next(i for i in client.rows if not i.endswith("gliding"))
    assert client.do("set", id=ident, force_n="25", turns="2").status_code == 200
    session = begun(client)
    before = stands(client, session)
    assert before["sequence"] == 0
    assert [a["force_n"] for a in before["applications"] if a["id"] == ident] == [25]
    for _ in range(2):
        assert client.web.get(session).status_code == 200
    after = stands(client, session)
    assert (after["sequence"], after["applications"]) == (0, before["applications"])
    client.do("client", discomfort="3")
    client.web.get(session)
    changed = stands(client, session)["applications"]
    assert {a["band_high"] for a in changed} == {3}
    assert [a["force_n"] for a in changed if a["id"] == ident] == [25]


def test_an_empty_plan_is_not_begun(client: Client) -> None:
    for ident in client.rows:
        client.do("remove", id=next(i for i in client.rows if i.split("/")[:2] == ident.split("/")[:2]))
    assert client.rows == []
    reply = client.web.post(f"{client.base}/sessions")
    assert reply.status_code == 422 and "add a place first" in reply.text.lower()


def test_without_script_every_change_is_a_form_and_no_place_stands_in_an_address(client: Client) -> None:
    reply = client.web.post(client.plan, data={"version": "0", "do": "down", "id": client.rows[0]})
    assert reply.status_code == 303
    assert reply.headers["location"] == f"{client.plan}#row-2"
    assert "infraspinatus" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', client.text))


def test_the_hands_show_their_load_and_one_tap_takes_another_contact(client: Client) -> None:
    client.do("minutes", minutes="90")
    for n in range(1, 10):  # the same thumb on many places
        place = f"{list(K.points)[n * 7]}@right"
        client.do("add", place=place)
    for ident in [i for i in client.rows if i.endswith(ROUNDS)]:
        client.do("set", id=ident, contact="thumb", turns="8")
    swap = re.search(
        r'value="swap"><input type="hidden" name="id" value="([^"]*)"><input type="hidden" name="contact" value="([^"]*)"',
        client.text,
    )
    assert swap and "too much" in client.text
    client.do("swap", id=unescape(swap[1]), contact=swap[2])
    assert K.contacts[swap[2]].name in client.row(of(client, unescape(swap[1]))).partition(" · ")[0]


# ---------------------------------------------------------------- the sheet, the picture, the routine


def test_the_sheet_holds_every_row_in_order_with_dose_stop_rules_and_scale(looked_at: Client) -> None:
    text = looked_at.web.get(f"{looked_at.plan}/print").text
    assert [int(n) for n in re.findall(r'class="no">(\d+)', text)] == list(range(1, len(looked_at.rows) + 1))
    assert "let go at once" in text and all(w.word in text for w in K.discomfort)
    assert "×" in text and "<svg" in text and "style=" not in text
    assert text.count("s in all") == text.count(" min<") == len(looked_at.rows)
    assert "clearly less" in text and "2 times" in text
    said = text.lower()
    assert all(say("session_choice." + word) in said for word in SYMPTOMS if word != "pinch")
    assert "pinch" in said


def plan_of(k: Knowledge, clearance: Clearance, *places: str, others: tuple[Limit, ...] = ()) -> Plan:
    return admit(clearance, [Wish(place=p, technique=ROUNDS) for p in places], k, date.today(), others=others)


def test_each_row_has_its_number_on_the_picture_once(k: Knowledge, healthy: Clearance) -> None:
    wishes = [
        Wish(place=p, technique=ROUNDS) for p in (POINT, KNOT, "gluteus_medius.1@left", "tibialis_anterior.1@right")
    ]
    plan = admit(healthy, [*wishes, Wish(place=POINT, technique="muscle_stripping")], k, date.today())
    texts = [
        t
        for picture, _ in plan_pictures(plan.applications, "female")
        for t in re.findall(r">([\d, ]+)</text>", picture)
    ]
    assert sorted(texts) == ["1, 5", "2", "3", "4"]
    assert plan_pictures((), None) == ()


def test_numbers_beside_the_body_do_not_lie_on_one_another(k: Knowledge, healthy: Clearance) -> None:
    plan = plan_of(k, healthy, *[f"gluteus_medius.{n}@left" for n in (1, 2, 3)], POINT)
    for picture, _ in plan_pictures(plan.applications, "male"):
        discs = [(int(x), int(y)) for x, y in re.findall(r'class="n" x="(-?\d+)" y="(-?\d+)"', picture)]
        assert all(abs(a[1] - b[1]) >= 44 or abs(a[0] - b[0]) >= 44 for i, a in enumerate(discs) for b in discs[:i])


def test_a_plan_becomes_a_template_with_its_points_or_with_each_clients_own(k: Knowledge, healthy: Clearance) -> None:
    plan = plan_of(k, healthy, POINT, KNOT)
    own = routine_of("A", plan.applications, k, own_points=True)
    assert [s.on for s in own.steps] == [()]
    named = routine_of("A", plan.applications, k, own_points=False)
    assert {on for s in named.steps for on in s.on} == {"infraspinatus", k.points["trapezius.upper.1"].muscle}


def test_the_map_and_the_client_lead_to_the_plan(looked_at: Client) -> None:
    assert f'href="{looked_at.plan}"' in looked_at.web.get(looked_at.base).text
    assert f'href="{looked_at.plan}"' in looked_at.web.get(f"{looked_at.base}/map").text
