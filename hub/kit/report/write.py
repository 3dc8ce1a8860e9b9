"""Writes the report of a run into a folder: report.json, report.html, junit.xml. Imports the document, the page, JUnit
and the named files.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from hub.errors import Misconfigured
from hub.kit.record import Run
from hub.kit.report.canonical import canonical
from hub.kit.report.contract import contract_digest
from hub.kit.report.document import document_of, signed, without_secrets
from hub.kit.report.junit import junit
from hub.kit.report.keys import SigningKey
from hub.kit.report.page import page_of, with_document
from hub.named_files import put, regular

_NAMES: Final = ("report.json", "report.html", "junit.xml")


def ready_to_write(folder: Path | None, junit_file: Path | None) -> None:
    """Makes the folder and looks at all that will be written, before a run that may take long. Raises ``Misconfigured`` where
    something cannot be written, or is there and must not be written over: a device, a pipe.
    """
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        files = [] if folder is None else [folder / name for name in _NAMES]
        for file in files if junit_file is None else [*files, junit_file]:
            place = regular(file).parent
            if not (place.is_dir() and os.access(place, os.W_OK)):
                raise PermissionError(0, "there is no such folder, or it is not yours to write in", str(place))
    except (OSError, Misconfigured) as error:
        raise _cannot_be_written(error) from None


def write_report(run: Run, folder: Path, key: SigningKey | None, secrets: Collection[str]) -> list[Path]:
    """The three files; ``key``: who signs, None for nobody; ``secrets``: texts that must not stand in a report. Raises
    ``Misconfigured`` where the folder cannot be written.
    """
    document = document_of(without_secrets(run, secrets), contract_digest(), key)
    page = page_of(document)
    whole = signed(document, page, key)
    contents = (canonical(whole) + b"\n", with_document(page, whole).encode(), junit(whole))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [put(folder / name, content) for name, content in zip(_NAMES, contents, strict=True)]
    except (OSError, Misconfigured) as error:
        raise _cannot_be_written(error) from None


def write_junit(run: Run, file: Path, secrets: Collection[str]) -> Path:
    """JUnit alone, where CI looks for it. Raises ``Misconfigured`` where it cannot be written."""
    try:
        return put(file, junit(document_of(without_secrets(run, secrets), contract_digest(), None)))
    except (OSError, Misconfigured) as error:
        raise _cannot_be_written(error) from None


def _cannot_be_written(error: OSError | Misconfigured) -> Misconfigured:
    if isinstance(error, Misconfigured):
        return Misconfigured(f"--report, --junit: {error}")
    return Misconfigured(f"--report, --junit: {error.filename or 'the file'} cannot be written: {error.strerror}")
