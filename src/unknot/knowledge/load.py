"""The knowledge as one value, built from the compiled tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

from unknot.errors import KnowledgeError, Problem
from unknot.knowledge import measure, model, safety, technique
from unknot.knowledge.compile import load_tables

T = TypeVar("T")
KINDS: dict[str, type] = {
    "region": model.Region,
    "figure": model.Figure,
    "view": model.View,
    "deep": model.Deep,
    "muscle": model.Muscle,
    "point": model.Point,
    "root": model.Root,
    "entrapment": model.Entrapment,
    "origin": model.Origin,
    "source": model.Source,
    "movement": model.Movement,
    "symptom": model.Symptom,
    "habit": model.Habit,
    "quality": model.QualityWord,
    "test": model.Test,
    "sign": model.Sign,
    "rule": model.Rule,
    "question": safety.Question,
    "harmless": safety.Harmless,
    "screen": safety.ScreenRule,
    "danger": safety.Danger,
    "consent_area": safety.ConsentArea,
    "base_limit": safety.BaseLimit,
    "technique": technique.Technique,
    "dose": technique.DoseValue,
    "contact": technique.HandContact,
    "hand_limit": technique.HandLimit,
    "lying": technique.Lying,
    "discomfort": technique.DiscomfortWord,
    "routine": technique.Routine,
    "measure": measure.Measure,
    "norm": measure.Norm,
    "claim": measure.Claim,
    "leaning": measure.Leaning,
    "weight": model.Weight,
    "complaint_area": model.ComplaintArea,
    "prevalence": model.Prevalence,
    "frequency": model.Frequency,
    "vocabulary": model.Vocabulary,
    "known_gap": model.KnownGap,
}
"""Table name to class."""


def deep_tuple(value: Any) -> Any:
    """Lists made into tuples, all the way down."""
    return tuple(deep_tuple(v) for v in value) if isinstance(value, list) else value


def builder(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """A function from a table row to `cls`; absent optional keys take the class's default, absent patterns are empty."""
    known = fields(cls)  # type: ignore[arg-type]
    blanks: dict[str, Any] = {
        f.name: None if "None" in str(f.type) else {}
        for f in known
        if f.default is MISSING and f.default_factory is MISSING and ("Pattern" in str(f.type) or "None" in str(f.type))
    }
    optional_text = {"doubt": "", "note": "", "basis": ""}
    names = {f.name for f in known}
    blanks |= {k: v for k, v in optional_text.items() if k in names}

    def build(row: Mapping[str, Any]) -> T:
        values = {k: deep_tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        return cls(**{**blanks, **values})

    return build


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything Unknot knows. Built once, equal to itself alone; `version` is the hash of the data files."""

    version: str
    regions: dict[str, model.Region]
    figures: dict[str, model.Figure]
    views: dict[str, model.View]
    deep: dict[str, model.Deep]
    muscles: dict[str, model.Muscle]
    points: dict[str, model.Point]
    roots: dict[str, model.Root]
    entrapments: dict[str, model.Entrapment]
    origins: dict[str, model.Origin]
    sources: dict[str, model.Source]
    movements: dict[str, model.Movement]
    symptoms: dict[str, model.Symptom]
    habits: dict[str, model.Habit]
    qualities: dict[str, model.QualityWord]
    tests: dict[str, model.Test]
    signs: dict[str, model.Sign]
    rules: dict[str, model.Rule]
    questions: dict[str, safety.Question]
    harmless: dict[str, safety.Harmless]
    screens: dict[str, safety.ScreenRule]
    dangers: dict[str, safety.Danger]
    consent_areas: dict[str, safety.ConsentArea]
    base_limits: dict[str, safety.BaseLimit]
    techniques: dict[str, technique.Technique]
    doses: dict[str, technique.DoseValue]
    contacts: dict[str, technique.HandContact]
    hand_limits: dict[str, technique.HandLimit]
    lyings: dict[str, technique.Lying]
    discomfort: tuple[technique.DiscomfortWord, ...]
    routines: dict[str, technique.Routine]
    measures: dict[str, measure.Measure]
    norms: dict[str, measure.Norm]
    claims: dict[str, measure.Claim]
    leanings: dict[str, measure.Leaning]
    weights: dict[str, model.Weight]
    complaint_areas: dict[str, model.ComplaintArea]
    prevalences: tuple[model.Prevalence, ...]
    frequency: dict[str, str]
    """Muscle to often or rarely; sometimes where it is in neither."""

    def weight(self, name: str) -> float:
        """The stated number `name`. Raises KnowledgeError when there is none: a missing number is never a default."""
        if name not in self.weights:
            raise KnowledgeError(
                [Problem("no_weight", "weights.toml", f"no weight {name!r}", "", "add it with a basis")]
            )
        return self.weights[name].value

    def dose(self, of: str, name: str) -> float:
        """A stated number of a technique, or of `all`. Raises KnowledgeError when there is none: a missing dose is never a default."""
        found = self.doses.get(f"{of}.{name}")
        if found is None:
            todo = "add it with a source or as a house rule"
            raise KnowledgeError([Problem("no_dose", "techniques", f"no dose {of}.{name}", "", todo)])
        return found.value

    def cause(self, ident: str) -> model.Cause:
        """A root, an entrapment or an origin. Raises KeyError when there is none."""
        for table in (self.roots, self.entrapments, self.origins):
            if ident in table:
                return table[ident]
        raise KeyError(ident)

    def records(self) -> list[model.Point | model.Cause]:
        """Everything that can be felt somewhere: points, roots, entrapments, origins."""
        return [*self.points.values(), *self.causes().values()]

    def causes(self) -> dict[str, model.Cause]:
        """Roots, entrapments and origins by id."""
        return {**self.roots, **self.entrapments, **self.origins}


def build(version: str, tables: Mapping[str, list[dict[str, Any]]]) -> Knowledge:
    """Tables made into a Knowledge. Raises TypeError or KeyError on a malformed table (`unknot know check` says which)."""

    def by_id(kind: str) -> dict[str, Any]:
        make: Callable[[Mapping[str, Any]], Any] = builder(KINDS[kind])
        return {row["id"]: make(row) for row in tables.get(kind, [])}

    return Knowledge(
        version=version,
        regions=by_id("region"),
        figures=by_id("figure"),
        views=by_id("view"),
        deep=by_id("deep"),
        muscles=by_id("muscle"),
        points=by_id("point"),
        roots=by_id("root"),
        entrapments=by_id("entrapment"),
        origins=by_id("origin"),
        sources=by_id("source"),
        movements=by_id("movement"),
        symptoms=by_id("symptom"),
        habits=by_id("habit"),
        qualities=by_id("quality"),
        tests=by_id("test"),
        signs=by_id("sign"),
        rules=by_id("rule"),
        questions=by_id("question"),
        harmless=by_id("harmless"),
        screens=by_id("screen"),
        dangers=by_id("danger"),
        consent_areas=by_id("consent_area"),
        base_limits=by_id("base_limit"),
        techniques=by_id("technique"),
        doses=by_id("dose"),
        contacts=by_id("contact"),
        hand_limits=by_id("hand_limit"),
        lyings=by_id("lying"),
        discomfort=tuple(builder(technique.DiscomfortWord)(row) for row in tables.get("discomfort", [])),
        routines={row["id"]: _routine(row) for row in tables.get("routine", [])},
        measures=by_id("measure"),
        norms=by_id("norm"),
        claims=by_id("claim"),
        leanings=by_id("leaning"),
        weights=by_id("weight"),
        complaint_areas=by_id("complaint_area"),
        prevalences=tuple(builder(model.Prevalence)(row) for row in tables.get("prevalence", [])),
        frequency={m: row["class_"] for row in tables.get("frequency", []) for m in row["muscles"]},
    )


def _routine(row: Mapping[str, Any]) -> technique.Routine:
    steps = tuple(builder(technique.RoutineStep)(step) for step in row.get("steps", []))
    return builder(technique.Routine)({**{k: v for k, v in row.items() if k != "steps"}, "steps": steps})


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The knowledge of this installation.

    Raises KnowledgeError when its files cannot be read; `unknot know check` then names every place.
    """
    try:
        return build(*load_tables())
    except (TypeError, KeyError, ValueError) as error:
        notes = " ".join(getattr(error, "__notes__", []))
        raise KnowledgeError(
            [Problem("unreadable", notes or "knowledge/data", str(error), "", "run `unknot know check`")]
        ) from error
