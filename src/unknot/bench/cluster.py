"""What it costs to share a trial out: one process, processes of this machine, a dask cluster; and whether the digits stay the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from unknot.knowledge.load import knowledge
from unknot.rehearse.portions import worked
from unknot.rehearse.trial import Job, Measured, portion
from unknot.rehearse.trial_file import trial_of

PORTION = 10


@dataclass(frozen=True, slots=True)
class Shared:
    """One way: seconds of the whole, until the first portion came, what a portion costs a worker beyond its work alone, and whether all is the same."""

    what: str
    workers: int
    portions: int
    seconds: float
    begins_s: float
    a_portion_s: float
    same: bool


def measure(clients: int, seed: int, workers: int, address: str) -> Iterator[Shared]:
    """The ways one after the other. Raises RehearseError where there is no cluster."""
    arm = {"name": "by cues", "clients": clients, "technique": "alternating_compression"}
    of = trial_of({"format": 1, "seed": seed, "arm": [arm]}, "cluster", knowledge())
    jobs: list[Job] = [(of, 0, n, min(n + PORTION, clients)) for n in range(0, clients, PORTION)]
    portion((of, 0, 0, 2))  # compiles
    right, alone, begins = _timed(jobs, 1, "")
    yield Shared("one process", 1, len(jobs), alone, begins, 0.0, same=True)
    for what, cluster in ((f"{workers} processes", ""), (f"dask, {address}, {workers} workers", address)):
        found, seconds, begins = _timed(jobs, workers, cluster)
        share = max(0.0, (seconds - begins) * workers - alone) / len(jobs)
        yield Shared(what, workers, len(jobs), seconds, begins, share, found == right)


def _timed(jobs: list[Job], workers: int, cluster: str) -> tuple[list[list[Measured]], float, float]:
    """(rows by portion, seconds of all, seconds until the first came)."""
    begun, first = time.perf_counter(), 0.0
    found: dict[int, list[Measured]] = {}
    for n, rows in worked(portion, jobs, workers, cluster):
        first = first or time.perf_counter() - begun
        found[n] = rows
    return [found[n] for n in range(len(jobs))], time.perf_counter() - begun, first
