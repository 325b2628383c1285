"""Draws the pictures of the documentation that follow from the code: the moves of the session engine, and the sessions that are told as cases.

`uv run python tools/docs_diagrams.py` writes them; tests/test_docs.py fails while one of them is out of date. The moves come from the one
table of the engine; only where a box stands and which way an arrow takes is set here, and an arrow without a way is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import NamedTuple

from unknot.bench.cases import SessionCase, play, read_session
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge, knowledge
from unknot.plan.places import name_of
from unknot.record.session_picture import COLOURS, describe, svg
from unknot.treat.session import CONTACT
from unknot.treat.table import REFUSE, SAME, TABLE, Row, rows
from unknot.treat.timeline import timeline

ROOT = Path(__file__).resolve().parent.parent
UNTIMED = ("stopped", "ended")
"""Phases in which nothing is due, so that nothing can be late."""
BEGINS = ("pressing", "stroking")
"""Phases in which a piece of work begins; from ending as from waiting."""
IMG = ROOT / "docs" / "img"
FAMILIES = {"rounds": "Rounds", "release": "Release", "passes": "Strokes"}
WIDTH, BOX, HIGH, LINE = 980, 128, 44, 15
Move = tuple[str, str]
"""(event, condition)."""

EVENT_WORDS = {
    "rate": "rating", "answer_due": "no answer", "phase_due": "time is over", "limit_due": "the place has had enough", "dial_lost": "dial lost",
    "fail": "fault", "restarted": "restart", "late": "the program is late", "revise": "the plan changes", "referral": "felt elsewhere",
    "decide": "", "off": "hand off", "top_due": "", "ask_due": "time to ask", "less": "less", "ease": "ease", "hand_over": "by voice",
}  # fmt: skip
"""How an event is called where its own name does not do."""
WHOLE = {("symptom", "is_pinch"): "a pinch of the skin", ("limit_due", "place_has_more"): "time is over"}
"""Moves whose event and condition have words of their own."""
WHEN_WORDS = {
    "far_above": "far above the ceiling", "above": "above the ceiling", "above_under_hand": "above the ceiling, the hand still on", "in_band": "in the band", "eased_by_this": "clearly less, twice",
    "released_and_used": "after the last release", "released_and_below": "after a release, below the band", "released": "after a release",
    "not_back": "still above the ceiling", "top_not_eased": "at the top of the band and not eased", "may_raise": "when it may be more", "may_raise_on_this": "below the band", "at_top": "not eased at the top of the band",
    "silent_before": "for the second time", "silent_twice": "no answer, twice", "referred_before": "for the second time",
    "current_changed": "for this place", "eased": "clearly less, twice", "worse_twice": "worse, twice",
    "flat": "nothing changed", "turns_used": "all turns done", "no_time": "no time left", "no_base": "else, when nothing was rated",
    "may_recheck": "when a recheck is due", "has_current": "", "is_passes": "", "can_halt": "", "dial_is_there": "", "rest_over": "after the rest",
    "just_eased": "just after easing", "word_awaited": "when a word is waited for", "word_due": "after a lost dial",
    "overruled_now": "while another voice says more", "hands_on": "with the hand on", "is_asked": "while it is asked", "is_silent": "after silence",
}  # fmt: skip
"""How a condition is called."""


class Way(NamedTuple):
    """The way of an arrow: its points, and where its words stand."""

    points: tuple[tuple[int, int], ...]
    at: tuple[int, int]
    anchor: str = "start"
    letters: int = 26


# ---------------------------------------------------------------- what the table says


def moves_of(family: str, phase: str) -> list[tuple[str, Row]]:
    """(event, row) of a phase, those left out that a row before them always hides."""
    found = []
    for event in dict.fromkeys(r.event for r in TABLE):
        seen: set[str] = set()
        for row in rows(family, phase, event):
            if "" not in seen and row.when not in seen and not (event == "late" and phase in UNTIMED):
                found.append((event, row))
            seen.add(row.when)
    return found


def reached(family: str) -> list[str]:
    """Phases that a family can come to, from waiting."""
    found, todo = [], ["waiting"]
    while todo:
        phase = todo.pop(0)
        if phase in found:
            continue
        found.append(phase)
        todo += [row.to for _, row in moves_of(family, phase) if row.to not in (SAME, REFUSE) and _fits(family, row)]
    return found


def _fits(family: str, row: Row) -> bool:
    """Whether a row that begins a piece of work begins one of this family."""
    if row.event not in ("begin", "next", "repeat") or row.to not in ("pressing", "stroking"):
        return True
    return (row.to == "stroking") == (family == "passes")


def edges(family: str) -> dict[tuple[str, str], list[Move]]:
    """(from, to) to the moves that lead there."""
    phases, found = reached(family), defaultdict(list)
    for phase in phases:
        for event, row in moves_of(family, phase):
            if row.to not in (SAME, REFUSE, phase) and _fits(family, row):
                found[phase, row.to].append((event, row.when))
    return dict(found)


def split(family: str) -> tuple[dict[tuple[str, str], list[Move]], dict[tuple[Move, str], list[str]]]:
    """Moves drawn as arrows, and those told below: (move, to) to the phases from which it is the same."""
    sources: dict[tuple[Move, str], list[str]] = defaultdict(list)
    for (start, to), moves in edges(family).items():
        for move in dict.fromkeys(moves):
            sources[move, to].append(start)
    told = {
        key: phases
        for key, phases in sources.items()
        if key[1] in ("stopped", "ended") or len(phases) > 3 or (key[1] == "waiting" and len(phases) > 1)
    }
    drawn: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for (move, to), phases in sources.items():
        for start in phases if (move, to) not in told else ():
            if start != "ending" or to not in BEGINS:
                drawn[start, to].append(move)
    return dict(drawn), told


def stays(family: str) -> dict[tuple[str, str], list[Move]]:
    """(phase, what is done) to the moves that ease or raise and stay where they are."""
    found: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for phase in reached(family):
        for event, row in moves_of(family, phase):
            done = next((name for name in ("more", "ease", "lighten") if name in row.do), "")
            if row.to == SAME and done:
                found[phase, "more" if done == "more" else "ease"].append((event, row.when))
    return dict(found)


# ---------------------------------------------------------------- words


def words(moves: Iterable[Move]) -> str:
    """Moves in words; where an event leads there always, what it also needs elsewhere is left out."""
    given = list(dict.fromkeys(moves))
    always = {event for event, when in given if not when}
    found = []
    for event, when in given:
        if when and event in always and event != "decide":
            continue
        if (event, when) in WHOLE:
            found.append(WHOLE[event, when])
            continue
        name = EVENT_WORDS.get(event, event.replace("_", " "))
        if event == "decide" and not when:
            found.append("else: the next")
        else:
            found.append(" ".join(part for part in (name, WHEN_WORDS[when] if when else "") if part))
    return ", ".join(dict.fromkeys(found))


def wrapped(text: str, letters: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > letters:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def notes(family: str) -> list[str]:
    """What is the same from many phases, and what eases or raises without leaving its phase."""
    by_place: dict[tuple[tuple[str, ...], str], list[Move]] = defaultdict(list)
    for (move, to), phases in split(family)[1].items():
        by_place[tuple(phases), to].append(move)
    lines = []
    phases = reached(family)
    for (sources, to), moves in sorted(by_place.items(), key=lambda kv: (-len(kv[0][0]), kv[0][1])):
        lines.append(f"{_from(sources, phases, to)} to {to}: {words(moves)}.")
    again = [m for (start, to), moves in edges(family).items() if start == "ending" and to in BEGINS for m in moves]
    lines.append(f"From ending work begins as from waiting: {words(m for m in again if m[0] != 'next')}.")
    for (phase, done), moves in stays(family).items():
        verb = "presses more" if done == "more" else "eases"
        lines.append(f"{phase} goes on and {verb}: {words(moves)}.")
    return lines


def _from(sources: Sequence[str], phases: Sequence[str], to: str) -> str:
    """Where it is the same, as short as it can be said."""
    live = [p for p in phases if p not in ("ended", to)]
    on = [p for p in live if p in CONTACT]
    missing = [p for p in live if p not in sources]
    if len(missing) <= 1 and len(live) > 3:
        return "From every phase" + (f" but {missing[0]}" if missing else "")
    missing = [p for p in on if p not in sources]
    if set(sources) <= set(on) and len(missing) <= 1 and len(on) > 3:
        return "From every phase with the hand on" + (f" but {missing[0]}" if missing else "")
    return f"From {', '.join(sources[:-1])} and {sources[-1]}"


# ---------------------------------------------------------------- where things stand

PLACES: dict[str, dict[str, tuple[int, int]]] = {
    "rounds": {
        "waiting": (90, 260), "pressing": (330, 260), "holding": (600, 260), "easing": (600, 70), "resting": (880, 260), "ending": (880, 440),
        "rechecking": (520, 440), "stopped": (90, 440), "ended": (90, 70),
    },
    "release": {
        "waiting": (90, 260), "pressing": (330, 260), "holding": (620, 260), "easing": (480, 70), "rising": (880, 70), "ending": (880, 440),
        "rechecking": (520, 440), "stopped": (90, 440), "ended": (90, 70),
    },
    "passes": {
        "waiting": (90, 260), "stroking": (350, 260), "easing": (620, 70), "halting": (350, 70), "between": (880, 260), "ending": (880, 440),
        "rechecking": (520, 440), "stopped": (90, 440), "ended": (90, 70),
    },
}  # fmt: skip
"""The middle of each box."""
COMMON = {
    ("ending", "rechecking"): Way(((816, 432), (584, 432)), (700, 424), "middle", 34),
    ("rechecking", "ending"): Way(((584, 450), (816, 450)), (700, 466), "middle", 34),
    ("ending", "waiting"): Way(((880, 462), (880, 520), (12, 520), (12, 260), (26, 260)), (300, 512), "start", 70),
    ("stopped", "waiting"): Way(((90, 418), (90, 282)), (98, 350)),
}
WAYS: dict[str, dict[tuple[str, str], Way]] = {
    "rounds": {
        **COMMON,
        ("pressing", "waiting"): Way(((290, 282), (290, 322), (120, 322), (120, 282)), (205, 338), "middle", 34),
        ("waiting", "pressing"): Way(((154, 260), (266, 260)), (210, 236), "middle", 14),
        ("pressing", "holding"): Way(((394, 260), (536, 260)), (402, 280), letters=22),
        ("pressing", "easing"): Way(((330, 238), (330, 70), (536, 70)), (338, 180), letters=18),
        ("holding", "easing"): Way(((580, 238), (580, 92)), (572, 200), "end", 18),
        ("easing", "holding"): Way(((620, 92), (620, 238)), (628, 160), letters=16),
        ("easing", "resting"): Way(((664, 70), (880, 70), (880, 238)), (740, 62), letters=30),
        ("holding", "resting"): Way(((664, 250), (816, 250)), (740, 228), "middle", 20),
        ("resting", "holding"): Way(((816, 272), (664, 272)), (740, 290), "middle", 20),
        ("resting", "pressing"): Way(((826, 282), (826, 304), (730, 304), (730, 370), (330, 370), (330, 282)), (540, 362), letters=40),
        ("pressing", "resting"): Way(((310, 282), (310, 398), (924, 398), (924, 282)), (640, 390), "middle", 40),
        ("resting", "ending"): Way(((900, 282), (900, 418)), (892, 318), "end", 24),
        ("resting", "waiting"): Way(((944, 260), (966, 260), (966, 20), (170, 20), (170, 244), (154, 244)), (180, 36), letters=80),
        ("easing", "waiting"): Way(((536, 56), (200, 56), (200, 150), (130, 150), (130, 238)), (210, 110), letters=20),
    },
    "release": {
        **COMMON,
        ("pressing", "waiting"): Way(((290, 282), (290, 322), (120, 322), (120, 282)), (205, 338), "middle", 34),
        ("waiting", "pressing"): Way(((154, 260), (266, 260)), (210, 236), "middle", 14),
        ("pressing", "holding"): Way(((394, 260), (556, 260)), (402, 280), letters=26),
        ("pressing", "easing"): Way(((330, 238), (330, 80), (416, 80)), (338, 180), letters=16),
        ("holding", "easing"): Way(((580, 238), (500, 92)), (530, 184), "end", 14),
        ("easing", "holding"): Way(((530, 92), (610, 238)), (590, 150), letters=12),
        ("holding", "rising"): Way(((640, 238), (816, 62)), (738, 100), "end", 16),
        ("rising", "holding"): Way(((900, 92), (900, 260), (684, 260)), (892, 150), "end", 24),
        ("rising", "easing"): Way(((816, 46), (544, 46)), (680, 38), "middle", 30),
        ("rising", "ending"): Way(((930, 92), (930, 418)), (922, 330), "end", 16),
        ("holding", "ending"): Way(((660, 282), (830, 418)), (640, 306), "end", 20),
        ("easing", "ending"): Way(((480, 48), (480, 22), (966, 22), (966, 440), (944, 440)), (700, 16), letters=30),
        ("easing", "waiting"): Way(((416, 60), (200, 60), (200, 150), (130, 150), (130, 238)), (210, 110), letters=18),
    },
    "passes": {
        **COMMON,
        ("waiting", "stroking"): Way(((154, 260), (286, 260)), (220, 236), "middle", 16),
        ("stroking", "halting"): Way(((330, 238), (330, 92)), (322, 170), "end", 12),
        ("halting", "stroking"): Way(((370, 92), (370, 238)), (378, 160), letters=14),
        ("halting", "easing"): Way(((414, 70), (556, 70)), (485, 88), "middle", 14),
        ("stroking", "easing"): Way(((400, 238), (580, 92)), (520, 196), letters=14),
        ("easing", "stroking"): Way(((556, 84), (386, 238)), (452, 128), "middle", 10),
        ("easing", "between"): Way(((684, 70), (880, 70), (880, 238)), (760, 62), letters=30),
        ("stroking", "between"): Way(((414, 250), (816, 250)), (620, 242), "middle", 40),
        ("between", "stroking"): Way(((816, 272), (414, 272)), (620, 290), "middle", 40),
        ("between", "ending"): Way(((900, 282), (900, 418)), (892, 336), "end", 22),
        ("between", "waiting"): Way(((944, 260), (966, 260), (966, 20), (170, 20), (170, 244), (154, 244)), (700, 36), letters=40),
        ("easing", "waiting"): Way(((620, 48), (620, 34), (200, 34), (200, 150), (130, 150), (130, 238)), (210, 110), letters=14),
    },
}  # fmt: skip
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.soft{fill:var(--soft);font-size:11.5px}.ground{fill:var(--paper)}"
    ".halo{stroke:var(--paper);stroke-width:4;paint-order:stroke}.name{font-weight:600;font-size:14px}"
    ".box{fill:var(--paper);stroke:var(--field);stroke-width:1.2}.on{fill:var(--accent);fill-opacity:.13;stroke:var(--accent)}"
    ".arrow{fill:none;stroke:var(--soft);stroke-width:1.3}.tip{fill:var(--soft)}"
)


# ---------------------------------------------------------------- drawing


def diagram(family: str) -> str:
    """The moves of a family as one picture. Raises KeyError for an arrow that has no way."""
    places, ways = PLACES[family], WAYS[family]
    drawn, _ = split(family)
    told = [line for note in notes(family) for line in wrapped(note, 150)]
    height = 560 + LINE * len(told) + 12
    parts = [_arrow(ways[key]) for key in drawn]
    parts += [_box(name, *places[name]) for name in reached(family)]
    parts += [_label(ways[key], words(moves)) for key, moves in drawn.items()]
    parts += [_text(24, 560 + LINE * i, line, "soft") for i, line in enumerate(told)]
    title = f"{FAMILIES[family]}: the phases of the session engine and the moves between them"
    sentences = [f"From {start} to {to}: {words(moves)}." for (start, to), moves in drawn.items()]
    style = f"svg{{{COLOURS[0]}}}@media(prefers-color-scheme:dark){{svg{{{COLOURS[1]}}}}}{STYLE}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-labelledby="title desc"><title id="title">{escape(title)}</title><desc id="desc">{escape(" ".join(sentences))}</desc>'
        f"<style>{style}</style><defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
        f"<path class='tip' d='M0 0 8 4 0 8z'/></marker></defs>"
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>{"".join(parts)}</svg>\n'
    )


def _arrow(way: Way) -> str:
    points = " ".join(f"{x},{y}" for x, y in way.points)
    return f'<polyline class="arrow" points="{points}" marker-end="url(#tip)"/>'


def _box(name: str, x: int, y: int) -> str:
    kind = "box on" if name in CONTACT else "box"
    return (
        f'<rect class="box" x="{x - BOX // 2}" y="{y - HIGH // 2}" width="{BOX}" height="{HIGH}" rx="6"/>'
        f'<rect class="{kind}" x="{x - BOX // 2}" y="{y - HIGH // 2}" width="{BOX}" height="{HIGH}" rx="6"/>'
        f'<text class="name" x="{x}" y="{y + 5}" text-anchor="middle">{name}</text>'
    )


def _label(way: Way, told: str) -> str:
    x, y = way.at
    return "".join(
        f'<text class="soft halo" x="{x}" y="{y + LINE * i}" text-anchor="{way.anchor}">{escape(line)}</text>'
        for i, line in enumerate(wrapped(told, way.letters))
    )


def _text(x: int, y: int, told: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(told)}</text>'


# ---------------------------------------------------------------- the sessions in words

CASES = ROOT / "tests" / "data" / "sessions"
PAGE = ROOT / "docs" / "how" / "sessions.md"
FIRST = (
    "halves", "flat", "worse", "releases-7", "releases-20", "releases-55", "never-releases", "top-of-band", "pinch", "halted", "glide", "stretch",
    "ceiling", "silent", "referral", "stop", "dial-dies", "phone-wakes", "parked", "emergency", "killed", "closed-lid",
)  # fmt: skip
"""The order on the page; others follow by name."""
HEAD = """# Sessions in words

Each of these is a file in `tests/data/sessions`, a test, and a picture: a client who responds in one way or another, and what the engine made of it. Plans,
people and times are made up; the doses are the usual ones. Discomfort stands as numbers over time, with the working band shaded and the ceiling as a
broken line; below it the steps of pressure, by hand and relative, and the phases. A number that is read above the ceiling is followed at once by *ease* or *let go*.

This page and its pictures are made by `tools/docs_diagrams.py`; do not edit them by hand. How the engine works stands in [The session engine](engine.md).
"""


def cases(k: Knowledge) -> list[SessionCase]:
    """The cases of the tests, with places called by their names."""
    names = [path.stem for path in CASES.glob("*.toml")]
    order = [n for n in FIRST if n in names] + sorted(set(names) - set(FIRST))
    found = [read_session(CASES / f"{name}.toml", k) for name in order]
    return [replace(case, plan=_named(case.plan, k)) for case in found]


def _named(plan: Plan, k: Knowledge) -> Plan:
    wishes = [Wish(place=a.place, technique=a.technique, site=a.site) for a in plan.applications]
    named = (replace(a, name=name_of(w, a.site, k)) for a, w in zip(plan.applications, wishes, strict=True))
    return replace(plan, applications=tuple(named))


def sessions(k: Knowledge) -> dict[Path, str]:
    """The page of the cases and a picture of each."""
    made, parts = {}, [HEAD]
    for case in cases(k):
        facts = play(case).facts
        told = timeline(case.plan, facts)
        made[IMG / "sessions" / f"{case.name}.svg"] = svg(told, ident=case.name)
        parts.append(f"## {case.title}\n\n{case.words}\n\n![{describe(told)}](../img/sessions/{case.name}.svg)\n")
    return {PAGE: "\n".join(parts), **made}


def pictures() -> dict[Path, str]:
    """Everything that is made: its path and its whole text."""
    return {**{IMG / f"engine-{family}.svg": diagram(family) for family in FAMILIES}, **sessions(knowledge())}


if __name__ == "__main__":
    for path, text in pictures().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
