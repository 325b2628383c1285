"""Which questions there are for a client, in which order, which are answered and which are still open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from unknot.case.intake import Answer, Intake
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Group, Question
from unknot.screen.about import About
from unknot.screen.words import HeardWords

GROUPS: tuple[str, ...] = get_args(Group)
DAILY = ("today", "after")
"""Groups that are asked again at every visit."""


def answered(intake: Intake, of: About, heard: HeardWords, k: Knowledge) -> dict[str, Answer]:
    """The answer to each question that has one.

    What a person answered stands above what was read from words; a yes read from words or a symptom stands above a "no" that only
    follows from the questionnaire having been gone through.
    """
    found: dict[str, Answer] = {}
    for question in k.questions.values():
        told = (intake.today if question.group in DAILY else intake.answers).get(question.id)
        gone_through = intake.today_asked if question.group in DAILY else intake.asked
        if told is not None:
            found[question.id] = told
        elif any(q == question.id for _, q in heard.yes) or of.symptoms & set(question.symptoms):
            found[question.id] = "yes"
        elif question.id in heard.no or gone_through:
            found[question.id] = "no"
    return found


def applies(question: Question, of: About, answers: Mapping[str, Answer]) -> bool:
    """Whether a question is asked of this client, as far as was answered until now."""
    if question.sex and of.sex and question.sex != of.sex:
        return False
    if of.age is not None and of.age < question.age_from:
        return False
    return not question.after or any(answers.get(q) in ("yes", "unknown") for q in question.after)


def asked_of(of: About, answers: Mapping[str, Answer], k: Knowledge, *, came_before: bool = True) -> list[Question]:
    """The questions of this client in their order; those about the last visit only when there was one."""
    order = {group: i for i, group in enumerate(GROUPS)}
    found = [q for q in k.questions.values() if applies(q, of, answers) and (came_before or q.group != "after")]
    return sorted(found, key=lambda q: order[q.group])


def unanswered(intake: Intake, of: About, answers: Mapping[str, Answer], k: Knowledge) -> tuple[str, ...]:
    """Questions that must be answered before anything is touched. Follow-up questions of the answers given count as well."""
    return tuple(q.id for q in asked_of(of, answers, k, came_before=intake.came_before) if q.id not in answers)
