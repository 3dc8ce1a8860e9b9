"""The command line: one function per command. Imports the commands."""

from __future__ import annotations

from hub.cli import commands, directory, held, kit, messages, operations, retry, sandbox, status, timeline
from hub.cli.root import app

__all__ = [
    "commands",
    "directory",
    "held",
    "kit",
    "main",
    "messages",
    "operations",
    "retry",
    "sandbox",
    "status",
    "timeline",
]


def main() -> None:
    """The entry point; how a command ends is in ``endings``."""
    app()
