"""Work whose process is killed in the middle, in a file of its own: a worker that is begun anew reads nothing else for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from unknot.rehearse import trial as trials
from unknot.rehearse.trial import Measured
from unknot.rehearse.trial_file import Trial

Lethal = tuple[str, trials.Job]


def dies_once(lethal: Lethal) -> list[Measured]:
    """A portion of a trial in a process that is killed the first time that this portion is begun."""
    mark, job = Path(lethal[0]), lethal[1]
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return trials.portion(job)


def lethal_jobs(of: Trial, folder: Path) -> list[Lethal]:
    """Three portions, the second of which kills whoever begins it."""
    for n in (0, 2):
        (folder / str(n)).touch()
    return [(str(folder / str(n)), (of, 0, 3 * n, 3 * n + 3)) for n in range(3)]
