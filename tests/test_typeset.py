"""Papers that several people ask for at one moment are all set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

from unknot.record.paper import Paper, Section
from unknot.web.paper import pdf
from unknot.web.practice import Practice


def test_papers_that_are_asked_for_at_the_same_moment_are_all_set() -> None:
    paper = Paper("progress", "A note", "A. B.", (Section("said", "Said", tuple(f"line {n}" for n in range(200))),))
    together = Barrier(4)

    def one(_: int) -> bytes:
        together.wait(10)
        return pdf(paper, Practice(), date(2026, 3, 2))

    with ThreadPoolExecutor(4) as people:
        assert all(made.startswith(b"%PDF") for made in people.map(one, range(4)))
