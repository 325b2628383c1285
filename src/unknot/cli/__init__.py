"""The command line: `unknot` starts the app, one verb a job. Heavy modules load only where a verb needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from unknot import __version__
from unknot.cli import assess, bench, know, plan, record, rehearse, screen, treat
from unknot.cli.output import fail, out
from unknot.errors import Problem, UnknotError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("assess")(assess.command)
app.command("screen")(screen.command)
app.command("plan")(plan.command)
app.command("treat")(treat.command)
app.add_typer(know.app, name="know")
app.add_typer(bench.app, name="bench")
app.add_typer(record.app, name="record")
app.add_typer(rehearse.app, name="rehearse")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unknot {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(help="Port to serve on, 0 for any; 8765 or a free one when not given.", min=0, max=65535),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address of this machine to serve on; --lan lets other devices in.")
    ] = "127.0.0.1",
    lan: Annotated[
        bool, typer.Option("--lan", help="Let devices in the same network join, over TLS, by a code.")
    ] = False,
    cert: Annotated[Path | None, typer.Option(help="With --lan: a certificate of your own (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="With --lan: the key of that certificate (PEM).")] = None,
    owner_code: Annotated[
        bool, typer.Option("--owner-code", help="Give a one-time code for one more owner's account.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            help="Where the record is kept: a file, or postgresql://...; the user's data folder when not given.",
            envvar="UNKNOT_DATA",
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="The key file of an encrypted record; a new one is made encrypted.", envvar="UNKNOT_KEY_FILE"
        ),
    ] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for the passphrase of the record; a new one is made encrypted.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From where it hurts to the trigger points that explain it. Without a verb: open the app."""
    for name, given in (("UNKNOT_DATA", data), ("UNKNOT_KEY_FILE", key_file)):
        if given is not None and context.invoked_subcommand:
            os.environ[name] = str(given)  # so that a verb has them too, wherever they were written
    if context.invoked_subcommand is None:
        from unknot.cli.keys import record_key
        from unknot.web.serve import Serving, serve

        secret = record_key(data, key_file, ask=passphrase)
        how = Serving(host, port, data, lan, cert, key, owner_code, secret)
        serve(how, open_browser=not no_browser, announce=_announce)


def _announce(text: str) -> None:
    out().print(text, soft_wrap=True, markup=False, emoji=False)  # a fingerprint may hold ":AB:"


def main() -> None:
    """Entry point: problems are told in one message and exit with 2, an interrupt with 130."""
    try:
        app(standalone_mode=True)
    except UnknotError as error:
        fail(error)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except RecursionError:
        fail(
            UnknotError([Problem("too_deep", "input", "nested too deeply", "a case as in examples/", "check the file")])
        )
