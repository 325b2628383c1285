"""What the plan room proposes: the order, what is left out and told, treat here, and what nobody pressed yet."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proposing import LATERAL, ON, K, case_of, cleared, found, healthy
from unknot.case.clearance import LIMITS, Barred, Clearance, Forbidden
from unknot.case.model import Case, Finding
from unknot.case.plan import HIGHEST, Application, Limit, Plan, Wish
from unknot.case.ranking import RankedPoint, Ranking, Refer
from unknot.plan.gate import PlanError, admit
from unknot.plan.here import treat_here
from unknot.plan.lying import lies_of
from unknot.plan.minutes import pressing_s, total
from unknot.plan.order import Stop, area_of, depth_of, leads, must_precede, ordered
from unknot.plan.places import licence_of
from unknot.plan.propose import propose


def careful(discomfort: float = 4.0) -> Clearance:
    """A clearance that allows less discomfort."""
    ceilings = tuple(replace(c, value=discomfort) if c.limit == "discomfort" else c for c in cleared().ceilings)
    return healthy(outcome="careful", ceilings=ceilings)


def ranked(chances: dict[str, float]) -> Ranking:
    """A ranking with nothing but the chances of points."""
    blank = RankedPoint("", "", "", 0.0, 0.1, 0.1, (), (), {}, (), "", "", "", "", None, "", "", "", "")
    refer = Refer(needed=False, urgency="none", reasons=())
    points = tuple(replace(blank, id=ident, probability=p) for ident, p in chances.items())
    return Ranking("", points, (), None, "", (), (), (), refer, (), "exact", 0.0, 0, K.version)


def worked(plan: Plan) -> list[str]:
    """The places of a plan in order, glides left out."""
    return list(dict.fromkeys(a.place for a in plan.applications if a.verb != "glide"))


places = st.lists(st.sampled_from(LATERAL), min_size=1, max_size=9, unique=True).map(
    lambda points: [f"{p}@left" for p in points]
)
tenders = st.integers(3, 10)


@st.composite
def visits(draw: Any) -> tuple[Case, Ranking]:
    """A case with some points found and some ranked."""
    chosen = draw(places)
    felt = [p for p in chosen if draw(st.booleans())]
    findings = [
        found(p, float(draw(tenders)), familiar_pain=draw(st.booleans()), taut_band=draw(st.booleans())) for p in felt
    ]
    chances = {p: draw(st.floats(0.0, 0.99)) for p in chosen if p not in felt}
    return case_of(*findings), ranked(chances)


# ---------------------------------------------------------------- the order


@given(visits())
@settings(max_examples=60, deadline=None)
def test_a_key_that_is_found_or_likely_is_always_worked_on_before_its_satellite(visit: tuple[Case, Ranking]) -> None:
    case, ranking = visit
    plan, _ = propose(ranking, case, healthy(), K, ON)
    order = worked(plan)
    before = must_precede(order, K)
    touched = {f.on for f in case.findings}
    unlikely = {p.id for p in ranking.points if p.id not in touched and p.probability < K.dose("plan", "likely_from")}
    for number, place in enumerate(order):
        assert before[place] - unlikely <= set(order[:number])


@given(places, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_takes_every_place_once_turns_only_when_it_must_and_does_not_depend_on_how_it_was_given(
    chosen: list[str], chance: random.Random
) -> None:
    stops = [Stop(p, lies_of(p, K), 1.0 + i / 100, float(i)) for i, p in enumerate(chosen)]
    steps = ordered(stops, K)
    assert sorted(s.place for s in steps) == sorted(chosen)
    shuffled = list(stops)
    chance.shuffle(shuffled)
    assert [s.place for s in ordered(shuffled, K)] == [s.place for s in steps]
    before = must_precede(chosen, K)
    lies = {s.place: s.lies for s in stops}
    for number, step in enumerate(steps[1:], 1):
        done = {s.place for s in steps[:number]}
        if step.lie != steps[number - 1].lie:
            ready = [p for p in chosen if p not in done and before[p] <= done]
            assert not any(steps[number - 1].lie in lies[p] for p in ready)


def test_two_points_that_are_each_others_key_bind_neither() -> None:
    pairs = [(a, b) for a in LATERAL for b in LATERAL if a < b and leads(f"{a}@left", f"{b}@left", K)]
    both = [(a, b) for a, b in pairs if leads(f"{b}@left", f"{a}@left", K)]
    assert pairs
    for a, b in both[:20]:
        found_before = must_precede([f"{a}@left", f"{b}@left"], K)
        assert not any(found_before.values())
    assert not leads("infraspinatus.1@left", "deltoideus.anterior.1@right", K)


def test_superficial_comes_before_deep_in_one_area() -> None:
    deep = [p for p in LATERAL if depth_of(f"{p}@left", K) == 2]
    flat = [p for p in LATERAL if depth_of(f"{p}@left", K) == 0]
    tried = 0
    for a in deep:
        b = next((f for f in flat if area_of(f"{f}@l", K) == area_of(f"{a}@l", K)), None)
        names = [f"{a}@left", f"{b}@left"]
        if b is None or any(must_precede(names, K).values()):
            continue
        tried += 1
        steps = ordered([Stop(names[0], ("prone",), 5.0, 0), Stop(names[1], ("prone",), 1.0, 0)], K)
        assert [s.place for s in steps] == names[::-1]
    assert tried > 10


def test_the_most_tender_place_is_not_the_first() -> None:
    case = case_of(found("infraspinatus.1@left", 9, familiar_pain=True), found("infraspinatus.2@left", 4))
    plan, _ = propose(None, case, healthy(), K, ON)
    assert worked(plan) == ["infraspinatus.2@left", "infraspinatus.1@left"]
    assert "most tender" in next(a.why for a in plan.applications if a.place == "infraspinatus.2@left")


@given(places)
@settings(max_examples=60, deadline=None)
def test_the_most_tender_place_is_first_only_where_it_is_alone_or_leads_all_others(chosen: list[str]) -> None:
    stops = [Stop(p, tuple(lies_of(p, K)), 1.0, float(i + 1)) for i, p in enumerate(chosen)]
    first = ordered(stops, K)[0].place
    before = must_precede(chosen, K)
    assert first != chosen[-1] or all(chosen[-1] in before[p] or before[p] for p in chosen[:-1])


# ---------------------------------------------------------------- what is proposed


def test_what_was_found_comes_before_what_is_only_ranked_and_what_was_found_quiet_is_left_out() -> None:
    case = case_of(found("soleus.1@left", 7, familiar_pain=True), found("soleus.2@left", 1))
    plan, _ = propose(
        ranked({"gastrocnemius.medial.1@left": 0.9, "soleus.2@left": 0.8}), case, healthy(), K, ON, minutes=8
    )
    assert worked(plan) == ["soleus.1@left"]
    assert {row.place for row in plan.left} >= {"gastrocnemius.medial.1@left", "soleus.2@left"}
    assert "quiet" in next(row.why for row in plan.left if row.place == "soleus.2@left")


def test_an_unlikely_point_that_nobody_pressed_is_not_proposed() -> None:
    plan, wishes = propose(ranked({"soleus.1@left": 0.1}), case_of(), healthy(), K, ON)
    assert plan.applications == () and wishes == ()


@given(visits(), st.floats(1, 90))
@settings(max_examples=60, deadline=None)
def test_the_minutes_add_up_and_never_pass_those_at_hand(visit: tuple[Case, Ranking], minutes: float) -> None:
    case, ranking = visit
    plan, wishes = propose(ranking, case, healthy(), K, ON, minutes=minutes)
    assert plan.minutes == total(plan.applications) <= minutes
    assert len(wishes) == len(plan.applications)
    again = admit(healthy(), wishes, K, ON, minutes=minutes)
    assert again.applications == plan.applications and again.left == ()


@given(visits(), st.sampled_from([2.0, 3.0, 4.0, 6.0]), st.floats(1, 60), st.floats(1, 6))
@settings(max_examples=60, deadline=None)
def test_nothing_is_above_any_ceiling_and_the_band_stays_usable(
    visit: tuple[Case, Ranking], allowed: float, hold: float, liked: float
) -> None:
    case, ranking = visit
    others = [Limit("hold_s", hold, "practitioner", "habit"), Limit("discomfort", liked, "client", "liked")]
    clearance = careful(allowed)
    plan, _ = propose(ranking, case, clearance, K, ON, others=others)
    for a in plan.applications:
        within_limits(a, clearance)
        assert a.dose.band_high <= min(allowed, liked) and a.dose.hold_s <= hold
        assert a.dose.band_low < a.dose.band_high


def within_limits(a: Application, clearance: Clearance) -> None:
    for name in LIMITS:
        assert getattr(a.limits, name) <= min(clearance.limit(name).value, HIGHEST[name])
    dose = a.dose
    assert dose.band_high <= a.limits.discomfort and dose.hold_s <= a.limits.hold_s
    assert pressing_s(a) <= dose.point_s <= a.limits.point_s


barrings = st.lists(st.sampled_from(sorted(r for r in K.regions)), max_size=40)
forbiddings = st.lists(st.sampled_from(sorted(K.techniques)), max_size=3)


@given(visits(), barrings, forbiddings)
@settings(max_examples=60, deadline=None)
def test_nothing_barred_forbidden_or_needing_a_licence_is_proposed_and_what_is_left_out_is_told(
    visit: tuple[Case, Ranking], regions: list[str], techniques: list[str]
) -> None:
    case, ranking = visit
    barred = tuple(Barred(f"{r}@left" if K.regions[r].lateral else r, "r", "why") for r in regions)
    clearance = healthy(barred=barred, forbidden=tuple(Forbidden(t, "r", "why") for t in techniques))
    plan, _ = propose(ranking, case, clearance, K, ON, minutes=90)
    sites = {b.site for b in barred}
    for a in plan.applications:
        assert a.site not in sites and a.technique not in techniques and not licence_of(a.place, K)
    wanted = {f.on for f in case.findings} | {p.id for p in ranking.points if p.probability >= 0.15}
    assert wanted <= {a.place for a in plan.applications} | {row.place for row in plan.left}
    assert all(row.why for row in plan.left)


def test_no_prolonged_hold_where_none_is_allowed_and_none_when_screening_forbids_it() -> None:
    deep = case_of(found("quadratus_lumborum.deep.1@left", 6, familiar_pain=True))
    plan, _ = propose(None, deep, healthy(), K, ON)
    assert "prolonged_compression" in {a.technique for a in plan.applications}
    plan, _ = propose(None, deep, healthy(forbidden=(Forbidden("prolonged_compression", "r", "w"),)), K, ON)
    assert {a.technique for a in plan.applications if a.verb == "press"} == {"alternating_compression"}


def test_a_taut_band_is_stroked_along_after_the_points_of_its_muscle() -> None:
    case = case_of(found("infraspinatus.1@left", 6, taut_band=True), found("infraspinatus.2@left", 5))
    plan, _ = propose(None, case, healthy(), K, ON)
    verbs = [a.verb for a in plan.applications if a.verb != "glide"]
    assert verbs == ["press", "press", "strip"]
    stroke = plan.applications[-2]
    assert stroke.path[0] == K.muscles["infraspinatus"].strip_from and stroke.path[2] > 0 and stroke.dose.pass_s > 0


def test_a_stroke_does_not_run_over_a_barred_site_of_its_muscle() -> None:
    wish = Wish(place="infraspinatus.1@left", technique="muscle_stripping")
    assert admit(healthy(), [wish], K, ON).applications
    barred = healthy(barred=(Barred("shoulder.back@left", "r", "why"),))
    with pytest.raises(PlanError, match="barred"):
        admit(barred, [wish], K, ON)
    press = Wish(place="infraspinatus.1@left", technique="alternating_compression")
    assert admit(barred, [press], K, ON).applications


def test_what_did_not_ease_since_the_last_visit_gets_the_long_hold() -> None:
    case = case_of(
        Finding("point", "infraspinatus.1@left", {"tenderness": 7.0}, visit="1"),
        Finding("point", "infraspinatus.1@left", {"tenderness": 7.0}, visit="2"),
    )
    plan, _ = propose(None, case, healthy(), K, ON)
    assert "prolonged_compression" in {a.technique for a in plan.applications}


def test_the_clients_wish_lowers_every_dose_and_says_so() -> None:
    case = case_of(found("infraspinatus.1@left", 6), wishes={"discomfort_max": 3.0, "session_min_max": 10.0})
    plan, _ = propose(None, case, healthy(), K, ON)
    press = next(a for a in plan.applications if a.verb == "press")
    assert press.dose.band_high == 3 and plan.at_hand == 10
    assert [c.source for c in press.cuts if c.name == "discomfort"] == ["client"]
    assert any("10 minutes" in text for text in plan.proposals)


def test_a_position_that_screening_rules_out_is_not_used() -> None:
    case = case_of(found("soleus.1@left", 6))
    for rule, out in (("no_prone", "prone"), ("side_lying", "supine")):
        plan, _ = propose(None, case, healthy(positions=((rule, "r"),)), K, ON)
        assert plan.applications and all(a.lie != out for a in plan.applications)


# ---------------------------------------------------------------- treat here


@pytest.mark.parametrize(
    ("place", "site"),
    [
        ("infraspinatus.1@left", ""),
        ("shoulder.top@right", ""),
        ("spot.0190", "leg.calf.lower@left"),
        ("upper_back.spine", ""),
    ],
)
def test_one_call_treats_what_was_found_with_the_usual_dose_and_all_limits(place: str, site: str) -> None:
    plan = treat_here(place, healthy(), K, ON, site=site, name="a strand")
    (a,) = plan.applications
    assert a.place == place and a.why.startswith("Found here") and a.site == (site or a.site)
    within_limits(a, healthy())


def test_treat_here_is_refused_with_every_reason_where_nothing_is_allowed() -> None:
    with pytest.raises(PlanError, match="barred"):
        treat_here(
            "spot.1", healthy(barred=(Barred("leg.calf.lower@left", "r", "w"),)), K, ON, site="leg.calf.lower@left"
        )
    with pytest.raises(PlanError, match="neck"):
        treat_here("neck.throat", healthy(), K, ON)
    with pytest.raises(PlanError):
        treat_here("infraspinatus.1@left", None, K, ON)
    with pytest.raises(PlanError, match="spot with its site"):
        treat_here("spot.1", healthy(), K, ON)


# ---------------------------------------------------------------- what nobody pressed yet


MASSETER = [p for p in LATERAL if K.points[p].muscle == "masseter.superficial"]


def test_of_a_muscle_that_nobody_pressed_two_points_are_proposed_and_the_rest_is_told() -> None:
    chances = {f"{p}@left": 0.6 - n / 100 for n, p in enumerate(MASSETER)}
    muscle = Finding("muscle", "masseter.superficial@left", {"tenderness": 6.0, "familiar_pain": True})
    plan, _ = propose(ranked(chances), case_of(muscle), healthy(), K, ON)
    pressed = [a for a in plan.applications if a.verb == "press"]
    assert len(pressed) == 2
    assert sum(pressing_s(a) for a in pressed) <= K.dose("plan", "unfound_s")
    told = {row.place: row.why for row in plan.left}
    assert set(told) == {f"{p}@left" for p in MASSETER} - {a.place for a in pressed}
    assert all("nobody has pressed yet" in why for why in told.values())


def test_points_that_were_found_are_not_counted_as_unpressed() -> None:
    every = [f"{p}@left" for p in MASSETER]
    plan, _ = propose(None, case_of(*(found(p) for p in every)), healthy(), K, ON, minutes=60)
    assert set(worked(plan)) == set(every)


def test_an_unlikely_place_that_nobody_pressed_comes_after_the_likely_and_gets_no_glide() -> None:
    chances = {"infraspinatus.1@left": 0.16, "levator_scapulae.1@left": 0.79}
    plan, _ = propose(ranked(chances), case_of(), healthy(), K, ON)
    assert worked(plan) == ["levator_scapulae.1@left", "infraspinatus.1@left"]
    glides = {a.site for a in plan.applications if a.verb == "glide"}
    near = {a.site for a in plan.applications if a.place == "levator_scapulae.1@left"}
    assert glides == near


def test_an_unlikely_key_keeps_no_found_place_waiting() -> None:
    pair = next((a, b) for a in LATERAL for b in LATERAL if leads(a, b, K) and not leads(b, a, K))
    key, satellite = (f"{p}@left" for p in pair)
    lies = ("supine",)
    steps = ordered([Stop(key, lies, 0.2, 0, likely=False), Stop(satellite, lies, 1.0, 0)], K)
    assert [s.place for s in steps] == [satellite, key]


def test_in_five_minutes_there_are_fewer_rounds_rather_than_nothing() -> None:
    plan, wishes = propose(None, case_of(found("soleus.1@left", 6)), healthy(), K, ON, minutes=5)
    (only,) = plan.applications
    assert plan.minutes <= 5
    usual = K.dose("alternating_compression", "turns") if only.technique == "alternating_compression" else 3
    assert 1 <= only.dose.turns < usual
    assert [(c.name, c.after) for c in only.cuts if c.name == "turns"] == [("turns", only.dose.turns)]
    assert "5 minutes" in next(c.why for c in only.cuts if c.name == "turns")
    assert admit(healthy(), wishes, K, ON, minutes=5).applications == plan.applications
