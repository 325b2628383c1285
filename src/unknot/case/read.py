"""The reader of case files: TOML or JSON to a `Case`, every problem told at once with its place."""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from unknot.case.deep import read_deep
from unknot.case.intake import ANSWERS
from unknot.case.model import Case, Client, Complaint, Finding, History, Pain, Sex, Stroke
from unknot.case.nothing import NOTHING, check_nothing, said_nothing
from unknot.case.places import SIDES, read_site, read_where
from unknot.case.read_intake import read_intake
from unknot.case.strokes import MOST_STROKES, flag, read_stroke
from unknot.errors import CaseError, Problem, shown
from unknot.guards import number_problem
from unknot.knowledge.load import Knowledge

LARGEST = 1_000_000
"""Bytes of a case file that are read."""
LONG_KEY = re.compile(r"""^[ \t]*[A-Za-z0-9_\-"'.\[ \t]{1000}""", re.MULTILINE)
"""The start of a line that names a table or key of absurd depth, on which the TOML reader would spend minutes."""
DEEPEST = 20
"""Tables within tables."""
MOST_ROWS = 500
MOST_WORDS = 500
MOST_UNKNOWN = 20
KEPT = ("mark", "today", "consent", "approval", "override", "wishes", NOTHING)
"""Tables of screening, and that nothing hurts; beside what they say they are kept as they were written."""
TABLES = ("format", "client", "pain", "stroke", "complaint", "finding", "history", *KEPT)
SEXES: dict[str, Sex | None] = {"female": "female", "f": "female", "woman": "female", "male": "male", "m": "male", "man": "male",
                                "other": None, "unknown": None, "intersex": None}  # fmt: skip
RESULTS = {"positive": True, "negative": False}


def read_file(path: Path, k: Knowledge, *, needs_pain: bool = True) -> Case:
    """The case in a TOML or JSON file; its name is the file's without its ending.

    Raises CaseError with every problem when the file cannot be read, is too large, is not text, not TOML or JSON, or says
    something that is not allowed.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
    except OSError as error:
        raise CaseError(
            [
                Problem(
                    "unreadable",
                    str(path),
                    error.strerror or "cannot be read",
                    "a file that can be read",
                    "check the path",
                )
            ]
        ) from error
    is_json = path.suffix.lower() == ".json"
    return read_bytes(data, path.stem, k, place=str(path), is_json=is_json, needs_pain=needs_pain)


def read_bytes(
    data: bytes, name: str, k: Knowledge, *, place: str = "case", is_json: bool | None = None, needs_pain: bool = True
) -> Case:
    """As `read_file`, from bytes."""
    if len(data) > LARGEST:
        raise CaseError(
            [Problem("too_large", place, "larger than a case can be", f"at most {LARGEST:,} bytes", "split the file")]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(
            [Problem("not_text", place, f"not text (byte {error.start})", "TOML or JSON in UTF-8", "save it as text")]
        ) from error
    if is_json is None:
        is_json = text.lstrip().startswith("{")
    try:
        if not is_json and LONG_KEY.search(text):
            raise ValueError("a key or table name is longer than 1,000 characters")
        content = json.loads(text, object_pairs_hook=_once) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        raise CaseError(
            [Problem("not_toml", place, f"not {kind}: {str(error)[:200]}", f"{kind}, format = 1", "see examples/")]
        ) from error
    return read_mapping(content, name, k, needs_pain=needs_pain)


def read_mapping(content: object, name: str, k: Knowledge, *, needs_pain: bool = True) -> Case:
    """As `read_file`, from tables already parsed. Raises CaseError with every problem."""
    problem = _unfit(content)
    if problem is not None:
        raise CaseError([problem], f"{name}: cannot be read as a case")
    return Reader(k, needs_pain=needs_pain).case(content, name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no key stands twice, since one of the two would vanish. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


def _unfit(content: object) -> Problem | None:
    """What no table may hold: nesting without end, text that cannot be written down."""
    waiting: list[tuple[object, int]] = [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            return Problem(
                "too_deep", "case", "tables within tables without end", f"at most {DEEPEST} deep", "see examples/"
            )
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            return Problem(
                "not_text", "case", f"{ascii(value)[:60]} is not text", "whole characters", "save it as UTF-8"
            )
        if isinstance(value, Mapping):
            waiting += [(v, depth + 1) for pair in value.items() for v in pair]
        elif isinstance(value, list | tuple):
            waiting += [(v, depth + 1) for v in value if not isinstance(v, int)]
    return None


class Reader:
    """Collects problems while it reads."""

    def __init__(self, k: Knowledge, *, needs_pain: bool = True) -> None:
        self.k = k
        self.needs_pain = needs_pain
        self.problems: list[Problem] = []
        self.not_understood: list[str] = []

    def wrong(self, code: str, place: str, given: str, allowed: str = "", todo: str = "") -> None:
        problem = Problem(code, place, given, allowed, todo)
        if problem not in self.problems:  # two readers look at some tables, and what is wrong with them is told once
            self.problems.append(problem)

    def case(self, content: object, name: str) -> Case:
        if not isinstance(content, Mapping):
            self.wrong(
                "not_a_case",
                "case",
                f"{type(content).__name__} is not a case",
                "tables: format, client, pain, ...",
                "see examples/",
            )
            raise CaseError(self.problems, f"{name}: cannot be read as a case")
        self.keys("case", content, TABLES)
        if content.get("format") != 1 or isinstance(content.get("format"), bool):
            self.wrong("format", "format", f"{shown(content.get('format'))}", "1", "write format = 1 at the top")
        case = Case(
            name=name,
            client=self.client(self.table(content, "client")),
            pains=tuple(p for i, row in enumerate(self.rows(content, "pain")) for p in self.pain(row, f"pain {i + 1}")),
            complaint=self.complaint(self.table(content, "complaint")),
            findings=tuple(
                f for i, row in enumerate(self.rows(content, "finding")) if (f := self.finding(row, f"finding {i + 1}"))
            ),
            history=self.history(self.table(content, "history")),
            not_understood=tuple(self.not_understood),
            strokes=self.strokes(content),
            kept={key: content[key] for key in KEPT if key in content},
            intake=read_intake(self, content),
        )
        drawn = any(not stroke.erase for stroke in case.strokes)
        if (
            self.needs_pain
            and not case.pains
            and not drawn
            and not any(p.place.startswith(("pain", "stroke")) for p in self.problems)
        ):
            self.wrong(
                "no_pain",
                "pain",
                "nothing hurts, so there is nothing to rank" if said_nothing(content) else "no pain is named or drawn",
                "at least one [[pain]] or [[stroke]]",
                'write [[pain]] with site = "..." or where = "..."',
            )
        check_nothing(content, bool(case.pains) or drawn, self.wrong)
        self.contradictions(case.findings)
        self.same_site(case.pains)
        if self.problems:
            raise CaseError(
                self.problems,
                f"{name}: {len(self.problems)} problem{'s' * (len(self.problems) > 1)}, nothing was ranked",
            )
        return case

    def keys(self, place: str, table: Mapping[str, Any], allowed: Iterable[str]) -> None:
        allowed = tuple(allowed)
        unknown = [key for key in table if key not in allowed]
        if len(unknown) > MOST_UNKNOWN:
            self.wrong("unknown_key", place, f"{len(unknown)} unknown keys", ", ".join(allowed), "take them out")
        for key in unknown[:MOST_UNKNOWN]:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            todo = f"did you mean {near[0]!r}?" if near else "take it out"
            self.wrong("unknown_key", place, f"unknown key {str(key)[:60]!r}", ", ".join(allowed), todo)

    def table(self, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = content.get(key, {})
        if isinstance(value, Mapping):
            return value
        self.wrong(
            "not_a_table", key, f"{shown(value)} is not a table", f"[{key}]", f"write [{key}] and its keys below"
        )
        return {}

    def strokes(self, content: Mapping[str, Any]) -> tuple[Stroke, ...]:
        rows = self.rows(content, "stroke", 2 * MOST_STROKES)
        colouring = sum(row.get("erase") is not True for row in rows)
        if colouring > MOST_STROKES:
            given = f"{colouring} that colour"
            self.wrong("too_many", "stroke", given, f"at most {MOST_STROKES}, and as many that erase", "leave some out")
            return ()
        return tuple(s for i, row in enumerate(rows) if (s := read_stroke(self, row, f"stroke {i + 1}")))

    def rows(self, content: Mapping[str, Any], key: str, most: int = MOST_ROWS) -> list[Mapping[str, Any]]:
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.wrong(
                "not_rows",
                key,
                f"{shown(value)} is not a list of tables",
                f"[[{key}]]",
                f"write [[{key}]] and its keys below, once for each",
            )
            return []
        if len(value) > most:
            self.wrong("too_many", key, f"{len(value)} of them", f"at most {most}", "leave some out")
            return []
        return value

    def number(self, table: Mapping[str, Any], key: str, place: str, low: float, high: float) -> float | None:
        if key not in table:
            return None
        problem = number_problem(
            table[key], f"{place}, {key}", low, high, f"give {key} a value in that range or leave it out"
        )
        if problem is not None:
            self.problems.append(problem)
            return None
        return float(table[key])

    def texts(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        value = table.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.wrong(
                "not_words",
                f"{place}, {key}",
                f"{shown(value)} is not a list of words",
                '["...", "..."]',
                "put the words in quotes",
            )
            return ()
        if len(value) > MOST_ROWS or any(len(v) > MOST_WORDS for v in value):
            self.wrong(
                "too_long",
                f"{place}, {key}",
                "too many or too long words",
                f"at most {MOST_ROWS} entries of {MOST_WORDS} characters",
                "shorten it",
            )
            return ()
        return tuple(v for v in value if v.strip())

    def client(self, table: Mapping[str, Any]) -> Client:
        self.keys("client", table, ("age", "sex"))
        sex: Sex | None = None
        if "sex" in table:
            given = table["sex"].strip().lower() if isinstance(table["sex"], str) else ""
            if given in SEXES:
                sex = SEXES[given]
            else:
                self.wrong(
                    "unknown_sex",
                    "client, sex",
                    shown(table["sex"]),
                    "female, male, other or unknown",
                    "or leave it out",
                )
        return Client(self.number(table, "age", "client", 0, 120), sex)

    def pain(self, row: Mapping[str, Any], place: str) -> list[Pain]:
        self.keys(place, row, ("site", "where", "intensity", "quality", "coverage", "deep"))
        intensity = self.number(row, "intensity", place, 0, 10)
        coverage = self.number(row, "coverage", place, 0, 1)
        if coverage == 0:
            self.wrong("no_pain", place, "a coverage of 0 is no pain", "above 0 to 1", "leave this site out")
        quality = self.quality(self.texts(row, "quality", place))
        if ("site" in row) == ("where" in row):
            self.wrong(
                "no_site",
                place,
                "neither site nor where" if "site" not in row else "both site and where",
                "one of them",
                'write site = "shoulder.front@right"',
            )
            return []
        found: tuple[str, ...]
        deep = flag(self, row, "deep", place)
        if "site" in row:
            site, problem = read_site(self.k, row["site"], f"{place}, site")
            found = (site,) if site else ()
        elif (inner := read_deep(self.k, row["where"], f"{place}, where")) is not None:
            found, problem = inner
            deep = True
        else:
            found, problem = read_where(self.k, row["where"], f"{place}, where")
        if problem is not None:
            self.problems.append(problem)
        if intensity == 0:
            self.wrong("no_pain", place, "an intensity of 0 is no pain", "above 0 to 10", "leave this site out")
        return [Pain(s, intensity, quality, 1.0 if coverage is None else coverage, deep) for s in found]

    def quality(self, given: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for word in given:
            said = word.strip().lower()
            ident = next((q.id for q in self.k.qualities.values() if said == q.id or said in q.also), None)
            if ident is None:
                self.not_understood.append(word)
            elif ident not in found:
                found.append(ident)
        return tuple(found)

    def complaint(self, table: Mapping[str, Any]) -> Complaint:
        self.keys("complaint", table, ("weeks", "worse_with", "neuro", "habits", "said"))
        words = {key: self.texts(table, key, "complaint") for key in ("worse_with", "neuro", "habits", "said")}
        return Complaint(self.number(table, "weeks", "complaint", 0, 6000), **words)

    def history(self, table: Mapping[str, Any]) -> History:
        answers = {key: value for key, value in table.items() if key not in ("said", "denied", "asked")}
        told: dict[str, str] = {
            key: value for key, value in answers.items() if isinstance(value, str) and value in ANSWERS
        }
        return History(told, self.texts(table, "said", "history"), self.texts(table, "denied", "history"))

    def finding(self, row: Mapping[str, Any], place: str) -> Finding | None:
        kinds = [kind for kind in ("point", "muscle", "root", "spot", "test") if kind in row]
        if len(kinds) > 1 or (not kinds and "said" not in row):
            given = " and ".join(kinds) if kinds else "no place"
            self.wrong(
                "no_place",
                place,
                f"{given} named",
                "one of point, muscle, root, spot, test, or said alone",
                'write point = "infraspinatus.1@right"',
            )
            return None
        kind = cast(Literal["point", "muscle", "root", "spot", "test", "said"], kinds[0] if kinds else "said")
        said = self.texts(row, "said", place) if "said" in row else ()
        visit = row.get("visit", "")
        corrects = row.get("corrects", False)
        if not isinstance(visit, str) and not hasattr(visit, "isoformat"):
            self.wrong(
                "not_a_visit",
                f"{place}, visit",
                f"{shown(visit)}",
                "a date or a name in text",
                'write visit = "2026-11-02"',
            )
        if not isinstance(corrects, bool):
            self.wrong("not_yes_no", f"{place}, corrects", f"{shown(corrects)}", "true or false", "")
        on = self.finding_place(kind, row, place) if kind != "said" else ""
        signs = self.signs(kind, row, place)
        if on is None or signs is None:
            return None
        return Finding(kind, on, signs, "; ".join(said), str(visit)[:40], bool(corrects))

    def finding_place(self, kind: str, row: Mapping[str, Any], place: str) -> str | None:
        given = row[kind]
        if kind == "spot":
            site, problem = read_site(self.k, given, f"{place}, spot")
            if problem is not None:
                self.problems.append(problem)
            return site
        tables: dict[str, Mapping[str, Any]] = {
            "point": self.k.points,
            "muscle": self.k.muscles,
            "root": self.k.roots,
            "test": self.k.tests,
        }
        known = tables[kind]
        ident, _, side = (given if isinstance(given, str) else shown(given)).strip().partition("@")
        also = row.get("side", side)
        if side and also != side:
            self.wrong(
                "wrong_side", f"{place}, side", f"both {side[:20]} and {shown(also)}", "one side", "say which side"
            )
            return None
        side = also if isinstance(also, str) else shown(also)
        if ident not in known:
            near = difflib.get_close_matches(ident, list(known), n=3, cutoff=0.4)
            self.wrong(
                f"unknown_{kind}",
                f"{place}, {kind}",
                f"there is no {kind} {ident[:60]!r}",
                ", ".join(near) or "ids of `unknot know search`",
                "use one of these ids",
            )
            return None
        if not self._has_side(kind, ident):
            if side:
                self.wrong(
                    "wrong_side",
                    f"{place}, {kind}",
                    f"{ident} lies in the midline and has no side",
                    ident,
                    "leave the side out",
                )
                return None
            return ident
        if side not in SIDES:
            self.wrong(
                "wrong_side",
                f"{place}, {kind}",
                f"the side of {ident} is {side[:20]!r}",
                f"{ident}@left or {ident}@right",
                "say which side",
            )
            return None
        return f"{ident}@{side}"

    def _has_side(self, kind: str, ident: str) -> bool:
        if kind == "point":
            return self.k.muscles[self.k.points[ident].muscle].lateral
        if kind == "muscle":
            return self.k.muscles[ident].lateral
        if kind == "test":
            causes = self.k.causes()
            return any(causes[c].lateral for c in self.k.tests[ident].of if c in causes)
        return True

    def signs(self, kind: str, row: Mapping[str, Any], place: str) -> dict[str, bool | float] | None:
        common = ("said", "visit", "corrects", "side")
        if kind == "test":
            self.keys(place, row, ("test", "result", *common))
            result = row.get("result")
            if not isinstance(result, str) or result not in RESULTS:
                self.wrong(
                    "no_result",
                    f"{place}, result",
                    shown(result),
                    "positive or negative",
                    'write result = "positive"',
                )
                return None
            return {"result": RESULTS[result]}
        of = {"point": ("point",), "muscle": ("muscle", "point"), "root": ("root",), "spot": ("point",), "said": ()}[
            kind
        ]
        known = [s.id for s in self.k.signs.values() if s.of in of]
        self.keys(place, row, (kind, *known, *common))
        signs: dict[str, bool | float] = {}
        for name in known:
            if name == "tenderness" and name in row and not isinstance(row[name], bool):
                value = self.number(row, name, place, 0, 10)
                if value is not None:
                    signs[name] = value
            elif name in row and isinstance(row[name], bool):
                signs[name] = row[name]
            elif name in row:
                self.wrong(
                    "not_yes_no",
                    f"{place}, {name}",
                    shown(row[name]),
                    "true or false",
                    f"write {name} = true or false",
                )
        if not signs and kind != "said" and not {"said", *known} & set(row):
            self.wrong(
                "no_sign",
                place,
                "nothing was found there",
                ", ".join(known),
                "say what was found, or leave the finding out",
            )
            return None
        return signs

    def same_site(self, pains: tuple[Pain, ...]) -> None:
        seen: dict[str, float] = {}
        for pain in pains:
            if pain.intensity is None:
                continue
            if seen.setdefault(pain.site, pain.intensity) != pain.intensity:
                given = f"{seen[pain.site]:g} and {pain.intensity:g}"
                self.wrong(
                    "contradiction", f"pain, {pain.site}", f"this site hurts {given}", "one of them", "name it once"
                )

    def contradictions(self, findings: tuple[Finding, ...]) -> None:
        seen: dict[tuple[str, str, str], bool | float] = {}
        for finding in findings:
            for sign, value in finding.signs.items():
                key = (finding.visit, finding.on, sign)
                if (
                    key in seen
                    and seen[key] != value
                    and not finding.corrects
                    and not math.isclose(float(seen[key]), float(value))
                ):
                    self.wrong(
                        "contradiction",
                        f"finding on {finding.on}",
                        f"{sign} is both {_told(seen[key])} and {_told(value)} on the same visit",
                        "one of them",
                        "write corrects = true in the later one, or another visit",
                    )
                seen[key] = value
            if finding.signs.get("tenderness") == 0.0 and (
                finding.signs.get("familiar_pain") or finding.signs.get("jump")
            ):
                self.wrong(
                    "contradiction",
                    f"finding on {finding.on}",
                    "not tender at all, yet it hurts",
                    "tenderness above 0, or no familiar pain and no jump",
                    "correct one of them",
                )


def _told(value: bool | float) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value:g}"
