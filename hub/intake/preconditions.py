"""What the registers have said already, before a message is decided (C-3, C-22, C-62). Pure; imports the rules' refusals and
the language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hub.intake.hub_messages import ASKED, WhatRegistersSaid
from hub.processes.engine.process import Process
from hub.processes.engine.rule import acting_role
from hub.processes.shared.registers import (
    LICENSED,
    hsa_disagrees,
    must_be_licensed,
    not_licensed,
    of_another_organisation,
    protected_or_deceased,
)
from schemas.directory import Directory
from schemas.envelope import Message


def person_may_have_a_case(
    message: Message, said: WhatRegistersSaid, directory: Directory, news: Mapping[str, datetime]
) -> None:
    """Refuses a person who is protected or deceased, where the registers have said so already (C-62, C-63). Else the case is
    opened, and their answer turns it away.
    """
    patient = getattr(message.data, "patient", None)
    if patient is None or message.unit not in directory.unit_by_hsa:
        return
    number = patient.personnummer
    answer = said.person(number, directory.region_of(message.unit).county, news.get(number))
    refused = None if answer is None else protected_or_deceased(answer.outcome)
    if refused is not None:
        raise refused


def actor_may_act(message: Message, said: WhatRegistersSaid, directory: Directory) -> None:
    """Refuses an actor of another organisation (C-4, by the HSA-id itself), and an actor whom HSA has contradicted already
    (C-3). Until HSA has answered, the sending system vouches for the actor.
    """
    unit = directory.unit_by_hsa.get(message.unit)
    if message.actor is None or unit is None:
        return
    if (stranger := of_another_organisation(message.actor, unit, directory)) is not None:
        raise stranger
    answer = said.actor(message.actor, acting_role(message.role, unit))
    refused = None if answer is None or answer == ASKED else hsa_disagrees(answer)
    if refused is not None:
        raise refused


def licence_unknown(process: Process, message: Message, said: WhatRegistersSaid) -> str | None:
    """C-22: a person who must be licensed and of whom HSA has not said so, or None; refuses a person who is not."""
    unknown = None
    for element, person in must_be_licensed(process, message):
        answer = said.actor(person, LICENSED)
        if answer is None or answer == ASKED:
            unknown = unknown or person
        elif answer != "verified":
            raise not_licensed(element)
    return unknown
