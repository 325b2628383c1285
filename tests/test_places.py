"""Words for places: what is clear becomes sites, what is not is asked back, nothing is dropped in silence."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.case.lexicon import stem, words
from unknot.case.places import MOST_OPTIONS, match_places, place_stems, read_where, sites
from unknot.knowledge.load import Knowledge, knowledge

K: Knowledge = knowledge()
NAMES = {region.name: region.id for region in K.regions.values()}
HOLDERS = Counter(word for region in K.regions.values() for word in {region.name, *region.also})
OWN_WORDS = {word: r.id for r in K.regions.values() for word in r.also if HOLDERS[word] == 1 and word not in NAMES}


def found(text: str) -> tuple[str, ...]:
    """The sites that the words were read as; empty when something is asked."""
    return read_where(K, text, "where")[0]


def asked(text: str) -> tuple[str, set[str]]:
    """The code of what is asked, and the regions that are offered."""
    problem = read_where(K, text, "where")[1]
    assert problem is not None, f"{text!r} was read as {found(text)}"
    return problem.code, {r for r in K.regions if f"({r})" in problem.allowed or f"{r}@" in problem.allowed}


def test_the_name_of_a_region_means_that_region_alone() -> None:
    assert {name: [m.region for m in match_places(K, name)] for name in NAMES} == {
        name: [r] for name, r in NAMES.items()
    }


def test_a_word_that_one_region_owns_means_that_region_alone() -> None:
    meant = {word: [m.region for m in match_places(K, word)] for word in OWN_WORDS}
    assert {word: regions for word, regions in meant.items() if regions != [OWN_WORDS[word]]} == {}


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_name_of_a_region_with_a_side_is_its_site(side: str) -> None:
    lateral = [r for r in K.regions.values() if r.lateral]
    assert [found(f"{r.name} on the {side}") for r in lateral] == [(f"{r.id}@{side}",) for r in lateral]


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("outside of my left elbow", "elbow.outer@left"),
        ("side of the neck on the right", "neck.side@right"),
        ("side of my left hip", "hip.side@left"),
        ("ribs on the side, left", "chest.side@left"),
        ("thumb side of the left wrist", "wrist.back.thumb_side@left"),
        ("left wrist, thumb side", "wrist.back.thumb_side@left"),
        ("palm side of the right wrist", "wrist.front@right"),
        ("left knee, inner side", "knee.inner@left"),
        ("a little pain in my right thumb", "hand.thumb@right"),
        ("my right little finger", "hand.little@right"),
        ("the sore muscle in the lower half of my right calf", "leg.calf.lower@right"),
        ("back of the right hand by the index finger", "hand.back.thumb_side@right"),
        ("right side of the tailbone", "pelvis.tailbone"),
        ("between my left shoulder blade and my spine", "upper_back.interscapular@left"),
        ("where my right neck meets my shoulder", "neck.angle@right"),
    ],
)
def test_what_is_clear_becomes_one_site(text: str, site: str) -> None:
    assert found(text) == (site,)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("front of right hip and groin", {"hip.front@right", "pelvis.groin@right"}),
        ("right thumb and index finger", {"hand.thumb@right", "hand.index@right"}),
        ("left groin and the front of the right hip", {"pelvis.groin@left", "hip.front@right"}),
        ("jaw and temple on the right", {"face.jaw@right", "head.temple@right"}),
        ("left and right heel", {"foot.heel@left", "foot.heel@right"}),
        ("front and back of the right ankle", {"ankle.front@right", "ankle.achilles@right"}),
        ("tailbone and left heel", {"pelvis.tailbone", "foot.heel@left"}),
    ],
)
def test_two_clear_places_are_both_returned(text: str, wanted: set[str]) -> None:
    assert set(found(text)) == wanted


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("left calf and achilles", {"leg.calf.upper", "leg.calf.lower", "ankle.achilles"}),
        ("outer thigh down to the knee", {"thigh.outer.upper", "thigh.outer.lower", "knee.front"}),
        ("from the neck into the shoulder", {"neck.side", "shoulder.front"}),
        ("spine between the shoulder blades", {"upper_back.spine", "upper_back.interscapular"}),
    ],
)
def test_a_second_place_that_leaves_doubt_is_asked_with_both(text: str, offered: set[str]) -> None:
    code, options = asked(text)
    assert code == "ambiguous_place"
    assert offered <= options


@pytest.mark.parametrize(
    "text",
    ["left knee", "my neck", "left side of my neck", "right shoulder", "back", "teeth", "lower back on the right"],
)
def test_a_general_word_is_asked_back(text: str) -> None:
    assert asked(text)[0] == "ambiguous_place"


def test_a_half_asks_only_for_the_halves_of_its_own_parent() -> None:
    assert asked("front of the left thigh") == ("ambiguous_place", {"thigh.front.upper", "thigh.front.lower"})


def test_a_side_takes_midline_regions_out_of_what_is_asked() -> None:
    assert "low_back.spine" in asked("low back")[1]
    assert asked("low back on the left")[1] and all(K.regions[r].lateral for r in asked("low back on the left")[1])


def test_a_missing_side_is_asked_for() -> None:
    assert asked("outer elbow") == ("missing_side", {"elbow.outer"})
    assert asked("left heel, right groin and temple") == ("missing_side", {"head.temple"})


@pytest.mark.parametrize("text", ["", "  ", 7, None, "qwertz", "left"])
def test_what_names_no_place_is_a_problem(text: object) -> None:
    where, problem = read_where(K, text, "where")
    assert where == () and problem is not None and problem.code in ("not_text", "unknown_place")


def test_doubled_digits_stay_and_endings_fall() -> None:
    assert stem("t11") == "t11"
    assert words("Th11") == ["t11"]
    assert stem("belly") != stem("bell")
    assert stem("worried") == stem("worry")
    assert place_stems("a little sore muscle of the belly") == [stem("belly")]


@settings(max_examples=600, deadline=None, database=None, derandomize=True)
@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            sorted({w for n in NAMES for w in n.split()} | {"and", "to", "left", ",", "side", "near", "between"})
        ),
        max_size=12,
    ).map(" ".join)
)
def test_no_words_raise_and_every_site_exists(text: str) -> None:
    where, problem = read_where(K, text, "where")
    assert set(where) <= set(sites(K))
    assert bool(where) == (problem is None)
    assert problem is None or problem.allowed.count("(") <= MOST_OPTIONS * 2


def test_the_longest_words_are_read_in_a_moment() -> None:
    for text in ("back and thigh to knee, " * 5_000, "upper outer " * 9_000, "a" * 200_000, "\u0130" * 5_000):
        start = time.thread_time()
        read_where(K, text, "where")
        assert time.thread_time() - start < 1.0
