"""One process of the pool: run as a command, it does one piece of work after the other for ``process_pool``.

Imports the standard library and the errors only; each piece of work imports what it needs. The end of the input ends the
process.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys

from hub.errors import Refused

LENGTH = struct.Struct(">I")
"""Before each piece of work and each answer: its length in bytes."""
READY = b"ready\n"


def main() -> None:
    """Writes ``READY``, then answers each (function, arguments, named) with (True, the function's result), or with (False,
    its refusal, or the name of any other error: the text of an error may quote a message).
    """
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be read as an answer
    out.write(READY)
    out.flush()
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        function, arguments, named = pickle.loads(source.read(*LENGTH.unpack(head)))  # noqa: S301 - from the hub itself
        answer: tuple[bool, object]
        try:
            answer = (True, function(*arguments, **named))
        except Refused as refused:
            answer = (False, refused)
        except Exception as error:  # noqa: BLE001 - an error in one piece of work must not end the process
            answer = (False, type(error).__name__)
        written = pickle.dumps(answer)
        out.write(LENGTH.pack(len(written)) + written)
        out.flush()


if __name__ == "__main__":
    main()
