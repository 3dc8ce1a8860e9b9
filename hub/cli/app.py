"""All commands. Imports the modules of the commands, each of which registers its own."""

from __future__ import annotations

from hub.cli import (
    average,
    commands,
    console,
    credentials,
    dead,
    directory,
    errors,
    gallring,
    held,
    kit,
    login,
    messages,
    operations,
    operators,
    replay,
    retry,
    sandbox,
    status,
    timeline,
)
from hub.cli.root import app

__all__ = [
    "app",
    "average",
    "commands",
    "console",
    "credentials",
    "dead",
    "directory",
    "errors",
    "gallring",
    "held",
    "kit",
    "login",
    "messages",
    "operations",
    "operators",
    "replay",
    "retry",
    "sandbox",
    "status",
    "timeline",
]
