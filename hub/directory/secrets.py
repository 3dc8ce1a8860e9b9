"""Secrets of webhooks and tokens of FHIR endpoints as references: ``env:NAME``, ``file:PATH``, ``kept:…``. Imports the errors and the
language only.

A reference is looked up when the directory is applied, and the secret is kept with the version: every hub has it at the same moment,
none can lack a file, and a rollback brings back the very secrets that were in force. What is shown is the reference; where the
secret was written out itself, ``kept:`` and the beginning of its SHA-256, which ``apply`` takes too.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hub.errors import Refused
from schemas.messages import BilingualText

Sources = dict[str, list[str | None]]
"""System → the reference of each of its secrets; None where the secret was written out."""


def reference(secret: str, source: str | None) -> str:
    """How a secret is shown."""
    return source or "kept:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


class _Wrong(Exception):  # noqa: N818 - becomes part of a sentence
    """What is wrong with what a reference leads to: the end of a sentence that begins with the reference."""

    def __init__(self, sv: str, en: str) -> None:
        super().__init__(en)
        self.sv, self.en = sv, en


_MOST = 4_096
"""Bytes of a file with a secret; the longest secrets have some hundred."""


def _variable(name: str) -> str:
    value = os.environb.get(name.encode())
    if value is None:
        raise _Wrong("finns inte", "is not there")
    return _text(value)


def _content(file: Path) -> str:
    """A file that never ends, or waits for a writer, is not read."""
    try:
        about = file.stat()
        if stat.S_ISDIR(about.st_mode):
            raise _Wrong("är en mapp", "is a folder")
        if not stat.S_ISREG(about.st_mode):
            raise _Wrong("är ingen vanlig fil", "is no regular file")
        with file.open("rb") as opened:
            content = opened.read(_MOST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _Wrong("finns inte", "is not there") from None
    except OSError as error:
        raise _Wrong("går inte att läsa", f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise _Wrong("har tecken som inget filnamn har", "holds characters that no name of a file has") from None
    if len(content) > _MOST:
        raise _Wrong(
            f"är större än {_MOST} byte, vilket ingen hemlighet är", f"is larger than {_MOST} bytes, which no secret is"
        )
    return _text(content)


def _text(content: bytes) -> str:
    """Without the blanks and line ends around it, which the writers of files and variables add."""
    try:
        found = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _Wrong("är inte UTF-8", "is not UTF-8") from None
    if not found:
        raise _Wrong("är tom", "is empty")
    return found


def refused(sv: str, en: str) -> Refused:
    """The refusal of a reference."""
    return Refused("secret-reference", sv, en, "/systems/out", 400)


class References:
    """Looks references up: in the environment, in files beside ``folder``, and among the secrets that are in force. Without a folder the
    directory came over the network, and only what is in force is looked up: whoever may change a directory may not read the machine.
    """

    def __init__(self, folder: Path | None, kept: Mapping[str, Sequence[str]], sources: Sources) -> None:
        """``kept``: system → its secrets in force; ``sources``: where these came from."""
        self._folder = folder
        self._by_shown: dict[tuple[str, str], str] = {}
        self._any: dict[str, str] = {}
        for system, secrets in kept.items():
            written: Iterable[str | None] = sources.get(system) or [None] * len(secrets)
            for secret, source in zip(secrets, written, strict=True):
                self._any[reference(secret, None)] = secret
                self._by_shown[system, reference(secret, source)] = secret
        self.notes: list[BilingualText] = []
        """What whoever applies the directory should know of it."""

    def secret(self, system: str, written: str) -> tuple[str, str | None]:
        """(the secret, its reference). Raises ``Refused`` that names the reference, never a secret."""
        kind, _, name = written.partition(":")
        if kind == "kept":
            if (found := self._any.get(written)) is None:
                raise refused(
                    f"system {system}: ingen hemlighet i kraft är {written}; skriv env:NAMN eller file:SÖKVÄG, eller gå tillbaka till"
                    " versionen som hade den: hub directory history, hub directory rollback VERSION",
                    f"system {system}: no secret in force is {written}; write env:NAME or file:PATH, or bring back the version"
                    " that had it: hub directory history, hub directory rollback VERSION",
                )
            return found, self._source_of(system, found)
        if kind not in {"env", "file"}:
            return written, None
        in_force = self._by_shown.get((system, written))
        if self._folder is None:
            if in_force is None:
                raise refused(
                    f"system {system}: {written} slås upp på hubbens egen maskin, med hub directory apply; över nätet står här en"
                    " referens som är i kraft hos systemet, eller kept:",
                    f"system {system}: {written} is looked up on the hub's own machine, by hub directory apply; over the network a"
                    " reference that is in force for the system stands here, or kept:",
                )
            return in_force, written
        try:
            return (_variable(name) if kind == "env" else _content(self._folder / name)), written
        except _Wrong as wrong:
            if in_force is None:
                raise refused(
                    f"system {system}: {written} {wrong.sv}, så att inget kunde sändas till det",
                    f"system {system}: {written} {wrong.en}, so nothing could be sent to it",
                ) from None
            self.notes.append(
                BilingualText(
                    sv=f"system {system}: {written} {wrong.sv}; hemligheten som är i kraft står kvar",
                    en=f"system {system}: {written} {wrong.en}; the secret that is in force stays",
                )
            )
            return in_force, written

    def _source_of(self, system: str, secret: str) -> str | None:
        """The reference that a kept secret came by, so that it is shown by it again."""
        return next(
            (
                shown
                for (its, shown), one in self._by_shown.items()
                if its == system and one == secret and not shown.startswith("kept:")
            ),
            None,
        )
