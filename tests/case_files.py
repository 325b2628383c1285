"""What the tests of the reader of case files share: a case in few words, and the problems of one."""

from __future__ import annotations

import pytest

from unknot.case.model import Case
from unknot.case.read import read_bytes
from unknot.errors import CaseError, Problem
from unknot.knowledge.load import Knowledge, knowledge

K: Knowledge = knowledge()
PAIN = '[[pain]]\nsite = "shoulder.front@right"\n'
HEAD = "format = 1\n" + PAIN
POINT = "infraspinatus.1@right"


def read(text: str | bytes) -> Case:
    data = text.encode("utf-8") if isinstance(text, str) else text
    return read_bytes(data, "case", K)


def problems(text: str | bytes) -> tuple[Problem, ...]:
    """The problems of a case that is refused, each complete."""
    with pytest.raises(CaseError) as caught:
        read(text)
    told = caught.value.problems
    assert told and all(p.code and p.place and p.given for p in told)
    assert all(str(p) in str(caught.value) for p in told)
    return told


def only(text: str | bytes) -> Problem:
    """The one problem of a case that has one."""
    told = problems(text)
    assert len(told) == 1, told
    return told[0]
