"""Where it stuck under a roll is shown on the body: of one session by stroke, over visits by visit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from math import dist
from pathlib import Path

import pytest

from scripted import run
from unknot.bench.sessions import application, plan
from unknot.case.plan import Plan, Route
from unknot.knowledge.load import Knowledge
from unknot.record.sessions import Sessions
from unknot.record.sticks import sticks
from unknot.record.store import open_store
from unknot.web.place_picture import place_picture

DAYS = (date(2026, 11, 12), date(2026, 11, 19), date(2026, 11, 26))
ROUTE = Route("neutral", "back", ((225, 485), (225, 585)))


def dots(picture: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r'class="stuck" cx="(\d+)" cy="(\d+)"', picture)]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_dot_lies_on_the_drawn_path_at_its_share_of_the_way(k: Knowledge, share: float) -> None:
    a = replace(application(k, "one", "skin_rolling"), route=ROUTE)
    assert dots(place_picture(a, None, [("1", share)])) == [(225, round(485 + 100 * share))]
    assert dots(place_picture(a, None)) == []


def test_a_dot_lies_on_the_fibres_between_their_two_ends(k: Knowledge) -> None:
    picture = place_picture(application(k, "one", "skin_rolling"), None, [("1", 0.0), ("2", 0.5), ("3", 1.0)])
    ends = {
        kind: [(int(x), int(y)) for x, y in re.findall(rf'class="{kind}" cx="(\d+)" cy="(\d+)"', picture)]
        for kind in ("from", "to")
    }
    first, middle, last = dots(picture)
    assert min(dist(first, at) for at in ends["from"]) < 3
    assert min(dist(last, at) for at in ends["to"]) < 3
    assert min(dist(middle, at) for at in (*ends["from"], *ends["to"])) > 10


def _kept(sessions: Sessions, of: Plan, visit: str, at: tuple[float, ...]) -> None:
    ident = sessions.begin("client", visit, of, [])
    script = [(1, "next", {}), (4, "rate", {"value": 4.0, "by": "practitioner"})]
    script += [(5 + n, "stuck", {"value": share}) for n, share in enumerate(at)]
    _, facts = run(of, [*script, (15, "end", {})])
    sessions.store.append_all([sessions.batch(ident, facts)])


def test_what_stuck_is_told_visit_by_visit_also_where_nothing_did(k: Knowledge, tmp_path: Path) -> None:
    store = open_store(tmp_path / "u.db")
    sessions = Sessions(store)
    of = plan(k, replace(application(k, "one", "skin_rolling"), route=ROUTE), application(k, "two", "gliding"))
    for visit, at in (("v1", (0.2, 0.6)), ("v2", (0.6,)), ("v3", ())):
        _kept(sessions, of, visit, at)
    (found,) = sticks(store, [(f"v{n}", day) for n, day in enumerate(DAYS, 1)])
    assert found.application.route == ROUTE
    assert found.visits == ((DAYS[0], (0.2, 0.6)), (DAYS[1], (0.6,)), (DAYS[2], ()))
    assert sticks(store, [("v3", DAYS[2])]) == ()
