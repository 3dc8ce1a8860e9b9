"""What the process of a command needs before a command is loaded: open streams, an answer to Ctrl-C. Imports the standard library only,
and little of it: until it is imported, Ctrl-C prints a stack trace.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any


def open_standard_streams() -> None:
    """Make a standard stream that the caller closed (``>&-``) one of ``/dev/null``, and let no character be unwritable."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number is free, which a connection would get otherwise, and then be written to by a child.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # ASCII means that the locale says nothing (LC_ALL=C); UTF-8 is then what Python takes by itself too.
            stream.reconfigure(
                encoding="utf-8" if stream.encoding in {"ascii", "US-ASCII"} else None, errors="backslashreplace"
            )


@contextlib.contextmanager
def stopped_at_once() -> Iterator[None]:
    """While nothing is under way Ctrl-C ends the process on the spot: an exception in the midst of an import may get lost."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # what runs in the background gets no Ctrl-C
        yield
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(*_: Any) -> None:
    with contextlib.suppress(OSError):
        os.write(2, b"hub: stopped\n")
    os._exit(130)
