"""Writes the tables of the documentation that are made from the knowledge: weights, signs, doses, and how much of it is confirmed.

`uv run python tools/docs_tables.py` writes them; tests/test_docs.py fails while one of them is out of date. With `--calibration`
it also measures the calibration anew (half a minute) and writes its table and its curve.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from unknot.bench.calibration import Calibration, calibrate, picture
from unknot.knowledge.compile import DATA
from unknot.knowledge.load import Knowledge, knowledge
from unknot.knowledge.measure import Claim, Leaning, Norm
from unknot.knowledge.model import Sign, Source, Weight
from unknot.knowledge.safety import BaseLimit, ConsentArea, Contact, Danger, ScreenRule
from unknot.knowledge.technique import DoseValue, HandContact, HandLimit, Routine, RoutineStep, Technique
from unknot.rehearse.truth_parameters import ASSUMED, parameters
from unknot.rehearse.truth_posture import postures

ROOT = Path(__file__).resolve().parent.parent
MANUALS = {"simons1999", "travell1992", "donnelly2019"}
"""The manuals that most other texts retell."""
BEGIN, END = "<!-- made by tools/docs_tables.py -->", "<!-- end of what is made -->"
MADE = "This page is made from `{file}` by `tools/docs_tables.py`; do not edit it by hand."


def pages(k: Knowledge) -> dict[Path, str]:
    """Every page, or page with a part, that is made: its path and its whole text."""
    counted, safety = ROOT / "docs/how/knowledge.md", ROOT / "SAFETY.md"
    techniques, measures = ROOT / "docs/how/techniques.md", ROOT / "docs/how/measures.md"
    rehearsed = ROOT / "docs/how/rehearse.md"
    return {
        ROOT / "docs/how/weights.md": weights_page(k),
        ROOT / "docs/how/signs.md": signs_page(k),
        counted: with_counts(counted.read_text(encoding="utf-8"), counts(k)),
        ROOT / "docs/how/screening-rules.md": screening_page(k),
        safety: with_counts(safety.read_text(encoding="utf-8"), hazards(k)),
        techniques: with_counts(techniques.read_text(encoding="utf-8"), techniques_part(k)),
        measures: with_counts(measures.read_text(encoding="utf-8"), measures_whole(k)),
        rehearsed: with_counts(rehearsed.read_text(encoding="utf-8"), rehearsed_part()),
    }


def rehearsed_part() -> str:
    """Every number of the virtual clients, and how many are assumed."""
    every = list(parameters().values())
    guessed = sum(p.source == ASSUMED for p in every)
    rows = [
        f"| `{p.id}` | {p.value:g} {p.unit} | {p.low:g} to {p.high:g} | {p.spread:g} | "
        f"{p.source if p.source == ASSUMED else f'`{p.source}`'} | {p.why} |"
        for p in every
    ]
    told = f"{len(every)} numbers; {guessed} of them are assumed."
    return "\n".join(
        [
            told,
            "",
            "| id | middle | range | spread | source | why |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            *posture_part(),
        ]
    )


def posture_part() -> list[str]:
    """What is usual in posture and motion, with the error of one reading and the muscles whose points move it."""

    def named(source: str) -> str:
        return source if source == ASSUMED else f"`{source}`"

    of = postures()
    rows = [
        f"| `{u.measure}` | {u.men:g}{f', women {u.women:g}' if u.women != u.men else ''} {u.unit} | {u.spread:g} | {u.error:g} "
        f"| {', '.join(u.muscles) or ', '.join(f'complaint: {area} {by:+g}' for area, by in u.areas) or 'nothing'} "
        f"| {named(u.source)} | {named(u.error_source)} | {named(u.link_source) if u.muscles or u.areas else ''} | {u.why} |"
        for u in of.usual
    ]
    told = f"Posture and motion: {len(rows)} measures. A point moves each by {of.link:g} of its spread (assumed); left and right go together by {of.sides:g} (assumed)."
    heads = "| measure | middle | spread | error | what moves it | source | of the error | of the link | why |"
    return [told, "", heads, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |", *rows]


KINDS = {
    "red_flag": "Warning signs",
    "combination": "What several things mean together",
    "whole_body": "Conditions of the whole body",
    "caution": "Conditions that ask for care",
    "local": "Places that are left alone",
    "drug": "Medicines",
    "age_sex": "Age and sex",
    "today": "Today",
    "after": "After the last visit",
    "unknown": "What is not known",
}
"""The kinds of rules in the order of their page."""
RULE_TEST = "tests/test_screening.py::test_a_rule_holds_for_its_history_and_not_for_the_near_miss"


def does(rule: ScreenRule) -> str:
    """What a rule does, in a few words."""
    found = [rule.outcome.replace("_", " ") + (f" ({rule.urgency.replace('_', ' ')})" if rule.urgency else "")]
    found += [f"bars {regions(rule.bar)}"] if rule.bar else []
    found += [f"bars {mm:g} mm about {mark}" for mark, mm in rule.bar_marks.items()]
    found += [f"broad and light: {regions(rule.light)}"] if rule.light else []
    found += [f"forbids {', '.join(t.replace('_', ' ') for t in rule.forbid)}"] if rule.forbid else []
    for key, words in (
        ("discomfort_max", "discomfort at most {:g}"),
        ("hold_s_max", "holds at most {:g} s"),
        ("point_s_max", "a point at most {:g} s"),
        ("session_min_max", "at most {:g} min"),
    ):
        value = getattr(rule, key)
        found += [words.format(value)] if value is not None else []
    found += [f"these to {rule.less:.0%} of what else holds"] if rule.less is not None else []
    found += [p.replace("_", " ") for p in rule.position]
    found += ["reminds"] if rule.remind and rule.outcome != "remind" else []
    return "; ".join(found) + ("; house rule" if rule.house else "")


def regions(named: tuple[str, ...]) -> str:
    """Regions of a rule in a few words."""
    return "the whole body" if "*" in named else ", ".join(named)


def hazards(k: Knowledge) -> str:
    """One row for each rule of screening, for SAFETY.md."""
    files = {ident: file for ident, (file, _) in places_of(k).items()}
    rows = [
        [f"{r.name}: {r.why}", f"{does(r)} (`{r.id}`)", f"`src/unknot/knowledge/data/{files[r.id]}`", f"`{RULE_TEST}`"]
        for r in k.screens.values()
    ]
    return table(["hazard", "limit", "code", "test"], rows)


def places_of(k: Knowledge) -> dict[str, tuple[str, int]]:
    """The file and line of each rule."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted((DATA / "screen").glob("*.toml")):
        kind = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            kind = line.strip() if line.startswith("[[") else kind
            if kind == "[[screen]]" and line.startswith('id = "'):
                found[line.split('"')[1]] = (path.relative_to(DATA).as_posix(), number)
    return {ident: found[ident] for ident in k.screens}


def screening_page(k: Knowledge) -> str:
    """All rules of screening, with what sets them off."""
    house = sum(r.house for r in k.screens.values())
    parts = [
        "# The rules of screening\n\n",
        f"{MADE.format(file='src/unknot/knowledge/data/screen')}\n\n",
        f"{len(k.screens)} rules, {len(k.questions)} questions ({sum(q.red_flag for q in k.questions.values())} of them red flags, where not\n"
        f"known counts as yes), {len(k.dangers)} places that are easily hurt. {house} rules hold a figure that is a house rule: the direction has a source,\n"
        "the number has none.\n\nA rule holds when every group in brackets is met by one of its words. How they are read: [screening](screening.md).\n",
    ]
    for kind, heading in KINDS.items():
        rows = [
            [
                f"`{r.id}`",
                " and ".join("(" + ", ".join(group) + ")" for group in r.all),
                does(r),
                r.why,
                _named(r.sources),
                r.confidence,
            ]
            for r in k.screens.values()
            if r.kind == kind
        ]
        parts.append(f"\n## {heading}\n\n")
        parts.append(table(["rule", "holds when", "does", "why", "sources", "confidence"], rows))
    parts.append(places_page(k))
    return "".join(parts) + sources_of(
        k, [*k.screens.values(), *k.dangers.values(), *k.consent_areas.values(), *k.base_limits.values()]
    )


def places_page(k: Knowledge) -> str:
    """Places that are easily hurt, areas of consent, and the limits that hold for everybody."""
    dangers = [[d.name, d.under, danger_does(d), d.watch, _named(d.sources), d.confidence] for d in k.dangers.values()]
    areas = [
        [a.name, ", ".join(a.regions), a.ask, a.draping, a.licence.replace("_", " "), _named(a.sources)]
        for a in k.consent_areas.values()
    ]
    limits = [
        [
            f"`{b.id}`",
            amount(b.value, b.unit),
            b.why,
            "yes" if b.house else "",
            _named(b.sources),
        ]
        for b in k.base_limits.values()
    ]
    return (
        "\n## Places that are easily hurt\n\n"
        + table(
            ["place", "what lies there", "how it may be touched", "what to watch", "sources", "confidence"], dangers
        )
        + "\n## Areas of consent\n\n"
        + table(["area", "regions", "what is asked", "draping", "licence", "sources"], areas)
        + "\n## Limits for everybody\n\n"
        + table(["limit", "at most", "why", "house rule", "sources"], limits)
    )


HOW: dict[Contact, str] = {
    "avoid_region": "never pressed, nor anything of its regions", "avoid": "never pressed", "broad_and_light": "broad and light",
    "no_sustained": "not for long",
}  # fmt: skip
"""How a place that is easily hurt may be touched."""


def danger_does(danger: Danger) -> str:
    """How a place that is easily hurt may be touched, in a few words."""
    found = [HOW[danger.contact]]
    found += [f"holds at most {danger.hold_s_max:g} s"] if danger.hold_s_max is not None else []
    found += [f"discomfort at most {danger.discomfort_max:g}"] if danger.discomfort_max is not None else []
    found += [] if danger.both_sides else ["one side at a time"]
    return "; ".join(found) + ("; house rule" if danger.house else "")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def weights_page(k: Knowledge) -> str:
    """All stated numbers of the ranking."""
    rows = [
        [f"`{w.id}`", f"{w.value:g}", f"{w.low:g} to {w.high:g}", w.what, w.basis, _named(w.sources)]
        for w in k.weights.values()
    ]
    assumed = sum("assumed" in w.basis for w in k.weights.values())
    return (
        "# The stated numbers\n\n"
        f"{MADE.format(file='src/unknot/knowledge/data/weights.toml')}\n\n"
        f"The ranking uses {len(rows)} numbers that are not tied to one muscle or one nerve. Each has a value, the range in which it is\n"
        f"thought to lie, and a basis. {assumed} of them rest on an assumption, at least in part, and say so.\n"
        "`unknot know weight ID` shows one of them.\n\n"
        + table(["number", "value", "range", "what it says", "basis", "sources"], rows)
        + sources_of(k, k.weights.values())
    )


def signs_page(k: Knowledge) -> str:
    """All signs with the factor that each answer puts on the odds."""
    rows = [
        [f"`{s.id}`", s.of, "" if s.kappa is None else f"{s.kappa:g}", f"{s.sensitivity:g}", f"{s.false_rate:g}",
         f"{s.sensitivity / s.false_rate:.2f}", f"{(1 - s.sensitivity) / (1 - s.false_rate):.2f}", s.basis, _named(s.sources)]
        for s in k.signs.values()
    ]  # fmt: skip
    example = k.signs["familiar_pain"]
    right = (1 + math.sqrt(example.kappa or 0.0)) / 2
    return (
        "# What the fingers find\n\n"
        f"{MADE.format(file='src/unknot/knowledge/data/signs.toml')}\n\n"
        "`found when active` is how often the sign is found at an active point (or a muscle, or a root, that is the cause);\n"
        "`found when not` is how often it is found all the same. Their ratio is the factor on the odds for a yes; the ratio of the\n"
        "rests is the factor for a no. How a kappa becomes these numbers stands in [how the ranking works](ranking.md#what-was-found).\n"
        f"Example: `familiar_pain` has a kappa of {example.kappa:g}, so each examiner is right with a chance of {right:.2f}.\n"
        "`unknot know sign ID` shows one of them.\n\n"
        + table(
            [
                "sign",
                "of",
                "kappa",
                "found when active",
                "found when not",
                "yes: odds times",
                "no: odds times",
                "basis",
                "sources",
            ],
            rows,
        )
        + sources_of(k, k.signs.values())
    )


def techniques_part(k: Knowledge) -> str:
    """Every technique with its doses, then what they share: hands, positions, the words of discomfort, routines."""
    house = sum(d.house for d in k.doses.values())
    parts = [
        f"\n{len(k.techniques)} techniques, {len(k.doses)} doses, of which {house} are house rules: no source carries the figure.\n"
        "*Usual* is what a plan begins with, *range* what a practitioner may set; limits of the site, the clearance, the client and the hand\n"
        "can only make it less. `unknot know source ID` shows a source.\n",
    ]
    for technique in sorted(k.techniques.values(), key=lambda t: t.order):
        parts.append(technique_text(k, technique))
    others = {d.id.partition(".")[0] for d in k.doses.values()} - set(k.techniques) - {"all"}
    parts.append("\n## Doses of every technique\n\n" + doses_table(k, "all"))
    parts += [f"\n## Doses of the {other}\n\n" + doses_table(k, other) for other in sorted(others)]
    parts.append(hands(k) + positions(k) + routines(k))
    records: list[Technique | DoseValue | HandContact | HandLimit | Routine] = [
        *k.techniques.values(), *k.doses.values(), *k.contacts.values(), *k.hand_limits.values(), *k.routines.values(),
    ]  # fmt: skip
    return "".join(parts) + sources_of(k, records)


def measures_whole(k: Knowledge) -> str:
    """Measures, normal values, leanings and claims, and the sources of all."""
    part = module("measures_table").measures_part(k, table)
    used = {s for m in k.measures.values() for s in (*m.sources, *m.error_sources, *m.change_sources)}
    records: list[Norm | Claim | Leaning] = [*k.norms.values(), *k.claims.values(), *k.leanings.values()]
    used |= {s for r in records for s in r.sources}
    return str(part) + "\n## Sources\n\n" + "".join(f"- `{s}`: {cited(k.sources[s])}\n" for s in sorted(used))


def module(name: str) -> ModuleType:
    """A file beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def technique_text(k: Knowledge, technique: Technique) -> str:
    """One technique: what, when, when not, what is known of it, and its doses."""
    first, *others = [k.contacts[c].name for c in technique.contacts]
    return (
        f"\n## {technique.name[0].upper()}{technique.name[1:]}\n\n"
        f"`{technique.id}`. {technique.what}\n\n"
        f"- **When**: {technique.when}\n- **Not**: {technique.not_when}\n"
        f"- **With**: the {first}{'; or ' + ', '.join(others) if others else ''}{'; dry, before oil' if technique.dry else ''}\n"
        f"- **What is known**: {technique.evidence} ({_named(technique.sources)}; confidence {technique.confidence})\n\n"
        + doses_table(k, technique.id)
    )


def doses_table(k: Knowledge, of: str) -> str:
    """The doses of one technique, or of all."""
    rows = [
        [
            f"`{d.id.partition('.')[2]}`",
            amount(d.value, d.unit),
            f"{d.low:g} to {d.high:g}",
            d.why,
            "; ".join(word for word in ("house rule" if d.house else "", _named(d.sources)) if word),
            d.confidence,
        ]
        for d in k.doses.values()
        if d.id.partition(".")[0] == of
    ]
    return table(["dose", "usual", "range", "why", "rests on", "confidence"], rows)


ONE = {"times": "time", "rounds": "round", "rises": "rise", "strokes": "stroke", "passes": "pass"}
"""Units of a dose in the singular."""


def amount(value: float, unit: str) -> str:
    """A figure with its unit, one of them in the singular; one of a scale as "4 of 10"."""
    if unit == "0-10":
        return f"{value:g} of 10"
    return f"{value:g} {ONE.get(unit, unit) if value == 1 else unit}"


def hands(k: Knowledge) -> str:
    """What the practitioner presses with, and from how much on another contact is proposed."""
    contacts = [
        [
            f"`{c.id}`",
            c.name,
            ", ".join(f"{joint} {share:g}" for joint, share in c.loads.items() if share),
            "; ".join(word for word in ("broad" if c.broad else "", "hard" if c.hard else "") if word),
            ", ".join(c.instead),
            c.why,
            _named(c.sources),
        ]
        for c in k.contacts.values()
    ]
    limits = [[h.id, f"{h.value / 60:g} min", h.why, _named(h.sources)] for h in k.hand_limits.values()]
    return (
        "\n## The practitioner's hand\n\n"
        "The share of each second of pressure that a joint carries. All of it is house rule.\n\n"
        + table(["contact", "name", "load", "kind", "spared by", "why", "sources"], contacts)
        + "\nFrom so much load in a visit another contact is proposed:\n\n"
        + table(["joint", "load", "why", "sources"], limits)
    )


def positions(k: Knowledge) -> str:
    """How the client lies, and the words of the discomfort scale."""
    ways = [
        [
            f"`{w.id}`",
            w.name,
            w.support,
            f"{w.turn_s:g} s",
            ", ".join(word.replace("_", " ") for word in w.forbidden_by),
            str(sum(p.lie[0] == w.id for p in k.points.values())),
            str(sum(w.id in p.lie for p in k.points.values())),
        ]
        for w in k.lyings.values()
    ]
    words = [[str(w.value), w.word, w.mark, w.means] for w in k.discomfort]
    return (
        "\n## How the client lies\n\nThe time of a turn is a house rule.\n\n"
        + table(
            ["way", "name", "support", "a turn takes", "ruled out by", "best for so many points", "possible for"], ways
        )
        + "\n## The words of discomfort\n\n"
        "It is never the pain of the complaint, and never exported as it.\n\n"
        + table(["value", "word", "sign", "means"], words)
    )


def routines(k: Knowledge) -> str:
    """The usual order of work on each area."""
    rows = [
        [
            f"`{r.id}`",
            k.lyings[r.lie].name,
            "<br>".join(step_text(k, step) for step in r.steps),
            r.why,
            _named(r.sources),
        ]
        for r in k.routines.values()
    ]
    return (
        "\n## Routines\n\n"
        "Templates that a practitioner changes and keeps. Minutes are for a step as a whole, all its places and sides; where none stand, the doses say it.\n\n"
        + table(["routine", "the client lies", "steps", "why", "sources"], rows)
    )


def step_text(k: Knowledge, step: RoutineStep) -> str:
    """One step of a routine in a few words."""
    places = [k.regions[p].name if p in k.regions else k.muscles[p].name for p in step.on]
    on = "; ".join(places) or "the client's points there"
    took = f", {step.minutes:g} min" if step.minutes else ""
    return f"{step.phase}: {k.techniques[step.technique].name} ({on}{took})"


def sources_of(
    k: Knowledge,
    records: Iterable[
        Weight
        | Sign
        | ScreenRule
        | Danger
        | ConsentArea
        | BaseLimit
        | Technique
        | DoseValue
        | HandContact
        | HandLimit
        | Routine
    ],
) -> str:
    """The sources that the records name, in full."""
    named = sorted({s for r in records for s in r.sources})
    return "\n## Sources\n\n" + "".join(f"- `{s}`: {cited(k.sources[s])}\n" for s in named)


def cited(source: Source) -> str:
    """One source as a citation, with how it was read."""
    doi = f" doi:{source.doi}." if source.doi else ""
    pmid = f" PMID {source.pmid}." if source.pmid else ""
    return f"{source.authors} ({source.year}). {source.title}. {source.where}.{doi}{pmid} Read: {source.checked}."


def _named(sources: Iterable[str]) -> str:
    return ", ".join(f"`{s}`" for s in sources)


def counts(k: Knowledge) -> str:
    """How much there is, and how much of it is confirmed."""
    confirmed = Counter(p.confirmed for p in k.points.values())
    doubted = sum(bool(p.doubt) for p in k.points.values())
    retold = sum(set(p.sources) <= MANUALS for p in k.points.values())
    leaning = sum(p.confirmed == "two sources" and bool(MANUALS & set(p.sources)) for p in k.points.values())
    read = Counter(s.checked for s in k.sources.values())
    causes = k.causes().values()
    assumed = sum("assumed" in c.prior_basis for c in causes)
    kinds = (
        "regions",
        "muscles",
        "points",
        "roots",
        "entrapments",
        "origins",
        "tests",
        "symptoms",
        "movements",
        "habits",
        "rules",
        "sources",
    )
    named = {
        "points": "trigger points",
        "roots": "nerve roots",
        "origins": "origins that are not muscle",
        "rules": "rules that refer",
    }
    return (
        table(["what", "how many"], [[named.get(kind, kind), str(len(getattr(k, kind)))] for kind in kinds])
        + "\n"
        + table(
            ["the referral of a point rests on", "points"],
            [
                ["two sources", str(confirmed["two sources"])],
                ["... of which one is a classic trigger point manual", str(leaning)],
                ["one source", str(confirmed["one source"])],
                ["unconfirmed", str(confirmed["unconfirmed"])],
                ["(any of these) with a doubt written down", str(doubted)],
                ["(any of these) on the classic manuals alone", str(retold)],
            ],
        )
        + "\n"
        + table(
            ["how a source was read", "sources"],
            [["in full", str(read["full"])], ["abstract", str(read["abstract"])], ["a page that reports it", str(read["page"])], ["from memory", str(read["memory"])]],
        )
        + f"\nOf the {len(causes)} roots, entrapments and origins, {assumed} have a prior chance whose basis says `assumed`.\n"
    )  # fmt: skip


def with_counts(text: str, made: str) -> str:
    """A page with the part between the two marks replaced. Raises ValueError where the marks are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{made}{END}{after}"


def measured(found: Calibration, version: str) -> str:
    """The calibration as a table and its figures."""
    rows = [
        [f"{100 * low:.0f} % to {100 * high:.0f} %", str(n), f"{mean:.3f}", f"{share:.3f}"]
        for low, high, n, mean, share in found.bins
    ]
    return (
        f"{found.people} virtual people, seed 1, knowledge {version}.\n\n"
        + table(["told", "answers", "mean told", "came true"], rows)
        + f"\nOver all {found.answers} answers the expected calibration error is {found.error:.3f}; among chances from 5 % on it is"
        f" {found.error_above:.3f}.\nThe Brier score is {found.brier:.4f}, where telling everybody the base rate would give {found.brier_base:.4f}.\n"
        f"A truly active muscle stands first in {100 * found.top_1:.0f} %, among the first three in {100 * found.top_3:.0f} %.\n"
        f"The two encodings of referral lie {found.distance:.2f} apart (0 would be the same, 1 nothing in common).\n"
    )


def measure(k: Knowledge) -> None:
    """Write the calibration page's figures and the curve."""
    found = calibrate(k, 2000, 1)
    page = ROOT / "docs/calibration.md"
    page.write_text(with_counts(page.read_text(encoding="utf-8"), measured(found, k.version)), encoding="utf-8")
    (ROOT / "docs/img/reliability.svg").write_text(picture(found), encoding="utf-8")


def main() -> None:
    if "--calibration" in sys.argv[1:]:
        measure(knowledge())
    for path, text in pages(knowledge()).items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
