"""The log of `unknot treat`: each step synced, read back to the same session, refused when it was changed, and shown again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from treat_desk import Desk, short_log, three_places, unknot
from unknot.case.plan import Plan
from unknot.cli.treat_log import Log, LogError, gap_ms, read
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge
from unknot.treat.engine import step
from unknot.treat.event import Event
from unknot.treat.session import counted_by


@pytest.fixture
def of(k: Knowledge) -> Plan:
    return three_places(k)


@pytest.fixture
def desk(of: Plan) -> Desk:
    return Desk(of)


# ---------------------------------------------------------------- the log


@pytest.fixture
def log(desk: Desk, tmp_path: Path) -> Path:
    """A log of a short session."""
    return short_log(desk, tmp_path / "one.jsonl")


def test_each_step_is_synced_before_it_counts_as_stored(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("unknot.cli.treat_log.os.fsync", synced.append)
    kept = Log.begin(tmp_path / "synced.jsonl", desk.plan, "rules")
    desk.c.log = kept
    assert len(synced) == 1
    desk.keys(" 6")
    assert len(synced) == 3
    kept.close()


def test_a_log_reads_back_to_the_session_that_wrote_it(log: Path, desk: Desk) -> None:
    found = read(log)
    assert found.plan == desk.plan
    assert list(found.facts) == desk.c.facts
    assert found.session.as_mapping() == desk.c.session.as_mapping()
    assert not found.torn


def _forged(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def forge(path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")

    return forge


FORGED = {
    "a rating": _forged(lambda r: [line.replace('"value":5.0', '"value":4.0') for line in r]),
    "a line taken out": _forged(lambda r: [*r[:2], *r[3:]]),
    "a line twice": _forged(lambda r: [*r[:3], r[2], *r[3:]]),
    "two lines turned": _forged(lambda r: [r[0], r[2], r[1], *r[3:]]),
    "the plan": _forged(lambda r: [r[0].replace('"band_high":6', '"band_high":5'), *r[1:]]),
    "no head": _forged(lambda r: r[1:]),
    "no JSON": _forged(lambda r: [*r, "{"]),
    "a list": _forged(lambda r: [*r, "[]"]),
    "nothing": _forged(lambda r: []),
    "a number": _forged(lambda r: [*r, '{"chain":1}']),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_log_that_was_changed_is_refused(log: Path, what: str) -> None:
    before = log.read_bytes()
    FORGED[what](log)
    assert log.read_bytes() != before
    with pytest.raises(UnknotError):
        read(log)


def test_a_log_that_says_something_else_than_the_engine_is_refused_even_with_its_chain_made_anew(
    log: Path, desk: Desk, tmp_path: Path
) -> None:
    forged = [f for f in read(log).facts if f.kind != "ask"]
    other = Log.begin(tmp_path / "two.jsonl", desk.plan, "rules")
    other.append(forged)
    other.close()
    with pytest.raises(UnknotError, match="does not follow"):
        read(tmp_path / "two.jsonl")


def test_a_line_cut_short_is_left_out_and_taken_off_when_the_log_goes_on(log: Path) -> None:
    whole = log.read_bytes()
    facts = read(log).facts
    log.write_bytes(whole[:-20])
    found = read(log)
    assert found.torn
    assert facts[: len(found.facts)] == found.facts
    assert len(found.facts) < len(facts)
    Log.goes_on(log, found).close()
    assert not read(log).torn


def test_two_programs_do_not_write_one_log(log: Path) -> None:
    first = Log.goes_on(log, read(log))
    with pytest.raises(LogError, match="another program"):
        Log.goes_on(log, read(log))
    first.close()


def test_a_new_log_never_overwrites_one(log: Path, desk: Desk) -> None:
    with pytest.raises(LogError):
        Log.begin(log, desk.plan, "rules")


def test_a_gap_over_a_clock_that_was_put_back_is_unknown() -> None:
    assert gap_ms("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:02+00:00") == 2000
    assert gap_ms("2026-01-01T00:00:02+00:00", "2026-01-01T00:00:00+00:00") is None


def test_the_next_session_of_a_visit_counts_on_from_the_log_before(log: Path, desk: Desk, tmp_path: Path) -> None:
    going = read(log)
    goes_on = Log.goes_on(log, going)
    session, facts, _ = step(going.session, Event(going.session.now + 10, "off"))
    _, more, _ = step(session, Event(session.now + 10, "end"))
    goes_on.append([*facts, *more])
    goes_on.close()
    before = counted_by(read(log).session)
    assert before.ledger["point:" + desk.plan.applications[0].place] >= 4000
    second = tmp_path / "second.jsonl"
    Log.begin(second, desk.plan, "rules", before=before).close()
    found = read(second)
    assert found.before == before
    assert found.session.ledger == before.ledger and found.session.taken_up == before.taken_up


def test_a_session_is_shown_again_as_a_timeline_a_summary_and_a_picture(log: Path, tmp_path: Path) -> None:
    shown = unknot("--replay", log)
    assert shown.returncode == 0, shown.stderr
    assert "alternating ischemic compression: stopped" in shown.stdout
    assert "Discomfort 6 before, 5 after." in shown.stdout
    told = unknot("--replay", log, "--json", "--svg", tmp_path / "one.svg")
    found: dict[str, Any] = json.loads(told.stdout)
    assert found["log"] == "one"
    assert found["takings"][0]["outcome"] == "stop"
    assert (tmp_path / "one.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "neither a plan nor a log"),
        (("a.json", "--replay", "b.jsonl"), "a plan and a log"),
        (("--replay", "nothing.jsonl"), "nothing.jsonl"),
        (("nothing.json",), "nothing.json"),
        (("a.json", "--json"), "--replay LOG"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(args: tuple[str, ...], says: str) -> None:
    done = unknot(*args)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_forged_log_is_refused_by_the_command(log: Path) -> None:
    FORGED["a rating"](log)
    done = unknot("--replay", log)
    assert done.returncode == 2
    assert "was changed after it was written" in done.stderr
