"""Writes files where a person says. Imports the errors only.

A name may be that of a device, of a pipe or of a link. Renaming a new file over one of those would destroy it, so a link is followed
and its target is written, and whatever is there and is no regular file is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from hub.errors import Misconfigured


def regular(path: Path) -> Path:
    """Where a file of this name is written: at the end of its links. Raises ``Misconfigured`` for a device, a pipe, a folder, and for
    the file that takes what the command itself prints; ``OSError``.
    """
    target = Path(os.path.realpath(path))
    if not target.exists():
        return target
    if not target.is_file():
        raise Misconfigured(
            f"{path} is there and is no ordinary file (a device, a pipe or a folder): it is left as it is; name another"
        )
    if _is_our_output(target):
        raise Misconfigured(f"{path} takes what this command prints: name another file")
    return target


def put(path: Path, content: bytes) -> Path:
    """Writes the file whole or not at all, whatever ends the process meanwhile. Raises as ``regular`` does."""
    target = regular(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return path


def _is_our_output(target: Path) -> bool:
    """Whether standard output or standard error is led into this file."""
    found = target.stat()
    for stream in (1, 2):
        try:
            if os.path.samestat(found, os.fstat(stream)):
                return True
        except OSError:  # it is closed
            continue
    return False
