"""The whole ranking: what must hold of any drawing, what findings and closed places do to it, and who stands on top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.assess.network import OTHER, network, sided
from unknot.assess.rank import assess as assess_case
from unknot.assess.rank import work
from unknot.case.clearance import Open
from unknot.case.model import Case, Client, Complaint, Finding, History, Pain
from unknot.case.ranking import Press, RankedOther, RankedPoint, Ranking
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge, knowledge
from unknot.words import say

K: Knowledge = knowledge()
NET = network(K)
DRAWINGS = st.lists(st.sampled_from(NET.sites), min_size=1, max_size=6, unique=True)
STEADY = settings(max_examples=40, deadline=None, derandomize=True)
FEWER = settings(max_examples=15, deadline=None, derandomize=True)
SHOULDER = ("shoulder.front@right", "arm.side@right", "elbow.outer@right")
HEART = ("chest.sternum", "chest.breast@left", "arm.inner@left")


def assess(of: Case, k: Knowledge, **more: Any) -> Ranking:
    """The ranking with everything open to the touch, unless it is said otherwise."""
    return assess_case(of, k, **{"touch": Open(discomfort=5), **more})


def case(
    sites: tuple[str, ...] | list[str], *findings: Finding, said: tuple[str, ...] = (), age: float | None = None
) -> Case:
    """A drawing of these sites."""
    return Case("c", Client(age), tuple(Pain(s) for s in sites), Complaint(said=said), findings, History())


def ranked(ranking: Ranking, ident: str) -> RankedPoint | RankedOther:
    """One explanation of a ranking by its id."""
    every: list[RankedPoint | RankedOther] = [*ranking.points, *ranking.other]
    return next(r for r in every if r.id == ident)


def first_point(sites: tuple[str, ...] | list[str]) -> RankedPoint:
    """The point that stands first."""
    return assess(case(sites), K, next_too=False).points[0]


def swapped(site: str) -> str:
    """The same site or explanation on the other side."""
    name, at, side = site.partition("@")
    return f"{name}@{OTHER[side]}" if at else name


def yes_or_no(press: Press, *, yes: bool) -> Finding:
    """The finding that answers a press."""
    if press.kind == "test":
        return Finding("test", press.id, {"result": yes})
    return Finding("point", press.id, {"familiar_pain": yes})


def percentage(told: str) -> int:
    """The first percentage of a sentence, 0 for little; it was rounded down."""
    first = told.split(", and ")[0]
    if say("number.little") in first:
        return 0
    found = re.search(r"(\d+)\s*%", first)
    assert found, told
    return int(found[1])


def fits(told: int, then: float) -> bool:
    """Whether a percentage that was rounded down tells what is then found."""
    return told - 1e-6 <= then <= told + 1 + 1e-6


def asked_about(press: Press, drawn: Case) -> str:
    """The explanation that a press is about: the point, or of what the test speaks for the one that its chance of yes fits."""
    if press.kind == "point":
        return press.id
    now = work(drawn, K).answer.posterior[0]
    ident, _, side = press.id.partition("@")
    test = K.tests[ident]
    p = {x.id: float(now[e]) for e, x in enumerate(NET.explanations) if x.of in test.of and x.side in (side, "")}
    return next(
        x
        for x, c in p.items()
        if abs(c * test.sensitivity + (1 - c) * (1 - test.specificity) - press.probability_yes) < 1e-9
    )


def answers(drawn: Case, kind: str) -> Iterator[tuple[str, int, float]]:
    """(id, percentage that was told, percentage that is then found) for yes and no of every press of a kind."""
    for press in (p for p in assess(drawn, K).press_next or () if p.kind == kind):
        about = asked_about(press, drawn)
        for yes in (True, False):
            after = work(replace(drawn, findings=(*drawn.findings, yes_or_no(press, yes=yes))), K)
            now = float(after.answer.posterior[0, NET.index[about]])
            yield press.id, percentage(press.if_yes if yes else press.if_no), 100 * now


@STEADY
@given(DRAWINGS)
def test_points_stand_by_their_muscle_and_then_by_their_chance(sites: list[str]) -> None:
    points = assess(case(sites), K, next_too=False).points
    assert points
    known = [p.muscle_probability for p in points]
    worked_out = [m for m in known if m is not None]
    assert known[: len(worked_out)] == worked_out, "muscles that were worked out stand first"
    assert worked_out == sorted(worked_out, reverse=True)
    for a, b in pairwise(points):
        if (a.muscle, a.side) == (b.muscle, b.side):
            assert a.probability >= b.probability


@STEADY
@given(DRAWINGS)
def test_every_chance_lies_from_0_to_1_and_no_muscle_is_less_likely_than_one_of_its_points(sites: list[str]) -> None:
    ranking = assess(case(sites), K, next_too=False)
    for r in (*ranking.points, *ranking.other):
        assert 0 <= r.probability <= 1 and 0 < r.prior < 1 and 0 <= r.before_findings <= 1
    for p in ranking.points:
        assert p.muscle_probability is None or p.probability <= p.muscle_probability <= 1


@STEADY
@given(DRAWINGS)
def test_what_it_explains_is_drawn_and_reached_and_what_speaks_against_it_is_essential_and_white(
    sites: list[str],
) -> None:
    ranking = assess(case(sites), K, next_too=False)
    for r in (*ranking.points, *ranking.other):
        of = r.id.split("@")[0]
        record = K.points[of] if isinstance(r, RankedPoint) else K.cause(of)
        essential, every = (
            set(sided(record.essential, r.side, K)),
            set(sided({**record.essential, **record.spillover}, r.side, K)),
        )
        assert set(r.explains) == every & set(sites)
        assert set(r.against) == essential - set(sites)
        assert not set(r.explains) & set(r.against)


@STEADY
@given(DRAWINGS)
def test_each_share_of_a_site_is_at_most_whole_and_stands_only_for_what_is_explained(sites: list[str]) -> None:
    ranking = assess(case(sites), K, next_too=False)
    for r in (*ranking.points, *ranking.other):
        assert set(r.shares) == set(r.explains)
        assert all(0 <= share <= 1 for share in r.shares.values())
    for site in sites:
        assert sum(r.shares.get(site, 0.0) for r in (*ranking.points, *ranking.other)) <= 1 + 1e-9


@FEWER
@given(DRAWINGS)
def test_the_compiled_backend_ranks_as_the_plain_one(sites: list[str]) -> None:
    plain, compiled = assess(case(sites), K, use="numpy"), assess(case(sites), K, use="numba")
    wanted = {r.id: r.probability for r in (*plain.points, *plain.other)}
    assert {r.id: r.probability for r in (*compiled.points, *compiled.other)} == pytest.approx(wanted, abs=1e-9)
    assert [p.gain_bit for p in compiled.press_next or ()] == pytest.approx(
        [p.gain_bit for p in plain.press_next or ()], abs=1e-9
    )


@pytest.fixture(scope="module")
def even() -> Knowledge:
    """The knowledge without what exists on one side alone or is felt more on one side."""

    def one_sided(pattern: dict[str, float]) -> bool:
        reached = sided(pattern, "", K)
        return {swapped(s): w for s, w in reached.items()} != reached

    origins = {o.id: o for o in K.origins.values() if o.lateral or not one_sided(o.essential | o.spillover)}
    points = {p.id: p for p in K.points.values() if not p.only_side}
    assert 0 < len(K.origins) - len(origins) < 20 and len(points) < len(K.points)
    return replace(K, origins=origins, points=points)


@STEADY
@given(sites=DRAWINGS)
def test_a_mirrored_drawing_gives_the_mirrored_chances(even: Knowledge, sites: list[str]) -> None:
    here, there = (work(case(drawn), even) for drawn in (sites, [swapped(s) for s in sites]))
    chances = {x.id: p for x, p in zip(here.net.explanations, here.answer.posterior[0], strict=True)}
    mirrored = {swapped(x.id): p for x, p in zip(there.net.explanations, there.answer.posterior[0], strict=True)}
    assert mirrored == pytest.approx(chances, abs=1e-9)


@FEWER
@given(sites=DRAWINGS)
def test_a_mirrored_drawing_gives_the_mirrored_order(even: Knowledge, sites: list[str]) -> None:
    """Where two muscles or two points are equally likely either may stand first."""
    here, there = (assess(case(drawn), even, next_too=False).points for drawn in (sites, [swapped(s) for s in sites]))
    place = {swapped(p.id): i for i, p in enumerate(there)}
    both = [p for p in here[:20] if p.id in place and p.muscle_probability is not None]
    assert both
    for a, b in pairwise(both):
        if (a.muscle_probability or 0) > (b.muscle_probability or 0) + 1e-9:
            assert place[a.id] < place[b.id]


@FEWER
@given(DRAWINGS, st.integers(0, 9))
def test_familiar_pain_raises_a_point_and_its_absence_lowers_it(sites: list[str], place: int) -> None:
    points = assess(case(sites), K, next_too=False).points
    point = points[min(place, len(points) - 1)]
    after = {
        yes: ranked(
            assess(case(sites, Finding("point", point.id, {"familiar_pain": yes})), K, next_too=False), point.id
        ).probability
        for yes in (True, False)
    }
    assert after[False] < point.probability < after[True]


@STEADY
@given(DRAWINGS)
def test_what_to_press_next_teaches_something_and_the_best_stands_first(sites: list[str]) -> None:
    pressing = assess(case(sites), K).press_next
    assert pressing
    gains = [p.gain_bit for p in pressing]
    assert len(gains) <= 3 and min(gains) > 0
    assert gains == sorted(gains, reverse=True)
    assert len({p.id for p in pressing}) == len(pressing)


@FEWER
@given(DRAWINGS)
def test_the_chance_told_for_each_answer_at_a_point_is_the_one_found_after_it(sites: list[str]) -> None:
    for ident, told, then in answers(case(sites), "point"):
        assert fits(told, then), f"{ident}: told {told} %, found {then:.1f} %"


@pytest.mark.parametrize("already", [{"tenderness": 8.0}, {"taut_band": True, "twitch": True}, {"tenderness": 5.0}])
def test_the_chance_told_for_each_answer_counts_what_was_found_there_before(already: dict[str, bool | float]) -> None:
    """Further signs of one place count by a share; the sentence must say what the next ranking will say."""
    drawn = case(SHOULDER, Finding("point", first_point(SHOULDER).id, already))
    found = list(answers(drawn, "point"))
    assert drawn.findings[0].on in {ident for ident, _, _ in found}, "the point is still worth pressing"
    for ident, told, then in found:
        assert fits(told, then), f"{ident}: told {told} %, found {then:.1f} %"


TESTED = {
    "golfer_elbow": (("elbow.inner@left",), ()),
    "elbow_flexion_compression": (("elbow.inner@left", "hand.little@left", "hand.ring@left"), ("tingling",)),
    "triple_compression": (
        ("foot.small_toes@right", "foot.outer_edge@right", "foot.arch@right"),
        ("shooting pain down the leg", "weakness"),
    ),
    "femoral_stretch": (
        ("thigh.front.lower@right", "thigh.front.upper@right", "knee.inner@right", "low_back.lower@right"),
        ("a disc finding on imaging", "tingling", "numbness"),
    ),
}
"""A test of one cause, two that are stronger than the cap (yes or no), and one that speaks for several causes."""


@pytest.mark.parametrize("test", TESTED)
def test_the_chance_told_for_each_answer_of_a_test_is_the_one_found_after_it(test: str) -> None:
    sites, said = TESTED[test]
    found = [row for row in answers(case(sites, said=said, age=50), "test") if row[0].startswith(test)]
    assert len(found) == 2, "the test is proposed"
    for ident, told, then in found:
        assert fits(told, then), f"{ident}: told {told} %, found {then:.1f} %"


def pressed(pressing: tuple[Press, ...] | None) -> set[str]:
    """The sites that would be pressed."""
    places = (
        (K.points[p.id.split("@")[0]].region, p.id.partition("@")[2]) for p in pressing or () if p.kind == "point"
    )
    return {f"{region}@{side}" if side and K.regions[region].lateral else region for region, side in places}


@FEWER
@given(DRAWINGS, st.integers(1, 3))
def test_a_barred_site_is_never_pressed(sites: list[str], number: int) -> None:
    barred = frozenset(sorted(pressed(assess(case(sites), K).press_next))[:number])
    assert not barred & pressed(assess(case(sites), K, touch=Open(discomfort=5, barred=barred)).press_next)


def test_with_every_site_barred_nothing_is_pressed() -> None:
    assert pressed(assess(case(SHOULDER), K).press_next)
    assert not pressed(assess(case(SHOULDER), K, touch=Open(discomfort=5, barred=frozenset(NET.sites))).press_next)


def test_a_barred_point_is_never_pressed_although_its_site_is_open() -> None:
    first = next(p for p in assess(case(SHOULDER), K).press_next or () if p.kind == "point")
    allowed = Open(discomfort=5, barred_points=frozenset({first.id}))
    assert first.id not in {p.id for p in assess(case(SHOULDER), K, touch=allowed).press_next or ()}


def test_what_to_press_says_how_gently_where_the_clearance_asks_for_it() -> None:
    light = Open(discomfort=3, light=frozenset(NET.sites))
    points = [p for p in assess(case(SHOULDER), K, touch=light).press_next or () if p.kind == "point"]
    assert points and all("broad and light" in p.how and "3 of 10" in p.how for p in points)
    usual = [p for p in assess(case(SHOULDER), K).press_next or () if p.kind == "point"]
    assert not any("light" in p.how or "of 10" in p.how for p in usual)


@pytest.mark.parametrize(
    "sites", [("face.upper_teeth@right", "face.jaw_joint@right"), ("pelvis.floor", "pelvis.tailbone")]
)
def test_points_inside_mouth_or_pelvis_are_ranked_but_never_proposed(sites: tuple[str, ...]) -> None:
    ranking = assess(case(sites), K)
    inside = {p.id for p in ranking.points if K.muscles[p.muscle].licence != "none"}
    assert inside & {p.id for p in ranking.points[:10]}
    assert not inside & {p.id for p in ranking.press_next or ()}
    covered = assess(case(sites), K, touch=Open(discomfort=5, licences=("mouth", "pelvic_floor")))
    assert inside & {p.id for p in covered.press_next or ()}


def test_without_a_clearance_of_today_nothing_may_be_pressed_and_the_answer_says_why() -> None:
    assert assess_case(case(SHOULDER), K) == assess(
        case(SHOULDER), K, touch=Open(withheld="needs today's clearance", discomfort=0)
    )
    ranking = assess_case(case(SHOULDER), K)
    assert ranking.press_next is None
    assert ranking.as_dict()["press_next"] == {"withheld": "needs today's clearance"}
    assert "withheld" not in ranking.as_dict()
    assert ranking.points == assess(case(SHOULDER), K).points


def test_a_point_that_was_pressed_is_not_proposed_again() -> None:
    for press in assess(case(SHOULDER), K).press_next or ():
        for yes in (True, False):
            after = assess(case(SHOULDER, yes_or_no(press, yes=yes)), K).press_next or ()
            assert press.id not in {p.id for p in after}


def test_an_explanation_past_its_threshold_stands_on_top_and_is_referred() -> None:
    ranking = assess(case(HEART, said=("short of breath", "sweating", "worse on exertion"), age=66), K, next_too=False)
    heart = ranked(ranking, "heart")
    assert isinstance(heart, RankedOther)
    assert heart.probability >= heart.threshold and heart.on_top
    assert ranking.other[0].on_top and heart in [o for o in ranking.other if o.on_top]
    assert ranking.refer.needed
    assert any(r.source == "ranking" and heart.name in r.why for r in ranking.refer.reasons)


ALARMING = {
    "with a likelier one that has not passed": (
        ("low_back.lower@left", "low_back.lower@right", "buttock.lower@left"),
        ("fever",),
    ),
    "that nothing drawn speaks for": (("elbow.outer@left",), ("night sweats", "weight loss", "past cancer", "fever")),
}


def passed(drawn: Case) -> set[str]:
    """Explanations that are not muscle and have passed their threshold."""
    now = work(drawn, K).answer.posterior[0]
    return {x.id for e, x in enumerate(NET.explanations) if x.kind != "point" and now[e] >= K.cause(x.of).threshold}


@pytest.mark.parametrize("which", ALARMING)
def test_what_words_alone_bring_past_its_threshold_stands_on_top_too(which: str) -> None:
    sites, said = ALARMING[which]
    drawn = case(sites, said=said, age=66)
    others = assess(drawn, K, next_too=False).other
    top = [o for o in others if o.on_top]
    assert top and {o.id for o in top} == passed(drawn)
    assert list(others[: len(top)]) == top
    if which == "that nothing drawn speaks for":
        assert any(not o.explains for o in top)
    else:
        assert min(o.probability for o in top) < max(o.probability for o in others[len(top) :])


def test_a_part_of_each_site_is_left_to_chance() -> None:
    few = replace(
        K, points={p: K.points[p] for p in ("infraspinatus.1", "supraspinatus.1")}, roots={}, entrapments={}, origins={}
    )
    ranking = assess(case(("shoulder.front@right",)), few, next_too=False)
    left = 1 - sum(p.shares.get("shoulder.front@right", 0.0) for p in ranking.points)
    mass = sum(p.shares["shoulder.front@right"] for p in ranking.points if p.shares)
    assert mass > 0.5
    assert 0.01 < left < 0.5


@STEADY
@given(DRAWINGS)
def test_just_those_past_their_threshold_stand_on_top_and_none_is_left_out(sites: list[str]) -> None:
    others = assess(case(sites), K, next_too=False).other
    assert {o.id for o in others if o.on_top} == passed(case(sites))
    assert [o.on_top for o in others] == sorted((o.on_top for o in others), reverse=True)


def by_all_states(few: Knowledge, drawn: Case) -> dict[str, float]:
    """P(any point of the muscle) for each muscle, by a sum over all states of all explanations."""
    net, evidence = network(few), work(drawn, few).evidence
    priors = evidence.with_findings()
    states = np.array(list(product((0, 1), repeat=len(priors))), dtype=float)
    chance = np.prod(np.where(states > 0, priors, 1 - priors), axis=1)
    for node in evidence.on:
        chance *= 1 - (1 - node.leak) * np.prod(1 - states * node.weights, axis=1)
    chance /= chance.sum()
    return {
        muscle: 1 - float(chance[(states[:, list(es)] == 0).all(axis=1)].sum()) for muscle, es in net.by_muscle.items()
    }


@pytest.mark.parametrize("findings", [(), (Finding("point", "trapezius.upper.1@right", {"familiar_pain": True}),)])
def test_the_chance_of_a_muscle_equals_the_sum_over_all_states(findings: tuple[Finding, ...]) -> None:
    names = [p for p in K.points if p.startswith(("trapezius.upper.", "levator_scapulae.", "infraspinatus."))][:7]
    few = replace(K, points={p: K.points[p] for p in names}, roots={}, entrapments={}, origins={})
    drawn = case(("neck.side@right", "neck.angle@right", "neck.back.lower@left", "shoulder.front@right"), *findings)
    wanted = by_all_states(few, drawn)
    points = assess(drawn, few, next_too=False).points
    got = {f"{p.muscle}@{p.side}": p.muscle_probability for p in points}
    assert len(got) >= 4 and sum(len(es) > 1 for es in network(few).by_muscle.values()) >= 4
    assert got == pytest.approx({m: wanted[m] for m in got}, abs=1e-9)


@FEWER
@given(DRAWINGS)
def test_the_same_case_gives_the_same_answer(sites: list[str]) -> None:
    assert assess(case(sites), K).as_dict() == assess(case(sites), K).as_dict()


@FEWER
@given(DRAWINGS)
def test_the_order_of_the_sites_does_not_matter(sites: list[str]) -> None:
    one, other = (work(case(drawn), K).answer.posterior for drawn in (sites, sites[::-1]))
    assert np.abs(one - other).max() < 1e-12


def told_of(**tables: object) -> Ranking:
    return assess(read_mapping({"format": 1, **tables}, "case", K), K, next_too=False)


def test_a_site_that_is_drawn_numb_speaks_for_the_nerve_that_serves_it() -> None:
    sites = ["thigh.outer.upper@left", "thigh.outer.lower@left"]
    ache, numb = (
        next(
            (
                o.probability
                for o in told_of(pain=[{"site": s, "quality": [q]} for s in sites]).other
                if o.id == "meralgia@left"
            ),
            0.0,
        )
        for q in ("ache", "numb")
    )
    assert numb > 2 * ache


def test_what_was_said_is_told_apart_from_where_it_hurts() -> None:
    found = told_of(pain=[{"site": "elbow.outer@left"}], complaint={"worse_with": ["gripping"]}).points[0]
    assert {m.of for m in found.moved} >= {"words", "drawing"}
    assert "gripping" in found.why


def test_a_rule_that_belongs_to_places_speaks_where_it_hurts_there_and_nowhere_else() -> None:
    said = {"said": ["car accident yesterday"]}
    assert told_of(pain=[{"site": "neck.back.upper@left"}], history=said).refer.needed
    assert "rule:spine_after_injury" not in {
        r.source for r in told_of(pain=[{"site": "hand.thumb@left"}], history=said).refer.reasons
    }
