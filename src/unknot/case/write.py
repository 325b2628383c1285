"""The writer of case files: a `Case` as the tables that the reader reads, and as TOML text."""

from __future__ import annotations

from typing import Any

import tomli_w

from unknot.case.model import Case, Finding, Pain, Stroke


def as_tables(case: Case) -> dict[str, Any]:
    """The case as tables of plain values; reading them gives the same case (save for its name and for words not understood)."""
    tables: dict[str, Any] = {"format": 1}
    client = _said(age=_plain(case.client.age), sex=case.client.sex)
    complaint = _said(
        weeks=_plain(case.complaint.weeks),
        worse_with=list(case.complaint.worse_with),
        neuro=list(case.complaint.neuro),
        habits=list(case.complaint.habits),
        said=list(case.complaint.said),
    )
    history = {
        **_said(asked="all" if case.intake.asked else None),
        **case.history.answers,
        **_said(said=list(case.history.said), denied=list(case.history.denied)),
    }
    rows = {
        "pain": [_pain(pain) for pain in case.pains],
        "stroke": [_stroke(stroke) for stroke in case.strokes],
        "finding": [_finding(finding) for finding in case.findings],
    }
    parts: dict[str, Any] = {"client": client, "complaint": complaint, "history": history, **rows, **case.kept}
    return tables | {key: value for key, value in parts.items() if value}


def as_toml(case: Case) -> str:
    """The text of the case's file."""
    return tomli_w.dumps(as_tables(case))


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None and value != []}


def _plain(number: float | None) -> int | float | None:
    """Whole numbers without a point, as people write them."""
    return int(number) if number is not None and float(number).is_integer() else number


def _pain(pain: Pain) -> dict[str, Any]:
    coverage = None if pain.coverage == 1.0 else pain.coverage
    return _said(
        site=pain.site,
        intensity=_plain(pain.intensity),
        quality=list(pain.quality),
        coverage=coverage,
        deep=pain.deep or None,
    )


def _stroke(stroke: Stroke) -> dict[str, Any]:
    head = {"figure": stroke.figure, "view": stroke.view, "atlas": stroke.atlas, "width": stroke.width}
    said = _said(
        intensity=_plain(stroke.intensity),
        quality=list(stroke.quality),
        erase=stroke.erase or None,
        deep=stroke.deep or None,
    )
    return {**head, **said, "points": [list(point) for point in stroke.points]}


def _finding(finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {} if finding.kind == "said" else {finding.kind: finding.on}
    for sign, value in finding.signs.items():
        if sign == "result":
            row["result"] = "positive" if value else "negative"
        else:
            row[sign] = value if isinstance(value, bool) else _plain(value)
    return row | _said(said=finding.said or None, visit=finding.visit or None, corrects=finding.corrects or None)
