"""What else than answers a rule can ask for: age, sex, the drawing, words, findings and the ranking, as atoms of a condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unknot.case.model import Case, Sex, corrected
from unknot.case.ranking import Ranking, ReferReason
from unknot.case.understand import Heard

AGES = tuple(range(1, 111))


@dataclass(frozen=True, slots=True)
class About:
    """Frozen sets, so that no order can matter. `sites` are the coloured ones."""

    age: float | None = None
    sex: Sex | None = None
    sites: frozenset[str] = frozenset()
    symptoms: frozenset[str] = frozenset()
    qualities: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    signs: frozenset[str] = frozenset()
    likely: frozenset[str] = frozenset()
    read: frozenset[tuple[str, str]] = frozenset()
    """Each symptom with the words that it was read from."""
    referred: tuple[ReferReason, ...] = ()
    """What the ranking refers."""


def about(case: Case, heard: Heard, ranking: Ranking | None) -> About:
    """From a case with its words understood, and its ranking where there is one."""
    positive = {test for test, found, _ in heard.tests if found}
    findings = corrected(case.findings)
    positive |= {f.on.split("@")[0] for f in findings if f.kind == "test" and f.signs.get("result")}
    return About(
        age=case.client.age,
        sex=case.client.sex,
        sites=frozenset(pain.site for pain in case.pains),
        symptoms=frozenset(s.id for s in heard.symptoms if not s.denied),
        qualities=frozenset(q for pain in case.pains for q in pain.quality),
        tests=frozenset(positive),
        signs=frozenset(sign for f in findings for sign, value in f.signs.items() if value is True),
        likely=frozenset(o.id.split("@")[0] for o in ranking.other if o.on_top) if ranking else frozenset(),
        read=heard.read,
        referred=_referred(ranking) if ranking else (),
    )


def _referred(ranking: Ranking) -> tuple[ReferReason, ...]:
    """What the ranking refers, each cause by its name, so that a physician's word on one does not reach another."""
    rules = [r for r in ranking.refer.reasons if r.source != "ranking"]
    causes = [
        ReferReason(f"ranking:{o.id.split('@')[0]}", f"{o.name}: {o.advice}", o.action)
        for o in ranking.other
        if o.on_top and o.action != "carry_on"
    ]
    return tuple(sorted((*rules, *causes), key=lambda r: (r.source, r.why)))


def atoms(of: About) -> set[str]:
    """All atoms that hold."""
    found = {f"{kind}:{value}" for kind, values in _sets(of) for value in values}
    if of.age is not None:
        found |= {f"age>={n}" for n in AGES if of.age >= n} | {f"age<{n}" for n in AGES if of.age < n}
    found |= {f"sex:{sex}" for sex in ((of.sex,) if of.sex else ("female", "male"))}  # not said counts as either
    return found | _places(of.sites)


ANY_AGE = frozenset(f"age{sign}{n}" for n in AGES for sign in (">=", "<"))
"""What a rule about danger takes for granted while the age is not known."""


def _sets(of: About) -> Iterable[tuple[str, frozenset[str]]]:
    return (
        ("symptom", of.symptoms),
        ("quality", of.qualities),
        ("test", of.tests),
        ("sign", of.signs),
        ("likely", of.likely),
    )


def above(region: str) -> set[str]:
    """A region and all that it lies in: "leg.calf.upper", "leg.calf", "leg"."""
    parts = region.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts) + 1)}


def _places(sites: frozenset[str]) -> set[str]:
    regions = [(region, side) for site in sites for region, _, side in [site.partition("@")]]
    if not regions:
        return set()
    each = [above(region) for region, _ in regions]
    left = set().union(*(above(region) for region, side in regions if side == "left"))
    right = set().union(*(above(region) for region, side in regions if side == "right"))
    found = {f"site:{place}" for places in each for place in places}
    found |= {f"only:{place}" for place in set.intersection(*each)}
    return found | {f"both:{place}" for place in left & right}
