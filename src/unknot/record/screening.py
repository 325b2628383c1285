"""What the store keeps of screening: clients, their answers, marks and approvals, visits with today's check, consents and clearances.

All of it is facts; what holds now is a fold of them. A later answer stands above an earlier one, and both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, cast

from unknot.case.clearance import Clearance
from unknot.case.intake import Answer, Approval, Intake, Marked, Override
from unknot.case.model import Case, Client, Complaint, History, Sex
from unknot.case.understand import understand
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.record.days import day_of
from unknot.record.ids import uuid7
from unknot.record.store import Batch, Fact, Store, StoreError
from unknot.screen.about import About, about
from unknot.screen.clear import clear
from unknot.screen.questions import DAILY
from unknot.screen.show import as_dict
from unknot.screen.words import hear

SENTENCES = ("said", "on_map")
"""Facts that are a client's own words."""
STALE_DAYS = {"warning": 30, "other": 180}
"""After so many days a no of the history is asked again: of warning signs, and of all else (house rules)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A client as the list shows them: what the practice calls them, age and sex."""

    id: str
    label: str
    age: float | None
    sex: Sex | None
    version: int
    treated_by: tuple[str, ...] = ()
    """The accounts of those who treat them."""
    damaged: bool = False
    """Stands in the place of a client who cannot be read."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a client on a day."""

    id: str
    client: str
    on: date
    came_before: bool


class Desk:
    """Reads and writes what screening needs. No clock: the day comes in as a value."""

    def __init__(self, store: Store, k: Knowledge, by: str = "") -> None:
        """`by` is the account of who works here: a client whom they make is theirs."""
        self.store = store
        self.k = k
        self.by = by
        self._folded: dict[Any, Intake] = {}

    # ---------------------------------------------------------- clients and visits

    def new_client(self, label: str, age: float | None, sex: Sex | None) -> Person:
        ident = uuid7()
        person = Person(ident, label, age, sex, 0, (self.by,) if self.by else ())
        return self.change_client(person)

    def change_client(self, person: Person) -> Person:
        body = {"label": person.label, "age": person.age, "sex": person.sex, "treated_by": list(person.treated_by)}
        return replace(person, version=self.store.put("client", person.id, body, over=person.version))

    def client(self, ident: str) -> Person:
        """Raises StoreError when there is none."""
        found = self.store.get("client", ident)
        if found is None:
            raise StoreError([Problem("no_client", "client", "no such client", "", "choose one from the list")])
        return _person(found.id, found.body, found.version)

    def visits(self, client: str) -> list[Visit]:
        """The visits of a client, in order."""
        return _visits(client, self.store.facts(f"client:{client}"))

    def visit_of(self, client: str, on: date) -> Visit:
        """The visit of a day, opened when there is none yet."""
        stream = f"client:{client}"
        facts = self.store.facts(stream)
        seen, visit = facts[-1].sequence if facts else 0, _visit_on(on, client, facts)
        if visit in _visits(client, facts):
            return visit
        # the day's list need not look through all clients
        body = {"visit": visit.id, "on": on.isoformat(), "came_before": visit.came_before}
        with self.store.together(client):
            self.store.put("came", f"{on.isoformat()}.{visit.id}", {"client": client, "visit": visit.id})
            self.store.append(stream, [Fact("visit_opened", body)], after=seen)
        return visit

    def unopened(self, client: str, on: date) -> Visit:
        """The visit of a day as it stands; where there is none yet, one of which nothing is kept. Nothing is written."""
        return _visit_on(on, client, self.store.facts(f"client:{client}"))

    # ---------------------------------------------------------- what is told

    def answer(self, visit: Visit, answers: Mapping[str, Answer], by: str, *, singly: bool = False) -> None:
        """Answers of the questionnaire. Questions of today belong to the visit, the others to the client.

        `singly`: asked one by one, so that a no stands also against the client's own words.
        """
        daily = {q: a for q, a in answers.items() if self.k.questions[q].group in DAILY}
        once = {q: a for q, a in answers.items() if q not in daily}
        batches = [
            Batch(stream, [Fact("answered", {"question": q, "answer": a, "by": by, "singly": singly}) for q, a in sorted(told.items())])
            for stream, told in ((f"visit:{visit.id}", daily), (f"client:{visit.client}", once)) if told
        ]  # fmt: skip
        if batches:
            self.store.append_all(batches)

    def say(self, visit: Visit, text: str, by: str) -> None:
        """A sentence of the client's own."""
        self.store.append(f"client:{visit.client}", [Fact("said", {"text": text, "by": by})])

    def on_map(self, visit: Visit, texts: Sequence[str]) -> None:
        """Sentences that stand beside the drawing of a visit: kept once a visit, so that it is known whether an answer came before or after them.

        They are the client's own words like any other: erased beside the drawing, they count until somebody denies them singly.
        """
        stream = f"visit:{visit.id}"
        known = {f.body["text"] for f in self.store.facts(stream) if f.kind == "on_map"}
        new = [Fact("on_map", {"text": text}) for text in dict.fromkeys(texts) if text not in known]
        if new:
            self.store.append(stream, new)

    def consent(self, visit: Visit, area: str, answer: Answer, by: str) -> None:
        """Consent to an area for this visit, given or withdrawn."""
        self.store.append(f"visit:{visit.id}", [Fact("consented", {"area": area, "answer": answer, "by": by})])

    def mark(self, visit: Visit, mark: Marked, by: str) -> str:
        """A place on the body that must be known; its id."""
        ident = uuid7()
        self.store.append(f"client:{visit.client}", [Fact("marked", {"id": ident, "mark": asdict(mark), "by": by})])
        return ident

    def unmark(self, visit: Visit, ident: str, by: str) -> None:
        self.store.append(f"client:{visit.client}", [Fact("unmarked", {"id": ident, "by": by})])

    def approve(self, visit: Visit, approval: Approval) -> None:
        """What a physician was asked and said."""
        body = asdict(approval)
        body["on"], body["until"] = approval.on.isoformat(), approval.until.isoformat() if approval.until else None
        self.store.append(f"client:{visit.client}", [Fact("approval", body)])

    def override(self, visit: Visit, override: Override) -> None:
        """A practitioner's word against a rule. Raises StoreError where the rule is not a practitioner's to lift."""
        rule = self.k.screens.get(override.rule)
        if rule is None or rule.lifted_by != "practitioner":
            given = "this rule cannot be lifted by a practitioner"
            raise StoreError([Problem("not_yours_to_lift", "override", given, "rules that say so", "ask a physician")])
        if not override.name.strip() or not override.reason.strip():
            raise StoreError(
                [Problem("no_reason", "override", "no name or no reason", "both", "write who says so and why")]
            )
        self.store.append(f"visit:{visit.id}", [Fact("overridden", asdict(override))])

    # ---------------------------------------------------------- what holds now

    def intake(self, visit: Visit) -> Intake:
        """All that was told, folded."""
        told, here = f"client:{visit.client}", f"visit:{visit.id}"
        every = self.store.facts_of([told, here])
        of_client, of_visit = every[told], every[here]
        stand = (visit, *((len(f), f[-1].at) if f else (0, "") for f in (of_client, of_visit)))
        if stand not in self._folded:
            self._folded[stand] = self._fold(visit, of_client, of_visit)
        return self._folded[stand]

    def intake_of(self, visit: Visit, by: str, since: str) -> Intake:
        """What one device has told since a moment [UTC], folded: answers, sentences, consents and marks of its own. `by` is who answers on it."""
        told, here = f"client:{visit.client}", f"visit:{visit.id}"
        every = self.store.facts_of([told, here])
        own = [[f for f in every[stream] if f.at >= since and _by(f, by)] for stream in (told, here)]
        return self._fold(visit, *own)

    def _fold(self, visit: Visit, of_client: Sequence[Fact], of_visit: Sequence[Fact]) -> Intake:
        gone = {f.body["id"] for f in of_client if f.kind == "unmarked"}
        return Intake(
            answers=_answers(_fresh(of_client, self.k, visit.on), self.k),
            today=_answers(of_visit, self.k),
            confirmed=frozenset(_confirmed([*of_client, *of_visit], self.k)),
            on=visit.on,
            consents={f.body["area"]: f.body["answer"] for f in of_visit if f.kind == "consented"},
            approvals=tuple(_approval(f.body) for f in of_client if f.kind == "approval"),
            overrides=tuple(Override(**f.body) for f in of_visit if f.kind == "overridden"),
            marks=tuple(_mark(f.body["mark"]) for f in of_client if f.kind == "marked" and f.body["id"] not in gone),
            came_before=visit.came_before,
            said=tuple(dict.fromkeys(f.body["text"] for f in (*of_client, *of_visit) if f.kind in SENTENCES)),
        )

    def marks(self, visit: Visit, by: str = "", since: str = "") -> dict[str, Marked]:
        """The marks that stand, by id; those alone that one device has set since a moment where `by` says who answers on it."""
        facts = self.store.facts(f"client:{visit.client}")
        gone = {f.body["id"] for f in facts if f.kind == "unmarked"}
        stand = [f for f in facts if f.kind == "marked" and f.body["id"] not in gone]
        own = [f for f in stand if not by or (f.at >= since and _by(f, by))]
        return {f.body["id"]: _mark(f.body["mark"]) for f in own}

    def clearance(
        self,
        visit: Visit,
        of: About,
        *,
        said: tuple[str, ...] = (),
        licences: tuple[str, ...] = (),
        keep: bool = True,
    ) -> Clearance:
        """The clearance as of now; kept as a fact of the visit when it differs from the last one. `said`: words told elsewhere, on the map.

        Of a client who was asked nothing and of whom nothing is known that counts none is kept: looking is no screening.
        """
        intake = self.intake(visit)
        intake = replace(intake, said=tuple(dict.fromkeys((*intake.said, *said))))
        found = clear(intake, of, self.k, visit.on, licences)
        if keep and (intake.answers or intake.today or found.reasons):
            told = as_dict("", found)
            stream = f"visit:{visit.id}"
            cleared = [f for f in self.store.facts(stream) if f.kind == "cleared"]
            if not cleared or cleared[-1].body != told:
                self.store.append(stream, [Fact("cleared", told)])
        return found

    def about(self, person: Person, visit: Visit | None = None) -> About:
        """Age, sex, and what the client's own words say; the drawing and the ranking are added where they are known."""
        if visit is None:
            return About(age=person.age, sex=person.sex)
        history = History(said=self.intake(visit).said)
        case = Case("words", Client(person.age, person.sex), (), Complaint(), (), history)
        return about(case, understand(case, self.k), None)


def _person(ident: str, body: Mapping[str, Any], version: int) -> Person:
    by = tuple(body.get("treated_by", ()))
    return Person(ident, str(body.get("label", "")), body.get("age"), cast("Sex | None", body.get("sex")), version, by)


def _visits(client: str, facts: Sequence[Fact]) -> list[Visit]:
    return [
        Visit(f.body["visit"], client, date.fromisoformat(f.body["on"]), bool(f.body["came_before"]))
        for f in facts
        if f.kind == "visit_opened"
    ]


def _visit_on(on: date, client: str, facts: Sequence[Fact]) -> Visit:
    """The visit of a day; a new one where the facts of the client tell of none."""
    before = _visits(client, facts)
    new = Visit(uuid7(), client, on, any(v.on < on for v in before))
    return next((v for v in before if v.on == on), new)


def _answers(facts: Sequence[Fact], k: Knowledge) -> dict[str, Answer]:
    """The last answer to each question that still exists; one to a question that was taken out of the knowledge is kept in the log alone."""
    return {
        f.body["question"]: f.body["answer"]
        for f in facts
        if f.kind == "answered" and f.body["question"] in k.questions
    }


def _confirmed(facts: Sequence[Fact], k: Knowledge) -> set[str]:
    """Questions whose last answer was given singly, and that no later sentence of the client answers with yes.

    Of an answer and a sentence of the same moment the sentence is the later one.
    """
    found: set[str] = set()
    for fact in sorted(facts, key=lambda f: (f.at, f.kind in SENTENCES)):
        if fact.kind == "answered":
            (found.add if fact.body.get("singly") else found.discard)(fact.body["question"])
        elif fact.kind in SENTENCES:
            found -= {question for _, question in hear((fact.body["text"],), (), k).yes}
    return found


def _fresh(facts: Sequence[Fact], k: Knowledge, on: date) -> list[Fact]:
    """Facts without the answers that are too old to be a no: those are asked again. A yes never grows old by itself."""
    kept = []
    for fact in facts:
        question = k.questions.get(fact.body["question"]) if fact.kind == "answered" else None
        days = STALE_DAYS["warning" if question and question.group == "warning" else "other"]
        old = fact.kind == "answered" and (on - day_of(fact.at)).days > days
        if not (old and fact.body["answer"] != "yes"):
            kept.append(fact)
    return kept


def _by(fact: Fact, by: str) -> bool:
    """Whether somebody said it; a consent names its person behind them."""
    told = str(fact.body.get("by", ""))
    return told == by or told.startswith(f"{by}: ")


def _mark(body: Mapping[str, Any]) -> Marked:
    return Marked(**{**body, "at": tuple(body["at"])})


def _approval(body: Mapping[str, Any]) -> Approval:
    until = body["until"]
    return Approval(
        **{
            **body,
            "on": date.fromisoformat(body["on"]),
            "until": date.fromisoformat(until) if until else None,
            "rules": tuple(body["rules"]),
            "regions": tuple(body["regions"]),
        }
    )
