"""`unknot bench`: how well and how fast, measured."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Measure how well and how fast Unknot is, beside its peers.")
