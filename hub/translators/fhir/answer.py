"""Reads what a receiver answers to a message Bundle: its ``MessageHeader.response`` (fhir.md "Message exchange"). Imports the ids,
msgspec and the parser of XML.

Only what decides is read, so that an answer counts whatever else stands in it; the reference model is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct

from hub.errors import Refused
from hub.translators.fhir import xml
from hub.translators.fhir.assembly import fhir_id

Code = Literal["ok", "transient-error", "fatal-error"]
_CODES: Final = get_args(Code)
_SPACE: Final = {"f": "http://hl7.org/fhir"}


@dataclass(frozen=True, slots=True)
class ReceiverAnswer:
    """What the receiver says of the message."""

    code: Code
    """AA, AR or AE."""
    said: str
    """The texts and codes of its OperationOutcome in one line; it may hold anything."""


class _AnswerResponse(Struct):
    identifier: str
    code: Code


class _AnswerHeader(Struct, tag_field="resourceType", tag="MessageHeader"):
    response: _AnswerResponse


class _AnswerCoding(Struct):
    code: str | None = None
    display: str | None = None


class _AnswerDetails(Struct):
    text: str | None = None
    coding: list[_AnswerCoding] = []


class _AnswerIssue(Struct):
    details: _AnswerDetails | None = None
    diagnostics: str | None = None


class _AnswerOutcome(Struct, tag_field="resourceType", tag="OperationOutcome"):
    issue: list[_AnswerIssue] = []


class _AnswerEntry(Struct):
    resource: msgspec.Raw


class _AnswerBundle(Struct, tag_field="resourceType", tag="Bundle"):
    type: Literal["message"]
    entry: list[_AnswerEntry]


def read_answer(body: bytes, message_id: str) -> ReceiverAnswer | None:
    """The answer to the message of that id, in JSON or XML; None for anything else, an answer to another message included."""
    wanted = fhir_id(message_id)
    try:
        return _of_xml(body, wanted) if body.lstrip()[:1] == b"<" else _of_json(body, wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused):
        return None


def _of_json(body: bytes, wanted: str) -> ReceiverAnswer | None:
    entries = [entry.resource for entry in msgspec.json.decode(body, type=_AnswerBundle).entry]
    if not entries:
        return None
    response = msgspec.json.decode(entries[0], type=_AnswerHeader).response
    if response.identifier != wanted:
        return None
    return ReceiverAnswer(response.code, _line(text for resource in entries[1:] for text in _texts(resource)))


def _texts(resource: msgspec.Raw) -> list[str | None]:
    try:
        issues = msgspec.json.decode(resource, type=_AnswerOutcome).issue
    except msgspec.DecodeError:  # another resource
        return []
    found: list[str | None] = []
    for issue in issues:
        if issue.details is not None:
            found += [one for coding in issue.details.coding for one in (coding.code, coding.display)]
            found.append(issue.details.text)
        found.append(issue.diagnostics)
    return found


def _of_xml(body: bytes, wanted: str) -> ReceiverAnswer | None:
    root = xml.parse(body)

    def values(path: str) -> list[str]:
        found: Any = root.xpath(f"/f:Bundle[f:type/@value='message']/f:entry{path}/@value", namespaces=_SPACE)
        return [str(one) for one in found]

    response = "[1]/f:resource/f:MessageHeader/f:response"
    if values(f"{response}/f:identifier") != [wanted]:
        return None
    for code in _CODES:
        if values(f"{response}/f:code") == [code]:
            issue = "/f:resource/f:OperationOutcome/f:issue"
            parts = ("f:details/f:coding/f:code", "f:details/f:coding/f:display", "f:details/f:text", "f:diagnostics")
            return ReceiverAnswer(code, _line(text for part in parts for text in values(f"{issue}/{part}")))
    return None


def _line(texts: Any) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))
