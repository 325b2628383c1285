"""The rules that give each place of the skin its region, in the frame of the neutral figure's bones.

All coordinates are those of the neutral figure in the anatomical position [mm]: x from the midline to the side (the right side is
the mirror image of the left), y up, z to the front. A rule paints what no rule before it has painted; the last rule of each part
paints the rest, so nothing stays bare. Landmarks were read off the neutral figure (curved borders stand in `curves.toml`); levels of the spine are spaced by the usual
heights of vertebrae between C7 and the crests (L4).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from mesh import Array
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Point2 = tuple[float, float]

# Landmarks of the neutral figure [mm].
C7, T3, T7, T12, L3, CREST, L5, PSIS, COCCYX = 586.0, 512.0, 412.0, 306.0, 222.0, 172.0, 132.0, 118.0, 42.0
XIPHOID, NAVEL, ASIS, PUBIS, FOLD, CROTCH = 352.0, 190.0, 108.0, 16.0, -42.0, -32.0
SHOULDER, ELBOW, WRIST = np.array([170.0, 502, 19]), np.array([240.0, 270, 12]), np.array([321.0, 46, 26])
HIP, KNEE, ANKLE = np.array([101.0, 48, 5]), np.array([121.0, -346, 5]), np.array([137.0, -753, -7])
SPINE_HALF = 13.0
"""Half the width of the strip over the spinous processes."""


@dataclass
class Skin:
    """Places on the skin: positions `[n, 3]` with x >= 0, unit normals `[n, 3]`, share of each part `[n]`; what is painted so far."""

    at: Array
    normal: Array
    part: dict[str, Array]
    regions: list[str]
    label: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.label = np.full(len(self.at), -1)

    @property
    def bare(self) -> Mask:
        return np.asarray(self.label < 0)

    def paint(self, region: str, where: Mask) -> None:
        self.label[where & self.bare] = self.regions.index(region)


def label(skin: Skin) -> NDArray[np.int64]:
    """The region of each place `[n]`."""
    fingers(skin)
    hand(skin)
    forearm(skin)
    toes(skin)
    foot(skin)
    leg(skin)
    face(skin)
    skull(skin)
    neck(skin)
    shoulder(skin)
    arm(skin)
    back(skin)
    pelvis_behind(skin)
    front(skin)
    pelvis_in_front(skin)
    thigh(skin)
    return skin.label


# ---------------------------------------------------------------- geometry


def smooth(points: list[Point2], steps: int = 8) -> Array:
    """A closed curve through the points `[n * steps, 2]` (Catmull-Rom)."""
    p = np.array(points, dtype=float)
    before, after, second = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, second))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2))


@cache
def curve(name: str) -> tuple[str, Array]:
    """A curved border of `curves.toml`: its plane (`xy`, `zy` or `xz`) and the curve `[n, 2]`."""
    table = _curves()[name]
    return table["plane"], smooth([(float(u), float(v)) for u, v in table["through"]])


@cache
def _curves() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "curves.toml").read_text(encoding="utf-8"))


def within(s: Skin, name: str) -> Mask:
    """Which places lie inside a closed curve of `curves.toml`, seen along its third axis."""
    plane, border = curve(name)
    u, v = (s.at[:, "xyz".index(axis)] for axis in plane)
    near = (u >= border[:, 0].min()) & (u <= border[:, 0].max()) & (v >= border[:, 1].min()) & (v <= border[:, 1].max())
    p, q = u[near], v[near]
    found = np.zeros(p.shape, dtype=bool)
    for (x1, y1), (x2, y2) in zip(border, np.roll(border, -1, 0), strict=True):
        if y1 != y2:
            found ^= ((y1 > q) != (y2 > q)) & (p < (x2 - x1) * (q - y1) / (y2 - y1) + x1)
    inside = np.zeros(u.shape, dtype=bool)
    inside[near] = found
    return inside


def line(v: Array, points: list[Point2]) -> Array:
    """A border that runs up the body: where it stands at height v; points are (value, height)."""
    table = sorted((height, value) for value, height in points)
    return np.asarray(np.interp(v, [h for h, _ in table], [x for _, x in table]))


def about(at: Array, start: Array, end: Array) -> tuple[Array, Array]:
    """Along (0 at the start, 1 at the end) and around a limb [degrees]: 0 in front, 90 outside, 180 behind, -90 inside."""
    axis = end - start
    along = (at - start) @ axis / (axis @ axis)
    unit = axis / np.linalg.norm(axis)
    ahead = np.array([0.0, 0, 1]) - unit * unit[2]
    ahead /= np.linalg.norm(ahead)
    outside = np.cross(ahead, unit)
    outside *= np.sign(outside[0])
    off = at - start - along[:, None] * axis
    return np.asarray(along), np.degrees(np.arctan2(off @ outside, off @ ahead))


def between(angle: Array, low: float | Array, high: float | Array) -> Mask:
    """Angles from low up to high, through 180 where high is less than low."""
    span = np.mod(np.asarray(high) - low, 360)
    return np.asarray(np.mod(angle - low, 360) < span)


# ---------------------------------------------------------------- hand and forearm


def fingers(s: Skin) -> None:
    for name in ("thumb", "index", "middle", "ring", "little"):
        s.paint(f"hand.{name}", s.part[name] > 0.5)


def hand(s: Skin) -> None:
    x, y, _ = s.at.T
    in_hand = (s.part["arm"] > 0.5) & (y < np.interp(x, [298, 318, 335, 348], [33.0, 37, 43, 51])) & (x > 280)
    palmar = s.normal[:, 2] > line(y, [(-0.05, 40.0), (0.1, -60.0)])
    palm = in_hand & palmar
    s.paint(
        "hand.thumb_base",
        palm & within(s, "thumb_base"),
    )
    s.paint(
        "hand.little_base",
        palm & within(s, "little_base"),
    )
    s.paint("hand.palm", palm)
    s.paint("hand.back.thumb_side", in_hand & (x > line(y, [(326.0, 36.0), (336.0, -5.0), (345.0, -50.0)])))
    s.paint("hand.back.little_side", in_hand)


def forearm(s: Skin) -> None:
    t, a = about(s.at, ELBOW, WRIST)
    low = (s.part["arm"] > 0.5) & (s.at[:, 1] < 330)
    wrist = low & (t > 0.90)
    s.paint("wrist.front", wrist & between(a, -95, 85))
    s.paint("wrist.back.thumb_side", wrist & between(a, 85, 172))
    s.paint("wrist.back.little_side", wrist)
    elbow = low & (t > -0.13) & (t <= 0.15)
    s.paint("elbow.back", elbow & between(a, 138, -138))
    s.paint("elbow.outer", elbow & between(a, 44, 138))
    s.paint("elbow.inner", elbow & between(a, -138, -34))
    s.paint("elbow.front", elbow)
    fore = low & (t > 0.1)
    s.paint("forearm.front.thumb_side", fore & between(a, -8, 88))
    s.paint("forearm.front.little_side", fore & between(a, -112, -8))
    s.paint("forearm.back.thumb_side", fore & between(a, 88, 176))
    s.paint("forearm.back.little_side", fore)


# ---------------------------------------------------------------- foot, leg and knee


def toes(s: Skin) -> None:
    s.paint("foot.big_toe", s.part["big_toe"] > 0.5)
    s.paint("foot.small_toes", s.part["small_toes"] > 0.5)


def foot(s: Skin) -> None:
    x, y, z = s.at.T
    down = (s.part["leg"] > 0.5) & (y < -640)
    sole = down & (y < -780) & (s.normal[:, 1] < -0.35)
    s.paint("foot.ball", sole & (z > np.interp(x, [100, 125, 150, 185], [89.0, 92, 84, 66])))
    s.paint("foot.heel", sole & (z < 12))
    s.paint("foot.outer_edge", sole & (x > np.interp(z, [10, 70, 90], [157.0, 166, 168])))
    s.paint("foot.arch", sole)
    heel = down & within(s, "heel")
    s.paint("foot.heel", heel)
    low = np.interp(z, [-26, -8, 20, 60, 100, 140], [-781.0, -777, -779, -790, -800, -806])
    s.paint("foot.outer_edge", down & (x > 140) & (y < low) & (z > -26))
    s.paint(
        "foot.arch",
        down & (x < 126) & (z > -24) & (z < 89) & (y < np.interp(z, [-24, 20, 60, 92], [-784.0, -781, -788, -798])),
    )
    s.paint("foot.ball", down & (x < 126) & (z >= 89) & (y < np.interp(z, [88, 110, 128], [-797.0, -800, -806])))
    s.paint("foot.top", down & (z > np.interp(y, [-800, -780, -768, -758, -748, -735], [20.0, 23, 29, 38, 53, 90])))
    _t, a = about(s.at, KNEE, ANKLE)
    tendon = (
        down
        & (y < -648)
        & (y > -770)
        & (np.abs(x - 139) < np.interp(y, [-770, -740, -700, -664, -648], [17.0, 14, 12, 13, 6]))
        & (z < -16)
    )
    s.paint("ankle.achilles", tendon)
    ankle = down & (y < -706)
    s.paint("ankle.front", ankle & between(a, -18, 36))
    s.paint("ankle.outer", ankle & (a >= 0))
    s.paint("ankle.inner", ankle)


def leg(s: Skin) -> None:
    _t, a = about(s.at, KNEE, ANKLE)
    y = s.at[:, 1]
    limb = (s.part["leg"] > 0.5) & (y < -250)
    foot_of_knee = np.interp(np.abs(a), [0, 50, 120, 180], [-410.0, -399, -396, -406])
    knee = limb & (y > foot_of_knee) & (y < np.interp(np.abs(a), [0, 60, 120, 180], [-288.0, -298, -300, -292]))
    s.paint("knee.back", knee & between(a, 130, -132))
    s.paint("knee.outer", knee & between(a, 50, 130))
    s.paint("knee.inner", knee & between(a, -132, -50))
    s.paint("knee.front", knee)
    lower = limb & (y <= -390)
    s.paint("leg.shin", lower & between(a, -32, 56))
    s.paint("leg.outer", lower & between(a, 56, 136))
    s.paint("leg.inner", lower & between(a, np.interp(y, [-700, -600, -540, -400], [-154.0, -153, -138, -136]), -32))
    # the inner head of the gastrocnemius reaches lower than the outer
    upper = y > np.interp(
        np.mod(a, 360), [120, 145, 165, 180, 195, 215, 240], [-520.0, -545, -550, -540, -560, -566, -535]
    )
    s.paint("leg.calf.upper", lower & upper)
    s.paint("leg.calf.lower", lower)


# ---------------------------------------------------------------- head and neck


def face(s: Skin) -> None:
    x, y, z = s.at.T
    head = (s.part["head"] > 0.3) & (y > 600)
    ahead = head & (z > 60)
    s.paint(
        "face.ear",
        head & (x > 44) & within(s, "ear"),
    )
    s.paint(
        "face.eye",
        ahead & within(s, "eye"),
    )
    s.paint(
        "face.eyebrow",
        ahead & within(s, "eyebrow"),
    )
    s.paint(
        "face.nose",
        ahead & within(s, "nose"),
    )
    s.paint(
        "face.mouth",
        ahead & within(s, "mouth"),
    )
    s.paint(
        "face.upper_teeth",
        ahead & within(s, "upper_teeth"),
    )
    s.paint(
        "face.lower_teeth",
        ahead & within(s, "lower_teeth"),
    )
    s.paint(
        "face.chin",
        ahead & (y < 648) & (y > 612) & (z > 104) & (x < line(y, [(24.0, 648.0), (22.0, 630.0), (16.0, 620.0)])),
    )
    side = head & (z > 20)
    s.paint(
        "face.jaw_joint",
        side & within(s, "jaw_joint"),
    )
    upper = within(s, "cheek")
    s.paint("face.cheek", side & upper & (s.normal[:, 1] > -0.8))
    below = np.interp(z, [30, 52, 62, 74, 90, 110, 130, 150], [684.0, 664, 650, 641, 634, 628, 622, 616])
    s.paint("face.jaw", side & (y < 700) & (y > below) & (z > np.interp(y, [640, 660, 680, 700], [70.0, 56, 50, 50])))


def skull(s: Skin) -> None:
    x, y, z = s.at.T
    head = (s.part["head"] > 0.2) & (y > 655)
    cap = (x / 44) ** 2 + ((z - 36) / 58) ** 2
    s.paint("head.vertex", head & (y > 780) & (cap < 1))
    temple = within(s, "temple")
    s.paint("head.temple", head & temple & (x > 30))
    brow = z > np.interp(y, [740, 760, 780, 800, 820, 840], [118.0, 112, 99, 91, 86, 84])
    s.paint("head.forehead", head & brow & (y > 742))
    behind = z < np.interp(y, [690, 722, 745, 762, 776, 788, 800], [32.0, 30, 20, 5, -14, -34, -60])
    s.paint("head.occiput", head & behind & (y > np.interp(x, [0, 30, 58, 75], [700.0, 698, 692, 690])))
    s.paint("head.parietal", head & (y > 712))
    low = np.interp(x, [0, 30, 55, 70], [670.0, 672, 676, 680])
    s.paint("head.suboccipital", head & (z < np.interp(y, [668, 680, 692, 705], [8.0, 18, 26, 30])) & (y > low))
    s.paint("head.parietal", head & (y > 735))
    s.paint("face.ear", head & (y > 690) & (z < 62) & (x > 40))
    s.paint("face.cheek", head & (y > 688) & (z > 62))


def neck(s: Skin) -> None:
    x, y, z = s.at.T
    round_neck = np.degrees(np.arctan2(x, z - np.interp(y, [560, 620, 680], [8.0, 26, 30])))
    base = np.interp(round_neck, [0, 30, 60, 90, 120, 150, 180], [534.0, 548, 566, 592, 600, 592, 576])
    tall = (y > base) & (y < 716) & (x < 78) & (s.part["arm"] < 0.2)
    s.paint("neck.throat", tall & (x < np.interp(y, [530, 560, 610, 630, 650], [12.0, 15, 17, 24, 22])) & (z > 40))
    s.paint(
        "neck.front", tall & between(round_neck, 0, np.interp(y, [545, 590, 640, 670, 690], [58.0, 60, 66, 60, 50]))
    )
    s.paint("neck.side", tall & between(round_neck, 0, np.interp(y, [590, 620, 660, 690], [130.0, 128, 124, 118])))
    s.paint("neck.back.upper", tall & (y > 630))
    s.paint("neck.back.lower", tall)


# ---------------------------------------------------------------- shoulder and upper arm


def shoulder(s: Skin) -> None:
    x, y, z = s.at.T
    t, a = about(s.at, SHOULDER, ELBOW)
    ahead = z > 14 + 0.10 * (x - 120)
    high = (y > 395) & (x > 60)
    # the ridge of the trapezius, from the neck to the acromion
    ridge_front = within(s, "ridge_front")
    ridge_back = within(s, "ridge_back")
    s.paint("neck.angle", (s.part["arm"] < 0.5) & np.where(ahead, ridge_front, ridge_back) & (y > 545))
    s.paint(
        "neck.supraclavicular",
        ahead & within(s, "supraclavicular") & (s.part["arm"] < 0.6),
    )
    top = within(s, "shoulder_top")
    s.paint("shoulder.top", top & (y > 520))
    hollow = within(s, "armpit")
    s.paint(
        "shoulder.armpit", hollow & (z > -26) & (z < 52) & ((s.normal[:, 1] < 0.25) | (np.abs(s.normal[:, 0]) > 0.7))
    )
    on_arm = high & (
        t
        < np.interp(np.abs(np.mod(a + 85, 360) - 180), [0, 30, 60, 90, 130, 180], [0.47, 0.44, 0.38, 0.33, 0.29, 0.27])
    )
    front_edge = line(y, [(128.0, 560.0), (130.0, 540.0), (134.0, 500.0), (142.0, 465.0), (148.0, 440.0)])
    back_edge = line(y, [(150.0, 560.0), (146.0, 530.0), (138.0, 500.0), (134.0, 470.0), (138.0, 440.0)])
    beyond = np.where(ahead, x > front_edge, x > back_edge) & on_arm
    s.paint("shoulder.side", beyond & between(a, 50, 132) & (x > 170))
    s.paint("shoulder.front", beyond & ahead & (s.normal[:, 0] > -0.75))
    s.paint("shoulder.back", beyond & ~ahead & (s.normal[:, 0] > -0.75))


def arm(s: Skin) -> None:
    _t, a = about(s.at, SHOULDER, ELBOW)
    limb = (s.part["arm"] > 0.5) & (s.at[:, 0] > 140)
    s.paint("arm.side", limb & between(a, 44, 126))
    s.paint("arm.back", limb & between(a, 126, -124))
    s.paint("arm.inner", limb & between(a, -124, -50))
    s.paint("arm.front", limb)


# ---------------------------------------------------------------- trunk


def back(s: Skin) -> None:
    x, y, _z = s.at.T
    trunk = (y > 90) & (x < 175) & (s.part["leg"] < 0.9)
    behind = trunk & (round_trunk(s.at) > np.interp(y, [100, 200, 300, 400, 460], [118.0, 116, 114, 112, 100]))
    midline = behind & (x < SPINE_HALF)
    s.paint("upper_back.spine", midline & (y > T7))
    s.paint("mid_back.spine", midline & (y > T12))
    s.paint("low_back.spine", midline & (y > L5))
    blade(s, behind)
    s.paint("upper_back.interscapular", behind & (y > T7 - 6) & (x < 80))
    side_ribs = np.interp(y, [T12, T7], [64.0, 62])
    s.paint("mid_back.beside_spine", behind & (y > T12) & (x < side_ribs))
    s.paint(
        "mid_back.ribs", behind & (y > np.interp(x, [50, 80, 110, 140], [286.0, 272, 250, 236])) & (y < 430) & (x >= 62)
    )
    paraspinal = np.interp(y, [L5, L3, T12], [70.0, 74, 66])
    s.paint("low_back.upper", behind & (y > L3) & (x < paraspinal))
    crest = np.interp(x, [0, 40, 60, 90, 120, 150], [134.0, 136, 150, 170, 178, 174])
    s.paint("low_back.lower", behind & (y > crest - 10) & (x < paraspinal))
    s.paint("abdomen.flank", behind & (y > crest) & (y < T12))


def blade(s: Skin, behind: Mask) -> None:
    """The shoulder blade by its edges: root of its spine at T3, lower tip at T7, upper corner at T2."""
    _x, _y, _ = s.at.T
    s.paint(
        "scapula.upper",
        behind & within(s, "scapula_upper"),
    )
    s.paint(
        "scapula.lower_angle",
        behind & within(s, "lower_angle"),
    )
    s.paint(
        "scapula.inner_border",
        behind & within(s, "inner_border"),
    )
    s.paint(
        "scapula.outer_border",
        behind & within(s, "outer_border"),
    )
    s.paint(
        "scapula.body",
        behind & within(s, "body"),
    )


def round_trunk(at: Array) -> Array:
    """Around the trunk [degrees]: 0 in front, 90 at the side, 180 behind."""
    return np.degrees(np.arctan2(at[:, 0] / 130, (at[:, 2] - 42) / 96))


def pelvis_behind(s: Skin) -> None:
    x, y, z = s.at.T
    a = round_trunk(s.at)
    behind = (
        (y <= 150) & (y > -140) & (x < 185) & (a > np.interp(y, [-60, 0, 60, 120, 215], [126.0, 116, 110, 108, 112]))
    )
    crest_low = np.interp(x, [30, 50, 80, 110, 150], [118.0, 128, 140, 148, 150])
    crest_high = np.interp(x, [30, 50, 80, 110, 150], [134.0, 150, 168, 184, 190])
    s.paint("pelvis.floor", (x < np.interp(y, [-40, 0, 30], [13.0, 11, 8])) & (y < 22) & (y > -60) & (z < 26))
    s.paint("pelvis.tailbone", behind & (y < 56) & (y > 14) & (x < 17))
    s.paint("low_back.sacrum", behind & (y < 134) & (y > 44) & (x < np.interp(y, [50, 118, 134], [16.0, 29, 30])))
    s.paint(
        "low_back.sacroiliac",
        behind & within(s, "sacroiliac"),
    )
    crest = (y > np.minimum(crest_low, np.interp(a, [56, 92], [108.0, 150]))) & (
        y < np.minimum(crest_high, np.interp(a, [56, 92], [114.0, 190]))
    )
    s.paint("low_back.iliac_crest", (a > 58) & crest & (x > 44))
    s.paint(
        "buttock.upper",
        behind & within(s, "buttock_upper") & (a < 178),
    )
    fold = np.interp(x, [0, 20, 60, 100, 140, 180], [-38.0, -44, -48, -46, -38, -30])
    s.paint("buttock.lower", behind & (y < np.interp(x, [10, 60, 110, 160], [14.0, 16, 14, 6])) & (y > fold))
    s.paint("buttock.middle", behind & (y > -20))


def front(s: Skin) -> None:
    x, y, z = s.at.T
    a = round_trunk(s.at)
    trunk = (y > 90) & (s.part["arm"] < 0.75)
    ahead = trunk & (a < np.interp(y, [150, 260, 360, 440], [60.0, 58, 62, 66]))
    s.paint(
        "abdomen.flank",
        trunk
        & (y < np.interp(x, [60, 90, 140], [250.0, 236, 232]))
        & (y > 140)
        & (a >= np.interp(y, [150, 240], [58.0, 56])),
    )
    s.paint("chest.side", trunk & ~ahead & (y < 470) & (y > 225))
    s.paint("chest.sternum", ahead & (y > XIPHOID - 10) & (x < np.interp(y, [340, 360, 480, 530], [9.0, 15, 17, 21])))
    s.paint(
        "chest.breast",
        ahead & within(s, "breast"),
    )
    s.paint("chest.upper", (ahead | (y > 470)) & (z > 10) & (y > 398) & (s.part["arm"] < 0.75))
    s.paint("scapula.upper", (y > 470) & (s.part["arm"] < 0.75) & (z <= 10))
    margin = np.interp(x, [8, 20, 40, 60, 80, 100, 125], [352.0, 338, 306, 280, 260, 244, 232])
    s.paint("chest.lower_ribs", ahead & (y > margin) & (x > 9))
    s.paint("abdomen.upper_middle", ahead & (y > 240) & (x < np.interp(y, [240, 300, 340], [30.0, 24, 9])))
    s.paint("abdomen.navel", ahead & ((x / 38) ** 2 + ((y - 196) / 46) ** 2 < 1))
    s.paint("abdomen.upper", ahead & (y > NAVEL))
    groin = np.interp(x, [0, 20, 60, 100, 140], [14.0, 22, 58, 96, 128])
    s.paint(
        "abdomen.pubic",
        (z > 40) & within(s, "pubic"),
    )
    s.paint("abdomen.lower", (y < 200) & (y > groin) & (a < 62) & (z > 20))


def pelvis_in_front(s: Skin) -> None:
    x, y, z = s.at.T
    a = round_trunk(s.at)
    s.paint("pelvis.genital", (y < 16) & (y > -60) & (x < np.interp(y, [-40, 0, 12], [13.0, 18, 26])) & (z > 18))
    groin = within(s, "groin")
    s.paint("pelvis.groin", groin & (z > 30))
    s.paint(
        "hip.front",
        (y > np.interp(x, [30, 80, 130, 160], [-20.0, -4, 10, 30]))
        & (a < np.interp(y, [0, 60, 110, 150], [62.0, 64, 70, 74]))
        & (z > 20)
        & (x > 30)
        & (y < 150),
    )
    s.paint("abdomen.flank", (y > np.interp(a, [60, 76, 90, 110], [128.0, 132, 152, 150])) & (x < 180))
    s.paint("hip.side", (y > np.interp(a, [56, 70, 90, 122], [16.0, -24, -43, -37])) & (x > 96) & (a > 56))


def thigh(s: Skin) -> None:
    _t, a = about(s.at, HIP, KNEE)
    y = s.at[:, 1]
    upper = y > -165
    for name, low, high in (("outer", 38.0, 124.0), ("inner", -136.0, -40.0)):
        s.paint(f"thigh.{name}.upper", upper & between(a, low, high))
        s.paint(f"thigh.{name}.lower", between(a, low, high))
    behind = between(a, 122, -134)
    s.paint("thigh.back.upper", upper & behind)
    s.paint("thigh.back.lower", behind)
    s.paint("thigh.front.upper", upper)
    s.paint("thigh.front.lower", s.bare)
