"""A byte of an index hides a row from whoever reads by it. A second index counts the rows, so that reading notices and never shows less than there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from damage import entries, flipped
from unknot.knowledge.load import knowledge
from unknot.record.accounts import Account, Accounts
from unknot.record.audit import Audit, Wanted
from unknot.record.erase import erase
from unknot.record.people import appoint, appointments, everybody, find, named, newest
from unknot.record.screening import Desk
from unknot.record.store import Fact, Store, StoreError, open_store
from unknot.record.story import happened
from unknot.record.whole import DamagedError
from unknot.web.app import create_app

FIRST, SECOND = "sqlite_autoindex_facts_1", "facts_counted"
FIRST_OF_DOCUMENTS, SECOND_OF_DOCUMENTS = "sqlite_autoindex_documents_1", "documents_counted"
ON = date(2026, 3, 2)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A client with three facts and two versions, one with one of each, an account that was disabled, a visit, an appointment that was called off."""
    place = tmp_path / "whole.db"
    with closing(open_store(place)) as store:
        for ident, many in (("a1", 3), ("c3", 1)):
            store.append(f"client:{ident}", [Fact("said", {"text": "words", "by": "client"}) for _ in range(many)])
            store.put("client", ident, {"label": f"Earlier {ident}", "age": 40.0, "sex": None, "treated_by": ["x"]})
        store.put("client", "a1", {"label": "Later a1", "age": 41.0, "sex": None}, over=1)
        accounts = Accounts(store)
        account = accounts.keep(Account("p1", "Pia", "practitioner", "hash"))
        accounts.keep(Account("p1", "Pia", "practitioner", "hash", disabled=True, version=account.version))
        store.append("visit:v1", [Fact("note", {})])
        store.append(
            "audit", [Fact("look", {"who": "p1", "what": "x", "client": ""}, at="2026-01-01") for _ in range(3)]
        )
        ident = appoint(store, "a1", ON, "09:00")
        store.put("appointment", ident, {"client": "a1", "on": ON.isoformat(), "time": "09:00", "off": True}, over=1)
    return place


def damaged(whole: Path, index: str, key: str) -> Iterator[Store]:
    """The record, opened once for each entry of the index and for each of two bits of it."""
    count = len(entries(whole, index, key.encode()))
    assert count
    for n in range(count):
        for bit in (1, 2):
            place = flipped(whole, index, key.encode(), n, whole.parent / f"{index}-{n}-{bit}.db", bit)
            with closing(open_store(place)) as store:
                yield store


def told(read: Callable[[], object], truth: object) -> bool:
    """Whether it is told as damaged; else it is the truth and nothing less."""
    try:
        assert read() == truth
    except StoreError as error:
        assert "damaged" in str(error)
        return True
    return False


@pytest.mark.parametrize("index", [FIRST, SECOND])
def test_a_hidden_fact_is_told_the_first_the_last_one_in_the_middle_and_an_only_one(whole: Path, index: str) -> None:
    with closing(open_store(whole)) as store:
        truth = store.facts_of(["client:a1", "client:c3", "client:none"])
    for ident, last in (("a1", 3), ("c3", 1)):
        stream, other = f"client:{ident}", "client:c3" if ident == "a1" else "client:a1"
        heard = []
        for store in damaged(whole, index, stream):
            heard.append(told(lambda s=store, one=stream: s.facts(one), truth[stream]))
            assert told(lambda s=store: s.facts_of(list(truth)), truth) == heard[-1]
            told(lambda s=store, one=stream: s.lasts([one]), {stream: last})
            told(lambda s=store, one=stream: s.facts(one, 1), truth[stream][1:])
            assert store.facts(other) == truth[other] and store.last(stream) == last
            told(lambda s=store, one=ident: erase(s, one).facts, last)  # all of it, or it is told
        assert sum(heard) >= len(heard) - 2, "but where the order of the index lets it be found all the same"


@pytest.mark.parametrize("index", [FIRST_OF_DOCUMENTS, SECOND_OF_DOCUMENTS])
def test_a_hidden_version_is_told_and_no_older_one_stands_in_for_it(whole: Path, index: str) -> None:
    names = [("client", "a1"), ("client", "c3"), ("account", "p1")]
    with closing(open_store(whole)) as store:
        truth = store.documents_of(names)
        people = {p.id: p for p in newest(store)}
    for ident in ("a1", "c3"):
        one = truth["client", ident]
        heard = []
        for store in damaged(whole, index, f"client{ident}"):
            heard.append(told(lambda s=store, i=ident: s.get("client", i), one))
            told(lambda s=store: s.documents_of(names), truth)
            told(lambda s=store, d=one: s.versions_of("client", [d.id]), {one.id: one.version})
            told(lambda s=store, d=one: s.get("client", d.id, d.version), one)
            assert all(d == truth["client", d.id] for d in store.all("client"))
            for found in ({p.id: p for p in newest(store)}, named(store, ["a1", "c3"])):
                assert found.keys() >= people.keys(), "somebody is always there, if only as damaged"
                assert all(p == people.get(p.id) or "damaged" in p.label for p in found.values())
            assert {p.id for p in newest(store, of="x")} <= {"c3"}, "an older hand treats nobody"
            assert find(store, "earlier a1") == [] and {p.id for p in find(store, "later")} <= {"a1"}
            assert ident in everybody(store)
            told(lambda s=store, i=ident: erase(s, i).client, ident)
        assert sum(heard) >= len(heard) - 2


@pytest.mark.parametrize("index", [FIRST_OF_DOCUMENTS, SECOND_OF_DOCUMENTS])
def test_a_hidden_version_lets_nobody_in_and_calls_nobody_back(whole: Path, index: str) -> None:
    for store in damaged(whole, index, "accountp1"):
        accounts = Accounts(store)
        pia = accounts.named("Pia")
        assert not any(a.ready for a in accounts.all()) and (pia is None or pia.disabled)
        told(lambda a=accounts: a.get("p1") is not None and a.get("p1").disabled, True)
    with closing(open_store(whole)) as store:
        (ident,) = (d.id for d in store.all("appointment"))
    for store in damaged(whole, index, f"appointment{ident}"):
        assert appointments(store, ON) == [], "what was called off does not stand again"


@pytest.mark.parametrize("index", [FIRST, SECOND])
def test_a_visit_whose_only_fact_is_hidden_does_not_count_as_one_at_which_nothing_happened(
    whole: Path, index: str
) -> None:
    for store in damaged(whole, index, "visit:v1"):
        with pytest.raises(DamagedError):
            happened(Desk(store, knowledge()), ["v1"])


def test_a_hidden_row_of_the_trail_stands_in_its_place_as_damaged_and_the_next_one_does_not_take_its_number(
    whole: Path,
) -> None:
    for store in damaged(whole, FIRST, "audit"):
        trail = Audit(lambda s=store: s)
        assert [e.sequence for e in trail.read(Wanted())[0]] == [3, 2, 1]
        for wanted in (Wanted(), Wanted(who="p1")):
            shown = trail.read(wanted)[0]
            assert [e.sequence for e in shown] == [3, 2, 1] and any(e.damaged for e in shown)
        assert store.append("audit", [Fact("look", {"who": "p1", "what": "x", "client": ""})]) == 4


def test_the_page_of_a_client_whose_newest_answer_is_hidden_says_so(tmp_path: Path) -> None:
    place, question = tmp_path / "unknot.db", "anticoagulant"
    with _web(place) as web:
        client = str(web.post("/clients", data={"label": "A B", "age": "50", "sex": "female"}).url).split("/")[4]
        web.post(f"/clients/{client}/ask", data={"shown": question, "yes." + question: "1"})
        assert web.get(f"/clients/{client}").status_code == 200
    with closing(open_store(place)) as store:
        assert store.facts(f"client:{client}")[-1].body["question"] == question
    lasts = flipped(place, FIRST, f"client:{client}".encode(), 0, tmp_path / "hidden.db")
    with _web(lasts) as web:
        told = web.get(f"/clients/{client}")
        assert told.status_code == 422 and "damaged" in told.text and "record restore" in told.text
        assert "A B" in web.get("/clients").text


def _web(place: Path) -> TestClient:
    app = create_app(data=place)
    return TestClient(app, base_url="http://127.0.0.1", headers={"accept": "text/html"}, client=("127.0.0.1", 1))
