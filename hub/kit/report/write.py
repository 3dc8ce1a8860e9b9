"""Writes the report of a run into a folder: report.json, report.html, junit.xml. Imports the document, the page and JUnit."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from hub.errors import Misconfigured
from hub.kit.record import Run
from hub.kit.report.canonical import canonical
from hub.kit.report.contract import contract_digest
from hub.kit.report.document import Document, document_of, signed, without_secrets
from hub.kit.report.junit import junit
from hub.kit.report.keys import SigningKey
from hub.kit.report.page import page_of, with_document


def write_report(run: Run, folder: Path, key: SigningKey | None, secrets: Collection[str]) -> list[Path]:
    """The three files; ``key``: who signs, None for nobody; ``secrets``: texts that must not stand in a report. Raises
    ``Misconfigured`` where the folder cannot be written.
    """
    document = document_of(without_secrets(run, secrets), contract_digest(), key)
    page = page_of(document)
    whole = signed(document, page, key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_put(folder / name, content) for name, content in _files(whole, page).items()]
    except OSError as error:
        raise Misconfigured(
            f"--report {folder}: {error.filename or folder} cannot be written: {error.strerror}"
        ) from None


def _files(document: Document, page: str) -> dict[str, bytes]:
    return {
        "report.json": canonical(document) + b"\n",
        "report.html": with_document(page, document).encode(),
        "junit.xml": junit(document),
    }


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
