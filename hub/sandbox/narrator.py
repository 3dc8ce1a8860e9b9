"""Tells what happens in the demo as it happens, in plain words, for a pace that a person can follow. Pure; imports the wire and the
language.
"""

from __future__ import annotations

from hub.sandbox.wire import SenderAnswer
from schemas.directory import Directory
from schemas.envelope import Message

FOLLOWED_FROM = 5.0
"""The pace from which each act is told; faster ones would be a flood."""
_WORDS = {
    "svu.inskrivning": "a patient is admitted",
    "kvittens": "acknowledges what it was told",
    "deltagare": "takes a unit in",
    "meddelande": "writes to the others",
    "samtycke": "registers the consent",
    "aterkallelse": "registers that the consent is withdrawn",
    "avliden": "registers that the person has died",
    "makulering": "revokes what was sent",
    "svu.beraknad_utskrivning": "estimates another day of discharge",
    "svu.utskrivningsklar": "the patient is ready for discharge",
    "svu.utskrivningsklar_avbruten": "the patient is not ready for discharge after all",
    "svu.fast_vardkontakt": "names a care contact",
    "svu.kartlaggning": "writes in the kartlaggning",
    "svu.stallningstagande": "writes its part of the stallningstagande",
    "svu.klarmarkering": "has its part of the stallningstagande ready",
    "svu.sip_stallning": "says what it thinks of a SIP",
    "svu.justering": "adjusts the stallningstagande",
    "svu.utskrivning": "the patient leaves",
    "svu.utskrivning_angrad": "the discharge is undone",
    "sip.initiativ": "asks for a SIP",
    "sip.svar": "answers the initiativ",
    "sip.kallelse": "calls to a meeting",
    "sip.kallelse_andrad": "changes the call",
    "sip.kallelsesvar": "answers the call",
    "sip.mote": "writes down the meeting",
    "sip.plan": "writes in the plan",
    "sip.godkannande": "approves the plan",
    "sip.uppfoljning": "follows the plan up",
    "sip.utvardering": "evaluates the plan",
    "sip.avslut": "ends the SIP",
}


def of_act(directory: Directory, message: Message, answer: SenderAnswer, reference: str | None) -> str:
    """One act of a demo party, and how the hub answered; nothing about the person."""
    words = _WORDS.get(message.name, "sends it")
    case = reference or answer.case or message.subject
    end = f"{case}, refused by {answer.rule}" if answer.code != "ok" else case
    if answer.sequence:
        end = f"#{answer.sequence} of {end}"
    return f"{directory.unit_by_hsa[message.unit].name}: {words} ({message.name}; {end})"
