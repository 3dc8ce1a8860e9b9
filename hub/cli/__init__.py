"""The command line: one function per command; errors become one sentence and an exit status. Imports the commands and the errors."""

from __future__ import annotations

import sys

from hub.cli import commands, directory, held, kit, messages, operations, retry, sandbox, status, timeline
from hub.cli.root import app
from hub.errors import Misconfigured, Refused, Unavailable

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
    """The entry point; an expected error is printed as one sentence, without a traceback."""
    try:
        app()
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"hub: {error}\n")
        sys.exit(2)
    except Refused as refused:
        sys.stderr.write(f"hub: {refused.rule}: {refused.sv} / {refused.en}\n")
        sys.exit(1)
