"""What is logged when something fails: where and which kind of error, never its words. The words of an error may hold a client's value."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

LOG = logging.getLogger(__name__)
MOST_PLACES = 12
"""Places of a traceback that are told, the innermost last."""


def where(error: BaseException) -> str:
    """The kind of an error, of what caused it, and the places in the code that it came through, without a word of what it says."""
    kinds, one = [type(error).__name__], error.__cause__ or error.__context__
    while one is not None and len(kinds) < MOST_PLACES:
        kinds.append(type(one).__name__)
        one = one.__cause__ or one.__context__
    frames = traceback.extract_tb(error.__traceback__)[-MOST_PLACES:]
    places = [f"{f.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in frames]
    return f"{' from '.join(kinds)} at {' > '.join(places) or 'an unknown place'}"


class WithoutValues(logging.Filter):
    """Takes the words of errors out of every record of a log, whoever wrote it: the server, the loop, a library."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if record.name == "asyncio":  # its further lines show a task with its error
            record.msg, record.args = record.getMessage().partition("\n")[0].partition(" exception=")[0], ()
        if told is not None:
            record.msg, record.args = f"{record.getMessage().partition(chr(10))[0]}: {where(told)}", ()
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        return True


def log_config() -> dict[str, Any]:
    """For the server: warnings and worse of everything to the standard error, without values."""
    return {
        "version": 1, "disable_existing_loggers": False,
        "filters": {"without_values": {"()": WithoutValues}},
        "formatters": {"plain": {"format": "%(levelname)s: %(name)s: %(message)s"}},
        "handlers": {"told": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_values"]}},
        "root": {"handlers": ["told"], "level": "WARNING"},
    }  # fmt: skip


def install() -> None:
    """An error that nobody has caught, in the program or in a thread of it, is logged in the same way."""

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            LOG.error("a thread has failed: %s", where(args.exc_value))

    def in_program(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            LOG.error("the program has failed: %s", where(error))

    threading.excepthook = in_thread
    sys.excepthook = in_program
