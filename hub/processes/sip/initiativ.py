"""How a SIP begins (S-1, S-2, P-1, P-4). Imports the engine and the shared rules only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context, Fault, Guard, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, join
from hub.processes.shared.gate import the_person_is_not_protected
from hub.processes.shared.koppling import can_be_linked, link, names_in
from hub.processes.shared.registers import ask_registers
from hub.processes.sip.audience import keep_the_draft, publish, the_whole_plan_of_what_was_saved
from hub.processes.sip.coordinator import a_named_coordinators_unit_is_known, name_coordinator
from hub.processes.sip.fields import cells, coded, each_is_known_and_stands_once, is_sent
from hub.processes.sip.gate import CONSENTS
from hub.processes.sip.protected import INITIATIV_HIDES
from hub.processes.sip.state import sip
from hub.processes.sip.who import senders
from schemas.envelope import Message
from schemas.sip import Initiativ

STEP = "initiativ"
_RECORD = ("kind", "reason", "requested_by", "need_found_by", "stallforetradare", "receivers")


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
    return each_is_known_and_stands_once(s)


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


def record(s: Context) -> dict[str, Any]:
    """What the initiativ says beside patient, consent and coordinator; what its draft said stands where it does not say otherwise."""
    saved = {name: value for name, value in sip(s.case).initiativ.items() if name in _RECORD}
    return {**saved, **s.data.model_dump(mode="json", exclude_none=True, include=set(_RECORD))}


def _completed(check: Guard) -> Guard:
    """A required field is there when the draft said it, or when the consent is registered already."""

    def is_there_by_now(s: Context) -> bool | Fault:
        known, saved = s.profile.cells["sip.initiativ"], {**record(s)}
        if s.case.samtycke is not None:
            saved["samtycke"] = True
        if sip(s.case).coordinator:
            saved["samordningsansvarig"] = True
        lacking = [
            name
            for name, cell in known.items()
            if cell == "R"
            and name not in saved
            and getattr(s.data, name) is None
            and (name == "receivers") is (check.rule == "P-4")
        ]
        return not is_sent(s.data) or not lacking or Fault(f"/data/{lacking[0]}")

    return replace(check, holds=is_there_by_now)


def the_whole_initiativ(message: Message, case: Case) -> Mapping[str, Any]:
    """What a sent initiativ does not repeat of its draft, and the consent that was registered before it (P-1)."""
    data, own = message.data, sip(case)
    assert isinstance(data, Initiativ)
    if not data.send:
        return {}
    said = {name: value for name, value in own.initiativ.items() if name in _RECORD and getattr(data, name) is None}
    if data.samtycke is None:
        said["samtycke"] = [
            {**one.record, **({"kind": kind} if kind else {})} for kind, one in case.consents.items() if one.record
        ] or None
    if data.samordningsansvarig is None and "person" in own.coordinator:
        said["samordningsansvarig"] = {name: value for name, value in own.coordinator.items() if name != "sequence"}
    found = {name: value for name, value in said.items() if value is not None}
    whole = Initiativ.model_validate({"patient": data.patient, **found})
    return {name: getattr(whole, name) for name in found}


def begin(s: Context) -> None:
    """The case is opened, or its draft is written anew or sent."""
    facts = record(s)
    kind = facts.get("kind", "ny")
    if not is_sent(s.data):
        keep_the_draft(s)
    if not s.case.opened_by:
        person = s.data.patient.model_dump(exclude_none=True)
        s.emit("opened", process=s.process.name, profile=s.case.profile, unit=s.unit, person=person)
        # What the registers may name is added by the answer; the opener is there from the beginning.
        join(s, s.unit)
        s.joined.clear()
        ask_registers(s, person["personnummer"])
    facts |= {"source": s.message.source, "message": s.message.id}
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
        for receiver in facts.get("receivers", ()):
            if receiver["unit"] not in s.case.participants:
                join(s, receiver["unit"])
        s.joined.clear()
    _make_known(s)


def _invite(s: Context) -> None:
    """P-1, P-2: a draft waits for its own unit; a sent initiativ asks the receivers, who read it alone until they answer."""
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    if not is_sent(s.data):
        s.emit("stepped", step=STEP, act="sanda", awaits=[s.unit], **this)
        return
    receivers = {
        one["unit"]: one.get("kvittera") for one in sip(s.case).initiativ["receivers"] if one["unit"] != s.unit
    }
    units = list(receivers)
    for unit in units:
        if unit not in s.case.participants:
            join(s, unit)
    s.joined.clear()
    s.emit("sip_sent")
    informed = [unit for unit, kvittera in receivers.items() if kvittera is False]
    s.emit("invited", units=units, informed=informed)
    asked = [unit for unit in units if unit not in informed]
    s.emit("stepped", step=STEP, act="svara", awaits=asked, **this)
    s.emit("moved", state=s.profile.states[1])


def _make_known(s: Context) -> None:
    known, sent = s.profile.known_from, is_sent(s.data)
    consented = s.case.samtycke in CONSENTS
    if sent and known == "sent":
        s.emit("sip_sent")
        s.emit("moved", state=s.profile.states[1])
    if (known == "consent" and consented) or (known in {"initiativ", "sent"} and sent):
        publish(s)
    if s.profile.receivers_answer:
        s.joined.clear()  # the receivers are told the initiativ itself


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
        *(
            _completed(one) if one.name == "what_is_required_is_there" else one
            for one in cells("sip.initiativ", "P-1", receivers="P-4", information="P-22", svu="S-2")
        ),
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
    touches_also=the_whole_plan_of_what_was_saved,
    shown_narrowly=True,
    hides=INITIATIV_HIDES,
    completes=the_whole_initiativ,
    writes=("initiativ",),
)
