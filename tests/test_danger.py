"""Places that are easily hurt: which trigger points lie near them, the same on both sides, and nothing where nothing is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from unknot.body.atlas import Atlas, Spot, atlas
from unknot.body.danger import FINGER_MM, barred_points, distance_mm, near_dangers, near_spot
from unknot.body.space import point_mm, site_mm
from unknot.case.clearance import BarredSpot, Clearance
from unknot.case.plan import Wish
from unknot.knowledge.lint.body_map import danger_shapes, dangers_and_shapes, endangered
from unknot.knowledge.load import Knowledge
from unknot.knowledge.safety import NEVER_PRESSED
from unknot.plan.gate import PlanError, admit

FREE = (
    "vastus_intermedius.1", "vastus_intermedius.2", "rectus_femoris.2", "vastus_lateralis.3", "infraspinatus.1",
    "gastrocnemius.medial.1", "gluteus_medius.1", "deltoideus.middle.1", "trapezius.lower.1", "brachioradialis.2",
)  # fmt: skip
"""Points far from anything that is easily hurt."""
NEAR = {
    "scalenus.anterior.1": "neck_rear", "scalenus.medius.1": "neck_rear", "sternocleidomastoideus.sternal.4": "neck_front",
    "longus_colli.1": "neck_front", "digastricus.posterior.1": "styloid", "obliquus_capitis_inferior.1": "vertebral_artery",
    "subscapularis.1": "armpit", "pectoralis_minor.1": "infraclavicular", "coracobrachialis.2": "inner_arm",
    "pronator_teres.1": "elbow_crease", "quadratus_lumborum.superficial.1": "kidney_corner", "psoas_major.2": "iliac_vessels",
    "pectineus.1": "femoral_triangle", "quadratus_femoris.1": "sciatic_nerve", "popliteus.1": "knee_back",
    "sternocleidomastoideus.sternal.2": "neck_front", "gastrocnemius.lateral.2": "knee_back", "piriformis.2": "sciatic_nerve",
    "triceps_brachii.lateral.1": "radial_nerve_arm", "extensor_hallucis_brevis.1": "foot_artery", "diaphragma.1": "rib_edge", "levator_ani.3": "tail_bone",
}  # fmt: skip
"""Points that are treated with care because of what lies beside them."""


@pytest.fixture(scope="module")
def of() -> Atlas:
    return atlas()


def named(k: Knowledge, place: str) -> set[str]:
    return {danger.id for danger in near_dangers(k, place)}


def samples(line: list[Spot]) -> Iterator[tuple[float, float]]:
    """Places along a line, a quarter of a unit apart."""
    yield line[0]
    for (x1, y1), (x2, y2) in itertools.pairwise(line):
        count = max(1, math.ceil(4 * math.dist((x1, y1), (x2, y2))))
        for n in range(1, count + 1):
            yield x1 + (x2 - x1) * n / count, y1 + (y2 - y1) * n / count


def test_no_picture_shows_a_point_farther_from_a_danger_than_it_lies_in_space(k: Knowledge, of: Atlas) -> None:
    """A picture shortens distances, and shows only a part of a line: where one view of the body alone shows it, it shows all of it."""
    wrong, seen = [], 0
    for danger in k.dangers.values():
        for view in ("front", "back"):
            lines = of.danger(danger.id, "left", "neutral", view)
            if (
                not lines
                or sum(bool(of.danger(danger.id, "left", "neutral", v)) for v in ("front", "back", "left")) != 1
            ):
                continue
            line, mm = [s for one in lines for s in samples(one)], of.shape("neutral", view).mm
            for point in k.points:
                spot, gap = of.point(point, "left", "neutral", view), distance_mm(danger, point)
                if spot is None or gap is None:
                    continue
                shown = min(math.dist(spot, s) for s in line) * mm
                seen += 1
                if shown > gap + 2.5 * mm:
                    wrong.append((danger.id, point, view, shown, gap))
    assert wrong == []
    assert seen > 100


def test_on_skin_that_faces_the_eye_the_distance_is_that_of_the_picture(k: Knowledge, of: Atlas) -> None:
    for danger, point, view in (
        ("sternum_tip", "rectus_abdominis.2", "front"), ("spine_tips", "rotatores.2", "back"),
        ("aorta", "rectus_abdominis.3", "front"), ("femoral_triangle", "pectineus.1", "front"),
    ):  # fmt: skip
        spot, gap = of.point(point, "left", "neutral", view), distance_mm(k.dangers[danger], point)
        lines = of.danger(danger, "left", "neutral", view)
        assert spot is not None and gap is not None
        shown = min(math.dist(spot, s) for line in lines for s in samples(line)) * of.shape("neutral", view).mm
        assert gap == pytest.approx(shown, abs=4), (danger, point)


def test_the_sides_are_alike(k: Knowledge, of: Atlas) -> None:
    for point in k.points:
        assert named(k, f"{point}@left") == named(k, f"{point}@right")
    for danger in k.dangers:
        left, right = (of.danger(danger, side, "neutral", "front") for side in ("left", "right"))
        assert [[(600 - x, y) for x, y in line] for line in left] == right


@pytest.mark.parametrize(("point", "danger"), NEAR.items())
def test_what_lies_beside_something_easily_hurt_is_told(k: Knowledge, point: str, danger: str) -> None:
    assert danger in named(k, f"{point}@left")


@pytest.mark.parametrize("point", FREE)
def test_what_lies_far_from_all_of_it_is_free(k: Knowledge, point: str) -> None:
    assert named(k, f"{point}@left") == set()


def test_no_trigger_point_lies_where_nothing_may_ever_be_pressed(k: Knowledge) -> None:
    forbidden = {p: d.id for p in k.points for d in near_dangers(k, f"{p}@left") if d.contact in NEVER_PRESSED}
    assert forbidden == {}


def test_near_is_the_radius_and_half_a_finger(k: Knowledge, of: Atlas) -> None:
    for danger in k.dangers.values():
        reach = of.radius_mm(danger.id) + FINGER_MM
        for point in k.points:
            gap = distance_mm(danger, point)
            within = gap is not None and gap <= reach
            assert (danger.id in named(k, f"{point}@left")) == (within or point in danger.points)


def test_a_site_is_near_what_lies_in_it(k: Knowledge) -> None:
    assert "carotid_sinus" in named(k, "neck.front@left")
    assert named(k, "thigh.front.lower@left") == set()


def test_every_danger_has_a_shape_and_every_shape_a_danger(k: Knowledge, of: Atlas) -> None:
    assert set(danger_shapes()) == set(k.dangers)
    for danger in k.dangers:
        assert any(of.danger(danger, "left", "neutral", view) for view in k.views), danger
        for figure in ("female", "male"):
            assert any(of.danger(danger, "left", figure, view) for view in k.views), (figure, danger)


def test_a_danger_without_a_shape_a_shape_without_a_danger_and_a_wild_radius_are_told(k: Knowledge) -> None:
    shapes = {**danger_shapes(), "eye": 90.0, "third_eye": 5.0}
    del shapes["armpit"]
    found = dict(dangers_and_shapes(k, shapes))
    assert found.keys() == {"armpit", "eye", "third_eye"}
    assert "no shape" in found["armpit"] and "90" in found["eye"] and "without a danger" in found["third_eye"]


def test_a_danger_of_one_spot_is_kept_as_one_spot(of: Atlas) -> None:
    assert [len(line) for line in of.danger("breast_core", "left", "neutral", "front")] == [1]


def test_every_danger_lies_in_one_of_its_regions(k: Knowledge, of: Atlas) -> None:
    lost = []
    for danger in k.dangers.values():
        sites = set()
        for view in k.views:
            sheet = of.sheet("neutral", view)
            for line in of.danger(danger.id, "left", "neutral", view):
                sites |= {sheet.site_at(x, y) for x, y in line}
        regions = {site.split("@")[0] for site in sites if site}
        if not any(r == d or r.startswith(f"{d}.") for r in regions for d in danger.regions):
            lost.append((danger.id, regions))
    assert lost == []


def spot_at(at: Spot, view: str, radius: float, figure: str = "neutral") -> BarredSpot:
    return BarredSpot("injury", figure, view, at, radius, "", "r", "why")


@pytest.mark.parametrize("view", ["front", "back", "left", "head.right", "foot.outer"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_every_point_within_the_radius_of_a_mark_in_space_is_barred_whatever_view_shows_it(
    k: Knowledge, of: Atlas, view: str, side: str
) -> None:
    """A mark is put on each point that a view shows; distances are those between points in space, of both sides."""
    places = {f"{p}@{s}": point_mm(p, s) for p in k.points for s in ("left", "right")}
    marked = [p for p in k.points if of.point(p, side, "neutral", view)][::9]
    free, seen = [], 0
    for point, radius in itertools.product(marked, (25.0, 110.0)):
        at = of.point(point, side, "neutral", view)
        assert at is not None
        barred, middle = barred_points(k, (spot_at(at, view, radius),)), places[f"{point}@{side}"]
        within = {n for n, p in places.items() if np.linalg.norm(p - middle) <= radius}
        within &= {n if k.muscles[k.points[n.split("@")[0]].muscle].lateral else n.split("@")[0] for n in within}
        free += [(point, radius, name) for name in sorted(within - barred)]
        seen += len(within)
    assert free == []
    assert seen > 20 or not marked


def test_a_mark_on_the_front_of_the_knee_bars_its_back_when_it_reaches_so_far(k: Knowledge) -> None:
    """The point on the back of the calf that no front view shows."""
    near, far = (barred_points(k, (spot_at((380, 830), "front", r),)) for r in (40.0, 180.0))
    assert "gastrocnemius.lateral.1@left" in far and "gastrocnemius.lateral.1@left" not in near
    assert "gastrocnemius.lateral.1@right" not in near


def test_marks_on_either_side_and_on_every_figure_bar_alike(k: Knowledge, of: Atlas) -> None:
    for figure in ("neutral", "female", "male"):
        left, right = (barred_points(k, (spot_at((x, 830), "front", 110.0, figure),)) for x in (380, 599 - 380))
        assert left and {p.replace("@left", "@right") for p in left if "@left" in p} == {
            p for p in right if "@right" in p
        }


def test_a_mark_of_another_figure_bars_what_lies_behind_it_too(k: Knowledge, of: Atlas) -> None:
    for figure in ("female", "male"):
        at = of.point("popliteus.1", "left", figure, "back")
        assert at is not None
        barred = {p.split("@")[0] for p in barred_points(k, (spot_at(at, "back", 140.0, figure),))}
        assert any(of.point(p, "left", figure, "back") is None and of.point(p, "left", figure, "front") for p in barred)


def test_a_site_is_barred_where_any_of_it_lies_within_the_radius(k: Knowledge) -> None:
    spot = spot_at((380, 830), "front", 40.0)
    assert near_spot(k, "knee.front@left", spot) and not near_spot(k, "knee.back@left", spot)
    assert near_spot(k, "knee.back@left", spot_at((380, 830), "front", 110.0))
    assert not near_spot(k, "knee.front@right", spot) and not near_spot(k, "abdomen.navel", spot)


def test_every_point_and_every_site_lies_somewhere_in_space(k: Knowledge) -> None:
    for point in k.points:
        assert np.array_equal(point_mm(point, "left")[1:], point_mm(point, "right")[1:])
    for region in k.regions.values():
        assert len(site_mm(f"{region.id}@right" if region.lateral else region.id)) > 20, region.id


@pytest.mark.parametrize(
    "point",
    ["sternocleidomastoideus.sternal.2", "gastrocnemius.lateral.2", "piriformis.2", "triceps_brachii.lateral.1"],
)
def test_no_long_hold_where_the_landmark_itself_names_an_artery_or_a_nerve(
    k: Knowledge, healthy: Clearance, point: str
) -> None:
    with pytest.raises(PlanError) as told:
        admit(healthy, [Wish(place=f"{point}@left", technique="prolonged_compression")], k, date.today())
    assert "danger" in {p.code for p in told.value.problems}


def test_a_landmark_that_names_a_vessel_or_a_nerve_is_near_a_danger_or_excused_by_name(k: Knowledge) -> None:
    bare = replace(k, dangers={i: replace(d, points=()) for i, d in k.dangers.items()})
    told = dict(endangered(bare))
    assert "its landmark names 'artery'" in told["sternocleidomastoideus.sternal.2"] and len(told) > 40
    wrong = replace(k.dangers["eye"], points=("no_such.1",))
    assert "does not exist" in dict(endangered(replace(k, dangers={**k.dangers, "eye": wrong})))["eye"]
