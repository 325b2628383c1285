"""The knowledge keeps its own rules, each rule finds what it is for, and the compiled tables are those of the files."""

from __future__ import annotations

import json
import pickle
import shutil
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from unknot.knowledge import compile as compiling
from unknot.knowledge.compile import DATA, data_files, fingerprint, load_tables, read_tables, write_compiled
from unknot.knowledge.lint import RULES, Finding, check
from unknot.knowledge.load import knowledge

K = knowledge()
SHOULDER = "muscles/shoulder.toml"


@cache
def read_once(text: str) -> bytes:
    """A data file that was parsed, to be taken out of its pickle anew for each who asks."""
    return pickle.dumps(tomllib.loads(text))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data that a test may break. A file that is as it was before is parsed only once."""
    loads = SimpleNamespace(loads=lambda text: pickle.loads(read_once(text)), TOMLDecodeError=tomllib.TOMLDecodeError)
    monkeypatch.setattr(compiling, "tomllib", loads)
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def block(text: str, ident: str) -> tuple[int, int]:
    """From where to where the first table with this id goes; the tables of its patterns belong to it."""
    if f'id = "{ident}"\n' in text:
        at = text.index(f'id = "{ident}"\n')
        start, mark = text.rindex("\n[[", 0, at) + 1, "\n[["
    else:
        at = start = text.index(f"[{ident}]\n")
        mark = "\n["
    end = text.find(mark, at)
    return start, end if end >= 0 else len(text)


def change(folder: Path, file: str, ident: str, old: str, new: str) -> None:
    """Put `new` for the first `old` in the table with this id, which must hold it."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    start, end = block(text, ident)
    assert old in text[start:end], f"{ident} of {file} does not hold {old!r}"
    path.write_text(text[:start] + text[start:end].replace(old, new, 1) + text[end:], encoding="utf-8")


def add(folder: Path, file: str, text: str) -> None:
    """Put a table at the end of a file."""
    path = folder / file
    path.write_text(f"{path.read_text(encoding='utf-8') if path.exists() else ''}\n{text}\n", encoding="utf-8")


def line_of(folder: Path, file: str, ident: str) -> int:
    """The line on which a table names its id."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    wanted = (f'id = "{ident}"', f"[{ident}]")
    return next(i for i, line in enumerate(lines, 1) if line in wanted)


def home(folder: Path, ident: str) -> str:
    """The file that defines an id."""
    texts = {f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8") for f in data_files(folder)}
    return next(name for name, text in texts.items() if f'id = "{ident}"\n' in text or f"\n[{ident}]\n" in text)


def told(findings: list[Finding]) -> Counter[str]:
    """How many findings each rule has."""
    return Counter(f.rule for f in findings)


def test_the_knowledge_breaks_none_of_its_rules() -> None:
    assert check() == []


def test_every_rule_file_is_run() -> None:
    files = {path.stem for path in (Path(compiling.__file__).parent / "lint").glob("*.py")} - {"__init__"}
    assert files == {*RULES, "shape"}


POINT = K.points["infraspinatus.1"]
NERVE = K.entrapments["greater_occipital"]
UNDOUBTED = next(
    p for p in K.points.values() if p.muscle == "infraspinatus" and p.confirmed == "two sources" and not p.doubt
)
BROKEN = {
    "a key that nobody knows": ("shape", "weights.toml", "leak", "value = 0.03", 'value = 0.03\ncolour = "red"', None),
    "a number that is a word": ("shape", "weights.toml", "leak", "value = 0.03", 'value = "some"', None),
    "a source that does not exist": ("references", SHOULDER, POINT.id, '"simons1999"', '"simons1899"', None),
    "a region that does not exist": (
        "references",
        SHOULDER,
        POINT.id,
        'region = "scapula.body"',
        'region = "scapula.boddy"',
        None,
    ),
    "a movement that does not exist": (
        "references",
        SHOULDER,
        "infraspinatus",
        '"reaching_across"',
        '"reaching_acros"',
        None,
    ),
    "a level that does not exist": ("references", SHOULDER, "infraspinatus", '["C5", "C6"]', '["C5", "C9"]', None),
    "its own side, which goes without saying": (
        "sides",
        SHOULDER,
        POINT.id,
        '"shoulder.front" = 0.75',
        '"shoulder.front@left" = 0.75',
        None,
    ),
    "a side in the midline": (
        "sides",
        SHOULDER,
        POINT.id,
        '"head.suboccipital" = 0.08',
        '"pelvis.tailbone@both" = 0.08',
        None,
    ),
    "no side of what exists once": ("sides", "origins.toml", "heart", '"chest.breast@left"', '"chest.breast"', None),
    "an essential weight too small": (
        "weights",
        SHOULDER,
        POINT.id,
        '"shoulder.front" = 0.75',
        '"shoulder.front" = 0.45',
        None,
    ),
    "a spillover too large": ("weights", SHOULDER, POINT.id, '"arm.front" = 0.45', '"arm.front" = 0.55', None),
    "both essential and spillover": (
        "weights",
        SHOULDER,
        POINT.id,
        '"arm.front" = 0.45',
        '"shoulder.front" = 0.45',
        None,
    ),
    "a prior too large": ("weights", "entrapments.toml", NERVE.id, "prior = 0.004", "prior = 0.4", None),
    "a threshold above 1": ("weights", "entrapments.toml", NERVE.id, "threshold = 0.35", "threshold = 1.35", None),
    "a base rate above a half": (
        "weights",
        "movements.toml",
        "bending_forward",
        "common = 0.22",
        "common = 0.62",
        None,
    ),
    "a test that is never wrong": (
        "weights",
        "tests.toml",
        "spurling_a",
        "specificity = 0.86",
        "specificity = 1.0",
        None,
    ),
    "a sign that speaks against": (
        "weights",
        "signs.toml",
        "tenderness",
        "false_rate = 0.30",
        "false_rate = 0.95",
        None,
    ),
    "a neighbour that does not say so": (
        "reach",
        "regions.toml",
        "head.vertex",
        '"head.forehead", ',
        "",
        "head.forehead",
    ),
    "a landmark too short": ("texts", SHOULDER, POINT.id, POINT.find, "Below the spine.", None),
    "a doubt that is not told": (
        "texts",
        SHOULDER,
        UNDOUBTED.id,
        'confirmed = "two sources"',
        'confirmed = "one source"',
        None,
    ),
    "a promise": ("texts", SHOULDER, POINT.id, "and twitches.", "and twitches; this flushes toxins.", None),
    "anatomy from one source": (
        "texts",
        SHOULDER,
        "infraspinatus",
        '"simons1999", "gray2020", "moore2018", "kendall2005"',
        '"gray2020"',
        None,
    ),
    "an advice too short": ("texts", "entrapments.toml", NERVE.id, NERVE.advice, "Ask.", None),
    "a test that forgets what names it": ("tests_point_home", "tests.toml", "spurling_a", '"C3", ', "", "C3"),
    "a range upside down": ("order", "weights.toml", "miss", "low = 0.10", "low = 0.20", None),
    "ages that descend": ("order", "entrapments.toml", NERVE.id, "[20, 0.7], [40, 1.2]", "[40, 0.7], [20, 1.2]", None),
    "a factor of nought": ("order", "entrapments.toml", NERVE.id, "female = 1.2", "female = 0.0", None),
    "a year to come": ("order", "weights.toml", "leoni2013", "year = 2013", "year = 2213", None),
    "a muscle in a wrong area": ("coverage", SHOULDER, "infraspinatus", 'area = "shoulder"', 'area = "neck"', None),
    "a deep place under nothing": (
        "body_map",
        "deep.toml",
        "pelvic_floor",
        'under = ["pelvis.genital"]',
        'under = ["pelvis.genitl"]',
        None,
    ),
    "a deep place under another's region": (
        "body_map",
        "deep.toml",
        "pelvic_floor",
        'under = ["pelvis.genital"]',
        'under = ["abdomen.pubic"]',
        None,
    ),
    "a mirror of nothing": ("body_map", "views.toml", "right", 'mirrors = "left"', 'mirrors = "lefft"', None),
    "a base rate of a word used twice": ("weights", "symptoms.toml", "tingling", "common = 0.08", "common = 0.6", None),
    "a condition that names no question": (
        "screening",
        "screen/limits.toml",
        "not_known",
        '["not_known"]',
        '["not_knwon"]',
        None,
    ),
    "a limit above what holds for everybody": (
        "screening",
        "screen/limits.toml",
        "not_known",
        "hold_s_max = 20",
        "hold_s_max = 200",
        None,
    ),
    "a limit for everybody that is endless": (
        "screening",
        "screen/limits.toml",
        "hold_s",
        "value = 90",
        "value = inf",
        None,
    ),
    "a region left alone that bears five seconds": (
        "screening",
        "screen/dangers.toml",
        "windpipe",
        'contact = "avoid_region"',
        'contact = "avoid_region"\nhold_s_max = 5',
        None,
    ),
    "a way of lying that the words do not say": (
        "positions",
        SHOULDER,
        "infraspinatus.1",
        'lie = ["side", ',
        'lie = ["supine", "side", ',
        None,
    ),
    "a hold that may be longer than is allowed to anybody": (
        "techniques",
        "techniques/prolonged_compression.toml",
        "prolonged_compression.hold_s",
        "high = 90.0",
        "high = 120.0",
        None,
    ),
    "a figure of error that is called not found": (
        "measures",
        "measures/pain.toml",
        "rmdq",
        'error = "5 points"',
        'error = "not found"',
        None,
    ),
    "a careful rule that does nothing but remind": (
        "screening",
        "screen/limits.toml",
        "not_known",
        'outcome = "careful"',
        'outcome = "remind"',
        None,
    ),
}
"""What is broken: the rule that must speak, file, id, what stands there, what is put instead, the id that it is told of if another."""


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_entry_makes_its_rule_speak_and_no_other_with_file_and_line(what: str, folder: Path) -> None:
    rule, file, ident, old, new, other = BROKEN[what]
    change(folder, file, ident, old, new)
    findings = check(folder)
    assert set(told(findings)) == {rule}
    of, place = (other, home(folder, other)) if other else (ident, file)
    assert {(f.file, f.line, f.id) for f in findings} == {(place, line_of(folder, place, of), of)}
    assert str(findings[0]).startswith(f"{place}:{findings[0].line}: [{rule}] {of}: ")


def test_every_rule_has_a_broken_entry_that_makes_it_speak() -> None:
    """Orphans need a table more, see below."""
    assert {rule for rule, *_ in BROKEN.values()} | {"orphans"} == {*RULES, "shape"}


def test_a_source_that_nothing_names_is_an_orphan(folder: Path) -> None:
    add(
        folder,
        "habits.toml",
        '[[source]]\nid = "nobody2020"\nkind = "book"\nauthors = "N"\nyear = 2020\ntitle = "T"\nwhere = "W"\nconfidence = "low"\nchecked = "memory"',
    )
    assert [(f.rule, f.file, f.line, f.id) for f in check(folder)] == [
        ("orphans", "habits.toml", line_of(folder, "habits.toml", "nobody2020"), "nobody2020")
    ]


def test_one_landmark_for_two_points_is_found(folder: Path) -> None:
    change(folder, SHOULDER, "infraspinatus.2", K.points["infraspinatus.2"].find, POINT.find)
    assert [(f.rule, f.id) for f in check(folder)] == [("texts", "infraspinatus.2")]


def test_an_id_used_twice_is_found(folder: Path) -> None:
    add(folder, "habits.toml", '[[habit]]\nid = "desk_work"\nname = "again"\nalso = []')
    assert [(f.rule, f.id) for f in check(folder)] == [("shape", "desk_work")]


def test_a_table_of_an_unknown_kind_is_found(folder: Path) -> None:
    add(folder, "habits.toml", '[[habbit]]\nid = "x"')
    assert [(f.rule, f.id) for f in check(folder)] == [("shape", "habbit")]


def test_a_file_that_is_not_toml_is_told_by_name(folder: Path) -> None:
    add(folder, "habits.toml", "[[habit")
    assert [(f.rule, f.file) for f in check(folder)] == [("toml", "habits.toml")]


def test_a_muscle_of_the_vocabulary_that_nobody_covers_is_found(folder: Path) -> None:
    path = folder / "vocabulary.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('    "platysma",\n', '    "platysma",\n    "risorius",\n'),
        encoding="utf-8",
    )
    assert [(f.rule, f.id) for f in check(folder)] == [("coverage", "risorius")]


NAMELESS = {
    "prevalence.toml": ("active = 0.77", "active = 1.77"),
    "vocabulary.toml": ('    "platysma",\n', '    "platysma",\n    "risorius",\n'),
}


@pytest.mark.parametrize("file", NAMELESS)
def test_a_finding_about_what_has_no_id_names_its_file_and_line_too(file: str, folder: Path) -> None:
    path = folder / file
    old, new = NAMELESS[file]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    findings = check(folder)
    assert findings and all(f.file == file and f.line > 0 for f in findings)


GAP = '[[known_gap]]\nrule = "{rule}"\nid = "{ident}"\nreason = "until it is measured"'


def test_a_known_gap_is_accepted_by_name(folder: Path) -> None:
    change(folder, "movements.toml", "bending_forward", "common = 0.22", "common = 0.62")
    add(folder, "known_gaps.toml", GAP.format(rule="weights", ident="bending_forward"))
    assert check(folder) == []


def test_a_known_gap_that_nothing_finds_any_more_is_itself_found(folder: Path) -> None:
    add(folder, "known_gaps.toml", GAP.format(rule="weights", ident="bending_forward"))
    assert [(f.file, f.rule, f.id) for f in check(folder)] == [("known_gaps.toml", "stale_gap", "bending_forward")]


def test_a_known_gap_of_another_rule_accepts_nothing(folder: Path) -> None:
    change(folder, "movements.toml", "bending_forward", "common = 0.22", "common = 0.62")
    add(folder, "known_gaps.toml", GAP.format(rule="order", ident="bending_forward"))
    assert told(check(folder)) == Counter(["weights", "stale_gap"])


def test_the_knowledge_is_as_large_as_was_promised() -> None:
    tables = read_tables()
    named = {m for v in tables["vocabulary"] for m in v["muscles"]}
    assert len(named) >= 158 and named <= set(K.muscles)
    assert set(K.regions) == {r["id"] for r in tables["region"]} and len(K.regions) >= 118
    assert {p.muscle for p in K.points.values()} == set(K.muscles)
    assert len(K.points) >= 260 and len(K.entrapments) >= 32 and len(K.origins) >= 30
    wanted = (
        [f"C{n}" for n in range(2, 9)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1", "S2"]
    )
    assert set(wanted) <= set(K.roots)


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for the compiled tables."""
    path = tmp_path / "compiled.json"
    monkeypatch.setattr(compiling, "COMPILED", path)
    return path


def test_compiled_tables_equal_those_read_afresh(compiled: Path) -> None:
    first = load_tables()
    written = compiled.read_bytes()
    assert first == (fingerprint(), read_tables())
    assert load_tables() == first
    assert compiled.read_bytes() == written, "the second time nothing is written"


def test_the_second_start_reads_the_compiled_tables(compiled: Path) -> None:
    write_compiled(fingerprint(), {"marker": [{"id": "from the compiled file"}]})
    assert load_tables()[1] == {"marker": [{"id": "from the compiled file"}]}


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": "old", "tables": {}}', b"\xff\xfe"])
def test_compiled_tables_that_are_stale_or_broken_are_made_anew(compiled: Path, content: bytes) -> None:
    compiled.write_bytes(content)
    assert load_tables() == (fingerprint(), read_tables())
    assert json.loads(compiled.read_bytes())["version"] == fingerprint()


def test_where_nothing_can_be_written_the_tables_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "COMPILED", tmp_path / "not there" / "compiled.json")
    assert load_tables() == (fingerprint(), read_tables())
    assert write_compiled("v", {}) is False


def test_any_changed_renamed_added_or_lost_data_file_changes_the_version(folder: Path) -> None:
    versions = [fingerprint(DATA), fingerprint(folder)]
    assert versions[0] == versions[1]
    file = folder / "habits.toml"
    file.write_bytes(file.read_bytes() + b"\n")
    versions.append(fingerprint(folder))
    file.rename(folder / "habits_of_life.toml")
    versions.append(fingerprint(folder))
    (folder / "more.toml").write_text("")
    versions.append(fingerprint(folder))
    (folder / "signs.toml").unlink()
    versions.append(fingerprint(folder))
    assert len(set(versions[1:])) == 5


def test_the_knowledge_carries_the_version_of_its_files() -> None:
    assert K.version == fingerprint()


def test_every_data_file_counts(folder: Path) -> None:
    assert {f.relative_to(folder).as_posix() for f in data_files(folder)} == {
        f.relative_to(DATA).as_posix() for f in DATA.rglob("*.toml")
    }
