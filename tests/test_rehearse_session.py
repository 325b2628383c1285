"""Rehearsed sessions: the whole path from the drawing to the facts, by the engine of the real sessions, safe with any virtual client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from unknot.case.plan import Plan, Wish
from unknot.case.read import read_file, read_mapping
from unknot.cli import app
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.gate import admit
from unknot.rehearse import picture, run
from unknot.rehearse.clinic import RehearseError, client, muscle_at, tables, visit
from unknot.rehearse.operator import Hand
from unknot.rehearse.run import CHUNK_MS, Rehearsed, rehearse
from unknot.rehearse.trial_plan import plan_for
from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_pain import bearing
from unknot.rehearse.truth_parameters import draw
from unknot.rehearse.truth_state import resting
from unknot.screen.case import screen
from unknot.treat.engine import replay
from unknot.treat.session import start

ON = date(2026, 11, 26)
SEED = 11
TREATED = 200
runner = CliRunner()


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


@pytest.fixture(scope="module")
def plan(k: Knowledge) -> Plan:
    """One place with prolonged, one with alternating compression."""
    for i in range(40):
        one = client(k, SEED, i)
        long = visit(k, one, ON, "prolonged_compression", 15).plan
        short = visit(k, one, ON, "alternating_compression", 15).plan
        if long is not None and short is not None and long.applications[0].dose.band_high >= 5:
            other = next((a for a in short.applications if a.place != long.applications[0].place), None)
            if other is not None:
                return replace(long, applications=(long.applications[0], other))
    raise AssertionError("nobody of these can be treated")


def with_points(k: Knowledge, one: Life, plan: Plan) -> Life:
    """A client whose muscles under this plan hold active points, latent ones, or none, a third each."""
    muscles = frozenset(muscle_at(k, a.place) for a in plan.applications)
    active, latent = one.person.active - muscles, one.latent - muscles
    if one.index % 3 == 0:
        active |= muscles
    elif one.index % 3 == 1:
        latent |= muscles
    return replace(one, person=replace(one.person, active=active), latent=latent)


def one_and_session(k: Knowledge, plan: Plan, count: int) -> Iterator[tuple[Life, Rehearsed]]:
    for i in range(count):
        one = with_points(k, client(k, SEED, i), plan)
        yield one, rehearse(k, one, plan)


@pytest.fixture(scope="module")
def sessions(k: Knowledge, plan: Plan) -> list[tuple[Life, Rehearsed]]:
    """Two hundred clients under the same plan."""
    return list(one_and_session(k, plan, TREATED))


def test_every_session_ends_and_replays_to_the_same_state(sessions: list[tuple[Life, Rehearsed]]) -> None:
    for _, done in sessions:
        assert done.session.phase == "ended"
        assert not done.session.hands_on
        assert replay(start(done.plan), done.facts).as_mapping() == done.session.as_mapping()


def test_no_ceiling_is_passed_without_its_fact_and_a_hand_that_gives_way_within_one_reaction(
    sessions: list[tuple[Life, Rehearsed]],
) -> None:
    """Every word above the ceiling under the hand is a breach, is answered at that moment, and the force falls one reaction later."""
    passed = 0
    for _, done in sessions:
        ceiling, on = 10.0, False
        for n, fact in enumerate(done.facts):
            ceiling = float(fact.body["ceiling"]) if fact.kind == "taken_up" else ceiling
            on = (
                (on or fact.body["word"] in ("press", "recheck"))
                if fact.kind == "cue"
                else on and fact.kind != "hands_off"
            )
            if fact.kind not in ("rate", "recheck") or not on or float(fact.body.get("value", 0.0)) <= ceiling:
                continue
            passed += 1
            same = [f for f in done.facts[n:] if f.at == fact.at]
            assert any(f.kind == "breach" for f in same)
            assert any(f.kind == "cue" and f.body["word"] in ("ease", "let_go") for f in same)
            assert gives_way(done, fact.at)
    assert passed > 10


def gives_way(done: Rehearsed, at: int) -> bool:
    """Whether the hand gives way one reaction after a word, and the quarter second in which it looks: it may have been rising until then."""
    force = done.curves["force_n"]
    reacted = at + done.reacts_ms + CHUNK_MS
    after = force[min(len(force) - 1, (reacted + 2 * CHUNK_MS) // 50)]
    return bool(after < force[at // 50 : reacted // 50 + 1].max() or after == 0)


def test_after_let_go_the_hand_is_off_within_a_second_and_a_half(sessions: list[tuple[Life, Rehearsed]]) -> None:
    for _, done in sessions:
        force = done.curves["force_n"]
        cues = list(done.cues)
        for n, (at, word) in enumerate(cues):
            later = cues[n + 1][0] if n + 1 < len(cues) else 10**9
            end = at + done.reacts_ms + 2500
            if word == "let_go" and end < later and end // 50 < len(force):
                assert force[end // 50] == 0


def test_a_stop_is_the_end_of_pressing(sessions: list[tuple[Life, Rehearsed]]) -> None:
    stopped = [done for _, done in sessions if any(f.kind == "stop" for f in done.facts)]
    assert stopped
    for done in stopped:
        at = next(n for n, f in enumerate(done.facts) if f.kind == "stop")
        assert not any(
            f.kind == "cue" and f.body["word"] in ("press", "more", "recheck", "stroke") for f in done.facts[at:]
        )


def test_people_differ_in_how_it_goes(sessions: list[tuple[Life, Rehearsed]]) -> None:
    kinds = {f.kind for _, done in sessions for f in done.facts}
    ends = {f.body["outcome"] for _, done in sessions for f in done.facts if f.kind == "closed"}
    assert {"rate", "release", "released", "breach", "silence", "stop", "referral"} <= kinds
    assert {"eased", "no_release", "stop"} <= ends


def test_no_hand_presses_harder_than_a_hand_can(sessions: list[tuple[Life, Rehearsed]]) -> None:
    assert max(float(done.curves["force_n"].max()) for _, done in sessions) <= 120.0 + 1e-9


def test_the_same_seed_is_the_same_session_and_another_visit_another_one(
    k: Knowledge, plan: Plan, sessions: list[tuple[Life, Rehearsed]]
) -> None:
    one, done = sessions[3]
    again = rehearse(k, one, plan)
    assert [f.line() for f in again.facts] == [f.line() for f in done.facts]
    assert all(again.curves[name].tobytes() == done.curves[name].tobytes() for name in done.curves)
    assert [f.line() for f in rehearse(k, one, plan, visit=1).facts] != [f.line() for f in done.facts]


@pytest.mark.parametrize(
    "manner",
    [
        {"silent": 1.0}, {"says": 0.0, "stops": 11.0, "speaks": 11.0}, {"offset": 9.0}, {"offset": -9.0}, {"noise": 8.0}, {"delay_s": 60.0},
        {"stops": 0.5}, {"speaks": 0.1},
    ],
    ids=lambda m: " ".join(m),
)  # fmt: skip
def test_extreme_clients_do_not_break_it(k: Knowledge, plan: Plan, manner: dict[str, float]) -> None:
    """Silent, dishonest, shrill, stoic, erratic, slow, quick to stop, quick to speak: each session ends, hands off."""
    for i in range(4):
        one = client(k, SEED, i)
        done = rehearse(k, replace(one, manner=replace(one.manner, **manner)), plan)
        assert done.session.phase == "ended"
        assert done.curves["force_n"][-1] == 0
        assert np.isfinite(done.curves["felt"]).all()


def test_who_says_nothing_is_never_pressed_harder(k: Knowledge, plan: Plan) -> None:
    for i in range(6):
        one = client(k, SEED, i)
        done = rehearse(k, replace(one, manner=replace(one.manner, silent=1.0, speaks=11.0)), plan)
        assert "more" not in {word for _, word in done.cues}


def test_nobody_with_an_absolute_contraindication_is_treated(k: Knowledge) -> None:
    """What the truth holds to be absolute was written without a look at the rules; screening must find each of them."""
    seen = 0
    for i in range(400):
        one = client(k, SEED, i)
        if one.absolute:
            seen += 1
            found = visit(k, one, ON, "prolonged_compression", 10)
            assert found.plan is None, one.absolute
            assert found.clearance.outcome not in ("go", "careful"), one.absolute
            assert found.case.findings == ()
    assert seen > 5


def test_a_plan_with_every_technique_is_conducted_to_its_end(k: Knowledge) -> None:
    """Compression, stripping, rolling, a glide and a stretch, one after the other, each by its cues."""
    healthy = tables(client(k, SEED, 0), ON) | {
        "history": {"asked": "all"},
        "today": {"date": ON.isoformat(), "asked": "all"},
    }
    clearance = screen(read_mapping(healthy, "all", k), k, ON)
    point, site = "trapezius.upper.1@right", "neck.angle@right"
    wishes = [
        Wish(place=site, technique="gliding"), Wish(place=site, technique="skin_rolling"),
        *(Wish(place=point, technique=t) for t in ("alternating_compression", "muscle_stripping", "stretch")),
    ]  # fmt: skip
    plan = admit(clearance, wishes, k, ON, minutes=60.0)
    assert {a.verb for a in plan.applications} == {"glide", "roll", "press", "strip", "stretch"}
    done = rehearse(k, with_points(k, client(k, SEED, 0), plan), plan)
    assert done.session.phase == "ended" and not done.session.hands_on
    assert [t.technique for t in done.treated] == [a.technique for a in plan.applications]
    stretch = done.treated[-1]
    assert stretch.technique == "stretch" and 0 < stretch.most_felt <= 5


def test_a_technique_that_is_not_done_on_a_point_is_refused_in_one_message(k: Knowledge) -> None:
    for technique in ("gliding", "skin_rolling", "juggling"):
        with pytest.raises(RehearseError) as error:
            visit(k, client(k, SEED, 0), ON, technique)
        assert len(error.value.problems) == 1
        assert technique in error.value.problems[0].place


def test_let_go_forgets_what_still_waited() -> None:
    hand = Hand(600, 9.0, 60.0, 1.25, 0.7, held=20.0)
    hand.cue(0, "press", lighter=False)
    hand.cue(100, "let_go", lighter=False)
    hand.act(5000)
    assert hand.goal == 0


def test_a_hand_that_is_about_to_ease_is_not_put_off_by_hearing_it_again() -> None:
    hand = Hand(600, 9.0, 60.0, 1.25, 0.5, force=20.0, goal=20.0)
    for at in (0, 250, 500):
        hand.cue(at, "ease", lighter=False)
    hand.act(600)
    assert hand.goal == 10
    hand.cue(700, "let_go", lighter=False)
    hand.cue(900, "ease", lighter=False)
    hand.act(1300)
    assert hand.goal == 0
    hand.act(1500)
    assert hand.goal == 0


def test_the_hand_moves_as_fast_as_it_can_and_no_faster() -> None:
    hand = Hand(0, 10.0, 50.0, 1.25, 0.7, goal=1.0)
    assert hand.move(0.05, 4) == pytest.approx([0.25, 0.75, 1.0, 1.0])
    hand.goal = 0.0
    assert hand.move(0.05, 1) == pytest.approx([0.2])
    assert hand.force == 0


def test_what_a_place_bears_is_found(k: Knowledge) -> None:
    one = client(k, SEED, 1)
    c = one.place(sorted(one.latent)[0], "thigh")
    s = resting(c[None])[0]
    assert bearing(s, c, 3.0) < bearing(s, c, 5.0) < bearing(s, c, 7.0)


# ---------------------------------------------------------------- commands


def test_a_client_is_a_case_file_that_can_be_read(k: Knowledge, tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    assert (
        runner.invoke(
            app, ["rehearse", "client", "11", "--number", "2", "--on", "2026-11-26", "--out", str(path), "--truth"]
        ).exit_code
        == 0
    )
    one = client(k, SEED, 2)
    case = read_file(path, k)
    assert {p.site: p.intensity for p in case.pains} == one.person.drawn
    assert case.client.age == one.age
    assert "# active: " in path.read_text()
    told = json.loads(
        runner.invoke(app, ["rehearse", "client", "11", "--number", "2", "--on", "2026-11-26", "--json"]).stdout
    )
    assert told == {"case": tables(one, ON)}


def treated_number(k: Knowledge) -> int:
    return next(i for i in range(40) if visit(k, client(k, SEED, i), ON, "prolonged_compression", 5).plan is not None)


def test_a_session_leaves_a_log_that_replays_and_a_picture(k: Knowledge, tmp_path: Path) -> None:
    number = treated_number(k)
    logs = []
    for name in ("a", "b"):
        log, svg = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.svg"
        asked = [
            "rehearse",
            "session",
            "11",
            "--number",
            str(number),
            "--technique",
            "prolonged_compression",
            "--minutes",
            "5",
            "--on",
            "2026-11-26",
        ]
        told = runner.invoke(app, [*asked, "--log", str(log), "--svg", str(svg), "--json"])
        assert told.exit_code == 0, told.output
        places = json.loads(told.stdout)["places"]
        assert places
        assert ElementTree.fromstring(svg.read_text()).tag.endswith("svg")
        logs.append(log.read_bytes())
    assert logs[0] == logs[1]
    replayed = runner.invoke(app, ["treat", "--replay", str(tmp_path / "a.jsonl"), "--json"])
    assert replayed.exit_code == 0, replayed.output
    assert json.loads(replayed.stdout)["log"] == "a"


def test_who_may_not_be_treated_is_told_why(k: Knowledge, tmp_path: Path) -> None:
    number = next(i for i in range(400) if client(k, SEED, i).absolute)
    told = runner.invoke(
        app, ["rehearse", "session", "11", "--number", str(number), "--on", "2026-11-26", "--log", str(tmp_path / "x")]
    )
    assert told.exit_code == 0
    assert "Not treated" in told.output
    assert not (tmp_path / "x").exists()


def test_the_picture_tells_in_words_what_it_shows(sessions: list[tuple[Life, Rehearsed]]) -> None:
    _, done = sessions[0]
    drawn = ElementTree.fromstring(picture.svg(done, "somebody"))
    words = " ".join(text for node in drawn.iter() if (text := node.text))
    assert "somebody" in words
    assert all(t.place in words for t in done.treated)
    assert len([n for n in drawn.iter() if n.tag.endswith("polyline")]) == len(picture.rows())


def test_a_stroke_ends_where_it_ends_and_a_press_presses_again(k: Knowledge) -> None:
    """A thumb that has passed the point does not fall back on it while the hand is still to let go."""
    strip = plan_for("trapezius.upper.1", "muscle_stripping")
    done = rehearse(k, with_points(k, client(k, SEED, 0), strip), strip)
    force, at = done.curves["force_n"], done.at_ms
    assert force.max() > 5
    ends = [a for (_, one), (a, two) in pairwise(done.cues) if (one, two) == ("stroke", "let_go")]
    assert ends
    for end in ends:
        assert not force[(at > end) & (at <= end + done.reacts_ms + CHUNK_MS)].any()


def test_a_glide_begins_no_harder_than_a_looking_finger(k: Knowledge) -> None:
    """A broad hand hurts nowhere, so nobody begins at a part of what is borne."""
    on = {"format": 1, "client": {"age": 40, "sex": "female"}, "pain": [{"site": "head.temple@left", "intensity": 5}], "history": {"asked": "all"}, "today": {"date": ON.isoformat(), "asked": "all"}}  # fmt: skip
    wish = Wish(place="head.temple@left", technique="gliding", contact="palm")
    glide = admit(screen(read_mapping(on, "glide", k), k, ON), (wish,), k, ON, minutes=20)
    for i in range(3):
        assert 1 < rehearse(k, client(k, SEED, i), glide).curves["force_n"].max() <= 20


def test_tissue_is_told_softer_only_by_a_hand_that_felt_it_give(k: Knowledge, plan: Plan) -> None:
    def told(done: Rehearsed) -> set[str]:
        return {f.body["data"]["tissue"] for f in done.facts if f.kind == "recheck" and f.body.get("data")}

    one = with_points(k, client(k, SEED, 3), plan)
    assert told(rehearse(k, one, plan)) == {"softer"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "draw", lambda rng, name: 0.0 if name == "operator.feels" else draw(rng, name))
        done = rehearse(k, one, plan)
    assert any(t.releases for t in done.treated) and told(done) == {"same"}


def test_every_cue_of_a_short_session_has_its_letter(sessions: list[tuple[Life, Rehearsed]]) -> None:
    _, done = min(((one, s) for one, s in sessions if len(s.cues) > 8), key=lambda pair: len(pair[1].cues))
    root = ElementTree.fromstring(picture.svg(done, "somebody"))
    letters = "".join(n.text or "" for n in root.iter() if n.tag.endswith("text") and (n.text or "") in picture.LETTERS.values())  # fmt: skip
    assert letters == "".join(picture.LETTERS[word] for _, word in done.cues)
