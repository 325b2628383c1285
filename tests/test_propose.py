"""What the plan room proposes, counts and changes: order with reasons, minutes, hands, treat here, routines and edits."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.assess.rank import assess
from unknot.case import plan_mapping
from unknot.case.clearance import LIMITS, Barred, Clearance, Forbidden
from unknot.case.intake import Answer, Intake
from unknot.case.model import Case, Client, Complaint, Finding, History
from unknot.case.plan import HIGHEST, Application, Limit, Plan, Route, Wish
from unknot.case.ranking import RankedPoint, Ranking, Refer
from unknot.case.read import read_file
from unknot.knowledge.load import knowledge
from unknot.knowledge.technique import Routine, RoutineStep
from unknot.plan.edit import Change, changed_wishes, edited, read_change, read_wish
from unknot.plan.gate import PlanError, admit
from unknot.plan.here import treat_here
from unknot.plan.lying import lies_of
from unknot.plan.minutes import fit, pressing_s, timed, total
from unknot.plan.order import Stop, area_of, depth_of, leads, must_precede, ordered
from unknot.plan.places import licence_of
from unknot.plan.propose import by_routine, propose
from unknot.plan.routes import route_mm, route_sites
from unknot.plan.routine import as_mapping, read_routine
from unknot.plan.show import wish_as_dict
from unknot.plan.tell import dose_words
from unknot.screen.about import About
from unknot.screen.clear import clear

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
K = knowledge()
ON = date(2026, 11, 26)
LATERAL = sorted(p.id for p in K.points.values() if K.muscles[p.muscle].lateral and not p.only_side)


@cache
def cleared() -> Clearance:
    agreed: dict[str, Answer] = dict.fromkeys(K.consent_areas, "yes")
    return clear(Intake(asked=True, today_asked=True, consents=agreed), About(age=40), K, ON)


def healthy(**more: Any) -> Clearance:
    return replace(cleared(), **more)


def careful(discomfort: float = 4.0) -> Clearance:
    """A clearance that allows less discomfort."""
    ceilings = tuple(replace(c, value=discomfort) if c.limit == "discomfort" else c for c in cleared().ceilings)
    return healthy(outcome="careful", ceilings=ceilings)


def case_of(*findings: Finding, **intake: Any) -> Case:
    told = Intake(**intake)
    return Case("a case", Client(), (), Complaint(), findings, History(), intake=told)


def found(place: str, tender: float = 6.0, **signs: bool) -> Finding:
    return Finding("point", place, {"tenderness": tender, **signs})


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


# ---------------------------------------------------------------- time and hands


@pytest.mark.parametrize("minutes", [5, 6.5])
def test_where_the_most_useful_takes_too_long_the_next_that_fits_is_planned(minutes: float) -> None:
    case = read_file(EXAMPLES / "low-back.toml", K)
    whole, _ = propose(assess(case, K), case, healthy(), K, ON)
    plan, _ = propose(assess(case, K), case, healthy(), K, ON, minutes=minutes)
    assert plan.applications and plan.minutes <= minutes
    assert {row.place for row in plan.left}.isdisjoint(a.place for a in plan.applications)
    assert {a.place for a in plan.applications} <= {a.place for a in whole.applications}


@given(
    st.lists(st.tuples(st.sampled_from(LATERAL), st.integers(0, 5)), min_size=1, max_size=8, unique_by=lambda x: x[0]),
    st.floats(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_the_least_useful_falls_out_first(chosen: list[tuple[str, int]], minutes: float) -> None:
    base = admit(healthy(), [Wish(place="infraspinatus.1@left", technique="gliding")], K, ON).applications[0]
    made = [replace(base, id=p, place=f"{p}@left", lie=("prone", "supine")[i % 2]) for i, (p, _) in enumerate(chosen)]
    uses = [float(u) for _, u in chosen]
    kept, left = fit(made, uses, minutes, K)
    assert total(kept) <= minutes and len(kept) + len(left) == len(made)
    worth = dict(zip((a.place for a in made), uses, strict=True))
    out = [worth[row.place] for row in left]
    assert out == sorted(out)
    for row in left:
        if kept and worth[row.place] > min(worth[a.place] for a in kept):  # nothing else would be left
            assert total(timed([a for a in made if a.place == row.place], K)) > minutes
    if left:
        last = [a for a in made if a.place in {k.place for k in kept} or a.place == left[-1].place]
        assert total(timed(last, K)) > minutes


def test_a_muscle_is_stretched_once_after_the_last_work_on_it() -> None:
    wishes = [Wish(place=f"infraspinatus.{n}@left", technique="alternating_compression") for n in (1, 2)]
    first, last = admit(healthy(), wishes, K, ON).applications
    assert first.follow == "" and last.follow == K.muscles["infraspinatus"].stretch and first.minutes > 0
    short = admit(healthy(), wishes, K, ON, minutes=first.minutes + 0.6)
    assert [a.follow for a in short.applications] == [last.follow]
    stretch = Wish(place="infraspinatus.1@left", technique="stretch")
    assert not any(a.follow for a in admit(healthy(), [*wishes, stretch], K, ON).applications)


def test_a_turn_of_the_client_is_counted() -> None:
    prone = Wish(place="scapula.body@left", technique="alternating_compression")
    supine = Wish(place="chest.upper@left", technique="alternating_compression", contact="thumb")
    both = admit(healthy(), [prone, supine, prone], K, ON).applications
    same = admit(healthy(), [prone, prone, supine], K, ON).applications
    assert total(both) == pytest.approx(total(same) + K.lyings["prone"].turn_s / 60, abs=0.02)


def test_another_contact_is_proposed_before_the_thumb_carries_too_much() -> None:
    points = [p.id for p in K.points.values() if p.muscle in ("infraspinatus", "soleus", "gluteus_medius")][:10]
    wishes = [
        Wish(place=f"{p}@{side}", technique="prolonged_compression", contact="thumb")
        for p in points
        for side in ("left", "right")
        if not p.startswith("gluteus")
    ]
    plan = admit(healthy(), wishes, K, ON, minutes=90)
    thumb = next(row for row in plan.load_s if row[0] == "thumb")
    assert thumb[1] > thumb[2] and plan.swaps and plan.proposals
    by_id = {a.id: i for i, a in enumerate(plan.applications)}
    kept = [wishes[i] for i in range(len(wishes)) if f"{wishes[i].place}/{wishes[i].technique}" in by_id]
    for ident, contact in plan.swaps:
        kept[by_id[ident]] = replace(kept[by_id[ident]], contact=contact)
    spared = admit(healthy(), kept, K, ON, minutes=90)
    assert all(load <= most for _, load, most in spared.load_s) and not spared.swaps


def test_a_hand_that_cannot_be_spared_is_told() -> None:
    light = healthy(light=tuple(Barred(f"scapula.body@{s}", "r", "w") for s in ("left", "right")))
    limits = {**K.hand_limits, "wrist": replace(K.hand_limits["wrist"], value=10.0)}
    k = replace(K, hand_limits=limits)
    plan = admit(
        light, [Wish(place="infraspinatus.1@left", technique="alternating_compression", contact="broad")], k, ON
    )
    assert any("wrist" in text for text in plan.proposals) and plan.swaps == ()


def test_no_contact_is_proposed_that_puts_another_joint_above_its_limit() -> None:
    limits = {**K.hand_limits, "thumb": replace(K.hand_limits["thumb"], value=30.0)}
    wish = Wish(place="infraspinatus.1@left", technique="alternating_compression", contact="thumb")
    free = admit(healthy(), [wish], replace(K, hand_limits=limits), ON)
    assert free.swaps == (("infraspinatus.1@left/alternating_compression", "knuckle"),)
    limits["wrist"] = replace(K.hand_limits["wrist"], value=35.0)
    assert admit(healthy(), [wish], replace(K, hand_limits=limits), ON).swaps == (
        ("infraspinatus.1@left/alternating_compression", "elbow"),
    )


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


# ---------------------------------------------------------------- routines

NECK = Routine(
    id="mine", name="my shoulder", regions=("shoulder", "scapula"), lie="side", why="", sources=(),
    steps=(
        RoutineStep(phase="warm", technique="gliding", on=("scapula.body", "shoulder.top"), minutes=3),
        RoutineStep(phase="points", technique="alternating_compression", on=()),
        RoutineStep(phase="finish", technique="gliding", on=("scapula.body",), minutes=1),
        RoutineStep(phase="stretch", technique="stretch", on=()),
    ),
)  # fmt: skip


def test_a_routine_holds_the_clients_own_points_between_its_glides() -> None:
    case = case_of(found("infraspinatus.1@left", 6), found("soleus.1@left", 7))
    plan, wishes = by_routine(NECK, None, case, healthy(), K, ON, minutes=60)
    assert [a.verb for a in plan.applications] == ["glide", "glide", "press", "glide", "stretch"]
    assert {a.place.partition("@")[2] for a in plan.applications} == {"left"}
    assert plan.applications[0].dose.pass_s == 90
    assert admit(healthy(), wishes, K, ON, minutes=60).applications == plan.applications


def test_a_step_of_a_routine_that_is_not_allowed_is_left_out_and_told() -> None:
    case = case_of(found("infraspinatus.1@left", 6))
    plan, _ = by_routine(NECK, None, case, healthy(barred=(Barred("shoulder.top@left", "r", "sore"),)), K, ON)
    assert "sore" in next(row.why for row in plan.left if row.place == "shoulder.top@left")


def test_a_routine_is_kept_as_plain_values_and_read_back() -> None:
    assert read_routine(as_mapping(NECK), K) == NECK
    for routine in K.routines.values():
        assert read_routine(as_mapping(routine), K) == routine


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"lie": "hanging"}, {"lie"}), ({"steps": []}, {"not_rows"}), ({"colour": "red"}, {"unknown_key"}),
        ({"regions": ["wing"]}, {"unknown_region"}), ({"name": ""}, {"not_words"}),
        ({"steps": [{"phase": "after", "technique": "thrust", "on": ["wing"], "minutes": float("nan"), "contact": "foot"}]},
         {"unknown_phase", "unknown_technique", "unknown_place", "not_finite", "unknown_contact"}),
        ({"steps": ["glide"]}, {"not_a_table"}),
    ],
)  # fmt: skip
def test_a_routine_that_cannot_be_read_is_refused_with_every_problem(change: dict[str, Any], codes: set[str]) -> None:
    with pytest.raises(PlanError) as caught:
        read_routine({**as_mapping(NECK), **change}, K)
    assert {p.code for p in caught.value.problems} == codes
    with pytest.raises(PlanError):
        read_routine("neck", K)


# ---------------------------------------------------------------- edits

THREE = tuple(
    Wish(place=p, technique=t)
    for p, t in (
        ("infraspinatus.1@left", "alternating_compression"), ("infraspinatus.2@left", "alternating_compression"),
        ("soleus.1@left", "prolonged_compression"),
    )
)  # fmt: skip
FIRST = "infraspinatus.1@left/alternating_compression"


def test_each_change_gives_a_new_plan_at_once() -> None:
    def plan(content: dict[str, Any]) -> list[tuple[str, str, str]]:
        made = edited(healthy(), THREE, read_change(content), K, ON)
        return [(a.place, a.technique, a.contact) for a in made.plan.applications]

    assert [p for p, *_ in plan({"do": "move", "id": FIRST, "at": 2})][2] == "infraspinatus.1@left"
    assert len(plan({"do": "remove", "id": FIRST})) == 2
    assert plan({"do": "technique", "id": FIRST, "to": "muscle_stripping"})[0][1] == "muscle_stripping"
    assert plan({"do": "contact", "id": FIRST, "to": "knuckle"})[0][2] == "knuckle"
    added = {"do": "add", "at": 0, "wish": {"place": "shoulder.top@left", "technique": "gliding"}}
    assert plan(added)[0][:2] == ("shoulder.top@left", "gliding")


def test_a_number_above_what_is_allowed_is_cut_and_the_cut_says_by_whom() -> None:
    made = edited(healthy(), THREE, read_change({"do": "numbers", "id": FIRST, "numbers": {"hold_s": 60}}), K, ON)
    assert [(c.name, c.before, c.source) for c in made.cuts] == [("hold_s", 60, "technique")]
    assert made.plan.applications[0].dose.hold_s == K.doses["alternating_compression.hold_s"].high
    back = edited(
        healthy(), made.wishes, read_change({"do": "numbers", "id": FIRST, "numbers": {"hold_s": None}}), K, ON
    )
    assert back.plan.applications[0].dose.hold_s == K.dose("alternating_compression", "hold_s")


def test_what_a_change_pushes_out_of_the_time_is_told() -> None:
    change = read_change({"do": "numbers", "id": FIRST, "numbers": {"turns": 8}})
    minutes = edited(healthy(), THREE, Change(do="move", id=FIRST, at=0), K, ON).plan.minutes
    made = edited(healthy(), THREE, change, K, ON, minutes=minutes)
    assert made.fell_out and made.plan.minutes <= minutes


def test_a_satellite_before_its_key_is_allowed_and_said() -> None:
    pair = next(
        (a, b) for a in LATERAL for b in LATERAL
        if a != b and f"{a}@left" in must_precede([f"{a}@left", f"{b}@left"], K)[f"{b}@left"] and "soleus" in a
    )  # fmt: skip
    wishes = [Wish(place=f"{p}@left", technique="alternating_compression") for p in pair[::-1]]
    assert any("before its key" in text for text in admit(healthy(), wishes, K, ON).proposals)


def test_skin_rolling_after_oil_is_said() -> None:
    wishes = [
        Wish(place="scapula.body@left", technique="gliding"),
        Wish(place="infraspinatus.1@left", technique="skin_rolling"),
    ]
    assert any("dry" in text for text in admit(healthy(), wishes, K, ON).proposals)
    assert not any("dry" in text for text in admit(healthy(), wishes[::-1], K, ON).proposals)


@pytest.mark.parametrize(
    "content",
    [
        {"do": "burn"}, "move", {"do": "move", "id": FIRST}, {"do": "move", "id": FIRST, "at": 9}, {"do": "remove", "id": "x"},
        {"do": "contact", "id": FIRST, "to": "foot"}, {"do": "technique", "id": FIRST, "to": "thrust"}, {"do": "add"},
        {"do": "add", "wish": {"place": "", "technique": "gliding"}}, {"do": "add", "wish": 3}, {"do": "move", "id": 3},
        {"do": "numbers", "id": FIRST, "numbers": {"hold_s": float("nan")}}, {"do": "numbers", "id": FIRST, "numbers": {"size": 1}},
        {"do": "numbers", "id": FIRST, "numbers": {"turns": 2.5}}, {"do": "numbers", "id": FIRST, "numbers": {"rest_s": 0}},
        {"do": "numbers", "id": FIRST, "numbers": 4}, {"do": "lie", "id": FIRST, "to": "supine"}, {"do": "move", "id": FIRST, "at": True},
        {"do": "add", "wish": {"place": "neck.throat", "technique": "gliding"}},
        {"do": "add", "wish": {"place": "soleus.1@left", "technique": "gliding", "use": float("nan")}},
        {"do": "add", "wish": {"place": "soleus.1@left", "technique": "gliding", "hold_s": "long"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused_and_the_old_plan_stands(content: Any) -> None:
    with pytest.raises(PlanError):
        edited(healthy(), THREE, read_change(content), K, ON)
    assert changed_wishes(THREE, Change(do="move", id=FIRST, at=0))[0] == list(THREE)


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


# ---------------------------------------------------------------- searching strokes and the gauge


def one(wish: Wish) -> Application:
    (made,) = admit(healthy(), [wish], K, ON, minutes=30).applications
    return made


def test_the_first_stroke_searches_where_nothing_was_found_and_is_quicker() -> None:
    wish = Wish(place="infraspinatus.1@right", technique="muscle_stripping")
    searched, known = one(wish), one(replace(wish, found=True))
    length = searched.path[2]
    assert searched.dose.search_pass_s == pytest.approx(length / K.dose("muscle_stripping", "search_mm_s"), abs=0.1)
    assert searched.dose.stroke_s(1) < searched.dose.stroke_s(2) == searched.dose.pass_s
    assert "the first one searches" in dose_words(searched)
    assert known.dose.search_pass_s == 0
    assert known.dose.stroke_s(1) == known.dose.pass_s
    assert pressing_s(searched) < pressing_s(known)


def test_what_the_finger_found_is_stripped_without_a_search() -> None:
    plan = treat_here("infraspinatus.1@right", healthy(), K, ON, technique="muscle_stripping")
    assert plan.applications[0].dose.search_pass_s == 0


def test_newtons_stand_beside_the_discomfort_and_never_instead_of_it() -> None:
    gauged = one(Wish(place="infraspinatus.1@right", technique="alternating_compression", force_n=25))
    assert gauged.force_n == 25
    assert "discomfort 4 to 6; 25 N on a gauge" in dose_words(gauged)
    assert gauged.dose == one(Wish(place="infraspinatus.1@right", technique="alternating_compression")).dose


@pytest.mark.parametrize("force", [0.0, 61.0, float("nan"), float("inf"), True, "25"])
def test_a_force_that_no_hand_should_use_is_refused(force: Any) -> None:
    with pytest.raises(PlanError, match="force_n"):
        one(Wish(place="infraspinatus.1@right", technique="alternating_compression", force_n=force))


def test_a_plan_of_an_earlier_version_without_them_is_read() -> None:
    plan = admit(healthy(), [Wish(place="infraspinatus.1@right", technique="muscle_stripping", found=True)], K, ON)
    plain = plan_mapping.as_mapping(plan)
    for row in plain["applications"]:
        del row["force_n"], row["dose"]["search_pass_s"]
    assert plan_mapping.plan_of(plain) == plan


# ---------------------------------------------------------------- a path that was drawn

BACK = Route("neutral", "back", ((225, 485), (225, 520), (230, 545)))
SITES = route_sites(BACK)


def rolled(path: Route = BACK, **more: Any) -> Wish:
    return Wish(place=SITES[0], technique="skin_rolling", path=path, **more)


def test_a_drawn_path_is_as_long_as_it_is_on_the_body_and_stays_through_a_plan_file() -> None:
    made = one(rolled())
    assert made.route == BACK
    assert made.path[2] == pytest.approx(route_mm(BACK), abs=0.1)
    assert 50 < made.path[2] < 200
    plan = admit(healthy(), [rolled()], K, ON)
    plain = json.loads(json.dumps(plan_mapping.as_mapping(plan)))
    assert plan_mapping.plan_of(plain) == plan
    assert read_wish(json.loads(json.dumps(wish_as_dict(rolled()))), "wish") == rolled()


def test_a_path_over_a_barred_site_is_refused_by_name() -> None:
    assert len(SITES) > 1
    barred = healthy(barred=(Barred(site=SITES[-1], why="stitches", rule="surgery"),))
    with pytest.raises(PlanError, match="stitches"):
        admit(barred, [rolled()], K, ON)
    assert admit(barred, [replace(rolled(), path=None)], K, ON).applications


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (Route("neutral", "back", ((250, 380),)), "2 to 200"),
        (Route("neutral", "back", ((5, 5), (5, 60))), "leaves the body"),
        (Route("neutral", "back", ((250, 380), (251, 381))), "mm long"),
        (Route("neutral", "back", ((250, 380), (250, 99_999))), "points on the view"),
        (Route("neutral", "inside", ((250, 380), (250, 430))), "figure and a view"),
        (Route("neutral", "front", ((300, 380), (300, 430))), "does not cross"),
    ],
)  # fmt: skip
def test_a_path_that_is_none_is_refused(path: Route, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        admit(healthy(), [rolled(path)], K, ON)


def test_only_strokes_follow_a_path() -> None:
    with pytest.raises(PlanError, match="no strokes along a path"):
        admit(healthy(), [replace(rolled(), technique="alternating_compression")], K, ON)


@pytest.mark.parametrize(
    "path",
    [
        3,
        {"view": "back"},
        {"figure": "neutral", "view": "back", "points": [[1.5, 2]]},
        {"figure": 1, "view": "back", "points": []},
    ],
)
def test_a_path_of_another_shape_is_refused_on_reading(path: Any) -> None:
    with pytest.raises(PlanError):
        read_wish({"place": SITES[0], "technique": "skin_rolling", "path": path}, "wish")
