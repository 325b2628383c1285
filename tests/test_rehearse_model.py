"""The model of the virtual clients: its numbers have sources, it is stable at any pressure and step, and the same seed is the same life."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.bench import rehearse as bench
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse import truth_state as r
from unknot.rehearse.clinic import client
from unknot.rehearse.published_tissue import FIGURES
from unknot.rehearse.truth_life import Life, later
from unknot.rehearse.truth_pain import bearing, probed
from unknot.rehearse.truth_parameters import ASSUMED, answer_rates, draw, layer, parameters, tables
from unknot.rehearse.truth_place import body, place, under
from unknot.rehearse.truth_powers import SHORT, exponential, logarithm, moved, power
from unknot.rehearse.truth_state import Array, boussinesq, resting
from unknot.rehearse.truth_step import STILL, advance
from unknot.rehearse.truth_tissue import compliances

SEED = 7
HALVED = {r.FELT: 0.01, r.GIVE: 0.003, r.FLOW: 0.001, r.CONTRACTED: 0.003, r.CALM: 0.0003}
"""How much an outcome may change when the step is halved, in its own unit."""


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


@pytest.fixture(scope="module")
def lives(k: Knowledge) -> list[Life]:
    return [client(k, SEED, i) for i in range(60)]


def places(count: int, *, build: float = 25.0, region: str = "shoulder.top", active: bool = True) -> Array:
    """Places `[client, row]` of people who are drawn anew."""
    found = []
    for i in range(count):
        rng = np.random.Generator(np.random.PCG64(1000 + i))
        found.append(place(rng, body(rng, "female" if i % 2 else "male", build), region, active=active))
    return np.array(found)


def ramp_hold(forces: Array, seconds: float, dt: float, *, rise_s: float = 2.0) -> Array:
    """A force that rises evenly and then stays `[client, step]`."""
    middle = (np.arange(round(seconds / dt)) + 0.5) * dt
    return forces[:, None] * np.minimum(1.0, middle / rise_s)[None, :]


def working(constants: Array, felt: float = 5.5) -> Array:
    state = resting(constants)
    return np.array([bearing(s, c, felt) for s, c in zip(state, constants, strict=True)])


# ---------------------------------------------------------------- the numbers


def test_every_number_has_a_unit_a_range_a_reason_and_a_source_that_is_known_or_says_assumed(k: Knowledge) -> None:
    own = {row["id"] for row in tables("truth_parameters.toml")["truth_source"]}
    named = [p.source for p in parameters().values()]
    rows = tables("truth_layers.toml")
    named += [row["source"] for kind in rows.values() for row in kind] + [a.source for a in answer_rates()]
    assert len(parameters()) > 70
    assert set(named) - own - set(k.sources) == {ASSUMED}
    assert own - set(named) - {f.source for f in FIGURES} == set()
    assert own & set(k.sources) == set()


def test_every_region_has_layers_every_contact_an_area_and_every_answer_a_question(k: Knowledge) -> None:
    assert all(layer(region).muscle > 0 for region in k.regions)
    assert {row["id"] for row in tables("truth_layers.toml")["contact"]} == set(k.contacts)
    assert {a.question for a in answer_rates()} <= set(k.questions)


def test_a_draw_stays_within_what_one_person_may_have() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    for p in parameters().values():
        assert all(p.low <= draw(rng, p.id) <= p.high for _ in range(30))


# ---------------------------------------------------------------- tissue


def test_pressure_falls_with_depth_as_under_an_even_disc() -> None:
    a = math.sqrt(100 / math.pi)
    assert np.round(boussinesq(np.array([a, 2 * a, 3 * a]), 1.0), 2).tolist() == [0.65, 0.28, 0.15]
    assert float(boussinesq(0.0, 1.0)) == pytest.approx(1.0)


def test_creep_and_relaxation_are_one_material() -> None:
    """The product of the two in the frequency domain is one, and nothing but the viscous part creeps."""
    viscous, weights, relax = np.array([0.3, 0.5, 0.7]), (0.25,) * 4, (0.6, 6.0, 30.0, 60.0)
    parts, times = compliances(viscous, weights, relax)
    assert parts.sum(axis=1) == pytest.approx(1 / (1 - viscous) - 1)
    assert (np.diff(times, axis=1) > 0).all()
    for p in (0.003, 0.05, 1.0, 20.0):
        stress = 1 - viscous + viscous * sum(w * p * t / (1 + p * t) for w, t in zip(weights, relax, strict=True))
        strain = 1 + (parts / (1 + p * times)).sum(axis=1)
        assert stress * strain == pytest.approx(1.0)


def test_a_layer_never_gives_more_than_it_is_thick_and_comes_back_when_nothing_presses() -> None:
    c = places(40)
    thick = c[:, [r.H_SKIN, r.H_FAT, r.H_MUSCLE, r.H_NODULE]].sum(axis=1)
    pressed, seen = advance(resting(c), c, ramp_hold(np.full(40, 120.0), 60, 0.05), rows=(r.GIVE,))
    assert (seen[:, :, 0] >= 0).all()
    assert (seen[:, :, 0] < thick[:, None]).all()
    assert (np.diff(seen[:, 60:, 0], axis=1) > -1e-12).all()  # it creeps one way
    after, _ = advance(pressed, c, np.zeros((40, 4 * 1200)), STILL)
    assert (after[:, r.GIVE] < 0.02 * thick).all()


def test_work_put_in_is_never_given_back_in_full() -> None:
    """Energy: over a press that comes and goes the hand does work on the tissue, and gets less back."""
    c = places(20)
    c[:, r.YIELDS_AT] = 1e9
    up = ramp_hold(np.full(20, 30.0), 5, 0.01)
    forces = np.concatenate([up, up[:, ::-1]], axis=1)
    _, seen = advance(resting(c), c, forces, 0.01, rows=(r.GIVE,))
    moved = np.diff(seen[:, :, 0], axis=1, prepend=0.0)
    assert ((forces * moved).sum(axis=1) > 0).all()


def test_a_fat_client_meets_less_at_the_point_than_a_thin_one() -> None:
    thin, fat = places(10, build=18.0), places(10, build=42.0)
    assert (fat[:, r.B_NODULE] < thin[:, r.B_NODULE]).all()


def test_a_broader_contact_reaches_deeper() -> None:
    c = places(10)
    assert (under(c, 4.0)[:, r.B_NODULE] > c[:, r.B_NODULE]).all()


def test_a_contracture_gives_way_in_steps_after_seconds_to_a_minute_and_not_at_a_light_touch() -> None:
    c = places(200)
    _, seen = advance(resting(c), c, ramp_hold(working(c), 90, 0.05), rows=(r.RELEASES,))
    first = np.array([np.argmax(s > 0) * 0.05 for s in seen[:, :, 0] if s[-1] > 0])
    assert 0.5 < len(first) / 200 < 0.98
    assert 3 < np.median(first) < 40
    assert np.quantile(first, 0.95) < 85
    light, _ = advance(resting(c), c, ramp_hold(working(c) * 0.1, 90, 0.05))
    assert (light[:, r.RELEASES] == 0).mean() > 0.97


def test_a_knot_below_four_centimetres_hardly_ever_yields_as_the_documents_say() -> None:
    def yielded(region: str) -> float:
        c = places(32, region=region)
        forces = ramp_hold(working(c, 6.0), 60, STILL)
        return float((advance(resting(c), c, forces, STILL)[0][:, r.RELEASES] > 0).mean())

    assert yielded("buttock.middle") < 0.12
    assert yielded("hip.side") < 0.3 and yielded("low_back.upper") < 0.3
    assert yielded("shoulder.top") > 0.8


def test_where_there_is_no_contracture_nothing_is_released() -> None:
    c = places(20)
    c[:, r.C_START] = 0.0
    after, _ = advance(resting(c), c, ramp_hold(np.full(20, 80.0), 60, 0.05))
    assert (after[:, r.RELEASES] == 0).all()


# ---------------------------------------------------------------- blood and pain


def test_blood_is_shut_out_and_comes_back_above_rest_the_more_the_longer_it_was_shut_out() -> None:
    c = places(30)
    most = []
    for hold_s in (8, 30, 90):
        held, _ = advance(resting(c), c, np.full((30, hold_s * 20), 80.0))
        assert (held[:, r.FLOW] < 0.2).all()
        _, seen = advance(held, c, np.zeros((30, 200 * 20)), rows=(r.FLOW,))
        most.append(seen[:, :, 0].max(axis=1))
        assert (seen[:, -1, 0] < 1.2).mean() > 0.8
    assert (np.diff(np.array(most), axis=0) > 0).all()
    assert most[0].mean() < 1.6 and (most[0] < 2.5).all()


def test_at_the_threshold_it_begins_to_hurt_and_a_sensitised_place_hurts_sooner_and_more_steeply() -> None:
    active, latent = places(40), places(40, active=False)
    for c in (active, latent):
        state = resting(c)
        force = np.array([bearing(s, x, float(x[r.D_THRESHOLD])) for s, x in zip(state, c, strict=True)])
        skin = 10 * force / c[:, r.AREA] * c[:, r.B_NODULE] / c[:, r.B_PROBE]
        assert skin == pytest.approx([probed(s, x) for s, x in zip(state, c, strict=True)], rel=1e-6)
    kpa = [np.mean([probed(s, x) for s, x in zip(resting(c), c, strict=True)]) for c in (active, latent)]
    assert kpa[0] < kpa[1]

    def rise(c: Array) -> float:
        """Newtons from discomfort 4 to 6, beside those to 4."""
        return float(np.mean(working(c, 6.0) / working(c, 4.0)))

    assert rise(active) < rise(latent)


def test_a_steady_bearable_press_is_felt_less_and_less_and_one_that_is_too_hard_is_not() -> None:
    c = places(60)
    _, good = advance(resting(c), c, ramp_hold(working(c, 5.0), 60, 0.05), rows=(r.FELT,))
    assert np.median(good[:, -1, 0] / good[:, 100, 0]) < 0.75
    after, hard = advance(resting(c), c, ramp_hold(working(c, 9.5), 60, 0.05), rows=(r.FELT,))
    assert np.median(hard[:, 600, 0] / hard[:, 100, 0]) > 0.9
    assert (after[:, r.RESENSED] > 0.02).mean() > 0.9


def test_what_calms_fades_within_the_hour() -> None:
    c = places(30)
    held, _ = advance(resting(c), c, ramp_hold(working(c, 5.0), 90, 0.05))
    assert (held[c[:, r.FEELS] == 1.0, r.CALM] > 0.002).all()
    hour, _ = advance(held, c, np.zeros((30, 3600)), 1.0)
    assert (hour[:, r.CALM] < 0.75 * held[:, r.CALM]).all()


# ---------------------------------------------------------------- numerics


@settings(max_examples=40, deadline=None)
@given(
    force=st.floats(0, 1e6), dt=st.sampled_from([1e-4, 0.05, 1.0, 60.0, 3600.0]), steps=st.integers(1, 40), client_at=st.integers(0, 11)
)  # fmt: skip
def test_any_force_and_any_step_leave_every_number_finite_and_in_its_range(
    force: float, dt: float, steps: int, client_at: int
) -> None:
    c = EXTREME[client_at : client_at + 1]
    after, _ = advance(resting(c), c, np.full((1, steps), force), dt)
    assert np.isfinite(after).all()
    s = after[0]
    assert 0 <= s[r.FELT] <= 10
    assert 0 <= s[r.CONTRACTED] <= 1
    assert 0 <= s[r.SHUT] <= 1
    assert s[r.FLOW] >= 0
    assert 0 <= s[r.ADAPTED] < 1
    assert s[r.GIVE] <= c[0, [r.H_SKIN, r.H_FAT, r.H_MUSCLE, r.H_NODULE]].sum()


EXTREME = np.concatenate(
    [places(2, build=build, region=region) for build in (15.0, 60.0) for region in ("head.forehead", "buttock", "hand.thumb_base")]
)  # fmt: skip
"""The thinnest and the heaviest, over the thinnest and the thickest layers."""


def test_halving_the_step_changes_outcomes_less_than_is_stated() -> None:
    c = places(200)
    forces, seen = working(c), {}
    for dt in (0.05, 0.025):
        up = ramp_hold(forces, 60, dt)
        seen[dt], _ = advance(resting(c), c, np.concatenate([up, np.zeros((200, round(10 / dt)))], axis=1), dt)
    changed = np.abs(seen[0.05] - seen[0.025])
    assert {
        row: float(np.quantile(changed[:, row], 0.99))
        for row, most in HALVED.items()
        if np.quantile(changed[:, row], 0.99) > most
    } == {}
    assert (seen[0.05][:, r.RELEASES] == seen[0.025][:, r.RELEASES]).mean() > 0.97


def test_the_error_of_a_step_falls_with_its_square_or_nearly_and_a_step_of_a_quarter_second_is_good_enough() -> None:
    constants, forces = bench.cohort(16, 3)
    right = bench.ours(constants, forces, 0.003125, parallel=False)
    wrong = [bench.error(bench.ours(constants, forces, dt, parallel=False), right) for dt in (0.5, STILL, 0.125)]
    assert wrong[0] > 2.5 * wrong[1] > 5 * wrong[2]
    assert wrong[1] < 0.002
    assert bench.error(bench.ours(constants, forces, 0.05, parallel=False), right) < 0.0001


def test_exponential_and_logarithm_are_right_to_the_last_digits() -> None:
    for x in np.linspace(-690, 690, 1381):
        assert exponential(x) == pytest.approx(math.exp(x), rel=5e-16)
        assert logarithm(math.exp(x)) == pytest.approx(x, rel=5e-16, abs=5e-16)
    assert exponential(-1e9) < 1e-300
    assert exponential(0.0) == 1.0
    assert logarithm(1.0) == 0.0


def test_a_power_and_the_part_moved_in_a_step_are_as_right_as_they_say() -> None:
    for x in (1e-300, 1e-6, 0.3, 0.999999, 1.0, 1.4142, 1.5, 2.7, 40.0, 1e6):
        for y in (0.5, 1.0, 1.7, 4.0):
            assert power(x, y) == pytest.approx(max(x**y, 1e-301), rel=1e-10, abs=1e-290), (x, y)
    for x in (1e-12, 1e-3, SHORT, np.nextafter(SHORT, 1), 0.5, 3.0, 800.0):
        assert moved(x) == pytest.approx(-math.expm1(-x) / x, rel=5e-11), x


def test_a_client_whose_times_are_shorter_than_a_step_changes_no_digit_of_another() -> None:
    c = places(8)
    other = c.copy()
    other[3, [r.OWED, r.REPAYS, r.CALM_IN]] = 0.2
    forces = ramp_hold(working(c), 10, 0.05)
    with_it, _ = advance(resting(other), other, forces)
    without, _ = advance(resting(c), c, forces)
    rest = np.arange(8) != 3
    assert with_it[rest].tobytes() == without[rest].tobytes()
    assert with_it[3].tobytes() == advance(resting(other[3:4]), other[3:4], forces[3:4])[0].tobytes()


def test_a_step_cut_in_two_gives_the_same_where_the_equations_are_linear() -> None:
    c = places(20)
    c[:, r.YIELDS_AT] = 1e9
    one, _ = advance(resting(c), c, np.full((20, 1), 40.0), 8.0)
    two, _ = advance(resting(c), c, np.full((20, 64), 40.0), 0.125)
    for row in (r.X_SKIN, r.X_FAT, r.X_1, r.X_4, r.N_1, r.N_4, r.DEBT, r.GIVE, r.LONG_HELD):
        assert one[:, row] == pytest.approx(two[:, row], rel=1e-9), row


def test_the_step_solves_the_equations_as_they_are_written_for_any_solver() -> None:
    """Beside the classic Runge-Kutta with small steps on the same equations, written a second time in numpy."""
    constants, forces = bench.cohort(12, 3)
    y = resting(constants)[:, bench.STATES].T.copy()
    dt = 0.02
    for seconds, part in bench.PRESSES[:4]:
        slope = bench.slopes(constants, forces * part)
        for _ in range(round(seconds / dt)):
            a = slope(0, y)
            b = slope(0, y + dt / 2 * a)
            c = slope(0, y + dt / 2 * b)
            y = y + dt / 6 * (a + 2 * b + 2 * c + slope(0, y + dt * c))
    part = np.concatenate([np.full(round(seconds / 0.05), part) for seconds, part in bench.PRESSES[:4]])
    after, _ = advance(resting(constants), constants, forces[:, None] * part[None, :])
    assert bench.error(after[:, bench.STATES].T, y) < 0.005


def test_one_thread_and_many_give_the_same_to_the_last_digit() -> None:
    c = places(33)
    forces = ramp_hold(working(c), 20, 0.05)
    alone, trace = advance(resting(c), c, forces, rows=(r.FELT, r.GIVE))
    together, trace_too = advance(resting(c), c, forces, rows=(r.FELT, r.GIVE), parallel=True)
    assert alone.tobytes() == together.tobytes()
    assert trace.tobytes() == trace_too.tobytes()
    by_one = np.concatenate([advance(resting(c[i : i + 1]), c[i : i + 1], forces[i : i + 1])[0] for i in range(33)])
    assert alone.tobytes() == by_one.tobytes()


@pytest.mark.parametrize(
    ("forces", "dt"), [([[-1.0]], 0.05), ([[math.nan]], 0.05), ([[math.inf]], 0.05), ([[1.0]], 0.0), ([[1.0]], -1.0)]
)
def test_a_force_or_a_step_that_cannot_be_is_refused(forces: Any, dt: float) -> None:
    c = places(1)
    with pytest.raises(ValueError, match="finite and not negative"):
        advance(resting(c), c, np.array(forces), dt)


# ---------------------------------------------------------------- the life


def test_the_same_seed_is_the_same_life_and_another_number_another_one(k: Knowledge, lives: list[Life]) -> None:
    assert client(k, SEED, 5) == lives[5]
    assert lives[4] != lives[5]
    muscle = sorted(lives[5].latent)[0]
    assert lives[5].place(muscle, "thigh").tobytes() == client(k, SEED, 5).place(muscle, "thigh").tobytes()


def test_people_are_as_they_should_be(lives: list[Life]) -> None:
    assert all(18 <= one.age <= 88 for one in lives)
    assert 0.4 < np.mean([one.sex == "female" for one in lives]) < 0.85
    assert 10 < np.mean([len(one.latent) for one in lives]) < 35
    assert all(not one.latent & one.person.active for one in lives)
    assert any(one.manner.says < 1 for one in lives)


def test_an_answer_that_hangs_on_another_never_stands_alone(k: Knowledge) -> None:
    before = {a.question: a.before for a in answer_rates() if a.before}
    for i in range(300):
        yes = {q for answers in client(k, 3, i).yes.values() for q in answers}
        assert all(before[q] in yes for q in yes if q in before)


def test_between_visits_a_point_comes_back_where_habits_feed_it_and_heals_where_they_do_not(lives: list[Life]) -> None:
    start, now = np.array([1.0]), np.array([0.4])
    for one in lives:
        days = [float(later(d, one, now, start)[0]) for d in (0, 1, 7, 30)]
        assert days[0] == pytest.approx(0.4)
        assert sorted(days, reverse=not one.habits) == days
        assert all(0 <= d <= 1 for d in days)
