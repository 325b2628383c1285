"""What a session came to and its timeline: folds of the facts that agree with the engine's own ledger, and say what happened."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from scripted import run
from unknot.bench.sessions import application, plan, random_event, random_plan
from unknot.case.plan import Plan
from unknot.knowledge.load import Knowledge
from unknot.record.session_picture import NARROW, STYLE, WIDE, describe, svg
from unknot.record.session_words import breach_words
from unknot.treat.engine import step
from unknot.treat.fact import Fact
from unknot.treat.session import ACTIVE, Session, start
from unknot.treat.summary import Breach, Summary, summarise
from unknot.treat.timeline import Timeline, timeline
from worked import Script


def rate(at_s: float, value: float, by: str = "practitioner") -> tuple[float, str, dict[str, Any]]:
    return at_s, "rate", {"value": value, "by": by}


HALVES: Script = [
    (1, "next", {}), rate(4, 6), rate(11.5, 6), rate(22, 5), rate(34, 4), rate(46, 3), (53, "off", {}), (70, "next", {}), rate(72, 2),
    (74, "off", {}), (75, "recheck", {"value": 2.0, "data": {"tissue": "softer", "familiar": False}}), (76, "log", {"word": "stretch"}),
    (80, "end", {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def halves(k: Knowledge) -> tuple[Plan, Session, list[Fact]]:
    of = plan(
        k, application(k, "one", "alternating_compression"), application(k, "two", "skin_rolling", "soleus.1@left")
    )
    return of, *run(of, HALVES)


def both(of: Plan, facts: list[Fact]) -> tuple[Summary, Timeline]:
    return summarise(of, facts), timeline(of, facts)


def test_a_client_whose_discomfort_halves_is_told_so(halves: tuple[Plan, Session, list[Fact]]) -> None:
    of, s, facts = halves
    found = summarise(of, facts)
    (taking,) = found.takings
    assert (taking.outcome, taking.first, taking.last, taking.turns) == ("eased", 6.0, 3.0, 4)
    assert taking.rounds == (6.0, 5.0, 4.0, 3.0)
    assert taking.recheck is not None
    assert (taking.recheck.discomfort, taking.recheck.tissue, taking.recheck.familiar) == (2.0, "softer", False)
    (place,) = found.places
    assert (place.before, place.after, place.responded) == (6.0, 2.0, True)
    assert found.undone == ("two",)
    assert found.ended
    assert [m.kind for m in found.logged] == ["stretch"]
    assert found.length_ms == 79_000
    assert s.phase == "ended"


def test_a_breach_says_what_the_hand_did_and_how_it_came_back(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    _, facts = run(
        of, [(1, "next", {}), rate(4, 5), rate(9, 7), rate(12, 5), (15, "release", {}), rate(17, 4.5), (20, "end", {})]
    )
    (taking,) = summarise(of, facts).takings
    (found,) = taking.breaches
    assert (found.value, found.did, found.back, found.back_ms) == (7.0, "ease", 5.0, 3000)
    assert found.within_ms == 0
    assert breach_words(found) == "7, eased within 1 s, back to 5 after 3 s."
    assert taking.releases == ((1, 11_000),)
    assert (taking.first, taking.last) == (5.0, 4.5)


def test_discomfort_back_at_the_ceiling_is_back(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    _, facts = run(of, [(1, "next", {}), rate(4, 5), rate(9, 7), rate(12, 6), (20, "stop", {})])
    assert summarise(of, facts).takings[0].breaches[0].back == 6.0


def test_what_was_rated_before_easing_is_not_compared_with_what_came_after(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    script: Script = [(1, "next", {}), rate(4, 5), rate(9, 5), (10, "ease", {}), rate(12, 3)]
    once = summarise(of, run(of, [*script, (14, "stop", {})])[1]).takings[0]
    assert (once.first, once.last, once.only) == (None, None, 3.0)
    twice = summarise(of, run(of, [*script, rate(16, 2), (18, "stop", {})])[1]).takings[0]
    assert (twice.first, twice.last) == (3.0, 2.0)


def test_what_never_releases_is_told_as_not_responding(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    found = summarise(of, run(of, [(1, "next", {}), *(rate(t, 5) for t in range(4, 64, 4)), (70, "end", {})])[1])
    assert found.takings[0].outcome == "no_release"
    assert found.unresponsive == ("infraspinatus.1@right",)


def test_a_client_who_says_nothing_is_told_as_silence(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    found = summarise(of, run(of, [(1, "next", {}), (120, "end", {})])[1])
    assert (found.takings[0].silences, found.takings[0].outcome) == (4, "no_release")
    assert found.takings[0].first is None


def test_a_restart_keeps_its_gap_in_the_time_and_in_the_ledger(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    s, facts = run(
        of, [(1, "next", {}), rate(4, 5), (0.1, "restarted", {"by": "program", "value": 7000.0}), (3, "off", {})]
    )
    found, told = both(of, facts)
    assert found.pressed_ms == s.ledger["session"] == 3000 + 7000 + 2900
    assert [(g.at_ms, g.ms) for g in told.gaps] == [(10_000, 7000)]
    assert [(m.kind, m.value) for m in found.told] == [("restarted", 7000)]
    assert not found.ended


def test_where_skin_sticks_is_told_by_stroke_and_place(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "skin_rolling"))
    _, facts = run(
        of,
        [(1, "next", {}), rate(4, 4), (6, "stuck", {"value": 0.4}), (8, "symptom", {"word": "pinch"}), (9, "end", {})],
    )
    (taking,) = summarise(of, facts).takings
    assert taking.sticks == ((1, 0.4),)
    assert taking.outcome == "pinch"


@pytest.mark.parametrize("seed", range(40))
def test_the_summary_counts_what_the_ledger_counts(k: Knowledge, seed: int) -> None:
    chance = random.Random(seed)
    first = s = start(random_plan(k, chance))
    facts: list[Fact] = []
    for _ in range(150):
        s, new, _ = step(s, random_event(k, s, chance))
        facts += new
    found, told = both(first.plan, facts)
    assert found.pressed_ms == s.ledger.get("session", 0)
    assert {p.place: p.pressed_ms for p in found.places} == {
        p.place: s.ledger.get(f"point:{p.place}", 0) for p in found.places
    }
    assert all(abs(ms - s.ledger.get(f"hand:{j}", 0)) <= 100 for j, ms, _ in found.loads)  # each moment is rounded
    assert sum(t.pressed_ms for t in found.takings) == found.pressed_ms
    assert found.length_ms == told.length_ms == s.elapsed(s.now)
    assert found.ended == (s.phase == "ended")
    assert all(t.outcome for t in found.takings[:-1])
    assert not found.takings or bool(found.takings[-1].outcome) == (s.phase not in ACTIVE)
    json.dumps([found.as_mapping(), told.as_mapping()], allow_nan=False)
    _shape(told)
    ET.fromstring(svg(told))


def _shape(told: Timeline) -> None:
    """Segments follow each other without a hole, steps change, and nothing stands outside the session."""
    ends = [(a.end_ms, b.start_ms) for a, b in zip(told.segments, told.segments[1:], strict=False)]
    assert all(end == start for end, start in ends)
    assert all(0 <= s.start_ms < s.end_ms <= told.length_ms for s in told.segments)
    assert all(a.level != b.level for a, b in zip(told.steps, told.steps[1:], strict=False))
    assert all(s.level >= 0 for s in told.steps)
    assert all(0 <= m.at_ms <= told.length_ms for m in (*told.marks, *told.ratings))


def test_pressure_is_told_in_steps(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    _, facts = run(
        of, [(1, "next", {}), rate(4, 2), rate(6, 3), rate(8, 5), rate(12, 7), rate(14, 5), (16, "stop", {})]
    )
    assert [s.level for s in timeline(of, facts).steps] == [1.0, 2.0, 3.0, 2.0, 0.0]


def test_facts_of_nothing_make_an_empty_summary(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "gliding"))
    found, told = both(of, [])
    assert (found.length_ms, found.takings, found.undone) == (0, (), ("one",))
    assert "Nothing was worked on" in svg(told)


def test_the_picture_tells_in_words_what_it_shows(halves: tuple[Plan, Session, list[Fact]]) -> None:
    of, _, facts = halves
    told = timeline(of, facts)
    for width in (WIDE, NARROW):
        root = ET.fromstring(svg(told, width=width))
        space = "{http://www.w3.org/2000/svg}"
        assert root.get("width") == str(width)
        title, desc = root.find(f"{space}title"), root.find(f"{space}desc")
        assert title is not None
        assert desc is not None
        assert f"{title.get('id')} {desc.get('id')}" == root.get("aria-labelledby")
        assert desc.text == describe(told)
        words = {t.text for t in root.iter(f"{space}text")}
        assert {"6", "5", "4", "3", "2", "hold"} <= words
        rights = [float(r.get("x", 0)) + float(r.get("width", 0)) for r in root.iter(f"{space}rect")]
        assert max(rights) <= width


def test_in_a_page_the_picture_brings_no_style_of_its_own(halves: tuple[Plan, Session, list[Fact]]) -> None:
    of, _, facts = halves
    drawn = svg(timeline(of, facts), styled=False, ident="a")
    assert "<style" not in drawn
    assert " style=" not in drawn
    assert all(rule in STYLE for rule in (".band", ".ceiling", ".steps"))


def test_a_breach_without_a_way_back_is_told_plainly() -> None:
    assert breach_words(Breach(0, 9.0, 6.0, "let_go", 0)) == "9, let go within 1 s."


def test_a_place_that_was_lightened_and_got_worse_did_not_respond(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "alternating_compression"))
    _, facts = run(of, [(1, "next", {}), rate(4, 4), rate(11, 4), rate(22, 5), rate(33.5, 6), (39, "off", {})])
    found = summarise(of, facts)
    (place,) = found.places
    assert place.outcomes == ("worse",)
    assert (place.before, place.after, place.pressure, place.responded) == (4.0, 6.0, "lighter", False)
    assert found.unresponsive == (place.place,)


def test_a_place_that_was_let_go_at_eight_did_not_respond(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    _, facts = run(of, [(1, "next", {}), rate(4, 5), rate(9, 8), (11, "off", {})])
    (place,) = summarise(of, facts).places
    assert (place.before, place.after, place.pressure, place.responded) == (5.0, 8.0, "same", False)


def test_less_discomfort_under_less_pressure_is_not_called_a_response(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    _, facts = run(of, [(1, "next", {}), rate(4, 6), (10, "ease", {}), rate(12, 2), (14, "off", {})])
    (place,) = summarise(of, facts).places
    assert (place.before, place.after, place.pressure, place.responded) == (6.0, 2.0, "lighter", None)


def test_clearly_less_under_more_pressure_is_a_response(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    script: Script = [(1, "next", {}), rate(4, 5), (10, "release", {}), rate(12, 2), rate(14, 3), (16, "off", {})]
    (place,) = summarise(of, run(of, script)[1]).places
    assert (place.before, place.after, place.pressure, place.responded) == (5.0, 3.0, "harder", True)


def test_what_was_rated_once_or_pressed_anew_is_not_known(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "alternating_compression"))
    once: Script = [(1, "next", {}), rate(4, 5), (6, "park", {}), (7, "off", {})]
    (place,) = summarise(of, run(of, once)[1]).places
    assert (place.before, place.after, place.pressure, place.responded) == (5.0, None, "", None)
    again: Script = [*once, (20, "begin", {"application": "one"}), rate(23, 2), (25, "park", {}), (26, "off", {})]
    (place,) = summarise(of, run(of, again)[1]).places
    assert (place.before, place.after, place.pressure, place.responded) == (5.0, 2.0, "anew", None)


def test_the_picture_tells_the_pressure_that_the_ledger_counts(k: Knowledge) -> None:
    of = plan(k, application(k, "one", "prolonged_compression"))
    s, facts = run(
        of,
        [
            (1, "next", {}),
            rate(4, 5),
            (9, "rate", {"value": 5, "by": "practitioner"}),
            (0.1, "restarted", {"by": "program", "value": 6000.0}),
            (7, "off", {}),
        ],
    )
    found, told = both(of, facts)
    seconds = round(s.ledger["session"] / 1000)
    assert found.pressed_ms == s.ledger["session"]
    assert f"{seconds} s of pressure" in svg(told)
    assert told.pressed_ms == found.pressed_ms


def test_the_first_stroke_is_quicker_where_it_searches(k: Knowledge) -> None:
    usual = application(k, "one", "muscle_stripping")
    of = plan(k, replace(usual, dose=replace(usual.dose, search_pass_s=5.0)))
    _, facts = run(of, [(1, "next", {}), rate(4, 4), rate(8, 4), rate(30, 4), (60, "end", {})])
    lengths = [f.body["for_ms"] for f in facts if f.kind == "cue" and f.body["word"] == "stroke"]
    assert lengths[:2] == [5000, 15_000]
