"""How a SIP begins (S-1, S-2, P-1, P-4). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.rule import Context, Fault, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, join
from hub.processes.shared.gate import the_person_is_not_protected
from hub.processes.shared.koppling import can_be_linked, link, names_in
from hub.processes.shared.registers import ask_registers
from hub.processes.sip.audience import keep, publish
from hub.processes.sip.coordinator import a_named_coordinators_unit_is_known, name_coordinator
from hub.processes.sip.fields import cells, coded, is_sent
from hub.processes.sip.gate import CONSENTS
from hub.processes.sip.protected import INITIATIV_HIDES
from hub.processes.sip.state import sip
from hub.processes.sip.who import senders
from schemas.sip import Initiativ

STEP = "initiativ"
_RECORD = ("kind", "reason", "requested_by", "need_found_by", "stallforetradare")


@guard(
    "P-1",
    sv="SIP:en är redan öppnad. Ändra den med sina egna meddelanden.",
    en="The SIP is open already. Change it by its own messages.",
    element="/type",
)
def it_is_new_or_a_draft(s: Context) -> bool:
    return not s.case.opened_by or (not sip(s.case).sent and s.case.opened_by == s.unit and _has_drafts(s))


def _has_drafts(s: Context) -> bool:
    return "send" in s.profile.cells["sip.initiativ"]


@guard(
    "S-1",
    sv="Personen har redan en pågående SIP. Delta i den, eller låt den avslutas först.",
    en="The person has a SIP that goes on already. Take part in it, or let it end first.",
    element="/data/patient",
)
def the_person_has_no_other_sip(s: Context) -> bool:
    return not s.others


@guard(
    "C-60",
    sv="Initiativet gäller en annan person. Öppna ett nytt ärende för den personen.",
    en="The initiativ concerns another person. Open a new case for that person.",
    element="/data/patient/personnummer",
)
def it_is_the_same_person(s: Context) -> bool:
    return not s.case.opened_by or s.data.patient.personnummer in s.case.numbers


@guard(
    "P-1",
    sv="Initiativet sänds först med samtycke eller menprövning: lägg till samtycke, eller spara med send false.",
    en="The initiativ is sent with consent or menprovning only: add samtycke, or save it with send false.",
    element="/data/samtycke",
)
def consent_comes_before_sending(s: Context) -> bool:
    if not s.profile.consent_to_send or not is_sent(s.data):
        return True
    return s.case.samtycke in CONSENTS


@guard(
    "P-4",
    sv="En mottagare finns inte i katalogen, eller står två gånger.",
    en="A receiver is not in the directory, or stands twice.",
    element="/data/receivers",
)
def the_receivers_are_known(s: Context) -> bool | Fault:
    seen: set[str] = set()
    for number, receiver in enumerate(s.data.receivers or ()):
        if receiver.unit in seen or receiver.unit not in s.directory.unit_by_hsa:
            return Fault(f"/data/receivers/{number}/unit")
        seen.add(receiver.unit)
    return True


@guard(
    "P-4",
    sv="I ärendets region begärs ingen kvittens av en mottagare. Utelämna kvittera.",
    en="The region of the case asks no receiver for an acknowledgement. Leave out kvittera.",
    element="/data/receivers",
)
def kvittera_is_asked_here(s: Context) -> bool | Fault:
    for number, receiver in enumerate(s.data.receivers or ()):
        if receiver.kvittera is not None and s.profile.call_awaits != "asked":
            return Fault(f"/data/receivers/{number}/kvittera")
    return True


@guard(
    "C-21",
    sv="Två samtycken är av samma slag. Ange ett av varje slag.",
    en="Two consents are of one kind. Give one of each kind.",
    element="/data/samtycke",
)
def each_kind_of_consent_stands_once(s: Context) -> bool:
    kinds = [one.kind for one in s.data.samtycke or ()]
    return len(kinds) == len(set(kinds))


def record(data: Initiativ) -> dict[str, Any]:
    """What an initiativ says beside patient, consent, coordinator and receivers."""
    return data.model_dump(mode="json", exclude_none=True, include=set(_RECORD))


def begin(s: Context) -> None:
    """The case is opened, or its draft is written anew or sent."""
    kind = s.data.kind or "ny"
    if not s.case.opened_by:
        person = s.data.patient.model_dump(exclude_none=True)
        s.emit("opened", process=s.process.name, profile=s.case.profile, unit=s.unit, person=person)
        # What the registers may name is added by the answer; the opener is there from the beginning.
        join(s, s.unit)
        s.joined.clear()
        ask_registers(s, person["personnummer"])
    facts = {**record(s.data), "source": s.message.source, "message": s.message.id}
    states, version = s.profile.states, s.profile.first_version
    s.emit("sip_opened", state=states[0], kind=kind, version=version, initiativ=facts)
    if s.data.samordningsansvarig is not None:
        name_coordinator(s, s.data.samordningsansvarig, "utsedd")
    elif s.profile.coordinator_from_opening and not sip(s.case).coordinator:
        s.emit("coordinator", change="utsedd", unit=s.unit)
    if s.data.svu is not None:
        link(s, s.data.svu, "svu")
    if s.profile.receivers_answer:
        _invite(s)
    elif s.profile.receivers_at_opening:
        for receiver in s.data.receivers or ():
            if receiver.unit not in s.case.participants:
                join(s, receiver.unit)
        s.joined.clear()
    _make_known(s)


def _invite(s: Context) -> None:
    """P-1, P-2: a draft waits for its own unit; a sent initiativ asks the receivers, who read it alone until they answer."""
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    if not is_sent(s.data):
        keep(s)
        s.emit("stepped", step=STEP, act="sanda", awaits=[s.unit], **this)
        return
    units = [receiver.unit for receiver in s.data.receivers or () if receiver.unit != s.unit]
    for unit in units:
        if unit not in s.case.participants:
            join(s, unit)
    s.joined.clear()
    s.emit("sip_sent")
    s.emit("invited", units=units)
    asked = [one.unit for one in s.data.receivers or () if one.unit in units and one.kvittera is not False]
    s.emit("stepped", step=STEP, act="svara", awaits=asked, **this)
    s.emit("moved", state=s.profile.states[1])


def _make_known(s: Context) -> None:
    known, sent = s.profile.known_from, is_sent(s.data)
    consented = s.case.samtycke in CONSENTS
    if not sent and known != "initiativ":
        keep(s)
    if sent and known == "sent":
        s.emit("sip_sent")
        s.emit("moved", state=s.profile.states[1])
    if (known == "consent" and consented) or (known in {"initiativ", "sent"} and sent):
        publish(s)


def its_receivers(s: Context) -> list[str]:
    """P-2: the receivers of a sent initiativ; elsewhere those who came in are told how the case stands."""
    if not s.profile.receivers_answer or not is_sent(s.data):
        return []
    return [unit for unit in sip(s.case).asked if unit != s.unit]


INITIATIV = Rule(
    "sip.initiativ",
    ALL_PARTIES,
    ("P-1", "S-1", "S-2", "P-4"),
    (begin,),
    its_receivers,
    guards=(it_is_new_or_a_draft, *senders("sip.initiativ", "P-1"), the_person_is_not_protected),
    checks=(
        *cells("sip.initiativ", "P-1", receivers="P-4", information="P-22", svu="S-2"),
        coded(
            "P-1",
            ("kind", "opening"),
            ("requested_by.code", "initiator"),
            ("need_found_by.code", "initiator"),
            ("receivers.professions", "profession"),
        ),
        it_is_the_same_person,
        the_person_has_no_other_sip,
        can_be_linked("svu", "svu", "S-2"),
        the_receivers_are_known,
        a_named_coordinators_unit_is_known,
        kvittera_is_asked_here,
        each_kind_of_consent_stands_once,
        consent_comes_before_sending,
    ),
    opens=True,
    embeds=("information", "samtycke"),
    looks_at_others=True,
    names_cases=names_in("svu"),
    brings_units_in=True,
    carries_consent=True,
    shown_narrowly=True,
    hides=INITIATIV_HIDES,
)
