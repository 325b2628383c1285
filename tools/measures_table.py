"""The part of docs/how/measures.md that is made from the knowledge; `docs_tables.py` writes it."""

from __future__ import annotations

from unknot.knowledge.load import Knowledge
from unknot.knowledge.measure import Claim, Leaning, Measure, Norm

HEADS = {
    "pain": "Pain", "function": "Daily life", "wellbeing": "How somebody feels", "drawing": "The drawing", "threshold": "Pressure pain threshold",
    "motion": "Motion", "length": "Muscle length", "posture": "Posture", "tissue": "Skin", "control": "Endurance and control",
    "session": "Under the hand", "habit": "Habits",
}  # fmt: skip
BETTER = {"up": "more", "down": "less", "neither": "neither"}


def named(sources: tuple[str, ...]) -> str:
    """Sources as the tables name them."""
    return ", ".join(f"`{s}`" for s in sources)


def measures_part(k: Knowledge, table: object) -> str:
    """Every measure by group, then normal values, what leans on the ranking, the claims."""
    assert callable(table)
    every = k.measures.values()
    known = sum(bool(m.mdc or m.mdc_share) for m in every)
    parts = [
        f"\n{len(k.measures)} measures; for {known} of them a measuring error was found, for {sum(m.change is not None for m in every)} a least change that matters.\n"
        f"{len(k.norms)} normal values. What was not found is left unknown.\n"
    ]
    for group, head in HEADS.items():
        rows = [measure_row(m) for m in every if m.group == group]
        heads = ["measure", "what", "unit, range", "sides", "better", "how it is taken", "measuring error (95 %)", "least change that matters"]  # fmt: skip
        parts.append(f"\n## {head}\n\n" + table(heads, rows))
    parts.append("\n## Normal values\n\n" + table(["measure", "who", "usual", "note", "sources", "confidence"], [norm_row(n, k) for n in k.norms.values()]))  # fmt: skip
    parts.append("\n## What leans on the ranking\n\n" + table(["measure", "adds", "why", "rests on", "confidence"], [leaning_row(n) for n in k.leanings.values()]))  # fmt: skip
    silent = [[f"`{m.id}`", m.name, m.no_lean] for m in every if m.no_lean]
    parts.append("\n### What does not lean, and why\n\n" + table(["measure", "what", "why"], silent))
    parts.append("\n## What the therapy is said to do\n\n" + table(["said to", "grade", "shown by", "what is known", "what may be said", "sources"], [claim_row(c) for c in k.claims.values()]))  # fmt: skip
    return "".join(parts)


def measure_row(m: Measure) -> list[str]:
    """One measure."""
    error = f"{m.mdc:g} {m.unit}: " if m.mdc is not None else f"{100 * m.mdc_share:g} %: " if m.mdc_share else ""
    least = f"{m.change:g} {m.unit}: " if m.change is not None else ""
    units = f" (or {', '.join(m.also_units)})" if m.also_units else ""
    how = m.how + (f" Rate: {m.rate}." if m.rate else "") + ("" if m.sources else " House measure.")
    if m.spread is not None:
        how += f" Readings that differ by more than {m.spread:g} {m.unit} are better taken again ({m.spread_why}; {named(m.spread_sources)})."
    return [
        f"`{m.id}`", m.name, f"{m.unit}{units}, {m.low:g} to {m.high:g}", "left and right" if m.sided else "", BETTER[m.better],
        how + (f" {named(m.sources)}" if m.sources else ""), f"{error}{m.error} {named(m.error_sources)}".strip(),
        f"{least}{m.change_why} {named(m.change_sources)}".strip(),
    ]  # fmt: skip


def norm_row(n: Norm, k: Knowledge) -> list[str]:
    """One normal value."""
    unit = k.measures[n.measure].unit
    said = [] if n.mean is None else [f"{n.mean:g}" + (f" ± {n.sd:g}" if n.sd is not None else "")]
    if n.cut:
        said.append(f"{n.cut} {n.low if n.cut == 'below' else n.high:g}")
    elif n.low is not None or n.high is not None:
        said.append(f"{n.low:g}" if n.low == n.high else f"{n.low if n.low is not None else '':g} to {n.high:g}")
    return [f"`{n.measure}`", n.who, f"{', '.join(said)} {unit}", n.note, named(n.sources), n.confidence]


def leaning_row(n: Leaning) -> list[str]:
    """What a measure adds."""
    sides = {"opposite": " of the other side", "both": " of both sides"}.get(n.side, f" ({n.side})" if n.side else "")
    adds = f"habit `{n.habit}`" if n.habit else f"`{n.sign}` at {', '.join(n.muscles)}{sides}"
    beyond = f"{n.when} {n.cut:g}" + "".join(f", from {age:g} years {cut:g}" for age, cut in n.by_age)
    beyond += f"; or {n.apart:g} less than the other side" if n.apart is not None else ""
    rests = "; ".join(word for word in ("house rule" if n.house else "", named(n.sources)) if word)
    return [f"`{n.measure}` {beyond}", adds, n.why, rests, n.confidence]


def claim_row(c: Claim) -> list[str]:
    """One claim."""
    shown = ", ".join([f"`{m}`" for m in c.measures] + [f"all of {HEADS[g].lower()}" for g in c.groups]) or c.nothing
    return [c.said, c.grade, shown, c.known, c.wording, named(c.sources)]
