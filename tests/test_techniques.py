"""What Unknot knows of techniques: doses, hands, positions, routines, and the length of a stroke."""

from __future__ import annotations

import pytest

from unknot.body.length import fibre_length_mm
from unknot.case.plan import HIGHEST
from unknot.knowledge.lint.positions import lies_in
from unknot.knowledge.load import knowledge
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
