"""The note and the day: folds of facts that say nothing that did not happen, kept in versions, signed and found again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from unknot.case.plan import Plan
from unknot.case.plan_mapping import as_mapping
from unknot.knowledge.load import Knowledge
from unknot.record.amounts import day
from unknot.record.card import card, way
from unknot.record.erase import erase
from unknot.record.measures import Measures, Taken
from unknot.record.note import PARTS, Notes, draft, grown, paper
from unknot.record.paper import Paper, as_text
from unknot.record.people import appoint, appointments, call_off, came_on, find, newest, rows_of
from unknot.record.reports import Cover, Goal, insurance, keep_cover, progress
from unknot.record.schema import DOCUMENTS
from unknot.record.screening import Desk, Person, Visit
from unknot.record.sessions import Sessions
from unknot.record.store import Fact, OvertakenError, Store, StoreError, as_json, open_store
from unknot.record.story import Story, past, story
from unknot.record.whole import with_crc
from unknot.web.home import give_key
from unknot.words import say
from worked import DAY, Script, conducted, drawn, told_visit


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = open_store(tmp_path_factory.mktemp("note") / "unknot.db")
    yield found
    found.close()


@pytest.fixture
def treated(desk: Desk, client: Person, rounds: Plan) -> Callable[..., Story]:
    """A visit from drawing to the end of a session."""
    return partial(told_visit, desk, client, rounds)


def rows_in(found: Paper, key: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a paper's table by the key of its section."""
    table = next(x for x in found.sections if x.key == key).table
    return table.rows if table is not None else ()


# ---------------------------------------------------------------- the draft


def numbers(text: str) -> set[str]:
    """Every number of a text, as it stands there."""
    return set(re.findall(r"\d+(?:[.,]\d+)?", text))


def told_numbers(value: Any) -> Iterator[float]:
    """Every number that stands in facts, also inside their words."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, str):
        yield from (float(n) for n in re.findall(r"\d+(?:\.\d+)?", value))
    else:
        rows = value.values() if isinstance(value, Mapping) else value
        for row in rows:
            yield from told_numbers(row)


def in_the_facts(desk: Desk, s: Story) -> set[str]:
    """Numbers of the stored facts of a visit, stamps in local time, and how often something happened."""
    found = {36.0, 0.0, 10.0, *told_numbers([s.visit.on.isoformat(), s.person.age, s.person.label])}
    kept = desk.store.get("drawing", s.visit.id)
    found |= set(told_numbers([f.body for f in s.facts])) | set(told_numbers(kept.body if kept else {}))
    for sitting in s.sittings:
        facts = Sessions(desk.store).facts(sitting.id)
        found |= set(told_numbers([f.body for f in facts])) | set(told_numbers(as_mapping(Sessions(desk.store).kept(sitting.id).plan)))  # fmt: skip
        found |= {float(n) for stamp in (sitting.begun, sitting.ended) for n in (stamp.hour, stamp.minute)}
        found |= {float(sum(f.kind == kind for f in facts)) for kind in ("breach", "silence", "referral", "cue")}
    return {f"{n:g}" for n in found}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ratings=st.lists(st.integers(0, 9), min_size=1, max_size=6), strong=st.integers(1, 10), weeks=st.integers(1, 90),
    tender=st.integers(0, 10), form=st.sampled_from(["short", "long"]),
)  # fmt: skip
def test_every_number_of_a_note_stands_in_the_facts(
    desk: Desk, rounds: Plan, ratings: list[int], strong: int, weeks: int, tender: int, form: Any
) -> None:
    person = desk.new_client("A", 51, "male")
    visit = desk.visit_of(person.id, DAY)
    drawn(
        desk, visit, pain=[{"site": "shoulder.front@right", "intensity": strong}], complaint={"weeks": weeks},
        finding=[{"point": "infraspinatus.1@right", "tenderness": tender}],
    )  # fmt: skip
    script: Script = [(1, "next", {})] + [(3 + 4 * i, "rate", {"value": r}) for i, r in enumerate(ratings)]
    conducted(desk, visit, rounds, [*script, (60, "off", {}), (61, "end", {})])
    s = story(desk, person, visit, ranked=True)
    parts = draft(s, desk.k, form)
    assert f"{strong} of 10" in parts["subjective"] and f"{weeks} weeks" in parts["subjective"]
    spoken = {n for part in PARTS for n in numbers(parts[part])}
    allowed = in_the_facts(desk, s)
    summed = {f"{x:g}" for t in s.sittings for ms in (t.found.pressed_ms, *(p.pressed_ms for p in t.found.takings)) for x in (round(ms / 1000), *divmod(round(ms / 1000), 60))}  # fmt: skip
    turns = {f"{t.turns}" for sitting in s.sittings for t in sitting.found.takings}
    assert {f"{float(n):g}" for n in spoken} <= allowed | summed | turns
    place = s.sittings[0].found.places[0]
    compared = f"discomfort under the hand {place.before:g} before, {place.after:g} after" if place.before is not None and place.after is not None else "no before and after"  # fmt: skip
    assert compared in draft(s, desk.k, "short")["plan"]


def test_a_note_says_what_was_told_found_and_done_in_cautious_words(
    treated: Callable[..., Story], k: Knowledge
) -> None:
    parts = draft(treated(), k, "short")
    assert "7 of 10, ache" in parts["subjective"] and "“it hurts when I reach for the belt”" in parts["subjective"]
    assert "8 of 10" in parts["objective"] and "taut band" not in parts["objective"]
    assert "Not found: twitches when strummed." in parts["objective"]
    assert "not a diagnosis" in parts["assessment"] and "familiar pain" in parts["assessment"]
    assert "discomfort under the hand 6 before, 2 after" in parts["plan"] and "36 hours" in parts["plan"]
    whole = " ".join(parts.values()).lower()
    assert not re.search(r"diagnosed|cure[sd]?\b|detox|heal(s|ed)|caused by|suffers from", whole)


def test_measurements_stand_in_the_note_and_the_reports_as_they_were_given(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    visit = treated().visit
    kept = Measures(desk.store, k)
    wrong = kept.keep(visit.id, [Taken(measure="pain.now", values=(9,), when="before", by="A")])
    kept.take_back(visit.id, wrong[0], "A")
    kept.keep(visit.id, [Taken(measure="pain.now", values=(6,), when="before", by="A"), Taken(measure="pain.now", values=(3,), when="after", by="A")])  # fmt: skip
    s = story(desk, client, visit)
    parts = draft(s, k, "short")
    assert "\nPain now: before the work 6 of 10; after the work 3 of 10.\n" in parts["subjective"]
    assert "Pain now" not in parts["objective"] and "9" not in parts["subjective"]


def test_what_is_measured_on_both_sides_stands_in_one_line_with_its_mean_and_the_meaning_of_its_sign(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    visit, kept = treated().visit, Measures(desk.store, k)
    turn = [Taken(measure="rom.neck.rotation", values=(v,), side=side, when=when, by="A") for v, side, when in ((56, "right", "before"), (70, "left", "before"), (61, "right", "after"))]  # type: ignore[arg-type]  # fmt: skip
    point = Taken(measure="ppt", values=(3.3, 3.6, 3.9), unit="kg/cm2", on="infraspinatus.1@right", rate="1 kg a second", by="A")  # fmt: skip
    tilt = [Taken(measure="posture.shoulder_tilt", values=(-2.5,), by="A"), Taken(measure="skin.temperature", values=(91.4,), unit="degF", by="A", on="shoulder.front@right")]  # fmt: skip
    kept.keep(visit.id, [*turn, point, *tilt])
    found = draft(story(desk, client, visit), k, "short")["objective"].splitlines()
    assert "Neck, turning: before the work left 70°, right 56°; after the work right 61°." in found
    assert any(
        "3.3, 3.6, 3.9 kg/cm² (mean 3.6\N{NO-BREAK SPACE}kg/cm², pressure rose: 1 kg a second)." in x for x in found
    )
    assert "Shoulders tilted: 2.5° right side up." in found and any("91.4 °F." in line for line in found)
    assert all(line[0] == line[0].upper() for line in found)


def test_words_and_signatures_have_the_day_of_the_clock_on_the_wall(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        s = treated()
        said = Fact("said", {"text": "my neck is stiff", "by": "client"}, at="2026-11-11T20:30:00.000+00:00")
        desk.store.append(f"client:{client.id}", [said])
        s = story(desk, client, s.visit, ranked=True)
        assert "my neck is stiff" in s.said, "half past nine in the morning of the visit"
        kept = replace(Notes(desk.store).keep(s, "short", draft(s, k, "short"), 0, "A. Weber"), at=said.at)
        assert "on 12 Nov 2026" in paper(s, k, kept, "short", []).foot[0]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_reports_say_of_each_measure_whether_it_changed_beyond_its_error_and_goals_follow_it(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    kept, stories = Measures(desk.store, k), []
    for on, ndi, pain in ((DAY, 21.0, 8.0), (DAY + timedelta(days=7), 12.0, 3.0)):
        visit = treated(on=on).visit
        kept.keep(visit.id, [Taken(measure="ndi", values=(ndi,), by="A"), Taken(measure="pain.now", values=(pain,), by="A")])  # fmt: skip
        stories.append(story(desk, client, visit))
    rows = {x.key: x for x in progress(stories, k).sections}["measures"].table.rows  # type: ignore[union-attr]
    assert [row[0] for row in rows] == ["Pain now", "Neck Disability Index, score"]
    assert "Changed, for the better" in rows[0][3] and "more than the measuring error of 4" in rows[0][3]
    assert "Not more than measuring error" in rows[1][3] and "10.2" in rows[1][3] and "12 Nov 2026" in rows[1][1]
    goal = Goal("drive without pain", aim="below 10", shown="ndi||")
    told = {x.key: x for x in insurance(stories, k, Cover((goal,))).sections}["goals"].table.rows[0]  # type: ignore[union-attr]
    assert told[1] == "Neck Disability Index, score" and told[2].startswith("21") and told[3] == "below 10"
    assert told[4].startswith("12") and told[4].endswith("not more than measuring error")
    own = insurance(stories, k, Cover((replace(goal, now="9 by telephone"),)))
    assert {x.key: x for x in own.sections}["goals"].table.rows[0][4] == "9 by telephone"  # type: ignore[union-attr]


def test_a_visit_at_which_nothing_was_done_says_so(desk: Desk, client: Person, k: Knowledge) -> None:
    visit = desk.visit_of(client.id, DAY)
    desk.clearance(visit, desk.about(client, visit))  # as a look at the page does
    s = story(desk, client, visit, ranked=True)
    parts = draft(s, k, "short")
    assert rows_in(progress([s], k), "visits")[0][1] == "Not recorded"
    assert "Nothing was told" in parts["subjective"] and "No palpation" in parts["objective"]
    assert "No screening" in parts["assessment"] and "No hands-on work" in parts["plan"] and not s.happened
    assert past(desk, client.id) == [], "a look at a client's page is no visit"


def test_a_check_that_is_not_complete_is_called_so_on_every_paper_and_never_go(
    desk: Desk, client: Person, k: Knowledge
) -> None:
    visit = desk.visit_of(client.id, DAY)
    desk.answer(visit, {"fever": "no"}, "practitioner")
    found = desk.clearance(visit, desk.about(client, visit))
    assert found.outcome == "go" and found.open and found.word == "open"
    s = story(desk, client, visit, ranked=True)
    for form in ("short", "long"):
        told = draft(s, k, form)["assessment"]
        assert f"not complete; {len(found.open)} of its questions had no answer" in told and "Go" not in told
    assert rows_in(progress([s], k), "visits")[0][1] == "Not complete"
    desk.answer(visit, {"anticoagulant": "yes"}, "practitioner")
    assert desk.clearance(visit, desk.about(client, visit)).word == "open", "careful work is for who may be touched"
    told = draft(story(desk, client, visit), k, "short")["assessment"]
    assert "not complete" in told and "Taken into account" in told and "Careful" not in told
    desk.answer(visit, {"fever": "yes"}, "practitioner")
    found = desk.clearance(visit, desk.about(client, visit))
    assert found.word == found.outcome and found.outcome not in ("go", "careful"), (
        "what stops the visit stops it at once"
    )


def test_a_symptom_stands_in_the_short_form_too(treated: Callable[..., Story], k: Knowledge) -> None:
    script: Script = [(1, "next", {}), (3, "rate", {"value": 4}), (5, "symptom", {"word": "electric"}), (8, "off", {})]
    s = treated(script)
    assert "symptom: electric" in draft(s, k, "short")["plan"] and "has not been ended" in draft(s, k, "short")["plan"]


# ---------------------------------------------------------------- kept and signed


def test_a_note_is_edited_in_versions_signed_and_then_only_added_to(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    s, notes = treated(), Notes(desk.store)
    first = notes.keep(s, "short", {**draft(s, k, "short"), "objective": "my own words"}, 0)
    signed = notes.keep(s, "short", first.parts, first.version, "A. Weber")
    assert signed.version == 2 and notes.of(s.visit.id).signed_by == "A. Weber"  # type: ignore[union-attr]
    for over in (0, 1, 2):
        with pytest.raises(StoreError, match="is signed"):
            notes.keep(s, "short", {**signed.parts, "plan": "other"}, over)
    notes.amend(s.visit.id, "The left side was meant.", "A. Weber")
    again = story(desk, client, s.visit)
    text = as_text(paper(again, k, notes.of(s.visit.id), "short", notes.amendments(again)))
    assert "my own words" in text and "Signed by A. Weber" in text and "A. Weber: The left side was meant." in text
    assert not grown(notes.of(s.visit.id), again), "an amendment is no news to the note"  # type: ignore[arg-type]


def test_two_who_edit_at_once_do_not_overwrite_each_other_and_nobody_amends_a_draft(
    treated: Callable[..., Story], desk: Desk, k: Knowledge
) -> None:
    s, notes = treated(), Notes(desk.store)
    notes.keep(s, "short", draft(s, k, "short"), 0)
    with pytest.raises(OvertakenError):
        notes.keep(s, "long", draft(s, k, "long"), 0)
    with pytest.raises(StoreError, match="not signed"):
        notes.amend(s.visit.id, "more", "A")
    with pytest.raises(StoreError, match="at most"):
        notes.keep(s, "short", {"plan": "x" * 6001}, 1)


def test_what_happens_after_a_note_was_kept_is_noticed(
    treated: Callable[..., Story], desk: Desk, client: Person
) -> None:
    s = treated()
    note = Notes(desk.store).keep(s, "short", {}, 0)
    assert not grown(note, story(desk, client, s.visit))
    desk.answer(s.visit, {"fever": "yes"}, "practitioner")
    assert grown(note, story(desk, client, s.visit))
    now = story(desk, client, s.visit)
    late = Notes(desk.store).keep(now, "short", {}, note.version, "A. Weber", s.seen)
    assert grown(late, now), "what came between the words and the name under them is no part of the words"


def test_a_finding_that_comes_after_a_note_was_kept_is_noticed(
    treated: Callable[..., Story], desk: Desk, client: Person
) -> None:
    s = treated()
    note = Notes(desk.store).keep(s, "short", {}, 0)
    kept = desk.store.get("drawing", s.visit.id)
    assert kept is not None and not grown(note, story(desk, client, s.visit))
    more = {**kept.body, "finding": [*kept.body["finding"], {"point": "teres_minor.1@right", "tenderness": 4}]}
    desk.store.put("drawing", s.visit.id, more, over=kept.version)
    assert grown(note, story(desk, client, s.visit))
    old = replace(note, seen={name: n for name, n in note.seen.items() if not name.startswith("drawing:")})
    assert not grown(old, story(desk, client, s.visit)), "a note of an earlier version does not know its drawing"


# ---------------------------------------------------------------- the client's page and the day


def test_the_last_visit_card_tells_what_flared_up_and_for_how_long(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    last = treated()
    desk.store.append(f"visit:{last.visit.id}", [Fact("liked", {"pressure": "right", "by": "practitioner"})])
    last = story(desk, client, last.visit)
    visit = desk.visit_of(client.id, DAY + timedelta(7))
    before = card(last, story(desk, client, visit), {}, k)
    assert before.flared == ("The days after are asked in today's check.",) and len(before.helped) == 1
    desk.answer(visit, {"after_sore": "yes", "after_sore_long": "yes"}, "client")
    found = card(last, story(desk, client, visit), {"discomfort": 5}, k)
    assert (
        "The soreness lasted more than 36 hours." in found.flared
        and "Lighter and shorter than last time." in found.next
    )
    assert found.pressure[:2] == ("Pressure: it was right.", "At most 5 of 10, as the client likes it.")
    firm = card(replace(last, liked="less"), None, {}, k)
    assert "Lighter than last time: the client would have liked less." in firm.next


def test_the_way_of_a_visit_names_one_next_step_and_lets_all_but_the_check_be_skipped(
    treated: Callable[..., Story], desk: Desk, client: Person
) -> None:
    empty = story(desk, client, desk.visit_of(client.id, DAY + timedelta(3)))
    steps = way(empty, Notes(desk.store), "/clients/x", asked=5, planned=0, open_session="")
    assert [s.state for s in steps] == ["now", *["open"] * 6]
    done = way(treated(finding=[]), Notes(desk.store), "/clients/x", asked=0, planned=0, open_session="")
    assert {s.key: s.state for s in done} == {
        "check": "done", "drawing": "done", "findings": "skipped", "plan": "done", "session": "done", "recheck": "skipped", "note": "now",
    }, "a session that was begun as proposed carried out a plan"  # fmt: skip
    assert done[3].word == say("way.planned", count=1)


def test_a_day_lists_who_is_expected_and_who_came(desk: Desk, client: Person) -> None:
    on = date(2027, 3, 1)
    late, early = appoint(desk.store, client.id, on, "16:00"), appoint(desk.store, client.id, on, "09:15")
    assert [a.id for a in appointments(desk.store, on)] == [early, late]
    call_off(desk.store, late)
    assert [a.time for a in appointments(desk.store, on)] == ["09:15"]
    visit = desk.visit_of(client.id, on)
    assert came_on(desk.store, on) == [(client.id, visit.id)] and came_on(desk.store, on + timedelta(1)) == []
    assert story(desk, client, desk.visit_of(client.id, on - timedelta(9))).next.time == "09:15"  # type: ignore[union-attr]


def test_an_old_note_names_the_appointment_that_came_after_its_visit_and_a_signed_one_what_it_said(
    treated: Callable[..., Story], desk: Desk, client: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_on(on: date, for_: date) -> None:
        monkeypatch.setattr("unknot.record.store._now", lambda: f"{on}T11:00:00+00:00")
        appoint(desk.store, client.id, for_, "10:00")

    def plan(visit: Visit) -> str:
        return draft(story(desk, client, visit), desk.k, "short")["plan"].splitlines()[-1]

    first = treated().visit
    assert plan(first).startswith("No next visit")
    desk.visit_of(client.id, DAY + timedelta(2))  # somebody looked, and nobody came
    made_on(DAY + timedelta(3), DAY + timedelta(9))
    assert day(DAY + timedelta(9)) in plan(first), "agreed some days later, before the client came again"
    s = story(desk, client, first)
    Notes(desk.store).keep(s, "short", draft(s, desk.k, "short"), 0, "A. P.")
    signed = Notes(desk.store).of(first.id)
    second = treated(on=DAY + timedelta(5)).visit
    made_on(DAY + timedelta(5), DAY + timedelta(7))
    assert day(DAY + timedelta(7)) in plan(second) and day(DAY + timedelta(9)) in plan(first)
    assert day(DAY + timedelta(9)) in as_text(paper(story(desk, client, first), desk.k, signed, "short", []))
    made_on(DAY + timedelta(1), DAY + timedelta(5))
    assert day(DAY + timedelta(5)) in plan(first), "the one to which they came"
    assert day(DAY + timedelta(5)) not in as_text(paper(story(desk, client, first), desk.k, signed, "short", []))
    for one in appointments(desk.store, DAY + timedelta(5)) + appointments(desk.store, DAY + timedelta(9)):
        call_off(desk.store, one.id)
    assert plan(first).startswith("No next visit"), "what was agreed at the second visit is of the second"


def test_a_client_who_is_erased_is_gone_from_the_day_the_notes_and_the_goals(
    treated: Callable[..., Story], desk: Desk, client: Person
) -> None:
    s = treated()
    on = date(2027, 5, 1)
    appoint(desk.store, client.id, on, "10:00")
    Notes(desk.store).keep(s, "short", {}, 0)
    keep_cover(desk.store, client.id, Cover((Goal("reach up"),)))
    give_key(desk.store, client.id)
    erase(desk.store, client.id)
    assert appointments(desk.store, on) == [] and all(c != client.id for c, _ in came_on(desk.store, DAY))
    bodies = rows_of(desk.store, select(DOCUMENTS.c.kind).where(DOCUMENTS.c.body.contains(client.id)))
    assert bodies == [] and Notes(desk.store).of(s.visit.id) is None


def test_a_client_is_found_as_one_types_among_ten_thousand_in_30_ms_of_the_processor(tmp_path: Path) -> None:
    store = open_store(tmp_path / "many.db")
    names = ("Weber", "Müller", "Öztürk", "O'Neill", "Smith", "100% Ana", "Le_e")
    row = {"kind": "client", "version": 1, "schema": 1, "at": "2026-01-01", "versions": "{}"}
    with store.engine.begin() as connection:
        connection.execute(
            insert(DOCUMENTS),
            [with_crc(DOCUMENTS, row | {"id": f"{i:08d}", "body": as_json({"label": f"{names[i % 7]} {i:05d}", "age": 40, "sex": None})}) for i in range(10_000)],
        )  # fmt: skip
    store.put("client", "00000004", {"label": "Renamed", "age": 40, "sex": None}, over=1)
    assert [p.label for p in find(store, "web 00007")] == ["Weber 00007"]
    assert [p.label for p in find(store, "ÖZT 00002")] == ["Öztürk 00002"] and len(find(store, "mül")) == 20
    assert [p.label for p in find(store, "100% 00005")] == ["100% Ana 00005"]
    assert [p.label for p in find(store, "le_e 0000")] == ["Le_e 00006"] and find(store, "lexe") == []
    as_typed = {
        "Ándré": "andre", "Łukasz Żółć": "lukasz zolc", "Zoë": "zoe", "İpek Öz": "ipek oz", "Mary O’Brien": "o'brien", "Jørgen Åberg": "jorgen ab",
        "Weiß": "weiss", "Andreas Jäger": "jaeger", "李小龙": "李小",
    }  # fmt: skip
    for n, (label, typed) in enumerate(as_typed.items()):
        store.put("client", f"{n + 100:08d}", {"label": label, "age": 40, "sex": None}, over=1)
        assert [p.label for p in find(store, typed)] == [label] and [p.label for p in find(store, label)] == [label]
        assert [p.label for p in find(store, label.upper())] == [label]
    assert find(store, "smith 00004") == [] and [p.label for p in find(store, "renam")] == ["Renamed"]
    assert find(store, " ") == [] and find(store, 'x" or 1=1') == []
    assert len(newest(store)) == 50 and newest(store)[0].id == "00009999"
    taken = []
    for typed in ("w", "we", "smith 0", "müller 09", "nobody", "öz") * 3:
        begun = time.thread_time()
        find(store, typed)
        taken.append(time.thread_time() - begun)
    assert sorted(taken)[len(taken) // 2] < 0.03
    store.close()
