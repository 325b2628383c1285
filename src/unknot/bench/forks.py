"""Lives of the server that cost a fraction of a second: a program that has loaded everything forks one after the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from unknot.bench.app import free_port

CAN_FORK = hasattr(os, "fork")
SOCKETS = "sockets"
PROGRAM = "unknot.cli.forked"


class Forks:
    """The server's lives from a program that forks them. This system must be able to fork."""

    def __init__(self, *of: str) -> None:
        """The whole app; `SOCKETS`: the sockets of sessions alone, which needs no warming."""
        command = [sys.executable, "-m", PROGRAM, *of]
        self.of = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.child = 0

    def begin(self, place: str | Path) -> int:
        """The next life; the one before is ended. Raises RuntimeError when the program has ended by itself."""
        if self.child:
            self.kill()
        port = free_port()
        if self.of.stdin is None or self.of.stdout is None:
            raise RuntimeError("the program has no input")
        self.of.stdin.write(f"{place} {port}\n")
        self.of.stdin.flush()
        answered = self.of.stdout.readline()
        if not answered:
            raise RuntimeError("the program that forks the app has ended")
        self.child = int(answered)
        return port

    def kill(self) -> None:
        """Killed twice does no harm: a life is waited for only before the next one."""
        os.kill(self.child, signal.SIGKILL)

    def end(self) -> None:
        """The program ends when nothing more is asked of it; what all its lives cost is then a cost of this process's children."""
        if self.child:
            self.kill()
        self.of.communicate()
