"""Marking places on the body: the views to tap on, and what a tap or a chosen place says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from unknot.body.atlas import atlas
from unknot.case.intake import Marked
from unknot.case.model import Sex
from unknot.case.places import read_where
from unknot.errors import Problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import Mark
from unknot.record.called import site
from unknot.words import say

KINDS: tuple[str, ...] = get_args(Mark)
VIEWS = ("front", "back")
IDS = re.compile(r" \([a-z_.]+\)")
"""The ids behind the names of places, which are for case files."""
SIZES = {"small": 10.0, "middle": 30.0, "large": 60.0}
"""How large the place itself is, from its middle [mm]; chosen in words."""


def figure_of(sex: Sex | None) -> str:
    """The figure that is shown for a client."""
    return sex if sex else "neutral"


def read_mark(fields: Mapping[str, str], k: Knowledge, sex: Sex | None) -> tuple[Marked | None, tuple[Problem, ...]]:
    """A mark by a tap on a view, or by words for the place; what is wrong otherwise."""
    kind = fields.get("kind", "")
    if kind not in KINDS:
        allowed = ", ".join(say(f"mark.{name}") for name in KINDS)
        return None, (Problem("unknown_kind", say("marks.kind"), kind[:40] or "nothing chosen", allowed, "choose one"),)
    said = fields.get("said", "").strip()[:200]
    if fields.get("view"):
        return _tapped(fields, figure_of(sex), kind, said)
    where = fields.get("where", "").strip()[:200]
    if not where:
        nothing = Problem("no_place", say("marks.where"), "nothing", say("marks.how"), say("marks.todo"))
        return None, (nothing,)
    sites, wrong = read_where(k, where, "where")
    if wrong is not None:
        allowed = IDS.sub("", wrong.allowed).replace(";", ",")
        return None, (replace(wrong, place=say("marks.where"), allowed=allowed, todo=say("marks.todo")),)
    if len(sites) != 1:
        named = ", ".join(site(k, s) for s in sites[:6])
        return None, (Problem("several", say("marks.where"), where[:60], named, say("marks.one")),)
    return Marked(kind, site=sites[0], said=said), ()


def _tapped(fields: Mapping[str, str], figure: str, kind: str, said: str) -> tuple[Marked | None, tuple[Problem, ...]]:
    view = fields["view"]
    try:
        at = (int(fields.get("across", "")), int(fields.get("down", "")))
    except ValueError:
        at = (-1, -1)
    if view not in VIEWS or atlas().sheet(figure, view).site_at(*at) is None:
        return None, (Problem("beside", say("marks.where"), "beside the body", say("marks.how"), say("marks.todo")),)
    radius = SIZES.get(fields.get("size", ""), SIZES["middle"])
    return Marked(kind, figure=figure, view=view, at=at, radius_mm=radius, said=said), ()
