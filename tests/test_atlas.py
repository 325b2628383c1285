"""The atlas: no hole, no overlap, mirror-exact, every region to be had where it must be, every point in its place, small."""

from __future__ import annotations

import gzip
import itertools
import json
from html import escape
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from unknot.body.atlas import Atlas, atlas
from unknot.body.draw import map_picture, svg
from unknot.body.labels import box, overlap, placed
from unknot.knowledge.load import Knowledge

DATA = Path(str(resources.files("unknot.body"))) / "data"
FIGURES = ("neutral", "female", "male")
VIEWS = [
    "front", "back", "left", "right", "head.front", "head.back", "head.left", "head.right",
    "hand.palm", "hand.back", "foot.top", "foot.sole", "foot.inner", "foot.outer",
]  # fmt: skip
REACHABLE = 60
"""Pixels of a site that a finger can find."""
LARGEST = 400_000


@pytest.fixture(scope="module")
def of() -> Atlas:
    return atlas()


def silhouette(of: Atlas, figure: str, view: str) -> np.ndarray:  # type: ignore[type-arg]
    """Inside the outline `[y, x]`, by counting crossings of outline, cut and midline along each row, with fractions."""
    spec, shape = of.view(view), of.shape(figure, view)
    width = spec.width // 2 if spec.symmetric else spec.width
    inside = np.zeros((spec.height, width), dtype=bool)
    for number in shape.outline | shape.cut | shape.midline:
        arc = shape.arcs[number].tolist()
        for (x1, y1), (x2, y2) in itertools.pairwise(arc):
            for y in range(max(min(y1, y2), 0), min(max(y1, y2), spec.height)):
                cross = x1 + (y + 0.5 - y1) * (x2 - x1) / (y2 - y1)
                inside[y] ^= np.arange(width) + 0.5 > cross
    if spec.mirrors:
        return inside[:, ::-1]
    return np.concatenate([inside, inside[:, ::-1]], axis=1) if spec.symmetric else inside


def test_the_views_are_those_of_the_knowledge_and_the_files_agree(k: Knowledge) -> None:
    index = json.loads((DATA / "atlas.json").read_text(encoding="utf-8"))
    assert [v["id"] for v in index["views"]] == list(k.views) == VIEWS
    assert [f["id"] for f in index["figures"]] == list(k.figures) == list(FIGURES)
    for view in index["views"]:
        assert (view["width"], view["height"], tuple(view["sides"])) == (
            k.views[view["id"]].width, k.views[view["id"]].height, k.views[view["id"]].sides,
        )  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("figure", FIGURES)
def test_every_pixel_of_the_body_has_one_region_and_no_other_has_any(of: Atlas, figure: str, view: str) -> None:
    """So the areas of all regions add up to that of the silhouette: no hole, no overlap."""
    sheet = of.sheet(figure, view)
    assert np.array_equal(sheet.labels >= 0, silhouette(of, figure, view))
    assert sheet.area.sum() == (sheet.labels >= 0).sum()
    regions = [of.shape(figure, view).regions]
    assert len(regions[0]) > 5


@pytest.mark.parametrize("figure", FIGURES)
def test_left_and_right_are_mirror_images(of: Atlas, figure: str, k: Knowledge) -> None:
    for view, spec in k.views.items():
        sheet = of.sheet(figure, view)
        names = np.array([*(site.translate(str.maketrans("", "")) for site in sheet.sites), ""])
        if spec.symmetric:
            other = np.array([swap(name) for name in names])
            assert np.array_equal(names[sheet.labels], other[sheet.labels][:, ::-1])
        if spec.mirrors:
            of_left = of.sheet(figure, spec.mirrors)
            left = np.array([*(swap(name) for name in of_left.sites), ""])
            assert np.array_equal(names[sheet.labels], left[of_left.labels][:, ::-1])


def swap(site: str) -> str:
    region, at, side = site.partition("@")
    return region + at + {"left": "right", "right": "left", "": ""}[side]


@pytest.mark.parametrize("figure", FIGURES)
def test_every_region_can_be_had_in_every_view_that_it_names(of: Atlas, figure: str, k: Knowledge) -> None:
    missing = []
    for region in k.regions.values():
        for side in ("left", "right") if region.lateral else ("",):
            site = f"{region.id}@{side}" if side else region.id
            shows = dict(of.views_of(site, figure))
            for name in region.views:
                if name in ("left", "right") and side not in ("", name):
                    continue
                best = max((n for view, n in shows.items() if view == name or view.startswith(f"{name}.")), default=0)
                if (best < REACHABLE and max(shows.values(), default=0) < REACHABLE * 50) or best < 15:
                    missing.append((site, name, best))
    assert missing == []


def test_the_counts_that_the_atlas_carries_are_those_of_its_pixels(of: Atlas, k: Knowledge) -> None:
    for figure in FIGURES:
        largest = of.largest_mm2(figure)
        found: dict[str, float] = {}
        for view in k.views:
            sheet = of.sheet(figure, view)
            for site, pixels in zip(sheet.sites, sheet.area.tolist(), strict=True):
                found[site] = max(found.get(site, 0.0), pixels * sheet.mm**2)
        assert found == pytest.approx(largest)


def test_every_point_lies_in_its_region_in_some_view_of_every_figure(of: Atlas, k: Knowledge) -> None:
    """On other figures the skin carries it; a place on a border may move by a few units, so its surroundings count too."""
    lost = []
    for figure in FIGURES:
        for point in k.points.values():
            side = point.only_side or "left"
            site = f"{point.region}@{side}" if k.regions[point.region].lateral else point.region
            spots = [(view, of.point(point.id, side, figure, view)) for view in k.views]
            if not any(
                spot and near(of, figure, view, spot, site, 0 if figure == "neutral" else 6) for view, spot in spots
            ):
                lost.append((figure, point.id))
    assert lost == []


def near(of: Atlas, figure: str, view: str, spot: tuple[int, int], site: str, reach: int) -> bool:
    sheet, (x, y) = of.sheet(figure, view), spot
    around = range(-reach - 1, reach + 2)
    return any(sheet.site_at(x + i, y + j) == site for i in around for j in around)


def test_every_muscle_has_fibres_with_two_ends_on_either_side(of: Atlas, k: Knowledge) -> None:
    for muscle in k.muscles:
        for side in ("left", "right"):
            lines = [line for view in k.views for line in of.fibres(muscle, side, "neutral", view)]
            assert lines, muscle
            assert any(line[0] != line[-1] for line in lines), muscle


def test_a_point_of_the_right_side_is_the_mirror_image_of_the_left(of: Atlas) -> None:
    left, right = (of.point("infraspinatus.1", side, "neutral", "back") for side in ("left", "right"))
    assert left is not None and right is not None
    assert (left[0] + right[0], left[1]) == (600, right[1])
    assert of.point("gluteus_medius.3", "right", "neutral", "left") is None


def test_the_whole_atlas_is_small(of: Atlas) -> None:
    packed = sum(
        len(gzip.compress(p.read_bytes(), 9)) if p.suffix == ".json" else p.stat().st_size
        for p in DATA.iterdir() if p.suffix in (".json", ".webp")
    )  # fmt: skip
    assert 100_000 < packed < LARGEST


def test_a_finger_finds_the_site_that_it_touches(of: Atlas) -> None:
    sheet = of.sheet("neutral", "back")
    assert sheet.site_at(300 - 55, 270) == "scapula.body@left"
    assert sheet.site_at(300 + 55, 270) == "scapula.body@right"
    assert sheet.site_at(2, 2) is None
    assert sheet.site_at(-1, 5000) is None


@pytest.mark.parametrize("figure", FIGURES)
def test_no_number_on_the_sheet_of_points_lies_on_another_or_on_a_point(of: Atlas, figure: str, k: Knowledge) -> None:
    for view in k.views:
        found = [(str(n), of.point(p, "left", figure, view)) for n, p in enumerate(k.points, 1)]
        spots = [spot for _, spot in found if spot]
        texts = [text for text, spot in found if spot]
        size = max(of.view(view).width, of.view(view).height) / 150
        places = placed(spots, texts, size, size * 0.4, of.view(view).width / 2)
        boxes = [box(at, text, size) for at, text in zip(places, texts, strict=True)]
        assert not [pair for pair in itertools.combinations(boxes, 2) if overlap(*pair)], view
        rings = [(x - size * 0.4, y - size * 0.4, x + size * 0.4, y + size * 0.4) for x, y in spots]
        assert not any(overlap(label, ring) for label in boxes for ring in rings), view


def test_the_sheet_of_points_names_every_point_once_in_each_view_that_shows_it(k: Knowledge) -> None:
    told = svg(map_picture(k, "points", "neutral", ("hand.palm",)))
    shown = [p for p in k.points if atlas().point(p, "left", "neutral", "hand.palm")]
    assert len(shown) > 5
    for point in shown:
        muscle = k.muscles[k.points[point].muscle].name
        assert told.count(f">{escape(muscle)} {point.rpartition('.')[2]}</tspan>") == 1
