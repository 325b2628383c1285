"""Pictures to write places on, and to check them by eye: the neutral figure with regions, units, points and fibre paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from body import Body
from labels import labelled
from PIL import Image, ImageDraw, ImageFont
from places import Placer, written
from shading import shade
from views import VIEWS

Box = tuple[int, int, int, int]
RED, BLUE, INK, PINK = (190, 0, 30), (0, 60, 190), (90, 90, 90), (200, 60, 160)


def draw(body: Body, view_id: str, out: Path, box: Box | None, scale: int, *, names: bool, only: str) -> None:
    """The client's left half of a view (midline at the left edge; in a side view the whole), cut to `box` (across, down, across, down).

    `only`: the beginning of the ids of the points and muscles to show; empty: all.
    """
    view = next(v for v in VIEWS if v.id == view_id)
    seen, triangles = body.see(view, "neutral", scale)
    tone, label = shade(body, view, "neutral", seen, triangles, scale), labelled(body, seen, triangles, scale)
    if not view.whole:
        tone, label = tone[:, ::-1], label[:, ::-1]
    edge = np.zeros(label.shape, dtype=bool)
    edge[:, 1:] |= label[:, 1:] != label[:, :-1]
    edge[1:] |= label[1:] != label[:-1]
    grey = (120 + 135 * tone).astype(np.uint8)
    rgb = np.stack([grey] * 3, axis=2)
    rgb[edge] = INK
    box = box or (0, 0, label.shape[1] // scale, view.height)
    image = Image.fromarray(np.ascontiguousarray(rgb)).crop(
        (scale * box[0], scale * box[1], scale * box[2], scale * box[3])
    )
    pen = ImageDraw.Draw(image)
    _ruler(pen, box, scale, image.size)
    if names:
        for region in np.unique(label[label >= 0]):
            ys, xs = np.nonzero(label == region)
            near = int(np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2))
            text = body.regions[region]
            pen.text((xs[near] - box[0] * scale - 3 * len(text), ys[near] - box[1] * scale), text, fill=(60, 120, 60))
    _places(pen, body, view_id, box, scale, only)
    image.save(out)


def _ruler(pen: ImageDraw.ImageDraw, box: Box, scale: int, size: tuple[int, int]) -> None:
    for u in range(box[0] // 10 * 10, box[2] + 1, 10):
        x = (u - box[0]) * scale
        pen.line([(x, 0), (x, size[1])], fill=(150, 170, 230) if u % 50 == 0 else (214, 222, 240))
        if u % 50 == 0 or scale >= 4:
            pen.text((x + 2, 1), str(u), fill=BLUE)
    for v in range(box[1] // 10 * 10, box[3] + 1, 10):
        y = (v - box[1]) * scale
        pen.line([(0, y), (size[0], y)], fill=(150, 170, 230) if v % 50 == 0 else (214, 222, 240))
        if v % 50 == 0 or scale >= 4:
            pen.text((1, y + 1), str(v), fill=BLUE)


def _places(pen: ImageDraw.ImageDraw, body: Body, view_id: str, box: Box, scale: int, only: str) -> None:
    placer = Placer(body)
    view = placer.views[view_id]
    points, muscles = written()
    font = ImageFont.load_default(size=11)

    def spots(skin: object) -> tuple[np.ndarray, np.ndarray]:
        at, seen = placer.shown(skin, view, "neutral")  # type: ignore[arg-type]
        across = at[:, 0] if view.whole else np.abs(at[:, 0] - view.width / 2)
        return np.stack([(across - box[0]) * scale, (at[:, 1] - box[1]) * scale], axis=1), seen

    for ident, lines in muscles.items():
        for line in lines if ident.startswith(only) else ():
            at, seen = spots(placer.path(line))
            for a, b, visible in zip(at[:-1], at[1:], seen[:-1] & seen[1:], strict=True):
                if visible:
                    pen.line([tuple(a), tuple(b)], fill=PINK, width=2)
            if seen[0]:
                pen.ellipse([*(at[0] - 3), *(at[0] + 3)], fill=PINK)
            middle = len(at) // 2
            if seen[middle]:
                pen.text((at[middle][0] + 3, at[middle][1] - 5), ident, fill=PINK, font=font)
    for ident, stop in points.items():
        if not ident.startswith(only):
            continue
        at, seen = spots(placer.on_skin([stop]))
        if seen[0]:
            pen.ellipse([*(at[0] - 4), *(at[0] + 4)], outline=RED, width=2)
            pen.text((at[0][0] + 6, at[0][1] - 6), ident, fill=RED, font=font)
