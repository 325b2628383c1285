"""Portions of work on processes of this machine or on a dask cluster: the same results to the last digit, also when a worker dies in the middle.

A portion is worked out from its own values alone, with generators of its own, so it matters neither where it is worked out nor how often.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from importlib import import_module
from multiprocessing import get_context
from typing import Any, TypeVar

from unknot.errors import Problem
from unknot.rehearse.clinic import RehearseError

POOLS = 3
"""A pool whose worker died is replaced so often; what is left then is worked out here."""
RETRIES = 5
"""On a cluster a portion is tried anew so often, when its workers die."""
CONNECT_S = 10
LOST_S = 60
"""A cluster on which no worker was for so long, or that does not hand out in that time what it has worked out, is lost."""
LOOKS_S, ASKS_S = 0.01, 1.0
"""How often it is looked what is done, and asked who works."""
LOCAL = "local"
Job = TypeVar("Job")
Rows = TypeVar("Rows")


def worked(
    work: Callable[[Job], Rows], jobs: Sequence[Job], workers: int = 1, cluster: str = ""
) -> Iterator[tuple[int, Rows]]:
    """(number, what came of it) of each job as it is done.

    `work` is a function of a module. With `cluster`, the address of a dask scheduler or "local" (a cluster of `workers` on this machine), it runs there.
    Raises RehearseError where dask is not installed, no scheduler answers, or its workers are of another version.
    """
    left = dict(enumerate(jobs))
    ways = [_on_cluster(work, workers, cluster)] if cluster else []
    ways += [_on_processes(work, workers)] * POOLS if workers > 1 and len(jobs) > 1 and not cluster else []
    for way in ways:
        if left:
            for n, rows in way(dict(left)):
                del left[n]
                yield n, rows
    for n, job in left.items():
        yield n, work(job)


Way = Callable[[dict[int, Job]], Iterator[tuple[int, Rows]]]


def _on_processes(work: Callable[[Job], Rows], workers: int) -> Way[Job, Rows]:
    """On processes of this machine; ends early when one dies."""

    def run(jobs: dict[int, Job]) -> Iterator[tuple[int, Rows]]:
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                waiting = {pool.submit(work, job): n for n, job in jobs.items()}
                for future in as_completed(waiting):
                    yield waiting[future], future.result()
        except BrokenProcessPool:
            return

    return run


# ---------------------------------------------------------------- a cluster


def versions() -> dict[str, str]:
    """What must be the same on every machine for the digits to be the same."""
    import sys
    from importlib.metadata import version

    from unknot.knowledge.load import knowledge

    names = ("unknot", "numpy", "numba")
    return {name: version(name) for name in names} | {
        "python": ".".join(map(str, sys.version_info[:2])), "knowledge": knowledge().version,
    }  # fmt: skip


def _on_cluster(work: Callable[[Job], Rows], workers: int, address: str) -> Way[Job, Rows]:
    """On a dask cluster; ends early when it is lost."""
    if importlib.util.find_spec("distributed") is None:
        todo = "install it with `pip install 'unknot[cluster]'`, or leave --cluster out"
        raise RehearseError([Problem("no_cluster", "--cluster", "dask is not installed", "no cluster", todo)])
    dask: Any = import_module("distributed")
    lost = (dask.KilledWorker, dask.CancelledError, dask.TimeoutError, CancelledError, TimeoutError, OSError)

    def run(jobs: dict[int, Job]) -> Iterator[tuple[int, Rows]]:
        with ExitStack() as kept:
            client = _client(dask, kept, workers, address)
            try:
                waiting = {client.submit(work, job, pure=False, retries=RETRIES): n for n, job in jobs.items()}
                for future in _done(client, dask.as_completed(list(waiting), loop=client.loop)):
                    yield waiting[future], future.result(LOST_S)
            except lost:
                return

    return run


def _done(client: Any, coming: Any) -> Iterator[Any]:
    """What is done, as it is done. Raises TimeoutError when nobody has worked for LOST_S."""
    seen = asked = time.monotonic()
    while not coming.is_empty():
        if coming.has_ready():
            yield next(coming)
            continue
        now = time.monotonic()
        if now - asked >= ASKS_S:
            asked = now
            if client.nthreads():
                seen = now
            elif now - seen >= LOST_S:
                raise TimeoutError("no worker is left")
        time.sleep(LOOKS_S)


async def _answers(address: str) -> None:
    """That a scheduler can be reached: a client that reaches none does not end without waiting and complaining once more. Raises OSError, ValueError or TypeError."""
    dask, comms = import_module("distributed"), import_module("distributed.comm")
    how = dask.Security().get_connection_args("client")
    comm = await comms.connect(address, timeout=CONNECT_S, **how)
    await comm.close()


def _client(dask: Any, kept: ExitStack, workers: int, address: str) -> Any:
    """A client of the cluster, whose workers are of this version."""
    try:
        if address == LOCAL:
            cluster = dask.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
            address = kept.enter_context(cluster)
        else:
            asyncio.run(_answers(address))
        client = kept.enter_context(dask.Client(address, timeout=CONNECT_S, set_as_default=False))
        client.wait_for_workers(1, timeout=CONNECT_S)
        theirs = client.run(versions)
    except (OSError, ValueError, TypeError, TimeoutError) as error:  # the third where tls:// has no certificate
        todo = "start one with `dask scheduler` and `dask worker ADDRESS`, or name `local`"
        problem = Problem("no_cluster", "--cluster", str(address)[:80], "a scheduler with workers that answers", todo)
        raise RehearseError([problem]) from error
    ours = versions()
    for worker, found in theirs.items():
        if found != ours:
            other = ", ".join(f"{key} {found[key]}" for key in ours if found[key] != ours[key])
            allowed = ", ".join(f"{key} {ours[key]}" for key in ours if found[key] != ours[key])
            todo = "install the same versions there: other ones may give other digits"
            raise RehearseError([Problem("other_version", str(worker)[:80], other, allowed, todo)])
    return client
