"""QuestionnaireResponse: ``svu.kartlaggning`` (V-11, C-51) and ``sip.kartlaggning`` (S-7, P-5), begun or some of its fields written.
Imports the shapes.

One item per field, with its code as ``linkId``; the text is one answer, each choice another, and the version on which it was written
is an extension of the item. The status is always in-progress, because the kartlaggning is never finished.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.act_resources import Item, QuestionnaireResponse
from hub.translators.fhir.assembly import (
    Assembly,
    instant,
    staff_reference,
    text,
    unit_reference,
    version_extension,
    write_encounter,
)
from hub.translators.fhir.bundle import View
from hub.translators.fhir.header import read_send
from hub.translators.fhir.resources import Encounter
from schemas.envelope import Message
from schemas.sip import SipKartlaggning
from schemas.svu import Kartlaggning, Written

_DIGITS: Final = re.compile(r"[0-9]{1,100}")


def read_assessment(view: View, response: QuestionnaireResponse) -> dict[str, Any]:
    """The fields of ``Kartlaggning``. Raises ``Refused``: a field twice, an answer that is neither text nor choice."""
    if response.status not in ("in-progress", "completed", "amended"):
        raise view.refused("assessment-status", response, ".status")
    view.resolve(response.encounter, Encounter, response, ".encounter")
    fields: dict[str, Any] = {}
    for index, item in enumerate(response.item):
        if item.linkId in fields:
            raise view.refused("assessment-item", response, f".item[{index}].linkId")
        fields[item.linkId] = _written(view, response, item, f".item[{index}]")
    start = view.value(response, response.extension, names.EXT_START, "valueBoolean")
    return {"fields": fields} if start is None else {"fields": fields, "start": start}


def read_sip_assessment(view: View, response: QuestionnaireResponse) -> dict[str, Any]:
    """The fields of ``SipKartlaggning``. Raises ``Refused``."""
    fields = read_assessment(view, response)
    removed = [found.valueCode for found in response.extension if found.url == names.EXT_REMOVED]
    if None in removed:
        raise view.refused("extension-value", response, f".extension('{names.EXT_REMOVED}').value")
    send = read_send(view)
    return {**fields, "removed": tuple(removed)} | ({} if send is None else {"send": send})


def _written(view: View, response: QuestionnaireResponse, item: Item, element: str) -> dict[str, Any]:
    if item.item:
        raise view.refused("assessment-item", response, f"{element}.item")
    texts: list[str] = []
    choices: list[str] = []
    for index, answer in enumerate(item.answer):
        coding = answer.valueCoding
        if answer.item:
            raise view.refused("assessment-item", response, f"{element}.answer[{index}].item")
        if answer.valueString is not None:
            texts.append(answer.valueString)
        elif coding is not None and coding.system == names.CHOICE and coding.code is not None:
            choices.append(coding.code)
        else:
            raise view.refused("assessment-answer", response, f"{element}.answer[{index}].value")
    written: dict[str, Any] = {"choices": tuple(choices)}
    if texts:
        written["text"] = "\n".join(texts)
    for found in item.extension:
        if found.url == names.EXT_VERSION:
            stated = found.valueString if found.valueUnsignedInt is None else found.valueUnsignedInt
            if stated is None or (isinstance(stated, str) and not _DIGITS.fullmatch(stated)):
                raise view.refused("extension-value", response, f"{element}.extension('{names.EXT_VERSION}').value")
            written["version"] = int(stated)
    return written


def write_assessment(assembly: Assembly, message: Message, body: Kartlaggning, case: dict[str, str]) -> list[str]:
    """``svu.kartlaggning``: what was written, by whom and when (C-51)."""
    return _write(assembly, message, body, write_encounter(assembly, case), [])


def write_sip_assessment(
    assembly: Assembly, message: Message, body: SipKartlaggning, case: dict[str, str]
) -> list[str]:
    """``sip.kartlaggning``: what was written and what was removed (P-5)."""
    removed = [{"url": names.EXT_REMOVED, "valueCode": code} for code in body.removed]
    return _write(assembly, message, body, write_encounter(assembly, case, in_stay=False), removed)


def _write(
    assembly: Assembly,
    message: Message,
    body: Kartlaggning | SipKartlaggning,
    encounter: str,
    extensions: list[dict[str, Any]],
) -> list[str]:
    response: dict[str, Any] = {"resourceType": "QuestionnaireResponse"}
    if body.start:
        extensions.append({"url": names.EXT_START, "valueBoolean": True})
    if extensions:
        response["extension"] = extensions
    response["status"] = "in-progress"
    response["encounter"] = {"reference": encounter}
    response["authored"] = instant(message.time)
    response["author"] = unit_reference(message.unit) if message.actor is None else staff_reference(message.actor)
    if body.fields:
        response["item"] = [_item(code, written) for code, written in body.fields.items()]
    return [assembly.add(response), encounter]


def _item(code: str, written: Written) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": code}
    if written.version is not None:
        item["extension"] = [version_extension(written.version)]
    answers: list[dict[str, Any]] = [] if written.text is None else [{"valueString": text(written.text)}]
    answers += [{"valueCoding": {"system": names.CHOICE, "code": choice}} for choice in written.choices]
    if answers:
        item["answer"] = answers
    return item
