"""Export and import, in both databases: nothing is lost, each paper stands in its client's folder, and what is damaged is refused whole."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from full_record import NOW, ON, K, client_ids, release_record, rows
from unknot.record.erase import erase
from unknot.record.export import export
from unknot.record.screening import Desk
from unknot.record.store import Store, StoreError, open_store
from unknot.record.tables import FLAT
from unknot.record.take_in import take_in, take_in_clients
from unknot.record.verify import verify
from unknot.web.papers import papers_of

pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def store(full_store: Store) -> Store:
    """The full record, in both databases."""
    return full_store


# ---------------------------------------------------------------- the papers


def papers_in(folder: Path) -> list[dict[str, str]]:
    with (folder / "papers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def set_as(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, dict[str, Any]]:
    """What was told to the typesetter, by the PDF that came of it."""
    from unknot.web import letter, paper
    from unknot.web.typeset import typeset

    found: dict[bytes, dict[str, Any]] = {}

    def told(template: str, data: dict[str, Any], title: str) -> bytes:
        made = typeset(template, data, title)
        found[made] = data
        return made

    monkeypatch.setattr(paper, "typeset", told)
    monkeypatch.setattr(letter, "typeset", told)
    return found


def test_an_export_holds_each_paper_as_pdf_in_the_folder_of_its_client(
    filled: Path, tmp_path: Path, set_as: dict[bytes, dict[str, Any]]
) -> None:
    store = open_store(filled)
    labels = {d.id: str(d.body["label"]) for d in store.all("client")}
    made = export(store, tmp_path / "out", ["json"], NOW, papers=papers_of(store, ON))
    store.close()
    folder = tmp_path / "out" / "pdf"
    listed = papers_in(folder)
    assert made.papers is not None and (made.papers.written, made.papers.failed) == (15, 0)
    assert {row["file"] for row in listed} == {str(f.relative_to(folder)) for f in folder.rglob("*.pdf")}
    for client, label in labels.items():
        own = [row for row in listed if row["client"] == client]
        assert sorted(row["paper"] for row in own) == ["insurance", "letter", "note", "progress", "sheet"]
        for row in own:
            pdf = (folder / row["file"]).read_bytes()
            data = set_as[pdf]
            assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
            assert label in data.get("about", "") + data.get("client", ""), row
            assert not any(other in str(data) for other in labels.values() if other != label), row
            assert row["file"].startswith(client) and "Zebedee" not in row["file"] and not row["problem"]
    with (tmp_path / "out" / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        explained = [row["column"] for row in csv.DictReader(file) if row["table"] == "papers"]
    assert explained == list(listed[0])


def test_a_paper_that_cannot_be_made_is_told_the_others_are_there_and_nothing_is_stored(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unknot.web import papers

    def refuse(*_: Any, **__: Any) -> Any:
        raise ValueError("words of a client")

    shutil.copy(filled, tmp_path / "copy.db")
    store = open_store(tmp_path / "copy.db")
    store.put("client", "../../=out", {"label": "Outside", "age": 40, "sex": "female"})
    store.put("client", "ill", {"label": "Damaged", "age": 40, "sex": "female", "treated_by": 5})
    desk = Desk(store, K)
    desk.answer(desk.visit_of("../../=out", ON), {"fever": "no"}, "client")
    monkeypatch.setattr(papers, "sheet_of", refuse)
    before = rows(store)
    made = export(store, tmp_path / "out", ["json"], NOW, papers=papers.papers_of(store, ON))
    assert rows(store) == before, "no clearance is kept by who only looks"
    store.close()
    listed = papers_in(tmp_path / "out" / "pdf")
    failed = [(row["paper"], row["problem"]) for row in listed if row["problem"]]
    assert sorted(failed) == [("all", "TypeError"), *[("sheet", "ValueError")] * 4]
    assert made.papers is not None and made.papers.failed == 5 and made.papers.written == len(listed) - 5
    assert not [row for row in listed if "words" in str(row)]
    files = {str(f.relative_to(tmp_path / "out" / "pdf")) for f in tmp_path.rglob("*.pdf")}
    assert files == {row["file"] for row in listed if not row["problem"]}
    assert not [row for row in listed if ".." in row["file"]]


def test_an_export_that_is_cut_off_amid_its_papers_never_stands_under_its_name(filled: Path, tmp_path: Path) -> None:
    from unknot.record.export import Printed
    from unknot.record.lines import Progress

    def full(folder: Path, _: Progress) -> Printed:
        assert not (tmp_path / "out").exists() and folder.parent.name == "out.part"
        raise OSError(28, "No space left on device")

    store = open_store(filled)
    with pytest.raises(StoreError, match="No space left"):
        export(store, tmp_path / "out", ["json"], NOW, papers=full)
    store.close()
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- export and import


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_loses_nothing_and_is_taken_back_into_an_empty_place(store: Store, tmp_path: Path, name: str) -> None:
    made = export(store, tmp_path / name, ["json", "csv", "parquet"], NOW)
    assert made.facts == len(rows(store)["facts"]) and made.formats == ("json", "csv", "parquet")
    back = open_store(tmp_path / "back.db")
    found = take_in(back, tmp_path / name)
    assert rows(back) == rows(store)
    assert (found.clients, found.left_out) == (3, 0)
    assert verify(back).wrong == 0
    back.close()
    assert not list(tmp_path.glob("*.part"))


def test_the_tables_of_an_export_are_the_same_in_csv_and_parquet_and_told_in_the_dictionary(
    store: Store, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    made = export(store, tmp_path / "out", ["csv", "parquet"], NOW)
    told = {(r["table"], r["column"]) for r in csv.DictReader((tmp_path / "out" / "dictionary.csv").open())}
    assert told == {(flat.name, column.name) for flat in FLAT for column in flat.columns}
    for flat in FLAT:
        with (tmp_path / "out" / "csv" / f"{flat.name}.csv").open(newline="") as file:
            rows_of_csv = list(csv.reader(file))
        table = pq.read_table(tmp_path / "out" / "parquet" / f"{flat.name}.parquet")
        assert rows_of_csv[0] == table.column_names == [c.name for c in flat.columns]
        assert len(rows_of_csv) - 1 == table.num_rows == made.tables.get(flat.name, 0)
        assert table.num_rows, flat.name
    sessions = pq.read_table(tmp_path / "out" / "parquet" / "session_facts.parquet").to_pylist()
    assert {5.0, 3.0} <= {r["value"] for r in sessions if r["kind"] == "rate"}
    answers = pq.read_table(tmp_path / "out" / "parquet" / "answers.parquet").to_pylist()
    assert ("anticoagulant", "yes") in {(r["question"], r["answer"]) for r in answers}


def test_a_text_that_a_spreadsheet_would_run_is_defused(tmp_path: Path) -> None:
    store = open_store(tmp_path / "x.db")
    store.put("client", "1", {"label": '=HYPERLINK("http://x")', "age": None, "sex": None})
    export(store, tmp_path / "out", ["csv"], NOW)
    row = next(csv.DictReader((tmp_path / "out" / "csv" / "clients.csv").open()))
    assert row["label"].startswith("'=")
    store.close()


def test_new_clients_of_an_export_come_into_a_record_in_use_and_nothing_there_is_touched(
    store: Store, tmp_path: Path
) -> None:
    export(store, tmp_path / "out", ["json"], NOW)
    other = open_store(tmp_path / "other.db", {"unknot": "test"})
    own = release_record.fill(other, K, ON, clients=1)
    before = rows(other)
    found = take_in(other, tmp_path / "out")
    assert (found.clients, found.left_out) == (3, 0)
    after = rows(other)
    assert all(r in after[name] for name in before for r in before[name])
    assert client_ids(other) == sorted([*own, *client_ids(store)])
    assert verify(other).wrong == 0
    theirs = [r for r in after["facts"] if r not in before["facts"]]
    assert theirs == [r for r in rows(store)["facts"] if r[0].partition(":")[0] in ("client", "visit", "session")]
    again = take_in(other, tmp_path / "out")
    assert (again.clients, again.facts, again.left_out) == (0, 0, 3)
    assert rows(other) == after
    erase(other, client_ids(store)[0])
    assert take_in(other, tmp_path / "out").clients == 0, "who was erased stays away"
    other.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "json" / "facts.jsonl").write_text(""),
        lambda folder: (folder / "json" / "facts.jsonl").unlink(),
        lambda folder: (folder / "json" / "manifest.json").write_text("[]"),
        lambda folder: (folder / "json" / "manifest.json").write_text("{"),
        lambda folder: changed_line(folder, lambda row: row.update(sequence=99)),
        lambda folder: changed_line(folder, lambda row: row.update(sequence="1")),
        lambda folder: changed_line(folder, lambda row: row.update(body="text")),
        lambda folder: changed_line(folder, lambda row: row.pop("at")),
        lambda folder: changed_line(folder, lambda row: row.update(more=1)),
        lambda folder: changed_line(folder, lambda row: row["body"].update(more=1)),
    ],
)
def test_a_damaged_export_is_refused_whole(filled: Path, tmp_path: Path, damage: Any) -> None:
    source = open_store(filled)
    export(source, tmp_path / "out", ["json"], NOW)
    source.close()
    damage(tmp_path / "out")
    store = open_store(tmp_path / "new.db")
    with pytest.raises(StoreError) as error:
        take_in(store, tmp_path / "out")
    assert "Zebedee" not in str(error.value)
    assert rows(store) == {"facts": [], "documents": []}
    store.close()


def changed_line(folder: Path, change: Any) -> None:
    path = folder / "json" / "facts.jsonl"
    first, *rest = path.read_text().splitlines()
    row = json.loads(first)
    change(row)
    path.write_text("\n".join([json.dumps(row), *rest]) + "\n")


def test_what_is_no_export_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new.db")
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as packed:
        packed.writestr("other.txt", "x")
    for path in (tmp_path / "nowhere", tmp_path / "x.zip", tmp_path / "y.zip", tmp_path):
        with pytest.raises(StoreError, match="no export"):
            take_in(store, path)
    store.close()


def test_clients_come_from_a_csv_file_and_who_is_there_already_is_left_out(store: Store, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        "\ufeffName;Age;Sex;Phone\nAnna;41;f;1\nBéla;;;2\n\nZebedee Quillfeather 0;40;male;3\nAnna;41;f;1\n"
    )
    found = take_in_clients(store, tmp_path / "c.csv", NOW)
    assert (found.clients, found.left_out, found.ignored) == (2, 2, ("phone",))
    new = {d.body["label"]: d.body for d in store.all("client")}
    assert new["Anna"] == {"label": "Anna", "age": 41.0, "sex": "female"} and new["Béla"]["age"] is None
    assert verify(store).wrong == 0


def test_an_export_takes_away_nothing_that_was_there_before(store: Store, tmp_path: Path) -> None:
    theirs = tmp_path / "out.part" / "notes.txt"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    with pytest.raises(StoreError, match=r"out\.part.*already"):
        export(store, tmp_path / "out", ["json"], NOW)
    assert theirs.read_text() == "mine" and not (tmp_path / "out").exists()


def test_a_first_line_may_say_what_stands_between_cells(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("sep=;\r\nlabel;age\r\nA name, with a comma;31\r\n")
    assert take_in_clients(store, path, NOW).clients == 1
    assert [d.body["age"] for d in store.all("client") if d.body["label"] == "A name, with a comma"] == [31.0]


def test_clients_of_a_csv_who_are_called_alike_are_all_taken_and_who_is_left_out_is_told_by_line(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "c.csv"
    file.write_text('name,age\nAnna,30\nAnna,60\n"Zebedee\n  Quillfeather 0",40\nAnna,30\n')
    found = take_in_clients(store, file, NOW)
    assert (found.clients, found.left_out, found.lines) == (2, 2, (4, 5))
    assert sorted(d.body["age"] for d in store.all("client") if d.body["label"] == "Anna") == [30, 60]
    file.write_text(file.read_text() + "Anna,7\n")
    again = take_in_clients(store, file, NOW)
    assert (again.clients, again.lines) == (1, (2, 3, 4, 5)), "the same list again brings the new one alone"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('name\nA\n"B\nC', "closing quotation marks"), ("name,age,age\nA,1,2\n", "column age twice"),
        ("name\nA\0B\n", "nobody sees"), ("name\nA\u202eB\n", "nobody sees"),
        ("age,sex\n1,f\n", "no column label"), ("", "no column label"), ("name,age\nA,old\n", "line 2, age"),
        ("name,age\nA,130\n", "line 2, age"), ("name,sex\nA,x\n", "sex"), ("name\n" + "A" * 81, "1 to 80"),
        ("name,age\nA,1\n,5\n", "line 3"),
        ("name,age\nB,1\nA,2,extra\n", "line 3: 3 cells"), ("sep=;\nname;age\nB;1\nA;2;x\n", "line 3: 3 cells"), ("name\n" + "A" * 200_000, "more than 131,072"),
    ],
)  # fmt: skip
def test_a_csv_that_cannot_be_read_is_told_by_line_and_nobody_comes_in(tmp_path: Path, content: str, said: str) -> None:
    store = open_store(tmp_path / "new.db")
    (tmp_path / "c.csv").write_text(content)
    with pytest.raises(StoreError, match=said):
        take_in_clients(store, tmp_path / "c.csv", NOW)
    assert store.all("client") == []
    store.close()


def test_nothing_that_lets_somebody_in_leaves_with_an_export_and_all_else_comes_back(
    store: Store, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    key = {"id": "PASSKEYID", "key": "PASSKEYPUBLIC", "count": 1, "name": "phone", "added": "2026-11-26"}
    account = {"name": "Ada", "role": "owner", "hashed": "$argon2id$SECRET", "disabled": False, "passkeys": [key]}
    store.put("account", "1", account)
    store.put("sign_in", "SIGNINDIGEST", {"account": "1", "device": "", "began": "", "seen": ""})
    store.put("device", "DEVICEDIGEST", {"client": client_ids(store)[0], "thing": "form", "until": 1})
    store.put("home", client_ids(store)[0], {"client": client_ids(store)[0], "key": "HOMEKEY"})
    export(store, tmp_path / "out", ["json", "csv", "parquet"], NOW)
    whole = b"".join(f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.suffix in (".jsonl", ".csv"))
    whole += b"".join(str(pq.read_table(f).to_pylist()).encode() for f in (tmp_path / "out").rglob("*.parquet"))
    for secret in (b"argon2id", b"PASSKEY", b"SIGNINDIGEST", b"DEVICEDIGEST", b"HOMEKEY"):
        assert secret not in whole, secret
    told = (tmp_path / "out" / "dictionary.csv").read_text()
    assert "passwords, passkeys" in told
    back = open_store(tmp_path / "back.db")
    take_in(back, tmp_path / "out")
    assert rows(back)["facts"] == rows(store)["facts"]
    kinds = ("account", "sign_in", "device", "home")
    kept = [[r for r in rows(s)["documents"] if r[0] not in kinds] for s in (back, store)]
    assert kept[0] == kept[1]
    found = back.get("account", "1")
    assert found is not None and found.body == account | {"hashed": "", "passkeys": []}
    assert verify(back).wrong == 0
    back.close()
