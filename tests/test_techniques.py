"""What Unknot knows of techniques: doses, hands, positions, routines, and the length of a stroke."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from unknot.body.length import fibre_length_mm
from unknot.case.plan import HIGHEST, Manner
from unknot.knowledge.compile import DATA
from unknot.knowledge.lint import Material, check
from unknot.knowledge.lint.positions import check as check_positions
from unknot.knowledge.lint.positions import lies_in
from unknot.knowledge.lint.techniques import MANNER
from unknot.knowledge.lint.techniques import check as check_techniques
from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.technique import DiscomfortWord, RoutineStep
from unknot.plan.lying import OF_VIEW, lies_of

K = knowledge()


def test_the_highest_limits_are_those_that_the_knowledge_has_for_everybody() -> None:
    assert {ident: limit.value for ident, limit in K.base_limits.items()} == HIGHEST


@pytest.mark.parametrize(
    ("muscle", "least", "most"),
    [
        ("trapezius.upper", 100, 250),
        ("biceps_femoris", 280, 450),
        ("masseter.superficial", 50, 90),
        ("sternocleidomastoideus.clavicular", 120, 220),
        ("quadratus_lumborum.superficial", 90, 180),
        ("tibialis_anterior", 280, 450),
    ],
)
def test_a_stroke_is_about_as_long_as_its_muscle(muscle: str, least: float, most: float) -> None:
    length = fibre_length_mm(K, muscle)
    assert length is not None and least <= length <= most


def test_every_muscle_has_a_length_that_fits_a_body() -> None:
    lengths = {muscle: fibre_length_mm(K, muscle) for muscle in K.muscles}
    assert {m for m, length in lengths.items() if length is None or not 10 <= length <= 600} == set()
    with pytest.raises(KeyError):
        fibre_length_mm(K, "no_muscle")


@pytest.mark.parametrize(
    ("position", "lies"),
    [
        ("lying on the back or sitting, forearm on a pillow, palm up, elbow a little bent", ["supine", "sitting"]),
        ("sitting, back of the hand on the table", ["sitting"]),
        ("prone or side lying on the other side, hand resting on the small of the back", ["prone", "side"]),
        ("lying face down, foot on a roll, or on the back with the bent knee resting outward", ["prone", "supine"]),
        ("supine or turned slightly to the other side, arm overhead", ["supine"]),
        ("lying on the back, head turned a little to the other side", ["supine"]),
        ("lying on the painful side, upper leg forward", ["side"]),
        ("seated and bent slightly forward, or face down", ["sitting", "prone"]),
        ("somehow", []),
    ],
)
def test_the_words_of_a_position_are_read(position: str, lies: list[str]) -> None:
    assert lies_in(position) == lies


def test_a_place_can_be_reached_in_some_way_and_a_point_in_its_own() -> None:
    for place in [*K.points, *K.muscles, *K.regions, *K.deep]:
        assert lies_of(place, K) and set(lies_of(place, K)) <= set(K.lyings)
    assert lies_of("infraspinatus.1@left", K) == K.points["infraspinatus.1"].lie == ("side", "sitting", "prone")
    assert lies_of("infraspinatus", K)[0] == "side"
    assert {view for region in K.regions.values() for view in region.views} <= set(OF_VIEW)


@pytest.mark.parametrize(
    ("site", "lies"),
    [
        ("abdomen.navel", ("supine",)),
        ("low_back.upper@right", ("prone", "side")),
        ("hip.side@left", ("side", "supine", "prone")),
        ("face.jaw@left", ("supine", "side", "sitting")),
        ("hand.palm@left", ("supine", "sitting")),
    ],
)
def test_a_site_is_reached_from_where_it_is_seen(site: str, lies: tuple[str, ...]) -> None:
    assert lies_of(site, K) == lies


def test_a_place_that_does_not_exist_has_no_way() -> None:
    with pytest.raises(KeyError):
        lies_of("nowhere@left", K)


def test_every_field_of_the_manner_has_its_dose_and_no_other_is_needed() -> None:
    assert {field.name for field in fields(Manner)} == set(MANNER)
    assert Manner(**{name: K.dose("all", name) for name in MANNER})


def test_a_figure_without_a_source_says_in_words_that_it_is_a_house_rule() -> None:
    ours = [d for d in K.doses.values() if not d.id.startswith("plan.")]
    assert [r.id for r in [*ours, *K.hand_limits.values()] if r.house != r.why.startswith("House rule")] == []
    assert [r.id for r in K.routines.values() if r.house and not r.why.startswith("House rule")] == []


def test_the_words_of_discomfort_are_those_that_the_client_is_told() -> None:
    words = {0: "nothing", 3: "I feel it work", 5: "hurts good, I can breathe", 7: "I begin to brace", 10: "unbearable"}
    assert {word.value: word.word for word in K.discomfort} == words
    assert len({word.mark for word in K.discomfort}) == len(words)


def test_the_steps_of_a_routine_can_be_reached_as_the_client_lies() -> None:
    for routine in K.routines.values():
        assert {step.phase for step in routine.steps} == {"warm", "points", "finish", "stretch"}, routine.id
        far = [place for step in routine.steps for place in step.on if routine.lie not in lies_of(place, K)]
        assert far == [], routine.id
        assert 2 <= sum(step.minutes for step in routine.steps) <= 6, routine.id


def test_most_points_of_a_routine_need_no_turn() -> None:
    for routine in K.routines.values():
        points = [p for p in K.points.values() if p.region in routine.regions]
        near = [p for p in points if routine.lie in p.lie]
        assert len(near) >= 0.7 * len(points) > 0, routine.id


def test_skin_is_rolled_before_oil() -> None:
    dry = {t.id for t in K.techniques.values() if t.dry}
    assert dry == {"skin_rolling"}
    assert min(K.techniques.values(), key=lambda t: t.order).id in dry


def with_row(table: str, ident: str, **values: Any) -> Knowledge:
    """The knowledge with one record changed."""
    rows = getattr(K, table)
    return replace(K, **{table: {**rows, ident: replace(rows[ident], **values)}})


def without(table: str, ident: str) -> Knowledge:
    """The knowledge without one record."""
    return replace(K, **{table: {key: row for key, row in getattr(K, table).items() if key != ident}})


def with_step(routine: str, number: int, **values: Any) -> Knowledge:
    """The knowledge with one step of a routine changed."""
    steps = list(K.routines[routine].steps)
    steps[number] = replace(steps[number], **values)
    return with_row("routines", routine, steps=tuple(steps))


def turned_round(routine: str) -> Knowledge:
    return with_row("routines", routine, steps=K.routines[routine].steps[::-1])


def oil_first() -> Knowledge:
    steps = K.routines["low_back"].steps
    return with_row("routines", "low_back", steps=(steps[1], steps[0], *steps[2:]))


ROUNDS, PASSES = "alternating_compression", "muscle_stripping"
UNKNOWN = RoutineStep(phase="warm", technique="gliding", on=("nowhere",))
BROKEN: dict[str, tuple[Callable[[], Knowledge], str, str]] = {
    "a source of a dose that does not exist": (
        lambda: with_row("doses", f"{ROUNDS}.hold_s", sources=("nobody1900",)), f"{ROUNDS}.hold_s", "nobody1900"),
    "a source of a technique that does not exist": (
        lambda: with_row("techniques", "stretch", sources=("nobody1900",)), "stretch", "nobody1900"),
    "a technique without a source": (lambda: with_row("techniques", "stretch", sources=()), "stretch", "no source"),
    "a source of a routine that does not exist": (
        lambda: with_row("routines", "jaw", sources=("nobody1900",)), "jaw", "nobody1900"),
    "a figure without a source that is no house rule": (
        lambda: with_row("doses", "all.steps", house=False), "all.steps", "house rule"),
    "a contact without a source that is no house rule": (
        lambda: with_row("contacts", "palm", house=False), "palm", "house rule"),
    "a technique without a hold": (lambda: without("doses", f"{ROUNDS}.hold_s"), ROUNDS, "no dose hold_s"),
    "a technique without a rest": (lambda: without("doses", "stretch.rest_s"), "stretch", "no dose rest_s"),
    "a technique without its pressure on a point": (
        lambda: without("doses", f"{PASSES}.point_s"), PASSES, "no dose point_s"),
    "strokes without a pace": (lambda: without("doses", f"{PASSES}.pace_mm_s"), PASSES, "neither pace_mm_s nor pass_s"),
    "a value below its range": (lambda: with_row("doses", "all.fresh_s", value=1.0), "all.fresh_s", "low <= value"),
    "a range upside down": (lambda: with_row("doses", "all.fresh_s", low=11.0), "all.fresh_s", "low <= value"),
    "a value that is no number": (lambda: with_row("doses", "all.rise_s", value=nan), "all.rise_s", "low <= value"),
    "a range without end": (lambda: with_row("doses", "all.rise_s", high=inf), "all.rise_s", "low <= value"),
    "a band above what anybody may have": (
        lambda: with_row("doses", "all.band_high", high=7.0), "all.band_high", "for everybody is 6"),
    "a hold longer than anybody may have": (
        lambda: with_row("doses", f"{ROUNDS}.hold_s", high=91.0), f"{ROUNDS}.hold_s", "for everybody is 90"),
    "more pressure on a point than anybody may have": (
        lambda: with_row("doses", f"{PASSES}.point_s", high=301.0), f"{PASSES}.point_s", "for everybody is 300"),
    "a band upside down": (
        lambda: with_row("doses", "stretch.band_low", value=4.5, high=5.0), "stretch", "band_low 4.5 above band_high 4"),
    "fewer rounds than the least": (
        lambda: with_row("doses", f"{ROUNDS}.turns", value=2), ROUNDS, "turns_least 3 above turns 2"),
    "a hold longer than the pressure on the point": (
        lambda: with_row("doses", f"{ROUNDS}.point_s", value=8.0, low=8.0), ROUNDS, "hold_s 9 above point_s 8"),
    "a technique that screening cannot forbid": (
        lambda: replace(K, techniques={**K.techniques, "friction": replace(K.techniques[PASSES], id="friction")}),
        "friction", "unknown to screening"),
    "a technique that screening forbids and nobody knows": (lambda: without("techniques", "gliding"), "gliding", "no [[technique]]"),
    "a dose of no technique": (
        lambda: replace(K, doses={**K.doses, "rubbing.hold_s": replace(K.doses["all.steps"], id="rubbing.hold_s")}),
        "rubbing.hold_s", "dose of nothing"),
    "a dose of all that nobody uses": (
        lambda: replace(K, doses={**K.doses, "all.patience": replace(K.doses["all.steps"], id="all.patience")}),
        "all.patience", "dose of nothing"),
    "a dose that no technique uses": (
        lambda: replace(K, doses={**K.doses, "stretch.bounce": replace(K.doses["stretch.turns"], id="stretch.bounce")}),
        "stretch.bounce", "no technique uses"),
    "a manner without its dose": (lambda: without("doses", "all.late_s"), "all.late_s", "no such dose"),
    "a technique without a contact": (lambda: with_row("techniques", ROUNDS, contacts=()), ROUNDS, "no contact"),
    "a contact that does not exist": (lambda: with_row("techniques", ROUNDS, contacts=("toe",)), ROUNDS, "'toe'"),
    "a hand that is spared by none": (lambda: with_row("contacts", "thumb", instead=("toe",)), "thumb", "'toe'"),
    "a hand that is spared by itself": (lambda: with_row("contacts", "thumb", instead=("thumb",)), "thumb", "'thumb'"),
    "a load above the whole": (lambda: with_row("contacts", "thumb", loads={"thumb": 1.2}), "thumb", "1.2"),
    "a load on a joint that is not counted": (lambda: with_row("contacts", "thumb", loads={"knee": 0.2}), "thumb", "knee"),
    "a limit of the hand without end": (lambda: with_row("hand_limits", "wrist", value=inf), "wrist", "above 0"),
    "no limit of the hand": (lambda: without("hand_limits", "wrist"), "wrist", "[[hand_limit]]"),
    "no way to lie": (lambda: without("lyings", "side"), "side", "[[lying]]"),
    "words of discomfort out of order": (lambda: replace(K, discomfort=K.discomfort[::-1]), "discomfort scale", "ascend"),
    "a word of discomfort beyond the scale": (
        lambda: replace(K, discomfort=(*K.discomfort, DiscomfortWord(value=11, word="w", mark="m", means="m"))),
        "discomfort scale", "ascend"),
    "no words of discomfort": (lambda: replace(K, discomfort=()), "discomfort scale", "ascend"),
    "a region of a routine that does not exist": (
        lambda: with_row("routines", "jaw", regions=("face.jaws",)), "jaw", "'face.jaws'"),
    "a routine without steps": (lambda: with_row("routines", "jaw", steps=()), "jaw", "no steps"),
    "a step on nothing known": (lambda: with_row("routines", "jaw", steps=(UNKNOWN,)), "jaw", "'nowhere'"),
    "a step of no technique": (lambda: with_step("jaw", 0, technique="rubbing", contact=""), "jaw", "'rubbing'"),
    "a step with a hand that the technique does not use": (
        lambda: with_step("jaw", 0, contact="elbow"), "jaw", "it is done with"),
    "a step without end": (lambda: with_step("jaw", 0, minutes=inf), "jaw", "takes inf min"),
    "a routine that ends with its beginning": (lambda: turned_round("neck"), "neck", "out of order"),
    "a routine that rolls skin after oil": (oil_first, "low_back", "dry"),
}  # fmt: skip
"""What is broken, the id that it is told of, and a piece of what is told."""


@pytest.mark.parametrize("what", BROKEN)
def test_the_rule_finds_what_is_broken_and_says_so_of_that_alone(what: str) -> None:
    broken, ident, words = BROKEN[what]
    told = list(check_techniques(Material(broken(), ())))
    assert {of for of, message in told if words in message} == {ident}
    assert {of for of, _ in told} <= {ident, *K.routines, *K.doses}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lie": ("supine", "side")}, "the words say comes first"),
        ({"lie": ("side",)}, "the words say comes first"),
        ({"lie": ("side", "sitting", "side")}, "twice"),
        ({"position": "somehow", "lie": ("side",)}, "does not say how"),
    ],
)
def test_a_way_of_lying_that_the_words_do_not_carry_is_found(values: dict[str, Any], words: str) -> None:
    told = list(check_positions(Material(with_row("points", "infraspinatus.1", **values), ())))
    assert {ident for ident, _ in told} == {"infraspinatus.1"}
    assert any(words in message for _, message in told)


def test_what_is_wrong_with_the_scale_is_told_with_its_file(tmp_path: Path) -> None:
    folder = shutil.copytree(DATA, tmp_path / "data")
    path = folder / "techniques/discomfort.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("value = 3", "value = 6"), encoding="utf-8")
    assert [(f.rule, f.file, f.id) for f in check(folder)] == [
        ("techniques", "techniques/discomfort.toml", "discomfort scale")
    ]
