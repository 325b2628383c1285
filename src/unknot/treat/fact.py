"""Facts and effects: what a step leaves behind, and what the driver must now do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from unknot.treat.event import KINDS, Event


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. An input is an event as it came; all others follow from the inputs, and a replay makes them again.

    `at` is its true time [ms] in its epoch, also when it was noticed later.
    """

    sequence: int
    epoch: int
    at: int
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_input(self) -> bool:
        return self.kind in KINDS

    def event(self) -> Event:
        """The event that an input was."""
        told = dict(self.body)
        return Event(
            self.at, self.kind, told.get("by", "practitioner"), told.get("value"), told.get("word", ""),
            told.get("application", ""), told.get("data", {}), told.get("ident", ""),
        )  # fmt: skip

    def as_mapping(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "epoch": self.epoch,
            "at": self.at,
            "kind": self.kind,
            "body": dict(self.body),
        }

    def line(self) -> str:
        """One fact, one line of JSON: keys in order, no NaN."""
        return json.dumps(self.as_mapping(), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def fact_of(given: Mapping[str, Any]) -> Fact:
    """A fact from plain data. Raises KeyError or TypeError when it is none."""
    return Fact(int(given["sequence"]), int(given["epoch"]), int(given["at"]), str(given["kind"]), dict(given["body"]))


def told(event: Event) -> dict[str, Any]:
    """The body of an input: only what was given."""
    body: dict[str, Any] = {"by": event.by}
    for name, value in (
        ("value", event.value),
        ("word", event.word),
        ("application", event.application),
        ("ident", event.ident),
    ):
        if value not in (None, ""):
            body[name] = value
    if event.data:
        body["data"] = deepcopy(dict(event.data))
    return body


EffectKind = Literal["cue", "ask", "refuse", "rescreen", "announce", "finish"]
NEEDS_STORE = ("press", "more", "recheck", "stroke")
"""Cues that wait until their facts are stored. Every other one, above all *let go* and *ease*, never waits."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What the driver must now do: give a cue, ask for a rating, refuse aloud, screen again, say something, finish."""

    kind: EffectKind
    word: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether it is performed only after its facts are stored."""
        return self.kind == "cue" and self.word in NEEDS_STORE
