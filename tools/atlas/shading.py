"""The soft pencil shading of a view: grey on white, to be multiplied over whatever colour the body has."""

from __future__ import annotations

import io

import numpy as np
import raster
from body import Body, Seen
from mesh import Array, Ints
from PIL import Image
from rules import Mask
from scipy import ndimage
from views import View

QUALITY = 55
_HOLLOWS_MM = (5.0, 16.0)
"""Widths of the forms that are drawn out, small and large."""
_DEEP = (0.12, 0.13)
"""How strongly each is drawn out."""
_KNEE = 0.85
"""Brighter than this is pressed together, so that forms show in the light too and do not drown in white."""


def shade(body: Body, view: View, figure: str, seen: Seen, triangles: Ints, fine: int) -> Array:
    """Brightness `[y, x]` from 0 to 1 of the stored half or whole; 1 outside the body."""
    normal = raster.spread(body.normals_of(figure, raised=view.raised), triangles, seen.triangle, seen.shares)
    shown = seen.triangle >= 0
    eye = np.array(view.camera.towards) / np.linalg.norm(view.camera.towards)
    facing = np.clip(normal @ eye, 0, 1)
    light = eye + np.array([0.0, 0.55, 0.0]) * (1 - abs(eye[1]))
    lit = np.clip(normal @ (light / np.linalg.norm(light)), 0, 1)
    scale, _ = body.frame(view, figure)
    tone = 0.43 + 0.30 * facing**0.7 + 0.20 * lit
    for width, deep in zip(_HOLLOWS_MM, _DEEP, strict=True):
        spread = width * scale * fine
        tone += deep * np.tanh(_relief(seen.depth, shown, spread, not view.whole) / (0.18 * spread))
    pressed = _KNEE + (1 - _KNEE) * np.tanh((tone - _KNEE) / (1 - _KNEE))
    tone = np.clip(np.where(tone > _KNEE, pressed, tone), 0.34, 1.0)
    return np.where(shown, tone, 1.0)


def _relief(depth: Array, shown: Mask, spread: float, half: bool) -> Array:
    """How far each place stands out of its surroundings [pixels]."""
    mode = "reflect" if half else "nearest"
    filled = np.where(shown, depth, 0.0)
    weight = ndimage.gaussian_filter(shown.astype(float), spread, mode=mode)
    mean = ndimage.gaussian_filter(filled, spread, mode=mode) / np.maximum(weight, 1e-6)
    around = np.where(shown, depth - mean, 0.0)
    return np.asarray(np.clip(around, -1.2 * spread, 0.3 * spread) * _inner(shown, spread, mode))


def _inner(shown: Mask, spread: float, mode: str) -> Array:
    """0 at the rim of the body, 1 well inside: at the rim every surface falls away, which is not a form."""
    deep = ndimage.gaussian_filter(shown.astype(float), spread, mode=mode)
    return np.asarray(np.clip((deep - 0.6) / 0.35, 0, 1))


def picture(tone: Array, view: View, pixels: tuple[int, int]) -> bytes:
    """The whole view as WebP, exactly symmetric where it is made of two halves."""
    both = tone if view.whole else np.concatenate([tone, tone[:, ::-1]], axis=1)
    image = Image.fromarray(np.round(both * 255).astype(np.uint8)).resize(pixels, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.convert("RGB").save(out, "WEBP", quality=QUALITY, method=6)
    return out.getvalue()
