"""Screening: every rule fires where it must and not just beside it; more can only make it stricter; the same answers give the same clearance."""

from __future__ import annotations

import json
import random
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.bench.screen import history
from unknot.case.clearance import LIMITS, OUTCOMES, Clearance
from unknot.case.intake import Answer, Approval, Intake, Marked, Override
from unknot.case.plan import Wish
from unknot.case.ranking import ReferReason
from unknot.errors import KnowledgeError
from unknot.knowledge.load import knowledge
from unknot.knowledge.safety import ScreenRule
from unknot.plan.gate import PlanError, admit
from unknot.plan.places import site_of
from unknot.record.store import as_json
from unknot.screen.about import About
from unknot.screen.case import opened
from unknot.screen.clear import clear, sites_under
from unknot.screen.questions import DAILY, asked_of
from unknot.screen.show import as_dict
from unknot.screen.words import hear, search

K = knowledge()
ON = date(2026, 11, 26)
CASES = Path(__file__).parent / "data" / "screening_cases"
WRITTEN: list[dict[str, Any]] = [
    case for path in sorted(CASES.glob("*.toml")) for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
SETS = ("sites", "symptoms", "tests", "signs", "likely", "qualities")
QUESTIONS = sorted(K.questions)
GENERAL = {"not_known"}
"""Rules of the engine itself, which the properties below hold."""


def story(told: dict[str, Any]) -> tuple[Intake, About]:
    """A written history as the values that screening takes; everything not told was answered no."""
    answers: dict[str, Answer] = dict.fromkeys(told.get("yes", []), "yes")
    sets = {key: frozenset(v.split("@")[0] if key == "tests" else v for v in told.get(key, [])) for key in SETS}
    marks = tuple(Marked(kind, site="knee.front@right") for kind in told.get("marks", []))
    return intake(answers, marks=marks), About(age=told.get("age"), sex=told.get("sex"), **sets)


def intake(answers: dict[str, Answer], **more: Any) -> Intake:
    daily = {q: a for q, a in answers.items() if K.questions[q].group in DAILY}
    consents: dict[str, Answer] = dict.fromkeys(K.consent_areas, "yes")
    once = {q: a for q, a in answers.items() if q not in daily}
    return Intake(
        **{
            "answers": once,
            "confirmed": frozenset(answers), "today": daily, "asked": True, "today_asked": True, "consents": consents, "came_before": True
        }
        | more
    )  # fmt: skip


def fired(told: dict[str, Any]) -> set[str]:
    return {reason.rule for reason in clear(*story(told), K, ON).reasons}


def strictness(clearance: Clearance) -> int:
    return OUTCOMES.index(clearance.outcome)


def milder(after: Clearance, before: Clearance) -> list[str]:
    """In what `after` allows something that `before` did not."""
    stricter = {
        "outcome": strictness(after) >= strictness(before),
        **{name: after.limit(name).value <= before.limit(name).value for name in LIMITS},
        "barred": after.barred_sites() >= before.barred_sites(),
        "light": {s.site for s in after.light} >= {s.site for s in before.light},
        "forbidden": {f.technique for f in after.forbidden} >= {f.technique for f in before.forbidden},
        "positions": {p for p, _ in after.positions} >= {p for p, _ in before.positions},
    }
    return [name for name, holds in stricter.items() if not holds]


# ---------------------------------------------------------------- the rules


@pytest.mark.parametrize("case", WRITTEN, ids=[case["rule"] for case in WRITTEN])
def test_a_rule_holds_for_its_history_and_not_for_the_near_miss(case: dict[str, Any]) -> None:
    assert case["rule"] in fired(case["hits"])
    assert case["rule"] not in fired(case["near"])


def test_every_rule_has_a_history_that_triggers_it_and_a_near_miss() -> None:
    assert {case["rule"] for case in WRITTEN} == set(K.screens) - GENERAL
    assert all(case["near"] for case in WRITTEN), "an empty history is no near miss"


def test_there_are_at_least_120_rules_each_with_its_source_and_confidence() -> None:
    assert len(K.screens) >= 120
    assert all(rule.sources and rule.confidence in ("high", "medium", "low") for rule in K.screens.values())


@pytest.mark.parametrize("rule", K.screens.values(), ids=list(K.screens))
def test_a_rule_tells_a_client_what_and_why_in_words(rule: ScreenRule) -> None:
    assert rule.name and len(rule.why) >= 20
    assert "_" not in rule.name + rule.why + rule.remind + rule.do_now


# ---------------------------------------------------------------- properties

answers_of = st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(["yes", "no", "unknown"]), max_size=12)
abouts = st.builds(
    About,
    age=st.none() | st.floats(0, 110),
    sex=st.sampled_from([None, "female", "male"]),
    sites=st.frozensets(st.sampled_from(sites_under(K, "*")), max_size=5),
    symptoms=st.frozensets(st.sampled_from(sorted(K.symptoms)), max_size=4),
    tests=st.frozensets(st.sampled_from(sorted(K.tests)), max_size=2),
    signs=st.frozensets(st.sampled_from(sorted(K.signs)), max_size=2),
    likely=st.frozensets(st.sampled_from(sorted(K.causes())), max_size=2),
    qualities=st.frozensets(st.sampled_from(sorted(K.qualities)), max_size=2),
)


@given(answers_of, abouts, st.sampled_from(QUESTIONS))
@settings(max_examples=300, deadline=None)
def test_adding_a_condition_never_makes_it_milder(answers: dict[str, Answer], of: About, more: str) -> None:
    before = clear(intake({**answers, more: "no"}), of, K, ON)
    assert milder(clear(intake({**answers, more: "yes"}), of, K, ON), before) == []


@given(answers_of, abouts, st.sampled_from(sorted(K.symptoms)), st.sampled_from(sites_under(K, "*")))
@settings(max_examples=150, deadline=None)
def test_a_symptom_or_a_coloured_site_more_never_makes_a_rule_milder(
    answers: dict[str, Answer], of: About, symptom: str, site: str
) -> None:
    before = clear(intake(answers), of, K, ON)
    assert milder(clear(intake(answers), replace(of, symptoms=of.symptoms | {symptom}), K, ON), before) == []
    more = clear(intake(answers), replace(of, sites=of.sites | {site}), K, ON)
    alone = {r.id for r in K.screens.values() if any(a.startswith("only:") for group in r.all for a in group)}
    # only what hurts alone somewhere stops holding when something else hurts too
    assert {r.rule for r in before.reasons} - {r.rule for r in more.reasons} <= alone


@given(answers_of, abouts, st.sampled_from(QUESTIONS))
@settings(max_examples=300, deadline=None)
def test_not_known_counts_as_yes_for_a_red_flag_and_is_never_milder_than_no_elsewhere(
    answers: dict[str, Answer], of: About, question: str
) -> None:
    yes, no, unknown = (clear(intake({**answers, question: a}), of, K, ON) for a in ("yes", "no", "unknown"))
    assert milder(unknown, yes if K.questions[question].red_flag else no) == []


@given(answers_of, abouts, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_answers_never_matters(answers: dict[str, Answer], of: About, chance: random.Random) -> None:
    shuffled = list(answers.items())
    chance.shuffle(shuffled)
    one, other = (as_json(as_dict("", clear(intake(dict(a)), of, K, ON))) for a in (answers.items(), shuffled))
    assert one == other


@given(
    answers_of,
    abouts,
    st.lists(st.sampled_from(sorted(K.points)), min_size=1, max_size=3),
    st.sampled_from(["left", "right"]),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_barred_site_never_appears_in_a_plan(
    answers: dict[str, Answer], of: About, points: list[str], side: str, both: bool
) -> None:
    clearance = clear(intake(answers), of, K, ON, ("mouth", "pelvic_floor"))
    places = [f"{p}@{side}" for p in points if K.muscles[K.points[p].muscle].lateral]
    try:
        plan = admit(
            clearance, [Wish(place=place, technique="gliding", contact="broad", both=both) for place in places], K, ON
        )
    except PlanError:
        return
    assert clearance.outcome in ("go", "careful")
    barred = clearance.barred_sites()
    for a in plan.applications:
        region, _, of_side = a.site.partition("@")
        other = f"{region}@{'right' if of_side == 'left' else 'left'}"
        assert a.site not in barred and not (both and other in barred)
    for application in plan.applications:
        for name in LIMITS:
            assert getattr(application.limits, name) <= clearance.limit(name).value


def test_ten_thousand_random_histories_are_screened_and_the_same_history_gives_the_same_bytes() -> None:
    chance = random.Random(11)
    seen = set()
    for number in range(10_000):
        told, of = history(K, chance)
        clearance = clear(told, of, K, ON)
        seen.add(clearance.outcome)
        if number % 50 == 0:
            assert as_json(as_dict("", clearance)) == as_json(as_dict("", clear(told, of, K, ON)))
    assert seen == set(OUTCOMES)


# ---------------------------------------------------------------- approvals and overrides


def of_kind(lifted_by: str, *outcomes: str) -> ScreenRule:
    """A rule that a single question sets off."""
    return next(
        r for r in K.screens.values()
        if r.lifted_by == lifted_by and r.outcome in outcomes and len(r.all) == 1 and r.all[0][0] in K.questions
        and not K.questions[r.all[0][0]].after
    )  # fmt: skip


def approval(rule: str, **more: Any) -> Approval:
    return Approval(**{"by": "a physician", "on": ON, "answer": "yes", "rules": (rule,)} | more)


def reason_of(told: Intake, rule: str, on: date = ON) -> Any:
    return next(r for r in clear(told, About(), K, on).reasons if r.rule == rule)


def test_a_physicians_yes_lifts_what_a_physician_may_lift_and_the_work_stays_careful() -> None:
    rule = of_kind("physician", "approval", "refer")
    told = intake({rule.all[0][0]: "yes"})
    assert not reason_of(told, rule.id).lifted
    lifted = replace(told, approvals=(approval(rule.id),))
    assert reason_of(lifted, rule.id).lifted == "a physician"
    assert clear(lifted, About(), K, ON).outcome != "go"


@pytest.mark.parametrize(
    "more",
    [
        {"answer": "no"},
        {"answer": "waiting"},
        {"on": ON + timedelta(days=1)},
        {"on": ON - timedelta(days=9), "until": ON - timedelta(days=1)},
        {"rules": ("another",)},
    ],
    ids=["no", "waiting", "given later", "run out", "of another rule"],
)
def test_an_approval_that_is_no_valid_yes_lifts_nothing(more: dict[str, Any]) -> None:
    rule = of_kind("physician", "approval", "refer")
    told = intake({rule.all[0][0]: "yes"}, approvals=(approval(rule.id, **more),))
    assert not reason_of(told, rule.id).lifted


def test_a_later_no_takes_a_yes_back() -> None:
    rule = of_kind("physician", "approval", "refer")
    both = (approval(rule.id, on=ON - timedelta(days=5)), approval(rule.id, answer="no", by="another"))
    assert not reason_of(intake({rule.all[0][0]: "yes"}, approvals=both), rule.id).lifted


def test_what_nobody_may_lift_stays_whatever_is_approved_or_overridden() -> None:
    for rule in (
        r for r in K.screens.values() if r.lifted_by == "nobody" and len(r.all) == 1 and r.all[0][0] in K.questions
    ):
        told = intake(
            {rule.all[0][0]: "yes"},
            approvals=(approval(rule.id),),
            overrides=(Override(rule.id, "a name", "a reason"),),
        )
        assert not reason_of(told, rule.id).lifted


def test_an_override_needs_name_and_reason_and_lifts_only_a_practitioners_rule() -> None:
    rule = of_kind("practitioner", "careful")
    question = rule.all[0][0]
    lifted = intake({question: "yes"}, overrides=(Override(rule.id, "a name", "a reason"),))
    assert reason_of(lifted, rule.id).lifted == "a name"
    for override in (Override(rule.id, "", "a reason"), Override(rule.id, "a name", "")):
        assert not reason_of(intake({question: "yes"}, overrides=(override,)), rule.id).lifted


def test_a_physicians_limits_take_the_place_of_the_rules_own() -> None:
    rule = next(
        r for r in K.screens.values() if r.lifted_by == "physician" and len(r.all) == 1 and r.all[0][0] in K.questions
    )
    told = intake({rule.all[0][0]: "yes"}, approvals=(approval(rule.id, limits={"discomfort_max": 2.0}),))
    assert clear(told, About(), K, ON).limit("discomfort").value == 2.0


# ---------------------------------------------------------------- before the first touch


def test_an_open_question_withholds_touch_and_answering_all_of_them_gives_it() -> None:
    nothing = clear(Intake(), About(age=30, sex="female"), K, ON)
    assert nothing.open and opened(nothing, K, ON).withheld
    healthy = clear(intake({}), About(age=30, sex="female"), K, ON)
    assert healthy.outcome == "go" and not healthy.open and not opened(healthy, K, ON).withheld


def test_a_clearance_of_another_day_or_of_other_rules_counts_as_none() -> None:
    healthy = clear(intake({}), About(age=30), K, ON)
    assert "2026-11-26" in opened(healthy, K, ON + timedelta(days=1)).withheld
    assert opened(replace(healthy, rules="older"), K, ON).withheld
    assert opened(None, K, ON).withheld
    assert "no date" in opened(replace(healthy, on=date.min), K, ON).withheld


def test_palpation_has_a_ceiling_of_its_own_that_falls_with_the_others() -> None:
    healthy = clear(intake({}), About(age=30), K, ON)
    assert healthy.limit("palpation_discomfort").value < healthy.limit("discomfort").value
    rule = next(
        r for r in K.screens.values() if r.discomfort_max == 3 and len(r.all) == 1 and r.all[0][0] in K.questions
    )
    careful = clear(intake({rule.all[0][0]: "yes"}), About(age=30), K, ON)
    assert careful.limit("palpation_discomfort").value <= 3


def test_a_missing_limit_is_an_error_and_never_no_limit() -> None:
    class Short:
        def __getattr__(self, name: str) -> Any:
            return {} if name == "base_limits" else getattr(K, name)

    with pytest.raises(KnowledgeError, match="no limit"):
        clear(intake({}), About(), Short(), ON)  # type: ignore[arg-type]
    healthy = clear(intake({}), About(), K, ON)
    with pytest.raises(KeyError):
        replace(healthy, ceilings=healthy.ceilings[1:]).limit("discomfort")


def test_words_are_matched_to_questions_shown_and_listed_when_not_understood() -> None:
    told = Intake(said=("I take Eliquis since March", "my budgerigar is blue"), asked=True, today_asked=True)
    clearance = clear(told, About(age=60), K, ON)
    assert ("I take Eliquis since March", "anticoagulant") in clearance.heard
    assert clearance.not_understood == ("my budgerigar is blue",)
    assert any(
        "anticoagulant" in {a for group in K.screens[r.rule].all for a in group}
        for r in clearance.reasons
        if r.rule in K.screens
    )


def holds_by(told: Intake, question: str, of: About | None = None) -> bool:
    """Whether a rule holds that the question sets off."""
    reasons = clear(told, of or About(age=60), K, ON).reasons
    return any(question in atoms for r in reasons if r.rule in K.screens for atoms in K.screens[r.rule].all)


def test_a_no_to_a_whole_page_does_not_stand_against_the_clients_own_words_and_a_single_one_does() -> None:
    told = intake({"anticoagulant": "no"}, said=("I take Eliquis",), confirmed=frozenset())
    assert holds_by(told, "anticoagulant")
    assert not holds_by(replace(told, confirmed=frozenset({"anticoagulant"})), "anticoagulant")
    symptom = next(q for q in K.questions.values() if q.symptoms and q.red_flag and not q.after)
    of = About(age=60, symptoms=frozenset(symptom.symptoms))
    assert holds_by(intake({symptom.id: "no"}, confirmed=frozenset()), symptom.id, of)


def test_an_unknown_age_is_an_open_question_and_counts_as_the_dangerous_one() -> None:
    rule = next(
        r for r in K.screens.values()
        if r.kind in ("red_flag", "combination") and any(a.startswith("age>=") for group in r.all for a in group)
        and all(any(a in K.questions or a.startswith("age") for a in group) for group in r.all)
    )  # fmt: skip
    told = intake(
        {next(a for a in group if a in K.questions): "yes" for group in rule.all if not group[0].startswith("age")}
    )
    assert rule.id in {r.rule for r in clear(told, About(age=None), K, ON).reasons}
    assert "age" in clear(intake({}), About(age=None), K, ON).open
    assert opened(clear(intake({}), About(age=None), K, ON), K, ON).withheld


def test_a_sex_that_is_not_said_counts_as_either() -> None:
    rule = next(r for r in K.screens.values() if ("sex:male",) in r.all)
    rest = [group for group in rule.all if group != ("sex:male",)]
    told = intake(
        {next(a for a in group if a in K.questions): "yes" for group in rest if any(a in K.questions for a in group)}
    )
    fits = all(any(a in K.questions for a in group) for group in rest)
    assert not fits or rule.id in {r.rule for r in clear(told, About(age=80, sex=None), K, ON).reasons}


def test_a_red_flag_question_that_refers_by_itself_is_a_red_flag() -> None:
    for rule in (r for r in K.screens.values() if r.kind == "red_flag" and len(r.all) == 1):
        assert all(K.questions[a].red_flag for a in rule.all[0] if a in K.questions), rule.id


def test_a_sensitive_area_is_barred_until_it_is_agreed_to_and_at_once_when_it_is_taken_back() -> None:
    area = next(a for a in K.consent_areas.values() if not a.licence)
    sites = {s for region in area.regions for s in sites_under(K, region)}
    agreed = clear(intake({}), About(), K, ON)
    assert not sites & agreed.barred_sites() or any(a.id != area.id for a in K.consent_areas.values())
    taken_back = clear(intake({}, consents={**dict.fromkeys(K.consent_areas, "yes"), area.id: "no"}), About(), K, ON)
    assert sites <= taken_back.barred_sites()


def test_a_marked_place_is_barred_with_the_largest_radius_that_any_rule_asks_for() -> None:
    rule = next(r for r in K.screens.values() if r.bar_marks and len(r.all) == 1 and r.all[0][0] in K.questions)
    kind, radius = next(iter(rule.bar_marks.items()))
    mark = Marked(kind, figure="neutral", view="back", at=(250, 300), radius_mm=10)
    told = intake({rule.all[0][0]: "yes"}, marks=(mark,))
    spot = next(s for s in clear(told, About(), K, ON).spots if s.kind == kind)
    widest = max(
        r.bar_marks[kind]
        for r in K.screens.values()
        if kind in r.bar_marks and r.id in {x.rule for x in clear(told, About(), K, ON).reasons}
    )
    assert spot.radius_mm == pytest.approx(widest + 10) and widest >= radius


def test_a_point_on_a_mark_is_barred_in_a_plan() -> None:
    rule = next(
        r
        for r in K.screens.values()
        if r.bar_marks and len(r.all) == 1 and r.all[0][0] in K.questions and r.outcome == "careful"
    )
    kind = next(iter(rule.bar_marks))
    site = site_of("infraspinatus.1@left", K)
    told = intake({rule.all[0][0]: "yes"}, marks=(Marked(kind, site=site or ""),))
    clearance = clear(told, About(age=40), K, ON)
    if clearance.refusal(ON, K.version) is None:
        with pytest.raises(PlanError, match="barred"):
            admit(clearance, [Wish(place="infraspinatus.1@left", technique="prolonged_compression")], K, ON)


def test_a_healthy_person_answers_in_under_25_taps() -> None:
    for sex in ("female", "male"):
        asked = asked_of(About(age=40, sex=sex), {}, K, came_before=False)
        # one tap a page, then own words, consent and what starts it
        assert len({q.group for q in asked}) + 3 < 25
        assert sum(1 for q in asked if q.group == "today") == 7


def test_a_clearance_as_json_holds_what_the_documents_promise() -> None:
    told = as_dict("name", clear(intake({"anticoagulant": "yes"}), About(age=60), K, ON))
    assert set(told) >= {
        "case",
        "outcome",
        "urgency",
        "barred",
        "ceilings",
        "forbidden",
        "reasons",
        "open",
        "rules",
        "valid_until",
    }
    assert all({"rule", "why", "source"} <= set(reason) for reason in told["reasons"])
    json.dumps(told, allow_nan=False)


def test_a_physicians_no_to_a_careful_rule_asks_for_another_answer_first() -> None:
    rule = of_kind("practitioner", "careful")
    told = intake({rule.all[0][0]: "yes"})
    assert clear(told, About(), K, ON).outcome == "careful"
    refused = clear(replace(told, approvals=(approval(rule.id, answer="no"),)), About(), K, ON)
    assert refused.outcome == "approval" and "a physician has said no" in refused.reasons[0].why


def test_an_approval_of_what_the_ranking_referred_leaves_careful_work_under_the_physicians_limits() -> None:
    of = About(age=40, referred=(ReferReason("ranking:root", "because of the drawing", "refer"),))
    other = intake({}, approvals=(approval("ranking:another"),))
    assert clear(other, of, K, ON).outcome == "refer", "a word on one cause reaches no other"
    assert clear(intake({}), of, K, ON).outcome == "refer"
    told = intake({}, approvals=(approval("ranking:root", limits={"hold_s_max": 8.0}),))
    clearance = clear(told, of, K, ON)
    assert clearance.outcome == "careful" and clearance.limit("hold_s").value == 8.0


def test_what_the_ranking_calls_an_emergency_is_lifted_by_nobody() -> None:
    of = About(referred=(ReferReason("ranking:root", "because of the drawing", "emergency"),))
    assert clear(intake({}, approvals=(approval("ranking:root"),)), of, K, ON).outcome == "emergency"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("I have no control over my bowels", "bladder_bowel"),
        ("no feeling in my private parts", "saddle_numb"),
        ("I haven't been able to pee since last night", "bladder_bowel"),
        ("I cannot walk 50 metres without chest tightness", "chest_effort"),
        ("I never had a swollen calf before, now it is", "leg_swollen"),
    ],
)
def test_a_no_that_is_part_of_the_warning_denies_nothing(text: str, question: str) -> None:
    assert (text, question) in hear((text,), (), K).yes


@pytest.mark.parametrize("text", ["no fever", "denies bladder trouble", "never had cancer"])
def test_a_plain_denial_is_one(text: str) -> None:
    assert hear((text,), (), K).yes == ()


def test_what_is_told_of_a_relative_is_listed_and_not_counted() -> None:
    found = hear(("my father had a heart attack", "my sister is pregnant"), (), K)
    assert found.yes == () and len(found.strange) == 2


def test_a_question_that_waits_changes_neither_the_yes_nor_the_no_before_it() -> None:
    rule = of_kind("physician", "approval", "refer")
    waits = approval(rule.id, answer="waiting")
    old_no, yes = (
        approval(rule.id, answer="no", on=ON - timedelta(days=9)),
        approval(rule.id, on=ON - timedelta(days=5)),
    )
    assert reason_of(intake({rule.all[0][0]: "yes"}, approvals=(old_no, yes, waits)), rule.id).lifted
    later_no = approval(rule.id, answer="no", on=ON - timedelta(days=2))
    assert not reason_of(intake({rule.all[0][0]: "yes"}, approvals=(old_no, yes, later_no, waits)), rule.id).lifted


@pytest.mark.parametrize("question", ["after_bruised", "after_worse", "after_tingling"])
@pytest.mark.parametrize("history", [{}, {"anticoagulant": "yes"}, {"anticoagulant": "yes", "frail": "yes"}])
def test_a_bad_day_after_lowers_the_next_dose_also_where_it_was_low(question: str, history: dict[str, Answer]) -> None:
    def cleared(today: dict[str, Answer]) -> Clearance:
        return clear(
            Intake(asked=True, today_asked=True, answers=history, today=today, came_before=True), About(age=50), K, ON
        )

    before, now = cleared({}), cleared({question: "yes"})
    for name in ("discomfort", "hold_s"):
        assert 0 < now.limit(name).value < before.limit(name).value, name
        assert now.limit(name).rule == question and now.limit(name).house
    assert now.limit("palpation_discomfort").value <= now.limit("discomfort").value
    assert now.limit("discomfort").value <= K.screens[question].discomfort_max


def test_of_two_bad_days_after_the_lower_share_holds_and_is_not_taken_twice() -> None:
    told: dict[str, Answer] = {"after_worse": "yes", "after_worse_still": "yes", "after_bruised": "yes"}
    found = clear(
        Intake(asked=True, today_asked=True, answers={"anticoagulant": "yes"}, today=told, came_before=True),
        About(age=50),
        K,
        ON,
    )
    assert found.limit("discomfort").value == 1.5 and found.limit("discomfort").rule == "after_worse_still"
    assert "Without this it would be 3" in found.limit("discomfort").why


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("Eliquiss", "anticoagulant"), ("elliquis", "anticoagulant"), ("coumadine", "anticoagulant"),
        ("bloodthinner", "anticoagulant"), ("war farin", "anticoagulant"), ("Aggrenox", "antiplatelet"),
        ("Wegovy", "sugar_medicine"), ("Mounjaro", "sugar_medicine"), ("Farxiga", "sugar_medicine"),
        ("letrozole", "cancer_or_immune_medicine"), ("anastrozole", "cancer_or_immune_medicine"), ("Zometa", "bone_medicine"),
        ("Depo Provera", "hormones"), ("Yasmin", "hormones"), ("the pill", "hormones"), ("water pill", "pressure_medicine"),
        ("diltiazem", "pressure_medicine"), ("verapamil", "pressure_medicine"), ("Entresto", "pressure_medicine"),
        ("Viagra", "pressure_medicine"), ("Cialis", "pressure_medicine"), ("Soma", "muscle_relaxant"),
        ("Benadryl", "benzodiazepine"), ("hydroxyzine", "benzodiazepine"), ("lithium", "mood_medicine"),
        ("haloperidol", "mood_medicine"), ("Herceptin", "chemotherapy"), ("Keytruda", "chemotherapy"),
    ],
)  # fmt: skip
def test_a_drug_is_found_by_what_people_type(typed: str, question: str) -> None:
    assert question in search(typed, K)


@pytest.mark.parametrize("typed", ["qzx", "bread", "chair", "walking stick"])
def test_what_names_nothing_finds_nothing_by_near_spelling(typed: str) -> None:
    assert search(typed, K) == []
