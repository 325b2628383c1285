"""What fingers and tests found: by how much it moves the odds, how it adds up, and what it must never do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.assess import findings as found
from unknot.assess.evidence import gather
from unknot.assess.network import network
from unknot.assess.rank import assess
from unknot.assess.solve import pose, solve
from unknot.case.model import Case, Client, Complaint, Finding, History, Pain
from unknot.case.understand import understand
from unknot.knowledge.load import Knowledge, knowledge

K: Knowledge = knowledge()
NET = network(K)
POINT = "infraspinatus.1@right"
HERE = NET.index[POINT]
YES_NO = [s.id for s in K.signs.values() if s.of == "point" and s.id != "tenderness"]
STEADY = settings(max_examples=100, deadline=None, derandomize=True)
RATED = st.floats(0, 10).map(lambda v: round(v, 2))


def case(*findings: Finding) -> Case:
    """A shoulder that hurts, with these findings."""
    return Case(
        "c", Client(), (Pain("shoulder.front@right"), Pain("elbow.outer@right")), Complaint(), findings, History()
    )


def signs(
    visit: str = "",
    on: str = POINT,
    *,
    corrects: bool = False,
    also: Mapping[str, bool | float] | None = None,
    **values: bool | float,
) -> Finding:
    """Signs found at a point on a visit; `also` holds those whose name the test does not write out."""
    return Finding("point", on, {**values, **(also or {})}, visit=visit, corrects=corrects)


def moved(*findings: Finding) -> dict[str, float]:
    """Log of the factor on the odds of every explanation that the findings moved."""
    given = case(*findings)
    evidence = gather(given, understand(given, K), NET, K)
    return {NET.explanations[e].id: float(evidence.found[e]) for e in np.flatnonzero(evidence.found)}


def log_ratio(*findings: Finding) -> float:
    """Log of the factor on the odds of `POINT`."""
    return moved(*findings).get(POINT, 0.0)


def stated(sign: str, *, yes: bool = True) -> float:
    """The log likelihood ratio that the data state for a sign."""
    s = K.signs[sign]
    return math.log(s.sensitivity / s.false_rate) if yes else math.log((1 - s.sensitivity) / (1 - s.false_rate))


def capped(log: float) -> float:
    """A log ratio within the cap that the data state."""
    cap = math.log(K.weight("sign_cap"))
    return max(-cap, min(cap, log))


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


@pytest.mark.parametrize("sign", YES_NO)
@pytest.mark.parametrize("yes", [True, False])
def test_a_sign_at_a_point_moves_the_odds_of_that_point_alone_by_the_stated_ratio(sign: str, yes: bool) -> None:
    assert moved(signs(also={sign: yes})) == {POINT: pytest.approx(stated(sign, yes=yes), abs=1e-12)}


@pytest.mark.parametrize(
    "sign", [s.id for s in K.signs.values() if s.of in ("muscle", "point") and s.id != "tenderness"]
)
def test_a_sign_of_a_muscle_moves_each_of_its_points_by_the_stated_ratio(sign: str) -> None:
    wanted = {
        x.id: pytest.approx(stated(sign), abs=1e-12)
        for x in NET.explanations
        if x.kind == "point" and x.side == "right" and K.points[x.of].muscle == "infraspinatus"
    }
    assert len(wanted) > 1
    assert moved(Finding("muscle", "infraspinatus@right", {sign: True})) == wanted


@pytest.mark.parametrize("sign", [s.id for s in K.signs.values() if s.of == "root"])
@pytest.mark.parametrize("yes", [True, False])
def test_a_sign_of_a_root_moves_that_root_alone_by_the_stated_ratio(sign: str, yes: bool) -> None:
    assert moved(Finding("root", "C6@right", {sign: yes})) == {
        "C6@right": pytest.approx(stated(sign, yes=yes), abs=1e-12)
    }


@pytest.mark.parametrize("test", sorted(K.tests))
@pytest.mark.parametrize("positive", [True, False])
def test_a_test_moves_what_it_speaks_for_on_its_side_by_its_published_ratio(test: str, positive: bool) -> None:
    t = K.tests[test]
    log = math.log(t.sensitivity / (1 - t.specificity)) if positive else math.log((1 - t.sensitivity) / t.specificity)
    causes = K.causes()
    targets = {f"{of}@left" if causes[of].lateral else of for of in t.of}
    lateral = any(causes[of].lateral for of in t.of)
    got = moved(Finding("test", f"{test}@left" if lateral else test, {"result": positive}))
    assert got == {target: pytest.approx(capped(log), abs=1e-12) for target in targets}


def test_a_test_told_in_words_moves_the_side_that_was_said() -> None:
    t = K.tests["spurling_a"]
    got = moved(Finding("said", "", {}, said="Spurling test positive on the right"))
    assert got == {
        f"{of}@right": pytest.approx(math.log(t.sensitivity / (1 - t.specificity)), abs=1e-12) for of in t.of
    }


def test_what_was_found_at_a_free_spot_or_only_told_moves_nothing() -> None:
    assert moved(Finding("spot", "shoulder.front@right", {"tenderness": 9.0, "familiar_pain": True})) == {}
    assert moved(Finding("said", "", {}, said="hard like a rope")) == {}


@pytest.mark.parametrize("sign", YES_NO)
@pytest.mark.parametrize("yes", [True, False])
def test_the_chance_that_is_told_has_moved_by_that_ratio_after_the_whole_inference(sign: str, yes: bool) -> None:
    point = next(p for p in assess(case(signs(also={sign: yes})), K, next_too=False).points if p.id == POINT)
    assert log_odds(point.probability) - log_odds(point.before_findings) == pytest.approx(
        stated(sign, yes=yes), abs=1e-9
    )
    assert math.log(math.prod(m.factor for m in point.moved)) == pytest.approx(
        log_odds(point.probability) - log_odds(point.prior), abs=1e-9
    )


@pytest.mark.parametrize("sign", YES_NO)
@pytest.mark.parametrize("yes", [True, False])
def test_equal_findings_at_several_visits_weigh_more_than_one_and_less_than_all_apart(sign: str, yes: bool) -> None:
    one, rho = stated(sign, yes=yes), K.weight("visit_correlation")
    before = 0.0
    for visits in range(1, 7):
        got = log_ratio(*(signs(f"v{i}", also={sign: yes}) for i in range(visits)))
        assert got == pytest.approx(capped(visits * one / (1 + (visits - 1) * rho)), abs=1e-12)
        assert abs(one) - 1e-12 <= abs(got) <= abs(visits * one) + 1e-12
        assert abs(got) >= before
        before = abs(got)


def test_findings_that_differ_between_visits_combine_with_the_stated_correlation_too() -> None:
    both = stated("familiar_pain") + stated("familiar_pain", yes=False)
    got = log_ratio(signs("v1", familiar_pain=True), signs("v2", familiar_pain=False))
    assert got == pytest.approx(both / (1 + K.weight("visit_correlation")), abs=1e-12)


@STEADY
@given(first=RATED, low=RATED, high=RATED)
def test_more_tenderness_at_the_second_visit_never_speaks_less(first: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    less, more = (log_ratio(signs("v1", tenderness=first), signs("v2", tenderness=second)) for second in (low, high))
    assert more >= less - 1e-12


def test_the_order_of_two_visits_does_not_matter() -> None:
    yes_then_no = log_ratio(signs("v1", familiar_pain=True), signs("v2", familiar_pain=False))
    assert yes_then_no == pytest.approx(
        log_ratio(signs("v1", familiar_pain=False), signs("v2", familiar_pain=True)), abs=1e-12
    )


def test_a_correction_replaces_what_it_corrects_and_nothing_else() -> None:
    wrong = signs("v1", familiar_pain=True, taut_band=True)
    right = signs("v1", familiar_pain=False, corrects=True)
    assert log_ratio(wrong, right) == pytest.approx(
        log_ratio(signs("v1", familiar_pain=False, taut_band=True)), abs=1e-12
    )
    assert log_ratio(wrong, right) != pytest.approx(log_ratio(wrong))


def test_the_last_of_several_corrections_stands() -> None:
    given = [
        signs("v1", tenderness=9.0),
        signs("v1", tenderness=0.0, corrects=True),
        signs("v1", tenderness=7.0, corrects=True),
    ]
    assert log_ratio(*given) == log_ratio(signs("v1", tenderness=7.0))


def test_a_correction_leaves_other_visits_and_other_places_as_they_are() -> None:
    other = signs("v1", on="infraspinatus.2@right", familiar_pain=True)
    kept = [signs("v2", familiar_pain=True), other]
    got = moved(signs("v1", familiar_pain=True), *kept, signs("v1", familiar_pain=False, corrects=True))
    assert got == moved(*kept, signs("v1", familiar_pain=False))
    assert got["infraspinatus.2@right"] == pytest.approx(stated("familiar_pain"), abs=1e-12)


def test_a_corrected_test_counts_once_with_its_last_result() -> None:
    wrong = Finding("test", "spurling_a@right", {"result": True}, visit="v1")
    right = Finding("test", "spurling_a@right", {"result": False}, visit="v1", corrects=True)
    assert moved(wrong, right) == moved(Finding("test", "spurling_a@right", {"result": False}, visit="v1"))


def test_further_signs_of_one_place_count_by_the_stated_share() -> None:
    strongest = max(("familiar_pain", "taut_band", "twitch"), key=stated)
    total = sum(
        stated(s) * (1.0 if s == strongest else K.weight("sign_share"))
        for s in ("familiar_pain", "taut_band", "twitch")
    )
    assert log_ratio(signs(familiar_pain=True, taut_band=True, twitch=True)) == pytest.approx(capped(total), abs=1e-12)


@pytest.mark.parametrize("yes", [True, False])
def test_however_much_is_found_the_odds_move_at_most_by_the_cap(yes: bool) -> None:
    everything = [signs(f"v{i}", tenderness=10.0 if yes else 0.0, also=dict.fromkeys(YES_NO, yes)) for i in range(8)]
    assert abs(log_ratio(*everything)) == pytest.approx(math.log(K.weight("sign_cap")), abs=1e-12)
    assert (log_ratio(*everything) > 0) == yes


def test_the_ratio_of_a_strong_test_is_held_by_the_cap() -> None:
    strong = [t for t in K.tests.values() if t.sensitivity / (1 - t.specificity) > K.weight("sign_cap")]
    assert strong
    for t in strong:
        assert max(moved(Finding("test", f"{t.id}@left", {"result": True})).values()) == pytest.approx(
            math.log(K.weight("sign_cap"))
        )


def test_tenderness_is_even_at_the_stated_value_full_at_the_stated_value_and_flat_beyond() -> None:
    even, full = K.weight("tenderness_even"), K.weight("tenderness_full")
    assert log_ratio(signs(tenderness=even)) == 0.0
    assert log_ratio(signs(tenderness=0.0)) == pytest.approx(stated("tenderness", yes=False), abs=1e-12)
    assert [log_ratio(signs(tenderness=v)) for v in (full, 8.0, 10.0)] == pytest.approx(
        [stated("tenderness")] * 3, abs=1e-12
    )


def test_more_tenderness_never_speaks_less_and_speaks_more_between_nought_and_full() -> None:
    steps = [found.sign_ratio(K.signs["tenderness"], v / 10, K) for v in range(101)]
    assert all(a <= b for a, b in pairwise(steps))
    full = int(K.weight("tenderness_full") * 10)
    assert all(a < b for a, b in pairwise(steps[: full + 1]))


@STEADY
@given(st.dictionaries(st.sampled_from(YES_NO), st.booleans(), max_size=6), st.sampled_from(YES_NO))
def test_a_no_never_raises_and_a_yes_never_lowers_whatever_else_was_found(before: dict[str, bool], sign: str) -> None:
    rest = {s: v for s, v in before.items() if s != sign}
    without = log_ratio(signs(also=rest)) if rest else 0.0
    assert log_ratio(signs(also={**rest, sign: False})) <= without + 1e-12
    assert log_ratio(signs(also={**rest, sign: True})) >= without - 1e-12


def test_no_data_lets_a_negative_finding_raise() -> None:
    assert all(stated(s, yes=False) < 0 < stated(s) for s in K.signs)
    assert all(found.test_ratio(t, positive=False) < 0 < found.test_ratio(t, positive=True) for t in K.tests.values())


def test_a_finding_at_one_point_moves_its_rivals_the_other_way() -> None:
    """What one point explains, the others need not."""
    now = {}
    for name, felt in (("before", case()), ("after", case(signs(familiar_pain=True)))):
        evidence = gather(felt, understand(felt, K), NET, K)
        now[name] = solve(pose(evidence), evidence.with_findings()).posterior[0]
    assert now["after"][HERE] > now["before"][HERE]
    assert now["after"][NET.index["supraspinatus.1@right"]] < now["before"][NET.index["supraspinatus.1@right"]]
