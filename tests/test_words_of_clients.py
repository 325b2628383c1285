"""Clients' own sentences: what may be danger is never passed over in silence, and everyday talk sends nobody to a physician."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from unknot.case.intake import Intake
from unknot.case.lexicon import tokens
from unknot.case.model import Case, Client, Complaint, History
from unknot.case.spelling import Spelling
from unknot.case.understand import understand
from unknot.knowledge.load import knowledge
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.screen.about import about
from unknot.screen.clear import clear
from unknot.screen.words import hear

K = knowledge()
ON = date(2026, 11, 26)
SAID = tomllib.loads((Path(__file__).parent / "data" / "words_of_clients.toml").read_text(encoding="utf-8"))


def screened(*said: str, no: tuple[str, ...] = (), sites: frozenset[str] = frozenset()) -> tuple[str, tuple[str, ...]]:
    """(outcome, what was not understood) of somebody who says this, with the questions in `no` answered singly with no."""
    daily = {q for q in no if K.questions[q].group in ("today", "after")}
    intake = Intake(
        answers=dict.fromkeys(set(no) - daily, "no"), today=dict.fromkeys(daily, "no"), confirmed=frozenset(no),
        asked=True, today_asked=True, said=said, on=ON, consents=dict.fromkeys(K.consent_areas, "yes"),
    )  # fmt: skip
    case = Case("words", Client(55), (), Complaint(), (), History(said=said), intake=intake)
    of = replace(about(case, understand(case, K), None), sites=sites)
    found = clear(intake, of, K, ON)
    return ("told" if found.outcome == "go" and found.reminders else found.outcome), found.not_understood


MILD = ("go", "told", "careful")


@pytest.mark.parametrize("text", SAID["alarm"])
def test_a_dangerous_sentence_holds_the_work_back(text: str) -> None:
    assert screened(text)[0] not in MILD


@pytest.mark.parametrize("text", SAID["asked"])
def test_a_sentence_that_may_be_dangerous_is_brought_up(text: str) -> None:
    assert screened(text)[0] != "go"


@pytest.mark.parametrize("text", SAID["listed"])
def test_a_sentence_that_nobody_understood_is_listed(text: str) -> None:
    assert text in screened(text)[1]


@pytest.mark.parametrize("text", SAID["harmless"])
def test_everyday_talk_sends_nobody_to_a_physician(text: str) -> None:
    assert screened(text)[0] in MILD


def test_there_are_many_of_both() -> None:
    assert len(SAID["alarm"]) + len(SAID["asked"]) >= 180 and len(SAID["harmless"]) >= 180
    assert len(SAID["listed"]) <= 6 and len(SAID["asked_too_often"]) <= 6


# ---------------------------------------------------------------- slips, denials, other people


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("warferin", "warfarin"), ("blader", "bladder"), ("swolen", "swollen"), ("anuerysm", "aneurysm"), ("message", "message"), ("cancel", "cancel"), ("warfarin", "warfarin")],
)  # fmt: skip
def test_a_slip_is_read_as_the_word_that_it_nearly_is(typed: str, meant: str) -> None:
    wanted = ["warfarin", "bladder", "swollen", "aneurysm", "massage", "cancer"]
    assert Spelling(wanted, ["massage"]).meant(typed) == meant


@pytest.mark.parametrize(
    "text", ["cant pee", "can no longer pee", "can hardly pee", "have not been able to pee", "struggling to pee"]
)
def test_what_can_hardly_be_done_cannot_be_done(text: str) -> None:
    assert "cannot" in tokens(text)


@pytest.mark.parametrize(
    ("text", "question", "yes"),
    [
        ("without my warfarin I would be dead", "anticoagulant", True),
        ("I do not take warfarin", "anticoagulant", False),
        ("I do not know if I am pregnant", "pregnant", True),
        ("my sister is pregnant", "pregnant", False),
        ("my wife says my face droops", "face_speech", True),
        ("my father had a heart attack", "heart_attack", False),
        ("my father had a heart attack and I have angina", "angina", True),
        ("I feel fine, no numbness between my legs", "saddle_numb", False),
        ("I can feel the toilet paper", "saddle_numb", False),
        ("I don't feel the toilet paper", "saddle_numb", True),
        ("I lost my sight without warning", "face_speech", True),
        ("without warning I lost my sight", "face_speech", True),
        ("I can't say that I am not suicidal", "life_tired", True),
    ],
)
def test_a_sentence_is_heard_as_it_is_meant(text: str, question: str, yes: bool) -> None:
    assert ((text, question) in hear((text,), (), K).yes) is yes


def test_a_harmless_saying_does_not_cover_a_sign_beside_it() -> None:
    assert screened("my chest feels tight after bench press")[0] in MILD
    assert screened("my chest feels tight after bench press and my left arm hurts")[0] == "refer"
    assert screened("after bench press I am sore. My chest feels tight")[0] == "refer"


# ---------------------------------------------------------------- what a single no takes back


def test_a_single_no_takes_back_what_was_read_from_the_same_words() -> None:
    calf, said = frozenset({"leg.calf.upper@left"}), "my whole leg is swollen"
    assert screened(said, sites=calf)[0] == "refer"
    assert screened(said, no=("leg_swollen",), sites=calf)[0] == "go"


@pytest.mark.parametrize(
    ("said", "no"),
    [
        (("my whole leg is swollen", "my knee is swollen and hot"), "leg_swollen"),
        (("my whole leg is swollen and I cough up blood",), "leg_swollen"),
        (("my calf is swollen",), "chest_effort"),
        (("I am numb between my legs and cannot pee",), "bladder_bowel"),
        (("fever and a stiff neck",), "fever_alarm"),
    ],
)
def test_it_takes_back_nothing_else(said: tuple[str, ...], no: str) -> None:
    assert screened(*said, no=(no,), sites=frozenset({"leg.calf.upper@left"}))[0] not in MILD


@pytest.mark.parametrize("where", ["said", "on_map"])
@pytest.mark.parametrize(("question", "text"), [("leg_swollen", "my calf is swollen"), ("fever", "I have a fever")])
def test_a_sentence_after_a_single_no_counts(tmp_path: Path, where: str, question: str, text: str) -> None:
    desk = Desk(open_store(tmp_path / "unknot.db", {"unknot": "test"}), K)
    visit = desk.visit_of(desk.new_client("A", 55, None).id, ON)
    desk.answer(visit, {question: "no"}, "practitioner", singly=True)
    assert question in desk.intake(visit).confirmed
    if where == "said":
        desk.say(visit, text, "client")
    else:
        desk.on_map(visit, (text,))
    assert question not in desk.intake(visit).confirmed
    desk.answer(visit, {question: "no"}, "practitioner", singly=True)
    desk.on_map(visit, (text,)) if where == "on_map" else None
    assert question in desk.intake(visit).confirmed


@pytest.mark.parametrize("text", ["number two just happens without me knowing", "xyzzy plugh", "my gollywog is odd"])
def test_a_sentence_that_nobody_understood_asks_for_care_until_it_was_asked_about(text: str) -> None:
    outcome, strange = screened(text)
    assert outcome == "careful" and strange == (text,)
    assert screened(text, no=("own_words",))[0] == "go"
