"""Free words: what is reported, what is denied, what is past, what somebody else called it, and what was not understood."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.case.lexicon import Lexicon, tokens
from unknot.case.model import Case, Client, Complaint, Finding, History
from unknot.case.understand import Heard, lexicon, understand
from unknot.knowledge.load import Knowledge, knowledge

K: Knowledge = knowledge()


def hear(
    *said: str,
    worse: tuple[str, ...] = (),
    neuro: tuple[str, ...] = (),
    habits: tuple[str, ...] = (),
    denied: tuple[str, ...] = (),
    found: tuple[str, ...] = (),
) -> Heard:
    """What is understood of a case with these words."""
    findings = tuple(Finding("said", "", {}, text) for text in found)
    return understand(
        Case("words", Client(), (), Complaint(None, worse, neuro, habits), findings, History({}, said, denied)), K
    )


def signed(heard: Heard) -> set[str]:
    """Symptoms with + for reported and - for denied."""
    return {("-" if s.denied else "+") + s.id for s in heard.symptoms}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no numbness or weakness", {"-numbness", "-weakness"}),
        ("no numbness, tingling or weakness", {"-numbness", "-tingling", "-weakness"}),
        ("denies numbness, tingling, weakness", {"-numbness", "-tingling", "-weakness"}),
        ("numbness but no weakness", {"+numbness", "-weakness"}),
        ("no weakness but numbness", {"-weakness", "+numbness"}),
        ("no fever, tingling in the left thumb", {"-fever", "+tingling"}),
        ("no weakness and she is dizzy", {"-weakness", "+dizziness"}),
        ("not only tingling but also numbness", {"+tingling", "+numbness"}),
        ("weakness absent in the left leg", {"-weakness"}),
        ("doesn't feel numb", {"-numbness"}),
        ("reflexes normal", {"-reflex_reduced", "-reflex_brisk"}),
        ("tingling and reflexes normal", {"+tingling", "-reflex_reduced", "-reflex_brisk"}),
        ("nerve-root signs absent", {"-numbness", "-weakness", "-reflex_reduced"}),
        ("neurologically intact", {"-numbness", "-weakness", "-reflex_reduced"}),
        ("strength not normal", set()),
    ],
)
def test_a_negation_denies_what_it_reaches_and_nothing_else(text: str, wanted: set[str]) -> None:
    assert signed(hear(text)) == wanted


@pytest.mark.parametrize("text", ["absent ankle reflex", "ankle reflex absent", "no ankle reflex"])
def test_an_absent_reflex_is_a_finding(text: str) -> None:
    assert signed(hear(text)) == {"+reflex_reduced"}


def test_no_appetite_is_a_symptom_and_not_a_denial() -> None:
    assert signed(hear("no appetite")) == {"+loss_of_appetite"}
    assert signed(hear("no loss of appetite")) == {"-loss_of_appetite"}


def test_not_being_able_is_no_denial() -> None:
    assert signed(hear("can't turn my head")) == {"+stiff_neck"}
    assert list(hear(worse=("can't turn my head",)).movements) == ["turning_head"]


def test_a_no_in_the_list_of_what_is_denied_stays_a_denial() -> None:
    assert signed(hear(denied=("no numbness", "weakness"))) == {"-numbness", "-weakness"}


@pytest.mark.parametrize("text", ["imaging normal", "dental check normal", "x-ray clear", "blood tests negative"])
def test_a_check_that_found_nothing_is_understood_and_says_nothing(text: str) -> None:
    heard = hear(text)
    assert not heard.symptoms and not heard.causes and not heard.not_understood


@pytest.mark.parametrize("text", ["massage did not help", "typing breaks did not help", "family history of cancer"])
def test_what_was_tried_in_vain_or_told_of_relatives_is_no_symptom(text: str) -> None:
    heard = hear(text)
    assert not heard.symptoms and not heard.movements and not heard.habits
    assert heard.not_understood == (text,)


@pytest.mark.parametrize(
    "text",
    ["past foot drop", "as a child, foot drop", "foot drop, about 18 months ago", "earlier cervical radiculopathy, about 18 months ago",
     "old neck fusion surgery", "used to have migraines", "former runner", "carpal tunnel syndrome years ago, healed"],
)  # fmt: skip
def test_what_is_past_is_told_apart_and_counts_for_nothing(text: str) -> None:
    heard = hear(text)
    assert heard.past == (text,)
    assert not (heard.symptoms or heard.causes or heard.habits or heard.not_understood)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("history of cancer", "past_cancer"),
        ("breast cancer 5 years ago", "past_cancer"),
        ("old whiplash injury", "whiplash"),
    ],
)
def test_what_is_history_itself_counts_although_it_is_past(text: str, symptom: str) -> None:
    assert f"+{symptom}" in signed(hear(text))


@pytest.mark.parametrize(
    "text",
    [
        "numbness for the past 3 weeks",
        "70 years old, numbness",
        "numbness started 3 months ago",
        "numbness earlier today",
    ],
)
def test_an_age_or_a_beginning_is_not_past(text: str) -> None:
    heard = hear(text)
    assert signed(heard) == {"+numbness"} and not heard.past


@pytest.mark.parametrize(
    ("text", "cause"),
    [("labelled migraine", "migraine"), ("diagnosed with carpal tunnel syndrome", "carpal_tunnel"),
     ("told it is tennis elbow", "lateral_epicondyle"), ("suspected frozen shoulder", "shoulder_joint"), ("migraine suspected", "migraine")],
)  # fmt: skip
def test_a_label_from_others_is_a_cause_with_a_mark(text: str, cause: str) -> None:
    heard = hear(text)
    assert heard.causes == {cause: text}
    assert heard.labelled == {cause}


def test_a_cause_said_outright_has_no_mark_though_it_was_also_a_label() -> None:
    assert hear("migraine", "diagnosed with migraine").labelled == frozenset()


@pytest.mark.parametrize(
    ("text", "movement"), [("onset: lifting a barbell", "lifting"), ("onset: long driving", "driving")]
)
def test_an_onset_is_a_movement(text: str, movement: str) -> None:
    assert hear(text).movements == {movement: text}


def test_words_behind_a_heading_are_read_and_a_heading_with_nothing_is_denied() -> None:
    assert signed(hear("trauma: whiplash")) == {"+whiplash"}
    assert signed(hear("trauma: none")) == {"-trauma_minor"}


def test_the_kind_that_a_field_is_about_wins_over_longer_words_of_another_kind() -> None:
    small = Lexicon([("movement", "turn", "turning"), ("symptom", "stiff", "turning the head hurts badly")])
    assert len(small.find(tokens("turning the head hurts badly"))) == 2
    assert list(hear(worse=("cannot lift the foot",)).movements) == ["toes_up"]
    assert not hear(worse=("cannot lift the foot",)).symptoms


@pytest.mark.parametrize(
    ("text", "test", "positive"),
    [("Spurling negative", "spurling_a", False), ("Phalen positive", "phalen", True), ("negative Tinel sign at the wrist", "tinel_wrist", False),
     ("Achilles reflex absent", "achilles_reflex", True), ("knee jerk normal", "knee_reflex", False)],
)  # fmt: skip
def test_a_test_is_heard_with_its_result(text: str, test: str, positive: bool) -> None:
    assert hear(found=(text,)).tests == ((test, positive, text),)


def test_places_sides_and_roots_are_heard_with_a_symptom() -> None:
    (symptom,) = hear(neuro=("Th11 numbness, left thumb and index finger",)).symptoms
    assert symptom.roots == ("T11",) and symptom.sides == ("left",)
    assert set(symptom.regions) == {"hand.thumb", "hand.index"}


def test_sore_says_ache_in_a_sentence() -> None:
    assert hear("sore all over").qualities == ("ache",)


def test_what_is_not_understood_is_listed() -> None:
    assert hear("qwertz").not_understood == ("qwertz",)


@pytest.mark.parametrize("symptom", list(K.symptoms.values()), ids=lambda s: s.id)
def test_the_name_of_a_symptom_is_heard_as_that_symptom(symptom: object) -> None:
    name: str = symptom.name  # type: ignore[attr-defined]
    assert symptom.id in {s.id for s in hear(neuro=(name,)).symptoms if not s.denied}  # type: ignore[attr-defined]


@pytest.mark.parametrize("movement", list(K.movements.values()), ids=lambda m: m.id)
def test_the_name_of_a_movement_is_heard_as_that_movement(movement: object) -> None:
    assert movement.id in hear(worse=(movement.name,)).movements  # type: ignore[attr-defined]


VOCABULARY = sorted(
    {w for s in K.symptoms.values() for w in s.name.split()}
    | {"no", "not", "absent", "past", ",", "but", "or", "ago", "told", ":", "normal"}
)


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(st.lists(st.text(max_size=40), min_size=25, max_size=25))
def test_ten_thousand_random_texts_raise_nothing(texts: list[str]) -> None:
    heard = hear(*texts)
    assert set(heard.not_understood) <= set(texts)


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=14).map(" ".join))
def test_no_order_of_known_words_raises_and_everything_heard_is_known(text: str) -> None:
    heard = hear(text, worse=(text,), found=(text,), denied=(text,))
    assert {s.id for s in heard.symptoms} <= set(K.symptoms)
    assert heard.labelled <= set(heard.causes) <= set(K.causes())
    assert set(heard.movements) <= set(K.movements)


def test_the_longest_text_is_heard_in_a_moment() -> None:
    lexicon(K)
    for text in ("back bend " * 9_000, "no numbness or weakness, " * 4_000, "x" * 200_000):
        start = time.thread_time()
        hear(text)
        assert time.thread_time() - start < 1.0


def test_six_short_sentences_are_heard_in_a_few_milliseconds() -> None:
    def once() -> float:
        start = time.thread_time()
        hear(
            "works at a computer all day",
            "no numbness or weakness",
            worse=("turning the head", "sitting"),
            neuro=("tingling in the left thumb",),
            denied=("fever",),
        )
        return time.thread_time() - start

    once()
    assert min(once() for _ in range(20)) < 0.004
