"""Rows for what the registers said, in messages from the hub itself: adressering, verifiering. Pure; imports the common rows."""

from __future__ import annotations

from hub.errors import Refused
from hub.processes.case import FOUND
from hub.processes.common import await_joined, join
from hub.processes.machine import HUB_PARTY, Row, Situation


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


def address(s: Situation) -> None:
    """V-2: the health centre and the municipality's receiving unit become participants, and what they know is filled
    in.

    One who was found but is not connected has to be reached by hand, like one who was not found.
    """
    found = s.data
    if s.case.status != "open":
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
    receivers = (found.health_centre, found.municipality_unit)
    for unit in receivers:
        if unit is not None and unit in s.directory.unit_by_hsa and unit not in s.case.participants:
            join(s, unit)
    await_joined(s)
    connected = all(unit in s.directory.unit_by_hsa for unit in receivers)
    outcome = found.outcome if connected or found.outcome not in FOUND else "receiver_not_connected"
    if s.case.addressed != "by_hand" or outcome in FOUND:
        s.emit("addressed", outcome=outcome)


def the_ward_when_it_must_act(s: Situation) -> list[str]:
    """law-and-lookups §4: an outcome for the manual queue is told to the sending ward; a plain one goes without
    saying.
    """
    if s.case.all_receivers_known:
        return []
    return [unit for unit, participant in s.case.participants.items() if participant["party"] == "slutenvard"]


ADRESSERING = Row(
    "adressering",
    frozenset({HUB_PARTY}),
    ("V-2", "C-10", "C-62", "C-63"),
    (address,),
    the_ward_when_it_must_act,
)


# --- who acted (C-3) --------------------------------------------------------------------------------------------------


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


def note_verification(s: Situation) -> None:
    s.emit("verified", actor=s.data.actor, outcome=s.data.outcome)


def the_unit_when_hsa_disagrees(s: Situation) -> list[str]:
    """That all is well goes without saying; otherwise the unit for which the person acted is told."""
    participant = s.case.participants.get(s.data.unit)
    sees = participant is not None and (s.case.published or participant["party"] == "slutenvard")
    return [s.data.unit] if s.data.outcome != "verified" and sees else []


VERIFIERING = Row(
    "verifiering",
    frozenset({HUB_PARTY}),
    ("C-3",),
    (note_verification,),
    the_unit_when_hsa_disagrees,
)
