"""Judges JSON that is no FHIR resource: messages, batches, notices, receipts, announcements, problems, fixtures. Imports the models, the
readers and the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pydantic import BaseModel

from hub.catalogue.entry import ERRORS
from hub.check import sent
from hub.check.verdict import CheckFault, Verdict, findings, unreadable
from hub.errors import Refused
from hub.translators import every_fault, formats, native
from schemas.envelope import SET_BY_THE_HUB
from schemas.messages import ANNOUNCEMENT_TYPE, HUB_SOURCE, NAME_OF, RECEIPT_TYPE

_A_NOTICE_HAS: Final = SET_BY_THE_HUB | {"sequence"}
_A_MESSAGE_HAS: Final = frozenset({"specversion", "type", "source", "subject", "data", "data_base64"})

Judge = Callable[[Any, bytes], Verdict]


def judge(content: Any, body: bytes) -> Verdict:
    """The verdict on JSON that has been read from ``body``."""
    if isinstance(content, list):
        return _batch(content)
    found = _judge_of(content) if isinstance(content, dict) else None
    if found is None:
        return unreadable(
            "Innehållet är inget av det som går mellan parterna och hubben: se contracts/ för vad det är.",
            "The content is none of what passes between the parties and the hub: see contracts/ for what that is.",
            rule="not-known",
            kind="unknown",
        )
    return found(content, body)


def _judge_of(content: Mapping[str, Any]) -> Judge | None:
    """How to judge an object, by what it holds."""
    members = content.keys()
    type_ = content.get("type")
    if isinstance(content.get("refused"), dict) and "event" in content:
        return _fixture
    if type_ == RECEIPT_TYPE:
        return partial(_event, "receipt", sent.ReceiptEvent, _receipt_faults)
    if type_ == ANNOUNCEMENT_TYPE:
        return partial(_event, "announcement", sent.AnnouncementEvent, _announcement_faults)
    if {"type", "source"} <= members and (content["source"] == HUB_SOURCE or len(_A_NOTICE_HAS & members) > 2):
        return _notice
    if len(_A_MESSAGE_HAS & members) > 1:
        return _message
    if {"title", "status"} <= members or (isinstance(type_, str) and type_.startswith(ERRORS)):
        return lambda content, _: Verdict("problem", None, findings(every_fault.of_model(sent.Problem, content)))
    if {"message", "code"} <= members:
        return lambda content, _: Verdict("receipt", None, findings(_receipt_faults(content)))
    if members == {"text"}:
        return lambda content, _: Verdict("announcement", None, findings(_announcement_faults(content)))
    return None


def _message(content: Mapping[str, Any], body: bytes) -> Verdict:
    type_ = content.get("type")
    name = NAME_OF.get(type_) if isinstance(type_, str) else None
    return Verdict("message", name, findings(every_fault.of_event(body)))


def _batch(content: list[Any]) -> Verdict:
    """A batch of messages, as ``POST /messages`` takes it."""
    found: list[CheckFault] = []
    for number, one in enumerate(content):
        if isinstance(one, dict):
            found += [fault.under(f"/{number}") for fault in _message(one, native.text(one).encode()).faults]
        else:
            found.append(CheckFault(f"/{number}", "not-json", "Ange ett objekt: { … }.", "Give an object: { … }."))
    return Verdict("batch", None, tuple(found))


def _fixture(content: Mapping[str, Any], _: bytes) -> Verdict:
    """A file as those in ``contracts/invalid``: well when its rule refuses its event."""
    event, rule = content["event"], content["refused"].get("rule")
    found = _message(event, native.text(event).encode()) if isinstance(event, dict) else _batch([event])
    if any(fault.rule == rule for fault in found.faults):
        said = next(fault for fault in found.faults if fault.rule == rule)
        return Verdict("fixture", found.name, note=f", refused by {rule} at {said.element} as it should be")
    if found.faults:
        return Verdict("fixture", found.name, found.faults)
    return Verdict("fixture", found.name, note=f", readable; {rule} takes a hub's rules, see --scenario")


def _notice(content: Mapping[str, Any], _: bytes) -> Verdict:
    name = NAME_OF.get(str(content.get("type")))

    def data_faults(data: Any) -> list[Refused]:
        return [] if name is None else every_fault.of_data(name, b"" if data is None else native.text(data).encode())

    return _event("notice", sent.NoticeEvent, data_faults, content, b"", name)


def _event(
    kind: str,
    model: type[BaseModel],
    data_faults: Callable[[Any], list[Refused]],
    content: Mapping[str, Any],
    _: bytes,
    name: str | None = None,
) -> Verdict:
    """An event of the hub: its attributes by a model, its data by theirs or as a Bundle."""
    attributes = {key: value for key, value in content.items() if key != "data"}
    found = every_fault.of_model(model, attributes)
    data = content.get("data")
    if formats.is_fhir(str(content.get("datacontenttype") or "")):
        from hub.check import fhir

        return Verdict(kind, name, findings(found) + fhir.judge(native.text(data).encode()).faults)
    return Verdict(kind, name, findings([*found, *data_faults(data)]))


def _receipt_faults(receipt: Any) -> list[Refused]:
    ok = isinstance(receipt, dict) and receipt.get("code") == "ok"
    return every_fault.of_model(sent.ReceiptBody if ok else sent.Explained, receipt)


def _announcement_faults(announcement: Any) -> list[Refused]:
    return every_fault.of_model(sent.AnnouncementBody, announcement)
