"""The papers that leave the house: notes, sheets and reports as PDF and in words, cautious and complete."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from unknot.case.clearance import Clearance
from unknot.case.model import Finding, Pain
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.record.amounts import day
from unknot.record.card import card
from unknot.record.languages import LARGEST, english, read, template
from unknot.record.note import draft, paper
from unknot.record.paper import Paper, Section, as_text
from unknot.record.reports import Cover, Goal, Period, cover_of, insurance, keep_cover, progress
from unknot.record.screening import Desk, Person
from unknot.record.sheet import sheet
from unknot.record.store import OvertakenError, Store, StoreError, open_store
from unknot.record.story import Story, story
from unknot.web.paper import LEGIBLE_PT, LETTERS_PX, PT_MM, ROOM, Curve, body_picture, curves_of, pdf
from unknot.web.practice import Practice
from unknot.web.tongue import speaking
from unknot.web.typeset import PaperError
from unknot.words import say
from worked import DAY, EASES, Script, conducted, drawn, told_visit


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = open_store(tmp_path_factory.mktemp("papers") / "unknot.db")
    yield found
    found.close()


@pytest.fixture
def treated(desk: Desk, client: Person, rounds: Plan) -> Callable[..., Story]:
    """A visit from drawing to the end of a session."""
    return partial(told_visit, desk, client, rounds)


# ---------------------------------------------------------------- what leaves the house


def test_papers_are_tagged_pdf_of_one_to_two_pages(
    treated: Callable[..., Story], healthy: Clearance, k: Knowledge
) -> None:
    s = treated()
    curves = curves_of(s)
    assert (
        len(curves) == 1
        and "var(--" not in curves[0].picture
        and "60 s" not in curves[0].alt
        and not curves[0].left_out
    )
    for one in (
        paper(s, k, None, "long", []),
        sheet(s, k, healthy, "112", touch=True),
        progress([s], k),
        insurance([s], k, Cover()),
    ):
        data = pdf(one, Practice(), DAY, body=body_picture(s), body_alt="drawing", curves=curves)
        inside = data + b"".join(unpacked(data))
        assert data.startswith(b"%PDF") and b"/StructTreeRoot" in inside and b"pdfuaid" in inside
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", inside)) <= 2
    many = tuple(
        f"{n} is a line as long as those of a note are that tells of a day with much work." for n in range(105)
    )
    long = replace(paper(s, k, None, "long", []), sections=(Section("plan", "Plan", many),))
    data = pdf(long, Practice(), DAY, body=body_picture(s), body_alt="drawing", curves=curves)
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 2, "it is set smaller"


FIVE = (
    "infraspinatus.1@right",
    "trapezius.upper.1@right",
    "levator_scapulae.1@right",
    "supraspinatus.1@right",
    "teres_minor.1@right",
)


ONE: Script = [
    (1.0, "next", {}), (3.0, "rate", {"value": 6}), (12.0, "off", {}), (24.0, "rate", {"value": 5}), (33.0, "off", {})
]  # fmt: skip
"""One place, pressed twice, in a minute."""


def test_the_note_of_five_places_has_its_drawing_and_its_curve_on_two_pages(
    desk: Desk, client: Person, healthy: Clearance, k: Knowledge
) -> None:
    visit = desk.visit_of(client.id, DAY)
    drawn(desk, visit)
    wishes = [Wish(place=place, technique="alternating_compression") for place in FIVE]
    plan = admit(healthy, wishes, k, date.today(), minutes=60)
    conducted(
        desk,
        visit,
        plan,
        [(n * 60 + at, kind, more) for n in range(5) for at, kind, more in ONE] + [(310.0, "end", {})],
    )
    s = story(desk, client, visit)
    curves = curves_of(s)
    for form in ("short", "long"):
        data = pdf(
            paper(s, k, None, form, []),
            Practice(),
            DAY,
            body=body_picture(s),
            body_alt="drawing",
            curves=curves,
        )
        inside = data + b"".join(unpacked(data))
        assert len(s.sittings[0].found.takings) == 5 and len(re.findall(rb"/S\s*/Figure\b", inside)) == 2
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 2


def test_a_session_too_long_for_a_page_shows_what_went_less_well_in_letters_that_can_be_read_and_names_the_rest(
    desk: Desk, client: Person, healthy: Clearance, k: Knowledge
) -> None:
    visit = desk.visit_of(client.id, DAY)
    drawn(desk, visit)
    plan = admit(
        healthy,
        [
            Wish(place=place, technique="alternating_compression")
            for place in (*FIVE, *(p.replace("right", "left") for p in FIVE))
        ],
        k,
        date.today(),
        minutes=90,
    )
    numb = [*ONE[:2], (6.0, "symptom", {"word": "numb"}), (7.0, "off", {})]
    script = [(n * 60 + at, kind, more) for n in range(8) for at, kind, more in (numb if n == 6 else ONE)]
    conducted(desk, visit, plan, [*script, (490.0, "end", {})])
    s = story(desk, client, visit)
    works = s.sittings[0].lines.works
    whole, *parts = curves_of(s)
    assert len(works) >= 7 and not whole.legible and not whole.left_out and parts
    worst = works[6]
    for part in parts:
        height = float(re.search(r'viewBox="0 0 760 (\d+)"', part.picture)[1])  # type: ignore[index]
        assert LETTERS_PX * min(ROOM[1] / height, ROOM[0] / 760) / PT_MM >= LEGIBLE_PT
        shown = [w for w in works if f">{w.taking}  {w.name}<" in part.picture]
        assert worst in shown and f"shows {len(shown)} of {len(works)} pieces" in part.left_out
        assert all((w.name in part.left_out) for w in works if w not in shown)
    data = pdf(
        paper(s, k, None, "long", []), Practice(), DAY, body=body_picture(s), body_alt="drawing", curves=[whole, *parts]
    )
    inside = data + b"".join(unpacked(data))
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 2 and len(re.findall(rb"/S\s*/Figure\b", inside)) == 2


def test_a_paper_that_has_no_room_for_its_curve_says_so(
    treated: Callable[..., Story], k: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    s, told = treated(), []

    def too_long(template: str, data: dict[str, Any], title: str) -> bytes:
        told.append(data)
        return b"/Type /Page " * (3 if data["curve"] else 2)

    monkeypatch.setattr("unknot.web.paper.typeset", too_long)
    pdf(paper(s, k, None, "long", []), Practice(), DAY, curves=curves_of(s))
    assert [bool(data["curve"]) for data in told][-2:] == [True, False]
    assert say("note.no_curve") in told[-1]["foot"] and say("note.no_curve") not in told[0]["foot"]
    high = Curve('<svg viewBox="0 0 760 9000">', "curve")
    pdf(paper(s, k, None, "long", []), Practice(), DAY, curves=[high])
    assert not told[-1]["curve"] and say("note.no_curve") in told[-1]["foot"], "nobody could read it"


@pytest.mark.parametrize("words", ["李娜", "ไทย", "Иван Łukasz 😀 אב"])
def test_a_paper_comes_whatever_script_its_words_are_written_in(words: str) -> None:
    one = Paper("note", "Note", words, (Section("plan", "Plan", (words, "a")),))
    assert pdf(one, Practice(name=words), DAY).startswith(b"%PDF")


def test_a_paper_that_cannot_be_set_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unknot.web.typeset._set", lambda *_: None)
    with pytest.raises(PaperError, match="could not be set") as error:
        pdf(Paper("note", "Note", "Xanthippe", ()), Practice(), DAY)
    assert "Xanthippe" not in str(error.value) and error.value.__cause__ is None


def unpacked(data: bytes) -> Iterator[bytes]:
    """The streams of a PDF that are deflated; the others hold pictures and fonts."""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(packed)


def test_the_sheet_advises_pressure_only_below_the_ceilings_and_only_where_all_went_quietly(
    treated: Callable[..., Story], healthy: Clearance, k: Knowledge
) -> None:
    s = treated()
    text = as_text(sheet(s, k, healthy, "112", touch=True))
    found = re.search(r"At\s+most (\d+) of 10 in discomfort, at\s+most (\d+) s", text)
    limits = s.sittings[0].applications[s.sittings[0].found.takings[0].application].limits
    assert found and int(found[1]) < limits.discomfort and int(found[2]) <= min(30, limits.hold_s)
    assert "36 hours" in text and "call 112" in text and "the muscle infraspinatus" in text
    lower = replace(healthy, ceilings=tuple(replace(c, value=3.0) if c.limit == "discomfort" else c for c in healthy.ceilings))  # fmt: skip
    assert re.search(r"At\s+most 2 of 10", as_text(sheet(s, k, lower, "112", touch=True))), (
        "a later rule lowers it, too"
    )
    for closed in (
        sheet(s, k, healthy, "112", touch=False),
        sheet(s, k, replace(healthy, outcome="careful"), "112", touch=True),
    ):
        assert "Do not press the treated places" in as_text(closed) and "At most" not in as_text(closed)
    eased: Script = [
        (1, "next", {}),
        (3, "rate", {"value": 5}),
        (5, "rate", {"value": 7}),
        (7, "rate", {"value": 4}),
        *EASES[2:],
    ]
    after_ease = treated(eased, DAY + timedelta(2))
    assert after_ease.sittings[0].found.takings[0].breaches
    assert "Do not press" in as_text(sheet(after_ease, k, healthy, "112", touch=True))
    above: Script = [
        (1, "next", {}),
        (3, "rate", {"value": 6}),
        (5, "rate", {"value": 9}),
        (8, "off", {}),
        (20, "end", {}),
    ]
    assert "Do not press" in as_text(sheet(treated(above, DAY + timedelta(1)), k, healthy, "112", touch=True))


def test_the_sheet_says_how_many_places_it_does_not_name(
    treated: Callable[..., Story], k: Knowledge, healthy: Clearance
) -> None:
    s = treated()
    sites = [
        f"{site}@{side}"
        for site in ("arm.front", "arm.side", "shoulder.front", "elbow.front")
        for side in ("left", "right")
    ]
    s = replace(s, pains=tuple(Pain(site, 5.0) for site in sites))
    assert "and 2 more places" in " ".join(as_text(sheet(s, k, healthy, "112", touch=True)).split())


def test_reports_keep_discomfort_apart_from_pain_and_count_whole_units(
    treated: Callable[..., Story], desk: Desk, client: Person, k: Knowledge
) -> None:
    s = treated()
    begun = s.sittings[0].begun
    long = replace(s, sittings=(replace(s.sittings[0], ended=begun + timedelta(minutes=44, seconds=50)),))
    keep_cover(desk.store, client.id, Cover((Goal("reach the top shelf", "2", "8", "5"),), (("service", "X-1"),), 15))
    cover = cover_of(desk.store, client.id)
    told = {x.key: x for x in insurance([long], k, cover).sections}
    assert told["units"].table is not None and told["units"].table.rows[0][3:5] == ("44", "2")
    again = replace(long, sittings=(*long.sittings, replace(long.sittings[0], ended=begun + timedelta(minutes=29))))
    paper = insurance([again, s], k, cover, Period(DAY, None))
    units = next(x.table for x in paper.sections if x.key == "units")
    assert (
        units is not None
        and units.foot[0] == f"Sessions: {len(units.rows)}"
        and [r[3] for r in units.rows[:2]] == ["44", "29"]
    )
    assert (
        units.foot[3:5] == tuple(str(sum(int(row[n]) for row in units.rows)) for n in (3, 4)) and units.foot[4] == "3"
    )
    assert (
        f"- {units.foot[0]}; Minutes: {units.foot[3]}; Units: 3" in as_text(paper)
        and f"; from {day(DAY)} on" in paper.about
    )
    assert told["codes"].lines == ("service: X-1",) and told["goals"].table.rows[0][3] == "8"  # type: ignore[union-attr]
    report = {x.key: x for x in progress([s], k).sections}
    assert report["pain"].table.rows == ((day(DAY), "2", "7", "6.0"),)  # type: ignore[union-attr]
    assert report["places"].table.rows[0][2:4] == ("6", "2") and "not the pain" in report["places"].lines[0]  # type: ignore[union-attr]
    with pytest.raises(StoreError, match="5 to 60"):
        keep_cover(desk.store, client.id, replace(cover, unit_min=0))
    with pytest.raises(OvertakenError):
        keep_cover(desk.store, client.id, replace(cover, version=0))


def seen_as(s: Story, **place: Any) -> Story:
    """The visit with another word of its place: as told under another pressure, or worked on otherwise."""
    sitting = s.sittings[0]
    one = replace(sitting.found.places[0], **place)
    return replace(s, sittings=(replace(sitting, found=replace(sitting.found, places=(one,))),))


@pytest.mark.parametrize("pressure", ["lighter", "anew", "harder"])
def test_less_under_less_pressure_is_no_help_on_any_paper(
    treated: Callable[..., Story], k: Knowledge, healthy: Clearance, pressure: str
) -> None:
    s = seen_as(treated(), before=6.0, after=2.0, pressure=pressure, responded=True if pressure == "harder" else None)
    helped = pressure == "harder"
    found, told = card(s, None, {}, k), as_text(sheet(s, k, healthy, "112", touch=True))
    assert bool(found.helped) == helped and pressure_words(pressure) in found.treated[0]
    assert not any("Did not respond" in line for line in found.next), "nobody can know whether it did"
    assert "under the same pressure" not in told and ("under more pressure" in told) == helped
    row = {x.key: x for x in progress([s], k).sections}["places"].table.rows[0]  # type: ignore[union-attr]
    assert row[2:] == ("6", "2", "clearly less" if helped else pressure_words(pressure))
    assert pressure_words(pressure) in draft(s, k, "short")["plan"]


def pressure_words(pressure: str) -> str:
    """How it is told under which pressure the last was."""
    return say("session_pressure." + pressure)


def test_strokes_have_the_time_that_the_hand_was_on_and_are_not_said_to_fail(
    treated: Callable[..., Story], k: Knowledge, healthy: Clearance
) -> None:
    s = treated()
    on = say("session.seconds", s=round(s.sittings[0].found.takings[0].pressed_ms / 1000))
    s = seen_as(s, pressed_ms=0, before=None, after=None, pressure="", responded=None)
    found = card(s, None, {}, k)
    told = (found.treated[0], draft(s, k, "short")["plan"], as_text(sheet(s, k, healthy, "112", touch=True)))
    assert all(on in words and " 0 s" not in words for words in told)
    assert not any("Did not respond" in line for line in found.next)
    s = seen_as(s, responded=False)
    assert any("Did not respond" in line for line in card(s, None, {}, k).next)


def test_the_sheet_names_places_muscles_stretches_and_days_in_the_clients_language_and_in_english_where_it_has_none(
    treated: Callable[..., Story], desk: Desk, healthy: Clearance, k: Knowledge
) -> None:
    mine = {"region.shoulder.front": "Schulter", "region.shoulder.back": "Rücken", "side.right": "rechts", "muscle.infraspinatus": "Untergrät",
            "stretch.infraspinatus": "Dehne & halte", "calendar.nov": "Nebelmond", "view.front": "vorn <b>",
            "root.C7": "Wurzel sieben", "test.spurling_a": "Drucktest"}  # fmt: skip
    file = '[language]\ncode = "de"\nname = "Deutsch"\n[messages]\n' + "".join(
        f'"{a}" = "{b}"\n' for a, b in mine.items()
    )
    found = (
        Finding("root", "C7@right", {"familiar_pain": True}),
        Finding("test", "spurling_a@right", {"familiar_pain": True}),
    )
    language, s = read(file, k), replace(treated(), findings=found)
    assert set(language.messages) == set(mine) and "muscle.teres_minor" in language.missing(k)
    plain = as_text(sheet(s, k, healthy, "112", touch=True))
    with speaking(language):
        paper_, picture = sheet(s, k, healthy, "112", touch=True), body_picture(s)
        made = pdf(paper_, Practice(), DAY, body=picture, body_alt="x")
    told = " ".join(as_text(paper_).split())
    assert (
        "Wurzel sieben (rechts); Drucktest (rechts)" in told
        and "Schulter (rechts)" in told
        and "Untergrät" in told
        and "Dehne & halte" in told
        and "12 Nebelmond 2026" in told
    )
    assert f"{k.roots['C7'].name} (right); {k.tests['spurling_a'].name} (right)" in " ".join(plain.split())
    every = {f"{kind}.{one.id}": one.name for kind, known in (("root", k.roots), ("entrapment", k.entrapments), ("origin", k.origins), ("test", k.tests))
             for one in known.values()}  # fmt: skip
    assert every.items() <= english(k).items() and len(template(k)) < LARGEST
    assert not any(
        name in told for name in ("infraspinatus", k.muscles["infraspinatus"].stretch, "front of the shoulder")
    )
    assert "front of the upper arm (rechts)" in told, "what has no word in the language"
    assert "vorn &lt;b&gt;:" in picture and b"/Lang(de)" in made
    assert as_text(sheet(s, k, healthy, "112", touch=True)) == plain, "nothing of it is kept"
