"""The page's form: fields to a case and back. What cannot be used is told beside the form; nothing that was entered is lost."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from unknot.case.clearance import Clearance, Open
from unknot.case.deep import deep_sites, named_deep, read_deep
from unknot.case.model import Case, Pain
from unknot.case.nothing import NOTHING, said_nothing
from unknot.case.places import SIDES, match_places, read_where, site_name
from unknot.case.read import KEPT, read_bytes, read_mapping
from unknot.case.write import as_tables
from unknot.errors import CaseError, Problem
from unknot.guards import json_of
from unknot.knowledge.load import Knowledge
from unknot.words import say

LARGEST = 4_000_000
"""Bytes of a form: what a case file can be (1 MB), and that a form writes a bracket or a comma as three."""
MOST_FIELDS = 2_000
CLIENT = re.compile(r"[0-9a-f-]{36}")
TAB = re.compile(r"[0-9a-f]{16}")
TEXTS = ("worse", "neuro", "history", "denied")
ANSWERS: dict[str, dict[str, bool]] = {
    "familiar": {"familiar_pain": True},
    "tender": {"tenderness": True, "familiar_pain": False},
    "no": {"tenderness": False, "familiar_pain": False},
}
"""What pressing a point brought: the known pain, only tenderness, nothing."""
EXTRA = ("taut_band", "twitch", "jump")
"""Signs that may be added to an answer."""


FIELDS = {
    "where": "typed", "client, age": "age", "client, sex": "sex", "complaint, worse_with": "worse",
    "complaint, neuro": "neuro", "history, said": "history", "history, denied": "denied",
}  # fmt: skip
"""The field of the page where a case's problem was entered, by the problem's place."""
NO_CASE = ("not_toml", "not_text", "not_a_case", "too_deep")
"""A file that is no case at all, whatever its reader says of it."""
T = TypeVar("T", list[Any], dict[str, Any])


@dataclass(frozen=True, slots=True)
class Choice:
    """Words that may mean several places, and what to choose from: (site, name). `deep`: (sites of a deep place on a side, name)."""

    words: str
    side_only: bool
    options: tuple[tuple[str, str], ...]
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of the page: a point or a test, and the answer (`familiar`, `tender`, `no` or none yet; `yes` or `no` for a test) with more signs."""

    kind: str
    ident: str
    answer: str
    signs: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """As a field of the form keeps it."""
        return "|".join((self.kind, self.ident, "+".join((self.answer, *self.signs))))

    def row(self) -> dict[str, Any]:
        """As a case file says it."""
        if self.kind == "test":
            return {"test": self.ident, "result": "positive" if self.answer == "yes" else "negative"}
        return {"point": self.ident, **ANSWERS.get(self.answer, {}), **dict.fromkeys(self.signs, True)}


@dataclass(slots=True)
class Form:
    """What stands in the form."""

    pains: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    strokes: list[Any] = field(default_factory=list)
    """The drawing, as rows of a case file."""
    figure: str = ""
    rest: dict[str, Any] = field(default_factory=dict)
    """What an opened case file says that the page has no field for; it goes along and comes out again."""
    drawn: list[Pain] = field(default_factory=list)
    """The sites that the drawing colours."""
    texts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(TEXTS, ""))
    age: str = ""
    sex: str = ""
    typed: str = ""
    choice: Choice | None = None
    problems: list[Problem] = field(default_factory=list)
    lost: bool = False
    """Words were typed that name no place."""
    another: str = ""
    """The words by which a point was asked for that the ranking may not list."""
    client: str = ""
    """The client in the store whose visit of today the page belongs to; empty when it belongs to none."""
    seen: int = 0
    """The version of the drawing in the store that the page shows; 0 when there is none."""
    tab: str = ""
    """Which opened page this is, so that it may write over what it wrote itself, and nothing else."""
    clearance: Clearance | None = None
    """What screening says of the case."""
    allowed: Open = field(default_factory=lambda: Open(discomfort=0))
    """What may be touched under it."""
    fresh: tuple[tuple[str, str], ...] = ()
    """Findings that were told with this very post: (kind, id). They are refused where nothing may be touched."""
    told_nothing: str = ""
    """`yes` when it was told with this very post that nothing hurts, `no` when that was taken back, `unasked` when nobody was asked."""
    emptied: bool = False
    """The page is empty, and a pain of today still stands in the record: what that means is asked, not guessed."""
    looked_at: str = ""
    """The site of which it is asked what refers there."""

    @property
    def shown_figure(self) -> str:
        """The figure on the page: the one that was chosen, else by the client's sex."""
        return self.figure or (self.sex if self.sex in ("female", "male") else "neutral")

    @property
    def nothing(self) -> str:
        """Who said that nothing hurts; empty when nobody did."""
        return said_nothing(self.rest)

    @property
    def refused(self) -> dict[str, str]:
        """Fields whose words cannot be used: {id of the field: ids of its messages, joined by blanks}."""
        found: dict[str, str] = {}
        for number, problem in enumerate(self.problems, 1):
            name = FIELDS.get(problem.place)
            if name:
                found[name] = f"{found.get(name, '')} problem-{number}".strip()
        return found

    @property
    def others(self) -> list[dict[str, Any]]:
        """Findings of an opened file that say more than the page's buttons can; they count and can be taken back."""
        found: list[dict[str, Any]] = self.rest.get("finding", [])
        return found

    @property
    def carried(self) -> list[str]:
        """What else of an opened file the page has no field for, in words: it counts, so it is shown."""
        complaint, history = self.rest.get("complaint", {}), self.rest.get("history", {})
        weeks = [say("page.weeks", n=complaint["weeks"])] if "weeks" in complaint else []
        spoken = [str(word) for key in ("habits", "said") for word in _listed(complaint.get(key))]
        answers = [say("page.answered", question=key.replace("_", " "), answer=value) for key, value in history.items()]
        return [*weeks, *spoken, *answers]

    def mapping(self) -> dict[str, Any]:
        """The form as the tables of a case file."""
        client: dict[str, Any] = {}
        if self.age:
            client["age"] = _number(self.age)
        if self.sex:
            client["sex"] = self.sex
        split = {key: [w.strip() for w in self.texts[key].replace("\n", ",").split(",") if w.strip()] for key in TEXTS}
        rest = self.rest
        return {
            **{key: value for key, value in rest.items() if key in KEPT},
            "format": 1,
            "client": client,
            "pain": self.pains,
            "stroke": self.strokes,
            "complaint": {**rest.get("complaint", {}), "worse_with": split["worse"], "neuro": split["neuro"]},
            "history": {**rest.get("history", {}), "said": split["history"], "denied": split["denied"]},
            "finding": [*rest.get("finding", []), *(found.row() for found in self.findings)],
        }

    def case(self, k: Knowledge) -> Case | None:
        """The case, or None when no place is named yet or something cannot be used (told in `problems`)."""
        if not self.pains and not any(isinstance(s, dict) and not s.get("erase") for s in self.strokes):
            return None
        self.rest.pop(NOTHING, None)  # something hurts after all
        try:
            return read_mapping(self.mapping(), "page", k)
        except CaseError as error:
            self.problems.extend(error.problems)
            return None


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def read_form(data: bytes, k: Knowledge) -> Form:
    """The fields of one post. Raises CaseError when it is too large or not a form."""
    if len(data) > LARGEST:
        raise CaseError(
            [Problem("too_large", "form", "more than a form can be", f"at most {LARGEST:,} bytes", "shorten the words")]
        )
    try:
        fields = parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise CaseError(
            [Problem("not_a_form", "form", "not a form", "fields as the page sends them", "reload the page")]
        ) from error
    single = dict(fields)
    form = Form(age=single.get("age", "").strip(), sex=single.get("sex", ""), typed=single.get("typed", "").strip())
    for key in TEXTS:
        form.texts[key] = single.get(key, "")
    form.figure = single.get("figure", "")
    form.strokes = _kept(single.get("strokes", ""), list)
    form.rest = _rest(_kept(single.get("rest", ""), dict))
    form.told_nothing = single.get("nothing", "")
    form.looked_at = single.get("look", "")
    form.another = single.get("another", "").strip()[:100]
    form.client = single.get("client", "") if CLIENT.fullmatch(single.get("client", "")) else ""
    form.seen = int(single["seen"]) if re.fullmatch("[0-9]{1,9}", single.get("seen", "")) else 0
    form.tab = single.get("tab", "") if TAB.fullmatch(single.get("tab", "")) else ""
    form.pains = _pains(fields, single)
    form.findings = _findings(fields, form.rest)
    told = [value.split("|") for key, value in fields if key == "found" and value.count("|") == 2]
    form.fresh = tuple(dict.fromkeys((kind, ident) for kind, ident, _ in told))
    if form.typed:
        _typed(form, k)
    return form


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _pains(fields: list[tuple[str, str]], single: Mapping[str, str]) -> list[dict[str, Any]]:
    """The chosen places in the order in which they were chosen and taken back; quick taps may come several at once."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in fields:
        if key in ("site", "pick") and value:
            found.setdefault(value, _pain(value, single, picked=key == "pick"))
        elif key == "pick_deep":
            for site in value.split():
                found.pop(site, None)
                found[site] = {**_pain(site, single, picked=True), "deep": True}
        elif key == "remove":
            found.pop(value, None)
        elif key == "places":
            found = {pain["site"]: pain for pain in _whole(value)}
    return list(found.values())


def _whole(text: str) -> list[dict[str, Any]]:
    """All chosen places at once, as they stood before a step that was undone. Raises CaseError when it is not what the page put there."""
    places = _kept(text, list)
    if not all(isinstance(pain, dict) and isinstance(pain.get("site"), str) for pain in places):
        problem = Problem(
            "not_a_form", "form", "places that cannot be read", "as the page sends them", "reload the page"
        )
        raise CaseError([problem])
    return places


def _kept(text: str, kind: type[T]) -> T:
    """What a hidden field carries as JSON. Raises CaseError when it is not what the page put there."""
    try:
        value = json_of(text) if text else kind()
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        problem = Problem(
            "not_a_form", "form", "a drawing that cannot be read", "as the page sends it", "reload the page"
        )
        raise CaseError([problem])
    return value


def _rest(rest: dict[str, Any]) -> dict[str, Any]:
    """What an opened file said beside the page's fields, each table of its own kind."""
    kinds = {"complaint": dict, "history": dict, "finding": list}
    wrong = any(key in rest and not isinstance(rest[key], kind) for key, kind in kinds.items())
    if wrong or not all(isinstance(row, dict) for row in rest.get("finding", [])):
        raise CaseError(
            [
                Problem(
                    "not_a_form",
                    "form",
                    "an opened case that cannot be read",
                    "as the page sends it",
                    "reload the page",
                )
            ]
        )
    return rest


def _pain(site: str, single: Mapping[str, str], *, picked: bool) -> dict[str, Any]:
    """A chosen place with what is said of it; of one just picked on the body, what the pencil says."""
    level, quality, deep = (single.get(f"{what}.{site}", "") for what in ("intensity", "quality", "deep"))
    if picked and f"intensity.{site}" not in single:
        level, quality, deep = (single.get(f"brush.{what}", "") for what in ("level", "quality", "deep"))
    kept: dict[str, Any] = _kept(single.get(f"kept.{site}", ""), dict)
    pain: dict[str, Any] = {"site": site, **{key: kept[key] for key in ("coverage",) if key in kept}}
    if level:
        pain["intensity"] = _number(level)
    if quality:
        more = kept.get("quality", [])
        pain["quality"] = more if isinstance(more, list) and more[:1] == [quality] else [quality]
    if deep:
        pain["deep"] = True
    return pain


def _findings(fields: list[tuple[str, str]], rest: dict[str, Any]) -> list[Found]:
    """Findings in the order in which they were told and taken back, several at once when taps came quickly."""
    found: dict[tuple[str, str], Found] = {}
    for key, value in fields:
        if key in ("finding", "found") and value.count("|") == 2:
            kind, ident, said = value.split("|")
            answer, *signs = said.split("+")
            known = tuple(dict.fromkeys(sign for sign in signs if sign in EXTRA))
            _take_in(found, rest, Found(kind, ident, answer, known))
        elif key == "take_back" and value.startswith("rest|"):
            _drop_number(rest, value[5:])
        elif key == "take_back":
            kind, _, ident = value.partition("|")
            found.pop((kind, ident), None)
    return list(found.values())


def _take_in(found: dict[tuple[str, str], Found], rest: dict[str, Any], new: Found) -> None:
    """An answer replaces the earlier one of its place, a sign joins it; nothing is noted that was not told.

    "Nothing" also takes the signs back, any other answer keeps them. An opened file's finding of the same place gives way to an
    answer and takes a sign in; those of other visits stay.
    """
    key = (new.kind, new.ident)
    old = found.get(key)
    same = [row for row in rest.get("finding", []) if _same_place(row, new)]
    if not new.answer and old is None and same:
        same[-1].update(dict.fromkeys(new.signs, True))
        return
    if new.answer:
        _drop(rest, lambda _, row: _same_place(row, new))
    signs = () if new.answer == "no" or old is None else old.signs
    answer = new.answer or (old.answer if old else "")
    found[key] = Found(*key, answer, tuple(dict.fromkeys((*signs, *new.signs))))


def _drop_number(rest: dict[str, Any], number: str) -> None:
    _drop(rest, lambda i, _: str(i) == number)


def _same_place(row: dict[str, Any], found: Found) -> bool:
    return row.get(found.kind) == found.ident and not row.get("visit")


def _drop(rest: dict[str, Any], gone: Callable[[int, dict[str, Any]], bool]) -> None:
    rows = [row for i, row in enumerate(rest.get("finding", [])) if not gone(i, row)]
    rest.pop("finding", None)
    if rows:
        rest["finding"] = rows


def form_of(case: Case) -> Form:
    """The page as it shows an opened case. What the page has no field for goes along in `rest`."""
    tables = as_tables(case)
    client, complaint, history = (dict(tables.get(key, {})) for key in ("client", "complaint", "history"))
    form = Form(age=f"{client['age']:g}" if "age" in client else "", sex=client.get("sex", ""))
    form.pains, form.strokes = tables.get("pain", []), tables.get("stroke", [])
    form.figure = case.strokes[0].figure if case.strokes else ""
    for table, key, name in (
        (complaint, "worse_with", "worse"),
        (complaint, "neuro", "neuro"),
        (history, "said", "history"),
        (history, "denied", "denied"),
    ):
        form.texts[name] = ", ".join(table.pop(key, []))
    others = []
    for row in tables.get("finding", []):
        found = _shown(row)
        if found:
            form.findings.append(found)
        else:
            others.append(row)
    rest = {
        "complaint": complaint,
        "history": history,
        "finding": others,
        **{k: tables[k] for k in KEPT if k in tables},
    }
    kept = {key: value for key, value in rest.items() if value}
    form.rest = json.loads(json.dumps(kept, default=str))  # a hidden field carries it: dates as they are written
    return form


def read_opened(data: bytes, k: Knowledge) -> Case:
    """The case of an opened file. Raises CaseError in words that a practitioner would say."""
    try:
        return _without_now(read_bytes(data, "case", k))
    except CaseError as error:
        raise CaseError([_plain(problem) for problem in error.problems]) from error


def _without_now(case: Case) -> Case:
    """A file that calls its check today's was written some day: on the page it is asked again."""
    if not case.intake.told_now:
        return case
    today = {key: value for key, value in case.kept["today"].items() if key != "date"}
    return dataclasses.replace(
        case, kept={**case.kept, "today": today}, intake=dataclasses.replace(case.intake, told_now=False)
    )


def _plain(problem: Problem) -> Problem:
    """A problem without ids, and without how files are written."""
    if problem.code in NO_CASE:
        return Problem(problem.code, "", say("page.not_a_case").rstrip("."), "", "")
    return dataclasses.replace(problem, allowed=re.sub(r" \([a-z_]+(\.[a-z_]+)+\)", "", problem.allowed))


def _shown(row: dict[str, Any]) -> Found | None:
    """A finding of a case file as the page shows it, or None where the page has no field for all of it."""
    if set(row) == {"test", "result"}:
        return Found("test", row["test"], "yes" if row["result"] == "positive" else "no")
    signs = {key: value for key, value in row.items() if key != "point"}
    extra = tuple(sign for sign in EXTRA if signs.pop(sign, False) is True)
    if "point" in row and extra and not signs:
        return Found("point", row["point"], "", extra)
    for answer, meant in ANSWERS.items():
        if "point" in row and signs == meant:
            return Found("point", row["point"], answer, extra)
    return None


def _typed(form: Form, k: Knowledge) -> None:
    """Typed words for a place: added, or asked back."""
    inner = read_deep(k, form.typed, "where")
    found, problem = inner or read_where(k, form.typed, "where")
    if problem is None:
        known = {p["site"] for p in form.pains}
        deep = {"deep": True} if inner else {}
        form.pains += [{"site": site, **deep} for site in found if site not in known]
        form.typed = ""
        return
    within = named_deep(k, form.typed)
    if within and inner and any(k.regions[region].lateral for region in within.regions):
        sided = tuple((" ".join(deep_sites(k, within, (side,))), f"{within.name} ({side})") for side in SIDES)
        form.choice = Choice(form.typed, True, sided, deep=True)
        return
    regions = [m.region for m in match_places(k, form.typed)]
    if not regions:
        form.problems.append(problem)
        form.lost = True
        return
    options: list[tuple[str, str]] = []
    spoken = form.typed.lower().split()
    for region in regions[:8]:
        sides = [s for s in ("left", "right") if s in spoken] or ["left", "right"]
        sites = [f"{region}@{s}" for s in sides] if k.regions[region].lateral else [region]
        options += [(site, site_name(k, site)) for site in sites]
    form.choice = Choice(form.typed, problem.code == "missing_side", tuple(options))
