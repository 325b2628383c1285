"""`unknot treat` in a real terminal: killed in a hold and taken up again, told to go, and its plan looked at first."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from treat_desk import HERE, Desk, short_log, three_places, unknot
from unknot.case.plan import Plan
from unknot.cli.treat_log import Log, read
from unknot.knowledge.load import Knowledge
from unknot.treat.engine import step
from unknot.treat.event import Event

ROOT = Path(__file__).resolve().parent.parent


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
