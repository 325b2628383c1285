"""A plan fits the minutes at hand and spares the practitioner's hands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proposing import LATERAL, ON, K, healthy
from unknot.assess.rank import assess
from unknot.case.clearance import Barred
from unknot.case.plan import Wish
from unknot.case.read import read_file
from unknot.plan.gate import admit
from unknot.plan.minutes import fit, timed, total
from unknot.plan.propose import propose

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


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
