"""What the page shows: a form and its ranking put into templates, and what a point or another explanation lights up on the body."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from unknot import __version__
from unknot.assess.leanings import VISIT
from unknot.assess.network import sided
from unknot.assess.picture import case_picture
from unknot.assess.press import may_press
from unknot.assess.rank import assess
from unknot.assess.solve import Use
from unknot.body.atlas import atlas
from unknot.body.coverage import drawn, with_drawing
from unknot.body.danger import near_dangers
from unknot.body.draw import svg
from unknot.body.ramp import colour, ramp
from unknot.case.clearance import Clearance, Open
from unknot.case.deep import deep_sites
from unknot.case.intake import Marked
from unknot.case.model import Case, Pain
from unknot.case.nothing import NOTHING, UNASKED, nothing_hurts
from unknot.case.places import SIDES, site_name, site_names
from unknot.case.ranking import Press, RankedOther, RankedPoint, Ranking
from unknot.case.read import read_bytes, read_mapping
from unknot.case.write import as_tables
from unknot.errors import CaseError, Problem
from unknot.knowledge.load import Knowledge
from unknot.knowledge.model import Cause, Point
from unknot.knowledge.safety import Danger
from unknot.record.amounts import day
from unknot.record.called import site as called_site
from unknot.record.days import clock_of, day_of
from unknot.record.look import unwritten
from unknot.record.screening import Desk, Visit
from unknot.record.store import OvertakenError
from unknot.screen.case import opened, screen, with_screening
from unknot.screen.show import amount
from unknot.web.another import another
from unknot.web.atlas import address
from unknot.web.form import ANSWERS, EXTRA, Form, Found, form_of
from unknot.web.marks import KINDS
from unknot.web.once import looked_at, once, slip, token
from unknot.web.pictures import marks_picture, qr
from unknot.web.sentences import coded, told
from unknot.web.tongue import offered
from unknot.web.who import who
from unknot.words import percent, raised, say, spoken

HERE = Path(str(resources.files("unknot.web")))
SHOWN = 4
"""Muscles that stand open in the list; the rest is one tap away."""
MOST_REFERS = ((False, 10), (True, 6))
"""How many of what refers to a place stand open: points, and what is not muscle. The rest is one tap away."""


def _no_store(form: Form, case: Case, ranking: Ranking | None = None) -> Clearance:
    """Without a store there are no clients."""
    del form, case, ranking
    raise LookupError("no store was given to the page")


class Page:
    """The one page of the app, in all its states."""

    def __init__(self, k: Knowledge) -> None:
        self.k = k
        self.today: Callable[[], date] = date.today
        self.licences: Callable[[], tuple[str, ...]] = tuple
        self.written: dict[tuple[str, int], str] = {}
        self.of_client: Callable[[Form, Case, Ranking], Clearance] = _no_store
        self.keep_map: Callable[[Form, Case], object] = _no_store
        self.stands: Callable[[Form], bool] = lambda _: False
        self.damage = ""
        """The place of the record, once its file turned out to be damaged."""
        self.use: Use = "numpy"  # answers at once; compiling takes over when it is ready
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters.update(
            raised=raised,
            told=lambda problem: coded(told(problem, placed=problem.code != "store")),  # a store is told by its path
            coded=coded,
            day=day,
            day_of=day_of,
            clock_of=clock_of,
            quality_word=lambda quality: say(f"quality.{quality}"),
        )
        self.templates.globals.update(
            say=say, once=once, token=token, looked_at=looked_at, slip=slip, spoken=spoken, offered=offered, place=lambda site: called_site(k, site), who=who, unwritten=unwritten, damage=lambda: self.damage, percent=percent, factor=factor, colour=colour, ramp=ramp(), extra=EXTRA, said_of=said_of, k=k,
            site_name=lambda site: site_name(k, site), site_names=lambda sites: site_names(k, sites),
            lit=self.lit, area=self.area, version=__version__, knowledge=k.version, sources=k.sources, atlas=address(k),
            mark_kinds=KINDS, spot_name=self.spot_name, cited=self.cited, sources_of=self.sources_of, amount=amount, may_touch=self.may_touch, near=self.near, marks_picture=marks_picture, qr=qr,
            areas=self._areas(), deep_places=self._deep(), figures=list(k.figures), qualities=[q.id for q in k.qualities.values()],
        )  # fmt: skip

    def warm(self) -> None:
        """Compile, then answer with what was compiled; a first start may take half a minute, and nobody waits for it."""
        strokes = [
            {"figure": "neutral", "view": view, "atlas": 1, "width": 9, "points": [[180, 300]]}
            for view in ("front", "back")
        ]
        case = read_mapping({"format": 1, "pain": [{"site": "neck.throat"}], "stroke": strokes}, "warm", self.k)
        assess(case, self.k, use="numba")
        self.use = "numba"

    def render(self, form: Form, *, part: bool = False) -> str:
        """The page, or its changing parts alone."""
        if form.told_nothing and form.client:
            self._keep_nothing(form)
        case, ranking = self._answer(form)
        form.drawn = self._drawn(form, case)
        form.emptied = bool(
            form.client and not form.pains and not form.drawn and not form.nothing and self.stands(form)
        )
        template = self.templates.get_template("parts.html" if part else "page.html")
        return template.render(
            form=form,
            ranking=ranking,
            groups=groups(ranking),
            shown=SHOWN,
            names=self._names(form),
            others=[(n, self._row(row)) for n, row in enumerate(form.others)],
            folded=[n for n, row in enumerate(form.others) if row.get("visit") == VISIT],
            summary=self._summary(ranking),
            another=another(self.k, form.another),
        )

    def printed(self, form: Form) -> str:
        """The clean page for paper."""
        case, ranking = self._answer(form)
        if ranking is None and form.problems:
            raise CaseError(form.problems)
        pains = with_drawing(case).pains if case else ()
        shown: tuple[str, ...] = ()
        picture = ""
        if case and ranking:
            # the sheet has a title, warnings and a key of its own, in letters of its own size
            full = case_picture(case, ranking, self.k, form.shown_figure)
            shown = tuple(mark.name for mark in full.marks)
            picture = svg(replace(full, title="", alarm="", warnings=(), keyed=False), href=self._address, height=620)
        return self.templates.get_template("print.html").render(
            form=form, ranking=ranking, groups=groups(ranking), names=self._names(form), picture=picture, pains=pains, shown=shown,
            others=self._lines(form.others),
        )  # fmt: skip

    def refers(self, form: Form, site: str) -> str:
        """What refers to a place, likeliest first; before anything is drawn, the heaviest first."""
        _, ranking = self._answer(form)
        chance = {p.id: p.probability for p in (*ranking.points, *ranking.other)} if ranking else {}
        found: list[tuple[float, float, dict[str, Any]]] = []
        for record in self.k.records():
            for side in self._sides(record):
                weight = self._pattern(record, side).get(site, 0.0)
                ident = f"{record.id}@{side}" if side else record.id
                if weight:
                    found.append((chance.get(ident, 0.0), weight, self._refers_row(record, side, ident, chance)))
        found.sort(key=lambda row: (-row[0], -row[1]))
        rows = [row for *_, row in found]
        points, others = (([row for row in rows if bool(row["kind"]) == other], most) for other, most in MOST_REFERS)
        return self.templates.get_template("refers.html").render(site=site, points=points, others=others)

    def _refers_row(self, record: Point | Cause, side: str, ident: str, chance: dict[str, float]) -> dict[str, Any]:
        name = f"{self.k.muscles[record.muscle].name}, {record.name}" if isinstance(record, Point) else record.name
        said = percent(chance[ident]) if ident in chance else say("page.unranked") if chance else ""
        kind = self._kind(record.id)
        kind = say(f"kind.{kind}") if kind else ""
        return {"name": f"{name} ({side})" if side else name, "said": said, "show": self.lit(ident), "kind": kind}

    def _kind(self, ident: str) -> str:
        """What sort of explanation that is not muscle; nothing for a point."""
        tables: dict[str, Any] = {"root": self.k.roots, "entrapment": self.k.entrapments, "origin": self.k.origins}
        return next((kind for kind, table in tables.items() if ident in table), "")

    def _answer(self, form: Form) -> tuple[Case | None, Ranking | None]:
        """The case of the form and its ranking. A finding told just now where nothing may be touched is refused, and said."""
        case = form.case(self.k)
        if case is None:
            return None, None

        def touch(ranking: Ranking) -> Open:
            form.clearance = self.screened(form, case, ranking)
            form.allowed = opened(form.clearance, self.k, self.today())
            return form.allowed

        try:
            ranking = assess(case, self.k, use=self.use, touch=touch)
        except CaseError as error:
            # a drawing beside the body, or wholly erased, is an empty page: the stage has said so
            form.problems.extend(p for p in error.problems if p.code != "no_pain")
            return None, None
        if self._refuse_touch(form):
            return self._answer(form)
        return case, with_screening(ranking, form.clearance, case) if form.clearance else ranking

    def _keep_nothing(self, form: Form) -> None:
        """Keep that nothing hurts, that this is taken back, or that nobody was asked; what stands on the map goes before it. Raises StoreError."""
        if form.pains or self._drawn(form, None):
            return
        said = form.nothing
        form.rest.pop(NOTHING, None)
        if form.told_nothing == "yes":
            form.rest |= nothing_hurts("practitioner")
        elif not said and form.told_nothing != UNASKED:
            return
        form.strokes = []  # what was wholly erased
        try:
            case = read_mapping(form.mapping(), "page", self.k, needs_pain=False)
        except CaseError as error:
            form.problems.extend(error.problems)
            return
        self.keep_map(form, case)

    def _refuse_touch(self, form: Form) -> bool:
        """Whether findings told just now were taken out, since the clearance does not leave their place open."""
        refused = [f for f in form.fresh if not self.may_touch(f[1] if f[0] == "point" else "", form.allowed)]
        form.fresh = ()
        if not refused:
            return False
        form.findings = [f for f in form.findings if (f.kind, f.ident) not in refused]
        why = form.allowed.withheld or say("page.barred_here")
        form.problems.append(Problem("no_touch", say("page.found"), why, "", say("page.screen_first")))
        return True

    def may_touch(self, point: str, allowed: Open) -> bool:
        """Whether a point may be pressed today; without a point, whether anything may be tested."""
        if allowed.withheld:
            return False
        return not point or may_press(point, self.k, allowed)

    def near(self, point: str) -> list[Danger]:
        """The places easily hurt near a point, shown whenever it is considered."""
        return list(near_dangers(self.k, point))

    def screened(self, form: Form, case: Case, ranking: Ranking) -> Clearance:
        """Today's clearance: by the visit's answers in the store, or by those that the case itself carries."""
        if not form.client:
            return screen(case, self.k, self.today(), ranking=ranking, licences=self.licences())
        return self.of_client(form, case, ranking)

    def keep_drawing(self, desk: Desk, visit: Visit, case: Case, form: Form) -> None:
        """The drawing of a visit; each change is a version of its own, over the one that the page has seen or written itself.

        Raises OvertakenError, and writes nothing, when another page has changed it since.
        """
        tables = as_tables(case)
        kept = desk.store.get("drawing", visit.id)
        newest = kept.version if kept else 0
        if kept is None or kept.body != tables:
            if any(
                not form.tab or self.written.get((visit.id, v)) != form.tab for v in range(form.seen + 1, newest + 1)
            ):
                raise OvertakenError(
                    [Problem("overtaken", say("page.of_visit"), say("page.overtaken"), "", say("page.overtaken_todo"))]
                )
            with desk.store.together(visit.client):
                newest = desk.store.put("drawing", visit.id, tables, over=newest)
                desk.on_map(visit, case.intake.said)
            self.written[visit.id, newest] = form.tab
        form.seen = newest

    def versions(self) -> dict[str, str]:
        """What every stored value carries: the program, the knowledge with its rules, the atlas."""
        return {"unknot": __version__, "knowledge": self.k.version, "atlas": str(atlas().version)}

    def cited(self, ids: tuple[str, ...]) -> str:
        """Sources in short: first author and year; in full they stand once, at the end of the answer."""
        return "; ".join(
            f"{self.k.sources[i].authors.split(',')[0].split(' (')[0]} {self.k.sources[i].year}" for i in ids
        )

    def sources_of(self, ranking: Ranking) -> list[str]:
        """The sources of all listed points, each once, by author and year."""
        named = {s for p in ranking.points for s in self.k.points[p.id.split("@")[0]].sources}
        return sorted(named, key=lambda s: (self.k.sources[s].authors, self.k.sources[s].year))

    def spot_name(self, mark: Marked) -> str:
        """Where a mark on a view lies, in words."""
        site = atlas().sheet(mark.figure, mark.view).site_at(*mark.at) if mark.view else mark.site
        return called_site(self.k, site) if site else mark.view

    def _drawn(self, form: Form, case: Case | None) -> list[Pain]:
        """The sites that the drawing colours; it stays in sight when something else in the form cannot be used."""
        if case is None and form.strokes:
            try:
                case = read_mapping({"format": 1, "stroke": form.strokes}, "drawing", self.k)
            except CaseError:
                return []
        return list(drawn(case.strokes)) if case else []

    def _address(self, name: str) -> str:
        return f"/atlas/{address(self.k)}/{name}"

    def _sides(self, record: Point | Cause) -> tuple[str, ...]:
        lateral = self.k.muscles[record.muscle].lateral if isinstance(record, Point) else record.lateral
        if not lateral:
            return ("",)
        only = record.only_side if isinstance(record, Point) else ""
        return (only,) if only else SIDES

    def _pattern(self, record: Point | Cause, side: str) -> dict[str, float]:
        return {**sided(record.spillover, side, self.k), **sided(record.essential, side, self.k)}

    def lit(self, ident: str) -> str:
        """What a point or another explanation lights up on the body, as the stage reads it."""
        bare, _, side = ident.partition("@")
        if bare not in self.k.points:
            return self._area_of(self.k.cause(bare), side) if bare in self.k.causes() else ""
        point = self.k.points[bare]
        what = {
            "point": bare, "muscle": point.muscle, "side": side, "at": f"{point.region}@{side}" if self.k.regions[point.region].lateral and side else point.region,
            "essential": sorted(sided(point.essential, side, self.k)), "spillover": sorted(sided(point.spillover, side, self.k)),
        }  # fmt: skip
        return json.dumps(what, separators=(",", ":"))

    def area(self, other: RankedOther) -> str:
        """The sites where an explanation that is not muscle is felt."""
        bare, _, side = other.id.partition("@")
        return self._area_of(self.k.cause(bare), side or other.side)

    def _area_of(self, cause: Cause, side: str) -> str:
        return json.dumps({"area": sorted(self._pattern(cause, side))}, separators=(",", ":"))

    def _summary(self, ranking: Ranking | None) -> str:
        """The answer in one line, for the bar at the foot of a phone; a warning before all else."""
        if ranking and ranking.refer.needed:
            return say("page.go_emergency" if ranking.press_next is None else "page.go_refer")
        if ranking is None or not ranking.points:
            return say("page.go")
        first = groups(ranking)[0]
        name = f"{first.name} ({first.side})" if first.side else first.name
        chance = percent(first.chance if first.chance is not None else first.points[0].probability)
        if not ranking.press_next:
            return say("page.summary", name=name, chance=chance)
        return say("page.summary_next", press=self._short(ranking.press_next[0]))

    def _short(self, press: Press) -> str:
        """What to press, in one line: the muscle and its side, or the test."""
        bare, _, side = press.id.partition("@")
        if press.kind == "test":
            return press.name
        name = self.k.muscles[self.k.points[bare].muscle].name
        return f"{name.split(',')[0]} ({side})" if side else name

    def _areas(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Regions by area of complaint, each on its sides: (site, name)."""
        found = []
        for area in self.k.complaint_areas.values():
            sites = [
                (site, site_name(self.k, site))
                for region in area.regions
                for site in ((f"{region}@left", f"{region}@right") if self.k.regions[region].lateral else (region,))
            ]
            found.append((area.name, sites))
        return found

    def _deep(self) -> list[tuple[str, str]]:
        """Deep places on their sides: (the sites they count as, joined by blanks; name)."""
        found = []
        for deep in self.k.deep.values():
            lateral = any(self.k.regions[region].lateral for region in deep.regions)
            for side in SIDES if lateral else ("",):
                name = f"{deep.name} ({side})" if side else deep.name
                found.append((" ".join(deep_sites(self.k, deep, (side,))), name))
        return found

    def _names(self, form: Form) -> dict[str, str]:
        return {found.ident: self._place(found.kind, found.ident) for found in form.findings}

    def _place(self, kind: str, ident: str) -> str:
        """Where something was found, in words."""
        bare, _, side = ident.partition("@")
        if kind == "point" and bare in self.k.points:
            point = self.k.points[bare]
            name = f"{self.k.muscles[point.muscle].name}, {point.name}"
        else:
            tables: dict[str, Any] = {
                "test": self.k.tests, "muscle": self.k.muscles, "root": self.k.roots, "spot": self.k.regions
            }  # fmt: skip
            named = tables.get(kind, {}).get(bare)
            name = named.name if named else bare
        return f"{name} ({side})" if side else name

    def _row(self, row: dict[str, Any]) -> str:
        """A finding of an opened file in words: where, what, what was said, on which visit."""
        kind = next((kind for kind in ("point", "muscle", "root", "spot", "test") if kind in row), "")
        told = [_sign(self.k.signs[sign].name, row[sign]) for sign in self.k.signs if sign in row]
        if kind == "test":
            told.append(say("page.yes_test" if row.get("result") == "positive" else "page.no_test").lower())
        told += [str(row[key]) for key in ("said", "visit") if row.get(key)]
        what = ", ".join(told)
        return f"{self._place(kind, str(row[kind]))}: {what}" if kind else what

    def _lines(self, rows: list[dict[str, Any]]) -> list[str]:
        """Findings of an opened file for paper: those that were measured in one line for each sign, with the muscles behind it."""
        lines, at = [self._row(row) for row in rows if row.get("visit") != VISIT], dict[str, list[str]]()
        for row in rows:
            if row.get("visit") == VISIT and "muscle" in row:
                told = ", ".join(_sign(self.k.signs[sign].name, row[sign]) for sign in self.k.signs if sign in row)
                at.setdefault(told, []).append(self._place("muscle", str(row["muscle"])))
        return lines + [f"{say('found.measured', name=told)}: {'; '.join(places)}" for told, places in at.items()]

    def example(self) -> Form:
        """The worked example as it would have been drawn."""
        data = (resources.files("unknot.web") / "example.toml").read_bytes()
        return form_of(read_bytes(data, "example", self.k))


@dataclass(frozen=True, slots=True)
class Group:
    """The points of one muscle on one side, in the order of the ranking; `chance` that any of them is active, None if not worked out."""

    name: str
    side: str
    chance: float | None
    points: list[RankedPoint]


def groups(ranking: Ranking | None) -> list[Group]:
    """The points muscle by muscle."""
    found: dict[tuple[str, str], Group] = {}
    for point in ranking.points if ranking else ():
        group = found.setdefault(
            (point.muscle, point.side), Group(point.muscle_name, point.side, point.muscle_probability, [])
        )
        group.points.append(point)
    return list(found.values())


def factor(value: float) -> str:
    """A factor on odds, in two figures."""
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"


def said_of(found: Found) -> str:
    """A finding in words."""
    if found.kind == "test":
        answer = say("page.yes_test" if found.answer == "yes" else "page.no_test")
    else:
        answer = say(f"pressed.{found.answer}") if found.answer in ANSWERS else ""
    signs = [say(f"sign.{sign}").lower() for sign in found.signs]
    return ", ".join([answer.lower(), *signs] if answer else signs)


def _sign(name: str, value: object) -> str:
    """A sign as it was found."""
    if isinstance(value, bool):
        return name if value else say("found.not", name=name)
    return say("found.rated", name=name, value=value)
