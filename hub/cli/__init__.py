"""The command line: thin, one function per command, errors as one sentence and an exit status."""

from __future__ import annotations

import sys

from hub.cli import commands, messages, operations
from hub.cli.root import app
from hub.errors import Misconfigured, Refused, Unavailable

__all__ = ["commands", "main", "messages", "operations"]


def main() -> None:
    """The entry point: what went wrong is one sentence and an exit status, never a trace."""
    try:
        app()
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"hub: {error}\n")
        sys.exit(2)
    except Refused as refused:
        sys.stderr.write(f"hub: {refused.rule}: {refused.sv} / {refused.en}\n")
        sys.exit(1)
