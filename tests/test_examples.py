"""The worked cases in examples/: each says at its head what it shows, and it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from unknot.assess.rank import assess, work
from unknot.case.nothing import NOTHING
from unknot.case.places import sites
from unknot.case.ranking import Ranking
from unknot.case.read import TABLES, read_bytes, read_file
from unknot.knowledge.load import knowledge

EXAMPLES = Path(__file__).parents[1] / "examples"
MUSCLE = {
    "blood-thinner": "trapezius.upper@left",
    "buttock-and-leg": "gluteus_minimus.posterior@left",
    "front-of-shoulder": "infraspinatus@right",
    "headache-from-the-neck": "trapezius.upper@right",
    "heel-in-the-morning": "soleus@right",
    "jaw-and-tooth": "masseter.superficial@left",
    "knee": "vastus_medialis@right",
    "low-back": "quadratus_lumborum.deep@right",
    "neck-turning": "levator_scapulae@left",
    "tennis-elbow": "extensor_carpi_radialis_longus@left",
    "thumb-of-a-therapist": "adductor_pollicis@right",
}
REFERRED = {
    "arm-with-lost-reflex": ("refer", "rule:nerve_deficit", "lost reflex"),
    "saddle-numbness": ("emergency", "ranking", knowledge().origins["cauda_equina"].name),
}
KEYS = {
    "client": {"age", "sex"},
    "pain": {"site", "where", "intensity", "quality", "coverage"},
    "complaint": {"weeks", "worse_with", "neuro", "habits", "said"},
    "finding": {"point", "muscle", "root", "test", "result", "said", "visit", "corrects"},
    "history": {"said", "denied", "asked"},
    "today": {"asked"},
    "approval": {"by", "date", "answer", "scope"},
    "override": {"rule", "name", "reason"},
    "mark": {"kind", "site", "view", "at", "radius_mm", "said"},
}


@cache
def ranked(name: str) -> Ranking:
    """The ranking of one example."""
    return assess(read_file(EXAMPLES / f"{name}.toml", knowledge()), knowledge())


@cache
def printed(seed: str) -> bytes:
    """What `unknot assess examples/ --json` prints, hashes seeded."""
    command = [sys.executable, "-c", "from unknot.cli import main; main()", "assess", str(EXAMPLES), "--json"]
    done = subprocess.run(
        command, capture_output=True, check=True, timeout=60, env={**os.environ, "PYTHONHASHSEED": seed}
    )
    assert done.stderr == b""
    return done.stdout


def answers() -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed("1").splitlines()]


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value of an answer with the key it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    else:
        yield key, value


def test_there_are_thirteen_examples_and_each_has_its_expectation() -> None:
    assert sorted(path.stem for path in EXAMPLES.iterdir()) == sorted([*MUSCLE, *REFERRED])
    assert len(MUSCLE) + len(REFERRED) == 13


@pytest.mark.parametrize("name", [*MUSCLE, *REFERRED])
def test_an_example_is_short_and_says_at_its_head_what_it_shows(name: str) -> None:
    lines = (EXAMPLES / f"{name}.toml").read_text("utf-8").splitlines()
    assert 15 <= len(lines) <= 55
    assert lines[0].startswith("# ") and len(lines[0]) > 40
    assert lines[1] == "format = 1"


def test_every_table_and_key_of_the_format_is_shown_by_some_example() -> None:
    tables: set[str] = set()
    keys: dict[str, set[str]] = {table: set() for table in KEYS}
    for path in EXAMPLES.glob("*.toml"):
        content = tomllib.loads(path.read_text("utf-8"))
        tables |= set(content)
        for table in KEYS:
            rows = content.get(table, [])
            for row in rows if isinstance(rows, list) else [rows]:
                keys[table] |= set(row)
    assert tables == set(TABLES) - {NOTHING}, "where nothing hurts there is nothing to rank"
    assert {table: wanted - keys[table] for table, wanted in KEYS.items() if wanted - keys[table]} == {}
    assert len(keys["history"] - KEYS["history"]) >= 3, "answers by question are shown too"


@pytest.mark.parametrize("name", MUSCLE)
def test_the_muscle_that_an_example_is_about_is_among_the_first_three(name: str) -> None:
    first = list(dict.fromkeys(f"{p.muscle}@{p.side}" for p in ranked(name).points))[:3]
    assert MUSCLE[name] in first


@pytest.mark.parametrize("name", MUSCLE)
def test_an_example_of_a_muscle_is_not_referred(name: str) -> None:
    refer = ranked(name).refer
    assert not refer.needed, refer.reasons
    assert refer.urgency in ("none", "ask")


@pytest.mark.parametrize("name", REFERRED)
def test_an_example_for_the_physician_is_referred_with_its_urgency_and_reason(name: str) -> None:
    urgency, source, words = REFERRED[name]
    refer = ranked(name).refer
    assert refer.needed
    assert refer.urgency == urgency
    reasons = [r for r in refer.reasons if r.source == source and r.action == urgency]
    assert reasons and any(words in r.why for r in reasons)


@pytest.mark.parametrize("name", [*MUSCLE, *REFERRED])
def test_every_pain_of_an_example_is_explained_by_something(name: str) -> None:
    assert ranked(name).unexplained == ()


def test_a_correction_takes_the_place_of_what_was_written_by_mistake() -> None:
    case = read_file(EXAMPLES / "tennis-elbow.toml", knowledge())
    assert [f.corrects for f in case.findings] == [False, False, True]
    moved = [m.what for m in ranked("tennis-elbow").points[0].moved if m.of == "finding"]
    assert any("8 of 10" in what or "6 of 10" in what for what in moved) and not any(
        "2 of 10" in what for what in moved
    )


def test_a_negative_straight_leg_raise_and_a_kept_reflex_speak_against_the_root() -> None:
    worked = work(read_file(EXAMPLES / "buttock-and-leg.toml", knowledge()), knowledge())
    root = worked.net.index["S1@left"]
    assert [(what, factor < 1) for what, factor in worked.evidence.findings.factors[root]] == [
        ("straight leg raise negative", True),
        ("not so: skin of the root feels less", True),
        ("not so: reflex of the root is less", True),
    ]
    found, without = worked.answer.posterior[:, root]
    assert found < without / 3


def test_an_examined_loss_of_reflex_and_strength_is_referred_without_a_word_said() -> None:
    text = (EXAMPLES / "buttock-and-leg.toml").read_text("utf-8")
    lost = text.replace("reflex_changed = false", "reflex_changed = true\nweak_muscles = true")
    refer = assess(read_bytes(lost.encode("utf-8"), "lost", knowledge()), knowledge(), next_too=False).refer
    assert lost != text
    assert refer.needed


def test_the_folder_gives_one_line_of_json_for_each_example_by_name() -> None:
    assert [answer["case"] for answer in answers()] == sorted([*MUSCLE, *REFERRED])


def test_every_chance_that_is_printed_lies_between_0_and_1() -> None:
    names = {"probability", "prior", "before_findings", "muscle_probability", "threshold", "probability_yes"}
    found = [(key, value) for key, value in leaves(answers()) if key in names and value is not None]
    assert {key for key, _ in found} == names
    assert [(key, value) for key, value in found if not 0 <= value <= 1] == []


def test_every_site_that_is_printed_is_one_of_the_body() -> None:
    known = set(sites(knowledge()))
    given = {
        site
        for answer in answers()
        for holder in [answer, *answer["points"], *answer["other"]]
        for key in ("sites", "unexplained", "explains", "against", "shares")
        for site in holder.get(key, [])
    }
    assert len(given) > 30
    assert given - known == set()


def test_two_runs_print_the_same_bytes() -> None:
    assert printed("1") == printed("2")
