"""The process that opens files (C-42): run as a command, it answers one file after the other on its standard streams.

Imports the check and the standard library only. Each file is opened in a fork of its own, with limits on time and memory and
without the right to write, so that a harmful file harms only its fork. The end of the input ends the process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Sequence

from hub.attachments import check as rules
from hub.attachments.kinds import Unfit

SECONDS = 10
"""Seconds of processor time that one file may take; by the clock twice as many, since the machine may be busy."""
MEMORY = 512 * 1024 * 1024
"""Bytes of address space that one file may take."""

HEAD = struct.Struct(">III")
"""Before each file: the lengths in bytes of its name, its content, and the names that it must not hold."""
READY = b"ready\n"


def main() -> None:
    """Writes ``READY``, then answers each file with a line: null, or a code and a word of ``kinds.Unfit``."""
    rules.load()
    source = sys.stdin.buffer
    os.write(1, READY)
    while len(head := source.read(HEAD.size)) == HEAD.size:
        name, content, people = (source.read(length) for length in HEAD.unpack(head))
        os.write(1, _verdict(name, content, people))


def _verdict(name: bytes, content: bytes, people: bytes) -> bytes:
    """The answer of a fork. A fork that ends without one was stopped by a limit."""
    answer, to_answer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer)
        _answer(name.decode(), content, json.loads(people), to_answer)
    os.close(to_answer)
    with os.fdopen(answer, "rb") as pipe:
        line = pipe.read()
    os.waitpid(child, 0)
    return line if line.endswith(b"\n") else _line(Unfit("time"))


def _answer(name: str, content: bytes, people: list[str], out: int) -> None:
    """In the fork. Never returns."""
    try:
        _limit()
        found = rules.check(name, content, people)
        signal.alarm(0)
        os.write(out, _line(found))
    except MemoryError:
        os.write(out, _line(Unfit("limits")))
    finally:
        os._exit(0)


def _limit() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(2 * SECONDS)
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),  # a core would hold the file
    ):
        resource.setrlimit(what, (most, most))


def _line(found: Unfit | None) -> bytes:
    return json.dumps(None if found is None else [found.code, found.detail]).encode() + b"\n"


def input_of(name: str, content: bytes, people: Sequence[str] = ()) -> bytes:
    """A file as ``main`` reads it; ``people``: the names that it must not hold."""
    encoded, sought = name.encode(errors="replace"), json.dumps(list(people)).encode()
    return HEAD.pack(len(encoded), len(content), len(sought)) + encoded + content + sought


def answer_of(line: bytes) -> Unfit | None:
    """What ``main`` answered."""
    found = json.loads(line)
    return None if found is None else Unfit(*found)


if __name__ == "__main__":
    main()
