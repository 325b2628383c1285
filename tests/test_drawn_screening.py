"""What is drawn on the map counts in the clearance of the app as it does in a case file: its places and its qualities."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from unknot.body.atlas import atlas
from unknot.case.read import read_mapping
from unknot.knowledge.load import knowledge
from unknot.record.screening import Desk
from unknot.record.store import open_store
from unknot.screen.case import screen
from unknot.web.app import create_app

K = knowledge()
ON = date(2026, 3, 2)


def line(site: str, quality: str) -> dict[str, Any]:
    """A dot in the middle of a site."""
    sheet = atlas().sheet("neutral", "front")
    y, x = np.nonzero(sheet.labels == sheet.sites.index(site))
    middle = np.argmin((x - x.mean()) ** 2 + (y - y.mean()) ** 2)
    points = [[int(x[middle]), int(y[middle])]]
    return {"figure": "neutral", "view": "front", "atlas": 1, "width": 12, "intensity": 4, "quality": [quality], "points": points}  # fmt: skip


def test_numbness_that_is_drawn_at_the_saddle_and_both_thighs_is_an_emergency(tmp_path: Path) -> None:
    sites = atlas().sheet("neutral", "front").sites
    both = [next(s for s in sites if s.startswith("thigh") and s.endswith(side)) for side in ("left", "right")]
    for quality, wanted in (("numb", True), ("ache", False)):
        body = {"format": 1, "stroke": [line(site, quality) for site in ("pelvis.genital", *both)]}
        store = open_store(tmp_path / f"{quality}.db")
        desk = Desk(store, K)
        client = desk.new_client("A client", 40.0, "female")
        visit = desk.visit_of(client.id, ON)
        store.put("drawing", visit.id, body)
        with TestClient(
            create_app(data=tmp_path / f"{quality}.db", today=lambda: ON), base_url="http://127.0.0.1"
        ) as web:
            web.get(f"/clients/{client.id}")
        outcomes = [f.body["outcome"] for f in store.facts(f"visit:{visit.id}") if f.kind == "cleared"]
        by_case = screen(read_mapping(body, "drawing", K), K, ON)
        assert ("emergency" in outcomes) is (by_case.outcome == "emergency") is wanted
        store.close()
