"""The documents say what the program does: every command, option, code, key and number that they promise is there, and the reverse."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from repository import tool
from unknot.assess import press, rank, solve
from unknot.assess.rank import assess
from unknot.case import read, read_intake
from unknot.case.clearance import LIMITS, OUTCOMES, Barred, BarredSpot, Ceiling, Forbidden, Reason
from unknot.case.ranking import Move, Press, RankedOther, RankedPoint, Ranking, Refer, ReferReason
from unknot.cli import app
from unknot.cli.know import KINDS
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.measure import Claim, Leaning, Measure, Norm
from unknot.knowledge.safety import BaseLimit, ConsentArea, Danger, Question, ScreenRule
from unknot.knowledge.technique import DiscomfortWord, DoseValue, HandContact, HandLimit, Lying, Routine, Technique
from unknot.screen.case import screen, touching
from unknot.screen.show import as_dict
from unknot.treat.event import KINDS as KINDS_OF_EVENTS
from unknot.treat.summary import Place, Summary, Taking
from unknot.words import catalogue, percent

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
AT_THE_TOP = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SAFETY.md")]


@cache
def text(path: Path) -> str:
    """A document."""
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


def commands() -> Iterator[tuple[str, list[str]]]:
    """(command, its options) of the whole command line."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, list[str]]]:
        yield name, [o for p in command.params if p.param_type_name == "option" for o in (*p.opts, *p.secondary_opts)]
        for key, below in getattr(command, "commands", {}).items():
            yield from walk(below, f"{name} {key}")

    yield from walk(typer.main.get_command(app), "unknot")


EVERY_COMMAND = list(commands())
HOME = {
    "assess": "assess.md", "bench": "assess.md", "know": "know.md", "plan": "plan.md", "record": "record.md", "rehearse": "rehearse.md", "screen": "screen.md", "treat": "treat.md",
}  # fmt: skip
"""The page on which a verb and all that belongs to it is told; the app itself is told in start.md."""


def test_the_whole_command_line_is_walked() -> None:
    names = {name for name, _ in EVERY_COMMAND}
    assert {"unknot", "unknot assess", "unknot know check", "unknot bench calibration"} <= names


@pytest.mark.parametrize(("name", "options"), EVERY_COMMAND, ids=[name for name, _ in EVERY_COMMAND])
def test_every_command_and_option_is_told_on_its_page(name: str, options: list[str]) -> None:
    verb = f"{name} ".split()[1:2]
    page = text(DOCS / (HOME[verb[0]] if verb else "start.md"))
    assert name in page
    assert [o for o in options if not re.search(rf"(?<![\w-]){o}(?![\w-])", page)] == []


def test_no_page_names_an_option_that_no_command_has() -> None:
    known = {o for _, options in EVERY_COMMAND for o in options} | {"--help"}
    theirs = {"--group", "--strict", "--check", "--calibration"}
    """Options of uv, ruff, mkdocs and the tools."""
    told = {o for path in (*PAGES, *AT_THE_TOP) for o in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text(path))}
    assert told - known - theirs == set()


@cache
def sources() -> list[ast.Module]:
    """Every file of the program, parsed."""
    return [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "src").rglob("*.py")]


def codes() -> set[str]:
    """Every code of a problem that the sources can give; `unknown_` alone stands for one by kind."""
    found: set[str] = set()
    for tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in ("Problem", "_problem", "wrong", "body"):
                continue
            first = node.args[0]
            parts = first.values if isinstance(first, ast.JoinedStr) else [first]
            if isinstance(parts[0], ast.Constant) and isinstance(parts[0].value, str):
                found.add(parts[0].value)
    return found


def kinds() -> set[str]:
    """The code of every kind of error, whether or not its module is loaded."""
    classes = [node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bodies = [statement for c in classes if c.name.endswith("Error") for statement in c.body]
    set_by_name = [s for s in bodies if isinstance(s, ast.Assign) and ast.unparse(s.targets[0]) == "code"]
    return {str(ast.literal_eval(s.value)) for s in set_by_name}


def test_every_code_stands_in_the_list_of_codes_and_the_list_names_no_other() -> None:
    told = set(
        re.findall(
            r"`([a-z_]+(?:\d{3})?)`", "\n".join(re.findall(r"^\| (`.*?) \|", text(DOCS / "errors.md"), re.MULTILINE))
        )
    )
    given = codes()
    assert {"unknown_", "http_", "contradiction", "not_finite"} <= given
    by_kind = {f"unknown_{kind}" for kind in (*KINDS, "figure", "view", "show")}
    classes = kinds()
    assert {UnknotError.code, "case", "overtaken"} <= classes
    wanted = (given - {"unknown_", "http_"}) | by_kind | classes
    assert wanted - told == set()
    assert {code for code in told if not code.startswith("http_")} - wanted == set()


def test_the_tables_made_from_the_knowledge_are_up_to_date(k: Knowledge) -> None:
    """Run `uv run python tools/docs_tables.py` when this fails."""
    made = tool("docs_tables").pages(k)
    names = {
        "weights.md",
        "signs.md",
        "knowledge.md",
        "screening-rules.md",
        "SAFETY.md",
        "techniques.md",
        "measures.md",
        "rehearse.md",
    }
    assert {path.name for path in made} == names
    assert [path.name for path, wanted in made.items() if path.read_text(encoding="utf-8") != wanted] == []


def test_every_dose_hand_way_and_routine_stands_in_its_table(k: Knowledge) -> None:
    parts = re.split(r"^## ", text(DOCS / "how/techniques.md"), flags=re.MULTILINE)
    of = {m[1]: part for part in parts if (m := re.search(r"^`(\w+)`\. ", part, re.MULTILINE))}
    of |= {"all": next(part for part in parts if part.startswith("Doses of every technique"))}
    doses = [d.split(".") for d in k.doses if d.split(".")[0] in of]
    assert {*k.techniques, "all"} == set(of)
    assert [f"{of_}.{name}" for of_, name in doses if f"| `{name}` |" not in of[of_]] == []
    whole = "".join(parts)
    assert [i for i in (*k.contacts, *k.lyings, *k.routines) if f"| `{i}` |" not in whole] == []
    assert [w.word for w in k.discomfort if f"| {w.word} |" not in whole] == []


def test_the_pictures_made_from_the_code_are_up_to_date() -> None:
    """Run `uv run python tools/docs_diagrams.py` when this fails."""
    made = tool("docs_diagrams").pictures()
    assert {"engine-rounds.svg", "engine-release.svg", "engine-passes.svg"} <= {path.name for path in made}
    assert [
        path.name for path, wanted in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != wanted
    ] == []


def test_every_move_of_the_engine_is_drawn_or_told_below_its_picture() -> None:
    diagrams = tool("docs_diagrams")
    for family in diagrams.FAMILIES:
        drawn, told = diagrams.split(family)
        given = {(start, to, m) for (start, to), moves in diagrams.edges(family).items() for m in moves}
        shown = {(start, to, m) for (start, to), moves in drawn.items() for m in moves}
        shown |= {(start, to, m) for (m, to), phases in told.items() for start in phases}
        again = {(start, to, m) for start, to, m in given if start == "ending" and to in diagrams.BEGINS}
        assert given - shown == again


def test_every_event_and_effect_of_the_engine_is_told() -> None:
    page = text(DOCS / "how/engine.md")
    assert [kind for kind in KINDS_OF_EVENTS if f"`{kind}`" not in page] == []


def test_every_key_of_the_summary_is_told() -> None:
    told = set(re.findall(r"`([a-z_]+)`", text(DOCS / "treat.md")))
    assert {f.name for cls in (Summary, Taking, Place) for f in fields(cls)} - told == set()


def test_every_stated_number_and_sign_stands_in_its_table(k: Knowledge) -> None:
    assert [w for w in k.weights if f"| `{w}` |" not in text(DOCS / "how/weights.md")] == []
    assert [s for s in k.signs if f"| `{s}` |" not in text(DOCS / "how/signs.md")] == []


def test_every_stated_number_that_the_model_page_names_exists(k: Knowledge) -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text(DOCS / "how/ranking.md")))
    other = {f.name for cls in (RankedPoint, RankedOther) for f in fields(cls)} | {"false_rate", "carry_on"}
    assert named & set(k.weights)
    assert named - set(k.weights) - other - {"q_e", "w_en"} == set()


def test_the_counts_of_the_readme_are_those_of_the_knowledge(k: Knowledge) -> None:
    told = re.findall(r"(\d+) (regions|muscles|points|roots|entrapments|origins|sources)", text(ROOT / "README.md"))
    assert len(told) == 7
    assert [(n, kind) for n, kind in told if int(n) != len(getattr(k, kind))] == []


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```", text(path), re.MULTILINE | re.DOTALL)


CASES = [
    (f"{path.name} {i + 1}", block)
    for path in (ROOT / "README.md", DOCS / "start.md", DOCS / "cases.md")
    for i, block in enumerate(blocks(path, "toml"))
]


@pytest.mark.parametrize("block", [b for _, b in CASES], ids=[name for name, _ in CASES])
def test_every_case_in_the_documents_is_read_without_a_problem(block: str, k: Knowledge) -> None:
    whole = block if "format = 1" in block else f'format = 1\n[[pain]]\nsite = "wrist.front@right"\n{block}'
    case = read.read_bytes(whole.encode(), "case", k, is_json=False)
    assert assess(case, k, next_too=False).not_understood == ()


def test_the_answer_in_the_readme_is_the_one_that_the_program_gives(k: Knowledge) -> None:
    case = read.read_bytes(blocks(ROOT / "README.md", "toml")[0].encode(), "shoulder", k, is_json=False)
    ranking = assess(case, k, touch=touching(case, k, date.today()))
    shown = next(b for b in blocks(ROOT / "README.md", "text") if "trigger point" in b)
    told = re.findall(r"^(?:any point (\d+) %)|[█▏▎▍▌▋▊▉]+ +(\d+) %", shown, re.MULTILINE)
    chances = [f"{chance} %" for _, chance in told if chance]
    assert chances == [percent(p.probability) for p in ranking.points[: len(chances)]]
    assert re.findall(r"\b[a-z_.]+\.\d@right", shown) == [p.id for p in ranking.points[: len(chances)]]
    assert ranking.press_next
    assert ranking.press_next[0].name in shown
    for other in ranking.other[:2]:
        assert f"{other.name} ({other.side}) {percent(other.probability)}".replace(" ", "") in shown.replace(
            "\n", ""
        ).replace(" ", "")


@pytest.mark.parametrize("cls", [Ranking, RankedPoint, RankedOther, Move, Press, Refer, ReferReason])
def test_every_key_of_the_json_is_told(cls: type) -> None:
    told = set(re.findall(r"`([a-z_]+)`", text(DOCS / "assess.md")))
    assert {f.name for f in fields(cls)} - told - {"withheld"} == set()


def test_every_table_and_sign_of_a_case_is_told(k: Knowledge) -> None:
    page = text(DOCS / "cases.md")
    assert [t for t in read.TABLES if f"[{t}]" not in page and f"`{t}`" not in page] == []
    assert [s for s in k.signs if f"`{s}`" not in page] == []
    assert [q for q in k.qualities if f"`{q}`" not in page] == []
    assert f"{read.LARGEST:,} bytes" in page
    assert f"{read.MOST_ROWS} tables" in page


def test_every_key_of_a_clearance_and_every_outcome_is_told(k: Knowledge) -> None:
    case = read.read_bytes(
        b'{"format": 1, "mark": [{"kind": "skin", "site": "wrist.front@left"}]}', "", k, needs_pain=False
    )
    told = set(re.findall(r"`([a-z_]+)`", text(DOCS / "screen.md")))
    assert {*as_dict("", screen(case, k, date(2026, 1, 1))), *OUTCOMES, *LIMITS} - told == set()
    rows = (Reason, Ceiling, Barred, BarredSpot, Forbidden)
    keys = {"source" if f.name == "sources" else f.name for row in rows for f in fields(row)}
    assert keys - told == set()


def test_every_key_of_the_intake_is_told(k: Knowledge) -> None:
    told = set(re.findall(r"`\"?([a-z_]+)\"?`", text(DOCS / "cases.md")))
    assert {*k.consent_areas, *read_intake.KINDS, *read_intake.LIMITS} - told == set()
    keys = {"by", "date", "until", "answer", "rules", "scope", "said", "limits", "regions", "rule", "name", "reason"}
    keys |= {"kind", "site", "figure", "view", "at", "radius_mm", "asked", "came_before"}
    assert keys - told == set()


def test_every_key_of_the_tables_of_screening_is_told() -> None:
    page = text(DOCS / "knowledge-format.md").partition("## Screening")[2]
    for table, of in (
        ("question", Question),
        ("screen", ScreenRule),
        ("danger", Danger),
        ("consent_area", ConsentArea),
        ("base_limit", BaseLimit),
    ):
        part = page.partition(f"\n[[{table}]]")[2].partition("\n[[")[0]
        assert [f.name for f in fields(of) if not re.search(rf"^{f.name} = ", part, re.MULTILINE)] == []


def test_every_key_of_the_tables_of_techniques_is_told() -> None:
    page = text(DOCS / "knowledge-format.md").partition("## Techniques")[2]
    for name, of in (
        ("technique", Technique),
        ("dose", DoseValue),
        ("contact", HandContact),
        ("hand_limit", HandLimit),
        ("lying", Lying),
        ("discomfort", DiscomfortWord),
        ("routine", Routine),
    ):
        part = page.partition(f"\n[[{name}]]")[2].partition("\n[[")[0]
        assert [f.name for f in fields(of) if not re.search(rf"^{f.name} = ", part, re.MULTILINE)] == []


def test_every_measure_and_claim_stands_in_its_table(k: Knowledge) -> None:
    page = text(DOCS / "how/measures.md")
    assert [m for m in k.measures if f"| `{m}` |" not in page] == []
    assert [c.said for c in k.claims.values() if f"| {c.said} | {c.grade} |" not in page] == []


def test_every_key_of_the_tables_of_measures_is_told() -> None:
    page = text(DOCS / "knowledge-format.md").partition("## Measures")[2]
    for name, of in (("measure", Measure), ("norm", Norm), ("claim", Claim), ("leaning", Leaning)):
        part = page.partition(f"\n[[{name}]]")[2].partition("\n[[")[0]
        assert [f.name for f in fields(of) if not re.search(rf"^{f.name} = ", part, re.MULTILINE)] == []


ROWS = [
    tuple(c.strip() for c in line.strip("|").split("|"))
    for line in text(ROOT / "SAFETY.md").splitlines()
    if line.startswith("| ") and not line.startswith(("| hazard", "| ---"))
]


def test_the_hazards_are_listed_and_every_rule_of_screening_has_a_row(k: Knowledge) -> None:
    assert len(ROWS) >= 10
    assert [rule for rule in k.screens if not any(f"(`{rule}`)" in row[1] for row in ROWS)] == []


@cache
def functions(path: Path) -> set[str]:
    """The names of all functions of a file."""
    return {n.name for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_hazard_has_a_limit_code_and_a_test_that_exist(row: tuple[str, ...]) -> None:
    hazard, limit, code, test = row
    assert hazard
    assert limit
    assert (ROOT / code.strip("`")).is_file()
    path, _, name = test.strip("`").partition("::")
    assert path.startswith("tests/")
    assert name in functions(ROOT / path)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings."""
    heads = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text(path), flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", head.lower())).strip("-") for head in heads}


PICTURES = {"docs/img/page.png", "docs/img/session.png"}
"""Made from the running app, so they may be missing in a fresh copy."""


@pytest.mark.parametrize("path", [*PAGES, *AT_THE_TOP], ids=lambda p: p.name)
def test_links_inside_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if other.relative_to(ROOT).as_posix() not in PICTURES:
            assert other.is_file(), f"{path.name} links to {target}"
        if anchor:
            assert anchor in anchors(other), f"{path.name} links to {target}"


def test_every_page_stands_in_the_menu() -> None:
    menu = text(ROOT / "mkdocs.yml").partition("\nnav:")[2]
    assert [p.relative_to(DOCS).as_posix() for p in PAGES if p.relative_to(DOCS).as_posix() not in menu] == []


def test_the_pages_load_nothing_from_elsewhere() -> None:
    settings = text(ROOT / "mkdocs.yml")
    assert "font: false" in settings
    assert "analytics" not in settings
    assert "http" not in settings


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    readme = text(ROOT / "README.md")
    assert len(readme.splitlines()) < 150
    assert "pip install uv && uv run unknot" in readme
    assert "pip install uv && uv run pytest" in readme


def test_the_changes_name_this_version() -> None:
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    part = text(ROOT / "CHANGELOG.md").partition(f"## [{version}]")[2].partition("\n## ")[0]
    assert "### Knowledge" in part


def test_nothing_promises_more_than_the_evidence_carries() -> None:
    never = re.compile(r"\b(detox\w*|toxins?|cures?|guarantee\w*)\b", re.IGNORECASE)
    assert [
        (path.name, word)
        for path in (*PAGES, *AT_THE_TOP)
        for word in never.findall(text(path))
        if path.name != "knowledge-format.md"
    ] == []


def test_the_limits_of_the_solver_that_the_model_page_names_are_those_of_the_code() -> None:
    page = text(DOCS / "how/ranking.md")
    assert f"Up to a width of **{solve.WIDEST}**" in page
    assert f"widths {solve.CUT_WIDTHS[0]} and\n{solve.CUT_WIDTHS[1]}" in page
    assert (
        f"told error = {solve.MARGIN:g} * (largest change of any chance between the two cuts) + {solve.LEAST_ERROR:g}"
        in page
    )
    assert f"up to a width of {rank.TOO_WIDE}." in page
    assert f"Above a width of {press.TOO_WIDE} " in page


def test_the_labels_of_the_page_that_the_documents_name_are_on_the_page() -> None:
    labels = set(re.findall(r"\*\*([^*]+)\*\*", text(DOCS / "start.md")))
    labels |= {
        label
        for row in re.findall(r"^\| (.*\*\*) \|", text(DOCS / "page.md"), re.MULTILINE)
        for label in re.findall(r"\*\*([^*]+)\*\*", row)
    }
    assert len(labels) >= 6
    assert labels - set(catalogue().values()) == set()
