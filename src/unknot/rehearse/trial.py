"""A virtual trial: arms of virtual clients through their visits, on all cores; each client is the same wherever and with whomever they are worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from multiprocessing import get_context

import numpy as np

from unknot.case.plan import Plan, Wish
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.gate import admit
from unknot.rehearse.clinic import client, muscle_at
from unknot.rehearse.run import DT, rehearse
from unknot.rehearse.trial_file import Arm, Trial
from unknot.rehearse.truth_life import Life, later
from unknot.rehearse.truth_pain import bearing, probed, sent
from unknot.rehearse.truth_parameters import middle
from unknot.rehearse.truth_place import KG
from unknot.rehearse.truth_state import (
    B_PROBE,
    C_START,
    CALM,
    CALM_LASTS,
    CONTRACTED,
    D_THRESHOLD,
    D_TOLERANCE,
    GOAL,
    RELEASES,
    RESENSED,
    S_REST,
    S_START,
    SENSE,
    SORE,
    Array,
    resting,
)  # fmt: skip
from unknot.rehearse.truth_step import STILL, advance
from unknot.screen.case import screen

CHUNK = 40
"""Clients that a process works out in one go."""
WORTH_S = 15.0
"""A trial of less work than this is done in one process: others need some seconds to begin."""
SESSION_S, DOSE_S = 0.007, 0.002
"""About what one visit of one client costs, by cues and as a fixed dose."""
EVOKED_KG = 2.5
"""The test load of trials [kg/cm2]."""
LIGHT = 0.2
DAY_S = 86_400.0
PLANNED = date(2026, 1, 1)
"""A trial has no day of its own; the plan of an arm needs one."""
OUTCOMES = ("threshold_kgcm2", "evoked_0_10", "contracted")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One client at one time: what the algometer read, what was said under the test load, and the truth of the contracture."""

    arm: str
    client: int
    when: str
    threshold_kgcm2: float
    evoked_0_10: float
    contracted: float
    releases: int
    breaches: int
    over_ceiling_s: float


def run_trial(trial: Trial, k: Knowledge, *, workers: int = 1, told: Progress | None = None) -> list[Measured]:
    """Every measurement, in the order of arms, clients and times; the same for any number of workers, also when one dies."""
    jobs = [
        (trial, a, start, min(start + CHUNK, arm.clients))
        for a, arm in enumerate(trial.arms)
        for start in range(0, arm.clients, CHUNK)
    ]
    total, done = sum(arm.clients for arm in trial.arms), 0
    found: dict[int, list[Measured]] = {}
    work = sum(arm.clients * arm.visits * (SESSION_S if arm.technique else DOSE_S) for arm in trial.arms)
    for n, rows in _worked(jobs, k, workers if work > WORTH_S else 1):
        found[n] = rows
        done += jobs[n][3] - jobs[n][2]
        if told is not None:
            told(done, total)
    return [row for n in range(len(jobs)) for row in found[n]]


Job = tuple[Trial, int, int, int]


def _worked(jobs: Sequence[Job], k: Knowledge, workers: int) -> Iterator[tuple[int, list[Measured]]]:
    """(number, rows) of each job as it is done. What a worker that died leaves is worked out here."""
    left = dict(enumerate(jobs))
    if workers > 1 and len(jobs) > 1:
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                waiting = {n: pool.submit(_job, job) for n, job in left.items()}
                for n, future in waiting.items():
                    rows = future.result()
                    del left[n]
                    yield n, rows
        except BrokenProcessPool:
            pass
    for n, job in list(left.items()):
        yield n, _chunk(job, k)


def _job(job: Job) -> list[Measured]:
    """In a worker."""
    return _chunk(job, knowledge())


def _chunk(job: Job, k: Knowledge) -> list[Measured]:
    """Some clients of one arm, through all visits and measurements."""
    trial, number, start, stop = job
    arm = trial.arms[number]
    lives = [_cohort(k, trial, number, i) for i in range(start, stop)]
    muscle = _muscle(k, trial)
    region = k.points[trial.point].region.partition("@")[0]
    constants = np.array([one.place(muscle, region) for one in lives])
    before = resting(constants)
    state = before.copy()
    rows = {i: [_measured(arm, one, "before", constants[i], state[i], (0, 0, 0.0))] for i, one in enumerate(lives)}
    told = np.zeros((len(lives), 3))
    for visit in range(arm.visits):
        if visit:
            state = _between(lives, constants, state, arm.every_days)
        state, now = _treat(k, trial, arm, lives, constants, state, visit)
        told += now
    for i, one in enumerate(lives):
        rows[i].append(_measured(arm, one, "after", constants[i], state[i], tuple(told[i])))
    for days in trial.after_days:
        then = _between(lives, constants, state, days)
        for i, one in enumerate(lives):
            rows[i].append(_measured(arm, one, f"day {days:g}", constants[i], then[i], tuple(told[i])))
    return [row for i in range(len(lives)) for row in rows[i]]


def _muscle(k: Knowledge, trial: Trial) -> str:
    return muscle_at(k, f"{trial.point}@right")


def _cohort(k: Knowledge, trial: Trial, arm: int, number: int) -> Life:
    """A client of an arm, of whom it is known that the muscle holds a point; each client is in one arm only."""
    one = client(k, trial.seed, arm * 1_000_000 + number)
    muscle = _muscle(k, trial)
    active, latent = one.person.active - {muscle}, one.latent - {muscle}
    if trial.holds == "active":
        return replace(one, person=replace(one.person, active=active | {muscle}), latent=latent)
    return replace(one, person=replace(one.person, active=active), latent=latent | {muscle})


def _measured(arm: Arm, one: Life, when: str, c: Array, s: Array, told: Sequence[float]) -> Measured:
    """One reading of the algometer with its error, one word under the test load."""
    rng = one.rng("measure", when)
    kpa = max(10.0, float(probed(s, c)) + middle("measure.threshold") * float(rng.standard_normal()))
    evoked = min(10.0, sent(s, c, EVOKED_KG * KG * c[B_PROBE])) * one.manner.says + one.manner.offset
    said = min(10.0, max(0.0, evoked + one.manner.noise * float(rng.standard_normal())))
    return Measured(
        arm.name, one.index, when, kpa / KG, said, float(s[CONTRACTED]), int(told[0]), int(told[1]), round(float(told[2]), 2)
    )  # fmt: skip


def _between(lives: Sequence[Life], constants: Array, state: Array, days: float) -> Array:
    """How places stand some days later, before anything is pressed."""
    after = resting(constants)
    start = constants[:, C_START]
    now = np.array([later(days, one, state[i, GOAL], start[i]) for i, one in enumerate(lives)])
    after[:, CONTRACTED] = after[:, GOAL] = now
    after[:, SENSE] = constants[:, S_START] * (constants[:, S_REST] + (1 - constants[:, S_REST]) * now / start)
    after[:, CALM] = state[:, CALM] * np.exp(-days * DAY_S / constants[:, CALM_LASTS])
    after[:, RESENSED] = state[:, RESENSED] * np.exp(-days * DAY_S / constants[:, SORE])
    return after


# ---------------------------------------------------------------- treatment


def _treat(
    k: Knowledge, trial: Trial, arm: Arm, lives: Sequence[Life], constants: Array, state: Array, visit: int
) -> tuple[Array, Array]:
    """(state after a visit `[client, row]`, releases, words above the ceiling and seconds above it `[client, 3]`)."""
    if not arm.technique:
        after = dosed(arm, constants, state)
        told = np.zeros((len(lives), 3))
        told[:, 0] = after[:, RELEASES] - state[:, RELEASES]
        return after, told
    plan = plan_for(trial.point, arm.technique)
    key = (_muscle(k, trial), plan.applications[0].contact)
    states: list[Array] = []
    counted: list[tuple[float, float, float]] = []
    for i, one in enumerate(lives):
        done = rehearse(k, one, plan, visit, {key: state[i]})
        states.append(done.states[key])
        breaches = sum(f.kind == "breach" for f in done.facts)
        counted.append((done.treated[0].releases - state[i, RELEASES], breaches, done.treated[0].over_ceiling_s))
    return np.array(states), np.array(counted)


@cache
def plan_for(point: str, technique: str) -> Plan:
    """The plan of an arm: one technique on one point of somebody whom nothing keeps from being treated."""
    k = knowledge()
    region = k.points[point].region
    site = f"{region}@right" if k.regions[region].lateral else region
    tables = {
        "format": 1, "client": {"age": 40, "sex": "female"}, "pain": [{"site": site, "intensity": 5}], "history": {"asked": "all"},
        "today": {"date": PLANNED.isoformat(), "asked": "all"}, "consent": {"buttock": "yes"},
    }  # fmt: skip
    case = read_mapping(tables, "trial", k)
    wish = Wish(place=f"{point}@right", technique=technique, contact="thumb")
    return admit(screen(case, k, PLANNED), (wish,), k, PLANNED, minutes=30.0)


def dosed(arm: Arm, constants: Array, state: Array) -> Array:
    """The state after a fixed dose: all clients at once, each pressed as hard as they bear now."""
    up = middle("operator.presses")
    for turn in range(arm.times):
        for _ in range(arm.rises):
            force = _aimed(arm, constants, state)
            steps = np.arange(round(arm.hold_s / DT))
            forces = np.minimum(force[:, None], (steps + 0.5)[None, :] * DT * up)
            state, _ = advance(state, constants, forces, DT)
        if turn + 1 < arm.times:
            state, _ = advance(state, constants, np.zeros((len(state), round(arm.rest_s / STILL))), STILL)
    return advance(state, constants, np.zeros((len(state), round(120 / STILL))), STILL)[0]


def _aimed(arm: Arm, constants: Array, state: Array) -> Array:
    """The force of the dose for each client [N]."""
    if arm.pressure == "none":
        return np.zeros(len(state))

    def at(row: int) -> Array:
        return np.array([bearing(s, c, c[row]) for s, c in zip(state, constants, strict=True)])

    threshold = at(D_THRESHOLD)
    if arm.pressure == "light":
        return LIGHT * threshold
    if arm.pressure == "threshold":
        return threshold
    tolerance = at(D_TOLERANCE)
    return tolerance if arm.pressure == "tolerance" else (threshold + tolerance) / 2
