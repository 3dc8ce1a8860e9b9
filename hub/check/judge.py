"""Recognises content and has it judged: XML or JSON, FHIR, SOAP or native. Pure; imports the judges of each."""

from __future__ import annotations

import codecs
from typing import Final

from hub.check import fhir, native, soap
from hub.check.verdict import CheckFault, Verdict, unreadable
from hub.errors import Refused
from hub.translators import json_text
from hub.translators.fhir import names

MAX_BYTES: Final = 15_728_640
"""The largest content that is judged, in bytes: an answer of a register may be so large; messages are limited to 1 MB."""
_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"
_PACKED: Final = {
    b"PK": "zip",
    b"\x1f\x8b": "gzip",
    b"%PDF": "pdf",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
}


def judge(body: bytes) -> Verdict:
    """The verdict on the content of one file. Never raises."""
    if len(body) > MAX_BYTES:
        return unreadable(
            f"Filen är större än {MAX_BYTES} byte.", f"The file is larger than {MAX_BYTES} bytes.", rule="too-large"
        )
    if not body.strip(_MARKS):
        if b"\x00" in body and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _binary("NUL")
        return unreadable("Filen är tom.", "The file is empty.", rule="empty")
    for sign, kind in _PACKED.items():
        if body.startswith(sign):
            return _binary(kind)
    if body.lstrip(_MARKS)[:1] == b"<":
        return _xml(body)
    return _json(body)


def _binary(kind: str) -> Verdict:
    return unreadable(
        f"Filen är packad eller binär ({kind}): ange själva meddelandet.",
        f"The file is packed or binary ({kind}): give the message itself.",
        rule="binary",
    )


def _xml(body: bytes) -> Verdict:
    head = body[:4000].replace(b"\x00", b"")
    return soap.judge(body) if b"schemas.xmlsoap.org/soap" in head else fhir.judge(body, names.XML)


def _json(body: bytes) -> Verdict:
    try:
        content = json_text.read(body)
    except Refused as refusal:
        if b'"resourceType"' in body:
            return fhir.judge(body)
        kind = "message" if refusal.rule == "member-twice" else "unreadable"
        return Verdict(kind, faults=(CheckFault.of(refusal),))
    if isinstance(content, dict) and "resourceType" in content:
        return fhir.judge(body)
    return native.judge(content, body)
