"""Looks up where secrets lie on this machine: in a variable of the environment, or in a file. For whoever runs a command here; never for
what came over the network, since whoever may change a directory may not read the machine. Imports the errors and the language only.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from schemas.messages import BilingualText

_MOST = 4_096
"""Bytes of a file with a secret; the longest secrets have some hundred."""


class NotThere(Exception):  # noqa: N818 - becomes part of a sentence
    """What is wrong with what a reference leads to: the end of a sentence that begins with the reference."""

    def __init__(self, sv: str, en: str) -> None:
        super().__init__(en)
        self.text = BilingualText(sv=sv, en=en)


def looked_up(reference: str, folder: Path) -> str:
    """What ``env:NAME`` or ``file:PATH`` leads to, a path beginning in ``folder``. Raises ``NotThere``."""
    kind, _, name = reference.partition(":")
    return _variable(name) if kind == "env" else _content(folder / name)


def _variable(name: str) -> str:
    value = os.environb.get(name.encode())
    if value is None:
        raise NotThere("finns inte", "is not there")
    return _text(value)


def _content(file: Path) -> str:
    """A file that never ends, or waits for a writer, is not read."""
    try:
        about = file.stat()
        if stat.S_ISDIR(about.st_mode):
            raise NotThere("är en mapp", "is a folder")
        if not stat.S_ISREG(about.st_mode):
            raise NotThere("är ingen vanlig fil", "is no regular file")
        with file.open("rb") as opened:
            content = opened.read(_MOST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotThere("finns inte", "is not there") from None
    except OSError as error:
        raise NotThere("går inte att läsa", f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise NotThere("har tecken som inget filnamn har", "holds characters that no name of a file has") from None
    if len(content) > _MOST:
        raise NotThere(
            f"är större än {_MOST} byte, vilket ingen hemlighet är", f"is larger than {_MOST} bytes, which no secret is"
        )
    return _text(content)


def _text(content: bytes) -> str:
    """Without the blanks and line ends around it, which the writers of files and variables add."""
    try:
        found = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise NotThere("är inte UTF-8", "is not UTF-8") from None
    if not found:
        raise NotThere("är tom", "is empty")
    return found
