"""The house rules: who may use whom, how long things may be, and what must never stand in a file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from unknot.words import catalogue

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "unknot"
BASE = {"units", "errors", "guards", "words", "__init__"}
"""Modules that stand in no room; `__main__` is the door of cli."""
BODY = {"base", "knowledge", "case", "body"}
RECORD = BODY | {"assess", "screen", "plan", "treat"}
MAY_USE = {
    "base": set(),
    "knowledge": {"base"},
    "case": {"base", "knowledge"},
    "body": {"base", "knowledge", "case"},
    "assess": BODY,
    "screen": BODY,
    "plan": BODY,
    "treat": {"base", "case"},
    "record": RECORD,
    "rehearse": RECORD | {"record"},
    "bench": RECORD | {"record", "rehearse"},
    "web": RECORD | {"record", "rehearse", "bench"},
    "cli": RECORD | {"record", "rehearse", "bench", "web"},
}
"""The table of the design: a room to the rooms that it may use, beside itself. Nothing uses cli; web is started by cli alone."""
LONGEST_FILE = 600
LONGEST_FUNCTION = 60
EXCUSED = {"assess/numba_backend.py:_solve": "Numba hands no objects between compiled functions cheaply"}
PROGRAMS = (".py", ".html", ".js", ".css")
TEXTS = (*PROGRAMS, ".toml", ".md", ".json", ".svg", ".yml", ".yaml", ".txt", ".cfg", "LICENSE")


def of_kind(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Files below a folder with one of these endings, those that are made by running left out."""
    made = {"__pycache__", "compiled.json"}
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name.endswith(endings) and not made & set(p.parts))


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def written() -> list[Path]:
    """Every text file that people write."""
    folders = [ROOT / name for name in ("src", "docs", "tests", "tools", "examples")]
    return [p for folder in folders for p in of_kind(folder, TEXTS)] + [
        ROOT / n for n in ("README.md", "LICENSE", "pyproject.toml")
    ]


PYTHON = of_kind(SRC, (".py",))


def name_of(path: Path) -> str:
    """A file as it is called below src/unknot."""
    return path.relative_to(SRC).as_posix()


def room(parts: tuple[str, ...]) -> str:
    """The room of a module, from its path below `unknot`; `base` for those in none."""
    if parts[:1] == ("__main__",):
        return "cli"
    return parts[0] if parts and parts[0] not in BASE else "base"


def used(module: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every module below `unknot` that a file uses, also those that it names only when it runs; without the first part."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(("unknot", *package)[: len(package) + 2 - node.level]) + "." if node.level else ""
            names = [f"{start}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
            "import_module",
            "__import__",
        ):
            given = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            names = [given.value] if isinstance(given, ast.Constant) and isinstance(given.value, str) else ["unknot.?"]
        else:
            continue
        yield from (tuple(n.rstrip(".").split(".")[1:]) for n in names if n.split(".")[0] == "unknot")


@cache
def modules() -> set[tuple[str, ...]]:
    return {path.relative_to(SRC).with_suffix("").parts for path in PYTHON}


def as_module(name: tuple[str, ...]) -> tuple[str, ...]:
    """The module of a name that may be something in it."""
    while name and name not in modules() and (*name, "__init__") not in modules():
        name = name[:-1]
    return name


def steps(path: Path) -> list[str]:
    """What a file uses against the table."""
    parts = path.relative_to(SRC).with_suffix("").parts
    here = room(parts)
    wrong = []
    for name in used(tree(path), parts[:-1]):
        there = room(as_module(name)) if name != ("?",) else "?"
        if there != here and there not in MAY_USE[here]:
            wrong.append(f"{name_of(path)} ({here}) uses unknot.{'.'.join(name)} ({there})")
    return wrong


def test_every_room_stands_in_the_table() -> None:
    assert {room(p.relative_to(SRC).with_suffix("").parts) for p in PYTHON} <= set(MAY_USE)
    assert {p.stem for p in SRC.glob("*.py")} <= BASE | {"__main__"}


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_file_uses_only_the_rooms_that_the_table_allows(path: Path) -> None:
    assert steps(path) == []


def test_the_truth_of_virtual_clients_uses_only_itself_and_the_body() -> None:
    truths = [p for p in PYTHON if p.name.startswith("truth_")]
    assert truths
    names = {(p.name, as_module(n)) for p in truths for n in used(tree(p), ("rehearse",))}
    wrong = {
        (file, n)
        for file, n in names
        if n[:1] != ("body",) and not (n[:1] == ("rehearse",) and n[-1].startswith("truth_"))
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import unknot.web.app", ("web", "app")),
        ("from unknot.web import app", ("web", "app")),
        ("from unknot import web", ("web",)),
        ("from ..web import app", ("web", "app")),
        ("from .. import web", ("web",)),
        ("def f():\n    from unknot.web.app import x", ("web", "app", "x")),
        ("import_module('unknot.web.app')", ("web", "app")),
        ("importlib.import_module(f'unknot.web.{name}')", ("web",)),
    ],
)
def test_no_way_to_use_a_room_goes_unseen(code: str, wanted: tuple[str, ...]) -> None:
    assert list(used(ast.parse(code), ("assess",))) == [wanted]


def test_no_file_is_longer_than_600_lines() -> None:
    lengths = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in of_kind(SRC, PROGRAMS)}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


TESTS = {p.stem: p for p in of_kind(ROOT / "tests", (".py",))}


def test_no_file_of_tests_is_longer_than_600_lines() -> None:
    lengths = {name: len(p.read_text(encoding="utf-8").splitlines()) for name, p in TESTS.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_file_uses_a_file_of_tests() -> None:
    """What several of them need stands in a module of its own, or in conftest."""
    wrong = [
        (name, there)
        for name, path in TESTS.items() for node in ast.walk(tree(path))
        for there in ([node.module or ""] if isinstance(node, ast.ImportFrom)
                      else [a.name for a in node.names] if isinstance(node, ast.Import) else [])
        if there.split(".")[-1].startswith("test_") and there.split(".")[-1] in TESTS
    ]  # fmt: skip
    assert wrong == []


def long_functions() -> set[str]:
    """Functions of more lines than allowed, as `file:function`."""
    return {
        f"{name_of(path)}:{node.name}"
        for path in PYTHON for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }  # fmt: skip


def test_no_function_is_longer_than_60_lines_but_the_one_excused_by_name() -> None:
    assert long_functions() == set(EXCUSED)


def test_nothing_prints() -> None:
    calls = [
        f"{name_of(path)}:{node.lineno}"
        for path in PYTHON for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]  # fmt: skip
    assert calls == []


DYNAMIC = re.compile(
    r"""say\(\s*f?(["'])([a-z_]+\.)(?:\{[\w.]+\}\1|\1\s*[~+]\s*[\w.]+(?:\s*[~+]\s*(["'])([a-z_]+)\3)?)"""
)
"""A key that is put together: f"side.{side}", 'page.' ~ key ~ '_hint'."""


def test_every_message_of_the_catalogue_is_used() -> None:
    """By its key as it stands, or put together from a prefix and a word that stands somewhere in quotes."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in of_kind(SRC, (".py", ".html", ".js")))
    quoted = set(re.findall(r"""["']([a-z_.]+)["']""", text)) | {str(step) for step in range(11)}
    put_together = {(m[1], m[3]) for m in DYNAMIC.findall(text)}
    assert put_together
    unused = [
        key for key in catalogue()
        if key not in quoted
        and not any(key.startswith(a) and key.endswith(b) and key[len(a) : len(key) - len(b)] in quoted for a, b in put_together)
    ]  # fmt: skip
    assert unused == []


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """(where, key, names that are given or None when they cannot be read) of every message that is said by its key."""
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
                first = node.args[0]
                options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                given = None if any(k.arg is None for k in node.keywords) else {k.arg or "" for k in node.keywords}
                yield from (
                    (f"{name_of(path)}:{node.lineno}", str(o.value), given)
                    for o in options
                    if isinstance(o, ast.Constant)
                )
    for path in of_kind(SRC, (".html",)):
        for match in re.finditer(r"""\bsay\(\s*["']([^"']+)["']\s*[,)]""", path.read_text(encoding="utf-8")):
            yield name_of(path), match[1], None


def test_every_message_that_is_said_stands_in_the_catalogue() -> None:
    every = list(said())
    assert len(every) > 50
    assert [(where, key) for where, key, _ in every if key not in catalogue()] == []


def test_every_message_is_given_the_names_that_it_fills_in() -> None:
    wrong = [
        (where, key, missing)
        for where, key, given in said() if given is not None and key in catalogue()
        if (missing := {name for _, name, _, _ in Formatter().parse(catalogue()[key]) if name} - given)
    ]  # fmt: skip
    assert wrong == []


def test_every_file_that_the_code_names_is_there() -> None:
    named = {
        (name_of(path), found)
        for path in PYTHON for found in re.findall(r"\b(?:docs|tests|tools|examples)/[\w/.-]+\.\w+", path.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert named
    assert {(where, found) for where, found in named if not (ROOT / found).exists()} == set()


NEVER = {
    "a path of one machine": re.compile(r"(?<![\w.])/(work|farm|root)/"),
    "a package registry": re.compile(
        r"https?://[^\s\"'<>]*(/simple\b|pypi\.org|pythonhosted|registry\.|npmjs|artifactory|nexus)|\bextra[-_]index[-_]url\b"
    ),
    "a note that something is left to do": re.compile(r"\bT[O]DO\b|\bF[I]XME\b|\bX[X]X\b"),
}


@pytest.mark.parametrize("what", NEVER)
def test_no_file_holds(what: str) -> None:
    """A path of one machine, the address of a package registry, a note that something is left to do."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in written() for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if NEVER[what].search(line)
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    ("what", "text", "bad"),
    [
        ("a path of one machine", "see " + "/".join(["", "work", "main"]), True),
        ("a path of one machine", "https://x.org" + "/".join(["", "work", "main"]), False),
        ("a package registry", "index = https:" + "//pypi.org" + "/simple", True),
        ("a package registry", "https://doi.org/10.1000/1", False),
        ("a note that something is left to do", "# " + "TO" + "DO: later", True),
        ("a note that something is left to do", "todo = 'write it'", False),
    ],
)
def test_what_no_file_may_hold_would_be_seen(what: str, text: str, bad: bool) -> None:
    assert bool(NEVER[what].search(text)) == bad
