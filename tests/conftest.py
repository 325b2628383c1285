"""What the tests share: the knowledge, a real server, a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx._config
import pytest
from hypothesis import HealthCheck, settings

from drawing_page import SIZES, opened
from late import PATIENCE_S
from logs import Logs, listen
from postgres import Server
from serving import served
from unknot.body.danger import near_dangers
from unknot.case.clearance import Clearance
from unknot.case.intake import Answer, Intake
from unknot.case.plan import Plan, Wish
from unknot.knowledge.load import Knowledge
from unknot.knowledge.load import knowledge as load_knowledge
from unknot.plan.gate import PlanError, admit
from unknot.record.screening import Desk, Person
from unknot.record.store import Store, open_store
from unknot.screen.about import About
from unknot.screen.clear import clear

BYTECODE = Path(__file__).parent.parent / ".pytest_cache" / "bytecode"
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # where the system keeps no bytecode, the suite keeps its own: each of its processes would compile all that it imports anew
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(BYTECODE)
    sys.dont_write_bytecode = False

if time.localtime().tm_hour == 23 and hasattr(time, "tzset"):
    # no day ends in the middle of a run: what was allowed at its beginning is of today still
    minutes = 120 - round((datetime.now().astimezone().utcoffset() or timedelta()).total_seconds() / 60)
    os.environ["TZ"] = f"EARLIER{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02}"
    time.tzset()

settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
"""What an example takes says how busy the machine is; nothing is proved by it."""

for part in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, part, 60.0)
"""An answer of half a second takes longer than the usual five on a busy machine; there is no public way to say so once."""

LOGS = Logs()
LEAKED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """The logs of the whole run are read, in every process of it."""
    listen(LOGS)
    config.stash[LEAKED] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker has found in its logs."""
    node.config.stash[LEAKED] += getattr(node, "workeroutput", {}).get("leaked", [])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in whose logs a client's name, words, a password or a code stands has failed."""
    found = LOGS.leaks()
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["leaked"] = found
        return
    session.config.stash[LEAKED] += found
    if session.config.stash[LEAKED] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash[LEAKED]:
        terminalreporter.line(f"LEAKED {line}", red=True)


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


LONGEST = ("test_kills.py", "test_engine.py", "test_rehearse_trial.py")
"""The files with a test of ten seconds and more: begun last, one of them would keep a single worker busy when all else is done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, however the rest was shuffled."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_questions() -> None:
    """Pages of questions take a tap at once; how long they stand first is tested in test_once.py."""
    from unknot.web import once

    once.LOOK_MS = 0


@pytest.fixture(scope="session")
def k() -> Knowledge:
    """The knowledge of this checkout."""
    return load_knowledge()


@pytest.fixture(scope="session")
def healthy(k: Knowledge) -> Clearance:
    """The clearance of somebody who answered no to everything and agreed to every area, today."""
    agreed: dict[str, Answer] = dict.fromkeys(k.consent_areas, "yes")
    return clear(Intake(asked=True, today_asked=True, consents=agreed), About(age=40), k, date.today())


@pytest.fixture(scope="session")
def plan_of_one(k: Knowledge, healthy: Clearance) -> Plan:
    """One prolonged compression on a point that lies near nothing that is easily hurt."""
    wish = Wish(place="infraspinatus.1@right", technique="prolonged_compression")
    return admit(healthy, [wish], k, date.today())


@pytest.fixture(scope="session")
def rounds(k: Knowledge, healthy: Clearance) -> Plan:
    """One alternating compression on the same point."""
    wish = Wish(place="infraspinatus.1@right", technique="alternating_compression")
    return admit(healthy, [wish], k, date.today())


@pytest.fixture
def desk(store: Store, k: Knowledge) -> Desk:
    """The desk of the store of a file of tests."""
    return Desk(store, k)


@pytest.fixture
def client(desk: Desk) -> Person:
    """Somebody who has just come for the first time."""
    return desk.new_client("K. 7", 46, "female")


@pytest.fixture(scope="session")
def plan_of_many(k: Knowledge, healthy: Clearance) -> Plan:
    """Prolonged compression on a dozen points that lie near nothing that is easily hurt."""
    free = [
        p.id
        for p in k.points.values()
        if k.muscles[p.muscle].licence == "none" and not near_dangers(k, f"{p.id}@right")
    ]
    wishes = [Wish(place=f"{ident}@right", technique="prolonged_compression") for ident in free[:60]]
    made = []
    for wish in wishes:
        with contextlib.suppress(PlanError):
            made += admit(healthy, [wish], k, date.today()).applications
    one = admit(healthy, wishes[:1], k, date.today())
    return replace(one, applications=tuple(made[:12]))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL, started by the suite when a test first asks for it. Fails with the one line to run where there is none."""
    try:
        started = Server()
    except RuntimeError as error:
        pytest.fail(str(error))
    yield started
    started.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty store can be, in both databases."""
    if request.param == "sqlite":
        yield str(tmp_path / "unknot.db")
        return
    started: Server = request.getfixturevalue("postgres")
    address = started.database()
    yield address
    started.drop(address)


@pytest.fixture(scope="module")
def cheap() -> Iterator[None]:
    """A guess at a passphrase costs little in a file of tests that asks for it."""
    from full_record import cheap_guesses

    with cheap_guesses():
        yield


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real record in a file; tests take a copy."""
    from full_record import fill

    where = tmp_path_factory.mktemp("filled") / "unknot.db"
    fill(where)
    return where


@pytest.fixture(scope="session")
def restored(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A backup of that record, and the file that it was restored to."""
    from full_record import back_up_and_restore, cheap_guesses

    with cheap_guesses():
        return back_up_and_restore(filled, tmp_path_factory.mktemp("restored"))


@pytest.fixture
def sealed(restored: tuple[Path, Path], tmp_path: Path) -> Path:
    """The backup, for a test that may break it."""
    return Path(shutil.copy(restored[0], tmp_path / "record.backup"))


@pytest.fixture
def full_store(place: str, restored: tuple[Path, Path]) -> Iterator[Store]:
    """The same record, in both databases."""
    from full_record import put_back

    if "://" in place:
        put_back(restored[0], place)
    else:
        shutil.copy(restored[1], place)
    opened = open_store(place, {"unknot": "test"})
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served by uvicorn in this process on a free port, with a store of its own."""
    from unknot.web.app import create_app

    with served(create_app(data=tmp_path_factory.mktemp("store") / "unknot.db")) as address:
        yield address


def browser_path() -> str | None:
    """A Chromium of the system, else the one that Playwright keeps (installed now if need be). Fails with the one line to run."""
    named = os.environ.get("UNKNOT_BROWSER")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return None
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False, timeout=600
    )
    if done.returncode != 0:
        pytest.fail(
            "no browser: install Chromium (for example `apt-get install chromium`), or name one in UNKNOT_BROWSER"
        )
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium, headless."""
    path = browser_path()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE_S)
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=quiet)
        yield opened
        opened.close()


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    """Each size of a screen in turn."""
    return str(request.param)


@pytest.fixture
def laptop(browser: Any, server: str) -> Iterator[Any]:
    """The page of the drawing on a laptop; nothing goes wrong on it."""
    page = opened(browser, server, "laptop")
    yield page
    assert page.said == []  # type: ignore[attr-defined]
    page.context.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, plan_of_one: Any) -> Any:
    """A practice in the network with its people and a client of one of them."""
    from house import House

    return House(tmp_path_factory.mktemp("house"), plan_of_one)


@pytest.fixture(scope="session")
def logs() -> Logs:
    """What this run has logged so far."""
    return LOGS
