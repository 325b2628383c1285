"""Posture and motion of virtual clients: as published, weakly tied to points, measured with an error, and fed to the ranking as a practice does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from unknot.assess.leanings import VISIT, of_values
from unknot.knowledge.load import Knowledge, knowledge
from unknot.rehearse import truth_posture
from unknot.rehearse.clinic import client, visit
from unknot.rehearse.measuring import read
from unknot.rehearse.truth_life import Life
from unknot.rehearse.truth_parameters import ASSUMED, tables
from unknot.rehearse.truth_posture import LATENT, LEGS, PELVIS, postures, standing

SHOWN = 1.959964 * 2**0.5
"""The smallest change that one person can show, in errors of one reading."""


@pytest.fixture(scope="module")
def k() -> Knowledge:
    return knowledge()


@pytest.fixture(scope="module")
def lives(k: Knowledge) -> list[Life]:
    return [client(k, 9, i) for i in range(250)]


def holding(one: Life, *active: str, latent: tuple[str, ...] = ()) -> Life:
    """The same person with points in these muscles alone."""
    return replace(one, person=replace(one.person, active=frozenset(active), area="knee"), latent=frozenset(latent))


def test_every_measure_is_one_of_the_knowledge_and_every_number_has_a_source_or_says_assumed(k: Knowledge) -> None:
    own = {row["id"] for row in tables("truth_posture.toml")["truth_source"]}
    usual = postures().usual
    named = {s for one in usual for s in (one.source, one.error_source, one.link_source)}
    assert named - own - set(k.sources) == {ASSUMED}
    assert own - named == set() and own & set(k.sources) == set()
    for one in usual:
        of = k.measures[one.measure]
        assert (one.unit, one.sided) == (of.unit, of.sided)
        assert set(one.muscles) <= set(k.muscles) and one.why and (one.towards != 0) == bool(one.muscles)
        assert of.mdc is None or one.error == pytest.approx(of.mdc / SHOWN, abs=0.06), one.measure
    measured = {row.measure for row in k.leanings.values() if not row.measure.startswith("habit.")}
    assert {one.measure for one in usual} - measured == {
        "posture.shoulder_tilt"
    }  # the ranking listens to all others that are measured here


def test_people_stand_as_was_published(lives: list[Life]) -> None:
    found = [standing(one) for one in lives]
    legs = np.abs([s[LEGS, ""] for s in found])
    assert legs.mean() == pytest.approx(5.2, abs=0.6) and legs.std() == pytest.approx(4.1, abs=0.6)
    heads = {
        old: [s["posture.cva", ""] for s, o in zip(found, lives, strict=True) if (o.age >= 55) == old]
        for old in (False, True)
    }
    assert np.mean(heads[True]) < np.mean(heads[False]) - 2  # the head comes forward with age
    left, right = (np.array([s["rom.shoulder.internal_rotation", side] for s in found]) for side in ("left", "right"))
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(postures().sides, abs=0.1)
    assert left.std() == pytest.approx(13.0, abs=1.5)


def test_a_point_moves_what_its_muscle_bears_on_by_a_quarter_of_what_people_differ_and_nothing_else(
    k: Knowledge,
) -> None:
    one = client(k, 9, 1)
    none = standing(holding(one))
    link = postures().link
    by = {u.measure: u for u in postures().usual}
    assert 0 < link <= 0.25
    active, latent = (
        standing(holding(one, "infraspinatus@right")), standing(holding(one, latent=("infraspinatus@right",)))
    )  # fmt: skip
    at = ("rom.shoulder.internal_rotation", "right")
    assert active[at] - none[at] == pytest.approx(-link * by[at[0]].spread)
    assert latent[at] - none[at] == pytest.approx(-LATENT * link * by[at[0]].spread)
    assert {key for key in none if active[key] != none[key]} == {at}
    for side, sign in (("left", 1), ("right", -1)):  # left side up is plus
        tilted = standing(holding(one, f"trapezius.upper@{side}", f"quadratus_lumborum.superficial@{side}"))
        assert np.sign(tilted["posture.shoulder_tilt", ""] - none["posture.shoulder_tilt", ""]) == -sign
        assert np.sign(tilted[PELVIS, ""] - none[PELVIS, ""]) == sign


def test_neck_pain_goes_with_a_head_a_little_forward_and_legs_of_unequal_length_tilt_the_pelvis(
    k: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = holding(client(k, 9, 1))
    neck = replace(one, person=replace(one.person, area="neck"))
    assert standing(neck)["posture.cva", ""] - standing(one)["posture.cva", ""] == pytest.approx(-2.93)
    before = standing(one)
    legs = [replace(u, spread=1e-12) if u.measure == LEGS else u for u in postures().usual]
    level = replace(postures(), usual=tuple(legs))
    monkeypatch.setattr(truth_posture, "postures", lambda: level)
    tilt = np.degrees(np.arctan2(before[LEGS, ""], 170.0))
    assert before[PELVIS, ""] - standing(one)[PELVIS, ""] == pytest.approx(tilt)


def test_a_reading_has_its_error_is_the_same_again_and_no_joint_is_moved_where_that_is_barred(
    k: Knowledge, lives: list[Life]
) -> None:
    assert read(k, lives[0]) == read(k, lives[0])
    apart = np.array(
        [read(k, one)["rom.neck.rotation", "left"] - standing(one)["rom.neck.rotation", "left"] for one in lives]
    )
    assert apart.std() == pytest.approx(4.1, abs=0.5) and abs(apart.mean()) < 1.0
    legs = [read(k, one)[LEGS, ""] for one in lives]
    assert min(legs) < 0 < max(legs), "which leg is longer is said"
    whole = read(k, lives[0])
    barred = read(k, lives[0], frozenset({k.points["infraspinatus.1"].region + "@right"}))
    assert ("rom.shoulder.internal_rotation", "right") in whole.keys() - barred.keys()
    assert {key: whole[key] for key in barred} == barred  # the rest as it was
    assert ("posture.cva", "") in read(k, lives[0], frozenset(f"{r}@{s}" for r in k.regions for s in ("left", "right")))


def test_what_was_measured_stands_in_the_case_as_in_a_practice_and_nobody_is_measured_who_may_not_be_touched(
    k: Knowledge, lives: list[Life]
) -> None:
    seen = [visit(k, one, date(2026, 1, 5)) for one in lives[:14]]
    assert {bool(v.measured) for v in seen if v.ranking is not None} == {True}
    away = next(one for one in (client(k, 9, i) for i in range(1000)) if one.absolute)
    assert visit(k, away, date(2026, 1, 5)).measured == {}
    for v in (v for v in seen if v.measured):
        signs, habits = of_values(v.measured, k, v.life.age)
        assert {f.on for f in v.case.findings if f.visit == VISIT} == {str(row["muscle"]) for row in signs}
        assert {k.habits[h].name for h in habits} <= set(v.case.complaint.habits)
    assert any("head_forward" in of_values(v.measured, k, v.life.age)[1] for v in seen if v.measured)


def test_a_number_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = tables("truth_posture.toml")
    for wrong in ({"error": 0.0}, {"spread": float("nan")}, {"men": float("inf")}):
        rows = [{**content["usual"][0], **wrong}, *content["usual"][1:]]
        monkeypatch.setattr(truth_posture, "tables", lambda _, rows=rows: {**content, "usual": rows})
        with pytest.raises(ValueError, match=r"posture\.cva"):
            postures.__wrapped__()
