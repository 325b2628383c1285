"""The questionnaire as pages: one group a page, what is so is ticked, one tap says no to the rest. The same for the client's phone and the practitioner's device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unknot.case.intake import Answer, Intake
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Question
from unknot.record.screening import Desk, Visit
from unknot.screen.about import About
from unknot.screen.questions import GROUPS, answered, asked_of
from unknot.screen.words import hear


@dataclass(frozen=True, slots=True)
class Step:
    """One page: its group, the questions on it, how far along it is."""

    group: str
    questions: tuple[Question, ...]
    number: int
    total: int


class Questionnaire:
    """The questions of one visit.

    A client's own device has said `own`: it is asked what is still open, is shown its own answers and changes those alone. Whoever holds the
    device learns nothing of what is in the record, and a page that was answered before is not answered with *no* by one tap.
    """

    def __init__(self, desk: Desk, visit: Visit, of: About, own: Intake | None = None) -> None:
        self.desk = desk
        self.k: Knowledge = desk.k
        self.visit = visit
        self.of = of
        self.own = own

    def answers(self) -> dict[str, Answer]:
        """The answers that people gave, without what was only read from words."""
        intake = self.desk.intake(self.visit)
        return {**intake.answers, **intake.today}

    def shown(self) -> dict[str, Answer]:
        """The answers that this device may show."""
        return self.answers() if self.own is None else {**self.own.answers, **self.own.today}

    def asked(self) -> list[Question]:
        """The questions of this device. That a follow-up is asked would tell the answer before it, so it is left to the practice where that is not its own."""
        answers = self.answers()
        every = asked_of(self.of, answers, self.k, came_before=self.visit.came_before)
        if self.own is None:
            return every
        own = self.shown()
        mine = [q for q in every if q.id in own or q.id not in answers]
        return [q for q in mine if not q.after or any(own.get(before) in ("yes", "unknown") for before in q.after)]

    def step(self, group: str = "") -> Step | None:
        """The page of a group with all its questions, or the next page with a question still open; None when all is answered."""
        answers, asked = self.answers(), self.asked()
        groups = [g for g in GROUPS if any(q.group == g for q in asked)]
        if group:
            found = [q for q in asked if q.group == group]
            return Step(group, tuple(found), groups.index(group) + 1, len(groups)) if found else None
        for number, name in enumerate(groups, 1):
            left = tuple(q for q in asked if q.group == name and q.id not in answers)
            if left:
                return Step(name, left, number, len(groups))
        return None

    def again(self, shown: tuple[str, ...]) -> Step | None:
        """The page that showed these questions, once more; None when none of them is asked."""
        asked = self.asked()
        found = tuple(q for q in asked if q.id in shown)
        if not found:
            return None
        groups = [g for g in GROUPS if any(q.group == g for q in asked)]
        return Step(found[0].group, found, groups.index(found[0].group) + 1, len(groups))

    def since(self, fields: Mapping[str, str], shown: tuple[str, ...]) -> dict[str, Answer]:
        """Answers other than no that were given since a page was made, and that it would take back by saying nothing of them. `stood` names those that it showed."""
        now, stood = self.shown(), fields.get("stood", "").split()
        if "stood" not in fields:
            return {}
        return {q: now[q] for q in shown if now.get(q, "no") != "no" and q not in stood and ticked(fields, q) == "no"}

    def take(self, fields: Mapping[str, str], shown: tuple[str, ...], by: str) -> None:
        """Keep the answers of a page: yes, not known, and no to the rest of what was shown. What is asked twice keeps its newest answer."""
        old = self.answers()
        may = self.k.questions if self.own is None else {q.id for q in self.asked()}
        told: dict[str, Answer] = {}
        for question in shown:
            if question not in may:
                continue
            value = ticked(fields, question)
            if old.get(question) != value:
                told[question] = value
        self.desk.answer(self.visit, told, by)

    def to_confirm(self) -> list[tuple[str, Question]]:
        """What was read from the client's own words and not yet answered by a person: (words, question)."""
        intake, answers = self.desk.intake(self.visit), self.answers()
        heard = hear(self._said(), (), self.k)
        settled = {q for q, answer in answers.items() if answer != "no"} | intake.confirmed
        return [(words, self.k.questions[q]) for words, q in heard.yes if q not in settled]

    def strange(self) -> tuple[str, ...]:
        """Sentences in which nothing was understood."""
        return hear(self._said(), (), self.k).strange

    def _said(self) -> tuple[str, ...]:
        return (self.desk.intake(self.visit) if self.own is None else self.own).said


def ticked(fields: Mapping[str, str], question: str) -> Answer:
    """What a page says to a question that it showed."""
    return "yes" if fields.get(f"yes.{question}") else "unknown" if fields.get(f"unknown.{question}") else "no"


def told(intake: Intake, of: About, k: Knowledge) -> list[tuple[str, list[tuple[Question, Answer]]]]:
    """What was answered with yes or not known, group by group, for the practitioner's view."""
    answers = answered(intake, of, hear(intake.said, intake.denied, k), k)
    found = []
    for group in GROUPS:
        rows = [
            (q, answers[q.id])
            for q in k.questions.values()
            if q.group == group and answers.get(q.id) in ("yes", "unknown")
        ]
        if rows:
            found.append((group, rows))
    return found
