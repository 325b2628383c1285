"""A virtual trial: arms of virtual clients through their visits, on all cores; each client is the same wherever and with whomever they are worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse.clinic import client, muscle_at
from unknot.rehearse.portions import worked
from unknot.rehearse.run import DT, rehearse
from unknot.rehearse.trial_file import Arm, Trial
from unknot.rehearse.trial_plan import plan_for
from unknot.rehearse.truth_day import complaint, days_of, mood, motion_lost, stretch_of, stretched
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
OUTCOMES = ("threshold_kgcm2", "evoked_0_10", "complaint_0_10", "motion_lost_deg", "contracted")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One client at one time: what the algometer read, what was said under the test load and of the complaint, what the goniometer read, and the truth of the contracture."""

    arm: str
    client: int
    when: str
    threshold_kgcm2: float
    evoked_0_10: float
    complaint_0_10: float
    motion_lost_deg: float
    contracted: float
    releases: int
    breaches: int
    over_ceiling_s: float


def run_trial(trial: Trial, *, workers: int = 1, cluster: str = "", told: Progress | None = None) -> list[Measured]:
    """Every measurement, in the order of arms, clients and times; the same for any number of workers, also when one dies.

    `cluster` is the address of a dask scheduler, or "local". Raises RehearseError where there is none.
    """
    jobs = [
        (trial, a, start, min(start + CHUNK, arm.clients))
        for a, arm in enumerate(trial.arms)
        for start in range(0, arm.clients, CHUNK)
    ]
    total, done = sum(arm.clients for arm in trial.arms), 0
    found: dict[int, list[Measured]] = {}
    work = sum(arm.clients * arm.visits * (SESSION_S if arm.technique else DOSE_S) for arm in trial.arms)
    for n, rows in worked(portion, jobs, workers if work > WORTH_S or cluster else 1, cluster):
        found[n] = rows
        done += jobs[n][3] - jobs[n][2]
        if told is not None:
            told(done, total)
    return [row for n in range(len(jobs)) for row in found[n]]


Job = tuple[Trial, int, int, int]
"""(trial, number of the arm, first client, the one after the last)."""


def portion(job: Job) -> list[Measured]:
    """Some clients of an arm, in whatever process."""
    return _chunk(job, knowledge())


def _chunk(job: Job, k: Knowledge) -> list[Measured]:
    """Some clients of one arm, through all visits and measurements."""
    trial, number, start, stop = job
    arm = trial.arms[number]
    lives = [_cohort(k, trial, number, i) for i in range(start, stop)]
    muscle = _muscle(k, trial)
    region = k.points[trial.point].region.partition("@")[0]
    constants = np.array([one.place(muscle, region) for one in lives])
    state, told, passed = resting(constants), np.zeros((len(lives), 3)), 0.0
    rows: list[list[Measured]] = [[] for _ in lives]

    def look(when: str, at: Array, days: float) -> None:
        for i, one in enumerate(lives):
            rows[i].append(_measured(arm, one, when, days, constants[i], at[i], tuple(told[i])))

    look("before", state, 0.0)
    for visit in range(arm.visits):
        if visit:
            state, passed = _between(lives, constants, state, arm.every_days), passed + arm.every_days
            look(f"visit {visit + 1}", state, passed)
        state, now = _treat(k, trial, arm, lives, constants, state, visit)
        told += now
    look("after", state, passed)
    for days in trial.after_days:
        look(f"day {days:g}", _between(lives, constants, state, days), passed + days)
    return [row for of_one in rows for row in of_one]


def _muscle(k: Knowledge, trial: Trial) -> str:
    return muscle_at(k, f"{trial.point}@right")


def _cohort(k: Knowledge, trial: Trial, arm: int, number: int) -> Life:
    """A client of an arm, of whom it is known that the muscle holds a point and that nothing rules treatment out, as a trial takes nobody else in; each client is in one arm only."""
    one = replace(client(k, trial.seed, arm * 1_000_000 + number), yes={}, absolute=())
    muscle = _muscle(k, trial)
    active, latent = one.person.active - {muscle}, one.latent - {muscle}
    if trial.holds == "active":
        return replace(one, person=replace(one.person, active=active | {muscle}), latent=latent)
    return replace(one, person=replace(one.person, active=active), latent=latent | {muscle})


def _measured(arm: Arm, one: Life, when: str, days: float, c: Array, s: Array, told: Sequence[float]) -> Measured:
    """One reading of the algometer and of the goniometer with their errors, one word under the test load and one of the complaint."""
    rng = one.rng("measure", when)
    kpa = max(10.0, float(probed(s, c)) + middle("measure.threshold") * float(rng.standard_normal()))
    evoked = min(10.0, sent(s, c, EVOKED_KG * KG * c[B_PROBE])) * one.manner.says + one.manner.offset
    said = _word(evoked + one.manner.noise * float(rng.standard_normal()))
    of = days_of(one)
    pain = complaint(of, s, c, mood(one, of, days, when)) * one.manner.says + one.manner.offset
    hurts = _word(pain + middle("measure.complaint") * float(rng.standard_normal()))
    lost = motion_lost(of, s) + middle("measure.motion") * float(rng.standard_normal())
    return Measured(
        arm.name, one.index, when, kpa / KG, said, hurts, lost, float(s[CONTRACTED]), int(told[0]), int(told[1]), round(float(told[2]), 2)
    )  # fmt: skip


def _word(pain: float) -> float:
    return min(10.0, max(0.0, pain))


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
        of = [stretch_of(one) for one in lives]
        after = dosed(arm, constants, state, {name: np.array([one[name] for one in of]) for name in of[0]})
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


def dosed(arm: Arm, constants: Array, state: Array, yields: Mapping[str, Array]) -> Array:
    """The state after a fixed dose: all clients at once, each pressed as hard as they bear now, then stretched. `yields` is what a stretch does `[client]`."""
    up = middle("operator.presses")
    for turn in range(arm.times):
        for _ in range(arm.rises):
            force = _aimed(arm, constants, state)
            steps = np.arange(round(arm.hold_s / DT))
            forces = np.minimum(force[:, None], (steps + 0.5)[None, :] * DT * up)
            state, _ = advance(state, constants, forces, DT)
        if turn + 1 < arm.times:
            state = _rested(constants, state, arm.rest_s)
    for _ in range(arm.stretches):
        state = _rested(constants, stretched(state, arm.stretch_s, yields), arm.stretch_s + arm.stretch_rest_s)
    return _rested(constants, state, 120.0)


def _rested(constants: Array, state: Array, seconds: float) -> Array:
    """The state after some seconds in which nobody presses."""
    return advance(state, constants, np.zeros((len(state), round(seconds / STILL))), STILL)[0]


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
