"""The commands as the command line itself knows them, so that a new one is tried like the others; and how a test runs one to its end.

May import the command line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from hub.cli.app import app

ROOT = typer.main.get_command(app)
SERVERS = {("run",), ("sandbox",)}
"""Commands that do not end by themselves, tried as processes of their own."""
_ONE_AT_A_TIME = threading.Lock()
"""The environment and the standard streams are the process's."""
_NO_DATABASE = {"send", "check", "contracts", "errors", "kit", "sandbox", "login", "logout", "console"}
"""The first words of the commands that use none; every other does."""


def _leaves(command, *words):
    if isinstance(command, TyperGroup):
        if command.invoke_without_command and words:
            yield words, command
        for name, each in command.commands.items():
            yield from _leaves(each, *words, name)
    else:
        yield words, command


COMMANDS = dict(_leaves(ROOT))
"""The words of a command → what typer knows of it."""
USE_THE_DATABASE = [words for words in COMMANDS if words[0] not in _NO_DATABASE]


def kind(parameter):
    """The type of an option or argument, as it is written in the command's signature."""
    return str(parameter.type_descriptor.annotation)


_VALUES = {"kind": "token", "known_as": "0123456789", "place": "hub.in.x/0"}
"""Parameters that take no text at will."""


def _given(parameter, folder):
    """A value of the parameter's type; a path is one where nothing is."""
    if parameter.name in _VALUES:
        return _VALUES[parameter.name]
    if "Path" in kind(parameter):
        return str(folder / "a-file" / "inside")
    if parameter.metavar == "YYYY-MM":
        return "2026-10"
    if parameter.metavar == "URL":
        return "http://127.0.0.1:9"
    return "1" if "int" in kind(parameter) or "float" in kind(parameter) else "x"


def line_of(words, folder):
    """A command line with everything that the command requires, and with every path that it takes."""
    line = list(words)
    for each in COMMANDS[words].params:
        if each.required or "Path" in kind(each):
            line += [each.opts[0]] if each.param_type_name == "option" else []
            line.append(_given(each, folder))
    return line


def ended(words, line, folder, **settings):
    """Runs a command to its end with these settings alone: (exit status, standard output, standard error)."""
    if words in SERVERS:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", *line],
            env={**bare, "HUB_CACHE": str(folder), **settings}, cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr
    with _ONE_AT_A_TIME:
        without = {name: None for name in os.environ if name.startswith("HUB_")}
        done = CliRunner().invoke(app, line, env={**without, "HUB_CACHE": str(folder), **settings})
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done.exit_code, done.stdout, done.stderr


def said(stderr):
    """The one sentence; what typer says of the words of a command line is its own."""
    assert "Traceback" not in stderr, stderr
    if stderr.startswith("Usage: "):
        return " ".join(word for word in stderr.replace("│", " ").split())
    sentences = [line for line in stderr.splitlines() if line.startswith("hub: ")]
    assert len(sentences) == 1, stderr
    assert "hemlig" not in stderr
    return sentences[0]
