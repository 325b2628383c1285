"""What the pages of screening share: whose questionnaire a request is about, the clearance that follows, small forms.

The pages themselves: `practitioner` (clients and what is decided), `asking` (the questionnaire), `joining` (by a one-time code).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from unknot.body.coverage import with_drawing
from unknot.case.clearance import Clearance
from unknot.case.intake import Intake, Marked
from unknot.case.model import Case, Sex
from unknot.case.nothing import said_nothing
from unknot.case.ranking import Ranking
from unknot.case.read import read_mapping
from unknot.case.understand import understand
from unknot.errors import CaseError, Problem, UnknotError
from unknot.guards import HIDDEN
from unknot.record.accounts import Accounts
from unknot.record.audit import Audit
from unknot.record.leanings import lean
from unknot.record.look import only_looks
from unknot.record.measures import Measures
from unknot.record.people import newest
from unknot.record.ranked import ranking_of
from unknot.record.screening import Desk, Person, Visit
from unknot.record.store import Store, UnwrittenError
from unknot.record.whole import DamagedError
from unknot.screen.about import About, about
from unknot.screen.clear import standing_words
from unknot.web.codes import NEVER, Codes, Pass
from unknot.web.form import Form, form_of
from unknot.web.lan import addresses
from unknot.web.page import Page
from unknot.web.practice import practice_of
from unknot.web.questionnaire import Questionnaire
from unknot.web.searched import Searched
from unknot.web.who import who
from unknot.words import say

LARGEST = 100_000
FIRST, LAST = 1800, 2999
"""Years that a day may lie in."""
COOKIE = "unknot-form"
HANDED = "unknot-handed"
"""On a tablet of the practice in a client's hands: whose page the practitioner goes back to."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class At:
    """Whose questionnaire a request is about, who answers, and where its pages stand."""

    desk: Desk
    person: Person
    visit: Visit
    by: str
    base: str
    since: str = ""
    """Since when a client's own device has been in: it is shown what it has said itself, and nothing else of the record."""

    @property
    def told(self) -> Intake:
        """What may be shown of what was told: all of it in the practice, its own on a client's device."""
        return self.desk.intake_of(self.visit, self.by, self.since) if self.since else self.desk.intake(self.visit)

    @property
    def marks(self) -> dict[str, Marked]:
        """The marks that may be shown, by id."""
        return self.desk.marks(self.visit, self.by, self.since) if self.since else self.desk.marks(self.visit)

    @property
    def asks(self) -> Questionnaire:
        return Questionnaire(self.desk, self.visit, self.desk.about(self.person), self.told if self.since else None)


class Screening:
    """The pages of screening. `today` is the calendar, `store` opens the store when first needed."""

    def __init__(
        self, page: Page, store: Callable[[], Store], codes: Codes, today: Callable[[], date], *, lan: bool = False
    ) -> None:
        self.page = page
        self._store = store
        self.codes = codes
        self.today = today
        self.lan = lan
        self.is_there: Callable[[], bool] = lambda: True
        self.audit = Audit(store)
        self.searched = Searched(self.audit)

    def here(self, request: Request) -> str:
        """The address under which another device in the room reaches this app; empty when none can."""
        if not self.lan:
            return ""
        port = request.url.port
        return next((f"https://{a}:{port}/" if port else f"https://{a}/" for a in addresses()), "")

    @property
    def desk(self) -> Desk:
        return Desk(self._store(), self.page.k, who().account)

    def accounts(self) -> Accounts:
        return Accounts(self._store())

    def store(self) -> Store:
        """The store, opened when first needed."""
        return self._store()

    def show(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        values.setdefault("practice", practice_of(self._store()))
        values.setdefault("problems", ())
        text = self.page.templates.get_template(f"screen/{name}.html").render(**values)
        return HTMLResponse(text, status_code=status)

    # ---------------------------------------------------------- for the map

    def licences(self) -> tuple[str, ...]:
        """What the practice has said that its licence covers. Who only draws does not get a store made for it."""
        return practice_of(self._store()).licences if self.is_there() else ()

    def of_form(self, form: Form, case: Case, ranking: Ranking) -> Clearance:
        """The clearance of a client's visit of today with the drawing on the page, which is kept. Raises StoreError for no such client."""
        desk = self.desk
        person, visit = self.keep_map(form, case)
        whole = self._with_words(case, desk, visit)
        of = replace(about(whole, understand(whole, self.page.k), ranking), age=person.age, sex=person.sex)
        return desk.clearance(visit, of, said=case.intake.said, licences=self.licences())

    def keep_map(self, form: Form, case: Case) -> tuple[Person, Visit]:
        """Keep what stands on the map of a client at the visit of today. Raises StoreError for no such client, a 403 for another's."""
        desk = self.desk
        person = desk.client(form.client)
        if not who().treats(person.treated_by):  # which client it is stands in the form, behind the door
            self.audit.note(who().told, "refused", "/", person.id)
            raise HTTPException(403, say("sign_in.not_treated"))
        self.audit.note(who().told, "change", "/", person.id)
        visit = desk.visit_of(form.client, self.today())
        self.page.keep_drawing(desk, visit, case, form)
        return person, visit

    def form_of(self, request: Request) -> Form:
        """The map with what was drawn at this visit."""
        at = self.of_practitioner(request)
        case = self.drawing(at)
        form = form_of(case) if case else Form()
        lean(form.rest, Measures(at.desk.store, self.page.k).of_visit(at.visit.id), self.page.k, at.person.age)
        form.client = at.person.id
        kept = at.desk.store.get("drawing", at.visit.id)
        form.seen, form.tab = kept.version if kept else 0, secrets.token_hex(8)
        form.age = f"{at.person.age:g}" if at.person.age is not None else ""
        form.sex = at.person.sex or ""
        return form

    def check(self, form: Form) -> Response:
        """A client without a name yet for what stands on the map, and the first page of questions."""
        case = form.case(self.page.k)
        if case is None:
            return HTMLResponse(self.page.render(form), status_code=422)
        age = case.client.age
        with self.store().together("clients"):  # a client whose drawing was lost would be nobody
            label = say("clients.unnamed", on=self.today().isoformat())
            person = self.desk.new_client(label, age, case.client.sex)
            self.page.keep_drawing(self.desk, self.desk.visit_of(person.id, self.today()), case, form)
        self.audit.note(who().told, "change", "/clients", person.id)
        return go(f"/clients/{person.id}/ask")

    # ---------------------------------------------------------- whose

    def new_client(self, label: str, age: float | None, sex: Sex | None) -> Person:
        """A client of who asks, with a row in the trail."""
        person = self.desk.new_client(label, age, sex)
        self.audit.note(who().told, "change", "/clients", person.id)
        return person

    def people(self) -> list[Person]:
        """The clients that who asks may know of, those entered last: all, or those whom they treat."""
        return self.known(newest(self.store(), of=self.only()))

    @staticmethod
    def only() -> str:
        """The account whose clients alone who asks may know of; empty for who knows of all."""
        asks = who()
        return "" if asks.knows(()) else asks.account

    @staticmethod
    def known(people: list[Person]) -> list[Person]:
        """Those among people that who asks may know of."""
        asks = who()
        return [p for p in people if asks.knows(p.treated_by)]

    def label_of(self, client: str) -> Person | None:
        """The client of an id; None when there is none any more."""
        try:
            return self.desk.client(client) if UUID.fullmatch(client) else None
        except UnknotError:
            return None

    def person(self, request: Request) -> Person:
        """By the client in the address, without a visit. Raises a 404 when there is none, DamagedError when it cannot be shown."""
        ident = request.path_params["client"]
        if not UUID.fullmatch(ident):
            raise HTTPException(404, "no such client")
        try:
            return self.desk.client(ident)
        except DamagedError:
            raise
        except UnknotError as error:
            raise HTTPException(404, "no such client") from error

    def of_practitioner(self, request: Request) -> At:
        """By the client in the address. Raises a 404 when there is none."""
        person = self.person(request)
        return At(self.desk, person, self._visit_of(person), "practitioner", f"/clients/{person.id}")

    def _visit_of(self, person: Person) -> Visit:
        """Today's visit. Opening it is a write: while somebody only looks, a store that takes nothing keeps nobody from what is there."""
        try:
            return self.desk.visit_of(person.id, self.today())
        except UnwrittenError as error:
            if not only_looks(error):
                raise
            return self.desk.unopened(person.id, self.today())

    def of_client(self, request: Request) -> At:
        """By the key of the device that used a code. Raises a 403 when it opens nothing any more."""
        held = self.held(request, "form")
        person, visit = self.desk.client(held.whose), self.desk.visit_of(held.whose, self.today())
        return At(self.desk, person, visit, "client", "/mine", held.since or NEVER)

    def held(self, request: Request, thing: str) -> Pass:
        """What the device of a client has opened by a code. Raises a 403 when it opens nothing any more."""
        held = self.codes.holder(request.cookies.get(COOKIE, ""))
        if held is None or held.thing != thing:
            raise HTTPException(403, say("code.over"))
        return held

    # ---------------------------------------------------------- what follows

    def clearance(self, at: At, *, keep: bool = True) -> Clearance:
        """With the drawing of the visit and its ranking taken in; kept as a fact of the visit where wanted."""
        case = self.drawing(at)
        said = case.intake.said if case else ()
        work = partial(at.desk.clearance, at.visit, self.about(at), said=said, licences=self.licences())
        try:
            return work(keep=keep)
        except UnwrittenError as error:
            if not only_looks(error):
                raise
            return work(keep=False)

    def about(self, at: At) -> About:
        """What screening takes from the drawing: its places and qualities, drawn or named, its words, and its ranking."""
        case = self.drawing(at)
        if case is None:
            return at.desk.about(at.person, at.visit)
        case = self._with_words(case, at.desk, at.visit)
        ranking = ranking_of(case, self.page.k, self.page.use) if case.pains or case.strokes else None
        with suppress(CaseError):  # a drawing that lies beside the body colours nothing
            case = with_drawing(case)
        return replace(about(case, understand(case, self.page.k), ranking), age=at.person.age, sex=at.person.sex)

    def stands(self, form: Form) -> bool:
        """Whether a pain still stands in the record for today's visit of the client of a page, of whom who asks may know."""
        desk = self.desk
        visit = next((v for v in desk.visits(form.client) if v.on == self.today()), None)
        kept = desk.store.get("drawing", visit.id) if visit is not None else None
        if kept is None or not who().treats(desk.client(form.client).treated_by):
            return False
        return bool(kept.body.get("pain") or kept.body.get("stroke"))

    def _with_words(self, case: Case, desk: Desk, visit: Visit) -> Case:
        """The drawing with all that the client has said; a sentence that was denied counts only while it stands beside the drawing."""
        intake = desk.intake(visit)
        every = replace(
            case, history=replace(case.history, said=tuple(dict.fromkeys((*case.history.said, *intake.said))))
        )
        said = standing_words(intake, about(every, understand(every, self.page.k), None), self.page.k)
        return replace(case, history=replace(case.history, said=tuple(dict.fromkeys((*case.history.said, *said)))))

    def drawing(self, at: At) -> Case | None:
        """What was drawn and told on the map at this visit, that nothing hurts too."""
        kept = at.desk.store.get("drawing", at.visit.id)
        if kept is None:
            return None
        try:
            return read_mapping(kept.body, "visit", self.page.k, needs_pain=not said_nothing(kept.body))
        except CaseError:
            return None


async def fields_of(request: Request, largest: int = LARGEST) -> dict[str, str]:
    """The fields of a small form. Raises a 413 when it has more than `largest` bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > largest:
            raise HTTPException(413, f"larger than {largest:,} bytes")
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise HTTPException(400, "not a form") from error


def hidden_in(fields: Mapping[str, str], names: Mapping[str, str]) -> list[Problem]:
    """What of a form holds characters that nobody sees, as NUL and turns of the writing direction. `names`: field to what it is called."""
    return [
        Problem(
            "hidden_character", called, say("clients.hidden"), say("clients.hidden_allowed"), say("clients.hidden_todo")
        )
        for field, called in names.items()
        if HIDDEN.search(fields.get(field, ""))
    ]


def set_cookie(reply: Response, request: Request, name: str, value: str) -> None:
    """A cookie that no script reads and no other site sends; over TLS never without it."""
    secure = request.url.scheme == "https"
    reply.set_cookie(name, value, httponly=True, samesite="strict", secure=secure, path="/")


def go(where: str) -> RedirectResponse:
    """On to another page, which is fetched anew."""
    return RedirectResponse(where, status_code=303)


def read_day(text: str) -> date | None:
    """A day from a form; None when it is none, or one at the end of the calendar, beside which there is no other."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST <= found.year <= LAST else None
