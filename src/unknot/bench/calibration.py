"""Does "30 %" come true 30 % of the time? Measured on virtual people whose referral the ranking has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unknot.assess.rank import Worked, by_muscle, work
from unknot.assess.solve import Use
from unknot.case.read import read_mapping
from unknot.knowledge.load import Knowledge
from unknot.rehearse.truth_people import Person, person
from unknot.rehearse.truth_referral import spots

BINS = 10
EXACT = 25
"""Muscles of a person whose chance is worked out exactly; the unlikely rest by the product over their points."""
SURE = 0.05
"""Chances below it are nearly all of the answers; the error is told with and without them."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """bins: (lowest, highest, answers, mean chance, share that came true); errors as expected calibration error."""

    people: int
    answers: int
    bins: tuple[tuple[float, float, int, float, float], ...]
    error: float
    error_above: float
    brier: float
    brier_base: float
    top_1: float
    top_3: float
    distance: float


def virtual_people(k: Knowledge, count: int, seed: int) -> list[Person]:
    """`count` people of consecutive seeds."""
    beside = {r.id: r.beside for r in k.regions.values()}
    lateral = {r.id: r.lateral for r in k.regions.values()}
    return [person(seed * 1_000_003 + i, beside, lateral) for i in range(count)]


def as_case(k: Knowledge, one: Person) -> Worked:
    """The drawing of a virtual person worked through; nothing but the drawing is told."""
    case = read_mapping(
        {"format": 1, "pain": [{"site": s, "intensity": i} for s, i in one.drawn.items()]}, str(one.seed), k
    )
    return work(case, k, "numba")


def calibrate(k: Knowledge, count: int, seed: int, use: Use = "numba") -> Calibration:
    """Chances of muscles against what was active in `count` virtual people."""
    told: list[float] = []
    true: list[bool] = []
    hits = [0, 0]
    asked = 0
    for one in virtual_people(k, count, seed):
        worked = as_case(k, one)
        chances = all_muscles(worked, use)
        told += chances.values()
        true += [m in one.active for m in chances]
        if any(m in one.active for m in chances):
            asked += 1
            best = sorted(chances, key=lambda m: -chances[m])
            hits[0] += best[0] in one.active
            hits[1] += any(m in one.active for m in best[:3])
    return _summary(np.array(told), np.array(true), count, hits[0] / asked, hits[1] / asked, encoding_distance(k))


def all_muscles(worked: Worked, use: Use) -> dict[str, float]:
    net = worked.net
    columns = [net.nodes[s] for s in worked.evidence.coloured]
    touched = [int(e) for e in np.flatnonzero(net.is_point & (net.weights[:, columns].max(axis=1) > 0))]
    exact = by_muscle(worked, touched, use, most=EXACT)
    posterior = worked.answer.posterior[0]
    reached = set(touched)
    rest = {
        m: 1 - float(np.prod(1 - posterior[list(es)]))
        for m, es in net.by_muscle.items()
        if m not in exact and reached & set(es)
    }
    return exact | rest


def _summary(p: np.ndarray, y: np.ndarray, people: int, top_1: float, top_3: float, distance: float) -> Calibration:
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.digitize(p, edges) - 1, 0, BINS - 1)
    bins = []
    for b in range(BINS):
        mine = place == b
        if mine.any():
            bins.append(
                (float(edges[b]), float(edges[b + 1]), int(mine.sum()), float(p[mine].mean()), float(y[mine].mean()))
            )
    error = sum(n * abs(mean - share) for _, _, n, mean, share in bins) / len(p)
    return Calibration(
        people, len(p), tuple(bins), error, equal_error(p[p >= SURE], y[p >= SURE]), float(((p - y) ** 2).mean()),
        float(((y.mean() - y) ** 2).mean()), top_1, top_3, distance,
    )  # fmt: skip


def equal_error(p: np.ndarray, y: np.ndarray) -> float:
    """Expected calibration error in ten bins of equal count."""
    order = np.argsort(p)
    parts = np.array_split(order, BINS)
    return float(sum(len(i) * abs(p[i].mean() - y[i].mean()) for i in parts if len(i)) / max(len(p), 1))


def encoding_distance(k: Knowledge) -> float:
    """Mean over muscles of 1 - sum(min) / sum(max) of the two encodings' weights: 0 the same, 1 nothing in common."""
    theirs: dict[str, dict[str, float]] = {}
    for spot in spots():
        if spot.is_muscle:
            pattern = theirs.setdefault(spot.of, {})
            for key, chance in spot.sends.items():
                pattern[key] = max(chance, pattern.get(key, 0.0))
    ours: dict[str, dict[str, float]] = {}
    for point in k.points.values():
        pattern = ours.setdefault(point.muscle, {})
        for key, weight in {**point.spillover, **point.essential}.items():
            for one in (key.split("@")[0], f"{key.split('@')[0]}@other") if key.endswith("@both") else (key,):
                pattern[one] = max(weight, pattern.get(one, 0.0))
    distances = []
    for muscle, pattern in theirs.items():
        mine = ours.get(muscle, {})
        keys = {*pattern, *mine}
        low = sum(min(pattern.get(x, 0.0), mine.get(x, 0.0)) for x in keys)
        high = sum(max(pattern.get(x, 0.0), mine.get(x, 0.0)) for x in keys)
        distances.append(1 - low / high)
    return float(np.mean(distances))


def picture(result: Calibration) -> str:
    """The reliability curve as SVG: chance told against share that came true, with the number of answers."""

    def at(x: float, y: float) -> tuple[float, float]:
        return 60 + 360 * x, 400 - 360 * y

    dots = "".join(
        f'<circle cx="{at(m, s)[0]:.1f}" cy="{at(m, s)[1]:.1f}" r="{3 + 2 * np.log10(n):.1f}"/><text class="count" x="{at(m, s)[0] + 12:.1f}" y="{at(m, s)[1] + 4:.1f}">{n}</text>'
        for _, _, n, m, s in result.bins
    )
    path = " ".join(f"{at(m, s)[0]:.1f},{at(m, s)[1]:.1f}" for _, _, _, m, s in result.bins)
    ticks = "".join(
        f'<text x="{at(t, 0)[0]:.0f}" y="420" text-anchor="middle">{t:.0%}</text><text x="52" y="{at(0, t)[1] + 4:.0f}" text-anchor="end">{t:.0%}</text>'
        f'<line class="grid" x1="60" x2="420" y1="{at(0, t)[1]:.0f}" y2="{at(0, t)[1]:.0f}"/>'
        for t in (0, 0.25, 0.5, 0.75, 1)
    )
    style = "text{font:12px system-ui,sans-serif;fill:#615b51}.grid{stroke:#d9d2c4}.even{stroke:#8d8575;stroke-dasharray:4 4}.curve{fill:none;stroke:#1c5753;stroke-width:2}circle{fill:#1c5753}.count{font-size:10px}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460 460" width="460" height="460" role="img" aria-label="Reliability curve">'
        f"<style>{style}</style><rect width='460' height='460' fill='#f7f4ed'/>{ticks}"
        f'<line class="even" x1="60" y1="400" x2="420" y2="40"/><polyline class="curve" points="{path}"/>{dots}'
        f'<text x="240" y="444" text-anchor="middle">chance that was told</text>'
        f'<text x="18" y="220" text-anchor="middle" transform="rotate(-90 18 220)">share that came true</text>'
        f'<text x="60" y="26">{result.people} virtual people, {result.answers} answers, expected calibration error {result.error:.3f}</text></svg>\n'
    )
