"""How a place went is told alike by note, sheet, card, end of the session and report, and nothing is pressed at home that did not go quietly."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from unknot.case.clearance import Clearance
from unknot.case.plan import Plan, Wish
from unknot.cli.treat_show import show
from unknot.knowledge.load import Knowledge
from unknot.plan.gate import admit
from unknot.record.card import Card, card
from unknot.record.measures import Measures, Taken
from unknot.record.note import Form, draft
from unknot.record.paper import as_text
from unknot.record.reports import progress
from unknot.record.screening import Desk
from unknot.record.sessions import Sessions
from unknot.record.sheet import sheet
from unknot.record.store import open_store
from unknot.record.story import Story, story
from unknot.record.went import Against, told_mapping, went
from unknot.treat.summary import Breach, Told
from unknot.web.ending import in_all
from unknot.words import raised, say
from worked import BEGUN, DAY, EASES, LIGHTER, ONCE, UNRATED, WORSE, Script, conducted, drawn

PLACE = "infraspinatus.1@right"
FLAT: Script = [BEGUN, (3, "rate", {"value": 5}), (7, "rate", {"value": 5}), (9, "off", {}), (20, "end", {})]
NUMB: Script = [BEGUN, (3, "rate", {"value": 5}), (6, "symptom", {"word": "numb"}), (7, "off", {}), (9, "end", {})]
NUMB_LATER: Script = [*EASES[:-1], (50, "symptom", {"word": "numb"}), (60, "end", {})]
ABOVE: Script = [BEGUN, (3, "rate", {"value": 5}), (5, "rate", {"value": 7}), (7, "rate", {"value": 4}), *EASES[2:]]
STOPPED: Script = [BEGUN, (3, "rate", {"value": 5}), (8, "stop", {}), (9, "off", {}), (12, "end", {})]
Told_ = Callable[..., Story]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, k: Knowledge) -> Iterator[Desk]:
    store = open_store(tmp_path_factory.mktemp("went") / "unknot.db")
    yield Desk(store, k)
    store.close()


@pytest.fixture
def visited(desk: Desk, rounds: Plan) -> Told_:
    """A visit with one session that went as the script says, of a new client."""

    def make(script: Script, plan: Plan = rounds) -> Story:
        person = desk.new_client("K. 7", 46, "female")
        visit = desk.visit_of(person.id, DAY)
        drawn(desk, visit)
        conducted(desk, visit, plan, script)
        return story(desk, person, visit)

    return make


def at_home(s: Story, k: Knowledge, clearance: Clearance, *, touch: bool = True) -> str:
    """What the sheet says of pressing at home, on one line."""
    text = " ".join(as_text(sheet(s, k, clearance, "112", touch=touch)).split())
    return text[text.index("WHAT TO DO AT HOME") : text.index("WHEN TO CALL")]


CASES: dict[str, tuple[Script, Against | None]] = {
    "eased": (EASES, None), "worse": (WORSE, "worse"), "flat": (FLAT, "flat"), "lighter": (LIGHTER, "other_pressure"), "once": (ONCE, "once"),
    "unrated": (UNRATED, "unrated"), "numb": (NUMB, "symptom"), "numb_later": (NUMB_LATER, "symptom"), "above": (ABOVE, "above"),
    "stopped": (STOPPED, "cut"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_only_what_was_told_and_went_quietly_is_pressed_at_home_and_the_sheet_says_why_not(
    visited: Told_, k: Knowledge, healthy: Clearance, case: str
) -> None:
    script, against = CASES[case]
    s = visited(script)
    told = at_home(s, k, healthy)
    assert (against is None) == ("You may press these places" in told)
    if against is None:
        assert "Do not press" not in told and "Leave the other" not in told
    else:
        assert f"Do not press the treated places yourself before the next visit: {say('sheet_against.' + against)}." in told  # fmt: skip
        assert next(s.sittings[0].places).against[0] == against


def test_a_symptom_of_the_last_visit_comes_first_on_the_card_and_is_explained_on_the_sheet(
    visited: Told_, k: Knowledge, healthy: Clearance
) -> None:
    for script in (NUMB, NUMB_LATER):
        s = visited(script)
        told = card(s, None, {}, k).next
        assert len(told) == 1 and "it felt numb. Ask how it is and test the nerve" in told[0], (
            "not again, since it eased"
        )
        assert told[0].startswith(raised(s.sittings[0].found.places[0].name.replace("^", "")))
        assert say("sheet_paper.let_go") in " ".join(as_text(sheet(s, k, healthy, "112", touch=True)).split())
    dizzy = card(visited([*NUMB[:2], (6, "symptom", {"word": "dizzy"}), (9, "end", {})]), None, {}, k).next
    assert dizzy[0] == say("card_felt.person", word="dizzy")
    assert say("sheet_paper.let_go") not in " ".join(
        as_text(sheet(visited(EASES), k, healthy, "112", touch=True)).split()
    )


def test_one_thing_that_is_against_it_is_enough(visited: Told_) -> None:
    sitting = visited(EASES).sittings[0]
    found, place, clear = sitting.found, sitting.found.places[0], sitting.clear_change
    assert went(found, place, clear).quiet
    for changed in (
        {"before": None}, {"after": None}, {"after": 7.0, "responded": False}, {"pressure": "lighter", "responded": None}, {"pressure": "anew"},
        {"pressure": "harder", "after": 6.5, "responded": None}, {"responded": False},
    ):  # fmt: skip
        assert not went(found, replace(place, **changed), clear).quiet, changed  # type: ignore[arg-type]
    assert went(found, replace(place, pressure="harder", after=6.0, responded=None), clear).quiet, "as much, pressed harder, is not worse"  # fmt: skip
    for outcome in (
        "stop", "pinch", "symptom", "fail", "restarted", "late", "changed", "above", "silent", "referral", "no_release", "worse", "flat", "",
    ):  # fmt: skip
        takings = (replace(found.takings[0], outcome=outcome),)
        assert not went(replace(found, takings=takings), place, clear).quiet, outcome
    breached = replace(found, takings=(replace(found.takings[0], breaches=(Breach(5000, 7.0, 6.0),)),))
    assert not went(breached, place, clear).quiet
    for kind in ("symptom", "stop"):
        assert not went(replace(found, told=(Told(40_000, kind),)), place, clear).quiet
    assert went(replace(found, told=(Told(-1, "stop"),)), place, clear).quiet, "before it was taken up"


def test_what_random_hands_leave_is_pressed_at_home_only_where_the_ratings_themselves_allow_it(
    desk: Desk, rounds: Plan
) -> None:
    """Counted from the stored facts, without the summary."""
    band, quiet = rounds.applications[0].dose.band_low, 0
    for seed in range(60):
        person = desk.new_client("R", 51, "male")
        visit = desk.visit_of(person.id, DAY)  # one each: a place has its share of pressure per visit
        chance, at = random.Random(seed), 2.0
        script: Script = [BEGUN]
        for _ in range(chance.randint(2, 9)):
            at += chance.choice((1.5, 4.0, 9.0))
            kind = chance.choice((*["rate"] * 7, "less", "more", "off", "off", "stop"))
            value = chance.choice((2, 3, 4, 5, 6, 6, 7))
            script.append((at, kind, {"value": value} if kind == "rate" else {}))
        ident = conducted(desk, visit, rounds, [*script, (at + 20, "off", {}), (at + 21, "end", {})])
        facts = Sessions(desk.store).facts(ident)
        sitting = story(desk, person, visit).sittings[-1]
        if not [w for w in sitting.places if w.quiet]:
            continue
        quiet += 1
        said = [float(f.body["value"]) for f in facts if f.kind == "rate"]
        first = next((v for v in said if v >= band), said[0])
        assert len(said) > 1 and said[-1] <= first, seed
        assert not {f.kind for f in facts} & {"breach", "symptom", "stop"}, seed
    assert quiet >= 3


def test_of_two_places_one_that_went_worse_is_left_alone_and_the_sheet_says_so(
    visited: Told_, k: Knowledge, healthy: Clearance
) -> None:
    wishes = [Wish(place=p, technique="alternating_compression") for p in (PLACE, "gluteus_medius.1@left")]
    two = admit(healthy, wishes, k, date.today())
    rechecked: Script = [(61, "next", {}), (64, "rate", {"value": 2}), (66, "off", {}), (67, "recheck", {"data": {}})]
    second: Script = [(at + 80, kind, more) for at, kind, more in WORSE]
    s = visited([*EASES[:-1], *rechecked, *second], two)
    assert [w.quiet for w in s.sittings[0].places] == [True, False]
    told = at_home(s, k, healthy)
    assert re.search(r"You may press these places[^:]*: [^;.]*infraspinatus\. At most", told) and "Leave the other treated places alone" in told  # fmt: skip
    closed = say("sheet_against.screening")
    assert closed in at_home(s, k, healthy, touch=False) and closed in at_home(s, k, replace(healthy, outcome="careful"))  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_long_note_tells_of_a_place_what_the_short_one_tells_in_the_same_words(
    visited: Told_, k: Knowledge, case: str
) -> None:
    s = visited(CASES[case][0])
    short, long = (draft(s, k, form)["plan"].splitlines() for form in forms())
    assert len(short) == len(long) and all(b.startswith(a) for a, b in zip(short, long, strict=True))
    assert any(len(b) > len(a) for a, b in zip(short, long, strict=True)), "and says more"
    assert not any("at first" in line for line in long)
    assert all(line.count(" before, ") <= 1 and line.count("once") <= 1 for line in long), "and nothing twice"


def forms() -> tuple[Form, Form]:
    return "short", "long"


def test_each_time_that_a_place_was_taken_up_is_told_by_the_rule_of_the_whole(visited: Told_, k: Knowledge) -> None:
    again: Script = [(62, "repeat", {}), (64, "rate", {"value": 4}), (66, "less", {}), (70, "rate", {"value": 3}), (72, "off", {}), (75, "end", {})]  # fmt: skip
    s = visited([*EASES[:-1], *again])
    short, long = (draft(s, k, form)["plan"].splitlines() for form in forms())
    assert [line for line in long if not line.startswith("Time ")] == short
    times = [line for line in long if line.startswith("Time ")]
    assert "Discomfort 6 before, 2 after." in times[0]
    assert "Discomfort 4 before, 3 after, the last under less pressure." in times[1]


def test_what_grew_worse_is_called_so_on_every_paper_and_goes_lighter_next_time(
    visited: Told_, k: Knowledge, healthy: Clearance
) -> None:
    s = visited(WORSE)
    name = next(s.sittings[0].places).place.name
    found = card(s, None, {}, k)
    assert f"Lighter, or another place, since it grew worse: {name}." in found.next
    assert found.flared[0] == f"{name}: grew worse under the hand." and not found.helped
    assert not any("Did not respond" in line for line in found.next)
    for form in forms():
        assert (
            "4 before, 6 after, the last under less pressure. Grew worse under the hand." in draft(s, k, form)["plan"]
        )
    told = " ".join(as_text(sheet(s, k, healthy, "112", touch=True)).split())
    assert "stronger at the end (4 of 10, then 6 of 10). It will be gone about more lightly." in told
    rows = {x.key: x for x in progress([s], k).sections}["places"].table
    assert rows is not None and rows.rows[0][2:] == ("4", "6", "clearly more")
    summed = in_all(list(s.sittings[0].places))
    assert summed == {"told": "Places, clearly more: 1.", "mean": ""}, "counted, though there is no mean"


def test_work_that_ended_since_it_grew_worse_is_called_so_although_the_last_word_was_lighter(
    visited: Told_, k: Knowledge, healthy: Clearance
) -> None:
    s = visited(EASES)
    sitting = s.sittings[0]
    place = replace(sitting.found.places[0], after=5.0, pressure="lighter", responded=False, outcomes=("worse",))
    s = replace(s, sittings=(replace(sitting, found=replace(sitting.found, places=(place,))),))
    assert any("since it grew worse" in line for line in card(s, None, {}, k).next)
    told = " ".join(as_text(sheet(s, k, healthy, "112", touch=True)).split())
    assert "when it was pressed more lightly. The work there ended since it grew stronger." in told
    assert "Grew worse under the hand." in draft(s, k, "short")["plan"]


def test_a_rating_that_was_told_once_stands_on_every_paper(visited: Told_, k: Knowledge, healthy: Clearance) -> None:
    s = visited(ONCE)
    once = "5 once, no before and after"
    assert once in draft(s, k, "short")["plan"] and once in draft(s, k, "long")["plan"]
    assert card(s, None, {}, k).treated[0].endswith(once)
    assert "You said 5 of 10, once" in " ".join(as_text(sheet(s, k, healthy, "112", touch=True)).split())


# ---------------------------------------------------------------- the days after


@pytest.fixture
def after(visited: Told_, desk: Desk, k: Knowledge) -> Callable[[dict[str, Any]], Card]:
    """The card at the next visit, with what was told of the days after."""

    def make(answers: dict[str, Any]) -> Card:
        last = visited(EASES)
        visit = desk.visit_of(last.person.id, DAY + timedelta(7))
        desk.answer(visit, answers, "client")
        return card(last, story(desk, last.person, visit), {}, k)

    return make


FIRST = ("after_sore", "after_bruised", "after_worse", "after_tingling", "after_dizzy", "after_tired")
"""Those that everybody is asked."""


def test_nothing_in_the_days_after_is_said_only_where_every_question_was_answered_no(
    after: Callable[[dict[str, Any]], Card], k: Knowledge
) -> None:
    assert {q.id for q in k.questions.values() if q.group == "after" and not q.after} == set(FIRST)
    nothing, no = "Nothing in the days after.", dict.fromkeys(FIRST, "no")
    assert after(no).flared == (nothing,)
    assert after(dict.fromkeys(FIRST, "unknown")).flared == ("Not sure about the days after.",)
    assert after(no | {"after_tired": "unknown"}).flared == ("Not sure: worn out for more than a day.",)
    assert after({"after_sore": "no"}).flared == ("Not all about the days after has been answered.",)
    bruised = after(no | {"after_bruised": "yes"}).flared
    assert bruised == ("Bruised by the last visit.",)


@pytest.mark.parametrize(
    "answers",
    [
        {"after_sore": "yes", "after_sore_long": "yes"}, {"after_sore": "yes", "after_sore_strong": "yes"}, {"after_bruised": "yes"},
        {"after_worse": "yes"}, {"after_tingling": "yes"}, {"after_dizzy": "yes"}, {"after_tired": "yes"},
    ],
)  # fmt: skip
def test_what_lowers_the_limits_of_today_because_of_the_last_visit_makes_the_card_say_lighter(
    after: Callable[[dict[str, Any]], Card], answers: dict[str, Any]
) -> None:
    lighter = say("card.lighter")
    assert lighter in after(answers).next
    assert lighter not in after(dict.fromkeys(answers, "no")).next


def test_a_red_flag_of_the_days_after_comes_before_all_else_and_what_was_lifted_counts_no_more(
    after: Callable[[dict[str, Any]], Card], visited: Told_, desk: Desk, k: Knowledge
) -> None:
    flagged = after({"after_tingling": "yes", "after_tingling_still": "unknown"}).next
    assert flagged[0] == say("card.screening") and say("card.screening") not in after({"after_tingling": "yes"}).next
    last = visited(EASES)
    visit = desk.visit_of(last.person.id, DAY + timedelta(7))
    desk.answer(visit, {"after_bruised": "yes"}, "client")
    now = story(desk, last.person, visit)
    lifted = replace(now, cleared={"reasons": [{"rule": "after_bruised", "lifted": "A. Weber"}]})
    assert say("card.lighter") in card(last, now, {}, k).next and say("card.lighter") not in card(last, lifted, {}, k).next  # fmt: skip


# ---------------------------------------------------------------- one measure, one unit in a line


def test_a_line_of_the_note_has_one_unit_also_where_it_was_given_in_two(
    visited: Told_, desk: Desk, k: Knowledge
) -> None:
    s = visited(EASES)
    place = {"on": "shoulder.front@right", "by": "A"}
    skin = [
        Taken(measure="skin.temperature", values=(31,), unit="degC", when="before", **place),
        Taken(measure="skin.temperature", values=(89.6,), unit="degF", when="after", **place),
    ]
    point = {"measure": "ppt", "on": PLACE, "by": "A"}
    press = [
        Taken(values=(3.3, 3.6, 3.9), unit="kg/cm2", when="before", **point),
        Taken(values=(400, 420), unit="kPa", when="after", **point),
    ]
    Measures(desk.store, k).keep(s.visit.id, [*skin, *press])
    found = draft(story(desk, s.person, s.visit), k, "short")["objective"]
    assert "before the work 31 °C; after the work 32 °C." in found and "°F" not in found
    line = next(x for x in found.splitlines() if "420" in x)
    assert "323.6, 353, 382.5 kPa (mean 353\N{NO-BREAK SPACE}kPa)" in line and "kg" not in line


@pytest.mark.parametrize(
    ("case", "says"), [("worse", "Grew worse under the hand."), ("flat", "Did not respond."), ("eased", "")]
)
def test_the_replay_in_a_terminal_tells_it_by_the_same_rule(
    visited: Told_, case: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sitting = visited(CASES[case][0]).sittings[0]
    found = replace(sitting.found, places=tuple(replace(p, responded=False) for p in sitting.found.places)) if case == "worse" else sitting.found  # fmt: skip
    show(found, sitting.lines, sitting.clear_change)
    told, data = capsys.readouterr().out, told_mapping(found, sitting.clear_change)
    for words in ("Grew worse under the hand.", "Did not respond."):
        assert (words in told) == (words == says)
    assert (data["grew_worse"], data["unresponsive"]) == ([PLACE] * (case == "worse"), [PLACE] * (case == "flat"))
