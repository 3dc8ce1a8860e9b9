"""The command line: one function per command. Imports nothing until it runs, so that Ctrl-C is answered while the rest loads."""

from __future__ import annotations

import gc

from hub.cli import process

_LOADING = 100_000
"""Objects that may come before Python looks for garbage among them: what a command loads stays, and to look through it while it comes
takes an eighth of the start.
"""


def main() -> None:
    """The entry point; how a command ends is in ``endings``."""
    process.open_standard_streams()
    gc.set_threshold(_LOADING)
    with process.stopped_at_once():
        import typer

        from hub.cli.app import app

        command = typer.main.get_command(app)
    command()
