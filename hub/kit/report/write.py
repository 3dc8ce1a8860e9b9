"""Writes the report of a run into a folder: report.json, report.html, junit.xml. Imports the document, the page and JUnit."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from hub.errors import Misconfigured
from hub.kit.record import Run
from hub.kit.report.canonical import canonical
from hub.kit.report.contract import contract_digest
from hub.kit.report.document import document_of, signed, without_secrets
from hub.kit.report.junit import junit
from hub.kit.report.keys import SigningKey
from hub.kit.report.page import page_of, with_document


def ready_to_write(folder: Path | None, junit_file: Path | None) -> None:
    """Makes the folder and looks at both, before a run that may take long. Raises ``Misconfigured`` where one cannot be written."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        if junit_file is not None and junit_file.is_dir():
            raise IsADirectoryError(0, "it is a folder", str(junit_file))
        for place in (folder, None if junit_file is None else junit_file.absolute().parent):
            if place is not None and not (place.is_dir() and os.access(place, os.W_OK)):
                raise PermissionError(0, "there is no such folder, or it is not yours to write in", str(place))
    except OSError as error:
        raise _cannot_be_written(error) from None


def write_report(run: Run, folder: Path, key: SigningKey | None, secrets: Collection[str]) -> list[Path]:
    """The three files; ``key``: who signs, None for nobody; ``secrets``: texts that must not stand in a report. Raises
    ``Misconfigured`` where the folder cannot be written.
    """
    document = document_of(without_secrets(run, secrets), contract_digest(), key)
    page = page_of(document)
    whole = signed(document, page, key)
    files = {
        "report.json": canonical(whole) + b"\n",
        "report.html": with_document(page, whole).encode(),
        "junit.xml": junit(whole),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_put(folder / name, content) for name, content in files.items()]
    except OSError as error:
        raise _cannot_be_written(error) from None


def write_junit(run: Run, file: Path, secrets: Collection[str]) -> Path:
    """JUnit alone, where CI looks for it. Raises ``Misconfigured`` where it cannot be written."""
    try:
        return _put(file, junit(document_of(without_secrets(run, secrets), contract_digest(), None)))
    except OSError as error:
        raise _cannot_be_written(error) from None


def _cannot_be_written(error: OSError) -> Misconfigured:
    return Misconfigured(f"--report, --junit: {error.filename or 'the file'} cannot be written: {error.strerror}")


def _put(path: Path, content: bytes) -> Path:
    """Whole or not at all, whatever ends the process meanwhile."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
