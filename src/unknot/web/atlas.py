"""The routes that bring the atlas to the page: shapes, shading, places, and the names of things. All may be kept for ever."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from unknot.body.ramp import ramp
from unknot.case.deep import deep_under
from unknot.case.places import site_name, sites
from unknot.knowledge.load import Knowledge
from unknot.words import catalogue

DATA = Path(str(resources.files("unknot.body"))) / "data"
TYPES = {".json": "application/json", ".webp": "image/webp"}
KEPT = "public, max-age=31536000, immutable"


def routes(k: Knowledge) -> APIRouter:
    """Everything under `/atlas/{version}/`. An address of another version is not found, so nothing old is ever mixed in."""
    router = APIRouter()

    @router.get("/atlas/{version}/{name}", include_in_schema=False)
    def file(version: str, name: str) -> Response:
        if version != address(k) or name not in files(k):
            raise HTTPException(404, "no such file of the atlas")
        body, kind = files(k)[name]
        return Response(body, media_type=kind, headers={"Cache-Control": KEPT})

    return router


@cache
def files(k: Knowledge) -> dict[str, tuple[bytes, str]]:
    """Every file of the atlas with its type, and the names and words that the stage needs."""
    found = {p.name: (p.read_bytes(), TYPES[p.suffix]) for p in sorted(DATA.iterdir()) if p.suffix in TYPES}
    text = json.dumps(words(k), ensure_ascii=False, separators=(",", ":"))
    return {**found, "words.json": (text.encode(), TYPES[".json"])}


@cache
def address(k: Knowledge) -> str:
    """The version that stands in the address: a hash of all that is served under it."""
    digest = hashlib.sha256()
    for name, (body, _) in files(k).items():
        digest.update(name.encode() + body)
    return digest.hexdigest()[:12]


def words(k: Knowledge) -> dict[str, Any]:
    """Names of sites, which regions have two sides, what a deep tap takes, the messages of the stage, the colours of intensity."""
    return {
        "sites": {site: site_name(k, site) for site in sites(k)},
        "lateral": {region.id: region.lateral for region in k.regions.values()},
        "deep": deep_under(k),
        "words": {key: text for key, text in catalogue().items() if key.startswith(("body.", "client.", "quality."))},
        "ramp": list(ramp()),
    }
