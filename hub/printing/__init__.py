"""Printable documents: the facts of one in, a PDF out (C-55). Imports typst, its fonts and the standard library only.

The views fill a ``Document`` and call ``render``; that it was printed is a message of its own (``svu.utskrift``).
"""

from hub.printing.document import FINAL, NOT_FINAL, Document, Printed, PrintedPatient, Section, Table, signatures
from hub.printing.typeset import render, text_of

__all__ = [
    "FINAL",
    "NOT_FINAL",
    "Document",
    "Printed",
    "PrintedPatient",
    "Section",
    "Table",
    "render",
    "signatures",
    "text_of",
]
