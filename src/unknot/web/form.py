"""The page's form: fields to a case and back. What cannot be used is told beside the form; nothing that was entered is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from unknot.case.model import Case
from unknot.case.places import match_places, read_where, site_name
from unknot.case.read import read_mapping
from unknot.errors import CaseError, Problem
from unknot.knowledge.load import Knowledge

LARGEST = 200_000
MOST_FIELDS = 2_000
TEXTS = ("worse", "neuro", "history", "denied")


@dataclass(frozen=True, slots=True)
class Choice:
    """Words that may mean several places, and what to choose from: (site, name)."""

    words: str
    side_only: bool
    options: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Form:
    """What stands in the form."""

    pains: list[dict[str, Any]] = field(default_factory=list)
    findings: list[tuple[str, str, bool]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(TEXTS, ""))
    age: str = ""
    sex: str = ""
    typed: str = ""
    choice: Choice | None = None
    problems: list[Problem] = field(default_factory=list)
    lost: bool = False
    """Words were typed that name no place."""

    def mapping(self) -> dict[str, Any]:
        """The form as the tables of a case file."""
        client: dict[str, Any] = {}
        if self.age:
            client["age"] = _number(self.age)
        if self.sex:
            client["sex"] = self.sex
        split = {key: [w.strip() for w in self.texts[key].replace("\n", ",").split(",") if w.strip()] for key in TEXTS}
        return {
            "format": 1,
            "client": client,
            "pain": self.pains,
            "complaint": {"worse_with": split["worse"], "neuro": split["neuro"]},
            "history": {"said": split["history"], "denied": split["denied"]},
            "finding": [_finding(kind, ident, yes) for kind, ident, yes in self.findings],
        }

    def case(self, k: Knowledge) -> Case | None:
        """The case, or None when no place is named yet or something cannot be used (told in `problems`)."""
        if not self.pains:
            return None
        try:
            return read_mapping(self.mapping(), "page", k)
        except CaseError as error:
            self.problems.extend(error.problems)
            return None


def _finding(kind: str, ident: str, yes: bool) -> dict[str, Any]:
    if kind == "test":
        return {"test": ident, "result": "positive" if yes else "negative"}
    return {"point": ident, "familiar_pain": yes}


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
    sites = list(dict.fromkeys([value for key, value in fields if key == "site"] + _added(single)))
    gone = single.get("remove", "")
    form.pains = [_pain(site, single) for site in sites if site != gone]
    form.findings = _findings(fields, single)
    if form.typed:
        _typed(form, k)
    return form


def _added(single: Mapping[str, str]) -> list[str]:
    return [single["pick"]] if single.get("pick") else []


def _pain(site: str, single: Mapping[str, str]) -> dict[str, Any]:
    pain: dict[str, Any] = {"site": site}
    if single.get(f"intensity.{site}"):
        pain["intensity"] = _number(single[f"intensity.{site}"])
    if single.get(f"quality.{site}"):
        pain["quality"] = [single[f"quality.{site}"]]
    return pain


def _findings(fields: list[tuple[str, str]], single: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Kept findings, a new one replacing the old of the same place; one may be taken back."""
    found: dict[tuple[str, str], bool] = {}
    for key, value in fields:
        if key in ("finding", "found") and value.count("|") == 2:
            kind, ident, answer = value.split("|")
            found[(kind, ident)] = answer == "yes"
    back = single.get("take_back", "")
    return [(kind, ident, yes) for (kind, ident), yes in found.items() if f"{kind}|{ident}" != back]


def _typed(form: Form, k: Knowledge) -> None:
    """Typed words for a place: added, or asked back."""
    found, problem = read_where(k, form.typed, "where")
    if problem is None:
        known = {p["site"] for p in form.pains}
        form.pains += [{"site": site} for site in found if site not in known]
        form.typed = ""
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
