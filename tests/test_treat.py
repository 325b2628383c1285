"""`unknot treat`: a session conducted with keys, its log, what a killed terminal leaves, and a session shown again."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from unknot.bench.sessions import application, plan
from unknot.case.plan import Plan
from unknot.cli.letters import LETTERS, ROWS, large
from unknot.cli.treat_keys import GONE, Held, event_of, parse
from unknot.cli.treat_live import Conductor
from unknot.cli.treat_log import Log, LogError, gap_ms, read
from unknot.cli.treat_view import view, word_of
from unknot.errors import UnknotError
from unknot.knowledge.load import Knowledge
from unknot.treat.acts import OUTCOMES, TOLD
from unknot.treat.engine import REASONS, next_deadline, replay, step
from unknot.treat.event import LOGGED, MOTION, SYMPTOMS, TISSUE, Event, malformed
from unknot.treat.fact import Fact
from unknot.treat.session import PHASES, counted_by, start
from unknot.treat.timeline import MARKED
from unknot.words import catalogue

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(sys.executable).with_name("unknot")


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


class Kept:
    """A log in memory that says what was shown before each line of it."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.full = False
        self.order: list[str] = []

    def append(self, facts: Sequence[Fact], *, sync: bool = True) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left")
        assert sync
        self.facts += facts
        self.order.append("stored")


class Desk:
    """A conductor with a clock, a log and a screen that can be looked at."""

    def __init__(self, of: Plan) -> None:
        self.plan, self.time, self.log = of, Time(), Kept()
        self.seen: list[str] = []
        self.c = Conductor(start(of), self.log, self.time, self._draw)

    def _draw(self, c: Conductor) -> None:
        self.seen.append(word_of(c))
        self.log.order.append(word_of(c))

    def keys(self, text: str, every_ms: int = 400) -> None:
        for key in parse(text):
            self.wait(every_ms)
            self.c.press(key)

    def wait(self, ms: int) -> None:
        until = self.time.ms + ms
        while (due := next_deadline(self.c.session)) is not None and due <= until:
            self.time.ms = max(self.time.ms, due)
            self.c.tick()
        self.time.ms = until

    def screen(self, width: int = 80, height: int = 24) -> str:
        console = Console(width=width, height=height, record=True, file=io.StringIO())
        console.print(view(self.c, width, height))
        return console.export_text()


@pytest.fixture
def of(k: Knowledge) -> Plan:
    return plan(
        k,
        application(k, "one", "alternating_compression"),
        application(k, "two", "prolonged_compression", "soleus.1@left", site="calf.back@left"),
        application(k, "three", "skin_rolling", "infraspinatus.1@left"),
    )


@pytest.fixture
def desk(of: Plan) -> Desk:
    return Desk(of)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("5", ["5"]), ("T", ["t"]), (" ", ["right"]), ("\r", ["right"]), ("\x1b[C", ["right"]), ("\x1b[D", ["left"]), ("\x1bOD", ["left"]),
        ("\x1b[6~", ["right"]), ("\x1b[5~", ["left"]), ("\x1b", ["escape"]), ("\x03", ["break"]), ("\x1b\x1b", ["escape", "escape"]),
        ("4\x1b[D", ["4", "left"]), ("\x1bx", ["escape", "x"]),
    ],
)  # fmt: skip
def test_what_a_terminal_sends_is_read_as_keys(sent: str, keys: list[str]) -> None:
    assert parse(sent) == keys


def test_a_left_key_that_is_held_stops_and_a_tapped_one_eases_each_time() -> None:
    held = Held()
    taken = [held.seen("left", t) for t in (0.0, 0.5, 0.53, 0.56, 0.59, 0.62)]
    assert taken[0] == "left"
    assert "s" in taken
    tapped = Held()
    assert [tapped.seen("left", t) for t in (0.0, 0.4, 0.8, 1.2, 1.6)] == ["left"] * 5


def test_right_is_a_release_while_it_is_waited_for_and_next_elsewhere(desk: Desk) -> None:
    assert event_of("right", desk.c.session, 0) == ("next", {})
    desk.keys("gb" + "5")
    assert desk.c.session.phase == "holding"
    assert event_of("right", desk.c.session, 0) == ("release", {})
    assert event_of("?", desk.c.session, 0) is None


# ---------------------------------------------------------------- conducting


def test_press_is_shown_after_its_facts_are_stored_and_let_go_before(desk: Desk) -> None:
    desk.keys(" ")
    assert desk.log.order == ["stored", "press"]
    desk.keys("6")
    desk.log.order.clear()
    desk.keys("s")
    assert desk.log.order[:2] == ["stop", "stored"]
    desk.keys("r")
    desk.log.order.clear()
    desk.keys("o ")
    assert desk.log.order[-2:] == ["stored", "press"]
    assert "press" not in desk.log.order[:-1]


def test_a_log_that_cannot_be_written_means_let_go_and_no_press_any_more(desk: Desk) -> None:
    desk.keys(" 6")
    desk.log.full = True
    desk.keys("-")
    assert desk.c.broken
    assert desk.c.session.phase == "stopped"
    assert desk.seen[-1] in ("stop", "let_go")
    before = desk.c.session
    desk.keys("r ")
    assert desk.c.session is before
    assert "cannot be written" in desk.screen()


def test_a_full_disk_at_the_first_press_shows_no_press(desk: Desk) -> None:
    desk.log.full = True
    desk.keys(" ")
    assert "press" not in desk.seen
    assert desk.c.shown.cue == "let_go"
    assert desk.c.session.phase == "stopped"


def test_a_symptom_lets_go_before_it_is_named(desk: Desk) -> None:
    desk.keys(" 6y")
    assert desk.c.session.phase == "stopped"
    assert desk.c.shown.menu is not None
    desk.keys("a")
    assert [f.body["word"] for f in desk.log.facts if f.kind == "symptom"] == ["sharp"]
    assert desk.c.session.screen_due
    assert "Has it gone?" in desk.screen()
    desk.keys("a")
    assert not desk.c.session.screen_due
    assert [a.id for a in desk.c.session.plan.applications] == ["two", "three"]


def test_a_symptom_of_the_whole_person_that_has_gone_leaves_the_plan(desk: Desk) -> None:
    desk.keys(" 6y")
    dizzy = [w for w in SYMPTOMS if w != "pinch"].index("dizzy")
    desk.keys("abcdefghijk"[dizzy] + "a")
    assert len(desk.c.session.plan.applications) == 3
    assert not desk.c.session.screen_due


def test_of_two_symptoms_told_before_an_answer_both_count(desk: Desk) -> None:
    desk.keys(" 6ya")
    assert desk.c.tell("symptom", word="dizzy")
    desk.keys("a")
    assert not desk.c.session.screen_due
    assert [a.id for a in desk.c.session.plan.applications] == ["two", "three"]


def test_a_symptom_that_stays_keeps_the_hand_off(desk: Desk) -> None:
    desk.keys(" 6yab")
    desk.keys("r ")
    assert desk.c.session.phase == "stopped"
    assert desk.c.session.screen_due


def test_numbers_and_stop_keep_their_meaning_while_a_question_stands(desk: Desk) -> None:
    desk.keys(" 6l")
    desk.keys("8")
    assert desk.c.session.phase == "waiting"
    assert [f.body["value"] for f in desk.log.facts if f.kind == "rate"] == [6.0, 8.0]
    other = Desk(desk.plan)
    other.keys(" 6ls")
    assert other.c.session.phase == "stopped"


def test_help_swallows_no_key(desk: Desk) -> None:
    desk.keys(" 6?y")
    assert desk.c.session.phase == "stopped"


def test_a_wrong_key_is_refused_aloud_and_changes_nothing(desk: Desk) -> None:
    desk.keys(" ")
    before, facts = desk.c.session, len(desk.log.facts)
    desk.keys("b", every_ms=1)
    assert desk.c.session is before
    assert len(desk.log.facts) == facts
    assert "Nothing has changed" in desk.screen()


def test_what_was_found_at_a_recheck_is_one_fact(desk: Desk) -> None:
    desk.keys(" 6oc" + "b" + "a" + "b")
    (found,) = [f for f in desk.log.facts if f.kind == "recheck"]
    assert found.body["data"] == {"familiar": False, "tissue": TISSUE[0], "motion": MOTION[1]}


def test_a_terminal_that_is_gone_lets_go_and_leaves(desk: Desk) -> None:
    desk.keys(" 6")
    desk.c.press(GONE)
    assert desk.c.session.phase == "stopped"
    assert desk.c.left


def test_break_stops_first_and_leaves_when_nothing_is_left_to_stop(desk: Desk) -> None:
    desk.keys(" 6\x03")
    assert (desk.c.session.phase, desk.c.left) == ("stopped", False)
    desk.keys("\x03")
    assert desk.c.left


def test_the_session_is_not_left_with_a_hand_on(desk: Desk) -> None:
    desk.keys(" 6q")
    assert not desk.c.left
    desk.keys("oq")
    assert desk.c.left


def test_the_facts_of_a_whole_session_replay_to_the_same_state(desk: Desk) -> None:
    desk.keys(" 6")
    desk.wait(9000)
    desk.keys("4")
    desk.wait(11000)
    desk.keys("4")
    desk.wait(11000)
    desk.keys("oea")
    assert desk.c.session.phase == "ended"
    assert replay(start(desk.plan), desk.log.facts).as_mapping() == desk.c.session.as_mapping()


# ---------------------------------------------------------------- the screen


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 16), (40, 12)])
@pytest.mark.parametrize("keys", ["", " ", " 6", " 7", " 6s", " 6y", "gb5", " 6?", " 6oea", " 6g", " 6l"])
def test_the_screen_fits_and_shows_one_large_word(desk: Desk, keys: str, width: int, height: int) -> None:
    desk.keys(keys)
    lines = desk.screen(width, height).rstrip("\n").split("\n")
    menu = desk.c.shown.menu is not None
    assert menu or len(lines) <= height
    assert max(len(line.rstrip()) for line in lines) <= width


def test_the_large_word_is_that_of_the_cue(desk: Desk) -> None:
    desk.keys(" ")
    assert word_of(desk.c) == "press"
    desk.keys("6")
    assert word_of(desk.c) == "hold"
    desk.keys("7")
    assert word_of(desk.c) == "ease"
    desk.keys("9")
    assert word_of(desk.c) == "let_go"
    desk.keys("o")
    assert word_of(desk.c) == "ready"


def test_letters_are_seven_rows_of_one_width() -> None:
    assert all(len(drawn) == ROWS and len({len(row) for row in drawn}) == 1 for drawn in LETTERS.values())
    for word in ("LET GO", "RECHECK", "STRETCH"):
        rows = large(word, 76)
        assert len(rows) == ROWS
        assert len({len(r) for r in rows}) == 1
        assert len(rows[0]) <= 76
    assert large("RECHECK", 20) == ["RECHECK"]


def test_every_word_of_the_engine_has_words_for_people() -> None:
    words = catalogue()
    wanted = [
        *(f"session_refused.{r}" for r in REASONS), *(f"session_phase.{p}" for p in PHASES),
        *(f"session_end.{o}" for o in (*OUTCOMES, *TOLD.values())), *(f"session_mark.{m}" for m in MARKED),
        *(f"session_choice.{w}" for w in (*LOGGED, *TISSUE, *MOTION, *(s for s in SYMPTOMS if s != "pinch"))),
    ]  # fmt: skip
    assert [key for key in wanted if key not in words] == []


# ---------------------------------------------------------------- the log


@pytest.fixture
def log(desk: Desk, tmp_path: Path) -> Path:
    """A log of a short session."""
    path = tmp_path / "one.jsonl"
    kept = Log.begin(path, desk.plan, "rules")
    desk.c.log = kept
    desk.keys(" 6")
    desk.wait(4000)
    desk.keys("5s")
    kept.close()
    return path


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


# ---------------------------------------------------------------- the command


def unknot(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(HERE), "treat", *map(str, args)], capture_output=True, text=True, check=False, timeout=60
    )


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


# ---------------------------------------------------------------- a real terminal


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan file of today."""
    path = tmp_path_factory.mktemp("plan") / "shoulder.plan.json"
    case = ROOT / "examples" / "front-of-shoulder.toml"
    subprocess.run([str(HERE), "plan", str(case), "--out", str(path)], check=True, capture_output=True, timeout=60)
    assert json.loads(path.read_text(encoding="utf-8"))["on"] == date.today().isoformat()
    return path


def test_a_session_that_goes_on_or_is_of_another_day_is_not_counted_on_from(log: Path, planned: Path) -> None:
    told = unknot(planned, "--after", log)
    assert told.returncode == 2 and "its session has not ended" in told.stderr
    found = read(log)
    over, facts, _ = step(found.session, Event(found.session.now + 10, "off"))
    goes_on = Log.goes_on(log, found)
    goes_on.append([*facts, *step(over, Event(over.now + 10, "end"))[1]])
    goes_on.close()
    told = unknot(planned, "--after", log)
    assert told.returncode == 2 and f"a session of {found.plan.on}" in told.stderr
    assert "no terminal" in unknot(planned).stderr


class Terminal:
    """`unknot treat` in a terminal of its own."""

    def __init__(self, *args: str | Path) -> None:
        pty = pytest.importorskip("pty")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS="100", LINES="30")
            os.execv(str(HERE), [str(HERE), "treat", *map(str, args)])
        self.seen = ""

    def until(self, text: str, within_s: float = 30) -> str:
        """Wait until the newest screen says something."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if text in self.screen():
                return self.screen()
            if not self._read():
                break
        pytest.fail(f"{text!r} did not appear; the screen says:\n{self.screen()}")

    def _read(self) -> bool:
        ready, _, _ = select.select([self.fd], [], [], 0.1)
        if ready:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.seen += data.decode("utf-8", "replace")
            return bool(data)
        return True

    def screen(self) -> str:
        text = (
            self.seen.rpartition("\x1b[H")[2]
            if "\x1b[?1049l" not in self.seen
            else self.seen.rpartition("\x1b[?1049l")[2]
        )
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "")

    def press(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for one in opened:
        try:
            os.kill(one.pid, signal.SIGKILL)
            one.wait()
        except OSError:
            continue


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo terminal")
def test_a_whole_session_by_keys_killed_in_a_hold_and_taken_up_again(
    planned: Path, tmp_path: Path, terminals: list[Terminal]
) -> None:
    log = tmp_path / "session.jsonl"
    first = Terminal(planned, "--log", log)
    terminals.append(first)
    first.until("Space begins with the first")
    first.press("x")
    first.press(" ")
    first.until("How strong is it, 0 to 10?")
    first.press("6")
    first.until("6 now, at most 6")
    first.kill()
    stored = read(log)
    assert stored.session.hands_on
    assert [f.body["value"] for f in stored.facts if f.kind == "rate"] == [6.0]

    again = Terminal(planned, "--log", log)
    terminals.append(again)
    again.until("Is the hand off?")
    again.press("o")
    again.until("cut off by a restart")
    again.press(" ")
    again.until("Stop stands")
    again.press("r")
    again.until("Space goes on")
    again.press(" ")
    again.until("How strong is it, 0 to 10?")
    again.press("5")
    again.until("5 now")
    again.press(" ")
    again.press("s")
    again.until("Is the hand off?")
    again.press("o")
    again.until("Hands off: stopped")
    again.press("e")
    again.until("End the session?")
    again.press("a")
    again.until("Any key closes it")
    again.press(" ")
    again.until("The facts are kept in")
    assert again.wait() == 0
    found = read(log)
    assert found.session.phase == "ended"
    assert [f.epoch for f in found.facts] == sorted(f.epoch for f in found.facts)
    assert found.facts[: len(stored.facts)] == stored.facts
    over = unknot(planned, "--log", log)
    assert over.returncode == 2
    assert "is over" in over.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo terminal")
def test_a_program_that_is_told_to_go_in_a_hold_lets_go_first(
    planned: Path, tmp_path: Path, terminals: list[Terminal]
) -> None:
    log = tmp_path / "session.jsonl"
    one = Terminal(planned, "--log", log)
    terminals.append(one)
    one.until("Space begins with the first")
    one.press("x ")
    one.until("How strong is it, 0 to 10?")
    os.kill(one.pid, signal.SIGTERM)
    one.until("The facts are kept in")
    assert one.wait() == 0
    found = read(log)
    assert found.session.phase == "stopped"
    assert found.session.why == "fail"


def test_a_clock_that_runs_backwards_lets_go(desk: Desk) -> None:
    desk.keys(" 6")
    desk.time.ms -= 5000
    desk.c.press("5")
    assert desk.c.session.phase == "stopped"


def test_without_a_terminal_nothing_is_conducted(planned: Path, tmp_path: Path) -> None:
    done = unknot(planned, "--log", tmp_path / "a.jsonl")
    assert done.returncode == 2
    assert "a terminal with a keyboard" in done.stderr
    assert not (tmp_path / "a.jsonl").exists()


def test_a_plan_that_was_changed_by_hand_is_refused(planned: Path, tmp_path: Path) -> None:
    content = json.loads(planned.read_text(encoding="utf-8"))
    content["plan"]["applications"][0]["dose"]["band_high"] = 6.0
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content), encoding="utf-8")
    done = unknot(other)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_log_of_another_plan_is_refused(planned: Path, log: Path) -> None:
    done = unknot(planned, "--log", log)
    assert done.returncode == 2
    assert "another plan" in done.stderr


@pytest.mark.parametrize(("now_ms", "place"), [(0, 0.0), (2500, 0.25), (10_000, 1.0), (99_000, 1.0)])
def test_where_the_skin_sticks_is_told_by_how_far_the_stroke_is(k: Knowledge, now_ms: int, place: float) -> None:
    s = start(plan(k, application(k, "1", "skin_rolling", pass_s=10.0)))
    s, _, _ = step(s, Event(0, "next"))
    assert event_of("u", s, now_ms) == ("stuck", {"value": place})
    assert malformed(Event(0, "stuck", value=place)) == ""
