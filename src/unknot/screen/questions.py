"""Which questions there are for a client, in which order, which are answered and which are still open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

from unknot.case.intake import Answer, Intake
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Group, Question
from unknot.screen.about import About
from unknot.screen.words import HeardWords

GROUPS: tuple[str, ...] = get_args(Group)
AGE = "age"
"""Stands among the open questions when the age is not known: many rules ask for it."""
DAILY = ("today", "after")
"""Groups that are asked again at every visit."""


def answered(intake: Intake, of: About, heard: HeardWords, k: Knowledge) -> dict[str, Answer]:
    """The answer to each question that has one.

    What a person answered singly stands above all. A yes read from words or a symptom stands above a "no" that was said to a whole page,
    or that only follows from the questionnaire having been gone through.
    """
    found: dict[str, Answer] = {}
    yes = {q for _, q in heard.yes}
    for ident, daily, symptoms in _questions(k):
        told = (intake.today if daily else intake.answers).get(ident)
        heard_yes = ident in yes or not of.symptoms.isdisjoint(symptoms)
        if told is not None and not (told == "no" and heard_yes and ident not in intake.confirmed):
            found[ident] = told
        elif heard_yes:
            found[ident] = "yes"
        elif (intake.today_asked if daily else intake.asked) or ident in heard.no:
            found[ident] = "no"
    return found


@lru_cache(maxsize=4)
def _questions(k: Knowledge) -> tuple[tuple[str, bool, frozenset[str]], ...]:
    """(id, whether it is asked at every visit, symptoms that mean a yes) of each question."""
    return tuple((q.id, q.group in DAILY, frozenset(q.symptoms)) for q in k.questions.values())


def applies(question: Question, of: About, answers: Mapping[str, Answer]) -> bool:
    """Whether a question is asked of this client, as far as was answered until now."""
    if question.sex and of.sex and question.sex != of.sex:
        return False
    if of.age is not None and of.age < question.age_from:
        return False
    return not question.after or any(answers.get(q) in ("yes", "unknown") for q in question.after)


def asked_of(of: About, answers: Mapping[str, Answer], k: Knowledge, *, came_before: bool = True) -> list[Question]:
    """The questions of this client in their order; those about the last visit only when there was one."""
    return [q for q in _in_order(k) if (came_before or q.group != "after") and applies(q, of, answers)]


@lru_cache(maxsize=4)
def _in_order(k: Knowledge) -> tuple[Question, ...]:
    """All questions, group after group."""
    return tuple(sorted(k.questions.values(), key=lambda q: GROUPS.index(q.group)))


def unanswered(intake: Intake, of: About, answers: Mapping[str, Answer], k: Knowledge) -> tuple[str, ...]:
    """Questions that must be answered before anything is touched. Follow-up questions of the answers given count as well."""
    left = [q for q in _in_order(k) if q.id not in answers]
    age = () if of.age is not None else (AGE,)
    return (*age, *(q.id for q in left if (intake.came_before or q.group != "after") and applies(q, of, answers)))
