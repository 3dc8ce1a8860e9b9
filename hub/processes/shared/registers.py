"""Rules of the hub's own messages about people and units: adressering, verifiering, folkbokforing. Pure; imports the engine and the shared
rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from hub.errors import Refused
from hub.processes.engine.case import FOUND, Case
from hub.processes.engine.process import Process
from hub.processes.engine.rule import HUB_PARTY, Context, HubMessage, Rule, guard
from hub.processes.shared.audience import ask, everyone_else, join
from hub.processes.shared.disclosure import knows
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.hub_messages import AddressingOutcome, Adressering, Folkbokforing
from schemas.messages import Question
from schemas.unit_ids import organisation_in


def protected_or_deceased(outcome: str) -> Refused | None:
    """C-62, C-63: the refusal of a new case for a person whom the register says is protected or deceased."""
    if outcome == "protected":
        return Refused(
            "C-62",
            "Personen har skyddade personuppgifter och hanteras inte i hubben. Samordna manuellt enligt regionens rutin.",
            "The person has protected identity and is not handled by the hub. Coordinate by hand, as the region prescribes.",
            "/data/patient/personnummer",
        )
    if outcome == "deceased":
        return Refused(
            "C-63",
            "Folkbokföringen uppger att personen är avliden. Kontrollera identiteten.",
            "The population register says that the person is deceased. Check the identity.",
            "/data/patient/personnummer",
        )
    return None


def closed_by_the_register(case: Case) -> Refused:
    """C-62, C-63: the refusal of a message in a case that the register's answer has closed."""
    return Refused(
        "C-62" if case.addressed == "protected" else "C-63",
        "Ärendet är stängt: folkbokföringen uppger skyddade personuppgifter eller att personen är avliden.",
        "The case is closed: the population register says that the person is protected or deceased.",
        "/subject",
    )


def address(s: Context) -> None:
    """V-2: the health centre and the municipality's receiving unit become participants, and what they know is filled
    in.

    One who was found but is not connected has to be reached by hand, like one who was not found.
    """
    found = s.data
    if s.case.status not in s.process.lasting or s.case.blocked:
        return  # C-62: a closed case learns nothing more of the person
    refusal = protected_or_deceased(found.outcome)
    if refusal is not None:
        s.emit("addressed", outcome=found.outcome)
        s.emit("turned_away", rule=refusal.rule)
        return
    learnt = {name: getattr(found, name) for name in ("name", "address") if getattr(found, name)}
    missing = {name: value for name, value in learnt.items() if name not in s.case.person}
    if missing:
        s.emit("named", **missing)
    if found.municipality is not None and s.case.registered != found.municipality:
        s.emit("folkbokford", municipality=found.municipality)
    if s.process.addressing(s.profile) == "person":
        return
    if s.process.addressing(s.profile) == "adds":
        own = _opening_party(s)
        for unit in receivers(found, s.directory):
            # S-3: a party that opens the case is there already, by the unit that opened it.
            if unit not in s.case.participants and s.directory.unit_by_hsa[unit].party != own:
                join(s, unit)
        ask(s, s.joined, anew=True)
    outcome = outcome_of(found, s.directory)
    if s.case.addressed != "by_hand" or outcome in FOUND:
        s.emit("addressed", outcome=outcome)


def _named(found: Adressering) -> tuple[tuple[str | None, str], tuple[str | None, str]]:
    """Whom the registers name, and as which party."""
    return (found.health_centre, "oppenvard"), (found.municipality_unit, "kommun")


def _can_receive(unit: str | None, party: str, directory: Directory) -> TypeGuard[str]:
    entry = directory.unit_by_hsa.get(unit or "")
    return entry is not None and entry.party == party and entry.hsa in directory.system_of


def receivers(found: Adressering, directory: Directory) -> list[str]:
    """V-2: of those whom the registers name, the ones that can receive: a connected health centre and a connected unit of
    the municipality. A ward or a municipality at which somebody is said to be listed is neither.
    """
    return [unit for unit, party in _named(found) if _can_receive(unit, party, directory)]


def outcome_of(found: Adressering, directory: Directory) -> AddressingOutcome:
    """The outcome as the case has it: one who was found and cannot be reached here is work for a person (§4)."""
    reached = all(_can_receive(unit, party, directory) for unit, party in _named(found))
    return found.outcome if reached or found.outcome not in FOUND else "receiver_not_connected"


def those_who_see_to_it(s: Context) -> list[str]:
    """Whom the answer is told: a suggestion to the opener; else an outcome for the manual queue to the units of the opener's
    party, and a plain one to nobody (law-and-lookups §4). Where the person alone is looked up: the opener, whose case it closes.
    """
    case = s.case
    if s.process.addressing(s.profile) == "person" and case.status != "refused":
        return []
    if s.process.addressing(s.profile) == "suggests":
        return [case.opened_by] if case.opened_by in case.participants else []
    party = _opening_party(s)
    if case.all_receivers_known and not _somebody_else_is_named(s, party):
        return []
    return [
        unit for unit, participant in case.participants.items() if participant["party"] == party and knows(case, unit)
    ]


def _somebody_else_is_named(s: Context, party: str | None) -> bool:
    """S-3: the registers name another unit than the opener's own, which stays in the case all the same."""
    if s.process.addressing(s.profile) != "adds":
        return False
    named = {own: unit for unit, own in _named(s.data) if unit is not None}
    return party in named and named[party] not in s.case.participants


def _opening_party(s: Context) -> str | None:
    """The party that opened the case, also when the unit that did has left it."""
    own = s.case.participants.get(s.case.opened_by)
    return s.case.gone.get(s.case.opened_by) if own is None else own["party"]


def ask_registers(s: Context, person: str) -> None:
    """V-2: ask the registers who the person is, and whom to address."""
    county = s.directory.region_of(s.unit).county
    s.asks.append(Question(question="adressering", person=person, county=county))


def adressering(*rules: str) -> Rule:
    """The rule of ``adressering``; ``rules`` are the process's own that ask for it."""
    return Rule(
        "adressering",
        frozenset({HUB_PARTY}),
        (*rules, "C-10", "C-62", "C-63"),
        (address,),
        those_who_see_to_it,
        brings_units_in=True,
        shown_narrowly=True,
        hides={"address": None},
    )


# --- who acted (C-3) --------------------------------------------------------------------------------------------------


def of_another_organisation(person: str, unit: Unit, directory: Directory) -> Refused | None:
    """C-4: the refusal of one whose HSA-id says another organisation than the acting unit's."""
    prefix, number = organisation_in(person)
    organisation = directory.organisation_by_nr.get(unit.organisation)
    if number == unit.organisation or (organisation is not None and prefix in organisation.hsa_prefixes):
        return None
    return Refused(
        "C-4",
        "HSA-id:t för den som handlar hör till en annan organisation än enheten. Ange en person i enhetens organisation;"
        " organisationens andra prefix står i katalogen (hsa_prefixes).",
        "The HSA-id of the one who acts belongs to another organisation than the unit. Name a person of the unit's"
        " organisation; its further prefixes stand in the directory (hsa_prefixes).",
        "/actor",
    )


def hsa_disagrees(outcome: str) -> Refused | None:
    """C-3: the refusal of further messages by one whom HSA does not know, or not in the role."""
    if outcome == "verified":
        return None
    sv, en = {
        "unknown": ("HSA känner inte personen i actor.", "HSA does not know the person in actor."),
        "no_befattning": ("Personen i actor saknar befattning i HSA.", "The person in actor has no befattning in HSA."),
    }.get(
        outcome,
        (
            "Ingen befattning som personen i actor har i HSA ger rollen i actorrole.",
            "No befattning that the person in actor has in HSA gives the role in actorrole.",
        ),
    )
    return Refused(
        "C-3", sv + " Rätta i HSA eller ange rätt person.", en + " Correct HSA, or name the right person.", "/actor"
    )


LICENSED = "legitimerad"
"""Asked of HSA in a role's place, where a licence is what counts (C-22)."""

STAFF = "personal"
"""Asked of HSA in a role's place, where any befattning will do (V-7)."""


def not_licensed(element: str) -> Refused:
    """C-22: the refusal of a menprovning by one who is not licensed."""
    return Refused(
        "C-22",
        "HSA känner inte personen som legitimerad. Bara legitimerad personal gör menprövning.",
        "HSA does not know the person as licensed. Only licensed staff make a harm assessment.",
        element,
    )


def must_be_licensed(process: Process, message: Message) -> Iterator[tuple[str, str]]:
    """C-22: (element, HSA-id) of each person whom HSA must know as licensed before the message is decided."""
    for rule, data, inside in process.parts(message):
        for element, person in rule.licensed(data, message.actor).items():
            yield element.replace("/data/", f"/data/{rule.message}/") if inside else element, person


def goes_without_saying(outcome: str, concerns: str) -> bool:
    """That one who acted, or a fast vardkontakt, is well known is told to nobody."""
    return outcome == "verified" and concerns in {"actor", "fast_vardkontakt"}


def note_verification(s: Context) -> None:
    if s.data.concerns == "actor":
        s.emit("verified", actor=s.data.actor, outcome=s.data.outcome)


def the_unit_when_hsa_disagrees(s: Context) -> list[str]:
    """The unit that sent it, of one who acted; the unit that named the person, of any other."""
    participant = s.case.participants.get(s.data.unit)
    sees = participant is not None and knows(s.case, s.data.unit)
    return [s.data.unit] if sees and not goes_without_saying(s.data.outcome, s.data.concerns) else []


VERIFIERING = Rule(
    "verifiering",
    frozenset({HUB_PARTY}),
    ("C-3",),
    (note_verification,),
    the_unit_when_hsa_disagrees,
    is_talk=True,
    named_narrowly=True,
)


# --- news of the person (C-62, C-63) ----------------------------------------------------------------------------------


def learn_news(s: Context) -> None:
    """What folkbokforing says now of a person in an open case; all who take part are told. Where the person turns out to have
    two open cases of a process that allows one, each is told so by a message of its own.
    """
    if s.data.news == "protected":
        s.emit("blocked", at=s.at)
    elif s.data.news == "deceased":
        s.emit("died")
    elif s.data.news == "dubbelt_arende":
        if s.data.personnummer is not None:
            s.emit("formerly", personnummer=s.data.personnummer)
    elif not s.case.blocked:
        before = s.case.person.get("personnummer")
        news = {name: getattr(s.data, name) for name in ("personnummer", "name", "address") if getattr(s.data, name)}
        if news:
            s.emit("named", **news)
        if s.data.municipality is not None:
            s.emit("folkbokford", municipality=s.data.municipality)
        if s.data.news == "new_number" and _has_two(s):
            for case in (s.case.id, *sorted(s.others)):
                doubled = Folkbokforing(news="dubbelt_arende", personnummer=before if case != s.case.id else None)
                s.hub_messages.append(HubMessage("folkbokforing", doubled, case))


def _has_two(s: Context) -> bool:
    """Whether the person has two open cases of a process that allows one; no new one is opened until both have ended."""
    return s.process.one_open_per_person is not None and s.case.status == "open" and bool(s.others)


@guard(
    "C-62",
    sv="Det är redan känt i ärendet, eller ärendet är avslutat.",
    en="It is known in the case already, or the case has ended.",
    element="/data/news",
)
def it_is_news(s: Context) -> bool:
    if s.case.status not in s.process.lasting:
        return False
    if s.data.news == "protected":
        return not s.case.blocked
    if s.data.news == "deceased":
        return not s.case.deceased
    return s.data.news != "dubbelt_arende" or _has_two(s)


FOLKBOKFORING = Rule(
    "folkbokforing",
    frozenset({HUB_PARTY}),
    ("C-60", "C-62", "C-63"),
    (learn_news,),
    everyone_else,
    guards=(it_is_news,),
    is_news_of_the_person=True,
    named_narrowly=True,
    hides={"address": None},
)
