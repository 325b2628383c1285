"""Seeded drawings of a wanted size that look like one complaint: patterns of points that touch one another."""

from __future__ import annotations

import random

from unknot.assess.network import Network
from unknot.case.model import Case
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge


def drawing(k: Knowledge, net: Network, size: int, seed: int) -> Case:
    """A case with `size` coloured sites: points drawn by their weights, each next one felt where the last ones are or beside."""
    rng = random.Random(seed * 10_007 + size)
    points = [e for e, x in enumerate(net.explanations) if x.kind == "point"]
    drawn: list[str] = []
    e = rng.choice(points)
    for _ in range(100_000):
        if len(drawn) >= size:
            break
        row = net.weights[e]
        drawn += [s for s in net.sites if s not in drawn and rng.random() < row[net.nodes[s]]]
        near = {n for s in drawn for n in (s, *net.beside[s])}
        touching = [p for p in points if any(net.weights[p, net.nodes[s]] > 0 for s in near)] or points
        e = rng.choice(touching)
    pains = [{"site": s, "intensity": round(rng.uniform(2, 9), 1)} for s in drawn[:size]]
    return read_mapping({"format": 1, "pain": pains}, f"{size}-{seed}", k)
