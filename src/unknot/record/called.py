"""What a client's papers and pages call places, muscles, stretches, nerves, other origins and tests: in the language that is spoken now, in English where it has no word for one."""

from __future__ import annotations

from functools import lru_cache

from unknot.case.places import SIDES
from unknot.case.plan import Application
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import View
from unknot.plan.places import SPOT
from unknot.words import say, spoken


def called(k: Knowledge) -> dict[str, str]:
    """All such names that there are: key of a language's file to the English name."""
    found = {f"region.{r.id}": r.name for r in k.regions.values()}
    found |= {f"view.{v.id}": v.name for v in k.views.values()}
    found |= {f"muscle.{m.id}": m.name for m in k.muscles.values()}
    found |= {f"stretch.{m.id}": m.stretch for m in k.muscles.values() if m.stretch}
    return found | {f"{kind}.{one}": name for kind, names in _others(k) for one, name in names.items()}


@lru_cache(maxsize=2)
def _others(k: Knowledge) -> tuple[tuple[str, dict[str, str]], ...]:
    """The names of what is neither a place nor a muscle, by kind and id."""
    causes = [
        (kind, {c.id: c.name for c in every.values()})
        for kind, every in (("root", k.roots), ("entrapment", k.entrapments), ("origin", k.origins))
    ]
    return (*causes, ("test", {test.id: test.name for test in k.tests.values()}))


def site(k: Knowledge, ident: str) -> str:
    """A site as its client calls it: "outer elbow (left)"."""
    region, _, side = ident.partition("@")
    return _on_side(spoken(f"region.{region}", k.regions[region].name if region in k.regions else region), side)


def muscle(k: Knowledge, ident: str, side: str = "") -> str:
    """A muscle, with its side where one is given. Raises KeyError for one that is not known."""
    return _on_side(spoken(f"muscle.{ident}", k.muscles[ident].name), side)


def view(spec: View) -> str:
    """A view of the body."""
    return spoken(f"view.{spec.id}", spec.name)


def stretch(k: Knowledge, ident: str, kept: str) -> str:
    """The stretch of a muscle; as it was `kept` where it was worded otherwise then, or there is no such muscle any more."""
    known = k.muscles.get(ident)
    return spoken(f"stretch.{ident}", kept) if known is not None and known.stretch == kept else kept


def place(k: Knowledge, ident: str, kept: str, of: Application | None = None) -> str:
    """A point by the part of the body that it lies in, with its muscle: what a client can find. A muscle or a site by its name, a spot by what the
    practitioner called it and where it lies; a nerve, another origin or a test by its name; anything else as it was `kept`."""
    name, _, side = ident.partition("@")
    point = k.points.get(name)
    if point is not None:
        where = f"{point.region}@{side}" if side and k.regions[point.region].lateral else point.region
        return say("sheet_paper.where", site=site(k, where), muscle=muscle(k, point.muscle))
    if name in k.muscles:
        return muscle(k, name, side)
    if name in k.regions:
        return site(k, ident)
    if ident.startswith(SPOT) and of is not None and of.wish is not None and of.site.partition("@")[0] in k.regions:
        return say("plan.spot_name", name=of.wish.name or say("plan.a_spot"), where=site(k, of.site))
    for kind, names in _others(k):
        if name in names:
            return _on_side(spoken(f"{kind}.{name}", names[name]), side)
    return kept


def _on_side(name: str, side: str) -> str:
    return f"{name} ({say(f'side.{side}')})" if side in SIDES else name
