"""What folkbokforing and HSA have said already, before a message is decided (C-3, C-22, C-62). Imports the rules' refusals and
the language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hub.intake.hub_messages import ASKED, WhatRegistersSaid
from hub.processes.engine.rule import acting_role
from hub.processes.registry import rule_of
from hub.processes.shared.registers import (
    LICENSED,
    hsa_disagrees,
    not_licensed,
    of_another_organisation,
    protected_or_deceased,
)
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.parts import Samtycke


def person_may_have_a_case(
    message: Message, known: WhatRegistersSaid, directory: Directory, news: Mapping[str, datetime]
) -> None:
    """C-62, C-63, where the registers have said so already; else their answer says it when it comes."""
    patient = getattr(message.data, "patient", None)
    if patient is None or message.unit not in directory.unit_by_hsa:
        return
    number = patient.personnummer
    answer = known.person(number, directory.region_of(message.unit).county, news.get(number))
    refused = None if answer is None else protected_or_deceased(answer.outcome)
    if refused is not None:
        raise refused


def actor_may_act(message: Message, known: WhatRegistersSaid, directory: Directory) -> None:
    """C-4 by the HSA-id itself, and C-3 where HSA has disagreed already; until it has answered, the sending system
    vouches.
    """
    unit = directory.unit_by_hsa.get(message.unit)
    if message.actor is None or unit is None:
        return
    if (stranger := of_another_organisation(message.actor, unit, directory)) is not None:
        raise stranger
    said = known.actor(message.actor, acting_role(message.role, unit))
    refused = None if said is None or said == ASKED else hsa_disagrees(said)
    if refused is not None:
        raise refused


def licence_unknown(message: Message, known: WhatRegistersSaid) -> str | None:
    """C-22: who of those behind a menprovning HSA has not said to be licensed; refuses one who is not."""
    rule = rule_of(message.name, None)
    if rule is None or not rule.carries_consent:
        return None
    inside = getattr(message.data, "samtycke", None)
    consent = message.data if isinstance(message.data, Samtycke) else inside
    if consent is None or consent.outcome != "menprovning" or consent.decided_by is None:
        return None
    unknown = None
    for element, person in (("/data/decided_by", consent.decided_by), ("/actor", message.actor)):
        said = known.actor(person, LICENSED) if person is not None else "verified"
        if said is None or said == ASKED:
            unknown = unknown or person
        elif said != "verified":
            raise not_licensed(element if inside is None else element.replace("/data/", "/data/samtycke/"))
    return unknown
