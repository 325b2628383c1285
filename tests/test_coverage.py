"""Strokes to coloured sites: against a plain loop over pixels, and the same in the browser."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unknot.assess.picture import case_picture
from unknot.assess.rank import assess
from unknot.body.atlas import atlas
from unknot.body.coverage import drawn, inked, with_drawing
from unknot.body.draw import svg
from unknot.body.warp import warped
from unknot.case.model import Case, Stroke
from unknot.case.read import read_mapping
from unknot.case.write import as_tables, as_toml
from unknot.errors import CaseError
from unknot.knowledge.load import Knowledge

WORDS = ("ache", "sharp", "burning", "tingling")
places = st.tuples(st.integers(0, 60), st.integers(0, 50))
strokes = st.builds(
    Stroke,
    figure=st.just("neutral"),
    view=st.just("front"),
    width=st.integers(2, 30),
    points=st.lists(places, min_size=1, max_size=6).map(tuple),
    erase=st.booleans(),
)


def painted(stroke: Stroke, x: int, y: int) -> bool:
    """Whether a stroke covers a pixel: its centre, in twice the units, lies within `width` of the line."""
    px, py = 2 * x + 1, 2 * y + 1
    points = [(2 * a, 2 * b) for a, b in stroke.points]
    for (ax, ay), (bx, by) in zip(points, points[1:] or points, strict=False):
        dx, dy = bx - ax, by - ay
        long = dx * dx + dy * dy
        along = (px - ax) * dx + (py - ay) * dy
        if along <= 0 or not long:
            near = (px - ax) ** 2 + (py - ay) ** 2 <= stroke.width**2
        elif along >= long:
            near = (px - bx) ** 2 + (py - by) ** 2 <= stroke.width**2
        else:
            near = ((px - ax) * dy - (py - ay) * dx) ** 2 <= stroke.width**2 * long
        if near:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(st.lists(strokes, min_size=1, max_size=4))
def test_ink_is_exact_to_the_pixel_and_later_strokes_lie_on_top(some: list[Stroke]) -> None:
    ink = inked(dict(enumerate(some)), (slice(0, 50), slice(0, 60)))
    for y in range(0, 50, 3):
        for x in range(60):
            wanted = -1
            for number, stroke in enumerate(some):
                if painted(stroke, x, y):
                    wanted = -1 if stroke.erase else number
            assert ink[y, x] == wanted


def stroke(view: str, *points: tuple[int, int], width: int = 20, **said: Any) -> Stroke:
    return Stroke("neutral", view, width, points, **said)


def test_a_site_that_is_coloured_all_over_is_covered_wholly() -> None:
    across = tuple((x, y) for y in range(200, 330, 8) for x in (80, 220))
    found = {pain.site: pain for pain in drawn((stroke("front", *across, width=24, intensity=6.0),))}
    assert found["shoulder.front@right"].coverage == 1.0
    assert found["shoulder.front@right"].intensity == 6.0
    assert "shoulder.front@left" not in found


def test_an_eraser_takes_away_and_all_erased_is_no_pain(k: Knowledge) -> None:
    line = ((140, 260), (150, 290))
    case = read_mapping({"format": 1, "stroke": [row(stroke("front", *line))]}, "case", k)
    both = replace(case, strokes=(*case.strokes, stroke("front", *line, width=40, erase=True)))
    assert drawn(both.strokes) == ()
    with pytest.raises(CaseError, match="erased"):
        with_drawing(both)
    half = stroke("front", (150, 292), width=16, erase=True)
    assert 0 < sum(p.coverage for p in drawn((*case.strokes, half))) < sum(p.coverage for p in drawn(case.strokes))


def row(of: Stroke) -> dict[str, Any]:
    return as_tables(Case("x", *EMPTY, strokes=(of,)))["stroke"][0]  # type: ignore[no-any-return]


EMPTY: Any = ()


@pytest.fixture(autouse=True, scope="module")
def empty(k: Knowledge) -> None:
    case = read_mapping({"format": 1, "pain": [{"site": "neck.throat"}]}, "x", k)
    globals()["EMPTY"] = (case.client, (), case.complaint, (), case.history)


def test_a_drawing_beside_the_body_is_told(k: Knowledge) -> None:
    case = read_mapping({"format": 1, "stroke": [row(stroke("front", (5, 5)))]}, "case", k)
    with pytest.raises(CaseError, match="beside the body"):
        with_drawing(case)


def test_a_slip_over_the_border_does_not_colour_the_neighbour_but_a_dot_always_counts() -> None:
    dot = drawn((stroke("back", (245, 270), width=3),))
    assert [pain.site for pain in dot] == ["scapula.body@left"]
    assert dot[0].coverage < 0.04


def test_named_and_drawn_places_join_and_the_stronger_counts(k: Knowledge) -> None:
    tables = {
        "format": 1,
        "pain": [{"site": "scapula.body@left", "intensity": 3, "quality": ["tight"]}],
        "stroke": [row(stroke("back", (245, 270), width=4, intensity=8.0, quality=("ache",), deep=True))],
    }
    (pain,) = with_drawing(read_mapping(tables, "case", k)).pains
    assert (pain.intensity, set(pain.quality), pain.coverage, pain.deep) == (8.0, {"tight", "ache"}, 1.0, True)


def seeded(seed: int) -> tuple[Stroke, ...]:
    """A drawing over all figures and views, with everything that a stroke may carry."""
    chance = random.Random(seed)
    found = []
    for _ in range(chance.randint(1, 14)):
        view = chance.choice(list(atlas().k.views.values()))
        x, y = chance.randrange(view.width), chance.randrange(view.height)
        points = []
        for _ in range(chance.randint(1, 40)):
            points.append((min(max(x, 0), view.width), min(max(y, 0), view.height)))
            x, y = x + chance.randint(-14, 14), y + chance.randint(-14, 14)
        erase = chance.random() < 0.15
        said: dict[str, Any] = {} if erase else {
            "intensity": chance.choice([None, 2.0, 5.5, 9.0]), "deep": chance.random() < 0.2,
            "quality": tuple(chance.sample(WORDS, chance.randint(0, 2))),
        }  # fmt: skip
        figure = chance.choice(["neutral", "female", "male"])
        found.append(Stroke(figure, view.id, chance.randint(2, 60), tuple(points), erase=erase, **said))
    return tuple(found)


def test_the_browser_finds_the_same_sites_to_the_last_digit(browser: Any, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    page.wait_for_selector("body.scripted .stack")
    script = """async (drawings) => {
      const base = document.getElementById('stage').dataset.atlas;
      const get = async (name) => (await fetch(`${base}/${name}`)).json();
      const { Atlas, coverage } = await import('/static/body/raster.js');
      const atlas = new Atlas(await get('atlas.json'), (await get('words.json')).lateral);
      for (const figure of ['neutral', 'female', 'male']) atlas.add(figure, await get(`${figure}.json`));
      const kept = new Map();
      return drawings.map((strokes) => {
        const whole = JSON.stringify(coverage(strokes, atlas));
        for (let n = 0; n < strokes.length; n++) coverage(strokes.slice(0, n), atlas, kept);
        const bySteps = coverage(strokes, atlas, kept);
        if (JSON.stringify(bySteps) !== whole) throw new Error('counted stroke by stroke, it is something else');
        return bySteps;
      });
    }"""
    drawings = [seeded(seed) for seed in range(60)]
    rows = [[{**row(s), "points": [list(p) for p in s.points]} for s in strokes] for strokes in drawings]
    told = page.evaluate(script, rows)
    for strokes_, answer in zip(drawings, told, strict=True):
        ours = {
            p.site: {"coverage": p.coverage, "intensity": p.intensity, "quality": list(p.quality), "deep": p.deep}
            for p in drawn(strokes_)
        }
        assert answer == ours
    assert sum(len(answer) for answer in told) > 200
    context.close()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_written_reads_back_as_the_same_case(seed: int) -> None:
    of = atlas().k
    tables = {
        "format": 1,
        "client": {"age": 41.5, "sex": "female"},
        "pain": [{"site": "neck.throat", "intensity": 4.5, "quality": ["ache", "tight"], "coverage": 0.3, "deep": True}],
        "stroke": [row(s) for s in seeded(seed)],
        "complaint": {"weeks": 3, "worse_with": ['a "quoted" \\ word', "é\n"], "said": ["x"]},
        "finding": [
            {"point": "infraspinatus.1@left", "tenderness": 6, "taut_band": True, "visit": "one"},
            {"test": "phalen@right", "result": "negative", "corrects": True},
        ],
        "history": {"anticoagulant": "unknown", "said": ["whiplash"], "denied": ["fever"]},
    }  # fmt: skip
    case = read_mapping(tables, "case", of)
    import tomllib

    assert read_mapping(tomllib.loads(as_toml(case)), "case", of) == case


BAD = {
    "an unknown figure": ({"figure": "child"}, "unknown_figure"),
    "an unknown view": ({"view": "top"}, "unknown_view"),
    "another atlas": ({"atlas": 2}, "not_whole"),
    "a width of nothing": ({"width": 0}, "not_whole"),
    "a width in fractions": ({"width": 4.5}, "not_whole"),
    "no points": ({"points": []}, "not_points"),
    "points that are no pairs": ({"points": [1, 2]}, "not_points"),
    "points in fractions": ({"points": [[1.5, 2]]}, "not_points"),
    "a point off the view": ({"points": [[1, 1201]]}, "off_the_view"),
    "too many points": ({"points": [[1, 1]] * 2001}, "too_many"),
    "an eraser that hurts": ({"erase": True, "intensity": 4}, "unknown_key"),
    "an intensity of nothing": ({"intensity": 0}, "no_pain"),
    "deep in words": ({"deep": "yes"}, "not_yes_no"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_stroke_that_cannot_be_used_is_told_with_its_place(what: str, k: Knowledge) -> None:
    change, code = BAD[what]
    good = {"figure": "neutral", "view": "front", "atlas": 1, "width": 9, "points": [[10, 10]]}
    with pytest.raises(CaseError) as caught:
        read_mapping({"format": 1, "stroke": [{**good, **change}]}, "case", k)
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.problems[0].place.startswith("stroke 1")


@pytest.mark.parametrize(
    ("words", "sites"),
    [
        ("deep in my left hip joint", {"pelvis.groin@left", "hip.front@left"}),
        ("behind the right eye", {"face.eye@right"}),
        ("Rectum", {"pelvis.floor"}),
        ("inside both knees", {"knee.front@left", "knee.back@left", "knee.front@right", "knee.back@right"}),
        ("deep inside my right knee", {"knee.front@right", "knee.back@right"}),
        (
            "inside my left wrist joint",
            {"wrist.front@left", "wrist.back.thumb_side@left", "wrist.back.little_side@left"},
        ),
        ("deep within the left ankle", {"ankle.front@left", "ankle.outer@left", "ankle.inner@left"}),
        ("under the left kneecap", {"knee.front@left"}),
    ],
)
def test_deep_places_are_read_by_name(words: str, sites: set[str], k: Knowledge) -> None:
    pains = read_mapping({"format": 1, "pain": [{"where": words}]}, "case", k).pains
    assert {p.site for p in pains} == sites
    assert all(p.deep for p in pains)


def test_the_inside_of_a_knee_is_its_inner_face_and_not_deep(k: Knowledge) -> None:
    pains = read_mapping({"format": 1, "pain": [{"where": "inside of my left knee"}]}, "case", k).pains
    assert [(p.site, p.deep) for p in pains] == [("knee.inner@left", False)]


def test_a_deep_place_without_its_side_is_asked_back(k: Knowledge) -> None:
    with pytest.raises(CaseError, match="side") as caught:
        read_mapping({"format": 1, "pain": [{"where": "deep in the hip joint"}]}, "case", k)
    assert caught.value.problems[0].code == "wrong_side"


def test_pixels_are_counted_once() -> None:
    """A line that runs back over itself is no more colour."""
    there = drawn((stroke("front", (300, 500), (320, 500)),))
    back = drawn((stroke("front", (300, 500), (320, 500), (300, 500)),))
    assert [replace(p, quality=()) for p in there] == [replace(p, quality=()) for p in back]
    assert np.isclose(there[0].coverage, back[0].coverage)


def test_a_drawing_is_shown_on_another_figure_at_the_same_place_as_the_browser_shows_it(
    browser: Any, server: str
) -> None:
    page = browser.new_page()
    page.goto(server)
    page.wait_for_selector("body.scripted .stack")
    script = """async (strokes) => {
      const base = document.getElementById('stage').dataset.atlas;
      const get = async (name) => (await fetch(`${base}/${name}`)).json();
      const { Atlas } = await import('/static/body/raster.js');
      const { warped } = await import('/static/body/warp.js');
      const atlas = new Atlas(await get('atlas.json'), (await get('words.json')).lateral);
      for (const figure of ['neutral', 'female', 'male']) atlas.add(figure, await get(`${figure}.json`));
      return strokes.map((s) => ['neutral', 'female', 'male'].map((figure) => warped(atlas, s, figure)));
    }"""
    some = [stroke for seed in range(12) for stroke in seeded(seed)]
    told = page.evaluate(script, [{**row(s), "points": [list(p) for p in s.points]} for s in some])
    moved = 0
    for stroke, figures in zip(some, told, strict=True):
        spec = atlas().view(stroke.view)
        for figure, theirs in zip(("neutral", "female", "male"), figures, strict=True):
            ours = np.array(warped(stroke, figure).points)
            assert np.abs(ours - np.clip(np.array(theirs), 0, [spec.width, spec.height])).max() <= 0.5 + 1e-6
            moved += len(ours) == len(stroke.points) and bool((ours != np.array(stroke.points)).any())
    assert moved > 3
    page.close()


def test_a_picture_on_another_figure_shows_the_drawing_and_no_filled_regions(k: Knowledge) -> None:
    points = [[170, 250], [168, 270], [176, 285]]
    stroke = {"figure": "neutral", "view": "front", "atlas": 1, "width": 18, "intensity": 7, "points": points}
    case = read_mapping({"format": 1, "stroke": [stroke]}, "case", k)
    picture = case_picture(case, assess(case, k, use="numpy"), k, "female")
    assert picture.pains == () and len(picture.strokes) == 1
    assert picture.strokes[0].points != case.strokes[0].points
    rubbed = read_mapping(
        {
            "format": 1,
            "stroke": [
                stroke,
                {**{k: v for k, v in stroke.items() if k != "intensity"}, "figure": "male", "erase": True},
            ],
        },
        "case",
        k,
    )
    drawing = svg(case_picture(rubbed, assess(rubbed, k, use="numpy"), k, "female"))
    assert "rub-front-neutral" not in drawing, "another figure's eraser takes nothing from this one's strokes"


def test_a_full_drawing_may_still_be_erased(k: Knowledge) -> None:
    stroke = {"figure": "neutral", "view": "front", "atlas": 1, "width": 18, "points": [[170, 250]]}
    rows = [stroke] * 400 + [{**stroke, "erase": True}] * 400
    assert len(read_mapping({"format": 1, "stroke": rows}, "case", k).strokes) == 800
    with pytest.raises(CaseError) as refused:
        read_mapping({"format": 1, "stroke": [stroke] * 401}, "case", k)
    assert [(p.code, p.given) for p in refused.value.problems] == [("too_many", "401 that colour")]
