"""Measures: facts with their guards, series over visits, the extent of drawings, and what reaches the ranking."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.assess.leanings import of_values
from unknot.assess.rank import assess
from unknot.bench.cases import play, read_session
from unknot.body.extent import centres, extent, within
from unknot.case.model import Stroke
from unknot.case.read import read_mapping
from unknot.case.understand import understand
from unknot.knowledge.lint.measures import check
from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.measure import NOT_FOUND
from unknot.record.amounts import amount
from unknot.record.followed import between, drawings, drawn_series, pressed_on, session_series, sittings_at
from unknot.record.leanings import lean, of_measures
from unknot.record.measured import measured
from unknot.record.measures import Kept, MeasureError, Measures, Point, Series, Taken, checked
from unknot.record.outcome import Error, error_of
from unknot.record.sessions import Sessions
from unknot.record.store import Store, open_store
from unknot.treat.summary import Place, Summary
from unknot.web.form import form_of
from unknot.web.measuring import far, leans, read
from unknot.web.page import Page as WebPage

K = knowledge()
DAY = date(2026, 11, 2)
SESSIONS = Path(__file__).parent / "data" / "sessions"
TRAPEZIUS = "trapezius.upper.1@right"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "unknot.db")
    yield opened
    opened.close()


def taken(measure: str, *values: float, **more: Any) -> Taken:
    return Taken(**{"measure": measure, "values": values, "by": "M. Weber", **more})


# ---------------------------------------------------------- the knowledge


def test_every_measure_has_a_figure_with_a_source_or_says_that_none_was_found() -> None:
    for m in K.measures.values():
        known = bool(m.mdc or m.mdc_share or m.mdc_at)
        assert known != m.error.startswith(NOT_FOUND), m.id
        assert bool(m.error_sources) or not known, m.id
        assert (m.change is not None) != m.change_why.startswith(NOT_FOUND), m.id


def test_what_the_therapy_is_said_to_do_is_all_there_and_each_is_measured_or_says_why_not() -> None:
    wanted = {"less_pain", "limb_flow", "adhesions", "mood", "immunity", "motion", "stamina", "coordination"}
    wanted |= {"endorphins", "injury"}
    assert wanted <= set(K.claims)
    assert all(bool(c.measures or c.groups) != bool(c.nothing) for c in K.claims.values())
    assert {c.grade for c in K.claims.values()} == {"B", "C", "D"}


@pytest.mark.parametrize(
    ("table", "ident", "change", "told"),
    [
        ("measures", "ppt", {"error_sources": ()}, "without a source"),
        ("measures", "mood", {"mdc": 2.0, "error_sources": ("walton2011",)}, "but reads 'not found'"),
        ("measures", "ppt", {"also_units": ("psi",)}, "nobody knows"),
        ("measures", "ppt", {"low": 10.0, "high": 1.0}, "low < high"),
        ("measures", "posture.shoulder_tilt", {"minus": ""}, "both signs"),
        ("norms", "posture.cva.forward", {"measure": "none"}, "does not exist"),
        ("claims", "limb_flow", {"nothing": ""}, "says why nothing can"),
        ("claims", "less_pain", {"wording": "Heals the pain."}, "neither promises"),
        ("leanings", "rectus", {"sign": "tenderness"}, "no sign of a muscle"),
        ("leanings", "pelvis_left_high", {"side": ""}, "at which side"),
        ("leanings", "jaw_sideways", {"side": "left"}, "at which side"),
        ("leanings", "neck_back", {"apart": 5.0}, "two sides of a measure that has none"),
        ("leanings", "neck_back", {"by_age": ((50.0, 20.0), (40.0, 30.0))}, "do not ascend"),
        ("leanings", "head_forward", {"by_age": ((65.0, 5.0),)}, "outside of what can be measured"),
        ("measures", "posture.q_angle", {"no_lean": ""}, "one of the two"),
        ("measures", "posture.cva", {"no_lean": "So."}, "one of the two"),
        ("measures", "ppt", {"spread_sources": ()}, "may lie apart"),
    ],
)
def test_the_lint_rule_finds(table: str, ident: str, change: dict[str, Any], told: str) -> None:
    from unknot.knowledge.lint import Material

    rows: Any = dict(getattr(K, table))
    rows[ident] = replace(rows[ident], **change)
    changed: Any = {table: rows}
    found = list(check(Material(replace(K, **changed), ())))
    assert [i for i, message in found if told in message] == [ident]
    assert list(check(Material(K, ()))) == []


# ---------------------------------------------------------- facts


def test_a_threshold_is_the_mean_of_its_readings_in_kilopascals_and_keeps_what_was_given(store: Store) -> None:
    every = Measures(store, K)
    every.keep("v", [taken("ppt", 3.0, 3.5, 4.0, unit="kg/cm2", on=TRAPEZIUS, rate="1 kg/s")])
    (kept,) = every.of_visit("v")
    assert kept.value == pytest.approx(3.5 * 98.0665)
    assert kept.taken.values == (3.0, 3.5, 4.0)
    assert (kept.taken.unit, kept.taken.rate) == ("kg/cm2", "1 kg/s")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (taken("no.such", 1), "unknown_measure"),
        (taken("pain.now", 11), "out_of_range"),
        (taken("pain.now", math.nan), "not_finite"),
        (taken("pain.now", math.inf), "not_finite"),
        (taken("pain.now"), "no_value"),
        (taken("pain.now", *range(11)), "no_value"),
        (taken("pain.now", 3, on="shoulder.top"), "no_side"),
        (taken("pain.now", 3, on=TRAPEZIUS), "no_such_place"),
        (taken("ppt", 200), "no_such_place"),
        (taken("ppt", 200, on="trapezius.upper.1"), "no_side"),
        (taken("ppt", 300, unit="kg/cm2", on=TRAPEZIUS), "out_of_range"),
        (taken("ppt", 200, unit="psi", on=TRAPEZIUS), "unknown_unit"),
        (taken("rom.neck.rotation", 60), "no_side"),
        (taken("rom.neck.flexion", 60, side="left"), "no_side"),
        (taken("psfs.activity", 4, on="x" * 81), "too_long"),
        (taken("psfs.mean", 4), "not_typed"),
        (taken("pain.now", 3, by=" "), "no_name"),
        (taken("pain.now", 3, when="later"), "not_a_moment"),
    ],
)
def test_a_measurement_that_cannot_be_one_is_refused_and_nothing_of_its_batch_is_stored(
    store: Store, wrong: Taken, code: str
) -> None:
    every = Measures(store, K)
    with pytest.raises(MeasureError) as refused:
        every.keep("v", [taken("pain.now", 3), wrong])
    assert [p.code for p in refused.value.problems] == [code]
    assert every.of_visit("v") == []


@given(st.sampled_from(sorted(K.measures)), st.floats(), st.sampled_from(["", "left", "right"]))
def test_what_is_accepted_is_finite_and_in_its_range(ident: str, value: float, side: str) -> None:
    try:
        good = checked(taken(ident, value, side=side), K)
    except MeasureError:
        return
    assert K.measures[ident].low <= good.values[0] <= K.measures[ident].high
    assert bool(side) == K.measures[ident].sided


@pytest.mark.parametrize(("typed", "value"), [("6", 6.0), ("6,5", 6.5), (" .5 ", 0.5), ("7.", 7.0)])
def test_a_number_is_taken_as_people_write_it(typed: str, value: float) -> None:
    assert read({"v|pain.now|0||0": typed}, "A", K)[0].values == (value,)


@pytest.mark.parametrize("typed", ["1_0", "1e1", "inf", "nan", "6 7", "0x5", "abc", "1" + "0" * 23])
def test_what_is_no_number_is_refused_with_what_is_allowed_in_words(typed: str) -> None:
    with pytest.raises(MeasureError) as refused:
        read({"v|pain.now|0||0": typed}, "A", K)
    (problem,) = refused.value.problems
    assert problem.code == "not_a_number" and problem.allowed == "0 to 10" and problem.given == typed[:20]


def test_a_value_out_of_range_is_told_without_the_powers_of_a_calculator() -> None:
    with pytest.raises(MeasureError) as refused:
        checked(
            Taken(
                measure="ppt",
                values=(98765432.0,),
                unit="kPa",
                on="infraspinatus.1@right",
                side="",
                when="at",
                by="A",
                way="typed",
                rate="",
            ),
            K,
        )
    assert "e+" not in str(refused.value) and "kPa is out of range" in str(refused.value)


def test_a_mistake_is_taken_back_and_stays_in_the_log(store: Store) -> None:
    every = Measures(store, K)
    (ident,) = every.keep("v", [taken("pain.now", 3)])
    every.take_back("v", ident, "M. Weber")
    assert every.of_visit("v") == []
    assert [f.kind for f in store.facts("visit:v")] == ["measured", "measure_taken_back"]
    with pytest.raises(MeasureError):
        every.take_back("v", ident, "M. Weber")


def test_series_keep_before_and_after_apart_and_the_last_word_of_a_moment_counts(store: Store) -> None:
    every = Measures(store, K)
    every.keep("a", [taken("pain.now", 7), taken("pain.now", 6, when="before"), taken("pain.now", 3, when="after")])
    every.keep("b", [taken("pain.now", 5, when="after")])
    (series,) = every.series([("a", DAY), ("b", DAY + timedelta(7))])
    assert [(p.value, p.after) for p in series.points] == [(6, 3), (None, 5)]
    assert series.values == [6]


def test_what_cannot_be_is_not_kept(store: Store) -> None:
    every = Measures(store, K)
    with pytest.raises(MeasureError, match="at most 2, the worst"):
        every.keep("v", [taken("pain.least", 9), taken("pain.worst", 2)])
    with pytest.raises(MeasureError, match="whole numbers"):
        every.keep("v", [taken("rmdq", 12.5)])
    every.keep("v", [taken("pain.worst", 4), taken("rmdq", 12), taken("pain.worst", 2, on="neck.back.upper@left")])
    with pytest.raises(MeasureError, match="at most 4"):
        every.keep("v", [taken("pain.least", 5)])
    every.keep("v", [taken("pain.least", 4), taken("pain.least", 7, when="after")])
    assert len(every.of_visit("v")) == 5


def test_activities_are_averaged_only_where_all_of_the_first_visit_were_rated_again(store: Store) -> None:
    every = Measures(store, K)

    def rate(visit: str, **at: float) -> None:
        every.keep(visit, [taken("psfs.activity", v, on=on) for on, v in at.items()])

    rate("a", lifting=2, sleeping=4)
    rate("b", lifting=9)
    rate("c", lifting=4, sleeping=6, running=10)
    series = every.series([("a", DAY), ("b", DAY), ("c", DAY)])
    (mean,) = [s for s in series if s.measure == "psfs.mean"]
    assert mean.values == [3, 5]


def test_discomfort_under_the_hand_is_a_series_of_its_own_and_never_pain() -> None:
    places = (Place(TRAPEZIUS, "upper trapezius", 1, 60_000, 7.0, 4.0, "same", ("done",)),)
    summary = Summary(1, 1, (), places, (), (), (), (), (), True)
    (series,) = session_series([(("v", DAY), [summary])])
    assert series == Series("session.discomfort", TRAPEZIUS, "", series.points)
    assert (series.points[0].value, series.points[0].after) == (7.0, 4.0)
    assert error_of(K.measures["session.discomfort"], TRAPEZIUS, K) == Error()


def test_a_stored_session_gives_the_discomfort_of_its_places_and_what_was_treated(store: Store) -> None:
    case = read_session(SESSIONS / "halves.toml", K)
    played = play(case)
    sessions = Sessions(store)
    ident = sessions.begin("c", "v", case.plan, [])
    store.append_all([sessions.batch(ident, played.facts)])
    told = [(at, [s.found for s in some]) for at, some in sittings_at(store, [("v", DAY), ("w", DAY)])]
    (series,) = session_series(told)
    (point,) = series.points
    assert pressed_on(told) == {series.on: [DAY]}
    assert point.value is not None and point.after is not None
    assert point.after < point.value


def test_a_place_counts_as_treated_only_when_it_was_pressed() -> None:
    pressed, skipped = Place(TRAPEZIUS, "a", 1, 60_000), Place("infraspinatus.1@left", "b", 1, 0)
    told = [(("v", DAY), [Summary(1, 1, (), (pressed, skipped), (), (), (), (), (), True)])]
    assert pressed_on(told) == {TRAPEZIUS: [DAY]}


def test_a_point_counts_as_treated_only_where_it_was_pressed_between_its_measurements() -> None:
    days = [DAY + timedelta(n) for n in range(4)]
    series = Series("ppt", TRAPEZIUS, "", tuple(Point(on, "v", 300.0) for on in days[1:3]))
    assert between(series, [days[1]]) is True
    assert between(series, []) is False
    assert between(series, [days[2], days[3]]) is False, "every number of it was taken before"
    assert between(series, [days[0]]) is None
    assert between(series, [days[0], days[1]]) is True


def test_two_sessions_of_one_visit_are_one_point_of_a_series() -> None:
    summaries_ = [
        Summary(1, 1, (), (Place(TRAPEZIUS, "a", 1, 60_000, before, after, "same"),), (), (), (), (), (), True)
        for before, after in ((7.0, 5.0), (5.0, 3.0))
    ]
    (series,) = session_series([(("v", DAY), summaries_)])
    assert [(p.value, p.after) for p in series.points] == [(7.0, 3.0)]


# ---------------------------------------------------------- drawings

STROKE = Stroke("female", "back", 40, ((300, 300), (320, 400)), 6.0)


def test_the_extent_of_a_drawing_is_the_sum_of_its_sites_and_weighs_by_intensity() -> None:
    found = extent((STROKE,))
    assert found.share == pytest.approx(sum(found.sites.values()))
    assert found.weighted == pytest.approx(0.6 * found.share)
    assert within(found, {s.split("@")[0] for s in found.sites}) == pytest.approx(found.share)
    assert extent(()).share == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(8, 60), st.integers(1, 40))
def test_a_broader_stroke_never_covers_less(width: int, more: int) -> None:
    narrow, broad = (extent((replace(STROKE, width=w),)).share for w in (width, width + more))
    assert broad >= narrow - 0.05  # a site below the least share is a slip of the pencil


def test_the_middle_lies_where_most_and_strongest_colour_is() -> None:
    weak = replace(STROKE, points=((240, 300),), intensity=1.0)
    strong = replace(STROKE, points=((340, 300),), intensity=9.0)
    (x, y) = centres((weak, strong))["female", "back"]
    assert x == pytest.approx(330, abs=3)
    assert y == pytest.approx(300, abs=1)


def test_a_visit_without_a_drawing_is_no_visit_without_pain(store: Store) -> None:
    body = {"format": 1, "stroke": [{"figure": "female", "view": "back", "atlas": 1, "width": 40, "intensity": 6, "points": [[300, 300], [320, 400]]}]}  # fmt: skip
    store.put("drawing", "a", body)
    series = drawn_series(drawings(store, [("a", DAY), ("b", DAY)], K), K)
    assert [len(s.points) for s in series if s.measure == "drawing.extent" and not s.on] == [1]


# ---------------------------------------------------------- what reaches the ranking


def kept(measure: str, value: float, side: str = "", when: Any = "at") -> Kept:
    return Kept("1", taken(measure, value, side=side, when=when), value, "v")


def test_a_short_muscle_becomes_a_finding_of_its_side_and_a_head_carried_forward_a_habit() -> None:
    rows, habits = of_measures([kept("length.slr", 50, "left"), kept("posture.cva", 40)], K)
    assert {"muscle": "biceps_femoris@left", "visit": "measured", "restricted_motion": True} in rows
    assert all(row["muscle"].endswith("@left") for row in rows)
    assert habits == ["head_forward"]
    assert of_measures([kept("length.slr", 80, "left"), kept("posture.cva", 55)], K) == ([], [])


def test_a_motion_is_limited_beyond_its_usual_value_and_its_error_and_every_cut_follows_from_both() -> None:
    usual = {n.measure: n for n in K.norms.values()}
    motions = [n for n in K.leanings.values() if n.sign == "motion_fits"]
    assert len({n.measure for n in motions}) == 33
    for n in motions:
        m, low = K.measures[n.measure], usual[n.measure].low
        assert low is not None
        assert n.cut == pytest.approx(low - (m.mdc or 10.0)), n.id
        assert n.apart == ((m.mdc or 10.0) if m.sided else None), n.id
        falling = [cut for _, cut in n.by_age]
        assert falling == sorted(falling, reverse=True) and all(cut < n.cut for cut in falling), n.id
    told = {n.measure for n in K.leanings.values()}
    assert {m.id for m in K.measures.values() if m.group == "motion"} <= told


@pytest.mark.parametrize(
    ("values", "age", "leans"),
    [
        ({"left": 47.9}, 30, True),
        ({"left": 48.6}, 30, False),
        ({"left": 47.9}, 45, False),  # less is usual at that age
        ({"left": 47.9}, None, True),
        ({"left": 65.0, "right": 76.5}, 30, True),
        ({"left": 65.0, "right": 76.3}, 30, False),
        ({"left": 88.0, "right": 76.5}, 30, None),  # the other one is the limited one
    ],
)
def test_the_turning_of_the_neck_leans_by_age_and_by_its_other_side(
    values: dict[str, float], age: float | None, leans: bool | None
) -> None:
    rows, _ = of_values({("rom.neck.rotation", side): v for side, v in values.items()}, K, age)
    on = {str(row["muscle"]) for row in rows}
    assert all(row["motion_fits"] is True for row in rows)
    towards = {"levator_scapulae@right", "sternocleidomastoideus.sternal@left"}
    away = {"levator_scapulae@left", "sternocleidomastoideus.sternal@right"}
    expected = away if leans is None else towards if leans else set()
    assert on & (towards | away) == expected and bool(on) == bool(expected)


@pytest.mark.parametrize(
    ("angle", "age", "forward"),
    [(41.2, 80, False), (34.8, 80, True), (41.2, 40, True), (41.2, None, True), (48.1, 40, False), (42.4, 65, True), (42.6, 65, False), (29.4, 90, False)],
)  # fmt: skip
def test_a_head_is_carried_forward_by_the_measure_of_its_age(angle: float, age: float | None, forward: bool) -> None:
    assert of_values({("posture.cva", ""): angle}, K, age)[1] == (["head_forward"] if forward else [])
    assert of_values({("posture.forward_head", ""): 90 - angle}, K, 80)[1] == (["head_forward"] if angle < 34.9 else [])


def test_more_of_it_never_leans_less_and_no_measure_moves_the_odds_beyond_the_cap() -> None:
    worst: dict[tuple[str, str], float] = {}
    for m in (K.measures[ident] for ident in {n.measure for n in K.leanings.values()}):
        for side in ("left", "right") if m.sided else ("",):
            found = []
            for n in range(21):
                value = m.low + (m.high - m.low) * n / 20
                rows, habits = of_values({(m.id, side): value}, K, 50)
                found.append({(str(r["muscle"]), s) for r in rows for s in r} | {(h, "") for h in habits})
            ways = {n.when for n in K.leanings.values() if n.measure == m.id}
            middle = next(i for i, some in enumerate(found) if not some)
            rising, falling = found[middle:], found[middle::-1]
            for run in (rising, falling):
                assert all(a <= b for a, b in pairwise(run)), m.id
            assert (bool(falling[-1]), bool(rising[-1])) == ("below" in ways, "above" in ways), m.id
            worst[m.id, side] = m.low if "below" in ways else m.high
    rows, _ = of_values(worst, K, 50)
    case = read_mapping({"format": 1, "pain": [{"site": "neck.back.upper@right"}], "finding": rows}, "case", K)
    moved = [[f for f in p.moved if f.of == "finding"] for p in assess(case, K, next_too=False).points]
    assert max(math.prod(f.factor for f in found) for found in moved) < 2.5
    assert all(f.factor > 1 and f.what.endswith("(measured)") for found in moved for f in found)


def test_what_is_measured_after_the_work_does_not_lean() -> None:
    assert of_measures([kept("length.slr", 80, "left"), kept("length.slr", 50, "left", "after")], K) == ([], [])


def test_a_leaning_moves_the_ranking_a_little_and_posture_alone_hardly() -> None:
    pain = {"format": 1, "pain": [{"site": "thigh.back.upper@left", "intensity": 6}]}

    def chance(rows: list[dict[str, Any]], point: str) -> float:
        ranking = assess(read_mapping({**pain, "finding": rows}, "case", K), K, next_too=False)
        return next(p.probability for p in ranking.points if p.id == point)

    rows, _ = of_measures([kept("length.slr", 50, "left")], K)
    before, after = chance([], "biceps_femoris.1@left"), chance(rows, "biceps_femoris.1@left")
    assert before < after < before * 2
    posture = [{"muscle": "biceps_femoris@left", "posture_fits": True}]
    assert before < chance(posture, "biceps_femoris.1@left") < before * 1.15


def test_measured_anew_the_earlier_finding_gives_way(k: Knowledge) -> None:
    rest: dict[str, Any] = {"finding": [{"point": "infraspinatus.1@left", "tenderness": 5}]}
    lean(rest, [kept("length.slr", 50, "left")], k)
    assert len(rest["finding"]) == 4
    lean(rest, [kept("length.slr", 85, "left")], k)
    assert rest["finding"] == [{"point": "infraspinatus.1@left", "tenderness": 5}]


def test_a_habit_that_was_measured_goes_with_its_measure_and_one_that_was_told_stays(k: Knowledge) -> None:
    rest: dict[str, Any] = {"complaint": {"weeks": 6, "habits": ["desk or screen work"]}}
    lean(rest, [kept("posture.cva", 40), kept("habit.desk", 9)], k)
    assert rest["complaint"]["habits"] == ["desk or screen work", "head carried forward (measured)"]
    case = read_mapping({"format": 1, "pain": [{"site": "elbow.outer@left"}], **rest}, "case", k)
    assert set(understand(case, k).habits) == {"desk_work", "head_forward"}, "its mark does not make it unknown"
    lean(rest, [kept("posture.cva", 40), kept("posture.cva", 55)], k)
    assert rest == {"complaint": {"weeks": 6, "habits": ["desk or screen work"]}}
    lean(rest, [kept("posture.cva", 40)], k)
    lean(rest, [], k)
    assert rest == {"complaint": {"weeks": 6, "habits": ["desk or screen work"]}}


def test_on_paper_what_was_measured_stands_in_one_line_for_each_sign() -> None:
    rows, _ = of_values({("rom.neck.rotation", "left"): 20.0, ("length.thomas_hip", "left"): 20.0}, K, 40)
    found = {"muscle": "infraspinatus@left", "weak": True}
    case = read_mapping({"format": 1, "pain": [{"site": "elbow.outer@left"}], "finding": [found, *rows]}, "case", K)
    lines = re.findall(r"<li>([^<]*)</li>", WebPage(K).printed(form_of(case)).partition("<h2>Found</h2>")[2])
    assert [line.partition(":")[2].count(";") for line in lines[:3]] == [0, 1, 9]
    assert lines[2].startswith("a motion that this muscle would hold back is limited (measured): sternocleidomastoid")


def test_the_page_of_a_measure_says_from_where_on_it_leans_for_this_client_or_why_it_does_not() -> None:
    def said(ident: str, age: float | None) -> list[str]:
        return [words.replace("\N{NO-BREAK SPACE}", " ") for words in leans(K.measures[ident], K, age)]

    assert said("posture.cva", 80) == ["Leans on the ranking, weakly, at less than 34.9°: head carried forward."]
    assert said("posture.cva", None) == ["Leans on the ranking, weakly, at less than 48°: head carried forward."]
    same, other = said("rom.neck.rotation", 30)
    assert same.startswith(
        "Leans on the ranking, weakly, at less than 48.6°, or less than the other side by more than 11.4°: "
    )
    assert same.endswith(" of the same side.") and other.endswith(" of the other side.")
    assert said("posture.q_angle", 30)[0].startswith("Does not lean on the ranking: ")
    assert said("pain.now", 30) == []


@pytest.mark.parametrize(
    ("values", "unit", "told"),
    [
        ((200.0, 240.0, 318.0), "kPa", ("118 kPa", "117 kPa")),
        ((200.0, 240.0, 317.0), "kPa", None),
        ((2.0, 2.5, 4.0), "kg/cm2", ("2 kg/cm2", "1.2 kg/cm2")),
        ((2.0,), "kg/cm2", None),
    ],
)
def test_readings_that_lie_too_far_apart_are_kept_and_it_is_said_beside_the_value_and_in_the_note(
    store: Store, values: tuple[float, ...], unit: str, told: tuple[str, str] | None
) -> None:
    every = Measures(store, K)
    every.keep("v", [taken("ppt", *values, unit=unit, on=TRAPEZIUS)])
    (one,) = every.of_visit("v")
    assert one.taken.values == values
    words = far(one, K).replace("\N{NO-BREAK SPACE}", " ")
    line = measured([f.body for f in store.facts("visit:v")], K, told=False)[0].replace("\N{NO-BREAK SPACE}", " ")
    if told is None:
        assert words == "" and "differ" not in line
    else:
        said = f"readings differ by {told[0]}, more than {told[1]}".replace("cm2", "cm²")
        assert words.replace("cm2", "cm²") == f"The {said}: take them again." and said in line.replace("cm2", "cm²")


def test_which_leg_is_longer_is_chosen_or_typed_as_a_sign_and_never_guessed() -> None:
    leg, turn = "v|posture.leg_length|0||0", "turn|posture.leg_length|0|"
    with pytest.raises(MeasureError) as error:
        read({leg: "8"}, "A", K)
    assert [(p.code, p.allowed) for p in error.value.problems] == [("no_side", "left leg longer, right leg longer")]
    for fields, value in (
        ({leg: "8", turn: "minus"}, -8),
        ({leg: "8", turn: "plus"}, 8),
        ({leg: "-8"}, -8),
        ({leg: "+8"}, 8),
        ({leg: "0"}, 0),
    ):
        (one,) = read(fields, "A", K)
        assert one.values == (value,)
    assert amount(-8.0, K.measures["posture.leg_length"]).replace("\N{NO-BREAK SPACE}", " ") == "8 mm right leg longer"
