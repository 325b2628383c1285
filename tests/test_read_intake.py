"""What screening works on is read whole, or refused with every problem at its place; nothing that is wrong becomes a milder answer."""

from __future__ import annotations

from datetime import date

import pytest

from unknot.case.intake import Approval, Marked, Override
from unknot.case.model import Case
from unknot.case.read import read_bytes
from unknot.case.write import as_toml
from unknot.errors import CaseError
from unknot.knowledge.load import knowledge

K = knowledge()
HEAD = "format = 1\n"
LIFTABLE = next(r.id for r in K.screens.values() if r.lifted_by == "practitioner")
ABSOLUTE = next(r.id for r in K.screens.values() if r.lifted_by == "nobody")
MEDICAL = next(r.id for r in K.screens.values() if r.lifted_by == "physician")


def read(text: str) -> Case:
    return read_bytes((HEAD + text).encode(), "case", K, needs_pain=False)


def test_a_whole_intake_is_read_as_its_values_and_written_back() -> None:
    text = (
        '[history]\nasked = "all"\nanticoagulant = "unknown"\nsaid = ["whiplash"]\n'
        '[today]\ndate = 2026-11-26\nasked = "all"\nfever = "no"\n'
        f'[[approval]]\nby = "Dr"\ndate = 2026-11-01\nuntil = "2027-01-01"\nanswer = "yes"\nrules = ["{MEDICAL}"]\nlimits = {{ hold_s_max = 10 }}\n'
        f'[[override]]\nrule = "{LIFTABLE}"\nname = "P"\nreason = "seen before"\n'
        '[[mark]]\nkind = "skin"\nsite = "knee.front@right"\nsaid = "a graze"\n'
        '[[mark]]\nkind = "surgery"\nview = "back"\nat = [300, 400]\nradius_mm = 20\n'
    )
    case = read(text)
    intake = case.intake
    assert (intake.answers, intake.asked, intake.said) == ({"anticoagulant": "unknown"}, True, ("whiplash",))
    assert (intake.today, intake.today_asked, intake.on) == ({"fever": "no"}, True, date(2026, 11, 26))
    approval = Approval("Dr", date(2026, 11, 1), "yes", date(2027, 1, 1), (MEDICAL,), limits={"hold_s_max": 10.0})
    assert intake.approvals == (approval,)
    assert intake.overrides == (Override(LIFTABLE, "P", "seen before"),)
    assert intake.marks == (
        Marked("skin", site="knee.front@right", said="a graze"),
        Marked("surgery", figure="neutral", view="back", at=(300, 400), radius_mm=20.0),
    )
    again = read_bytes(as_toml(case).encode(), "case", K, needs_pain=False)
    assert again.intake == intake


BAD = {
    "an answer that is none": ("[history]\nanticoagulant = true\n", "not_an_answer", "anticoagulant"),
    "a maybe": ('[today]\nfever = "maybe"\n', "not_an_answer", "fever"),
    "a question that is not asked": ('[history]\nanticoagulent = "no"\n', "unknown_question", "history"),
    "a question of today among the history": ('[history]\nfeverish = "no"\n', "unknown_question", "history"),
    "a question of the history today": ('[today]\nanticoagulant = "no"\n', "unknown_question", "today"),
    "asked in part": ('[history]\nasked = "most"\n', "not_all", "asked"),
    "a day that is none": ('[today]\ndate = "26.11.2026"\n', "not_a_date", "date"),
    "a time for a day": ("[today]\ndate = 2026-11-26T10:00:00\n", "not_a_date", "date"),
    "an area of consent that is none": ('[consent]\nelbow = "yes"\n', "unknown_question", "consent"),
    "an approval by nobody": ("[[approval]]\ndate = 2026-11-01\n", "not_words", "by"),
    "an approval without a day": ('[[approval]]\nby = "Dr"\n', "not_a_date", "date"),
    "an approval of no rule": ('[[approval]]\nby = "Dr"\ndate = 2026-11-01\nrules = ["nope"]\n', "unknown_rule", "rules"),
    "an approval with an endless limit": (
        '[[approval]]\nby = "Dr"\ndate = 2026-11-01\nlimits = { hold_s_max = inf }\n', "not_finite", "hold_s_max",
    ),
    "an approval with no number as limit": (
        '[[approval]]\nby = "Dr"\ndate = 2026-11-01\nlimits = { discomfort_max = nan }\n', "not_finite", "discomfort_max",
    ),
    "an approval above what anybody may": (
        '[[approval]]\nby = "Dr"\ndate = 2026-11-01\nlimits = { discomfort_max = 9 }\n', "out_of_range", "discomfort_max",
    ),
    "an override of an absolute rule": (
        f'[[override]]\nrule = "{ABSOLUTE}"\nname = "P"\nreason = "x"\n', "not_yours_to_lift", "rule",
    ),
    "an override of a physician's rule": (
        f'[[override]]\nrule = "{MEDICAL}"\nname = "P"\nreason = "x"\n', "not_yours_to_lift", "rule",
    ),
    "an override without a reason": (f'[[override]]\nrule = "{LIFTABLE}"\nname = "P"\n', "not_words", "reason"),
    "an approval without an end": ('[[approval]]\nby = "Dr"\ndate = 2026-11-01\nanswer = "yes"\n', "not_a_date", "until"),
    "an approval of all that the ranking says": (
        '[[approval]]\nby = "Dr"\ndate = 2026-11-01\nrules = ["ranking"]\n', "unknown_rule", "rules",
    ),
    "a mark of no kind": ('[[mark]]\nkind = "tattoo"\nsite = "knee.front@right"\n', "unknown_kind", "kind"),
    "a mark nowhere": ('[[mark]]\nkind = "skin"\n', "unknown_view", "view"),
    "a mark beside the view": ('[[mark]]\nkind = "skin"\nview = "front"\nat = [300, 5000]\n', "not_points", "at"),
    "a mark without a side": ('[[mark]]\nkind = "skin"\nsite = "knee.front"\n', "wrong_side", "mark 1"),
    "a mark larger than a body": (
        '[[mark]]\nkind = "skin"\nview = "front"\nat = [300, 500]\nradius_mm = 9000\n', "out_of_range", "radius_mm",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_used_is_refused_at_its_place(what: str) -> None:
    text, code, place = BAD[what]
    with pytest.raises(CaseError) as caught:
        read(text)
    assert any(p.code == code and place in p.place and p.todo for p in caught.value.problems), caught.value.problems


def test_a_check_without_a_date_clears_no_day_and_todays_is_of_the_moment() -> None:
    assert read('[today]\nasked = "all"\n').intake.told_now is False
    assert read('[today]\ndate = "today"\nasked = "all"\n').intake.told_now is True


def test_the_complaints_own_words_reach_the_questions_too() -> None:
    assert read('[complaint]\nsaid = ["I take Xarelto"]\n').intake.said == ("I take Xarelto",)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(CaseError) as caught:
        read('[history]\nnope = "no"\n[today]\nfever = 3\n[[mark]]\nkind = "x"\n')
    assert len(caught.value.problems) >= 3


def test_symptoms_and_habits_may_still_be_answered_in_the_history() -> None:
    case = read('[history]\ntrauma_major = "no"\n')
    assert case.history.answers == {"trauma_major": "no"}
