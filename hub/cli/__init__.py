"""The command line: one function per command. Imports nothing until it runs, so that Ctrl-C is answered while the rest loads."""

from __future__ import annotations

from hub.cli import process


def main() -> None:
    """The entry point; how a command ends is in ``endings``."""
    process.open_standard_streams()
    with process.stopped_at_once():
        import typer

        from hub.cli.app import app

        command = typer.main.get_command(app)
    command()
