"""Studies with virtual clients: which numbers matter, how the ranking finds points, the whole path, days between visits, published figures of tissue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from repository import tool
from unknot.bench import path, ranking
from unknot.case.clearance import Open
from unknot.cli import app
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse import figures, sensitivity
from unknot.rehearse.clinic import RehearseError, client, felt, visit
from unknot.rehearse.published_tissue import FIGURES, MMHG, flow_at, half_gone, places, rush
from unknot.rehearse.run import rehearse
from unknot.rehearse.sensitivity import Moved, Sensitivity, ordered, without_effect
from unknot.rehearse.truth_day import complaint, days_of, mood, motion_lost, stretch_of, stretched
from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_parameters import draw, instead, middle, parameters, tables
from unknot.rehearse.truth_state import (
    AREA,
    B_NODULE,
    CALM,
    CONTRACTED,
    EXTRA,
    FLOW,
    GOAL,
    KPA,
    OWED,
    RELEASES,
    REPAYS,
    S_START,
    SENSE,
    Array,
    resting,
)
from unknot.rehearse.truth_step import advance
from unknot.treat.fact import Fact

runner = CliRunner()
FEW = 10


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


# ---------------------------------------------------------------- sensitivity


@pytest.fixture(scope="module")
def studied(k: Knowledge) -> Sensitivity:
    """Three numbers at both ends: one that brings releases, one that brings time above the ceiling, one that no session asks for."""
    kept = sensitivity.studied
    ids = ("contracture.lasts", "operator.starts", "draw.mirrors")
    sensitivity.studied = lambda *, every=False: [parameters()[i] for i in ids]  # type: ignore[assignment]
    try:
        return sensitivity.sensitivity(k, "prolonged_compression", 20, 1, sets=3)
    finally:
        sensitivity.studied = kept


def test_a_number_that_holds_a_release_back_brings_fewer_and_one_that_nothing_asks_for_moves_nothing(
    studied: Sensitivity,
) -> None:
    releases = ordered(studied, "releases")
    assert releases[0].parameter == "contracture.lasts"
    assert releases[0].high < studied.base["releases"] < releases[0].low
    assert releases[0].apart == pytest.approx(releases[0].high - releases[0].low)
    assert releases[0].apart_high < 0
    still = [m for m in studied.moved if m.parameter == "draw.mirrors"]
    assert len(still) == 3 and all(m.low == m.high == pytest.approx(studied.base[m.outcome]) for m in still)
    assert "draw.mirrors" in without_effect(studied)
    assert [t.outcome for t in studied.together] == list(sensitivity.OUTCOMES)
    assert all(t.low <= t.middle <= t.high for t in studied.together)


def test_what_chance_alone_might_bring_does_not_matter() -> None:
    assert Moved("a", "releases", 0, 1, 1.0, 0.5, 1.5).matters
    assert not Moved("a", "releases", 0, 1, 1.0, 0.1, 1.9).matters


def test_sets_of_numbers_fill_each_range_evenly() -> None:
    of = sensitivity.studied()
    sets = sensitivity._sets(of, 50, 3)
    assert sets == sensitivity._sets(of, 50, 3) != sensitivity._sets(of, 50, 4)
    for n, p in enumerate(of):
        parts = [(dict(s)[p.id] - p.low) / (p.high - p.low) for s in sets]
        assert sorted(int(50 * part) for part in parts) == list(range(50)), (n, p.id)


def test_other_numbers_hold_within_their_block_alone_and_only_inside_their_range() -> None:
    usual = middle("contracture.lasts")
    rng = np.random.default_rng
    with instead({"contracture.lasts": 3.0}):
        assert middle("contracture.lasts") == 3.0
        assert draw(rng(1), "contracture.lasts") < 10
    assert middle("contracture.lasts") == usual
    with pytest.raises(ValueError, match=r"contracture\.lasts is 3 to 60"), instead({"contracture.lasts": 300.0}):
        pass
    with pytest.raises(KeyError), instead({"nothing": 1.0}):
        pass


def test_a_study_of_a_technique_that_there_is_not_is_refused(k: Knowledge) -> None:
    with pytest.raises(RehearseError, match="juggling"):
        sensitivity.sensitivity(k, "juggling", 4, 1)


def test_the_picture_of_what_matters_names_it_and_shows_both_ends(studied: Sensitivity) -> None:
    drawn = figures.tornado(studied)
    root = ElementTree.fromstring(drawn)
    words = [node.text for node in root.iter() if node.text]
    assert "contracture.lasts" in words and "draw.mirrors" not in words
    bars = [n for n in root.iter() if n.tag.endswith("rect") and n.get("class") in ("up", "down")]
    assert len(bars) == 2 * sum(len(ordered(studied, o)) for o in studied.base)


def test_the_command_tells_what_matters(studied: Sensitivity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sensitivity, "sensitivity", lambda *args, **more: studied)
    told = runner.invoke(app, ["rehearse", "sensitivity", "--svg", str(tmp_path / "a.svg")])
    assert told.exit_code == 0, told.output
    assert "contracture.lasts" in told.output and "draw.mirrors" in told.output.split("Without an effect")[1]
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    as_json = json.loads(runner.invoke(app, ["rehearse", "sensitivity", "--json"]).stdout)
    assert as_json["base"] == studied.base and len(as_json["moved"]) == 9


# ---------------------------------------------------------------- the ranking, press by press


@pytest.fixture(scope="module")
def searched() -> list[ranking.Searched]:
    return ranking.portion((1, 0, 25))


def test_clients_are_searched_by_every_way_and_alike_again(searched: list[ranking.Searched]) -> None:
    assert ranking.portion((1, 3, 4)) == searched[3:4]
    touched = [s for s in searched if s.touched]
    assert len(touched) > 15
    assert all(set(s.presses) == set(ranking.WAYS) for s in touched)
    assert all(0 <= n <= ranking.MOST for s in touched for n in s.presses.values())
    assert all(s.presses == {} and "findings" not in s.hits for s in searched if not s.touched)


def test_findings_tell_more_than_the_drawing_and_the_drawing_more_than_a_guide(
    searched: list[ranking.Searched],
) -> None:
    found = ranking.summary(searched)
    first = {of: hits.first[0] for of, hits in found.hits.items()}
    assert first["findings"] > first["drawing"] > first["guide"]
    assert all(hits.first[1] <= hits.first[0] <= hits.first[2] for hits in found.hits.values())
    assert all(p.within_1 <= p.within_3 <= p.within_most for p in found.presses.values())


def test_a_search_that_is_given_up_counts_as_one_press_more_than_the_most() -> None:
    def one(presses: int) -> ranking.Searched:
        hits = dict.fromkeys(ranking.OF, (True, True))
        told = {of: [(0.5, True), (0.4, False)] for of in ("drawing", "measured", "findings")}
        return ranking.Searched(True, True, hits, dict.fromkeys(ranking.WAYS, presses), told)

    found = ranking.summary([one(1), one(0), one(3)]).presses["list"]
    assert found.mean == pytest.approx((1 + 13 + 3) / 3)
    assert (found.within_1, found.within_3, found.within_most) == pytest.approx((1 / 3, 2 / 3, 2 / 3))


def test_a_finger_never_presses_where_today_forbids_it(k: Knowledge) -> None:
    one = client(k, 1, 0)
    first = ranking._worked(k, one, ())
    free = [str(f["point"]) for f in ranking._by_next(k, one, Open(discomfort=5.0), first)][:4]
    region = k.points[free[0].partition("@")[0]].region
    barred = Open(discomfort=5.0, barred=frozenset({region, f"{region}@left", f"{region}@right"}))
    pressed = [str(f["point"]) for f in ranking._by_next(k, one, barred, first)]
    assert pressed and free[0] not in pressed
    assert all(k.points[p.partition("@")[0]].region != region for p in pressed)


def test_the_finger_rises_for_the_familiar_pain_no_further_than_the_client_bears(k: Knowledge) -> None:
    """At the usual push most active points do not hurt yet; a ceiling of nearly nothing finds fewer of them."""
    found: dict[float, int] = {0.5: 0, 5.0: 0}
    places = {p.muscle: (p.id, p.region) for p in k.points.values()}
    for i in range(30):
        one = client(k, 1, i)
        for muscle in sorted(one.person.active):
            name, _, side = muscle.partition("@")
            if name in places:
                point, region = places[name]
                for most in found:
                    found[most] += felt(one, muscle, f"{point}@{side}", region, most)["familiar_pain"]
    assert found[5.0] > 2 * found[0.5] > 0


# ---------------------------------------------------------------- the whole path


@pytest.fixture(scope="module")
def walked() -> path.Walked:
    return path.walk(30, 5)


def test_the_whole_path_holds_every_rule_from_the_drawing_to_the_note(walked: path.Walked) -> None:
    assert walked.broken == ()
    assert walked.clients == 30 == walked.treated + sum(walked.why.values())
    assert walked.notes == walked.treated > 15
    assert sum(walked.techniques.values()) == walked.places
    assert {"alternating_compression", "gliding"} <= set(walked.techniques)


def test_a_rule_that_does_not_hold_is_named(k: Knowledge) -> None:
    number = next(i for i in range(20) if visit(k, client(k, 5, i), path.ON).plan is not None)
    seen = visit(k, client(k, 5, number), path.ON)
    assert seen.plan is not None
    done = rehearse(k, seen.life, seen.plan)
    whole = dict.fromkeys(path.PARTS, "told")
    assert list(path.rules_broken(seen, done, whole)) == []
    assert "a part of the note is empty" in list(path.rules_broken(seen, done, whole | {"plan": ""}))
    ill = replace(seen, life=replace(seen.life, absolute=("fever",)))
    assert "treated in spite of fever" in list(path.rules_broken(ill, done, whole))

    def fact(at: int, kind: str, body: Mapping[str, object]) -> Fact:
        return Fact(sequence=1, epoch=1, at=at, kind=kind, body=body)

    loud = [fact(0, "taken_up", {"ceiling": 6.0}), fact(1, "cue", {"word": "press"}), fact(2, "rate", {"value": 8.0})]
    assert len(list(path._unanswered(loud))) == 2
    assert list(path._after_stop([fact(0, "stop", {}), fact(1, "cue", {"word": "more"})])) == ["pressed after stop"]


def test_the_command_of_the_path_fails_where_a_rule_is_broken(
    walked: path.Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path, "walk", lambda *args, **more: walked)
    assert runner.invoke(app, ["bench", "path", "--clients", "30"]).exit_code == 0
    monkeypatch.setattr(path, "walk", lambda *args, **more: replace(walked, broken=("somebody: something",)))
    told = runner.invoke(app, ["bench", "path", "--clients", "30"])
    assert told.exit_code == 1 and "somebody: something" in told.output


# ---------------------------------------------------------------- days between visits


@pytest.fixture(scope="module")
def one(k: Knowledge) -> Life:
    return client(k, 11, 3)


def test_the_complaint_falls_with_its_point_by_its_share_alone_and_rises_with_a_low_mood(one: Life) -> None:
    of = days_of(one)
    c = one.place("trapezius.upper@right", "shoulder.top")
    s = resting(c[None])[0]
    c[S_START], s[SENSE] = 1.0, 1.0
    usual = complaint(of, s, c, 0.0)
    assert usual == pytest.approx(of.level)
    s[SENSE] = 0.0
    assert complaint(of, s, c, 0.0) == pytest.approx(of.level * (1 - of.share))
    s[SENSE], s[CALM] = 1.0, 0.1
    assert complaint(of, s, c, 0.0) == pytest.approx(0.9 * usual)
    assert complaint(of, s, c, 1.0) > complaint(of, s, c, 0.0) > complaint(of, s, c, -1.0)
    assert 0 <= complaint(of, s, c, -50.0) <= complaint(of, s, c, 50.0) <= 10


def test_mood_is_what_it_was_on_the_same_day_and_chance_after_months(k: Knowledge) -> None:
    people = [client(k, 12, i) for i in range(60)]
    first = np.array([days_of(p).mood for p in people])
    assert [mood(p, days_of(p), 0.0, "after") for p in people] == pytest.approx(first)
    week, months = (np.array([mood(p, days_of(p), d, f"day {d:g}") for p in people]) for d in (7.0, 200.0))
    assert np.corrcoef(first, week)[0, 1] > 0.25 > abs(np.corrcoef(first, months)[0, 1])
    assert 0.7 < months.std() < 1.3


def test_motion_is_lost_with_the_contracture(one: Life) -> None:
    of = days_of(one)
    c = one.place("trapezius.upper@right", "shoulder.top")
    s = resting(c[None])[0]
    s[CONTRACTED] = 0.5
    assert motion_lost(of, s) == pytest.approx(of.loses / 2)


def test_a_stretch_gives_a_little_and_more_after_a_release(one: Life) -> None:
    c = one.place("trapezius.upper@right", "shoulder.top")[None]
    s = resting(c)
    s[:, GOAL] = 1.0
    person = stretch_of(one)
    alone = stretched(s, 45.0, person)[0, GOAL]
    assert alone == pytest.approx(1 - person["stretch.yields"])
    assert stretched(stretched(s, 20.0, person), 25.0, person)[0, GOAL] == pytest.approx(alone)
    s[:, RELEASES] = 1
    assert stretched(s, 45.0, person)[0, GOAL] < alone
    assert stretched(s, 0.0, person)[0, GOAL] == 1.0
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="some seconds"):
            stretched(s, wrong, person)


# ---------------------------------------------------------------- published figures of tissue


def test_every_published_figure_has_a_source_and_says_whether_it_was_used(k: Knowledge) -> None:
    own = {row["id"] for row in tables("truth_parameters.toml")["truth_source"]}
    assert {f.source for f in FIGURES} <= own | set(k.sources)
    assert all(f.low <= f.high for f in FIGURES)
    assert any(f.used for f in FIGURES) and not all(f.used for f in FIGURES)


def test_the_figures_of_relaxation_and_blood_are_those_of_the_model(k: Knowledge) -> None:
    """What the table works out from the numbers is what the compiled model does."""
    told = {f.name: f.simulated() for f in FIGURES}
    assert told["viscous part of the stress of muscle, pig"] == ("50 %", True)
    assert all(told[f.name][1] for f in FIGURES if f.used)
    c = places("shoulder.top")
    for row, name in ((REPAYS, "repays"), (EXTRA, "extra"), (OWED, "owed")):
        c[:, row] = middle(f"blood.{name}")

    def flow(kpa: float, seconds: float, s: Array) -> tuple[float, Array]:
        force = kpa * c[:, AREA] / KPA / c[:, B_NODULE]
        after, _ = advance(s, c, force[:, None], seconds)
        return float(after[:, FLOW].mean()), after

    for mmhg in (40, 65):
        assert 100 * (1 - flow(mmhg * MMHG, 1e-6, resting(c))[0]) == pytest.approx(flow_at(mmhg), abs=0.01)
    c = c[:FEW]  # what follows is the same for everybody
    held = flow(1000.0, 300.0, resting(c))[1]
    assert flow(0.0, 1e-6, held)[0] == pytest.approx(rush(300), abs=1e-3)
    assert flow(0.0, half_gone(), held)[0] - 1 == pytest.approx((rush(300) - 1) / 2, abs=1e-3)


# ---------------------------------------------------------------- the tables of the documentation


@pytest.fixture(scope="module")
def tables_tool() -> ModuleType:
    return tool("studies_tables")


@pytest.mark.parametrize("study", ["published", "sensitivity", "ranking"])
def test_the_tables_of_a_study_were_made_by_this_model_and_this_ranking(tables_tool: ModuleType, study: str) -> None:
    """A few clients bring the same as when the tables were made; else they are made anew."""
    anew = f"the results have changed: run `uv run python tools/studies_tables.py {study}` and mend the words around its tables"
    assert tables_tool.kept(study) == tables_tool.MARKS[study](), anew


def test_the_table_of_tissue_and_the_pictures_of_the_model_are_up_to_date(
    tables_tool: ModuleType, k: Knowledge, tmp_path: Path
) -> None:
    """`tools/studies_tables.py published`, `tools/rehearse_curves.py`, and the command that the page names make them."""
    assert tables_tool.tissue() in tables_tool.PAGES["published"].read_text(encoding="utf-8")
    images = tables_tool.ROOT / "docs/img"
    assert tool("rehearse_curves").draw() == (images / "rehearse-equations.svg").read_text(encoding="utf-8")
    asked = [
        "rehearse",
        "session",
        "1",
        "--number",
        "4",
        "--technique",
        "prolonged_compression",
        "--svg",
        str(tmp_path / "a.svg"),
    ]
    assert " ".join(asked[:-1]) in tables_tool.PAGES["published"].read_text(encoding="utf-8")
    assert runner.invoke(app, asked).exit_code == 0
    assert (tmp_path / "a.svg").read_text() == (images / "rehearse-session.svg").read_text(encoding="utf-8")
