"""The gate of a plan and its limits: no clearance of today, no plan; the strictest limit wins and says why; what is missing is an error."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.case.clearance import LIMITS, Barred, BarredSpot, Clearance, Forbidden
from unknot.case.intake import Answer, Intake
from unknot.case.plan import HIGHEST, SOURCES, Limit, Plan, ResolvedLimits, Wish
from unknot.errors import GuardError, KnowledgeError
from unknot.knowledge.load import knowledge
from unknot.plan.gate import PlanError, admit
from unknot.plan.limits import resolve
from unknot.screen.about import About
from unknot.screen.clear import clear

K = knowledge()
ON = date(2026, 11, 26)
FREE = "infraspinatus.1@left"
"""A point that lies near nothing that is easily hurt."""


def healthy(**more: Any) -> Clearance:
    """The clearance of somebody who answered no to everything and agreed to every area."""
    agreed: dict[str, Answer] = dict.fromkeys(K.consent_areas, "yes")
    found = clear(Intake(asked=True, today_asked=True, consents=agreed), About(age=40), K, ON)
    return replace(found, **more)


def wish(place: str, technique: str, contact: str = "", **more: Any) -> Wish:
    return Wish(place=place, technique=technique, contact=contact, **more)


def refused(clearance: Clearance | None, *wishes: Wish, on: date = ON) -> list[str]:
    with pytest.raises(PlanError) as caught:
        admit(clearance, wishes, K, on)
    return [p.code for p in caught.value.problems]


# ---------------------------------------------------------------- the gate


def test_a_wish_under_a_clearance_of_today_becomes_a_plan() -> None:
    plan = admit(healthy(), [wish(FREE, "prolonged_compression")], K, ON)
    (application,) = plan.applications
    assert application.site == "scapula.body@left" and application.limits.discomfort == 6
    assert plan.on == ON and plan.rules == K.version


def test_without_a_clearance_nothing_is_planned() -> None:
    assert refused(None, wish(FREE, "gliding")) == ["no_clearance"]


@pytest.mark.parametrize(
    "change",
    [
        {"on": ON - timedelta(days=1)}, {"on": ON + timedelta(days=1)}, {"rules": "older"}, {"open": ("fever",)},
        {"outcome": "emergency"}, {"outcome": "refer"}, {"outcome": "not_today"}, {"outcome": "approval"},
    ],
    ids=str,
)  # fmt: skip
def test_a_clearance_that_does_not_clear_today_counts_as_none(change: dict[str, Any]) -> None:
    assert refused(healthy(**change), wish(FREE, "gliding")) == ["no_clearance"]


def test_what_is_barred_forbidden_or_for_the_flat_hand_alone_is_in_no_plan() -> None:
    site = "scapula.body@left"
    assert refused(healthy(barred=(Barred(site, "r", "why"),)), wish(FREE, "gliding")) == ["barred"]
    assert refused(healthy(forbidden=(Forbidden("muscle_stripping", "r", "why"),)), wish(FREE, "muscle_stripping")) == [
        "forbidden"
    ]
    light = healthy(light=(Barred(site, "r", "why"),))
    assert refused(light, wish(FREE, "alternating_compression", "thumb")) == ["light_only"]
    assert admit(light, [wish(FREE, "gliding", "broad")], K, ON).applications


def test_both_sides_at_once_are_barred_when_one_of_them_is() -> None:
    barred = healthy(barred=(Barred("scapula.body@right", "r", "why"),))
    assert admit(barred, [wish(FREE, "gliding")], K, ON).applications
    assert refused(barred, wish(FREE, "gliding", both=True)) == ["barred"]


def test_a_point_within_a_marked_spot_is_barred_and_one_beside_it_is_not() -> None:
    from unknot.body.atlas import atlas

    at = atlas().point("infraspinatus.1", "left", "neutral", "back")
    assert at is not None
    spot = BarredSpot("skin", "neutral", "back", at, 20.0, "", "r", "why")
    assert refused(healthy(spots=(spot,)), wish(FREE, "gliding")) == ["barred"]
    assert admit(healthy(spots=(spot,)), [wish("infraspinatus.1@right", "gliding")], K, ON).applications


def test_muscles_of_a_special_licence_need_it() -> None:
    inside = next(p for p in K.points.values() if K.muscles[p.muscle].licence == "inside the mouth")
    place = f"{inside.id}@left"
    assert "licence" in refused(healthy(), wish(place, "gliding", "broad"))
    assert admit(healthy(licences=("mouth",)), [wish(place, "gliding", "broad")], K, ON).applications


def test_the_front_of_the_neck_is_never_pressed_on_both_sides_together_and_never_long() -> None:
    place = "sternocleidomastoideus.sternal.3@left"
    plan = admit(healthy(), [wish(place, "alternating_compression", "pincer", hold_s=60)], K, ON)
    (application,) = plan.applications
    assert application.dangers and application.limits.hold_s <= 10
    assert "danger" in refused(healthy(), wish(place, "alternating_compression", "pincer", both=True))


def test_a_region_that_holds_what_must_never_be_pressed_takes_the_flat_hand_alone() -> None:
    assert "danger" in refused(healthy(), wish("knee.back@left", "gliding", "thumb"))
    (application,) = admit(healthy(), [wish("knee.back@left", "gliding", "palm", hold_s=60)], K, ON).applications
    assert application.limits.hold_s <= 5 and application.limits.discomfort <= 2
    for place in ("neck.throat", "face.eye@left", "abdomen.upper_middle"):
        assert "danger" in refused(healthy(), wish(place, "prolonged_compression", "palm"))
    for place in ("neck.throat", "face.eye@left"):
        assert "danger" in refused(healthy(), wish(place, "gliding", "palm"))


def test_which_regions_are_left_alone_is_said_by_the_knowledge_and_not_by_the_gate() -> None:
    left_alone = {d.id for d in K.dangers.values() if d.contact == "avoid_region"}
    assert left_alone == {"windpipe", "eye"}
    for ident in left_alone:
        milder = replace(K, dangers={**K.dangers, ident: replace(K.dangers[ident], contact="avoid")})
        (region,) = K.dangers[ident].regions
        place = f"{region}@left" if K.regions[region].lateral else region
        wish = Wish(place=place, technique="gliding", contact="palm")
        clearance = replace(healthy(), barred=())
        with pytest.raises(PlanError, match=K.dangers[ident].name):
            admit(clearance, [wish], K, ON)
        (application,) = admit(clearance, [wish], milder, ON).applications
        assert application.limits.hold_s <= 5
    hard = replace(
        K, dangers={**K.dangers, "popliteal_vessels": replace(K.dangers["popliteal_vessels"], contact="avoid_region")}
    )
    with pytest.raises(PlanError, match="popliteal"):
        admit(healthy(), [Wish(place="knee.back@left", technique="gliding", contact="palm")], hard, ON)


def test_near_what_bears_no_long_pressure_no_elbow_and_no_prolonged_hold_is_planned() -> None:
    place = "sternocleidomastoideus.sternal.3@left"
    for technique, contact in (("prolonged_compression", "thumb"), ("alternating_compression", "elbow")):
        assert "danger" in refused(healthy(), wish(place, technique, contact))


def test_a_mark_on_the_other_side_bars_both_sides_at_once() -> None:
    spot = BarredSpot("surgery", "", "", (0, 0), 30.0, "shoulder.top@right", "r", "why")
    assert refused(healthy(spots=(spot,)), wish("shoulder.top@left", "gliding", both=True)) == ["barred"]
    light = healthy(light=(Barred("shoulder.top@right", "r", "why"),))
    assert refused(light, wish("shoulder.top@left", "stretch", "broad", both=True)) == ["wrong_contact"]
    assert "light_only" in refused(light, wish("shoulder.top@left", "alternating_compression", "thumb", both=True))


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (wish(FREE, "thrust"), "unknown_technique"), (wish(FREE, "gliding", "foot"), "unknown_contact"),
        (wish("infraspinatus.1", "gliding"), "unknown_place"), (wish("elbow@left", "gliding"), "unknown_place"),
        (wish("", "gliding"), "unknown_place"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_refused_by_name(wanted: Wish, code: str) -> None:
    assert refused(healthy(), wanted) == [code]


def test_every_reason_is_told_and_one_bad_wish_stops_the_whole_plan() -> None:
    site = "scapula.body@left"
    bad = healthy(barred=(Barred(site, "r", "why"),), forbidden=(Forbidden("gliding", "r", "why"),))
    assert refused(bad, wish("soleus.1@left", "stretch"), wish(FREE, "gliding")) == ["barred", "forbidden"]


# ---------------------------------------------------------------- limits


def test_the_strictest_source_wins_and_each_cut_says_why() -> None:
    found = resolve(
        healthy(), [Limit("hold_s", 30, "technique", "its page"), Limit("hold_s", 12, "client", "her wish")]
    )
    assert found.hold_s == 12
    assert [(c.before, c.after, c.source, c.why) for c in found.cuts if c.name == "hold_s"] == [
        (90, 30, "technique", "its page"), (30, 12, "client", "her wish"),
    ]  # fmt: skip
    assert ("hold_s", "client", "her wish") in found.set_by


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1.0, None, "ten", True])
def test_a_limit_that_is_no_number_is_an_error_and_never_no_limit(bad: Any) -> None:
    with pytest.raises(GuardError, match="nothing may be pressed"):
        resolve(healthy(), [Limit("hold_s", bad, "client", "")])


@pytest.mark.parametrize("name", LIMITS)
def test_a_clearance_without_one_of_its_ceilings_gives_no_limits(name: str) -> None:
    short = healthy(ceilings=tuple(c for c in healthy().ceilings if c.limit != name))
    with pytest.raises(KeyError):
        resolve(short)


@pytest.mark.parametrize("limit", [Limit("pressure", 3, "client", ""), Limit("hold_s", 3, "wind", "")])  # type: ignore[arg-type]
def test_a_limit_of_an_unknown_name_or_source_is_refused(limit: Limit) -> None:
    with pytest.raises(GuardError):
        resolve(healthy(), [limit])


def test_limits_above_what_anybody_may_cannot_even_be_built() -> None:
    good = resolve(healthy())
    with pytest.raises(GuardError):
        replace(good, discomfort=7.0)
    with pytest.raises(GuardError):
        ResolvedLimits(math.nan, 5, 10, 10, 10, (), ())


words = st.lists(
    st.builds(Limit, st.sampled_from(LIMITS), st.floats(0, 1000), st.sampled_from(SOURCES), st.just("why")), max_size=12
)


@given(words, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_more_words_only_lower_limits_and_their_order_never_matters(limits: list[Limit], chance: Any) -> None:
    base, found = resolve(healthy()), resolve(healthy(), limits)
    shuffled = list(limits)
    chance.shuffle(shuffled)
    assert resolve(healthy(), shuffled) == found
    for name in LIMITS:
        told = [x.value for x in limits if x.name == name]
        assert getattr(found, name) == min([getattr(base, name), *told]) <= HIGHEST[name]


# ---------------------------------------------------------------- doses


def planned(*wishes: Wish, clearance: Clearance | None = None, **more: Any) -> Plan:
    return admit(clearance or healthy(), wishes, K, ON, **more)


def lowered(**values: float) -> Clearance:
    """A clearance with these ceilings."""
    base = healthy()
    return replace(base, ceilings=tuple(replace(c, value=values.get(c.limit, c.value)) for c in base.ceilings))


@pytest.mark.parametrize("technique", sorted(K.techniques))
def test_the_usual_dose_is_that_of_the_knowledge_and_nothing_is_cut(technique: str) -> None:
    (a,) = planned(wish(FREE, technique)).applications
    assert a.cuts == () and a.family == K.techniques[technique].family and a.contact in K.techniques[technique].contacts
    assert a.dose.turns == K.dose(technique, "turns") and a.dose.hold_s == K.dose(technique, "hold_s")
    assert a.dose.point_s == K.dose(technique, "point_s") and a.lie in K.lyings and a.minutes > 0
    assert (a.dose.pass_s > 0) == (a.family == "passes") == (a.path[2] > 0)


def test_a_careful_clearance_keeps_a_usable_band() -> None:
    for top, low in ((5.0, 3.0), (4.0, 2.0), (3.0, 1.0), (1.0, 0.0)):
        (a,) = planned(wish(FREE, "alternating_compression"), clearance=lowered(discomfort=top)).applications
        assert (a.dose.band_low, a.dose.band_high) == (low, top)
        assert [(c.name, c.source) for c in a.cuts] == [("discomfort", "clearance")]


def test_where_less_pressure_is_allowed_there_are_fewer_holds_and_the_recheck_still_fits() -> None:
    (a,) = planned(wish(FREE, "alternating_compression"), clearance=lowered(point_s=30)).applications
    assert a.dose.turns == 2 and a.dose.turns * a.dose.hold_s + a.dose.recheck_s <= a.dose.point_s == 30
    assert [(c.name, c.before, c.after, c.source) for c in a.cuts] == [
        ("point_s", 120, 30, "clearance"), ("turns", 6, 2, "clearance"),
    ]  # fmt: skip


def test_a_stroke_that_would_press_too_long_is_shorter_and_not_quicker_than_its_pace() -> None:
    (a,) = planned(wish("biceps_femoris.1@left", "muscle_stripping"), clearance=lowered(point_s=8)).applications
    assert a.dose.turns * a.dose.pass_s + a.dose.recheck_s <= 8
    assert a.path[2] / a.dose.pass_s <= K.doses["muscle_stripping.pace_mm_s"].high + 0.5
    (usual,) = planned(wish("biceps_femoris.1@left", "muscle_stripping")).applications
    assert a.path[2] < usual.path[2]


@pytest.mark.parametrize("limits", [{"discomfort": 0.0}, {"hold_s": 0.0}, {"point_s": 0.0}])
def test_where_nothing_of_a_dose_remains_nothing_is_planned(limits: dict[str, float]) -> None:
    assert refused(lowered(**limits), wish(FREE, "prolonged_compression")) == ["no_room"]


@given(
    st.sampled_from(sorted(K.techniques)), st.floats(0.5, 6), st.floats(1, 90), st.floats(2, 300),
    st.none() | st.floats(1, 10), st.none() | st.floats(1, 600), st.none() | st.floats(0, 6),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_dose_is_ever_above_a_limit_of_any_source(
    technique: str,
    discomfort: float,
    hold: float,
    point: float,
    want: float | None,
    want_s: float | None,
    low: float | None,
) -> None:
    clearance = lowered(discomfort=discomfort, hold_s=hold, point_s=point)
    (a,) = planned(
        wish(FREE, technique, discomfort=want, hold_s=want_s, band_low=low), clearance=clearance
    ).applications
    dose = a.dose
    assert dose.band_low < dose.band_high <= min(discomfort, want or 6)
    assert dose.hold_s <= min(hold, want_s or 600) and dose.point_s <= point
    each = dose.pass_s if a.family == "passes" else dose.hold_s if a.family == "rounds" else 0
    assert each * dose.turns + dose.recheck_s <= dose.point_s + 1e-6
    assert all(c.after < c.before and c.why for c in a.cuts)


def test_a_dose_that_the_knowledge_lacks_is_an_error_and_never_a_default() -> None:
    for missing in ("alternating_compression.hold_s", "all.recheck_s", "all.fresh_s", "all.band_high"):
        k = replace(K, doses={key: value for key, value in K.doses.items() if key != missing})
        with pytest.raises(KnowledgeError, match=missing.partition(".")[2]):
            admit(healthy(), [wish(FREE, "alternating_compression")], k, ON)


def test_a_clearance_without_a_ceiling_gives_no_plan_and_names_it() -> None:
    short = healthy(ceilings=tuple(c for c in healthy().ceilings if c.limit != "hold_s"))
    assert refused(short, wish(FREE, "gliding")) == ["missing_limit"]
    assert refused(lowered(hold_s=math.nan), wish(FREE, "gliding")) == ["not_finite"]


@pytest.mark.parametrize("minutes", [math.nan, math.inf, 0, -1, "ten", True])
def test_minutes_that_are_none_are_refused(minutes: Any) -> None:
    with pytest.raises(PlanError):
        planned(wish(FREE, "gliding"), minutes=minutes)


def test_a_spot_of_the_map_is_treated_under_the_limits_of_its_region() -> None:
    spot = wish("spot.7", "alternating_compression", site="head.suboccipital@left", name="a strand")
    (a,) = planned(spot).applications
    assert a.site == "head.suboccipital@left" and a.name.startswith("a strand") and a.dangers
    assert a.limits.discomfort <= 5 and ("discomfort", 6, 5, "site") in [
        (c.name, c.before, c.after, c.source) for c in a.cuts
    ]
    assert refused(healthy(barred=(Barred("head.suboccipital@left", "r", "w"),)), spot) == ["barred"]
    assert refused(healthy(), wish("spot.7", "gliding")) == ["unknown_place"]
    assert refused(healthy(), wish("spot.7", "gliding", site="infraspinatus.1@left")) == ["unknown_place"]


def test_the_client_lies_as_the_clearance_allows_and_as_the_place_is_reached() -> None:
    place = "soleus.1@left"
    (a,) = planned(wish(place, "gliding")).applications
    assert a.lie == "prone"
    (b,) = planned(wish(place, "gliding"), clearance=healthy(positions=(("no_prone", "r"),))).applications
    assert b.lie != "prone" and b.support
    assert refused(healthy(), wish("chest.upper@left", "gliding", lie="prone")) == ["lie"]
    assert refused(healthy(positions=(("no_prone", "r"),)), wish(place, "gliding", lie="prone")) == ["lie"]
    assert refused(healthy(), wish(place, "gliding", lie="hanging")) == ["lie"]


def test_a_technique_is_done_with_its_own_contacts_and_the_pincer_where_a_muscle_is_picked_up() -> None:
    assert refused(healthy(), wish(FREE, "skin_rolling", "elbow")) == ["wrong_contact"]
    picked = next(p.id for p in K.points.values() if p.palpation == "pincer" and p.muscle == "trapezius.upper")
    (a,) = planned(wish(f"{picked}@left", "alternating_compression")).applications
    assert a.contact == "pincer"


def test_no_stretch_follows_where_stretching_is_forbidden_or_the_neck_must_not_turn() -> None:
    place = "trapezius.upper.1@left"
    (a,) = planned(wish(place, "alternating_compression")).applications
    assert a.follow == K.muscles["trapezius.upper"].stretch
    for change in ({"forbidden": (Forbidden("stretch", "r", "w"),)}, {"positions": (("no_neck_rotation", "r"),)}):
        (b,) = planned(wish(place, "alternating_compression"), clearance=healthy(**change)).applications
        assert b.follow == "" and b.minutes < a.minutes


def test_the_session_is_conducted_by_the_numbers_of_the_knowledge() -> None:
    manner = planned(wish(FREE, "gliding")).manner
    assert (
        manner.fresh_s == K.dose("all", "fresh_s") and manner.clear_times == 2 and isinstance(manner.clear_times, int)
    )
